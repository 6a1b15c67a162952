"""Splits by time: the last interactions of each user, one cut for all users, rolling windows."""

from collections.abc import Iterator
from datetime import timedelta
from numbers import Real
from typing import Any

import numpy as np

from recokit._typing import AnyArray, BoolArray
from recokit.data._moments import nearest_cut, to_length, to_moment
from recokit.exceptions import DataError
from recokit.model_selection._log import Log, ranks_within_users
from recokit.model_selection._splitter import Splitter, check_test_size, check_whole

__all__ = ["GlobalTimeSplit", "LeaveLastOut", "RollingTimeSplit"]


class LeaveLastOut(Splitter):
    """Hold out the last k interactions of each user.

    The training data never hold a user's own future, but they hold later interactions of other users;
    `GlobalTimeSplit` avoids this too.

    Parameters
    ----------
    k : int
        Number of test interactions.
    min_train : int
        Minimum number of training interactions. Users with fewer than ``k + min_train`` interactions are not tested;
        all their interactions are in the training data.
    random_state : int
        Seed of the random order of a user's interactions at the same time.

    Warns
    -----
    LeakageWarning
        By ``split``, if repeated events were merged into the interactions; see `split_log`.

    See Also
    --------
    recokit.model_selection.LeaveKOut : Hold out k random interactions of each user.
    recokit.model_selection.GlobalTimeSplit :
        Train on all interactions before a moment, test on all from that moment on.

    References
    ----------
    Y. Ji et al. (2023). A critical study on data leakage in recommender system offline evaluation. ACM TOIS 41(3).

    Examples
    --------
    >>> from recokit import Interactions
    >>> data = Interactions.from_arrays(
    ...     [1, 1, 2, 2], [10, 20, 10, 30], timestamps=[5, 3, 1, 2]
    ... )
    >>> [(train.tolist(), test.tolist()) for train, test in LeaveLastOut().split(data)]
    [([1, 2], [0, 3])]
    """

    n_splits = 1

    def __init__(self, k: int = 1, *, min_train: int = 1, random_state: int = 0) -> None:
        self.k = check_whole("k", k, 1)
        self.min_train = check_whole("min_train", min_train, 0)
        self.random_state = check_whole("random_state", random_state, 0)

    def _masks(self, log: Log) -> Iterator[tuple[BoolArray, BoolArray]]:
        log.required_times(type(self).__name__)
        ranks = ranks_within_users(log, np.random.default_rng(self.random_state), by_time=True)
        counts = log.user_counts[log.user_codes]
        test = (ranks >= counts - self.k) & (counts >= self.k + self.min_train)
        yield ~test, test

    _hint_if_empty = "no user has k + min_train interactions"


class GlobalTimeSplit(Splitter):
    """Train on all interactions before a moment, test on all from that moment on.

    Parameters
    ----------
    test_size : float
        Share of the test interactions, between 0 and 1. The moment with the nearest share is used, since interactions
        at the same time stay together.
    cut : number, datetime64, datetime or text such as "2024-05-01", optional
        First moment of the test, in the unit of the timestamps; ``test_size`` is then ignored. A moment with a time
        zone is converted to UTC, as timestamps are.

    Warns
    -----
    LeakageWarning
        By ``split``, if repeated events were merged into the interactions; see `split_log`.

    See Also
    --------
    recokit.model_selection.RollingTimeSplit :
        Test on consecutive windows of time, and train on the interactions before each window.
    recokit.model_selection.LeaveLastOut : Hold out the last k interactions of each user.
    recokit.model_selection.check_split :
        Check a split for leaks, and describe its test: cold users and items, and the popularity baseline.

    Examples
    --------
    >>> pairs = [("ann", "tea"), ("ann", "cup"), ("bob", "tea"), ("bob", "pot")]
    >>> times = [3, 1, 4, 2]
    >>> [
    ...     (train.tolist(), test.tolist())
    ...     for train, test in GlobalTimeSplit(0.25).split(pairs, groups=times)
    ... ]
    [([0, 1, 3], [2])]
    """

    n_splits = 1

    def __init__(self, test_size: float = 0.2, *, cut: Any = None) -> None:
        self.test_size = check_test_size(test_size, "cut")
        self.cut = cut

    def _masks(self, log: Log) -> Iterator[tuple[BoolArray, BoolArray]]:
        times = log.required_times(type(self).__name__)
        cut = nearest_cut(times, self.test_size, repr(self)) if self.cut is None else to_moment(self.cut, times, "cut")
        yield times < cut, times >= cut

    _hint_if_empty = "the cut is outside the time span of the data"


class RollingTimeSplit(Splitter):
    """Test on consecutive windows of time, and train on the interactions before each window.

    Parameters
    ----------
    n_splits : int
        Number of windows. The last one ends with the data.
    window : number, timedelta or timedelta64, optional
        Length of a window, in days if the timestamps are datetime64, else in their own unit. By default each window
        holds about 1 / (n_splits + 1) of the interactions, and lengths differ.
    train_window : number, timedelta or timedelta64, optional
        Train only on the interactions of this time before each window; by default on all before it.

    Warns
    -----
    LeakageWarning
        By ``split``, if repeated events were merged into the interactions; see `split_log`.

    See Also
    --------
    recokit.model_selection.GlobalTimeSplit :
        Train on all interactions before a moment, test on all from that moment on.
    recokit.model_selection.cross_validate :
        Fit models on the training data of each split, and compute metrics on the test data.

    Examples
    --------
    >>> pairs = [
    ...     ("ann", "tea"),
    ...     ("ann", "cup"),
    ...     ("bob", "tea"),
    ...     ("bob", "pot"),
    ...     ("cy", "tea"),
    ... ]
    >>> splits = RollingTimeSplit(2, window=10).split(pairs, groups=[1, 15, 22, 31, 35])
    >>> [(train.tolist(), test.tolist()) for train, test in splits]
    [([0, 1], [2]), ([0, 1, 2], [3, 4])]
    """

    def __init__(self, n_splits: int = 3, *, window: Any = None, train_window: Any = None) -> None:
        self.n_splits = check_whole("n_splits", n_splits, 1)
        self.window = _check_length("window", window)
        self.train_window = _check_length("train_window", train_window)

    def _masks(self, log: Log) -> Iterator[tuple[BoolArray, BoolArray]]:
        times = log.required_times(type(self).__name__)
        starts = self._even_starts(times) if self.window is None else self._regular_starts(times)
        for number, start in enumerate(starts):
            train = times < start
            if self.train_window is not None:
                train &= times >= start - to_length(self.train_window, times)
            test = times >= start
            if number + 1 < len(starts):
                test &= times < starts[number + 1]
            yield train, test

    def _even_starts(self, times: AnyArray) -> AnyArray:
        places = np.arange(1, self.n_splits + 1) * len(times) // (self.n_splits + 1)
        starts = np.sort(times)[places]
        if len(np.unique(starts)) < len(starts) or starts[0] == times.min():
            raise DataError(
                f"{self!r}: the timestamps are too few or too unevenly spread for {self.n_splits} windows; choose fewer"
            )
        return starts

    def _regular_starts(self, times: AnyArray) -> list[Any]:
        length, last = to_length(self.window, times), times.max()
        # A window includes its start and excludes its end. The last window includes the last interaction, so it ends
        # just after it: one unit later for whole numbers.
        first_after = last + 1 if times.dtype.kind in "iM" else np.nextafter(last, np.inf)
        return [first_after - number * length for number in range(self.n_splits, 0, -1)]

    _hint_if_empty = "choose fewer or longer windows"


def _check_length(name: str, length: Any) -> Any:
    is_time = isinstance(length, Real | timedelta | np.timedelta64) and not isinstance(length, bool)
    if length is not None and not (is_time and length > type(length)(0)):
        raise ValueError(f"{name}={length!r}: expected a positive number or timedelta")
    if isinstance(length, np.timedelta64) and np.datetime_data(length)[0] in ("generic", "M", "Y"):
        raise ValueError(f"{name}={length!r}: expected a unit of a constant length, such as numpy.timedelta64(7, 'D')")
    if isinstance(length, float | np.floating) and np.isinf(length):
        raise ValueError(f"{name}={length!r}: expected a finite number; None is for a length without a limit")
    return length
