"""The results of `kernels.sparse_lists` by NumPy."""

import numpy as np

from recokit.kernels._typing import BoolArray, CodeArray, FloatArray, IntArray
from recokit.kernels.small.selection import select_cells
from recokit.kernels.small.spans import Sums, joined, products_of_rows

__all__ = ["sparse_scores", "sparse_top"]


def _cells(
    start: int,
    stop: int,
    indptr: IntArray,
    item_codes: CodeArray,
    values: FloatArray,
    weight_indptr: IntArray,
    weight_codes: CodeArray,
    weights: FloatArray,
    n_items: int,
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the user less ``start``, the item and the score of each cell with evidence, ascending."""
    users, cells, weight_cells = products_of_rows(start, stop, indptr, item_codes, weight_indptr)
    used = values[cells] != 0
    users, cells, weight_cells = users[used], cells[used], weight_cells[used]
    sums = Sums.of_terms(users, weight_codes[weight_cells], n_items)
    totals = sums.of(values[cells].astype(np.float64) * weights[weight_cells])
    return sums.rows, sums.codes, totals.astype(np.float32)


def sparse_scores(
    start: int,
    stop: int,
    indptr: IntArray,
    item_codes: CodeArray,
    values: FloatArray,
    weight_indptr: IntArray,
    weight_codes: CodeArray,
    weights: FloatArray,
    scores: FloatArray,
) -> None:
    """Do as `kernels.sparse_lists.sparse_scores`."""
    arrays = indptr, item_codes, values, weight_indptr, weight_codes, weights
    users, items, totals = _cells(start, stop, *arrays, scores.shape[1])
    scores[start:stop] = -np.inf
    scores[start + users, items] = totals


def sparse_top(
    start: int,
    stop: int,
    indptr: IntArray,
    item_codes: CodeArray,
    values: FloatArray,
    weight_indptr: IntArray,
    weight_codes: CodeArray,
    weights: FloatArray,
    offsets: FloatArray,
    offset_order: CodeArray,
    eligible: BoolArray,
    excluded_indptr: IntArray,
    excluded_codes: CodeArray,
    restricted: BoolArray,
    candidate_indptr: IntArray,
    candidate_codes: CodeArray,
    top_codes: CodeArray,
    top_scores: FloatArray,
    counts: CodeArray,
) -> None:
    """Do as `kernels.sparse_lists.sparse_top`."""
    n_items, block = len(eligible), slice(start, stop)
    arrays = indptr, item_codes, values, weight_indptr, weight_codes, weights
    users, items, totals = _cells(start, stop, *arrays, n_items)
    if len(offset_order) > 0:
        active = _active(start, stop, indptr, values)
        users, items, totals = _with_offsets(users, items, totals, offsets, offset_order, active)
    keys = users * n_items + items
    is_candidate = np.isin(keys, _keys(start, stop, candidate_indptr, candidate_codes, n_items))
    is_listed = eligible[items] & (is_candidate | ~restricted[block][users])
    is_listed &= ~np.isin(keys, _keys(start, stop, excluded_indptr, excluded_codes, n_items))
    users, items, totals = users[is_listed], items[is_listed], totals[is_listed]
    select_cells(users, items, totals, np.nan, top_codes[block], top_scores[block], counts[block])


def _active(start: int, stop: int, indptr: IntArray, values: FloatArray) -> BoolArray:
    """Return whether each user has a value above 0."""
    n_positive = np.concatenate([[0], np.cumsum(values > 0)])[indptr[start : stop + 1]]
    active: BoolArray = n_positive[1:] > n_positive[:-1]
    return active


def _with_offsets(
    users: IntArray, items: IntArray, totals: FloatArray, offsets: FloatArray, order: CodeArray, active: BoolArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the cells of active users with offsets, and their other items with an offset, ascending."""
    n_items = len(offsets)
    totals = np.where(active[users], totals + offsets[items], totals)
    own = users * n_items + items
    others = np.setdiff1d(np.flatnonzero(active)[:, None] * n_items + np.sort(order), own)
    keys, scores = np.concatenate([own, others]), np.concatenate([totals, offsets[others % n_items]])
    ascending = np.argsort(keys)
    keys = keys[ascending]
    return keys // n_items, keys % n_items, scores[ascending]


def _keys(start: int, stop: int, indptr: IntArray, codes: CodeArray, n_items: int) -> IntArray:
    """Return one number for each user and item of some sparse rows."""
    users, cells = joined(indptr[start:stop], indptr[start + 1 : stop + 1])
    keys: IntArray = users * n_items + codes[cells]
    return keys
