"""Confidence weights of implicit feedback, relative to the data."""

from typing import NamedTuple

import numpy as np

from recokit.data.interactions import Interactions
from recokit.data.rows import Rows

__all__ = ["Confidence"]

_MAX_RELATIVE_STRENGTH = 1e4  # float32 resolves weights from about 1e-3 to 1e4 in one system of equations


class Confidence(NamedTuple):
    """Weights of observed and unobserved pairs.

    Attributes
    ----------
    strength_scale : float
        Strength with the weight 1; 0 to take strengths as they are.
    unobserved : float
        Weight of every pair, in addition to that of the observed ones.
    unobserved_of_users, unobserved_of_items : float
        Total weight of all pairs of a user, and of an item.
    """

    strength_scale: float
    unobserved: float
    unobserved_of_users: float
    unobserved_of_items: float

    @classmethod
    def from_data(cls, data: Interactions, ratio: float, weight: float | None) -> "Confidence":
        """Return the weights for training data.

        Parameters
        ----------
        data : Interactions
        ratio : float
            Total weight of all pairs over that of the observed pairs.
        weight : float, optional
            Weight of every pair in place of ``ratio``, for strengths as they are.
        """
        n_users = int(np.count_nonzero(data.rows.lengths))
        n_items = int(np.count_nonzero(np.bincount(data.item_codes, minlength=data.n_items)))
        mean = 1.0 if weight is not None else float(np.mean(data.values, dtype=np.float64))
        return cls.from_counts(n_users, n_items, data.n_interactions, mean, ratio, weight)

    @classmethod
    def from_counts(
        cls, n_users: int, n_items: int, n_interactions: int, mean: float, ratio: float, weight: float | None
    ) -> "Confidence":
        """Return the weights for the numbers of users and items with interactions, and the mean strength.

        ``ratio`` and ``weight`` are as in `from_data`.
        """
        if weight is not None:
            return cls(0.0, weight, weight * n_items, weight * n_users)
        unobserved = ratio * n_interactions / (n_users * n_items)
        return cls(mean if mean > 0 else 1.0, unobserved, unobserved * n_items, unobserved * n_users)

    def weighted(self, rows: Rows) -> Rows:
        """Return rows with the weights of their cells as values."""
        if self.strength_scale in (0.0, 1.0):
            return rows
        return rows.with_values(np.minimum(rows.values / self.strength_scale, _MAX_RELATIVE_STRENGTH))
