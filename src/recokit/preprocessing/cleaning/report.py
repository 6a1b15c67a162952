"""CleaningReport: the effect of each rule on a log."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recokit._runtime.html import html_table
from recokit._runtime.text import text_table
from recokit._typing import AnyArray
from recokit.data._frames import Backend, to_frame
from recokit.exceptions import first_few

__all__ = ["CleaningReport", "CleaningStep"]

_COLUMNS = ("rule", "events", "users", "items", "revenue", "changed")


@dataclass(frozen=True, eq=False)
class CleaningStep:
    """Effect of one rule.

    Attributes
    ----------
    rule : Rule
    events, users, items : int
        Numbers removed by the rule. A user or item is removed with its last event.
    revenue : float
        Revenue removed; negative if the rule removes returns; NaN if the log has no prices.
    changed : int
        Number of events that remain with another value.
    examples : tuple of str
        Reasons and examples.
    details : mapping of str to (n,) array
        Table of the findings of the rule; empty if it has none.

    See Also
    --------
    recokit.preprocessing.CleaningReport : Report of `EventLog.clean`; ``print`` and notebooks show it as a table.

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
    >>> from recokit.preprocessing import DropItems
    >>> log, report = log.clean(DropItems(ids=["cup"]))
    >>> report.steps[0].events
    1
    """

    rule: Any
    events: int
    users: int
    items: int
    revenue: float
    changed: int
    examples: tuple[str, ...] = ()
    details: Mapping[str, AnyArray] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, eq=False, repr=False)
class CleaningReport:
    """Report of `EventLog.clean`; ``print`` and notebooks show it as a table.

    Attributes
    ----------
    steps : tuple of CleaningStep
        One for each rule, in order.
    before, after : tuple of (int, int, int, float)
        Numbers of events, users and items, and revenue, before the first and after the last rule.

    See Also
    --------
    recokit.EventLog : The events of a shop: views, carts, purchases, returns and others, in time order.
    recokit.preprocessing.cleaning.CleaningStep : Effect of one rule.

    Examples
    --------
    >>> from recokit import EventLog
    >>> from recokit.preprocessing import DropMissing, KCore
    >>> log = EventLog.from_frame({
    ...     "user_id": ["ann", "ann", "bob", None],
    ...     "item_id": ["tea", "cup", "tea", "tea"],
    ...     "price": [3.0, 5.0, 3.0, 3.0],
    ... })
    >>> cleaned, report = log.clean(DropMissing(), KCore(user=2, item=1))
    >>> print(report)
    rule                   events  users  items  revenue  changed
    before                      4      2      2    14.00
    DropMissing()              -1      0      0    -3.00        0
    KCore(user=2, item=1)      -1     -1      0    -3.00        0
    after                       2      1      2     8.00
    <BLANKLINE>
    DropMissing()
      no user: 1 event, such as no user purchase item tea
    KCore(user=2, item=1)
      1 of 2 users with fewer than 2 items, such as 'bob'
    >>> report["KCore"].users
    1
    >>> report.to_frame()["rule"].tolist()
    ['DropMissing()', 'KCore(user=2, item=1)']
    """

    steps: tuple[CleaningStep, ...]
    before: tuple[int, int, int, float]
    after: tuple[int, int, int, float]

    def __getitem__(self, rule: str | int) -> CleaningStep:
        """Return the step of a rule, by the name of its class or by position."""
        if isinstance(rule, int):
            return self.steps[rule]
        found = [step for step in self.steps if type(step.rule).__name__ == rule]
        if len(found) != 1:
            given = first_few(type(step.rule).__name__ for step in self.steps)
            raise KeyError(f"{len(found)} rules are named {rule!r}; the rules are {given}; use a position from 0")
        return found[0]

    def __iter__(self) -> Iterator[CleaningStep]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame with the columns rule, events, users, items, revenue and changed, one row for each rule.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}
            Library of the frame, which must be installed.
        """
        columns: dict[str, AnyArray] = {"rule": np.array([repr(step.rule) for step in self.steps], dtype=object)}
        for name in _COLUMNS[1:]:
            dtype = np.float64 if name == "revenue" else np.int64
            columns[name] = np.array([getattr(step, name) for step in self.steps], dtype=dtype)
        return to_frame(columns, backend)

    def details(self, rule: str | int, backend: Backend = "pandas") -> Any:
        """Return the findings of a rule as a frame, such as the bots of `DropBots` with their reasons.

        Parameters
        ----------
        rule : str or int
            Name of the class of the rule, or position.
        backend : {"pandas", "polars", "pyarrow"}
            Library of the frame, which must be installed.

        Raises
        ------
        KeyError
            No rule or several rules have this name.
        ValueError
            The rule has no details.
        """
        step = self[rule]
        if not step.details:
            raise ValueError(f"{step.rule!r} has no details; its examples are report[{rule!r}].examples")
        return to_frame(dict(step.details), backend)

    def _rows(self) -> list[list[str]]:
        """Return the cells of the table without its header."""
        rows = [["before", *_cells(*self.before), ""]]
        for step in self.steps:
            removed = _cells(-step.events, -step.users, -step.items, -step.revenue)
            rows.append([repr(step.rule), *removed, f"{step.changed:,}"])
        return [*rows, ["after", *_cells(*self.after), ""]]

    def __str__(self) -> str:
        has_revenue = self.before[3] == self.before[3]
        columns, *rows = [row if has_revenue else row[:4] + row[5:] for row in ([*_COLUMNS], *self._rows())]
        lines = [text_table(columns, rows)]
        noted = [step for step in self.steps if step.examples]
        lines += [""] if noted else []
        for step in noted:
            lines += [repr(step.rule), *(f"  {text}" for text in step.examples)]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        notes = "; ".join(f"{type(step.rule).__name__}: {text}" for step in self.steps for text in step.examples)
        return html_table("Cleaning: removed by rule", _COLUMNS, self._rows(), notes)


def _cells(events: int, users: int, items: int, revenue: float) -> list[str]:
    money = f"{revenue + 0.0:,.2f}" if revenue == revenue else ""
    return [f"{events:,}", f"{users:,}", f"{items:,}", "0.00" if money == "-0.00" else money]
