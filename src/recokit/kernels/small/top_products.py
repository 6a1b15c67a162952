"""The results of `kernels.top_products` by NumPy."""

import numpy as np

from recokit.kernels._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.kernels.small.selection import hide_cells, select_cells
from recokit.kernels.small.spans import joined

__all__ = ["listed_products", "select_exact"]

_PAIRS_AT_A_TIME = 1 << 14


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
    """Do as `kernels.top_products.select_exact`."""
    n_block, n_items = scores.shape
    block, n = slice(first, first + n_block), top_codes.shape[1]
    top = top_codes[block], top_scores[block], counts[block]
    if len(bias):
        scores += bias
    hide_cells(0, n_block, indptr[first : first + n_block + 1], excluded_codes, scores)
    spreads = norms[block, None] * slacks + np.float32(slack)
    spreads[norms[block] == 0] = 0
    least = np.full((n_block, 1), -np.inf, dtype=np.float32)
    if n <= n_items:
        lowest = np.where(np.isnan(scores - spreads), -np.inf, scores - spreads)
        least = np.partition(lowest, n_items - n, axis=1)[:, n_items - n, None]
    rows, codes = np.nonzero(~(scores + spreads < least) & (scores != -np.inf))
    exact = _exact_products(users, items, first + rows, codes)
    if len(bias):
        exact += bias[codes]
    shown = ~np.isnan(exact) & (exact > -np.inf)
    select_cells(rows[shown], codes[shown], exact[shown], np.nan, *top)


def listed_products(
    start: int,
    stop: int,
    indptr: IntArray,
    codes: CodeArray,
    users: FloatArray,
    items: FloatArray,
    products: FloatArray,
) -> None:
    """Do as `kernels.top_products.listed_products`."""
    rows, cells = joined(indptr[start:stop], indptr[start + 1 : stop + 1])
    products[cells] = _exact_products(users, items, start + rows, codes[cells])


def _exact_products(users: FloatArray, items: FloatArray, user_codes: IntArray, item_codes: AnyArray) -> FloatArray:
    """Return the exact inner products of pairs, summed in the order of the kernel: (n_pairs,) float32."""
    products = np.empty(len(user_codes), dtype=np.float32)
    whole = users.shape[1] - users.shape[1] % 4
    for start in range(0, len(products), _PAIRS_AT_A_TIME):
        pairs = slice(start, start + _PAIRS_AT_A_TIME)
        terms = users[user_codes[pairs]].astype(np.float64) * items[item_codes[pairs]]
        sums = np.zeros((len(terms), 4))
        for f in range(0, whole, 4):
            sums += terms[:, f : f + 4]
        for f in range(whole, users.shape[1]):
            sums[:, 0] += terms[:, f]
        products[pairs] = (sums[:, 0] + sums[:, 1]) + (sums[:, 2] + sums[:, 3])
    return products
