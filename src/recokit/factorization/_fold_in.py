"""Fold-in: biases and factors of users or items by ridge regression on the fixed factors of the other side."""

from typing import NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import BoolArray, CodeArray, FloatArray
from recokit.data.rows import Rows
from recokit.factorization._factors import Factorization, Factors
from recokit.factorization._penalties import penalty_scale
from recokit.kernels.sgd_fold_in import ridge, solve_users

__all__ = ["FoldIn", "fold_in_new"]


class FoldIn(NamedTuple):
    r"""Ridge regression of users' ratings on fixed item biases and factors.

    The bias b and the factors z of a user minimize :math:`\sum_j (r_j - \mu - b_j - b - z \cdot q_j)^2 + \lambda_b b^2
    + \lambda \lVert z - s \rVert^2`, where s is the implicit term of the user's items.

    Attributes
    ----------
    mean : float
        μ.
    item_bias : (n_items,) float32 array
    item_factors : (n_items, n_factors) float32 array
    implicit_factors : (n_items, n_factors) or (0, n_factors) float32 array
    l2_bias, l2 : float
        Penalties of a user with one rating, in units of the ratings.
    l2_exponent : float
        The penalties grow with this power of the number of ratings.
    """

    mean: float
    item_bias: FloatArray
    item_factors: FloatArray
    implicit_factors: FloatArray
    l2_bias: float
    l2: float
    l2_exponent: float

    def solve(self, histories: Rows, runner: Runner) -> Factors:
        """Return the biases and factors of users; the bits of a user do not depend on the other users."""
        lengths, n_factors = histories.lengths, self.item_factors.shape[1]
        bias, vectors = np.empty(len(lengths), np.float32), np.empty((len(lengths), n_factors), np.float32)
        costs = (lengths + n_factors / 3) * n_factors**2 / 2
        runner.rows(solve_users, len(lengths), (*histories.arrays, *self, bias, vectors), costs=costs)
        return Factors(vectors, bias)

    def contributions(self, item_codes: CodeArray, ratings: FloatArray, bias: float, item_code: int) -> FloatArray:
        r"""Return the contribution of each item of a history to z·q of another item, for a given user bias.

        With residuals e and :math:`A = \sum_j q_j q_j^T + \lambda I`, the optimal factors are :math:`z = A^{-1} \sum_j
        (q_j e_j + \lambda s_j)`. Item j therefore contributes :math:`q_i^T A^{-1} (q_j e_j + \lambda s_j)` to the score
        of item i.
        """
        residuals = ratings.astype(np.float64) - self.mean - bias - self.item_bias[item_codes]
        l2 = self.l2 * max(len(item_codes), 1) ** self.l2_exponent
        design = self.item_factors[item_codes].astype(np.float64)
        weights = ridge(design, self.item_factors[item_code].astype(np.float64), np.full(design.shape[1], l2))
        parts: FloatArray = (design @ weights) * residuals + l2 * (self._implicit_parts(item_codes) @ weights)
        return parts

    def _implicit_parts(self, item_codes: CodeArray) -> FloatArray:
        """Return the part of each item in the implicit term s of a user with exactly these items."""
        if len(self.implicit_factors) == 0 or len(item_codes) == 0:
            return np.zeros((len(item_codes), self.item_factors.shape[1]))
        parts: FloatArray = self.implicit_factors[item_codes].astype(np.float64) / np.sqrt(len(item_codes))
        return parts


def fold_in_new(
    factors: Factorization,
    is_new: tuple[BoolArray, BoolArray],
    ratings: Rows,
    penalties: tuple[float, float, float],
    runner: Runner,
) -> None:
    """Overwrite the biases and factors of new users and items by fold-in.

    New users are solved on the known items, then new items on all users. The factors of a user or item without ratings
    of a known counterpart stay as they are.

    Parameters
    ----------
    factors : Factorization
        For ratings with mean 0; modified in place.
    is_new : tuple of (n_users,) and (n_items,) bool arrays
        New users and new items.
    ratings : Rows
        Ratings by user.
    penalties : tuple of float
        Penalties of biases and of factors, and their exponent in the number of ratings.
    runner : Runner
        Threads to use.
    """
    users, items, implicit = factors
    new_users, new_items = is_new
    known_items = Factors(items.vectors * ~new_items[:, None], items.bias_or_zeros() * ~new_items)
    _fold_in_side(users, new_users, known_items, implicit, ratings, penalties, runner)
    if np.any(new_items):
        by_item = ratings.transposed(items.n_rows, runner)
        _fold_in_side(items, new_items, users, implicit[:0], by_item, penalties, runner)


def _fold_in_side(
    side: Factors,
    is_new: BoolArray,
    other: Factors,
    implicit: FloatArray,
    ratings: Rows,
    penalties: tuple[float, float, float],
    runner: Runner,
) -> None:
    """Overwrite the new rows of one side by ridge regression on the other side."""
    new = np.flatnonzero(is_new)
    if len(new) == 0:
        return
    l2_bias, l2, exponent = penalties
    scale = penalty_scale(ratings.lengths, exponent)
    fold_in = FoldIn(0.0, other.bias_or_zeros(), other.vectors, implicit, l2_bias / scale, l2 / scale, exponent)
    solved = fold_in.solve(ratings.take(new), runner)
    side.put(new, solved._replace(vectors=np.where(solved.has_vector[:, None], solved.vectors, side.vectors[new])))
