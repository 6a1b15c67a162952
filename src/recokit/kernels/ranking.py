"""Measures of ranked lists against relevant items: all users and all measures in one pass."""

import numpy as np
from numba import njit

from recokit.kernels._typing import AnyArray, CodeArray, FloatArray, IntArray

__all__ = [
    "AUC",
    "AVERAGE_PRECISION",
    "BINARY",
    "BY_K",
    "BY_MIN",
    "BY_RELEVANT",
    "EXPONENTIAL",
    "HITS",
    "HIT_RATE",
    "LINEAR",
    "NDCG",
    "RECIPROCAL_RANK",
    "measure_lists",
]

HITS, HIT_RATE, AVERAGE_PRECISION, RECIPROCAL_RANK, NDCG, AUC = 0, 1, 2, 3, 4, 5
BY_K, BY_RELEVANT, BY_MIN = 0, 1, 2
BINARY, LINEAR, EXPONENTIAL = 0, 1, 2


@njit(nogil=True, cache=True, error_model="numpy")
def _find_hits(
    listed: CodeArray, relevant: CodeArray, values: FloatArray, places: CodeArray, ranks: IntArray, found: FloatArray
) -> int:
    """Fill the ranks (from 0) and the values of the hits, best first, and return their number.

    ``places`` is −1 everywhere, before and after.
    """
    for place in range(len(relevant)):
        if relevant[place] >= 0:
            places[relevant[place]] = place
    n_hits = 0
    for rank in range(len(listed)):
        place = places[listed[rank]]
        if place >= 0:
            ranks[n_hits], found[n_hits] = rank, values[place]
            n_hits += 1
            places[listed[rank]] = -1  # an item listed twice is a hit once
    for place in range(len(relevant)):
        if relevant[place] >= 0:
            places[relevant[place]] = -1
    return n_hits


@njit(nogil=True, cache=True, error_model="numpy")
def _divisor(denominator: int, k: int, n_relevant: int) -> int:
    if denominator == BY_K:
        return k
    return n_relevant if denominator == BY_RELEVANT else min(k, n_relevant)


@njit(nogil=True, cache=True, error_model="numpy")
def _gain(value: float, gain: int) -> float:
    if gain == BINARY:
        return 1.0
    return value if gain == LINEAR else 2.0**value - 1.0


@njit(nogil=True, cache=True, error_model="numpy")
def _ndcg(
    ranks: IntArray, found: FloatArray, ideal: FloatArray, ideal_size: int, gain: int, discounts: AnyArray
) -> float:
    """Return the discounted gain of the hits over that of the ideal list."""
    best = 0.0
    if gain == BINARY:
        best = discounts[1, ideal_size]
    else:
        for rank in range(ideal_size):
            best += _gain(ideal[rank], gain) * discounts[0, rank]
    reached = 0.0
    for hit in range(len(ranks)):
        reached += _gain(found[hit], gain) * discounts[0, ranks[hit]]
    return reached / best if best > 0.0 else 0.0


@njit(nogil=True, cache=True, error_model="numpy")
def _auc(listed: CodeArray, ranks: IntArray, n_relevant: int, n_items: int, places: CodeArray) -> float:
    """Return the share of (relevant, other) pairs in the right order; a pair that is not listed is half right.

    An item listed twice stands where it is listed first. ``places`` is −1 everywhere, before and after.
    """
    n_hits, n_others = len(ranks), n_items - n_relevant
    if n_others <= 0:
        return 0.0
    n_misses, hit, above = 0, 0, 0  # misses above the hits, summed over the hits
    for rank in range(len(listed)):
        if hit < n_hits and ranks[hit] == rank:
            above += n_misses
            hit += 1
        elif places[listed[rank]] == -1:
            n_misses += 1
        places[listed[rank]] = 0
    for rank in range(len(listed)):
        places[listed[rank]] = -1
    right = 0.5 * (n_hits + n_relevant) * (n_others - n_misses) + n_hits * n_misses - above
    return right / (n_relevant * n_others)


@njit(nogil=True, cache=True, error_model="numpy")
def _measure(
    kind: int, divisor: int, gain: int, ranks: IntArray, found: FloatArray, ideal: FloatArray, discounts: AnyArray
) -> float:
    """Return one measure of the hits above the cut-off."""
    n_hits = len(ranks)
    if kind == HITS:
        return n_hits / divisor
    if kind == HIT_RATE:
        return 1.0 if n_hits > 0 else 0.0
    if kind == RECIPROCAL_RANK:
        return 1.0 / (ranks[0] + 1) if n_hits > 0 else 0.0
    if kind == NDCG:
        return _ndcg(ranks, found, ideal, divisor, gain, discounts)
    precisions = 0.0
    for hit in range(n_hits):
        precisions += (hit + 1) / (ranks[hit] + 1)
    return precisions / divisor


@njit(nogil=True, cache=True, error_model="numpy")
def measure_lists(
    start: int,
    stop: int,
    listed: CodeArray,
    counts: CodeArray,
    list_rows: IntArray,
    indptr: IntArray,
    relevant: CodeArray,
    values: FloatArray,
    test_rows: IntArray,
    discounts: AnyArray,
    n_listed_items: int,
    plan: IntArray,
    results: AnyArray,
) -> None:
    """Compute every measure of the plan for each user.

    Parameters
    ----------
    start, stop : int
        Users to work on.
    listed : (n_lists, width) int32 array
        Item codes of the lists, best first.
    counts : (n_lists,) int32 array
        Length of each list; cells at and beyond it are not read.
    list_rows : (n_users,) int64 array
        The list of each user, −1 for none.
    indptr : (n_rows + 1,) int64 array
        Where the relevant items of each test row begin.
    relevant : (nnz,) int32 array
        Codes of the relevant items, −1 for those that are in no list. Distinct within a row.
    values : (nnz,) float64 array
        Their values, not negative where they are gains.
    test_rows : (n_users,) int64 array
        The test row of each user, −1 for none.
    discounts : (2, n) float64 array
        Weight of each rank, and the sum of the weights above it; n is greater than the length of the lists, of the
        longest test row, and of the ideal lists of the plan.
    n_listed_items : int
        Number of item codes.
    plan : (n_measures, 5) int64 array
        Kind, cut-off, denominator and gain of each measure; and for ``AUC`` the size of the catalogue, those included
        that are relevant, or listed above the cut-off.
    results : (n_users, n_measures) float64 array
        Filled; 0 for a user without a list or without relevant items.
    """
    width = listed.shape[1]
    cells = listed.ravel()  # there may be no list at all
    places = np.full(n_listed_items, -1, dtype=np.int32)
    ranks, found = np.empty(width, dtype=np.int64), np.empty(width, dtype=np.float64)
    graded = np.any(plan[:, 3] != BINARY)
    for row in range(start, stop):
        results[row] = 0.0
        if list_rows[row] < 0 or test_rows[row] < 0:
            continue
        first, last = indptr[test_rows[row]], indptr[test_rows[row] + 1]
        if first == last:
            continue
        n_listed, begin = counts[list_rows[row]], list_rows[row] * width
        own = cells[begin : begin + n_listed]
        n_hits = _find_hits(own, relevant[first:last], values[first:last], places, ranks, found)
        ideal = np.sort(values[first:last])[::-1] if graded else values[:0][::-1]
        for column in range(len(plan)):
            kind, k, denominator, gain = plan[column, 0], plan[column, 1], plan[column, 2], plan[column, 3]
            seen = np.searchsorted(ranks[:n_hits], k)  # hits above the cut-off
            if kind == AUC:
                results[row, column] = _auc(
                    own[: min(n_listed, k)], ranks[:seen], last - first, plan[column, 4], places
                )
                continue
            divisor = _divisor(denominator, k, last - first)
            results[row, column] = _measure(kind, divisor, gain, ranks[:seen], found[:seen], ideal, discounts)
