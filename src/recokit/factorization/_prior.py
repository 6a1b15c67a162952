"""ImplicitPrior: the implicit term of SVD++, a prior mean of each user's factors from the set of rated items."""

import copy

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import FloatArray
from recokit.data.rows import Rows
from recokit.factorization._factors import Factorization
from recokit.kernels.sgd_prior import sum_rows

__all__ = ["ImplicitPrior"]


class ImplicitPrior:
    r"""The point towards which the penalty pulls each user's factors, learned from the users' choices of items.

    SVD++ writes a user's factors as :math:`p_u + |N(u)|^{-1/2} \sum_{j \in N(u)} y_j` with penalties on p and y. If
    :math:`z_u` denotes the sum, the same objective has the penalty :math:`c_u \lVert z_u - |N(u)|^{-1/2} \sum_j y_j
    \rVert^2`, where :math:`c_u` is the total penalty of the user's ratings. Given z, the optimal y solve a linear least
    squares problem. An epoch of descent on z modifies no item of other users, which keeps the blocks of the grid
    independent. It alternates with one step of steepest descent on y, with the optimal length for each factor.

    Parameters
    ----------
    ratings : Rows
        Ratings by user; the values are not used.
    n_items : int
    strengths : (n_users,) float32 array
        c.
    l2 : float
        Penalty on y.
    runner : Runner

    Attributes
    ----------
    user_factors : (n_users, n_factors) float32 array
        :math:`|N(u)|^{-1/2} \sum_j y_j`.

    References
    ----------
    Y. Koren (2008). Factorization meets the neighborhood: a multifaceted collaborative filtering model. KDD.

    D. Agarwal, B.-C. Chen (2009). Regression-based latent factor models. KDD.
    """

    user_factors: FloatArray

    def __init__(self, ratings: Rows, n_items: int, strengths: FloatArray, l2: float, runner: Runner) -> None:
        self._by_user = Rows.from_arrays(ratings.indptr, ratings.codes, ())
        self._by_item = self._by_user.transposed(n_items, runner)
        self._root = (1.0 / np.sqrt(np.maximum(ratings.lengths, 1))).astype(np.float32)
        self._strengths = strengths.astype(np.float32)
        self._root_strengths = self._root * self._strengths
        self._ones = np.ones(n_items, dtype=np.float32)
        self._l2, self._runner = np.float32(l2), runner

    def copy(self) -> "ImplicitPrior":
        """Return a copy with user factors of its own."""
        other = copy.copy(self)
        other.user_factors = self.user_factors.copy()
        return other

    def start(self, implicit_factors: FloatArray) -> None:
        """Compute the users' prior factors from y."""
        self.user_factors = self._to_users(implicit_factors)

    def update(self, factors: Factorization) -> None:
        """Improve y in place for the given user factors z, and update the users' prior factors."""
        y = factors.implicit
        direction = self._to_items(factors.users.vectors - self.user_factors) - self._l2 * y
        change = self._to_users(direction)
        size = _column_sums(direction, direction)
        curvature = _column_sums(change, self._strengths[:, None] * change) + float(self._l2) * size
        length = np.divide(size, curvature, out=np.zeros_like(size), where=curvature > 0).astype(np.float32)
        y += length * direction
        self.user_factors += length * change

    def _to_users(self, item_factors: FloatArray) -> FloatArray:
        return self._root[:, None] * self._sum(self._by_user, self._ones, item_factors)

    def _to_items(self, user_factors: FloatArray) -> FloatArray:
        return self._sum(self._by_item, self._root_strengths, user_factors)

    def _sum(self, rows: Rows, weights: FloatArray, factors: FloatArray) -> FloatArray:
        sums = np.empty((rows.n_rows, factors.shape[1]), dtype=np.float32)
        costs = rows.lengths * factors.shape[1]
        self._runner.rows(sum_rows, len(sums), (rows.indptr, rows.codes, weights, factors, sums), costs=costs)
        return sums


def _column_sums(a: FloatArray, b: FloatArray) -> FloatArray:
    sums: FloatArray = np.einsum("ij,ij->j", a, b, dtype=np.float64)
    return sums
