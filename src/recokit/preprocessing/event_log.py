"""EventLog: the events of a shop, as codes, in time order."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from recokit.data.interactions import Interactions
from recokit.data.sequences import Sequences
from recokit.exceptions import DataError
from recokit.persistence import storable
from recokit.preprocessing import _rows
from recokit.preprocessing._cleaning import clean
from recokit.preprocessing._distinct import Coded
from recokit.preprocessing._joining import Unmapped, join_logs
from recokit.preprocessing._reading import parquet_batches, read_log
from recokit.preprocessing._sequences import baskets_of, sequences_of, session_codes
from recokit.preprocessing._splitting import SplittableLog
from recokit.preprocessing._table import EventTable
from recokit.preprocessing._times import TimeUnit
from recokit.preprocessing._weighting import Quantity, interactions_of
from recokit.preprocessing.cleaning.report import CleaningReport
from recokit.preprocessing.cleaning.rule import Rule
from recokit.preprocessing.learned_weights import LearnedWeights, learn_weights
from recokit.preprocessing.log_summary import LogSummary, summarize

__all__ = ["EventLog"]


@storable("recokit.EventLog")
@dataclass(frozen=True, eq=False, repr=False)
class EventLog(SplittableLog):
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

    See Also
    --------
    recokit.Interactions : Users × items with values and timestamps.
    recokit.data.Sequences :
        The items of each user or session in time order, with repeats, and optionally grouped into baskets.
    recokit.preprocessing.user_features :
        Compute features of each user as of a moment; no event at or after the moment is used.
    recokit.model_selection.split_log :
        Split a log of events at a moment, and merge the repeated events of each part after the split.

    Examples
    --------
    >>> log = EventLog.from_frame(
    ...     {
    ...         "user_id": ["ann", "ann", "bob", "ann"],
    ...         "item_id": ["tea", "tea", "cup", "tea"],
    ...         "event": ["view", "purchase", "view", "purchase"],
    ...         "timestamp": [
    ...             "2024-05-01 10:00",
    ...             "2024-05-01 10:04",
    ...             "2024-05-02 09:30",
    ...             "2024-05-09 18:00",
    ...         ],
    ...     }
    ... )
    >>> log
    EventLog(4 events of 2 users and 2 items, purchase 2, view 2, 2024-05-01 to 2024-05-09)
    >>> log.items.take(log.item_codes).tolist()
    ['tea', 'tea', 'cup', 'tea']
    >>> more = {"user_id": ["ann"], "item_id": ["cup"], "timestamp": ["2024-05-10"]}
    >>> log = log.append(more)
    >>> log.sequences(events="purchase")["ann"]
    ['tea', 'tea', 'cup']
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

    @classmethod
    def from_parquet(
        cls,
        path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        *,
        batch_rows: int = 1_000_000,
        **names: Any,
    ) -> "EventLog":
        """Create a log from Parquet files, a batch of rows at a time.

        Parameters
        ----------
        path : path, or sequence of paths
            A file, a folder of files, or files.
        batch_rows : int
            Number of rows that are in memory at a time.
        **names
            Names of columns and further arguments of `from_frame`.

        Raises
        ------
        ImportError
            pyarrow is not installed.
        FileNotFoundError
            A file does not exist.
        DataError
            As in `from_frame`.
        """
        return cls.from_frame(parquet_batches(path, batch_rows, names), **names)

    @classmethod
    def concat(
        cls,
        logs: "Mapping[str, EventLog] | Sequence[EventLog]",
        *,
        users: Any = None,
        items: Any = None,
        unmapped: Unmapped = "error",
    ) -> "EventLog":
        """Join logs, such as those of the platforms of one shop.

        Parameters
        ----------
        logs : mapping of str to EventLog, or sequence of EventLog
            The keys of a mapping become the sources of the events. Logs in a sequence keep their sources.
        users, items : frame, mapping of columns, or mapping of sources to mappings of ids; optional
            Maps of ids. A frame has a column of ids for each of two or more sources, and the ids in a row belong to the
            same user (or item), which gets the first of them. A mapping such as ``{"web": {"w-17": 17}}`` gives the
            joint id of each id of a source; sources without an entry keep their ids. By default, equal ids are the same
            user (or item).
        unmapped : {"error", "same", "prefix"}
            How to treat ids outside the map. They keep their ids, and are refused if the id also occurs in another
            source ("error"), or count as the same user or item ("same"); or all get the name of the source before their
            id ("prefix"), such as "web:17".

        Raises
        ------
        DataError
            There are no logs, their times cannot be joined, or a map does not fit.

        Examples
        --------
        >>> app = EventLog.from_frame({"user_id": [17], "item_id": ["tea"]})
        >>> web = EventLog.from_frame({"user_id": ["w-17", "w-18"], "item_id": ["cup", "tea"]})
        >>> both = EventLog.concat(
        ...     {"app": app, "web": web}, users={"app": [17], "web": ["w-17"]}
        ... )
        >>> list(both.users), list(both.sources)
        ([17, 'w-18'], ['app', 'web'])
        """
        named = logs if isinstance(logs, Mapping) else None
        parts = list(logs.values()) if isinstance(logs, Mapping) else list(logs)
        if not parts or not all(isinstance(part, EventTable) for part in parts):
            raise DataError("concat: expected a mapping of names to EventLogs, or a sequence of EventLogs")
        maps = {"user": users, "item": items}
        ids, columns = join_logs(parts, None if named is None else list(named), maps, unmapped)
        return cls._sorted(ids, **columns)

    def append(self, other: Any, **names: Any) -> "EventLog":
        """Return the events of this log and of another one.

        Parameters
        ----------
        other : EventLog, or input of `from_frame`
            More events with ids of the same kind. Sources are kept.
        **names
            Names of columns and further arguments of `from_frame`, if ``other`` is a frame.

        Raises
        ------
        DataError
            As in `from_frame` and `concat`.
        """
        if isinstance(other, EventLog) and names:
            raise TypeError(f"append: {', '.join(names)} are arguments for frames, and got an EventLog")
        return type(self).concat([self, other if isinstance(other, EventLog) else self.from_frame(other, **names)])

    def describe(self) -> LogSummary:
        """Return the size, period, revenue, repeats, density and cold share of the log, which print as a table.

        Examples
        --------
        >>> log = EventLog.from_frame(
        ...     {
        ...         "user_id": [1, 1, 2, 2],
        ...         "item_id": ["tea", "tea", "cup", "tea"],
        ...         "price": [2.5, 2.5, 3.0, 2.5],
        ...         "timestamp": ["2024-05-01", "2024-05-03", "2024-05-03", "2024-05-04"],
        ...     }
        ... )
        >>> print(log.describe())
        event     events  users  items  repeats  revenue
        purchase       4      2      2    25.0%    10.50
        all            4      2      2    25.0%    10.50
        from 2024-05-01 00:00 to 2024-05-04 00:00
        75% of all (user, item) pairs have an event
        of the last fifth of the events, 0.0% are of new users and 0.0% of new items
        """
        return summarize(self)

    def sessions(self, gap: Any = "30min") -> "EventLog":
        """Return the log with sessions: events of a user without a longer pause than ``gap``.

        Sessions are numbered in order of their first event and replace sessions of the log. Events without user or time
        get no session.

        Parameters
        ----------
        gap : str, timedelta, timedelta64 or number
            Longest pause within a session, such as "30min", "2h" or "1d"; a number if the times are steps.

        Raises
        ------
        DataError
            The log has no times.
        ValueError
            The gap cannot be read, or is a number without a unit and the times are dates.

        Examples
        --------
        >>> log = EventLog.from_frame({
        ...     "user_id": [1, 1, 1], "item_id": ["tea", "cup", "tea"],
        ...     "timestamp": ["2024-05-01 10:00", "2024-05-01 10:30", "2024-05-01 11:01"],
        ... })
        >>> log.sessions("30min").session_codes.tolist()
        [0, 0, 1]
        """
        found = session_codes(self, gap)
        return self.with_columns(sessions_=found.ids, session_codes=found.codes)

    def sequences(
        self, by: Literal["user", "session"] = "user", *, events: str | Iterable[str] | None = None
    ) -> Sequences:
        """Return the items of each user or session in time order, with repeats and times.

        Parameters
        ----------
        by : {"user", "session"}
            Owners of the sequences.
        events : str, or iterable of str, optional
            Kinds of events; all by default. Purchases of a negative quantity are returns and are left out.

        Raises
        ------
        DataError
            The log has no times or no sessions, a kind does not occur, or no events are left.

        Warns
        -----
        UserWarning
            Events without an id or a time are left out.
        """
        return sequences_of(self, by, events)

    def baskets(
        self, by: Literal["order", "session", "day"] = "order", *, events: str | Iterable[str] | None = "purchase"
    ) -> Sequences:
        """Return the baskets of each user in time order, each with distinct items and the time of its first event.

        Parameters
        ----------
        by : {"order", "session", "day"}
            Events of a user in the same order, in the same session or on the same day (in UTC, or as given) are a
            basket.
        events : str, or iterable of str, optional
            Kinds of events; None for all. Purchases of a negative quantity are returns and are left out.

        Raises
        ------
        DataError
            The log has no times, orders or sessions, a kind does not occur, or no events are left.

        Warns
        -----
        UserWarning
            Events without an id or a time are left out.

        Examples
        --------
        >>> log = EventLog.from_frame(
        ...     {
        ...         "user_id": [1, 1, 1],
        ...         "item_id": ["tea", "cup", "tea"],
        ...         "order_id": ["A", "A", "B"],
        ...         "timestamp": ["2024-05-01", "2024-05-01", "2024-05-08"],
        ...     }
        ... )
        >>> list(log.baskets().baskets(1))
        [['cup', 'tea'], ['tea']]
        """
        return baskets_of(self, by, events)

    def interactions(
        self,
        weights: "Mapping[str, float] | LearnedWeights | Literal['learn'] | None" = None,
        *,
        quantity: Quantity | None = None,
        half_life: Any = None,
        at: Any = None,
        sources: Mapping[Any, float] | None = None,
    ) -> Interactions:
        """Return implicit interactions: the sum of the values of the events of each (user, item) pair.

        The value of an event is the weight of its kind, times the quantity, the decay and the weight of the source, if
        these are given. The timestamp of a pair is that of its latest event. ``n_merged`` is the number of merged
        events, so that splitters by time can warn; `train_test` splits before it merges.

        Parameters
        ----------
        weights : mapping of str to float, "learn", or LearnedWeights; optional
            Weight of each kind of event, such as ``{"view": 1, "cart": 3, "purchase": 10, "return": -10}``. All kinds
            in the log need a weight; 0 ignores a kind. Purchases of a negative quantity have the weight of "return".
            "learn" uses `learn_weights`. By default 1, for logs with one kind of event.
        quantity : {"linear", "log"}, optional
            Multiply by the quantity q, or by log₂(1 + q). A missing quantity counts as 1.
        half_life : str, timedelta or number, optional
            Time after which an event has half of its value, such as "30d"; numbers are days, or steps.
        at : datetime64, datetime, text or number, optional
            Moment of the ages; events from then on are left out. By default the latest event.
        sources : mapping of source to float, optional
            Weight of each source; 0 ignores a source.

        Returns
        -------
        Interactions
            Users and items without a pair are left out.

        Raises
        ------
        DataError
            A kind or a source has no weight, the log lacks a column, or no pair has a positive sum.

        Warns
        -----
        UserWarning
            Pairs whose sum is 0 or less, as that of returned items, or events without an id or a time are left out.

        Examples
        --------
        >>> log = EventLog.from_frame(
        ...     {
        ...         "user_id": [1, 1, 2],
        ...         "item_id": ["tea", "tea", "cup"],
        ...         "event": ["view", "purchase", "view"],
        ...     }
        ... )
        >>> log.interactions({"view": 1, "purchase": 10}).to_frame().values.tolist()
        [[1, 'tea', 11.0], [2, 'cup', 1.0]]
        """
        if isinstance(weights, str):
            if weights != "learn":
                raise ValueError(f"weights={weights!r}: expected a mapping, 'learn' or None")
            weights = learn_weights(self.between(None, at) if at is not None else self)
        given = weights.weights if isinstance(weights, LearnedWeights) else weights
        return interactions_of(self, given, quantity, half_life, at, sources)

    def __recokit_interactions__(self) -> Interactions:
        """Return the data for ``fit``: the interactions of a log with one kind of event."""
        return self.interactions()

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
        >>> log = EventLog.from_frame(
        ...     {
        ...         "user_id": [1, 1, None],
        ...         "item_id": ["tea", "tea", "cup"],
        ...         "timestamp": ["2024-05-01"] * 3,
        ...     }
        ... )
        >>> cleaned, report = log.clean(DropMissing(), DropDuplicates())
        >>> len(cleaned), [step.events for step in report]
        (1, [1, 1])
        """
        return clean(self, rules)
