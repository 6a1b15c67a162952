"""The order of the rows of a log: by time, then user, item, kind of event and the other columns."""

from collections.abc import Iterator, Sequence

import numpy as np

from recokit._typing import AnyArray, BoolArray, CodeArray, IntArray
from recokit.data.rows import read_only
from recokit.kernels.rows import order_by, row_starts

__all__ = ["row_order"]

_DIGIT_BITS = 16


def row_order(
    times: AnyArray | None, codes: Sequence[AnyArray], n_codes: Sequence[int], others: Sequence[AnyArray | None]
) -> IntArray | None:
    """Return the positions that sort the rows; None if they are sorted.

    Parameters
    ----------
    times : (n,) datetime64[us] or int64 array, optional
        First key. Missing times come last.
    codes : sequence of (n,) integer arrays
        Next keys, from −1.
    n_codes : sequence of int
        Number of codes of each.
    others : sequence of (n,) arrays or None
        Last keys: codes or numbers, NaN last.

    Returns
    -------
    (n,) int64 array, or None
    """
    order = np.arange(len(codes[0]))
    if len(order) == 0:
        return None
    if times is None:
        tied = np.ones(len(order), dtype=np.bool_)
        tied[0] = False
    else:
        ticks = _ticks(times)
        if np.any(ticks[1:] < ticks[:-1]):
            order = np.argsort(ticks)
            ticks = ticks[order]
        tied = np.append(False, ticks[1:] == ticks[:-1])
    places, groups = _groups(tied)
    if len(places):
        rows = order[places]
        keys = [code[rows] for code in codes]
        by = _counting_sort(groups, keys, n_codes)
        order[places] = rows = rows[by]
        tied = _ties([groups, *(key[by] for key in keys)])
        _sort_ties(order, places, tied, [other for other in others if other is not None])
    return None if bool(np.all(order[1:] > order[:-1])) else order


def _ticks(times: AnyArray) -> IntArray:
    """Return times as integers, with missing times last."""
    ticks: IntArray = times.view(np.int64)
    if times.dtype.kind != "M":
        return ticks
    missing = ticks == np.iinfo(np.int64).min  # NaT
    return np.where(missing, np.iinfo(np.int64).max, ticks) if np.any(missing) else ticks


def _groups(tied: BoolArray) -> tuple[IntArray, IntArray]:
    """Return the places of rows that are tied with a neighbour, and the number of the group of each, from 0."""
    in_group = tied.copy()
    in_group[:-1] |= tied[1:]
    places = np.flatnonzero(in_group)
    return places, np.cumsum(~tied[places]) - 1


def _ties(keys: Sequence[AnyArray]) -> BoolArray:
    """Return whether each row equals the row before it in all keys."""
    equal = np.ones(len(keys[0]), dtype=np.bool_)
    equal[0] = False
    for key in keys:
        equal[1:] &= key[1:] == key[:-1]
    return equal


def _counting_sort(groups: IntArray, codes: Sequence[CodeArray], n_codes: Sequence[int]) -> IntArray:
    """Sort by group and codes, with one counting sort for each key or digit, from the last to the first."""
    order = np.arange(len(groups))
    for digits, n_digits in _digits(groups, codes, n_codes):
        order = order_by(digits, row_starts(read_only(digits), n_digits), order)
    return order


def _digits(groups: IntArray, codes: Sequence[CodeArray], n_codes: Sequence[int]) -> Iterator[tuple[CodeArray, int]]:
    for code, size in zip(reversed(codes), reversed(n_codes), strict=True):
        if size > 1 or np.any(code < 0):
            yield code.astype(np.int32) + np.int32(1), size + 1
    for shift in range(0, int(groups[-1]).bit_length(), _DIGIT_BITS):
        yield ((groups >> shift) & ((1 << _DIGIT_BITS) - 1)).astype(np.int32), 1 << _DIGIT_BITS


def _sort_ties(order: IntArray, places: IntArray, tied: BoolArray, others: Sequence[AnyArray]) -> None:
    """Sort rows that are equal in all keys by the other columns, in place."""
    again, groups = _groups(tied)
    if len(again) == 0 or not others:
        return
    rows = order[places[again]]
    order[places[again]] = rows[np.lexsort((*(column[rows] for column in reversed(others)), groups))]
