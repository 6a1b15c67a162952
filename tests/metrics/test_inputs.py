"""The accepted forms of lists and test sets give the same metrics."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from recokit import DataError, IdIndex, Interactions, Popularity, Recommendations
from recokit.data.id_index import factorize_objects
from recokit.experiments import conversion_rate
from recokit.metrics import compare, coverage, evaluate, margin_at_k, ndcg, recall, revenue_at_k

# Toy data often have no id in common, or lists shorter than the cut-off.
pytestmark = [
    pytest.mark.filterwarnings("ignore:none of the"),
    pytest.mark.filterwarnings("ignore:the lists contain at most"),
]

METRICS = ["ndcg@2(gain=linear)", "recall", "precision@3"]
LISTS = {"ann": ["tea", "cup", "pot"], "bob": ["pot", "tea"], "cy": ["jug", "cup", "pot"]}
TEST = {"bob": {"tea": 2.0, "mug": 4.0}, "ann": {"pot": 5.0, "tea": 1.0}, "dan": {"tea": 3.0}}
EXPECTED = evaluate(LISTS, TEST, METRICS)

LIST_ROWS = [(user, item, rank) for user, items in LISTS.items() for rank, item in enumerate(items, start=1)]
TEST_ROWS = [(user, item, value) for user, items in TEST.items() for item, value in items.items()]


def padded(padding):
    items = [[*items, padding, padding][:3] for items in LISTS.values()]
    return Recommendations(users=list(LISTS), items=items, counts=[len(items) for items in LISTS.values()])


def list_frame(library, columns):
    shuffled = [LIST_ROWS[row] for row in np.random.default_rng(0).permutation(len(LIST_ROWS))]
    users, items, ranks = zip(*shuffled, strict=True)
    given = {"item_id": items, "user_id": users, "rank": ranks, "score": [-0.5 * rank for rank in ranks]}
    return library(
        {"item_id": given["item_id"], "user_id": given["user_id"], **{name: given[name] for name in columns}}
    )


def frame_of_test(library):
    users, items, values = zip(*TEST_ROWS, strict=True)
    return library({"user_id": users, "item_id": items, "rating": values})


FORMS_OF_LISTS = {
    "recommendations": padded("nothing"),
    "padded with a relevant item": padded("mug"),
    "padded with None": padded(None),
    "pandas, by rank": list_frame(pd.DataFrame, ["rank"]),
    "polars, by rank": list_frame(pl.DataFrame, ["rank", "score"]),
    "polars, by score": list_frame(pl.DataFrame, ["score"]),
    "pyarrow, by rank": list_frame(lambda columns: pl.DataFrame(columns).to_arrow(), ["rank"]),
    "pandas, in order": pd.DataFrame(LIST_ROWS, columns=["user_id", "item_id", "place"])[["user_id", "item_id"]],
    "a frame of recommendations": padded("nothing").to_frame("polars"),
    "mapping of columns": list_frame(dict, ["rank"]),
    "arrays": {user: np.array(items) for user, items in LISTS.items()},
}

FORMS_OF_TESTS = {
    "mapping of columns": frame_of_test(dict),
    "interactions": Interactions.from_arrays(*zip(*TEST_ROWS, strict=True)),
    "pandas": frame_of_test(pd.DataFrame),
    "polars": frame_of_test(pl.DataFrame),
    "pyarrow": frame_of_test(lambda columns: pl.DataFrame(columns).to_arrow()),
}

AT_TIME = Interactions.from_arrays([1], [5], timestamps=[4])


def assert_same(result, expected):
    assert sorted(result.users) == sorted(expected.users)
    order, own = np.argsort(expected.users), np.argsort(result.users)
    for name in expected.means:
        np.testing.assert_array_equal(result.per_user[name][own], expected.per_user[name][order])


@pytest.mark.parametrize("lists", list(FORMS_OF_LISTS.values()), ids=list(FORMS_OF_LISTS))
def test_lists_in_every_form_have_the_same_metrics(lists):
    assert_same(evaluate(lists, TEST, METRICS), EXPECTED)


@pytest.mark.parametrize("test", list(FORMS_OF_TESTS.values()), ids=list(FORMS_OF_TESTS))
def test_test_sets_in_every_form_have_the_same_metrics(test):
    assert_same(evaluate(LISTS, test, METRICS), EXPECTED)


def test_pairs_are_relevant_items_without_values():
    pairs = [(user, item) for user, item, _ in TEST_ROWS]
    binary = {user: list(items) for user, items in TEST.items()}
    assert evaluate(LISTS, pairs, ["ndcg"]).means == evaluate(LISTS, binary, ["ndcg"]).means


def test_a_frame_without_ratings_has_relevant_items_without_values():
    frame = frame_of_test(pd.DataFrame).drop(columns="rating")
    assert ndcg(LISTS, frame) == ndcg(LISTS, TEST)
    graded = [lambda gain=gain: ndcg(LISTS, frame, gain=gain) for gain in ("linear", "exponential")]
    summed = [lambda: revenue_at_k(LISTS, frame, prices="test"), lambda: margin_at_k(LISTS, frame, margins="test")]
    for call in graded + summed:
        with pytest.raises(
            DataError, match="gain from the test values needs values, but the frame has no column rating or value"
        ):
            call()
    with pytest.raises(DataError, match=r"threshold=3 needs values"):
        recall(LISTS, frame, threshold=3)


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_the_frame_of_interactions_has_the_metrics_of_the_interactions(library):
    data = Interactions.from_arrays(*zip(*TEST_ROWS, strict=True), timestamps=range(len(TEST_ROWS)))
    assert_same(evaluate(LISTS, data.to_frame(library), METRICS), EXPECTED)


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
def test_values_keep_the_precision_of_the_input(library):
    for test in ({"ann": {"tea": 19.99}}, library({"user_id": ["ann"], "item_id": ["tea"], "value": [19.99]})):
        assert revenue_at_k(LISTS, test, prices="test") == 19.99


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(value=st.floats(0.125, 9, width=32))
def test_a_threshold_of_every_type_compares_in_the_same_way(dtype, value):
    single = Interactions.from_arrays(["ann", "ann"], ["tea", "cup"], np.array([value, 1e-3]))
    frame = pd.DataFrame({"user_id": ["ann"] * 2, "item_id": ["tea", "cup"], "rating": np.array([value, 1e-3], dtype)})
    for test in (single, frame, {"ann": {"tea": value, "cup": 1e-3}}):
        for threshold in (value, np.float64(value), np.float32(value)):
            assert recall({"ann": ["tea"]}, test, threshold=threshold) == 1


@pytest.mark.parametrize("threshold", [0.7, np.float64(0.7), np.float32(0.7)])
def test_a_value_equal_to_the_threshold_is_relevant(threshold):
    tests = [
        Interactions.from_arrays(["ann", "bob"], ["tea", "cup"], [0.7, 0.5]),
        pd.DataFrame({"user_id": ["ann"], "item_id": ["tea"], "rating": np.array([0.7], np.float32)}),
    ]
    for test in tests:
        assert recall({"ann": ["tea"]}, test, threshold=threshold) == 1


@pytest.mark.parametrize("test", [np.array([[0, 1], [1, 2]]), [(0, 1), (1, 2)], ((0, 1), (1, 2), (2, 3))])
def test_rows_of_two_ids_are_refused_for_lists_without_user_ids(test):
    with pytest.raises(DataError, match=r"rows of two ids are ambiguous: they are either \(user, item\) pairs"):
        recall([[1], [2]], test)


@pytest.mark.parametrize("test", [[["tea", "cup"], ["pot", "jug"]], [{"tea", "cup"}], [{"tea": 1, "cup": 2}]])
def test_collections_without_user_ids_are_refused_for_lists_with_user_ids(test):
    with pytest.raises(DataError, match="collections without user ids, for lists with user ids"):
        recall(LISTS, test)


@pytest.mark.parametrize("items", ["tea", {"tea", "cup"}, frozenset(["tea"]), {"tea": 0.5, "cup": 0.7}])
def test_a_list_without_an_order_is_refused(items):
    for lists in ({"ann": items}, [items]):
        with pytest.raises(DataError, match="recommendations: expected"):
            recall(lists, {"ann": ["tea"]} if isinstance(lists, dict) else [["tea"]])


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
@pytest.mark.parametrize(("name", "bad"), [("rank", ["10", "9"]), ("rank", [1.0, np.nan]), ("score", [np.nan, 1.0])])
def test_ranks_and_scores_that_are_not_finite_numbers_are_refused(library, name, bad):
    frame = library({"user_id": ["ann", "ann"], "item_id": ["tea", "cup"], name: bad})
    with pytest.raises(DataError, match=rf"{name}: "):
        recall(frame, TEST)


def test_lists_without_user_ids_belong_to_the_users_in_order():
    lists = [[3, 1], [0, 2], [1]]
    relevant = [[1], [2, 0], []]
    matrix = sparse.csr_array(np.array([[0, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]))
    expected = ndcg({0: lists[0], 1: lists[1]}, {0: [1], 1: [0, 2]})
    assert ndcg(lists, relevant) == ndcg(lists, matrix) == ndcg(tuple(lists), [np.array([1]), {2, 0}, ()]) == expected
    assert ndcg(np.array([[3, 1], [0, 2]]), Interactions.from_matrix(matrix)) == expected


def test_different_numbers_of_lists_and_collections_are_refused():
    with pytest.raises(DataError, match="2 collections of relevant items for 1 lists"):
        recall([["a"]], [["a"], ["b"]])


@pytest.mark.parametrize("lists", [["ab", "cd"], [1, 2]])
def test_a_flat_list_is_refused(lists):
    with pytest.raises(DataError, match="one list of item ids for each user"):
        recall(lists, [["ab"], ["cd"]])


def test_two_lists_of_one_user_are_refused():
    with pytest.raises(DataError, match=r"users: 1 id.s. are duplicated: 'ann'"):
        recall(Recommendations(users=["ann", "ann"], items=[["a"], ["b"]]), {"ann": ["a"]})


@pytest.mark.parametrize("metric", [recall, evaluate, coverage])
def test_the_error_about_a_recommender_says_to_call_recommend(metric):
    with pytest.raises(TypeError, match=r"got the recommender Popularity: call its recommend\(\) first"):
        metric(Popularity(), TEST)


def test_a_frame_can_have_a_column_named_recommend():
    frame = FORMS_OF_LISTS["pandas, in order"].assign(recommend=True)
    assert recall(frame, TEST) == recall(LISTS, TEST)


def test_values_that_are_not_finite_are_refused():
    with pytest.raises(DataError, match=r"test: 1 value.* not in finite numbers: nan"):
        recall([["a"]], [{"a": np.nan}])


def test_user_ids_of_different_types_raise_a_warning():
    with pytest.warns(UserWarning, match="none of the 1 users with test items has a list"):
        assert recall({"1": ["a"]}, {1: ["a"]}) == 0


@pytest.mark.parametrize(("item", "other"), [(5, "5"), ("5", 5), (b"5", "5")])
def test_item_ids_of_different_types_raise_a_warning(item, other):
    forms = f"the lists contain {item!r}, and the test items {other!r}; {item!r} and {other!r} look like the same id"
    with pytest.warns(UserWarning, match=f"none of the 1 test items is in a list: {forms} in two forms"):
        assert recall({1: [item]}, {1: [other]}) == 0


@pytest.mark.parametrize(
    ("call", "count"),
    [
        (lambda: recall({"1": [5]}, {1: ["5"]}), 2),
        (lambda: evaluate({"1": [5]}, {1: ["5"]}), 2),
        (lambda: revenue_at_k({"1": [5]}, {1: ["5"]}, prices={}), 2),
        (lambda: evaluate({1: [5]}, AT_TIME, train=AT_TIME), 1),
        (lambda: evaluate({1: [5]}, AT_TIME, train=replace(AT_TIME, timestamps=np.array([8]))), 2),
        (lambda: evaluate({1: [5]}, AT_TIME, train=replace(AT_TIME, timestamps=np.array(["2024-01-01"], "M8[D]"))), 2),
        (lambda: conversion_rate([1], ["1"]), 1),
        (lambda: compare(*[evaluate([[1]] * 2, [[1]] * 2)] * 2, n_resamples=1), 1),
    ],
)
def test_warnings_point_to_the_line_of_the_call(call, count):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    assert [warning.filename for warning in caught] == [__file__] * count


def test_lists_that_are_all_empty_score_0():
    nothing = Recommendations(users=[1, 2], items=np.zeros((2, 3), dtype=np.int64), counts=[0, 0])
    assert evaluate(nothing, {1: [0], 2: [0]}, METRICS).means == dict.fromkeys(METRICS, 0.0)
    assert evaluate([[], []], [[0], [0]], METRICS).means == dict.fromkeys(METRICS, 0.0)


def test_integer_ids_of_every_width_are_found():
    test = {1: [5], 2: [7]}
    for dtype in (np.int8, np.int32, np.uint16, np.int64):
        lists = Recommendations(users=np.array([1, 2], dtype=dtype), items=np.array([[5], [7]], dtype=dtype))
        assert recall(lists, test) == 1
    assert recall({1: [2**40], 2: [-3]}, {1: [2**40], 2: [-3]}) == 1


def test_ids_of_mixed_types_are_found():
    lists = {("a", 1): [1, "1", (2, 3)], 7: ["x", None.__class__]}
    assert recall(lists, {("a", 1): ["1", (2, 3), 4], 7: ["x"]}) == pytest.approx((2 / 3 + 1) / 2)


def test_non_contiguous_and_read_only_arrays_have_the_same_metrics():
    items = np.arange(24).reshape(4, 6)
    relevant = [[4, 0], [6], [13, 16], [1]]
    expected = ndcg(items[:, ::2].copy(), relevant)
    items.flags.writeable = False
    assert ndcg(items[:, ::2], relevant) == ndcg(np.asfortranarray(items[:, ::2]), relevant) == expected


@given(st.lists(st.sampled_from(["a", "b", "ab", "ba", 1, "1", 2.5]), max_size=12), st.booleans())
def test_shared_objects_are_factorized_like_their_values(ids, copied):
    # "".join creates a new string each time, so equal ids are different objects.
    own = ["".join(list(key)) if copied and isinstance(key, str) else key for key in ids]
    array = np.empty(len(own), dtype=object)
    array[:] = own
    index, codes = factorize_objects(array, "ids")
    expected_index, expected = IdIndex.factorize(ids)
    assert index.take(codes).tolist() == ids == expected_index.take(expected).tolist()
    assert len(index) == len(expected_index)


def test_a_view_of_objects_is_factorized_like_its_values():
    array = np.array([["a", "b"], ["c", "a"]], dtype=object)
    index, codes = factorize_objects(array[:, 0], "ids")
    assert index.take(codes).tolist() == ["a", "c"]
