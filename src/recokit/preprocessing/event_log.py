"""EventLog: the events of a shop, as codes, in time order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from recokit._typing import AnyArray, BoolArray, CodeArray, FloatArray
from recokit.data._frames import Backend, to_frame
from recokit.data.id_index import IdIndex
from recokit.persistence import storable
from recokit.preprocessing import _rows
from recokit.preprocessing._distinct import Coded
from recokit.preprocessing._reading import read_log
from recokit.preprocessing._times import TimeUnit

__all__ = ["EventLog"]


@storable("recokit.EventLog")
@dataclass(frozen=True, eq=False, repr=False)
class EventLog:
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

    users: IdIndex
    items: IdIndex
    user_codes: CodeArray
    item_codes: CodeArray
    kinds: tuple[str, ...]
    event_codes: CodeArray
    times: AnyArray | None = None
    quantities: FloatArray | None = None
    prices: FloatArray | None = None
    orders: IdIndex | None = None
    order_codes: CodeArray | None = None
    sessions_: IdIndex | None = None
    session_codes: CodeArray | None = None
    queries: IdIndex | None = None
    query_codes: CodeArray | None = None
    sources: IdIndex | None = None
    source_codes: CodeArray | None = None

    def __post_init__(self) -> None:
        for array in vars(self).values():
            if isinstance(array, np.ndarray):
                array.flags.writeable = False

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

    @property
    def n_users(self) -> int:
        """Number of users."""
        return len(self.users)

    @property
    def n_items(self) -> int:
        """Number of items."""
        return len(self.items)

    def __len__(self) -> int:
        """Return the number of events."""
        return len(self.user_codes)

    @property
    def revenue(self) -> FloatArray | None:
        """Revenue of each event, (n_events,) float64: quantity × price of purchases, negative for returns.

        Returns are events of the kind "return" and purchases with a negative quantity. A missing quantity counts as 1,
        a missing price as 0; other kinds of events have no revenue. None for a log without prices.
        """
        return _rows.revenue(self)

    def is_kind(self, *kinds: str) -> BoolArray:
        """Return a mask of the events of some kinds; kinds that do not occur select nothing.

        Examples
        --------
        >>> log = EventLog.from_frame({"user_id": [1, 1], "item_id": [2, 3], "event": ["view", "purchase"]})
        >>> log.is_kind("purchase", "return").tolist()
        [False, True]
        """
        wanted = np.array([kind in kinds for kind in self.kinds], dtype=np.bool_)
        return wanted[self.event_codes]

    def take(self, rows: Any, *, keep_ids: bool = False) -> "EventLog":
        """Return some of the events, in the order of the log.

        Parameters
        ----------
        rows : (n_events,) bool array, or integer array
            A mask, or positions without repeats, in any order.
        keep_ids : bool
            Keep the users, items, kinds and other ids that do not occur in the chosen events, and thus all codes.

        Raises
        ------
        DataError
            The mask has another length, or a position is repeated or outside the log.
        """
        return _rows.take(self, _rows.checked_rows(rows, len(self)), keep_ids)

    def filter(
        self,
        *,
        events: str | Iterable[str] | None = None,
        users: Any = None,
        items: Any = None,
        sources: Any = None,
        mask: Any = None,
        keep_ids: bool = False,
    ) -> "EventLog":
        """Return the events that meet all conditions.

        Parameters
        ----------
        events : str, or iterable of str, optional
            Kinds of events.
        users, items, sources : id, or iterable of ids, optional
            Ids outside the log are ignored, unless all of them are.
        mask : (n_events,) bool array, optional
        keep_ids : bool
            As in `take`.

        Raises
        ------
        DataError
            A kind of event does not occur, none of the ids does, or the mask has another length.

        Examples
        --------
        >>> log = EventLog.from_frame({"user_id": [1, 2], "item_id": ["tea", "cup"], "event": ["view", "purchase"]})
        >>> log.filter(events="view")
        EventLog(1 event of 1 user and 1 item, view 1, no times)
        """
        chosen = _rows.chosen(self, events, {"users": users, "items": items, "sources": sources}, mask)
        return _rows.take(self, chosen, keep_ids)

    def between(self, start: Any = None, stop: Any = None, *, keep_ids: bool = False) -> "EventLog":
        """Return the events from ``start`` on and before ``stop``; events without a time are left out.

        Parameters
        ----------
        start, stop : datetime64, datetime or text such as "2024-05-01"; a number for a log of steps; optional
            Moments with a time zone are converted to UTC.
        keep_ids : bool
            As in `take`.

        Raises
        ------
        DataError
            The log has no times, or a moment cannot be read.
        """
        return _rows.take(self, _rows.between(self, start, stop), keep_ids)

    def with_columns(self, **columns: Any) -> "EventLog":
        """Return the log with other columns.

        Parameters
        ----------
        **columns : arrays, or IdIndex
            Attributes of the log by name, such as ``quantities`` or ``session_codes`` with ``sessions_``. Rows are
            sorted again only if a time, user, item or kind of event changes.

        Raises
        ------
        DataError
            A column has another length, or codes do not fit their ids.
        TypeError
            There is no attribute of this name.
        """
        return _rows.with_columns(self, columns)

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame with the columns user_id, item_id, timestamp, event and the other columns of the log.

        `from_frame` reads it back without further arguments, except for ``time_unit="step"``.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}
            Library of the frame, which must be installed.
        """
        return to_frame(_rows.columns_of(self), backend)

    def equals(self, other: "EventLog") -> bool:
        """Return whether two logs hold the same events and ids."""
        mine, theirs = self._to_state(), other._to_state()
        return all(_rows.same(mine[name], theirs[name]) for name in mine)

    def _to_state(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def _from_state(cls, state: dict[str, Any]) -> "EventLog":
        made = cls(**{**state, "kinds": tuple(state["kinds"])})
        _rows.check(made)
        return made

    def __repr__(self) -> str:
        return f"EventLog({_rows.shown(self)})"
