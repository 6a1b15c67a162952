"""Merging few new interactions or events into many sorted ones, without sorting again."""

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from recokit._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.data._building import Duplicates, SortedCells, check_policy, refuse_overflow, sort_cells
from recokit.data._columns import join_times
from recokit.data.id_index import IdIndex
from recokit.data.rows import bounds_from_lengths
from recokit.exceptions import DataError

if TYPE_CHECKING:
    from recokit.data.interactions import Interactions

__all__ = ["insert_cells", "is_small", "merge_cells", "places_in_time_order"]

_MANY = 8  # the new data are few if the known data are this number of times as many


def is_small(n_new: int, n_known: int) -> bool:
    """Return whether inserting new data is faster than sorting all data."""
    return _MANY * n_new <= n_known


def merge_cells(
    first: "Interactions", second: "Interactions", duplicates: Duplicates
) -> tuple[IdIndex, IdIndex, SortedCells]:
    """Return the users, the items and the sorted cells of both; see `recokit.Interactions.merge`.

    Raises
    ------
    DataError
        The timestamps are of different kinds, or both hold the same pair with ``duplicates="error"``.
    """
    parts = first, second
    times = None
    if first.timestamps is not None and second.timestamps is not None:
        if (first.timestamps.dtype.kind == "M") != (second.timestamps.dtype.kind == "M"):
            raise DataError(f"cannot merge timestamps of {second.timestamps.dtype} into {first.timestamps.dtype}")
        times = join_times(first.timestamps, second.timestamps)
    users, items = first.users.union(second.users), first.items.union(second.items)
    maps = [(users.codes(part.users), items.codes(part.items)) for part in parts]
    values = np.concatenate([part.values for part in parts])
    if is_small(second.n_interactions, first.n_interactions):
        rows = [(part.indptr, part.item_codes) for part in parts]
        cells = insert_cells(rows, maps, values, times, (len(users), len(items)), duplicates)
        if cells is not None:
            return users, items, cells
    user_codes = np.concatenate([codes[part.user_codes] for part, (codes, _) in zip(parts, maps, strict=True)])
    item_codes = np.concatenate([codes[part.item_codes] for part, (_, codes) in zip(parts, maps, strict=True)])
    return users, items, sort_cells(users, items, user_codes, item_codes, values, times, duplicates)


def insert_cells(
    rows: Sequence[tuple[IntArray, CodeArray]],
    maps: Sequence[tuple[CodeArray, CodeArray]],
    values: FloatArray,
    timestamps: AnyArray | None,
    shape: tuple[int, int],
    duplicates: Duplicates,
) -> SortedCells | None:
    """Insert sorted cells into sorted cells; equal to sorting all of them.

    Parameters
    ----------
    rows : two pairs of arrays
        Bounds and item codes of the known rows, and of the new ones.
    maps : two pairs of arrays
        Codes in the result of the users and items of each.
    values, timestamps : (n_known + n_new,) arrays
        Of the known cells, followed by those of the new cells. ``timestamps`` may be None.
    shape : (n_users, n_items)
        Of the result.
    duplicates : {"error", "sum", "mean", "last", "max"}
        How to merge a pair of both; the new cell is the later row.

    Returns
    -------
    SortedCells or None
        None if the cells must be sorted: the order of the known ids changes. None too if a pair is in both and
        ``duplicates`` is "error".
    """
    check_policy(duplicates)
    if any(np.any(np.diff(codes) <= 0) for codes in chain.from_iterable(maps)):
        return None
    keys, new_keys = (_keys(*part, *codes, shape[1]) for part, codes in zip(rows, maps, strict=True))
    places = np.searchsorted(keys, new_keys)
    repeats = np.append(keys, -1)[places] == new_keys
    if duplicates == "error" and np.any(repeats):
        return None
    n = len(keys)
    pairs = places[repeats], n + np.flatnonzero(repeats)
    values, times = _merged_pairs(values, timestamps, *pairs, duplicates)
    added = np.flatnonzero(~repeats)
    where = places[added]
    user_codes, item_codes = np.divmod(np.insert(keys, where, new_keys[added]), max(shape[1], 1))
    return SortedCells(
        bounds_from_lengths(np.bincount(user_codes, minlength=shape[0])),
        item_codes.astype(np.int32),
        np.insert(values[:n], where, values[n + added]),
        None if times is None else np.insert(times[:n], where, times[n + added]),
    )


def _keys(indptr: IntArray, item_codes: CodeArray, user_map: CodeArray, item_map: CodeArray, n_items: int) -> IntArray:
    """Return one number for each pair of user and item, in the order of the pairs."""
    keys: IntArray = np.repeat(user_map.astype(np.int64) * n_items, np.diff(indptr))
    keys += item_map[item_codes]
    return keys


def _merged_pairs(
    values: FloatArray, times: AnyArray | None, first: IntArray, second: IntArray, duplicates: Duplicates
) -> tuple[FloatArray, AnyArray | None]:
    """Return values and times in which each first cell holds the merged pair of the first and the second cell."""
    values, mine, theirs = values.copy(), values[first].astype(np.float64), values[second].astype(np.float64)
    is_later = np.ones(len(first), dtype=np.bool_)
    if times is not None:
        is_later = times[second] >= times[first]
        times = times.copy()
        times[first] = np.where(is_later, times[second], times[first])
    if duplicates == "last":
        values[first] = np.where(is_later, theirs, mine)
    elif duplicates == "max":
        values[first] = np.maximum(mine, theirs)
    else:
        with np.errstate(over="ignore"):
            values[first] = (mine + theirs) / (2.0 if duplicates == "mean" else 1.0)
        refuse_overflow(values[first])
    return values, times


def places_in_time_order(
    indptr: IntArray, times: AnyArray | None, row_codes: CodeArray, new_times: AnyArray | None
) -> IntArray:
    """Return the cells before which to insert new events: after all known events of the row at the same time or before.

    Parameters
    ----------
    indptr : (n_rows + 1,) int64 array
        Bounds of the known rows.
    times : (n,) array, optional
        Times of the known events, ascending in each row; without times, new events follow all known ones of the row.
    row_codes : (n_new,) integer array
        Rows of the new events.
    new_times : (n_new,) array, optional

    Examples
    --------
    >>> places_in_time_order(
    ...     np.array([0, 3, 4]),
    ...     np.array([1, 5, 9, 2]),
    ...     np.array([0, 0, 1]),
    ...     np.array([5, 0, 7]),
    ... )
    array([2, 0, 4])
    """
    low, high = indptr[row_codes].copy(), indptr[row_codes + 1].copy()
    if times is None or new_times is None:
        return high
    while np.any(searching := low < high):  # a binary search in the row of each new event
        middle = (low + high) // 2
        is_before = np.zeros(len(low), dtype=np.bool_)
        is_before[searching] = times[middle[searching]] <= new_times[searching]
        low = np.where(searching & is_before, middle + 1, low)
        high = np.where(searching & ~is_before, middle, high)
    return low
