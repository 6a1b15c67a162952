"""Picture of the results: quality and fit time."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .measure import Row
from .tables import Column, columns_of, main_column
from .tasks import Task

__all__ = ["draw"]


def draw(tables: Sequence[tuple[Task, list[Row]]], title: str, path: Path) -> None:
    """Write a PNG with a row of two panels for each table: the main metric and the fit time.

    Raises
    ------
    ImportError
        matplotlib is not installed.
    """
    from matplotlib.figure import Figure  # pyplot would need a display and keep global state

    heights = [2 + 0.4 * len(rows) for _, rows in tables]
    figure = Figure(figsize=(12, sum(heights)), layout="constrained")
    figure.suptitle(title)
    panels = figure.subplots(len(tables), 2, squeeze=False, sharey="row", height_ratios=heights)
    for (task, rows), (quality, time) in zip(tables, panels, strict=True):
        _dots(quality, rows, main_column(task.kind, task.k))
        time.set_xscale("log")
        _dots(time, rows, next(column for column in columns_of(task.kind, task.k) if column.key == "fit_seconds"))
        quality.invert_yaxis()  # both panels share the axis; the best row is at the top
    figure.savefig(path, dpi=120)


def _dots(axes: Any, rows: list[Row], column: Column) -> None:
    """Draw a dot for each row; unlike bars, dots need no axis that starts at 0."""
    labels = [row["algorithm"] for row in rows]
    values = [row[column.key] for row in rows]
    axes.plot(values, labels, "o", color="#4477aa")
    for label, value, row in zip(labels, values, rows, strict=True):
        axes.annotate(column.show(row), (value, label), xytext=(7, -3), textcoords="offset points", fontsize=8)
    axes.set_xlabel(column.title)
    axes.margins(x=0.15, y=0.1)
    axes.grid(axis="y", alpha=0.3)
