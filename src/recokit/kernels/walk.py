"""Random walks between items by way of users: the most probable ends of each, less what their popularity explains."""

import numpy as np
from numba import njit

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
    """Find the best ends of the walks item → user → item from each item.

    The value of an end j of walks from i is Σ_u P_iu P_uj times the discount of j. Row by row over a dense
    accumulator of one row; nothing of the size n × n exists.

    Parameters
    ----------
    start, stop : int
        Rows of the result to fill; row r is of the item ``first_item + r``.
    item_indptr, user_codes, to_users : (n_items + 1,) int64, (n,) int32 and (n,) float32 arrays
        P from items to users, by item.
    user_indptr, item_codes, to_items : (n_users + 1,) int64, (n,) int32 and (n,) float32 arrays
        P from users to items, by user.
    discounts : (n_items,) float64 array
    top_codes, top_values : (n_rows, n_neighbors) int32 and float32 arrays
        Written: the ends of the largest values above 0, best first, equal ones by code; −1 and 0 beyond their number.
        No item is an end of its own walks.
    """
    n_items, n_neighbors = len(discounts), top_codes.shape[1]
    sums, keys = np.zeros(n_items, dtype=np.float64), np.empty(n_neighbors, dtype=np.uint64)
    met, value = np.empty(n_items, dtype=np.int32), np.empty(1, dtype=np.float32)
    for r in range(start, stop):
        item, n_met = first_item + r, 0
        for k in range(item_indptr[item], item_indptr[item + 1]):
            user, chance = user_codes[k], np.float64(to_users[k])
            for m in range(user_indptr[user], user_indptr[user + 1]):
                end, step = item_codes[m], chance * np.float64(to_items[m])
                if step > 0.0:
                    if sums[end] == 0.0:
                        met[n_met] = end
                        n_met += 1
                    sums[end] += step
        size = 0
        for t in range(n_met):
            end = met[t]
            value[0] = sums[end] * discounts[end]
            sums[end] = 0.0
            if end != item and value[0] > 0:
                size = offer(keys, size, key_of(value, end))
        write_best(keys, size, top_codes[r], top_values[r])
