"""Ids of several types: booleans beside numbers, frames that cannot hold them, and requests in another form."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from recokit import DataError, EventLog, IdIndex, Interactions, ItemKNN, Popularity, Recommendations, evaluate


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
