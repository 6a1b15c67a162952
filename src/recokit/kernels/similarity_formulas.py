"""Similarity formulas for two rows, from their sums and the sums over their common columns.

All functions are inlined into the calling kernel, so that Numba caches both as one.

References
----------
Y. Koren (2010). Factor in the neighbors: scalable and accurate collaborative filtering. ACM TKDD 4(1).

T. Dunning (1993). Accurate methods for the statistics of surprise and coincidence. Computational Linguistics 19(1).
"""

import math
from typing import NamedTuple

from recokit.kernels._compiling import njit
from recokit.kernels._typing import FloatArray

__all__ = [
    "ASYMMETRIC_COSINE",
    "CONDITIONAL_PROBABILITY",
    "CORRELATION",
    "COSINE",
    "DICE",
    "JACCARD",
    "LIFT",
    "LOG_LIKELIHOOD",
    "PEARSON",
    "TVERSKY",
    "Constants",
    "is_correlation",
    "significance",
    "similarity_of",
]

COSINE, ASYMMETRIC_COSINE, JACCARD, DICE, TVERSKY, CONDITIONAL_PROBABILITY, LIFT, LOG_LIKELIHOOD = range(8)
# Correlations: computed from sums over the common columns only.
CORRELATION, PEARSON = 8, 9


class Constants(NamedTuple):
    """Parameters of the formulas, all of type float.

    Attributes
    ----------
    alpha, beta : float
        Weights of the two rows in ``ASYMMETRIC_COSINE`` (alpha) and ``TVERSKY``.
    n_columns : float
        Number of columns, or the sum of their weights.
    shrinkage : float
        Shrinks similarities with few common columns; see `significance`.
    min_common : float
        Minimum number of common columns.
    """

    alpha: float
    beta: float
    n_columns: float
    shrinkage: float
    min_common: float


# A variance below this share of the sum of squares is rounding error: float32 has a relative precision of 1e-7.
_NO_VARIANCE = 1e-12
# An excess over the expected number of common columns below the rounding error of float32 weights counts as none.
_MORE_THAN_CHANCE = 1.000001


@njit(nogil=True, inline="always")
def is_correlation(kind: int) -> bool:
    """Return whether a similarity is computed from the common columns only."""
    return kind in (CORRELATION, PEARSON)


@njit(nogil=True, inline="always", error_model="numpy")
def _log_likelihood_ratio(common: float, own: float, other: float, n_columns: float) -> float:
    """Return Dunning's G² = 2 Σ observed · log(observed / expected) of the 2 × 2 table of two rows.

    0 unless the rows have more common columns than expected by chance.
    """
    if common * n_columns <= _MORE_THAN_CHANCE * own * other:
        return 0.0
    ratio = 0.0
    for cell, row_sum, column_sum in (
        (common, own, other),
        (own - common, own, n_columns - other),
        (other - common, n_columns - own, other),
        (n_columns - own - other + common, n_columns - own, n_columns - other),
    ):
        if cell > 0:
            ratio += cell * math.log(cell * n_columns / (row_sum * column_sum))
    return 2.0 * ratio


@njit(nogil=True, inline="always", error_model="numpy")
def _association(
    kind: int,
    dot: float,
    own_size: float,
    own_square: float,
    other_size: float,
    other_square: float,
    constants: Constants,
) -> float:
    """Return a similarity over whole rows from their sizes and sums of squares.

    For sets, ``dot`` is the number of common columns and the size is the number of cells. For weighted sets, both are
    sums of weights, and the common weight is at most the smaller size.
    """
    alpha, beta, n_columns = constants.alpha, constants.beta, constants.n_columns
    if kind == COSINE:
        return dot / math.sqrt(own_square * other_square) if own_square > 0 and other_square > 0 else 0.0
    if kind == ASYMMETRIC_COSINE:
        return dot / (own_square**alpha * other_square ** (1.0 - alpha)) if own_square > 0 and other_square > 0 else 0.0
    common = min(dot, own_size, other_size)
    if common <= 0:
        return 0.0
    if kind == JACCARD:
        return common / (own_size + other_size - common)
    if kind == DICE:
        return 2.0 * common / (own_size + other_size)
    if kind == TVERSKY:
        return common / (common + alpha * (own_size - common) + beta * (other_size - common))
    if kind == CONDITIONAL_PROBABILITY:
        return common / own_size
    if kind == LIFT:
        return common * n_columns / (own_size * other_size)
    return _log_likelihood_ratio(common, own_size, other_size, n_columns)


@njit(nogil=True, inline="always", error_model="numpy")
def _correlation(kind: int, n: float, product: float, moments: FloatArray) -> float:
    """Return a correlation over the n common columns, from n, Σxy and (Σx², Σy², Σx, Σy)."""
    square_x, square_y = moments[0], moments[1]
    if kind == PEARSON:
        product = n * product - moments[2] * moments[3]
        floor_x, floor_y = _NO_VARIANCE * n * square_x, _NO_VARIANCE * n * square_y
        square_x = n * square_x - moments[2] * moments[2]
        square_y = n * square_y - moments[3] * moments[3]
        if square_x <= floor_x or square_y <= floor_y:
            return 0.0
    if square_x <= 0 or square_y <= 0:
        return 0.0
    return max(-1.0, min(1.0, product / math.sqrt(square_x * square_y)))


@njit(nogil=True, inline="always", error_model="numpy")
def significance(kind: int, common: float, constants: Constants) -> float:
    """Return the shrinkage factor n / (n + shrinkage) of a similarity with n common columns; 0 if n is too small."""
    # A single common column carries no information on a correlation, so n − 1 is used (Koren 2010, eq. 2).
    support = common - 1.0 if is_correlation(kind) else common
    if support <= 0 or common < constants.min_common:
        return 0.0
    return support / (support + constants.shrinkage)


@njit(nogil=True, inline="always", error_model="numpy")
def similarity_of(
    kind: int,
    swapped: bool,
    common: float,
    product: float,
    moments: FloatArray,
    row: int,
    own: FloatArray,
    other: FloatArray,
    constants: Constants,
) -> float:
    """Return the shrunk similarity of two rows with a common column.

    Parameters
    ----------
    kind : int
        ``COSINE``, ``JACCARD``, ….
    swapped : bool
        Whether to swap ``own`` and ``other``, for asymmetric similarities.
    common, product : float
        Number of common columns and Σxy.
    moments, row : (n_rows, 4) float64 array and int
        ``moments[row]`` is (Σx², Σy², Σx, Σy) over the common columns; read for correlations only.
    own, other : (2,) float64 arrays
        Number of cells and sum of squares of either row.
    constants : Constants
    """
    factor = significance(kind, common, constants)
    if factor == 0:
        return 0.0
    if is_correlation(kind):
        return factor * _correlation(kind, common, product, moments[row])
    own_size, own_square, other_size, other_square = own[0], own[1], other[0], other[1]
    if swapped:  # numbers, not rows: the formulas are compiled once
        own_size, own_square, other_size, other_square = other_size, other_square, own_size, own_square
    return factor * _association(kind, product, own_size, own_square, other_size, other_square, constants)
