"""Weights of transitions between items: counts within a window of sequences, and two-step transitions."""

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import CodeArray, FloatArray, IntArray
from recokit.kernels.prefetch import prefetch
from recokit.kernels.top_k import Keys, key_of, offer, score_of, threshold_of, write_best

__all__ = ["smoothed_rows", "transition_rows"]

_AHEAD = 8  # events whose neighbours are fetched before they are read


@njit(nogil=True, cache=True)
def transition_rows(
    start: int,
    stop: int,
    first_item: int,
    item_indptr: IntArray,
    positions: IntArray,
    n_before: CodeArray,
    n_after: CodeArray,
    item_codes: CodeArray,
    gap_weights: FloatArray,
    times: FloatArray,
    scales: FloatArray,
    event_scales: FloatArray,
    top_codes: CodeArray,
    top_values: FloatArray,
) -> None:
    """Find the items with the largest weights from each item.

    The weight from item i to item j is s_i s_j times the sum of w_g over the pairs of an event of i and an event of j
    that is g steps later in the same sequence, −window ≤ g ≤ window. With times, each term also has the factor 2^(−t),
    where t is the distance in time. Each row is summed in a dense accumulator of length n_items, in order of the
    events; no table of pairs is needed.

    Parameters
    ----------
    start, stop : int
        Range of the rows of the result.
    first_item : int
        Row r belongs to the item ``first_item + r``.
    item_indptr, positions : (n_items + 1,) int64 and (n_events,) int64 arrays
        The positions of the events of each item, ascending.
    n_before, n_after : (n_events,) int32 arrays
        Number of events within the window before and after each event, aligned with ``positions``.
    item_codes : (n_events,) int32 array
        The item of each event.
    gap_weights : (2 window + 1,) float64 array
        w, at least 0, for g from −window to window; w_0 must be 0.
    times : (n_events,) or (0,) float64 array
        Time of each event, ascending or descending, in half-lives; empty to weight by steps only.
    scales : (n_items,) float64 array
        s, at least 0.
    event_scales : (n_events,) float32 array
        s of the item of each event.
    top_codes, top_values : (n_rows, n_neighbors) int32 and float32 arrays
        Output: the items with the largest positive weights, best first, ties by code, padded with −1 and 0.
    """
    window, timed = len(gap_weights) // 2, len(times) > 0
    sums, keys = np.zeros(len(scales), dtype=np.float64), np.empty(top_codes.shape[1], dtype=np.uint64)
    touched, scores = np.empty(len(scales) + 1, dtype=np.int32), np.empty(len(scales) + 1, dtype=np.float32)
    for r in range(start, stop):
        item, n_touched = first_item + r, 0
        for k in range(item_indptr[item], item_indptr[item + 1]):
            place = positions[k]
            if k + _AHEAD < len(positions):
                first, last = positions[k + _AHEAD] - n_before[k + _AHEAD], positions[k + _AHEAD] + n_after[k + _AHEAD]
                prefetch(item_codes, first)
                prefetch(item_codes, last)
                prefetch(event_scales, first)
                prefetch(event_scales, last)
            if timed:
                for other in range(place - n_before[k], place + n_after[k] + 1):
                    weight = gap_weights[other - place + window] * event_scales[other]
                    weight *= 2.0 ** -abs(times[other] - times[place])
                    n_touched = _add(item_codes[other], weight, sums, touched, n_touched)
            else:
                for other in range(place - n_before[k], place + n_after[k] + 1):
                    weight = gap_weights[other - place + window] * event_scales[other]
                    n_touched = _add(item_codes[other], weight, sums, touched, n_touched)
        size = _select(touched[:n_touched], sums, scales[item], scores, keys)
        write_best(keys, size, top_codes[r], top_values[r])


@njit(nogil=True, inline="always")
def _add(code: np.int32, weight: float, sums: FloatArray, touched: CodeArray, n_touched: int) -> int:
    """Add to the sum of an item; list the item if it is the first weight, and return the number listed."""
    touched[n_touched] = code  # overwritten by the next item unless it is new: faster than a branch
    n_touched += (sums[code] == 0.0) & (weight > 0.0)
    sums[code] += weight
    return n_touched


@njit(nogil=True, cache=True)
def _select(touched: CodeArray, sums: FloatArray, scale: float, scores: FloatArray, keys: Keys) -> int:
    """Select the items with the largest scaled sums, clear their sums, and return the number selected."""
    for t in range(len(touched)):
        scores[t] = sums[touched[t]] * scale
        sums[touched[t]] = 0.0
    size, worst = 0, threshold_of(scores[: len(touched)], len(keys))
    for t in range(len(touched)):
        if scores[t] >= worst and scores[t] > 0:
            size = offer(keys, size, key_of(scores[t : t + 1], touched[t]))
            if size == len(keys):
                worst = score_of(keys[0], scores[t : t + 1])
    return size


@njit(nogil=True, cache=True)
def smoothed_rows(
    start: int,
    stop: int,
    first_item: int,
    indptr: IntArray,
    item_codes: CodeArray,
    values: FloatArray,
    shares: FloatArray,
    max_steps: int,
    smoothing: FloatArray,
    top_codes: CodeArray,
    top_values: FloatArray,
) -> None:
    """Add two-step transitions to the weights of each item, and find the largest sums.

    The result for items i and j is W_ij + c_i Σ_k W_ik P_kj, where k and j are among the first ``max_steps`` entries of
    the rows of i and k.

    Parameters
    ----------
    start, stop, first_item, top_codes, top_values
        See `transition_rows`.
    indptr, item_codes, values : (n_items + 1,) int64, (m,) int32 and (m,) float32 arrays
        W, compressed by row, best first; at least 0.
    shares : (m,) float32 array
        P, aligned with W.
    max_steps : int
        Number of entries of a row that two-step transitions use.
    smoothing : (n_items,) float64 array
        c, at least 0.
    """
    n_items = len(smoothing)
    sums, keys = np.zeros(n_items, dtype=np.float64), np.empty(top_codes.shape[1], dtype=np.uint64)
    touched, scores = np.empty(n_items + 1, dtype=np.int32), np.empty(n_items + 1, dtype=np.float32)
    for r in range(start, stop):
        item, n_touched = first_item + r, 0
        first, last = indptr[item], indptr[item + 1]
        for k in range(first, last):
            touched[n_touched] = item_codes[k]
            n_touched += 1
            sums[item_codes[k]] = values[k]
        for k in range(first, min(last, first + max_steps)):
            middle, weight = item_codes[k], smoothing[item] * values[k]
            if weight > 0.0:
                for m in range(indptr[middle], min(indptr[middle + 1], indptr[middle] + max_steps)):
                    code, step = item_codes[m], weight * shares[m]
                    touched[n_touched] = code
                    n_touched += (sums[code] == 0.0) & (step > 0.0)
                    sums[code] += step
        size = _select(touched[:n_touched], sums, 1.0, scores, keys)
        write_best(keys, size, top_codes[r], top_values[r])
