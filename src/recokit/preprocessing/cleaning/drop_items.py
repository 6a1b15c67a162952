"""DropItems: remove services, postage, test products and other items that are no products."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from recokit._typing import BoolArray
from recokit.data._frames import column
from recokit.exceptions import DataError, first_few
from recokit.preprocessing.cleaning._shared import RuleText, count, ids_of, removing
from recokit.preprocessing.cleaning.rule import RuleResult

if TYPE_CHECKING:
    from recokit.preprocessing.event_log import EventLog

__all__ = ["DropItems"]


@dataclass(frozen=True, eq=False, repr=False)
class DropItems(RuleText):
    r"""Remove events of items: services, postage, vouchers, test products.

    Parameters
    ----------
    ids : item id, or sequence of item ids
        Items to remove. Ids outside the log are ignored.
    patterns : str or sequence of str
        Regular expressions, upper and lower case alike. They are searched in the item ids as text, or with a catalogue
        in ``column``.
    catalogue : frame or mapping of columns, optional
        One row for each item; items without a row stay.
    column : str, optional
        Column of the catalogue for ``patterns`` and ``values``.
    values : value, or sequence of values
        Values of the column whose items are removed, such as ``["service", "gift card"]``.
    item : str
        Column of the catalogue with the item ids.

    Raises
    ------
    ValueError
        Nothing is chosen, a pattern is no regular expression, or ``column`` is given without a catalogue or the
        reverse.
    DataError
        The catalogue has no such column (`apply`).

    See Also
    --------
    recokit.preprocessing.KCore :
        Keep users and items with enough counterparts: the largest part of the log in which all have them.
    recokit.reranking.Exclude : Never list the items that match a filter. Hard.
    recokit.preprocessing.CleaningReport : Report of `EventLog.clean`; ``print`` and notebooks show it as a table.

    Examples
    --------
    >>> from recokit import EventLog
    >>> log = EventLog.from_frame(
    ...     {"user_id": [1, 1, 2], "item_id": ["85123A", "POST", "22423"]}
    ... )
    >>> cleaned, report = log.clean(
    ...     DropItems(patterns=r"^(?!\d{5})")
    ... )  # stock codes begin with five digits
    >>> cleaned.items.ids.tolist()
    ['22423', '85123A']
    >>> catalogue = {"item_id": ["22423", "85123A"], "kind": ["service", "product"]}
    >>> cleaned, report = log.clean(
    ...     DropItems(catalogue=catalogue, column="kind", values="service")
    ... )
    >>> cleaned.items.ids.tolist()
    ['85123A', 'POST']
    >>> DropItems(ids=["POST"]).apply(log).removed.tolist()
    [False, True, False]
    """

    ids: Any = ()
    patterns: tuple[str, ...] | str = ()
    catalogue: Any = None
    column: str | None = None
    values: Any = ()
    item: str = "item_id"
    remedy: ClassVar[str] = "choose fewer items, or check the patterns with re.search"
    _compiled: tuple[Any, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        patterns = (self.patterns,) if isinstance(self.patterns, str) else tuple(self.patterns)
        object.__setattr__(self, "patterns", patterns)
        object.__setattr__(self, "ids", ids_of(self.ids))
        object.__setattr__(self, "values", ids_of(self.values))
        if not (self.ids or patterns or self.values):
            raise ValueError("DropItems: choose items with ids=, patterns= or values=")
        if (self.catalogue is None) != (self.column is None):
            raise ValueError("DropItems: expected both catalogue= and column=, or neither")
        if self.values and self.catalogue is None:
            raise ValueError("DropItems: values= needs catalogue= and column=")
        if self.column is not None and not (patterns or self.values):
            raise ValueError(f"DropItems: column={self.column!r} needs values= or patterns=")
        object.__setattr__(self, "_compiled", tuple(map(_compile, patterns)))

    def __repr__(self) -> str:
        given = [(name, getattr(self, name)) for name in ("ids", "patterns", "column", "values")]
        shown = [f"{name}={_shortened(value)}" for name, value in given if value]
        return f"DropItems({', '.join(shown)})"

    def apply(self, log: "EventLog") -> RuleResult:
        """Return the events of the other items."""
        chosen = np.zeros(len(log.items) + 1, dtype=np.bool_)  # the last place is that of missing ids
        codes = log.items.codes(list(self.ids)) if self.ids else np.empty(0, dtype=np.int32)
        chosen[codes[codes >= 0]] = True
        if self.catalogue is None:
            chosen[:-1] |= self._matches(map(str, log.items), len(log.items))
        else:
            chosen |= self._in_catalogue(log)
        removed = chosen[log.item_codes]
        items = np.flatnonzero(chosen)
        n_events = np.bincount(log.item_codes[removed], minlength=len(log.items))[items]
        by_size = np.argsort(-n_events, kind="stable")[:5]
        notes = [f"{count(n_events[k], 'event')} of item {log.items.take(items[[k]])[0]}" for k in by_size]
        absent = int(np.sum(codes < 0))
        notes += [f"{absent:,} of {len(codes):,} ids are not in the log"] if absent else []
        details = {"item_id": log.items.take(items), "events": n_events} if len(items) else {}
        return RuleResult(removing(log, removed), removed, notes=tuple(notes), details=details)

    def _matches(self, texts: Iterable[str], n: int) -> BoolArray:
        if not self._compiled:
            return np.zeros(n, dtype=np.bool_)
        found = (any(pattern.search(text) for pattern in self._compiled) for text in texts)
        return np.fromiter(found, dtype=np.bool_, count=n)

    def _in_catalogue(self, log: "EventLog") -> BoolArray:
        """Return a mask of the items, and one place more, whose row of the catalogue is chosen."""
        name = str(self.column)
        try:
            ids, cells = list(column(self.catalogue, self.item)), list(column(self.catalogue, name))
        except DataError as error:
            raise DataError(f"DropItems: catalogue: {error}") from None
        if len(ids) != len(cells):
            raise DataError(f"DropItems: catalogue: {len(ids)} item ids, but {len(cells)} values of {name!r}")
        wanted = set(self.values)
        rows = self._matches(("" if cell is None else str(cell) for cell in cells), len(cells))
        rows |= np.fromiter((cell in wanted for cell in cells), dtype=np.bool_, count=len(cells))
        chosen = np.zeros(len(log.items) + 1, dtype=np.bool_)
        codes = log.items.codes(ids)[rows]
        chosen[codes[codes >= 0]] = True
        return chosen


def _compile(pattern: Any) -> Any:
    try:
        return re.compile(pattern, re.IGNORECASE)
    except (re.error, TypeError) as error:
        raise ValueError(f"patterns: {pattern!r} is no regular expression ({error})") from None


def _shortened(values: tuple[Any, ...] | str) -> str:
    if isinstance(values, str) or len(values) == 1:
        return repr(values if isinstance(values, str) else values[0])
    return f"({first_few(values)})"
