"""Memory of indexing a catalogue, before it is indexed."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from recokit._runtime.threads import thread_count
from recokit._typing import AnyArray
from recokit.base._memory import MemoryPlan
from recokit.data._frames import is_frame
from recokit.data._inputs import as_interactions
from recokit.search._catalogue import read_catalogue
from recokit.search._fields import choose_fields, text_of
from recokit.search._index import FieldIndex
from recokit.search._spelling import LONGEST

__all__ = ["plan_search"]

_N_SAMPLED = 4_000  # items whose texts are indexed for the estimate
_STRING, _LIST, _TUPLE, _INTEGER = 49.0, 56.0, 56.0, 28.0  # bytes of an empty object of Python (CPython, 64 bits)
_ENTRY = 80.0  # of a dictionary, with the free space of its table; the mean of its growth
_SHORT_TEXT = 64  # characters: the terms of shorter texts are kept while a field is read


class _Texts(NamedTuple):
    """Sizes of the texts of a catalogue, estimated from a sample of the items.

    Attributes
    ----------
    n_items, n_fields : int
    n_bytes : float
        All texts as Python objects.
    split_bytes : float
        Texts before and after a preposition, of one field.
    short_bytes : float
        Terms of the short texts of one field.
    n_words : float
        Words of all texts.
    n_title_words, n_pairs : float
        Words of titles, and distinct pairs of neighbours.
    n_counts : float
        Pairs of an item and a term in a field.
    n_cells : float
        Pairs of an item and a term.
    n_terms, n_surfaces : float
        Terms, and other words.
    word_bytes : float
        A term or a word as a Python object.
    n_letters : float
        Of a term or a word.
    longest : int
        Letters of the longest word that is a correction.
    """

    n_items: int
    n_fields: int
    n_bytes: float
    split_bytes: float
    short_bytes: float
    n_words: float
    n_title_words: float
    n_pairs: float
    n_counts: float
    n_cells: float
    n_terms: float
    n_surfaces: float
    word_bytes: float
    n_letters: float
    longest: int


def plan_search(
    model: Any, catalogue: Any, interactions: Any = None, queries: Any = None, *, item: str = "item_id"
) -> tuple[MemoryPlan, int]:
    """Return the arrays of `ItemSearch.fit` and the bytes of the texts; the log of queries is not counted.

    Parameters
    ----------
    model : ItemSearch
    catalogue, interactions, queries, item
        The arguments of ``fit``.
    """
    items, columns = read_catalogue(catalogue, item)
    texts, plan = _measure(model, columns, len(items)), MemoryPlan(thread_count(model.n_threads))
    plan.keep("catalogue", 8.0 * len(columns) * texts.n_items + (texts.n_bytes if is_frame(catalogue) else 0.0))
    _plan_vocabulary(plan, texts)
    _plan_postings(plan, texts)
    recommender = model.recommender
    if interactions is not None and recommender is not None and not recommender.__sklearn_is_fitted__():
        data = as_interactions(interactions, None, "auto")
        plan.include("recommender", clone(recommender)._plan_for(data, None, {})[0])
    _plan_words(plan, texts)
    return plan, round(texts.n_bytes)


def _measure(model: Any, columns: dict[str, AnyArray], n_items: int) -> _Texts:
    """Return the sizes of the texts."""
    fields, terms = choose_fields(columns, model.fields), model._terms()
    rows = np.linspace(0, n_items - 1, min(_N_SAMPLED, n_items)).astype(np.int64)
    sample = [[text_of(value, field.name) for value in columns[field.name][rows].tolist()] for field in fields]
    index = FieldIndex.from_texts(fields, sample, terms)
    scale, growth = n_items / len(rows), _growth(fields, sample, terms, index, n_items / len(rows))
    words = [*index.terms, *index.surfaces]
    n_letters = float(np.mean([len(word) for word in words])) if words else 0.0
    cells = sum(index.counts[1:], start=index.counts[0])
    largest = max(_size(column) for column in sample)
    short = max(_short_size(column, terms.words) for column in sample)
    return _Texts(
        n_items,
        len(fields),
        scale * sum(_size(column) for column in sample),
        scale * ((_TUPLE + 8.0) * len(rows) + largest) if any(field.has_context for field in fields) else 0.0,
        scale * short,
        scale * sum(float(counts.sum()) for counts in index.counts),
        scale * len(index.titles.codes),
        scale * len(index.postings(1.0).pairs),
        scale * sum(counts.nnz for counts in index.counts),
        scale * cells.nnz,
        len(index.terms) * growth,
        len(index.surfaces) * growth,
        _STRING + n_letters,
        n_letters,
        min(LONGEST, max((len(word) for word in words), default=1)),
    )


def _growth(fields: Any, sample: Sequence[Sequence[str]], terms: Any, index: FieldIndex, scale: float) -> float:
    """Return the growth of the vocabulary from a sample to all items, a power of the number of items (Heaps' law).

    References
    ----------
    H. S. Heaps (1978). Information Retrieval: Computational and Theoretical Aspects. Academic Press.
    """
    if scale <= 1:
        return 1.0
    quarter = FieldIndex.from_texts(fields, [column[::4] for column in sample], terms)
    exponent = np.log(len(index.terms) / max(1, len(quarter.terms))) / np.log(4.0)
    return float(scale**exponent)


def _plan_vocabulary(plan: MemoryPlan, texts: _Texts) -> None:
    """Add the arrays of `FieldIndex.from_texts`."""
    n, n_parts = texts.n_items, 2 * texts.n_fields
    n_all = texts.n_terms + texts.n_surfaces
    plan.keep("lists of texts", 8.0 * n * texts.n_fields)
    plan.keep("words in order", 4.0 * texts.n_words + 8.0 * n * n_parts)
    plan.keep("vocabulary", (_ENTRY + texts.word_bytes) * n_all + _INTEGER * texts.n_terms)
    plan.work("texts of a field", texts.split_bytes + texts.short_bytes)
    plan.keep("counts", 8.0 * texts.n_counts + 16.0 * n * n_parts)
    plan.keep("tables of terms", (_ENTRY + 8.0) * n_all)
    plan.drop("lists of texts", "words in order")
    plan.keep("titles", 4.0 * texts.n_title_words + 8.0 * n)


def _plan_postings(plan: MemoryPlan, texts: _Texts) -> None:
    """Add the arrays of `FieldIndex.postings`."""
    plan.work("weighted counts", 8.0 * texts.n_counts + 24.0 * texts.n_cells)
    plan.keep("matrices of the weights", 24.0 * texts.n_cells)
    plan.work("presence", 20.0 * texts.n_cells)
    plan.keep("postings", 12.0 * texts.n_cells + 24.0 * texts.n_terms)
    plan.work("pairs of words", 45.0 * texts.n_title_words)
    plan.keep("pairs of words", 16.0 * texts.n_pairs)
    plan.drop("matrices of the weights")


def _plan_words(plan: MemoryPlan, texts: _Texts) -> None:
    """Add the arrays of `Speller`."""
    n = texts.n_terms + texts.n_surfaces
    plan.keep("words by letter", (4.0 * texts.longest + 32.0) * n)
    n_bigrams = (texts.n_letters + 1.0) * n
    plan.work("bigrams", (_ENTRY + 8.0) * n + 56.0 * n_bigrams)
    plan.keep("bigrams", 4.0 * n_bigrams)


def _size(texts: Sequence[str]) -> float:
    return float(sum(_STRING + len(text) for text in texts))


def _short_size(texts: Sequence[str], words: Any) -> float:
    """Return the bytes of the terms of short, distinct texts in a dictionary."""
    short = {text for text in texts if len(text) < _SHORT_TEXT}
    return float(sum(_ENTRY + _LIST + 8.0 * len(words(text)) for text in short))
