"""Result tables: sorted rows, the best figure of each column in bold, the protocol above."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from .measure import Row
from .tasks import Kind, Task

__all__ = ["Column", "as_json", "columns_of", "main_column", "render", "sort_rows"]

_MB = 2**20


class Column(NamedTuple):
    """A table column.

    Attributes
    ----------
    key : str
        Name of the figure in a row.
    title : str
        Heading, with an arrow in the direction of better values: ↑ or ↓.
    digits : int or None
        Number of decimals; None for three significant digits.
    lower_is_better : bool
        Whether the lowest value is the best one.
    unit : float
        Divisor of the value before it is formatted.
    """

    key: str
    title: str
    digits: int | None
    lower_is_better: bool
    unit: float = 1.0

    def show(self, row: Row) -> str:
        """Return the formatted value of a row; a dash for a missing value."""
        value = row[self.key]
        if value is None:
            return "–"
        value /= self.unit
        digits = _decimals(value) if self.digits is None else self.digits
        return f"{value:,.{digits}f}"

    def best(self, rows: Sequence[Row]) -> str | None:
        """Return the formatted best value, or None if all values are missing."""
        measured = [row for row in rows if row[self.key] is not None]
        pick = min if self.lower_is_better else max
        return self.show(pick(measured, key=lambda row: row[self.key])) if measured else None


def _decimals(value: float) -> int:
    """Return the number of decimals for three significant digits, at most four."""
    return min(4, max(0, 2 - math.floor(math.log10(value)))) if value > 0 else 4


_COSTS = (
    Column("fit_seconds", "fit s ↓", None, True),
    Column("users_per_second", "users/s ↑", 0, False),
    Column("peak_bytes", "peak MB ↓", 1, True, _MB),
)


def columns_of(kind: Kind, k: int) -> tuple[Column, ...]:
    """Return the columns of a table."""
    if kind == "ratings":
        return (Column("rmse", "RMSE ↓", 4, True), Column("mae", "MAE ↓", 4, True), *_COSTS)
    names = {"precision": "Precision", "recall": "Recall", "ndcg": "NDCG"}
    names |= {"average_precision": "MAP", "reciprocal_rank": "MRR", "coverage": "coverage"}
    return (*(Column(key, f"{name}@{k} ↑", 4, False) for key, name in names.items()), *_COSTS)


def main_column(kind: Kind, k: int) -> Column:
    """Return the column that sorts the table: RMSE or NDCG."""
    main = {"ratings": "rmse", "ranking": "ndcg"}[kind]
    return next(column for column in columns_of(kind, k) if column.key == main)


def sort_rows(rows: Sequence[Row], task: Task) -> list[Row]:
    """Return the rows sorted by the main metric, best first."""
    main = main_column(task.kind, task.k)
    return sorted(rows, key=lambda row: row[main.key] if main.lower_is_better else -row[main.key])


def render(rows: Sequence[Row], task: Task, protocol: Sequence[str], *, ansi: bool) -> str:
    """Return heading, protocol and table as Markdown; ``ansi`` uses terminal codes for bold text."""
    columns = columns_of(task.kind, task.k)
    bold, plain = ("\033[1m", "\033[0m") if ansi else ("**", "**")
    best = {column.key: column.best(rows) for column in columns}

    def cell(column: Column, row: Row) -> str:
        shown = column.show(row)
        return f"{bold}{shown}{plain}" if shown == best[column.key] else shown

    body = [[row["algorithm"], *(cell(column, row) for column in columns)] for row in rows]
    head = ["algorithm", *(column.title for column in columns)]
    table = _align([head, *body], hidden=len(bold + plain) if ansi else 0, mark=bold)
    title = {"ratings": "Predicted ratings", "ranking": "Recommended lists"}[task.kind]
    heading = f"{bold}{title}{plain}" if ansi else f"## {title}"
    return "\n".join([heading, "", *(f"- {line}" for line in protocol), "", *table])


def _align(rows: list[list[str]], hidden: int, mark: str) -> list[str]:
    """Return the padded lines of a Markdown table.

    In a cell with the bold ``mark``, ``hidden`` characters have no width on the screen.
    """

    def width(text: str) -> int:
        return len(text) - (hidden if mark in text else 0)

    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]

    def line(row: list[str]) -> str:
        padding = [" " * (available - width(text)) for text, available in zip(row, widths, strict=True)]
        right_align = (space + text for space, text in zip(padding[1:], row[1:], strict=True))
        return "| " + " | ".join([row[0] + padding[0], *right_align]) + " |"

    rule = "| " + " | ".join(["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]) + " |"
    return [line(rows[0]), rule, *(line(row) for row in rows[1:])]


def as_json(rows: Sequence[Row], task: Task, protocol: Sequence[str]) -> dict[str, Any]:
    """Return a table as a dictionary for JSON."""
    main = main_column(task.kind, task.k)
    return {"kind": task.kind, "k": task.k, "sorted_by": main.key, "protocol": list(protocol), "rows": list(rows)}
