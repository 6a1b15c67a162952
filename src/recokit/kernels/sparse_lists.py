"""Scores that are sums of sparse rows of weights, and the lists of the best of them without a dense block."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from recokit.kernels._typing import BoolArray, CodeArray, FloatArray, IntArray
from recokit.kernels.best_keys import offer

__all__ = ["sparse_scores", "sparse_top"]

_LOW = 0xFFFFFFFF
_SIGN = 0x80000000


@njit(nogil=True, inline="always")
def _key_of(score: FloatArray, code: int) -> np.uint64:
    """Return the key of a score of any sign and a code: as in `best_keys`, with the order of negative bits reversed."""
    bits = np.uint64(score.view(np.uint32)[0])
    bits = np.uint64(_LOW) - bits if bits >= np.uint64(_SIGN) else bits + np.uint64(_SIGN)
    return (bits << np.uint64(32)) | (np.uint64(_LOW) - np.uint64(code))


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
    is_met: BoolArray,
    met: CodeArray,
) -> int:
    """Add up a person's rows of weights; list the items met in ``met`` and return how many these are."""
    n_met = 0
    for k in range(indptr[person], indptr[person + 1]):
        source, value = item_codes[k], np.float64(values[k])
        if value == 0.0:
            continue
        for t in range(weight_indptr[source], weight_indptr[source + 1]):
            code = weight_codes[t]
            if not is_met[code]:
                is_met[code] = True
                met[n_met] = code
                n_met += 1
            sums[code] += value * np.float64(weights[t])
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
    sums, is_met = np.zeros(n_items, dtype=np.float64), np.zeros(n_items, dtype=np.bool_)
    met = np.empty(n_items, dtype=np.int32)
    for person in range(start, stop):
        n_met = _add_up(
            person, indptr, item_codes, values, weight_indptr, weight_codes, weights, sums, is_met, met
        )  # fmt: skip
        row = scores[person]
        row[:] = -np.inf
        for t in range(n_met):
            code = met[t]
            row[code] = sums[code]
            sums[code] = 0.0
            is_met[code] = False


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
    sums, is_met = np.zeros(n_items, dtype=np.float64), np.zeros(n_items, dtype=np.bool_)
    met, may = np.empty(n_items, dtype=np.int32), np.zeros(n_items, dtype=np.bool_)
    keys, score = np.empty(top_codes.shape[1], dtype=np.uint64), np.empty(1, dtype=np.float32)
    for person in range(start, stop):
        n_met = _add_up(
            person, indptr, item_codes, values, weight_indptr, weight_codes, weights, sums, is_met, met
        )  # fmt: skip
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
            sums[code] = 0.0
            is_met[code] = False
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
