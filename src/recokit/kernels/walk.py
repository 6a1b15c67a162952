"""Two-step random walks item → user → item, with end probabilities discounted by popularity."""

from typing import Any

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import CodeArray, FloatArray, IntArray
from recokit.kernels.top_k import key_of, offer, write_best

__all__ = ["walk_rows"]


@njit(nogil=True, cache=True)
def walk_rows(
    start: int,
    stop: int,
    first_item: int,
    item_indptr: IntArray,
    user_codes: CodeArray,
    to_users: FloatArray,
    user_indptr: IntArray,
    item_codes: CodeArray,
    to_items: FloatArray,
    discounts: FloatArray,
    top_codes: CodeArray,
    top_values: FloatArray,
) -> None:
    """Find the best end items of walks item → user → item from each item.

    The value of an end item j of walks from item i is d_j Σ_u P_iu P_uj. Each row is summed in a dense accumulator of
    length n_items; no n × n array is needed.

    Parameters
    ----------
    start, stop : int
        Range of the rows of the result.
    first_item : int
        Row r belongs to the item ``first_item + r``.
    item_indptr, user_codes, to_users : (n_items + 1,) int64, (n,) int32 and (n,) float32 arrays
        P_iu, the transition probabilities from items to users, compressed by item.
    user_indptr, item_codes, to_items : (n_users + 1,) int64, (n,) int32 and (n,) float32 arrays
        P_uj, the transition probabilities from users to items, compressed by user.
    discounts : (n_items,) float64 array
        d.
    top_codes, top_values : (n_rows, n_neighbors) int32 and float32 arrays
        Output: the end items with the largest positive values, best first, ties by code, padded with −1 and 0. The
        item itself is excluded.
    """
    n_items, n_neighbors = len(discounts), top_codes.shape[1]
    sums, keys = np.zeros(n_items, dtype=np.float64), np.empty(n_neighbors, dtype=np.uint64)
    touched, value = np.empty(n_items, dtype=np.int32), np.empty(1, dtype=np.float32)
    for r in range(start, stop):
        item, n_touched = first_item + r, 0
        for k in range(item_indptr[item], item_indptr[item + 1]):
            user, probability = user_codes[k], np.float64(to_users[k])
            for m in range(user_indptr[user], user_indptr[user + 1]):
                end, step = item_codes[m], probability * np.float64(to_items[m])
                if step > 0.0:
                    if sums[end] == 0.0:
                        touched[n_touched] = end
                        n_touched += 1
                    sums[end] += step
        size: Any = np.int64(0)
        for t in range(n_touched):
            end = touched[t]
            value[0] = sums[end] * discounts[end]
            sums[end] = 0.0
            if end != item and value[0] > 0:
                size = offer(keys, size, key_of(value, end))
        write_best(keys, size, top_codes[r], top_values[r])
