"""The hits of lists, one by one, for what is more than a count of them."""

from typing import NamedTuple

import numpy as np

from recokit._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.data.id_index import IdIndex
from recokit.metrics._lists import Lists
from recokit.metrics._pairing import Pairing
from recokit.metrics._truth import Truth

__all__ = ["Hits", "hits_between"]


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
    values : (n_hits,) float64 array
        What the test set says of it.
    width : int
        How many places there were: the cut-off, or without one the length of the longest list.
    """

    users: AnyArray
    items: IdIndex
    rows: IntArray
    item_codes: CodeArray
    values: FloatArray
    width: int

    def by_user(self, values: AnyArray) -> FloatArray:
        """Return the sum over each user's hits of a value of each hit."""
        sums: FloatArray = np.bincount(self.rows, weights=values, minlength=len(self.users)).astype(np.float64)
        return sums


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
    found = cells[hit]
    width = lists.codes.shape[1] if k is None else k
    return Hits(pairing.users, truth.items, rows[hit], truth.item_codes[found], truth.values[found], width)
