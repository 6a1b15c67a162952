"""Ranking metrics: all users and all metrics in one pass."""

import numpy as np

from recokit.kernels._compiling import njit
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
    listed: CodeArray,
    relevant: CodeArray,
    values: FloatArray,
    places: CodeArray,
    ranks: IntArray,
    hit_values: FloatArray,
) -> int:
    """Write the ranks (from 0) and the values of the hits, best first, and return their number.

    ``places`` is a work array of item codes: −1 everywhere on entry and on return.
    """
    for place in range(len(relevant)):
        if relevant[place] >= 0:
            places[relevant[place]] = place
    n_hits = 0
    for rank in range(len(listed)):
        place = places[listed[rank]]
        if place >= 0:
            ranks[n_hits], hit_values[n_hits] = rank, values[place]
            n_hits += 1
            places[listed[rank]] = -1  # a repeated item is a hit only once
    for place in range(len(relevant)):
        if relevant[place] >= 0:
            places[relevant[place]] = -1
    return n_hits


@njit(nogil=True, cache=True, error_model="numpy")
def _divisor(denominator: int, k: int, n_relevant: int) -> int:
    """Return k, the number of relevant items, or the smaller of the two."""
    if denominator == BY_K:
        return k
    return n_relevant if denominator == BY_RELEVANT else min(k, n_relevant)


@njit(nogil=True, cache=True, error_model="numpy")
def _gain(value: float, gain: int) -> float:
    """Return 1, the value, or 2^value − 1."""
    if gain == BINARY:
        return 1.0
    return value if gain == LINEAR else 2.0**value - 1.0


@njit(nogil=True, cache=True, error_model="numpy")
def _ndcg(
    ranks: IntArray, hit_values: FloatArray, ideal: FloatArray, ideal_size: int, gain: int, discounts: AnyArray
) -> float:
    """Return the discounted gain of the hits divided by the discounted gain of the ideal list."""
    best = 0.0
    if gain == BINARY:
        best = discounts[1, ideal_size]
    else:
        for rank in range(ideal_size):
            best += _gain(ideal[rank], gain) * discounts[0, rank]
    gains = 0.0
    for hit in range(len(ranks)):
        gains += _gain(hit_values[hit], gain) * discounts[0, ranks[hit]]
    return gains / best if best > 0.0 else 0.0


@njit(nogil=True, cache=True, error_model="numpy")
def _auc(listed: CodeArray, ranks: IntArray, n_relevant: int, n_items: int, places: CodeArray) -> float:
    """Return the share of (relevant, other) pairs in the right order; a pair outside the list counts one half.

    A repeated item counts at its first rank. ``places`` is a work array: −1 everywhere on entry and on return.
    """
    n_hits, n_others = len(ranks), n_items - n_relevant
    if n_others <= 0:
        return 0.0
    n_misses, hit, above = 0, 0, 0  # misses ranked above each hit, summed over the hits
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
    kind: int, divisor: int, gain: int, ranks: IntArray, hit_values: FloatArray, ideal: FloatArray, discounts: AnyArray
) -> float:
    """Return one metric from the hits above the cut-off."""
    n_hits = len(ranks)
    if kind == HITS:
        return n_hits / divisor
    if kind == HIT_RATE:
        return 1.0 if n_hits > 0 else 0.0
    if kind == RECIPROCAL_RANK:
        return 1.0 / (ranks[0] + 1) if n_hits > 0 else 0.0
    if kind == NDCG:
        return _ndcg(ranks, hit_values, ideal, divisor, gain, discounts)
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
    """Compute all metrics of a plan for each user.

    With hits at the ranks r_1 < r_2 < … (from 1) up to the cut-off k, and d the denominator::

        HITS = n_hits / d        HIT_RATE = 1 if n_hits > 0 else 0        RECIPROCAL_RANK = 1 / r_1
        AVERAGE_PRECISION = Σ_j (j / r_j) / d        NDCG = Σ_j gain_j w(r_j) / Σ_{r ≤ d} ideal gain_r w(r)

    w(r) is the discount of rank r. ``AUC`` is the share of pairs of a relevant and another item in the right order.

    Parameters
    ----------
    start, stop : int
        Range of the users.
    listed : (n_lists, width) int32 array
        Item codes of the ranked lists, best first.
    counts : (n_lists,) int32 array
        Length of each list; cells beyond it are not read.
    list_rows : (n_users,) int64 array
        The row of each user in ``listed``, −1 for none.
    indptr : (n_rows + 1,) int64 array
        Boundaries of the test rows.
    relevant : (nnz,) int32 array
        Codes of the relevant items, −1 for items that are in no list. Other codes are distinct within a row.
    values : (nnz,) float64 array
        Values of the relevant items; not negative if used as gains.
    test_rows : (n_users,) int64 array
        The test row of each user, −1 for none.
    discounts : (2, n) float64 array
        Discount of each rank, and the sum of the discounts of the ranks above it. n must exceed the lengths of the
        lists, the longest test row, and the ideal lists of the plan.
    n_listed_items : int
        Number of item codes.
    plan : (n_metrics, 5) int64 array
        Kind, cut-off, denominator and gain of each metric. The fifth column is the size of the catalogue for ``AUC``,
        including relevant items and items listed above the cut-off.
    results : (n_users, n_metrics) float64 array
        Output: the rows ``start`` to ``stop``; 0 for a user without a list or without relevant items.
    """
    width = listed.shape[1]
    cells = listed.ravel()  # also valid if there are no lists
    places = np.full(n_listed_items, -1, dtype=np.int32)
    ranks, hit_values = np.empty(width, dtype=np.int64), np.empty(width, dtype=np.float64)
    graded = np.any(plan[:, 3] != BINARY)
    for row in range(start, stop):
        results[row] = 0.0
        if list_rows[row] < 0 or test_rows[row] < 0:
            continue
        first, last = indptr[test_rows[row]], indptr[test_rows[row] + 1]
        if first == last:
            continue
        n_listed, begin = counts[list_rows[row]], list_rows[row] * width
        user_list = cells[begin : begin + n_listed]
        n_hits = _find_hits(user_list, relevant[first:last], values[first:last], places, ranks, hit_values)
        ideal = np.sort(values[first:last])[::-1] if graded else values[:0][::-1]
        for column in range(len(plan)):
            kind, k, denominator, gain = plan[column, 0], plan[column, 1], plan[column, 2], plan[column, 3]
            n_above = np.searchsorted(ranks[:n_hits], k)  # hits above the cut-off
            if kind == AUC:
                results[row, column] = _auc(
                    user_list[: min(n_listed, k)], ranks[:n_above], last - first, plan[column, 4], places
                )
                continue
            divisor = _divisor(denominator, k, last - first)
            results[row, column] = _measure(
                kind, divisor, gain, ranks[:n_above], hit_values[:n_above], ideal, discounts
            )
