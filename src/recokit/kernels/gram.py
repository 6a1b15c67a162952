"""The Gram matrix of items, and the scores of linear models that are learned from it."""

import numpy as np
from numba import njit

from recokit.kernels._typing import CodeArray, FloatArray, IntArray

__all__ = ["gram_costs", "gram_rows", "linear_scores"]


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
    """
    for person in range(start, stop):
        row = scores[person]
        row[:] = np.float32(0.0)
        for k in range(indptr[person], indptr[person + 1]):
            value, learned = values[k], weights[item_codes[k]]
            for item in range(len(row)):
                row[item] += value * learned[item]
