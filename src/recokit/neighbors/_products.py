"""The nearest rows of all rows by cosine, where values differ."""

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import FloatArray, IntArray
from recokit.data.rows import Rows, read_only
from recokit.kernels.dot_products import LISTED, inverse_norms, nearest_by_products
from recokit.neighbors._by_rank import ByRank, Found, find_near_long

__all__ = ["nearest_by_cosine"]

_MOST_LONG = 2048  # whose sums are 16 KB, which stay in the first-level cache
_MOST_LONG_BYTES = 2**24  # of each thread, for what is near the long rows


def nearest_by_cosine(
    rows: Rows,
    column_indptr: IntArray,
    squares: FloatArray,
    costs: FloatArray,
    found: Found,
    *,
    runner: Runner,
) -> None:
    """Find the nearest of all rows by cosine, as `kernels.similarity.nearest_rows` does, which is the reference.

    Beyond its arguments this holds, while it works: the matrix by column by rank (6 bytes a cell, 8 where there are
    more than 65,536 rows), and, for each thread, 16 MB at most of neighbours of the long rows and lists of the length
    of one row of similarities.

    Parameters
    ----------
    rows : Rows
        The matrix.
    column_indptr : (n_columns + 1,) int64 array
        Where the cells of each column begin.
    squares : (n_rows,) float64 array
        The sum of squares of each row.
    costs : (n_rows,) float64 array
        The number of products that the columns of each row ask for.
    found
        As that of `kernels.similarity.nearest_rows`.
    runner : Runner
    """
    n_long = min(_MOST_LONG, rows.n_rows, max(1, _MOST_LONG_BYTES // (8 * found[0].shape[1])))
    row_of_rank, ranks, values = ByRank.of(rows, len(column_indptr) - 1, runner, with_values=True)
    squares, costs = read_only(squares[row_of_rank]), costs[row_of_rank]
    args = (row_of_rank, squares, inverse_norms(squares), *rows.arrays, column_indptr, ranks, values, costs)
    listed = np.arange(rows.n_rows) >= n_long
    listed &= costs < LISTED * rows.n_rows
    # Measured, in products of a short row of which no list is kept; of a long row, only a half is summed up.
    weights = np.where(listed, 5.0 * costs + 3_000, costs)
    weights[:n_long] *= 0.5
    find_near_long(nearest_by_products, (*args, *found), weights, row_of_rank, n_long, found, runner)
