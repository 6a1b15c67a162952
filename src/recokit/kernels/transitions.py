"""Counts of item pairs within a window of sequences, one row of items at a time."""

import numpy as np
from numba import njit

from recokit.kernels._typing import CodeArray, FloatArray, IntArray
from recokit.kernels.top_k import key_of, offer, write_best

__all__ = ["transition_rows"]


@njit(nogil=True, cache=True)
def transition_rows(
    start: int,
    stop: int,
    first_item: int,
    item_indptr: IntArray,
    positions: IntArray,
    indptr: IntArray,
    row_codes: CodeArray,
    item_codes: CodeArray,
    forward: FloatArray,
    backward: FloatArray,
    times: FloatArray,
    scales: FloatArray,
    top_codes: CodeArray,
    top_values: FloatArray,
) -> None:
    """Find the items with the largest weights from each item.

    The weight from item i to item j is s_j times the sum of f_g for each event of j that follows an event of i in the
    same sequence by g ≤ window steps, and of b_g for each that precedes it by g steps. With times, each term also has
    the factor 2^(−t), where t is the distance in time. Each row is summed in a dense accumulator of length n_items, in
    order of the events; no table of pairs is needed.

    Parameters
    ----------
    start, stop : int
        Range of the rows of the result.
    first_item : int
        Row r belongs to the item ``first_item + r``.
    item_indptr, positions : (n_items + 1,) int64 and (n_events,) int64 arrays
        The positions of the events of each item, ascending.
    indptr, row_codes, item_codes : (n_rows + 1,) int64, (n_events,) int32 and (n_events,) int32 arrays
        The bounds of the sequences, and the sequence and item of each event.
    forward, backward : (window,) float64 arrays
        f and b: weights of the gaps 1, 2, …, at least 0.
    times : (n_events,) or (0,) float64 array
        Time of each event in half-lives, ascending within a sequence; empty to weight by steps only.
    scales : (n_items,) float64 array
        s, at least 0.
    top_codes, top_values : (n_rows, n_neighbors) int32 and float32 arrays
        Output: the items with the largest positive weights, best first, ties by code, padded with −1 and 0.
    """
    n_items, n_neighbors, window, timed = len(scales), top_codes.shape[1], len(forward), len(times) > 0
    sums, keys = np.zeros(n_items, dtype=np.float64), np.empty(n_neighbors, dtype=np.uint64)
    touched, value = np.empty(n_items + 1, dtype=np.int32), np.empty(1, dtype=np.float32)
    for r in range(start, stop):
        item, n_touched = first_item + r, 0
        for k in range(item_indptr[item], item_indptr[item + 1]):
            place = positions[k]
            row = row_codes[place]
            for other in range(max(place - window, indptr[row]), min(place + window + 1, indptr[row + 1])):
                gap = other - place
                if gap == 0:
                    continue
                weight = forward[gap - 1] if gap > 0 else backward[-gap - 1]
                if timed:
                    weight *= 2.0 ** -abs(times[other] - times[place])
                code = item_codes[other]
                touched[n_touched] = code  # overwritten by the next item unless it is new: faster than a branch
                n_touched += (sums[code] == 0.0) & (weight > 0.0)
                sums[code] += weight
        size = 0
        for t in range(n_touched):
            code = touched[t]
            value[0] = sums[code] * scales[code]
            sums[code] = 0.0
            if value[0] > 0:
                size = offer(keys, size, key_of(value, code))
        write_best(keys, size, top_codes[r], top_values[r])
