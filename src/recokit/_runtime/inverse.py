"""Inverse and products of dense matrices, with the same bits for any number of threads.

LAPACK divides the work by the number of its threads, which changes the order of sums and so the last bits. Here the
matrix is divided into tiles of a fixed size. One thread computes each product of tiles, with BLAS limited to one
thread, and the order of the products does not depend on the threads.

References
----------
A. Buttari, J. Langou, J. Kurzak and J. Dongarra (2009). A class of parallel tiled linear algebra algorithms for
multicore architectures. Parallel Computing 35(1).
"""

from collections.abc import Iterator

import numpy as np
from scipy.linalg import lapack

from recokit._runtime.blas import single_threaded_blas
from recokit._runtime.threads import Runner
from recokit._typing import FloatArray

__all__ = ["TILE", "invert", "multiply_symmetric", "tiles"]

TILE = 256  # rows: small enough that the serial parts take little time, large enough for efficient BLAS calls


def tiles(n: int) -> Iterator[slice]:
    """Yield the range of rows of each tile."""
    for start in range(0, n, TILE):
        yield slice(start, min(start + TILE, n))


def invert(matrix: FloatArray, runner: Runner) -> None:
    """Overwrite the lower triangle of a symmetric positive definite matrix by that of its inverse.

    Only the lower triangle is read. The cells above the diagonal hold intermediate results afterwards. Extra memory is
    one tile's width of columns.

    Parameters
    ----------
    matrix : (n, n) float64 array
        In C order.
    runner : Runner
        Threads to use.

    Raises
    ------
    numpy.linalg.LinAlgError
        The matrix is not positive definite in float64.
    """
    with single_threaded_blas():
        _factorize(matrix, runner)
        _invert_triangle(matrix, runner)
        _square(matrix, runner)


def multiply_symmetric(matrix: FloatArray, other: FloatArray, out: FloatArray, runner: Runner) -> None:
    """Write the product of a symmetric matrix, given by its lower triangle, with another matrix.

    Parameters
    ----------
    matrix : (n, n) float64 array
        Only the lower triangle is read. The upper triangle is overwritten by it.
    other : (n, m) float64 array
    out : (n, m) array
        Output: the product, rounded to its dtype.
    runner : Runner
        Threads to use.
    """

    def mirror(rows: slice) -> None:
        lower = np.tril(matrix[rows, rows])
        matrix[rows, rows] = lower + np.tril(lower, -1).T
        matrix[rows, rows.stop :] = matrix[rows.stop :, rows].T

    def fill(rows: slice) -> None:
        for columns in _wide_tiles(other.shape[1]):
            out[rows, columns] = matrix[rows] @ other[:, columns]

    with single_threaded_blas():
        runner.each(list(tiles(len(matrix))), mirror)
        runner.each(list(tiles(len(matrix))), fill)


def _wide_tiles(n: int) -> Iterator[slice]:
    """Yield ranges of columns so wide that BLAS calls are efficient and their results small."""
    for start in range(0, n, 8 * TILE):
        yield slice(start, min(start + 8 * TILE, n))


def _factorize(matrix: FloatArray, runner: Runner) -> None:
    """Overwrite the lower triangle of A by L, A = L Lᵀ, one column of tiles at a time, with L_jj⁻¹ on the diagonal."""
    for own in tiles(len(matrix)):
        before = slice(0, own.start)
        matrix[own, own] -= matrix[own, before] @ matrix[own, before].T
        inverse = _inverse_factor(matrix[own, own])
        matrix[own, own] = inverse

        def fill(rows: slice, own: slice = own, before: slice = before, inverse: FloatArray = inverse) -> None:
            left = matrix[rows, own] - matrix[rows, before] @ matrix[own, before].T
            matrix[rows, own] = left @ inverse.T

        runner.each(_below(own, len(matrix)), fill)


def _inverse_factor(tile: FloatArray) -> FloatArray:
    """Return L⁻¹ of a tile L Lᵀ, with zeros above its diagonal."""
    factor, info = lapack.dpotrf(tile, lower=1, clean=1)
    if info == 0:
        inverse, info = lapack.dtrtri(factor, lower=1, overwrite_c=1)
    if info != 0:
        raise np.linalg.LinAlgError("not positive definite in float64")
    return np.ascontiguousarray(inverse)


def _invert_triangle(matrix: FloatArray, runner: Runner) -> None:
    """Overwrite L by X = L⁻¹, from the last column of tiles to the first; the diagonal tiles are already inverted.

    Below the diagonal, X_ij = −(Σ_{j < k ≤ i} X_ik L_kj) X_jj.
    """
    n = len(matrix)
    for own in reversed(list(tiles(n))):
        below = np.ascontiguousarray(matrix[own.stop :, own])

        def fill(rows: slice, own: slice = own, below: FloatArray = below) -> None:
            so_far = slice(own.stop, rows.stop)
            sums = matrix[rows, so_far] @ below[: rows.stop - own.stop]
            matrix[rows, own] = sums @ -matrix[own, own]

        runner.each(_below(own, n)[::-1], fill)


def _square(matrix: FloatArray, runner: Runner) -> None:
    """Overwrite the lower triangle X by that of Xᵀ X, from the first row of tiles to the last.

    A row of the result depends only on rows of X from its own on.
    """
    n = len(matrix)
    for own in tiles(n):
        column = np.ascontiguousarray(matrix[own.start :, own].T)

        def fill(columns: slice, own: slice = own, column: FloatArray = column) -> None:
            matrix[own, columns] = column @ matrix[own.start :, columns]

        runner.each([columns for columns in tiles(n) if columns.start <= own.start], fill)


def _below(own: slice, n: int) -> list[slice]:
    """Return the tiles below a tile."""
    return [rows for rows in tiles(n) if rows.start >= own.stop]
