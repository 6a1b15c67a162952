"""The rows of a sparse matrix by rank, from the longest to the shortest."""

import numpy as np
from numba import njit

from recokit.kernels._typing import AnyArray, CodeArray, FloatArray, IntArray

__all__ = ["cells_before", "columns_by_rank", "values_by_rank"]


@njit(nogil=True, cache=True)
def columns_by_rank(
    row_of_rank: IntArray, indptr: IntArray, column_codes: CodeArray, column_indptr: IntArray, ranks: AnyArray
) -> None:
    """Write the ranks of the rows of each column, in order.

    Parameters
    ----------
    row_of_rank : (n_rows,) int64 array
    indptr, column_codes : (n_rows + 1,) int64 and (n,) int32 arrays
        The matrix, compressed by row.
    column_indptr : (n_columns + 1,) int64 array
        Where the cells of each column begin.
    ranks : (n,) unsigned array
        Written: the matrix, compressed by column.
    """
    ends = column_indptr[:-1].copy()
    for rank in range(len(row_of_rank)):
        row = row_of_rank[rank]
        for column in column_codes[indptr[row] : indptr[row + 1]]:
            ranks[ends[column]] = rank
            ends[column] += 1


@njit(nogil=True, cache=True)
def values_by_rank(
    row_of_rank: IntArray,
    indptr: IntArray,
    column_codes: CodeArray,
    values: FloatArray,
    column_indptr: IntArray,
    rank_values: FloatArray,
) -> None:
    """Write the values of the cells that `columns_by_rank` puts in order.

    Parameters
    ----------
    row_of_rank, indptr, column_codes, column_indptr
        As there.
    values : (n,) float32 array
        Of the matrix, compressed by row.
    rank_values : (n,) float32 array
        Written: of the matrix, compressed by column.
    """
    ends = column_indptr[:-1].copy()
    for rank in range(len(row_of_rank)):
        row = row_of_rank[rank]
        for cell in range(indptr[row], indptr[row + 1]):
            rank_values[ends[column_codes[cell]]] = values[cell]
            ends[column_codes[cell]] += 1


@njit(nogil=True, cache=True)
def cells_before(column_indptr: IntArray, ranks: AnyArray, rank: int) -> IntArray:
    """Return how many cells of each column are of rows before a rank: (n_columns,) int64."""
    numbers = np.empty(len(column_indptr) - 1, dtype=np.int64)
    for column in range(len(numbers)):
        low, high = column_indptr[column], column_indptr[column + 1]
        while low < high:
            middle = (low + high) // 2
            if ranks[middle] < rank:
                low = middle + 1
            else:
                high = middle
        numbers[column] = low - column_indptr[column]
    return numbers
