"""Top-k selection with a heap of integer keys.

A key packs a candidate's positive score and its code into 64 bits: the higher key has the higher score or, at equal
scores, the lower code. The heap holds the k best keys with the worst at its root, so the result does not depend on the
order of the candidates. Most functions are inlined into the calling kernel, so that Numba caches both as one.
"""

import numpy as np
from numpy.typing import NDArray

from recokit.kernels._compiling import njit
from recokit.kernels._typing import CodeArray, FloatArray
from recokit.kernels.sorting import sort

__all__ = ["code_of", "key_of", "offer", "put", "score_of", "threshold_of", "worst_of", "write_best"]

Keys = NDArray[np.uint64]

_LOW = 0xFFFFFFFF
_BIN_BITS = 20  # bits of a score within a bin: 3 bits of the mantissa remain, so that a bin spans an eighth at most
_N_BINS = 1 << (31 - _BIN_BITS)
_MIN_SHARE = 4  # candidates for each place from which a threshold saves time


@njit(nogil=True, inline="always")
def key_of(score: FloatArray, code: np.int64 | int) -> np.uint64:
    """Return the key of a candidate.

    The bits of positive floating-point numbers have the order of the numbers.

    Parameters
    ----------
    score : (1,) float32 array
        Positive.
    code : int
        From 0 to 2³¹ − 1.
    """
    return (np.uint64(score.view(np.uint32)[0]) << np.uint64(32)) | (np.uint64(_LOW) - np.uint64(code))


@njit(nogil=True, inline="always")
def score_of(key: np.uint64, score: FloatArray) -> float:
    """Return the score of a key; ``score`` is a (1,) float32 work array."""
    score.view(np.uint32)[0] = np.uint32(key >> np.uint64(32))
    return score[0]


@njit(nogil=True, inline="always")
def code_of(key: np.uint64) -> int:
    """Return the code of a key."""
    return np.int64(np.uint64(_LOW) - (key & np.uint64(_LOW)))  # type: ignore[return-value]


@njit(nogil=True, inline="always")
def offer(keys: Keys, size: int, key: np.uint64) -> int:
    """Add a key to the heap of the ``size`` best keys if it is good enough, and return the new size."""
    if size < len(keys):
        keys[size] = key
        size += 1
        if size == len(keys):
            sort(keys, np.int64(size))  # a sorted array is a heap
    elif key > keys[0]:
        parent = 0
        while 2 * parent + 1 < size:
            child = 2 * parent + 1
            if child + 1 < size and keys[child + 1] < keys[child]:
                child += 1
            if keys[child] >= key:
                break
            keys[parent] = keys[child]
            parent = child
        keys[parent] = key
    return size


@njit(nogil=True, cache=True)
def put(keys: Keys, size: int, score: FloatArray, code: np.int64 | int) -> int:
    """Do as `offer` for a score and a code; not inlined, for kernels with many calls."""
    return offer(keys, size, key_of(score, code))


@njit(nogil=True, cache=True)
def worst_of(keys: Keys, size: int, score: FloatArray) -> float:
    """Return the score that a candidate must reach to enter the heap; 0 until the heap is full."""
    return score_of(keys[0], score) if size == len(keys) else 0.0


@njit(nogil=True, cache=True)
def threshold_of(scores: FloatArray, k: int) -> float:
    """Return a score that at least k candidates reach, or 0: a heap then holds few keys that it drops later.

    Parameters
    ----------
    scores : (n,) float32 array
        The scores of all candidates, at least 0.
    k : int
        Number of places.
    """
    if len(scores) < _MIN_SHARE * k:
        return 0.0
    bins, bits = np.empty(_N_BINS, dtype=np.int32), scores.view(np.uint32)
    bins[:] = 0  # compiles faster than np.zeros
    for t in range(len(scores)):
        bins[bits[t] >> np.uint32(_BIN_BITS)] += 1
    place, n_above = _N_BINS - 1, bins[_N_BINS - 1]
    while place > 0 and n_above < k:
        place -= 1
        n_above += bins[place]
    least = np.empty(1, dtype=np.float32)
    least.view(np.uint32)[0] = np.uint32(place << _BIN_BITS)
    return least[0]


@njit(nogil=True, inline="always")
def write_best(keys: Keys, size: int, codes: CodeArray, scores: FloatArray) -> None:
    """Sort the ``size`` best keys and write their codes and scores, best first, padded with −1 and 0."""
    sort(keys, np.int64(size))
    codes[size:] = -1
    scores[size:] = 0
    bits = scores.view(np.uint32)
    for t in range(size):
        key = keys[size - 1 - t]
        codes[t] = np.uint64(_LOW) - (key & np.uint64(_LOW))
        bits[t] = key >> np.uint64(32)
