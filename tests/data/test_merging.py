"""Inserting few new data into many gives the result of sorting all of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import DataError, Interactions
from recokit.data import Sequences, _merging

POLICIES = ["sum", "mean", "last", "max"]


@st.composite
def events(draw, max_size, ids):
    n = draw(st.integers(1, max_size))
    users, items, values, times = (
        draw(st.lists(st.integers(low, high), min_size=n, max_size=n))
        for low, high in ((0, ids), (0, ids), (1, 9), (0, 6))
    )
    return users, items, values, times


def by_both_ways(monkeypatch, merge):
    results = []
    for many in (0, 10**9):
        monkeypatch.setattr(_merging, "_MANY", many)
        results.append(merge())
    return results


@given(
    known=events(40, 6),
    new=events(12, 9),
    timed=st.booleans(),
    text=st.booleans(),
    merged_by=st.sampled_from(POLICIES),
)
def test_merged_interactions_are_equal_either_way(known, new, timed, text, merged_by):
    def made(users, items, values, times):
        if text:
            users, items = [f"u{user}" for user in users], [f"i{item}" for item in items]
        return Interactions.from_arrays(users, items, values, times if timed else None, duplicates=merged_by)

    first, second = made(*known), made(*new)
    with pytest.MonkeyPatch.context() as monkeypatch:
        inserted, sorted_ = by_both_ways(monkeypatch, lambda: first.merge(second, duplicates=merged_by))
    assert inserted.equals(sorted_)
    assert inserted.n_merged == sorted_.n_merged
    assert inserted.item_codes.dtype == sorted_.item_codes.dtype
    assert not inserted.values.flags.writeable


@given(known=events(40, 6), new=events(12, 9), timed=st.booleans())
def test_merged_sequences_are_equal_either_way(known, new, timed):
    def made(users, items, values, times):
        return Sequences.from_arrays(users, items, times if timed else None)

    first, second = made(*known), made(*new)
    with pytest.MonkeyPatch.context() as monkeypatch:
        inserted, sorted_ = by_both_ways(monkeypatch, lambda: first.merge(second))
    assert list(inserted) == list(sorted_)
    assert (inserted.users, inserted.items) == (sorted_.users, sorted_.items)
    if timed:
        np.testing.assert_array_equal(inserted.event_times, sorted_.event_times)


def test_few_new_cells_are_inserted_and_not_sorted(monkeypatch):
    known = Interactions.from_arrays(np.arange(100) % 10, np.arange(100) // 10)
    new = Interactions.from_arrays([3], [99])
    monkeypatch.setattr(_merging, "sort_cells", None)
    assert known.merge(new).n_interactions == 101


def test_ids_that_change_the_order_of_the_known_ids_are_sorted():
    known = Interactions.from_arrays([1, 2, 10] * 5, np.repeat(np.arange(5), 3))
    merged = known.merge(Interactions.from_arrays(["x"], [3]))
    assert merged.n_interactions == 16
    assert merged.equals(Interactions.from_arrays([1, 2, 10] * 5 + ["x"], [*np.repeat(np.arange(5), 3), 3]))


def test_a_repeated_pair_is_refused_and_an_unknown_policy_named():
    known, new = Interactions.from_arrays(np.arange(20), np.arange(20)), Interactions.from_arrays([7], [7])
    with pytest.raises(DataError, match=r"1 interaction\(s\) repeat a \(user, item\) pair: \(7, 7\)"):
        known.merge(new)
    with pytest.raises(ValueError, match="duplicates='first': expected one of error, sum, mean, last, max"):
        known.merge(new, duplicates="first")


@given(known=events(30, 4), new=events(10, 4))
def test_places_follow_all_events_of_the_row_at_the_same_time_or_before(known, new):
    users, times = np.array(known[0]), np.array(known[3])
    order = np.lexsort((times, users))
    users, times = users[order], times[order]
    indptr = np.searchsorted(users, np.arange(6))
    rows, moments = np.array(new[0]), np.array(new[3])
    expected = [
        np.searchsorted(users, row) + np.sum((users == row) & (times <= moment))
        for row, moment in zip(rows, moments, strict=True)
    ]
    assert _merging.places_in_time_order(indptr, times, rows, moments).tolist() == expected
    assert _merging.places_in_time_order(indptr, None, rows, None).tolist() == indptr[rows + 1].tolist()
