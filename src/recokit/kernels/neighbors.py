"""Ratings and scores from neighbours: weighted means of the nearest raters, and sums over neighbours."""

import numpy as np
from numba import njit

from recokit.kernels._typing import CodeArray, FloatArray, IntArray
from recokit.kernels.top_k import Keys, key_of

__all__ = ["merge_lists", "nearest_mean_grid", "nearest_mean_pairs", "neighbor_sums", "neighbors_listed"]

_LOW = np.uint64(0xFFFFFFFF)


@njit(nogil=True, inline="always")
def _code_of(key: np.uint64) -> int:
    """Return the code of a key."""
    return np.int64(_LOW - (key & _LOW))  # type: ignore[return-value]


@njit(nogil=True, cache=True)
def _sift_down(keys: Keys, parent: int, key: np.uint64) -> None:
    """Put a key into the heap, whose root is the least, at ``parent`` or below."""
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
    """Do as `best_keys.offer`, but make a heap of the first keys without sorting them: few follow."""
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
    """Return the weight of a similarity."""
    return np.float64(similarity) if amplification == 1.0 else np.float64(similarity) ** amplification


@njit(nogil=True, inline="always")
def _weight(similarity: float, t: int, decays: FloatArray, amplification: float) -> float:
    """Return the weight of cell t, which a row of this similarity has rated."""
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
    """Average over the nearest of those who rated, for pairs of a row of similarities and a list of raters.

    The raters of an item, for a user's row of similarities; or the items of a user, for an item's row. Each pair gets
    Σ w s^ρ x / (Σ w s^ρ + γ) over the ``n_neighbors`` listed codes of highest similarity s > 0, equal ones by code.

    Parameters
    ----------
    start, stop : int
        Range of the pairs to work on.
    rows, targets : (n,) int64 arrays
        The row of ``similarities`` and the list of each pair.
    similarities : (n_rows, n_codes) float32 array
        Similarity to every code.
    indptr, codes, values : (n_lists + 1,) int64, (m,) int32 and (m,) float32 arrays
        The lists: who rated, ascending, and the rating or its deviation.
    decays : (m,) or (0,) float32 array
        w, what is left of each x after its decay; empty where all are 1.
    n_neighbors : int
        How many neighbours at most.
    amplification, shrinkage : float
        ρ and γ.
    means : (n,) float64 array
        Written: the weighted means, NaN without a neighbour.
    supports : (n,) int32 array
        Written: the number of neighbours.
    """
    keys = np.empty(n_neighbors, dtype=np.uint64)
    score = np.empty(1, dtype=np.float32)
    for pair in range(start, stop):
        row, first, last = rows[pair], indptr[targets[pair]], indptr[targets[pair] + 1]
        size, total, weight_sum = 0, 0.0, 0.0
        if last - first <= n_neighbors:  # all that are similar
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
                t = first + _code_of(key)
                weight = _weight(similarities[row, codes[t]], t, decays, amplification)
                total += weight * values[t]
                weight_sum += weight
        means[pair] = total / (weight_sum + shrinkage) if weight_sum > 0 else np.nan
        supports[pair] = size


@njit(nogil=True, cache=True)
def _list_neighbors(similarities: FloatArray, indptr: IntArray, n_neighbors: int, keys: Keys) -> int:
    """Put the codes of positive similarity that have cells into ``keys``; return how many these are.

    The best come last, unless there are no more than ``n_neighbors`` of them: then all will be asked.
    """
    size = 0
    for code in range(len(similarities)):
        if similarities[code] > 0 and indptr[code + 1] > indptr[code]:
            keys[size] = key_of(similarities[code : code + 1], code)
            size += 1
    if size > n_neighbors:
        keys[:size].sort()
    return size


@njit(nogil=True, inline="always")
def _tell(
    weight: float,
    neighbor: int,
    indptr: IntArray,
    codes: CodeArray,
    values: FloatArray,
    decays: FloatArray,
    wanted: CodeArray,
    sums: FloatArray,
) -> None:
    """Add what a neighbour rated to (Σ w x, Σ w) of each target, unless that has had its fill.

    Without a branch on that: it would be mispredicted, which costs more than an addition of 0.
    """
    first, last = np.uintp(indptr[neighbor]), np.uintp(indptr[neighbor + 1])  # unsigned: none counts from the end
    if len(decays) == 0:
        for t in range(first, last):
            target = np.uintp(codes[t])
            left = wanted[target]
            w = weight if left > 0 else 0.0
            sums[target, 0] += w * values[t]
            sums[target, 1] += w
            wanted[target] = left - 1
        return
    for t in range(first, last):
        target = np.uintp(codes[t])
        left = wanted[target]
        w = weight * decays[t] if left > 0 else 0.0
        sums[target, 0] += w * values[t]
        sums[target, 1] += w
        wanted[target] = left - 1


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
    """Average over the nearest of those who rated, for every row of similarities and everything that was rated.

    What `nearest_mean_pairs` computes, from what each neighbour rated: the neighbours are asked in order of their
    similarity, and what ``n_neighbors`` of them have told of takes no more.

    Parameters
    ----------
    start, stop : int
        Range of the rows of ``means`` to work on.
    similarities : (n_rows, n_codes) float32 array
        Similarity to every code.
    indptr, codes, values : (n_codes + 1,) int64, (m,) int32 and (m,) float32 arrays
        What each neighbour rated, and the rating or its deviation.
    decays, n_neighbors, amplification, shrinkage
        As for `nearest_mean_pairs`.
    means : (n_rows, n_targets) float64 array
        Written: the weighted means, NaN without a neighbour.
    """
    keys = np.empty(similarities.shape[1], dtype=np.uint64)
    sums = np.empty((means.shape[1], 2), dtype=np.float64)
    wanted = np.empty(means.shape[1], dtype=np.int32)
    for row in range(start, stop):
        sums[:] = 0
        wanted[:] = n_neighbors
        for best in range(_list_neighbors(similarities[row], indptr, n_neighbors, keys) - 1, -1, -1):
            neighbor = _code_of(keys[best])
            weight = _amplified(similarities[row, neighbor], amplification)
            _tell(weight, neighbor, indptr, codes, values, decays, wanted, sums)
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


@njit(nogil=True, cache=True)
def neighbors_listed(
    start: int,
    stop: int,
    rows: CodeArray,
    lists: CodeArray,
    neighbor_codes: CodeArray,
    neighbor_counts: CodeArray,
    indptr: IntArray,
    codes: CodeArray,
    counts: CodeArray,
) -> None:
    """Count the neighbours of a row that are in a list, for pairs of a row and a list.

    Parameters
    ----------
    start, stop : int
        Range of the pairs to work on.
    rows, lists : (n,) int32 arrays
        The pairs.
    neighbor_codes, neighbor_counts : (n_rows, k) and (n_rows,) int32 arrays
        The neighbours of each row, and how many these are.
    indptr, codes : (n_lists + 1,) int64 and (m,) int32 arrays
        The lists, ascending.
    counts : (n,) int32 array
        Written.
    """
    for pair in range(start, stop):
        row, listed = rows[pair], codes[indptr[lists[pair]] : indptr[lists[pair] + 1]]
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
    """Merge lists of the best items into lists of the best before, all of whose codes are lower.

    Parameters
    ----------
    start, stop : int
        Range of the people to work on.
    new_codes, new_scores, new_counts : (n_people, m) int32 and float32 arrays, (n_people,) int32 array
        Best first, equal ones by code, and how many there are.
    top_codes, top_scores, top_counts : (n_people, n) int32 and float32 arrays, (n_people,) int32 array
        The lists before; written over. What is beyond their number stays as it is.
    """
    old_codes, old_scores = np.empty(top_codes.shape[1], np.int32), np.empty(top_codes.shape[1], np.float32)
    for person in range(start, stop):
        n_old, n_new, old, new = top_counts[person], new_counts[person], 0, 0
        old_codes[:n_old], old_scores[:n_old] = top_codes[person, :n_old], top_scores[person, :n_old]
        top_counts[person] = min(len(old_codes), n_old + n_new)
        for place in range(top_counts[person]):
            if old < n_old and (new == n_new or old_scores[old] >= new_scores[person, new]):
                top_codes[person, place], top_scores[person, place] = old_codes[old], old_scores[old]
                old += 1
            else:
                top_codes[person, place], top_scores[person, place] = new_codes[person, new], new_scores[person, new]
                new += 1
