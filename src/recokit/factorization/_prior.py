"""ImplicitPrior: what the mere eligible of items says about a user (the implicit term of SVD++)."""

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import CodeArray, FloatArray, IntArray
from recokit.data.rows import Rows
from recokit.factorization._factors import Factors, Ratings
from recokit.kernels.sgd_prior import sum_rows

__all__ = ["ImplicitPrior"]


class ImplicitPrior:
    r"""The point to which the penalty draws each user's factors, learned from the users' choices of items.

    SVD++ writes a user's factors as :math:`p_u + |N(u)|^{-1/2} \sum_{j \in N(u)} y_j` with penalties on p and y. With
    :math:`z_u` for the sum, the same objective has the penalty :math:`c_u \lVert z_u - |N(u)|^{-1/2} \sum_j y_j
    \rVert^2`, where :math:`c_u` is the penalty of all of the user's ratings together. Given z, the best y solve a
    linear least squares problem. So an epoch of descent on z, which touches no other user's items and leaves the blocks
    of the grid apart, alternates with one step of steepest descent on y, of the best length for each factor.

    Parameters
    ----------
    ratings : Ratings
        Only their places matter.
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

    def __init__(self, ratings: Ratings, strengths: FloatArray, l2: float, runner: Runner) -> None:
        counts = np.diff(ratings.indptr)
        self._by_user = ratings.indptr, ratings.item_codes
        without = np.empty(0, dtype=np.float32)
        self._by_item = Rows.from_arrays(*self._by_user, without).transposed(ratings.n_items, runner)[:2]
        self._root = (1.0 / np.sqrt(np.maximum(counts, 1))).astype(np.float32)
        self._strengths = strengths.astype(np.float32)
        self._root_strengths = self._root * self._strengths
        self._ones = np.ones(ratings.n_items, dtype=np.float32)
        self._l2, self._runner = np.float32(l2), runner

    def start(self, implicit_factors: FloatArray) -> None:
        """Compute the users' factors from y."""
        self.user_factors = self._of_users(implicit_factors)

    def renew(self, factors: Factors) -> None:
        """Improve y in place, given the users' factors z, and compute from it the point to draw them to."""
        y = factors.implicit_factors
        direction = self._of_items(factors.user_factors - self.user_factors) - self._l2 * y
        change = self._of_users(direction)
        size = _column_sums(direction, direction)
        curvature = _column_sums(change, self._strengths[:, None] * change) + float(self._l2) * size
        length = np.divide(size, curvature, out=np.zeros_like(size), where=curvature > 0).astype(np.float32)
        y += length * direction
        self.user_factors += length * change

    def _of_users(self, item_factors: FloatArray) -> FloatArray:
        return self._root[:, None] * self._sum(self._by_user, self._ones, item_factors)

    def _of_items(self, user_factors: FloatArray) -> FloatArray:
        return self._sum(self._by_item, self._root_strengths, user_factors)

    def _sum(self, rows: tuple[IntArray, CodeArray], weights: FloatArray, factors: FloatArray) -> FloatArray:
        indptr, codes = rows
        sums = np.empty((len(indptr) - 1, factors.shape[1]), dtype=np.float32)
        costs = np.diff(indptr) * factors.shape[1]
        self._runner.rows(sum_rows, len(sums), (indptr, codes, weights, factors, sums), costs=costs)
        return sums


def _column_sums(a: FloatArray, b: FloatArray) -> FloatArray:
    sums: FloatArray = np.einsum("ij,ij->j", a, b, dtype=np.float64)
    return sums
