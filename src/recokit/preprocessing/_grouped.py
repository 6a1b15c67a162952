"""Order, sums, distinct pairs and quantiles of rows by group, in linear time."""

import numpy as np

from recokit._typing import AnyArray, BoolArray, FloatArray, IntArray
from recokit.data.rows import read_only
from recokit.kernels.rows import order_by, row_starts

__all__ = [
    "dense_ranks",
    "distinct_pairs",
    "first_rows_of_pairs",
    "group",
    "mean_of",
    "quantiles_within",
    "ratio",
    "stable_order",
    "sums",
]


def stable_order(codes: AnyArray, n_codes: int, before: IntArray | None = None) -> IntArray:
    """Return the positions sorted by code; positions with equal codes keep their order.

    Parameters
    ----------
    codes : (n,) integer array
        0 … n_codes − 1.
    n_codes : int
    before : (m,) int64 array, optional
        The positions to sort, in their present order; by default all.
    """
    own = np.array(codes, dtype=np.int32)
    if before is None:
        return order_by(own, row_starts(read_only(own), n_codes), np.arange(len(own)))
    return order_by(own, row_starts(read_only(own[before]), n_codes), before)[: len(before)]


def distinct_pairs(first: AnyArray, second: AnyArray, n_first: int, n_second: int) -> tuple[BoolArray, IntArray]:
    """Return which rows hold a pair of codes for the first time, and the number of the pair of each row.

    Parameters
    ----------
    first, second : (n,) integer arrays
        Codes 0 … n_first − 1 and 0 … n_second − 1.

    Returns
    -------
    is_first : (n,) bool array
    pair_codes : (n,) int64 array
        Numbers 0 … of the distinct pairs, sorted by the first and then by the second code.

    Examples
    --------
    >>> is_first, pairs = distinct_pairs(np.array([1, 0, 1]), np.array([2, 2, 2]), 2, 3)
    >>> is_first.tolist(), pairs.tolist()
    ([True, True, False], [1, 0, 1])
    """
    order = stable_order(first, n_first, stable_order(second, n_second))
    starts = np.ones(len(order), dtype=np.bool_)
    for codes in (first, second):
        ordered = codes[order]
        starts[1:] &= ordered[1:] == ordered[:-1]
    starts[1:] = ~starts[1:]
    is_first, pair_codes = np.zeros(len(order), dtype=np.bool_), np.empty(len(order), dtype=np.int64)
    is_first[order[starts]] = True
    pair_codes[order] = np.cumsum(starts) - 1
    return is_first, pair_codes


def dense_ranks(values: AnyArray) -> tuple[AnyArray, int]:
    """Return the ranks 0, 1, … of ascending values, and their number.

    Examples
    --------
    >>> dense_ranks(np.array([5, 5, 9]))
    (array([0, 0, 1]), 2)
    """
    steps = np.zeros(len(values), dtype=np.int64)
    steps[1:] = values[1:] != values[:-1]
    ranks = np.cumsum(steps)
    return ranks, int(ranks[-1]) + 1 if len(ranks) else 0


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


def sums(codes: AnyArray, values: AnyArray, n_codes: int) -> FloatArray:
    """Return the sum of the values of each code: (n_codes,) float64."""
    totals: FloatArray = np.bincount(codes, values, minlength=n_codes).astype(np.float64)
    return totals


def ratio(numerators: AnyArray, denominators: AnyArray) -> FloatArray:
    """Return quotients, NaN where the denominator is 0."""
    empty = np.full(np.shape(numerators), np.nan)
    quotients: FloatArray = np.divide(numerators, denominators, out=empty, where=np.asarray(denominators) != 0)
    return quotients


def mean_of(codes: AnyArray, values: AnyArray, n_codes: int) -> FloatArray:
    """Return the mean of the defined values of each code, NaN without any: (n_codes,) float64."""
    defined = ~np.isnan(values)
    if not np.all(defined):
        codes, values = codes[defined], values[defined]
    return ratio(sums(codes, values, n_codes), np.bincount(codes, minlength=n_codes))


def quantiles_within(values: FloatArray, groups: AnyArray, n_groups: int) -> FloatArray:
    """Return the quantile of each value within its group: (number of smaller + half the number of equal values) / n.

    Parameters
    ----------
    values : (n,) float64 array
        NaN has no quantile.
    groups : (n,) integer array
        0 … n_groups − 1.
    n_groups : int

    Returns
    -------
    (n,) float64 array
        Between 0 and 1; NaN for NaN.

    Examples
    --------
    >>> quantiles_within(np.array([1.0, 3.0, 3.0, 9.0]), np.array([0, 0, 0, 1]), 2).round(
    ...     2
    ... ).tolist()
    [0.17, 0.67, 0.67, 0.5]
    """
    defined = np.flatnonzero(~np.isnan(values))
    order = defined[np.argsort(values[defined], kind="stable")]
    order = stable_order(groups, n_groups, order)
    own_groups, own_values = groups[order], values[order]
    starts = np.ones(len(order), dtype=np.bool_)
    starts[1:] = (own_groups[1:] != own_groups[:-1]) | (own_values[1:] != own_values[:-1])
    bounds = np.append(np.flatnonzero(starts), len(order))
    run = np.cumsum(starts) - 1
    sizes = np.bincount(own_groups, minlength=n_groups)
    first_of_group = np.cumsum(sizes) - sizes
    middle = (bounds[:-1] + bounds[1:])[run] / 2 - first_of_group[own_groups]
    quantiles = np.full(len(values), np.nan)
    quantiles[order] = middle / sizes[own_groups]
    return quantiles
