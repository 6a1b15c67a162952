"""Fold-in: user bias and factors by ridge regression on fixed item biases and factors."""

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import CodeArray, FloatArray, IntArray

__all__ = ["ridge", "solve_users"]

# Smallest penalties: they keep the equations of a user with fewer ratings than factors solvable for l2 = 0. The second
# is a share of the trace, well above the rounding errors (1e-16 of it for each of a few hundred factors).
_SMALLEST_L2 = 1e-6
_SMALLEST_SHARE = 1e-12


@njit(nogil=True, forceinline=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def _decompose(matrix: FloatArray) -> None:
    """Replace the lower triangle of a positive definite matrix A by L, with A = L Lᵀ (Cholesky, row by row)."""
    for a in range(len(matrix)):
        row = matrix[a]
        for b in range(a):
            other, product = matrix[b], 0.0
            for c in range(b):
                product += row[c] * other[c]
            row[b] = (row[b] - product) / other[b]
        square = 0.0
        for c in range(a):
            square += row[c] * row[c]
        row[a] = np.sqrt(row[a] - square)


@njit(
    nogil=True,
    cache=True,
    forceinline=True,
    error_model="numpy",
    fastmath={"nsz", "arcp", "contract", "afn", "reassoc"},
)
def ridge(design: FloatArray, right: FloatArray, l2: FloatArray) -> FloatArray:
    """Solve (XᵀX + diag(λ)) w = b by a Cholesky decomposition.

    Unlike BLAS, the result does not depend on the number of threads, and small systems start no threads.

    Parameters
    ----------
    design : (n, m) float64 array
        X.
    right : (m,) float64 array
        b.
    l2 : (m,) float64 array
        λ, not negative.

    Returns
    -------
    (m,) float64 array

    Examples
    --------
    >>> X, y = np.array([[1.0], [1.0]]), np.array([2.0, 4.0])
    >>> ridge(X, X.T @ y, np.array([1.0])).round(6).tolist()
    [2.0]
    """
    size, trace = len(right), 0.0
    lower = np.zeros((size, size))
    for x in design:
        for a in range(size):
            row, x_a = lower[a], x[a]
            for b in range(a + 1):
                row[b] += x_a * x[b]
    for a in range(size):
        trace += lower[a, a]
    for a in range(size):
        lower[a, a] += max(l2[a], _SMALLEST_L2, _SMALLEST_SHARE * trace)
    _decompose(lower)
    solution = right.copy()
    for a in range(size):  # L v = b
        row, product = lower[a], 0.0
        for b in range(a):
            product += row[b] * solution[b]
        solution[a] = (solution[a] - product) / row[a]
    for a in range(size - 1, -1, -1):  # Lᵀ w = v
        row = lower[a]
        solution[a] /= row[a]
        for b in range(a):
            solution[b] -= row[b] * solution[a]
    return solution


@njit(nogil=True, cache=True, error_model="numpy")
def solve_users(
    start: int,
    stop: int,
    indptr: IntArray,
    item_codes: CodeArray,
    ratings: FloatArray,
    mean: float,
    item_bias: FloatArray,
    item_factors: FloatArray,
    implicit_factors: FloatArray,
    l2_bias: float,
    l2: float,
    l2_exponent: float,
    bias: FloatArray,
    factors: FloatArray,
) -> None:
    """Solve for the bias b and the factors z of users with given ratings, in float64.

    They minimize, over the n items j rated by the user, with s = n^(-1/2) Σ_j y_j::

        Σ_j (r_j − μ − b_j − b − z·q_j)² + n^e λ_b b² + n^e λ ‖z − s‖²

    Parameters
    ----------
    start, stop : int
        Range of the users.
    indptr, item_codes, ratings : (n_users + 1,) int64, (n,) int32, (n,) float32 arrays
        r, compressed by user.
    mean : float
        μ.
    item_bias, item_factors : (n_items,), (n_items, n_factors) float32 arrays
        b_j and q.
    implicit_factors : (n_items, n_factors) or (0, n_factors) float32 array
        y; empty for s = 0.
    l2_bias, l2, l2_exponent : float
        λ_b, λ and e.
    bias, factors : (n_users,), (n_users, n_factors) float32 arrays
        Output: b and z.
    """
    n_factors = item_factors.shape[1]
    penalties, right = np.empty(n_factors + 1), np.empty(n_factors + 1)
    for user in range(start, stop):
        first, n = indptr[user], indptr[user + 1] - indptr[user]
        growth = np.float64(n) ** l2_exponent
        penalties[0], penalties[1:] = growth * l2_bias, growth * l2
        design = np.empty((n, n_factors + 1))
        right[:] = 0.0
        if len(implicit_factors) > 0 and n > 0:
            weight = growth * l2 / np.sqrt(np.float64(n))
            for k in range(first, first + n):
                y = implicit_factors[item_codes[k]]
                for f in range(n_factors):
                    right[f + 1] += weight * y[f]
        for j in range(n):
            item, x = item_codes[first + j], design[j]
            x[0], x[1:] = 1.0, item_factors[item]
            residual = ratings[first + j] - mean - item_bias[item]
            for f in range(n_factors + 1):
                right[f] += residual * x[f]
        solution = ridge(design, right, penalties)
        bias[user], factors[user] = solution[0], solution[1:]
