import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recokit
from recokit import DataError, Interactions
from recokit.data import Sequences
from recokit.sequence import BoughtTogether
from tests.naive import baskets as naive
from tests.sequence.strategies import ITEMS, baskets_by_user

PARAMETERS = st.fixed_dictionaries(
    {
        "measure": st.sampled_from(["confidence", "lift", "log_likelihood"]),
        "min_support": st.integers(1, 2),
        "shrinkage": st.sampled_from([0.0, 5.0]),
        "view_weight": st.sampled_from([0.0, 0.5, 1.0]),
    }
)
SETS = st.lists(st.sets(st.sampled_from(ITEMS), min_size=1, max_size=5), min_size=1, max_size=8)
ORDERS = [["tea", "cup"], ["tea", "cup", "jam"], ["tea", "pot", "cup"], ["pot", "tea"], ["jam"]]


def pairs(baskets, name="order"):
    return [(f"{name}{number}", item) for number, basket in enumerate(baskets) for item in sorted(basket)]


def fitted(orders=ORDERS, views=None, **parameters):
    return BoughtTogether(**parameters).fit(pairs(orders), views=None if views is None else pairs(views, "visitor"))


@given(baskets_by_user(), st.none() | SETS, PARAMETERS)
def test_weights_follow_the_formula(baskets, views, parameters):
    given_views = None if views is None else pairs(views, "visitor")
    model = BoughtTogether(**parameters).fit(Sequences.from_baskets(baskets), views=given_views)
    every = [basket for user in baskets.values() for basket in user]
    items = list(model.interactions_.items)
    weights = model.item_weights_.toarray()
    for (i, first), (j, second) in itertools.permutations(enumerate(items), 2):
        expected = naive.complement(every, first, second, views=views or [], **parameters)
        assert weights[i, j] == pytest.approx(expected, rel=1e-5, abs=1e-6)


@given(SETS, SETS, PARAMETERS)
def test_partial_fit_equals_a_refit(first, second, parameters):
    model = BoughtTogether(**parameters).fit(pairs(first), views=pairs(second, "visitor"))
    model.partial_fit(pairs(second, "later"), views=pairs(first, "viewer"))
    both = pairs(first) + pairs(second, "later")
    again = BoughtTogether(**parameters).fit(both, views=pairs(second, "visitor") + pairs(first, "viewer"))
    assert (model.item_weights_ != again.item_weights_).nnz == 0


def test_partial_fit_adds_baskets_of_known_users():
    model = BoughtTogether(min_support=1).fit(Sequences.from_baskets({"ann": [["tea", "cup"]], "bob": [["gin"]]}))
    model.partial_fit(Sequences.from_baskets({"ann": [["gin", "ice"]]}))
    assert {item for item, _ in model.recommend("ann", exclude_seen=False)["ann"]} == {"gin", "ice"}
    assert [item for item, _ in model.similar_items("ice")["ice"]] == ["gin"]
    with pytest.raises(DataError, match="same form"):
        model.partial_fit([("eve", "tea")])


def test_complements_have_a_direction():
    model = fitted(measure="confidence")
    assert dict(model.similar_items("pot")["pot"]) == {"tea": 1.0}
    assert dict(model.similar_items("tea")["tea"]) == {"cup": 0.75, "pot": 0.5}


def test_items_that_are_viewed_alike_are_no_complements():
    orders = [["phone", "case"]] * 3 + [["phone", "other phone"]] * 3
    views = [["phone", "other phone"]] * 4 + [["case"]] * 4
    plain, with_views = fitted(orders, measure="confidence"), fitted(orders, views, measure="confidence")
    assert {item for item, _ in plain.similar_items("phone")["phone"]} == {"case", "other phone"}
    assert [item for item, _ in with_views.similar_items("phone")["phone"]] == ["case"]


def test_pairs_below_the_support_have_no_weight():
    assert "jam" not in dict(fitted(measure="confidence").similar_items("tea")["tea"])
    assert "jam" in dict(fitted(measure="confidence", min_support=0.2).similar_items("tea")["tea"])


def test_lists_start_from_the_latest_basket():
    model = BoughtTogether("confidence").fit(
        Sequences.from_baskets({"ann": [["gin", "ice"], ["tea", "cup"]], "bob": [["gin", "ice"], ["tea", "cup"], []]})
    )
    assert model.recommend("ann", exclude_seen=False)["ann"] == [("cup", 1.0), ("tea", 1.0)]
    for cart in (["gin"], ["gin", "gin"], [["tea"], ["gin"]], {"gin"}, {"gin": 2.0}, [["gin"], []]):
        assert model.recommend_for({"cart": cart})["cart"] == [("ice", 1.0)], cart
    histories = Sequences.from_baskets({"x": [["tea"], ["gin", "gin"]]})
    assert model.recommend_for(histories)["x"] == [("ice", 1.0)]
    assert model.recommend_for(Interactions.from_arrays(["x"], ["gin"]))["x"] == [("ice", 1.0)]


def test_the_score_of_a_basket_is_the_sum_over_its_items():
    model = fitted(measure="confidence", min_support=1)
    lists = model.recommend_for({"cart": ["pot", "jam"]})
    assert dict(lists["cart"]) == pytest.approx({"tea": 1.5, "cup": 1.0})
    why = model.explain_for(["pot", "jam"], "tea")
    assert {term.subject: term.contribution for term in why.terms} == pytest.approx({"pot": 1.0, "jam": 0.5})


@given(SETS)
def test_swing_finds_substitutes_by_pairs_of_users(views):
    model = fitted([["a", "b"]], views)
    for item, entries in model.similar_items(list(ITEMS[:2]), n=7, method="swing"):
        others = [other for other in model.interactions_.items if other != item]
        expected = {other: naive.swing(views, item, other) for other in others}
        assert dict(entries) == pytest.approx({k: v for k, v in expected.items() if v > 0}, rel=1e-5)
        assert [score for _, score in entries] == sorted((score for _, score in entries), reverse=True)


def test_swing_uses_the_baskets_without_views_and_other_methods_are_refused():
    model = fitted()
    assert model.similar_items("tea", method="swing")["tea"][0][0] == "cup"
    with pytest.raises(ValueError, match="method='cosine'"):
        model.similar_items("tea", method="cosine")


@given(SETS, st.integers(2, 4), st.integers(1, 3))
def test_bundles_are_the_frequent_sets(orders, size, min_support):
    bundles = fitted(orders).bundles(size, min_support=min_support)
    assert {bundle.items: bundle.n_baskets for bundle in bundles} == naive.frequent_sets(orders, size, min_support)
    keys = [(-bundle.n_baskets, bundle.items) for bundle in bundles]
    assert keys == sorted(keys)
    assert fitted(orders, n_threads=3).bundles(size, min_support=min_support, n=2) == bundles[:2]


@given(SETS, st.integers(2, 4), st.integers(1, 3), st.sampled_from([0.0, 0.5, 1.0]))
def test_rules_have_support_confidence_and_lift(orders, max_size, min_support, min_confidence):
    rules = fitted(orders).rules(max_size, min_support=min_support, min_confidence=min_confidence)
    expected = naive.rules(orders, max_size, min_support, min_confidence)
    assert len(rules) == len(expected)
    for rule in rules:
        assert tuple(rule[2:]) == pytest.approx(expected[rule.antecedent, rule.consequent])
    assert [rule.confidence for rule in rules] == sorted((rule.confidence for rule in rules), reverse=True)


@settings(max_examples=20)
@given(SETS, st.sampled_from([0.15, 0.3, 0.5]))
def test_bundles_equal_those_of_mlxtend(orders, share):
    frequent_patterns = pytest.importorskip("mlxtend.frequent_patterns")
    pandas = pytest.importorskip("pandas")
    items = sorted(set().union(*orders))
    table = pandas.DataFrame([[item in order for item in items] for order in orders], columns=items)
    frequent = frequent_patterns.apriori(table, min_support=share - 1e-9, use_colnames=True)
    theirs = {tuple(sorted(found)): support for support, found in zip(frequent.support, frequent.itemsets, strict=True)}
    model = fitted(orders)
    for size in (2, 3):
        mine = {bundle.items: bundle.support for bundle in model.bundles(size, min_support=share)}
        assert mine == pytest.approx({found: support for found, support in theirs.items() if len(found) == size})


@settings(max_examples=20)
@given(SETS, st.sampled_from([0.15, 0.3, 0.5]), st.sampled_from([0.2, 0.6]))
def test_rules_equal_those_of_efficient_apriori(orders, share, confidence):
    theirs = pytest.importorskip("efficient_apriori").apriori(
        [tuple(order) for order in orders], min_support=share, min_confidence=confidence, max_length=3
    )[1]
    mine = fitted(orders).rules(3, min_support=share, min_confidence=confidence)
    expected = {(tuple(sorted(r.lhs)), tuple(sorted(r.rhs))): (r.support, r.confidence, r.lift) for r in theirs}
    assert {(rule.antecedent, rule.consequent) for rule in mine} == set(expected)
    for rule in mine:
        assert tuple(rule[2:]) == pytest.approx(expected[rule.antecedent, rule.consequent])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda model: model.bundles(1), "size=1"),
        (lambda model: model.bundles(2, n=0), "n=0"),
        (lambda model: model.bundles(2, min_support=0), "min_support=0: expected a whole number of at least 1"),
        (lambda model: model.bundles(2, min_support=1.5), "a share from 0 to 1"),
        (lambda model: model.rules(True), "max_size=True"),
        (lambda model: model.rules(min_confidence=2), "min_confidence=2"),
    ],
)
def test_wrong_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(fitted())


def test_views_of_items_that_were_never_bought_make_them_known():
    model = fitted(views=[["tea", "kettle"]])
    assert model.similar_items("kettle")["kettle"] == []
    assert model.similar_items("kettle", method="swing")["kettle"] == []


def test_a_saved_model_gives_the_same_results(tmp_path):
    data = Sequences.from_baskets({"ann": [["tea", "cup"], ["tea", "pot"]], "bob": [["tea", "cup"]]})
    for baskets in (data, pairs(ORDERS)):
        model = BoughtTogether().fit(baskets, views=pairs([["tea", "pot"]], "visitor"))
        model.save(tmp_path / "model")
        loaded = recokit.load(tmp_path / "model")
        assert list(loaded.recommend()) == list(model.recommend())
        assert loaded.bundles(2) == model.bundles(2)
        assert list(loaded.similar_items("tea", method="swing")) == list(model.similar_items("tea", method="swing"))
