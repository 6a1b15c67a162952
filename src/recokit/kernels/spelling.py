"""Words within a few edits of another word."""

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import AnyArray, CodeArray, IntArray

__all__ = ["close_words"]


@njit(nogil=True, cache=True)
def close_words(
    first: int,
    last: int,
    starts: IntArray,
    stops: IntArray,
    rows: CodeArray,
    min_common: int,
    word: CodeArray,
    letters: CodeArray,
    lengths: IntArray,
    limit: int,
    found: IntArray,
    distances: IntArray,
) -> int:
    """Find the words within a few edits of a word: insertions, deletions, replacements and exchanges of neighbours.

    Distances are computed only for words with enough common bigrams.

    Parameters
    ----------
    first, last : int
        Range of the words.
    starts, stops : (n_bigrams,) int64 arrays
        Bounds in ``rows`` of the words with each bigram of the word.
    rows : (m,) int32 array
        Words with each bigram.
    min_common : int
        Least number of common bigrams, at least 1.
    word : (n,) int32 array
        Code points of the word.
    letters, lengths : (n_words, longest) int32 and (n_words,) int64 arrays
        Code points of the words, padded, and their lengths.
    limit : int
        Largest distance.
    found, distances : (last − first,) int64 arrays
        Output: the words at distances from 1 to ``limit``, ascending, and the distances (optimal string alignment).

    Returns
    -------
    int
        Number of words found.
    """
    n_common = np.zeros(last - first, dtype=np.int32)
    for k in range(len(starts)):
        for cell in range(starts[k], stops[k]):
            if first <= rows[cell] < last:
                n_common[rows[cell] - first] += 1
    table, n_found = np.empty((3, letters.shape[1] + 1), dtype=np.int64), 0
    for place in range(len(n_common)):
        if n_common[place] >= min_common:
            row = first + place
            distance = _edits(word, letters[row, : lengths[row]], table)
            if 0 < distance <= limit:
                found[n_found], distances[n_found] = row, distance
                n_found += 1
    return n_found


@njit(nogil=True, cache=True)
def _edits(word: CodeArray, other: CodeArray, table: AnyArray) -> int:
    """Return the number of edits between two words; ``table`` is a work array of three rows."""
    n = len(other)
    for k in range(n + 1):
        table[0, k] = k
    for i in range(len(word)):
        before_last, before, now = table[(i + 2) % 3], table[i % 3], table[(i + 1) % 3]
        now[0] = i + 1
        for k in range(n):
            fewest = min(before[k + 1] + 1, now[k] + 1, before[k] + (word[i] != other[k]))
            if i > 0 and k > 0 and word[i] == other[k - 1] and word[i - 1] == other[k]:
                fewest = min(fewest, before_last[k - 1] + 1)
            now[k + 1] = fewest
    return int(table[len(word) % 3, n])
