"""User and item biases by regularized least squares."""

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import CodeArray, FloatArray, IntArray

__all__ = ["fit_biases"]


@njit(nogil=True, cache=True, error_model="numpy")
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
    """Fit user and item biases by alternating least squares.

    Minimizes Σ (r − μ − b_u − b_i)² + l2_user Σ b_u² + l2_item Σ b_i². Each epoch updates all items, then all users::

        b_i = Σ_u (r_ui − μ − b_u) / (n_i + l2_item)        b_u = Σ_i (r_ui − μ − b_i) / (n_u + l2_user)

    Parameters
    ----------
    indptr, item_codes, values : (n_users + 1,) int64, (n,) int32 and (n,) float32 arrays
        The ratings, compressed by user.
    mean : float
        μ.
    l2_user, l2_item : float
        Penalties; an infinite penalty sets the biases of that side to 0.
    n_epochs : int
        Number of alternations.
    user_bias, item_bias : (n_users,), (n_items,) float64 arrays
        Updated in place, from the given values.

    Returns
    -------
    float
        Largest absolute change of a bias in the last epoch.
    """
    n_users, n_items = len(user_bias), len(item_bias)
    sums = np.empty(n_items, dtype=np.float64)
    counts = np.zeros(n_items, dtype=np.float64)
    for k in range(len(item_codes)):
        counts[item_codes[k]] += 1.0
    change = 0.0
    for _ in range(n_epochs):
        change = 0.0
        sums[:] = 0.0
        for user in range(n_users):
            for k in range(indptr[user], indptr[user + 1]):
                sums[item_codes[k]] += np.float64(values[k]) - mean - user_bias[user]
        for item in range(n_items):
            bias = sums[item] / max(counts[item] + l2_item, 1e-12)
            change = max(change, abs(bias - item_bias[item]))
            item_bias[item] = bias
        for user in range(n_users):
            total = 0.0
            for k in range(indptr[user], indptr[user + 1]):
                total += np.float64(values[k]) - mean - item_bias[item_codes[k]]
            bias = total / max(indptr[user + 1] - indptr[user] + l2_user, 1e-12)
            change = max(change, abs(bias - user_bias[user]))
            user_bias[user] = bias
    return change
