"""Baseline ratings: the mean plus a user bias plus an item bias."""

from typing import NamedTuple

import numpy as np

from recokit._runtime.small_work import chosen
from recokit._typing import CodeArray, FloatArray
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.kernels.bias import fit_biases

__all__ = ["BaselineBiases"]

_L2_USER, _L2_ITEM = 5.0, 3.0
_N_ALTERNATIONS = 10


class BaselineBiases(NamedTuple):
    """Biases by regularized least squares.

    Attributes
    ----------
    mean : float
        Mean of all values.
    user_bias, item_bias : (n_users,), (n_items,) float64 arrays
    """

    mean: float
    user_bias: FloatArray
    item_bias: FloatArray

    @classmethod
    def zero(cls, data: Interactions) -> "BaselineBiases":
        """Return the mean of the interactions, 0 if there are none, with biases of 0."""
        mean = float(data.values.mean(dtype=np.float64)) if data.n_interactions else 0.0
        return cls(mean, np.zeros(data.n_users), np.zeros(data.n_items))

    @classmethod
    def fit(cls, data: Interactions) -> "BaselineBiases":
        """Fit the biases of interactions by alternating ridge regression."""
        biases = cls.zero(data)
        arrays = (data.indptr, data.item_codes, data.values)
        fit = chosen(fit_biases, _N_ALTERNATIONS * len(data.values))
        fit(*arrays, biases.mean, _L2_USER, _L2_ITEM, _N_ALTERNATIONS, biases.user_bias, biases.item_bias)
        return biases

    def predict(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        """Return the baselines of pairs; a side with code −1 has the bias 0: (n_pairs,) float64."""
        user_bias, item_bias = np.append(self.user_bias, 0.0), np.append(self.item_bias, 0.0)
        baselines: FloatArray = self.mean + user_bias[user_codes] + item_bias[item_codes]
        return baselines

    def fold_in(self, histories: Rows) -> FloatArray:
        """Return the biases of users outside the training data, given the item biases: (n_users,) float64."""
        residuals = histories.values - self.mean - self.item_bias[histories.codes]
        biases: FloatArray = histories.sums(residuals) / (histories.lengths + _L2_USER)
        return biases
