"""Scores that are sums of sparse rows of weights, and the lists of the best of them without a dense block."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from recokit.kernels._typing import AnyArray, BoolArray, CodeArray, FloatArray, IntArray
from recokit.kernels.best_keys import offer
from recokit.kernels.prefetch import prefetch

__all__ = ["sparse_scores", "sparse_top"]

_LOW = 0xFFFFFFFF
_SIGN = 0x80000000
_FETCHED = 64
_NOTHING = np.int64(-(2**63))  # the bits of −0


@njit(nogil=True, inline="always")
def _key_of(score: FloatArray, code: int) -> np.uint64:
    """Return the key of a score of any sign and a code: as in `best_keys`, with the order of negative bits reversed."""
    bits = np.uint64(score.view(np.uint32)[0])
    bits = np.uint64(_LOW) - bits if bits >= np.uint64(_SIGN) else bits + np.uint64(_SIGN)
    return (bits << np.uint64(32)) | (np.uint64(_LOW) - np.uint64(code))


@njit(nogil=True, cache=True)
def _no_sums(n_items: int) -> FloatArray:
    """Return sums of nothing: −0, which no sum is that something has been added to."""
    return np.full(n_items, -0.0)


@njit(nogil=True, cache=True)
def _add_up(
    person: int,
    indptr: IntArray,
    item_codes: CodeArray,
    values: FloatArray,
    weight_indptr: IntArray,
    weight_codes: CodeArray,
    weights: FloatArray,
    sums: FloatArray,
    met: CodeArray,
) -> int:
    """Add up a person's rows of weights; list the items met in ``met`` and return how many these are.

    ``met`` has room for one more than all items. Where there is much to add up, it is cheaper to look at all items
    afterwards than to list them on the way.
    """
    work = 0
    for source in item_codes[indptr[person] : indptr[person + 1]]:
        work += weight_indptr[source + 1] - weight_indptr[source]
    rows = item_codes[indptr[person] : indptr[person + 1]], values[indptr[person] : indptr[person + 1]]
    codes = weight_codes.view(np.uint32)  # so that no code is taken for one that counts from the end
    if work < len(sums):
        return _add_and_list(*rows, weight_indptr, codes, weights, sums, met)
    _add(*rows, weight_indptr, codes, weights, sums)
    n_met, bits = 0, sums.view(np.int64)
    for code in range(len(sums)):
        met[n_met] = code
        n_met += bits[code] != _NOTHING
    return n_met


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
    """Do as `_add`; list the items met, and return how many these are."""
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
    n_items = scores.shape[1]
    sums, met = _no_sums(n_items), np.empty(n_items + 1, dtype=np.int32)
    for person in range(start, stop):
        n_met = _add_up(person, indptr, item_codes, values, weight_indptr, weight_codes, weights, sums, met)
        row = scores[person]
        row[:] = -np.inf
        for t in range(n_met):
            code = met[t]
            row[code] = sums[code]
            sums[code] = -0.0


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
    may = np.zeros(n_items, dtype=np.bool_)
    keys, score = np.empty(top_codes.shape[1], dtype=np.uint64), np.empty(1, dtype=np.float32)
    for person in range(start, stop):
        n_met = _add_up(person, indptr, item_codes, values, weight_indptr, weight_codes, weights, sums, met)
        for t in range(n_met):
            may[met[t]] = allowed[met[t]] and not restricted[person]
        if restricted[person]:
            for k in range(kept_indptr[person], kept_indptr[person + 1]):
                may[kept_codes[k]] = allowed[kept_codes[k]]
        for k in range(hidden_indptr[person], hidden_indptr[person + 1]):
            may[hidden_codes[k]] = False
        size = 0
        for t in range(n_met):
            code = met[t]
            if may[code]:
                score[0] = sums[code]
                if score[0] == 0:
                    score[0] = 0  # a negative zero is no less than zero
                size = offer(keys, size, _key_of(score, code))
            sums[code] = -0.0
        if restricted[person]:
            for k in range(kept_indptr[person], kept_indptr[person + 1]):
                may[kept_codes[k]] = False
        counts[person] = size
        _write(keys, size, top_codes[person], top_scores[person])


@njit(nogil=True, cache=True)
def _write(keys: NDArray[np.uint64], size: int, codes: CodeArray, scores: FloatArray) -> None:
    """Write the codes and scores of the best keys, best first; −1 and NaN beyond their number."""
    keys[:size].sort()
    codes[size:] = -1
    scores[size:] = np.nan
    bits = scores.view(np.uint32)
    for t in range(size):
        key = keys[size - 1 - t]
        codes[t] = np.uint64(_LOW) - (key & np.uint64(_LOW))
        high = key >> np.uint64(32)
        bits[t] = high - np.uint64(_SIGN) if high >= np.uint64(_SIGN) else np.uint64(_LOW) - high
