"""The Gram matrix of items, and the scores of linear models that are learned from it."""

import numpy as np
from numba import njit

from recokit.kernels._typing import CodeArray, FloatArray, IntArray

__all__ = ["gram_costs", "gram_rows", "linear_pairs", "linear_scores"]

_STRIP = 4096  # columns whose sums stay in the cache while the rows of a history are added up


@njit(nogil=True, cache=True)
def gram_costs(item_indptr: IntArray, user_codes: CodeArray, user_indptr: IntArray) -> IntArray:
    """Return the multiplications that each row of the Gram matrix takes: (n_items,) int64."""
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
    """Fill rows of G = Xᵀ W X.

    Parameters
    ----------
    start, stop : int
        Rows (items) to fill.
    item_indptr, user_codes, item_values
        X by item.
    user_indptr, item_codes, user_values
        X by user.
    user_weights : (n_users,) float64 array
        The diagonal of W.
    gram : (n_items, n_items) float64 array
        G.
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
def _is_told(
    person: int, item: int, indptr: IntArray, item_codes: CodeArray, values: FloatArray, weights: FloatArray
) -> bool:
    """Return whether anything in a history has a weight for an item."""
    for k in range(indptr[person], indptr[person + 1]):
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
    """Fill rows of the scores X B of people.

    Parameters
    ----------
    start, stop : int
        Rows (people) to fill.
    indptr, item_codes, values
        Their histories.
    weights : (n_items, n_items) float32 array
        B.
    scores : (n_people, n_items) float32 array
        Written: −∞ where no item of the history has a weight.
    """
    n_items = scores.shape[1]
    for person in range(start, stop):
        for first in range(0, n_items, _STRIP):
            row = scores[person, first : first + _STRIP]
            row[:] = np.float32(0.0)
            for k in range(indptr[person], indptr[person + 1]):
                value, learned = values[k], weights[item_codes[k], first : first + _STRIP]
                for t in range(len(row)):
                    row[t] += value * learned[t]
            for t in range(len(row)):
                if row[t] == 0.0 and not _is_told(person, first + t, indptr, item_codes, values, weights):
                    row[t] = -np.inf


@njit(nogil=True, cache=True)
def linear_pairs(
    start: int,
    stop: int,
    places: IntArray,
    items: CodeArray,
    indptr: IntArray,
    item_codes: CodeArray,
    values: FloatArray,
    weights: FloatArray,
    scores: FloatArray,
) -> None:
    """Fill the scores X B of pairs of a person and an item, summed up in float64.

    Parameters
    ----------
    start, stop : int
        Pairs to fill.
    places, items : (n_pairs,) int64 and int32 arrays
        The history and the item of each pair.
    indptr, item_codes, values, weights
        As in `linear_scores`.
    scores : (n_pairs,) float64 array
        Written: 0 where no item of the history has a weight.
    """
    for pair in range(start, stop):
        scores[pair] = 0.0
        for k in range(indptr[places[pair]], indptr[places[pair] + 1]):
            scores[pair] += np.float64(values[k]) * np.float64(weights[item_codes[k], items[pair]])
