import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from recokit import (
    EASE,
    DataError,
    Interactions,
    ItemKNN,
    LeakageWarning,
    Popularity,
    TfidfRecommender,
    TransitionKNN,
    WeightedHybrid,
    load,
)
from recokit.data.sequences import Sequences
from recokit.datasets import example_interactions
from recokit.hybrid._normalization import NORMALIZATIONS
from recokit.testing import check_recommender
from tests.hybrid._parts import Broken, Fixed, KnowsFewUsers, WithExtraItems
from tests.naive import hybrid as naive

DATA = example_interactions("implicit")
ITEMS = DATA.items.ids.tolist()
TABLES = st.dictionaries(st.sampled_from(ITEMS), st.integers(-8, 8).map(float), min_size=1)


def ranked(model, **options):
    lists = model.recommend(n=len(ITEMS), **options)
    return {user: [item for item, _ in entries] for user, entries in lists}


@settings(deadline=None, max_examples=30)
@given(st.lists(TABLES, min_size=1, max_size=3), st.data(), st.sampled_from(NORMALIZATIONS))
def test_scores_are_those_of_the_naive_reference(tables, data, kind):
    weights = data.draw(st.lists(st.integers(0, 4), min_size=len(tables), max_size=len(tables)).filter(any))
    model = WeightedHybrid([Fixed(table) for table in tables], weights=weights, normalization=kind, depth=6).fit(DATA)
    scores = [[table.get(item, -np.inf) for item in ITEMS] for table in tables]
    shares = [weight / sum(weights) for weight in weights]
    for row in (0, 7):
        seen = DATA.item_codes[slice(*DATA.indptr[row : row + 2])].tolist()
        expected = naive.blend(scores, shares, seen, kind, 6, 10.0)
        predicted = model.predict([(DATA.users.ids[row], item) for item in ITEMS])
        np.testing.assert_allclose(predicted, np.where(np.isfinite(expected), expected, 0), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", NORMALIZATIONS)
@pytest.mark.parametrize("part", [Popularity(), ItemKNN(), EASE(l2=5.0)], ids=lambda part: type(part).__name__)
def test_a_hybrid_of_one_part_ranks_as_the_part(kind, part):
    expected = ranked(clone(part).fit(DATA))
    assert ranked(WeightedHybrid([part], normalization=kind).fit(DATA)) == expected


@settings(deadline=None, max_examples=25)
@given(TABLES, TABLES, st.sampled_from(NORMALIZATIONS))
def test_a_part_with_the_weight_0_has_no_influence(table, other, kind):
    with_it = WeightedHybrid([Fixed(table), Fixed(other)], weights=[2, 0], normalization=kind).fit(DATA)
    without = WeightedHybrid([Fixed(table)], normalization=kind).fit(DATA)
    actual, expected = with_it.recommend(n=20), without.recommend(n=20)
    assert actual.items.tolist() == expected.items.tolist()
    np.testing.assert_array_equal(actual.scores, expected.scores)


def test_learned_weights_prefer_the_part_that_predicts_held_out_items():
    rng = np.random.default_rng(0)
    random_order = dict(zip(ITEMS, rng.permutation(len(ITEMS)).astype(float).tolist(), strict=True))
    model = WeightedHybrid([("noise", Fixed(random_order)), EASE(l2=5.0)], weights="learn", random_state=0).fit(DATA)
    assert model.weights_[1] > model.weights_[0]
    assert model.weights_.sum() == pytest.approx(1)
    assert 0 < model.validation_score_ <= 1


def test_parts_are_fitted_to_all_training_data_after_learning():
    model = WeightedHybrid([ItemKNN(), Popularity()], weights="learn", random_state=0).fit(DATA)
    expected = ItemKNN().fit(DATA)
    np.testing.assert_array_equal(model.parts_["itemknn"].recommend().scores, expected.recommend().scores)
    assert model.interactions_.n_interactions == DATA.n_interactions


def test_test_data_are_not_used_but_a_given_validation_split_is():
    mask = np.arange(DATA.n_interactions) % 7 != 0
    train, held_out = DATA.select(mask), DATA.select(~mask)
    best = {item: float(count) for item, count in zip(ITEMS, np.bincount(held_out.item_codes), strict=False)}
    parts = [("oracle", Fixed(best)), ("noise", Fixed({item: -score for item, score in best.items()}))]
    model = WeightedHybrid(parts, weights="learn").fit(train, validation=(train, held_out))
    assert model.weights_[0] > model.weights_[1]
    with pytest.raises(DataError, match="pair"):
        WeightedHybrid(parts, weights="learn").fit(train, validation=3)


def test_merged_pairs_with_times_warn_when_they_are_held_out():
    rng = np.random.default_rng(0)
    users, items = rng.integers(0, 30, 900), rng.integers(0, 20, 900)
    merged = Interactions.from_arrays(users, items, timestamps=np.arange(900), duplicates="sum")
    with pytest.warns(LeakageWarning, match="split_log"):
        WeightedHybrid([Popularity(), ItemKNN()], weights="learn").fit(merged)


def test_repeats_of_sequences_are_not_held_out_as_new_items():
    log = Sequences.from_arrays([1, 1, 1, 2, 2, 2], ["a", "b", "a", "a", "b", "c"], [1, 2, 9, 3, 4, 8])
    model = WeightedHybrid([Popularity(), ItemKNN()], weights="learn", validation_size=0.3)
    model.fit(log)  # a of user 1 is a repeat; only c of user 2 is new
    assert model.validation_score_ in (0.0, 1.0) or model.validation_score_ > 0


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([0, 0], "all are 0"),
        ([1, -1], "at least 0"),
        ([1, np.nan], "finite"),
        ([1], "2 numbers"),
        ([[1, 2]], "2 numbers"),
        (["a", "b"], "2 numbers"),
    ],
)
def test_bad_weights_are_refused(weights, message):
    with pytest.raises(DataError, match=message):
        WeightedHybrid([ItemKNN(), Popularity()], weights=weights).fit(DATA)


@pytest.mark.parametrize(
    ("models", "error", "message"),
    [
        ([], ValueError, "models is empty"),
        ([ItemKNN], TypeError, "create the model first"),
        ([ItemKNN(), "popular"], TypeError, "recommenders"),
        (ItemKNN(), TypeError, "a list of recommenders"),
        ([("a", ItemKNN()), ("a", Popularity())], ValueError, "more than once"),
        ([("weights", ItemKNN())], ValueError, "cannot be used"),
        ([("a__b", ItemKNN())], ValueError, "cannot be used"),
    ],
)
def test_bad_parts_are_refused(models, error, message):
    with pytest.raises(error, match=message):
        WeightedHybrid(models).fit(DATA)


def test_data_without_items_to_hold_out_are_refused():
    one_each = Interactions.from_arrays([1, 2, 3], ["a", "b", "a"])
    with pytest.raises(DataError, match="two or more items"):
        WeightedHybrid([ItemKNN(), Popularity()], weights="learn").fit(one_each)


def test_a_part_that_fails_is_named():
    with pytest.raises(RuntimeError, match=r"'cups' \(Broken\) cannot be fitted: out of cups"):
        WeightedHybrid([Popularity(), ("cups", Broken())]).fit(DATA)
    with pytest.raises(DataError, match=r"'ease' \(EASE\).*implicit feedback only"):
        WeightedHybrid([Popularity(), EASE()]).fit(example_interactions("explicit"))


def test_parts_and_their_parameters_are_parameters_of_the_hybrid():
    model = WeightedHybrid([("near", ItemKNN(5)), Popularity()])
    assert model.get_params()["near__n_neighbors"] == 5
    model.set_params(near__n_neighbors=7, popularity__half_life=3.0)
    assert model.get_params()["near"].n_neighbors == 7
    assert clone(model).get_params()["popularity__half_life"] == 3.0
    model.set_params(near=EASE())
    assert isinstance(dict(model.models)["near"], EASE)
    with pytest.raises(ValueError, match="nearest"):
        model.set_params(nearest__l2=1)
    fitted = model.set_params(popularity__half_life=None).fit(DATA).parts_["near"]
    assert fitted is not dict(model.models)["near"]


def test_items_of_a_catalogue_take_part_and_side_information_is_routed():
    titles = {item: f"tea number {item}" for item in ITEMS} | {999: "tea number 100"}
    model = WeightedHybrid([Popularity(), TfidfRecommender()]).fit(DATA, catalogue=titles)
    assert 999 in model.interactions_.items
    assert model.why_not(7, 999).parts[0].rank is None
    assert any(item == 999 for entries in ranked(model).values() for item in entries)
    again = WeightedHybrid([Popularity(), TfidfRecommender()]).fit(DATA, tfidfrecommender__catalogue=titles)
    assert ranked(again) == ranked(model)
    with pytest.raises(TypeError, match="no part accepts it; the parts accept catalogue, item"):
        WeightedHybrid([Popularity(), TfidfRecommender()]).fit(DATA, catalog=titles)
    with pytest.raises(DataError, match=r"'tfidfrecommender'.*catalogue"):
        WeightedHybrid([Popularity(), TfidfRecommender()]).fit(DATA)


def test_parts_with_other_items_and_users_are_aligned(tmp_path):
    table = {item: float(k) for k, item in enumerate(ITEMS)} | {1: 99.0, 500: 98.0}
    parts = [WithExtraItems(table), Fixed(table), KnowsFewUsers(table)]
    model = WeightedHybrid(parts, normalization="none").fit(DATA, extra=[1, 500])
    assert ranked(model)[DATA.users.ids[5]][:2] == [1, 500]
    first, second = model.predict([(DATA.users.ids[0], ITEMS[3]), (DATA.users.ids[1], ITEMS[3])])
    assert first == pytest.approx(3.0)
    assert second == pytest.approx(2.0)  # a third of the weight has no evidence and scores 0
    lists = model.recommend_for([{ITEMS[3]: 1.0, 500: 1.0}])
    assert lists[0][0][0] == 1
    model.save(tmp_path / "model")
    assert ranked(load(tmp_path / "model")) == ranked(model)


def test_models_of_sequences_take_part():
    model = WeightedHybrid([TransitionKNN(), Popularity(), WeightedHybrid([EASE(), Popularity()])])
    model._supported_feedback = ("implicit",)
    check_recommender(model)
    model.fit(Sequences.from_lists({"ann": ["tea", "cup", "tea"], "bob": ["tea", "cup", "pot"]}))
    entries = model.recommend_for({"eve": ["pot", "tea", "tea"]}, n=3)["eve"]
    assert [item for item, _ in entries] == ["cup"]
    assert model._reads_order
    assert not WeightedHybrid._reads_order


def test_partial_fit_updates_the_parts_and_leaves_the_old_state(tmp_path):
    model = WeightedHybrid([ItemKNN(), Popularity()], weights="learn", random_state=0).fit(DATA)
    weights, parts = model.weights_, model.parts_
    before = parts["popularity"].item_scores_.copy()
    model.partial_fit([(7, 100), (9999, 101)])
    np.testing.assert_array_equal(parts["popularity"].item_scores_, before)
    assert 9999 in model.parts_["itemknn"].interactions_.users
    np.testing.assert_array_equal(model.weights_, weights)
    assert not model._exact_partial_fit
    assert WeightedHybrid([ItemKNN()])._exact_partial_fit


def test_explanations_say_which_part_gave_what():
    model = WeightedHybrid([("near", ItemKNN()), EASE(l2=5.0)], normalization="minmax").fit(DATA)
    user, entries = next(iter(model.recommend(n=1)))
    why = model.explain(user, entries[0][0])
    assert {(term.kind, term.subject) for term in why.terms} <= {("part", "near"), ("part", "ease")}
    assert "the model near" in str(why)
    assert "模型 near" in str(model.explain(user, entries[0][0], language="zh"))


def test_similar_items_are_fused_by_rank():
    model = WeightedHybrid([ItemKNN(), EASE(l2=5.0)]).fit(DATA)
    lists = model.similar_items(ITEMS[:2], n=4)
    own = [dict(part.similar_items(ITEMS[:2], n=18))[ITEMS[0]] for part in model.parts_.values()]
    ranks = [{item: rank for rank, (item, _) in enumerate(entries, 1)} for entries in own]
    for item, score in lists[ITEMS[0]]:
        assert score == pytest.approx(sum(0.5 / (60 + rank[item]) for rank in ranks if item in rank), rel=1e-5)
    with pytest.raises(NotImplementedError, match="no part of this WeightedHybrid defines similar items"):
        WeightedHybrid([Popularity()]).fit(DATA).similar_items(ITEMS[:1])
