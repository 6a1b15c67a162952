"""Users are removed from models, as if they had never been in the data."""

import struct

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from recokit import (
    BPR,
    EASE,
    SLIM,
    SLIST,
    TIFUKNN,
    BiasBaseline,
    BoughtTogether,
    ImplicitALS,
    Interactions,
    ItemKNN,
    Popularity,
    PureSVD,
    RepeatFrequency,
    RP3beta,
    SessionKNN,
    SGDMatrixFactorization,
    TfidfRecommender,
    TransitionKNN,
    UserKNN,
    load,
)
from recokit.data import Sequences
from recokit.exceptions import DataError, NotFittedError, UnknownIdError
from recokit.testing import all_recommenders

from .test_forget_parts import EXACT as WITH_SIDE_OR_PARTS

GONE = [7_770_001, 7_770_002]
RARE = [8_880_001, 8_880_002]  # items of the forgotten users only


def events(feedback="implicit", *, binary=True, n_users=80, n_items=30, density=0.6):
    """Return users, items, values and times of events; the users GONE also have the items RARE."""
    rng = np.random.default_rng(3)
    users = np.concatenate([1000 + np.arange(n_users - 2), GONE])
    likes = rng.random((n_users, n_items)) < np.linspace(density, density / 12, n_items)
    rows, columns = np.nonzero(likes)
    pairs = [(users[row], 5000 + column) for row, column in zip(rows, columns, strict=True)]
    pairs += [(GONE[0], RARE[0]), (GONE[0], RARE[1]), (GONE[1], RARE[1])]
    values = np.ones(len(pairs)) if binary else rng.integers(1, 6, len(pairs)).astype(float)
    times = np.arange(1_700_000_000, 1_700_000_000 + len(pairs))
    rng.shuffle(times)
    user_ids, item_ids = np.array(pairs).T
    return user_ids, item_ids, values, times


def data_of(feedback="implicit", *, binary=True, without=False, baskets=False, **sizes):
    user_ids, item_ids, values, times = events(feedback, binary=binary, **sizes)
    kept = ~np.isin(user_ids, GONE) if without else np.ones(len(user_ids), dtype=bool)
    columns = user_ids[kept], item_ids[kept]
    if baskets:
        return Sequences.from_arrays(*columns, times[kept] // 40, baskets=times[kept] // 40)
    return Interactions.from_arrays(*columns, values[kept], times[kept], feedback=feedback)


def groups(without):
    users = np.unique(events()[0]).tolist()
    return {user: user % 3 for user in users if not (without and user in GONE)}


EXACT = [
    (lambda _: Popularity(), {}),
    (lambda _: Popularity(half_life=100), {}),
    (lambda _: Popularity(by=groups(False)), {}),
    (lambda _: Popularity(), {"feedback": "explicit", "binary": False}),
    (lambda _: BiasBaseline(), {"feedback": "explicit", "binary": False}),
    (lambda _: UserKNN(5), {}),
    (lambda _: UserKNN(5), {"n_users": 400}),
    (lambda _: UserKNN(5, weighting="tfidf"), {}),
    (lambda _: UserKNN(), {"feedback": "explicit", "binary": False}),
    (lambda _: ItemKNN(), {}),
    (lambda _: ItemKNN(3, weighting="bm25"), {"binary": False}),
    (lambda _: ItemKNN(), {"feedback": "explicit", "binary": False}),
    (lambda _: RP3beta(), {"binary": False}),
    (lambda _: EASE(l2=5.0), {"n_items": 200, "density": 0.2}),
    (lambda _: EASE(l2=5.0, dropout=0.0, user_exponent=0.0, item_exponent=0.0), {"n_items": 40}),
    (lambda _: EASE(), {"binary": False}),
    (lambda _: SLIM(), {}),
    (lambda _: PureSVD(5), {}),
    (lambda _: TransitionKNN(), {}),
    (lambda _: SLIST(), {}),
    (lambda _: SessionKNN(), {}),
    (lambda _: RepeatFrequency(), {"baskets": True}),
    (lambda _: TIFUKNN(10), {"baskets": True}),
    (lambda _: BoughtTogether(), {"baskets": True}),
    (lambda _: BoughtTogether("confidence"), {}),
]
APPROXIMATE = [
    (lambda _: ImplicitALS(8, random_state=0), {}),
    (lambda _: BPR(8, random_state=0), {}),
    (lambda _: SGDMatrixFactorization(8, random_state=0), {"feedback": "explicit", "binary": False}),
    (
        lambda _: SGDMatrixFactorization(8, random_state=0, early_stopping=True),
        {"feedback": "explicit", "binary": False},
    ),
]


def name_of(case):
    model, data = case[0](None), case[1]
    return f"{model!r} {data}".replace("\n", "")[:80]


def assert_same_model(found, expected, rtol=1e-5):
    assert found.interactions_.equals(expected.interactions_)
    assert_allclose(found.item_counts_, expected.item_counts_)
    pairs = expected.interactions_.to_pairs()[0]
    assert_allclose(found.predict(pairs), expected.predict(pairs), rtol=rtol, atol=1e-6)
    mine, theirs = found.recommend(n=8, exclude_seen=False), expected.recommend(n=8, exclude_seen=False)
    assert_array_equal(mine.counts, theirs.counts)
    assert_allclose(mine.scores, theirs.scores, rtol=rtol, atol=1e-6)


@pytest.mark.parametrize("case", EXACT, ids=name_of)
def test_forget_equals_a_fit_without_the_users(case):
    make, form = case
    model = make(None).fit(data_of(**form)).forget(GONE)
    expected = make(None)
    if getattr(expected, "by", None) is not None:
        expected.by = groups(True)
        assert model.by == expected.by
    assert_same_model(model, expected.fit(data_of(**form, without=True)))
    assert set(RARE).isdisjoint(model.interactions_.items)


def test_every_public_model_is_tested_here():
    tested = {type(make(None)) for make, _ in EXACT + APPROXIMATE} | {TfidfRecommender}
    tested |= {type(make()) for make, _ in WITH_SIDE_OR_PARTS}
    assert tested >= set(all_recommenders())


@pytest.mark.parametrize("case", APPROXIMATE, ids=name_of)
def test_forget_of_a_model_of_epochs_is_close_to_a_fit_without_the_users_and_equal_after_a_refit(case):
    make, form = case
    expected = make(None).fit(data_of(**form, without=True))
    assert_same_model(make(None).fit(data_of(**form)).forget(GONE, refit=True), expected)
    model = make(None).fit(data_of(**form)).forget(GONE)
    assert model.interactions_.equals(expected.interactions_)
    assert len(model.user_factors_) == 78
    pairs, values = expected.interactions_.to_pairs()
    if form:
        errors = [np.sqrt(np.mean((each.predict(pairs) - values) ** 2)) for each in (model, expected)]
        assert errors[0] < 1.2 * errors[1]
    else:
        mine, theirs = (each.recommend(n=10, exclude_seen=False) for each in (model, expected))
        common = [len({i for i, _ in a} & {i for i, _ in b}) for (_, a), (_, b) in zip(mine, theirs, strict=True)]
        assert np.mean(common) > 6


@pytest.mark.parametrize("case", EXACT + APPROXIMATE, ids=name_of)
def test_a_saved_file_holds_no_trace_of_a_forgotten_user(case, tmp_path):
    make, form = case
    sizes = {name: value for name, value in form.items() if name != "baskets"}
    users, _, _, times = events(**sizes)
    model = make(None).fit(data_of(**form))
    model.save(tmp_path / "before")
    traces = [struct.pack("<q", key) for key in GONE + RARE]
    if not form.get("baskets"):
        traces += [struct.pack("<q", moment) for moment in times[np.isin(users, GONE)].tolist()]
    if hasattr(model, "user_factors_"):
        traces += [row.tobytes() for row in model.user_factors_[model.interactions_.users.codes(GONE)]]
    model.forget(GONE).save(tmp_path / "after")
    before, after = (tmp_path / name for name in ("before", "after"))
    assert all(trace in before.read_bytes() for trace in traces)  # the search finds traces that are there
    assert not any(trace in after.read_bytes() for trace in traces)
    assert not any(str(key).encode() in after.read_bytes() for key in GONE + RARE)
    assert_same_model(load(after), model, rtol=1e-7)


def test_a_saved_file_holds_no_text_id_of_a_forgotten_user(tmp_path):
    pairs = [("wanda-ψ-1", "tea"), ("wanda-ψ-1", "cup"), ("bob", "tea"), ("bob", "cup"), ("cy", "tea")]
    by = {"wanda-ψ-1": "home", "bob": "home", "cy": "office"}
    for model in (Popularity(by=by), ItemKNN(), BoughtTogether().fit(pairs, views=[*pairs, ("wanda-ψ-1", "pot")])):
        model = model if hasattr(model, "interactions_") else model.fit(pairs)
        model.save(tmp_path / "model")
        assert "wanda-ψ-1".encode() in (tmp_path / "model").read_bytes()
        model.forget("wanda-ψ-1").save(tmp_path / "model")
        assert b"wanda" not in (tmp_path / "model").read_bytes()


def test_views_of_a_forgotten_user_are_removed_and_items_that_only_they_viewed_go():
    baskets = [("b1", "tea"), ("b1", "cup"), ("b2", "tea"), ("b2", "cup"), ("b3", "pot"), ("b3", "tea")]
    views = [("v1", "tea"), ("v1", "cup"), ("v2", "cup"), ("v2", "lamp"), ("v1", "desk"), ("v2", "tea")]
    model = BoughtTogether().fit(baskets, views=views).forget("v2")
    expected = BoughtTogether().fit(baskets, views=[view for view in views if view[0] != "v2"])
    assert_same_model(model, expected)
    assert model.views_.equals(expected.views_)
    assert "lamp" not in model.interactions_.items
    assert "desk" in model.interactions_.items


def test_items_of_the_catalogue_stay_without_users():
    catalogue = {"tea": "green tea", "cup": "tea cup", "pot": "iron pot", "lamp": "desk lamp"}
    pairs = [("ann", "tea"), ("bob", "cup"), ("cy", "pot")]
    model = TfidfRecommender().fit(pairs, catalogue=catalogue).forget("cy")
    assert_same_model(model, TfidfRecommender().fit(pairs[:2], catalogue=catalogue))
    assert list(model.interactions_.items) == ["cup", "lamp", "pot", "tea"]


@pytest.mark.filterwarnings("ignore:.*not in the catalogue")
def test_items_outside_the_catalogue_go_with_their_last_user():
    catalogue = {"tea": "green tea", "cup": "tea cup"}
    pairs = [("ann", "tea"), ("bob", "cup"), ("cy", "pot")]
    model = TfidfRecommender().fit(pairs, catalogue=catalogue).forget("cy")
    assert_same_model(model, TfidfRecommender().fit(pairs[:2], catalogue=catalogue))


def test_items_that_no_user_had_stay():
    data = Interactions.from_dense([[1, 0, 0, 1], [1, 1, 0, 0], [1, 1, 0, 0]], feedback="implicit")
    model = EASE(l2=1.0).fit(data).forget(0)
    assert list(model.interactions_.users) == [1, 2]
    assert list(model.interactions_.items) == [0, 1, 2]


def test_unknown_users_are_refused_or_ignored_and_an_error_changes_nothing():
    model = UserKNN().fit(data_of())
    before = model.interactions_
    with pytest.raises(UnknownIdError, match="nobody"):
        model.forget([GONE[0], "nobody"])
    assert model.interactions_ is before
    assert model.forget(["nobody"], on_unknown="ignore").interactions_ is before
    assert model.forget([GONE[0], "nobody"], on_unknown="ignore").interactions_.n_users == 79
    with pytest.raises(ValueError, match="'raise' or 'ignore'"):
        model.forget(GONE[1], on_unknown="popular")


def test_a_model_cannot_forget_all_users():
    model = ItemKNN().fit([("ann", "tea"), ("bob", "tea")])
    with pytest.raises(DataError, match="no interactions would be left"):
        model.forget(["ann", "bob"])
    assert model.interactions_.n_users == 2


def test_an_unfitted_model_cannot_forget():
    with pytest.raises(NotFittedError):
        ItemKNN().forget("ann")


def test_a_warm_start_does_not_continue_from_a_forgotten_user():
    model = ImplicitALS(4, n_epochs=3, warm_start=True, random_state=0).fit(data_of())
    model.forget(GONE, refit=True)
    expected = ImplicitALS(4, n_epochs=3, random_state=0).fit(data_of(without=True))
    assert_array_equal(model.item_factors_, expected.item_factors_)
    assert model._checkpoint.interactions.equals(expected.interactions_)


@pytest.mark.parametrize("parameters", [{}, {"dropout": 0.0}, {"dropout": 0.0, "user_exponent": 0.0, "l2": 2.0}])
def test_ease_forgets_one_user_after_another_by_updates_of_the_inverse(parameters, monkeypatch):
    data = data_of(n_items=120, density=0.2)
    model = EASE(**parameters).fit(data)
    monkeypatch.setattr(EASE, "_fit", lambda *_: pytest.fail("a refit"))
    users = [*GONE, *range(1000, 1006)]
    for user in users:
        model.forget(user)
    monkeypatch.undo()
    expected = EASE(**parameters).fit(data.forget(users))
    assert_allclose(model.item_weights_, expected.item_weights_, atol=2e-6 * np.abs(expected.item_weights_).max())


def test_ease_refits_if_a_parameter_has_changed_since_the_fit():
    model = EASE(l2=1.0).fit(data_of(n_items=120)).set_params(l2=50.0).forget(GONE)
    expected = EASE(l2=50.0).fit(data_of(n_items=120, without=True))
    assert_array_equal(model.item_weights_, expected.item_weights_)


def test_user_neighbours_are_updated_without_a_new_search(monkeypatch):
    data = data_of(n_users=600, n_items=200)
    model = UserKNN(5, n_threads=1).fit(data)
    model_class = type(model._model)
    monkeypatch.setattr(model_class, "fit", classmethod(lambda *_: pytest.fail("a new search")))
    model.forget(GONE)
    monkeypatch.undo()
    expected = UserKNN(5).fit(data.forget(GONE))
    assert_array_equal(model.neighbor_codes_, expected.neighbor_codes_)
    assert_array_equal(model.neighbor_scores_, expected.neighbor_scores_)
