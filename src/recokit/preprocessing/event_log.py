"""EventLog: the events of a shop, as codes, in time order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recokit.persistence import storable
from recokit.preprocessing import _rows
from recokit.preprocessing._cleaning import clean
from recokit.preprocessing._distinct import Coded
from recokit.preprocessing._reading import read_log
from recokit.preprocessing._table import EventTable
from recokit.preprocessing._times import TimeUnit
from recokit.preprocessing.cleaning.report import CleaningReport
from recokit.preprocessing.cleaning.rule import Rule

__all__ = ["EventLog"]


@storable("recokit.EventLog")
@dataclass(frozen=True, eq=False, repr=False)
class EventLog(EventTable):
    """The events of a shop: views, carts, purchases, returns and others, in time order.

    A log is immutable; methods return new logs. Rows are sorted by time, user, item, kind of event and the other
    columns, so that the order of the input rows changes nothing. Missing times come last. `from_frame` creates a log.

    Attributes
    ----------
    users, items : IdIndex
        Ids that occur in the log, sorted.
    user_codes, item_codes : (n_events,) int32 arrays
        User and item of each event; −1 for a missing id.
    kinds : tuple of str
        Kinds of events that occur, sorted.
    event_codes : (n_events,) int8 array
        Position in ``kinds`` of the kind of each event.
    times : (n_events,) datetime64[us] array, or (n_events,) int64 array of steps, or None
        Times in UTC if the input had a time zone, otherwise as given; NaT for a missing time.
    quantities, prices : (n_events,) float64 arrays, or None
        Number of pieces, and price of a piece; NaN if missing.
    orders, sessions_, queries, sources : IdIndex, or None
        Ids of orders, sessions, search queries and sources (platforms).
    order_codes, session_codes, query_codes, source_codes : (n_events,) int32 arrays, or None
        −1 for a missing id.

    Examples
    --------
    >>> log = EventLog.from_frame({
    ...     "user_id": ["ann", "ann", "bob", "ann"],
    ...     "item_id": ["tea", "tea", "cup", "tea"],
    ...     "event": ["view", "purchase", "view", "purchase"],
    ...     "timestamp": ["2024-05-01 10:00", "2024-05-01 10:04", "2024-05-02 09:30", "2024-05-09 18:00"],
    ... })
    >>> log
    EventLog(4 events of 2 users and 2 items, purchase 2, view 2, 2024-05-01 to 2024-05-09)
    >>> log.items.take(log.item_codes).tolist()
    ['tea', 'tea', 'cup', 'tea']
    """

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        user: str | None = None,
        item: str | None = None,
        timestamp: str | None = None,
        *,
        event: str | None = None,
        quantity: str | None = None,
        price: str | None = None,
        order: str | None = None,
        session: str | None = None,
        query: str | None = None,
        source: str | None = None,
        time_unit: TimeUnit | None = None,
        event_names: Mapping[Any, str] | None = None,
        default_event: str = "purchase",
    ) -> "EventLog":
        """Create a log from a frame with one row for each event.

        Ids, quantities, prices and times may be missing (None, NaN, NaT) and are kept as missing.

        Parameters
        ----------
        frame : frame, mapping of columns, or iterator of frames
            A frame of pandas, Polars (eager or lazy) or PyArrow, a relation of DuckDB, or a mapping of names to
            columns. An iterator of frames, such as ``pandas.read_csv(path, chunksize=10**6)``, reads data larger than
            memory: only codes and numbers are kept of each chunk.
        user, item : str, optional
            Names of the columns of ids; by default ``user_id`` and ``item_id``.
        timestamp : str, optional
            Name of the column of times; by default ``timestamp``, if the frame has it. Dates and times, text in ISO
            8601, or numbers with ``time_unit``. Times with a time zone are converted to UTC.
        event : str, optional
            Name of the column of kinds of events; by default ``event``, if the frame has it.
        quantity, price : str, optional
            Names of the columns of pieces and of the price of a piece; by default ``quantity`` and ``price``, if the
            frame has them.
        order, session, query, source : str, optional
            Names of the columns of orders, sessions, search queries and sources (platforms); by default ``order_id``,
            ``session_id``, ``query`` and ``source``, if the frame has them.
        time_unit : {"s", "ms", "us", "ns", "step"}, optional
            Unit of times that are numbers: since 1970 in UTC, or ``"step"`` for numbers that only give the order.
        event_names : mapping, optional
            Kind of event for values of the column of events, such as ``{"pv": "view", "buy": "purchase"}``. Values
            without an entry stay as they are. Revenue, cleaning and features use the kinds "view", "cart", "purchase"
            and "return".
        default_event : str
            Kind of all events if the frame has no column of events.

        Raises
        ------
        DataError
            A column does not exist or cannot be used, or there are no rows.

        Examples
        --------
        >>> lines = {"customer": [7, 8], "sku": ["tea", "cup"], "at": [1714557600, 1714561200]}
        >>> log = EventLog.from_frame(lines, "customer", "sku", "at", time_unit="s")
        >>> log.times.astype(str).tolist()
        ['2024-05-01T10:00:00.000000', '2024-05-01T11:00:00.000000']
        """
        given = {"user": user, "item": item, "timestamp": timestamp, "event": event, "quantity": quantity}
        given |= {"price": price, "order": order, "session": session, "query": query, "source": source}
        read = read_log(frame, given, time_unit, event_names or {}, default_event)
        return cls._sorted(
            read.ids, kinds=read.kinds, event_codes=read.event_codes, times=read.times, quantities=read.quantities,
            prices=read.prices,
        )  # fmt: skip

    @classmethod
    def _sorted(cls, ids: Mapping[str, Coded], **columns: Any) -> "EventLog":
        """Create a log from columns in any order."""
        coded = {name: part for key, part in ids.items() for name, part in _rows.coded_fields(key, part)}
        return _rows.in_order(cls(**coded, **columns))

    def clean(self, *rules: Rule) -> tuple["EventLog", CleaningReport]:
        """Apply cleaning rules in order.

        Parameters
        ----------
        *rules : Rule
            Rules of `recokit.preprocessing.cleaning`, such as ``DropMissing()``, or your own.

        Returns
        -------
        log : EventLog
        report : CleaningReport
            Events, users, items and revenue removed by each rule, with examples.

        Raises
        ------
        DataError
            A rule removes the last events, or needs a column that the log does not have.
        TypeError
            A rule has no method ``apply``.

        Examples
        --------
        >>> from recokit.preprocessing import DropDuplicates, DropMissing
        >>> log = EventLog.from_frame({
        ...     "user_id": [1, 1, None], "item_id": ["tea", "tea", "cup"], "timestamp": ["2024-05-01"] * 3
        ... })
        >>> cleaned, report = log.clean(DropMissing(), DropDuplicates())
        >>> len(cleaned), [step.events for step in report]
        (1, [1, 1])
        """
        return clean(self, rules)
