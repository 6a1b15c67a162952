"""Weights of interactions, users and items: exponential time decay and powers of counts."""

from typing import Any

import numpy as np

from recokit._typing import AnyArray, FloatArray
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError

__all__ = ["active_counts", "ages_before", "decays", "item_scales", "mean_walks", "user_weights"]


def decays(interactions: Interactions, half_life: float) -> FloatArray:
    """Return 2^(−age / half_life) of each interaction; the age is the time before the latest interaction.

    Parameters
    ----------
    interactions : Interactions
    half_life : float
        In days if the timestamps are datetime64, otherwise in their own unit.

    Returns
    -------
    (n_interactions,) float64 array

    Raises
    ------
    DataError
        The interactions have no timestamps.

    Examples
    --------
    >>> data = Interactions.from_arrays(
    ...     ["ann", "bob"], ["tea", "tea"], timestamps=[100, 90]
    ... )
    >>> decays(data, half_life=10).tolist()
    [1.0, 0.5]
    """
    if interactions.timestamps is None:
        raise DataError(f"half_life={half_life} needs interactions with timestamps; give timestamps, or half_life=None")
    weights: FloatArray = np.exp2(-ages_before(interactions.timestamps, interactions.timestamps.max()) / half_life)
    return weights


def ages_before(timestamps: AnyArray, latest: Any) -> FloatArray:
    """Return the time from each timestamp to ``latest``, in days or in the unit of the timestamps: (n,) float64.

    Examples
    --------
    >>> ages_before(
    ...     np.array(["2024-01-01", "2024-01-03"], dtype="datetime64[s]"),
    ...     np.datetime64("2024-01-03"),
    ... ).tolist()
    [2.0, 0.0]
    """
    ages = latest - timestamps
    days: FloatArray = ages / np.timedelta64(1, "D") if ages.dtype.kind == "m" else ages.astype(np.float64)
    return days


def user_weights(interactions: Interactions, exponent: float) -> FloatArray:
    """Return n^−exponent for each user with n items, 1 for users without items: (n_users,) float64.

    Examples
    --------
    >>> user_weights(Interactions.from_arrays([0, 0, 1], [0, 1, 0]), 1.0).tolist()
    [0.5, 1.0]
    """
    lengths = np.maximum(np.diff(interactions.indptr), 1).astype(np.float64)
    weights: FloatArray = lengths**-exponent
    return weights


def item_scales(interactions: Interactions, exponent: float) -> FloatArray:
    """Return n^−exponent for each item with n users, 1 for items without users: (n_items,) float64.

    Examples
    --------
    >>> item_scales(Interactions.from_arrays([0, 1, 1], [0, 0, 1]), 1.0).tolist()
    [0.5, 1.0]
    """
    counts = np.bincount(interactions.item_codes, minlength=interactions.n_items)
    scales: FloatArray = np.maximum(counts, 1).astype(np.float64) ** -exponent
    return scales


def active_counts(interactions: Interactions) -> tuple[int, int]:
    """Return the numbers of users and of items with interactions, counted once for each object.

    Examples
    --------
    >>> active_counts(Interactions.from_arrays([0, 0, 1], [0, 1, 0]))
    (2, 2)
    """

    def count() -> tuple[int, int]:
        by_item = np.bincount(interactions.item_codes, minlength=interactions.n_items)
        return int(np.count_nonzero(np.diff(interactions.indptr))), int(np.count_nonzero(by_item))

    counts: tuple[int, int] = interactions._once("_active_counts", count)
    return counts


def mean_walks(interactions: Interactions) -> float:
    """Return the mean number of walks user → item → user → item from a user to an item.

    With n interactions, it is the number of interactions of a mean user, times that of a mean item, times the density:
    n (n / (n_users n_items))². Only users and items with interactions count. It measures how much evidence the data
    have on a pair: below 1, most items are reached by no walk or by a single one.

    Examples
    --------
    >>> mean_walks(Interactions.from_arrays([0, 0, 1, 1], [0, 1, 0, 1]))
    4.0
    """
    n, (n_users, n_items) = interactions.n_interactions, active_counts(interactions)
    return n * (n / max(n_users * n_items, 1)) ** 2
