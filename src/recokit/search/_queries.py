"""Queries as words with the terms that may stand for each of them."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from recokit._typing import BoolArray, CodeArray, FloatArray, IntArray
from recokit.data.rows import bounds_from_lengths
from recokit.search._index import FieldIndex, Postings
from recokit.search._spelling import EDIT_ODDS, LONGEST, Candidates, Speller
from recokit.search._terms import Terms

__all__ = ["Query", "QueryReader", "QueryWords"]

_MAX_WORDS = 64  # distinct words of a query
_MAX_CORRECTED = 8  # unknown words of a query that are corrected
_N_CORRECTIONS = 3  # of a word
_KNOWN_ODDS = 0.5  # how much less likely it is that a known word is misspelt
_PAIR_WEIGHT = 30.0  # support of a pair of neighbours in a title, relative to an item with both words
_PENALTY = 0.5  # weight of a correction of a known word
_SHORTEST_PART = 2  # letters of a word that is split off where a space is missing
_MIN_TOGETHER = 3  # items with both parts of a split word
_FEW = 16  # an item is searched in a list of at least so many items for each one


class Word(NamedTuple):
    """A word of a query.

    Attributes
    ----------
    text : str
    terms : tuple of (code, weight)
        Terms that may stand for the word, its own one first; empty for an unknown word without a correction.
    is_known : bool
        Whether the first term is that of the word itself.
    """

    text: str
    terms: tuple[tuple[int, float], ...]
    is_known: bool = True


class Query(NamedTuple):
    """A query as words.

    Attributes
    ----------
    words : tuple of Word
    n_ignored : int
        Words that are ignored because the query is too long.
    is_nearest : bool
        Whether no word or correction is in the vocabulary, so that similar terms stand for the words.
    """

    words: tuple[Word, ...]
    n_ignored: int = 0
    is_nearest: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no term stands for any word."""
        return not any(word.terms for word in self.words)

    @property
    def n_terms(self) -> int:
        """Number of the terms of all words."""
        return sum(len(word.terms) for word in self.words)

    def corrections(self, terms: Sequence[str]) -> dict[str, list[str]]:
        """Return the other terms that stand for each word of several letters, given the vocabulary."""
        words = [word for word in self.words if len(word.text) > 1]
        found = {word.text: [terms[code] for code, _ in word.terms[word.is_known :]] for word in words}
        return {text: others for text, others in found.items() if others}


class QueryWords(NamedTuple):
    """The words of several queries, as the kernel takes them; see `recokit.kernels.search.score_queries`."""

    query_indptr: IntArray
    masses: FloatArray
    word_indptr: IntArray
    term_codes: CodeArray
    term_weights: FloatArray

    @classmethod
    def of(cls, queries: Sequence[Query], postings: Postings) -> "QueryWords":
        """Return the words of queries; the mass of a word is the greatest weighted IDF of its terms."""
        words = [word for query in queries for word in query.words if word.terms]
        cells = [cell for word in words for cell in word.terms]
        codes = np.array([code for code, _ in cells], dtype=np.int32)
        weights = np.array([weight for _, weight in cells], dtype=np.float32)
        bounds = bounds_from_lengths(np.array([len(word.terms) for word in words], dtype=np.int64))
        masses = np.array([max(postings.idf[code] for code, _ in word.terms) for word in words], dtype=np.float32)
        n_words = [sum(bool(word.terms) for word in query.words) for query in queries]
        return cls(bounds_from_lengths(np.array(n_words, dtype=np.int64)), masses, bounds, codes, weights)

    def n_cells(self, postings: Postings) -> IntArray:
        """Return the number of the items of all terms of each query."""
        lengths = postings.df[self.term_codes]
        cells: IntArray = (
            lengths.sum(keepdims=True)
            if len(self.query_indptr) == 2
            else np.diff(bounds_from_lengths(lengths)[self.word_indptr[self.query_indptr]])
        )
        return cells


class _Context(NamedTuple):
    """The surroundings of a word in a query.

    Attributes
    ----------
    items : (n,) int32 array, optional
        Items with the other known words of the query, ascending; None for all items.
    before, after : int
        Codes of its neighbours; −1 if there is none, or an unknown one.
    """

    items: CodeArray | None
    before: int
    after: int


class QueryReader(NamedTuple):
    """Reads queries in the vocabulary of an index.

    Attributes
    ----------
    vocabulary : FieldIndex
    postings : Postings
    speller : Speller, optional
        Corrects words; None to leave them as they are.
    terms : Terms
        Analysis of texts.
    masks : dict of int to (n_items,) bool arrays
        Whether each item has a term, for terms of the query that is read.
    together : dict of tuples of int to (n,) int32 arrays
        Items with several terms of the query that is read.
    """

    vocabulary: FieldIndex
    postings: Postings
    speller: Speller | None
    terms: Terms
    masks: dict[int, BoolArray]
    together: dict[tuple[int, ...], CodeArray]

    @classmethod
    def of(cls, vocabulary: FieldIndex, postings: Postings, speller: Speller | None, terms: Terms) -> "QueryReader":
        """Return a reader that has read no query."""
        return cls(vocabulary, postings, speller, terms, {}, {})

    def read(self, text: str) -> Query:
        """Return a query as words; each distinct term counts once."""
        self.masks.clear()
        self.together.clear()
        words = {self.terms.stem(word): word for word in reversed(self.terms.words(text))}
        kept = list(reversed(words.values()))[:_MAX_WORDS]
        n_ignored = len(words) - len(kept)
        if self.speller is None:
            known = [Word(word, ((self._code(word), 1.0),) if self._df(word) else ()) for word in kept]
            return Query(tuple(map(self._widened, known)), n_ignored)
        corrected = self._joined(self._corrected(self._spaced(kept)))
        query = Query(tuple(map(self._widened, corrected)), n_ignored)
        return self._nearest(query) if query.is_empty else query

    def _code(self, word: str) -> int:
        """Return the code of the term of a word; −1 if no item has it."""
        code = self.vocabulary.codes.get(self.terms.stem(word), -1)
        return code if code >= 0 and self.postings.df[code] else -1

    def _df(self, word: str) -> int:
        """Return the number of items with a word."""
        code = self._code(word)
        return 0 if code < 0 else int(self.postings.df[code])

    def _widened(self, word: Word) -> Word:
        """Return a word with the terms that contain it, if it is a single Chinese, Japanese or Korean character."""
        return word._replace(terms=(*word.terms, *self._containing(word.text))) if len(word.text) == 1 else word

    def _containing(self, character: str) -> list[tuple[int, float]]:
        return self.vocabulary.by_character.terms(character, self.postings.df, self.postings.idf)

    def _items(self, code: int) -> CodeArray:
        """Return the items of a term."""
        return self.postings.items.codes[self.postings.cells(code)]

    def _n_common(self, first: str, second: str) -> int:
        """Return the number of items with two terms."""
        codes = self._code(first), self._code(second)
        return len(self._items_with(codes)) if min(codes) >= 0 else 0

    def _items_with(self, codes: Sequence[int]) -> CodeArray:
        """Return the items with all of some terms, ascending."""
        key = tuple(sorted(set(codes), key=lambda code: (self.postings.df[code], code)))
        if key not in self.together:
            items = self._items(key[0])
            for code in key[1:]:
                items = self._among(items, code)
            self.together[key] = items
        return self.together[key]

    def _among(self, items: CodeArray, code: int) -> CodeArray:
        """Return those of some items that have a term, which is in as many items or more."""
        own = self._items(code)
        if _FEW * len(items) < len(own):
            return items[_is_in(items, own)]
        return items[self._has(code)[items]]

    def _has(self, code: int) -> BoolArray:
        """Return whether each item has a term: (n_items,) bool."""
        if code not in self.masks:
            self.masks[code] = np.zeros(self.vocabulary.n_items, dtype=np.bool_)
            self.masks[code][self._items(code)] = True
        return self.masks[code]

    def _spaced(self, terms: list[str]) -> list[str]:
        """Return terms with a missing or misplaced space corrected: "usbhub", "us bhub"."""
        spaced: list[str] = []
        for term in terms:
            pair = "".join([*spaced[-1:], term])
            if spaced and pair.isascii() and self._are_broken(spaced[-1], term):
                moved = self._best_split(pair, 1)
                if moved is not None:
                    spaced[-1:] = moved
                    continue
            spaced += self._apart(term)
        return spaced

    def _are_broken(self, first: str, second: str) -> bool:
        """Return whether two neighbours may be words with a misplaced space: one is unknown, or no item has both."""
        if self._df(first + second):  # another spelling, if both are words
            return not (self._df(first) and self._df(second))
        return self._n_common(first, second) == 0

    def _apart(self, term: str) -> list[str]:
        """Return an unknown term as two words if a space is missing or another letter, and no term is one edit away."""
        if self._df(term) or not term.isascii():
            return [term]
        split = self._best_split(term, _SHORTEST_PART) or self._best_split(term, _SHORTEST_PART, n_dropped=1)
        speller = self.speller
        if split is None or (speller is not None and np.any(speller.candidates(term).distances == 1)):
            return [term]
        return split

    def _best_split(self, text: str, shortest: int, n_dropped: int = 0) -> list[str] | None:
        """Return the two terms that make up a text and occur together most often, if there are any.

        Letters between them are dropped: "powernbank".
        """
        if len(text) > 2 * LONGEST:  # the work is quadratic in the length
            return None
        stop = len(text) - shortest - n_dropped + 1
        pairs = [(text[:k], text[k + n_dropped :]) for k in range(shortest, stop)]
        n_common, best = max(((self._n_common(*pair), pair) for pair in pairs), default=(0, ("", "")))
        return list(best) if n_common >= _MIN_TOGETHER else None

    def _corrected(self, texts: list[str]) -> list[Word]:
        """Return words with their corrections.

        A word is corrected if it is unknown, or if a correction is much more frequent in the items that have the other
        words of the query.
        """
        codes = [self._code(text) for text in texts]
        words: list[Word] = []
        n_corrected = 0
        for place, (text, code) in enumerate(zip(texts, codes, strict=True)):
            terms: tuple[tuple[int, float], ...] = ((code, 1.0),) if code >= 0 else ()
            least = self._own_support(codes, place) / _KNOWN_ODDS if code >= 0 else 0.0
            context = self._context(codes, place) if n_corrected < _MAX_CORRECTED else None
            if context is not None and least <= EDIT_ODDS * self._n_items(context):
                n_corrected += 1
                found = self._corrections(text, context, least)
                terms += tuple((other, weight if code < 0 else _PENALTY * weight) for other, weight in found)
            words.append(Word(text, terms, code >= 0))
        return words

    def _own_support(self, codes: list[int], place: int) -> float:
        """Return the support of a known word of a query by the other words."""
        code, before, after = codes[place], *_neighbors(codes, place)
        known = [other for other in codes if other >= 0]
        cells, items = self.postings.cells(code), self._items_with(known)
        presence = self.postings.presence[cells]
        if len(items) < len(presence):
            presence = presence[np.searchsorted(self.postings.items.codes[cells], items)]
        n_before = self.postings.pair_count(before, code) if before >= 0 else 0
        n_after = self.postings.pair_count(code, after) if after >= 0 else 0
        return _PAIR_WEIGHT * n_before + _PAIR_WEIGHT * n_after + float(presence.sum(dtype=np.float64))

    def _n_items(self, context: "_Context") -> int:
        """Return the number of items of a context."""
        return self.vocabulary.n_items if context.items is None else len(context.items)

    def _context(self, codes: list[int], place: int) -> "_Context":
        """Return the surroundings of a word of a query."""
        others = [code for k, code in enumerate(codes) if k != place and code >= 0]
        return _Context(self._items_with(others) if others else None, *_neighbors(codes, place))

    def _support(self, codes: IntArray, around: "_Context") -> FloatArray:
        """Return how much terms are present in the items of a context, and beside its neighbours in titles."""
        support = self._beside(codes, around)
        for place, code in enumerate(codes.tolist()):
            cells = self.postings.cells(code)
            presence = self.postings.presence[cells]
            if around.items is not None:
                presence = presence[_is_in(self.postings.items.codes[cells], around.items)]
            support[place] += presence.sum(dtype=np.float64)
        return support

    def _beside(self, codes: IntArray, around: "_Context") -> FloatArray:
        """Return the support of terms by the neighbours in the query."""
        support = np.zeros(len(codes))
        if around.before >= 0:
            support += _PAIR_WEIGHT * self.postings.pair_counts(around.before, codes)
        if around.after >= 0:
            support += _PAIR_WEIGHT * self.postings.pair_counts(codes, around.after)
        return support

    def _most(self, around: "_Context", codes: IntArray) -> FloatArray:
        """Return an upper bound of the support of terms."""
        most: FloatArray = self._beside(codes, around) + self.postings.df[codes]  # presence is at most 1
        return most

    def _corrections(self, text: str, around: "_Context", least: float) -> list[tuple[int, float]]:
        """Return the most likely corrections of a word, and their weights relative to the first one.

        Parameters
        ----------
        text : str
        around : _Context
            Items with the other known words of the query, and the neighbours.
        least : float
            Least support of a correction, less what is lost for each edit.
        """
        speller: Any = self.speller
        most = partial(self._most, around)
        found: Candidates = speller.candidates(text, most, least)
        stem = self.terms.stem(text)
        if stem != text:  # the catalogue may have the singular only
            both = zip(found, speller.candidates(stem, most, least), strict=True)
            found = Candidates(*map(np.concatenate, both)).distinct()
            found = found.take(found.codes != self._code(text))
        if not len(found.codes):
            return []
        found = found.take(most(found.codes) * found.odds() > least)
        codes = found.codes
        support = self._support(codes, around)
        if not np.any(support) and not self._df(text):
            support = self.postings.df[codes].astype(np.float64)
        likely = support * found.odds()
        order = np.lexsort((codes, -likely))[:_N_CORRECTIONS]
        order = order[likely[order] > least]
        weights = np.sqrt(likely[order] / likely[order[:1]])
        return list(zip(codes[order].tolist(), weights.tolist(), strict=True))

    def _joined(self, words: list[Word]) -> list[Word]:
        """Return words with the term that two neighbours make together: "head set" also finds "headset".

        The weight of the term is its share among both spellings, half at most if titles have the two words too. An item
        with the term scores no more than one with both words.
        """
        terms = [dict(word.terms) for word in words]
        for place in range(len(words) - 1):
            pair = [word.text for word in words[place : place + 2]]
            joined = "".join(pair)
            if not joined.isascii() or not self._df(joined):
                continue
            code, df = self._code(joined), self._df(joined)
            apart = self.postings.pair_counts(*map(self._code, pair))
            for text, some in zip(pair, terms[place : place + 2], strict=True):
                idf = self.postings.idf[self._code(text) if self._df(text) else code]
                share = min(df / (df + apart), 0.5) if apart else 1.0
                some.setdefault(code, float(share * min(1.0, idf / self.postings.idf[code])))
        return [word._replace(terms=tuple(some.items())) for word, some in zip(words, terms, strict=True)]

    def _nearest(self, query: Query) -> Query:
        """Return a query with the terms most similar to its words in their place.

        For a Chinese word, these are the terms with its last character, which names the kind of thing: 保温杯 for 水杯.
        """
        speller: Any = self.speller
        words = [
            Word(word.text, tuple(speller.nearest(word.text) or self._containing(word.text[-1])), False)
            for word in query.words[:_MAX_CORRECTED]
        ]
        return query._replace(words=tuple(words), is_nearest=True)


def _neighbors(codes: list[int], place: int) -> tuple[int, int]:
    """Return the codes of the words before and after a word; −1 if there is none, or an unknown one."""
    return codes[place - 1] if place else -1, codes[place + 1] if place + 1 < len(codes) else -1


def _is_in(items: CodeArray, others: CodeArray) -> BoolArray:
    """Return whether each of some items is among others; both ascend."""
    if not len(items) or not len(others):
        return np.zeros(len(items), dtype=np.bool_)
    if _FEW * len(others) < len(items):
        is_found = np.zeros(len(items), dtype=np.bool_)
        places = items.searchsorted(others)
        is_found[places[items.take(places, mode="clip") == others]] = True
        return is_found
    if _FEW * len(items) < len(others):
        found: BoolArray = others.take(others.searchsorted(items), mode="clip") == items
        return found
    is_other = np.zeros(1 + max(int(items[-1]), int(others[-1])), dtype=np.bool_)
    is_other[others] = True
    return is_other[items]
