"""LogSummary: the size, period, revenue, repeats and density of an event log."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from recokit._runtime.html import html_table
from recokit._runtime.text import text_table
from recokit.data._frames import Backend, to_frame
from recokit.preprocessing._grouped import first_rows_of_pairs
from recokit.preprocessing._times import missing_times

if TYPE_CHECKING:
    from recokit.preprocessing._table import EventTable

__all__ = ["KindSummary", "LogSummary", "summarize"]

_LATE_SHARE = 0.2


@dataclass(frozen=True)
class KindSummary:
    """Figures of one kind of event, or of all.

    Attributes
    ----------
    kind : str
    n_events, n_users, n_items : int
        Users and items with such an event; missing ids do not count.
    repeat_share : float
        Share of the events that repeat an earlier (user, item) pair of this kind; NaN without complete pairs.
    revenue : float, optional
        Revenue, less returns; None without prices.

    See Also
    --------
    recokit.preprocessing.LogSummary : Figures of an event log; ``print`` shows them as a table, and so does a notebook.

    Examples
    --------
    >>> from recokit import EventLog
    >>> log = EventLog.from_frame(
    ...     {
    ...         "user_id": ["ann", "ann", "bob"],
    ...         "item_id": ["tea", "tea", "cup"],
    ...         "event": ["view", "purchase", "view"],
    ...         "timestamp": ["2024-05-01", "2024-05-02", "2024-05-03"],
    ...     }
    ... )
    >>> log.describe().kinds[0].n_users
    2
    """

    kind: str
    n_events: int
    n_users: int
    n_items: int
    repeat_share: float
    revenue: float | None


@dataclass(frozen=True, repr=False)
class LogSummary:
    """Figures of an event log; ``print`` shows them as a table, and so does a notebook.

    Attributes
    ----------
    kinds : tuple of KindSummary
        One for each kind of event, the most frequent first.
    total : KindSummary
        The figures of all events.
    start, stop : datetime64, int or None
        First and last time.
    density : float
        Share of the (user, item) pairs with an event.
    cold_users, cold_items : float, optional
        Share of the last fifth of the events whose user (or item) has no event before these; None without times.
    n_missing : dict of str to int
        Number of events without a user, an item or a time, and of purchases and returns without a quantity or a price,
        where there are any.

    See Also
    --------
    recokit.EventLog : The events of a shop: views, carts, purchases, returns and others, in time order.
    recokit.preprocessing.KindSummary : Figures of one kind of event, or of all.

    Examples
    --------
    >>> from recokit import EventLog
    >>> log = EventLog.from_frame(
    ...     {
    ...         "user_id": ["ann", "ann", "bob"],
    ...         "item_id": ["tea", "tea", "cup"],
    ...         "event": ["view", "purchase", "view"],
    ...         "timestamp": ["2024-05-01", "2024-05-02", "2024-05-03"],
    ...     }
    ... )
    >>> summary = log.describe()
    >>> summary.total.n_events, [kind.kind for kind in summary.kinds]
    (3, ['view', 'purchase'])
    >>> len(summary.to_frame())
    2
    """

    kinds: tuple[KindSummary, ...]
    total: KindSummary
    start: Any
    stop: Any
    density: float
    cold_users: float | None
    cold_items: float | None
    n_missing: dict[str, int]

    @property
    def _columns(self) -> list[str]:
        names = ["event", "events", "users", "items", "repeats"]
        return [*names, "revenue"] if self.total.revenue is not None else names

    def _cells(self) -> list[list[Any]]:
        rows = []
        for each in (*self.kinds, self.total):
            share = "" if each.repeat_share != each.repeat_share else f"{100 * each.repeat_share:.1f}%"
            row = [each.kind, each.n_events, each.n_users, each.n_items, share]
            rows.append(row if each.revenue is None else [*row, f"{each.revenue:,.2f}"])
        return rows

    def _facts(self) -> list[str]:
        facts = [] if self.start is None else [f"from {_moment(self.start)} to {_moment(self.stop)}"]
        facts.append(f"{100 * self.density:.3g}% of all (user, item) pairs have an event")
        if self.cold_users is not None and self.cold_items is not None:
            facts.append(
                f"of the last fifth of the events, {100 * self.cold_users:.1f}% are of new users and "
                f"{100 * self.cold_items:.1f}% of new items"
            )
        return facts + [f"{n:,} events without {name}" for name, n in self.n_missing.items()]

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame with one row for each kind of event.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}
            Library of the frame, which must be installed.
        """
        columns = {"event": np.array([each.kind for each in self.kinds], dtype=object)}
        for name in ("n_events", "n_users", "n_items", "repeat_share"):
            columns[name] = np.array([getattr(each, name) for each in self.kinds])
        if self.total.revenue is not None:
            columns["revenue"] = np.array([each.revenue for each in self.kinds])
        return to_frame(columns, backend)

    def __str__(self) -> str:
        return "\n".join([text_table(self._columns, self._cells()), *self._facts()])

    def _repr_html_(self) -> str:
        return html_table("Events", self._columns, self._cells(), "; ".join(self._facts()))

    def __repr__(self) -> str:
        total = self.total
        return f"LogSummary({total.n_events:,} events, {total.n_users:,} users, {total.n_items:,} items)"


def _moment(time: Any) -> str:
    return f"{time:,}" if isinstance(time, int) else str(time.astype("datetime64[m]")).replace("T", " ")


def summarize(log: "EventTable") -> LogSummary:
    """Return the figures of a log."""
    kinds = [_summarize(log.take(log.is_kind(kind), keep_ids=True), kind)[0] for kind in log.kinds]
    kinds.sort(key=lambda each: -each.n_events)
    total, n_pairs = _summarize(log, "all")
    start, stop, cold = _over_time(log)
    density = n_pairs / max(log.n_users * log.n_items, 1)
    return LogSummary(tuple(kinds), total, start, stop, density, *cold, _missing(log))


def _summarize(log: "EventTable", kind: str) -> tuple[KindSummary, int]:
    """Return the figures of a log under a name, and its number of distinct pairs."""
    first = first_rows_of_pairs(log.user_codes, log.item_codes, log.n_users, log.n_items)
    n_pairs = int(np.count_nonzero(first == np.arange(len(log))))
    n_complete = int(np.count_nonzero(first >= 0))
    repeats = 1 - n_pairs / n_complete if n_complete else np.nan
    n_users, n_items = (int(np.count_nonzero(np.bincount(codes + 1)[1:])) for codes in (log.user_codes, log.item_codes))
    revenue = None if log.revenue is None else float(log.revenue.sum())
    return KindSummary(kind, len(log), n_users, n_items, float(repeats), revenue), n_pairs


def _over_time(log: "EventTable") -> tuple[Any, Any, tuple[float | None, float | None]]:
    """Return the first and the last time, and the shares of cold users and items in the last events."""
    if log.times is None:
        return None, None, (None, None)
    n_timed = len(log) - int(np.count_nonzero(missing_times(log.times)))
    if n_timed == 0:
        return None, None, (None, None)
    start, stop = log.times[0], log.times[n_timed - 1]  # in time order, missing times last
    if log.times.dtype.kind != "M":
        start, stop = int(start), int(stop)
    late = slice(int((1 - _LATE_SHARE) * n_timed), n_timed)
    shares = []
    for codes in (log.user_codes, log.item_codes):
        known = np.bincount(codes[: late.start] + 1, minlength=int(codes.max(initial=-1)) + 2) > 0
        known[0] = True
        shares.append(float(np.mean(~known[codes[late] + 1])))
    return start, stop, (shares[0], shares[1])


def _missing(log: "EventTable") -> dict[str, int]:
    counts = {"user": int(np.count_nonzero(log.user_codes < 0)), "item": int(np.count_nonzero(log.item_codes < 0))}
    counts["time"] = 0 if log.times is None else int(np.count_nonzero(missing_times(log.times)))
    sold = log.is_kind("purchase", "return")
    for name, numbers in (("quantity", log.quantities), ("price", log.prices)):
        counts[name] = 0 if numbers is None else int(np.count_nonzero(np.isnan(numbers[sold])))
    return {name: n for name, n in counts.items() if n}
