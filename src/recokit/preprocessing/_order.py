"""The order of the rows of a log: by time, then user, item, kind of event and the other columns."""

from collections.abc import Iterator, Sequence

import numpy as np

from recokit._typing import AnyArray, BoolArray, CodeArray, IntArray
from recokit.data.rows import read_only
from recokit.kernels.rows import order_by, row_starts

__all__ = ["row_order"]

_DIGIT_BITS = 16


def row_order(
    times: AnyArray | None, codes: Sequence[CodeArray], n_codes: Sequence[int], others: Sequence[AnyArray | None]
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
    ticks = None if times is None else _ticks(times)
    keys = [key for key in (ticks, *codes) if key is not None]
    tied = _ties(keys)
    rest = [other for other in others if other is not None]
    if tied is not None and not np.any(tied):
        return None
    order = np.arange(len(codes[0])) if tied is not None else _sorted_positions(ticks, codes, n_codes)
    if not rest:
        return None if tied is not None else order
    if tied is None:
        tied = _ties([key[order] for key in keys])
    changed = _sort_ties(order, tied, rest) if tied is not None else False
    return order if changed or keys_unsorted(order) else None


def keys_unsorted(order: IntArray) -> bool:
    """Return whether positions differ from 0, 1, …."""
    return bool(np.any(np.diff(order) != 1))


def _ticks(times: AnyArray) -> IntArray:
    """Return times as whole numbers from 0, with missing times last."""
    numbers: IntArray = times.astype(np.int64)
    if times.dtype.kind == "M":
        missing = np.isnat(times)
        if np.any(missing):
            present = numbers[~missing]
            numbers = np.where(missing, present.max(initial=0) + 1, numbers)
    return numbers - numbers.min() if len(numbers) else numbers


def _ties(keys: Sequence[AnyArray]) -> BoolArray | None:
    """Return whether each row equals the row before it in all keys; None if the rows are not sorted by the keys."""
    equal = np.ones(max(len(keys[0]) - 1, 0), dtype=np.bool_)
    for key in keys:
        before, after = key[:-1], key[1:]
        if np.any(equal & (after < before)):
            return None
        equal &= after == before
    return np.append(False, equal) if len(keys[0]) else equal


def _sorted_positions(ticks: IntArray | None, codes: Sequence[CodeArray], n_codes: Sequence[int]) -> IntArray:
    """Sort by all keys with one counting sort for each key or digit, from the last to the first."""
    order = np.arange(len(codes[0]))
    for digits, n_digits in _digits(ticks, codes, n_codes):
        order = order_by(digits, row_starts(read_only(digits), n_digits), order)
    return order


def _digits(
    ticks: IntArray | None, codes: Sequence[CodeArray], n_codes: Sequence[int]
) -> Iterator[tuple[CodeArray, int]]:
    for code, size in zip(reversed(codes), reversed(n_codes), strict=True):
        if size > 1 or np.any(code < 0):
            yield code.astype(np.int32) + np.int32(1), size + 1
    if ticks is None or len(ticks) == 0:
        return
    step = int(np.gcd.reduce(ticks)) or 1  # seconds stored as microseconds need fewer digits
    ticks = ticks // step
    highest = int(ticks.max())
    for shift in range(0, max(highest.bit_length(), 1), _DIGIT_BITS):
        yield ((ticks >> shift) & ((1 << _DIGIT_BITS) - 1)).astype(np.int32), 1 << _DIGIT_BITS


def _sort_ties(order: IntArray, tied: BoolArray, others: Sequence[AnyArray]) -> bool:
    """Sort the rows that are equal in all keys by the other columns, in place; return whether a row moved."""
    in_group = tied.copy()
    in_group[:-1] |= tied[1:]
    places = np.flatnonzero(in_group)
    if len(places) == 0:
        return False
    groups = np.cumsum(~tied[places])
    rows = order[places]
    by = np.lexsort((*(column[rows] for column in reversed(others)), groups))
    moved = bool(np.any(np.diff(by) != 1))
    order[places] = rows[by]
    return moved
