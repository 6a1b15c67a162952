"""The inverse of a symmetric positive definite matrix, with the same bits on any number of threads.

LAPACK's own threads cut the work by their number, which changes the order of sums and so the last bits. Here the matrix
is cut into tiles of a fixed size. Each product of tiles is made by one thread, with BLAS held to one, and the order of
the products does not depend on who makes them.

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

__all__ = ["invert", "tiles"]

_TILE = 256  # rows: small enough that the parts that are not parallel do not count, large enough for BLAS


def tiles(n: int) -> Iterator[slice]:
    """Yield the rows of each tile."""
    for start in range(0, n, _TILE):
        yield slice(start, min(start + _TILE, n))


def invert(matrix: FloatArray, runner: Runner) -> None:
    """Overwrite a symmetric positive definite matrix by its inverse: the lower triangle, from which it is read.

    What is left above the diagonal means nothing. Beyond the matrix this takes a tile's width of columns.

    Parameters
    ----------
    matrix : (n, n) float64 array
        In C order.
    runner : Runner

    Raises
    ------
    numpy.linalg.LinAlgError
        It is not positive definite in float64.
    """
    with single_threaded_blas():
        _factorise(matrix, runner)
        _invert_triangle(matrix, runner)
        _square(matrix, runner)


def _factorise(matrix: FloatArray, runner: Runner) -> None:
    """Overwrite the lower triangle of A by L, A = L Lᵀ, a column of tiles at a time; and each L_jj by its inverse."""
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
    """Overwrite L, whose diagonal tiles are inverted, by X = L⁻¹, from the last column of tiles to the first.

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
    """Overwrite the lower triangle X by that of Xᵀ X, from the first row of tiles to the last, which need it least."""
    n = len(matrix)
    for own in tiles(n):
        column = np.ascontiguousarray(matrix[own.start :, own].T)

        def fill(columns: slice, own: slice = own, column: FloatArray = column) -> None:
            matrix[own, columns] = column @ matrix[own.start :, columns]

        runner.each([columns for columns in tiles(n) if columns.start <= own.start], fill)


def _below(own: slice, n: int) -> list[slice]:
    return [rows for rows in tiles(n) if rows.start >= own.stop]
