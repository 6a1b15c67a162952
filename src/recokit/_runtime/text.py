"""Tables in plain text."""

from collections.abc import Iterable, Sequence
from numbers import Number
from typing import Any

__all__ = ["text_table"]


def text_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table with aligned columns: numbers to the right, other cells to the left.

    Numbers are shown with thousands separators; give text for another format. Texts that begin with a
    digit or a sign are numbers, too.

    Examples
    --------
    >>> print(text_table(["kind", "events"], [["view", 1200], ["cart", 7]]))
    kind  events
    view   1,200
    cart       7
    """
    cells = [[_shown(value) for value in row] for row in rows]
    places = range(len(columns))
    widths = [max(len(columns[k]), *(len(row[k]) for row in cells)) if cells else len(columns[k]) for k in places]
    right = [bool(cells) and all(_is_number(row[k]) for row in cells) for k in places]

    def line(row: Sequence[str]) -> str:
        padded = [row[k].rjust(widths[k]) if right[k] else row[k].ljust(widths[k]) for k in places]
        return "  ".join(padded).rstrip()

    return "\n".join(line(row) for row in [list(columns), *cells])


def _shown(value: Any) -> str:
    return f"{value:,}" if isinstance(value, Number) else "" if value is None else str(value)


def _is_number(cell: str) -> bool:
    return cell == "" or cell.lstrip("+-−(≈<>")[:1].isdigit()
