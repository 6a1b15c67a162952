"""The best items by inner products: a rough product of each item, and exact scores of the few that may be listed."""

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.kernels.selection import select_row
from recokit.kernels.sorting import sort

__all__ = ["listed_products", "rough_products", "select_exact", "top_by_norm"]

_STRIP = 64  # items that are skipped together if none is near enough
_BLOCK = 1024  # items after which the search by norms may end, at first
_ROUNDED_UP = 1.0001


@njit(nogil=True, cache=True, error_model="numpy")
def _exact_product(p: FloatArray, q: FloatArray) -> np.float32:
    """Return p·q, summed in float64 in a fixed order.

    Products of float32 are exact in float64, so that the bits depend on no processor, compiler or library.
    """
    first, second, third, fourth = 0.0, 0.0, 0.0, 0.0
    whole = len(p) - len(p) % 4
    for f in range(0, whole, 4):
        first += np.float64(p[f]) * np.float64(q[f])
        second += np.float64(p[f + 1]) * np.float64(q[f + 1])
        third += np.float64(p[f + 2]) * np.float64(q[f + 2])
        fourth += np.float64(p[f + 3]) * np.float64(q[f + 3])
    for f in range(whole, len(p)):
        first += np.float64(p[f]) * np.float64(q[f])
    return np.float32((first + second) + (third + fourth))


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def rough_products(
    start: int, stop: int, users: FloatArray, levels: AnyArray, scales: FloatArray, products: FloatArray
) -> None:
    """Compute the inner products of users with items whose factors are rounded to 8 bits.

    The time of one user is that of reading all items, which is a quarter of that for float32.

    Parameters
    ----------
    start, stop : int
        Range of the users.
    users : (n_users, n_factors) float32 array
    levels, scales : (n_items, n_factors) int8 and (n_items,) float32 arrays
        The factors of an item are its scale times its levels.
    products : (n_users, n_items) float32 array
        Output: the rows ``start`` to ``stop``.
    """
    for user in range(start, stop):
        p = users[user]
        for item in range(len(levels)):
            q, product = levels[item], np.float32(0.0)
            for f in range(len(p)):
                product += p[f] * np.float32(q[f])
            products[user, item] = product * scales[item]


@njit(nogil=True, cache=True, error_model="numpy")
def _near_items(
    scores: FloatArray,
    norm: np.float32,
    slacks: FloatArray,
    slack: np.float32,
    best: CodeArray,
    n_best: int,
    near: CodeArray,
) -> int:
    """List the items that may be among the n best by exact scores, ascending, and return their number.

    At least n items have exact scores from the least one that the ``best`` by rough scores may have.
    """
    least = np.float32(np.inf) if n_best == len(best) else np.float32(-np.inf)
    for code in best[:n_best]:
        lowest = scores[code] - (norm * slacks[code] + slack)
        least = min(least, lowest) if lowest == lowest else np.float32(-np.inf)
    n_near = 0
    for first in range(0, len(scores), _STRIP):
        strip, slack_strip = scores[first : first + _STRIP], slacks[first : first + _STRIP]
        n_far = np.int32(0)
        for t in range(len(strip)):  # summing compiles to vector instructions
            n_far = np.int32(n_far + np.int32(strip[t] + (norm * slack_strip[t] + slack) < least))
        if n_far == len(strip):
            continue
        for t in range(len(strip)):
            is_far = strip[t] + (norm * slack_strip[t] + slack) < least  # not for NaN, of an overflow
            if not is_far and strip[t] != -np.inf:
                near[n_near] = first + t
                n_near += 1
    return n_near


@njit(nogil=True, cache=True, error_model="numpy")
def select_exact(
    scores: FloatArray,
    norms: FloatArray,
    slacks: FloatArray,
    slack: float,
    bias: FloatArray,
    users: FloatArray,
    items: FloatArray,
    first: int,
    indptr: IntArray,
    excluded_codes: CodeArray,
    top_codes: CodeArray,
    top_scores: FloatArray,
    counts: CodeArray,
) -> None:
    """Select the n best items of each user of a block by exact scores, without the user's excluded items.

    The exact score of an item is p·q, summed in float64 and rounded to float32, plus its bias. It is computed only for
    items whose rough score is near enough to that of the n-th item.

    Parameters
    ----------
    scores : (n_block, n_items) float32 array
        Rough products of the users ``first``, ``first`` + 1, …. Overwritten.
    norms : (n_users,) float32 array
        ‖p‖, rounded up.
    slacks, slack : (n_items,) float32 array, and float
        The rough score of an item differs from its exact score by at most ‖p‖ times its slack, plus ``slack``.
    bias : (n_items,) or (0,) float32 array
        −∞ for items that are not listed; empty for none.
    users, items : (n_users, n_factors), (n_items, n_factors) float32 arrays
        p and q.
    first : int
        First user of the block.
    indptr, excluded_codes : (n_users + 1,) int64 and (m,) int32 arrays
        The excluded items of each user, as compressed rows.
    top_codes, top_scores, counts
        See `selection.select_top`. Output for the users of the block.
    """
    n_items = scores.shape[1]
    near, exact = np.empty(n_items, dtype=np.int32), np.empty(n_items, dtype=np.float32)
    for place in range(len(scores)):
        user, line = first + place, scores[place]
        if len(bias):
            for code in range(n_items):
                line[code] += bias[code]
        for k in range(indptr[user], indptr[user + 1]):
            line[excluded_codes[k]] = -np.inf
        norm = norms[user]
        if norm == 0:  # the rough scores are exact
            counts[user] = select_row(line, top_codes[user], top_scores[user])
            top_scores[user] += np.float32(0)  # turns −0 into 0
            continue
        size = select_row(line, top_codes[user], top_scores[user])
        n_near = _near_items(line, norm, slacks, np.float32(slack), top_codes[user], size, near)
        for k in range(n_near):
            exact[k] = _exact_product(users[user], items[near[k]])
            if len(bias):
                exact[k] += bias[near[k]]
        counts[user] = select_row(exact[:n_near], top_codes[user], top_scores[user])
        for k in range(counts[user]):
            top_codes[user, k] = near[top_codes[user, k]]


@njit(nogil=True, forceinline=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def _add_rough_products(p: FloatArray, levels: AnyArray, scales: FloatArray, line: FloatArray) -> None:
    """Add the rough products of a user with items to ``line``; see `rough_products`."""
    for item in range(len(levels)):
        q, product = levels[item], np.float32(0.0)
        for f in range(len(p)):
            product += p[f] * np.float32(q[f])
        line[item] += product * scales[item]


@njit(nogil=True, cache=True, error_model="numpy")
def top_by_norm(
    start: int,
    stop: int,
    padded: FloatArray,
    norms: FloatArray,
    slack: float,
    users: FloatArray,
    levels: AnyArray,
    scales: FloatArray,
    slacks: FloatArray,
    item_norms: FloatArray,
    order: CodeArray,
    ranks: CodeArray,
    items: FloatArray,
    indptr: IntArray,
    excluded_codes: CodeArray,
    top_codes: CodeArray,
    top_scores: FloatArray,
    counts: CodeArray,
) -> None:
    """Select the n best items of each user by exact scores, reading the items with the largest norms only.

    The result is that of `select_exact` without biases. Items are read by descending norm, in blocks. By the
    Cauchy-Schwarz inequality, no later item can be listed once ‖p‖ ‖q‖ is below the exact scores of n items.

    Parameters
    ----------
    start, stop : int
        Range of the users.
    padded : (n_users, width) float32 array
        p, padded with zeros to the width of ``levels``.
    norms, slack, users, items, indptr, excluded_codes, top_codes, top_scores, counts
        See `select_exact`; the norms are positive, and no product overflows.
    levels, scales, slacks, item_norms : (n_items, width) int8 and (n_items,) float32 arrays
        The rounded items, see `rough_products` and `select_exact`, and ‖q‖, rounded up; by descending norm.
    order, ranks : (n_items,) int32 arrays
        The code of each rank by norm, and the rank of each code.
    """
    n_items = len(items)
    line, near = np.empty(n_items, dtype=np.float32), np.empty(n_items, dtype=np.int32)
    for user in range(start, stop):
        line[:] = 0
        for k in range(indptr[user], indptr[user + 1]):
            line[ranks[excluded_codes[k]]] = -np.inf
        norm, least, n_read, size = norms[user], -np.inf, 0, 0
        while n_read < n_items and np.float64(norm) * item_norms[n_read] * _ROUNDED_UP + slack >= least:
            last = min(n_items, n_read + max(_BLOCK, n_read // 2))
            _add_rough_products(padded[user], levels[n_read:last], scales[n_read:last], line[n_read:last])
            n_read = last
            size = select_row(line[:n_read], top_codes[user], top_scores[user])
            if size == top_codes.shape[1]:
                least = np.float64(np.inf)
                for rank in top_codes[user]:
                    least = min(least, np.float64(line[rank] - (norm * slacks[rank] + np.float32(slack))))
        n_near = _near_items(line[:n_read], norm, slacks[:n_read], np.float32(slack), top_codes[user], size, near)
        for k in range(n_near):
            near[k] = order[near[k]]
        sort(near, n_near)  # ties are ordered by code
        exact = line[:n_near]
        for k in range(n_near):
            exact[k] = _exact_product(users[user], items[near[k]])
        counts[user] = select_row(exact, top_codes[user], top_scores[user])
        for k in range(counts[user]):
            top_codes[user, k] = near[top_codes[user, k]]


@njit(nogil=True, cache=True, error_model="numpy")
def listed_products(
    start: int,
    stop: int,
    indptr: IntArray,
    codes: CodeArray,
    users: FloatArray,
    items: FloatArray,
    products: FloatArray,
) -> None:
    """Compute the exact inner products of each user with a list of items, with the bits of `select_exact`.

    Parameters
    ----------
    start, stop : int
        Range of the users.
    indptr, codes : (n_users + 1,) int64 and (m,) int32 arrays
        The items of each user as compressed rows.
    users, items : (n_users, n_factors), (n_items, n_factors) float32 arrays
        p and q.
    products : (m,) float32 array
        Output: the products in the order of ``codes``.
    """
    for user in range(start, stop):
        for k in range(indptr[user], indptr[user + 1]):
            products[k] = _exact_product(users[user], items[codes[k]])
