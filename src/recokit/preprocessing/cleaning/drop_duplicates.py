"""DropDuplicates: remove exact repeats of events."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from recokit._typing import AnyArray, BoolArray, IntArray
from recokit.exceptions import DataError
from recokit.kernels.cleaning import keep_first
from recokit.preprocessing._times import missing_times
from recokit.preprocessing.cleaning._shared import (
    RuleText,
    by_pair,
    changes,
    example,
    removing,
    ticks_of,
    to_window,
)
from recokit.preprocessing.cleaning.rule import RuleResult

if TYPE_CHECKING:
    from recokit.preprocessing.event_log import EventLog

__all__ = ["DropDuplicates"]


@dataclass(frozen=True, repr=False)
class DropDuplicates(RuleText):
    """Remove exact repeats: events with the same values in all columns, within a window of time.

    Double clicks, retried requests and files that were loaded twice repeat events. An event is removed if an event with
    the same user, item, kind, quantity, price, order, session, query and source is kept at most ``window`` earlier;
    missing values are equal to each other. Events without a user or a time are compared only within an order or a
    session, because they may be events of different visitors or visits.

    Parameters
    ----------
    window : str or timedelta
        Longest time between an event and its repeat, such as "2s" or "1min"; "0s" finds repeats at the same time.

    Raises
    ------
    ValueError
        The window is not a length of time, or is a number without a unit.
    DataError
        The log has neither times nor orders nor sessions, or steps and a window above 0 (`apply`).

    See Also
    --------
    recokit.preprocessing.DropMissing : Remove events without a user, item or other value.
    recokit.preprocessing.NetReturns :
        Subtract returns from earlier purchases of the same user and item, latest first, and remove the returns.
    recokit.preprocessing.CleaningReport : Report of `EventLog.clean`; ``print`` and notebooks show it as a table.

    Examples
    --------
    >>> from recokit import EventLog
    >>> times = ["2024-05-01 10:00:00", "2024-05-01 10:00:01", "2024-05-01 11:00:00"]
    >>> log = EventLog.from_frame(
    ...     {"user_id": [7, 7, 7], "item_id": ["tea", "tea", "tea"], "timestamp": times}
    ... )
    >>> cleaned, report = log.clean(DropDuplicates("2s"))
    >>> cleaned.times.astype("datetime64[m]").astype(str).tolist()
    ['2024-05-01T10:00', '2024-05-01T11:00']
    >>> DropDuplicates("2s").apply(log).removed.tolist()
    [False, True, False]
    """

    window: Any = "0s"
    remedy: ClassVar[str] = "use a shorter window"

    def __post_init__(self) -> None:
        to_window(self.window, "window")

    def apply(self, log: "EventLog") -> RuleResult:
        """Return the events that do not repeat an earlier one."""
        window = to_window(self.window, "window")
        if log.times is None and log.orders is None and log.sessions_ is None:
            raise DataError(
                "DropDuplicates needs times, orders or sessions, to tell repeated events from repeated purchases; give "
                "timestamp=, order= or session= to EventLog.from_frame"
            )
        if log.times is not None and log.times.dtype.kind != "M" and window:
            raise DataError(f"DropDuplicates: window={self.window!r} needs dates, but the times are steps; use '0s'")
        removed = np.zeros(len(log), dtype=np.bool_)
        rows, ticks = _close_rows(log, window)
        if len(rows):
            order, groups = _equal_rows(log, rows, ticks)
            keep = np.empty(len(order), dtype=np.bool_)
            keep_first(groups, ticks[order], window, keep)
            removed[rows[order[~keep]]] = True
        return RuleResult(removing(log, removed), removed, notes=_notes(log, rows, removed))


def _close_rows(log: "EventLog", window: int) -> tuple[IntArray, IntArray]:
    """Return the rows with another row of the same user and item within the window, and their times.

    Few rows have one, so that the comparison of all columns is cheap.
    """
    rows = np.flatnonzero(_comparable(log))
    ticks = np.zeros(len(log), dtype=np.int64)
    if log.times is not None:
        ticks = ticks_of(log, "DropDuplicates", missing=window + 1)
    if window or log.times is None:
        rows = by_pair(log, rows)
    follows = ~(changes(log.user_codes[rows]) | changes(log.item_codes[rows]))
    follows[1:] &= np.diff(ticks[rows]) <= window
    close = follows.copy()
    close[:-1] |= follows[1:]
    return rows[close], ticks[rows[close]]


def _comparable(log: "EventLog") -> BoolArray:
    """Return a mask of the events whose repeats can be told from other events: of a user and time, order or session."""
    known = np.zeros(len(log), dtype=np.bool_) if log.times is None else ~missing_times(log.times)
    known &= log.user_codes >= 0
    for codes in (log.order_codes, log.session_codes):
        if codes is not None:
            known |= codes >= 0
    return known


def _equal_rows(log: "EventLog", rows: IntArray, ticks: IntArray) -> tuple[IntArray, IntArray]:
    """Return the positions of rows sorted by their values and time, and the number of each group of equal rows."""
    keys: list[AnyArray] = [log.user_codes, log.item_codes, log.event_codes]
    keys += [
        column
        for column in (log.order_codes, log.session_codes, log.query_codes, log.source_codes)
        if column is not None
    ]
    columns = [key[rows] for key in keys]
    columns += [
        np.nan_to_num(column[rows], nan=np.inf) for column in (log.quantities, log.prices) if column is not None
    ]
    order = np.lexsort([rows, ticks, *columns])
    differs: BoolArray = np.zeros(len(order), dtype=np.bool_)
    for column in columns:
        differs |= changes(column[order])
    return order, np.cumsum(differs)


def _notes(log: "EventLog", rows: IntArray, removed: BoolArray) -> tuple[str, ...]:
    first = rows[removed[rows]][:3]
    return tuple(f"repeated: {example(log, row)}" for row in sorted(first.tolist()))
