"""Corrections of misspelt words: candidates by common letter bigrams, then the edit distance."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from recokit._typing import AnyArray, FloatArray, IntArray

__all__ = ["LONGEST", "Speller", "edit_distances", "nearest_of"]

_N_CANDIDATES = 100
_SHORTEST = 2  # letters of the shortest word that is corrected
_LONG = 7  # letters from which two edits are corrected
_N_NEAREST = 3
_MIN_OVERLAP = 0.3  # smallest Dice coefficient of the bigrams of a nearest term
LONGEST = 32  # letters of the longest term that is a correction
_CJK = 0x2E80  # code points from here on belong to scripts whose terms are too short for corrections
_END = 0x110000  # stands for the beginning and the end of a word


class Speller:
    """The words of a catalogue by letter bigrams.

    Parameters
    ----------
    words : mapping of str to int
        Words, and the codes of their terms.
    df : (n_terms,) int array
        Number of items of each term; terms without items are no corrections.
    """

    def __init__(self, words: Mapping[str, int], df: AnyArray) -> None:
        self._df = np.asarray(df)
        usable = {
            word: code for word, code in words.items() if df[code] and len(word) <= LONGEST and _is_alphabetic(word)
        }
        self._codes: IntArray = np.array(list(usable.values()), dtype=np.int64)
        self._lengths: IntArray = np.array([len(word) for word in usable], dtype=np.int64)
        self._letters = _letters(list(usable), int(self._lengths.max(initial=1)))
        self._numbers = np.array([_number(word) for word in usable], dtype=object)  # the digits of each word
        grams, rows = _bigrams(self._letters, self._lengths)
        self._grams, columns = np.unique(grams, return_inverse=True)
        order = np.argsort(columns, kind="stable")
        self._rows = rows[order]
        self._indptr = np.concatenate([[0], np.cumsum(np.bincount(columns, minlength=len(self._grams)))])

    @classmethod
    def of(cls, vocabulary: Any, df: AnyArray) -> "Speller":
        """Return the words of a `FieldIndex`."""
        return cls({**vocabulary.surfaces, **vocabulary.codes}, df)

    def candidates(self, word: str) -> tuple[IntArray, IntArray]:
        """Return the codes of the terms with a word within a few edits of another one, and the distances above 0.

        One edit is the insertion, deletion or replacement of a letter, or the exchange of two neighbours. Words of
        seven letters or more may have two. Digits are never changed: another number is another product.

        Parameters
        ----------
        word : str
            A word of a query; it is not one of its own candidates.
        """
        nothing: IntArray = np.empty(0, dtype=np.int64)
        limit = 2 if len(word) >= _LONG else 1
        if not _SHORTEST <= len(word) <= LONGEST + limit or not _is_alphabetic(word):
            return nothing, nothing
        near, _ = self._nearest(word, limit)
        near = near[self._numbers[near] == _number(word)]
        letters = self._letters[near, : len(word) + limit]
        distances = edit_distances(word, letters, self._lengths[near])
        is_candidate = (distances > 0) & (distances <= limit)
        return nearest_of(self._codes[near[is_candidate]], distances[is_candidate])

    def nearest(self, word: str, n: int = _N_NEAREST) -> list[tuple[int, float]]:
        """Return the codes of the terms that share the most bigrams with a word, and their squared Dice coefficients.

        Terms with a coefficient below 0.3 are left out.
        """
        if not word or not _is_alphabetic(word):
            return []
        near, overlap = self._nearest(word, None)
        order = np.lexsort((self._codes[near], -self._df[self._codes[near]], -overlap))
        order = order[overlap[order] >= _MIN_OVERLAP]
        best: dict[int, float] = {}
        for code, value in zip(self._codes[near[order]].tolist(), overlap[order].tolist(), strict=True):
            best.setdefault(code, value**2)
        return list(best.items())[:n]

    def _nearest(self, word: str, limit: int | None) -> tuple[IntArray, FloatArray]:
        """Return the positions of the terms with the largest Dice coefficients, and the coefficients.

        With a ``limit``, only terms whose length differs by at most the limit.
        """
        length = np.array([len(word)])
        grams, _ = _bigrams(_letters([word], len(word)), length)
        places = np.searchsorted(self._grams, grams)
        found = [k for k, gram in zip(places, grams, strict=True) if k < len(self._grams) and self._grams[k] == gram]
        rows = [self._rows[self._indptr[k] : self._indptr[k + 1]] for k in found]
        common = np.bincount(np.concatenate([np.empty(0, np.int64), *rows]), minlength=len(self._codes))
        if limit is None:
            near = np.flatnonzero(common)
        else:
            near = np.flatnonzero((common > 0) & (np.abs(self._lengths - length) <= limit))
        overlap = 2.0 * common[near] / (self._lengths[near] + 1 + length + 1)
        if len(near) > _N_CANDIDATES:
            best = np.argpartition(-overlap, _N_CANDIDATES)[:_N_CANDIDATES]
            best.sort()
            near, overlap = near[best], overlap[best]
        return near, np.minimum(overlap, 1.0)


def nearest_of(codes: IntArray, distances: IntArray) -> tuple[IntArray, IntArray]:
    """Return the distinct codes, sorted, and the smallest distance of each."""
    order = np.lexsort((distances, codes))
    distinct, first = np.unique(codes[order], return_index=True)
    return distinct, distances[order][first]


def edit_distances(word: str, letters: IntArray, lengths: IntArray) -> IntArray:
    """Return the number of edits between a word and each of several words (optimal string alignment).

    Parameters
    ----------
    word : str
    letters : (n_words, longest) int32 array
        Code points of the words, padded with 0.
    lengths : (n_words,) int64 array

    References
    ----------
    Damerau, "A technique for computer detection and correction of spelling errors", Communications of the ACM 7, 1964.

    Examples
    --------
    >>> words = ["tablet", "table"]
    >>> edit_distances("tabelt", _letters(words, 6), np.array([6, 5])).tolist()
    [1, 2]
    """
    n_words, longest = letters.shape
    columns = np.arange(longest + 1)
    before: IntArray = np.zeros((n_words, longest + 1), dtype=np.int64)
    row: IntArray = np.tile(columns, (n_words, 1))
    for place, letter in enumerate(map(ord, word)):
        last, before, row = before, row, np.empty_like(row)
        row[:, 0] = place + 1
        is_letter = letters == letter
        np.minimum(before[:, 1:] + 1, before[:, :-1] + ~is_letter, out=row[:, 1:])
        if place:
            swapped = is_letter[:, :-1] & (letters[:, 1:] == ord(word[place - 1]))
            row[:, 2:] = np.where(swapped, np.minimum(row[:, 2:], last[:, :-2] + 1), row[:, 2:])
        row = np.minimum.accumulate(row - columns, axis=1) + columns  # letters inserted
    distances: IntArray = row[np.arange(n_words), lengths]
    return distances


def _is_alphabetic(term: str) -> bool:
    """Return whether a term has a letter, and none of a script such as Chinese."""
    return any(map(str.isalpha, term)) and all(ord(letter) < _CJK for letter in term)


def _number(term: str) -> str:
    return "".join(filter(str.isdigit, term))


def _letters(words: Sequence[str], longest: int) -> IntArray:
    """Return the code points of words as (n_words, longest) int32, padded with 0."""
    padded = np.array(words, dtype=f"U{max(1, longest)}")
    letters: Any = padded.view(np.int32).reshape(len(words), max(1, longest))
    return letters  # type: ignore[no-any-return]


def _bigrams(letters: IntArray, lengths: IntArray) -> tuple[IntArray, IntArray]:
    """Return the letter bigrams of padded words, with their ends, and the row of each."""
    n_words, longest = letters.shape
    framed: Any = np.full((n_words, longest + 2), _END, dtype=np.int64)
    framed[:, 1:-1] = np.where(np.arange(longest) < lengths[:, None], letters, _END)
    grams = (framed[:, :-1] << 21) | framed[:, 1:]
    rows, places = np.nonzero(np.arange(longest + 1) <= lengths[:, None])
    return grams[rows, places], rows
