"""SearchResults: ranked lists of items for queries."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from recokit._typing import AnyArray
from recokit.data.recommendations import Recommendations

__all__ = ["SearchResults"]


class SearchResults(Recommendations):
    """A ranked list of items for each query, as `Recommendations` with queries in place of users.

    Parameters
    ----------
    queries, items, scores, counts, n_scored
        As ``users`` and the other parameters of `Recommendations`.
    fallbacks : sequence of {None, "nearest", "popular"}, optional
        How the list of each query was found: by its words (None); by the words most similar to its words, since none
        is in the catalogue; or by popularity, since there is no hit at all.
    corrections : sequence of mappings, optional
        For each query, the words that were corrected, and their corrections, best first.

    Attributes
    ----------
    fallbacks : (n_queries,) object array
    corrections : tuple of dict of str to list of str

    See Also
    --------
    recokit.search.ItemSearch :
        Search a catalogue by text: BM25F over its fields, corrected spelling, clicks, popularity and taste.
    recokit.Recommendations : A ranked list of items for each user.

    Examples
    --------
    >>> lists = SearchResults(["green tae"], [["t1", "t2"]], corrections=[{"tae": ["tea"]}])
    >>> print(lists)
    SearchResults(1 query × up to 2 items, 2 in total; 1 corrected)
    green tae: t1 (-1), t2 (-2)
    """

    def __init__(
        self,
        queries: Any,
        items: Any,
        scores: Any = None,
        counts: Any = None,
        n_scored: Any = None,
        *,
        fallbacks: Sequence[str | None] | None = None,
        corrections: Sequence[Mapping[str, list[str]]] | None = None,
    ) -> None:
        super().__init__(queries, items, scores, counts, n_scored, ("query", "item_id"))
        self.fallbacks: AnyArray = np.full(len(self), None, dtype=object)
        if fallbacks is not None:
            self.fallbacks[:] = list(fallbacks)
        self.corrections = tuple(dict(words) for words in corrections or [{}] * len(self))

    @property
    def queries(self) -> AnyArray:
        """The queries, in the order of the lists."""
        return self.users

    def __repr__(self) -> str:
        n_queries, n = self.items.shape
        n_empty = int(np.sum(self.counts == 0))
        n_corrected = sum(map(bool, self.corrections))
        n_nearest, n_popular = (sum(one == kind for one in self.fallbacks) for kind in ("nearest", "popular"))
        notes = {"empty": n_empty, "corrected": n_corrected, "by similar words": n_nearest, "by popularity": n_popular}
        shown = ", ".join(f"{count:,} {name}" for name, count in notes.items() if count)
        rows = "query" if n_queries == 1 else "queries"
        size = f"{n_queries:,} {rows} × up to {n} items, {int(self.counts.sum()):,} in total"
        return f"SearchResults({size}{'; ' * bool(shown)}{shown})"
