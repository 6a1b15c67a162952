"""Profiles of users: the weights of their items, and the map from cosine to score."""

from typing import NamedTuple

import numpy as np

from recokit._typing import FloatArray
from recokit.data.rows import Rows

__all__ = ["Profiles", "profiles_from_ratings", "profiles_from_strengths"]

_DAMPING = 5.0  # number of ratings at the overall mean that are added to each user's ratings
_NO_DEVIATION = 1e-6  # of the scale: smaller deviations are rounding errors


class Profiles(NamedTuple):
    """Weighted items of several users, and the map from cosine to score of each user.

    The score of a cosine c is offset + gain · c if c > 0, and offset + loss · c otherwise.

    Attributes
    ----------
    items : Rows
        Item codes of each user, with weights.
    offsets, gains, losses : (n_users,) float64 arrays
    """

    items: Rows
    offsets: FloatArray
    gains: FloatArray
    losses: FloatArray


def profiles_from_strengths(histories: Rows) -> Profiles:
    """Return profiles that weight items by strength; the score is the cosine."""
    ones = np.ones(histories.n_rows)
    return Profiles(histories, np.zeros(histories.n_rows), ones, ones)


def profiles_from_ratings(histories: Rows, mean: float, rating_range: tuple[float, float]) -> Profiles:
    r"""Return profiles that weight items by the deviation of the rating from the user's mean; the score is a rating.

    The mean of a user with n ratings is damped, :math:`m = (\sum r + 5 \mu) / (n + 5)`, so that a single rating
    deviates from it too. If all ratings of a user equal m, all weights are 1. The score of a positive cosine lies
    between m and the highest rating, that of a negative cosine between the lowest rating and m.

    Parameters
    ----------
    histories : Rows
        Items and ratings of each user.
    mean : float
        The overall mean μ.
    rating_range : (lowest, highest)
        The rating scale. The user means are clipped to it.

    Examples
    --------
    >>> ann_and_bob = Rows.from_arrays([0, 2, 3], [0, 4, 1], [5, 2, 4])
    >>> profiles = profiles_from_ratings(ann_and_bob, mean=3.5, rating_range=(1, 5))
    >>> profiles.offsets.round(3)
    array([3.5  , 3.583])
    >>> profiles.items.values.round(3)
    array([ 1.5  , -1.5  ,  0.417], dtype=float32)
    """
    lowest, highest = rating_range
    user_rows, n_ratings = histories.row_codes, histories.lengths
    means = np.clip((histories.sums(histories.values) + _DAMPING * mean) / (n_ratings + _DAMPING), lowest, highest)
    deviations = histories.values - means[user_rows]
    deviates = np.abs(deviations) > _NO_DEVIATION * max(abs(lowest), abs(highest))
    all_equal = histories.sums(deviates) == 0
    weights = np.where(all_equal[user_rows], 1.0, deviations)
    return Profiles(histories.with_values(weights), means, highest - means, means - lowest)
