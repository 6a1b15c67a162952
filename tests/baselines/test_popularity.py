import string

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone

from recokit import DataError, Interactions, Popularity, Recommender, load
from recokit.datasets import example_interactions
from recokit.testing import check_recommender

LOG = st.dictionaries(
    st.tuples(st.integers(0, 4), st.sampled_from("abc")), st.tuples(st.integers(0, 8), st.integers(0, 40)), min_size=1
)


def interactions_from(log, feedback, dtype=np.int64):
    users, items = zip(*log, strict=True)
    values, times = zip(*log.values(), strict=True)
    return Interactions.from_arrays(users, items, values, np.array(times).astype(dtype), feedback=feedback)


@given(LOG, st.sampled_from(["explicit", "implicit"]), st.one_of(st.none(), st.floats(0.5, 100)))
def test_scores_are_decayed_sums_of_strengths_or_numbers_of_ratings(log, feedback, half_life):
    model = Popularity(half_life=half_life).fit(interactions_from(log, feedback))
    latest = max(time for _, time in log.values())
    for item in {item for _, item in log}:
        expected = sum(
            (value if feedback == "implicit" else 1) * (0.5 ** ((latest - time) / half_life) if half_life else 1)
            for (_, other), (value, time) in log.items()
            if other == item
        )
        predicted = model.predict([(0, item), ("unknown", item)])
        np.testing.assert_allclose(predicted, expected, rtol=1e-12)  # float64 throughout


def test_ages_of_datetimes_are_in_days():
    log = {(1, "a"): (1, 0), (2, "a"): (1, 48), (1, "b"): (1, 48)}
    hours = Popularity(half_life=1).fit(interactions_from(log, "implicit", "datetime64[h]"))
    assert hours.predict([(1, "a"), (1, "b")]).tolist() == [1.25, 1.0]
    same = Popularity(half_life=48).fit(interactions_from(log, "implicit"))
    assert same.predict([(1, "a"), (1, "b")]).tolist() == [1.5, 1.0]


def test_a_half_life_without_timestamps_raises():
    with pytest.raises(DataError, match=r"half_life=1\.0 needs interactions with timestamps"):
        Popularity(half_life=1.0).fit([(1, 2)])


@pytest.mark.parametrize("half_life", [0, -1.0, "week", np.nan])
def test_a_half_life_that_is_not_positive_raises(half_life):
    with pytest.raises(ValueError, match="half_life"):
        Popularity(half_life=half_life).fit(example_interactions("implicit"))


def test_all_users_get_the_same_list_except_for_their_own_items():
    model = Popularity().fit(
        [("ann", "tea"), ("bob", "tea"), ("bob", "cup"), ("cy", "pot"), ("cy", "cup"), ("dee", "tea")]
    )
    assert model.recommend("dee", n=2, exclude_seen=False)["dee"] == [("tea", 3.0), ("cup", 2.0)]
    assert model.recommend("ann")["ann"] == [("cup", 2.0), ("pot", 1.0)]
    assert model.recommend_for({"eve": ["cup"]})["eve"] == [("tea", 3.0), ("pot", 1.0)]
    assert model.recommend_for({"eve": []}, n=1)["eve"] == [("tea", 3.0)]


def test_unknown_items_score_zero():
    assert Popularity().fit([(1, 2)]).predict([(1, 99), (99, 99)]).tolist() == [0, 0]


def test_partial_fit_with_decay_equals_a_refit():
    early = Interactions.from_arrays([1, 2], ["a", "b"], timestamps=[0, 5])
    late = Interactions.from_arrays([1, 2], ["b", "a"], timestamps=[10, 20])
    model = Popularity(half_life=5).fit(early).partial_fit(late)
    np.testing.assert_array_equal(model.item_scores_, Popularity(half_life=5).fit(early.merge(late)).item_scores_)


codes = st.lists(st.integers(0, 6), max_size=7)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 6)), min_size=1, max_size=25),
    st.integers(1, 9),
    st.booleans(),
    st.one_of(st.none(), codes, st.dictionaries(st.integers(0, 5), codes)),
    st.one_of(st.none(), codes, st.dictionaries(st.integers(0, 5), codes)),
    st.sampled_from([None, "popular"]),
)
def test_lists_in_order_of_popularity_equal_lists_selected_from_a_matrix_of_scores(
    pairs, n, exclude_seen, candidates, exclude, fill
):
    dense = np.zeros((6, 7))
    np.add.at(dense, tuple(zip(*pairs, strict=True)), 1.0)
    data = Interactions.from_matrix(sparse.csr_array(dense), feedback="implicit")
    options = {"exclude_seen": exclude_seen, "candidates": candidates, "exclude": exclude, "fill": fill}
    lists, expected = (model.fit(data).recommend(n=n, **options) for model in (Popularity(), ScoredPopularity()))
    assert_lists_equal(lists, expected)
    histories = {user: [user, 6] for user in range(6)}
    assert_lists_equal(
        Popularity().fit(data).recommend_for(histories, n, **options),
        ScoredPopularity().fit(data).recommend_for(histories, n, **options),
    )


class ScoredPopularity(Popularity):
    """Popularity with the lists of the base class."""

    _block_size = Recommender._block_size
    _top_block = Recommender._top_block


def assert_lists_equal(lists, expected):
    assert lists.counts.tolist() == expected.counts.tolist()
    listed = np.arange(np.asarray(lists.items).shape[1]) < lists.counts[:, None]
    assert np.asarray(lists.items)[listed].tolist() == np.asarray(expected.items)[listed].tolist()
    assert lists.scores[listed].tobytes() == expected.scores[listed].tobytes()


def test_lists_of_all_users_need_no_matrix_of_scores(monkeypatch):
    model = Popularity().fit(example_interactions("implicit"))
    monkeypatch.setattr(Popularity, "_score_block", None)
    assert model.recommend(n=5).counts.min() == 5


GROUPS = st.dictionaries(st.integers(0, 6), st.sampled_from(["new", "loyal", None]), min_size=1).filter(
    lambda groups: any(groups.get(user) for user in range(5))
)
SHRINKAGE = st.sampled_from([None, 0.0, 1.0, 25.0, 1e9])


@given(LOG, GROUPS, SHRINKAGE, st.sampled_from(["explicit", "implicit"]))
def test_scores_of_groups_are_smoothed_towards_those_of_all_users(log, groups, shrinkage, feedback):
    model = Popularity(by=groups, shrinkage=shrinkage)
    if not any(groups.get(user) for user, _ in log):
        with pytest.raises(DataError, match=r"by: none of the \d training users has a group"):
            model.fit(interactions_from(log, feedback))
        return
    model.fit(interactions_from(log, feedback))
    weights = {pair: value if feedback == "implicit" else 1 for pair, (value, _) in log.items()}
    items = sorted({item for _, item in log})
    mu = model.shrinkage_
    assert shrinkage is None or mu == shrinkage
    for user in {user for user, _ in log}:
        group = groups.get(user)
        own = [pair for pair in log if group is None or groups.get(pair[0]) == group]
        total = sum(weights[pair] for pair in own)
        part = 0.0 if group is None or mu == 0 else 1.0 if np.isinf(mu) else mu / (mu + total)
        share = total / max(sum(weights.values()), 1e-300)
        expected = [
            (1 - part) * sum(weights[pair] for pair in own if pair[1] == item)
            + part * share * sum(weight for pair, weight in weights.items() if pair[1] == item)
            for item in items
        ]
        np.testing.assert_allclose(model.predict([(user, item) for item in items]), expected, rtol=1e-9, atol=1e-9)
        listed = dict(model.recommend([user], n=9, exclude_seen=False)[user])
        np.testing.assert_allclose([listed[item] for item in items], expected, rtol=1e-6, atol=1e-6)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 6)), min_size=1, max_size=25),
    st.integers(1, 9),
    st.booleans(),
    st.one_of(st.none(), codes, st.dictionaries(st.integers(0, 5), codes)),
    st.sampled_from([None, "popular"]),
)
def test_lists_of_groups_equal_lists_selected_from_a_matrix_of_scores(pairs, n, exclude_seen, candidates, fill):
    dense = np.zeros((6, 7))
    np.add.at(dense, tuple(zip(*pairs, strict=True)), 1.0)
    data = Interactions.from_matrix(sparse.csr_array(dense), feedback="implicit")
    options = {"exclude_seen": exclude_seen, "candidates": candidates, "fill": fill}
    groups = {0: "a", 1: "b", 2: "a", 5: "c"}
    models = Popularity(by=groups, shrinkage=2), ScoredPopularity(by=groups, shrinkage=2)
    assert_lists_equal(*(model.fit(data).recommend(n=n, **options) for model in models))


def test_groups_without_more_differences_than_chance_get_the_list_of_all_users():
    pairs = [(user, item) for user in range(8) for item in range(user % 4 + 1)]
    model = Popularity(by={user: user // 4 for user in range(8)}).fit(pairs)
    assert np.isinf(model.shrinkage_)
    everyone = Popularity().fit(pairs)
    lists, expected = (each.recommend(n=4, exclude_seen=False) for each in (model, everyone))
    np.testing.assert_array_equal(lists.items, expected.items)


def test_the_estimated_shrinkage_is_the_concentration_of_the_groups():
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.full(20, 1 / 20) * 200, size=40)  # concentration 200
    users, items, groups, user = [], [], {}, 0
    for group, share in enumerate(shares):
        for item, count in enumerate(rng.multinomial(2_000, share)):
            users += range(user, user + count)
            items += [item] * count
            groups |= dict.fromkeys(range(user, user + count), group)
            user += count
    model = Popularity(by=groups).fit(list(zip(users, items, strict=True)))
    assert model.shrinkage_ == pytest.approx(200, rel=0.1)


def test_users_outside_the_groups_or_the_training_data_get_the_list_of_all_users():
    log = [("ann", "tea"), ("ann", "tin"), ("bob", "cup"), ("cy", "pot"), ("cy", "cup"), ("dee", "pot")]
    model = Popularity(by={"ann": "home", "eve": "home", "fay": "none"}, shrinkage=0).fit(log)
    everyone = Popularity().fit(log)
    assert model.recommend("bob")["bob"] == everyone.recommend("bob")["bob"]
    assert model.recommend_for({"eve": ["tin"]})["eve"] == everyone.recommend_for({"eve": ["tin"]})["eve"]
    assert model.groups_ == ["home", "none"]
    assert model.predict([("ann", "tea"), ("new", "cup"), ("ann", "new")]).tolist() == [1, 2, 0]


def test_a_model_of_groups_can_be_saved_copied_and_updated(tmp_path):
    pandas = pytest.importorskip("pandas")
    log = [(1, "tea"), (2, "cup"), (3, "tea"), (3, "pot")]
    groups = pandas.Series(["x", "y", "x"], index=[1, 2, 3])
    model = Popularity(by=groups, shrinkage=1).fit(log)
    model.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert_lists_equal(model.recommend(exclude_seen=False), loaded.recommend(exclude_seen=False))
    grown, expected = loaded.partial_fit([(2, "tea")]), clone(model).fit([*log, (2, "tea")])
    np.testing.assert_array_equal(grown.group_scores_, expected.group_scores_)


@pytest.mark.slow
def test_a_model_of_groups_fulfils_the_contract_of_recommenders():
    users = [*range(1_000), *string.ascii_letters, *(f"user {number}" for number in range(1_000))]
    groups = {user: "abc"[place % 3] for place, user in enumerate(users)}
    check_recommender(Popularity(by=groups, shrinkage=2.0))


def test_the_terms_of_an_explanation_add_up_to_the_score_in_the_group():
    model = Popularity(by={1: "x", 2: "y"}, shrinkage=1).fit([(1, "tea"), (2, "cup"), (2, "pot")])
    for user in (1, 2):
        why = model.explain(user, "cup")
        assert sum(term.contribution for term in why.terms) == pytest.approx(model.predict([(user, "cup")])[0])


def test_groups_of_other_users_are_refused_and_a_negative_shrinkage_too():
    with pytest.raises(DataError, match=r"by: none of the 1 training users has a group.*convert both"):
        Popularity(by={"9": "x"}).fit([(1, 2)])
    with pytest.raises(ValueError, match="shrinkage"):
        Popularity(by={1: "x"}, shrinkage=-1).fit([(1, 2)])


CATEGORIES = {"tea": "drinks", "cup": "dishes", "pot": "dishes", "mug": "dishes", "lid": None}
SALES = [("ann", "tea"), ("ann", "pot"), ("bob", "cup"), ("bob", "pot"), ("cy", "pot"), ("dan", "tea"), ("eve", "tea")]


def test_scores_by_category_are_popularities_times_the_lifts_of_the_users_categories():
    model = Popularity(by="category", shrinkage=2).fit(SALES, catalogue=CATEGORIES)
    overall = {"drinks": 3 / 7, "dishes": 4 / 7}
    for user, own in (("ann", {"drinks": 1, "dishes": 1}), ("cy", {"drinks": 0, "dishes": 1})):
        total = sum(own.values())
        for item, sold in (("tea", 3), ("cup", 1), ("pot", 3), ("mug", 0)):
            share = overall[CATEGORIES[item]]
            expected = sold * (own[CATEGORIES[item]] + 2 * share) / (total + 2) / share
            assert model.predict([(user, item)])[0] == pytest.approx(expected)
    assert model.recommend("cy")["cy"][0][0] == "tea"  # the pot is known
    assert model.recommend_for({"new": []})["new"] == [
        ("pot", 3.0),
        ("tea", 3.0),
        ("cup", 1.0),
        ("lid", 0.0),
        ("mug", 0.0),
    ]


def test_a_user_with_a_category_and_no_history_gets_its_best_sellers():
    model = Popularity(by="category").fit(SALES, catalogue=CATEGORIES)
    for segments in ("dishes", {"new": "dishes"}):
        lists = model.recommend_for({"new": []}, segments=segments, on_unknown="popular")
        assert [item for item, _ in lists["new"]][:3] == ["pot", "cup", "lid"]
        assert "tea" not in [item for item, _ in lists["new"]]
    filled = model.recommend_for({"new": []}, n=5, segments="dishes", fill="popular")
    assert "tea" in [item for item, _ in filled["new"]]


def test_the_history_and_the_category_of_a_new_user_both_count():
    model = Popularity(by="category", shrinkage=1).fit(SALES, catalogue=CATEGORIES)
    (first, _), *_ = model.recommend_for({"new": ["cup"]}, segments="drinks")["new"]
    assert first == "tea"
    weights = dict(model.recommend_for({"new": ["cup"]}, segments="drinks")["new"])
    assert weights["tea"] == pytest.approx(3 * (1 / 2) / (3 / 7))
    assert weights["pot"] == pytest.approx(3 * (1 / 2) / (4 / 7))


def test_new_users_get_the_list_of_their_group():
    model = Popularity(by={"ann": "home", "dan": "home", "bob": "office", "cy": "office"}, shrinkage=0).fit(SALES)
    lists = model.recommend_for(
        {"x": [], "y": [], "z": ["tea"]}, 1, segments={"x": "home", "y": "office", "z": None, "w": "home"}
    )
    assert [lists[user][0][0] for user in "xyz"] == ["tea", "pot", "pot"]
    assert model.recommend_for({"x": []}, 1, segments=model.by | {"x": "home"})["x"] == lists["x"]


@pytest.mark.parametrize("shrinkage", [None, 0.0, 3.0])
def test_the_terms_of_an_explanation_name_the_category(shrinkage):
    model = Popularity(by="category", shrinkage=shrinkage).fit(SALES, catalogue=CATEGORIES)
    for user, item in (("cy", "cup"), ("ann", "tea"), ("dan", "pot"), ("ann", "lid")):
        why = model.explain(user, item)
        assert sum(term.contribution for term in why.terms) == pytest.approx(model.predict([(user, item)])[0], abs=1e-6)
    assert "its popularity in dishes" in str(
        Popularity(by="category", shrinkage=1).fit(SALES, catalogue=CATEGORIES).explain("cy", "cup")
    )


def test_users_whose_categories_differ_by_chance_get_the_list_of_all_users():
    rng = np.random.default_rng(0)
    pairs = [(user, item) for user in range(300) for item in rng.choice(40, 6, replace=False)]
    by_chance = Popularity(by="kind").fit(pairs, catalogue={item: item % 4 for item in range(40)})
    assert by_chance.shrinkage_ > 30
    pairs = [(user, 4 * item + user % 4) for user in range(300) for item in rng.choice(10, 6, replace=False)]
    by_taste = Popularity(by="kind").fit(pairs, catalogue={item: item % 4 for item in range(40)})
    assert by_taste.shrinkage_ < 1
    assert all(item % 4 == 1 for item, _ in by_taste.recommend(1, n=4)[1])


def test_a_catalogue_in_any_form_gives_the_same_lists(tmp_path):
    table = {"sku": list(CATEGORIES), "kind": list(CATEGORIES.values())}
    expected = Popularity(by="kind").fit(SALES, catalogue=CATEGORIES)
    expected.save(tmp_path / "model")
    models = [Popularity(by="kind").fit(SALES, catalogue=form, item="sku") for form in (table, pd.DataFrame(table))]
    models.append(Popularity(by="kind").fit(SALES, catalogue=pd.Series(CATEGORIES)))
    models.append(load(tmp_path / "model"))
    for model in models:
        assert model.recommend("bob")["bob"] == expected.recommend("bob")["bob"]
        assert model.categories_ == ["dishes", "drinks"]


def test_partial_fit_adds_interactions_items_and_categories():
    first, later = SALES[:4], SALES[4:]
    model = Popularity(by="category").fit(first, catalogue={"tea": "drinks", "cup": "dishes", "pot": "drinks"})
    model.partial_fit(later).partial_fit(catalogue=CATEGORIES)
    expected = Popularity(by="category").fit(SALES, catalogue=CATEGORIES)
    assert model.shrinkage_ == expected.shrinkage_
    for user, entries in expected.recommend():
        assert model.recommend(user)[user] == entries


@pytest.mark.slow
@pytest.mark.parametrize("shrinkage", [None, 1.0])
def test_a_model_of_categories_fulfils_the_contract_of_recommenders(shrinkage):
    def side(data):
        return {"catalogue": {item: "abc"[sum(str(item).encode()) % 3] for item in data.items}}

    check_recommender(Popularity(by="category", shrinkage=shrinkage), side=side)


@pytest.mark.parametrize(
    ("catalogue", "message"),
    [
        (None, "give the catalogue with this column"),
        ({"other": "a"}, "none of the 3 items"),
        ({"tea": None}, "no item has a category"),
        ({"item_id": ["tea"], "kind": ["a"]}, "no column 'category'"),
        ({"item_id": ["tea", "tea"], "category": ["a", "b"]}, "duplicate"),
        ({"item_id": ["tea"], "category": ["a", "b"]}, "1 values of 'item_id' and 2 of 'category'"),
        (7, "got int"),
    ],
)
def test_a_bad_catalogue_is_refused(catalogue, message):
    with pytest.raises(DataError, match=message):
        Popularity(by="category").fit(SALES, catalogue=catalogue)


def test_bad_segments_are_refused():
    model = Popularity(by="category").fit(SALES, catalogue=CATEGORIES)
    with pytest.raises(DataError, match="unknown 'toys'; the segments of the model are 'dishes', 'drinks'"):
        model.recommend_for({"new": []}, segments="toys")
    with pytest.raises(DataError, match="none of the users 'new' has a segment"):
        model.recommend_for({"new": []}, segments={"other": "dishes"})
    with pytest.raises(DataError, match="fitted without by="):
        Popularity().fit(SALES).recommend_for({"new": []}, segments="dishes")
    with pytest.raises(DataError, match="only if by is the name"):
        Popularity().fit(SALES, catalogue=CATEGORIES)
