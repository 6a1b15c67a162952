"""The Gram matrix of items, and scores of linear item-item models."""

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import CodeArray, FloatArray, IntArray

__all__ = ["gram_costs", "gram_rows", "linear_pairs", "linear_scores"]

_STRIP = 4096  # columns whose sums stay in the cache while the rows of a history are added


@njit(nogil=True, cache=True)
def gram_costs(item_indptr: IntArray, user_codes: CodeArray, user_indptr: IntArray) -> IntArray:
    """Return the number of multiplications for each row of the Gram matrix: (n_items,) int64."""
    n_items = len(item_indptr) - 1
    costs = np.zeros(n_items, dtype=np.int64)
    for item in range(n_items):
        for k in range(item_indptr[item], item_indptr[item + 1]):
            costs[item] += user_indptr[user_codes[k] + 1] - user_indptr[user_codes[k]]
    return costs


@njit(nogil=True, cache=True)
def gram_rows(
    start: int,
    stop: int,
    item_indptr: IntArray,
    user_codes: CodeArray,
    item_values: FloatArray,
    user_indptr: IntArray,
    item_codes: CodeArray,
    user_values: FloatArray,
    user_weights: FloatArray,
    gram: FloatArray,
) -> None:
    """Compute rows of the Gram matrix G = Xᵀ W X, G_ij = Σ_u w_u x_ui x_uj.

    Parameters
    ----------
    start, stop : int
        Range of the rows (items).
    item_indptr, user_codes, item_values : (n_items + 1,) int64, (n,) int32 and (n,) float32 arrays
        X, compressed by item.
    user_indptr, item_codes, user_values : (n_users + 1,) int64, (n,) int32 and (n,) float32 arrays
        X, compressed by user.
    user_weights : (n_users,) float64 array
        w, the diagonal of W.
    gram : (n_items, n_items) float64 array
        Output: the rows ``start`` to ``stop`` of G.
    """
    for item in range(start, stop):
        row = gram[item]
        row[:] = 0.0
        for k in range(item_indptr[item], item_indptr[item + 1]):
            user = user_codes[k]
            weight = user_weights[user] * item_values[k]
            for m in range(user_indptr[user], user_indptr[user + 1]):
                row[item_codes[m]] += weight * user_values[m]


@njit(nogil=True, cache=True)
def _has_evidence(
    history: int, item: int, indptr: IntArray, item_codes: CodeArray, values: FloatArray, weights: FloatArray
) -> bool:
    """Return whether any item of a history has a non-zero weight for an item."""
    for k in range(indptr[history], indptr[history + 1]):
        if values[k] != 0.0 and weights[item_codes[k], item] != 0.0:
            return True
    return False


@njit(nogil=True, cache=True)
def linear_scores(
    start: int,
    stop: int,
    indptr: IntArray,
    item_codes: CodeArray,
    values: FloatArray,
    weights: FloatArray,
    scores: FloatArray,
) -> None:
    """Compute the scores X B of all items for each user, summed in float32.

    Parameters
    ----------
    start, stop : int
        Range of the users.
    indptr, item_codes, values : (n_users + 1,) int64, (n,) int32 and (n,) float32 arrays
        The histories X, compressed by user.
    weights : (n_items, n_items) float32 array
        B.
    scores : (n_users, n_items) float32 array
        Output: the rows ``start`` to ``stop``; −∞ if no item of the history has a weight for the scored item.
    """
    n_items = scores.shape[1]
    for user in range(start, stop):
        for first in range(0, n_items, _STRIP):
            row = scores[user, first : first + _STRIP]
            row[:] = np.float32(0.0)
            for k in range(indptr[user], indptr[user + 1]):
                value, item_weights = values[k], weights[item_codes[k], first : first + _STRIP]
                for t in range(len(row)):
                    row[t] += value * item_weights[t]
            for t in range(len(row)):
                if row[t] == 0.0 and not _has_evidence(user, first + t, indptr, item_codes, values, weights):
                    row[t] = -np.inf


@njit(nogil=True, cache=True)
def linear_pairs(
    start: int,
    stop: int,
    user_rows: IntArray,
    items: CodeArray,
    indptr: IntArray,
    item_codes: CodeArray,
    values: FloatArray,
    weights: FloatArray,
    scores: FloatArray,
) -> None:
    """Compute the scores Σ_i x_ui B_ij of pairs of a user u and an item j, summed in float64.

    Parameters
    ----------
    start, stop : int
        Range of the pairs.
    user_rows, items : (n_pairs,) int64 and int32 arrays
        The row of X and the item of each pair.
    indptr, item_codes, values, weights
        See `linear_scores`.
    scores : (n_pairs,) float64 array
        Output: the scores; 0 if no item of the history has a weight for the item.
    """
    for pair in range(start, stop):
        scores[pair] = 0.0
        for k in range(indptr[user_rows[pair]], indptr[user_rows[pair] + 1]):
            scores[pair] += np.float64(values[k]) * np.float64(weights[item_codes[k], items[pair]])
