"""Small HTML tables for notebooks."""

from collections.abc import Iterable, Sequence
from html import escape
from numbers import Number
from typing import Any

__all__ = ["html_table"]


def html_table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], note: str = "") -> str:
    """Return a table in HTML, with all texts escaped.

    Parameters
    ----------
    caption : str
        Text above the table.
    columns : sequence of str
        Names of the columns.
    rows : iterable of sequences
        Cells, shown as ``str`` does. Numbers are aligned to the right.
    note : str, optional
        Text below the table.

    Examples
    --------
    >>> html_table("1 < 2", ["n"], [])
    '<div><div>1 &lt; 2</div><table><thead><tr><th>n</th></tr></thead><tbody></tbody></table></div>'
    """
    head = "".join(f"<th>{escape(str(name))}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    below = f"<div>{escape(note)}</div>" if note else ""
    return f"<div><div>{escape(caption)}</div>{table}{below}</div>"


def _cell(value: Any) -> str:
    side = "right" if isinstance(value, Number) else "left"
    return f'<td style="text-align: {side}">{escape(str(value))}</td>'
