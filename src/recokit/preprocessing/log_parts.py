"""LogParts: two logs, before and from a moment on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from recokit._runtime.html import html_table
from recokit.exceptions import DataError
from recokit.preprocessing._grouped import first_rows_of_pairs

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

    See Also
    --------
    recokit.EventLog : The events of a shop: views, carts, purchases, returns and others, in time order.
    recokit.model_selection.split_log :
        Split a log of events at a moment, and merge the repeated events of each part after the split.

    Examples
    --------
    >>> from recokit import EventLog
    >>> log = EventLog.from_frame(
    ...     {
    ...         "user_id": ["ann", "ann", "bob"],
    ...         "item_id": ["tea", "tea", "cup"],
    ...         "event": ["view", "purchase", "view"],
    ...         "timestamp": ["2024-05-01", "2024-05-02", "2024-05-03"],
    ...     }
    ... )
    >>> train, test = log.split(at="2024-05-03")
    >>> len(train), len(test)
    (2, 1)
    """

    train: "EventLog"
    test: "EventLog"
    at: Any

    @property
    def n_new_users(self) -> int:
        """Number of users with test events only."""
        return int(np.count_nonzero(self.train.users.codes(self.test.users) < 0))

    @property
    def n_new_items(self) -> int:
        """Number of items with test events only."""
        return int(np.count_nonzero(self.train.items.codes(self.test.items) < 0))

    @property
    def n_repeats(self) -> int:
        """Number of test events whose (user, item) pair has an event in training."""
        users, items = (
            np.concatenate([mine, np.append(known.codes(ids), np.int32(-1))[theirs]])
            for mine, known, ids, theirs in (
                (self.train.user_codes, self.train.users, self.test.users, self.test.user_codes),
                (self.train.item_codes, self.train.items, self.test.items, self.test.item_codes),
            )
        )
        first = first_rows_of_pairs(users, items, self.train.n_users, self.train.n_items)[len(self.train) :]
        return int(np.count_nonzero((first >= 0) & (first < len(self.train))))

    def __iter__(self) -> Iterator["EventLog"]:
        return iter((self.train, self.test))

    def __str__(self) -> str:
        lines = [f"split at {self.at}", f"training  {self.train!r}", f"test      {self.test!r}"]
        return "\n".join(lines + self._notes())

    def _repr_html_(self) -> str:
        rows = [
            [name, *(f"{n:,}" for n in (len(log), log.n_users, log.n_items))]
            for name, log in (("training", self.train), ("test", self.test))
        ]
        return html_table(f"split at {self.at}", ["part", "events", "users", "items"], rows, "; ".join(self._notes()))

    def _notes(self) -> list[str]:
        return [
            f"{self.n_new_users:,} test users and {self.n_new_items:,} test items are not in training",
            f"{self.n_repeats:,} of {len(self.test):,} test events repeat a (user, item) pair of training",
        ]

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
    return LogParts(before, after, at)
