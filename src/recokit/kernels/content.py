"""Content-based scores: the cosine between item vectors and profiles built from item vectors."""

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import BoolArray, CodeArray, FloatArray, IntArray

__all__ = ["CANCELLED", "score_profiles"]

# A profile whose norm is below this share of Σ |weight| is rounding error: its items cancel out.
CANCELLED = 1e-6


@njit(nogil=True, cache=True, error_model="numpy")
def _build_profile(
    first: int,
    last: int,
    item_codes: CodeArray,
    weights: FloatArray,
    term_indptr: IntArray,
    terms: CodeArray,
    term_values: FloatArray,
    profile: FloatArray,
    has_term: BoolArray,
    own_terms: CodeArray,
) -> tuple[int, float]:
    """Sum the weighted vectors of the items at ``first`` to ``last``.

    Returns the number of terms and the norm, which is 0 if the items cancel out.
    """
    n_own_terms, weight_sum = 0, 0.0
    for k in range(first, last):
        weight = np.float64(weights[k])
        weight_sum += abs(weight)
        for m in range(term_indptr[item_codes[k]], term_indptr[item_codes[k] + 1]):
            term = terms[m]
            if not has_term[term]:
                has_term[term] = True
                profile[term] = 0.0
                own_terms[n_own_terms] = term
                n_own_terms += 1
            profile[term] += weight * term_values[m]
    square = 0.0
    for k in range(n_own_terms):
        square += profile[own_terms[k]] ** 2
    norm = np.sqrt(square)
    return n_own_terms, norm if norm > CANCELLED * weight_sum else 0.0


@njit(nogil=True, cache=True, error_model="numpy")
def score_profiles(
    start: int,
    stop: int,
    indptr: IntArray,
    item_codes: CodeArray,
    weights: FloatArray,
    term_indptr: IntArray,
    terms: CodeArray,
    term_values: FloatArray,
    term_item_indptr: IntArray,
    term_items: CodeArray,
    term_item_values: FloatArray,
    offsets: FloatArray,
    gains: FloatArray,
    losses: FloatArray,
    scores: FloatArray,
) -> None:
    r"""Score all items by the cosine between their vectors and each row's profile.

    The profile of a row is :math:`p = \sum_k w_k x_{i_k}` over its items. Item j has the cosine
    :math:`c = p \cdot x_j / |p|`. Its score is offset + gain · c for c > 0 and offset + loss · c otherwise. Items that
    share no term with any item of the row score −∞, and so do all items if the profile vanishes.

    Parameters
    ----------
    start, stop : int
        Range of the rows.
    indptr, item_codes, weights : (n_rows + 1,) int64, (n,) int32 and (n,) float32 arrays
        The items of each row as compressed rows, with weights of any sign.
    term_indptr, terms, term_values : (n_items + 1,) int64, (m,) int32 and (m,) float32 arrays
        The unit vectors x: items × terms as compressed rows.
    term_item_indptr, term_items, term_item_values : (n_terms + 1,) int64, (m,) int32 and (m,) float32 arrays
        The transposed vectors: terms × items as compressed rows.
    offsets, gains, losses : (n_rows,) float64 arrays
        The map from cosine to score; gains and losses are not negative.
    scores : (n_rows, n_items) float32 array
        Output: the rows ``start`` to ``stop``.
    """
    n_terms, n_items = len(term_item_indptr) - 1, scores.shape[1]
    profile, has_term = np.empty(n_terms), np.zeros(n_terms, dtype=np.bool_)
    own_terms = np.empty(n_terms, dtype=np.int32)
    totals, has_evidence = np.zeros(n_items), np.zeros(n_items, dtype=np.bool_)
    for row in range(start, stop):
        n_own_terms, norm = _build_profile(
            indptr[row],
            indptr[row + 1],
            item_codes,
            weights,
            term_indptr,
            terms,
            term_values,
            profile,
            has_term,
            own_terms,
        )
        for k in range(n_own_terms):
            term = own_terms[k]
            has_term[term] = False
            if norm == 0.0:
                continue
            value = profile[term] / norm
            for m in range(term_item_indptr[term], term_item_indptr[term + 1]):
                totals[term_items[m]] += value * term_item_values[m]
                has_evidence[term_items[m]] = True
        for item in range(n_items):
            cosine = min(max(totals[item], -1.0), 1.0)
            score = offsets[row] + cosine * (gains[row] if cosine > 0.0 else losses[row])
            scores[row, item] = score if has_evidence[item] else -np.inf
            totals[item] = 0.0
            has_evidence[item] = False
