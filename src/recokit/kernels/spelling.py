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
    found, distances : (n,) int64 arrays
        Output, with room for all words that have enough common bigrams: the words at distances from 1 to ``limit``,
        ascending, and the distances (optimal string alignment).

    Returns
    -------
    int
        Number of words found.
    """
    n_common, n_found = np.zeros(last - first, dtype=np.int16), 0
    table = np.empty((3, letters.shape[1] + 1), dtype=np.int64)
    for k in range(len(starts)):
        for cell in range(starts[k], stops[k]):
            row = np.int64(rows[cell])
            if not first <= row < last:
                continue
            n_common[row - first] += 1
            if n_common[row - first] != min_common:  # each word is compared once
                continue
            distance = _edits(word, letters[row, : lengths[row]], limit, table)
            if 0 < distance <= limit:
                place = n_found
                while place > 0 and found[place - 1] > row:
                    found[place], distances[place] = found[place - 1], distances[place - 1]
                    place -= 1
                found[place], distances[place] = row, distance
                n_found += 1
    return n_found


@njit(nogil=True, cache=True)
def _edits(word: CodeArray, other: CodeArray, limit: int, table: AnyArray) -> int:
    """Return the number of edits between two words, or a number above ``limit``; ``table`` is a work array.

    Letters that the beginnings and the ends have in common take no edit.
    """
    first, n_word, n_other = 0, len(word), len(other)
    while first < n_word and first < n_other and word[first] == other[first]:
        first += 1
    while n_word > first and n_other > first and word[n_word - 1] == other[n_other - 1]:
        n_word, n_other = n_word - 1, n_other - 1
    most = max(n_word, n_other) - first
    if most <= 1 or min(n_word, n_other) == first:
        return most
    if limit == 1:
        if n_word - first != 2 or n_other - first != 2:
            return 2
        return 1 if word[first] == other[first + 1] and word[first + 1] == other[first] else 2
    return _edits_by_table(word[first:n_word], other[first:n_other], table)


@njit(nogil=True, cache=True)
def _edits_by_table(word: CodeArray, other: CodeArray, table: AnyArray) -> int:
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
