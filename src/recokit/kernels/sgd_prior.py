"""Weighted sums of factors over the cells of sparse rows, such as the items rated by each user."""

import numpy as np

from recokit.kernels._compiling import njit
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
    """Compute Σ_j w_j y_j over the columns j of each row.

    Parameters
    ----------
    start, stop : int
        Range of the rows.
    indptr, codes : (n_rows + 1,) int64, (n,) int32 arrays
        The columns of each row as compressed rows.
    weights : (n_columns,) float32 array
        w, the weight of each column.
    factors : (n_columns, n_factors) float32 array
        y, the factors of each column.
    sums : (n_rows, n_factors) float32 array
        Output: the rows ``start`` to ``stop``.
    """
    for row in range(start, stop):
        total = sums[row]
        total[:] = np.float32(0.0)
        for k in range(indptr[row], indptr[row + 1]):
            part, weight = factors[codes[k]], weights[codes[k]]
            for f in range(len(total)):
                total[f] += weight * part[f]
