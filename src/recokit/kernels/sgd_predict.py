"""Inner products of factors: of single pairs, and of people with all items."""

import numpy as np
from numba import njit

from recokit.kernels._typing import CodeArray, FloatArray, IntArray

__all__ = ["inner_products", "listed_products", "score_pairs"]


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
    """Compute b_u + b_i + p_u·q_i of the pairs ``start`` to ``stop``, in float64.

    Parameters
    ----------
    start, stop : int
        Pairs to compute.
    user_codes, item_codes : (n_pairs,) int32 arrays
    user_bias, item_bias : (n_users,), (n_items,) float32 arrays
    user_factors, item_factors : (n_users, n_factors), (n_items, n_factors) float32 arrays
    scores : (n_pairs,) float64 array
        Filled.
    """
    for k in range(start, stop):
        user, item = user_codes[k], item_codes[k]
        p, q = user_factors[user], item_factors[item]
        total = np.float64(user_bias[user]) + np.float64(item_bias[item])
        for f in range(len(p)):
            total += np.float64(p[f]) * np.float64(q[f])
        scores[k] = total


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def _product(p: FloatArray, q: FloatArray) -> np.float32:
    product = np.float32(0.0)
    for f in range(len(p)):
        product += p[f] * q[f]
    return product


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def inner_products(start: int, stop: int, people: FloatArray, items: FloatArray, products: FloatArray) -> None:
    """Compute the inner products of the people ``start`` to ``stop`` with all items.

    For small numbers of items. Unlike BLAS, it rounds a row alike whatever the number of rows.

    Parameters
    ----------
    start, stop : int
        Rows to compute.
    people, items : (n_people, n_factors), (n_items, n_factors) float32 arrays
    products : (n_people, n_items) float32 array
        Filled.
    """
    for person in range(start, stop):
        p = people[person]
        for item in range(len(items)):
            products[person, item] = _product(p, items[item])


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def listed_products(
    start: int,
    stop: int,
    indptr: IntArray,
    codes: CodeArray,
    people: FloatArray,
    items: FloatArray,
    products: FloatArray,
) -> None:
    """Compute the inner products of the people ``start`` to ``stop`` with some items each, as `inner_products` does.

    Parameters
    ----------
    start, stop : int
        People to work on.
    indptr, codes : (n_people + 1,) int64 and (m,) int32 arrays
        The items of each person.
    people, items : (n_people, n_factors), (n_items, n_factors) float32 arrays
    products : (m,) float32 array
        Filled.
    """
    for person in range(start, stop):
        p = people[person]
        for k in range(indptr[person], indptr[person + 1]):
            products[k] = _product(p, items[codes[k]])
