"""Held-out parts of the training data, to learn weights, thresholds and classifiers from."""

import warnings
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import check_random_state

from recokit._runtime.warnings import levels_inside
from recokit._typing import AnyArray, BoolArray, CodeArray
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.exceptions import DataError, LeakageWarning
from recokit.hybrid._given import Given

__all__ = ["HeldOut", "given_split", "hold_out"]

_MIN_USERS = 100  # with fewer users on both sides of a moment, the latest items of each user are held out instead
_MIN_SHARE = 0.05


class HeldOut(NamedTuple):
    """A split of the training data.

    Attributes
    ----------
    given : Given
        The data without held-out events, over the same users and items.
    truth : Rows
        Held-out items of each user, empty for unused users.
    users : (n,) int32 array
        Users with training and held-out items, at most the requested number, evenly spaced.
    by_time : bool
        The held-out events are those after a moment.
    """

    given: Given
    truth: Rows
    users: CodeArray
    by_time: bool


def hold_out(
    given: Given, size: float, max_users: int, random_state: Any, owner: str, *, new_items_only: bool = True
) -> HeldOut:
    """Split training data in two.

    With timestamps, the last share ``size`` of the events is held out. If few users have events on both sides of that
    moment, or without timestamps, this share of the items of each user is held out: the latest, or else random ones.

    Parameters
    ----------
    given : Given
    size : float
        Share of the events to hold out.
    max_users : int
        Number of users to return.
    random_state : int, RandomState or None
        Seed of the random choice of items.
    owner : str
        Parameter that needs the split, for error messages.
    new_items_only : bool
        Leave out held-out items that the user has in the remaining data, too.

    Raises
    ------
    DataError
        No user has two items.
    """
    times, pairs = _times(given)
    if times is not None and given.sequences is None and given.interactions.n_merged:
        warnings.warn(
            f"{owner} holds out pairs by the time of their last event, but {given.interactions.n_merged:,} earlier "
            "events are merged into them, so that the held-out pairs include repeats; fit an EventLog or Sequences, "
            "or pass validation=(train, test) from recokit.model_selection.split_log",
            LeakageWarning,
            stacklevel=levels_inside(),
        )
    held, by_time = None, False
    if times is not None:
        cut = np.sort(times)[min(len(times) - 1, int((1 - size) * len(times)))]
        held = times >= cut
        by_time = _usable(held, pairs, given, new_items_only) >= max(
            2, min(_MIN_USERS, _MIN_SHARE * given.interactions.n_users)
        )
    if held is None or not by_time:
        held = _of_each_user(_order_keys(times, given, random_state, len(pairs[0])), pairs[0], size)
    truth = _truth(held, pairs, given, new_items_only)
    remaining = np.bincount(pairs[0][~held], minlength=given.interactions.n_users)
    users = np.flatnonzero((truth.lengths > 0) & (remaining > 0))
    if len(users) == 0:
        raise DataError(
            f"{owner} needs users with two or more items, so that some can be held out; no user of the "
            f"{given.interactions.n_users} has any. Give the values, or fit more interactions"
        )
    return HeldOut(_remaining(held, given), truth, _evenly_spaced(users, max_users), by_time)


def given_split(train: Given, test: Interactions, max_users: int, *, new_items_only: bool = True) -> HeldOut:
    """Return a split that the user of the library made.

    Parameters
    ----------
    train : Given
    test : Interactions
        Held-out data; users and items that are not in ``train`` are left out.
    max_users, new_items_only
        As in `hold_out`.

    Raises
    ------
    DataError
        No user has data on both sides.
    """
    data = train.interactions
    pairs = data.users.codes(test.users)[test.user_codes], data.items.codes(test.items)[test.item_codes]
    chosen = (pairs[0] >= 0) & (pairs[1] >= 0)
    if test.feedback == "explicit":
        chosen &= test.values >= test.values.mean(dtype=np.float64)
    found = np.unique(_keys((pairs[0][chosen], pairs[1][chosen]), train))
    if new_items_only:
        found = found[~np.isin(found, _keys((data.user_codes, data.item_codes), train))]
    row_codes, codes = np.divmod(found, data.n_items)
    truth = Rows.from_row_codes(row_codes, codes, data.n_users)
    users = np.flatnonzero((truth.lengths > 0) & (data.rows.lengths > 0))
    if len(users) == 0:
        raise DataError("validation: no user has training items and new held-out items of the training data")
    return HeldOut(train, truth, _evenly_spaced(users, max_users), False)


def _evenly_spaced(users: AnyArray, n: int) -> CodeArray:
    """Return at most n of the users."""
    if len(users) > n:
        users = users[np.linspace(0, len(users) - 1, n).astype(np.int64)]
    return users.astype(np.int32)


def _times(given: Given) -> tuple[AnyArray | None, tuple[AnyArray, AnyArray]]:
    """Return the time of each event, None if all are equal or missing, and its user and item."""
    if given.sequences is not None:
        rows = given.sequences.rows
        times, pairs = rows.times, (rows.row_codes, rows.codes)
        if times is None:  # positions of different users are not comparable, but order the events of a user
            return None, pairs
    else:
        data = given.interactions
        times, pairs = data.timestamps, (data.user_codes.astype(np.int64), data.item_codes)
    return (None if times is None or times.min() == times.max() else times), pairs


def _of_each_user(keys: AnyArray, user_codes: AnyArray, size: float) -> BoolArray:
    """Return whether each event is among the last of its user in the order of the keys; users keep at least one."""
    order = np.lexsort((keys, user_codes))
    counts = np.bincount(user_codes)
    numbers = np.where(counts > 1, np.maximum(1, np.round(size * counts)), 0).astype(np.int64)
    held: BoolArray = np.zeros(len(order), dtype=np.bool_)
    held[order] = np.arange(len(order)) >= (np.cumsum(counts) - numbers)[user_codes[order]]
    return held


def _order_keys(times: AnyArray | None, given: Given, random_state: Any, n: int) -> AnyArray:
    """Return keys by which the events of a user are ordered: times, positions in a sequence, or random numbers."""
    if times is not None:
        return times
    if given.sequences is not None:
        return given.sequences.event_times
    keys: AnyArray = check_random_state(random_state).permutation(n)
    return keys


def _keys(pairs: tuple[AnyArray, AnyArray], given: Given) -> AnyArray:
    return pairs[0].astype(np.int64) * given.interactions.n_items + pairs[1]


def _truth(held: BoolArray, pairs: tuple[AnyArray, AnyArray], given: Given, new_items_only: bool) -> Rows:
    """Return the held-out items of each user; of ratings, only items with at least the mean rating."""
    data, keys = given.interactions, _keys(pairs, given)
    chosen = held.copy()
    if data.feedback == "explicit":
        mean = data.values.mean(dtype=np.float64)
        liked = _keys((data.user_codes, data.item_codes), given)[data.values >= mean]
        chosen &= np.isin(keys, liked)
    found = np.unique(keys[chosen])
    if new_items_only:
        found = found[~np.isin(found, keys[~held])]
    row_codes, codes = np.divmod(found, data.n_items)
    return Rows.from_row_codes(row_codes, codes, data.n_users)


def _usable(held: BoolArray, pairs: tuple[AnyArray, AnyArray], given: Given, new_items_only: bool) -> int:
    """Return the number of users with training and held-out items."""
    remaining = np.bincount(pairs[0][~held], minlength=given.interactions.n_users)
    return int(np.count_nonzero((_truth(held, pairs, given, new_items_only).lengths > 0) & (remaining > 0)))


def _remaining(held: BoolArray, given: Given) -> Given:
    """Return the data without held-out events; a pair stays if one of its events does."""
    if given.sequences is None:
        return given.select(held, None)
    data, rows = given.interactions, given.sequences.rows
    left = (rows.row_codes * data.n_items + rows.codes)[~held]
    pairs = _keys((data.user_codes, data.item_codes), given)
    return given.select(~np.isin(pairs, left), held)
