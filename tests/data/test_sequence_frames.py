"""Sequences from logs and to frames."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import DataError
from recokit.data import Sequences
from tests.naive.sequences import from_log, from_orders

USERS, ITEMS, TIMES = st.sampled_from(["ann", "bob", "eve"]), st.sampled_from(["tea", "cup", "pot"]), st.integers(0, 4)
LOGS = st.lists(st.tuples(USERS, ITEMS, TIMES), min_size=1, max_size=15)
ORDERS = st.lists(st.tuples(USERS, ITEMS, TIMES, st.integers(0, 3)), min_size=1, max_size=15)


def table(rows, *names):
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


@given(LOGS)
def test_events_are_in_time_order_and_repeats_are_kept(rows):
    sequences = Sequences.from_frame(table(rows, "user_id", "item_id", "day"), timestamp="day")
    assert dict(sequences) == from_log(rows)
    assert sequences.rows.times.tolist() == [row[2] for row in sorted(rows, key=lambda row: (row[0], row[2]))]


@given(LOGS)
def test_without_times_events_keep_the_order_of_the_rows(rows):
    in_order = [(user, item, 0) for user, item, _ in rows]
    assert dict(Sequences.from_frame(table(rows, "user_id", "item_id", "day"), timestamp=None)) == from_log(in_order)


@given(ORDERS)
def test_the_rows_of_an_order_are_a_basket(rows):
    frame = table(rows, "user_id", "item_id", "day", "order")
    sequences = Sequences.from_frame(frame, timestamp="day", basket="order")
    assert {user: list(sequences.baskets(user)) for user in sequences.users} == from_orders(rows)
    for start, stop in zip(sequences.rows.indptr[:-1], sequences.rows.indptr[1:], strict=True):
        assert np.all(np.diff(sequences.rows.times[start:stop]) >= 0)


@given(ORDERS)
def test_orders_without_times_are_in_the_order_of_their_first_row(rows):
    in_order = [(user, item, 0, order) for user, item, _, order in rows]
    sequences = Sequences.from_arrays(*list(zip(*rows, strict=True))[:2], baskets=[order for *_, order in rows])
    assert {user: list(sequences.baskets(user)) for user in sequences.users} == from_orders(in_order)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_frames_of_all_libraries_are_read_by_the_names_of_their_columns(make):
    frame = make({"who": ["s1", "s1"], "what": ["tea", "cup"], "at": pd.to_datetime(["2024-05-02", "2024-05-01"])})
    sequences = Sequences.from_frame(frame, "who", "what", "at")
    assert dict(sequences) == {"s1": ["cup", "tea"]}
    assert sequences.rows.times.dtype.kind == "M"


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        ({"user_id": [1], "timestamp": [1]}, {}, "no column 'item_id'"),
        ({"user_id": [1], "item_id": [2]}, {}, "no column 'timestamp'"),
        ({"user_id": [1, None], "item_id": [2, 3]}, {"timestamp": None}, "user_id: 1 missing id"),
        ({"user_id": [1], "item_id": [2], "t": [None]}, {"timestamp": "t"}, "t: 1 missing time|t: expected"),
        (
            {"user_id": [1], "item_id": [2], "order": [None]},
            {"timestamp": None, "basket": "order"},
            "order: 1 missing id",
        ),
        ({"user_id": [], "item_id": []}, {"timestamp": None}, "the columns are empty"),
        ({"user_id": [1], "item_id": [2, 3]}, {"timestamp": None}, "lengths differ"),
        ({"user_id": [1], "item_id": [2], "order": [3, 4]}, {"timestamp": None, "basket": "order"}, "lengths differ"),
    ],
)
def test_the_error_names_the_column(frame, options, message):
    with pytest.raises(DataError, match=message):
        Sequences.from_frame(frame, **options)


@given(ORDERS)
def test_a_frame_of_baskets_gives_the_same_baskets_again(rows):
    sequences = Sequences.from_frame(table(rows, "user_id", "item_id", "day", "order"), timestamp="day", basket="order")
    frame = sequences.to_frame("polars")
    assert frame.columns == ["user_id", "item_id", "basket", "timestamp"]
    again = Sequences.from_frame(frame, timestamp="timestamp", basket="basket")
    assert dict(again) == dict(sequences)
    assert again.basket_bounds.tolist() == sequences.basket_bounds.tolist()
    assert again.basket_indptr.tolist() == sequences.basket_indptr.tolist()


def test_a_frame_of_lists_has_users_and_items_only():
    frame = Sequences.from_lists({"ann": ["tea", "cup"], "bob": []}).to_frame()
    assert frame.to_dict("list") == {"user_id": ["ann", "ann"], "item_id": ["tea", "cup"]}


@given(st.dictionaries(USERS, st.lists(ITEMS, max_size=5), min_size=1).filter(lambda one: any(one.values())), TIMES)
def test_the_last_events_of_each_user_are_kept(lists, n):
    if n == 0:
        with pytest.raises(ValueError, match="n=0"):
            Sequences.from_lists(lists).last(n)
    else:
        assert dict(Sequences.from_lists(lists).last(n)) == {user: items[-n:] for user, items in lists.items()}


def test_the_last_baskets_of_each_user_are_kept():
    sequences = Sequences.from_baskets({"ann": [["tea"], ["cup", "pot"], []], "bob": [["tea"]]}).last(2)
    assert {user: list(sequences.baskets(user)) for user in sequences.users} == {
        "ann": [["cup", "pot"], []],
        "bob": [["tea"]],
    }


def test_sets_are_refused_because_they_have_no_order():
    with pytest.raises(DataError, match="items: expected a sequence, got a set"):
        Sequences.from_arrays(["ann", "bob"], {"tea", "cup"})


@given(LOGS, LOGS)
def test_merged_sequences_are_those_of_both_logs(first, second):
    early, late = (Sequences.from_frame(table(rows, *"uit"), "u", "i", "t") for rows in (first, second))
    assert dict(early.merge(late)) == from_log(first + second)


@given(ORDERS, ORDERS)
def test_merged_baskets_stay_together_in_order_of_their_earliest_event(first, second):
    second = [(user, item, time, order + 10) for user, item, time, order in second]
    early, late = (Sequences.from_frame(table(rows, *"uitb"), "u", "i", "t", basket="b") for rows in (first, second))
    merged = early.merge(late)
    assert {user: list(merged.baskets(user)) for user in merged.users} == from_orders(first + second)
