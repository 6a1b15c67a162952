"""Group the rows of a log by code, and by pair of user and item, in linear time."""

import numpy as np

from recokit._typing import AnyArray, BoolArray, IntArray
from recokit.data.rows import read_only
from recokit.kernels.rows import order_by, row_starts

__all__ = ["first_rows_of_pairs", "group"]


def group(codes: AnyArray, n_codes: int, before: IntArray | None = None) -> tuple[IntArray, IntArray]:
    """Return the positions by code, in their given order within each code, and the bounds of the codes.

    Parameters
    ----------
    codes : (n,) integer array
        Rows of the code −1 are left out.
    n_codes : int
    before : (m,) int64 array, optional
        Positions in their order; all rows by default.

    Examples
    --------
    >>> positions, bounds = group(np.array([1, 0, -1, 1]), 2)
    >>> positions.tolist(), bounds.tolist()
    ([1, 0, 3], [0, 1, 3])
    """
    chosen = codes if before is None else codes[before]
    shifted = chosen.astype(np.int32) + np.int32(1)
    starts = row_starts(read_only(shifted), n_codes + 1)
    order = order_by(shifted, starts, np.arange(len(chosen)))[starts[1] :]
    return order if before is None else before[order], starts[1:] - starts[1]


def first_rows_of_pairs(user_codes: AnyArray, item_codes: AnyArray, n_users: int, n_items: int) -> IntArray:
    """Return, for each row, the first row of the same pair; −1 for rows without a user or an item.

    Examples
    --------
    >>> first_rows_of_pairs(np.array([0, 0, 1, 0]), np.array([2, 1, -1, 2]), 2, 3).tolist()
    [0, 1, -1, 0]
    """
    by_item, _ = group(item_codes, n_items)
    rows, _ = group(user_codes, n_users, by_item)
    first = np.full(len(user_codes), -1, dtype=np.int64)
    if len(rows) == 0:
        return first
    new: BoolArray = np.ones(len(rows), dtype=np.bool_)
    users, items = user_codes[rows], item_codes[rows]
    new[1:] = (users[1:] != users[:-1]) | (items[1:] != items[:-1])
    first[rows] = rows[np.maximum.accumulate(np.where(new, np.arange(len(rows)), 0))]
    return first
