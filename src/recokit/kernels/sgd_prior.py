"""Sums of the factors of what each user has rated, or of those who rated each item."""

import numpy as np
from numba import njit

from recokit.kernels._typing import CodeArray, FloatArray, IntArray

__all__ = ["sum_rows"]


@njit(nogil=True, cache=True, error_model="numpy")
def sum_rows(
    start: int,
    stop: int,
    indptr: IntArray,
    codes: CodeArray,
    weights: FloatArray,
    factors: FloatArray,
    sums: FloatArray,
) -> None:
    """Sum, for each of the rows ``start`` to ``stop``, the weighted factors that it points to.

    Parameters
    ----------
    start, stop : int
        Rows to compute.
    indptr, codes : (n_rows + 1,) int64, (n,) int32 arrays
        Compressed rows.
    weights : (n_columns,) float32 array
        Weight of the factors of each column.
    factors : (n_columns, n_factors) float32 array
    sums : (n_rows, n_factors) float32 array
        Filled with Σ_j w_j y_j over the columns j of each row.
    """
    for row in range(start, stop):
        total = sums[row]
        total[:] = np.float32(0.0)
        for k in range(indptr[row], indptr[row + 1]):
            part, weight = factors[codes[k]], weights[codes[k]]
            for f in range(len(total)):
                total[f] += weight * part[f]
