"""Splits of a log by time: one cut, training and test interactions, rolling windows."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from recokit._runtime.arguments import check_count, check_probability
from recokit._typing import AnyArray, BoolArray
from recokit.data._moments import nearest_cut, to_moment
from recokit.exceptions import DataError
from recokit.preprocessing._lengths import read_length
from recokit.preprocessing._log_split import LogSplit, split_after
from recokit.preprocessing._rows import known_kinds, required_times
from recokit.preprocessing._sequences import event_rows, warn_of_omitted
from recokit.preprocessing._times import missing_times

if TYPE_CHECKING:
    from recokit.preprocessing._splitting import SplittableLog

__all__ = ["cut_of", "train_test_of", "windows_of"]


def cut_of(
    log: "SplittableLog", rows: BoolArray | None, at: Any, test_size: Any, purpose: str, until: Any = None
) -> Any:
    """Return the first moment of the test: ``at``, or the moment that leaves the share of the events to the test."""
    times = required_times(log, purpose)
    if at is not None:
        return to_moment(at, times, "at")
    try:
        share = check_probability(test_size, "test_size")
    except ValueError as error:
        raise ValueError(f"{error}; to split at a moment, pass at={test_size!r}") from None
    chosen = ~missing_times(times) if rows is None else ~missing_times(times) & rows
    if until is not None:
        chosen &= times < to_moment(until, times, "until")
    if not np.any(chosen):
        raise DataError(f"{purpose}: no event has a time" + ("" if until is None else f" before until={until!r}"))
    return nearest_cut(times[chosen], share, purpose)


def _target_rows(log: "SplittableLog", target: str | Iterable[str]) -> BoolArray:
    """Return the mask of the complete target events."""
    known_kinds(log, target, "target")
    return event_rows(log, target) & (log.user_codes >= 0) & (log.item_codes >= 0)


def train_test_of(
    log: "SplittableLog",
    target: str | Iterable[str],
    repeats: str,
    new_users: bool,
    cut: Mapping[str, Any],
    weighting: Mapping[str, Any],
) -> LogSplit:
    """Return the weighted interactions before a cut and the target events from it on.

    Parameters
    ----------
    log : EventLog
    target : str or iterable of str
    repeats : {"new", "allowed"}
    new_users : bool
    cut : mapping
        ``at``, ``test_size``, ``until`` and ``since``.
    weighting : mapping
        Arguments of `EventLog.interactions`.
    """
    if repeats not in ("new", "allowed"):
        raise ValueError(f"repeats={repeats!r}: expected 'new' or 'allowed'")
    times = required_times(log, "train_test")
    target = target if isinstance(target, str) else tuple(target)
    rows = _target_rows(log, target)
    warn_of_omitted("train_test", missing_times(times), "no time")
    at = cut_of(log, rows, cut.get("at"), cut.get("test_size"), "train_test", cut.get("until"))
    until = None if cut.get("until") is None else to_moment(cut["until"], times, "until")
    if until is not None and not at < until:
        raise DataError(f"until={cut['until']!r}: expected a moment after the cut, {at}")
    later_rows = rows & ~missing_times(times) & (times >= at)
    if until is not None:
        later_rows &= times < until
    if not np.any(later_rows):
        raise DataError(f"no test events: none of the kind {target!r} is at {at} or later")
    past = log.between(cut.get("since"), at)
    if len(past) == 0:
        raise DataError(f"no training events: all are at {at} or later")
    train = past.interactions(**{"at": at, **weighting})
    target_log = log.take(later_rows)
    later = target_log.interactions(dict.fromkeys(target_log.kinds, 1.0))  # the value of a pair is its number of events
    return split_after(train, later, later.values, at, repeats=repeats == "allowed", new_users=new_users)


def windows_of(log: "SplittableLog", n: int, window: Any, train_window: Any, target: Any) -> list[dict[str, Any]]:
    """Return the bounds of the training and test data of n consecutive windows, the last of which ends with the log."""
    check_count(n, "n")
    times = required_times(log, "rolling_windows")
    rows = _target_rows(log, target) & ~missing_times(times)
    if not np.any(rows):
        raise DataError(f"rolling_windows: no event of the kind {target!r} has a time")
    moments = times[rows]
    starts = (
        _starts(moments, n) if window is None else _regular_starts(moments, n, read_length(window, times, "window"))
    )
    first = times[~missing_times(times)].min()
    if window is not None and starts[0] <= first:
        raise DataError(
            f"window={window!r}: the log from {first} to {moments.max()} has no events before {n} windows of this "
            "length; use shorter or fewer windows"
        )
    length = None if train_window is None else read_length(train_window, times, "train_window")
    ends = [*starts[1:], None]
    return [
        {"at": start, "until": end, "since": None if length is None else start - length}
        for start, end in zip(starts, ends, strict=True)
    ]


def _starts(moments: AnyArray, n: int) -> list[Any]:
    """Return n moments that leave about the same number of events to each window and to the first training data."""
    places = np.arange(1, n + 1) * len(moments) // (n + 1)
    starts = list(moments[places])  # in time order
    if len({moments[0], *starts}) < n + 1:
        raise DataError(f"rolling_windows: the events have too few distinct times for {n} windows; choose fewer")
    return starts


def _regular_starts(moments: AnyArray, n: int, length: Any) -> list[Any]:
    first_after = moments[-1] + 1
    return [first_after - number * length for number in range(n, 0, -1)]
