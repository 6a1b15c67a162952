"""A log of queries and the items that were clicked: scores of items for a query, and similar queries."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from recokit._runtime.warnings import levels_inside
from recokit._typing import AnyArray, FloatArray, IntArray
from recokit.data._columns import to_values
from recokit.data._frames import column, column_names, is_missing
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError, first_few
from recokit.persistence import storable

__all__ = ["QueryLog", "read_clicks"]

_MIN_COSINE = 0.5  # of a query whose clicks count for another one
_N_SIMILAR = 50
_STRINGS = np.dtypes.StringDType()


def read_clicks(queries: Any) -> tuple[list[str], Any, FloatArray]:
    """Return the query, the item and the weight of each row of a log.

    Parameters
    ----------
    queries : EventLog with queries, frame, or mapping of columns
        A frame has the columns ``query`` and ``item_id``, and optionally ``weight``, 1 by default.

    Raises
    ------
    DataError
        A column is missing, or holds values that are no text or no weights.
    """
    if hasattr(queries, "query_codes"):  # an EventLog
        if queries.queries is None:
            raise DataError("queries: the log has no queries; name their column with query= of EventLog.from_frame")
        rows = np.flatnonzero((queries.query_codes >= 0) & (queries.item_codes >= 0))
        texts = queries.queries.take(queries.query_codes[rows]).tolist()
        items, weights = queries.items.take(queries.item_codes[rows]).tolist(), np.ones(len(rows), dtype=np.float32)
    else:
        texts, items = list(column(queries, "query")), list(column(queries, "item_id"))
        has_weights = "weight" in column_names(queries)
        weights = to_values(column(queries, "weight"), "weight") if has_weights else np.ones(len(texts), np.float32)
    if not len(texts) == len(items) == len(weights):
        raise DataError(f"queries: columns differ in length: {len(texts)} queries, {len(items)} items")
    wrong = [text for text in texts if not isinstance(text, str)]
    if wrong or any(map(is_missing, items)):
        raise DataError(f"queries: {len(wrong)} value(s) are no text, or items are missing: {first_few(wrong)}")
    if np.any(weights <= 0):
        raise DataError(f"queries, weight: expected numbers above 0, got {first_few(weights[weights <= 0])}")
    return texts, items, weights


@storable("recokit.search.QueryLog")
class QueryLog:
    """Logged queries and their clicks.

    Two spellings with the same terms, in any order, are one query.

    Parameters
    ----------
    texts : sequence of str
        The most frequent spelling of each query.
    keys : sequence of str
        Its terms, sorted and separated by spaces.
    clicks : csr_array of shape (n_queries, n_items), float32
        Weight of the clicks.
    """

    def __init__(self, texts: Any, keys: Any, clicks: sparse.csr_array) -> None:
        self.texts: AnyArray = np.array(texts, dtype=_STRINGS)
        self.keys: list[str] = list(keys)
        self.clicks = clicks
        self.totals: FloatArray = np.asarray(clicks.sum(axis=1), dtype=np.float64)
        self._rows = {key: row for row, key in enumerate(self.keys)}
        self._terms: dict[str, int] = {}
        words = [key.split(" ") for key in self.keys]
        codes = [self._terms.setdefault(word, len(self._terms)) for some in words for word in some]
        bounds = np.cumsum([0, *map(len, words)])
        matrix = sparse.csr_array((np.ones(len(codes)), np.array(codes, np.int64), bounds))
        df = np.bincount(codes, minlength=len(self._terms))
        self._idf: FloatArray = np.log1p(len(self.keys) / np.maximum(df, 1))
        self._by_term = sparse.csr_array(_normalized(matrix * self._idf).T)

    @classmethod
    def from_clicks(
        cls, texts: list[str], items: Any, weights: FloatArray, index: IdIndex, analyze: Callable[[str], list[str]]
    ) -> "QueryLog | None":
        """Return the log of clicks on the items of an index; None if no row has a query with terms and a known item.

        Warns
        -----
        UserWarning
            Items are not in the catalogue.
        """
        codes = index.codes(items)
        if np.any(codes < 0):
            lost = sorted({str(item) for item, code in zip(items, codes, strict=True) if code < 0})
            warnings.warn(
                f"queries: {len(lost)} item(s) are not in the catalogue, and their {np.sum(codes < 0)} row(s) are "
                f"left out: {first_few(lost)}",
                stacklevel=levels_inside(),
            )
        keys_of = {text: key_of(analyze(text)) for text in dict.fromkeys(texts)}
        keys: dict[str, int] = {}
        spellings: dict[str, dict[str, float]] = {}
        rows, used = [], []
        for place, (text, weight) in enumerate(zip(texts, weights.tolist(), strict=True)):
            key = keys_of[text]
            if key and codes[place] >= 0:
                rows.append(keys.setdefault(key, len(keys)))
                used.append(place)
                counts = spellings.setdefault(key, {})
                counts[text] = counts.get(text, 0.0) + weight
        if not rows:
            return None
        shape = len(keys), len(index)
        clicks = sparse.csr_array((weights[used], (rows, codes[used])), shape=shape, dtype=np.float32)
        clicks.sum_duplicates()
        return cls([max(spellings[key], key=lambda text: spellings[key][text]) for key in keys], list(keys), clicks)

    def scores(self, terms: list[str]) -> tuple[IntArray, FloatArray]:
        r"""Return the items that were clicked for a query and for similar ones, and their scores above 0.

        The score of item i for query q is :math:`\sum_p c_{pq}^2\, n_{pi} / (n_p + 1)` over the logged queries p with a
        cosine :math:`c_{pq}` of at least 0.5 to q, of whose :math:`n_p` clicks :math:`n_{pi}` fell on i.
        """
        rows, cosines = self.nearest(terms, _N_SIMILAR)
        weights = np.where(cosines >= _MIN_COSINE, cosines, 0.0) ** 2 / (self.totals[rows] + 1)
        scores = weights @ self.clicks[rows] if len(rows) else np.zeros(self.clicks.shape[1])
        items = np.flatnonzero(scores)
        return items, scores[items]

    def nearest(self, terms: list[str], n: int) -> tuple[IntArray, FloatArray]:
        """Return the logged queries with the most similar terms, and their cosines above 0, best first."""
        known = [self._terms[term] for term in dict.fromkeys(terms) if term in self._terms]
        n_unknown = len(set(terms)) - len(known)
        norm = np.sqrt(np.sum(self._idf[known] ** 2) + n_unknown * np.log1p(len(self.keys)) ** 2)
        if not known:
            return np.empty(0, dtype=np.int64), np.empty(0)
        cosines = np.minimum((self._idf[known] / norm) @ self._by_term[known], 1.0)
        order = np.lexsort((np.arange(len(cosines)), -cosines))[:n]
        order = order[cosines[order] > 0]
        return order, cosines[order]

    def similar(self, terms: list[str], n: int) -> tuple[IntArray, FloatArray]:
        """Return the logged queries most similar to a query by their terms and their clicks, without the query.

        The similarity is the mean of the cosine of the terms and that of the clicks.
        """
        rows, cosines = self.nearest(terms, len(self.keys))
        scores = np.zeros(len(self.keys))
        scores[rows] = cosines / 2
        own = self._rows.get(key_of(terms))
        items, clicked = self.scores(terms)
        if len(items):
            clicks = _normalized(self.clicks)
            scores += (clicks[:, items] @ clicked) / np.linalg.norm(clicked) / 2
        if own is not None:
            scores[own] = 0
        order = np.lexsort((np.arange(len(scores)), -scores))[:n]
        order = order[scores[order] > 0]
        return order, scores[order]

    def reindexed(self, codes: IntArray, n_items: int) -> "QueryLog":
        """Return the log with item i renamed to ``codes[i]``."""
        old = self.clicks.tocoo()
        shape = len(self.keys), n_items
        return QueryLog(self.texts, self.keys, sparse.csr_array((old.data, (old.row, codes[old.col])), shape=shape))

    def merged(self, other: "QueryLog") -> "QueryLog":
        """Return the clicks of two logs over the same items."""
        keys = dict.fromkeys([*self.keys, *other.keys])
        rows = {key: row for row, key in enumerate(keys)}
        texts = dict(zip(other.keys, other.texts.tolist(), strict=True))
        texts |= dict(zip(self.keys, self.texts.tolist(), strict=True))
        parts = [one.clicks.tocoo() for one in (self, other)]
        places = [
            np.array([rows[key] for key in one.keys])[part.row] for one, part in zip((self, other), parts, strict=True)
        ]
        cells = np.concatenate(places), np.concatenate([part.col for part in parts])
        values = np.concatenate([part.data for part in parts])
        clicks = sparse.csr_array((values, cells), shape=(len(keys), self.clicks.shape[1]))
        return QueryLog([texts[key] for key in keys], list(keys), clicks)

    def _to_state(self) -> dict[str, Any]:
        return {"texts": self.texts, "keys": np.array(self.keys, dtype=_STRINGS), "clicks": self.clicks}

    @classmethod
    def _from_state(cls, state: dict[str, Any]) -> "QueryLog":
        return cls(state["texts"], state["keys"].tolist(), state["clicks"])


def key_of(terms: list[str]) -> str:
    """Return the distinct terms of a query as a key."""
    return " ".join(sorted(set(terms)))


def _normalized(matrix: Any) -> sparse.csr_array:
    """Return a matrix with rows of norm 1; empty rows stay empty."""
    rows = sparse.csr_array(matrix)
    norms = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1), dtype=np.float64))
    norms[norms == 0] = 1
    return sparse.csr_array(sparse.diags_array(1 / norms) @ rows)
