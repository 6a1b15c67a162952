"""Plots of the catalogue: its long tail, and coverage against accuracy."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from recokit._runtime.language import Language
from recokit._typing import AnyArray, FloatArray
from recokit.data.interactions import Interactions
from recokit.data.recommendations import Recommendations
from recokit.metrics import Evaluation
from recokit.plotting._style import COLORS, GREY, axes_or_new, by_name, name_points, name_style, note, shortened
from recokit.plotting._words import Words

__all__ = ["coverage_accuracy", "long_tail"]


def long_tail(data: Any, *, share: float = 0.8, language: Language = "en", ax: Axes | None = None) -> Axes:
    """Draw the number of occurrences of each item, most popular first, and the size of the head.

    Parameters
    ----------
    data : Interactions or Recommendations, or mapping of names to these
        Interactions or recommended lists in which items are counted. Items without interactions are counted as 0; for
        lists, only listed items count.
    share : float
        The head is the smallest set of items with this share of all occurrences; it is shaded if there is one curve.
    language : {"en", "zh"}
        Language of the texts on the axes.
    ax : matplotlib Axes, optional
        Axes to draw on; axes in a new figure by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        The share is not between 0 and 1, or there is nothing to count.

    See Also
    --------
    recokit.plotting.coverage_accuracy : Draw the accuracy of models against the catalogue coverage of their lists.
    recokit.metrics.popularity_bias : Return the popularity bias: the mean popularity of the recommended items.

    Examples
    --------
    >>> from recokit.plotting import long_tail
    >>> from recokit.datasets import example_interactions
    >>> long_tail(example_interactions("implicit")).get_ylabel()
    'interactions'
    """
    words = Words(language)
    if not 0 < share < 1:
        raise ValueError(f"share={share}: expected a number between 0 and 1")
    sources = by_name(data, (Interactions, Recommendations), "Interactions or Recommendations")
    counts = {name: _counts(one) for name, one in sources.items()}
    if any(each.sum() == 0 for each in counts.values()):
        raise ValueError("nothing to draw: there are no items to count")
    ax = axes_or_new(ax)
    style = name_style([*counts, words("interactions")])
    for color, (name, each) in zip([*COLORS] * 20, counts.items(), strict=False):
        head = int(np.searchsorted(np.cumsum(each), share * each.sum())) + 1
        sizes = {"head": head, "n": len(each), "items": head / len(each), "share": share}
        sentence = words("{head:,} of {n:,} items ({items:.0%}) make up {share:.0%}", **sizes)
        ax.step(np.arange(1, len(each) + 1), np.where(each > 0, each, np.nan), where="mid", color=color)
        if len(counts) == 1:
            ax.axvspan(0.5, head + 0.5, color=color, alpha=0.15, lw=0)
            note(ax, sentence)
        else:
            ax.plot(head, each[head - 1], "o", color=color, label=f"{shortened(name)}: {sentence}")
    if len(counts) > 1:
        for text in ax.legend(frameon=False, fontsize=8).get_texts():
            text.set(**style)
    kind = "occurrences in lists" if isinstance(next(iter(sources.values())), Recommendations) else "interactions"
    words.on_axes(ax, words("items, from the most popular"), words(kind))
    ax.set_yscale("log")
    return ax


def _counts(data: Interactions | Recommendations) -> AnyArray:
    """Return the number of occurrences of each item, most frequent first."""
    if isinstance(data, Interactions):
        counts = np.bincount(data.item_codes, minlength=data.n_items)
    else:
        listed = data.items[np.arange(data.items.shape[1]) < data.counts[:, None]]
        counts = np.unique(listed.astype(str) if listed.dtype == object else listed, return_counts=True)[1]
    return np.sort(counts)[::-1]


def coverage_accuracy(
    evaluations: Any,
    accuracy: str = "ndcg@10",
    coverage: str = "coverage@10",
    *,
    language: Language = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw the accuracy of models against the catalogue coverage of their lists.

    A line joins the models on the Pareto front: no other model is better in one metric and no worse in the other.

    Parameters
    ----------
    evaluations : Evaluation, or mapping of names to Evaluation
        Evaluations with both metrics.
    accuracy, coverage : str
        Names of the metrics in the evaluations. ``coverage`` can be another metric, such as ``"novelty@10"`` or
        ``"gini@10"``; for metrics such as ``gini``, lower is better.
    language : {"en", "zh"}
        Language of the texts on the axes.
    ax : matplotlib Axes, optional
        Axes to draw on; axes in a new figure by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    KeyError
        An evaluation lacks a metric.

    See Also
    --------
    recokit.plotting.comparison :
        Draw a metric of several models with intervals, and mark the models that are significantly worse than
        the best.
    recokit.plotting.long_tail :
        Draw the number of occurrences of each item, most popular first, and the size of the head.

    Examples
    --------
    >>> from recokit import Popularity, evaluate
    >>> from recokit.plotting import coverage_accuracy
    >>> from recokit.datasets import example_interactions
    >>> data = example_interactions("implicit")
    >>> lists, test = (
    ...     Popularity().fit(data).recommend(),
    ...     {user: [100] for user in data.users},
    ... )
    >>> result = evaluate(lists, test, ["ndcg@10", "coverage@10"], catalogue=data)
    >>> coverage_accuracy({"popular": result}).get_xlabel()
    'coverage@10'
    """
    words = Words(language)
    models = by_name(evaluations, Evaluation, "an Evaluation")
    x = np.array([one[coverage] for one in models.values()])
    y = np.array([one[accuracy] for one in models.values()])
    to_minimize = frozenset().union(*(one.lower_is_better for one in models.values()))
    best = _on_pareto_front(-x if coverage in to_minimize else x, -y if accuracy in to_minimize else y)
    ax = axes_or_new(ax)
    front = sorted(np.flatnonzero(best), key=lambda k: x[k])
    ax.plot(x[front], y[front], "-", color=COLORS[0], alpha=0.4)
    ax.scatter(x, y, color=[COLORS[0] if each else GREY for each in best], zorder=3)
    ax.margins(0.12)
    ax.set(xlabel=coverage, ylabel=accuracy)
    if not all(best):
        note(ax, words("grey: dominated by another model"))
    name_points(ax, [shortened(name) for name in models], np.column_stack([x, y]))
    return ax


def _on_pareto_front(x: FloatArray, y: FloatArray) -> list[bool]:
    """Return for each point whether no other point is greater in one coordinate and no less in the other."""
    return [not np.any((x >= x[k]) & (y >= y[k]) & ((x > x[k]) | (y > y[k]))) for k in range(len(x))]
