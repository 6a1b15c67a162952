"""Top-n lists of all users from one order of the items."""

from typing import Any

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import BoolArray, CodeArray, FloatArray, IntArray
from recokit.kernels.sorting import sort

__all__ = ["ordered_top"]


@njit(nogil=True, cache=True)
def ordered_top(
    start: int,
    stop: int,
    order: CodeArray,
    ranks: CodeArray,
    item_scores: FloatArray,
    excluded_indptr: IntArray,
    excluded_codes: CodeArray,
    restricted: BoolArray,
    candidate_indptr: IntArray,
    candidate_codes: CodeArray,
    top_codes: CodeArray,
    top_scores: FloatArray,
    counts: CodeArray,
) -> None:
    """Select the first n eligible items of the order for each user.

    Parameters
    ----------
    start, stop : int
        Range of the users.
    order : (n_allowed,) int32 array
        The codes of the items that may be listed, best first.
    ranks : (n_items,) int32 array
        Position of each item in ``order``, −1 for items that may not be listed.
    item_scores : (n_items,) float32 array
    excluded_indptr, excluded_codes : (n_users + 1,) int64 and (m,) int32 arrays
        Excluded items of each user, in any order, possibly repeated.
    restricted : (n_users,) bool array
        Users that may only get their candidates.
    candidate_indptr, candidate_codes : (n_users + 1,) int64 and (m,) int32 arrays
        Candidates of each user, in any order, possibly repeated.
    top_codes, top_scores : (n_users, n) int32 and float32 arrays
        Output: the items and their scores, padded with −1 and NaN.
    counts : (n_users,) int32 array
        Output: the number of items of each user.
    """
    n, is_excluded = top_codes.shape[1], np.zeros(len(ranks), dtype=np.bool_)
    for user in range(start, stop):
        excluded = excluded_codes[excluded_indptr[user] : excluded_indptr[user + 1]]
        candidates = candidate_codes[candidate_indptr[user] : candidate_indptr[user + 1]]
        is_excluded[excluded] = True
        size: Any = np.int64(0)
        last: Any = np.int64(-1)
        # The positions are ascending in both cases, so that a repeated candidate follows itself.
        positions = ranks[candidates]
        sort(positions, len(positions))
        for t in range(len(positions) if restricted[user] else len(order)):
            position = positions[t] if restricted[user] else t
            if position == last or position < 0:
                continue
            last, code = position, order[position]
            if is_excluded[code]:
                continue
            if size == n:
                break
            top_codes[user, size], top_scores[user, size] = code, item_scores[code]
            size += 1
        is_excluded[excluded] = False
        top_codes[user, size:] = -1
        top_scores[user, size:] = np.nan
        counts[user] = size
