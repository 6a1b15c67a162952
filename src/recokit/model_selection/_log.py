"""Log: interactions as splitters see them, in an order that does not depend on the order of the rows."""

import warnings
from typing import Any, NamedTuple

import numpy as np

from recokit._runtime.small_work import chosen
from recokit._runtime.warnings import levels_inside
from recokit._typing import AnyArray, CodeArray, IntArray
from recokit.data._columns import to_times
from recokit.data._inputs import pair_ids
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.data.rows import read_only
from recokit.exceptions import DataError, LeakageWarning, first_few
from recokit.kernels import rows as grouping
from recokit.model_selection.pairs import Pairs
from recokit.preprocessing.event_log import EventLog

__all__ = ["Log", "order_within_users", "ranks_within_users"]


class Log(NamedTuple):
    """Interactions as codes, sorted by user and item: a seeded split does not depend on the order of the rows.

    Attributes
    ----------
    user_codes, item_codes : (n,) int32 arrays
        Codes are the ranks of the ids.
    times : (n,) array, or None
    rows : (n,) int64 array
        Row of the data of each interaction.
    n_users, n_items : int
        Numbers of ids, including ids without interactions.
    recorded : bool
        Whether the times are part of the data; False if they were given as ``groups``.
    n_merged : int
        Number of repeated events that were merged into the interactions.
    """

    user_codes: CodeArray
    item_codes: CodeArray
    times: AnyArray | None
    rows: IntArray
    n_users: int
    n_items: int
    recorded: bool
    n_merged: int = 0

    @classmethod
    def from_input(cls, X: Any, groups: Any = None) -> "Log":
        """Return the log of Interactions or pairs.

        Parameters
        ----------
        X : Interactions, Pairs, EventLog, or (user, item) pairs
            The rows of an EventLog are its events; a pair may occur many times.
        groups : (n,) array-like of numbers or datetime64, optional
            Times of the pairs; ignored if X has timestamps.

        Raises
        ------
        DataError
            The input has no pairs or repeats a pair, or the times do not fit.
        """
        if isinstance(X, EventLog):
            return cls._from_event_log(X)
        if isinstance(X, Interactions):
            X = Pairs(X)
        if isinstance(X, Pairs):
            users, items, times = X.data.users, X.data.items, X.timestamps
            user_codes, item_codes = X.data.user_codes[X.positions], X.data.item_codes[X.positions]
            order = np.argsort(X.positions, kind="stable")
            n_merged = X.data.n_merged
        else:
            user_ids, item_ids = pair_ids(X)
            users, user_codes = IdIndex.factorize(user_ids, "users")
            items, item_codes = IdIndex.factorize(item_ids, "items")
            order, times, n_merged = np.lexsort((item_codes, user_codes)), None, 0
        if len(user_codes) == 0:
            raise DataError("there is nothing to split: the data have no (user, item) pairs")
        recorded = times is not None
        times = times if recorded else _as_times(groups, len(user_codes))
        user_codes, item_codes = user_codes[order], item_codes[order]
        _refuse_duplicates(users, items, user_codes, item_codes)
        times = None if times is None else times[order]
        return cls(user_codes, item_codes, times, order, len(users), len(items), recorded, n_merged)

    @classmethod
    def _from_event_log(cls, log: EventLog) -> "Log":
        lacking = (log.user_codes < 0) | (log.item_codes < 0)
        if log.times is not None and log.times.dtype.kind == "M":
            lacking |= np.isnat(log.times)
        if np.any(lacking):
            raise DataError(
                f"{np.count_nonzero(lacking):,} event(s) of the log have no user, item or time; remove them first, "
                "with log.clean(DropMissing())"
            )
        if len(log) == 0:
            raise DataError("there is nothing to split: the log has no events")
        order = np.lexsort((np.arange(len(log)), log.item_codes, log.user_codes))
        times = None if log.times is None else log.times[order]
        codes = log.user_codes[order], log.item_codes[order]
        return cls(*codes, times, order, log.n_users, log.n_items, recorded=times is not None)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def user_counts(self) -> IntArray:
        """Number of interactions of each user."""
        return np.bincount(self.user_codes, minlength=self.n_users)

    def required_times(self, splitter: str) -> AnyArray:
        """Return the times.

        Raises
        ------
        DataError
            There are no times; the message names the splitter.

        Warns
        -----
        LeakageWarning
            Repeated events were merged into the interactions.
        """
        if self.times is None:
            raise DataError(
                f"{splitter} needs timestamps: build the Interactions with timestamps= (and pass as_pairs of them to "
                "scikit-learn), or pass the timestamps of bare pairs as groups="
            )
        self.warn_if_merged(splitter)
        return self.times

    def warn_if_merged(self, splitter: str) -> None:
        """Warn that each pair has only the time of its latest event, so that splits by time move it to the test."""
        if self.recorded and self.n_merged:
            warnings.warn(
                f"{splitter} splits by time, but {self.n_merged:,} repeated event(s) were merged into these "
                "interactions: a pair with events before and after the cut is in the test only, and its earlier events "
                "are missing from training; split the log of events first, with recokit.model_selection.split_log",
                LeakageWarning,
                stacklevel=levels_inside(),
            )


def _as_times(groups: Any, n: int) -> AnyArray | None:
    if groups is None:
        return None
    times = to_times(groups, "groups")
    if len(times) != n:
        raise DataError(f"groups: {len(times)} timestamps for {n} interactions")
    return times


def _refuse_duplicates(users: IdIndex, items: IdIndex, user_codes: CodeArray, item_codes: CodeArray) -> None:
    repeats = np.flatnonzero((np.diff(user_codes) == 0) & (np.diff(item_codes) == 0))
    if len(repeats):
        first = repeats[:6]
        shown = zip(users.take(user_codes[first]).tolist(), items.take(item_codes[first]).tolist(), strict=True)
        raise DataError(
            f"{len(repeats)} row(s) repeat a (user, item) pair, which could be in both parts of a split: "
            f"{first_few(shown)}; merge duplicates first, with Interactions.from_arrays(…, duplicates=…)"
        )


def order_within_users(log: Log, rng: np.random.Generator, *, by_time: bool = False) -> IntArray:
    """Return positions grouped by user, in random order or by time with random tie-breaks."""
    order = rng.permutation(len(log))
    if by_time and log.times is not None:
        order = order[np.argsort(log.times[order], kind="stable")]
    starts = _row_starts(log)
    return chosen(grouping.order_by, len(order))(log.user_codes, starts, order)


def _row_starts(log: Log) -> IntArray:
    count = chosen(grouping.row_starts, len(log))
    starts: IntArray = count(read_only(log.user_codes), log.n_users)
    return starts


def ranks_within_users(log: Log, rng: np.random.Generator, *, by_time: bool = False) -> IntArray:
    """Return the rank, from 0, of each interaction within its user, at random or by time."""
    ranks = np.empty(len(log), dtype=np.int64)
    # Users are in code order before and after: only the order within each user changes.
    starts = _row_starts(log)
    ranks[order_within_users(log, rng, by_time=by_time)] = np.arange(len(log)) - starts[log.user_codes]
    return ranks
