"""Ids of several types: booleans beside numbers, frames that cannot hold them, and requests in another form."""

import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

from recokit import (
    BiasBaseline,
    DataError,
    EventLog,
    IdIndex,
    Interactions,
    ItemKNN,
    Popularity,
    Recommendations,
    RepeatFrequency,
    TransitionKNN,
    evaluate,
)
from recokit.data import Sequences
from recokit.model_selection import as_pairs


@pytest.mark.parametrize(
    "ids",
    [
        [True, 1, 2],
        [1, True, 1],
        [2.5, np.False_, "x"],
        [Decimal(3), True, 3],
        np.array([0, True, 5], dtype=object),
        pd.Series([7, False], dtype=object),
    ],
)
def test_booleans_beside_numbers_are_not_ids(ids):
    other = list(range(len(ids)))
    message = "expected values of one type, got 1 boolean.s. beside numbers, such as .*convert the column"
    for read in (
        lambda: IdIndex.from_ids(ids),
        lambda: Interactions.from_arrays(other, ids),
        lambda: Interactions.from_frame({"user_id": ids, "item_id": other}),
        lambda: EventLog.from_frame({"user_id": ids, "item_id": other}),
        lambda: ItemKNN().fit({"user_id": other, "item_id": ids}),
        lambda: evaluate(Recommendations(users=ids, items=[[1]] * len(ids)), {1: [1]}, ["recall@1"]),
    ):
        with pytest.raises(DataError, match=message):
            read()


@pytest.mark.parametrize("ids", [[True, False, True], [True, "x", False], np.array([True, False])])
def test_booleans_are_ids_without_numbers(ids):
    index, codes = IdIndex.factorize(ids)
    assert index.take(codes).tolist() == list(ids)
    assert index.codes(ids).tolist() == codes.tolist()


@pytest.mark.parametrize("n", [3, 1000])
def test_a_boolean_does_not_find_an_integer(n):
    index = IdIndex(range(n))
    assert index.codes([True, np.True_, "x", 1, 1.0]).tolist() == [-1, -1, -1, 1, 1]
    assert index.codes(np.array([True, False])).tolist() == [-1, -1]
    flags = IdIndex([False, True, "x"])
    assert flags.codes([1, "x", True, 0, np.False_]).tolist() == [-1, 2, 1, -1, 0]
    assert flags.codes(np.array([1, 0])).tolist() == [-1, -1]


@pytest.mark.parametrize("backend", ["polars", "pyarrow"])
@pytest.mark.parametrize(
    ("ids", "shown"),
    [
        (["85123A", 22423, 1], "values of several types, such as .*'85123A'.*"),
        ([(1, "a"), (2, 3), (4, 5)], r"\(.*\)"),
    ],
)
def test_frames_that_cannot_hold_the_ids_are_refused_with_the_remedy(backend, ids, shown):
    pytest.importorskip(backend)
    data = Interactions.from_arrays([1, 2, 3], ids)
    for thing in (data, Popularity().fit(data).recommend(n=3)):
        with pytest.raises(DataError, match=f"item_id: {backend} cannot hold {shown} in one column; use backend="):
            thing.to_frame(backend)
    assert sorted(map(str, data.to_frame()["item_id"])) == sorted(map(str, ids))


TEA = [(1, 10), (1, 20), (2, 10), (2, 30), (3, 20), (3, 30)]
MODEL = ItemKNN(n_threads=1).fit(TEA)
SEQUENCES = TransitionKNN(n_threads=1).fit(
    {"user_id": [1, 1, 2, 2], "item_id": [10, 20, 10, 30], "timestamp": [1, 2, 3, 4]}
)
BASKETS = RepeatFrequency().fit(
    {
        "user_id": [1, 1, 2, 2],
        "item_id": [10, 20, 10, 30],
        "timestamp": pd.to_datetime(["2024-01-01", "2024-01-02"] * 2),
    }
)


@pytest.mark.parametrize(
    ("request_of", "given", "known"),
    [
        (lambda: MODEL.predict([("1", "10"), ("2", "20")]), "'10'", "10"),
        (lambda: MODEL.predict([(1, "10.0"), (2, "20.0")]), "'10.0'", "10"),
        (lambda: MODEL.recommend(["001", "2"], on_unknown="popular"), "'001'", "1"),
        (lambda: MODEL.recommend(b"1", on_unknown="empty"), "b'1'", "1"),
        (lambda: MODEL.recommend_for([[" 10"]], on_unknown="popular"), "' 10'", "10"),
        (lambda: MODEL.recommend_for({"x": {"10": 2.0}}, on_unknown="empty"), "'10'", "10"),
        (lambda: MODEL.recommend_for({"user_id": [1], "item_id": ["10"]}, on_unknown="empty"), "'10'", "10"),
        (lambda: SEQUENCES.recommend_for({"x": ["10", "20"]}, on_unknown="empty"), "'10'", "10"),
        (
            lambda: SEQUENCES.recommend_for(Sequences.from_arrays([1, 1], ["10", "20"], [1, 2]), on_unknown="empty"),
            "'10'",
            "10",
        ),
        (lambda: BASKETS.recommend_for({"x": [["10"], ["20"]]}, on_unknown="empty"), "'10'", "10"),
        (
            lambda: BASKETS.recommend_for(Sequences.from_arrays([1, 1], ["10", "20"], [1, 2]), on_unknown="empty"),
            "'10'",
            "10",
        ),
        (lambda: MODEL.recommend([1], exclude={1: ["10", "30"]}), "'10'", "10"),
        (lambda: clone(MODEL).fit(TEA).forget(["1", "2"], on_unknown="ignore"), "'1'", "1"),
        (lambda: MODEL.interactions_.forget("1", on_unknown="ignore"), "'1'", "1"),
    ],
)
def test_requests_of_which_no_id_is_known_warn_if_one_is_known_in_another_form(request_of, given, known):
    message = rf"none of the \d (user|item|excluded) id\(s\) is known, such as {given}; {known} is known"
    with pytest.warns(UserWarning, match=message):
        request_of()


def test_text_ids_are_found_for_numbers():
    model = ItemKNN(n_threads=1).fit([(str(user), f"{item}.0") for user, item in TEA])
    with pytest.warns(UserWarning, match=r"such as 1; '1' is known"):
        model.recommend([1, 2], on_unknown="empty")
    with pytest.warns(UserWarning, match=r"such as 10; '10.0' is known"):
        model.recommend_for([[10]], on_unknown="empty")


def test_new_ids_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MODEL.predict([(9, 10), ("ann", 10), (1, "cup")])
        MODEL.recommend(["ann", 9], on_unknown="popular")
        MODEL.recommend([1, "1"], on_unknown="popular")
        MODEL.recommend_for([[99], []], on_unknown="popular")


def test_unshuffled_folds_warn_that_no_user_is_known():
    data = Interactions.from_dense(np.arange(1, 201).reshape(50, 4) % 5 + 1)
    with pytest.warns(UserWarning, match=r"none of the users of the 40 pairs is in the training data.*as_pairs"):
        cross_val_score(BiasBaseline(), *data.to_pairs(), cv=5, scoring="neg_root_mean_squared_error")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cross_val_score(BiasBaseline(), *as_pairs(data), cv=5, scoring="neg_root_mean_squared_error")
        BiasBaseline().fit(data).predict([(99, item) for item in range(100)])  # a request for one new user
