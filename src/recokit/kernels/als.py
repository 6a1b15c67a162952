"""Alternating least squares for implicit feedback: update the factors of one side given the factors of the other.

Each row x minimizes Σ_k v_k (1 − f_k·x)² + xᵀ G x + λ ‖x‖², where k runs over the interactions of the row. f_k are the
factors of the other side, v_k the strengths, and G the Gram matrix of all f times the weight of unobserved pairs. The
minimum solves A x = Σ_k v_k f_k with A = G + λI + Σ_k v_k f_k f_kᵀ. With a prior mean m, the penalty is λ ‖x − m‖² and
λ m is added to the right side.
"""

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import CodeArray, FloatArray, IntArray

__all__ = ["gram_parts", "solve_by_cholesky", "solve_by_gradients"]

_N_REFINEMENTS = 1
_PIVOT_FLOOR = np.float32(1e-6)  # share of a pivot below which the rest is rounding error
_TOLERANCE = 1e-14  # share of the first squared residual below which the rest is rounding error
_MAX_GATHERED = 8192  # rows copied to one buffer: 4 MB with 128 factors; must be a multiple of 4


@njit(nogil=True, forceinline=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def _add_outer_products(rows: FloatArray, zeros: FloatArray, gram: FloatArray) -> None:
    """Add Σ f fᵀ over the rows f to the lower triangle of a matrix; ``zeros`` is a row of 0."""
    n = len(rows)
    for first in range(0, n, 4):  # four at a time: a quarter of the reads and writes of the matrix
        f = rows[first]
        g = rows[first + 1] if first + 1 < n else zeros
        h = rows[first + 2] if first + 2 < n else zeros
        k = rows[first + 3] if first + 3 < n else zeros
        for a in range(len(gram)):
            line, fa, ga, ha, ka = gram[a], f[a], g[a], h[a], k[a]
            for b in range(a + 1):
                line[b] += fa * f[b] + ga * g[b] + ha * h[b] + ka * k[b]


@njit(nogil=True, cache=True)
def gram_parts(start: int, stop: int, bounds: IntArray, factors: FloatArray, parts: FloatArray) -> None:
    """Compute the Gram matrix Σ f fᵀ of each part of the rows f, lower triangle only.

    Parameters
    ----------
    start, stop : int
        Range of the parts.
    bounds : (n_parts + 1,) int64 array
        First row of each part, and the end of the last part.
    factors : (n_rows, n_factors) float32 array
        The rows f.
    parts : (n_parts, n_factors, n_factors) float32 array
        Output: the lower triangles; 0 above the diagonal.
    """
    zeros = np.empty(factors.shape[1], dtype=np.float32)
    zeros[:] = 0  # compiles faster than np.zeros
    for part in range(start, stop):
        parts[part] = 0
        _add_outer_products(factors[bounds[part] : bounds[part + 1]], zeros, parts[part])


@njit(nogil=True, forceinline=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def _write_residual(
    codes: CodeArray,
    weights: FloatArray,
    others: FloatArray,
    gram: FloatArray,
    l2: float,
    target: np.float32,
    vector: FloatArray,
    is_gathered: bool,
    buffer: FloatArray,
    residual: FloatArray,
) -> float:
    """Write Σ_k v_k (t − f_k·x) f_k − (G + λI) x, and return Σ_k v_k (t − f_k·x).

    This is the residual of the equations for t = 1, and −A x for t = 0. The f_k are gathered in the buffer, which may
    hold them already.
    """
    size, error_sum = len(vector), 0.0
    for a in range(size):
        line, total = gram[a], -l2 * vector[a]
        for b in range(size):
            total -= line[b] * vector[b]
        residual[a] = total
    place = 0
    for k in range(len(codes)):
        row, error = buffer[place], target
        place = place + 1 if place + 1 < len(buffer) else 0
        if not is_gathered:
            other = others[codes[k]]
            for a in range(size):  # Numba's copies of short slices are slower
                row[a] = other[a]
        for a in range(size):
            error -= row[a] * vector[a]
        error *= weights[k]
        error_sum += error
        for a in range(size):
            residual[a] += error * row[a]
    return error_sum


@njit(nogil=True, forceinline=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def _dot(first: FloatArray, second: FloatArray) -> float:
    """Return the inner product in float64: the square of a small float32 number would underflow."""
    total = 0.0
    for a in range(len(first)):
        total += np.float64(first[a]) * np.float64(second[a])
    return total


@njit(nogil=True, cache=True)
def _write_mean(means: FloatArray, row: int, vector: FloatArray) -> None:
    """Write the prior mean of a row without interactions; a single mean is that of all rows."""
    place = row if len(means) > 1 else 0
    for a in range(len(vector)):
        vector[a] = means[place, a] if len(means) else np.float32(0)


@njit(nogil=True, cache=True, error_model="numpy")
def _add_prior(l2: float, means: FloatArray, row: int, vector: FloatArray, residual: FloatArray) -> float:
    """Add λ m to a residual of the equations without prior; return λ ‖x − m‖² − λ ‖x‖²."""
    if len(means) == 0:
        return 0.0
    mean, total = means[row if len(means) > 1 else 0], 0.0
    for a in range(len(vector)):
        residual[a] += l2 * mean[a]
        total += np.float64(mean[a]) * (np.float64(mean[a]) - 2.0 * np.float64(vector[a]))
    return l2 * total


@njit(nogil=True, cache=True, error_model="numpy")
def solve_by_gradients(
    start: int,
    stop: int,
    indptr: IntArray,
    codes: CodeArray,
    values: FloatArray,
    others: FloatArray,
    gram: FloatArray,
    l2: FloatArray,
    means: FloatArray,
    n_steps: int,
    factors: FloatArray,
    losses: FloatArray,
) -> None:
    """Take a few conjugate gradient steps towards the solution of each row.

    With residual r = b − A x and direction d, which starts at r, a step is::

        α = r·r / d·A d        x += α d        r −= α A d        d = r + (r·r / previous r·r) d

    Parameters
    ----------
    start, stop : int
        Range of the rows.
    indptr, codes, values : (n_rows + 1,) int64, (n,) int32 and (n,) float32 arrays
        The interactions of each row as compressed rows, with strengths v.
    others : (n_others, n_factors) float32 array
        f, the factors of the other side.
    gram : (n_factors, n_factors) float32 array
        G, both triangles.
    l2 : (n_rows,) float32 array
        λ of each row, positive.
    means : (n_rows, n_factors), (1, n_factors) or (0, n_factors) float32 array
        m, the prior mean of each row, or of all rows; no rows if all are 0.
    n_steps : int
        Maximum number of steps for each row.
    factors : (n_rows, n_factors) float32 array
        x: starting point and output; m for a row without interactions.
    losses : (n_rows,) float64 array
        Output: the objective of each row at its new factors.
    """
    size, longest = others.shape[1], 1
    for row in range(start, stop):
        longest = max(longest, indptr[row + 1] - indptr[row])
    buffer = np.empty((min(longest, _MAX_GATHERED), size), dtype=np.float32)
    residual, direction = np.empty(size, dtype=np.float32), np.empty(size, dtype=np.float32)
    minus_product = np.empty(size, dtype=np.float32)
    for row in range(start, stop):
        first, last = indptr[row], indptr[row + 1]
        solution, own_codes, weights = factors[row], codes[first:last], values[first:last]
        if first == last:
            _write_mean(means, row, solution)
            losses[row] = 0.0
            continue
        direction[:] = 0
        square, least_square = 0.0, 0.0
        for step in range(n_steps + 1):
            # One call for the first residual and for all products: the code of two compiles twice as long.
            is_first, vector, product = step == 0, direction, minus_product
            if is_first:
                vector, product = solution, residual
            is_gathered = not is_first and len(own_codes) <= len(buffer)
            error_sum = _write_residual(
                own_codes, weights, others, gram, l2[row], np.float32(is_first), vector, is_gathered, buffer, product
            )
            curvature = -_dot(vector, product)
            if is_first:
                losses[row] = error_sum + curvature
                losses[row] += _add_prior(l2[row], means, row, solution, residual)
            else:
                if curvature <= 0.0:  # the product has underflowed, near a solution of 0
                    break
                losses[row] -= square / curvature * square  # exact for a conjugate gradient step
                length = np.float32(square / curvature)
                for a in range(size):
                    solution[a] += length * direction[a]
                    residual[a] += length * minus_product[a]
            previous, square = square, _dot(residual, residual)
            if is_first:
                least_square = _TOLERANCE * square
            if square <= least_square:
                break
            beta = np.float32(0) if is_first else np.float32(square / previous)
            for a in range(size):
                direction[a] = residual[a] + beta * direction[a]


@njit(nogil=True, forceinline=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def _decompose(matrix: FloatArray) -> None:
    """Replace the lower triangle of a positive definite matrix A by L with A = L Lᵀ (Cholesky, row by row)."""
    for a in range(len(matrix)):
        row = matrix[a]
        for b in range(a + 1):
            other, product = matrix[b], np.float32(0)
            for c in range(b):
                product += row[c] * other[c]
            rest = row[b] - product
            row[b] = rest / other[b] if b < a else np.sqrt(max(rest, _PIVOT_FLOOR * row[a]))


@njit(nogil=True, forceinline=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def _substitute(lower: FloatArray, right: FloatArray) -> None:
    """Replace b by the solution of L Lᵀ x = b."""
    size = len(right)
    for a in range(size):
        total = right[a]
        for b in range(a):
            total -= lower[a, b] * right[b]
        right[a] = total / lower[a, a]
    for a in range(size - 1, -1, -1):
        right[a] /= lower[a, a]
        for b in range(a):
            right[b] -= lower[a, b] * right[a]


@njit(nogil=True, cache=True, error_model="numpy")
def solve_by_cholesky(
    start: int,
    stop: int,
    indptr: IntArray,
    codes: CodeArray,
    values: FloatArray,
    others: FloatArray,
    gram: FloatArray,
    l2: FloatArray,
    means: FloatArray,
    factors: FloatArray,
    losses: FloatArray,
) -> None:
    """Solve each row by a Cholesky decomposition, to the accuracy of float32.

    A is summed and decomposed in float32 for speed. Iterative refinement with float64 residuals restores the accuracy.

    Parameters
    ----------
    start, stop, indptr, codes, values, others, gram, l2, means
        See `solve_by_gradients`.
    factors : (n_rows, n_factors) float32 array
        Output: x; m for a row without interactions.
    losses
        See `solve_by_gradients`.
    """
    size, longest = others.shape[1], 1
    for row in range(start, stop):
        longest = max(longest, indptr[row + 1] - indptr[row])
    buffer = np.empty((min(longest, _MAX_GATHERED), size), dtype=np.float32)
    matrix, zeros = np.empty((size, size), dtype=np.float32), np.empty(size, dtype=np.float32)
    zeros[:] = 0
    solution, residual = np.empty(size, dtype=np.float64), np.empty(size, dtype=np.float64)
    for row in range(start, stop):
        first, last = indptr[row], indptr[row + 1]
        if first == last:
            _write_mean(means, row, factors[row])
            losses[row] = 0.0
            continue
        own_codes, weights = codes[first:last], values[first:last]
        for a in range(size):
            for b in range(a + 1):
                matrix[a, b] = gram[a, b]
            matrix[a, a] += l2[row]
        for begin in range(first, last, len(buffer)):
            rows = buffer[: min(len(buffer), last - begin)]
            for k in range(len(rows)):
                other, root = others[codes[begin + k]], np.sqrt(values[begin + k])
                for a in range(size):
                    rows[k, a] = root * other[a]
            _add_outer_products(rows, zeros, matrix)
        _decompose(matrix)
        solution[:] = 0
        for _ in range(1 + _N_REFINEMENTS):
            error_sum = _write_residual_float64(own_codes, weights, others, gram, l2[row], solution, residual)
            losses[row] = error_sum - _dot(solution, residual)  # the last refinement hardly changes it
            losses[row] += _add_prior(l2[row], means, row, solution, residual)
            _substitute(matrix, residual)
            for a in range(size):
                solution[a] += residual[a]
                factors[row, a] = solution[a]


@njit(nogil=True, forceinline=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def _write_residual_float64(
    codes: CodeArray,
    weights: FloatArray,
    others: FloatArray,
    gram: FloatArray,
    l2: float,
    vector: FloatArray,
    residual: FloatArray,
) -> float:
    """Write Σ_k v_k (1 − f_k·x) f_k − (G + λI) x in float64, and return Σ_k v_k (1 − f_k·x)."""
    for a in range(len(vector)):
        line, total = gram[a], -np.float64(l2) * vector[a]
        for b in range(len(vector)):
            total -= line[b] * vector[b]
        residual[a] = total
    error_sum = 0.0
    for k in range(len(codes)):
        row, error = others[codes[k]], 1.0
        for a in range(len(vector)):
            error -= row[a] * vector[a]
        error *= weights[k]
        error_sum += error
        for a in range(len(vector)):
            residual[a] += error * row[a]
    return error_sum
