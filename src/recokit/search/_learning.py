"""The fitted state of a search, and how it is learned."""

import warnings
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from recokit._runtime.progress import progress_bar
from recokit._runtime.threads import Runner, thread_count
from recokit._runtime.warnings import levels_inside
from recokit._typing import AnyArray, FloatArray
from recokit.base._eligibility import Eligibility
from recokit.base.recommender import Recommender
from recokit.data._inputs import as_interactions
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError, first_few
from recokit.search._catalogue import merge_columns, read_catalogue
from recokit.search._fields import Field, choose_fields, text_of
from recokit.search._filtering import FilteredItems
from recokit.search._fusion import SOURCES, learn_weights, source_weights
from recokit.search._index import FieldIndex, Postings
from recokit.search._log import QueryLog, read_clicks
from recokit.search._queries import QueryReader
from recokit.search._ranking import Ranking, text_scores
from recokit.search._spelling import Speller
from recokit.search._suggestions import Suggestions
from recokit.search._terms import Terms

__all__ = ["Learned", "learn", "learn_more", "restored"]

_MAX_QUERIES = 1000  # logged queries to learn the weights of the sources from


class Learned(NamedTuple):
    """The fitted state of a search.

    Attributes
    ----------
    items : IdIndex
    columns : dict of str to (n_items,) arrays
        The catalogue.
    fields : tuple of Field
    vocabulary : FieldIndex
    postings : Postings
    speller : Speller
    filtered : FilteredItems
        The catalogue, for filters.
    item_counts : (n_items,) float32 array
    popularity : (n_items,) float64 array
        From 0 to 1; all 0 without interactions.
    log : QueryLog, optional
    weights : (n_sources,) float64 array
    recommender : Recommender, optional
    suggestions : Suggestions, optional
        None until they are needed.
    """

    items: IdIndex
    columns: dict[str, AnyArray]
    fields: tuple[Field, ...]
    vocabulary: FieldIndex
    postings: Postings
    speller: Speller
    filtered: FilteredItems
    item_counts: FloatArray
    popularity: FloatArray
    log: QueryLog | None
    weights: FloatArray
    recommender: Recommender | None
    suggestions: Suggestions | None = None

    def collect_suggestions(self, stop_words: frozenset[str]) -> Suggestions:
        """Return the phrases of titles, brands, categories and queries."""
        titles, names = [], []
        for field in self.fields:
            texts = (text_of(value, field.name) for value in self.columns[field.name].tolist())
            if field.role == "title":
                titles += list(texts)
            elif field.role in ("brand", "category"):
                names += list(texts)
        queries = {} if self.log is None else dict(zip(self.log.texts.tolist(), self.log.totals.tolist(), strict=True))
        return Suggestions.from_texts(titles, names, queries, stop_words)

    def to_state(self) -> dict[str, Any]:
        """Return the parts of the state that are saved."""
        state = self._asdict()
        del state["postings"], state["speller"], state["filtered"], state["popularity"]
        return state | {"fields": [tuple(field) for field in self.fields]}


def restored(state: dict[str, Any], k1: float) -> Learned:
    """Return the fitted state from its saved parts."""
    state = dict(state)
    postings = state["vocabulary"].postings(k1)
    fields = tuple(Field(*field) for field in state.pop("fields"))
    speller = Speller.of(state["vocabulary"], postings.df)
    filtered = FilteredItems(state["items"], state["columns"])
    computed = {"postings": postings, "speller": speller, "filtered": filtered}
    return Learned(**state | computed, fields=fields, popularity=_popularity(state["item_counts"]))


def _popularity(item_counts: FloatArray) -> FloatArray:
    """Return the popularity of each item: ln(1 + count), divided by the largest value."""
    logs = np.log1p(item_counts.astype(np.float64))
    popularity: FloatArray = logs / max(logs.max(), 1e-300)
    return popularity


def learn(model: Any, catalogue: Any, interactions: Any, queries: Any, item: str) -> Learned:
    """Return the fitted state of a search; the arguments are those of `ItemSearch.fit`."""
    weights = source_weights(model.fusion)
    if model.fusion == "learned" and queries is None:
        raise ValueError("fusion='learned' needs the log of queries: pass queries= to fit")
    items, columns = read_catalogue(catalogue, item)
    fields = choose_fields(columns, model.fields)
    index = FieldIndex.from_texts(fields, _texts(columns, fields), _reporting(model, len(fields) * len(items)))
    _warn_about_empty(index, items, fields)
    postings = index.postings(model.k1)
    counts, recommender = _behaviour(model, items, interactions)
    log = None if queries is None else QueryLog.from_clicks(*read_clicks(queries), items, model._terms())
    speller = Speller.of(index, postings.df)
    filtered = FilteredItems(items, columns)
    learned = Learned(
        items,
        columns,
        fields,
        index,
        postings,
        speller,
        filtered,
        counts,
        _popularity(counts),
        log,
        weights,
        recommender,
    )
    return learned._replace(weights=_learned_weights(model, learned)) if model.fusion == "learned" else learned


def learn_more(model: Any, old: Learned, catalogue: Any, interactions: Any, queries: Any, item: str) -> Learned:
    """Return the fitted state with further data; the arguments are those of `ItemSearch.partial_fit`."""
    new = old if catalogue is None else _with_items(model, old, *read_catalogue(catalogue, item))
    if interactions is not None:
        counts = new.item_counts + _item_counts(new.items, as_interactions(interactions, None, "auto"))
        new = new._replace(item_counts=counts, popularity=_popularity(counts))
    if queries is not None:
        log = QueryLog.from_clicks(*read_clicks(queries), new.items, model._terms())
        joined = log if new.log is None or log is None else new.log.merged(log)
        new = new._replace(log=joined or new.log)
    return new._replace(suggestions=None)


def _with_items(model: Any, old: Learned, items: IdIndex, columns: dict[str, AnyArray]) -> Learned:
    """Return the fitted state with new and replaced items."""
    kept = items.codes(old.items.ids) < 0
    ids = [*old.items.take(np.flatnonzero(kept)).tolist(), *items]
    union, codes = IdIndex.factorize(ids, "catalogue")
    order = np.argsort(codes)
    merged = merge_columns(old.columns, columns, kept, order)
    texts = [[text_of(value, field.name) for value in columns[field.name].tolist()] for field in old.fields]
    added = FieldIndex.from_texts(old.fields, texts, model._terms(), old.vocabulary)
    index = old.vocabulary.joined(added, kept, order)
    _warn_about_empty(index, union, old.fields)
    postings = index.postings(model.k1)
    places = union.codes(old.items.ids).astype(np.int64)
    counts = np.zeros(len(union), dtype=np.float32)
    counts[places] = old.item_counts
    log = None if old.log is None else old.log.reindexed(places, len(union))
    return old._replace(
        items=union, columns=merged, vocabulary=index, postings=postings, speller=Speller.of(index, postings.df),
        filtered=FilteredItems(union, merged),
        item_counts=counts, log=log,
    )  # fmt: skip


def _texts(columns: dict[str, AnyArray], fields: tuple[Field, ...]) -> list[list[str]]:
    """Return the texts of each field."""
    return [[text_of(value, field.name) for value in columns[field.name].tolist()] for field in fields]


def _reporting(model: Any, n_texts: int) -> Terms:
    """Return the analysis of a model; it shows its progress if the model is verbose."""
    terms: Terms = model._terms()
    if not model.verbose:
        return terms
    bar = progress_bar(n_texts, type(model).__name__, "texts", show=True)

    def words(text: str) -> list[str]:
        bar.update(1)
        return terms.words(text)

    return terms._replace(words=words)


def _warn_about_empty(index: FieldIndex, items: IdIndex, fields: tuple[Field, ...]) -> None:
    """Warn about items without terms; refuse a catalogue without any."""
    n_terms = np.sum([np.diff(counts.indptr) for counts in index.counts], axis=0)
    empty = items.take(np.flatnonzero(n_terms == 0))
    if len(empty) == len(items):
        names = ", ".join(field.name for field in fields)
        raise DataError(f"catalogue: no item has a word to search in the column(s) {names}; check the texts")
    if len(empty):
        warnings.warn(
            f"{len(empty)} of {len(items)} items have no word to search, so that no query finds them: "
            f"{first_few(empty)}",
            stacklevel=levels_inside(),
        )


def _behaviour(model: Any, items: IdIndex, interactions: Any) -> tuple[FloatArray, Recommender | None]:
    """Return the counts of the items and the fitted recommender."""
    recommender = model.recommender
    is_fitted = recommender is not None and recommender.__sklearn_is_fitted__()
    if interactions is None:
        if recommender is not None and not is_fitted:
            raise DataError("recommender: it is not fitted; fit it, or pass interactions= to fit")
        return np.zeros(len(items), dtype=np.float32), recommender
    data = as_interactions(interactions, None, "auto")
    if recommender is not None and not is_fitted:
        recommender = clone(recommender).fit(data)
    return _item_counts(items, data), recommender


def _item_counts(items: IdIndex, interactions: Any) -> FloatArray:
    """Return the sum of strengths (implicit) or the number of ratings (explicit) of each item of a catalogue."""
    codes = items.codes(interactions.items.ids)
    if np.any(codes < 0):
        lost = interactions.items.take(np.flatnonzero(codes < 0))
        lost_all = " (none is: are the ids of one type?)" if np.all(codes < 0) else ""
        warnings.warn(
            f"interactions: {len(lost)} of {len(codes)} items are not in the catalogue{lost_all}, and do not count: "
            f"{first_few(lost)}",
            stacklevel=levels_inside(),
        )
    weights = None if interactions.feedback == "explicit" else interactions.values
    sums = np.bincount(interactions.item_codes, weights, minlength=interactions.n_items)
    counts = np.zeros(len(items), dtype=np.float32)
    counts[codes[codes >= 0]] = sums[codes >= 0]
    return counts


def _learned_weights(model: Any, learned: Learned) -> FloatArray:
    """Return the weights of the sources that order the clicked items of the log first.

    Half of the clicks of each query and item are scores of the source ``clicks``, the others are the truth.
    """
    log = learned.log
    if log is None:
        return learned.weights
    known = log.clicks.copy()
    known.data = np.floor(known.data / 2)
    truth = _difference(log.clicks, known)
    reader = QueryReader.of(learned.vocabulary, learned.postings, learned.speller, model._terms())
    ranking = Ranking(QueryLog(log.texts, log.keys, known), learned.popularity, np.ones(len(SOURCES)), by_rank=False)
    runner = Runner(thread_count(model.n_threads))
    rows = np.sort(np.argsort(-log.totals, kind="stable")[:_MAX_QUERIES])
    features, clicks = [], []
    for row in rows.tolist():
        text = str(log.texts[row])
        scores = text_scores([reader.read(text)], learned.postings, len(learned.items), runner)
        eligible = Eligibility(learned.items).of_users([text], None)
        found = ranking.candidates(model._terms()(text), scores, eligible, 0, None, runner)
        counts = np.zeros(len(learned.items))
        cells = slice(truth.indptr[row], truth.indptr[row + 1])
        counts[truth.indices[cells]] = truth.data[cells]
        features.append(found.parts)
        clicks.append(counts[found.items])
    used = np.array([True, True, bool(np.any(learned.popularity)), False])
    return learn_weights(features, clicks, used)


def _difference(one: Any, other: Any) -> Any:
    """Return the difference of two matrices with the same cells."""
    difference = one.copy()
    difference.data = one.data - other.data
    return difference
