"""Curves: the error by epoch, and a metric by the length of the lists."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from recokit._runtime.language import Language
from recokit.base import Recommender
from recokit.data.recommendations import Recommendations
from recokit.metrics import Metric, evaluate
from recokit.plotting._style import COLORS, MARKERS, axes_or_new, by_name, draw_legend
from recokit.plotting._words import Words

__all__ = ["learning_curve", "metric_by_k"]


def learning_curve(models: Any, *, language: Language = "en", ax: Axes | None = None) -> Axes:
    """Draw the training error of a model by epoch, and the validation error if there is one.

    A dot marks the epoch with the final parameters of the model, if it has the attribute ``best_epoch_``.

    Parameters
    ----------
    models : Recommender or dict, or mapping of names to these
        Fitted models with a ``history_``, or histories: dicts of lists with a number for each epoch, with keys that
        begin with ``training_`` or ``validation_``.
    language : {"en", "zh"}
        Language of the texts on the axes.
    ax : matplotlib Axes, optional
        Axes to draw on; axes in a new figure by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError
        A model has no history of epochs.

    See Also
    --------
    recokit.SGDMatrixFactorization : Rating prediction by matrix factorization with biases.

    Examples
    --------
    >>> from recokit import SGDMatrixFactorization
    >>> from recokit.plotting import learning_curve
    >>> from recokit.datasets import example_interactions
    >>> model = SGDMatrixFactorization(4, n_epochs=5, random_state=0).fit(
    ...     example_interactions("explicit")
    ... )
    >>> learning_curve(model).get_xlabel()
    'epoch'
    """
    words = Words(language)
    histories = _histories(models)
    ax = axes_or_new(ax)
    quantities: dict[str, None] = {}
    for color, (name, (history, best)) in zip(_cycle(), histories.items(), strict=False):
        for key, values in history.items():
            if not values:
                continue
            part, _, quantity = key.partition("_")
            quantities[quantity] = None
            epochs = range(1, len(values) + 1)
            label = f"{name}, {words.if_known(part)}" if name else words.if_known(part)
            dashes = "-" if part == "training" else "--"
            ax.plot(epochs, values, dashes, color=color, label=label)
            if best and best <= len(values) and (part == "validation" or not history.get(f"validation_{quantity}")):
                ax.plot(best, values[best - 1], "o", color=color)
    words.on_axes(ax, words("epoch"), words(" and ").join(quantity.replace("_", " ") for quantity in quantities))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    draw_legend(ax, [*histories, words("training")])
    return ax


def _histories(models: Any) -> dict[str, tuple[Mapping[str, list[float]], int | None]]:
    """Return the history of each model by name, and its best epoch if it has one."""
    is_history = isinstance(models, Mapping) and bool(models) and all(isinstance(one, list) for one in models.values())
    given = by_name({"": models} if is_history else models, (Recommender, Mapping), "a fitted model or its history_")
    found = {}
    for name, model in given.items():
        history = model if isinstance(model, Mapping) else getattr(model, "history_", None)
        if history is None:
            raise TypeError(f"{type(model).__name__} has no history_: it is not fitted, or is not trained in epochs")
        found[name] = history, getattr(model, "best_epoch_", None)
    return found


def metric_by_k(
    recommendations: Any,
    test: Any,
    metric: str | Metric = "ndcg",
    *,
    ks: Iterable[int] | None = None,
    language: Language = "en",
    ax: Axes | None = None,
    **options: Any,
) -> Axes:
    """Draw a metric against its cut-off k.

    Parameters
    ----------
    recommendations : Recommendations, or mapping of names to Recommendations
        The lists of one or several models.
    test : Interactions, frame, pairs or mapping
        Test data, as in `recokit.evaluate`.
    metric : str or Metric
        A metric of `recokit.evaluate` without a cut-off, such as ``"recall"`` or ``"ndcg(gain=linear)"``.
    ks : iterable of int, optional
        Cut-offs; by default at most 20 from 1 to the length of the lists.
    language : {"en", "zh"}
        Language of the texts on the axes.
    ax : matplotlib Axes, optional
        Axes to draw on; axes in a new figure by default.
    **options
        Further arguments of `recokit.evaluate`, such as ``train``.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        The metric has a cut-off or is unknown, or a cut-off exceeds the length of the lists.

    See Also
    --------
    recokit.plotting.comparison :
        Draw a metric of several models with intervals, and mark the models that are significantly worse than
        the best.
    recokit.metrics.evaluate : Compute metrics of the lists of all users.

    Examples
    --------
    >>> from recokit import Popularity
    >>> from recokit.plotting import metric_by_k
    >>> from recokit.datasets import example_interactions
    >>> data = example_interactions("implicit")
    >>> lists = Popularity().fit(data).recommend(n=5, exclude_seen=False)
    >>> metric_by_k(
    ...     {"popular": lists}, {user: [100] for user in data.users}, "recall"
    ... ).get_ylabel()
    'recall@k'
    """
    words = Words(language)
    measure = Metric.parse(metric)
    if measure.k is not None:
        raise ValueError(
            f"metric={str(metric)!r}: expected a metric without a cut-off, such as {str(replace(measure, k=None))!r}"
        )
    models = by_name(recommendations, Recommendations, "Recommendations")
    max_k = min(lists.items.shape[1] for lists in models.values())
    cuts = _default_cut_offs(max_k) if ks is None else sorted(set(ks))
    if not cuts or cuts[0] < 1 or cuts[-1] > max_k:
        raise ValueError(f"ks={cuts}: expected cut-offs from 1 to {max_k}, the length of the shortest lists")
    ax = axes_or_new(ax)
    at_k = [replace(measure, k=k) for k in cuts]
    for place, (color, (name, lists)) in enumerate(zip(_cycle(), models.items(), strict=False)):
        result = evaluate(lists, test, at_k, **options)
        ax.plot(cuts, [result[str(one)] for one in at_k], f"{_marker(place)}-", color=color, ms=4, label=name)
    name, bracket, conventions = str(metric).partition("(")
    words.on_axes(ax, words("cut-off k"), f"{name}@k{bracket}{conventions}")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    draw_legend(ax, list(models))
    return ax


def _default_cut_offs(max_k: int, max_number: int = 20) -> list[int]:
    """Return at most ``max_number`` evenly spaced cut-offs from 1 to ``max_k``."""
    if max_k <= max_number:
        return list(range(1, max_k + 1))
    return sorted({1 + round(step * (max_k - 1) / (max_number - 1)) for step in range(max_number)})


def _marker(place: int) -> str:
    return MARKERS[place % len(MARKERS)]


def _cycle() -> list[str]:
    return [*COLORS] * 20
