"""Plots that compare models: metrics with intervals, and metrics by segment of users."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from recokit._runtime.language import Language
from recokit._runtime.threads import Runner, thread_count
from recokit._typing import AnyArray, BoolArray, FloatArray
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError, first_few
from recokit.metrics import Evaluation, compare
from recokit.metrics._resampling import Clusters, bootstrap_means
from recokit.metrics.comparison import align_users
from recokit.plotting._style import (
    COLORS,
    GREY,
    MARKERS,
    axes_or_new,
    by_name,
    draw_legend,
    name_style,
    note,
    shortened,
)
from recokit.plotting._words import Words

__all__ = ["comparison", "segment_profiles"]

_N_RESAMPLES = 1000


def comparison(
    evaluations: Mapping[str, Evaluation],
    metric: str | None = None,
    *,
    alpha: float = 0.05,
    language: Language = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw a metric of several models with intervals, and mark the models that are significantly worse than the best.

    Models are ordered by the metric, best first. A model is grey if it differs significantly from the best by the
    paired test of `recokit.compare`, with Holm's correction over all pairs of models.

    Parameters
    ----------
    evaluations : mapping of names to Evaluation
        At least two models, evaluated on the same users.
    metric : str, optional
        A per-user metric of all models; by default the first.
    alpha : float
        Family-wise error rate: accepted probability of any false difference.
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
        There are fewer than two models, or one lacks the metric.
    DataError
        The evaluations are of different users.

    See Also
    --------
    recokit.metrics.compare : Find the significant differences between recommenders evaluated on the same users.
    recokit.plotting.coverage_accuracy : Draw the accuracy of models against the catalogue coverage of their lists.
    recokit.plotting.metric_by_k : Draw a metric against its cut-off k.

    Examples
    --------
    >>> from recokit import evaluate
    >>> from recokit.plotting import comparison
    >>> test = {user: [user] for user in range(10)}
    >>> good = evaluate({user: [user, -1] for user in test}, test, ["mrr@10"])
    >>> fair = evaluate({user: [-1, user] for user in test}, test, ["mrr@10"])
    >>> [
    ...     text.get_text()
    ...     for text in comparison({"fair": fair, "good": good}).get_yticklabels()
    ... ]
    ['good', 'fair']
    """
    words = Words(language)
    models = by_name(evaluations, Evaluation, "an Evaluation")
    if len(models) < 2:
        raise ValueError(f"evaluations: expected a mapping of at least two evaluations, got {len(models)}")
    metric = metric or next(iter(next(iter(models.values())).per_user), "")
    result = compare(models, metrics=[metric], alpha=alpha)
    sign = 1 if metric in result.lower_is_better else -1
    order = sorted(models, key=lambda name: sign * models[name][metric])
    pairs = [(one.first, one.second) for one in result.significant]
    different = {name for pair in pairs if order[0] in pair for name in pair}
    ax = axes_or_new(ax, (6.4, 1.2 + 0.4 * len(order)))
    for row, name in enumerate(order):
        value, (low, high) = models[name][metric], models[name].intervals[metric]
        color = GREY if name in different - {order[0]} else COLORS[0]
        ax.errorbar(value, row, xerr=_bar_lengths([value], [low], [high]), fmt="o", color=color, capsize=3)
    names = [shortened(name) for name in order]
    ax.set_yticks(range(len(order)), names, **name_style(names))
    ax.invert_yaxis()
    ax.margins(y=0.5 / len(order))
    level = next(iter(models.values())).confidence
    label = "{metric}, with {level:.0%} intervals over {n:,} users"
    words.on_axes(ax, x=words(label, metric=metric, level=level, n=result.n_users))
    note(ax, words("grey: significantly worse than the best (Holm, α = {alpha:g})", alpha=alpha))
    ax.grid(axis="x", alpha=0.3)
    return ax


def segment_profiles(
    evaluations: Any,
    segments: Any,
    metric: str | None = None,
    *,
    n_segments: int = 4,
    language: Language = "en",
    ax: Axes | None = None,
) -> Axes:
    r"""Draw a metric by segment of users, with 95% bootstrap intervals.

    Parameters
    ----------
    evaluations : Evaluation, or mapping of names to Evaluation
        Evaluations of one model, or of several models on the same users.
    segments : Interactions, or mapping of user ids to labels
        Training data, to divide the users into ``n_segments`` groups of about equal size by the number of their
        interactions; or the segment of each user. Users without a segment are left out.
    metric : str, optional
        A per-user metric of all models; by default the first.
    n_segments : int
        Number of groups by activity.
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
        An evaluation lacks the metric, or ``n_segments`` is less than 1.
    DataError
        The evaluations are of different users, or no user has a segment.

    See Also
    --------
    recokit.plotting.segment_heatmap : Draw how each segment of users differs from all users in each feature.
    recokit.preprocessing.UserSegments : Cluster users by their features into segments with readable profiles.

    Examples
    --------
    >>> from recokit import evaluate
    >>> from recokit.plotting import segment_profiles
    >>> result = evaluate(
    ...     {"ann": ["tea"], "bob": ["tea"]}, {"ann": ["tea"], "bob": ["cup"]}, ["recall@1"]
    ... )
    >>> axes = segment_profiles(result, {"ann": "new", "bob": "loyal"})
    >>> [text.get_text() for text in axes.get_xticklabels()]
    ['loyal\n1 user', 'new\n1 user']
    """
    words = Words(language)
    models = by_name(evaluations, Evaluation, "an Evaluation")
    metric = metric or next(iter(next(iter(models.values())).per_user), "")
    lacking = [name for name, one in models.items() if metric not in one.per_user]
    if lacking:
        raise ValueError(
            f"metric={metric!r}: expected a per-user metric of all models; missing in {first_few(lacking)}"
        )
    if n_segments < 1:
        raise ValueError(f"n_segments={n_segments}: expected at least 1")
    values = {name: one[:, 0] for name, one in align_users(models, [metric]).items()}
    first = next(iter(models.values()))
    groups = _segments(first.users, segments, n_segments)
    ax, step = axes_or_new(ax), min(0.16, 0.7 / len(models))
    for row, (color, (name, each)) in enumerate(zip([*COLORS] * 20, values.items(), strict=False)):
        means, low, high = np.array([_interval(each, members, first.clusters) for members in groups.values()]).T
        x = np.arange(len(groups)) + step * (row - (len(models) - 1) / 2)
        style: dict[str, Any] = {
            "fmt": MARKERS[row % len(MARKERS)],
            "color": color,
            "capsize": 3,
            "label": name or None,
        }
        ax.errorbar(x, means, yerr=_bar_lengths(means, low, high), **style)
    sizes = {label: int(np.count_nonzero(members)) for label, members in groups.items()}
    counted = {label: words("{n:,} user" if n == 1 else "{n:,} users", n=n) for label, n in sizes.items()}
    names = [f"{shortened(label, 16)}\n{count}" for label, count in counted.items()]
    ax.set_xticks(range(len(names)), names, **name_style(names))
    ax.margins(x=0.12)
    words.on_axes(ax, y=words("{metric}, with 95% intervals", metric=metric))
    if isinstance(segments, Interactions):
        words.on_axes(ax, x=words("training interactions of a user"))
    ax.grid(axis="y", alpha=0.3)
    draw_legend(ax, list(models))
    return ax


def _segments(users: AnyArray, segments: Any, n_segments: int) -> dict[str, BoolArray]:
    """Return a mask of the users in each segment."""
    if isinstance(segments, Interactions):
        codes = segments.users.codes(users)
        activity = np.where(codes >= 0, np.diff(segments.indptr)[codes], 0)
        cuts = np.unique(np.quantile(activity, np.linspace(0, 1, n_segments + 1)[1:-1], method="higher"))
        group = np.searchsorted(cuts, activity, side="left")
        masks = [group == one for one in np.unique(group)]
        ranges = [(activity[mask].min(), activity[mask].max()) for mask in masks]
        labels = [f"{low}" if low == high else f"{low} – {high}" for low, high in ranges]
        return dict(zip(labels, masks, strict=True))
    ids = users.tolist()
    given = np.array([str(segments[user]) if user in segments else None for user in ids], dtype=object)
    labels = sorted({label for label in given if label is not None})
    if not labels:
        raise DataError(f"segments: none of the evaluated users has a segment; the users are {first_few(ids)}")
    return {label: given == label for label in labels}


def _interval(values: FloatArray, members: BoolArray, clusters: Clusters | None) -> tuple[float, float, float]:
    """Return the mean over the members with a value, and the bounds of its bootstrap interval; NaN without a value."""
    own, drawn = values[members], None if clusters is None else clusters.of_users(members)
    if np.all(np.isnan(own)):
        return np.nan, np.nan, np.nan
    means = bootstrap_means(np.ascontiguousarray(own[:, None]), _N_RESAMPLES, 0, Runner(thread_count(None)), drawn)
    low, high = np.nanquantile(means, [0.025, 0.975])
    return float(np.nanmean(own)), float(low), float(high)


def _bar_lengths(means: Any, low: Any, high: Any) -> AnyArray:
    """Return the lengths of error bars, at least 0: by rounding, an interval may lie just beside its mean."""
    return np.maximum([np.subtract(means, low), np.subtract(high, means)], 0.0)
