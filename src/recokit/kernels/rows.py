"""Counting sort for sparse matrices: compressed rows, transposition, and merging of duplicate cells."""

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import AnyArray, CodeArray, FloatArray, IntArray

__all__ = [
    "LAST",
    "MAX",
    "MEAN",
    "SUM",
    "cells_before",
    "count_columns",
    "fill_columns",
    "merge_repeated",
    "order_by",
    "row_starts",
]

SUM, MEAN, LAST, MAX = 0, 1, 2, 3


@njit(nogil=True, cache=True)
def row_starts(codes: CodeArray, n_rows: int) -> IntArray:
    """Return the row boundaries (indptr) of sorted codes: (n_rows + 1,) int64."""
    indptr = np.zeros(n_rows + 1, dtype=np.int64)
    for k in range(len(codes)):
        indptr[codes[k] + 1] += 1
    for row in range(n_rows):
        indptr[row + 1] += indptr[row]
    return indptr


@njit(nogil=True, cache=True)
def order_by(codes: CodeArray, starts: IntArray, before: IntArray) -> IntArray:
    """Sort positions by code with a stable counting sort: equal codes keep their order in ``before``.

    Parameters
    ----------
    codes : (n,) int32 array
        Code of each position.
    starts : (n_codes + 1,) int64 array
        `row_starts` of the codes.
    before : (n,) int64 array
        The positions in their current order.

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
    """Count the cells of each column for each part of the rows: the first pass of a transposition.

    Parameters
    ----------
    start, stop : int
        Range of the parts.
    bounds : (n_parts + 1,) int64 array
        First position of each part in ``row_order``, and the end of the last part.
    row_order : (n_rows,) int64 array
        The rows in their order within the columns of the result.
    first_cells, end_cells, column_codes : (n_rows,) int64, (n_rows,) int64 and (m,) int32 arrays
        The range of the cells of each row, and the column of each cell.
    counts : (n_parts, n_columns) int64 array
        Output: the rows ``start`` to ``stop``.
    """
    for part in range(start, stop):
        part_counts = counts[part]
        part_counts[:] = 0
        for place in range(bounds[part], bounds[part + 1]):
            row = row_order[place]
            for column in column_codes[first_cells[row] : end_cells[row]]:
                part_counts[column] += 1


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
    """Write the cells of each part of the rows to their columns: the second pass of a transposition.

    Parameters
    ----------
    start, stop, bounds, row_order, first_cells, end_cells, column_codes
        See `count_columns`.
    values : (m,) or (0,) array
        The values of the cells; empty to transpose the positions only.
    free : (n_parts, n_columns) int64 array
        The first output position of each part in each column. Work array: advanced to the end of the part's cells.
    places : (n,) integer array
        Output: the position in ``row_order`` of the row of each cell, column by column, ascending within a column.
    transposed : (n,) or (0,) array
        Output: the values in the same order.
    """
    for part in range(start, stop):
        next_cells = free[part]
        for place in range(bounds[part], bounds[part + 1]):
            row = row_order[place]
            for k in range(first_cells[row], end_cells[row]):
                to = next_cells[column_codes[k]]
                next_cells[column_codes[k]] = to + 1
                places[to] = place
                if len(values):
                    transposed[to] = values[k]


@njit(nogil=True, cache=True)
def merge_repeated(
    indptr: IntArray, column_codes: CodeArray, values: FloatArray, policy: int
) -> tuple[IntArray, IntArray, FloatArray]:
    """Merge duplicate cells of sorted rows.

    Parameters
    ----------
    indptr : (n_rows + 1,) int64 array
        Row boundaries.
    column_codes : (n,) int32 array
        Columns, ascending within a row; duplicate cells are in order of time.
    values : (n,) float32 array
        Values.
    policy : int
        ``SUM``, ``MEAN``, ``LAST`` or ``MAX`` of the duplicate values; sums are in float64.

    Returns
    -------
    merged_indptr : (n_rows + 1,) int64 array
    last : (n_merged,) int64 array
        Position of the last duplicate of each merged cell.
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


@njit(nogil=True, cache=True)
def cells_before(column_indptr: IntArray, ranks: AnyArray, rank: int) -> IntArray:
    """Return the number of cells below a rank in each column, by bisection: (n_columns,) int64."""
    counts = np.empty(len(column_indptr) - 1, dtype=np.int64)
    for column in range(len(counts)):
        low, high = column_indptr[column], column_indptr[column + 1]
        while low < high:
            middle = (low + high) // 2
            if ranks[middle] < rank:
                low = middle + 1
            else:
                high = middle
        counts[column] = low - column_indptr[column]
    return counts
