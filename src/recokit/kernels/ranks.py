"""The rows of a sparse matrix by rank, from the longest to the shortest."""

import numpy as np
from numba import njit

from recokit.kernels._typing import AnyArray, IntArray

__all__ = ["cells_before"]


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
