"""Coordinates to compressed rows and rows to columns by counting sort, and the merging of repeated cells."""

import numpy as np
from numba import njit

from recokit.kernels._typing import AnyArray, CodeArray, FloatArray, IntArray

__all__ = [
    "LAST",
    "MAX",
    "MEAN",
    "SUM",
    "count_columns",
    "fill_columns",
    "merge_repeated",
    "order_by",
    "row_starts",
]

SUM, MEAN, LAST, MAX = 0, 1, 2, 3


@njit(nogil=True, cache=True)
def row_starts(codes: CodeArray, n_rows: int) -> IntArray:
    """Return where each row begins once the codes are sorted: (n_rows + 1,) int64."""
    indptr = np.zeros(n_rows + 1, dtype=np.int64)
    for k in range(len(codes)):
        indptr[codes[k] + 1] += 1
    for row in range(n_rows):
        indptr[row + 1] += indptr[row]
    return indptr


@njit(nogil=True, cache=True)
def order_by(codes: CodeArray, starts: IntArray, before: IntArray) -> IntArray:
    """Sort positions by code, stably: equal codes keep the order they have in ``before``.

    Parameters
    ----------
    codes : (n,) int32 array
        Code of each position.
    starts : (n_codes + 1,) int64 array
        `row_starts` of the codes.
    before : (n,) int64 array
        The positions in the order they have so far.

    Returns
    -------
    (n,) int64 array
        The positions, sorted.
    """
    free = starts[:-1].copy()
    order = np.empty(len(codes), dtype=np.int64)
    for k in range(len(before)):
        position = before[k]
        order[free[codes[position]]] = position
        free[codes[position]] += 1
    return order


@njit(nogil=True, cache=True)
def count_columns(
    start: int,
    stop: int,
    bounds: IntArray,
    row_order: IntArray,
    first_cells: IntArray,
    end_cells: IntArray,
    column_codes: CodeArray,
    counts: IntArray,
) -> None:
    """Count the cells of each column in some parts of the rows.

    Parameters
    ----------
    start, stop : int
        The parts.
    bounds : (n_parts + 1,) int64 array
        Where each part begins in ``row_order``.
    row_order : (n_rows,) int64 array
        The rows, in the order that they shall have in a column.
    first_cells, end_cells, column_codes : (n_rows,) int64, (n_rows,) int64 and (m,) int32 arrays
        Where the cells of each row begin and end, and the column of each cell.
    counts : (n_parts, n_columns) int64 array
        Its rows ``start`` to ``stop`` are written.
    """
    for part in range(start, stop):
        own = counts[part]
        own[:] = 0
        for place in range(bounds[part], bounds[part + 1]):
            row = row_order[place]
            for column in column_codes[first_cells[row] : end_cells[row]]:
                own[column] += 1


@njit(nogil=True, cache=True)
def fill_columns(
    start: int,
    stop: int,
    bounds: IntArray,
    row_order: IntArray,
    first_cells: IntArray,
    end_cells: IntArray,
    column_codes: CodeArray,
    values: AnyArray,
    free: IntArray,
    places: AnyArray,
    transposed: AnyArray,
) -> None:
    """Write the cells of some parts of the rows to their columns.

    Parameters
    ----------
    start, stop, bounds, row_order, first_cells, end_cells, column_codes
        As those of `count_columns`.
    values : (m,) or (0,) array
        Of the cells; none are written where there are none.
    free : (n_parts, n_columns) int64 array
        Where the cells of each part begin in each column. Changed.
    places : (n,) integer array
        Written: the place in ``row_order`` of each cell's row, column by column, ascending in each.
    transposed : (n,) or (0,) array
        Written: the values in this order.
    """
    for part in range(start, stop):
        own = free[part]
        for place in range(bounds[part], bounds[part + 1]):
            row = row_order[place]
            for k in range(first_cells[row], end_cells[row]):
                to = own[column_codes[k]]
                own[column_codes[k]] = to + 1
                places[to] = place
                if len(values):
                    transposed[to] = values[k]


@njit(nogil=True, cache=True)
def merge_repeated(
    indptr: IntArray, column_codes: CodeArray, values: FloatArray, policy: int
) -> tuple[IntArray, IntArray, FloatArray]:
    """Merge the repeated cells of sorted rows.

    Parameters
    ----------
    indptr : (n_rows + 1,) int64 array
        Row boundaries.
    column_codes : (n,) int32 array
        Columns, sorted within a row; cells that repeat stand in order of time.
    values : (n,) float32 array
        Values.
    policy : int
        ``SUM``, ``MEAN``, ``LAST`` or ``MAX`` of the repeated values.

    Returns
    -------
    merged_indptr : (n_rows + 1,) int64 array
    last : (n_merged,) int64 array
        Position of the last cell that went into each merged one.
    merged : (n_merged,) float32 array
    """
    merged_indptr = np.zeros(len(indptr), dtype=np.int64)
    last = np.empty(len(values), dtype=np.int64)
    merged = np.empty(len(values), dtype=np.float32)
    n_merged = 0
    for row in range(len(indptr) - 1):
        k = indptr[row]
        while k < indptr[row + 1]:
            total, highest, first = np.float64(0.0), values[k], k
            while k < indptr[row + 1] and column_codes[k] == column_codes[first]:
                total += values[k]
                highest = max(highest, values[k])
                k += 1
            if policy == SUM:
                merged[n_merged] = total
            elif policy == MEAN:
                merged[n_merged] = total / (k - first)
            elif policy == MAX:
                merged[n_merged] = highest
            else:
                merged[n_merged] = values[k - 1]
            last[n_merged] = k - 1
            n_merged += 1
        merged_indptr[row + 1] = n_merged
    return merged_indptr, last[:n_merged].copy(), merged[:n_merged].copy()
