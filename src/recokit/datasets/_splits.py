"""The global temporal split of an event log."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from recokit._typing import AnyArray, BoolArray, CodeArray, FloatArray
from recokit.data._building import Duplicates
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Feedback, Interactions
from recokit.exceptions import DataError

__all__ = ["EventLog", "LogParts", "TemporalSplit", "split_events", "temporal_split"]


class EventLog(NamedTuple):
    """Events as codes; a (user, item) pair may occur many times.

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


class LogParts(NamedTuple):
    """The parts of an event log.

    Attributes
    ----------
    train, test : Interactions
        Each part has only the users and items with interactions in it.
    n_repeated : int
        Number of later pairs that also occur before the cut.
    n_new_users : int
        Number of later users without an event before the cut.
    """

    train: Interactions
    test: Interactions
    n_repeated: int
    n_new_users: int


def split_events(
    log: EventLog, cut: Any, until: Any = None, *, repeats: bool = False, new_users: bool = False
) -> LogParts:
    """Split a log at a moment; the events of each part are merged into pairs after the split.

    Parameters
    ----------
    log : EventLog
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
    train, later = log.part(before), log.part(after)
    known = (np.diff(train.indptr) > 0)[later.user_codes]
    repeated = np.isin(_cells(later), _cells(train))
    tested = (known | new_users) & (~repeated | repeats)
    if not np.any(tested):
        raise DataError(
            f"no test events are left: {_count(repeated)} later pair(s) repeat training pairs, and "
            f"{_count(~known)} are of new users"
        )
    n_new = len(np.unique(later.user_codes[~known]))
    test = later.select(tested)
    n_tested_events = _count(np.isin(_cells(log)[after], _cells(test)))
    test = replace(test, n_merged=n_tested_events - test.n_interactions)
    return LogParts(_without_unused_ids(train), _without_unused_ids(test), _count(repeated), n_new)


def _count(mask: BoolArray) -> int:
    return int(np.count_nonzero(mask))


def _cells(data: Interactions | EventLog) -> AnyArray:
    return data.user_codes.astype(np.int64) * len(data.items) + data.item_codes


def _without_unused_ids(data: Interactions) -> Interactions:
    """Return the same interactions over the users and items that have any."""
    users, items = np.flatnonzero(np.diff(data.indptr)), np.unique(data.item_codes)
    return replace(
        data,
        users=IdIndex._from_sorted(data.users._values[users]),
        items=IdIndex._from_sorted(data.items._values[items]),
        indptr=data.indptr[np.append(0, users + 1)],
        item_codes=np.searchsorted(items, data.item_codes).astype(np.int32),
    )


class TemporalSplit(NamedTuple):
    """Two parts of an event log, with the counts of omitted test pairs.

    Attributes
    ----------
    train, test : Interactions
        Pairs before the cut, and from the cut on. Values are 1, also for repeated events.
    cut : datetime64
        First moment of the test.
    n_repeated : int
        Number of later (user, item) pairs that also occur before the cut; they are not tested.
    n_new_users : int
        Number of users without an event before the cut; they are not tested.
    """

    train: Interactions
    test: Interactions
    cut: np.datetime64
    n_repeated: int
    n_new_users: int

    @property
    def protocol(self) -> str:
        """Description of the split."""
        return (
            f"global temporal split at {np.datetime_as_string(self.cut, 'm')}: "
            f"{self.train.n_interactions:,} distinct (user, item) pairs of {self.train.n_users:,} users with "
            f"{self.train.n_items:,} items before; {self.test.n_interactions:,} new pairs of {self.test.n_users:,} "
            f"known users after; left out of the test: {self.n_repeated:,} repeated pairs, "
            f"{self.n_new_users:,} new users"
        )


def temporal_split(users: AnyArray, items: AnyArray, times: AnyArray, test_fraction: float) -> TemporalSplit:
    """Split a log at a moment, so that the given share of its events comes later.

    A pair that occurs more than once in a part counts once, at its latest time.

    Parameters
    ----------
    users, items : (n,) arrays of ids
        User and item of each event.
    times : (n,) datetime64 array
        Time of each event, in any order.
    test_fraction : float
        Share of the events at or after the cut, in (0, 1).

    Raises
    ------
    ValueError
        The fraction is not in (0, 1).
    DataError
        A part is empty.
    """
    if not 0 < test_fraction < 1:
        raise ValueError(f"test_fraction={test_fraction!r}: expected a number between 0 and 1")
    cut = np.sort(times)[min(round((1 - test_fraction) * len(times)), len(times) - 1)]
    user_index, user_codes = IdIndex.factorize(users, "users")
    item_index, item_codes = IdIndex.factorize(items, "items")
    ones = np.ones(len(times), dtype=np.float32)
    parts = split_events(EventLog(user_index, item_index, user_codes, item_codes, ones, times, "implicit", "max"), cut)
    return TemporalSplit(parts.train, parts.test, cut, parts.n_repeated, parts.n_new_users)
