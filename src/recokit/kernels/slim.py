"""SLIM: one elastic net for each target item, by coordinate descent on the Gram matrix.

The elastic net of a target needs the Gram matrix of its candidates, the items that may have a weight. Entries between
the heads, the items with the most costly rows, are read from one dense matrix. The rows of other items are summed on
demand. No n × n array is needed unless all items are heads.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recokit.kernels._compiling import njit
from recokit.kernels._typing import BoolArray, CodeArray, FloatArray, IntArray
from recokit.kernels.sorting import sort
from recokit.kernels.top_k import code_of, key_of, put, worst_of

__all__ = ["head_gram", "slim_weights"]

Keys = NDArray[np.uint64]


@njit(nogil=True, cache=True)
def _add_row(
    item: int,
    item_indptr: IntArray,
    user_codes: CodeArray,
    item_values: FloatArray,
    user_indptr: IntArray,
    item_codes: CodeArray,
    user_values: FloatArray,
    user_weights: FloatArray,
    places: CodeArray,
    sums: FloatArray,
) -> None:
    """Add Σ_u w_u x_ui x_uk to ``sums[places[k]]`` for the item i and every item k with ``places[k]`` ≥ 0."""
    for k in range(item_indptr[item], item_indptr[item + 1]):
        user, value = user_codes[k], np.float64(item_values[k])
        weight = user_weights[user]
        for m in range(user_indptr[user], user_indptr[user + 1]):
            place = places[item_codes[m]]
            if place >= 0:
                # Products of two float32 numbers are exact in float64, so entries (i, k) and (k, i) have the same bits.
                sums[place] += weight * (value * np.float64(user_values[m]))


@njit(nogil=True, cache=True)
def head_gram(
    start: int,
    stop: int,
    head_items: CodeArray,
    item_indptr: IntArray,
    user_codes: CodeArray,
    item_values: FloatArray,
    user_indptr: IntArray,
    item_codes: CodeArray,
    user_values: FloatArray,
    user_weights: FloatArray,
    places: CodeArray,
    gram: FloatArray,
) -> None:
    """Compute rows of the Gram matrix G = Xᵀ W X of the heads, summed in float64.

    Parameters
    ----------
    start, stop : int
        Range of the rows.
    head_items : (n_rows,) int32 array
        The item of each row of ``gram``.
    item_indptr, user_codes, item_values : (n_items + 1,) int64, (n,) int32 and (n,) float32 arrays
        X, compressed by item.
    user_indptr, item_codes, user_values : (n_users + 1,) int64, (n,) int32 and (n,) float32 arrays
        X, compressed by user.
    user_weights : (n_users,) float64 array
        w, the diagonal of W.
    places : (n_items,) int32 array
        The column of each item in ``gram``, −1 for none.
    gram : (n_rows, n_heads) float32 array
        Output: the rows ``start`` to ``stop``, which are all rows of G or some of them.
    """
    sums = np.empty(gram.shape[1], dtype=np.float64)
    for head in range(start, stop):
        sums[:] = 0.0
        _add_row(
            head_items[head], item_indptr, user_codes, item_values, user_indptr, item_codes, user_values,
            user_weights, places, sums,
        )  # fmt: skip
        for other in range(len(sums)):
            gram[head, other] = sums[other]


@njit(nogil=True, cache=True)
def _sum_row(
    item: int,
    item_indptr: IntArray,
    user_codes: CodeArray,
    item_values: FloatArray,
    user_indptr: IntArray,
    item_codes: CodeArray,
    user_values: FloatArray,
    user_weights: FloatArray,
    sums: FloatArray,
    touched: CodeArray,
) -> int:
    """Compute the row of the Gram matrix of an item in ``sums``, which holds zeros before.

    Lists the items with a sum above 0 in ``touched``, and returns their number.
    """
    n_touched = 0
    for k in range(item_indptr[item], item_indptr[item + 1]):
        user, value = user_codes[k], np.float64(item_values[k])
        weight = user_weights[user]
        for m in range(user_indptr[user], user_indptr[user + 1]):
            other, step = item_codes[m], weight * (value * np.float64(user_values[m]))
            if step > 0.0:
                if sums[other] == 0.0:
                    touched[n_touched] = other
                    n_touched += 1
                sums[other] += step
    return n_touched


@njit(nogil=True, cache=True)
def _copy_row(row: FloatArray, sums: FloatArray, touched: CodeArray) -> int:
    """Do as `_sum_row` for a row that is stored."""
    n_touched = 0
    for other in range(len(row)):
        if row[other] > 0.0:
            sums[other] = row[other]
            touched[n_touched] = other
            n_touched += 1
    return n_touched


@njit(nogil=True, cache=True, error_model="numpy")
def _find_candidates(
    target: int,
    row: FloatArray,
    touched: CodeArray,
    curvatures: FloatArray,
    l1: float,
    positive: bool,
    keys: Keys,
    codes: CodeArray,
) -> int:
    """Select the candidates of a target j, write them in ascending order, and return their number.

    Items i are ranked by (G_ij − l1)² / (G_ii + Λ_ii), twice the decrease of the loss if only the weight of i may leave
    0. If weights may not be negative, an item with G_ij ≤ l1 never gets a weight: values are not negative, so its
    gradient at 0 only grows with the other weights. If weights may be negative, such an item may get one, so l1 is
    omitted and all items are ranked, those without a common user last.

    ``row`` holds G_ij of all items i, and ``touched`` lists the items with G_ij > 0.
    """
    size: Any = np.int64(0)
    worst, score = 0.0, np.empty(1, dtype=np.float32)
    for item in touched:
        slack = np.float64(np.float32(row[item])) - l1  # round as the entries of the heads are rounded
        if item == target or curvatures[item] <= 0.0 or (positive and slack <= 0.0):
            continue
        pull = slack if positive else np.float64(np.float32(row[item]))
        score[0] = pull**2 / curvatures[item]
        if score[0] >= worst:
            size = put(keys, size, score, np.int64(item))
            worst = worst_of(keys, size, score)
    if not positive:
        score[0] = 0.0
        for item in range(len(row)):
            if size == len(keys) and keys[0] >= key_of(score, item):
                break  # the keys of further items are lower
            if row[item] == 0.0 and item != target and curvatures[item] > 0.0:
                size = put(keys, size, score, item)
    for t in range(size):
        codes[t] = code_of(keys[t])
    codes[size:] = -1
    sort(codes, size)  # in memory order: rows of the Gram matrix are then read forwards
    return size


@njit(nogil=True, cache=True)
def _read_gram(place: int, columns: CodeArray, gram: FloatArray, sub_gram: FloatArray) -> None:
    """Fill the row of a head in ``sub_gram``, the Gram matrix of the candidates; the rows of other items are filled."""
    head, row = gram[columns[place]], sub_gram[place]
    for t in range(len(columns)):
        row[t] = head[columns[t]] if columns[t] >= 0 else sub_gram[t, place]


@njit(nogil=True, cache=True, error_model="numpy")
def _descend(
    columns: CodeArray,
    gram: FloatArray,
    sub_gram: FloatArray,
    ready: BoolArray,
    curvatures: FloatArray,
    gradients: FloatArray,
    weights: FloatArray,
    l1: float,
    positive: bool,
    tol: float,
    max_iter: int,
) -> int:
    """Minimize one elastic net by cyclic coordinate descent over the candidates; return the number of passes.

    ``columns`` holds the row of each candidate in ``gram``, −1 for none. ``gradients`` holds Σ_u w_u x_ui (x_uj − Σ_k
    x_uk w_k) for each candidate i, without the penalty. Updates ``weights`` and ``gradients``::

        w_i = S(gradient_i + G_ii w_i, l1) / (G_ii + Λ_ii),  S(a, l1) = sign(a) max(|a| − l1, 0)

    With ``positive``, negative weights become 0.
    """
    for n_passes in range(1, max_iter + 1):
        largest, change = 0.0, 0.0
        for t in range(len(columns)):
            old, curvature = weights[t], curvatures[t]
            pull = gradients[t]
            if old == 0.0 and (pull <= l1 if positive else abs(pull) <= l1):
                continue
            if not ready[t]:
                _read_gram(t, columns, gram, sub_gram)
                ready[t] = True
            row = sub_gram[t]
            pull += old * row[t]
            if pull > l1:
                new = (pull - l1) / curvature
            elif not positive and pull < -l1:
                new = (pull + l1) / curvature
            else:
                new = 0.0
            step = new - old
            if step != 0.0:
                weights[t] = new
                for other in range(len(columns)):
                    gradients[other] -= step * row[other]
            largest, change = max(largest, abs(new)), max(change, abs(step))
        if change <= tol * largest:
            return n_passes
    return max_iter + 1


@njit(nogil=True, cache=True, error_model="numpy")
def slim_weights(
    start: int,
    stop: int,
    first_target: int,
    item_indptr: IntArray,
    user_codes: CodeArray,
    item_values: FloatArray,
    user_indptr: IntArray,
    item_codes: CodeArray,
    user_values: FloatArray,
    user_weights: FloatArray,
    heads: CodeArray,
    gram: FloatArray,
    curvatures: FloatArray,
    l1: float,
    positive: bool,
    tol: float,
    max_iter: int,
    top_codes: CodeArray,
    top_weights: FloatArray,
    n_passes: IntArray,
) -> None:
    """Learn the item weights of each target.

    Minimizes ½ ‖x_j − X w‖²_W + ½ Σ_i Λ_ii w_i² + l1 ‖w‖₁ for target j, over the weights of its candidates.

    Parameters
    ----------
    start, stop : int
        Range of the rows of the result.
    first_target : int
        Row r belongs to the target ``first_target + r``.
    item_indptr, user_codes, item_values, user_indptr, item_codes, user_values, user_weights
        See `head_gram`.
    heads : (n_items,) int32 array
        The row of each item in ``gram``, −1 for none.
    gram : (n_heads, n_heads) float32 array
        The Gram matrix of the heads, from `head_gram`.
    curvatures : (n_items,) float64 array
        G_ii + Λ_ii; items with 0 are no candidates.
    l1 : float
    positive : bool
        Whether weights are restricted to be non-negative.
    tol : float
        Stop when no weight changes by more than this share of the largest weight.
    max_iter : int
        Maximum number of passes over the candidates.
    top_codes, top_weights : (n_targets, n_neighbors) int32 and float32 arrays
        Output: the candidates of each target, ascending, and their weights, padded with −1 and 0.
    n_passes : (n_targets,) int64 array
        Output: the number of passes; ``max_iter + 1`` without convergence.
    """
    n_items, n_candidates = len(heads), top_codes.shape[1]
    places, touched = np.empty(n_items, dtype=np.int32), np.empty(n_items, dtype=np.int32)
    row, keys = np.empty(n_items, dtype=np.float64), np.empty(n_candidates, dtype=np.uint64)
    places[:], row[:] = -1, 0.0  # compiles faster than np.full and np.zeros
    all_gradients, all_weights = np.empty(n_candidates, dtype=np.float64), np.empty(n_candidates, dtype=np.float64)
    all_ready = np.empty(n_candidates, dtype=np.bool_)
    sub_gram, sums = np.empty((n_candidates, n_candidates), dtype=np.float32), np.empty(n_candidates, dtype=np.float64)
    for r in range(start, stop):
        target = first_target + r
        if len(gram) == n_items:
            n_touched = _copy_row(gram[heads[target]], row, touched)
        else:
            n_touched = _sum_row(
                target, item_indptr, user_codes, item_values, user_indptr, item_codes, user_values,
                user_weights, row, touched,
            )  # fmt: skip
        codes = top_codes[r]
        size = _find_candidates(target, row, touched[:n_touched], curvatures, l1, positive, keys, codes)
        codes = codes[:size]
        gradients, weights, ready = all_gradients[:size], all_weights[:size], all_ready[:size]
        weights[:], ready[:] = 0.0, False
        columns = heads[codes]
        for t in range(size):
            places[codes[t]] = t
            gradients[t] = np.float32(row[codes[t]])
        for t in range(size):
            if columns[t] < 0:
                sums[:size] = 0.0
                _add_row(
                    codes[t], item_indptr, user_codes, item_values, user_indptr, item_codes, user_values,
                    user_weights, places, sums[:size],
                )  # fmt: skip
                for other in range(size):
                    sub_gram[t, other] = sums[other]
                ready[t] = True
        n_passes[r] = _descend(
            columns, gram, sub_gram[:, :size], ready, curvatures[codes], gradients, weights, l1, positive, tol, max_iter
        )
        for t in range(size):
            top_weights[r, t] = weights[t]
        top_weights[r, size:] = 0
        places[codes] = -1
        row[touched[:n_touched]] = 0.0
