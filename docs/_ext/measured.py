"""Figures of the tables of a page, so that a plot shows the same numbers as the text."""

import re
from pathlib import Path

__all__ = ["number", "table"]

DOCS = Path(__file__).resolve().parents[1]


def table(page: str, *headings: str) -> list[dict[str, str]]:
    """Return the rows of the first simple table of a page with these headings, by heading."""
    lines = (DOCS / f"{page}.rst").read_text("utf-8").splitlines()
    for top, line in enumerate(lines[:-1]):
        if not re.fullmatch(r"=+( +=+)+", line):
            continue
        cells: list[tuple[int, int | None]] = [match.span() for match in re.finditer("=+", line)]
        cells[-1] = (cells[-1][0], None)
        names = _split(lines[top + 1], cells)
        if set(headings) <= set(names) and lines[top + 2] == line:
            stop = lines.index(line, top + 3)
            return [dict(zip(names, _split(text, cells), strict=True)) for text in lines[top + 3 : stop]]
    raise ValueError(f"{page}: there is no table with the headings {headings}")


def number(cell: str) -> float:
    """Return the first number of a cell, such as 2.6 for "2.6 s, 305 MB" and 1000000 for "1.0 million"."""
    found = re.search(r"[\d,]*\.?\d+(e\d+)?", cell)
    if found is None:
        raise ValueError(f"{cell!r}: expected a number")
    return float(found.group().replace(",", "")) * (1e6 if "million" in cell else 1)


def _split(text: str, cells: list[tuple[int, int | None]]) -> list[str]:
    return [text[start:stop].strip() for start, stop in cells]
