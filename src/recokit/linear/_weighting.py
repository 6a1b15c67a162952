"""How EASE and SLIM weigh users and items."""

import numpy as np

from recokit._typing import FloatArray
from recokit.interactions import Interactions

__all__ = ["item_scales", "user_weights"]


def user_weights(interactions: Interactions, exponent: float) -> FloatArray:
    """Return n^−exponent for users with n items, 1 for those without any: (n_users,) float64.

    Examples
    --------
    >>> user_weights(Interactions.from_arrays([0, 0, 1], [0, 1, 0]), 1.0).tolist()
    [0.5, 1.0]
    """
    lengths = np.maximum(np.diff(interactions.indptr), 1).astype(np.float64)
    weights: FloatArray = lengths**-exponent
    return weights


def item_scales(interactions: Interactions, exponent: float) -> FloatArray:
    """Return n^−exponent for items with n users, 1 for those without any: (n_items,) float64.

    Examples
    --------
    >>> item_scales(Interactions.from_arrays([0, 1, 1], [0, 0, 1]), 1.0).tolist()
    [0.5, 1.0]
    """
    counts = np.bincount(interactions.item_codes, minlength=interactions.n_items)
    scales: FloatArray = np.maximum(counts, 1).astype(np.float64) ** -exponent
    return scales
