"""Predictions and scores from neighbours: weighted means over the k nearest neighbours, and weighted sums."""

from typing import Any

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import CodeArray, FloatArray, IntArray
from recokit.kernels.sorting import sort
from recokit.kernels.top_k import Keys, code_of, key_of

__all__ = ["merge_lists", "nearest_mean_grid", "nearest_mean_pairs", "neighbor_sums", "neighbors_listed"]


@njit(nogil=True, cache=True)
def _sift_down(keys: Keys, parent: int, key: np.uint64) -> None:
    """Place a key at ``parent`` or below in a min-heap."""
    while 2 * parent + 1 < len(keys):
        child = 2 * parent + 1
        if child + 1 < len(keys) and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= key:
            break
        keys[parent] = keys[child]
        parent = child
    keys[parent] = key


@njit(nogil=True, cache=True)
def _offer(keys: Keys, size: int, key: np.uint64) -> int:
    """Do as `top_k.offer`, but heapify the first keys instead of sorting them: faster if few keys follow."""
    if size < len(keys):
        keys[size] = key
        if size + 1 == len(keys):
            for parent in range(len(keys) // 2 - 1, -1, -1):
                _sift_down(keys, parent, keys[parent])
        return size + 1
    if key > keys[0]:
        _sift_down(keys, 0, key)
    return size


@njit(nogil=True, inline="always")
def _amplified(similarity: float, amplification: float) -> float:
    """Return the weight s^ρ of a similarity s."""
    return np.float64(similarity) if amplification == 1.0 else np.float64(similarity) ** amplification


@njit(nogil=True, inline="always")
def _weight(similarity: float, t: int, decays: FloatArray, amplification: float) -> float:
    """Return the weight w s^ρ of cell t at similarity s."""
    weight = _amplified(similarity, amplification)
    return weight * decays[t] if len(decays) else weight


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
    decays: FloatArray,
    n_neighbors: int,
    amplification: float,
    shrinkage: float,
    means: FloatArray,
    supports: CodeArray,
) -> None:
    """Compute weighted means of ratings over the nearest neighbours, for pairs of a row and a target.

    For user-based models, a row belongs to a user, a target is an item, and its list holds the users with a rating x of
    the item. For item-based models, users and items swap roles. The mean is Σ w s^ρ x / (Σ w s^ρ + γ) over the
    ``n_neighbors`` codes of the target's list with the highest similarities s > 0, ties by code.

    Parameters
    ----------
    start, stop : int
        Range of the pairs.
    rows, targets : (n,) int64 arrays
        The row of ``similarities`` and the target of each pair.
    similarities : (n_rows, n_codes) float32 array
        s, the similarity of each row to every code.
    indptr, codes, values : (n_targets + 1,) int64, (m,) int32 and (m,) float32 arrays
        The list of each target: codes, ascending, and x, the ratings or their deviations.
    decays : (m,) or (0,) float32 array
        w, the time decay of each x; empty if all are 1.
    n_neighbors : int
        Maximum number of neighbours.
    amplification, shrinkage : float
        ρ and γ.
    means : (n,) float64 array
        Output: the weighted means; NaN without neighbours.
    supports : (n,) int32 array
        Output: the number of neighbours.
    """
    keys = np.empty(n_neighbors, dtype=np.uint64)
    score = np.empty(1, dtype=np.float32)
    for pair in range(start, stop):
        row, first, last = rows[pair], indptr[targets[pair]], indptr[targets[pair] + 1]
        size: Any = np.int64(0)
        total, weight_sum = 0.0, 0.0
        if last - first <= n_neighbors:  # no selection needed
            for t in range(first, last):
                score[0] = similarities[row, codes[t]]
                if score[0] > 0:
                    weight = _weight(score[0], t, decays, amplification)
                    total += weight * values[t]
                    weight_sum += weight
                    size += 1
        else:
            for t in range(first, last):
                score[0] = similarities[row, codes[t]]
                if score[0] > 0:
                    size = _offer(keys, size, key_of(score, t - first))
            for key in keys[:size]:
                t = first + code_of(key)
                weight = _weight(similarities[row, codes[t]], t, decays, amplification)
                total += weight * values[t]
                weight_sum += weight
        means[pair] = total / (weight_sum + shrinkage) if weight_sum > 0 else np.nan
        supports[pair] = size


@njit(nogil=True, cache=True)
def _list_neighbors(similarities: FloatArray, indptr: IntArray, n_neighbors: int, keys: Keys) -> int:
    """Write the keys of the codes with cells and positive similarity, and return their number.

    The keys are sorted, best last, if there are more than ``n_neighbors``.
    """
    size: Any = np.int64(0)
    for code in range(len(similarities)):
        if similarities[code] > 0 and indptr[code + 1] > indptr[code]:
            keys[size] = key_of(similarities[code : code + 1], code)
            size += 1
    if size > n_neighbors:
        sort(keys, size)
    return size


@njit(nogil=True, inline="always")
def _add_neighbor(
    weight: float,
    neighbor: int,
    indptr: IntArray,
    codes: CodeArray,
    values: FloatArray,
    decays: FloatArray,
    open_places: CodeArray,
    sums: FloatArray,
) -> None:
    """Add a neighbour's values to (Σ w x, Σ w) of each target that still accepts neighbours.

    Full targets get a weight of 0: adding 0 is faster than a mispredicted branch.
    """
    first, last = np.uintp(indptr[neighbor]), np.uintp(indptr[neighbor + 1])  # unsigned: no index counts from the end
    if len(decays) == 0:
        for t in range(first, last):
            target = np.uintp(codes[t])
            n_open = open_places[target]
            w = weight if n_open > 0 else 0.0
            sums[target, 0] += w * values[t]
            sums[target, 1] += w
            open_places[target] = n_open - 1
        return
    for t in range(first, last):
        target = np.uintp(codes[t])
        n_open = open_places[target]
        w = weight * decays[t] if n_open > 0 else 0.0
        sums[target, 0] += w * values[t]
        sums[target, 1] += w
        open_places[target] = n_open - 1


@njit(nogil=True, cache=True, error_model="numpy")
def nearest_mean_grid(
    start: int,
    stop: int,
    similarities: FloatArray,
    indptr: IntArray,
    codes: CodeArray,
    values: FloatArray,
    decays: FloatArray,
    n_neighbors: int,
    amplification: float,
    shrinkage: float,
    means: FloatArray,
) -> None:
    """Compute the weighted means of `nearest_mean_pairs` for every row and every target.

    The neighbours of a row are processed from the most similar on. Each adds its values to its targets, and a target
    accepts the first ``n_neighbors`` neighbours.

    Parameters
    ----------
    start, stop : int
        Range of the rows.
    similarities : (n_rows, n_codes) float32 array
        s, the similarity of each row to every code.
    indptr, codes, values : (n_codes + 1,) int64, (m,) int32 and (m,) float32 arrays
        The targets of each neighbour, and x, the ratings or their deviations.
    decays, n_neighbors, amplification, shrinkage
        See `nearest_mean_pairs`.
    means : (n_rows, n_targets) float64 array
        Output: the weighted means; NaN without neighbours.
    """
    keys = np.empty(similarities.shape[1], dtype=np.uint64)
    sums = np.empty((means.shape[1], 2), dtype=np.float64)
    open_places = np.empty(means.shape[1], dtype=np.int32)
    for row in range(start, stop):
        sums[:] = 0
        open_places[:] = n_neighbors
        for best in range(_list_neighbors(similarities[row], indptr, n_neighbors, keys) - 1, -1, -1):
            neighbor = code_of(keys[best])
            weight = _amplified(similarities[row, neighbor], amplification)
            _add_neighbor(weight, neighbor, indptr, codes, values, decays, open_places, sums)
        for target in range(means.shape[1]):
            weight_sum = sums[target, 1]
            means[row, target] = sums[target, 0] / (weight_sum + shrinkage) if weight_sum > 0 else np.nan


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
    """Score targets by weighted sums: the score of target t for profile p is Σ_j weight_pj value_jt.

    For item-based models, j runs over the items of a user and t over the neighbours of each item. For user-based
    models, j runs over the neighbours of a user and t over the items of each neighbour.

    Parameters
    ----------
    start, stop : int
        Range of the profiles.
    profile_indptr, profile_codes, profile_weights : (n_profiles + 1,) int64, (n,) int32 and (n,) float32 arrays
        The profiles as compressed rows: codes j and weights.
    indptr, codes, values : (n_lists + 1,) int64, (m,) int32 and (m,) float32 arrays
        The list of each code j as compressed rows: targets t and values.
    scores : (n_profiles, n_targets) float32 array
        Output: the sums; −∞ if a sum is not positive.
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


@njit(nogil=True, cache=True)
def neighbors_listed(
    start: int,
    stop: int,
    rows: CodeArray,
    list_rows: CodeArray,
    neighbor_codes: CodeArray,
    neighbor_counts: CodeArray,
    indptr: IntArray,
    codes: CodeArray,
    counts: CodeArray,
) -> None:
    """Count the neighbours of a row that occur in a list, for pairs of a row and a list.

    Parameters
    ----------
    start, stop : int
        Range of the pairs.
    rows, list_rows : (n,) int32 arrays
        The row and the list of each pair.
    neighbor_codes, neighbor_counts : (n_rows, k) and (n_rows,) int32 arrays
        The neighbours of each row, and their number.
    indptr, codes : (n_lists + 1,) int64 and (m,) int32 arrays
        The lists as compressed rows, ascending.
    counts : (n,) int32 array
        Output: the count of each pair.
    """
    for pair in range(start, stop):
        row, listed = rows[pair], codes[indptr[list_rows[pair]] : indptr[list_rows[pair] + 1]]
        counts[pair] = 0
        for code in neighbor_codes[row, : neighbor_counts[row]]:
            place = np.searchsorted(listed, code)
            counts[pair] += place < len(listed) and listed[place] == code


@njit(nogil=True, cache=True)
def merge_lists(
    start: int,
    stop: int,
    new_codes: CodeArray,
    new_scores: FloatArray,
    new_counts: CodeArray,
    top_codes: CodeArray,
    top_scores: FloatArray,
    top_counts: CodeArray,
) -> None:
    """Merge new top-n lists into existing ones, for new items with higher codes than all existing items.

    Parameters
    ----------
    start, stop : int
        Range of the users.
    new_codes, new_scores, new_counts : (n_users, m) int32 and float32 arrays, (n_users,) int32 array
        The new lists, best first, ties by code, and their lengths.
    top_codes, top_scores, top_counts : (n_users, n) int32 and float32 arrays, (n_users,) int32 array
        The existing lists; updated in place. Cells beyond the new length are left as they are.
    """
    old_codes, old_scores = np.empty(top_codes.shape[1], np.int32), np.empty(top_codes.shape[1], np.float32)
    for user in range(start, stop):
        n_old, n_new, old, new = top_counts[user], new_counts[user], 0, 0
        for place in range(n_old):
            old_codes[place], old_scores[place] = top_codes[user, place], top_scores[user, place]
        top_counts[user] = min(len(old_codes), n_old + n_new)
        for place in range(top_counts[user]):
            if old < n_old and (new == n_new or old_scores[old] >= new_scores[user, new]):
                top_codes[user, place], top_scores[user, place] = old_codes[old], old_scores[old]
                old += 1
            else:
                top_codes[user, place], top_scores[user, place] = new_codes[user, new], new_scores[user, new]
                new += 1
