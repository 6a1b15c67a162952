"""Similarities by a formula of the caller's own, a compiled function.

Numba compiles these kernels anew for each function they are given, so they are not cached on disk, and may take what
they need from other files.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from recokit.kernels._typing import CodeArray, FloatArray, IntArray
from recokit.kernels.similarity import _accumulators, _clear, _sum_up
from recokit.kernels.similarity_formulas import ASYMMETRIC_COSINE, significance
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
    constants: FloatArray,
) -> float:
    """Return the shrunk similarity of two rows that have something in common, 0 where the formula gives NaN."""
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
    constants: FloatArray,
    unit: bool,
    swapped: bool,
    similarities: FloatArray,
) -> None:
    """Write the similarity of each query to every row, as `kernels.similarity.similarity_rows` does.

    Parameters
    ----------
    formula : compiled function
        Returns a similarity, from the number of common columns, Σxy, the number of cells of either row, and Σx², Σy².
    """
    n_rows = len(indexed_stats)
    counts, products, moments, met = _accumulators(n_rows, ASYMMETRIC_COSINE, False)
    for query in range(start, stop):
        n_met = _sum_up(
            query, indptr, column_codes, values, column_indptr, row_codes, column_values,
            True, counts, products, moments, met,
        )  # fmt: skip
        similarities[query] = 0
        for t in range(n_rows if n_met < 0 else n_met):
            row = t if n_met < 0 else met[t]
            if counts[row] > 0 and row != own_codes[query]:
                similarities[query, row] = _similarity_by(
                    formula, swapped, np.float64(counts[row]), products[row], query_stats[query], indexed_stats[row],
                    constants,
                )  # fmt: skip
        _clear(n_met, counts, products, moments, met)


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
    constants: FloatArray,
    unit: bool,
    swapped: bool,
    nearest_codes: CodeArray,
    nearest_scores: FloatArray,
    nearest_counts: CodeArray,
) -> None:
    """Find the k most similar rows of each query, as `kernels.similarity.nearest_rows` does, by a formula.

    The parameters are those of `similarity_rows_by`, and, written, those of `kernels.similarity.nearest_rows`.
    """
    n_rows = len(indexed_stats)
    counts, products, moments, met = _accumulators(n_rows, ASYMMETRIC_COSINE, False)
    score = np.empty(1, dtype=np.float32)
    keys: Any = np.empty(nearest_codes.shape[1], dtype=np.uint64)
    for query in range(start, stop):
        n_met = _sum_up(
            query, indptr, column_codes, values, column_indptr, row_codes, column_values,
            True, counts, products, moments, met,
        )  # fmt: skip
        size = 0
        for t in range(n_rows if n_met < 0 else n_met):
            row = t if n_met < 0 else met[t]
            if counts[row] > 0 and row != own_codes[query]:
                score[0] = _similarity_by(
                    formula, swapped, np.float64(counts[row]), products[row], query_stats[query], indexed_stats[row],
                    constants,
                )  # fmt: skip
                if score[0] > 0:
                    size = offer(keys, size, key_of(score, row))
        _clear(n_met, counts, products, moments, met)
        write_best(keys, size, nearest_codes[query], nearest_scores[query])
        nearest_counts[query] = size
