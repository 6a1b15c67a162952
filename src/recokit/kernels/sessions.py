"""Scores of items from the nearest sessions, on an index of the most recent sessions of each item."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recokit.kernels._compiling import njit
from recokit.kernels._typing import CodeArray, FloatArray, IntArray
from recokit.kernels.prefetch import prefetch
from recokit.kernels.sorting import sort
from recokit.kernels.top_k import Keys, key_of, put, threshold_of, worst_of, write_best

__all__ = ["N_EXPANDED", "SessionIndex", "related_items", "session_neighbors", "session_scores"]

N_EXPANDED = 20
"""Number of the best items whose related items are added."""

_AHEAD = 8  # sessions that are fetched before they are read
_EMPTY = -1
_LOW = 0xFFFFFFFF
_HASH = 2654435761  # Knuth's multiplicative hash of 32 bits


class SessionIndex(NamedTuple):
    """Sessions by item. Sessions are numbered from the most recent one.

    Attributes
    ----------
    item_indptr : (n_items + 1,) int64 array
        Bounds of the sessions of each item.
    ranks, positions : (n,) int32 arrays
        Sessions of each item, the most recent first, and the position in the session of the last event of the item.
    session_indptr, codes : (n_sessions + 1,) int64 and (n_events,) int32 arrays
        Items of each session in time order.
    session_weights : (n_sessions,) float64 array
        Factor of the similarity to each session, above 0.
    item_weights : (n_items,) float64 array
        Factor of each item of a history in the similarities, above 0.
    """

    item_indptr: IntArray
    ranks: CodeArray
    positions: CodeArray
    session_indptr: IntArray
    codes: CodeArray
    session_weights: FloatArray
    item_weights: FloatArray


@njit(nogil=True, cache=True)
def _slot_of(table: CodeArray, rank: int) -> int:
    """Return the slot of a session in an open hash table, or the empty slot where it belongs."""
    mask = len(table) - 1
    slot: Any = (np.int64(rank) * _HASH >> 7) & mask  # 64 bits in plain Python too
    while table[slot] != rank and table[slot] != _EMPTY:
        slot = (slot + 1) & mask
    return int(slot)


@njit(nogil=True, cache=True)
def _distinct(
    history: CodeArray,
    step_weights: FloatArray,
    item_weights: FloatArray,
    items: CodeArray,
    weights: FloatArray,
    shares: FloatArray,
) -> int:
    """Write the distinct latest items of a history, the latest first, and return their number.

    ``weights`` are their step weights, ``shares`` their weights in similarities.
    """
    n = 0
    for age in range(min(len(step_weights), len(history))):
        item, is_new = history[len(history) - 1 - age], True
        for t in range(n):
            if items[t] == item:
                is_new = False
                break
        if is_new:
            items[n], weights[n] = item, step_weights[age]
            shares[n] = weights[n] * item_weights[item]
            n += 1
    return n


@njit(nogil=True, cache=True)
def _bounds(item_indptr: IntArray, item: int, n_recent: int) -> tuple[int, int]:
    """Return the bounds of the most recent sessions of an item."""
    first = item_indptr[item]
    return first, min(first + n_recent, item_indptr[item + 1])


@njit(nogil=True, cache=True)
def _table_size(items: CodeArray, item_indptr: IntArray, n_sessions: int, n_recent: int) -> tuple[int, int]:
    """Return the number of entries to be read, and a power of two that is at least twice the number of sessions."""
    n = 0
    for item in items:
        first, last = _bounds(item_indptr, item, n_recent)
        n += last - first
    size = 8
    while size < 2 * min(n, n_sessions):
        size *= 2
    return n, size


@njit(nogil=True, cache=True)
def _meet(
    items: CodeArray,
    weights: FloatArray,
    own_rank: int,
    item_indptr: IntArray,
    ranks: CodeArray,
    n_recent: int,
    table: CodeArray,
    sums: FloatArray,
    latest: CodeArray,
    met: CodeArray,
    slots: CodeArray,
) -> int:
    """Add up the weights of the items in each of their recent sessions, and return the number of sessions.

    Parameters
    ----------
    items, weights : (n,) int32 and float64 arrays
        Distinct items of a history, the latest first.
    own_rank, n_recent
        As in `session_scores`.
    item_indptr, ranks
        As in `SessionIndex`.
    table, sums, latest : (size,) int32, float64 and int32 arrays
        Output: hash table of the sessions, their sums, and the place in ``items`` of the latest item of each.
    met : (n_entries,) int32 array
        Output: slot of each entry that is read, −1 for the excluded session.
    slots : (size,) int32 array
        Output: slots of the sessions in the order of the first entry.
    """
    n_met, n_read = 0, 0
    for t in range(len(items)):
        first, last = _bounds(item_indptr, items[t], n_recent)
        for k in range(first, last):
            rank, slot = ranks[k], _EMPTY
            if rank != own_rank:
                slot = _slot_of(table, rank)
                if table[slot] == _EMPTY:
                    table[slot], sums[slot], latest[slot] = rank, 0.0, t
                    slots[n_met] = slot
                    n_met += 1
                sums[slot] += weights[t]
            met[n_read] = slot
            n_read += 1
    return n_met


@njit(nogil=True, cache=True)
def _keep_nearest(
    slots: CodeArray,
    session_weights: FloatArray,
    exponent: float,
    n_neighbors: int,
    table: CodeArray,
    similarities: FloatArray,
) -> tuple[NDArray[np.uint64], float]:
    """Turn sums of weights into similarities, 0 except for the nearest sessions; return their keys and their total."""
    keys, value = np.empty(min(n_neighbors, len(slots)), dtype=np.uint64), np.empty(1, dtype=np.float32)
    size: Any = np.int64(0)  # always the same type, so that `put` is compiled once
    for slot in slots:
        base = similarities[slot] if exponent == 1.0 else similarities[slot] ** exponent
        similarities[slot] = value[0] = base * session_weights[table[slot]]
        size = put(keys, size, value, table[slot])
    total = 0.0
    for slot in slots:
        value[0] = similarities[slot]
        if key_of(value, table[slot]) < keys[0]:
            similarities[slot] = 0.0
        total += similarities[slot]
    return keys, total


@njit(nogil=True, cache=True)
def _add_session(
    entry: int,
    index: SessionIndex,
    value: float,
    forward: FloatArray,
    backward: FloatArray,
    repeat: float,
    sums: FloatArray,
) -> None:
    """Add the items of the session of an entry, weighted by their distance from the position of the entry."""
    rank, place = index.ranks[entry], index.positions[entry]
    first, last, codes = index.session_indptr[rank], index.session_indptr[rank + 1], index.codes
    here = first + place
    sums[codes[here]] += value * repeat
    for gap in range(min(len(forward), last - here - 1)):
        sums[codes[here + 1 + gap]] += value * forward[gap]
    for gap in range(min(len(backward), place)):
        sums[codes[here - 1 - gap]] += value * backward[gap]


@njit(nogil=True, cache=True)
def _expand(
    share: float, indptr: IntArray, codes: CodeArray, weights: FloatArray, sums: FloatArray, keys: NDArray[np.uint64]
) -> None:
    """Add a share of the sums of the best items, times their weights, to the sums of their related items."""
    size: Any = np.int64(0)
    value = np.empty(1, dtype=np.float32)
    for code in range(len(sums)):
        if sums[code] > 0.0:
            value[0] = sums[code]
            size = put(keys, size, value, np.int32(code))  # type: ignore[arg-type]
    sort(keys, size)  # from the best item on: the order of the sums does not depend on the heap
    values = np.empty(size, dtype=np.float64)
    for k in range(size):
        values[k] = share * sums[np.uint64(_LOW) - (keys[k] & np.uint64(_LOW))]
    for k in range(size - 1, -1, -1):
        best = np.int64(np.uint64(_LOW) - (keys[k] & np.uint64(_LOW)))
        for t in range(indptr[best], indptr[best + 1]):
            sums[codes[t]] += values[k] * weights[t]


@njit(nogil=True, cache=True)
def session_scores(
    start: int,
    stop: int,
    indptr: IntArray,
    history_codes: CodeArray,
    own_ranks: CodeArray,
    index: SessionIndex,
    step_weights: FloatArray,
    exponent: float,
    n_recent: int,
    n_neighbors: int,
    forward: FloatArray,
    backward: FloatArray,
    repeat: float,
    align_all: bool,
    history_weight: float,
    expansion: float,
    related_indptr: IntArray,
    related_codes: CodeArray,
    related_weights: FloatArray,
    only: CodeArray,
    scores: FloatArray,
) -> None:
    """Score all items for each history by its nearest sessions.

    The similarity of a session n is (Σ_i w_i q_i)^e · s_n over the distinct items i of the history that it contains,
    where w_i is the step weight of the latest event of i, q_i its item weight, and s_n the session weight. The
    ``n_neighbors`` most similar sessions count, ties by recency. The score of an item is the sum, over these sessions
    and the aligned items i of each, of similarity · gap weight of its distance from i in the session. If all items are
    aligned, each term has the factor w_i; else only the latest item of the history in the session is aligned.

    Parameters
    ----------
    start, stop : int
        Range of the histories.
    indptr, history_codes : (n_rows + 1,) int64 and (m,) int32 arrays
        Items of each history in time order.
    own_ranks : (n_rows,) int32 array
        Rank of the session that is excluded from the neighbours of each history; −1 for none.
    index : SessionIndex
    step_weights : (max_history,) float64 array
        w of the events 0, 1, … steps before the end, above 0.
    exponent : float
        e.
    n_recent, n_neighbors : int
        Number of sessions of each item that are read, and number of nearest sessions.
    forward, backward : (window,) float64 arrays
        Gap weights of the events 1, 2, … steps after and before the aligned event.
    repeat : float
        Gap weight of the aligned event itself.
    align_all : bool
        Whether all items of the history are aligned.
    history_weight : float
        Each distinct item of the history gets this share of the total similarity in addition.
    expansion : float
        Share of the sums of the 20 best items that is added to the sums of their related items; not used for ``only``.
    related_indptr, related_codes, related_weights : (n_items + 1,) int64, (m,) int32 and (m,) float32 arrays
        Related items of each item, and their weights.
    only : (n_rows,) int32 array
        Place, from the latest, of the only distinct item of the history whose contribution to the scores is computed;
        −1 for the scores.
    scores : (n_rows, n_items) float32 array
        Output; −∞ for items without evidence.
    """
    n_items = len(index.item_indptr) - 1
    items, weights = np.empty(len(step_weights), dtype=np.int32), np.empty(len(step_weights), dtype=np.float64)
    shares = np.empty(len(step_weights), dtype=np.float64)
    sums, keys = np.empty(n_items, dtype=np.float64), np.empty(N_EXPANDED, dtype=np.uint64)
    for row in range(start, stop):
        history = history_codes[indptr[row] : indptr[row + 1]]
        n = _distinct(history, step_weights, index.item_weights, items, weights, shares)
        sums[:] = 0.0
        n_entries, size = _table_size(items[:n], index.item_indptr, len(index.session_weights), n_recent)
        table, similarities = np.empty(size, dtype=np.int32), np.empty(size, dtype=np.float64)
        table[:] = _EMPTY  # compiles faster than np.full
        latest, slots = np.empty(size, dtype=np.int32), np.empty(size, dtype=np.int32)
        met, n_read = np.empty(n_entries, dtype=np.int32), 0
        n_met = _meet(
            items[:n], shares[:n], own_ranks[row], *index[:2], n_recent, table, similarities, latest, met, slots
        )
        total = _keep_nearest(slots[:n_met], index.session_weights, exponent, n_neighbors, table, similarities)[1]
        for t in range(n):
            first, last = _bounds(index.item_indptr, items[t], n_recent)
            n_read += last - first
            if only[row] >= 0 and t != only[row]:
                continue
            weight = weights[t] if align_all else 1.0
            for k in range(first, last):
                slot = met[n_read - last + k]
                if slot >= 0 and similarities[slot] > 0.0 and (align_all or latest[slot] == t):
                    _add_session(k, index, similarities[slot] * weight, forward, backward, repeat, sums)
            sums[items[t]] += history_weight * total
        if expansion > 0.0 and only[row] < 0:
            _expand(expansion, related_indptr, related_codes, related_weights, sums, keys)
        for code in range(n_items):
            scores[row, code] = sums[code] if sums[code] > 0.0 else -np.inf


@njit(nogil=True, cache=True)
def session_neighbors(
    start: int,
    stop: int,
    indptr: IntArray,
    history_codes: CodeArray,
    own_ranks: CodeArray,
    index: SessionIndex,
    step_weights: FloatArray,
    exponent: float,
    n_recent: int,
    top_ranks: CodeArray,
    similarities: FloatArray,
) -> None:
    """Find the nearest sessions of each history; see `session_scores`.

    Parameters
    ----------
    start, stop, indptr, history_codes, own_ranks, index, step_weights, exponent, n_recent
        As in `session_scores`.
    top_ranks, similarities : (n_rows, n) int32 and float32 arrays
        Output: the ranks of the n nearest sessions and their similarities, nearest first, padded with −1 and 0.
    """
    items, weights = np.empty(len(step_weights), dtype=np.int32), np.empty(len(step_weights), dtype=np.float64)
    shares = np.empty(len(step_weights), dtype=np.float64)
    for row in range(start, stop):
        history = history_codes[indptr[row] : indptr[row + 1]]
        n = _distinct(history, step_weights, index.item_weights, items, weights, shares)
        n_entries, size = _table_size(items[:n], index.item_indptr, len(index.session_weights), n_recent)
        table, sums = np.empty(size, dtype=np.int32), np.empty(size, dtype=np.float64)
        table[:] = _EMPTY
        latest, slots = np.empty(size, dtype=np.int32), np.empty(size, dtype=np.int32)
        met = np.empty(n_entries, dtype=np.int32)
        n_met = _meet(items[:n], shares[:n], own_ranks[row], *index[:2], n_recent, table, sums, latest, met, slots)
        keys = _keep_nearest(slots[:n_met], index.session_weights, exponent, top_ranks.shape[1], table, sums)[0]
        write_best(keys, len(keys), top_ranks[row], similarities[row])


@njit(nogil=True, cache=True)
def related_items(
    start: int,
    stop: int,
    first_item: int,
    index: SessionIndex,
    n_recent: int,
    forward: FloatArray,
    backward: FloatArray,
    top_codes: CodeArray,
    top_values: FloatArray,
) -> None:
    """Find the items near each item in its recent sessions, weighted by session and gap.

    Parameters
    ----------
    start, stop : int
        Range of the rows of the result.
    first_item : int
        Row r belongs to the item ``first_item + r``.
    index, n_recent, forward, backward
        As in `session_scores`.
    top_codes, top_values : (n_rows, n) int32 and float32 arrays
        Output: the items with the largest sums, without the item itself, best first, padded with −1 and 0. The sums of
        a row are scaled to a total of 1.
    """
    n_items, n = len(index.item_indptr) - 1, top_codes.shape[1]
    sums, touched = np.empty(n_items, dtype=np.float64), np.empty(n_items + 1, dtype=np.int32)
    sums[:] = 0.0
    keys, scores = np.empty(n, dtype=np.uint64), np.empty(n_items + 1, dtype=np.float32)
    for r in range(start, stop):
        item, n_touched = first_item + r, 0
        first, last = _bounds(index.item_indptr, np.int32(item), n_recent)  # type: ignore[arg-type]
        for k in range(first, last):
            _prefetch_session(k, last, index)
            rank = index.ranks[k]
            begin, end, weight = index.session_indptr[rank], index.session_indptr[rank + 1], index.session_weights[rank]
            here = begin + index.positions[k]
            for t in range(max(begin, here - len(backward)), here):
                n_touched = _add(index.codes[t], weight * backward[here - t - 1], sums, touched, n_touched)
            for t in range(here + 1, min(end, here + len(forward) + 1)):
                n_touched = _add(index.codes[t], weight * forward[t - here - 1], sums, touched, n_touched)
        sums[item] = 0.0
        size = _select_largest(touched[:n_touched], sums, scores, keys)
        write_best(keys, size, top_codes[r], top_values[r])
        total = 0.0
        for m in range(size):
            total += np.float64(top_values[r, m])  # 64 bits in plain Python too
        for m in range(size):
            top_values[r, m] /= total


@njit(nogil=True, inline="always")
def _prefetch_session(k: int, last: int, index: SessionIndex) -> None:
    """Prefetch the events of a later session of an item, and the place of the events of a still later one."""
    if k + 2 * _AHEAD < last:
        prefetch(index.session_indptr, index.ranks[k + 2 * _AHEAD])
        prefetch(index.session_weights, index.ranks[k + 2 * _AHEAD])
    if k + _AHEAD < last:
        prefetch(index.codes, index.session_indptr[index.ranks[k + _AHEAD]] + index.positions[k + _AHEAD])


@njit(nogil=True, inline="always")
def _add(code: np.int32, weight: float, sums: FloatArray, touched: CodeArray, n_touched: int) -> int:
    """Add to the sum of an item; list the item if it is the first weight, and return the number listed."""
    touched[n_touched] = code  # overwritten by the next item unless it is new: faster than a branch
    n_touched += (sums[code] == 0.0) & (weight > 0.0)
    sums[code] += weight
    return n_touched


@njit(nogil=True, cache=True)
def _select_largest(touched: CodeArray, sums: FloatArray, scores: FloatArray, keys: Keys) -> int:
    """Select the items with the largest sums, clear the sums, and return the number selected."""
    for t in range(len(touched)):
        scores[t] = sums[touched[t]]
        sums[touched[t]] = 0.0
    size: Any = np.int64(0)  # always the same type, so that `put` is compiled once
    worst = threshold_of(scores[: len(touched)], len(keys))
    for t in range(len(touched)):
        if scores[t] >= worst and scores[t] > 0:
            size = put(keys, size, scores[t : t + 1], touched[t])
            worst = max(worst, worst_of(keys, size, scores[t : t + 1]))
    return size
