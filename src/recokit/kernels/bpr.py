"""Bayesian personalized ranking: stochastic gradient descent on pairs of items.

A step takes a user u, a positive item i that u has interacted with, and a negative item j that is sampled from the
other items. It raises the probability σ(x) that u prefers i to j, with x = b_i − b_j + p_u·(q_i − q_j).
"""

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import AnyArray, CodeArray, FloatArray, IntArray

__all__ = ["descend_pairs", "fold_in_pairs"]

_MAX_DRAWS = 32  # attempts to draw a negative item before the step is skipped


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
    """Return a uniform random number in [0, 1)."""
    return np.float64(_next(state) >> np.uint64(11)) / 9007199254740992.0


@njit(nogil=True, cache=True)
def _contains(codes: CodeArray, code: int) -> bool:
    """Return whether sorted codes contain a code."""
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
    """Draw an unseen item and return its row, from ``first`` up to ``last``; −1 if no draw succeeds.

    Items are equally likely if ``sums`` is empty. Otherwise ``sums`` holds the cumulative weights of the items.
    """
    for _ in range(_MAX_DRAWS):
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
        if not _contains(seen, item_order[row]):
            return row
    return -1


@njit(nogil=True, forceinline=True, fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def _score(user: FloatArray, items: FloatArray, bias: FloatArray, item: int) -> np.float32:
    row, total = items[item], np.float32(0)
    for f in range(len(user)):
        total += user[f] * row[f]
    return total + bias[item]


@njit(nogil=True, forceinline=True)
def _draw_negative(
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
    """Draw ``n_candidates`` unseen items and return the row with the highest score, −1 for none."""
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


@njit(nogil=True, forceinline=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def _preference(user: FloatArray, items: FloatArray, bias: FloatArray, positive: int, negative: int) -> np.float32:
    """Return x = b_i − b_j + p_u·(q_i − q_j)."""
    q_i, q_j, x = items[positive], items[negative], bias[positive] - bias[negative]
    for f in range(len(user)):
        x += user[f] * (q_i[f] - q_j[f])
    return x


@njit(nogil=True, forceinline=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def _step(
    user: FloatArray,
    items: FloatArray,
    bias: FloatArray,
    positive: int,
    negative: int,
    rate: np.float32 | float,
    l2_user: np.float32 | float,
    l2_item: np.float32 | float,
    l2_bias: np.float32 | float,
) -> float:
    """Take one step by the update rule of `descend_pairs`; return ln(1 + e⁻ˣ) before the step."""
    q_i, q_j, x = items[positive], items[negative], _preference(user, items, bias, positive, negative)
    g = np.float32(1) / (np.float32(1) + np.exp(x))
    bias[positive] += rate * (g - l2_bias * bias[positive])
    bias[negative] -= rate * (g + l2_bias * bias[negative])
    for f in range(len(user)):
        p, q, r = user[f], q_i[f], q_j[f]
        user[f] = p + rate * (g * (q - r) - l2_user * p)
        q_i[f] = q + rate * (g * p - l2_item * q)
        q_j[f] = r - rate * (g * p + l2_item * r)
    return np.log1p(np.exp(-np.abs(np.float64(x)))) + max(-np.float64(x), 0.0)


@njit(nogil=True, forceinline=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def _step_user(
    user: FloatArray,
    items: FloatArray,
    bias: FloatArray,
    positive: int,
    negative: int,
    rate: np.float32 | float,
    l2_user: np.float32 | float,
) -> None:
    """Update p_u as `_step` does, with fixed items."""
    q_i, q_j = items[positive], items[negative]
    g = np.float32(1) / (np.float32(1) + np.exp(_preference(user, items, bias, positive, negative)))
    for f in range(len(user)):
        user[f] += rate * (g * (q_i[f] - q_j[f]) - l2_user * user[f])


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
    offset: int,
    user_factors: FloatArray,
    item_factors: FloatArray,
    item_bias: FloatArray,
    rate: np.float32 | float,
    l2_user: np.float32 | float,
    l2_item: np.float32 | float,
    l2_bias: np.float32 | float,
) -> float:
    """Take one gradient step for each of the interactions ``start`` to ``stop``, in order.

    With g = 1 / (1 + eˣ) and all values from before the step::

        p_u += rate (g (q_i − q_j) − l2_user p_u)
        q_i += rate (g p_u − l2_item q_i)        b_i += rate (g − l2_bias b_i)
        q_j −= rate (g p_u + l2_item q_j)        b_j −= rate (g + l2_bias b_j)

    The interactions must belong to one block of items. Negative items are drawn from the same block, so calls on blocks
    without common users and items can run at the same time. Items are assigned to new blocks in each epoch, so every
    item can be drawn.

    Parameters
    ----------
    start, stop : int
        Range of the interactions.
    user_rows, item_rows : (n,) int32 arrays
        The interactions, as rows of the factors.
    item_starts : (n_blocks + 1,) int64 array
        First row of each block of items, and the end of the last block.
    user_order, item_order : (n_users,), (n_items,) int32 arrays
        The code of each row.
    indptr, item_codes : (n_users + 1,) int64 and (n,) int32 arrays
        The item codes of each user code as compressed rows, ascending.
    sums : (n_items,) or (0,) float64 array
        Cumulative sampling weights of the items, in order of row; empty for uniform sampling.
    n_candidates : int
        Number of items drawn in each step; the one with the highest score becomes the negative item.
    seed : int
        Seed of the draws, together with ``offset + start``.
    offset : int
        Number of interactions in earlier blocks of users, if the arrays hold only some of the blocks.
    user_factors, item_factors, item_bias : (n_users, f), (n_items, f), (n_items,) float32 arrays
        p, q and b in order of row; updated in place.
    rate, l2_user, l2_item, l2_bias : float32

    Returns
    -------
    float
        Σ ln(1 + e⁻ˣ), each term before its step; ln 2 for a skipped step.
    """
    if start == stop:
        return 0.0
    block = np.searchsorted(item_starts, item_rows[start], side="right") - 1
    first, last = item_starts[block], item_starts[block + 1]
    state = np.empty(1, dtype=np.uint64)
    state[0] = np.uint64(seed) * np.uint64(0xD1342543DE82EF95) + np.uint64(offset + start)
    _next(state)
    loss = 0.0
    for k in range(start, stop):
        row = user_rows[k]
        code, user = user_order[row], user_factors[row]
        seen = item_codes[indptr[code] : indptr[code + 1]]
        negative = _draw_negative(
            seen, first, last, sums, item_order, n_candidates, user, item_factors, item_bias, state
        )  # fmt: skip
        if negative < 0:
            loss += np.log(2.0)
            continue
        loss += _step(user, item_factors, item_bias, item_rows[k], negative, rate, l2_user, l2_item, l2_bias)
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
    """Learn the factors of users outside the training data, with fixed items.

    Each epoch takes one step for each item i of the history, p_u += rate (g (q_i − q_j) − l2_user p_u), as in
    `descend_pairs`. The draws depend only on the user's history.

    Parameters
    ----------
    start, stop : int
        Range of the users.
    indptr, item_codes : (n_users + 1,) int64 and (n,) int32 arrays
        The histories as compressed rows, ascending.
    codes : (n_items,) int32 array
        0, 1, …, n_items − 1.
    sums, n_candidates, item_factors, item_bias, l2_user
        See `descend_pairs`; here in order of item code.
    rates : (n_epochs,) float32 array
        The step size of each epoch.
    user_factors : (n_users, f) float32 array
        Output: p; 0 for an empty history.
    """
    state = np.empty(1, dtype=np.uint64)
    n_items = len(item_factors)
    for row in range(start, stop):
        user, seen = user_factors[row], item_codes[indptr[row] : indptr[row + 1]]
        user[:] = 0
        state[0] = np.uint64(1)
        for rate in rates:
            for item in seen:
                negative = _draw_negative(
                    seen, 0, n_items, sums, codes, n_candidates, user, item_factors, item_bias, state
                )
                if negative >= 0:
                    _step_user(user, item_factors, item_bias, item, negative, rate, l2_user)
