"""Penalties that grow with the number of ratings or interactions of a user or item."""

from typing import NamedTuple

import numpy as np

from recokit._typing import FloatArray, IntArray

__all__ = ["ALSPenalties", "penalty_scale", "penalty_weights", "suitable_mean_share", "suitable_ridge"]

_RIDGE_OF_NOISE = 1.35  # chosen on validation data of five sets
_HALF_WALKS = 0.4  # mean number of walks from a user to an item that halves the ridge
_LEAST_RIDGE, _MOST_RIDGE = 0.05, 0.25
_MEAN_WALKS = 5.0  # mean number of walks from a user to an item that halves the share of the common mean
_MOST_MEAN_SHARE = 0.85


def penalty_scale(counts: IntArray, exponent: float) -> float:
    """Return Σ nᵉ / Σ n over the rows with ratings; dividing by it makes the mean penalty weight of a rating 1."""
    rated = counts[counts > 0].astype(np.float64)
    return float(np.sum(rated**exponent) / np.sum(rated))


def penalty_weights(counts: IntArray, exponent: float, scale: float) -> FloatArray:
    """Return the penalty weight nᵉ⁻¹ / scale in the step of one rating: (n_rows,) float32."""
    weights: FloatArray = np.maximum(counts, 1.0) ** (exponent - 1.0) / scale
    return weights.astype(np.float32)


def suitable_ridge(n_interactions: int, n_users: int, n_items: int) -> float:
    """Return a penalty of implicit ALS for an average row, relative to its number of interactions.

    The singular values of random data with a users per item and b items per user, divided by those of popularity, are
    below 1/√a + 1/√b. Penalized factors with smaller singular values than the penalty vanish, so noise of this
    size needs a penalty that grows with it. Data with few walks from users to items are no low rank with noise: their
    vectors each describe few users, and a high penalty removes them.

    Parameters
    ----------
    n_interactions, n_users, n_items : int
        Only users and items with interactions count.
    """
    walks = _mean_walks(n_interactions, n_users, n_items)
    noise = (float(n_users / n_interactions) ** 0.5 + float(n_items / n_interactions) ** 0.5) ** 2
    ridge = _RIDGE_OF_NOISE * noise * walks / (walks + _HALF_WALKS)
    return float(min(max(ridge, _LEAST_RIDGE), _MOST_RIDGE))


def suitable_mean_share(n_interactions: int, n_users: int, n_items: int) -> float:
    """Return the share of the penalty of users that pulls their factors to a common mean, rounded to two digits.

    With few walks from users to items, the data do not tell the taste of a user from chance. The factors of users are
    then better drawn around their mean, whose scores are a popularity, than around 0. Parameters are as in
    `suitable_ridge`.

    Examples
    --------
    >>> suitable_mean_share(349_335, 13_858, 11_978), suitable_mean_share(796_244, 6_022, 3_043)
    (0.76, 0.0)
    """
    share = _MEAN_WALKS / (_MEAN_WALKS + _mean_walks(n_interactions, n_users, n_items))
    return round(min(share, _MOST_MEAN_SHARE), 2)


def _mean_walks(n_interactions: int, n_users: int, n_items: int) -> float:
    """Return the mean number of walks user → item → user → item from a user to an item, if all degrees were equal."""
    return n_interactions * (n_interactions / (n_users * n_items)) ** 2


class ALSPenalties(NamedTuple):
    """Penalties λ s n^ν of implicit ALS, where n adds the weighted unobserved pairs to the interactions of a row.

    Attributes
    ----------
    unobserved : float
        Total weight of all pairs of a row.
    l2, exponent : float
        λ and ν.
    scale : float
        s, chosen such that the sum over the rows does not depend on ν.
    """

    unobserved: float
    l2: float
    exponent: float
    scale: float

    @classmethod
    def from_lengths(cls, lengths: IntArray, unobserved: float, l2: float, exponent: float) -> "ALSPenalties":
        """Return the penalties of all users or all items, with ``lengths`` interactions each."""
        sizes = lengths[lengths > 0] + unobserved
        return cls(unobserved, l2, exponent, float(sizes.sum() / np.sum(sizes**exponent)))

    def for_lengths(self, lengths: IntArray) -> FloatArray:
        """Return the penalties of rows with ``lengths`` interactions each: (n_rows,) float32."""
        scaled: FloatArray = self.l2 * (lengths + self.unobserved) ** self.exponent * self.scale
        return scaled.astype(np.float32)
