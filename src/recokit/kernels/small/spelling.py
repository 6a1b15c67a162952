"""The results of `kernels.spelling` by NumPy."""

import numpy as np

from recokit.kernels._typing import CodeArray, IntArray
from recokit.kernels.small.spans import joined

__all__ = ["close_words"]


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
    """Do as `kernels.spelling.close_words`."""
    _, cells = joined(starts, stops)
    n_common = np.bincount(rows[cells], minlength=last)[first:last]
    near = first + np.flatnonzero(n_common >= min_common)
    edits = _edits(word, letters[near, : len(word) + limit], np.minimum(lengths[near], len(word) + limit))
    edits = np.where(lengths[near] > len(word) + limit, limit + 1, edits)
    is_close = (edits > 0) & (edits <= limit)
    n_found = int(np.count_nonzero(is_close))
    found[:n_found], distances[:n_found] = near[is_close], edits[is_close]
    return n_found


def _edits(word: CodeArray, letters: CodeArray, lengths: IntArray) -> IntArray:
    """Return the number of edits between a word and each of several padded words."""
    n_words, longest = letters.shape
    columns = np.arange(longest + 1)
    before: IntArray = np.zeros((n_words, longest + 1), dtype=np.int64)
    row: IntArray = np.tile(columns, (n_words, 1))
    for place, letter in enumerate(word):
        last, before, row = before, row, np.empty_like(row)
        row[:, 0] = place + 1
        is_letter = letters == letter
        np.minimum(before[:, 1:] + 1, before[:, :-1] + ~is_letter, out=row[:, 1:])
        if place:
            swapped = is_letter[:, :-1] & (letters[:, 1:] == word[place - 1])
            row[:, 2:] = np.where(swapped, np.minimum(row[:, 2:], last[:, :-2] + 1), row[:, 2:])
        row = np.minimum.accumulate(row - columns, axis=1) + columns  # letters inserted
    edits: IntArray = row[np.arange(n_words), lengths]
    return edits
