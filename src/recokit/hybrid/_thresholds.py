"""Thresholds of a switching hybrid: the best part for each length of the history, on held-out data."""

from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, FloatArray
from recokit.base import EligibleItems, Recommender
from recokit.base._lists import ranges
from recokit.data.rows import Rows
from recokit.hybrid._given import distinct_items, recoded
from recokit.hybrid._hold_out import HeldOut
from recokit.hybrid._normalization import BLOCK_CELLS

__all__ = ["HISTORY_LENGTHS", "learned_thresholds", "ndcg_by_length"]

HISTORY_LENGTHS = np.array([0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89])


def ndcg_by_length(
    parts: dict[str, Recommender],
    held_out: HeldOut,
    k: int,
    runner: Runner,
    random_state: Any,
    *,
    excludes_seen: bool,
) -> FloatArray:
    """Return the mean NDCG@k of each part for histories of each length: (n_parts, n_lengths) float64.

    Parameters
    ----------
    parts : dict of Recommender
        Fitted to the data without the held-out events.
    held_out : HeldOut
    k : int
    runner : Runner
    random_state : int, RandomState or None
        Seed of the order of histories without times.
    excludes_seen : bool
        The items of the history are not listed.
    """
    histories = _latest_first(held_out, random_state)
    truth = held_out.truth.take(held_out.users)
    curve = np.zeros((len(parts), len(HISTORY_LENGTHS)))
    for column, length in enumerate(HISTORY_LENGTHS.tolist()):
        stops = np.minimum(histories.indptr[:-1] + length, histories.indptr[1:])
        cut = _in_time_order(histories.spans(histories.indptr[:-1], stops))
        for row, part in enumerate(parts.values()):
            curve[row, column] = _mean_ndcg(part, cut, truth, held_out, k, runner, excludes_seen)
    return curve


def learned_thresholds(curve: FloatArray, lengths: AnyArray) -> FloatArray:
    """Return the thresholds between parts, used in order, with the largest sum of values over the lengths.

    Parameters
    ----------
    curve : (n_parts, n_lengths) float array
        Value of each part for each length.
    lengths : (n_lengths,) integer array

    Returns
    -------
    (n_parts − 1,) float64 array
        Geometric means of 1 plus the neighbouring lengths, minus 1; 0 for a part that is never used at the beginning,
        and infinity at the end.

    Examples
    --------
    >>> learned_thresholds(
    ...     np.array([[0.3, 0.3, 0.2], [0.1, 0.4, 0.5]]), np.array([0, 1, 7])
    ... ).round(3).tolist()
    [0.414]
    """
    n_parts, n_lengths = curve.shape
    # best[p, s]: largest sum over the lengths before s of the first p + 1 parts
    sums = np.concatenate([np.zeros((n_parts, 1)), np.cumsum(curve, axis=1)], axis=1)
    best, starts = sums[0].copy(), np.zeros((n_parts, n_lengths + 1), dtype=np.int64)
    for part in range(1, n_parts):
        gains = best - sums[part]  # of a start at each length
        starts[part] = [int(np.argmax(gains[: stop + 1])) for stop in range(n_lengths + 1)]
        best = gains[starts[part]] + sums[part]
    thresholds, stop = np.zeros(n_parts - 1), n_lengths
    for part in range(n_parts - 1, 0, -1):
        stop = starts[part, stop]
        if stop == n_lengths:
            thresholds[part - 1] = np.inf
        elif stop > 0:
            thresholds[part - 1] = np.sqrt((1.0 + lengths[stop - 1]) * (1.0 + lengths[stop])) - 1.0
    return thresholds


def _latest_first(held_out: HeldOut, random_state: Any) -> Rows:
    """Return the training items of the users, the latest first; in random order without times."""
    given, users = held_out.given, held_out.users
    if given.sequences is not None:
        rows = given.sequences.rows.take(users)
        order = np.lexsort((-np.arange(len(rows.codes)), rows.row_codes))
    else:
        data = given.interactions
        rows = data.rows.take(users)
        if data.timestamps is None or data.timestamps.min() == data.timestamps.max():
            keys = check_random_state(random_state).permutation(len(rows.codes))
            order = np.lexsort((keys, rows.row_codes))
        else:
            rows = data.in_time_order().take(users)
            order = np.lexsort((-np.arange(len(rows.codes)), rows.row_codes))
    values = rows.values[order] if len(rows.values) else rows.values
    return Rows.from_arrays(rows.indptr, rows.codes[order], values)


def _in_time_order(latest_first: Rows) -> Rows:
    order = np.lexsort((-np.arange(len(latest_first.codes)), latest_first.row_codes))
    values = latest_first.values[order] if len(latest_first.values) else latest_first.values
    return Rows.from_arrays(latest_first.indptr, latest_first.codes[order], values)


def _mean_ndcg(
    part: Recommender, histories: Rows, truth: Rows, held_out: HeldOut, k: int, runner: Runner, excludes_seen: bool
) -> float:
    """Return the mean NDCG@k of one part for given histories."""
    data, items = held_out.given.interactions, part.interactions_.items
    same = items == data.items
    to_part, to_data = (None, None) if same else (items.codes(data.items), data.items.codes(items))
    discounts = 1.0 / np.log2(np.arange(k) + 2.0)
    ideal, total = np.concatenate([[0.0], np.cumsum(discounts)]), 0.0
    in_order = held_out.given.sequences is not None
    for start, stop in ranges(histories.n_rows, max(1, BLOCK_CELLS // len(items))):
        rows = histories.take(np.arange(start, stop))
        distinct = distinct_items(rows) if in_order else recoded_sorted(rows)
        mine = recoded(rows if part._reads_order else distinct, to_part, in_order=part._reads_order)
        if part._reads_order:
            mine = mine._replace(values=np.empty(0, dtype=np.float32))
        seen = recoded(distinct, to_part, in_order=True) if excludes_seen else Rows.empty(stop - start)
        eligible = EligibleItems(None, seen)
        top = part._top_block(part._fold_in(Rows.from_arrays(*mine)), min(k, len(items)), eligible)
        codes = top.codes if to_data is None else np.where(top.codes >= 0, to_data[top.codes], -1)
        own = truth.take(np.arange(start, stop))
        keys = own.row_codes * data.n_items + own.codes
        cells = np.arange(stop - start)[:, None] * data.n_items + codes
        hits = (codes >= 0) & np.isin(cells, keys)
        gains = np.where(hits, discounts[: codes.shape[1]], 0.0).sum(axis=1)
        total += float((gains / ideal[np.minimum(own.lengths, k)]).sum())
    return total / histories.n_rows


def recoded_sorted(rows: Rows) -> Rows:
    """Return rows with the items in order of code."""
    order = np.lexsort((rows.codes, rows.row_codes))
    return Rows.from_arrays(rows.indptr, rows.codes[order], rows.values[order] if len(rows.values) else rows.values)
