import math
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse, stats

from recokit import DataError, Interactions, Popularity
from recokit.exceptions import LeakageWarning
from recokit.metrics import (
    auc,
    compare,
    coverage,
    diversity,
    evaluate,
    gini,
    novelty,
    personalization,
    popularity_bias,
    precision,
    serendipity,
)
from tests.naive import metrics as naive

# Toy data often have no id in common, or lists shorter than the cut-off.
pytestmark = [
    pytest.mark.filterwarnings("ignore:none of the"),
    pytest.mark.filterwarnings("ignore:the lists contain at most"),
]

# Sums of a few dozen terms in another order than the reference's.
CLOSE = {"rel": 1e-12, "abs": 1e-12}

VECTORS = [
    [1, 0, 0],
    [1, 1, 0],
    [0, 2, 1],
    [0, 0, 0],
    [-1, 0, 3],
    [2, 2, 2],
    [0, 0, 1],
    [3, 0, 0],
    [1, 5, 1],
    [0, 1, 0],
]
LISTS = st.lists(st.lists(st.integers(0, 9), max_size=5, unique=True), min_size=1, max_size=5).map(enumerate).map(dict)
CUTS = st.integers(1, 6)
TRAIN = st.dictionaries(st.integers(0, 9), st.sets(st.integers(0, 8), min_size=1), min_size=1)


def interactions(train):
    return Interactions.from_arrays(
        *zip(*((user, item) for user, taken in train.items() for item in taken), strict=True)
    )


@given(LISTS, st.sets(st.integers(0, 12), min_size=1), CUTS)
def test_coverage_equals_the_naive_reference(lists, catalogue, k):
    assert coverage(lists, sorted(catalogue), k) == naive.coverage(lists, catalogue, k)


@given(LISTS, st.sets(st.integers(0, 12), min_size=1), CUTS)
def test_gini_equals_the_naive_reference(lists, catalogue, k):
    if naive.coverage(lists, catalogue, k) == 0:
        with pytest.raises(DataError, match="no item of the catalogue"):
            gini(lists, sorted(catalogue), k)
    else:
        assert gini(lists, sorted(catalogue), k) == pytest.approx(naive.gini(lists, catalogue, k), **CLOSE)


@given(LISTS.filter(lambda lists: any(lists.values())), TRAIN, CUTS)
def test_popularity_bias_and_novelty_equal_the_naive_references(lists, train, k):
    data = interactions(train)
    assert popularity_bias(lists, data, k) == pytest.approx(naive.popularity_bias(lists, train, k), **CLOSE)
    assert novelty(lists, data, k) == pytest.approx(naive.novelty(lists, train, k), **CLOSE)


@given(LISTS.filter(lambda lists: sum(map(bool, lists.values())) > 1), CUTS)
def test_personalization_equals_the_naive_reference(lists, k):
    assert personalization(lists, k) == pytest.approx(naive.personalization(lists, k), **CLOSE)


def test_coverage_is_1_if_all_items_are_recommended():
    assert coverage([["a", "b"], ["c"]], ["a", "b", "c"]) == 1


def test_gini_is_0_for_equal_shares_and_highest_for_a_single_item():
    assert gini([["a", "b"], ["c", "d"]], [*"abcd"]) == 0
    assert gini([["a"], ["a"]], [*"abcd"]) == 1 - 1 / 4


def test_personalization_is_0_for_equal_lists_and_1_for_disjoint_lists():
    assert personalization([["a", "b"], ["b", "a"]]) == pytest.approx(0, abs=1e-12)
    assert personalization([["a", "b"], ["c"]]) == pytest.approx(1)


def test_training_users_without_interactions_do_not_count():
    train = Interactions.from_arrays([1, 2], ["a", "b"])
    larger = train.reindex(users=train.users.union(type(train.users)([3, 4])))
    assert popularity_bias([["a"]], larger) == popularity_bias([["a"]], train) == 1 / 2
    assert novelty([["a"]], larger) == novelty([["a"]], train) == 1


def test_evaluate_computes_beyond_accuracy_metrics_with_ranking_metrics():
    lists, test = {1: ["a", "b"], 2: ["b"], 3: []}, {1: ["a"], 2: ["b"], 3: ["a"]}
    train = Interactions.from_arrays([1, 2, 2, 3], ["c", "a", "c", "b"])
    names = ["coverage@1", "gini", "novelty@2", "popularity_bias", "personalization", "recall"]
    result = evaluate(lists, test, names, train=train)
    expected = [
        coverage(lists, train, 1),
        gini(lists, train),
        novelty(lists, train, 2),
        popularity_bias(lists, train),
        personalization(lists),
        2 / 3,
    ]
    assert list(result.means.values()) == expected
    assert list(result.per_user) == ["novelty@2", "popularity_bias", "recall"]


def test_metrics_of_each_list_are_means_over_evaluated_users_with_a_list():
    lists = {"ann": ["tea", "cup"], "bob": ["tea"], "cy": [], "untested": ["pot", "jug"]}
    test = {"ann": ["tea"], "bob": ["cup"], "cy": ["tea"], "dan": ["tea"]}
    train = Interactions.from_arrays(["eve", "fay", "gus", "hal"], ["tea", "tea", "cup", "pot"])
    vectors = [[1, 0], [1, 0], [0, 1], [1, 1]], ["tea", "cup", "pot", "jug"]
    names = ["novelty", "popularity_bias", "diversity"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = evaluate(lists, test, names, train=train, item_vectors=vectors)
    assert result.users.tolist() == ["ann", "bob", "cy", "dan"]
    expected = {"novelty": [1.5, 1.0], "popularity_bias": [3 / 8, 1 / 2], "diversity": [0.0, math.nan]}
    for name, values in expected.items():
        assert result.per_user[name].tolist() == pytest.approx([*values, math.nan, math.nan], abs=1e-12, nan_ok=True)
        defined = [value for value in values if not math.isnan(value)]
        assert result[name] == pytest.approx(sum(defined) / len(defined), abs=1e-12)
    with_all = evaluate(lists, test, names, train=train, item_vectors=vectors, missing="zero")
    assert with_all["novelty"] == pytest.approx(novelty(lists, train))
    assert with_all["diversity"] == pytest.approx(diversity(lists, *vectors))


def test_each_beyond_accuracy_metric_has_its_own_cut_off():
    rng = np.random.default_rng(0)
    lists = {user: rng.permutation(9)[:6].tolist() for user in range(8)}
    names = ["coverage", "gini", "personalization", "novelty", "popularity_bias", "diversity"]
    background = {"train": WHOLE, "item_vectors": (VECTORS, range(10))}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LeakageWarning)  # some listed items are in the training data
        together = evaluate(lists, lists, [f"{name}@{k}" for name in names for k in (2, 4)], **background)
        for metric, mean in together.means.items():
            assert evaluate(lists, lists, [metric], **background)[metric] == mean
    for name in names:
        assert together[f"{name}@2"] != together[f"{name}@4"]


def test_items_repeated_below_the_cut_off_are_accepted():
    lists = {"ann": ["a", "b", "a"], "bob": ["c"]}
    assert evaluate(lists, lists, ["personalization@2", "recall@3"])["personalization@2"] == pytest.approx(1)


def test_serendipity_breaks_popularity_ties_by_id():
    taken = {user: {item for item in range(60) if user == 0 or item % 3 == 0} for user in range(2)}
    for item in range(60):
        found = serendipity({99: [item]}, {99: [item]}, interactions(taken), 25)
        assert found == naive.serendipity({99: [item]}, {99: [item]}, taken, 25)


@pytest.mark.parametrize("metric", ["coverage", "gini", "auc"])
def test_the_error_about_a_missing_catalogue_names_the_metric(metric):
    with pytest.raises(ValueError, match=f"^{metric} needs the catalogue"):
        evaluate([["a"]], [["a"]], [metric])


def test_a_metric_without_a_defined_value_for_any_evaluated_user_is_refused():
    train = Interactions.from_arrays([1], ["a"])
    with pytest.raises(DataError, match="novelty: no evaluated user has a list with enough items"):
        evaluate({"ann": ["a"], "bob": []}, {"bob": ["a"]}, ["novelty"], train=train)


def test_intervals_and_comparisons_leave_out_users_without_a_value():
    rng = np.random.default_rng(0)
    train = Interactions.from_matrix(sparse.csr_array(rng.random((200, 30)) < np.linspace(0.05, 0.9, 30)))
    test = {user: [user % 30] for user in range(60)}
    some = {user: rng.permutation(30)[:5].tolist() for user in range(40)}
    popular = {user: rng.permutation(np.arange(20, 30))[:5].tolist() for user in range(60)}
    evaluations = [evaluate(lists, test, ["novelty", "recall"], train=train) for lists in (some, popular)]
    few = evaluate(some, {user: test[user] for user in some}, ["novelty"], train=train)
    low, high = evaluations[0].intervals["novelty"]
    assert (low, high) == pytest.approx(few.intervals["novelty"], rel=0.02)
    for kind in ("permutation", "t"):
        (one,) = compare(*evaluations, metrics=["novelty"], test=kind).differences
        both = [one.per_user["novelty"][:40] for one in evaluations]
        assert one.difference == pytest.approx(np.mean(both[0] - both[1]))
        assert one.low < one.difference < one.high
        assert one.p_value < 0.001
        if kind == "t":
            assert one.p_value == pytest.approx(stats.ttest_rel(*both).pvalue)


SETS = st.dictionaries(st.integers(0, 5), st.lists(st.integers(0, 9), min_size=2, max_size=5, unique=True), min_size=2)
WHOLE = Interactions.from_arrays(
    *zip(*((user, item) for user in range(8) for item in range(9) if user % (item + 1) < 2), strict=True)
)
METRICS = {
    "coverage": (lambda lists: coverage(lists, range(10)), 1.0),
    "gini": (lambda lists: gini(lists, range(10)), 0.9),
    "novelty": (lambda lists: novelty(lists, WHOLE), 3.0),
    "popularity_bias": (lambda lists: popularity_bias(lists, WHOLE), 1.0),
    "personalization": (personalization, 1.0),
    "diversity": (lambda lists: diversity(lists, np.abs(VECTORS), range(10)), 1.0),
}
PER_LIST_METRICS = ["novelty", "popularity_bias", "diversity"]


@pytest.mark.parametrize("name", list(METRICS))
@given(st.data(), SETS)
def test_beyond_accuracy_metrics_are_bounded_and_independent_of_the_order_of_users(name, data, lists):
    metric, highest = METRICS[name]
    value = metric(lists)
    assert -1e-12 <= value <= highest + 1e-12
    shuffled = dict(data.draw(st.permutations(list(lists.items()))))
    assert metric(shuffled) == pytest.approx(value, **CLOSE)


@pytest.mark.parametrize("name", PER_LIST_METRICS)
@given(SETS, SETS)
def test_a_metric_of_each_list_over_two_groups_is_their_weighted_mean(name, first, second):
    metric = METRICS[name][0]
    second = {user + 100: listed for user, listed in second.items()}
    expected = np.average([metric(first), metric(second)], weights=[len(first), len(second)])
    assert metric(first | second) == pytest.approx(expected, **CLOSE)


@given(SETS, CUTS)
def test_coverage_does_not_decrease_with_the_cut_off(lists, k):
    assert coverage(lists, range(10), k + 1) >= coverage(lists, range(10), k)


@pytest.mark.parametrize("metric", ["novelty", "popularity_bias"])
def test_a_metric_that_needs_the_training_data_requests_them(metric):
    with pytest.raises(ValueError, match=f"{metric} needs the training data: pass train="):
        evaluate([["a"]], [["a"]], [metric], catalogue=["a"])


def test_empty_lists_are_refused():
    train = Interactions.from_arrays([1], ["a"])
    for metric in (novelty, popularity_bias):
        with pytest.raises(DataError, match="all lists are empty"):
            metric([[], []], train)
    with pytest.raises(DataError, match="expected two or more non-empty lists, got 1"):
        personalization([["a"], []])


def test_an_empty_catalogue_is_refused():
    with pytest.raises(DataError, match="catalogue is empty"):
        coverage([["a"]], [])


@given(LISTS.filter(lambda lists: any(len(row) > 1 for row in lists.values())), st.integers(2, 6))
def test_diversity_equals_the_mean_over_all_pairs(lists, k):
    expected = naive.diversity(lists, VECTORS, k)
    assert diversity(lists, VECTORS, range(10), k) == pytest.approx(expected, abs=1e-12)
    result = evaluate(lists, {user: [1] for user in lists}, [f"diversity@{k}"], item_vectors=(VECTORS, range(10)))
    assert result[f"diversity@{k}"] == pytest.approx(expected, abs=1e-12)


def test_diversity_is_0_for_parallel_and_1_for_orthogonal_vectors():
    assert diversity([["a", "b"]], [[1, 1], [2, 2]], ["a", "b"]) == pytest.approx(0, abs=1e-12)
    assert diversity([["a", "b"]], [[1, 0], [0, 2]], ["a", "b"]) == pytest.approx(1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: diversity([["a", "c"]], [[1], [1]], ["a", "b"]), r"1 recommended item\(s\) have no vector: 'c'"),
        (lambda: diversity([["a"]], [[1]], ["a"]), "no list has two items"),
        (lambda: diversity([["a"]], [["x"]], ["a"]), "vectors: expected numbers, a row for each item"),
        (
            lambda: diversity([["b"], ["a", "a"]], [[1], [2]], ["a", "b"]),
            r"diversity: 1 list\(s\) contain an item twice, of the users 1",
        ),
        (
            lambda: personalization([["a", "a"], ["a"]]),
            r"personalization: 1 list\(s\) contain an item twice, of the users 0",
        ),
        (lambda: diversity([["a", "b"]], [[1]], ["a", "b"]), "for 2 items"),
        (lambda: diversity([["a", "b"]], [[1], [math.nan]], ["a", "b"]), "NaN or infinite"),
    ],
)
def test_invalid_lists_and_vectors_are_refused(call, message):
    with pytest.raises(DataError, match=message):
        call()


def test_the_error_about_a_missing_argument_names_it():
    with pytest.raises(ValueError, match="item_vectors="):
        evaluate([["a"]], [["a"]], ["diversity"])
    with pytest.raises(ValueError, match="train="):
        evaluate([["a"]], [["a"]], ["serendipity@1"])


RELEVANT = st.dictionaries(st.integers(0, 9), st.sets(st.integers(0, 9), min_size=1), min_size=1)


@given(LISTS, RELEVANT, TRAIN, CUTS)
def test_serendipity_equals_the_naive_reference(lists, relevant, train, k):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # test pairs in the training data
        found = serendipity(lists, relevant, interactions(train), k)
        assert found == pytest.approx(naive.serendipity(lists, relevant, train, k), abs=1e-12)
        assert 0 <= found <= precision(lists, relevant, k) + 1e-12
        result = evaluate(lists, relevant, [f"serendipity@{k}"], train=interactions(train))
    assert result[f"serendipity@{k}"] == found


def test_lists_of_the_most_popular_items_have_a_serendipity_of_0():
    data = interactions({user: {user % 3, (user * 2) % 5, 7} for user in range(9)})
    lists = Popularity().fit(data).recommend(n=4)
    test = {int(user): [int(item) for item, _ in lists[int(user)]] for user in data.users}
    assert precision(lists, test, 4) > 0.5
    assert serendipity(lists, test, data, 4) == 0


@given(st.lists(st.integers(0, 9), max_size=6, unique=True), st.sets(st.integers(0, 9), min_size=1, max_size=9), CUTS)
def test_auc_equals_the_share_over_all_pairs(listed, relevant, k):
    found = auc({"ann": listed}, {"ann": relevant}, range(10), k)
    assert found == pytest.approx(naive.auc(listed, relevant, k, range(10)), abs=1e-12)


def test_the_auc_does_not_depend_on_the_form_of_the_lists_or_on_other_metrics():
    rows = [("ann", item, rank) for rank, item in enumerate(["tea", "new", "other"], start=1)]
    frame, lists = pd.DataFrame(rows, columns=["user_id", "item_id", "rank"]), {"ann": ["tea", "new", "other"]}
    test, catalogue = {"ann": ["tea"]}, ["tea", "cup"]
    alone = auc(lists, test, catalogue, 1)
    assert auc(frame, test, catalogue, 1) == alone == 1
    late = {"ann": ["cup"]}
    expected = auc(lists, late, catalogue, 1)
    assert auc(frame, late, catalogue, 1) == expected == naive.auc(["tea"], {"cup"}, 1, catalogue)
    assert evaluate(lists, late, ["auc@1", "recall@3"], catalogue=catalogue)["auc@1"] == expected
    assert auc(lists, late, catalogue) == naive.auc(lists["ann"], {"cup"}, 3, ["tea", "cup", "new", "other"])


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_training_data_and_catalogues_are_read_from_every_form_that_fit_accepts(frame):
    users, items = ["ann", "bob", "cy", "cy"], ["tea", "tea", "cup", "pot"]
    train, lists = Interactions.from_arrays(users, items), {"eve": ["tea", "jug"]}
    pairs = list(zip(users, items, strict=True))
    names = ["novelty", "coverage", "serendipity@2"]
    expected = evaluate(lists, {"eve": ["jug"]}, names, train=train).means
    log = frame({"user_id": users, "item_id": items, "value": [2.0, 1.0, 1.0, 3.0], "timestamp": [1, 2, 3, 4]})
    for train_input in (log, frame({"user_id": users, "item_id": items}), pairs, np.array(pairs), train.to_frame()):
        assert evaluate(lists, {"eve": ["jug"]}, names, train=train_input).means == expected
        assert novelty(lists, train_input) == expected["novelty"]
    matrix = sparse.csr_array([[1, 0], [0, 1]])
    assert evaluate([[0]], [[1]], ["coverage"], train=matrix)["coverage"] == 1 / 2
    products = frame({"item_id": ["cup", "tea", "hat", "pot"], "price": [1, 2, 3, 4]})
    assert evaluate(lists, {"eve": ["jug"]}, ["coverage"], catalogue=products)["coverage"] == 1 / 4
    assert coverage(lists, products) == 1 / 4


@pytest.mark.parametrize("metric", ["novelty", "popularity_bias", "serendipity", "recall"])
def test_training_data_without_interactions_are_refused(metric):
    train = Interactions.from_arrays([1, 2], ["a", "b"])
    with pytest.raises(DataError, match="train has no interactions"):
        evaluate({1: ["a"]}, {1: ["a"]}, [metric], train=train.select(np.zeros(2, dtype=bool)))


def test_training_data_can_have_other_users_and_items_than_the_lists():
    stale = Interactions.from_arrays(["x", "y"], ["old", "older"])
    lists, test = {"ann": ["tea", "cup"]}, {"ann": ["cup"]}
    result = evaluate(lists, test, ["novelty", "popularity_bias", "serendipity", "coverage"], train=stale)
    assert result.means == {"novelty": 1.0, "popularity_bias": 0.0, "serendipity": 0.5, "coverage": 0.0}


def test_serendipity_does_not_depend_on_the_strengths_of_the_training_data():
    train = Interactions.from_arrays([1, 2, 3], ["a", "a", "b"], [1, 1, 9], feedback="implicit")
    assert serendipity({4: ["a"]}, {4: ["a"]}, train, 1) == 0
    assert serendipity({4: ["b"]}, {4: ["b"]}, train, 1) == 1
