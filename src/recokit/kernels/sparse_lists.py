"""Scores that are sums of sparse rows of weights, and the lists of the best of them without a dense block."""

import numpy as np
from numba import njit

from recokit.kernels._typing import AnyArray, BoolArray, CodeArray, FloatArray, IntArray
from recokit.kernels.prefetch import prefetch
from recokit.kernels.top_k import Keys, offer

__all__ = ["sparse_scores", "sparse_top"]

_LOW = 0xFFFFFFFF
_SIGN = 0x80000000
_FETCHED = 64
_STRIP = 32  # items that are passed over together where none is good enough
_NOTHING = np.int64(-(2**63))  # the bits of −0


@njit(nogil=True, inline="always")
def _key_of(score: FloatArray, code: int) -> np.uint64:
    """Return the key of a score of any sign and a code: as in `best_keys`, with the order of negative bits reversed."""
    bits = np.uint64(score.view(np.uint32)[0])
    bits = np.uint64(_LOW) - bits if bits >= np.uint64(_SIGN) else bits + np.uint64(_SIGN)
    return (bits << np.uint64(32)) | (np.uint64(_LOW) - np.uint64(code))


@njit(nogil=True, inline="always")
def _score_of(key: np.uint64, score: FloatArray) -> float:
    """Return the score of a key; ``score`` is a (1,) float32 array to be written over."""
    high = key >> np.uint64(32)
    high = high - np.uint64(_SIGN) if high >= np.uint64(_SIGN) else np.uint64(_LOW) - high
    score.view(np.uint32)[0] = np.uint32(high)
    return score[0]


@njit(nogil=True, cache=True)
def _no_sums(n_items: int) -> FloatArray:
    """Return sums of nothing: −0, which no sum is that something has been added to."""
    return np.full(n_items, -0.0)


@njit(nogil=True, cache=True)
def _work(sources: CodeArray, weight_indptr: IntArray) -> int:
    """Return how many products are to be added up."""
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
    """Add up some rows of weights, each times a value."""
    for k in range(len(sources)):
        if k + 1 < len(sources):
            first = weight_indptr[sources[k + 1]]
            for t in range(0, _FETCHED, 16):
                prefetch(weight_codes, first + t)
                prefetch(weights, first + t)
        value = np.float64(values[k])
        if value != 0.0:
            for t in range(weight_indptr[sources[k]], weight_indptr[sources[k] + 1]):
                sums[weight_codes[t]] += value * np.float64(weights[t]) + 0.0  # no product is −0


@njit(nogil=True, cache=True)
def _add_and_list(
    sources: CodeArray,
    values: FloatArray,
    weight_indptr: IntArray,
    weight_codes: AnyArray,
    weights: FloatArray,
    sums: FloatArray,
    met: CodeArray,
) -> int:
    """Do as `_add`; list the items met, and return how many these are. ``met`` has room for one more than all items."""
    n_met, bits = 0, sums.view(np.int64)
    for k in range(len(sources)):
        value = np.float64(values[k])
        if value != 0.0:
            for t in range(weight_indptr[sources[k]], weight_indptr[sources[k] + 1]):
                code = weight_codes[t]
                met[n_met] = code  # overwritten by the next, unless it is new: cheaper than a branch
                n_met += bits[code] == _NOTHING
                sums[code] += value * np.float64(weights[t]) + 0.0
    return n_met


@njit(nogil=True, cache=True)
def _offer(keys: Keys, size: int, sum_: float, code: int, score: FloatArray) -> int:
    """Offer an item to the best; return how many these are."""
    score[0] = sum_
    if score[0] == 0:
        score[0] = 0  # a negative zero is no less than zero
    return offer(keys, size, _key_of(score, code))


@njit(nogil=True, cache=True)
def _choose(codes: CodeArray, allowed: BoolArray, sums: FloatArray, keys: Keys) -> int:
    """Find the best of some items, which may repeat; return how many were found. Their sums are nothing afterwards."""
    size, bits, score = 0, sums.view(np.int64), np.empty(1, dtype=np.float32)
    for code in codes:
        if bits[code] != _NOTHING and allowed[code]:
            size = _offer(keys, size, sums[code], code, score)
        sums[code] = -0.0
    return size


@njit(nogil=True, cache=True)
def _choose_of_all(allowed: BoolArray, sums: FloatArray, keys: Keys) -> int:
    """Find the best of all items; return how many were found."""
    size, bits, score = 0, sums.view(np.int64), np.empty(1, dtype=np.float32)
    worst = -np.inf
    for first in range(0, len(sums), _STRIP):
        strip = sums[first : first + _STRIP]
        n_better = 0
        for t in range(len(strip)):
            n_better += strip[t] >= worst
        if n_better == 0:
            continue
        for code in range(first, first + len(strip)):
            # Codes ascend, so that what is rounded to the worst score loses to it.
            if sums[code] >= worst and bits[code] != _NOTHING and allowed[code]:
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
    """Fill rows of the scores X B of people.

    Parameters
    ----------
    start, stop : int
        Rows (people) to fill.
    indptr, item_codes, values : (n_people + 1,) int64, (n,) int32 and (n,) float32 arrays
        Their histories.
    weight_indptr, weight_codes, weights : (n_items + 1,) int64, (m,) int32 and (m,) float32 arrays
        B, compressed by row.
    scores : (n_people, n_items) float32 array
        Written: −∞ where no item of the history has a weight.
    """
    sums = _no_sums(scores.shape[1])
    bits, codes = sums.view(np.int64), weight_codes.view(np.uint32)
    for person in range(start, stop):
        first, end = indptr[person], indptr[person + 1]
        _add(item_codes[first:end], values[first:end], weight_indptr, codes, weights, sums)
        for code in range(len(sums)):
            scores[person, code] = sums[code] if bits[code] != _NOTHING else -np.inf
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
    allowed: BoolArray,
    hidden_indptr: IntArray,
    hidden_codes: CodeArray,
    restricted: BoolArray,
    kept_indptr: IntArray,
    kept_codes: CodeArray,
    top_codes: CodeArray,
    top_scores: FloatArray,
    counts: CodeArray,
) -> None:
    """List the items of the best scores of each person, which are those that `sparse_scores` gives.

    Parameters
    ----------
    start, stop : int
        Rows (people) to fill.
    indptr, item_codes, values, weight_indptr, weight_codes, weights
        As in `sparse_scores`.
    allowed : (n_items,) bool array
        What may be listed for anybody.
    hidden_indptr, hidden_codes : (n_people + 1,) int64 and (h,) int32 arrays
        What may not be listed for each person.
    restricted : (n_people,) bool array
        Who has a list of the items that alone may be listed.
    kept_indptr, kept_codes : (n_people + 1,) int64 and (c,) int32 arrays
        These lists.
    top_codes, top_scores : (n_people, n) int32 and float32 arrays
        Written: best first, equal ones by code; −1 and NaN beyond their number.
    counts : (n_people,) int32 array
        Written: how many there are.
    """
    n_items = len(allowed)
    sums, met = _no_sums(n_items), np.empty(n_items + 1, dtype=np.int32)
    keys = np.empty(top_codes.shape[1], dtype=np.uint64)
    codes = weight_codes.view(np.uint32)  # so that no code is taken for one that counts from the end
    for person in range(start, stop):
        first, end = indptr[person], indptr[person + 1]
        rows = item_codes[first:end], values[first:end], weight_indptr, codes, weights
        # Where there is much to add up, it is cheaper to look at all items afterwards than to list them on the way.
        listed = _work(item_codes[first:end], weight_indptr) < n_items
        n_met = 0
        if listed:
            n_met = _add_and_list(*rows, sums, met)
        else:
            _add(*rows, sums)
        for code in hidden_codes[hidden_indptr[person] : hidden_indptr[person + 1]]:
            sums[code] = -0.0
        if restricted[person]:
            size = _choose(kept_codes[kept_indptr[person] : kept_indptr[person + 1]], allowed, sums, keys)
        elif listed:
            size = _choose(met[:n_met], allowed, sums, keys)
        else:
            size = _choose_of_all(allowed, sums, keys)
        if listed:
            for code in met[:n_met]:
                sums[code] = -0.0
        else:
            sums[:] = -0.0
        counts[person] = size
        _write(keys, size, top_codes[person], top_scores[person])


@njit(nogil=True, cache=True)
def _write(keys: Keys, size: int, codes: CodeArray, scores: FloatArray) -> None:
    """Write the codes and scores of the best keys, best first; −1 and NaN beyond their number."""
    keys[:size].sort()
    codes[size:] = -1
    scores[size:] = np.nan
    score = np.empty(1, dtype=np.float32)
    for t in range(size):
        key = keys[size - 1 - t]
        codes[t] = np.uint64(_LOW) - (key & np.uint64(_LOW))
        scores[t] = _score_of(key, score)
