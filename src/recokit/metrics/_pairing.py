"""Which list belongs to which relevant items."""

import warnings
from typing import Literal, NamedTuple

import numpy as np

from recokit._typing import AnyArray, IntArray
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError
from recokit.metrics._lists import Lists
from recokit.metrics._truth import Truth

__all__ = ["Missing", "Pairing", "have_other_types", "pair"]

Missing = Literal["skip", "zero"]


class Pairing(NamedTuple):
    """Which list belongs to which relevant items.

    Attributes
    ----------
    users : (n_users,) array of ids
        Users to evaluate: those with a list in the order of the lists, then those without.
    list_rows, test_rows : (n_users,) int64 arrays
        The list and the test row of each, −1 for none.
    n_without_test : int
        Users with a list but without relevant items, evaluated or not.
    n_without_list : int
        Users with relevant items but without a list.
    """

    users: AnyArray
    list_rows: IntArray
    test_rows: IntArray
    n_without_test: int
    n_without_list: int


def pair(lists: Lists, truth: Truth, missing: Missing, *, stacklevel: int) -> Pairing:
    """Bring lists and relevant items together.

    Parameters
    ----------
    lists : Lists
    truth : Truth
    missing : {"skip", "zero"}
        Whether users with a list but without relevant items are left out, or score 0.
    stacklevel : int
        Where warnings point: 2 is the caller.

    Raises
    ------
    DataError
        Nobody has relevant items.
    """
    if missing not in ("skip", "zero"):
        raise ValueError(f"missing={missing!r}: expected 'skip' or 'zero'")
    tested = np.diff(truth.indptr) > 0
    if not np.any(tested):
        raise DataError("no user to evaluate: none has relevant items in the test set")
    test_rows = truth.users.codes(lists.users).astype(np.int64)
    test_rows[(test_rows >= 0) & ~tested[test_rows]] = -1
    listed = np.zeros(len(truth.users), dtype=np.bool_)
    listed[test_rows[test_rows >= 0]] = True
    unlisted = np.flatnonzero(tested & ~listed)
    kept = np.flatnonzero(test_rows >= 0) if missing == "skip" else np.arange(len(test_rows))
    if not np.any(listed) and len(lists.users):
        warnings.warn(
            f"none of the {len(unlisted)} users with test items has a list; are the user ids of one type?",
            stacklevel=stacklevel,
        )
    _warn_of_item_types(lists.items, truth.items, stacklevel + 1)
    return Pairing(
        users=_joined(lists.users.take(kept), truth.users.take(unlisted)),
        list_rows=np.concatenate([kept, np.full(len(unlisted), -1)]).astype(np.int64),
        test_rows=np.concatenate([test_rows[kept], unlisted]).astype(np.int64),
        n_without_test=int(np.count_nonzero(test_rows < 0)),
        n_without_list=len(unlisted),
    )


def _warn_of_item_types(listed: IdIndex, relevant: IdIndex, stacklevel: int) -> None:
    """Warn where no test item is in a list, and the ids of the one are strings and those of the other are not."""
    if have_other_types(listed, relevant):
        types = [type(next(iter(items))).__name__ for items in (listed, relevant)]
        warnings.warn(
            f"none of the {len(relevant)} test items is in a list: the item ids are of type {types[0]} in the lists "
            f"and {types[1]} in the test set; make them of one type",
            stacklevel=stacklevel,
        )


def have_other_types(first: IdIndex, second: IdIndex) -> bool:
    """Tell whether two sets of ids share none, and those of the one are strings and those of the other are not."""
    if len(first) == 0 or len(second) == 0 or np.any(first.codes(second) >= 0):
        return False
    kinds, others = ({isinstance(key, str) for key in ids} for ids in (first, second))
    return not kinds & others


def _joined(first: AnyArray, second: AnyArray) -> AnyArray:
    """Return one array of ids; ids of two kinds stay what they are."""
    if first.dtype != second.dtype:
        first, second = first.astype(object), second.astype(object)
    return np.concatenate([first, second])
