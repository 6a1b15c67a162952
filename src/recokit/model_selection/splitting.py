"""Splits of Interactions into training and test data."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from recokit.data._inputs import as_interactions
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError
from recokit.model_selection._splitter import Splitter
from recokit.model_selection.pairs import Pairs
from recokit.model_selection.random_splits import RandomHoldOut
from recokit.model_selection.time_splits import GlobalTimeSplit, LeaveLastOut, RollingTimeSplit
from recokit.preprocessing._log_split import LogSplit, split_after
from recokit.preprocessing.event_log import EventLog

__all__ = ["default_splitter", "make_folds", "split_interactions", "train_test_split"]


def split_interactions(data: Any, splitter: Any) -> Iterator[tuple[Interactions, Interactions]]:
    """Yield the training and the test data of each split.

    Parameters
    ----------
    data : Interactions, EventLog, or any other input of a recommender's ``fit``
        The events of an EventLog with one kind of event are split by time before they are merged. Test pairs that also
        occur in training are left out.
    splitter : splitter of recokit or of scikit-learn
        Any object with a method ``split(X, y)`` that yields training and test rows; for an EventLog, a splitter by
        time.

    Yields
    ------
    train, test : Interactions
        Both have all users and items of ``data``, also without interactions in the part.

    Raises
    ------
    DataError
        The data cannot be read, or cannot be split in this way.
    TypeError
        ``splitter`` has no method ``split``.

    See Also
    --------
    recokit.model_selection.train_test_split : Return the training and the test data: the first split of a splitter.
    recokit.model_selection.GlobalTimeSplit :
        Train on all interactions before a moment, test on all from that moment on.
    recokit.model_selection.check_split :
        Check a split for leaks, and describe its test: cold users and items, and the popularity baseline.

    Examples
    --------
    >>> data = Interactions.from_arrays(
    ...     [1, 1, 2, 2], [10, 20, 10, 30], timestamps=[5, 3, 1, 2]
    ... )
    >>> for train, test in split_interactions(data, GlobalTimeSplit(0.5)):
    ...     print(train, test)
    Interactions(2 users × 3 items, 2 interactions, implicit) Interactions(2 users × 3 items, 2 interactions, implicit)
    """
    if not _is_splitter(splitter):
        raise TypeError(f"splitter={splitter!r}: expected a splitter, such as RandomHoldOut(0.2)")
    if isinstance(data, EventLog) and data.times is not None:
        yield from _split_events(data, splitter)
        return
    data = as_interactions(data, None, "auto")
    X: Any = data if isinstance(splitter, Splitter) else Pairs(data)
    for train, test in splitter.split(X, data.values):
        yield data.select(_mask(train, len(data.values))), data.select(_mask(test, len(data.values)))


def _split_events(log: EventLog, splitter: Any) -> Iterator[tuple[Interactions, Interactions]]:
    if not isinstance(splitter, GlobalTimeSplit | LeaveLastOut | RollingTimeSplit):
        raise DataError(
            f"splitter={splitter!r}: an EventLog is split by time, such as by GlobalTimeSplit(0.2); pass "
            "log.interactions() for other splitters"
        )
    for train_rows, test_rows in splitter.split(log):
        train, later = (log.take(rows).interactions() for rows in (train_rows, test_rows))
        train, test = split_after(train, later, later.values, None, repeats=False, new_users=True)
        yield train.reindex(log.users, log.items), test.reindex(log.users, log.items)


def make_folds(data: Interactions | EventLog, splitter: Any) -> list[tuple[Interactions, Interactions]]:
    """Return the folds of a splitter, or given folds, over the same users.

    Parameters
    ----------
    data : Interactions or EventLog
    splitter : splitter, LogSplit, or sequence of (train, test) Interactions

    Raises
    ------
    TypeError
        ``splitter`` is something else.
    """
    if _is_splitter(splitter):
        return list(split_interactions(data, splitter))
    given = [splitter] if isinstance(splitter, LogSplit) else splitter
    folds = [tuple(fold) for fold in given] if isinstance(given, Iterable) and not isinstance(given, str) else []
    if not folds or not all(len(fold) == 2 and all(isinstance(part, Interactions) for part in fold) for fold in folds):
        raise TypeError(
            f"splitter={splitter!r}: expected a splitter, such as RandomHoldOut(0.2), or a sequence of (train, test) "
            "Interactions"
        )
    users = folds[0][0].users
    for part in (part for fold in folds for part in fold if part.users is not users):
        users = users.union(part.users)
    return [(train.reindex(users), test.reindex(users)) for train, test in folds]


def train_test_split(
    data: Any, splitter: Any = None, *, test_size: float | None = None, random_state: int | None = None
) -> tuple[Interactions, Interactions]:
    """Return the training and the test data: the first split of a splitter.

    Parameters
    ----------
    data
        As in `split_interactions`.
    splitter : splitter, optional
        By default ``GlobalTimeSplit(test_size)`` if the data have timestamps, else ``RandomHoldOut(test_size,
        stratified=True)``.
    test_size : float, optional
        Share of the test data for the default splitter; 0.2 by default.
    random_state : int, optional
        Seed of the default splitter for data without timestamps; 0 by default. A split by time has no random choice.

    Returns
    -------
    train, test : Interactions
        As in `split_interactions`, which also lists the errors.

    Raises
    ------
    ValueError
        A splitter is given together with ``test_size`` or ``random_state``, which are parameters of splitters.

    Warns
    -----
    LeakageWarning
        The splitter splits by time, and repeated events were merged into the interactions; see `split_log`.

    See Also
    --------
    recokit.model_selection.split_interactions : Yield the training and the test data of each split.
    recokit.model_selection.RandomHoldOut : Hold out a random share of all interactions, or of each user's interactions.
    recokit.model_selection.as_pairs : Return Interactions as X and y for scikit-learn, in random order.

    Examples
    --------
    >>> from recokit.model_selection import LeaveLastOut
    >>> data = Interactions.from_arrays(
    ...     [1, 1, 2, 2], [10, 20, 10, 30], timestamps=[5, 3, 1, 2]
    ... )
    >>> train, test = train_test_split(data, LeaveLastOut())
    >>> test.items.take(test.item_codes).tolist()
    [10, 30]
    >>> train, test = train_test_split(data, test_size=0.5)
    >>> test.timestamps.tolist()
    [5, 3]
    """
    if not isinstance(data, EventLog):
        data = as_interactions(data, None, "auto")
    options: dict[str, Any] = {"test_size": test_size, "random_state": random_state}
    given = {name: value for name, value in options.items() if value is not None}
    if splitter is None:
        splitter = default_splitter(data, **given)
    elif given:
        shown = ", ".join(f"{name}={value!r}" for name, value in given.items())
        raise ValueError(f"splitter and {shown} cannot both be given; set {', '.join(given)} of the splitter instead")
    return next(split_interactions(data, splitter))


def default_splitter(data: Interactions | EventLog, test_size: float = 0.2, random_state: int = 0) -> Splitter:
    """Return the splitter with the fewest leaks for the data."""
    if (data.times if isinstance(data, EventLog) else data.timestamps) is None:
        return RandomHoldOut(test_size, stratified=True, random_state=random_state)
    return GlobalTimeSplit(test_size)


def _is_splitter(splitter: Any) -> bool:
    return hasattr(splitter, "split") and not isinstance(splitter, str | type)


def _mask(positions: Any, n: int) -> Any:
    mask = np.zeros(n, dtype=np.bool_)
    mask[positions] = True
    return mask
