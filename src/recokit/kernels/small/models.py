"""The results of `kernels.gram.gram_costs` and `kernels.bias.fit_biases` by NumPy."""

import numpy as np

from recokit.kernels._typing import CodeArray, FloatArray, IntArray

__all__ = ["fit_biases", "gram_costs"]


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
