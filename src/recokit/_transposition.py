"""Compressed rows to compressed columns, by counting sort on several threads."""

import numpy as np

from recokit._arrays import read_only
from recokit._threads import for_rows, split_by_cost
from recokit._typing import AnyArray, CodeArray, IntArray
from recokit.kernels.grouping import count_columns, fill_columns

__all__ = ["transpose", "transpose_spans"]

_MOST_PARTS = 8  # each has counts of all columns


def transpose(
    indptr: IntArray, column_codes: CodeArray, values: AnyArray, n_columns: int, *, n_threads: int = 1
) -> tuple[IntArray, CodeArray, AnyArray]:
    """Turn compressed rows into compressed columns, rows ascending in each.

    Parameters
    ----------
    indptr, column_codes, values : (n_rows + 1,) int64, (n,) int32 and (n,) arrays
        The matrix, compressed by row. Without values, which is an array of none, there are none in what is returned.
    n_columns : int
    n_threads : int

    Returns
    -------
    indptr, row_codes, values : (n_columns + 1,) int64, (n,) int32 and (n,) arrays

    Examples
    --------
    >>> rows = np.array([0, 2, 3]), np.array([0, 1, 0], np.int32), np.array([5, 6, 7])
    >>> [array.tolist() for array in transpose(*rows, 2)]
    [[0, 2, 3], [0, 1, 0], [5, 7, 6]]
    """
    row_codes = np.empty(len(column_codes), dtype=np.int32)
    spans = np.arange(len(indptr) - 1), indptr[:-1], indptr[1:]
    starts, transposed = transpose_spans(*spans, column_codes, values, n_columns, row_codes, n_threads=n_threads)
    return starts, row_codes, transposed


def transpose_spans(
    row_order: IntArray,
    row_starts: IntArray,
    row_stops: IntArray,
    column_codes: CodeArray,
    values: AnyArray,
    n_columns: int,
    places: AnyArray,
    *,
    n_threads: int = 1,
) -> tuple[IntArray, AnyArray]:
    """Do as `transpose`, with the rows in any order, and perhaps with gaps between them.

    Parameters
    ----------
    row_order : (n_rows,) int64 array
        The order of the rows in a column.
    row_starts, row_stops : (n_rows,) int64 arrays
        Where the cells of each row stand.
    column_codes, values : (m,) int32 and (m,) or (0,) arrays
    n_columns, n_threads
        As those of `transpose`.
    places : (n,) integer array
        Written: the place in ``row_order`` of the row of each cell.

    Returns
    -------
    indptr, values : (n_columns + 1,) int64 and (n,) or (0,) arrays
    """
    # No more counts than cells, so that they take no more memory than what is made.
    n_parts = max(1, min(n_threads, _MOST_PARTS, len(places) // max(1, n_columns)))
    parts = split_by_cost((row_stops - row_starts)[row_order], n_parts)
    bounds = np.array([0, *(stop for _, stop in parts)], dtype=np.int64)
    rows = tuple(read_only(array) for array in (bounds, row_order, row_starts, row_stops, column_codes))
    counts = np.zeros((len(parts), n_columns), dtype=np.int64)
    costs = np.full(len(parts), len(places) / max(1, len(parts)))
    for_rows(count_columns, len(parts), (*rows, counts), n_threads=n_threads, costs=costs)
    starts = np.concatenate([[0], np.cumsum(counts.sum(axis=0))]).astype(np.int64)
    free = np.cumsum(counts, axis=0)
    free -= counts
    free += starts[:-1]
    transposed = np.empty(len(places) if len(values) else 0, dtype=values.dtype)
    args = (*rows, read_only(values), free, places, transposed)
    for_rows(fill_columns, len(parts), args, n_threads=n_threads, costs=costs)
    return starts, transposed
