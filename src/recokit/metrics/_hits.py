"""Hits: the relevant items in the lists, and the metrics computed from the hits themselves."""

from typing import NamedTuple

import numpy as np

from recokit._typing import AnyArray, BoolArray, CodeArray, FloatArray, IntArray
from recokit.data._columns import to_numbers
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.data.rows import bounds_from_lengths
from recokit.exceptions import DataError, first_few
from recokit.metrics._context import Context, ItemValues
from recokit.metrics._lists import Lists
from recokit.metrics._pairing import Pairing
from recokit.metrics._truth import Truth

__all__ = ["Hits", "find_hits", "margin", "revenue", "serendipity"]


class Hits(NamedTuple):
    """The relevant items in the first places of the lists, each counted once per user.

    Attributes
    ----------
    users : (n_users,) array of ids
        Evaluated users.
    items : IdIndex
    rows : (n_hits,) int64 array
        Position in ``users`` of the user of each hit.
    item_codes : (n_hits,) int32 array
        Item of each hit, as codes of ``items``.
    values : (n_hits,) float64 array
        Test value of each hit.
    width : int
        Number of places: the cut-off, or the length of the longest list.
    """

    users: AnyArray
    items: IdIndex
    rows: IntArray
    item_codes: CodeArray
    values: FloatArray
    width: int

    def sum_by_user(self, values: AnyArray) -> FloatArray:
        """Return the sum over the hits of each user of values aligned with the hits."""
        sums: FloatArray = np.bincount(self.rows, weights=values, minlength=len(self.users)).astype(np.float64)
        return sums


def find_hits(lists: Lists, truth: Truth, pairing: Pairing, k: int | None) -> Hits:
    """Return the hits of the lists in their first k places."""
    listed, sizes = lists.top(k)
    n_items = max(1, len(lists.items))
    listed_pairs = np.unique(np.repeat(np.arange(len(sizes)), sizes) * n_items + listed)
    rows, cells = _test_cells(truth, pairing)
    item_codes = lists.items.codes(truth.items)[truth.rows.codes[cells]].astype(np.int64)
    list_rows = pairing.list_rows[rows]
    known = (item_codes >= 0) & (list_rows >= 0)
    is_hit = known & np.isin(np.where(known, list_rows * n_items + item_codes, -1), listed_pairs)
    hit_cells = cells[is_hit]
    width = lists.codes.shape[1] if k is None else k
    return Hits(pairing.users, truth.items, rows[is_hit], truth.rows.codes[hit_cells], truth.values[hit_cells], width)


def _test_cells(truth: Truth, pairing: Pairing) -> tuple[IntArray, IntArray]:
    """Return the relevant items of the evaluated users: the position of the user, and the cell in the truth."""
    has_test = pairing.test_rows >= 0
    lengths = np.where(has_test, truth.rows.lengths[pairing.test_rows], 0)
    starts = np.where(has_test, truth.rows.indptr[pairing.test_rows], 0)
    bounds = bounds_from_lengths(lengths)
    rows = np.repeat(np.arange(len(pairing.users)), lengths)
    return rows, np.arange(len(rows)) + np.repeat(starts - bounds[:-1], lengths)


def revenue(hits: Hits, context: Context) -> FloatArray:
    """Return the sum of the prices of the hits of each user."""
    return hits.sum_by_user(_hit_values(hits, context.values_for("revenue"), "price"))


def margin(hits: Hits, context: Context) -> FloatArray:
    """Return the sum of the margins of the hits of each user."""
    return hits.sum_by_user(_hit_values(hits, context.values_for("margin"), "margin"))


def _hit_values(hits: Hits, item_values: ItemValues, name: str) -> FloatArray:
    """Return the value of each hit, from the mapping or from the test set."""
    if isinstance(item_values, str):
        return hits.values
    codes, places = np.unique(hits.item_codes, return_inverse=True)
    items = hits.items.take(codes).tolist()
    lacking = [item for item in items if item not in item_values]
    if lacking:
        raise DataError(f"{len(lacking)} item(s) among the hits have no {name}: {first_few(lacking)}")
    return to_numbers([item_values[item] for item in items], f"{name}s")[places]


def serendipity(hits: Hits, context: Context) -> FloatArray:
    """Return the share of the places of each user with a hit that a list of popular items would not contain."""
    train = context.train_for("serendipity")
    if hits.width == 0:
        raise DataError("serendipity needs lists with at least one place, but all lists are empty")
    counts = np.bincount(train.item_codes, minlength=train.n_items)
    ranks = np.empty(train.n_items + 1, dtype=np.int64)
    ranks[np.argsort(-counts, kind="stable")] = np.arange(train.n_items)
    ranks[-1] = train.n_items + hits.width  # items outside the training data are never in the popular list
    item_ranks = ranks[train.items.codes(hits.items)[hits.item_codes]]
    user_codes = train.users.codes(hits.users)[hits.rows].astype(np.int64)
    n_seen_above, is_seen = _seen_above(train, ranks, user_codes, item_ranks)
    return hits.sum_by_user((item_ranks - n_seen_above >= hits.width) & ~is_seen) / hits.width


def _seen_above(
    train: Interactions, ranks: IntArray, user_codes: IntArray, item_ranks: IntArray
) -> tuple[IntArray, BoolArray]:
    """Return, for (user, popularity rank) pairs, two facts about the user's training items.

    Returns
    -------
    n_above : (n_pairs,) int64 array
        Number of the user's training items that are more popular.
    is_seen : (n_pairs,) bool array
        Whether the item with this rank is one of the user's training items.
    """
    is_asked = np.zeros(train.n_users + 1, dtype=np.bool_)  # the last entry is for users outside the training data
    is_asked[user_codes] = True
    own = is_asked[train.user_codes]
    stride = ranks[-1] + 1
    cells = np.sort(train.user_codes[own].astype(np.int64) * stride + ranks[train.item_codes[own]])
    first = user_codes * stride
    above = np.searchsorted(cells, first + item_ranks)
    is_seen = np.searchsorted(cells, first + item_ranks, side="right") > above
    return above - np.searchsorted(cells, first), is_seen
