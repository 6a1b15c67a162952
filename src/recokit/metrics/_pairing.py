"""Pairing: the list and the relevant items of each evaluated user."""

from typing import Literal, NamedTuple

import numpy as np

from recokit._typing import AnyArray, IntArray
from recokit.exceptions import DataError
from recokit.metrics._lists import Lists
from recokit.metrics._truth import Truth

__all__ = ["Missing", "Pairing", "pair"]

Missing = Literal["skip", "zero"]


class Pairing(NamedTuple):
    """The list and the relevant items of each evaluated user.

    Attributes
    ----------
    users : (n_users,) array of ids
        Evaluated users: users with a list in the order of the lists, then users without a list.
    list_rows, test_rows : (n_users,) int64 arrays
        Row of each user in the lists and in the test set, −1 for none.
    n_without_test : int
        Users with a list but without relevant items, evaluated or not.
    n_without_list : int
        Users with relevant items but without a list.
    missing : {"skip", "zero"}
        Whether users without relevant items are skipped or evaluated.
    """

    users: AnyArray
    list_rows: IntArray
    test_rows: IntArray
    n_without_test: int
    n_without_list: int
    missing: Missing = "skip"


def pair(lists: Lists, truth: Truth, missing: Missing) -> Pairing:
    """Match the lists with the relevant items of their users.

    Parameters
    ----------
    lists : Lists
    truth : Truth
    missing : {"skip", "zero"}
        Whether users with a list but without relevant items are skipped or evaluated, with a score of 0.

    Raises
    ------
    DataError
        No user has relevant items.
    """
    if missing not in ("skip", "zero"):
        raise ValueError(f"missing={missing!r}: expected 'skip' or 'zero'")
    has_relevant = truth.rows.lengths > 0
    if not np.any(has_relevant):
        raise DataError("no user to evaluate: no user has relevant items in the test set")
    test_rows = truth.users.codes(lists.users).astype(np.int64)
    test_rows[(test_rows >= 0) & ~has_relevant[test_rows]] = -1
    has_list = np.zeros(len(truth.users), dtype=np.bool_)
    has_list[test_rows[test_rows >= 0]] = True
    without_list = np.flatnonzero(has_relevant & ~has_list)
    evaluated = np.flatnonzero(test_rows >= 0) if missing == "skip" else np.arange(len(test_rows))
    return Pairing(
        users=_concatenate_ids(lists.users.take(evaluated), truth.users.take(without_list)),
        list_rows=np.concatenate([evaluated, np.full(len(without_list), -1)]).astype(np.int64),
        test_rows=np.concatenate([test_rows[evaluated], without_list]).astype(np.int64),
        n_without_test=int(np.count_nonzero(test_rows < 0)),
        n_without_list=len(without_list),
        missing=missing,
    )


def _concatenate_ids(first: AnyArray, second: AnyArray) -> AnyArray:
    """Concatenate ids without converting them to a common type."""
    if first.dtype != second.dtype:
        first, second = first.astype(object), second.astype(object)
    return np.concatenate([first, second])
