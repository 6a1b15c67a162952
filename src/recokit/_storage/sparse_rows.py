"""Checks of compressed sparse rows, since scipy leaves out some of them."""

from typing import Any

import numpy as np

__all__ = ["check_sparse"]


def check_sparse(matrix: Any) -> None:
    """Raise ValueError if the arrays of a matrix in CSR or CSC format do not fit its shape.

    ``check_format`` of scipy reads no further if the last bound is 0, and its differences of bounds can overflow.
    """
    bounds, cells = matrix.indptr, len(matrix.data)
    n_rows, n_columns = matrix.shape if matrix.format == "csr" else matrix.shape[::-1]
    if len(bounds) != n_rows + 1 or bounds[0] != 0 or np.any(bounds[1:] < bounds[:-1]):
        raise ValueError("index pointers must ascend from 0, with one more than rows")
    if bounds[-1] != cells or len(matrix.indices) != cells:
        raise ValueError(f"the last index pointer must be the number of cells, {cells}")
    if cells and (matrix.indices.min() < 0 or matrix.indices.max() >= n_columns):
        raise ValueError(f"indices must be at least 0 and less than {n_columns}")
