"""LogSplit: training and test interactions from a log that was split by time before merging."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from recokit._runtime.html import html_table
from recokit._typing import AnyArray
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError
from recokit.preprocessing._weighting import only_used_ids

__all__ = ["LogSplit", "split_after"]


@dataclass(frozen=True, eq=False, repr=False)
class LogSplit:
    """Training and test data from a log of events; ``train, test = split`` unpacks them.

    Attributes
    ----------
    train, test : Interactions
        Each part has only the users and items with interactions in it, and the values of its own events.
    at : scalar of the type of the timestamps
        First moment of the test.
    repeats : bool
        Whether the test includes pairs that also occur in training.
    new_users : bool
        Whether the test includes users outside the training data.
    n_repeated : int
        Number of pairs after ``at`` that also occur before it.
    n_new_users : int
        Number of users with events after ``at`` only.

    See Also
    --------
    recokit.model_selection.split_log :
        Split a log of events at a moment, and merge the repeated events of each part after the split.

    Examples
    --------
    >>> from recokit import EventLog
    >>> log = EventLog.from_frame({
    ...     "user_id": ["ann", "ann", "bob"], "item_id": ["tea", "tea", "cup"],
    ...     "event": ["view"] * 3, "timestamp": ["2024-05-01", "2024-05-02", "2024-05-03"],
    ... })
    >>> from recokit.model_selection import split_log
    >>> train, test = split_log(log, at="2024-05-03", new_users=True)
    >>> train.items.ids.tolist()
    ['tea']
    """

    train: Interactions
    test: Interactions
    at: Any
    repeats: bool
    new_users: bool
    n_repeated: int
    n_new_users: int

    def __iter__(self) -> Iterator[Interactions]:
        return iter((self.train, self.test))

    def __str__(self) -> str:
        lines = [f"split at {self.at}"]
        for name, part in self._parts():
            lines.append(
                f"{name:<8}  {part.n_interactions:,} pairs of {part.n_users:,} users with {part.n_items:,} items"
            )
        return "\n".join(lines + self._notes())

    def _repr_html_(self) -> str:
        rows = [[name, *(f"{n:,}" for n in (p.n_interactions, p.n_users, p.n_items))] for name, p in self._parts()]
        notes = "; ".join(self._notes())
        return html_table(f"split at {self.at}", ["part", "pairs", "users", "items"], rows, notes)

    def _parts(self) -> list[tuple[str, Interactions]]:
        return [("training", self.train), ("test", self.test)]

    def _notes(self) -> list[str]:
        return [
            f"{n:,} later {description}: {'tested' if included else 'not tested'}"
            for n, description, included in (
                (self.n_repeated, "pair(s) also occur in training", self.repeats),
                (self.n_new_users, "user(s) are outside the training data", self.new_users),
            )
        ]

    def __repr__(self) -> str:
        return f"LogSplit(at {self.at}: {self.train!r}, {self.test!r})"


def split_after(
    train: Interactions, later: Interactions, n_events: AnyArray, at: Any, *, repeats: bool, new_users: bool
) -> LogSplit:
    """Return the split with the later pairs that are to be tested.

    Parameters
    ----------
    train, later : Interactions
        Pairs before and from the cut on.
    n_events : (n_later,) array
        Number of events of each later pair.
    at : scalar of the type of the timestamps
    repeats : bool
        Keep test pairs that also occur before the cut.
    new_users : bool
        Keep test users without an event before the cut.

    Raises
    ------
    DataError
        No test pair is left.
    """
    has_events = np.append(np.diff(train.indptr) > 0, False)
    users, items = train.users.codes(later.users)[later.user_codes], train.items.codes(later.items)[later.item_codes]
    known = has_events[users]
    cells = users.astype(np.int64) * train.n_items + items
    known_cells = train.user_codes.astype(np.int64) * train.n_items + train.item_codes
    places = np.minimum(np.searchsorted(known_cells, cells), len(known_cells) - 1)  # both sorted by user and item
    repeated = known & (items >= 0) & (known_cells[places] == cells)
    tested = (known | new_users) & (~repeated | repeats)
    n_repeated = int(np.count_nonzero(repeated))
    if not np.any(tested):
        raise DataError(
            f"no test events are left: {n_repeated} later pair(s) repeat training pairs, and "
            f"{np.count_nonzero(~known)} are of new users"
        )
    n_new = len(np.unique(later.user_codes[~known]))
    test = later.select(tested)
    test = replace(test, n_merged=int(n_events[tested].sum()) - test.n_interactions)
    return LogSplit(only_used_ids(train), only_used_ids(test), at, repeats, new_users, n_repeated, n_new)
