"""Rows of a sparse matrix by rank, from the longest to the shortest."""

import numpy as np
from numba import njit

from recokit.kernels._typing import AnyArray, IntArray

__all__ = ["cells_before"]


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
