"""Coordinates to compressed rows by counting sort, and the merging of repeated cells."""

import numpy as np
from numba import njit

from recokit.kernels._typing import AnyArray, CodeArray, FloatArray, IntArray

__all__ = ["LAST", "MAX", "MEAN", "SUM", "merge_repeated", "order_by", "row_starts", "transpose"]

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
def transpose(
    indptr: IntArray, column_codes: CodeArray, values: AnyArray, n_columns: int
) -> tuple[IntArray, CodeArray, AnyArray]:
    """Turn compressed rows into compressed columns, rows ascending in each."""
    starts = row_starts(column_codes, n_columns)
    free = starts[:-1].copy()
    row_codes = np.empty(len(column_codes), dtype=np.int32)
    transposed = np.empty_like(values)
    for row in range(len(indptr) - 1):
        for k in range(indptr[row], indptr[row + 1]):
            place = free[column_codes[k]]
            row_codes[place] = row
            transposed[place] = values[k]
            free[column_codes[k]] += 1
    return starts, row_codes, transposed


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
