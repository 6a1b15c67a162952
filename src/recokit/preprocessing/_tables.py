"""Tables of text with aligned columns, for Latin and Chinese text."""

import unicodedata
from collections.abc import Sequence

__all__ = ["aligned"]


def aligned(rows: Sequence[Sequence[str]], n_left: int = 1) -> str:
    """Return rows of cells as lines with aligned columns.

    Parameters
    ----------
    rows : sequence of sequences of str
        Cells; all rows have the same length.
    n_left : int
        Number of leading columns that are aligned to the left; the others are aligned to the right.

    Examples
    --------
    >>> print(aligned([["segment", "users"], ["新客户", "12"]]))
    segment  users
    新客户      12
    """
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        gaps = [" " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        cells = [
            cell + gap if place < n_left else gap + cell
            for place, (cell, gap) in enumerate(zip(row, gaps, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _width(text: str) -> int:
    """Return the width in half-width characters; a Chinese character counts as two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
