"""Ranking: scores of the items for queries, from all sources."""

from typing import Any, NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import FloatArray, IntArray
from recokit.base._eligibility import EligibleItems
from recokit.base.top import Top
from recokit.kernels.search import best_items, score_queries
from recokit.search._fusion import SOURCES, contributions
from recokit.search._index import Postings
from recokit.search._log import QueryLog
from recokit.search._queries import Query, QueryWords

__all__ = ["Candidates", "Ranking", "text_scores", "text_top"]

_N_CANDIDATES = 200  # hits by text that the other sources reorder
_MAX_TERMS = 16  # of a query whose items are read in order; else all items are scored
_MAX_LENGTH = 1_000  # of its list, which is kept sorted by insertion
_TEXT, _CLICKS, _POPULARITY, _PERSONAL = range(len(SOURCES))


def text_scores(queries: list[Query], postings: Postings, n_items: int, runner: Runner) -> FloatArray:
    """Return the BM25F scores of all items for queries: (n_queries, n_items) float32, −∞ for items without a hit."""
    words = QueryWords.of(queries, postings)
    scores = np.empty((len(queries), n_items), dtype=np.float32)
    costs = n_items + words.n_cells(postings)
    runner.rows(score_queries, len(queries), (*words, *postings.items.arrays, scores), costs=costs)
    return scores


def text_top(
    queries: list[Query], postings: Postings, n_items: int, eligible: EligibleItems, n: int, runner: Runner
) -> Top:
    """Return the n eligible items with the best BM25F scores for each query."""
    if n > _MAX_LENGTH or eligible.candidates is not None or any(query.n_terms > _MAX_TERMS for query in queries):
        return eligible.select(text_scores(queries, postings, n_items, runner), n, runner)
    words, top = QueryWords.of(queries, postings), Top.empty(len(queries), n)
    allowed = np.empty(0, dtype=np.bool_) if eligible.allowed is None else eligible.allowed
    args = *words, *postings.items.arrays, postings.largest, allowed, *top
    runner.rows(best_items, len(queries), args, costs=n_items + words.n_cells(postings))
    return top


class Candidates(NamedTuple):
    """Items that may be listed for a query, and the contribution of each source to their scores.

    Attributes
    ----------
    items : (n,) int array
    parts : (n_sources, n) float64 array
    """

    items: IntArray
    parts: FloatArray

    @property
    def scores(self) -> FloatArray:
        """Scores of the candidates."""
        scores: FloatArray = self.parts.sum(axis=0)
        return scores


class Ranking(NamedTuple):
    """The sources of a search apart from the text.

    Attributes
    ----------
    log : QueryLog, optional
    popularity : (n_items,) float64 array
        From 0 to 1; all 0 if it is not known.
    weights : (n_sources,) float64 array
    by_rank : bool
        Whether ranks are fused in place of scores.
    """

    log: QueryLog | None
    popularity: FloatArray
    weights: FloatArray
    by_rank: bool

    def candidates(
        self, terms: list[str], scores: FloatArray, eligible: EligibleItems, n: int, taste: Any, runner: Runner
    ) -> Candidates:
        """Return the candidates of one query.

        Parameters
        ----------
        terms : list of str
            Terms of the query.
        scores : (1, n_items) float32 array
            Scores by text; overwritten.
        eligible : EligibleItems
            Eligible items of this query.
        n : int
            Length of the list.
        taste : callable, optional
            Function from item codes to the scores of a recommender for the user.
        runner : Runner
        """
        best_text = max(float(scores.max()), 0.0)
        clicked, clicks = (np.empty(0, np.int64), np.empty(0)) if self.log is None else self.log.scores(terms)
        scores[0, clicked] = np.maximum(scores[0, clicked], 0)  # a clicked item needs no word of the query
        top = eligible.select(scores, min(max(n, _N_CANDIDATES), scores.shape[1]), runner)
        is_eligible = scores[0, clicked] > -np.inf
        items = np.union1d(top.codes[0, : top.counts[0]], clicked[is_eligible]).astype(np.int64)
        by_source = np.zeros((len(SOURCES), len(items)))
        by_source[_TEXT] = scores[0, items]
        by_source[_CLICKS, np.searchsorted(items, clicked[is_eligible])] = clicks[is_eligible]
        return self._fused(items, by_source, [best_text, clicks.max(initial=1.0)], taste)

    def without_clicks(
        self,
        queries: list[Query],
        postings: Postings,
        eligible: EligibleItems,
        n: int,
        tastes: list[Any],
        runner: Runner,
    ) -> list[Candidates]:
        """Do as `candidates` for several queries, if there is no log of queries."""
        n_items = len(self.popularity)
        hits = text_top(queries, postings, n_items, eligible, min(max(n, _N_CANDIDATES), n_items), runner)
        best = hits
        if eligible.allowed is not None or eligible.candidates is not None:
            everything = EligibleItems(None, eligible.excluded)
            best = text_top(queries, postings, n_items, everything, 1, runner)
        found = []
        for row, taste in enumerate(tastes):
            order = np.argsort(hits.codes[row, : hits.counts[row]])
            items = hits.codes[row, order].astype(np.int64)
            by_source = np.zeros((len(SOURCES), len(items)))
            by_source[_TEXT] = hits.scores[row, order]
            best_text = float(best.scores[row, 0]) if best.counts[row] else 0.0
            found.append(self._fused(items, by_source, [best_text, 1.0], taste))
        return found

    def _fused(self, items: IntArray, by_source: FloatArray, largest: list[float], taste: Any) -> Candidates:
        """Return candidates, given their scores by text and clicks, and the largest ones of the query."""
        by_source[_POPULARITY] = self.popularity[items]
        if taste is not None and len(items):
            by_source[_PERSONAL] = taste(items)
        bounds = np.array([*largest, 1.0, 1.0])[:, None]
        return Candidates(items, contributions(by_source, bounds, self.weights, by_rank=self.by_rank))

    def top(self, found: list[Candidates], n: int) -> Top:
        """Return the n best candidates of each query."""
        top = Top.padding(len(found), n)
        for row, candidates in enumerate(found):
            scores = candidates.scores
            order = np.lexsort((candidates.items, -scores))[:n]
            top.counts[row] = len(order)
            top.codes[row, : len(order)] = candidates.items[order]
            top.scores[row, : len(order)] = scores[order]
        return top
