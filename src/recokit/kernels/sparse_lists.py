"""Scores from sparse item-item weights, and top-n lists without a dense block of scores."""

from typing import Any

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import AnyArray, BoolArray, CodeArray, FloatArray, IntArray
from recokit.kernels.prefetch import prefetch
from recokit.kernels.sorting import sort
from recokit.kernels.top_k import Keys, offer

__all__ = ["sparse_scores", "sparse_top"]

_LOW = 0xFFFFFFFF
_SIGN = 0x80000000
_PREFETCHED_CELLS = 64
_STRIP = 32  # items that are skipped together if none is good enough
_NO_EVIDENCE = np.int64(-(2**63))  # the bits of −0


@njit(nogil=True, inline="always")
def _key_of(score: FloatArray, code: np.int64 | int) -> np.uint64:
    """Return the key of a score of any sign and a code, as in `top_k` but with negative bits reversed."""
    bits = np.uint64(score.view(np.uint32)[0])
    bits = np.uint64(_LOW) - bits if bits >= np.uint64(_SIGN) else bits + np.uint64(_SIGN)
    return (bits << np.uint64(32)) | (np.uint64(_LOW) - np.uint64(code))


@njit(nogil=True, inline="always")
def _score_of(key: np.uint64, score: FloatArray) -> float:
    """Return the score of a key; ``score`` is a (1,) float32 work array."""
    high = key >> np.uint64(32)
    high = high - np.uint64(_SIGN) if high >= np.uint64(_SIGN) else np.uint64(_LOW) - high
    score.view(np.uint32)[0] = np.uint32(high)
    return score[0]


@njit(nogil=True, cache=True)
def _empty_sums(n_items: int) -> FloatArray:
    """Return sums without evidence: −0, which no sum with a term equals."""
    return np.full(n_items, -0.0)


@njit(nogil=True, cache=True)
def _work(sources: CodeArray, weight_indptr: IntArray) -> int:
    """Return the number of products to sum."""
    work = 0
    for source in sources:
        work += weight_indptr[source + 1] - weight_indptr[source]
    return work


@njit(nogil=True, cache=True)
def _add(
    sources: CodeArray,
    values: FloatArray,
    weight_indptr: IntArray,
    weight_codes: AnyArray,
    weights: FloatArray,
    sums: FloatArray,
) -> None:
    """Add Σ_k values_k · weights[sources_k] to ``sums``."""
    for k in range(len(sources)):
        if k + 1 < len(sources):
            first = weight_indptr[sources[k + 1]]
            for t in range(0, _PREFETCHED_CELLS, 16):
                prefetch(weight_codes, first + t)
                prefetch(weights, first + t)
        value = np.float64(values[k])
        if value != 0.0:
            for t in range(weight_indptr[sources[k]], weight_indptr[sources[k] + 1]):
                sums[weight_codes[t]] += value * np.float64(weights[t]) + 0.0  # turns a product of −0 into 0


@njit(nogil=True, cache=True)
def _add_and_list(
    sources: CodeArray,
    values: FloatArray,
    weight_indptr: IntArray,
    weight_codes: AnyArray,
    weights: FloatArray,
    sums: FloatArray,
    touched: CodeArray,
) -> int:
    """Do as `_add`; list touched items in ``touched``, which has room for one extra entry, and return their number."""
    n_touched, bits = 0, sums.view(np.int64)
    for k in range(len(sources)):
        value = np.float64(values[k])
        if value != 0.0:
            for t in range(weight_indptr[sources[k]], weight_indptr[sources[k] + 1]):
                code = weight_codes[t]
                touched[n_touched] = code  # overwritten by the next item unless it is new: faster than a branch
                n_touched += bits[code] == _NO_EVIDENCE
                sums[code] += value * np.float64(weights[t]) + 0.0
    return n_touched


@njit(nogil=True, cache=True)
def _add_offsets(
    offsets: FloatArray,
    more: CodeArray,
    n_more: int,
    eligible: BoolArray,
    sums: FloatArray,
    touched: CodeArray,
    n_touched: int,
) -> int:
    """Add the offsets to the sums of touched items, and list the first ``n_more`` eligible others of ``more``."""
    bits = sums.view(np.int64)
    for code in touched[:n_touched]:
        sums[code] = np.float32(sums[code]) + offsets[code] + 0.0
    for code in more:
        if n_more == 0:
            break
        if bits[code] == _NO_EVIDENCE and eligible[code] and offsets[code] != 0:
            touched[n_touched] = code
            n_touched += 1
            sums[code] = offsets[code]
            n_more -= 1
    return n_touched


@njit(nogil=True, cache=True)
def _offer(keys: Keys, size: int, total: float, code: np.int64 | int, score: FloatArray) -> int:
    """Offer an item to the heap of the best, and return the new size."""
    score[0] = total
    if score[0] == 0:
        score[0] = 0  # negative zero ties with zero
    return offer(keys, size, _key_of(score, code))


@njit(nogil=True, cache=True)
def _select(codes: CodeArray, eligible: BoolArray, sums: FloatArray, keys: Keys) -> int:
    """Select the best of some items, possibly repeated, reset their sums to −0, and return the number selected."""
    size: Any = np.int64(0)
    bits, score = sums.view(np.int64), np.empty(1, dtype=np.float32)
    worst = np.float32(-np.inf)
    for code in codes:
        if np.float32(sums[code]) >= worst and bits[code] != _NO_EVIDENCE and eligible[code]:
            size = _offer(keys, size, sums[code], np.int64(code), score)
            if size == len(keys):
                worst = np.float32(_score_of(keys[0], score))
        sums[code] = -0.0
    return size


@njit(nogil=True, cache=True)
def _select_from_all(eligible: BoolArray, sums: FloatArray, keys: Keys) -> int:
    """Select the best of all items, and return the number selected."""
    size: Any = np.int64(0)
    bits, score = sums.view(np.int64), np.empty(1, dtype=np.float32)
    worst = -np.inf
    for first in range(0, len(sums), _STRIP):
        strip = sums[first : first + _STRIP]
        n_better = 0
        for t in range(len(strip)):
            n_better += strip[t] >= worst
        if n_better == 0:
            continue
        for code in range(first, first + len(strip)):
            # Codes ascend, so a score that rounds to the worst score loses the tie.
            if sums[code] >= worst and bits[code] != _NO_EVIDENCE and eligible[code]:
                size = _offer(keys, size, sums[code], code, score)
                if size == len(keys):
                    worst = _score_of(keys[0], score)
    return size


@njit(nogil=True, cache=True)
def sparse_scores(
    start: int,
    stop: int,
    indptr: IntArray,
    item_codes: CodeArray,
    values: FloatArray,
    weight_indptr: IntArray,
    weight_codes: CodeArray,
    weights: FloatArray,
    scores: FloatArray,
) -> None:
    """Compute the scores X B of all items for each user, summed in float64.

    Parameters
    ----------
    start, stop : int
        Range of the users.
    indptr, item_codes, values : (n_users + 1,) int64, (n,) int32 and (n,) float32 arrays
        The histories X, compressed by user.
    weight_indptr, weight_codes, weights : (n_items + 1,) int64, (m,) int32 and (m,) float32 arrays
        B, compressed by row.
    scores : (n_users, n_items) float32 array
        Output: the rows ``start`` to ``stop``; −∞ if no item of the history has a weight for the scored item.
    """
    sums = _empty_sums(scores.shape[1])
    bits, codes = sums.view(np.int64), weight_codes.view(np.uint32)
    for user in range(start, stop):
        first, end = indptr[user], indptr[user + 1]
        _add(item_codes[first:end], values[first:end], weight_indptr, codes, weights, sums)
        for code in range(len(sums)):
            scores[user, code] = sums[code] if bits[code] != _NO_EVIDENCE else -np.inf
        sums[:] = -0.0


@njit(nogil=True, cache=True)
def sparse_top(
    start: int,
    stop: int,
    indptr: IntArray,
    item_codes: CodeArray,
    values: FloatArray,
    weight_indptr: IntArray,
    weight_codes: CodeArray,
    weights: FloatArray,
    offsets: FloatArray,
    offset_order: CodeArray,
    eligible: BoolArray,
    excluded_indptr: IntArray,
    excluded_codes: CodeArray,
    restricted: BoolArray,
    candidate_indptr: IntArray,
    candidate_codes: CodeArray,
    top_codes: CodeArray,
    top_scores: FloatArray,
    counts: CodeArray,
) -> None:
    """Select the top-n items of each user by the scores of `sparse_scores`, plus an offset for each item.

    Parameters
    ----------
    start, stop : int
        Range of the users.
    indptr, item_codes, values, weight_indptr, weight_codes, weights
        See `sparse_scores`.
    offsets : (n_items,) or (0,) float32 array
        Added to the scores of users with a value above 0; the score of an item without evidence is its offset, unless
        that is 0. Empty for no offsets.
    offset_order : (k,) int32 array
        Codes of the items with an offset other than 0, in descending order of the offset, ties by code.
    eligible : (n_items,) bool array
        Whether each item is eligible for any user.
    excluded_indptr, excluded_codes : (n_users + 1,) int64 and (h,) int32 arrays
        The excluded items of each user as compressed rows.
    restricted : (n_users,) bool array
        Whether each user has a list of candidates.
    candidate_indptr, candidate_codes : (n_users + 1,) int64 and (c,) int32 arrays
        The candidates of restricted users as compressed rows.
    top_codes, top_scores : (n_users, n) int32 and float32 arrays
        Output: the items with a score above −∞, best first, ties by code, padded with −1 and NaN.
    counts : (n_users,) int32 array
        Output: the number of items in each list.
    """
    n_items = len(eligible)
    sums, touched = _empty_sums(n_items), np.empty(n_items + 1, dtype=np.int32)
    keys = np.empty(top_codes.shape[1], dtype=np.uint64)
    codes = weight_codes.view(np.uint32)  # unsigned: no index counts from the end
    for user in range(start, stop):
        first, end = indptr[user], indptr[user + 1]
        rows = item_codes[first:end], values[first:end], weight_indptr, codes, weights
        # With many products, reading all sums afterwards is faster than listing the touched items.
        listed = len(offset_order) > 0 or _work(item_codes[first:end], weight_indptr) < n_items
        n_touched = 0
        if listed:
            n_touched = _add_and_list(*rows, sums, touched)
        else:
            _add(*rows, sums)
        excluded = excluded_codes[excluded_indptr[user] : excluded_indptr[user + 1]]
        candidates = candidate_codes[candidate_indptr[user] : candidate_indptr[user + 1]]
        if len(offset_order) > 0 and np.any(values[first:end] > 0):
            # Of the items without evidence, only the n best that are not excluded can be in the list.
            more, n_more = offset_order, len(keys) + len(excluded)
            if restricted[user]:
                more, n_more = candidates, len(candidates)
            n_touched = _add_offsets(offsets, more, n_more, eligible, sums, touched, n_touched)
        for code in excluded:
            sums[code] = -0.0
        if restricted[user]:
            size = _select(candidates, eligible, sums, keys)
        elif listed:
            size = _select(touched[:n_touched], eligible, sums, keys)
        else:
            size = _select_from_all(eligible, sums, keys)
        if listed:
            for code in touched[:n_touched]:
                sums[code] = -0.0
        else:
            sums[:] = -0.0
        counts[user] = size
        _write(keys, size, top_codes[user], top_scores[user])


@njit(nogil=True, cache=True)
def _write(keys: Keys, size: int, codes: CodeArray, scores: FloatArray) -> None:
    """Write the codes and scores of the best keys, best first, padded with −1 and NaN."""
    sort(keys, np.int64(size))
    codes[size:] = -1
    scores[size:] = np.nan
    score = np.empty(1, dtype=np.float32)
    for t in range(size):
        key = keys[size - 1 - t]
        codes[t] = np.uint64(_LOW) - (key & np.uint64(_LOW))
        scores[t] = _score_of(key, score)
