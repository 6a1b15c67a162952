"""LogParts: two logs, before and from a moment on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from recokit.exceptions import DataError

if TYPE_CHECKING:
    from recokit.preprocessing.event_log import EventLog

__all__ = ["LogParts", "split_at"]


@dataclass(frozen=True, eq=False, repr=False)
class LogParts:
    """The events before and from a moment on; ``train, test = parts`` unpacks them, and ``print`` shows a report.

    Attributes
    ----------
    train, test : EventLog
    at : datetime64 or int
        First moment of the test.
    n_new_users, n_new_items : int
        Number of users and of items with test events only.
    n_repeats : int
        Number of test events whose (user, item) pair has an event in training.
    """

    train: "EventLog"
    test: "EventLog"
    at: Any
    n_new_users: int
    n_new_items: int
    n_repeats: int

    def __iter__(self) -> Iterator["EventLog"]:
        return iter((self.train, self.test))

    def __str__(self) -> str:
        lines = [f"split at {self.at}", f"training  {self.train!r}", f"test      {self.test!r}"]
        lines.append(f"{self.n_new_users:,} test users and {self.n_new_items:,} test items are not in training")
        lines.append(f"{self.n_repeats:,} of {len(self.test):,} test events repeat a (user, item) pair of training")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"LogParts(at {self.at}: {self.train!r}, {self.test!r})"


def split_at(log: Any, at: Any) -> LogParts:
    """Return the events before and from a moment on, without events that have no time.

    Raises
    ------
    DataError
        A part is empty.
    """
    before, after = log.between(None, at), log.between(at, None)
    for part, name in ((before, "training"), (after, "test")):
        if len(part) == 0:
            raise DataError(
                f"no {name} events: all events are {'at or after' if name == 'training' else 'before'} {at}"
            )
    users, items = before.users.codes(after.users), before.items.codes(after.items)
    pairs = _cells(before.user_codes, before.item_codes, before.n_items)
    unknown = np.int32(-1)
    test_users = np.append(users, unknown)[after.user_codes]
    test_items = np.append(items, unknown)[after.item_codes]
    repeated = np.isin(_cells(test_users, test_items, before.n_items), pairs) & (test_users >= 0) & (test_items >= 0)
    n_users, n_items = (int(np.count_nonzero(codes < 0)) for codes in (users, items))
    return LogParts(before, after, at, n_users, n_items, int(np.count_nonzero(repeated)))


def _cells(user_codes: Any, item_codes: Any, n_items: int) -> Any:
    return user_codes.astype(np.int64) * n_items + item_codes
