"""Scores of items for profiles made of the items themselves."""

import numpy as np
from numba import njit

from recokit.kernels._typing import BoolArray, CodeArray, FloatArray, IntArray

__all__ = ["CANCELLED", "score_profiles"]

# Below this share of what it is made of, a profile is rounding error: its items cancel out.
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
    """Sum the weighted vectors of the items at ``first`` to ``last``; return the number of terms and the norm."""
    n_own, weight_sum = 0, 0.0
    for k in range(first, last):
        weight = np.float64(weights[k])
        weight_sum += abs(weight)
        for m in range(term_indptr[item_codes[k]], term_indptr[item_codes[k] + 1]):
            term = terms[m]
            if not has_term[term]:
                has_term[term] = True
                profile[term] = 0.0
                own_terms[n_own] = term
                n_own += 1
            profile[term] += weight * term_values[m]
    square = 0.0
    for k in range(n_own):
        square += profile[own_terms[k]] ** 2
    norm = np.sqrt(square)
    return n_own, norm if norm > CANCELLED * weight_sum else 0.0


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
    holder_indptr: IntArray,
    holders: CodeArray,
    holder_values: FloatArray,
    offsets: FloatArray,
    gains: FloatArray,
    losses: FloatArray,
    scores: FloatArray,
) -> None:
    r"""Score all items by the cosine between their vectors and each row's profile.

    The profile of a row is :math:`p = \sum_k w_k x_{i_k}` over its items. Item j has the cosine
    :math:`c = p \cdot x_j / |p|` and the score offset + gain · c where c > 0, offset + loss · c elsewhere. An item that
    shares no term with any item of the row scores −∞; so does every item where the profile vanishes.

    Parameters
    ----------
    start, stop : int
        Rows to work on.
    indptr : (n_rows + 1,) int64 array
        Where the items of each row begin.
    item_codes : (n,) int32 array
        The items of the rows.
    weights : (n,) float32 array
        Their weights, of any sign.
    term_indptr, terms, term_values : int64, int32, float32 arrays
        The unit vectors: items × terms in compressed rows.
    holder_indptr, holders, holder_values : int64, int32, float32 arrays
        The same by term: terms × items in compressed rows.
    offsets, gains, losses : (n_rows,) float64 arrays
        The map from cosine to score; gains and losses are not negative.
    scores : (n_rows, n_items) float32 array
        Filled from start to stop.
    """
    n_terms, n_items = len(holder_indptr) - 1, scores.shape[1]
    profile, has_term = np.empty(n_terms), np.zeros(n_terms, dtype=np.bool_)
    own_terms = np.empty(n_terms, dtype=np.int32)
    totals, shares = np.zeros(n_items), np.zeros(n_items, dtype=np.bool_)
    for row in range(start, stop):
        n_own, norm = _build_profile(
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
        for k in range(n_own):
            term = own_terms[k]
            has_term[term] = False
            if norm == 0.0:
                continue
            value = profile[term] / norm
            for m in range(holder_indptr[term], holder_indptr[term + 1]):
                totals[holders[m]] += value * holder_values[m]
                shares[holders[m]] = True
        for item in range(n_items):
            cosine = min(max(totals[item], -1.0), 1.0)
            score = offsets[row] + cosine * (gains[row] if cosine > 0.0 else losses[row])
            scores[row, item] = score if shares[item] else -np.inf
            totals[item] = 0.0
            shares[item] = False
