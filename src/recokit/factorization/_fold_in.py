"""What people's ratings say about them, the items' biases and factors given."""

from typing import NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import CodeArray, FloatArray
from recokit.data.rows import Rows
from recokit.factorization._scoring import Profiles
from recokit.kernels.sgd_fold_in import ridge, solve_users

__all__ = ["ItemSide"]


class ItemSide(NamedTuple):
    r"""The half of a factor model that people never seen share with those it learned from.

    A person's bias and factors minimise :math:`\sum_j (r_j - \mu - b_j - b - z \cdot q_j)^2 + \lambda_b b^2 +
    \lambda \lVert z - s \rVert^2`, where s is the implicit term of their items.

    Attributes
    ----------
    mean : float
        μ.
    item_bias : (n_items,) float32 array
    item_factors : (n_items, n_factors) float32 array
    implicit_factors : (n_items, n_factors) or (0, n_factors) float32 array
    l2_bias, l2 : float
        λ of a person with one rating, in units of the ratings.
    l2_exponent : float
        Both grow with this power of the number of ratings.
    """

    mean: float
    item_bias: FloatArray
    item_factors: FloatArray
    implicit_factors: FloatArray
    l2_bias: float
    l2: float
    l2_exponent: float

    def solve(self, histories: Rows, runner: Runner) -> Profiles:
        """Return the biases and factors of people, each the same bits whoever the others are."""
        lengths, n_factors = histories.lengths, self.item_factors.shape[1]
        solved = Profiles(np.empty(len(lengths), np.float32), np.empty((len(lengths), n_factors), np.float32))
        costs = (lengths + n_factors / 3) * n_factors**2 / 2
        runner.rows(solve_users, len(lengths), (*histories.arrays, *self, *solved), costs=costs)
        return solved

    def shares(self, item_codes: CodeArray, ratings: FloatArray, bias: float, item_code: int) -> FloatArray:
        r"""Return what each of a person's items contributes to z · q of another, the person's bias given.

        With residuals e and :math:`A = \sum_j q_j q_j^T + \lambda I`, the best factors are :math:`z = A^{-1} \sum_j
        (q_j e_j + \lambda s_j)`. So item j contributes :math:`q_i^T A^{-1} (q_j e_j + \lambda s_j)` to the score of
        item i.
        """
        residuals = ratings.astype(np.float64) - self.mean - bias - self.item_bias[item_codes]
        l2 = self.l2 * max(len(item_codes), 1) ** self.l2_exponent
        design = self.item_factors[item_codes].astype(np.float64)
        metric = ridge(design, self.item_factors[item_code].astype(np.float64), np.full(design.shape[1], l2))
        shares: FloatArray = (design @ metric) * residuals + l2 * (self._implied(item_codes) @ metric)
        return shares

    def _implied(self, item_codes: CodeArray) -> FloatArray:
        """Return what each item adds to the implicit term of a person who has just these."""
        if len(self.implicit_factors) == 0 or len(item_codes) == 0:
            return np.zeros((len(item_codes), self.item_factors.shape[1]))
        implied: FloatArray = self.implicit_factors[item_codes].astype(np.float64) / np.sqrt(len(item_codes))
        return implied
