"""Select, order and check the rows of an `EventLog`."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from recokit._typing import AnyArray, BoolArray, FloatArray
from recokit.data._inputs import as_id_list
from recokit.data._moments import to_moment
from recokit.exceptions import DataError, first_few
from recokit.preprocessing._distinct import Coded
from recokit.preprocessing._order import row_order
from recokit.preprocessing._times import missing_times

if TYPE_CHECKING:
    from recokit.preprocessing._table import EventTable

_Log = TypeVar("_Log", bound="EventTable")

__all__ = [
    "between",
    "check",
    "checked_rows",
    "chosen",
    "coded_fields",
    "coded_parts",
    "columns_of",
    "in_order",
    "required_times",
    "revenue",
    "same",
    "shown",
    "take",
    "with_columns",
]

_FIELDS = {
    "user": ("users", "user_codes"),
    "item": ("items", "item_codes"),
    "order": ("orders", "order_codes"),
    "session": ("sessions_", "session_codes"),
    "query": ("queries", "query_codes"),
    "source": ("sources", "source_codes"),
}
_FRAME_NAMES = {"order": "order_id", "session": "session_id", "query": "query", "source": "source"}
_KEYS = ("times", "users", "user_codes", "items", "item_codes", "kinds", "event_codes")


def coded_fields(part: str, coded: Coded) -> Iterator[tuple[str, Any]]:
    """Yield the names and values of the two attributes of coded ids."""
    yield from zip(_FIELDS[part], coded, strict=True)


def coded_parts(log: "EventTable") -> dict[str, Coded]:
    """Return the coded ids of a log: user, item, and order, session, query and source if it has them."""
    parts = {part: Coded(*(getattr(log, name) for name in names)) for part, names in _FIELDS.items()}
    return {part: coded for part, coded in parts.items() if coded.codes is not None}


def in_order(log: _Log) -> _Log:
    """Return the log with its rows sorted."""
    parts = coded_parts(log)
    keys = [log.user_codes, log.item_codes, log.event_codes]
    others = [log.quantities, log.prices, *(parts[part].codes for part in _FRAME_NAMES if part in parts)]
    order = row_order(log.times, keys, [log.n_users, log.n_items, len(log.kinds)], others)
    return log if order is None else _at(log, order)


def _at(log: _Log, rows: AnyArray) -> _Log:
    """Return the log with the rows at some positions, with all ids."""
    state = log._to_state()
    columns: dict[str, Any] = {name: each[rows] for name, each in state.items() if isinstance(each, np.ndarray)}
    return replace(log, **columns)


def take(log: _Log, rows: AnyArray, keep_ids: bool) -> _Log:
    """Return the rows of a mask or of ascending positions."""
    made = _at(log, rows)
    if keep_ids:
        return made
    columns = {
        name: value for part, coded in coded_parts(made).items() for name, value in coded_fields(part, coded.compact())
    }
    used = np.bincount(made.event_codes, minlength=len(log.kinds)) > 0
    if not np.all(used):
        columns["kinds"] = tuple(kind for kind, is_used in zip(log.kinds, used, strict=True) if is_used)
        columns["event_codes"] = (np.cumsum(used) - 1).astype(np.int8)[made.event_codes]
    return replace(made, **columns)


def checked_rows(given: Any, n_rows: int) -> AnyArray:
    """Return a mask or ascending positions."""
    rows: AnyArray = np.asarray(given)
    if rows.dtype == np.bool_:
        if rows.shape != (n_rows,):
            raise DataError(f"expected a mask of {n_rows} booleans, got shape {rows.shape}")
        return rows
    if rows.size == 0:
        return np.empty(0, dtype=np.int64)
    if rows.dtype.kind not in "iu" or rows.ndim != 1:
        raise DataError(f"expected a mask or positions, got {rows.dtype} of shape {rows.shape}")
    rows = np.sort(rows)
    wrong = rows[(rows < 0) | (rows >= n_rows)]
    if len(wrong):
        raise DataError(f"{len(wrong)} position(s) outside the log of {n_rows} events: {first_few(wrong)}")
    repeated = rows[1:][rows[1:] == rows[:-1]]
    if len(repeated):
        raise DataError(f"{len(repeated)} position(s) are repeated: {first_few(repeated)}")
    return rows


def chosen(log: "EventTable", events: Any, ids: dict[str, Any], mask: Any) -> BoolArray:
    """Return the mask of the rows that meet all conditions of `EventLog.filter`."""
    rows: BoolArray = np.ones(len(log), dtype=np.bool_) if mask is None else checked_rows(mask, len(log)).copy()
    if rows.dtype != np.bool_:
        raise DataError(f"mask: expected booleans, got {rows.dtype}")
    if events is not None:
        rows &= log.is_kind(*known_kinds(log, events, "events"))
    for name, given in ids.items():
        if given is not None:
            rows &= _is_among(log, name, given)
    return rows


def known_kinds(log: "EventTable", events: str | Iterable[str], name: str) -> tuple[str, ...]:
    """Return kinds of events that all occur in the log."""
    kinds = (events,) if isinstance(events, str) else tuple(events)
    unknown = [kind for kind in kinds if kind not in log.kinds]
    if not kinds:
        raise DataError(f"{name}: expected one kind of event or more; those of the log are {first_few(log.kinds)}")
    if unknown:
        raise DataError(f"{name}: {first_few(unknown)} is not in the log; its kinds are {first_few(log.kinds)}")
    return kinds


def _is_among(log: "EventTable", name: str, given: Any) -> BoolArray:
    index, codes = getattr(log, name), getattr(log, f"{name.removesuffix('s')}_codes")
    if index is None:
        raise DataError(f"{name}: the log has no {name}; give their column as {name.removesuffix('s')}= to from_frame")
    wanted = index.codes(as_id_list(given))
    if len(wanted) == 0:
        raise DataError(f"{name}: expected one id or more; the log has {first_few(index)}")
    if not np.any(wanted >= 0):
        raise DataError(
            f"{name}: none of the {len(wanted)} id(s) is in the log, such as {first_few(as_id_list(given))}; the log "
            f"has {first_few(index)}"
        )
    is_wanted = np.zeros(len(index) + 1, dtype=np.bool_)  # the last place is that of missing ids
    is_wanted[wanted[wanted >= 0]] = True
    among: BoolArray = is_wanted[codes]
    return among


def required_times(log: "EventTable", purpose: str) -> AnyArray:
    """Return the times of a log.

    Raises
    ------
    DataError
        The log has no times.
    """
    if log.times is None:
        raise DataError(f"{purpose} needs times; give their column as timestamp= to EventLog.from_frame")
    return log.times


def between(log: "EventTable", start: Any, stop: Any) -> BoolArray:
    """Return the mask of the rows in a range of time.

    Raises
    ------
    ValueError
        The range ends before it starts.
    """
    times = required_times(log, "between")
    rows: BoolArray = ~missing_times(times)
    first = None if start is None else to_moment(start, times, "start")
    end = None if stop is None else to_moment(stop, times, "stop")
    if first is not None and end is not None and first > end:
        raise ValueError(f"start={start!r} is after stop={stop!r}; exchange them")
    if first is not None:
        rows &= times >= first
    if end is not None:
        rows &= times < end
    return rows


def revenue(log: "EventTable") -> FloatArray | None:
    """Return the revenue of each row."""
    if log.prices is None:
        return None
    pieces = np.ones(len(log)) if log.quantities is None else np.nan_to_num(log.quantities, nan=1.0)
    bought, returned = log.is_kind("purchase"), log.is_kind("return")
    pieces = np.where(bought, pieces, np.where(returned, -np.abs(pieces), 0.0))
    found: FloatArray = pieces * np.nan_to_num(log.prices, nan=0.0)
    return found


def with_columns(log: _Log, columns: dict[str, Any]) -> _Log:
    """Return the log with other columns, checked and in order."""
    state = log._to_state()
    unknown = [name for name in columns if name not in state]
    if unknown:
        raise TypeError(f"with_columns: no column {first_few(unknown)}; the columns are {', '.join(state)}")
    made = replace(log, **columns)
    check(made)
    return in_order(made) if any(name in _KEYS for name in columns) else made


def check(log: "EventTable") -> None:
    """Refuse columns of different lengths and codes without an id."""
    state = log._to_state()
    for name, column in state.items():
        if isinstance(column, np.ndarray) and column.shape != (len(log),):
            raise DataError(f"{name}: expected {len(log)} values, got shape {column.shape}")
    for part, (ids, codes) in _FIELDS.items():
        if (state[ids] is None) != (state[codes] is None):
            raise DataError(f"{ids} and {codes}: expected both or neither")
        if state[codes] is not None and not _fit(state[codes], -1, len(state[ids])):
            raise DataError(f"{codes}: expected codes from -1 to {len(state[ids]) - 1}, the last {part}")
    if not _fit(log.event_codes, 0, len(log.kinds)):
        raise DataError(f"event_codes: expected codes from 0 to {len(log.kinds) - 1}")


def _fit(codes: AnyArray, lowest: int, n: int) -> bool:
    return len(codes) == 0 or bool(codes.min() >= lowest and codes.max() < n)


def columns_of(log: "EventTable", nullable: bool = False) -> dict[str, Any]:
    """Return the columns of a frame of the log; ``nullable`` makes pandas' Int64 of whole numbers with missing ids."""
    parts = {part: coded.column(nullable) for part, coded in coded_parts(log).items()}
    columns = {"user_id": parts["user"], "item_id": parts["item"]}
    if log.times is not None:
        columns["timestamp"] = log.times
    columns["event"] = np.array(log.kinds, dtype=object)[log.event_codes]
    columns |= {
        frame: column for frame, column in (("quantity", log.quantities), ("price", log.prices)) if column is not None
    }
    return columns | {name: parts[part] for part, name in _FRAME_NAMES.items() if part in parts}


def same(mine: Any, theirs: Any) -> bool:
    """Return whether two attributes are equal; missing numbers and times are equal."""
    if isinstance(mine, np.ndarray) and isinstance(theirs, np.ndarray):
        return mine.dtype == theirs.dtype and bool(np.array_equal(mine, theirs, equal_nan=mine.dtype.kind in "fM"))
    return type(mine) is type(theirs) and (mine is None or bool(mine == theirs))


def shown(log: "EventTable") -> str:
    """Return the sizes of a log, for its repr."""
    sizes = [
        f"{count:,} {word}{'' if count == 1 else 's'}"
        for count, word in ((len(log), "event"), (log.n_users, "user"), (log.n_items, "item"))
    ]
    counts = np.bincount(log.event_codes, minlength=len(log.kinds))
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in zip(log.kinds, counts, strict=True))
    return f"{sizes[0]} of {sizes[1]} and {sizes[2]}, {kinds or 'no kinds'}, {period(log)}"


def period(log: "EventTable") -> str:
    """Return the first and the last day, or the first and the last step."""
    present = None if log.times is None else log.times[~missing_times(log.times)]
    if log.times is None or present is None or len(present) == 0:
        return "no times"
    first, last = present[0], present[-1]  # rows are in time order
    if log.times.dtype.kind != "M":
        return f"steps {first:,} to {last:,}"
    return f"{first.astype('datetime64[D]')} to {last.astype('datetime64[D]')}"
