"""Curves: the error by epoch, a metric by the length of the lists."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from recokit.base import Recommender
from recokit.data.recommendations import Recommendations
from recokit.metrics import Metric, evaluate
from recokit.plotting._style import COLORS, axes_of, legend_of, named

__all__ = ["learning_curve", "metric_by_k"]


def learning_curve(models: Any, *, ax: Axes | None = None) -> Axes:
    """Draw what a model recorded of every epoch of its fit: the error in training and, where there is one, validation.

    The epoch that the model is from has a dot, where the model says which (``best_epoch_``).

    Parameters
    ----------
    models : Recommender or dict, or mapping of names to such
        Fitted models with a ``history_``, or such histories: dicts of lists with a number for each epoch, the names of
        which begin with ``training_`` or ``validation_``.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError
        A model records no epochs.

    Examples
    --------
    >>> from recokit import SGDMatrixFactorization
    >>> from recokit.plotting import learning_curve
    >>> from recokit.testing import example_interactions
    >>> model = SGDMatrixFactorization(4, n_epochs=5, random_state=0).fit(example_interactions("explicit"))
    >>> learning_curve(model).get_xlabel()
    'epoch'
    """
    by_name = _histories(models)
    ax = axes_of(ax)
    quantities: dict[str, None] = {}
    for color, (name, (history, best)) in zip(_cycle(), by_name.items(), strict=False):
        for key, values in history.items():
            if not values:
                continue
            part, _, quantity = key.partition("_")
            quantities[quantity] = None
            epochs = range(1, len(values) + 1)
            label = f"{name}, {part}" if name else part
            dashes = "-" if part == "training" else "--"
            ax.plot(epochs, values, dashes, color=color, label=label)
            if best and best <= len(values) and (part == "validation" or not history.get(f"validation_{quantity}")):
                ax.plot(best, values[best - 1], "o", color=color)
    ax.set(xlabel="epoch", ylabel=" and ".join(quantity.replace("_", " ") for quantity in quantities))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    legend_of(ax, [*by_name, "training"])
    return ax


def _histories(models: Any) -> dict[str, tuple[Mapping[str, list[float]], int | None]]:
    """Return the history of each model by name, and the epoch that it is from."""
    alone = isinstance(models, Mapping) and bool(models) and all(isinstance(part, list) for part in models.values())
    by_name = named({"": models} if alone else models, (Recommender, Mapping), "a fitted model or its history_")
    found = {}
    for name, model in by_name.items():
        history = model if isinstance(model, Mapping) else getattr(model, "history_", None)
        if history is None:
            raise TypeError(f"{type(model).__name__} has no history_: it is not fitted, or not learned by epochs")
        found[name] = history, getattr(model, "best_epoch_", None)
    return found


def metric_by_k(
    recommendations: Any,
    test: Any,
    metric: str | Metric = "ndcg",
    *,
    ks: Iterable[int] | None = None,
    ax: Axes | None = None,
    **options: Any,
) -> Axes:
    """Draw a metric against the number of items that are looked at in each list.

    Parameters
    ----------
    recommendations : Recommendations, or mapping of names to Recommendations
        The lists of one or several models.
    test : Interactions, frame, pairs or mapping
        As `recokit.evaluate` takes it.
    metric : str or Metric
        A metric of `recokit.evaluate` without a cut-off, such as ``"recall"`` or ``"ndcg(gain=linear)"``.
    ks : iterable of int, optional
        The cut-offs; by default 1 to the length of the lists, at most 20 of them.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.
    **options
        Further arguments of `recokit.evaluate`, such as ``train``.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        The metric has a cut-off or is unknown, or a cut-off is longer than the lists.

    Examples
    --------
    >>> from recokit import Popularity
    >>> from recokit.plotting import metric_by_k
    >>> from recokit.testing import example_interactions
    >>> data = example_interactions("implicit")
    >>> lists = Popularity().fit(data).recommend(n=5, exclude_seen=False)
    >>> metric_by_k({"popular": lists}, {user: [100] for user in data.users}, "recall").get_ylabel()
    'recall@k'
    """
    measure = Metric.parse(metric)
    if measure.k is not None:
        raise ValueError(
            f"metric={str(metric)!r}: expected a metric without a cut-off, such as {str(replace(measure, k=None))!r}"
        )
    by_name = named(recommendations, Recommendations, "Recommendations")
    longest = min(lists.items.shape[1] for lists in by_name.values())
    cuts = _spread(longest) if ks is None else sorted(set(ks))
    if not cuts or cuts[0] < 1 or cuts[-1] > longest:
        raise ValueError(f"ks={cuts}: expected cut-offs from 1 to {longest}, the length of the shortest lists")
    ax = axes_of(ax)
    at_k = [replace(measure, k=k) for k in cuts]
    for color, (name, lists) in zip(_cycle(), by_name.items(), strict=False):
        result = evaluate(lists, test, at_k, **options)
        ax.plot(cuts, [result[str(one)] for one in at_k], "o-", color=color, ms=4, label=name)
    name, bracket, conventions = str(metric).partition("(")
    ax.set(xlabel="k, items looked at", ylabel=f"{name}@k{bracket}{conventions}")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    legend_of(ax, list(by_name))
    return ax


def _spread(longest: int, most: int = 20) -> list[int]:
    """Return at most so many cut-offs from 1 to the longest, evenly."""
    if longest <= most:
        return list(range(1, longest + 1))
    return sorted({1 + round(step * (longest - 1) / (most - 1)) for step in range(most)})


def _cycle() -> list[str]:
    return [*COLORS] * 20
