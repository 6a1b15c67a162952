"""The best of many candidates, each a score and a code in one integer: higher scores first, equal ones by code.

The k best are a heap of keys with the least as its root. What is kept does not depend on the order of the candidates.
Most are inlined into the kernels that use them, so that a kernel and its heap are cached as one.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from recokit.kernels._typing import CodeArray, FloatArray

__all__ = ["key_of", "offer", "put", "score_of", "worst_of", "write_best"]

Keys = NDArray[np.uint64]

_LOW = 0xFFFFFFFF


@njit(nogil=True, inline="always")
def key_of(score: FloatArray, code: int) -> np.uint64:
    """Return the key of a candidate: positive floating-point numbers are ordered as their bits are.

    Parameters
    ----------
    score : (1,) float32 array
        Positive.
    code : int
    """
    return (np.uint64(score.view(np.uint32)[0]) << np.uint64(32)) | (np.uint64(_LOW) - np.uint64(code))


@njit(nogil=True, inline="always")
def score_of(key: np.uint64, score: FloatArray) -> float:
    """Return the score of a key; ``score`` is a (1,) float32 array to be written over."""
    score.view(np.uint32)[0] = np.uint32(key >> np.uint64(32))
    return score[0]


@njit(nogil=True, inline="always")
def offer(keys: Keys, size: int, key: np.uint64) -> int:
    """Put a key among the best, of which there are ``size``, if it belongs there; return how many these are now."""
    if size < len(keys):
        keys[size] = key
        size += 1
        if size == len(keys):
            keys.sort()  # what is sorted is a heap
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
def put(keys: Keys, size: int, score: FloatArray, code: int) -> int:
    """Do as `offer` with the candidate of a score and a code. Not inlined: for kernels that offer in many places."""
    return offer(keys, size, key_of(score, code))


@njit(nogil=True, cache=True)
def worst_of(keys: Keys, size: int, score: FloatArray) -> float:
    """Return the score that a candidate must reach to be among the best, 0 while there is room."""
    return score_of(keys[0], score) if size == len(keys) else 0.0


@njit(nogil=True, inline="always")
def write_best(keys: Keys, size: int, codes: CodeArray, scores: FloatArray) -> None:
    """Sort the best keys; write their codes and scores, best first, −1 and 0 beyond their number."""
    keys[:size].sort()
    codes[size:] = -1
    scores[size:] = 0
    bits = scores.view(np.uint32)
    for t in range(size):
        key = keys[size - 1 - t]
        codes[t] = np.uint64(_LOW) - (key & np.uint64(_LOW))
        bits[t] = key >> np.uint64(32)
