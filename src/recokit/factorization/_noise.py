"""Number of singular vectors that data distinguish from noise."""

import numpy as np
from scipy import sparse

from recokit._typing import FloatArray

__all__ = ["n_above", "shuffled", "suitable_size"]

_N_SPARSE = 256  # factors for data without evidence on most pairs
_HALF_WALKS = 0.1  # mean number of walks at which the size is halfway between both rules


def shuffled(matrix: sparse.csr_array) -> sparse.csr_array:
    """Return a matrix with the entries of each row in columns that are drawn at random, as often as before.

    Rows and columns keep their numbers of entries, except for entries that are drawn twice. Two columns have a row in
    common by chance only.
    """
    n_rows, n_columns = matrix.shape
    firsts = n_columns * np.arange(n_rows + 1, dtype=np.int64)
    cells = np.repeat(firsts[:-1], np.diff(matrix.indptr))
    cells += np.random.default_rng(0).permutation(matrix.indices)
    order = np.argsort(cells, kind="stable")
    cells = cells[order]
    distinct = np.append(True, cells[1:] != cells[:-1])[: len(cells)]
    cells, data = cells[distinct], matrix.data[order[distinct]]
    del order, distinct
    bounds = np.searchsorted(cells, firsts).astype(matrix.indptr.dtype)
    cells %= n_columns
    return sparse.csr_array((data, cells.astype(matrix.indices.dtype), bounds), shape=matrix.shape)


def n_above(values: FloatArray, noise: float) -> int:
    """Return the number of singular values above the largest one of noise, with a tolerance for rounding errors."""
    return int(np.count_nonzero(values > noise * (1 + 1e-9)))


def suitable_size(n_distinct: int, walks: float) -> int:
    """Return a number of factors.

    Parameters
    ----------
    n_distinct : int
        Number of singular values that noise does not have.
    walks : float
        Mean number of walks from a user to an item. Far below 1, each vector describes a few users only, and the
        singular values of data and noise do not tell how many of them are useful.

    Examples
    --------
    >>> suitable_size(10, 20.0), suitable_size(2, 0.04)
    (11, 183)
    """
    return max(1, round((walks * n_distinct + _HALF_WALKS * _N_SPARSE) / (walks + _HALF_WALKS)))
