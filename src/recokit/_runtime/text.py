"""Tables in plain text."""

import unicodedata
from collections.abc import Iterable, Sequence
from numbers import Number
from typing import Any

__all__ = ["text_table"]


def text_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table with aligned columns: numbers to the right, other cells to the left.

    Numbers are shown with thousands separators; give text for another format. Texts that begin with a
    digit or a sign are numbers, too, and so are "nan" and a dash. A Chinese character is two columns wide.

    Examples
    --------
    >>> print(text_table(["kind", "events"], [["view", 1200], ["cart", 7]]))
    kind  events
    view   1,200
    cart       7
    >>> print(text_table(["segment", "users"], [["新客户", 12]]))
    segment  users
    新客户      12
    """
    cells = [[_shown(value) for value in row] for row in rows]
    places = range(len(columns))
    widths = [max(map(_width, (columns[k], *(row[k] for row in cells)))) for k in places]
    right = [bool(cells) and all(_is_number(row[k]) for row in cells) for k in places]

    def line(row: Sequence[str]) -> str:
        gaps = [" " * (widths[k] - _width(row[k])) for k in places]
        padded = [gaps[k] + row[k] if right[k] else row[k] + gaps[k] for k in places]
        return "  ".join(padded).rstrip()

    return "\n".join(line(row) for row in [list(columns), *cells])


def _shown(value: Any) -> str:
    return f"{value:,}" if isinstance(value, Number) else "" if value is None else str(value)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _is_number(cell: str) -> bool:
    return cell in ("", "nan", "–") or cell.lstrip("+-−(≈<>")[:1].isdigit()
