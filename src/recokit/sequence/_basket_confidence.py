"""Weights of complements from a Gram matrix of baskets."""

import numpy as np
from scipy import sparse

from recokit._typing import FloatArray

__all__ = ["confidence_weights"]


def confidence_weights(
    matrix: FloatArray, shrinkage: float, min_support: float, n_neighbors: int | None
) -> sparse.csr_array:
    """Return n_ij / n_i × n_ij / (n_ij + γ) for the pairs with enough support, the largest of each row.

    Parameters
    ----------
    matrix : (n_items, n_items) float64 array
        n_ij: number, or weight, of the baskets with both items.
    shrinkage : float
        γ.
    min_support : int or float
        Minimum n_ij, if it is a whole number. A share has no effect, since the number of baskets is unknown.
    n_neighbors : int, optional
        Number of weights to keep for each item.
    """
    together = np.maximum(matrix, 0.0)
    np.fill_diagonal(together, 0.0)
    if isinstance(min_support, int | np.integer):
        together[together < min_support] = 0.0
    own = np.diag(matrix)[:, None]
    weights = np.divide(together, own, out=np.zeros_like(together), where=own > 0)
    weights *= np.divide(together, together + shrinkage, out=np.zeros_like(together), where=together > 0)
    if n_neighbors is not None and n_neighbors < len(weights):
        others = np.argsort(-weights, axis=1, kind="stable")[:, n_neighbors:]
        np.put_along_axis(weights, others, 0.0, axis=1)
    return sparse.csr_array(weights.astype(np.float32))
