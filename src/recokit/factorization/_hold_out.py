"""The ratings that are held out, so that their error tells when to stop."""

from typing import NamedTuple

import numpy as np

from recokit._typing import BoolArray, CodeArray, IntArray
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError

__all__ = ["Before", "hold_out"]


class Before(NamedTuple):
    """What a model that goes on has learned from.

    Attributes
    ----------
    interactions : Interactions
    held_out : (n_ratings,) or (0,) bool array
        Which of them were held out; none where it is empty.
    """

    interactions: Interactions
    held_out: BoolArray


def hold_out(here: Interactions, fraction: float, rng: np.random.Generator, before: Before | None = None) -> BoolArray:
    """Choose the ratings to validate on.

    A model that goes on has learned from most of what there was, so the error on that tells nothing: what was held out
    before stays so, and only ratings of pairs that are new are added.

    Parameters
    ----------
    here : Interactions
        All ratings there are now.
    fraction : float
        The share of the ratings, or of the new ones, to hold out.
    rng : numpy.random.Generator
    before : Before, optional
        What the model has learned from.

    Returns
    -------
    (n_ratings,) bool array

    Raises
    ------
    DataError
        Nothing would be left to validate on, or to learn from.
    """
    n_ratings = here.n_interactions
    mask, may = np.zeros(n_ratings, dtype=np.bool_), np.arange(n_ratings)
    if before is not None:
        places = _places(before.interactions, here)
        if len(before.held_out):
            mask[places[before.held_out & (places >= 0)]] = True
        may = np.setdiff1d(may, places, assume_unique=True)
    number = max(0 if np.any(mask) else 1, round(fraction * len(may)))
    if number > len(may):
        raise DataError(
            "early_stopping=True, and the model has learned from every rating, so that none is left to validate on: "
            "use early_stopping=False, or fit it anew with warm_start=False"
        )
    mask[rng.choice(may, number, replace=False)] = True
    if np.all(mask):
        raise DataError(
            f"{n_ratings} rating(s) leave nothing to learn from with validation_fraction={fraction}; use "
            "early_stopping=False or more data"
        )
    return mask


def _places(known: Interactions, here: Interactions) -> IntArray:
    """Return where each pair of one set is in another, -1 where it is not."""
    users, items = here.users.codes(known.users)[known.user_codes], here.items.codes(known.items)[known.item_codes]
    mine, theirs = _keys(here.user_codes, here.item_codes, here), _keys(users, items, here)
    places = np.searchsorted(mine, theirs)
    found = (users >= 0) & (items >= 0) & (np.append(mine, -1)[places] == theirs)
    return np.where(found, places, -1)


def _keys(user_codes: CodeArray, item_codes: CodeArray, here: Interactions) -> IntArray:
    """Return a number for each pair, in the order in which interactions are."""
    keys: IntArray = user_codes.astype(np.int64) * here.n_items + item_codes
    return keys
