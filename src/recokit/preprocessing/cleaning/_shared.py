"""Parts of several rules: text of rules and rows, lengths of time, and order of rows by pair."""

from dataclasses import MISSING, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from recokit._typing import AnyArray, IntArray
from recokit.data._inputs import as_id_list
from recokit.data.rows import read_only
from recokit.exceptions import DataError
from recokit.kernels.rows import order_by, row_starts
from recokit.preprocessing._lengths import read_length

if TYPE_CHECKING:
    from recokit.preprocessing.event_log import EventLog

__all__ = [
    "RuleText",
    "by_pair",
    "changes",
    "count",
    "example",
    "ids_of",
    "names",
    "number",
    "pairs_of",
    "removing",
    "ticks_of",
    "to_window",
]


class RuleText:
    """Base class of rules that shows the parameters that differ from their defaults."""

    def __repr__(self) -> str:
        shown = []
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            default = field.default if field.default is not MISSING else ()
            if type(value) is not type(default) or value != default:
                shown.append(f"{field.name}={_short(value)}")
        return f"{type(self).__name__}({', '.join(shown)})"


def _short(value: Any) -> str:
    if isinstance(value, tuple | list | str | int | float | None):
        text = repr(value)
        return text if len(text) <= 40 else f"{text[:36]} …{text[-1]}"
    return f"<{type(value).__name__}>"


def to_window(value: Any, name: str) -> int:
    """Return a length of time in microseconds; 0 and "0s" are allowed.

    Raises
    ------
    ValueError
        The value is not a length of time, is negative, or is a number above 0, which has no unit.

    Examples
    --------
    >>> to_window("2s", "window"), to_window("0s", "window")
    (2000000, 0)
    """
    if value in (0, "0s", timedelta(0)) and not isinstance(value, bool):
        return 0
    length = read_length(value, np.empty(0, dtype="datetime64[us]"), name, number_is_days=False)
    return int(length.astype("timedelta64[us]").astype(np.int64))


def names(value: Any, name: str) -> tuple[str, ...]:
    """Return one name or several as a tuple of distinct names.

    Raises
    ------
    ValueError
        There is none, or one is not text.
    """
    given = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, tuple | list | set) else None
    if not given or not all(isinstance(each, str) for each in given):
        raise ValueError(f"{name}={value!r}: expected one or more names")
    return tuple(dict.fromkeys(given))


def ids_of(given: Any) -> tuple[Any, ...]:
    """Return one id or several as a tuple of plain Python values."""
    if isinstance(given, str | bytes | int | float | np.generic) or given is None:
        given = [given]
    return tuple(value.item() if isinstance(value, np.generic) else value for value in as_id_list(given))


def ticks_of(log: "EventLog", purpose: str, missing: int = 0) -> IntArray:
    """Return the times in microseconds, or steps, from 0; missing times are ``missing`` after the last.

    Raises
    ------
    DataError
        The log has no times.
    """
    if log.times is None:
        raise DataError(f"{purpose} needs times: give their column as timestamp= to EventLog.from_frame")
    ticks: IntArray = log.times.astype(np.int64)
    absent = np.isnat(log.times) if log.times.dtype.kind == "M" else np.zeros(len(ticks), dtype=np.bool_)
    if np.all(absent):
        return np.zeros(len(ticks), dtype=np.int64)
    first, last = ticks[~absent].min(), ticks[~absent].max()
    shifted: IntArray = np.where(absent, last + missing, ticks) - first
    return shifted


def by_pair(log: "EventLog", rows: IntArray) -> IntArray:
    """Return rows sorted by user and item; rows of a pair keep their order, and missing ids come first."""
    order = np.arange(len(rows))
    for codes, n_codes in ((log.item_codes, log.n_items), (log.user_codes, log.n_users)):
        shifted = codes[rows] + np.int32(1)
        order = order_by(shifted, row_starts(read_only(shifted), n_codes + 1), order)
    return rows[order]


def pairs_of(log: "EventLog", rows: IntArray) -> IntArray:
    """Return consecutive numbers of the pairs of rows in the order of `by_pair`."""
    users, items = log.user_codes[rows], log.item_codes[rows]
    numbers: IntArray = np.cumsum(changes(users) | changes(items)) - 1
    return numbers


def changes(column: AnyArray) -> Any:
    """Return whether each value differs from the one before it; the first does."""
    return np.append(np.ones(min(len(column), 1), dtype=np.bool_), column[1:] != column[:-1])


def removing(log: "EventLog", removed: AnyArray) -> "EventLog":
    """Return the log without the removed rows; the same log if there are none."""
    return log.take(~removed) if np.any(removed) else log


def example(log: "EventLog", row: Any) -> str:
    """Return the ids and the kind of an event as text."""
    user, item = log.user_codes[row], log.item_codes[row]
    parts = [
        "no user" if user < 0 else f"user {plain_text(log.users, user)}",
        log.kinds[log.event_codes[row]],
        "no item" if item < 0 else f"item {plain_text(log.items, item)}",
    ]
    if log.times is not None and not (log.times.dtype.kind == "M" and np.isnat(log.times[row])):
        parts.append(
            str(log.times[row].astype("datetime64[s]")) if log.times.dtype.kind == "M" else str(log.times[row])
        )
    return " ".join(parts)


def plain_text(index: Any, code: Any) -> str:
    """Return the id of a code as text."""
    return str(index.take([code])[0])


def count(n: Any, word: str) -> str:
    """Return a number and a word in the singular or plural."""
    return f"{n:,} {word}{'' if n == 1 else 's'}"


def number(value: float) -> str:
    """Return a number without needless digits."""
    return f"{value:,.6g}" if value == value else "none"
