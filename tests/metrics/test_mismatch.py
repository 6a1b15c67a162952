"""Warnings about ids that never match, lists that are shorter than the cut-off, and padding."""

import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given as sampled
from hypothesis import strategies as st

from recokit import Interactions, ItemKNN, Recommendations, evaluate
from recokit.data._events import find_twins
from recokit.data.id_index import IdIndex
from recokit.experiments import conversion_rate
from recokit.metrics import coverage, ndcg, novelty, personalization, recall, serendipity

TRAIN = Interactions.from_arrays([1, 1, 2, 2, 3], ["11", "12", "11", "13", "12"])


def messages_of(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [str(warning.message) for warning in caught]


def test_test_items_that_became_floats_raise_a_warning_with_ids_of_both_sides():
    lists = ItemKNN(n_threads=1).fit(TRAIN).recommend(n=2)
    log = pd.DataFrame({"user_id": [1, 2, 3], "item_id": [13.0, 12.0, None]})
    test = log.dropna().assign(item_id=lambda frame: frame["item_id"].astype(str))
    (message,) = messages_of(lambda: evaluate(lists, test, ["recall@2"], train=TRAIN))
    assert message.startswith("none of the 2 test items is in a list or in the training data: the lists contain '11', ")
    assert "and the test items '12.0', '13.0'; '12' and '12.0' look like the same id in two forms" in message
    (without_train,) = messages_of(lambda: evaluate(lists, test, ["recall@2"]))
    assert without_train.startswith("none of the 2 test items is in a list: ")
    assert messages_of(lambda: evaluate(lists, test.assign(item_id=["13", "12"]), ["recall@2"], train=TRAIN)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("12", "12.0"), ("007", "7"), ("A ", "A"), (7, "007"), ("tea", "Tea"), (12, "12.0"), (b"a", "a"), ("-3", -3),
     (Decimal("4"), "4.0"), ("0", 0), ("\uff11", 1)],
)  # fmt: skip
def test_ids_in_two_forms_raise_a_warning_for_users_and_for_items(one, other):
    (items,) = messages_of(lambda: recall({"ann": [one]}, {"ann": [other]}))
    assert f"{one!r} and {other!r} look like the same id in two forms" in items
    (users,) = messages_of(lambda: recall({one: ["tea"]}, {other: ["tea"]}))
    assert users.startswith("none of the 1 users with test items has a list: the lists contain ")
    assert f"{one!r} and {other!r} look like the same id in two forms" in users
    (buyers,) = messages_of(lambda: conversion_rate([one], [other]))
    assert f"{one!r} and {other!r} look like the same id" in buyers


@pytest.mark.parametrize(("one", "other"), [("1", "10"), ("1.5", "15"), (1.5, "1.50"), ("a", "b"), ("3", "-3")])
def test_different_ids_are_not_forms_of_the_same_id(one, other):
    assert find_twins(IdIndex([one]), IdIndex([other])) is None


@sampled(st.integers(-(10**20), 10**20), st.integers(0, 3), st.integers(0, 3))
def test_an_integer_is_found_with_leading_zeros_decimals_and_spaces(key, n_zeros, n_decimals):
    sign, digits = "-" * (key < 0), str(abs(key))
    text = f" {sign}{'0' * n_zeros}{digits}{'.' * (n_decimals > 0)}{'0' * n_decimals} "
    assert find_twins(IdIndex([key]), IdIndex([text])) == (key, text)


def test_lists_and_a_test_set_without_a_common_id_raise_a_warning():
    (items,) = messages_of(lambda: recall({1: [5]}, {1: [6]}))
    assert items == (
        "none of the 1 test items is in a list: the lists contain 5, and the test items 6; check that both sides use "
        "the same ids"
    )
    (types,) = messages_of(lambda: recall({1: [5]}, {1: ["b"]}))
    assert types.endswith("the ids are of type int and str, so convert both sides to one type")
    (users,) = messages_of(lambda: recall({1: [5]}, {2: [5]}))
    assert users.startswith("none of the 1 users with test items has a list: the lists contain 1, and the test users 2")


@pytest.mark.parametrize(
    ("lists", "test"),
    [
        ({1: ["tea", "12"]}, {1: ["tea", "12.0"]}),  # one item in common
        ({1: ["tea"], "2": ["tea"]}, {1: ["tea"], 2: ["tea"]}),  # one user in common
        ({1: []}, {1: ["tea"]}),  # no item is recommended
        ({1: ["cup", "tea"]}, {1: ["tea"]}),  # the item in common is after the cut-off
    ],
)
def test_a_common_id_or_empty_lists_raise_no_warning(lists, test):
    assert messages_of(lambda: evaluate(lists, test, ["recall@1"])) == []


def test_lists_without_a_hit_raise_no_warning_if_the_training_data_confirm_the_ids():
    train = Interactions.from_arrays(["eve", "eve"], ["tea", "cup"])
    assert messages_of(lambda: evaluate({"ann": ["cup"]}, {"ann": ["tea"]}, ["recall@1"], train=train)) == []
    assert len(messages_of(lambda: evaluate({"ann": ["Cup"]}, {"ann": ["tea"]}, ["recall@1"], train=train))) == 1


def test_new_users_and_items_raise_no_warning_but_ids_in_two_forms_do():
    lists, test = {"12": ["tea.0", "7"]}, {"12": ["7"]}
    new = Interactions.from_arrays(["ann"], ["cup"])
    assert messages_of(lambda: evaluate(lists, test, ["recall@2"], train=new)) == []
    other_forms = Interactions.from_arrays([12], [7])
    users, items = messages_of(lambda: evaluate(lists, test, ["recall@2"], train=other_forms))
    assert users.startswith("none of the 1 test users is in the training data: the training data contain 12")
    assert items.startswith("none of the 1 test items is in the training data: the training data contain 7")
    assert len(messages_of(lambda: serendipity(lists, test, other_forms, k=2))) == 2


def test_lists_outside_the_catalogue_or_the_training_data_raise_a_warning():
    train = Interactions.from_arrays(["eve"], ["tea"])
    (catalogue,) = messages_of(lambda: coverage([["Tea"]], ["tea"]))
    assert catalogue.startswith("none of the 1 recommended items is in the catalogue: the lists contain 'Tea', and")
    (training,) = messages_of(lambda: novelty([["Tea"]], train))
    assert training.startswith("none of the 1 recommended items is in the training data")
    given = {"catalogue": ["TEA"]}
    (evaluated,) = messages_of(lambda: evaluate([["tea"]], [["tea"]], ["coverage"], **given))
    assert "'tea' and 'TEA' look like the same id" in evaluated
    assert messages_of(lambda: coverage([["tea", "cup"]], ["tea"])) == []


SQUARE = [(user, item) for user in range(30) for item in range(30) if (user * item + item // 3) % 5 < 2]


def test_lists_shorter_than_the_cut_off_raise_a_warning():
    train = Interactions.from_arrays(*zip(*SQUARE, strict=True))
    model, test = ItemKNN(n_threads=1).fit(train), {user: [0, 4, 9] for user in range(30)}
    lists = model.recommend(n=5)
    expected = (
        "the lists contain at most 5 item(s), fewer than the cut-off(s) 6, 8, and empty places count as misses; make "
        "lists of 8 items, such as with recommend(n=8), or use cut-offs of at most 5"
    )
    metrics = ["ndcg@8", "mrr@6", "recall@5", "recall"]
    for given in (lists, lists.items, lists.to_frame(), dict(zip(lists.users, lists.items, strict=True))):
        assert messages_of(lambda given=given: evaluate(given, test, metrics)) == [expected]
        assert len(messages_of(lambda given=given: ndcg(given, test, k=8))) == 1
        assert len(messages_of(lambda given=given: coverage(given, range(30), k=8))) == 1
    assert messages_of(lambda: evaluate(lists, test, ["ndcg@5", "recall"])) == []
    assert messages_of(lambda: evaluate(model.recommend(n=8), test, metrics)) == []


def test_short_lists_of_a_small_catalogue_raise_no_warning():
    train = Interactions.from_arrays([1, 1, 2, 2, 3], [10, 20, 10, 30, 20])
    lists, test = ItemKNN(n_threads=1).fit(train).recommend(n=10), {1: [30], 2: [20], 3: [10, 30]}
    for given in (lists, lists.to_frame(), {user: [item for item, _ in row] for user, row in lists}):
        assert messages_of(lambda given=given: evaluate(given, test, ["ndcg@10"])) == []
        assert messages_of(lambda given=given: evaluate(given, test, ["ndcg@10"], train=train)) == []
        assert messages_of(lambda given=given: evaluate(given, test, ["ndcg@10"], catalogue=[10, 20])) == []
        assert len(messages_of(lambda given=given: evaluate(given, test, ["ndcg@9"], catalogue=range(10, 40)))) == 1


def test_some_long_lists_or_only_empty_lists_raise_no_warning():
    assert messages_of(lambda: recall({1: [1, 2, 3], 2: [4]}, {1: [1], 2: [5]}, k=3)) == []
    assert messages_of(lambda: recall({1: [], 2: []}, {1: [1], 2: [5]}, k=3)) == []


METRICS = ["precision@3", "ndcg", "map@4", "coverage@4", "personalization", "novelty@4", "auc@4"]


@pytest.mark.filterwarnings("ignore:the lists contain", "ignore:none of the")
@sampled(st.lists(st.lists(st.integers(0, 8), max_size=4, unique=True), min_size=2, max_size=6), st.booleans())
def test_exported_arrays_with_padding_have_the_metrics_of_the_recommendations(rows, is_text):
    rows = [*rows, [1, 2, 3, 4], [5, 2]]
    ids = [[f"i{item}" for item in row] if is_text else row for row in rows]
    padding = "" if is_text else 0
    lists = Recommendations(
        list(range(len(ids))),
        [[*row, padding, padding, padding, padding][:4] for row in ids],
        counts=[len(row) for row in ids],
    )
    test = Interactions.from_arrays(range(len(ids)), ["i1" if is_text else 1] * len(ids))
    expected = evaluate(lists, test, METRICS, train=test)
    arrays = lists.items, dict(zip(lists.users, lists.items, strict=True)), lists.items.tolist()
    for exported in arrays:
        assert evaluate(exported, test, METRICS, train=test).means == pytest.approx(expected.means, nan_ok=True)
    users, places = np.repeat(lists.users, 4), np.tile(np.arange(4), len(ids))
    if not is_text:
        frame = pd.DataFrame({"user_id": users, "item_id": lists.items.ravel(), "rank": places})
        assert evaluate(frame, test, METRICS, train=test).means == pytest.approx(expected.means, nan_ok=True)


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
@pytest.mark.parametrize(("ids", "padding"), [([7, 8, 9], -1), (["tea", "cup", "pot"], None)])
def test_rows_of_a_frame_without_item_and_score_are_padding(library, ids, padding):
    items, scores = [*ids[:2], padding, ids[2], padding, padding], [0.5, 0.9, None, 0.3, None, None]
    frame = library({"user_id": [1, 1, 1, 2, 3, 3], "item_id": items, "score": scores})
    expected = evaluate({1: ids[1::-1], 2: ids[2:], 3: []}, {1: ids[:1], 3: ids}, ["mrr", "precision", "recall@1"])
    found = evaluate(frame, {1: ids[:1], 3: ids}, ["mrr", "precision", "recall@1"])
    assert found.means == expected.means
    with pytest.raises(ValueError, match="score: 1 value"):
        recall(library({"user_id": [1, 1], "item_id": ids[:2], "score": [0.5, None]}), {1: ids[:1]})


def test_a_known_item_minus_1_is_not_padding():
    lists = np.array([[3, -1], [4, -1]])
    assert recall(lists, [[-1], [4]]) == 1
    assert coverage(lists, [-1, 3]) == 1
    assert personalization(lists) == 1  # two lists of one item
    assert personalization(np.array([[3, -1], [-1, 4]])) == pytest.approx(0.5)  # −1 before another item is an item
    assert personalization(np.array([[-7, -1], [-8, -1]])) == pytest.approx(0.5)  # negative ids are items here
    lowest = np.iinfo(np.int64).min
    assert personalization(np.array([[-1, lowest], [4, lowest]])) == 1


def test_missing_ids_before_an_item_are_refused():
    for lists in (np.array([["a", None], [None, "b"]], dtype=object), [["a"], [None, "b"]], np.array([[np.nan, 1.0]])):
        with pytest.raises(ValueError, match="missing id"):
            recall(lists, [["a"], ["b"]][: len(lists)])
