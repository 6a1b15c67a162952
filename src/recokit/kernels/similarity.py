"""Similarities between the rows of sparse matrices: the k nearest rows of each query, or all similarities.

Gustavson's algorithm processes one query at a time. For each column of the query and each row with a cell in it, it
adds to dense accumulators of length n_rows. It needs no n × n array. Only the sums that the similarity needs are
accumulated: counts of common columns are integers, and if all values are 1 they are the inner products too.

References
----------
F. G. Gustavson (1978). Two fast algorithms for sparse matrices: multiplication and permuted transposition. ACM
Transactions on Mathematical Software 4(3).
"""

from typing import Any

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.kernels.prefetch import prefetch
from recokit.kernels.similarity_formulas import (
    ASYMMETRIC_COSINE,
    COSINE,
    PEARSON,
    Constants,
    is_correlation,
    similarity_of,
)
from recokit.kernels.top_k import Keys, key_of, offer, score_of, threshold_of, write_best

__all__ = ["nearest_rows", "query_costs", "row_stats", "similarities", "similarity_rows"]

_AHEAD = 8  # columns that are fetched before they are read
_TINY = 1e-300
_BOUND = 1.000001  # bounds the rounding errors of a cosine
_BELOW = 0.999996  # a cosine below this share of another one's bound is below the other one in float32
_SMALLEST, _LARGEST = 1e-30, 1e30  # cosines with the full precision of float32
_MIN_LISTED = 4  # rows with a common column for each neighbour from which bounds save time


@njit(nogil=True, cache=True)
def row_stats(indptr: IntArray, values: FloatArray) -> FloatArray:
    """Return the number of cells and Σx² of each row: (n_rows, 2) float64."""
    stats = np.zeros((len(indptr) - 1, 2), dtype=np.float64)
    for row in range(len(stats)):
        stats[row, 0] = indptr[row + 1] - indptr[row]
        for k in range(indptr[row], indptr[row + 1]):
            stats[row, 1] += np.float64(values[k]) * np.float64(values[k])
    return stats


@njit(nogil=True, cache=True)
def query_costs(indptr: IntArray, column_codes: CodeArray, column_indptr: IntArray) -> FloatArray:
    """Return the number of products to sum for each query, Σ of its columns' lengths: (n_queries,) float64."""
    costs = np.empty(len(indptr) - 1, dtype=np.float64)
    for query in range(len(indptr) - 1):
        n_products = 0
        for k in range(indptr[query], indptr[query + 1]):
            column = column_codes[k]
            n_products += column_indptr[column + 1] - column_indptr[column]
        costs[query] = n_products
    return costs


@njit(nogil=True, cache=True)
def _is_counted(kind: int, unit: bool, constants: Constants) -> bool:
    """Return whether the similarity needs the number of common columns."""
    needs_product_only = kind in (COSINE, ASYMMETRIC_COSINE) and not unit
    return not needs_product_only or constants.shrinkage > 0 or constants.min_common > 1


@njit(nogil=True, cache=True)
def _accumulators(n_rows: int, kind: int, unit: bool) -> tuple[CodeArray, FloatArray, FloatArray, CodeArray]:
    """Return work arrays for one query: counts, products, moments (the last two empty if unused) and touched rows."""
    counts, products = np.empty(n_rows, dtype=np.int32), np.empty(0 if unit else n_rows, dtype=np.float64)
    moments = np.empty((n_rows if is_correlation(kind) else 0, 4), dtype=np.float64)
    counts[:], products[:], moments[:] = 0, 0, 0  # compiles faster than np.zeros
    return counts, products, moments, np.empty(n_rows + 1, dtype=np.int32)


@njit(nogil=True, inline="always")
def _prefetch_column(
    k: int, stop: int, column_codes: CodeArray, column_indptr: IntArray, row_codes: CodeArray, values: AnyArray
) -> None:
    """Prefetch the cells of a later column of the query, and the bounds of a still later one."""
    if k + 2 * _AHEAD < stop:
        prefetch(column_indptr, column_codes[k + 2 * _AHEAD])
    if k + _AHEAD < stop:
        first = column_indptr[column_codes[k + _AHEAD]]
        prefetch(row_codes, first)
        prefetch(row_codes, first + 16)
        prefetch(values, first)
        prefetch(values, first + 16)


@njit(nogil=True, cache=True)
def _count(
    query: int,
    indptr: IntArray,
    column_codes: CodeArray,
    column_indptr: IntArray,
    row_codes: CodeArray,
    counts: CodeArray,
) -> None:
    """Add the number of common columns of a query and every row to ``counts``."""
    for k in range(indptr[query], indptr[query + 1]):
        _prefetch_column(k, indptr[query + 1], column_codes, column_indptr, row_codes, row_codes)
        column = column_codes[k]
        for t in range(column_indptr[column], column_indptr[column + 1]):
            counts[row_codes[t]] += 1


@njit(nogil=True, cache=True)
def _count_and_list(
    query: int,
    indptr: IntArray,
    column_codes: CodeArray,
    column_indptr: IntArray,
    row_codes: CodeArray,
    counts: CodeArray,
    touched: CodeArray,
) -> int:
    """Do as `_count`; list the rows with a common column in ``touched``, and return their number."""
    n_touched = 0
    for k in range(indptr[query], indptr[query + 1]):
        _prefetch_column(k, indptr[query + 1], column_codes, column_indptr, row_codes, row_codes)
        column = column_codes[k]
        for t in range(column_indptr[column], column_indptr[column + 1]):
            row = row_codes[t]
            if counts[row] == 0:
                touched[n_touched] = row
                n_touched += 1
            counts[row] += 1
    return n_touched


@njit(nogil=True, cache=True)
def _add_products(
    query: int,
    indptr: IntArray,
    column_codes: CodeArray,
    values: FloatArray,
    column_indptr: IntArray,
    row_codes: CodeArray,
    column_values: FloatArray,
    products: FloatArray,
) -> None:
    """Add Σxy of a query and every row to ``products``."""
    for k in range(indptr[query], indptr[query + 1]):
        _prefetch_column(k, indptr[query + 1], column_codes, column_indptr, row_codes, column_values)
        column, x = column_codes[k], np.float64(values[k])
        for t in range(column_indptr[column], column_indptr[column + 1]):
            products[row_codes[t]] += x * np.float64(column_values[t])


@njit(nogil=True, cache=True)
def _add_and_list(
    query: int,
    indptr: IntArray,
    column_codes: CodeArray,
    values: FloatArray,
    column_indptr: IntArray,
    row_codes: CodeArray,
    column_values: FloatArray,
    counts: CodeArray,
    products: FloatArray,
    touched: CodeArray,
) -> int:
    """Do as `_count_and_list` and `_add_products` in one pass, which reads the columns once."""
    n_touched = 0
    for k in range(indptr[query], indptr[query + 1]):
        _prefetch_column(k, indptr[query + 1], column_codes, column_indptr, row_codes, column_values)
        column, x = column_codes[k], np.float64(values[k])
        for t in range(column_indptr[column], column_indptr[column + 1]):
            row = row_codes[t]
            touched[n_touched] = row  # overwritten by the next row unless it is new: faster than a branch
            n_touched += counts[row] == 0
            counts[row] += 1
            products[row] += x * np.float64(column_values[t])
    return n_touched


@njit(nogil=True, cache=True)
def _add_moments(
    query: int,
    indptr: IntArray,
    column_codes: CodeArray,
    values: FloatArray,
    column_indptr: IntArray,
    row_codes: CodeArray,
    column_values: FloatArray,
    moments: FloatArray,
) -> None:
    """Add (Σx², Σy², Σx, Σy) over the common columns of a query and every row to ``moments``."""
    for k in range(indptr[query], indptr[query + 1]):
        column, x = column_codes[k], np.float64(values[k])
        for t in range(column_indptr[column], column_indptr[column + 1]):
            row, y = row_codes[t], np.float64(column_values[t])
            moments[row, 0] += x * x
            moments[row, 1] += y * y
            moments[row, 2] += x
            moments[row, 3] += y


@njit(nogil=True, cache=True)
def _accumulate(
    query: int,
    indptr: IntArray,
    column_codes: CodeArray,
    values: FloatArray,
    column_indptr: IntArray,
    row_codes: CodeArray,
    column_values: FloatArray,
    counted: bool,
    counts: CodeArray,
    products: FloatArray,
    moments: FloatArray,
    touched: CodeArray,
) -> int:
    """Fill the accumulators for a query.

    Returns the number of rows listed in ``touched``, or −1 if no list was made and all rows must be read.
    """
    n_touched, work = -1, 0
    for k in range(indptr[query], indptr[query + 1]):
        work += column_indptr[column_codes[k] + 1] - column_indptr[column_codes[k]]
    if counted and len(products):
        n_touched = _add_and_list(
            query, indptr, column_codes, values, column_indptr, row_codes, column_values, counts, products, touched
        )
        if 2 * n_touched > len(counts):  # reading all rows in order is faster
            n_touched = -1
    else:
        if work < len(counts):  # listing touched rows pays only if they are few
            n_touched = _count_and_list(query, indptr, column_codes, column_indptr, row_codes, counts, touched)
        elif counted:
            _count(query, indptr, column_codes, column_indptr, row_codes, counts)
        if len(products):
            _add_products(query, indptr, column_codes, values, column_indptr, row_codes, column_values, products)
    if len(moments):
        _add_moments(query, indptr, column_codes, values, column_indptr, row_codes, column_values, moments)
    return n_touched


@njit(nogil=True, cache=True)
def _clear(n_touched: int, counts: CodeArray, products: FloatArray, moments: FloatArray, touched: CodeArray) -> None:
    """Set the accumulators to 0."""
    if n_touched < 0:
        counts[:] = 0
        products[:] = 0
        moments[:] = 0
    for t in range(n_touched):
        counts[touched[t]] = 0
        if len(products):
            products[touched[t]] = 0
        if len(moments):
            moments[touched[t]] = 0


@njit(nogil=True, cache=True, error_model="numpy")
def _inverse_norms(stats: FloatArray, exponent: float) -> FloatArray:
    """Return (Σx²)^−exponent of each row, to bound a cosine without a power for each pair."""
    inverse_norms = np.empty(len(stats), dtype=np.float64)
    for row in range(len(stats)):
        inverse_norms[row] = 1.0 / max(stats[row, 1], _TINY) ** exponent
    return inverse_norms


@njit(nogil=True, cache=True)
def _least_bound(bounds: FloatArray, k: int) -> float:
    """Return a number below the bounds of the k most similar rows, or 0. Bounds exceed cosines by rounding errors."""
    threshold = threshold_of(bounds, k + 1)  # one of the rows may be the query
    return threshold * _BELOW if _SMALLEST < threshold < _LARGEST else 0.0


@njit(nogil=True, cache=True, error_model="numpy")
def nearest_rows(
    start: int,
    stop: int,
    indptr: IntArray,
    column_codes: CodeArray,
    values: FloatArray,
    query_stats: FloatArray,
    own_codes: CodeArray,
    column_indptr: IntArray,
    row_codes: CodeArray,
    column_values: FloatArray,
    indexed_stats: FloatArray,
    kind: int,
    constants: Constants,
    unit: bool,
    swapped: bool,
    nearest_codes: CodeArray,
    nearest_scores: FloatArray,
    nearest_counts: CodeArray,
) -> None:
    """Find the k most similar rows of each query.

    `similarity_formulas` defines the similarities, from the counts of common columns, Σxy and, for correlations, the
    moments (Σx², Σy², Σx, Σy) over common columns.

    Parameters
    ----------
    start, stop : int
        Range of the queries.
    indptr, column_codes, values : (n_queries + 1,) int64, (n,) int32 and (n,) float32 arrays
        The queries, compressed by row.
    query_stats : (n_queries, 2) float64 array
        Number of cells and sum of squares of each query.
    own_codes : (n_queries,) int32 array
        The row to exclude for each query because it is the query itself; −1 for none.
    column_indptr, row_codes, column_values : (n_columns + 1,) int64, (m,) int32 and (m,) float32 arrays
        The candidate rows, compressed by column.
    indexed_stats : (n_rows, 2) float64 array
        Number of cells and sum of squares of each row.
    kind : int
        ``COSINE``, ``JACCARD``, ….
    constants : Constants
    unit : bool
        Whether all values of queries and rows are 1, or the similarity ignores the values.
    swapped : bool
        If true, compute the similarity of the rows to the query instead of the query to the rows. The two differ for
        asymmetric similarities.
    nearest_codes, nearest_scores : (n_queries, k) int32 and float32 arrays
        Output: the rows with the highest positive similarities, best first, ties by code, padded with −1 and 0.
    nearest_counts : (n_queries,) int32 array
        Output: the number of neighbours.
    """
    n_rows = len(indexed_stats)
    counts, products, moments, touched = _accumulators(n_rows, kind, unit)
    counted = _is_counted(kind, unit, constants)
    bounded, exponent = kind in (COSINE, ASYMMETRIC_COSINE), 0.5
    if kind == ASYMMETRIC_COSINE:
        exponent = constants.alpha if swapped else 1.0 - constants.alpha
    inverse_norms, shrinkage = _inverse_norms(indexed_stats, exponent), constants.shrinkage if counted else 0.0
    keys: Keys = np.empty(nearest_codes.shape[1], dtype=np.uint64)
    score, bounds = np.empty(1, dtype=np.float32), np.empty(n_rows, dtype=np.float32)
    for query in range(start, stop):
        own, own_code = query_stats[query], own_codes[query]
        inverse_norm = _BOUND / max(own[1], _TINY) ** (1.0 - exponent)
        n_touched = _accumulate(
            query, indptr, column_codes, values, column_indptr, row_codes, column_values,
            counted, counts, products, moments, touched,
        )  # fmt: skip
        size: Any = np.int64(0)
        worst, n_listed, least = -1.0, n_rows if n_touched < 0 else n_touched, 0.0
        if bounded and n_listed >= _MIN_LISTED * len(keys):
            for t in range(n_listed):
                row = t if n_touched < 0 else touched[t]
                common = np.float64(counts[row]) if counted else 1.0
                product = common if unit else products[row]
                bound = product * inverse_norms[row] * inverse_norm * common / (common + shrinkage + _TINY)
                bounds[t] = bound if bound > 0 and common >= constants.min_common else 0.0
            least = _least_bound(bounds[:n_listed], len(keys))
        for t in range(n_listed):
            if least > 0 and bounds[t] < least:
                continue
            row = t if n_touched < 0 else touched[t]
            common = np.float64(counts[row]) if counted else 1.0
            product = common if unit else products[row]
            if common == 0 or (product == 0 and kind != PEARSON):
                continue
            if bounded and product * inverse_norms[row] * inverse_norm * common < worst * (common + shrinkage):
                continue
            similarity = similarity_of(kind, swapped, common, product, moments, row, own, indexed_stats[row], constants)
            score[0] = similarity  # round before comparing, so that ties in the result are broken by code
            if score[0] > 0 and row != own_code:
                size = offer(keys, size, key_of(score, row))
                if size == len(keys):
                    worst = score_of(keys[0], score)
        write_best(keys, size, nearest_codes[query], nearest_scores[query])
        nearest_counts[query] = size
        _clear(n_touched, counts, products, moments, touched)


@njit(nogil=True, cache=True, error_model="numpy")
def similarity_rows(
    start: int,
    stop: int,
    indptr: IntArray,
    column_codes: CodeArray,
    values: FloatArray,
    query_stats: FloatArray,
    own_codes: CodeArray,
    column_indptr: IntArray,
    row_codes: CodeArray,
    column_values: FloatArray,
    indexed_stats: FloatArray,
    kind: int,
    constants: Constants,
    unit: bool,
    swapped: bool,
    similarities: FloatArray,
) -> None:
    """Compute the similarity of each query to every row.

    Parameters
    ----------
    start, stop, indptr, column_codes, values, query_stats, own_codes, column_indptr, row_codes, column_values, \
    indexed_stats, kind, constants, unit, swapped
        See `nearest_rows`.
    similarities : (n_queries, n_rows) float32 array
        Output: the similarities; 0 without a common column and for the query itself.
    """
    n_rows = len(indexed_stats)
    counts, products, moments, touched = _accumulators(n_rows, kind, unit)
    counted = _is_counted(kind, unit, constants)
    for query in range(start, stop):
        n_touched = _accumulate(
            query, indptr, column_codes, values, column_indptr, row_codes, column_values,
            counted, counts, products, moments, touched,
        )  # fmt: skip
        similarities[query] = 0
        for t in range(n_rows if n_touched < 0 else n_touched):
            row = t if n_touched < 0 else touched[t]
            common = np.float64(counts[row]) if counted else 1.0
            product = common if unit else products[row]
            if common > 0 and row != own_codes[query]:
                similarities[query, row] = similarity_of(
                    kind, swapped, common, product, moments, row, query_stats[query], indexed_stats[row], constants
                )
        _clear(n_touched, counts, products, moments, touched)


@njit(nogil=True, cache=True, error_model="numpy")
def similarities(
    common: FloatArray,
    products: FloatArray,
    moments: FloatArray,
    query_stats: FloatArray,
    indexed_stats: FloatArray,
    kind: int,
    constants: Constants,
    swapped: bool,
    values: FloatArray,
) -> None:
    """Compute the similarities of pairs of rows with common columns.

    Parameters
    ----------
    common, products : (n,) float64 arrays
        Number of common columns and Σxy.
    moments : (n, 4) or (0, 4) float64 array
        (Σx², Σy², Σx, Σy) over the common columns; empty unless ``kind`` is a correlation.
    query_stats, indexed_stats : (n, 2) float64 arrays
        Number of cells and sum of squares of either row.
    kind, constants, swapped
        See `nearest_rows`.
    values : (n,) float64 array
        Output: the similarities.
    """
    for t in range(len(common)):
        values[t] = similarity_of(
            kind, swapped, common[t], products[t], moments, t, query_stats[t], indexed_stats[t], constants
        )
