"""EventTable: the columns of an event log, and the selection of its rows."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from recokit._runtime.html import html_table
from recokit._typing import AnyArray, BoolArray, CodeArray, FloatArray
from recokit.data._forgetting import ForgetsUsers
from recokit.data._frames import Backend, to_frame
from recokit.data.id_index import IdIndex
from recokit.preprocessing import _rows
from recokit.preprocessing._stored import check_event_log

__all__ = ["EventTable"]

_ROWS_SHOWN = 5


@dataclass(frozen=True, eq=False, repr=False)
class EventTable(ForgetsUsers):
    """The columns of an event log; `EventLog` documents them."""

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
        >>> from recokit import EventLog
        >>> log = EventLog.from_frame(
        ...     {"user_id": [1, 1], "item_id": [2, 3], "event": ["view", "purchase"]}
        ... )
        >>> log.is_kind("purchase", "return").tolist()
        [False, True]
        """
        wanted = np.array([kind in kinds for kind in self.kinds], dtype=np.bool_)
        return wanted[self.event_codes]

    def take(self, rows: Any, *, keep_ids: bool = False) -> Self:
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
    ) -> Self:
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
        >>> from recokit import EventLog
        >>> log = EventLog.from_frame(
        ...     {"user_id": [1, 2], "item_id": ["tea", "cup"], "event": ["view", "purchase"]}
        ... )
        >>> log.filter(events="view")
        EventLog(1 event of 1 user and 1 item, view 1, no times)
        """
        chosen = _rows.chosen(self, events, {"users": users, "items": items, "sources": sources}, mask)
        return _rows.take(self, chosen, keep_ids)

    def _without_users(self, user_codes: AnyArray) -> Self:
        return self.take(~np.isin(self.user_codes, user_codes))

    def between(self, start: Any = None, stop: Any = None, *, keep_ids: bool = False) -> Self:
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

    def with_columns(self, **columns: Any) -> Self:
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
        return to_frame(_rows.columns_of(self, nullable=backend == "pandas"), backend)

    def equals(self, other: "EventTable") -> bool:
        """Return whether two logs hold the same events and ids."""
        mine, theirs = self._to_state(), other._to_state()
        return all(_rows.same(mine[name], theirs[name]) for name in mine)

    def _to_state(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def _from_state(cls, state: dict[str, Any]) -> Self:
        check_event_log(state)
        return cls(**{**state, "kinds": tuple(state["kinds"])})

    def __repr__(self) -> str:
        return f"EventLog({_rows.shown(self)})"

    def _repr_html_(self) -> str:
        columns = _rows.columns_of(_rows.take(self, np.arange(min(len(self), _ROWS_SHOWN)), keep_ids=True))
        note = f"the first {_ROWS_SHOWN} events are shown" if len(self) > _ROWS_SHOWN else ""
        return html_table(repr(self), list(columns), zip(*columns.values(), strict=True), note)
