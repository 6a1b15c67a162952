"""Frequent item sets, by extending each frequent set with the later items of its baskets.

References
----------
R. Agrawal and R. Srikant (1994). Fast algorithms for mining association rules. VLDB.

T. Uno, T. Asai, Y. Uchida and H. Arimura (2003). LCM: an efficient algorithm for enumerating frequent closed item sets.
FIMI. (Occurrence deliver.)
"""

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import CodeArray, IntArray

__all__ = ["extend_sets"]


@njit(nogil=True, cache=True)
def _intersect(baskets: CodeArray, n_baskets: int, others: CodeArray) -> int:
    """Keep the first ``n_baskets`` baskets that are among the others, in place; return their number. Both ascend."""
    n_kept, place = 0, 0
    for t in range(n_baskets):
        while place < len(others) and others[place] < baskets[t]:
            place += 1
        if place == len(others):
            break
        if others[place] == baskets[t]:
            baskets[n_kept] = baskets[t]
            n_kept += 1
    return n_kept


@njit(nogil=True, cache=True)
def extend_sets(
    start: int,
    stop: int,
    sets: CodeArray,
    item_indptr: IntArray,
    basket_codes: CodeArray,
    basket_indptr: IntArray,
    item_codes: CodeArray,
    min_support: int,
    write: bool,
    bounds: IntArray,
    extended: CodeArray,
    supports: CodeArray,
) -> None:
    """Extend frequent item sets by one item with a higher code.

    Parameters
    ----------
    start, stop : int
        Range of the sets.
    sets : (n_sets, size) int32 array
        Item codes of each set, ascending.
    item_indptr, basket_codes : (n_items + 1,) int64 and (n,) int32 arrays
        The baskets with each item, ascending.
    basket_indptr, item_codes : (n_baskets + 1,) int64 and (n,) int32 arrays
        The items of each basket, ascending.
    min_support : int
        Minimum number of baskets that contain a set.
    write : bool
        Whether to write the extended sets, or only their numbers.
    bounds : (n_sets + 1,) int64 array
        Without ``write``, output: the number of extensions of set s in ``bounds[s + 1]``. With it, input: the bounds of
        the extensions of each set.
    extended, supports : (n_extended, size + 1) and (n_extended,) int32 arrays
        Output with ``write``: the extended sets in lexicographic order, and their numbers of baskets.
    """
    n_items, size = len(item_indptr) - 1, sets.shape[1]
    counts, touched = np.zeros(n_items, dtype=np.int32), np.empty(n_items + 1, dtype=np.int32)
    for s in range(start, stop):
        first, last = sets[s, 0], sets[s, size - 1]
        baskets = basket_codes[item_indptr[first] : item_indptr[first + 1]].copy()
        n_baskets = len(baskets)
        for place in range(1, size):
            item = sets[s, place]
            n_baskets = _intersect(baskets, n_baskets, basket_codes[item_indptr[item] : item_indptr[item + 1]])
        n_touched = 0
        for basket in baskets[:n_baskets]:
            for k in range(basket_indptr[basket + 1] - 1, basket_indptr[basket] - 1, -1):
                item = item_codes[k]
                if item <= last:
                    break
                touched[n_touched] = item  # overwritten by the next item unless it is new
                n_touched += counts[item] == 0
                counts[item] += 1
        if write:
            touched[:n_touched].sort()
        n_frequent = 0
        for item in touched[:n_touched]:
            if counts[item] >= min_support:
                if write:
                    extended[bounds[s] + n_frequent, :size] = sets[s]
                    extended[bounds[s] + n_frequent, size] = item
                    supports[bounds[s] + n_frequent] = counts[item]
                n_frequent += 1
            counts[item] = 0
        if not write:
            bounds[s + 1] = n_frequent
