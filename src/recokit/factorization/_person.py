"""What one person's ratings say about them, the items' biases and factors given."""

from typing import NamedTuple

import numpy as np
from scipy import linalg

from recokit._typing import CodeArray, FloatArray

__all__ = ["ItemSide", "ridge"]

_SMALLEST_L2 = 1e-6  # keeps the equations of a person with fewer ratings than factors solvable where l2 is 0


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
    l2, l2_bias : float
        λ of a person with one rating, in units of the ratings.
    l2_exponent : float
        Both grow with this power of the number of ratings.
    """

    mean: float
    item_bias: FloatArray
    item_factors: FloatArray
    implicit_factors: FloatArray
    l2: float
    l2_bias: float
    l2_exponent: float

    def solve(self, item_codes: CodeArray, ratings: FloatArray) -> tuple[float, FloatArray]:
        """Return a person's bias and (n_factors,) float64 factors."""
        residuals = ratings.astype(np.float64) - self.mean - self.item_bias[item_codes]
        design = np.column_stack([np.ones(len(item_codes)), self.item_factors[item_codes]])
        growth = len(item_codes) ** self.l2_exponent
        l2 = growth * np.append(self.l2_bias, np.full(self.item_factors.shape[1], self.l2))
        drawn_to = np.append(0.0, self._implied(item_codes).sum(axis=0))
        solution = ridge(design, design.T @ residuals + l2 * drawn_to, l2)
        return float(solution[0]), solution[1:]

    def shares(self, item_codes: CodeArray, ratings: FloatArray, bias: float, item_code: int) -> FloatArray:
        r"""Return what each of a person's items contributes to z · q of another, the person's bias given.

        With residuals e and :math:`A = \sum_j q_j q_j^T + \lambda I`, the best factors are :math:`z = A^{-1} \sum_j
        (q_j e_j + \lambda s_j)`. So item j contributes :math:`q_i^T A^{-1} (q_j e_j + \lambda s_j)` to the score of
        item i.
        """
        residuals = ratings.astype(np.float64) - self.mean - bias - self.item_bias[item_codes]
        l2 = self.l2 * max(len(item_codes), 1) ** self.l2_exponent
        design = self.item_factors[item_codes].astype(np.float64)
        metric = ridge(design, self.item_factors[item_code], np.full(design.shape[1], l2))
        shares: FloatArray = (design @ metric) * residuals + l2 * (self._implied(item_codes) @ metric)
        return shares

    def _implied(self, item_codes: CodeArray) -> FloatArray:
        """Return what each item adds to the implicit term of a person who has just these."""
        if len(self.implicit_factors) == 0 or len(item_codes) == 0:
            return np.zeros((len(item_codes), self.item_factors.shape[1]))
        implied: FloatArray = self.implicit_factors[item_codes].astype(np.float64) / np.sqrt(len(item_codes))
        return implied


def ridge(design: FloatArray, right: FloatArray, l2: FloatArray) -> FloatArray:
    """Solve (XᵀX + diag(λ)) w = b.

    Parameters
    ----------
    design : (n, m) array
        X.
    right : (m,) array
        b.
    l2 : (m,) array
        λ, not negative.

    Returns
    -------
    (m,) float64 array

    Examples
    --------
    >>> X, y = np.array([[1.0], [1.0]]), np.array([2.0, 4.0])
    >>> ridge(X, X.T @ y, np.array([1.0])).tolist()
    [2.0]
    """
    wide = design.astype(np.float64)
    normal = wide.T @ wide
    normal[np.diag_indices_from(normal)] += np.maximum(l2, _SMALLEST_L2)
    solution: FloatArray = linalg.solve(normal, right, assume_a="pos")
    return solution
