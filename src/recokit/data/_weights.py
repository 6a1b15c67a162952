"""How much of an interaction is left at its age."""

import numpy as np

from recokit._typing import AnyArray, FloatArray
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError

__all__ = ["decays", "item_scales", "user_weights"]


def decays(interactions: Interactions, half_life: float) -> FloatArray:
    """Return 2^(−age / half_life) of each interaction, its age being its distance from the latest of all.

    Parameters
    ----------
    interactions : Interactions
    half_life : float
        In days where the timestamps are datetime64, else in their own unit.

    Returns
    -------
    (n_interactions,) float64 array

    Raises
    ------
    DataError
        The interactions have no timestamps.

    Examples
    --------
    >>> data = Interactions.from_arrays(["ann", "bob"], ["tea", "tea"], timestamps=[100, 90])
    >>> decays(data, half_life=10).tolist()
    [1.0, 0.5]
    """
    if interactions.timestamps is None:
        raise DataError(f"half_life={half_life} needs interactions with timestamps; give them, or half_life=None")
    left: FloatArray = np.exp2(-_ages(interactions.timestamps) / half_life)
    return left


def _ages(timestamps: AnyArray) -> FloatArray:
    """Return the age of each interaction at the latest of them, in days or in the timestamps' own unit."""
    ages = timestamps.max() - timestamps
    days: FloatArray = ages / np.timedelta64(1, "D") if ages.dtype.kind == "m" else ages.astype(np.float64)
    return days


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
