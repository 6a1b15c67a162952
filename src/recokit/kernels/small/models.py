"""The results of kernels of single models by NumPy."""

import numpy as np

from recokit.kernels._typing import CodeArray, FloatArray, IntArray
from recokit.kernels.small.spans import joined, products_of_rows

__all__ = ["fit_biases", "gram_costs", "head_gram", "neighbor_sums"]


def gram_costs(item_indptr: IntArray, user_codes: CodeArray, user_indptr: IntArray) -> IntArray:
    """Do as `kernels.gram.gram_costs`."""
    totals = np.append(0, np.cumsum(np.diff(user_indptr)[user_codes]))
    costs: IntArray = np.diff(totals[item_indptr])
    return costs


def fit_biases(
    indptr: IntArray,
    item_codes: CodeArray,
    values: FloatArray,
    mean: float,
    l2_user: float,
    l2_item: float,
    n_epochs: int,
    user_bias: FloatArray,
    item_bias: FloatArray,
) -> float:
    """Do as `kernels.bias.fit_biases`."""
    centered, lengths = values.astype(np.float64) - mean, np.diff(indptr)
    users = np.repeat(np.arange(len(lengths)), lengths)
    item_counts = np.bincount(item_codes, minlength=len(item_bias))
    change = 0.0
    for _ in range(n_epochs):
        change = 0.0
        for codes, other_codes, bias, other, counts, l2 in (
            (item_codes, users, item_bias, user_bias, item_counts, l2_item),
            (users, item_codes, user_bias, item_bias, lengths, l2_user),
        ):
            sums = np.bincount(codes, centered - other[other_codes], minlength=len(bias))
            new = sums / np.maximum(counts + l2, 1e-12)
            change = max(change, float(np.max(np.abs(new - bias), initial=0.0)))
            bias[:] = new
    return change


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
    """Do as `kernels.slim.head_gram`."""
    items, width = head_items[start:stop], gram.shape[1]
    heads, cells = joined(item_indptr[items], item_indptr[items + 1])
    users = user_codes[cells]
    terms, user_cells = joined(user_indptr[users], user_indptr[users + 1])
    columns = places[item_codes[user_cells]]
    is_head = columns >= 0
    terms, user_cells, columns = terms[is_head], user_cells[is_head], columns[is_head]
    products = item_values[cells][terms].astype(np.float64) * user_values[user_cells]
    values = user_weights[users][terms] * products
    sums = np.bincount(heads[terms] * width + columns, values, minlength=len(items) * width)
    gram[start:stop] = sums.reshape(-1, width)


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
    """Do as `kernels.neighbors.neighbor_sums`."""
    profiles, sources, cells = products_of_rows(start, stop, profile_indptr, profile_codes, indptr)
    terms = profile_weights[sources].astype(np.float64) * values[cells]
    n_targets = scores.shape[1]
    sums = np.bincount(profiles * n_targets + codes[cells], terms, minlength=(stop - start) * n_targets)
    scores[start:stop] = np.where(sums > 0, sums, -np.inf).reshape(-1, n_targets)
