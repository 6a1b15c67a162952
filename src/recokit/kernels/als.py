"""Alternating least squares for implicit feedback: the factors of one side, those of the other given.

Each row minimises Σ_k v_k (1 − f_k·x)² + xᵀ G x + λ ‖x‖², where f_k are the factors of what it has interacted with, v_k
the strengths, and G the Gram matrix of the other side times the weight of what is not observed.
"""

import numpy as np
from numba import njit

from recokit.kernels._typing import CodeArray, FloatArray, IntArray

__all__ = ["gram_parts", "solve_by_cholesky", "solve_by_gradients"]

_REFINEMENTS = 1
_LEAST = np.float32(1e-6)  # of a pivot is left by rounding
_SOLVED = 1e-14  # of the square of the first residual is left by rounding
_MOST_GATHERED = 8192  # rows of factors that are copied beside each other: 4 MB of 128 factors, a multiple of 4


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def _add_outer_products(rows: FloatArray, gram: FloatArray) -> None:
    """Add Σ f fᵀ over the rows f to the lower triangle of a matrix."""
    size, whole = gram.shape[0], len(rows) - len(rows) % 4
    for first in range(0, whole, 4):  # four at a time, so that the matrix is read and written a quarter as often
        f, g, h, k = rows[first], rows[first + 1], rows[first + 2], rows[first + 3]
        for a in range(size):
            line, fa, ga, ha, ka = gram[a], f[a], g[a], h[a], k[a]
            for b in range(a + 1):
                line[b] += fa * f[b] + ga * g[b] + ha * h[b] + ka * k[b]
    for last in range(whole, len(rows)):
        f = rows[last]
        for a in range(size):
            line, fa = gram[a], f[a]
            for b in range(a + 1):
                line[b] += fa * f[b]


@njit(nogil=True, cache=True)
def gram_parts(start: int, stop: int, bounds: IntArray, factors: FloatArray, parts: FloatArray) -> None:
    """Compute the lower triangles of the Gram matrices of parts of the rows.

    Parameters
    ----------
    start, stop : int
        Parts to work on.
    bounds : (n_parts + 1,) int64 array
        Where each part of the rows begins.
    factors : (n_rows, n_factors) float32 array
    parts : (n_parts, n_factors, n_factors) float32 array
        Lower triangles are written.
    """
    for part in range(start, stop):
        parts[part] = 0
        _add_outer_products(factors[bounds[part] : bounds[part + 1]], parts[part])


@njit(nogil=True, cache=True)
def _longest(start: int, stop: int, indptr: IntArray) -> int:
    """Return how many rows of factors are gathered at most for the rows from ``start`` to ``stop``."""
    longest = 0
    for row in range(start, stop):
        longest = max(longest, indptr[row + 1] - indptr[row])
    return min(longest, _MOST_GATHERED)


@njit(nogil=True, cache=True)
def _gather(codes: CodeArray, others: FloatArray, rows: FloatArray) -> None:
    """Copy rows beside each other; number by number, since Numba's copies of short slices take longer."""
    for k in range(len(codes)):
        other, row = others[codes[k]], rows[k]
        for a in range(len(row)):
            row[a] = other[a]


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def _write_unobserved(gram: FloatArray, l2: float, vector: FloatArray, residual: FloatArray) -> None:
    """Write −(G + λI) x."""
    for a in range(len(vector)):
        line, total = gram[a], -l2 * vector[a]
        for b in range(len(vector)):
            total -= line[b] * vector[b]
        residual[a] = total


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def _add_observed(
    rows: FloatArray, weights: FloatArray, target: np.float32, vector: FloatArray, residual: FloatArray
) -> float:
    """Add Σ_k v_k (t − f_k·x) f_k; return Σ_k v_k (t − f_k·x)."""
    total = 0.0
    for k in range(len(rows)):
        row, lack = rows[k], target
        for a in range(len(vector)):
            lack -= row[a] * vector[a]
        lack *= weights[k]
        total += lack
        for a in range(len(vector)):
            residual[a] += lack * row[a]
    return total


@njit(nogil=True, cache=True)
def _write_lack(
    codes: CodeArray,
    weights: FloatArray,
    others: FloatArray,
    gram: FloatArray,
    l2: float,
    target: np.float32,
    vector: FloatArray,
    buffer: FloatArray,
    residual: FloatArray,
) -> float:
    """Write Σ_k v_k (t − f_k·x) f_k − (G + λI) x, and return Σ_k v_k (t − f_k·x).

    Where all f fit in the buffer they are there already.
    """
    _write_unobserved(gram, l2, vector, residual)
    n, size, total = len(codes), len(buffer), 0.0
    if n <= size:
        return _add_observed(buffer[:n], weights, target, vector, residual)
    for first in range(0, n, size):
        last = min(n, first + size)
        _gather(codes[first:last], others, buffer)
        total += _add_observed(buffer[: last - first], weights[first:last], target, vector, residual)
    return total


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def _dot(first: FloatArray, second: FloatArray) -> float:
    """Return the inner product in float64, in which the square of a small number is no 0."""
    total = 0.0
    for a in range(len(first)):
        total += np.float64(first[a]) * np.float64(second[a])
    return total


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
    n_steps: int,
    factors: FloatArray,
    losses: FloatArray,
) -> None:
    """Take a few steps of conjugate gradients towards the solution of each row.

    Parameters
    ----------
    start, stop : int
        Rows to work on.
    indptr, codes, values : (n_rows + 1,) int64, (n,) int32 and (n,) float32 arrays
        What each row has interacted with, and v.
    others : (n_others, n_factors) float32 array
        The factors of the other side.
    gram : (n_factors, n_factors) float32 array
        G, whole.
    l2 : (n_rows,) float32 array
        λ of each row, positive.
    n_steps : int
    factors : (n_rows, n_factors) float32 array
        Where to start; overwritten. 0 for a row without interactions.
    losses : (n_rows,) float64 array
        Written: what each row minimises, at its factors.
    """
    size, one, zero = others.shape[1], np.float32(1), np.float32(0)
    buffer = np.empty((_longest(start, stop, indptr), size), dtype=np.float32)
    residual, direction = np.empty(size, dtype=np.float32), np.empty(size, dtype=np.float32)
    fall = np.empty(size, dtype=np.float32)
    for row in range(start, stop):
        first, last = indptr[row], indptr[row + 1]
        solution, mine, weights = factors[row], codes[first:last], values[first:last]
        if first == last:
            solution[:], losses[row] = 0, 0.0
            continue
        if len(mine) <= len(buffer):
            _gather(mine, others, buffer)
        lacking = _write_lack(mine, weights, others, gram, l2[row], one, solution, buffer, residual)
        losses[row] = lacking - _dot(solution, residual)
        for a in range(size):
            direction[a] = residual[a]
        square = _dot(residual, residual)
        solved = _SOLVED * square
        for _ in range(n_steps):
            if square <= solved:
                break
            _write_lack(mine, weights, others, gram, l2[row], zero, direction, buffer, fall)
            exact = -square / _dot(direction, fall)
            losses[row] -= exact * square  # as each step of conjugate gradients does
            step = np.float32(exact)
            for a in range(size):
                solution[a] += step * direction[a]
                residual[a] += step * fall[a]
            before, square = square, _dot(residual, residual)
            kept = np.float32(square / before)
            for a in range(size):
                direction[a] = residual[a] + kept * direction[a]


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def _decompose(matrix: FloatArray) -> None:
    """Replace the lower triangle of a positive definite matrix A by L, where A = L Lᵀ (Cholesky, row by row)."""
    for a in range(len(matrix)):
        row = matrix[a]
        for b in range(a):
            other, product = matrix[b], np.float32(0)
            for c in range(b):
                product += row[c] * other[c]
            row[b] = (row[b] - product) / other[b]
        square = np.float32(0)
        for c in range(a):
            square += row[c] * row[c]
        row[a] = np.sqrt(max(row[a] - square, _LEAST * row[a]))


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
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
    factors: FloatArray,
    losses: FloatArray,
) -> None:
    """Solve each row, to the accuracy of float32.

    The matrix is summed and decomposed in float32, which is fast; what that loses is won back by refining the solution
    with residuals in float64.

    Parameters
    ----------
    start, stop, indptr, codes, values, others, gram, l2
        As those of `solve_by_gradients`.
    factors : (n_rows, n_factors) float32 array
        Written; 0 for a row without interactions.
    losses
        As those of `solve_by_gradients`.
    """
    size = others.shape[1]
    buffer = np.empty((_longest(start, stop, indptr), size), dtype=np.float32)
    matrix = np.empty((size, size), dtype=np.float32)
    solution, residual = np.empty(size, dtype=np.float64), np.empty(size, dtype=np.float64)
    for row in range(start, stop):
        first, last = indptr[row], indptr[row + 1]
        if first == last:
            factors[row], losses[row] = 0, 0.0
            continue
        mine, weights = codes[first:last], values[first:last]
        for a in range(size):
            for b in range(a + 1):
                matrix[a, b] = gram[a, b]
            matrix[a, a] += l2[row]
        for begin in range(0, len(mine), len(buffer)):
            end = min(len(mine), begin + len(buffer))
            rows = buffer[: end - begin]
            _gather(mine[begin:end], others, rows)
            for k in range(end - begin):
                root = np.sqrt(weights[begin + k])
                for a in range(size):
                    rows[k, a] *= root
            _add_outer_products(rows, matrix)
        _decompose(matrix)
        solution[:] = 0
        for _ in range(1 + _REFINEMENTS):
            lacking = _write_residual(mine, weights, others, gram, l2[row], solution, residual)
            losses[row] = lacking - _dot(solution, residual)  # which the last refinement hardly changes
            _substitute(matrix, residual)
            solution += residual
        factors[row] = solution


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def _write_residual(
    codes: CodeArray,
    weights: FloatArray,
    others: FloatArray,
    gram: FloatArray,
    l2: float,
    vector: FloatArray,
    residual: FloatArray,
) -> float:
    """Write Σ_k v_k (1 − f_k·x) f_k − (G + λI) x, in float64, and return Σ_k v_k (1 − f_k·x)."""
    for a in range(len(vector)):
        line, total = gram[a], -np.float64(l2) * vector[a]
        for b in range(len(vector)):
            total -= line[b] * vector[b]
        residual[a] = total
    lacking = 0.0
    for k in range(len(codes)):
        row, lack = others[codes[k]], 1.0
        for a in range(len(vector)):
            lack -= row[a] * vector[a]
        lack *= weights[k]
        lacking += lack
        for a in range(len(vector)):
            residual[a] += lack * row[a]
    return lacking
