"""Comparisons: models with intervals, and segments of users."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from recokit._runtime.threads import Runner, thread_count
from recokit._typing import AnyArray, BoolArray, FloatArray
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError, first_few
from recokit.metrics import Evaluation, compare
from recokit.metrics._resampling import bootstrap_means
from recokit.plotting._style import COLORS, GREY, axes_of, legend_of, name_style, named, note, shortened

__all__ = ["comparison", "segment_profiles"]

_N_RESAMPLES = 1000


def comparison(
    evaluations: Mapping[str, Evaluation], metric: str | None = None, *, alpha: float = 0.05, ax: Axes | None = None
) -> Axes:
    """Draw a metric of several models with its intervals, and which models are no worse than the best beyond chance.

    The models are ordered by the metric. Those that the paired test of `recokit.compare`, with Holm's correction for
    the comparison of every two, tells apart from the best are grey.

    Parameters
    ----------
    evaluations : mapping of names to Evaluation
        Two models at least, evaluated on the same users.
    metric : str, optional
        A metric by user that all have; by default the first.
    alpha : float
        Accepted probability of finding any difference where there is none.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        There are not two models, or one lacks the metric.
    DataError
        The evaluations are of different users.

    Examples
    --------
    >>> from recokit import evaluate
    >>> from recokit.plotting import comparison
    >>> test = {user: [user] for user in range(10)}
    >>> good = evaluate({user: [user, -1] for user in test}, test, ["mrr@10"])
    >>> fair = evaluate({user: [-1, user] for user in test}, test, ["mrr@10"])
    >>> [text.get_text() for text in comparison({"fair": fair, "good": good}).get_yticklabels()]
    ['good', 'fair']
    """
    by_name = named(evaluations, Evaluation, "an Evaluation")
    if len(by_name) < 2:
        raise ValueError("comparison needs two evaluations at least, by name")
    metric = metric or next(iter(next(iter(by_name.values())).per_user), "")
    result = compare(by_name, metrics=[metric], alpha=alpha)
    order = sorted(by_name, key=lambda name: -by_name[name][metric])
    pairs = [(one.first, one.second) for one in result.significant]
    others = {name for pair in pairs if order[0] in pair for name in pair}
    ax = axes_of(ax, (6.4, 1.2 + 0.4 * len(order)))
    for row, name in enumerate(order):
        value, (low, high) = by_name[name][metric], by_name[name].intervals[metric]
        color = GREY if name in others - {order[0]} else COLORS[0]
        ax.errorbar(value, row, xerr=_bars([value], [low], [high]), fmt="o", color=color, capsize=3)
    names = [shortened(name) for name in order]
    ax.set_yticks(range(len(order)), names, **name_style(names))
    ax.invert_yaxis()
    ax.margins(y=0.5 / len(order))
    level = next(iter(by_name.values())).confidence
    ax.set_xlabel(f"{metric}, with {level:.0%} intervals over {result.n_users:,} users")
    note(ax, f"grey: not as good as the best (Holm, α = {alpha:g})")
    ax.grid(axis="x", alpha=0.3)
    return ax


def segment_profiles(
    evaluations: Any, segments: Any, metric: str | None = None, *, n_segments: int = 4, ax: Axes | None = None
) -> Axes:
    r"""Draw a metric by segment of users, with 95% bootstrap intervals.

    Parameters
    ----------
    evaluations : Evaluation, or mapping of names to Evaluation
        Of one model, or of several on the same users.
    segments : Interactions, or mapping of user ids to labels
        What a model learned from: users are cut into ``n_segments`` groups of about equal size by the number of their
        interactions. Or the segment of each user; users without one are left out.
    metric : str, optional
        A metric by user that all have; by default the first.
    n_segments : int
        Number of groups by activity.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        An evaluation lacks the metric, or ``n_segments`` is less than 1.
    DataError
        The evaluations are of different users, or none of these has a segment.

    Examples
    --------
    >>> from recokit import evaluate
    >>> from recokit.plotting import segment_profiles
    >>> result = evaluate({"ann": ["tea"], "bob": ["tea"]}, {"ann": ["tea"], "bob": ["cup"]}, ["recall@1"])
    >>> axes = segment_profiles(result, {"ann": "new", "bob": "loyal"})
    >>> [text.get_text() for text in axes.get_xticklabels()]
    ['loyal\n1 user', 'new\n1 user']
    """
    by_name = named(evaluations, Evaluation, "an Evaluation")
    metric = metric or next(iter(next(iter(by_name.values())).per_user), "")
    lacking = [name for name, one in by_name.items() if metric not in one.per_user]
    if lacking:
        raise ValueError(f"{metric!r} is no metric by user of {first_few(lacking)}")
    if n_segments < 1:
        raise ValueError(f"n_segments={n_segments}: expected at least 1")
    ids, values = _by_user(by_name, metric)
    groups = _segments(ids, segments, n_segments)
    ax, step = axes_of(ax), min(0.16, 0.7 / len(by_name))
    for row, (color, (name, each)) in enumerate(zip([*COLORS] * 20, values.items(), strict=False)):
        means, low, high = np.array([_interval(each[members]) for members in groups.values()]).T
        x = np.arange(len(groups)) + step * (row - (len(by_name) - 1) / 2)
        ax.errorbar(x, means, yerr=_bars(means, low, high), fmt="o", color=color, capsize=3, label=name or None)
    names = [f"{shortened(label, 16)}\n{_people(int(np.count_nonzero(members)))}" for label, members in groups.items()]
    ax.set_xticks(range(len(names)), names, **name_style(names))
    ax.margins(x=0.12)
    ax.set(ylabel=f"{metric}, with 95% intervals")
    if isinstance(segments, Interactions):
        ax.set_xlabel("interactions of a user in training")
    ax.grid(axis="y", alpha=0.3)
    legend_of(ax, list(by_name))
    return ax


def _people(n: int) -> str:
    return f"{n:,} user" if n == 1 else f"{n:,} users"


def _by_user(by_name: Mapping[str, Evaluation], metric: str) -> tuple[AnyArray, dict[str, FloatArray]]:
    """Return the users, and for each evaluation their values in the same order.

    Raises
    ------
    DataError
        The evaluations are of different users.
    """
    first, reference = next(iter(by_name.items()))
    users = IdIndex(reference.users)
    values: dict[str, FloatArray] = {}
    for name, one in by_name.items():
        rows = users.codes(one.users)
        if len(rows) != len(users) or np.any(rows < 0):
            raise DataError(f"{first} and {name} are evaluations of different users: evaluate them on one test set")
        values[name] = np.empty(len(users))
        values[name][rows] = one.per_user[metric]
    return reference.users, values


def _segments(users: AnyArray, segments: Any, n_segments: int) -> dict[str, BoolArray]:
    """Return which users are in each segment."""
    if isinstance(segments, Interactions):
        codes = segments.users.codes(users)
        activity = np.where(codes >= 0, np.diff(segments.indptr)[codes], 0)
        cuts = np.unique(np.quantile(activity, np.linspace(0, 1, n_segments + 1)[1:-1], method="higher"))
        part = np.searchsorted(cuts, activity, side="left")
        ends = [(activity[part == p].min(), activity[part == p].max()) for p in np.unique(part)]
        labels = [f"{low}" if low == high else f"{low} – {high}" for low, high in ends]
        return {label: part == p for label, p in zip(labels, np.unique(part), strict=True)}
    ids = users.tolist()
    given = np.array([str(segments[user]) if user in segments else None for user in ids], dtype=object)
    known = sorted({label for label in given if label is not None})
    if not known:
        raise DataError(f"none of the users evaluated has a segment; these are {first_few(ids)}")
    return {label: given == label for label in known}


def _interval(values: FloatArray) -> tuple[float, float, float]:
    """Return the mean and the bounds of its bootstrap interval."""
    means = bootstrap_means(np.ascontiguousarray(values[:, None]), _N_RESAMPLES, 0, Runner(thread_count(None)))
    low, high = np.quantile(means, [0.025, 0.975])
    return float(values.mean()), float(low), float(high)


def _bars(means: Any, low: Any, high: Any) -> AnyArray:
    """Return the lengths of error bars; rounding may put the end of an interval on the far side of its mean."""
    return np.maximum([np.subtract(means, low), np.subtract(high, means)], 0.0)
