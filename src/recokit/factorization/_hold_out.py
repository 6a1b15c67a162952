"""Validation split for early stopping."""

from typing import NamedTuple

import numpy as np

from recokit._typing import BoolArray, CodeArray, IntArray
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError

__all__ = ["ResumedFrom", "hold_out"]


class ResumedFrom(NamedTuple):
    """Training data of the model from which a fit resumes.

    Attributes
    ----------
    interactions : Interactions
    held_out : (n_ratings,) or (0,) bool array
        Its held-out ratings; empty if there were none.
    """

    interactions: Interactions
    held_out: BoolArray


def hold_out(
    data: Interactions, fraction: float, rng: np.random.Generator, resumed_from: ResumedFrom | None = None
) -> BoolArray:
    """Choose the ratings to hold out for validation.

    A resumed model has already seen most earlier ratings, so their error is no validation error. Earlier held-out
    ratings therefore stay held out, and only ratings of new pairs are added.

    Parameters
    ----------
    data : Interactions
        All ratings.
    fraction : float
        Share of the ratings, or of the ratings of new pairs, to hold out.
    rng : numpy.random.Generator
    resumed_from : ResumedFrom, optional
        Earlier training data of the model.

    Returns
    -------
    (n_ratings,) bool array

    Raises
    ------
    DataError
        There would be no ratings for validation or for training.
    """
    n_ratings = data.n_interactions
    mask, available = np.zeros(n_ratings, dtype=np.bool_), np.arange(n_ratings)
    if resumed_from is not None:
        places = _positions(resumed_from.interactions, data)
        if len(resumed_from.held_out):
            mask[places[resumed_from.held_out & (places >= 0)]] = True
        available = np.setdiff1d(available, places, assume_unique=True)
    number = max(0 if np.any(mask) else 1, round(fraction * len(available)))
    if number > len(available):
        raise DataError(
            "early_stopping=True needs ratings for validation, but the model was trained on every rating: use "
            "early_stopping=False, or refit with warm_start=False"
        )
    mask[rng.choice(available, number, replace=False)] = True
    if np.all(mask):
        raise DataError(
            f"validation_fraction={fraction} leaves none of the {n_ratings} rating(s) for training; use "
            "early_stopping=False or more data"
        )
    return mask


def _positions(old: Interactions, data: Interactions) -> IntArray:
    """Return the position in ``data`` of each pair of ``old``; −1 for pairs that it lacks."""
    users, items = data.users.codes(old.users)[old.user_codes], data.items.codes(old.items)[old.item_codes]
    keys, old_keys = _pair_keys(data.user_codes, data.item_codes, data), _pair_keys(users, items, data)
    places = np.searchsorted(keys, old_keys)
    found = (users >= 0) & (items >= 0) & (np.append(keys, -1)[places] == old_keys)
    return np.where(found, places, -1)


def _pair_keys(user_codes: CodeArray, item_codes: CodeArray, data: Interactions) -> IntArray:
    """Return one number for each (user, item) pair, in the order of the interactions."""
    keys: IntArray = user_codes.astype(np.int64) * data.n_items + item_codes
    return keys
