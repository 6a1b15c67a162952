"""Corrections of misspelt words: candidates by common letter bigrams, then the edit distance."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from recokit._runtime.small_work import chosen
from recokit._typing import AnyArray, BoolArray, FloatArray, IntArray
from recokit.data.rows import bounds_from_lengths, expand_spans
from recokit.kernels.spelling import close_words

__all__ = ["EDIT_ODDS", "LONGEST", "Candidates", "Speller"]

EDIT_ODDS = 0.2  # how much less likely a word is for each edit
_LETTER_ODDS = 0.1  # how much less likely an edit is for a letter that could be any other one
_N_CANDIDATES = 100
_BIGRAMS_OF_EDIT = 3  # changed by an edit, at most
_SHORTEST = 2  # letters of the shortest word that is corrected
_LONG = 7  # letters from which two edits are corrected
_N_NEAREST = 3
_MIN_OVERLAP = 0.3  # smallest Dice coefficient of the bigrams of a nearest term
LONGEST = 32  # letters of the longest term that is a correction
_CJK = 0x2E80  # code points from here on belong to scripts whose terms are too short for corrections
_END = 0x110000  # stands for the beginning and the end of a word


class Candidates(NamedTuple):
    """Terms with a word within a few edits of a misspelt one.

    Attributes
    ----------
    codes : (n,) int64 array
        Distinct and sorted, after `distinct`.
    distances : (n,) int64 array
        Numbers of edits, above 0.
    n_strange : (n,) int64 array
        Letters of the misspelt word that are not in the other one.
    """

    codes: IntArray
    distances: IntArray
    n_strange: IntArray

    def distinct(self) -> "Candidates":
        """Return each term once, with the fewest edits."""
        order = np.lexsort((self.n_strange, self.distances, self.codes))
        _, first = np.unique(self.codes[order], return_index=True)
        return self.take(order[first])

    def take(self, places: Any) -> "Candidates":
        """Return some of the terms."""
        return Candidates(*(values[places] for values in self))

    def odds(self) -> FloatArray:
        """Return how likely each word becomes the misspelt one, relative to no edit.

        A letter that is missing, or two that are exchanged, are one of few edits of a word. A letter that is added or
        replaced could have been any other one.
        """
        odds: FloatArray = EDIT_ODDS ** self.distances.astype(np.float64) * _LETTER_ODDS**self.n_strange
        return odds


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
        usable = [word for word, code in words.items() if df[code] and len(word) <= LONGEST and _is_alphabetic(word)]
        usable.sort(key=len)
        self._codes: IntArray = np.array([words[word] for word in usable], dtype=np.int64)
        self._lengths: IntArray = np.array([len(word) for word in usable], dtype=np.int64)
        self._first_of_length = np.searchsorted(self._lengths, np.arange(LONGEST + 2)).tolist()
        self._letters = _letters(usable, int(self._lengths.max(initial=1)))
        self._numbers = np.full(len(usable), "", dtype=object)  # the digits of each word
        for place in np.flatnonzero(_may_have_digits(self._letters)).tolist():
            self._numbers[place] = _number(usable[place])
        grams, rows = _bigrams(self._letters, self._lengths)
        self._grams, columns = np.unique(grams, return_inverse=True)
        order = np.argsort(columns, kind="stable")
        self._rows = rows[order].astype(np.int32)
        self._indptr = bounds_from_lengths(np.bincount(columns, minlength=len(self._grams)))

    @classmethod
    def of(cls, vocabulary: Any, df: AnyArray) -> "Speller":
        """Return the words of a `FieldIndex`."""
        return cls({**vocabulary.surfaces, **vocabulary.codes}, df)

    def candidates(
        self, word: str, most: Callable[[IntArray], FloatArray] | None = None, least: float = 0.0
    ) -> Candidates:
        """Return the terms with a word within a few edits of another one.

        One edit is the insertion, deletion or replacement of a letter, or the exchange of two neighbours. Words of
        seven letters or more may have two. Digits are never changed: another number is another product.

        Parameters
        ----------
        word : str
            A word of a query; it is not one of its own candidates.
        most : callable, optional
            Function from codes to the greatest possible support of each term.
        least : float
            Terms whose support, times the odds of the edits, cannot be greater are left out.
        """
        nothing = Candidates(*np.empty((3, 0), dtype=np.int64))
        limit = 2 if len(word) >= _LONG else 1
        if not _SHORTEST <= len(word) <= LONGEST + limit or not _is_alphabetic(word):
            return nothing
        first, last = (
            self._first_of_length[min(max(length, 0), LONGEST + 1)]
            for length in (len(word) - limit, len(word) + limit + 1)
        )
        starts, stops = self._spans(word)
        if first == last or len(starts) == 0:
            return nothing
        n_cells = int((stops - starts).sum())
        letters = np.array(list(map(ord, word)), dtype=np.int32)
        # An exchange of two neighbours changes three bigrams, and other edits change fewer.
        min_common = max(1, len(word) + 1 - _BIGRAMS_OF_EDIT * limit)
        near: IntArray = np.empty(min(last - first, n_cells // min_common), dtype=np.int64)
        distances = np.empty_like(near)
        words = letters, self._letters, self._lengths
        kernel = chosen(close_words, float(n_cells))
        n = kernel(first, last, starts, stops, self._rows, min_common, *words, limit, near, distances)
        near, distances = near[:n], distances[:n]
        if most is not None and n:
            is_possible = most(self._codes[near]) * EDIT_ODDS ** distances.astype(np.float64) > least
            near, distances = near[is_possible], distances[is_possible]
        if not len(near):
            return nothing
        is_same_product = self._numbers[near] == _number(word)
        near, distances = near[is_same_product], distances[is_same_product]
        return Candidates(self._codes[near], distances, _n_strange(letters, self._letters[near])).distinct()

    def nearest(self, word: str, n: int = _N_NEAREST) -> list[tuple[int, float]]:
        """Return the codes of the terms that share the most bigrams with a word, and their squared Dice coefficients.

        Terms with a coefficient below 0.3 are left out.
        """
        if not word or not _is_alphabetic(word):
            return []
        near, overlap = self._nearest(word)
        order = np.lexsort((self._codes[near], -self._df[self._codes[near]], -overlap))
        order = order[overlap[order] >= _MIN_OVERLAP]
        best: dict[int, float] = {}
        for code, value in zip(self._codes[near[order]].tolist(), overlap[order].tolist(), strict=True):
            best.setdefault(code, value**2)
        return list(best.items())[:n]

    def _spans(self, word: str) -> tuple[IntArray, IntArray]:
        """Return the bounds in ``_rows`` of the terms with each bigram of a word."""
        letters = [_END, *map(ord, word), _END]
        grams = np.array([(one << 21) | other for one, other in pairwise(letters)], dtype=np.int64)
        places = np.searchsorted(self._grams, grams)
        places = places[np.append(self._grams, -1)[places] == grams]
        return self._indptr[places], self._indptr[places + 1]

    def _nearest(self, word: str) -> tuple[IntArray, FloatArray]:
        """Return the positions of the terms with the largest Dice coefficients, and the coefficients."""
        rows = self._rows[expand_spans(*self._spans(word))]
        common = np.bincount(rows, minlength=len(self._codes))
        near = np.flatnonzero(common)
        overlap = 2.0 * common[near] / (self._lengths[near] + 1 + len(word) + 1)
        if len(near) > _N_CANDIDATES:
            best = np.argpartition(-overlap, _N_CANDIDATES)[:_N_CANDIDATES]
            best.sort()
            near, overlap = near[best], overlap[best]
        return near, np.minimum(overlap, 1.0)


def _n_strange(word: AnyArray, others: AnyArray) -> IntArray:
    """Return how many letters of a word are in excess of those of other words, padded."""
    n_before = np.tril(word[:, None] == word, -1).sum(axis=1)  # equal letters earlier in the word
    found = np.count_nonzero(others[:, :, None] == word, axis=1)
    strange: IntArray = np.count_nonzero(found <= n_before, axis=1)
    return strange


def _is_alphabetic(term: str) -> bool:
    """Return whether a term has a letter, and none of a script such as Chinese."""
    if term.isascii():
        return term.isalpha() or any(map(str.isalpha, term))
    return any(map(str.isalpha, term)) and all(ord(letter) < _CJK for letter in term)


def _number(term: str) -> str:
    return "".join(filter(str.isdigit, term))


def _may_have_digits(letters: IntArray) -> BoolArray:
    """Return whether each of several padded words has a digit, or a letter outside of ASCII."""
    may_be: BoolArray = np.any(((letters >= ord("0")) & (letters <= ord("9"))) | (letters > 127), axis=1)
    return may_be


def _letters(words: Sequence[str], longest: int) -> IntArray:
    """Return the code points of words as (n_words, longest) int32, padded with 0."""
    padded = np.array(words, dtype=f"U{max(1, longest)}")
    letters: Any = padded.view(np.int32).reshape(len(words), max(1, longest))
    return letters  # type: ignore[no-any-return]


def _bigrams(letters: IntArray, lengths: IntArray) -> tuple[IntArray, IntArray]:
    """Return the letter bigrams of padded words, with their ends, and the row of each."""
    rows = np.repeat(np.arange(len(lengths)), lengths + 1)
    places = np.arange(len(rows)) - np.repeat(bounds_from_lengths(lengths + 1)[:-1], lengths + 1)
    before = np.where(places > 0, letters[rows, np.maximum(places - 1, 0)], _END).astype(np.int64)
    after = np.where(places < lengths[rows], letters[rows, np.minimum(places, letters.shape[1] - 1)], _END)
    return (before << 21) | after, rows
