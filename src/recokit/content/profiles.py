"""What a person's items weigh in their profile, and what a cosine with it is worth."""

from typing import NamedTuple

import numpy as np

from recokit._typing import FloatArray
from recokit.data.rows import Rows

__all__ = ["Weighted", "weigh_ratings", "weigh_strengths"]

_DAMPING = 5.0  # ratings at the overall mean that everyone is taken to have given, as in the bias terms
_NO_DEVIATION = 1e-6  # of the scale: what is below it is rounding error


class Weighted(NamedTuple):
    """Weights of the items of several people, and each person's map from cosine to score.

    The score of a cosine c is offset + gain · c where c > 0, and offset + loss · c elsewhere.

    Attributes
    ----------
    weights : (n,) float32 array
        Aligned with the items of the histories.
    offsets, gains, losses : (n_people,) float64 arrays
    """

    weights: FloatArray
    offsets: FloatArray
    gains: FloatArray
    losses: FloatArray


def weigh_strengths(histories: Rows) -> Weighted:
    """Weigh items by strength; the score is the cosine."""
    ones = np.ones(len(histories.lengths))
    return Weighted(histories.values, 0 * ones, ones, ones)


def weigh_ratings(histories: Rows, mean: float, rating_range: tuple[float, float]) -> Weighted:
    r"""Weigh items by how far their ratings deviate from the person's mean; the score is a rating.

    The mean of a person with n ratings is damped, :math:`m = (\sum r + 5 \mu) / (n + 5)`, so that a single rating
    deviates from it. Where all ratings of a person equal m, nothing is liked better than the rest: all weigh 1. The
    cosine is stretched over what is left of the scale above m, or below it.

    Parameters
    ----------
    people : Rows
        Items and ratings.
    mean : float
        The overall mean μ.
    rating_range : (lowest, highest)
        The scale. A person's mean is kept within it.

    Examples
    --------
    >>> ann_and_bob = Rows(np.array([0, 2, 3]), np.array([0, 4, 1]), np.array([5, 2, 4], dtype=np.float32))
    >>> weighted = weigh_ratings(ann_and_bob, mean=3.5, rating_range=(1, 5))
    >>> weighted.offsets.round(3)
    array([3.5  , 3.583])
    >>> weighted.weights.round(3)
    array([ 1.5  , -1.5  ,  0.417], dtype=float32)
    """
    lowest, highest = rating_range
    lengths = histories.lengths
    rows = np.repeat(np.arange(len(lengths)), lengths)
    sums = np.bincount(rows, histories.values, minlength=len(lengths))
    means = np.clip((sums + _DAMPING * mean) / (lengths + _DAMPING), lowest, highest)
    deviations = histories.values - means[rows]
    deviates = np.abs(deviations) > _NO_DEVIATION * max(abs(lowest), abs(highest))
    is_flat = np.bincount(rows, deviates, minlength=len(lengths)) == 0
    weights = np.where(is_flat[rows], 1.0, deviations).astype(np.float32)
    return Weighted(weights, means, highest - means, means - lowest)
