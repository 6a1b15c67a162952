"""Warnings about lists and data that do not fit: ids that never match, and lists shorter than the cut-off."""

import warnings
from collections.abc import Callable, Iterable

import numpy as np

from recokit._runtime.warnings import levels_inside
from recokit.data._events import describe_mismatch, find_twins, share_ids
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.metrics._context import Context
from recokit.metrics._lists import Lists
from recokit.metrics._pairing import Pairing
from recokit.metrics._truth import Truth

__all__ = ["warn_of_foreign_items", "warn_of_mismatches", "warn_of_short_lists", "warn_of_twins"]


def warn_of_mismatches(
    lists: Lists, truth: Truth, pairing: Pairing, train: Interactions | None, listed: Callable[[], IdIndex]
) -> None:
    """Warn if the lists, the test set and the training data have no user or no item in common.

    Parameters
    ----------
    lists : Lists
        Lists down to the cut-off.
    truth : Truth
    pairing : Pairing
    train : Interactions, optional
    listed : callable
        Returns the items of the whole lists.
    """
    _warn_of_users(lists, truth, pairing, train)
    _warn_of_items(lists.items, truth.items, None if train is None else train.items, listed)


def _warn_of_users(lists: Lists, truth: Truth, pairing: Pairing, train: Interactions | None) -> None:
    tested = IdIndex(truth.users.take(np.flatnonzero(truth.rows.lengths)))
    if not np.any((pairing.list_rows >= 0) & (pairing.test_rows >= 0)):
        reason = describe_mismatch(lists.users, tested, ("the lists", "the test users"))
        if reason is not None:
            _warn(f"none of the {len(tested)} users with test items has a list: {reason}")
    elif train is not None:  # without twins, these can be new users
        warn_of_twins(train.users, tested, "user")


def _warn_of_items(
    listed: IdIndex, tested: IdIndex, trained: IdIndex | None, all_listed: Callable[[], IdIndex]
) -> None:
    if share_ids(listed, tested):
        if trained is not None:  # without twins, these can be new items
            warn_of_twins(trained, tested, "item")
        return
    if trained is not None and share_ids(listed, trained) and share_ids(tested, trained):
        return  # the ids are consistent: the lists have no hit
    reason = describe_mismatch(all_listed(), tested, ("the lists", "the test items"))
    if reason is not None:
        place = "in a list" if trained is None or share_ids(tested, trained) else "in a list or in the training data"
        _warn(f"none of the {len(tested)} test items is {place}: {reason}")


def warn_of_twins(trained: IdIndex, tested: IdIndex, kind: str) -> None:
    """Warn if the test set and the training data share no id, but have an id in two forms."""
    if not share_ids(trained, tested) and find_twins(trained, tested) is not None:
        reason = describe_mismatch(trained, tested, ("the training data", f"the test {kind}s"))
        _warn(f"none of the {len(tested)} test {kind}s is in the training data: {reason}")


def warn_of_foreign_items(listed: IdIndex, catalogue: IdIndex, name: str) -> None:
    """Warn if no listed item is in the catalogue or the training data."""
    reason = describe_mismatch(listed, catalogue, ("the lists", name))
    if reason is not None:
        _warn(f"none of the {len(listed)} recommended items is in {name}: {reason}")


def warn_of_short_lists(lists: Lists, cut_offs: Iterable[int | None], context: Context) -> None:
    """Warn if every list is shorter than a cut-off, unless the items are too few for longer lists.

    The number of items is that of the catalogue, without the shortest training history of a user with a list. If the
    catalogue is unknown, it is the number of different items in all lists. `Recommendations` and arrays have the length
    that was requested, so one item more suffices for longer lists. Other lists can be short for other reasons, such as
    few items that the user has not seen, so there must be as many items as the cut-off.
    """
    too_long = sorted({k for k in cut_offs if k is not None and k > lists.codes.shape[1]})
    longest = int(lists.counts.max(initial=0))
    if not too_long or longest == 0:
        return
    n_items = len(lists.items)
    if context.catalogue is not None:
        n_items = _n_available(lists, context.catalogue, context.train)
    if n_items >= (lists.codes.shape[1] + 1 if lists.is_matrix else too_long[0]):
        _warn(
            f"the lists contain at most {longest} item(s), fewer than the cut-off(s) {', '.join(map(str, too_long))}, "
            f"and empty places count as misses; make lists of {too_long[-1]} items, such as with "
            f"recommend(n={too_long[-1]}), or use cut-offs of at most {longest}"
        )


def _n_available(lists: Lists, catalogue: IdIndex, train: Interactions | None) -> int:
    """Return the number of catalogue items outside the shortest training history of a user with a list."""
    if train is None:
        return len(catalogue)
    n_seen = np.append(train.rows.lengths, 0)[train.users.codes(lists.users)]
    return len(catalogue) - int(n_seen.min(initial=train.n_items))


def _warn(message: str) -> None:
    warnings.warn(message, stacklevel=levels_inside())
