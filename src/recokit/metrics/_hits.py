"""The hits of lists, one by one, for what is more than a count of them."""

from typing import Any, NamedTuple

import numpy as np

from recokit._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.interactions import IdIndex
from recokit.metrics._lists import Lists, has_user_ids
from recokit.metrics._measure import Pairing, pair
from recokit.metrics._metric import Metric, Missing
from recokit.metrics._truth import Truth

__all__ = ["Hits", "hits_between", "hits_of", "mean_by_user"]


class Hits(NamedTuple):
    """Relevant items that are in the first places of the lists, each once.

    Attributes
    ----------
    users : (n_users,) array of ids
        Whose lists were looked at.
    items : IdIndex
    rows : (n_hits,) int64 array
        The place in ``users`` of each hit.
    item_codes : (n_hits,) int32 array
        Its item, in codes of ``items``.
    values : (n_hits,) float32 array
        What the test set says of it.
    """

    users: AnyArray
    items: IdIndex
    rows: IntArray
    item_codes: CodeArray
    values: FloatArray


def hits_of(recommendations: Any, test: Any, k: int | None, threshold: float | None, missing: Missing) -> Hits:
    """Return the hits of lists, given as to `recokit.metrics.precision`."""
    k = Metric("precision", k).k
    lists = Lists.of(recommendations, k)
    truth = Truth.of(test, None if has_user_ids(recommendations) else len(lists.users), threshold)
    return hits_between(lists, truth, pair(lists, truth, missing, stacklevel=5), k)


def hits_between(lists: Lists, truth: Truth, pairing: Pairing, k: int | None) -> Hits:
    """Return the hits of lists in their first k places."""
    listed, sizes = lists.top(k)
    n_items = max(1, len(lists.items))
    keys = np.unique(np.repeat(np.arange(len(sizes)), sizes) * n_items + listed)
    lengths = np.where(pairing.test_rows >= 0, np.diff(truth.indptr)[pairing.test_rows], 0)
    rows = np.repeat(np.arange(len(pairing.users)), lengths)
    starts = np.where(pairing.test_rows >= 0, truth.indptr[pairing.test_rows], 0)
    cells = np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + np.repeat(starts, lengths)
    item_codes = lists.items.codes(truth.items)[truth.item_codes[cells]].astype(np.int64)
    list_rows = pairing.list_rows[rows]
    known = (item_codes >= 0) & (list_rows >= 0)
    hit = known & np.isin(np.where(known, list_rows * n_items + item_codes, -1), keys)
    return Hits(pairing.users, truth.items, rows[hit], truth.item_codes[cells[hit]], truth.values[cells[hit]])


def mean_by_user(hits: Hits, values: AnyArray) -> float:
    """Return the mean over all users of the sums of the values of their hits."""
    return float(np.sum(values, dtype=np.float64) / len(hits.users))
