"""Bayesian personalised ranking: steps of stochastic gradient descent on pairs of items.

A step takes a user u, an item i that u has interacted with and a sampled item j that u has not, and raises the
probability σ(x) that u prefers i to j, with x = b_i − b_j + p_u·(q_i − q_j).
"""

import numpy as np
from numba import njit

from recokit.kernels._typing import AnyArray, CodeArray, FloatArray, IntArray

__all__ = ["descend_pairs", "fold_in_pairs"]

_MOST_DRAWS = 32  # of an item that the user has not interacted with; then the step is left out


@njit(nogil=True, cache=True)
def _next(state: AnyArray) -> np.uint64 | int:
    """Return 64 random bits (SplitMix64)."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    bits = state[0]
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


@njit(nogil=True, cache=True)
def _uniform(state: AnyArray) -> float:
    """Return a number from 0 up to, not including, 1."""
    return np.float64(_next(state) >> np.uint64(11)) / 9007199254740992.0


@njit(nogil=True, cache=True)
def _holds(codes: CodeArray, code: int) -> bool:
    """Tell whether sorted codes hold one."""
    low, high = 0, len(codes)
    while low < high:
        middle = (low + high) // 2
        if codes[middle] < code:
            low = middle + 1
        else:
            high = middle
    return low < len(codes) and codes[low] == code


@njit(nogil=True, cache=True)
def _draw(seen: CodeArray, first: int, last: int, sums: FloatArray, item_order: CodeArray, state: AnyArray) -> int:
    """Return the row of a random item from ``first`` to ``last`` that has not been seen, −1 where none is found.

    Items have the same probability where ``sums`` is empty, else in proportion to their steps in it.
    """
    for _ in range(_MOST_DRAWS):
        if len(sums) == 0:
            row = first + int(_uniform(state) * (last - first))
        else:
            below = sums[first - 1] if first > 0 else 0.0
            target = below + _uniform(state) * (sums[last - 1] - below)
            low, high = first, last - 1
            while low < high:
                middle = (low + high) // 2
                if sums[middle] <= target:
                    low = middle + 1
                else:
                    high = middle
            row = low
        if not _holds(seen, item_order[row]):
            return row
    return -1


@njit(nogil=True, cache=True, fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def _score(user: FloatArray, items: FloatArray, bias: FloatArray, item: int) -> np.float32:
    row, total = items[item], np.float32(0)
    for f in range(len(user)):
        total += user[f] * row[f]
    return total + bias[item]


@njit(nogil=True, cache=True)
def _hardest(
    seen: CodeArray,
    first: int,
    last: int,
    sums: FloatArray,
    item_order: CodeArray,
    n_candidates: int,
    user: FloatArray,
    items: FloatArray,
    bias: FloatArray,
    state: AnyArray,
) -> int:
    """Return the item with the highest score of several random ones that have not been seen, −1 for none."""
    best, best_score = -1, np.float32(-np.inf)
    for _ in range(n_candidates):
        row = _draw(seen, first, last, sums, item_order, state)
        if row < 0:
            continue
        if n_candidates == 1:
            return row
        score = _score(user, items, bias, row)
        if score > best_score:
            best, best_score = row, score
    return best


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def _preference(user: FloatArray, items: FloatArray, bias: FloatArray, better: int, worse: int) -> np.float32:
    """Return x, by how much a user prefers an item to another."""
    liked, other, x = items[better], items[worse], bias[better] - bias[worse]
    for f in range(len(user)):
        x += user[f] * (liked[f] - other[f])
    return x


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def _step(
    user: FloatArray,
    items: FloatArray,
    bias: FloatArray,
    better: int,
    worse: int,
    rate: np.float32 | float,
    l2_user: np.float32 | float,
    l2_item: np.float32 | float,
    l2_bias: np.float32 | float,
) -> float:
    """Take a step; return ln(1 + e⁻ˣ) before it."""
    liked, other, x = items[better], items[worse], _preference(user, items, bias, better, worse)
    wrong = np.float32(1) / (np.float32(1) + np.exp(x))
    bias[better] += rate * (wrong - l2_bias * bias[better])
    bias[worse] -= rate * (wrong + l2_bias * bias[worse])
    for f in range(len(user)):
        p, q, r = user[f], liked[f], other[f]
        user[f] = p + rate * (wrong * (q - r) - l2_user * p)
        liked[f] = q + rate * (wrong * p - l2_item * q)
        other[f] = r - rate * (wrong * p + l2_item * r)
    return np.log1p(np.exp(-np.abs(np.float64(x)))) + max(-np.float64(x), 0.0)


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def _step_of_user(
    user: FloatArray,
    items: FloatArray,
    bias: FloatArray,
    better: int,
    worse: int,
    rate: np.float32 | float,
    l2_user: np.float32 | float,
) -> None:
    """Take a step that leaves the items as they are."""
    liked, other = items[better], items[worse]
    wrong = np.float32(1) / (np.float32(1) + np.exp(_preference(user, items, bias, better, worse)))
    for f in range(len(user)):
        user[f] += rate * (wrong * (liked[f] - other[f]) - l2_user * user[f])


@njit(nogil=True, cache=True, error_model="numpy")
def descend_pairs(
    start: int,
    stop: int,
    user_rows: CodeArray,
    item_rows: CodeArray,
    item_starts: IntArray,
    user_order: CodeArray,
    item_order: CodeArray,
    indptr: IntArray,
    item_codes: CodeArray,
    sums: FloatArray,
    n_candidates: int,
    seed: int,
    user_factors: FloatArray,
    item_factors: FloatArray,
    item_bias: FloatArray,
    rate: np.float32 | float,
    l2_user: np.float32 | float,
    l2_item: np.float32 | float,
    l2_bias: np.float32 | float,
) -> float:
    """Take a step for each of the interactions ``start`` to ``stop``, which are of one block of items.

    The other item of a step is drawn from the same block, so that blocks without common users and items can be worked
    on at the same time. Since items are dealt to blocks anew for each epoch, every item can be drawn.

    Parameters
    ----------
    start, stop : int
    user_rows, item_rows : (n,) int32 arrays
        The interactions, in the rows in which the grid has users and items.
    item_starts : (n_blocks + 1,) int64 array
        Where each block of items begins.
    user_order, item_order : (n_users,), (n_items,) int32 arrays
        The code of each row.
    indptr, item_codes : (n_users + 1,) int64 and (n,) int32 arrays
        The interactions by user, in codes, sorted.
    sums : (n_items,) or (0,) float64 array
        Running sums of the weights by which items are drawn, in order of row; empty for equal ones.
    n_candidates : int
        Items drawn for a step; the one with the highest score is taken.
    seed : int
        Of what is drawn, together with ``start``.
    user_factors, item_factors, item_bias : (n_users, f), (n_items, f), (n_items,) float32 arrays
        In order of row; changed.
    rate, l2_user, l2_item, l2_bias : float32

    Returns
    -------
    float
        Σ ln(1 + e⁻ˣ) as met.
    """
    if start == stop:
        return 0.0
    block = np.searchsorted(item_starts, item_rows[start], side="right") - 1
    first, last = item_starts[block], item_starts[block + 1]
    state = np.empty(1, dtype=np.uint64)
    state[0] = np.uint64(seed) * np.uint64(0xD1342543DE82EF95) + np.uint64(start)
    _next(state)
    loss = 0.0
    for k in range(start, stop):
        row = user_rows[k]
        code, user = user_order[row], user_factors[row]
        seen = item_codes[indptr[code] : indptr[code + 1]]
        other = _hardest(
            seen, first, last, sums, item_order, n_candidates, user, item_factors, item_bias, state
        )  # fmt: skip
        if other < 0:
            loss += np.log(2.0)
            continue
        loss += _step(user, item_factors, item_bias, item_rows[k], other, rate, l2_user, l2_item, l2_bias)
    return loss


@njit(nogil=True, cache=True, error_model="numpy")
def fold_in_pairs(
    start: int,
    stop: int,
    indptr: IntArray,
    item_codes: CodeArray,
    codes: CodeArray,
    sums: FloatArray,
    n_candidates: int,
    item_factors: FloatArray,
    item_bias: FloatArray,
    rates: FloatArray,
    l2_user: np.float32 | float,
    user_factors: FloatArray,
) -> None:
    """Learn the factors of people, those of the items given, by the same steps.

    What is drawn depends on the history of a person alone.

    Parameters
    ----------
    start, stop : int
        People to work on.
    indptr, item_codes : (n_people + 1,) int64 and (n,) int32 arrays
        Their histories, sorted.
    codes : (n_items,) int32 array
        0, 1, …: the items in order of code.
    sums, n_candidates, item_factors, item_bias, l2_user
        As those of `descend_pairs`, in order of code.
    rates : (n_epochs,) float32 array
        The step size of each epoch.
    user_factors : (n_people, f) float32 array
        Written; 0 without a history.
    """
    state = np.empty(1, dtype=np.uint64)
    n_items = len(item_factors)
    for person in range(start, stop):
        user, seen = user_factors[person], item_codes[indptr[person] : indptr[person + 1]]
        user[:] = 0
        state[0] = np.uint64(1)
        for rate in rates:
            for item in seen:
                other = _hardest(seen, 0, n_items, sums, codes, n_candidates, user, item_factors, item_bias, state)
                if other >= 0:
                    _step_of_user(user, item_factors, item_bias, item, other, rate, l2_user)
