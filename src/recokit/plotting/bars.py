"""Bars of several metrics for several models."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from recokit._runtime.language import Language
from recokit.metrics import Evaluation
from recokit.plotting._style import COLORS, HATCHES, axes_or_new, by_name, draw_legend
from recokit.plotting._words import Words

__all__ = ["metric_bars"]


def metric_bars(
    evaluations: Any, metrics: Sequence[str] | None = None, *, language: Language = "en", ax: Axes | None = None
) -> Axes:
    """Draw the values of several metrics as groups of bars, one bar for each model.

    Metrics with a bootstrap interval have an error bar. All bars share one scale, so choose metrics of similar size.

    Parameters
    ----------
    evaluations : Evaluation, or mapping of names to Evaluation
        One model, or several models.
    metrics : sequence of str, optional
        Names of metrics that all evaluations have; by default those of the first evaluation.
    language : {"en", "zh"}
        Language of the label of the axis.
    ax : matplotlib Axes, optional
        Axes to draw on; axes in a new figure by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    KeyError
        An evaluation lacks a metric.
    ValueError
        There is no metric.

    See Also
    --------
    comparison : One metric of several models, with a test of their differences.

    Examples
    --------
    >>> from recokit import evaluate
    >>> from recokit.plotting import metric_bars
    >>> test = {user: [user] for user in range(10)}
    >>> good = evaluate({user: [user, -1] for user in test}, test, ["mrr@10", "recall@1"])
    >>> fair = evaluate({user: [-1, user] for user in test}, test, ["mrr@10", "recall@1"])
    >>> [
    ...     text.get_text()
    ...     for text in metric_bars({"good": good, "fair": fair}).get_xticklabels()
    ... ]
    ['mrr@10', 'recall@1']
    """
    words = Words(language)
    models = by_name(evaluations, Evaluation, "an Evaluation")
    first = next(iter(models.values()))
    names = list(first.means if metrics is None else metrics)
    if not names:
        raise ValueError("metrics: nothing to draw: expected at least one metric")
    ax = axes_or_new(ax, (max(4.0, 1.0 + 0.35 * len(names) * (len(models) + 1)), 3.6))
    width = 0.8 / len(models)
    for row, (name, one) in enumerate(models.items()):
        x = np.arange(len(names)) + width * (row - (len(models) - 1) / 2)
        values = [one[metric] for metric in names]
        style: dict[str, Any] = {
            "color": COLORS[row % len(COLORS)],
            "hatch": HATCHES[row % len(HATCHES)],
            "ec": "white",
        }
        ax.bar(x, values, 0.92 * width, label=name or None, **style)
        _draw_intervals(ax, x, names, one)
    ax.set_xticks(range(len(names)), names)
    words.on_axes(ax, y=words("value, with {level:.0%} intervals", level=first.confidence))
    ax.grid(axis="y", alpha=0.3)
    ax.set_axisbelow(True)
    draw_legend(ax, list(models))
    return ax


def _draw_intervals(ax: Axes, x: Any, names: list[str], one: Evaluation) -> None:
    """Draw the bootstrap intervals of the metrics that have one."""
    for place, metric in zip(x, names, strict=True):
        if metric in one.intervals:
            low, high = one.intervals[metric]
            ax.errorbar(place, (low + high) / 2, yerr=(high - low) / 2, fmt="none", ecolor="0.4", capsize=3)
