"""ItemSearch: from the text of a query to ranked items of a catalogue."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator

from recokit import persistence
from recokit._runtime.arguments import check_count
from recokit._runtime.language import Language, check_language
from recokit._runtime.threads import Runner, thread_count
from recokit._typing import BoolArray, FloatArray
from recokit.base._eligibility import Eligibility, EligibleItems
from recokit.base._lists import ranges
from recokit.base._parameters import BOOLEAN, OPTIONAL_COUNT, POSITIVE, one_of
from recokit.base._state import on_snapshot, replace_state
from recokit.base.explanation import Explanation, Term, explanation_of
from recokit.base.recommender import Recommender
from recokit.base.top import Top
from recokit.content.analyzer import Stemming, Tokenizer
from recokit.content.stop_words import StopWords, stop_word_set
from recokit.data._inputs import known_codes
from recokit.data.id_index import IdIndex
from recokit.data.recommendations import Recommendations
from recokit.search._fields import Field
from recokit.search._fusion import SOURCES
from recokit.search._learning import Learned, learn, learn_more, restored
from recokit.search._queries import Query, QueryReader
from recokit.search._ranking import Candidates, Ranking, text_scores, text_top
from recokit.search._requests import check_keys, check_texts, taste_of, users_of, warn_of_long
from recokit.search._suggestions import Suggestions
from recokit.search._terms import Terms, make_terms
from recokit.search.results import SearchResults

__all__ = ["ItemSearch"]

_BLOCK_CELLS = 1 << 22  # scores in memory at a time


@persistence.storable("recokit.ItemSearch")
class ItemSearch(BaseEstimator):
    r"""Search a catalogue by text: BM25F over its fields, corrected spelling, clicks, popularity and taste.

    Each word t of a query contributes to item i, if it occurs there,

    .. math:: \ln\left(1 + \frac{n - d_t + 0.5}{d_t + 0.5}\right) \frac{x_{ti}}{k_1 + x_{ti}},
        \qquad x_{ti} = \sum_f \frac{w_f\, c_{tfi}}{1 - b_f + b_f\, l_{fi} / \bar{l}_f}

    where :math:`d_t` of the n items have the word, :math:`c_{tfi}` is the number of its occurrences in field f,
    :math:`l_{fi}` the length of the field, and :math:`w_f, b_f` depend on the role of the field. In titles and
    descriptions, a word after a preposition, such as "for laptops", counts a quarter. The sum over the words is
    multiplied by the share of the words that the item has, weighted by their inverse document frequency.

    A word that is not in the catalogue, or hardly ever together with the other words of the query, also stands for its
    likely corrections: one edit away, two for words of seven letters or more, and frequent in items with the other
    words. Two words may be joined ("head set"), and one may be split ("usbhub").

    The scores by text are then fused with those of the other sources. If a source is not known, it adds nothing.

    ==============  ========  =============================================================================
    source          weight    score, from 0 to 1
    ==============  ========  =============================================================================
    ``text``        1         BM25F, divided by the largest score of the query
    ``clicks``      1         share of the clicks of this and of similar queries, smoothed by one click
    ``popularity``  0.1       ln(1 + interactions), divided by the largest value of the catalogue
    ``personal``    0.3       score of the recommender for the user, scaled to 0 … 1 over the hits of the query
    ==============  ========  =============================================================================

    Parameters
    ----------
    fields : None, sequence of str, or mapping of str to float or str
        Columns to search. The default is all columns of text but ids, addresses, images and dates. The values of a
        mapping are weights, or roles: "title", "brand", "category", "description" or "attributes", with the weights
        4, 2, 2, 2 and 0.5. Without a value, the name of the column decides about its role. Cells may be lists or
        mappings of attributes.
    tokenizer, stop_words, stemming
        Analysis of texts, as in `recokit.content.analyzer.make_analyzer`.
    typos : bool
        Whether to correct words.
    k1 : float
        Saturation of BM25F: how much further occurrences of a word add.
    recommender : Recommender, optional
        Gives the scores of the source ``personal``. A model that is not fitted is fitted to the interactions.
    fusion : {"weighted", "rrf", "learned"}, or mapping of str to float
        "weighted" adds the scores above, times their weights; a mapping gives other weights. "rrf" adds the weight over
        60 + rank in each source instead. "learned" learns the weights from the log of queries.
    n_threads : int, optional
        Number of threads; Numba's default if None.
    verbose : bool
        Show a progress bar.

    Attributes
    ----------
    items_ : IdIndex
        Items of the catalogue.
    fields_ : tuple of (name, role, weight)
        The searched columns.
    weights_ : dict of str to float
        Weight of each source.
    item_counts_ : (n_items,) float32 array
        Sum of the strengths of the interactions of each item.
    recommender_ : Recommender or None
        The fitted recommender.

    See Also
    --------
    recokit.reranking.rerank : Business rules for the lists.

    References
    ----------
    Robertson & Zaragoza, "The probabilistic relevance framework: BM25 and beyond", Foundations and Trends in
    Information Retrieval 3, 2009.

    Examples
    --------
    >>> titles = ["Green tea", "Black tea, 50 bags", "Tea cup", "Sleeve for laptops"]
    >>> brands = ["Longjing", "Assam", "Oak", "Oak"]
    >>> catalogue = {"item_id": ["t1", "t2", "c1", "l1"], "title": titles, "brand": brands}
    >>> model = ItemSearch().fit(catalogue)
    >>> model.search("gren tea", n=2)["gren tea"]
    [('t1', 1.33...), ('c1', 0.06...)]
    >>> print(model.explain("oak laptop", "l1"))
    l1 scores 1.22 for oak laptop because of the match “title: laptop” (+0.708), the match “brand: oak” (+0.513).
    """

    items_: IdIndex
    fields_: tuple[Field, ...]
    weights_: dict[str, float]
    item_counts_: FloatArray
    recommender_: Recommender | None
    _learned: Learned

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "fields": [None, str, list, tuple, Mapping],
        "tokenizer": [*one_of("jieba", None), callable],
        "stop_words": [*one_of("english", "chinese", "auto", None), list, tuple, set, frozenset],
        "stemming": one_of("english", None),
        "typos": BOOLEAN,
        "k1": POSITIVE,
        "recommender": [Recommender, None],
        "fusion": [*one_of("weighted", "rrf", "learned"), Mapping],
        "n_threads": OPTIONAL_COUNT,
        "verbose": BOOLEAN,
    }

    def __init__(
        self,
        *,
        fields: Any = None,
        tokenizer: Tokenizer = None,
        stop_words: StopWords = "auto",
        stemming: Stemming = "english",
        typos: bool = True,
        k1: float = 0.7,
        recommender: Recommender | None = None,
        fusion: Literal["weighted", "rrf", "learned"] | Mapping[str, float] = "weighted",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.fields = fields
        self.tokenizer = tokenizer
        self.stop_words = stop_words
        self.stemming = stemming
        self.typos = typos
        self.k1 = k1
        self.recommender = recommender
        self.fusion = fusion
        self.n_threads = n_threads
        self.verbose = verbose

    # ------------------------------------------------------------------ fitting

    def fit(self, catalogue: Any, interactions: Any = None, queries: Any = None, *, item: str = "item_id") -> Self:
        """Index a catalogue, and read the behaviour of users if there is any.

        Parameters
        ----------
        catalogue : pandas, Polars or PyArrow frame, mapping of columns, or mapping of item ids to titles
            One row for each item. All columns can be used in filters.
        interactions : Interactions, EventLog, or (user, item) pairs, optional
            For the popularity of items, and to fit the recommender if it is not fitted.
        queries : EventLog with queries, frame, or mapping of columns, optional
            Clicks or purchases after a query. A frame has the columns ``query`` and ``item_id``, and optionally
            ``weight``.
        item : str
            Name of the catalogue column with the item ids.

        Returns
        -------
        self

        Raises
        ------
        DataError
            The catalogue is empty, has no text or no terms, lists an item twice, or lacks a column; or the
            interactions or queries cannot be used.
        ValueError
            A parameter is out of its range, or ``fusion="learned"`` without queries.

        Warns
        -----
        UserWarning
            Items have no terms, or items of the interactions or queries are not in the catalogue.
        """
        self._validate_params()
        model = self._copy()
        model._learned = learn(model, catalogue, interactions, queries, item)
        model._set_attributes()
        replace_state(self, model)
        return self

    def partial_fit(
        self, catalogue: Any = None, interactions: Any = None, queries: Any = None, *, item: str = "item_id"
    ) -> Self:
        """Add items, interactions and queries; equal to `fit` on all data, apart from the recommender.

        Parameters
        ----------
        catalogue : as in `fit`, optional
            New items, and known items with new rows, which replace the old ones. Only these are analyzed.
        interactions, queries : as in `fit`, optional
            Further ones, which are added to the known ones. The recommender does not change: update it by itself, and
            learned weights stay.
        item : str
            Name of the catalogue column with the item ids.

        Returns
        -------
        self

        Raises
        ------
        DataError
            As in `fit`, or the catalogue has a new column.
        """
        if not self.__sklearn_is_fitted__():
            return self.fit(catalogue, interactions, queries, item=item)
        model = self._copy()
        model._learned = learn_more(model, self._learned, catalogue, interactions, queries, item)
        model._set_attributes()
        replace_state(self, model)
        return self

    def _copy(self) -> Self:
        """Return an estimator with the same attributes, whose changes do not affect this one."""
        model = object.__new__(type(self))
        model.__dict__ = dict(vars(self))
        return model

    def _set_attributes(self) -> None:
        """Set the public attributes of the fitted state."""
        learned = self._learned
        self.items_ = learned.items
        self.fields_ = learned.fields
        self.weights_ = dict(zip(SOURCES, learned.weights.tolist(), strict=True))
        self.item_counts_ = learned.item_counts
        self.recommender_ = learned.recommender
        self._knows_popularity = bool(np.any(learned.popularity))
        self._is_text_only = learned.log is None and not self._knows_popularity

    def __sklearn_is_fitted__(self) -> bool:
        return "_learned" in vars(self)

    # ------------------------------------------------------------------ searching

    @on_snapshot
    def search(
        self,
        queries: Any,
        n: int = 10,
        *,
        users: Any = None,
        candidates: Any = None,
        filters: Any = None,
        on_unknown: Literal["raise", "ignore"] = "raise",
    ) -> SearchResults:
        """Return the top-n items for each query.

        Ties are broken by item code, which is the order of the sorted item ids. A query without any word or correction
        in the catalogue gets the items with the most similar words, and a query without any hit the most popular
        items, which are marked as fillers; ``fallbacks`` of the result says so.

        Parameters
        ----------
        queries : str, or sequence of str
            Only the first 64 distinct words of a query count; of a longer one, a warning tells.
        n : int
            Maximum number of items in a list.
        users : id, or sequence of ids and None, optional
            The user of each query, or of all queries, for the source ``personal``.
        candidates : array-like of item ids, or mapping of queries to item ids, optional
            The only items to list.
        filters : Filter, dict, or list of them, optional
            Conditions on columns of the catalogue, all of which must hold: ``Where("price", "<", 50)`` of
            `recokit.reranking`, or ``{"column": "price", "op": "<", "value": 50}``.
        on_unknown : {"raise", "ignore"}
            Result for a user that the recommender does not know: an error, or a list without the source ``personal``.

        Returns
        -------
        SearchResults
            Scores are sums over the sources, or BM25F scores if there is no other source than the text.

        Raises
        ------
        DataError
            A query is not text, or a filter names an unknown column.
        UnknownIdError
            A user or a candidate is unknown.
        ValueError
            ``users`` or ``candidates`` do not fit the queries, or a filter has another form.
        NotFittedError
            The model is not fitted.
        """
        texts, learned = check_texts(queries), self._learned
        n = min(check_count(n, "n"), len(learned.items))
        asked = users_of(texts, users, learned.recommender, on_unknown)
        check_keys(candidates, texts)
        eligibility = Eligibility(learned.items, candidates)
        allowed = learned.filtered.matching(filters)
        reader = self._reader()
        read = [reader.read(text) for text in texts]
        warn_of_long(read)
        parts = [] if texts else [(Top.empty(0, n), np.empty(0, dtype=np.bool_))]
        for start, stop in ranges(len(texts), max(1, _BLOCK_CELLS // len(learned.items))):
            eligible = eligibility.of_users(texts[start:stop], None)
            eligible = eligible if allowed is None else eligible.allow(allowed)
            parts.append(self._top(texts[start:stop], read[start:stop], eligible, n, asked[start:stop]))
        if len(parts) == 1:
            return self._results(texts, read, *parts[0])
        top = Top(*map(np.concatenate, zip(*(lists for lists, _ in parts), strict=True)))
        return self._results(texts, read, top, np.concatenate([is_popular for _, is_popular in parts]))

    def _reader(self) -> QueryReader:
        """Return the reader of queries."""
        learned = self._learned
        speller = learned.speller if self.typos else None
        return QueryReader.of(learned.vocabulary, learned.postings, speller, self._terms())

    def _terms(self) -> Terms:
        return make_terms(self.tokenizer, self.stop_words, self.stemming)

    def _ranking(self) -> Ranking:
        learned = self._learned
        return Ranking(learned.log, learned.popularity, learned.weights, self.fusion == "rrf")

    def _runner(self) -> Runner:
        return Runner(thread_count(self.n_threads))

    def _top(
        self, texts: list[str], read: list[Query], eligible: EligibleItems, n: int, users: list[Any]
    ) -> tuple[Top, BoolArray]:
        """Return the lists of a block of queries, and whether each holds popular items for want of hits."""
        learned, runner, ranking = self._learned, self._runner(), self._ranking()
        if self._is_text_only and not any(user is not None for user in users):
            top = text_top(read, learned.postings, len(learned.items), eligible, n, runner)
        elif learned.log is None:
            tastes = [taste_of(learned.recommender, learned.items, user) for user in users]
            top = ranking.top(ranking.without_clicks(read, learned.postings, eligible, n, tastes, runner), n)
        else:
            scores = text_scores(read, learned.postings, len(learned.items), runner)
            rows = np.arange(len(texts))[:, None]
            found = [
                self._candidates(texts[k], scores[row], eligible.take(row), n, users[k]) for k, row in enumerate(rows)
            ]
            top = ranking.top(found, n)
        is_popular = (top.counts == 0) & self._knows_popularity
        if np.any(is_popular):
            missing = np.flatnonzero(is_popular)
            counts = np.where(learned.item_counts > 0, learned.item_counts, -np.inf).astype(np.float32)
            top.put(missing, eligible.take(missing).select(np.tile(counts, (len(missing), 1)), n, runner))
        return top, is_popular & (top.counts > 0)

    def _candidates(self, text: str, scores: FloatArray, eligible: EligibleItems, n: int, user: Any) -> Candidates:
        """Return the candidates of one query for a user."""
        taste = taste_of(self._learned.recommender, self._learned.items, user)
        return self._ranking().candidates(self._terms()(text), scores, eligible, n, taste, self._runner())

    def _results(self, texts: list[str], read: list[Query], top: Top, is_popular: BoolArray) -> SearchResults:
        """Return lists with ids."""
        terms = self._learned.vocabulary.terms
        return SearchResults(
            texts,
            self._learned.items.take(np.maximum(top.codes, 0)),
            top.scores,
            top.counts,
            np.where(is_popular, 0, top.counts),
            fallbacks=[
                "popular" if filled else "nearest" if query.is_nearest and count else None
                for query, filled, count in zip(read, is_popular, top.counts, strict=True)
            ],
            corrections=[query.corrections(terms) for query in read],
        )

    # ------------------------------------------------------------------ explaining

    @on_snapshot
    def explain(
        self, query: str, item: Any, *, user: Any = None, language: Language = "en", labels: Any = None
    ) -> Explanation:
        """Explain the score of an item for a query as a sum over words and fields, clicks, popularity and taste.

        Parameters
        ----------
        query : str
        item : id
        user : id, optional
            A user of the recommender.
        language : {"en", "zh"}
            Language of ``str(explanation)``.
        labels : mapping of item ids to titles, or callable, optional
            Titles of items, shown in place of their ids.

        Returns
        -------
        Explanation
            Its ``user`` is the query, and its terms add up to the score of the item in a search without filters.

        Raises
        ------
        UnknownIdError
            The item or the user is unknown.
        """
        check_language(language)
        learned = self._learned
        (text,) = check_texts(query)
        code = int(known_codes(learned.items, [item], "item")[0])
        (asked,) = users_of([text], user, learned.recommender, "raise")
        read = self._reader().read(text)
        scores = text_scores([read], learned.postings, len(learned.items), self._runner())
        by_text = max(float(scores[0, code]), 0.0)
        parts = np.array([by_text, 0.0, 0.0, 0.0])
        if asked is not None or not self._is_text_only:
            eligible = Eligibility(learned.items).of_users([text], None)
            found = self._candidates(text, scores, eligible, len(learned.items), asked)
            parts = found.parts[:, found.items == code].sum(axis=1)
        terms = [
            Term("field_word", f"{field}: {word}", parts[0] * share) for word, field, share in self._words(read, code)
        ]
        terms += [Term(kind, None, float(part)) for kind, part in zip(SOURCES[1:], parts[1:], strict=True)]
        return explanation_of(text, item, float(parts.sum()), terms, language, labels)

    def _words(self, query: Query, item: int) -> list[tuple[str, str, float]]:
        """Return the matched terms, their fields, and their shares of the score by text."""
        learned, found = self._learned, []
        for word in query.words:
            best = max(
                ((learned.postings.weight(code, item) * weight, code) for code, weight in word.terms), default=(0.0, 0)
            )
            if best[0] > 0:
                shares = learned.vocabulary.shares(item, best[1])
                found += [
                    (learned.vocabulary.terms[best[1]], field, best[0] * share) for field, share in shares.items()
                ]
        total = sum(weight for _, _, weight in found)
        return [(term, field, weight / total) for term, field, weight in found]

    # ------------------------------------------------------------------ queries

    @on_snapshot
    def suggest(self, prefix: str, n: int = 10) -> list[tuple[str, float]]:
        """Return completions of the beginning of a query.

        Completions are logged queries, then phrases of titles, brands and categories, the most frequent first. The
        first call after `fit` collects the phrases.

        Parameters
        ----------
        prefix : str
        n : int
            Maximum number of completions.

        Returns
        -------
        list of (str, float)
            Completions in their normal form, see `recokit.content.normalization.normalize`, and their weights.

        Examples
        --------
        >>> model = ItemSearch().fit({1: "Green tea", 2: "Green tea, 50 bags", 3: "Green cup"})
        >>> model.suggest("gr")
        [('green', 3.0), ('green tea', 2.0)]
        """
        (text,) = check_texts(prefix)
        return self._suggestions().starting_with(text, check_count(n, "n"))

    def _suggestions(self) -> Suggestions:
        if self._learned.suggestions is None:
            stop_words = stop_word_set(self.stop_words)
            self._learned = self._learned._replace(suggestions=self._learned.collect_suggestions(stop_words))
        return self._learned.suggestions  # type: ignore[return-value]

    @on_snapshot
    def similar_queries(self, queries: Any, n: int = 10) -> Recommendations:
        """Return the logged queries most similar to each query, by words and by clicks.

        Parameters
        ----------
        queries : str, or sequence of str
        n : int
            Maximum number of similar queries.

        Returns
        -------
        Recommendations
            Scores are the mean of the cosine of the words and that of the clicks.

        Raises
        ------
        ValueError
            The model is fitted without queries.
        """
        texts, log = check_texts(queries), self._learned.log
        check_count(n, "n")
        if log is None:
            raise ValueError("similar_queries needs the log of queries: pass queries= to fit")
        found = [log.similar(self._terms()(text), n) for text in texts]
        width = max((len(rows) for rows, _ in found), default=0)
        items, scores = np.full((len(texts), width), None, dtype=object), np.zeros((len(texts), width))
        for place, (rows, values) in enumerate(found):
            items[place, : len(rows)] = log.texts[rows].astype(object)
            scores[place, : len(rows)] = values
        counts = [len(rows) for rows, _ in found]
        return Recommendations(texts, items, scores, counts, columns=("query", "similar_query"))

    # ------------------------------------------------------------------ saving

    @on_snapshot
    def save(self, path: Any) -> None:
        """Write the fitted model to one file, for `recokit.load`.

        The file is in the safetensors format and holds no code. It holds the catalogue and all ids.

        Parameters
        ----------
        path : path-like
            The file to write.

        Raises
        ------
        TypeError
            A parameter or a value of the catalogue cannot be saved, such as a function.
        """
        self._suggestions()
        persistence.save(self, path)

    def _to_state(self) -> dict[str, Any]:
        params = self.get_params(deep=False) | {"recommender": None}
        if isinstance(self.stop_words, set | frozenset):
            params["stop_words"] = sorted(self.stop_words)
        return {"params": params, "learned": self._learned.to_state()}

    @classmethod
    def _from_state(cls, state: dict[str, Any]) -> Self:
        params = state["params"] | {"recommender": state["learned"]["recommender"]}
        model = cls(**params)
        model._learned = restored(state["learned"], model.k1)
        model._set_attributes()
        return model
