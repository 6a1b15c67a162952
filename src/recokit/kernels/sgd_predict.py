"""Scores from factors: for pairs, and for all items of each user."""

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import CodeArray, FloatArray

__all__ = ["inner_products", "score_pairs"]


@njit(nogil=True, cache=True, error_model="numpy")
def score_pairs(
    start: int,
    stop: int,
    user_codes: CodeArray,
    item_codes: CodeArray,
    user_bias: FloatArray,
    item_bias: FloatArray,
    user_factors: FloatArray,
    item_factors: FloatArray,
    scores: FloatArray,
) -> None:
    """Compute b_u + b_i + p_u·q_i for pairs of a user and an item, summed in float64.

    Parameters
    ----------
    start, stop : int
        Range of the pairs.
    user_codes, item_codes : (n_pairs,) int32 arrays
    user_bias, item_bias : (n_users,), (n_items,) float32 arrays
        b.
    user_factors, item_factors : (n_users, n_factors), (n_items, n_factors) float32 arrays
        p and q.
    scores : (n_pairs,) float64 array
        Output.
    """
    for k in range(start, stop):
        user, item = user_codes[k], item_codes[k]
        p, q = user_factors[user], item_factors[item]
        total = np.float64(user_bias[user]) + np.float64(item_bias[item])
        for f in range(len(p)):
            total += np.float64(p[f]) * np.float64(q[f])
        scores[k] = total


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def inner_products(start: int, stop: int, users: FloatArray, items: FloatArray, products: FloatArray) -> None:
    """Compute the inner products p_u·q_i of each user with all items, in float32.

    For small numbers of items. Unlike BLAS, the bits of a row do not depend on the number of rows.

    Parameters
    ----------
    start, stop : int
        Range of the users.
    users, items : (n_users, n_factors), (n_items, n_factors) float32 arrays
        p and q.
    products : (n_users, n_items) float32 array
        Output: the rows ``start`` to ``stop``.
    """
    for user in range(start, stop):
        p = users[user]
        for item in range(len(items)):
            q, product = items[item], np.float32(0.0)
            for f in range(len(p)):
                product += p[f] * q[f]
            products[user, item] = product
