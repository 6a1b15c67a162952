"""The global temporal split of an event log."""

from typing import NamedTuple

import numpy as np

from recokit._typing import AnyArray
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.preprocessing._valued_events import ValuedEvents, split_events

__all__ = ["TemporalSplit", "temporal_split"]


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
    parts = split_events(
        ValuedEvents(user_index, item_index, user_codes, item_codes, ones, times, "implicit", "max"), cut
    )
    return TemporalSplit(parts.train, parts.test, cut, parts.n_repeated, parts.n_new_users)
