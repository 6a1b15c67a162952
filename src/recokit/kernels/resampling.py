"""Means of resampled rows, for bootstrap and permutation tests."""

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import AnyArray, CodeArray

__all__ = ["flipped_means", "mean_rows"]


@njit(nogil=True, cache=True, error_model="numpy")
def mean_rows(start: int, stop: int, drawn: CodeArray, values: AnyArray, means: AnyArray) -> None:
    """Average the drawn rows of each sample: means_s = Σ_j values[drawn_sj] / n.

    Parameters
    ----------
    start, stop : int
        Range of the samples.
    drawn : (n_samples, n) int32 array
        The rows of each sample.
    values : (n_rows, n_columns) float64 array
        Values of the rows.
    means : (n_samples, n_columns) float64 array
        Output: the rows ``start`` to ``stop``.
    """
    n_columns = values.shape[1]
    for sample in range(start, stop):
        totals = np.zeros(n_columns, dtype=np.float64)
        for draw in range(drawn.shape[1]):
            row = drawn[sample, draw]
            for column in range(n_columns):
                totals[column] += values[row, column]
        means[sample] = totals / drawn.shape[1]


@njit(nogil=True, cache=True, error_model="numpy")
def flipped_means(start: int, stop: int, flips: AnyArray, values: AnyArray, means: AnyArray) -> None:
    """Average the rows with random signs: means_s = Σ_r ± values_r / n_rows.

    Parameters
    ----------
    start, stop : int
        Range of the samples.
    flips : (n_samples, n_bytes) uint8 array
        One bit for each row, lowest bit of a byte first; a set bit flips the sign.
    values : (n_rows, n_columns) float64 array
        Values of the rows.
    means : (n_samples, n_columns) float64 array
        Output: the rows ``start`` to ``stop``.
    """
    n_rows, n_columns = values.shape
    for sample in range(start, stop):
        totals = np.zeros(n_columns, dtype=np.float64)
        for row in range(n_rows):
            sign = 1.0 - 2.0 * ((flips[sample, row >> 3] >> (row & 7)) & 1)
            for column in range(n_columns):
                totals[column] += sign * values[row, column]
        means[sample] = totals / n_rows
