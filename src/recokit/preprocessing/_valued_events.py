"""Events with values, and their split at a moment before repeated events are merged."""

from typing import Any, NamedTuple

import numpy as np

from recokit._typing import AnyArray, BoolArray, CodeArray, FloatArray
from recokit.data._building import Duplicates
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Feedback, Interactions
from recokit.exceptions import DataError
from recokit.preprocessing._log_split import LogSplit, split_after

__all__ = ["ValuedEvents", "split_events"]


class ValuedEvents(NamedTuple):
    """Events with values of their own, as codes; a (user, item) pair may occur many times.

    Attributes
    ----------
    users, items : IdIndex
    user_codes, item_codes : (n_events,) int32 arrays
    values : (n_events,) float32 array
        Rating or strength of each event.
    times : (n_events,) array
    feedback : {"explicit", "implicit"}
    duplicates : {"error", "sum", "mean", "last", "max"}
        How to merge the events of a pair that are in the same part.
    """

    users: IdIndex
    items: IdIndex
    user_codes: CodeArray
    item_codes: CodeArray
    values: FloatArray
    times: AnyArray
    feedback: Feedback
    duplicates: Duplicates

    def part(self, mask: BoolArray) -> Interactions:
        """Return the chosen events as interactions over all users and items."""
        codes, values, times = (self.user_codes[mask], self.item_codes[mask]), self.values[mask], self.times[mask]
        return Interactions._from_codes(self.users, self.items, *codes, values, times, self.feedback, self.duplicates)

    def counts(self, mask: BoolArray) -> AnyArray:
        """Return the number of the chosen events of each pair, in the order of `part`."""
        ones = self._replace(values=np.ones(len(self.values), dtype=np.float32), duplicates="sum", feedback="implicit")
        return ones.part(mask).values


def split_events(
    log: ValuedEvents, cut: Any, until: Any = None, *, repeats: bool = False, new_users: bool = False
) -> LogSplit:
    """Split a log at a moment; the events of each part are merged into pairs after the split.

    Parameters
    ----------
    log : ValuedEvents
    cut : scalar of the type of the times
        First moment of the test.
    until : scalar of the type of the times, optional
        First moment after the test; by default the test has all events from the cut on.
    repeats : bool
        Keep test pairs that also occur before the cut.
    new_users : bool
        Keep test users without an event before the cut.

    Raises
    ------
    DataError
        A part is empty.
    """
    before = log.times < cut
    if not np.any(before):
        raise DataError(f"no training events: all are at {cut} or later")
    after = ~before if until is None else ~before & (log.times < until)
    if not np.any(after):
        raise DataError(
            f"no test events: none is at {cut} or later" + ("" if until is None else f" and before {until}")
        )
    options = {"repeats": repeats, "new_users": new_users}
    return split_after(log.part(before), log.part(after), log.counts(after), cut, **options)
