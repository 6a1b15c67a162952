"""Similarities by a custom formula, given as a compiled function.

Numba compiles these kernels for each formula and does not cache them on disk, so they may import functions from other
files.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import CodeArray, FloatArray, IntArray
from recokit.kernels.similarity import _accumulate, _accumulators, _clear
from recokit.kernels.similarity_formulas import ASYMMETRIC_COSINE, Constants, significance
from recokit.kernels.top_k import key_of, offer, write_best

__all__ = ["nearest_rows_by", "similarity_rows_by"]

Formula = Callable[[float, float, float, float, float, float], float]


@njit(nogil=True, error_model="numpy")
def _similarity_by(
    formula: Formula,
    swapped: bool,
    common: float,
    product: float,
    own: FloatArray,
    other: FloatArray,
    constants: Constants,
) -> float:
    """Return the shrunk similarity of two rows with a common column; 0 if the formula returns NaN."""
    factor = significance(ASYMMETRIC_COSINE, common, constants)
    if factor == 0:
        return 0.0
    if swapped:
        own, other = other, own
    similarity = factor * formula(common, product, own[0], other[0], own[1], other[1])
    return 0.0 if math.isnan(similarity) else similarity


@njit(nogil=True, error_model="numpy")
def similarity_rows_by(
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
    formula: Formula,
    constants: Constants,
    unit: bool,
    swapped: bool,
    similarities: FloatArray,
) -> None:
    """Compute the similarity of each query to every row by a formula, as `kernels.similarity.similarity_rows` does.

    Parameters
    ----------
    start, stop, indptr, column_codes, values, query_stats, own_codes, column_indptr, row_codes, column_values, \
    indexed_stats, constants, unit, swapped
        See `kernels.similarity.nearest_rows`. Only ``shrinkage`` and ``min_common`` are read from ``constants``;
        ``unit`` is not used.
    formula : compiled function
        formula(n_common, Σxy, n_x, n_y, Σx², Σy²) returns the similarity, where n_x and n_y are the numbers of cells.
    similarities : (n_queries, n_rows) float32 array
        Output: the similarities; 0 without a common column and for the query itself.
    """
    n_rows = len(indexed_stats)
    counts, products, moments, touched = _accumulators(n_rows, ASYMMETRIC_COSINE, False)
    for query in range(start, stop):
        n_touched = _accumulate(
            query, indptr, column_codes, values, column_indptr, row_codes, column_values,
            True, counts, products, moments, touched,
        )  # fmt: skip
        similarities[query] = 0
        for t in range(n_rows if n_touched < 0 else n_touched):
            row = t if n_touched < 0 else touched[t]
            if counts[row] > 0 and row != own_codes[query]:
                similarities[query, row] = _similarity_by(
                    formula, swapped, np.float64(counts[row]), products[row], query_stats[query], indexed_stats[row],
                    constants,
                )  # fmt: skip
        _clear(n_touched, counts, products, moments, touched)


@njit(nogil=True, error_model="numpy")
def nearest_rows_by(
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
    formula: Formula,
    constants: Constants,
    unit: bool,
    swapped: bool,
    nearest_codes: CodeArray,
    nearest_scores: FloatArray,
    nearest_counts: CodeArray,
) -> None:
    """Find the k most similar rows of each query by a formula, as `kernels.similarity.nearest_rows` does.

    See `similarity_rows_by` for the inputs and `kernels.similarity.nearest_rows` for the outputs ``nearest_codes``,
    ``nearest_scores`` and ``nearest_counts``.
    """
    n_rows = len(indexed_stats)
    counts, products, moments, touched = _accumulators(n_rows, ASYMMETRIC_COSINE, False)
    score = np.empty(1, dtype=np.float32)
    keys: Any = np.empty(nearest_codes.shape[1], dtype=np.uint64)
    for query in range(start, stop):
        n_touched = _accumulate(
            query, indptr, column_codes, values, column_indptr, row_codes, column_values,
            True, counts, products, moments, touched,
        )  # fmt: skip
        size: Any = np.int64(0)
        for t in range(n_rows if n_touched < 0 else n_touched):
            row = t if n_touched < 0 else touched[t]
            if counts[row] > 0 and row != own_codes[query]:
                score[0] = _similarity_by(
                    formula, swapped, np.float64(counts[row]), products[row], query_stats[query], indexed_stats[row],
                    constants,
                )  # fmt: skip
                if score[0] > 0:
                    size = offer(keys, size, key_of(score, row))
        _clear(n_touched, counts, products, moments, touched)
        write_best(keys, size, nearest_codes[query], nearest_scores[query])
        nearest_counts[query] = size
