"""The index of a catalogue: the terms of each field, and their BM25F weights."""

from array import array
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from recokit._typing import BoolArray, CodeArray, FloatArray, IntArray
from recokit.data.rows import Rows, bounds_from_lengths
from recokit.persistence import storable
from recokit.search._characters import TermsByCharacter
from recokit.search._fields import ROLES, Field, split_context
from recokit.search._terms import Terms

__all__ = ["FieldIndex", "Postings"]

_CONTEXT_SHARE = 0.25  # weight of a word after a preposition
_STRINGS = np.dtypes.StringDType()


class Part(NamedTuple):
    """A field, or the words of a field after a preposition.

    Attributes
    ----------
    field : str
        Name of the column.
    weight, b : float
        Weight of a term, and share of the length normalization.
    group : str
        Parts of one group have their length in common.
    """

    field: str
    weight: float
    b: float
    group: str


class Postings(NamedTuple):
    """The items of each term.

    Attributes
    ----------
    items : Rows
        For each term, its items and its BM25F weights in them, above 0.
    idf : (n_terms,) float32 array
        Inverse document frequencies, above 0.
    df : (n_terms,) int64 array
        Number of items of each term.
    largest : (n_terms,) float32 array
        Largest weight of each term.
    presence : (p,) float32 array
        How much of an item each cell of ``items`` is about, from 0 to 1: high for words of titles.
    pairs, n_pairs : (n_pairs,) int64 arrays
        Pairs of terms that are neighbours in titles, as first · 2³² + second, sorted; and how often they are.
    """

    items: Rows
    idf: FloatArray
    df: IntArray
    largest: FloatArray
    presence: FloatArray
    pairs: IntArray
    n_pairs: IntArray

    @property
    def n_terms(self) -> int:
        """Number of terms."""
        return self.items.n_rows

    def cells(self, term: int) -> slice:
        """Return the cells of ``items`` and ``presence`` that belong to a term."""
        return slice(int(self.items.indptr[term]), int(self.items.indptr[term + 1]))

    def weight(self, term: int, item: int) -> float:
        """Return the weight of a term in an item; 0 if it is not there."""
        cells = self.cells(term)
        place = cells.start + int(np.searchsorted(self.items.codes[cells], item))
        here = place < cells.stop and self.items.codes[place] == item
        return float(self.items.values[place]) if here else 0.0

    def pair_count(self, first: int, second: int) -> int:
        """Return how often a term is followed by another term in titles."""
        key = (first << 32) | second
        place = int(self.pairs.searchsorted(key))
        return int(self.n_pairs[place]) if place < len(self.pairs) and self.pairs[place] == key else 0

    def pair_counts(self, first: Any, second: Any) -> IntArray:
        """Return how often terms are followed by other terms in titles."""
        keys = (np.asarray(first, dtype=np.int64) << 32) | np.asarray(second, dtype=np.int64)
        places = np.searchsorted(self.pairs, keys)
        found = self.pairs[np.minimum(places, len(self.pairs) - 1)] == keys if len(self.pairs) else keys < 0
        return np.where(found, self.n_pairs[np.minimum(places, len(self.pairs) - 1)] if len(self.pairs) else 0, 0)


@storable("recokit.search.FieldIndex")
class FieldIndex:
    """How often each term occurs in each field of each item.

    Attributes
    ----------
    parts : list of Part
    counts : list of csr_array of shape (n_items, n_terms), float32
        Occurrences, one matrix for each part.
    terms : list of str
        The vocabulary.
    codes : dict of str to int
        Position of each term in ``terms``.
    titles : Rows
        Terms of the title of each item in order, without the words after a preposition.
    surfaces : dict of str to int
        Words of the texts that differ from their terms, and the codes of these.
    norms : list of (n_items,) float64 arrays
        Weight of one occurrence in each item, for each part.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        counts: Sequence[sparse.csr_array],
        terms: Sequence[str],
        titles: Rows,
        surfaces: Mapping[str, int],
    ) -> None:
        self.parts = list(parts)
        self.counts = list(counts)
        self.terms = list(terms)
        self.titles = titles
        self.surfaces = dict(surfaces)
        self.codes = {term: code for code, term in enumerate(self.terms)}
        self.norms = _norms(self.parts, self.counts)

    @classmethod
    def from_texts(
        cls,
        fields: Sequence[Field],
        texts: Sequence[Sequence[str]],
        terms: Terms,
        known: "FieldIndex | None" = None,
    ) -> "FieldIndex":
        """Return the index of the texts of each field; the vocabulary of a ``known`` index comes first."""
        codes = {} if known is None else dict(known.codes)
        surfaces = {} if known is None else dict(known.surfaces)
        parts: list[Part] = []
        cells: list[tuple[Any, Any]] = []
        for field, column in zip(fields, texts, strict=True):
            b, weight = ROLES[field.role].b, field.weight
            if field.has_context:
                pairs = [split_context(text) for text in column]
                parts.append(Part(field.name, weight, b, field.name))
                parts.append(Part(field.name, weight * _CONTEXT_SHARE, b, f"{field.name} after a preposition"))
                cells += [_occurrences([pair[place] for pair in pairs], terms, codes, surfaces) for place in (0, 1)]
            else:
                parts.append(Part(field.name, weight, b, field.role if field.role == "attributes" else field.name))
                cells.append(_occurrences(column, terms, codes, surfaces))
        names = [part.field for part in parts]
        title = next((names.index(field.name) for field in fields if field.role == "title"), None)
        empty = Rows.empty(len(texts[0]))
        titles = empty if title is None else Rows.from_arrays(cells[title][1], cells[title][0], ())
        return cls(parts, [_matrix(*pair, len(codes)) for pair in cells], list(codes), titles, surfaces)

    @property
    def n_items(self) -> int:
        """Number of items."""
        return int(self.counts[0].shape[0])

    @cached_property
    def by_character(self) -> TermsByCharacter:
        """The terms that contain each Chinese, Japanese or Korean character."""
        return TermsByCharacter(self.terms)

    def joined(self, new: "FieldIndex", kept: BoolArray, order: Any) -> "FieldIndex":
        """Return the index of the ``kept`` items and those of ``new``, in the given order.

        Parameters
        ----------
        new : FieldIndex
            With the same parts; its vocabulary begins with that of this index.
        kept : (n_items,) bool array
        order : (n,) int array
            Positions among the kept items followed by the new ones.
        """
        n_terms = new.counts[0].shape[1]
        old = [sparse.csr_array((m.data, m.indices, m.indptr), shape=(m.shape[0], n_terms))[kept] for m in self.counts]
        stacked = [sparse.csr_array(sparse.vstack(pair)) for pair in zip(old, new.counts, strict=True)]
        rows = self.titles.take(np.flatnonzero(kept)), new.titles
        codes, lengths = (np.concatenate([getattr(one, name) for one in rows]) for name in ("codes", "lengths"))
        titles = Rows.from_arrays(bounds_from_lengths(lengths), codes, ()).take(order)
        return FieldIndex(self.parts, [matrix[order] for matrix in stacked], new.terms, titles, new.surfaces)

    def weighted(self) -> list[sparse.csr_array]:
        """Return the occurrences of each part, normalized by length and times the weight of the part."""
        found = []
        for matrix, norms in zip(self.counts, self.norms, strict=True):
            # SciPy adds matrices with indices of 32 bits in less time.
            indices = [_short(array) for array in (matrix.indices, matrix.indptr)]
            data = matrix.data * np.repeat(norms, np.diff(matrix.indptr))
            found.append(sparse.csr_array((data, *indices), shape=matrix.shape))
        return found

    def postings(self, k1: float) -> Postings:
        r"""Return the BM25F weights of all terms.

        The weight of term t in item i, with :math:`x_{ti}` occurrences over the parts, as `weighted` returns them, is

        .. math:: \ln\left(1 + \frac{n - d_t + 0.5}{d_t + 0.5}\right) \frac{x_{ti}}{k_1 + x_{ti}}

        where :math:`d_t` of the n items have the term.
        """
        first, *others = self.weighted()
        total = sparse.csr_array(sum((part for part in others if part.nnz), start=first))
        del first, others
        n_items, n_terms = total.shape
        df = np.bincount(total.indices, minlength=n_terms)
        idf = np.log1p((n_items - df + 0.5) / (df + 0.5))
        weights = idf[total.indices]
        weights *= total.data
        weights /= k1 + total.data
        total.data = weights
        by_term = sparse.csr_array(total.T)
        by_term.sort_indices()
        presence = by_term.data / np.repeat(idf, df)
        presence *= presence
        items = Rows.from_arrays(by_term.indptr, by_term.indices, by_term.data)
        largest, used = np.zeros(n_terms, dtype=np.float32), df > 0
        largest[used] = np.maximum.reduceat(items.values, items.indptr[:-1][used])
        return Postings(items, idf.astype(np.float32), df, largest, presence.astype(np.float32), *self._pairs())

    def _pairs(self) -> tuple[IntArray, IntArray]:
        """Return the pairs of neighbours in titles, and how often each occurs."""
        codes = self.titles.codes.astype(np.int64)
        keys = (codes[:-1] << 32) | codes[1:]
        rows = self.titles.row_codes
        return np.unique(keys[rows[:-1] == rows[1:]], return_counts=True)

    def shares(self, item: int, term: int) -> dict[str, float]:
        """Return the share of each field in the weight of a term in an item; the shares add up to 1."""
        shares: dict[str, float] = {}
        for part, matrix in zip(self.parts, self._weighted_of(item), strict=True):
            shares[part.field] = shares.get(part.field, 0.0) + matrix.get(term, 0.0)
        total = sum(shares.values())
        return {field: share / total for field, share in shares.items() if share > 0}

    def _weighted_of(self, item: int) -> list[dict[int, float]]:
        """Return the weighted occurrences of the terms of one item, for each part."""
        found = []
        for matrix, norms in zip(self.counts, self.norms, strict=True):
            cells = slice(matrix.indptr[item], matrix.indptr[item + 1])
            values = matrix.data[cells] * norms[item]
            found.append(dict(zip(matrix.indices[cells].tolist(), values.tolist(), strict=True)))
        return found

    def _to_state(self) -> dict[str, Any]:
        return {
            "parts": [tuple(part) for part in self.parts],
            "counts": self.counts,
            "terms": np.array(self.terms, dtype=_STRINGS),
            "titles": tuple(self.titles[:2]),
            "surfaces": np.array(list(self.surfaces), dtype=_STRINGS),
            "surface_codes": np.array(list(self.surfaces.values()), dtype=np.int64),
        }

    @classmethod
    def _from_state(cls, state: dict[str, Any]) -> "FieldIndex":
        titles = Rows.from_arrays(state["titles"][0], state["titles"][1], ())
        surfaces = dict(zip(state["surfaces"].tolist(), state["surface_codes"].tolist(), strict=True))
        return cls([Part(*part) for part in state["parts"]], state["counts"], state["terms"].tolist(), titles, surfaces)


def _short(indices: IntArray) -> Any:
    """Return non-negative integers as int32 if all fit."""
    return indices.astype(np.int32) if indices.max(initial=0) < 2**31 else indices


def _norms(parts: Sequence[Part], counts: Sequence[sparse.csr_array]) -> list[FloatArray]:
    """Return the weight of one occurrence in each item, for each part: smaller in texts longer than the mean.

    The parts of one group, such as all columns of attributes, have their length in common.
    """
    lengths: dict[str, Any] = {}
    for part, matrix in zip(parts, counts, strict=True):
        lengths[part.group] = lengths.get(part.group, 0.0) + np.asarray(matrix.sum(axis=1), dtype=np.float64)
    norms: list[FloatArray] = []
    for part in parts:
        length = lengths[part.group]
        mean = length[length > 0].mean() if np.any(length > 0) else 1.0
        norms.append(part.weight / (1 - part.b + part.b * np.where(length > 0, length, mean) / mean))
    return norms


def _occurrences(
    texts: Sequence[str], terms: Terms, codes: dict[str, int], surfaces: dict[str, int]
) -> tuple[CodeArray, IntArray]:
    """Return the terms of each text as compressed rows, with repetitions; new terms get the next codes."""
    found, bounds = array("i"), array("q", [0])
    known: dict[str, list[int]] = {}  # brands and categories repeat

    def code_of(word: str) -> int:
        term = terms.stem(word)
        code = codes.setdefault(term, len(codes))
        if term != word:
            surfaces[word] = code
        return code

    for text in texts:
        row = known.get(text)
        if row is None:
            row = [code_of(word) for word in terms.words(text)]
            if len(text) < 64:
                known[text] = row
        found.extend(row)
        bounds.append(len(found))
    return np.array(found, dtype=np.int32), np.array(bounds, dtype=np.int64)


def _matrix(found: CodeArray, bounds: IntArray, n_terms: int) -> sparse.csr_array:
    """Return compressed rows of codes as counts."""
    shape = (len(bounds) - 1, max(1, n_terms))
    counts = sparse.csr_array((np.ones(len(found), dtype=np.float32), found.copy(), bounds.copy()), shape=shape)
    counts.sum_duplicates()
    return counts
