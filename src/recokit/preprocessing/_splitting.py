"""SplittableLog: splits of an event log by time."""

from collections.abc import Iterable
from typing import Any, Literal

from recokit.data.interactions import Interactions
from recokit.preprocessing._log_split import LogSplit
from recokit.preprocessing._sequences import warn_of_omitted
from recokit.preprocessing._table import EventTable
from recokit.preprocessing._temporal import cut_of, train_test_of, windows_of
from recokit.preprocessing._times import missing_times
from recokit.preprocessing.log_parts import LogParts, split_at

__all__ = ["SplittableLog"]


class SplittableLog(EventTable):
    """An event log with splits by time; `EventLog` documents it."""

    def interactions(
        self, weights: Any = None, *, quantity: Any = None, half_life: Any = None, at: Any = None, sources: Any = None
    ) -> Interactions:
        """Return the interactions of the log."""
        raise NotImplementedError

    def split(self, *, at: Any = None, test_size: float = 0.2) -> LogParts:
        """Return the events before a moment, and those from it on, as two logs with a report.

        Parameters
        ----------
        at : datetime64, datetime, text or number, optional
            First moment of the test.
        test_size : float
            Share of the events at or after the cut, if ``at`` is not given. The moment with the nearest share is used.

        Raises
        ------
        DataError
            The log has no times, or a part is empty.

        Warns
        -----
        UserWarning
            Events without a time are left out.

        Examples
        --------
        >>> from recokit import EventLog
        >>> log = EventLog.from_frame({
        ...     "user_id": [1, 1, 2], "item_id": ["tea", "tea", "cup"],
        ...     "timestamp": ["2024-05-01", "2024-05-03", "2024-05-08"],
        ... })
        >>> print(log.split(at="2024-05-03"))
        split at 2024-05-03
        training  EventLog(1 event of 1 user and 1 item, purchase 1, 2024-05-01 to 2024-05-01)
        test      EventLog(2 events of 2 users and 2 items, purchase 2, 2024-05-03 to 2024-05-08)
        1 test users and 1 test items are not in training
        1 of 2 test events repeat a (user, item) pair of training
        """
        cut = cut_of(self, None, at, test_size, "split")
        if self.times is not None:
            warn_of_omitted("split", missing_times(self.times), "no time")
        return split_at(self, cut)

    def train_test(
        self,
        target: str | Iterable[str] = "purchase",
        *,
        repeats: Literal["new", "allowed"] = "new",
        new_users: bool = False,
        at: Any = None,
        test_size: float = 0.2,
        until: Any = None,
        **weighting: Any,
    ) -> LogSplit:
        """Return training and test interactions, split by time before repeated events are merged.

        Training data are the weighted events before the cut, and test data the target events from the cut on. No event
        from the cut on affects the training data, nor learned weights and ages.

        Parameters
        ----------
        target : str, or iterable of str
            Kinds of events to predict. Purchases of a negative quantity are returns and are not tested.
        repeats : {"new", "allowed"}
            "new" tests only pairs without a training interaction, as recommendations of new items need it; "allowed"
            tests all pairs, for repeat purchases with ``exclude_seen=False``.
        new_users : bool
            Test users outside the training data, too.
        at : datetime64, datetime, text or number, optional
            First moment of the test.
        test_size : float
            Share of the target events at or after the cut, if ``at`` is not given.
        until : as ``at``, optional
            Ignore the events at this moment or later, such as the ``at`` of a later split.
        **weighting
            ``weights``, ``quantity``, ``half_life`` and ``sources``, as in `interactions`, for the training data.

        Returns
        -------
        LogSplit
            ``train``, ``test`` and counts; the values of the test are numbers of events.

        Raises
        ------
        DataError
            The log has no times, a kind does not occur or has no weight, or a part is empty.

        Examples
        --------
        >>> from recokit import EventLog
        >>> log = EventLog.from_frame(
        ...     {
        ...         "user_id": [1, 2, 2, 1, 1],
        ...         "item_id": ["tea", "cup", "pot", "cup", "tea"],
        ...         "event": ["purchase", "view", "purchase", "purchase", "purchase"],
        ...         "timestamp": [1, 2, 3, 4, 5],
        ...     },
        ...     time_unit="step",
        ... )
        >>> print(log.train_test(at=4, weights={"view": 1, "purchase": 10}))
        split at 4
        training  3 pairs of 2 users with 3 items
        test      1 pairs of 1 users with 1 items
        1 later pair(s) also occur in training: not tested
        0 later user(s) are outside the training data: not tested
        """
        cut = {"at": at, "test_size": test_size, "until": until}
        return train_test_of(self, target, repeats, new_users, cut, weighting)

    def rolling_windows(
        self,
        n: int = 3,
        *,
        window: Any = None,
        train_window: Any = None,
        target: str | Iterable[str] = "purchase",
        repeats: Literal["new", "allowed"] = "new",
        new_users: bool = False,
        **weighting: Any,
    ) -> list[LogSplit]:
        """Return n splits for backtesting: consecutive windows, each with the training data before it.

        Parameters
        ----------
        n : int
            Number of windows; the last ends with the log.
        window : str, timedelta or number, optional
            Length of a window, such as "7d"; numbers are days, or steps. By default each window holds about 1 / (n + 1)
            of the target events.
        train_window : as ``window``, optional
            Length of the training data before a window; by default all events before it.
        target, repeats, new_users, **weighting
            As in `train_test`.

        Returns
        -------
        list of LogSplit
            Pass it as ``splitter`` to `recokit.model_selection.cross_validate` or `recokit.model_selection.tune`.

        Raises
        ------
        DataError
            The log has too few distinct times, or a part of a window is empty.
        """
        target = target if isinstance(target, str) else tuple(target)
        bounds = windows_of(self, n, window, train_window, target)
        return [train_test_of(self, target, repeats, new_users, cut, weighting) for cut in bounds]
