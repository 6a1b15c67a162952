"""DropMissing: remove events without a user, item or other value."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from recokit._typing import BoolArray
from recokit.exceptions import DataError, first_few
from recokit.preprocessing._times import missing_times
from recokit.preprocessing.cleaning._shared import RuleText, count, example, names, removing
from recokit.preprocessing.cleaning.rule import RuleResult

if TYPE_CHECKING:
    from recokit.preprocessing.event_log import EventLog

__all__ = ["DropMissing"]

_ATTRIBUTES = {
    "user": "user_codes",
    "item": "item_codes",
    "timestamp": "times",
    "quantity": "quantities",
    "price": "prices",
    "order": "order_codes",
    "session": "session_codes",
    "query": "query_codes",
    "source": "source_codes",
}
_DEFAULT = ("user", "item", "timestamp")


@dataclass(frozen=True, repr=False)
class DropMissing(RuleText):
    """Remove events without a user, item or other value.

    Parameters
    ----------
    columns : str or sequence of str, optional
        Columns that must have a value, by their names in `EventLog.from_frame`: "user", "item", "timestamp",
        "quantity", "price", "order", "session", "query", "source". By default user, item and, if the log has times,
        timestamp.

    Raises
    ------
    ValueError
        A name is unknown.
    DataError
        The log does not have a column (`apply`).

    See Also
    --------
    recokit.preprocessing.DropDuplicates :
        Remove exact repeats: events with the same values in all columns, within a window of time.
    recokit.preprocessing.CleaningReport : Report of `EventLog.clean`; ``print`` and notebooks show it as a table.

    Examples
    --------
    >>> from recokit import EventLog
    >>> log = EventLog.from_frame({"user_id": ["ann", None], "item_id": ["tea", "cup"]})
    >>> cleaned, report = log.clean(DropMissing())
    >>> cleaned
    EventLog(1 event of 1 user and 1 item, purchase 1, no times)
    >>> DropMissing().apply(log).removed.tolist()
    [True, False]
    """

    columns: tuple[str, ...] | str | None = None
    remedy: ClassVar[str] = "check the names of the columns that from_frame read, or require fewer columns"

    def __post_init__(self) -> None:
        if self.columns is not None:
            columns = names(self.columns, "columns")
            unknown = [name for name in columns if name not in _ATTRIBUTES]
            if unknown:
                raise ValueError(f"columns: {first_few(unknown)} is unknown; the columns are {', '.join(_ATTRIBUTES)}")
            object.__setattr__(self, "columns", columns)

    def apply(self, log: "EventLog") -> RuleResult:
        """Return the events with a value in all columns."""
        required = _DEFAULT if self.columns is None else self.columns
        removed = np.zeros(len(log), dtype=np.bool_)
        notes = []
        for name in required:
            if getattr(log, _ATTRIBUTES[name]) is None:
                if self.columns is None:
                    continue
                raise DataError(
                    f"DropMissing: the log has no column {name}; give it as {name}= to EventLog.from_frame, or leave "
                    "it out"
                )
            missing = _missing(log, name)
            removed |= missing
            if np.any(missing):
                notes.append(f"no {name}: {count(missing.sum(), 'event')}, such as {example(log, np.argmax(missing))}")
        return RuleResult(removing(log, removed), removed, notes=tuple(notes))


def _missing(log: "EventLog", name: str) -> BoolArray:
    """Return a mask of the events without a value in a column."""
    column = getattr(log, _ATTRIBUTES[name])
    missing: BoolArray
    if name == "timestamp":
        missing = missing_times(column)
    else:
        missing = np.isnan(column) if column.dtype.kind == "f" else column < 0
    return missing
