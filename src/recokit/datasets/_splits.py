"""The global temporal split of an event log."""

from typing import Any, NamedTuple

import numpy as np

from recokit._typing import AnyArray
from recokit.data.interactions import Interactions

__all__ = ["TemporalSplit", "temporal_split"]


class TemporalSplit(NamedTuple):
    """Two parts of an event log, and what was left out of the later one.

    Attributes
    ----------
    train, test : Interactions
        Before the cut, and from the cut on. Values are 1: whether, not how often.
    cut : datetime64
        The first moment of the test.
    n_repeated : int
        Later (user, item) pairs that the user has before the cut: not tested.
    n_new_users : int
        Users whose first event is after the cut: not tested.
    """

    train: Interactions
    test: Interactions
    cut: np.datetime64
    n_repeated: int
    n_new_users: int

    @property
    def protocol(self) -> str:
        """How the split was made, in words."""
        return (
            f"global temporal split at {np.datetime_as_string(self.cut, 'm')}: "
            f"{self.train.n_interactions:,} distinct (user, item) pairs of {self.train.n_users:,} users with "
            f"{self.train.n_items:,} items before; {self.test.n_interactions:,} new pairs of {self.test.n_users:,} "
            f"known users after; left out of the test: {self.n_repeated:,} repeated pairs, "
            f"{self.n_new_users:,} new users"
        )


def temporal_split(users: AnyArray, items: AnyArray, times: AnyArray, test_fraction: float) -> TemporalSplit:
    """Split a log at the moment after which the given share of its events falls.

    A pair that occurs more than once before the cut, or after it, counts once, at its latest time.

    Parameters
    ----------
    users, items : (n,) arrays of ids
        Who did something with what.
    times : (n,) datetime64 array
        When, in any order.
    test_fraction : float
        Share of the events that come at or after the cut, in (0, 1).

    Raises
    ------
    ValueError
        The fraction is not in (0, 1).
    DataError
        One of the parts is empty.
    """
    if not 0 < test_fraction < 1:
        raise ValueError(f"test_fraction={test_fraction!r}: expected a number between 0 and 1")
    cut = np.sort(times)[min(round((1 - test_fraction) * len(times)), len(times) - 1)]
    before = times < cut
    train = _once(users[before], items[before], times[before])
    later = _once(users[~before], items[~before], times[~before])
    user_codes = train.users.codes(later.users)[later.user_codes]
    item_codes = train.items.codes(later.items)[later.item_codes]
    known = user_codes >= 0
    repeated = known & (item_codes >= 0)
    repeated[repeated] = train.matrix[user_codes[repeated], item_codes[repeated]] > 0
    kept = known & ~repeated
    test = _once(
        later.users.take(later.user_codes[kept]), later.items.take(later.item_codes[kept]), _times(later)[kept]
    )
    n_new = len(np.unique(later.user_codes[~known]))
    return TemporalSplit(train, test, cut, int(repeated.sum()), n_new)


def _once(users: Any, items: Any, times: AnyArray) -> Interactions:
    return Interactions.from_arrays(users, items, timestamps=times, duplicates="max")


def _times(data: Interactions) -> AnyArray:
    assert data.timestamps is not None
    return data.timestamps
