"""The global temporal split of an event log."""

from typing import Any, NamedTuple

import numpy as np

from recokit._typing import AnyArray
from recokit.data.interactions import Interactions

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
    before = times < cut
    train = _distinct_pairs(users[before], items[before], times[before])
    later = _distinct_pairs(users[~before], items[~before], times[~before])
    user_codes = train.users.codes(later.users)[later.user_codes]
    item_codes = train.items.codes(later.items)[later.item_codes]
    known = user_codes >= 0
    repeated = known & (item_codes >= 0)
    repeated[repeated] = train.matrix[user_codes[repeated], item_codes[repeated]] > 0
    tested = known & ~repeated
    test = _distinct_pairs(
        later.users.take(later.user_codes[tested]), later.items.take(later.item_codes[tested]), _times(later)[tested]
    )
    n_new = len(np.unique(later.user_codes[~known]))
    return TemporalSplit(train, test, cut, int(repeated.sum()), n_new)


def _distinct_pairs(users: Any, items: Any, times: AnyArray) -> Interactions:
    return Interactions.from_arrays(users, items, timestamps=times, duplicates="max")


def _times(data: Interactions) -> AnyArray:
    assert data.timestamps is not None
    return data.timestamps
