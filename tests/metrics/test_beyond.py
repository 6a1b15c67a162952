import math
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import DataError, Interactions, Popularity
from recokit.metrics import (
    auc,
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

# Sums of a few dozen terms in another order than the reference's.
CLOSE = {"rel": 1e-12, "abs": 1e-12}

LISTS = st.lists(st.lists(st.integers(0, 9), max_size=5, unique=True), min_size=1, max_size=5).map(enumerate).map(dict)
CUTS = st.integers(1, 6)
TRAIN = st.dictionaries(st.integers(0, 9), st.sets(st.integers(0, 8), min_size=1), min_size=1)


def interactions(train):
    return Interactions.from_arrays(
        *zip(*((user, item) for user, taken in train.items() for item in taken), strict=True)
    )


@given(LISTS, st.sets(st.integers(0, 12), min_size=1), CUTS)
def test_coverage_is_that_of_the_naive_reference(lists, catalogue, k):
    assert coverage(lists, sorted(catalogue), k) == naive.coverage(lists, catalogue, k)


@given(LISTS, st.sets(st.integers(0, 12), min_size=1), CUTS)
def test_gini_is_that_of_the_naive_reference(lists, catalogue, k):
    if naive.coverage(lists, catalogue, k) == 0:
        with pytest.raises(DataError, match="no item of the catalogue"):
            gini(lists, sorted(catalogue), k)
    else:
        assert gini(lists, sorted(catalogue), k) == pytest.approx(naive.gini(lists, catalogue, k), **CLOSE)


@given(LISTS.filter(lambda lists: any(lists.values())), TRAIN, CUTS)
def test_popularity_and_novelty_are_those_of_the_naive_reference(lists, train, k):
    data = interactions(train)
    assert popularity_bias(lists, data, k) == pytest.approx(naive.popularity_bias(lists, train, k), **CLOSE)
    assert novelty(lists, data, k) == pytest.approx(naive.novelty(lists, train, k), **CLOSE)


@given(LISTS.filter(lambda lists: sum(map(bool, lists.values())) > 1), CUTS)
def test_personalization_is_that_of_the_naive_reference(lists, k):
    assert personalization(lists, k) == pytest.approx(naive.personalization(lists, k), **CLOSE)


def test_everything_recommended_is_a_coverage_of_1():
    assert coverage([["a", "b"], ["c"]], ["a", "b", "c"]) == 1


def test_equal_shares_have_a_gini_index_of_0_and_one_item_has_the_greatest():
    assert gini([["a", "b"], ["c", "d"]], [*"abcd"]) == 0
    assert gini([["a"], ["a"]], [*"abcd"]) == 1 - 1 / 4


def test_the_same_lists_are_not_personal_and_different_ones_wholly():
    assert personalization([["a", "b"], ["b", "a"]]) == pytest.approx(0, abs=1e-12)
    assert personalization([["a", "b"], ["c"]]) == pytest.approx(1)


def test_training_users_without_interactions_do_not_count():
    train = Interactions.from_arrays([1, 2], ["a", "b"])
    larger = train.reindex(users=train.users.union(type(train.users)([3, 4])))
    assert popularity_bias([["a"]], larger) == popularity_bias([["a"]], train) == 1 / 2
    assert novelty([["a"]], larger) == novelty([["a"]], train) == 1


def test_evaluate_computes_them_beside_the_others():
    lists, test = {1: ["a", "b"], 2: ["b"], 3: []}, {1: ["a"]}
    train = Interactions.from_arrays([1, 2, 2, 3], ["c", "a", "c", "b"])
    asked = ["coverage@1", "gini", "novelty@2", "popularity_bias", "personalization", "recall"]
    result = evaluate(lists, test, asked, train=train)
    expected = [
        coverage(lists, train, 1),
        gini(lists, train),
        novelty(lists, train, 2),
        popularity_bias(lists, train),
        personalization(lists),
        1.0,
    ]
    assert list(result.means.values()) == expected
    assert list(result.per_user) == ["recall"]


@pytest.mark.parametrize("metric", ["novelty", "popularity_bias"])
def test_a_metric_that_needs_the_training_data_asks_for_it(metric):
    with pytest.raises(ValueError, match=f"{metric} needs the training data: give train="):
        evaluate([["a"]], [["a"]], [metric], catalogue=["a"])


def test_lists_without_items_are_refused():
    train = Interactions.from_arrays([1], ["a"])
    for metric in (novelty, popularity_bias):
        with pytest.raises(DataError, match="no list holds an item"):
            metric([[], []], train)
    with pytest.raises(DataError, match="not two that hold an item"):
        personalization([["a"], []])


def test_an_empty_catalogue_is_refused():
    with pytest.raises(DataError, match="catalogue is empty"):
        coverage([["a"]], [])


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


@given(LISTS.filter(lambda lists: any(len(row) > 1 for row in lists.values())), st.integers(2, 6))
def test_diversity_is_that_of_all_pairs(lists, k):
    expected = naive.diversity(lists, VECTORS, k)
    assert diversity(lists, VECTORS, range(10), k) == pytest.approx(expected, abs=1e-12)
    result = evaluate(lists, {0: [1]}, [f"diversity@{k}"], item_vectors=(VECTORS, range(10)))
    assert result[f"diversity@{k}"] == pytest.approx(expected, abs=1e-12)


def test_items_that_are_alike_are_not_diverse_and_those_with_nothing_in_common_wholly():
    assert diversity([["a", "b"]], [[1, 1], [2, 2]], ["a", "b"]) == pytest.approx(0, abs=1e-12)
    assert diversity([["a", "b"]], [[1, 0], [0, 2]], ["a", "b"]) == pytest.approx(1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: diversity([["a", "c"]], [[1], [1]], ["a", "b"]), r"1 recommended item\(s\) have no vector: 'c'"),
        (lambda: diversity([["a"]], [[1]], ["a"]), "no list holds two"),
        (lambda: diversity([["a"]], [["x"]], ["a"]), "vectors: expected numbers, a row for each item"),
        (
            lambda: diversity([["b"], ["a", "a"]], [[1], [2]], ["a", "b"]),
            r"diversity: 1 list\(s\) .* twice, .* users 1",
        ),
        (lambda: personalization([["a", "a"], ["a"]]), r"personalization: 1 list\(s\) hold an item twice, .* users 0"),
        (lambda: diversity([["a", "b"]], [[1]], ["a", "b"]), "for 2 items"),
        (lambda: diversity([["a", "b"]], [[1], [math.nan]], ["a", "b"]), "NaN or infinite"),
    ],
)
def test_diversity_of_what_is_not_known_is_an_error(call, message):
    with pytest.raises(DataError, match=message):
        call()


def test_a_metric_that_needs_more_than_the_lists_says_so():
    with pytest.raises(ValueError, match="item_vectors="):
        evaluate([["a"]], [["a"]], ["diversity"])
    with pytest.raises(ValueError, match="train="):
        evaluate([["a"]], [["a"]], ["serendipity@1"])


RELEVANT = st.dictionaries(st.integers(0, 9), st.sets(st.integers(0, 9), min_size=1), min_size=1)


@given(LISTS, RELEVANT, TRAIN, CUTS)
def test_serendipity_is_that_of_the_naive_reference(lists, relevant, train, k):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of test pairs in the training data
        found = serendipity(lists, relevant, interactions(train), k)
        assert found == pytest.approx(naive.serendipity(lists, relevant, train, k), abs=1e-12)
        assert 0 <= found <= precision(lists, relevant, k) + 1e-12
        result = evaluate(lists, relevant, [f"serendipity@{k}"], train=interactions(train))
    assert result[f"serendipity@{k}"] == found


def test_the_list_of_the_most_popular_is_never_serendipitous():
    data = interactions({user: {user % 3, (user * 2) % 5, 7} for user in range(9)})
    lists = Popularity().fit(data).recommend(n=4)
    test = {int(user): [int(item) for item, _ in lists[int(user)]] for user in data.users}
    assert precision(lists, test, 4) > 0.5
    assert serendipity(lists, test, data, 4) == 0


@given(st.lists(st.integers(0, 9), max_size=6, unique=True), st.sets(st.integers(0, 9), min_size=1, max_size=9), CUTS)
def test_auc_is_that_of_all_pairs(listed, relevant, k):
    found = auc({"ann": listed}, {"ann": relevant}, range(10), k)
    assert found == pytest.approx(naive.auc(listed, relevant, k, range(10)), abs=1e-12)
