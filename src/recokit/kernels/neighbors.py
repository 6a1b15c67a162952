"""Ratings and scores from neighbours: weighted means of the nearest raters, and sums over neighbours."""

import numpy as np
from numba import njit

from recokit.kernels._typing import CodeArray, FloatArray, IntArray

__all__ = ["nearest_mean_grid", "nearest_mean_pairs", "neighbor_sums"]


@njit(nogil=True, cache=True)
def _sift_down(weights: FloatArray, codes: CodeArray, values: FloatArray, parent: int) -> None:
    """Restore the heap below ``parent``, which may be out of place; the root is the lowest weight, highest code."""
    size = len(weights)
    while True:
        child = 2 * parent + 1
        if child >= size:
            return
        right = child + 1
        if right < size and (
            weights[right] < weights[child] or (weights[right] == weights[child] and codes[right] > codes[child])
        ):
            child = right
        if weights[child] > weights[parent] or (weights[child] == weights[parent] and codes[child] < codes[parent]):
            return
        weights[parent], weights[child] = weights[child], weights[parent]
        codes[parent], codes[child] = codes[child], codes[parent]
        values[parent], values[child] = values[child], values[parent]
        parent = child


@njit(nogil=True, cache=True, error_model="numpy")
def _nearest_mean(
    similarities: FloatArray,
    codes: CodeArray,
    values: FloatArray,
    heap_weights: FloatArray,
    heap_codes: CodeArray,
    heap_values: FloatArray,
) -> tuple[float, float]:
    """Return Σ s x and Σ s over the k most similar of those listed, equal ones by code, only those with s > 0."""
    k, size = len(heap_weights), 0
    for t in range(len(codes)):
        weight = similarities[codes[t]]
        if weight <= 0:
            continue
        if size < k:
            heap_weights[size], heap_codes[size], heap_values[size] = weight, codes[t], values[t]
            size += 1
            if size == k:
                for parent in range(k // 2 - 1, -1, -1):
                    _sift_down(heap_weights, heap_codes, heap_values, parent)
        elif weight > heap_weights[0] or (weight == heap_weights[0] and codes[t] < heap_codes[0]):
            heap_weights[0], heap_codes[0], heap_values[0] = weight, codes[t], values[t]
            _sift_down(heap_weights, heap_codes, heap_values, 0)
    total, weight_sum = 0.0, 0.0
    for t in range(size):
        total += np.float64(heap_weights[t]) * np.float64(heap_values[t])
        weight_sum += np.float64(heap_weights[t])
    return total, weight_sum


@njit(nogil=True, cache=True, error_model="numpy")
def nearest_mean_pairs(
    start: int,
    stop: int,
    rows: IntArray,
    targets: IntArray,
    similarities: FloatArray,
    indptr: IntArray,
    codes: CodeArray,
    values: FloatArray,
    n_neighbors: int,
    means: FloatArray,
) -> None:
    """Average over the nearest of those who rated, for pairs of a row of similarities and a list of raters.

    The raters of an item, for a user's row of similarities; or the items of a user, for an item's row. Each pair gets
    Σ s x / Σ s over the ``n_neighbors`` listed codes of highest similarity s > 0, equal ones by code.

    Parameters
    ----------
    start, stop : int
        Range of the pairs to work on.
    rows, targets : (n,) int64 arrays
        The row of ``similarities`` and the list of each pair.
    similarities : (n_rows, n_codes) float32 array
        Similarity to every code.
    indptr, codes, values : (n_lists + 1,) int64, (m,) int32 and (m,) float32 arrays
        The lists: who rated, and the rating or its deviation.
    n_neighbors : int
        How many neighbours at most.
    means : (n,) float64 array
        Written: the weighted means, NaN without a neighbour.
    """
    weights = np.empty(n_neighbors, dtype=np.float32)
    heap_codes = np.empty(n_neighbors, dtype=np.int32)
    heap_values = np.empty(n_neighbors, dtype=np.float32)
    for pair in range(start, stop):
        first, last = indptr[targets[pair]], indptr[targets[pair] + 1]
        total, weight_sum = _nearest_mean(
            similarities[rows[pair]], codes[first:last], values[first:last], weights, heap_codes, heap_values
        )
        means[pair] = total / weight_sum if weight_sum > 0 else np.nan


@njit(nogil=True, cache=True, error_model="numpy")
def nearest_mean_grid(
    start: int,
    stop: int,
    similarities: FloatArray,
    indptr: IntArray,
    codes: CodeArray,
    values: FloatArray,
    n_neighbors: int,
    means: FloatArray,
) -> None:
    """Average over the nearest of those who rated, for every list and every row of similarities.

    Parameters
    ----------
    start, stop : int
        Range of the rows of ``means`` to work on.
    similarities, indptr, codes, values, n_neighbors
        As for `nearest_mean_pairs`.
    means : (n_rows, n_lists) float64 array
        Written: the weighted means, NaN without a neighbour.
    """
    weights = np.empty(n_neighbors, dtype=np.float32)
    heap_codes = np.empty(n_neighbors, dtype=np.int32)
    heap_values = np.empty(n_neighbors, dtype=np.float32)
    for row in range(start, stop):
        for target in range(len(indptr) - 1):
            first, last = indptr[target], indptr[target + 1]
            total, weight_sum = _nearest_mean(
                similarities[row], codes[first:last], values[first:last], weights, heap_codes, heap_values
            )
            means[row, target] = total / weight_sum if weight_sum > 0 else np.nan


@njit(nogil=True, cache=True, error_model="numpy")
def neighbor_sums(
    start: int,
    stop: int,
    profile_indptr: IntArray,
    profile_codes: CodeArray,
    profile_weights: FloatArray,
    indptr: IntArray,
    codes: CodeArray,
    values: FloatArray,
    scores: FloatArray,
) -> None:
    """Sum weighted lists: the score of target t for profile p is Σ_j weight_pj value_jt.

    A user's items, with the neighbours of each item; or a user's neighbours, with the items of each neighbour.

    Parameters
    ----------
    start, stop : int
        Range of the profiles to work on.
    profile_indptr, profile_codes, profile_weights : (n_profiles + 1,) int64, (n,) int32 and (n,) float32 arrays
        What each profile holds, compressed by row.
    indptr, codes, values : (n_lists + 1,) int64, (m,) int32 and (m,) float32 arrays
        The list of each profile code: targets, and what they get.
    scores : (n_profiles, n_targets) float32 array
        Written: the sums, −inf where nothing positive was added.
    """
    sums = np.empty(scores.shape[1], dtype=np.float64)
    for profile in range(start, stop):
        sums[:] = 0
        for k in range(profile_indptr[profile], profile_indptr[profile + 1]):
            source, weight = profile_codes[k], np.float64(profile_weights[k])
            for t in range(indptr[source], indptr[source + 1]):
                sums[codes[t]] += weight * values[t]
        for target in range(len(sums)):
            scores[profile, target] = sums[target] if sums[target] > 0 else -np.inf
