import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_limits

from recokit import DataError, ModelFormatError, NotFittedError, Popularity, evaluate, load, persistence
from recokit.datasets import make_shop
from recokit.preprocessing import (
    EventLog,
    Feature,
    Features,
    SegmentProfiles,
    UserSegments,
    user_features,
    user_segments,
)
from recokit.preprocessing._segment_scaling import Scaling
from recokit.preprocessing._segment_words import Trait, distinct_names, traits_of
from tests.naive.segments import scaled

NAN = float("nan")
RNG = np.random.default_rng(0)
KNOWN = np.repeat([0, 1, 2], [60, 30, 10])
CENTERS = np.array([[0.2, 10.0, 100.0], [0.8, 2.0, 300.0], [0.5, 40.0, 900.0]])
COLUMNS = [
    Feature("price_level", "0 to 1", "price"),
    Feature("recency", "days", "engagement"),
    Feature("monetary", "currency", "spending"),
]
FEATURES = Features(range(100, 200), CENTERS[KNOWN] * RNG.normal(1, 0.05, (100, 3)), COLUMNS)


@parametrize_with_checks([UserSegments(), UserSegments(3, n_init=2)])
def test_it_is_an_estimator_of_scikit_learn(estimator, check):
    check(estimator)


def test_separate_groups_are_found_and_ordered_by_size():
    model = UserSegments().fit(FEATURES)
    assert model.n_segments_ == max(model.silhouettes_, key=model.silhouettes_.get) == 3
    np.testing.assert_array_equal(model.labels_, KNOWN)
    assert model.profiles_.n_users.tolist() == [60, 30, 10]
    np.testing.assert_array_equal(model.predict(FEATURES), model.labels_)
    assert UserSegments(4).fit(FEATURES).silhouettes_ == {}


def test_the_silhouettes_are_those_of_scikit_learn():
    model = UserSegments(max_segments=3).fit(FEATURES)
    rows = model._scaling.transform(FEATURES.values)
    assert model.silhouettes_[3] == pytest.approx(silhouette_score(rows, KNOWN), rel=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_planted_segments_of_a_shop_are_recovered(seed):
    shop = make_shop(800, 400, 80_000, segments=5, orders=True, random_state=seed)
    features = user_features(EventLog.from_frame(shop.events), shop.catalogue)
    model = UserSegments(5).fit(features)
    planted = dict(zip(shop.users["user_id"].tolist(), shop.truth.segments, strict=True))
    truth = np.array([planted[user] for user in features.ids])
    assert adjusted_rand_score(truth, model.labels_) > 0.7
    assert purity(truth, model.labels_) > 0.85
    regular = features["frequency"] >= 10
    assert adjusted_rand_score(truth[regular], model.labels_[regular]) > 0.85
    chosen = UserSegments(n_init=3).fit(features)
    assert 5 <= chosen.n_segments_ <= 8
    assert purity(truth, chosen.labels_) > 0.85


def purity(truth, labels):
    """Return the share of users of the most frequent planted segment of their segment."""
    truth = np.unique(truth, return_inverse=True)[1]
    return sum(np.bincount(truth[labels == label]).max() for label in set(labels.tolist())) / len(labels)


@pytest.mark.parametrize("seed", range(3))
def test_segments_by_price_level_hold_few_users_of_the_opposite_budget(seed):
    shop = make_shop(800, 400, 80_000, random_state=seed)
    log = EventLog.from_frame(shop.events)
    features = user_features(log, shop.catalogue, target=("view", "cart", "purchase"))
    model = UserSegments(3, columns=["price_level"]).fit(features)
    budgets = dict(zip(shop.users["user_id"].tolist(), shop.users["segment"], strict=True))
    truth = np.array([budgets[user] for user in features.ids])
    level = model.profiles_.means[:, features.names.index("price_level")]
    for segment, own, opposite in ((level.argmin(), "budget", "premium"), (level.argmax(), "premium", "budget")):
        members = truth[model.labels_ == segment]
        assert np.mean(members == own) > 0.5  # 0.27 of all users
        assert np.mean(members == opposite) < 0.1


def test_names_say_what_was_planted():
    shop = make_shop(800, 400, 80_000, segments=5, orders=True, random_state=1)
    model = UserSegments(5).fit(EventLog.from_frame(shop.events), catalogue=shop.catalogue)
    text = " ".join(model.profiles_.names)
    for pair in (("books", "toys"), ("audio", "computers"), ("furniture", "garden"), ("fashion", "beauty")):
        assert any(f"{a} and {b}" in text for a, b in (pair, pair[::-1])), text


def test_the_segments_are_groups_of_evaluate_and_of_popularity():
    shop = make_shop(300, 80, 15_000, orders=True, random_state=3)
    split = shop.temporal_split("purchase")
    before = EventLog.from_frame(shop.events).between(None, split.test.timestamps.min())
    model = UserSegments(3, n_init=2).fit(before, catalogue=shop.catalogue)
    lists = Popularity(by=model.segments_).fit(split.train).recommend(n=10)
    result = evaluate(lists, split.test, ["recall@10"], groups=model.segments_)
    assert set(result.groups) == set(model.profiles_.names)


def test_the_same_seed_gives_the_same_segments_and_rows_may_have_any_order():
    first, second = (clone(UserSegments(n_init=2)).fit(FEATURES) for _ in range(2))
    assert first.cluster_centers_.tobytes() == second.cluster_centers_.tobytes()
    order = RNG.permutation(100)
    shuffled = UserSegments(n_init=2).fit(Features(FEATURES.ids.take(order), FEATURES.values[order], COLUMNS))
    assert shuffled.segments_ == first.segments_


def test_the_number_of_threads_changes_nothing():
    values = np.repeat(FEATURES.values, 30, axis=0) * np.random.default_rng(1).normal(1, 0.2, (3_000, 3))
    models = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads):
            models.append(UserSegments(max_segments=4, n_init=2).fit(values))
    one, two = ((m.cluster_centers_.tobytes(), m.labels_.tobytes(), m.silhouettes_) for m in models)
    assert one == two


def test_large_tables_are_clustered_by_a_sample(monkeypatch):
    monkeypatch.setattr(user_segments, "_SAMPLE", 60)
    monkeypatch.setattr(user_segments, "_LARGE_SAMPLE", 80)
    model = UserSegments().fit(FEATURES)
    np.testing.assert_array_equal(model.labels_, KNOWN)
    assert len(model.labels_) == 100


def test_columns_restrict_the_clustering_but_not_the_profiles():
    model = UserSegments(2, columns=["price_level"]).fit(FEATURES)
    assert model.cluster_centers_.shape == (2, 1)
    assert [column.name for column in model.profiles_.columns] == list(FEATURES.names)
    assert model.predict(FEATURES[["price_level"]]).tolist() == model.labels_.tolist()


def test_new_users_are_assigned_by_their_features_in_any_order_of_columns():
    model = UserSegments(3).fit(FEATURES)
    new = Features(["new", "old"], [[900.0, 0.5, 40.0], [100.0, 0.2, 10.0]], ["monetary", "price_level", "recency"])
    assert model.predict(new).tolist() == [2, 0]


def test_a_category_without_purchases_counts_as_a_share_of_zero():
    columns = [Feature(f"category={name}", "0 to 1", "category") for name in ("toys", "books")]
    model = UserSegments(2).fit(Features(range(4), [[1, 0], [1, 0], [1, 0], [0, 1]], columns))
    assert model.predict(Features(["x"], [[1.0]], columns[1:])).tolist() == [1]


def test_undefined_values_are_replaced_by_the_median():
    values = FEATURES.values.copy()
    values[:5, 1] = NAN
    assert UserSegments(3).fit(Features(FEATURES.ids, values, COLUMNS)).n_segments_ == 3
    assert UserSegments(2).fit([[NAN, 1.0], [NAN, 1.1], [NAN, 5.0]]).labels_.tolist() == [0, 0, 1]


BAD = {
    "one user": (lambda: UserSegments().fit(FEATURES.of([100])), "need at least 2 users with different.*n_samples=1"),
    "more segments than users": (lambda: UserSegments(5).fit(FEATURES.of([100, 150])), "5 segments need at least 5"),
    "equal users": (lambda: UserSegments(2).fit(Features([1, 2], [[1], [1]], ["x"])), "n_samples=2, 1 of them"),
    "constant features": (lambda: UserSegments(1).fit(Features([1, 2], [[1], [1]], ["x"])), "all 1 column.s. are"),
    "infinity": (lambda: UserSegments().fit([[1.0, np.inf], [2.0, 1.0]]), "infinity"),
    "no users": (lambda: UserSegments().fit(Features([], np.empty((0, 1)), ["x"])), "expected users and features"),
    "features of items": (lambda: UserSegments().fit(Features([1], [[1]], ["x"], kind="item")), "features of items"),
    "an empty log": (
        lambda: UserSegments().fit(EventLog.from_frame({"user_id": [1], "item_id": [2]}).take([])), "the log is empty"
    ),
    "a moment before the first event": (
        lambda: UserSegments(at="2020-01-01").fit(EventLog.from_frame({"user_id": [1], "item_id": [2]})), "needs times"
    ),
    "a catalogue with features": (lambda: UserSegments().fit(FEATURES, catalogue={"item_id": [1]}), "catalogue is"),
    "a number of segments": (lambda: UserSegments(0).fit(FEATURES), "n_segments=0: expected an integer of at least 1"),
    "a largest number": (lambda: UserSegments(max_segments=1).fit(FEATURES), "max_segments=1: expected"),
    "a language": (lambda: UserSegments(language="de").fit(FEATURES), "language='de'"),
    "missing features": (lambda: UserSegments(2).fit(FEATURES).predict(FEATURES[["recency"]]), "2 column.s. of the"),
    "ids": (lambda: UserSegments(2).fit(FEATURES).predict(["ann"]), "Expected 2D array|could not convert"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_an_unfitted_model_has_no_segments():
    with pytest.raises(NotFittedError):
        UserSegments().segments_  # noqa: B018 (the access is the test)
    with pytest.raises(KeyError, match="no feature 'x'"):
        UserSegments(columns=["x"]).fit(FEATURES)


VALUES = st.one_of(st.just(NAN), st.floats(-50, 50), st.integers(0, 3).map(float))


@given(
    st.lists(st.lists(VALUES, min_size=4, max_size=4), min_size=2, max_size=12),
    st.lists(st.sampled_from(["", "price", "category"]), min_size=4, max_size=4),
)
def test_scaled_rows_equal_those_of_the_reference(rows, families):
    values = np.array(rows)
    columns = tuple(Feature(f"x{place}", "", family) for place, family in enumerate(families))
    expected = scaled(rows, families)
    if expected is None:
        with pytest.raises(DataError, match="all 4 column"):
            Scaling.fit(values, columns)
    else:
        np.testing.assert_allclose(Scaling.fit(values, columns).transform(values), expected, rtol=1e-6, atol=1e-9)


def test_profiles_are_means_shares_and_differences():
    values = np.array([[1.0, 10.0], [3.0, NAN], [5.0, 30.0], [7.0, 60.0]])
    columns = [Feature("x"), Feature("monetary")]
    profiles = SegmentProfiles.from_labels(values, columns, np.array([0, 0, 0, 1]), np.array([False, False]), "en")
    assert profiles.share.tolist() == [0.75, 0.25]
    assert profiles.revenue_share.tolist() == [0.4, 0.6]
    assert profiles.means.tolist() == [[3, 20], [7, 60]]
    np.testing.assert_allclose(profiles.differences[:, 0], [-1 / np.sqrt(5), 3 / np.sqrt(5)])
    assert profiles[1] == "high-spending buyers with high x, 25% of users, 60% of revenue"
    assert [name for name, _ in profiles.traits(1)] == ["x", "monetary"]
    assert len(profiles) == 2


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_profiles_print_and_convert_to_frames(backend):
    profiles = UserSegments(3).fit(FEATURES).profiles_
    frame = profiles.to_frame(backend)
    names = frame.column_names if backend == "pyarrow" else list(frame.columns)
    assert names == ["segment", "name", "n_users", "share", "revenue_share", *FEATURES.names]
    assert str(profiles).splitlines()[0].split() == ["segment", "users", "share", "revenue"]
    assert str(profiles.translated("zh")).splitlines()[0].split() == ["分群", "用户数", "用户占比", "收入占比"]
    assert "<td" in profiles._repr_html_()
    assert repr(profiles).startswith("SegmentProfiles(3 segments: ")


def trait(name, difference, family=""):
    return Trait(Feature(name, "", family), difference)


def test_only_notable_differences_that_can_be_said_are_traits():
    columns = [Feature("frequency"), Feature("night_share"), Feature("category=toys", family="category"), Feature("x")]
    assert [one.feature.name for one in traits_of(columns, [0.5, -2.0, -2.0, -0.6])] == ["x", "frequency"]
    assert [one.feature.name for one in traits_of(columns, [0.2, 0.1, 0.3, -0.3])] == ["category=toys"]
    assert traits_of(columns, [0.1, 0.1, 0.1, 0.1]) == []


def test_names_are_distinct_and_use_further_traits_if_needed():
    same = [trait("price_level", -1.0), trait("frequency", 0.8)]
    names = distinct_names([[*same, trait("recency", 0.7)], [*same, trait("recency", -0.7)]], "en")
    assert names == ["lapsed frequent price-sensitive buyers", "recently active frequent price-sensitive buyers"]
    assert distinct_names([[], []], "zh") == ["普通用户", "普通用户 (2)"]


def test_sources_and_times_of_day_are_part_of_the_name():
    traits = [trait("source=app", 1.0, "source"), trait("evening_share", 0.9, "daypart"), trait("weekend_share", 0.8)]
    assert distinct_names([traits], "en") == ["weekend evening buyers on app"]
    assert distinct_names([traits], "zh") == ["周末晚间购买、来自 app 的用户"]


def test_a_model_can_be_saved_and_loaded(tmp_path):
    model = UserSegments(columns=["price_level", "recency"], language="zh").fit(FEATURES)
    persistence.save(model, tmp_path / "segments")
    loaded = load(tmp_path / "segments")
    assert loaded.segments_ == model.segments_
    assert list(loaded.profiles_) == list(model.profiles_)
    assert loaded.get_params() == model.get_params()
    np.testing.assert_array_equal(loaded.predict(FEATURES), model.predict(FEATURES))
    with pytest.raises(NotFittedError):
        persistence.save(UserSegments(), tmp_path / "unfitted")


@pytest.mark.parametrize("name", ["labels_", "cluster_centers_"])
def test_a_file_whose_parts_do_not_fit_together_is_refused(tmp_path, name):
    model = UserSegments(2).fit(FEATURES)
    setattr(model, name, getattr(model, name)[:-1])
    persistence.save(model, tmp_path / "segments")
    with pytest.raises(ModelFormatError, match=r"UserSegments\.\w+: expected shape"):
        load(tmp_path / "segments")


def test_features_can_be_saved_and_loaded(tmp_path):
    persistence.save(FEATURES, tmp_path / "features")
    assert load(tmp_path / "features") == FEATURES
