"""Assemble sorted rows of interactions from columns, with duplicate pairs merged."""

from typing import Literal, NamedTuple

import numpy as np

from recokit._runtime.small_work import chosen
from recokit._typing import AnyArray, BoolArray, CodeArray, FloatArray, IntArray
from recokit.data.id_index import IdIndex
from recokit.data.rows import read_only
from recokit.exceptions import DataError, first_few
from recokit.kernels import rows as kernel

__all__ = ["ColumnNames", "Duplicates", "SortedCells", "check_policy", "refuse_overflow", "sort_cells"]

Duplicates = Literal["error", "sum", "mean", "last", "max"]

_POLICIES = {"sum": kernel.SUM, "mean": kernel.MEAN, "last": kernel.LAST, "max": kernel.MAX}


class ColumnNames(NamedTuple):
    """Names of the columns in error messages."""

    user: str = "users"
    item: str = "items"
    rating: str = "ratings"
    timestamp: str = "timestamps"


class SortedCells(NamedTuple):
    """Interactions sorted by user and item, one per pair.

    Attributes
    ----------
    indptr : (n_users + 1,) int64 array
    item_codes : (n,) int32 array
    values : (n,) float32 array
    timestamps : (n,) array, optional
    """

    indptr: IntArray
    item_codes: CodeArray
    values: FloatArray
    timestamps: AnyArray | None


def check_policy(duplicates: str) -> None:
    """Raise ValueError if a way to merge duplicate pairs is unknown."""
    if duplicates != "error" and duplicates not in _POLICIES:
        raise ValueError(f"duplicates={duplicates!r}: expected one of error, {', '.join(_POLICIES)}")


def sort_cells(
    users: IdIndex,
    items: IdIndex,
    user_codes: CodeArray,
    item_codes: CodeArray,
    values: FloatArray,
    timestamps: AnyArray | None,
    duplicates: Duplicates,
) -> SortedCells:
    """Sort interactions by user and item, and merge duplicate pairs.

    Parameters
    ----------
    users, items : IdIndex
    user_codes, item_codes, values : (n,) arrays
    timestamps : (n,) array, optional
    duplicates : {"error", "sum", "mean", "last", "max"}
        How to merge duplicate pairs; see `Interactions.from_arrays`.

    Raises
    ------
    DataError
        A pair is duplicated with ``duplicates="error"``, or a sum is too large for float32.
    """
    check_policy(duplicates)
    indptr, order = _row_order(user_codes, item_codes, len(users), len(items), None)
    sorted_items = item_codes[order]
    repeats = _repeats(indptr, sorted_items)
    if not np.any(repeats):
        return SortedCells(indptr, sorted_items, values[order], None if timestamps is None else timestamps[order])
    if duplicates == "error":
        raise _duplicate_pairs(users, items, user_codes[order[repeats]], sorted_items[repeats])
    if timestamps is not None:
        by_time = np.argsort(timestamps, kind="stable")
        indptr, order = _row_order(user_codes, item_codes, len(users), len(items), by_time)
    with np.errstate(over="ignore"):
        indptr, last, merged = chosen(kernel.merge_repeated, len(order))(
            indptr, sorted_items, values[order], _POLICIES[duplicates]
        )
    refuse_overflow(merged)
    times = None if timestamps is None else timestamps[order[last]]
    return SortedCells(indptr, sorted_items[last], merged, times)


def refuse_overflow(merged: FloatArray) -> None:
    """Refuse values of merged pairs that float32 cannot hold; each value alone is finite."""
    n = np.count_nonzero(~np.isfinite(merged))
    if n:
        raise DataError(
            f"the values of {n} (user, item) pair(s) add up to more than 3.4e38, the largest number of float32; divide "
            "the values by a constant"
        )


def _row_order(
    user_codes: CodeArray, item_codes: CodeArray, n_users: int, n_items: int, before: IntArray | None
) -> tuple[IntArray, IntArray]:
    """Return the bounds of the rows, and the positions sorted by user, item and the given order."""
    positions = np.arange(len(user_codes)) if before is None else before
    n = len(positions)
    row_starts, order_by = chosen(kernel.row_starts, n), chosen(kernel.order_by, n)
    user_codes, item_codes = read_only(user_codes), read_only(item_codes)  # so that the kernel has one signature
    positions = order_by(item_codes, row_starts(item_codes, n_items), positions)
    indptr = row_starts(user_codes, n_users)
    return indptr, order_by(user_codes, indptr, positions)


def _repeats(indptr: IntArray, item_codes: CodeArray) -> BoolArray:
    """Return, for each sorted cell, whether it repeats the pair before it."""
    repeats = np.zeros(len(item_codes), dtype=np.bool_)
    repeats[1:] = item_codes[1:] == item_codes[:-1]
    starts = indptr[:-1]
    repeats[starts[starts < len(repeats)]] = False
    return repeats


def _duplicate_pairs(users: IdIndex, items: IdIndex, user_codes: CodeArray, item_codes: CodeArray) -> DataError:
    pairs = zip(users.take(user_codes[:6]).tolist(), items.take(item_codes[:6]).tolist(), strict=True)
    return DataError(
        f"{len(user_codes)} interaction(s) repeat a (user, item) pair: {first_few(pairs)}; "
        "remove them, or merge them with duplicates='sum', 'mean', 'last' or 'max'"
    )
