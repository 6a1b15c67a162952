"""split_log: split a log of events at a moment, before repeated events are merged into pairs."""

from typing import Any, Literal

import numpy as np

from recokit._typing import AnyArray
from recokit.data._building import Duplicates
from recokit.data._columns import check_lengths, check_values, to_times, to_values, warn_of_no_scale, warn_of_unused
from recokit.data._frames import column, column_names
from recokit.data._moments import nearest_cut, to_moment
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Feedback, Interactions
from recokit.exceptions import DataError
from recokit.model_selection._splitter import check_test_size
from recokit.preprocessing._log_split import LogSplit
from recokit.preprocessing._valued_events import ValuedEvents, split_events
from recokit.preprocessing.event_log import EventLog

__all__ = ["LogSplit", "split_log"]


def split_log(
    log: Any,
    test_size: float = 0.2,
    *,
    at: Any = None,
    until: Any = None,
    repeats: bool = False,
    new_users: bool = False,
    user: str = "user_id",
    item: str = "item_id",
    rating: str | None = None,
    timestamp: str = "timestamp",
    feedback: Feedback | None = None,
    duplicates: Duplicates | None = None,
) -> LogSplit:
    """Split a log of events at a moment, and merge the repeated events of each part after the split.

    `Interactions` hold one interaction for each (user, item) pair, with the time of its latest event. If they are split
    by time, a pair with events before and after the cut moves to the test: its earlier events are missing from
    training, and it is easier to predict than a new pair. This function splits the events first. By default the test
    has new pairs of known users only (the protocol for recommending new items). With ``repeats=True`` it also has the
    pairs that occur in training (repeat purchases, replays); then recommend with ``exclude_seen=False``.

    Parameters
    ----------
    log : pandas, Polars or PyArrow frame, mapping of columns, or EventLog
        One row for each event, in any order; a pair may occur many times. An EventLog has one kind of event; for
        several, see `EventLog.train_test`.
    test_size : float
        Share of the events at or after the cut, between 0 and 1. The moment with the nearest share is used.
    at : number, datetime64, datetime or text such as "2024-05-01", optional
        First moment of the test; ``test_size`` is then ignored.
    until : as ``at``, optional
        Ignore the events at this moment or later. Use the ``at`` of a later split to hold out validation data for it.
    repeats : bool
        Keep test pairs that also occur in training.
    new_users : bool
        Keep test users without training events.
    user, item, rating, timestamp : str
        Names of the columns. Without ``rating``, each event has the value 1.
    feedback : {"explicit", "implicit"}, optional
        As in `Interactions.from_frame`.
    duplicates : {"error", "sum", "mean", "last", "max"}, optional
        How to merge the events of a pair in the same part; by default "last" for ratings, and "sum" for strengths.

    Returns
    -------
    LogSplit

    Raises
    ------
    DataError
        A column does not exist or cannot be used, or a part is empty.
    ValueError
        ``test_size`` is not between 0 and 1.

    See Also
    --------
    recokit.model_selection.LogSplit :
        Training and test data from a log of events; ``train, test = split`` unpacks them.
    recokit.EventLog : The events of a shop: views, carts, purchases, returns and others, in time order.
    recokit.model_selection.check_split :
        Check a split for leaks, and describe its test: cold users and items, and the popularity baseline.

    Examples
    --------
    >>> log = {
    ...     "user_id": ["ann", "ann", "bob", "ann", "bob", "eve"],
    ...     "item_id": ["tea", "cup", "tea", "tea", "cup", "cup"],
    ...     "timestamp": [1, 2, 3, 4, 5, 6],
    ... }
    >>> train, test = split_log(log, at=4)
    >>> test.to_pairs()[0].tolist()
    [['bob', 'cup']]
    >>> print(split_log(log, at=4, repeats=True))
    split at 4
    training  3 pairs of 2 users with 2 items
    test      2 pairs of 2 users with 2 items
    1 later pair(s) also occur in training: tested
    1 later user(s) are outside the training data: not tested
    """
    if isinstance(log, EventLog):
        return _of_event_log(log, test_size, at, until, {"repeats": repeats, "new_users": new_users}, rating)
    events = _read(log, user, item, rating, timestamp, feedback, duplicates)
    test_size = check_test_size(test_size, "at")
    end = None if until is None else to_moment(until, events.times, "until")
    cut = _cut(events.times, test_size, end) if at is None else to_moment(at, events.times, "at")
    if end is not None and not cut < end:
        raise DataError(f"until={until!r}: expected a moment after the cut, {cut}")
    split = split_events(events, cut, end, repeats=repeats, new_users=new_users)
    for part in split:
        check_values(part.values, events.feedback, rating or "values")
    return split


def _of_event_log(
    log: EventLog, test_size: float, at: Any, until: Any, options: dict[str, bool], rating: str | None
) -> LogSplit:
    if rating is not None:
        raise ValueError(f"rating={rating!r}: an EventLog has no ratings; pass the frame")
    if len(log.kinds) > 1:
        raise DataError(
            f"the log has several kinds of events: {', '.join(log.kinds)}; use log.train_test(target=…, weights=…), or "
            "choose one with log.filter(events=…)"
        )
    test: Literal["new", "allowed"] = "allowed" if options["repeats"] else "new"
    return log.train_test(
        log.kinds, repeats=test, new_users=options["new_users"], at=at, test_size=test_size, until=until
    )


def _cut(times: AnyArray, test_size: float, end: Any) -> Any:
    times = times if end is None else times[times < end]
    if len(times) == 0:
        raise DataError(f"no event is before until={end}")
    return nearest_cut(times, test_size, "split_log")


def _read(
    log: Any,
    user: str,
    item: str,
    rating: str | None,
    timestamp: str,
    feedback: Feedback | None,
    duplicates: Duplicates | None,
) -> ValuedEvents:
    """Read and check the columns of a log."""
    if isinstance(log, Interactions):
        raise DataError(
            "expected a log with one row for each event, got Interactions, in which repeated events are already "
            "merged; pass the frame of events that they were made from"
        )
    user_index, user_codes = IdIndex.factorize(column(log, user), user)
    item_index, item_codes = IdIndex.factorize(column(log, item), item)
    times = to_times(column(log, timestamp), timestamp)
    warn_of_unused(column_names(log), {user, item, rating, timestamp})
    if rating is None:
        values = np.ones(len(user_codes), dtype=np.float32)
    else:
        values = to_values(column(log, rating), rating)
        if feedback is None:
            warn_of_no_scale(values, rating)
    check_lengths({user: user_codes, item: item_codes, rating or "": values, timestamp: times})
    kind: Feedback = feedback or ("implicit" if rating is None else "explicit")
    merging = duplicates or ("last" if kind == "explicit" else "sum")
    if merging != "sum":  # sums of quantities and refunds may be valid strengths
        check_values(values, kind, rating or "values")
    return ValuedEvents(user_index, item_index, user_codes, item_codes, values, times, kind, merging)
