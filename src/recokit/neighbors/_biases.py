"""The baseline of a rating: the mean, a bias of the user and one of the item."""

from typing import NamedTuple

import numpy as np

from recokit._learner import L2_ITEM, L2_USER
from recokit._typing import FloatArray
from recokit.interactions import Interactions
from recokit.kernels.bias import fit_biases
from recokit.neighbors._rows import Rows

__all__ = ["Biases"]

_N_ALTERNATIONS = 10


class Biases(NamedTuple):
    """Regularised least-squares biases.

    Attributes
    ----------
    mean : float
    of_users, of_items : (n_users,), (n_items,) float64 arrays
    """

    mean: float
    of_users: FloatArray
    of_items: FloatArray

    @classmethod
    def zero(cls, data: Interactions) -> "Biases":
        """Return the mean of interactions, without biases."""
        return cls(float(data.values.mean(dtype=np.float64)), np.zeros(data.n_users), np.zeros(data.n_items))

    @classmethod
    def fit(cls, data: Interactions) -> "Biases":
        """Return the biases of interactions, as `Recommender` fits those of ratings."""
        biases = cls.zero(data)
        arrays = (data.indptr, data.item_codes, data.values)
        fit_biases(*arrays, biases.mean, L2_USER, L2_ITEM, _N_ALTERNATIONS, biases.of_users, biases.of_items)
        return biases

    def of_people(self, histories: Rows) -> FloatArray:
        """Return the biases of people never seen: the user's own least-squares step, given those of the items."""
        residuals = histories.values - self.mean - self.of_items[histories.codes]
        biases: FloatArray = histories.sums(residuals) / (histories.lengths + L2_USER)
        return biases
