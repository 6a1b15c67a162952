"""Pairs of items in the same baskets, less the items that are viewed as alternatives of each other.

References
----------
J. McAuley, R. Pandey and J. Leskovec (2015). Inferring networks of substitutable and complementary products. KDD.

X. Yang, Y. Zhu, Y. Zhang, X. Wang and Q. Yuan (2020). Large scale product graph construction for recommendation in
e-commerce. arXiv:2010.05525. (Swing.)
"""

import math

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import CodeArray, FloatArray, IntArray
from recokit.kernels.similarity_formulas import Constants, similarity_of
from recokit.kernels.top_k import put, write_best

__all__ = ["complement_rows", "swing_rows"]


@njit(nogil=True, cache=True)
def _count(
    item: int, indptr: IntArray, row_codes: CodeArray, row_indptr: IntArray, codes: CodeArray, counts: CodeArray
) -> None:
    """Add the number of rows that contain both ``item`` and each item to ``counts``."""
    for row in row_codes[indptr[item] : indptr[item + 1]]:
        for other in codes[row_indptr[row] : row_indptr[row + 1]]:
            counts[other] += 1


@njit(nogil=True, cache=True, error_model="numpy")
def complement_rows(
    start: int,
    stop: int,
    first_item: int,
    item_indptr: IntArray,
    basket_codes: CodeArray,
    basket_indptr: IntArray,
    item_codes: CodeArray,
    view_indptr: IntArray,
    viewer_codes: CodeArray,
    viewer_indptr: IntArray,
    viewed_codes: CodeArray,
    kind: int,
    constants: Constants,
    view_weight: float,
    top_codes: CodeArray,
    top_scores: FloatArray,
) -> None:
    """Find the best complements of each item: association in baskets times 1 − view_weight × cosine of the viewers.

    Parameters
    ----------
    start, stop : int
        Range of the output rows; row r is the item ``first_item`` + r.
    first_item : int
    item_indptr, basket_codes : (n_items + 1,) int64 and (n,) int32 arrays
        The baskets with each item.
    basket_indptr, item_codes : (n_baskets + 1,) int64 and (n,) int32 arrays
        The items of each basket.
    view_indptr, viewer_codes, viewer_indptr, viewed_codes
        The viewers of each item and the items of each viewer, in the same form.
    kind : int
        ``CONDITIONAL_PROBABILITY``, ``LIFT`` or ``LOG_LIKELIHOOD`` of `similarity_formulas`.
    constants : Constants
        ``n_columns`` is the number of baskets, ``min_common`` the minimum number of baskets of a pair.
    view_weight : float
    top_codes, top_scores : (n_rows, k) int32 and float32 arrays
        Output: the items with the highest positive scores, best first, ties by code, padded with −1 and 0.
    """
    n_items = len(item_indptr) - 1
    counts, views = np.zeros(n_items, dtype=np.int32), np.zeros(n_items, dtype=np.int32)
    keys, score = np.empty(top_codes.shape[1], dtype=np.uint64), np.empty(1, dtype=np.float32)
    own, other_stats, moments = np.empty(2), np.empty(2), np.empty((0, 4))
    for row in range(start, stop):
        item = first_item + row
        own[:] = item_indptr[item + 1] - item_indptr[item]
        n_views = view_indptr[item + 1] - view_indptr[item]
        _count(item, item_indptr, basket_codes, basket_indptr, item_codes, counts)
        _count(item, view_indptr, viewer_codes, viewer_indptr, viewed_codes, views)
        counts[item] = 0
        size = 0
        for basket in basket_codes[item_indptr[item] : item_indptr[item + 1]]:
            for other in item_codes[basket_indptr[basket] : basket_indptr[basket + 1]]:
                common = np.float64(counts[other])
                counts[other] = 0  # each item is offered once
                if common == 0:
                    continue
                other_stats[:] = item_indptr[other + 1] - item_indptr[other]
                value = similarity_of(kind, False, common, common, moments, 0, own, other_stats, constants)
                if views[other] > 0:
                    n_other = view_indptr[other + 1] - view_indptr[other]
                    value *= max(0.0, 1.0 - view_weight * views[other] / math.sqrt(np.float64(n_views) * n_other))
                score[0] = value
                if score[0] > 0:
                    size = put(keys, size, score, other)
        write_best(keys, size, top_codes[row], top_scores[row])
        for viewer in viewer_codes[view_indptr[item] : view_indptr[item + 1]]:
            for other in viewed_codes[viewer_indptr[viewer] : viewer_indptr[viewer + 1]]:
                views[other] = 0


@njit(nogil=True, cache=True)
def swing_rows(
    start: int,
    stop: int,
    queries: CodeArray,
    item_indptr: IntArray,
    user_codes: CodeArray,
    user_indptr: IntArray,
    item_codes: CodeArray,
    alpha: float,
    top_codes: CodeArray,
    top_scores: FloatArray,
    top_counts: CodeArray,
) -> None:
    """Find the best substitutes of items by Swing: Σ over pairs of common users 1 / √(|I_u| |I_v|) / (α + |I_u ∩ I_v|).

    Parameters
    ----------
    start, stop : int
        Range of the queries.
    queries : (n_queries,) int32 array
        Items.
    item_indptr, user_codes : (n_items + 1,) int64 and (n,) int32 arrays
        The users of each item.
    user_indptr, item_codes : (n_users + 1,) int64 and (n,) int32 arrays
        The items I_u of each user.
    alpha : float
        Smoothing.
    top_codes, top_scores : (n_queries, k) int32 and float32 arrays
        Output: the items with the highest positive scores, best first, ties by code, padded with −1 and 0.
    top_counts : (n_queries,) int32 array
        Output: the number of items.
    """
    n_items = len(item_indptr) - 1
    sums, is_own = np.zeros(n_items), np.zeros(n_items, dtype=np.bool_)
    keys, score = np.empty(top_codes.shape[1], dtype=np.uint64), np.empty(1, dtype=np.float32)
    for row in range(start, stop):
        item = queries[row]
        users = user_codes[item_indptr[item] : item_indptr[item + 1]]
        for place in range(len(users)):
            mine = item_codes[user_indptr[users[place]] : user_indptr[users[place] + 1]]
            is_own[mine] = True
            for user in users[place + 1 :]:
                theirs = item_codes[user_indptr[user] : user_indptr[user + 1]]
                n_common = 0
                for other in theirs:
                    n_common += is_own[other]
                weight = 1.0 / (math.sqrt(np.float64(len(mine)) * len(theirs)) * (alpha + n_common))
                for other in theirs:
                    sums[other] += weight * is_own[other]
            is_own[mine] = False
        sums[item] = 0
        size = 0
        for other in range(n_items):
            score[0] = sums[other]
            if score[0] > 0:
                size = put(keys, size, score, other)
        sums[:] = 0
        write_best(keys, size, top_codes[row], top_scores[row])
        top_counts[row] = size
