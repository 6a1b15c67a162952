"""Neighbours of items by the cosines of a Gram matrix."""

import numpy as np

from recokit._typing import FloatArray
from recokit.base import Top

__all__ = ["cosine_neighbors"]


def cosine_neighbors(matrix: FloatArray, k: int) -> Top:
    """Return the k items with the largest cosines above 0 to each item, ties by code.

    Parameters
    ----------
    matrix : (n_items, n_items) float64 array
        The Gram matrix.
    k : int
    """
    norms = np.sqrt(np.diag(matrix))
    products = np.outer(norms, norms)
    cosines = np.divide(matrix, products, out=np.zeros_like(matrix), where=products > 0).astype(np.float32)
    np.fill_diagonal(cosines, 0)
    codes = np.argsort(-cosines, axis=1, kind="stable")[:, :k].astype(np.int32)
    scores = np.take_along_axis(cosines, codes, axis=1)
    counts = np.count_nonzero(scores > 0, axis=1).astype(np.int32)
    codes[scores <= 0], scores[scores <= 0] = -1, 0
    return Top(codes, scores, counts)
