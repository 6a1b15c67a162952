"""Prior means of factors that are linear in features: fit the weights of the features by ridge regression."""

from typing import NamedTuple

import numpy as np
from scipy import linalg, sparse

from recokit._runtime.blas import single_threaded_blas
from recokit._typing import FloatArray

__all__ = ["FeaturePrior", "means_of"]

_MAX_DENSE = 2048  # features whose Gram matrix is decomposed; more are solved by conjugate gradients
_MAX_STEPS = 50
_TOLERANCE = 1e-4  # share of the norm of the first residual; the prior of a factor needs no more accuracy


class FeaturePrior(NamedTuple):
    """Ridge regression from the features x of users or items to their factors f, with one row of weights per feature.

    The weights W minimize Σ λ ‖f − Wᵀx‖² + μ Σ s² ‖w‖², where λ are the penalties of the rows, s is the largest
    absolute value of a feature, so that its unit does not matter, and μ is a number of rows with the mean penalty.

    Attributes
    ----------
    scaled : (n_rows, n_features) csr_array, float64
        Features divided by s.
    weighted : (n_features, n_rows) csr_array, float64
        Transpose of ``scaled`` times λ.
    ridge : float
        μ.
    lower : (n_features, n_features) float64 array, optional
        Cholesky factor of the matrix of the regression; None if there are many features.
    scales : (n_features,) float64 array
        s; 1 for features that are 0 everywhere.
    """

    scaled: sparse.csr_array
    weighted: sparse.csr_array
    ridge: float
    lower: FloatArray | None
    scales: FloatArray

    @classmethod
    def from_features(cls, features: sparse.csr_array, l2: FloatArray, feature_l2: float) -> "FeaturePrior":
        """Return the regression of rows with these features and penalties."""
        scales = abs(features).max(axis=0).toarray().ravel().astype(np.float64)
        scales[scales == 0] = 1.0
        scaled = sparse.csr_array(features.astype(np.float64) @ sparse.diags_array(1 / scales))
        penalties = l2.astype(np.float64)
        weighted = sparse.csr_array((sparse.diags_array(penalties) @ scaled).T)
        ridge, lower = float(feature_l2 * penalties.mean()), None
        if features.shape[1] <= _MAX_DENSE:
            matrix = (weighted @ scaled).toarray() + ridge * np.eye(features.shape[1])
            with single_threaded_blas():  # the bits of a product depend on the number of threads
                lower = linalg.cholesky(matrix, lower=True, overwrite_a=True)
        return cls(scaled, weighted, ridge, lower, scales)

    def weights(self, factors: FloatArray) -> FloatArray:
        """Return W for the factors of the rows: (n_features, n_factors) float32."""
        right = self.weighted @ factors.astype(np.float64)
        if self.lower is None:
            solution = self._solve_by_gradients(right)
        else:
            with single_threaded_blas():
                solution = linalg.cho_solve((self.lower, True), right)
        weights: FloatArray = (solution / self.scales[:, None]).astype(np.float32)
        return weights

    def penalty(self, weights: FloatArray) -> float:
        """Return μ Σ s² ‖w‖²."""
        return self.ridge * float(np.sum((self.scales[:, None] * weights) ** 2))

    def _solve_by_gradients(self, right: FloatArray) -> FloatArray:
        """Return the solution for each column, by conjugate gradients that start from 0."""
        diagonal = self.ridge + (self.weighted.multiply(self.scaled.T)).sum(axis=1)
        inverse = 1 / np.asarray(diagonal).reshape(-1, 1)
        solution, residual = np.zeros_like(right), right.copy()
        direction = inverse * residual
        square = np.sum(residual * direction, axis=0)
        target = square * _TOLERANCE**2
        for _ in range(_MAX_STEPS):
            if np.all(square <= target):
                break
            product = self.weighted @ (self.scaled @ direction) + self.ridge * direction
            curvature = np.sum(direction * product, axis=0)
            step = np.divide(square, curvature, out=np.zeros_like(square), where=curvature > 0)
            solution += step * direction
            residual -= step * product
            preconditioned = inverse * residual
            previous, square = square, np.sum(residual * preconditioned, axis=0)
            ratio = np.divide(square, previous, out=np.zeros_like(square), where=previous > 0)
            direction = preconditioned + ratio * direction
        return solution


def means_of(features: sparse.csr_array, weights: FloatArray) -> FloatArray:
    """Return the prior means of rows with these features: (n_rows, n_factors) float32."""
    means: FloatArray = np.ascontiguousarray(features.astype(np.float32) @ weights, dtype=np.float32)
    return means
