"""The formulas of similarities: from what two rows have in common to one number.

All are inlined into the kernels that use them, so that a kernel and its formulas are cached as one.

References
----------
Y. Koren (2010). Factor in the neighbors: scalable and accurate collaborative filtering. ACM TKDD 4(1).

T. Dunning (1993). Accurate methods for the statistics of surprise and coincidence. Computational Linguistics 19(1).
"""

import math

from numba import njit

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
    "significance",
    "similarity_of",
]

COSINE, ASYMMETRIC_COSINE, JACCARD, DICE, TVERSKY, CONDITIONAL_PROBABILITY, LIFT, LOG_LIKELIHOOD = range(8)
# From here on: sums over the common columns only.
CORRELATION, PEARSON = 8, 9

# A variance below this share of the sum of squares is rounding error: float32 values resolve 1e-7 of their size.
_NO_VARIANCE = 1e-12
# An excess over what chance makes expect that is below the rounding error of float32 weights is none.
_MORE_THAN_CHANCE = 1.000001


@njit(nogil=True, inline="always", error_model="numpy")
def _log_likelihood_ratio(common: float, own: float, other: float, n_columns: float) -> float:
    """Return Dunning's G² of the 2 × 2 table of two rows; 0 unless they meet more often than by chance."""
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
def _association(kind: int, dot: float, own: FloatArray, other: FloatArray, constants: FloatArray) -> float:
    """Return a similarity over whole rows, each known by its (size, sum of squares).

    Of sets, the product is the number of common columns, and the size the number of cells; of weighted sets, these are
    sums of weights, and what is common is held to be no more than the smaller of the two.
    """
    alpha, beta, n_columns = constants[0], constants[1], constants[2]
    if kind == COSINE:
        return dot / math.sqrt(own[1] * other[1]) if own[1] > 0 and other[1] > 0 else 0.0
    if kind == ASYMMETRIC_COSINE:
        return dot / (own[1] ** alpha * other[1] ** (1.0 - alpha)) if own[1] > 0 and other[1] > 0 else 0.0
    common = min(dot, own[0], other[0])
    if common <= 0:
        return 0.0
    if kind == JACCARD:
        return common / (own[0] + other[0] - common)
    if kind == DICE:
        return 2.0 * common / (own[0] + other[0])
    if kind == TVERSKY:
        return common / (common + alpha * (own[0] - common) + beta * (other[0] - common))
    if kind == CONDITIONAL_PROBABILITY:
        return common / own[0]
    if kind == LIFT:
        return common * n_columns / (own[0] * other[0])
    return _log_likelihood_ratio(common, own[0], other[0], n_columns)


@njit(nogil=True, inline="always", error_model="numpy")
def _correlation(kind: int, n: float, product: float, moments: FloatArray) -> float:
    """Return a correlation over the common columns, from n, Σxy and (Σx², Σy², Σx, Σy)."""
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
def significance(kind: int, common: float, constants: FloatArray) -> float:
    """Return what a similarity that rests on some common columns is multiplied by; 0 where these are too few."""
    shrinkage, min_common = constants[3], constants[4]
    # One common column says nothing of a correlation, so a correlation counts the others (Koren 2010, eq. 2).
    support = common - 1.0 if kind >= CORRELATION else common
    return support / (support + shrinkage) if support > 0 and common >= min_common else 0.0


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
    constants: FloatArray,
) -> float:
    """Return the similarity of two rows that have something in common, shrunk."""
    factor = significance(kind, common, constants)
    if factor == 0:
        return 0.0
    if kind >= CORRELATION:
        return factor * _correlation(kind, common, product, moments[row])
    if swapped:
        return factor * _association(kind, product, other, own, constants)
    return factor * _association(kind, product, own, other, constants)
