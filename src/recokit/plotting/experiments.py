"""Plots of experiments and of private models."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from recokit._runtime.language import Language
from recokit.experiments import Uplift
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

__all__ = ["privacy_curve", "uplift_intervals"]


def uplift_intervals(uplifts: Any, *, language: Language = "en", ax: Axes | None = None) -> Axes:
    """Draw the relative uplift of several outcomes of an A/B test, such as conversion and revenue, with intervals.

    Parameters
    ----------
    uplifts : Uplift, or mapping of names to Uplift
        Results of `recokit.experiments.uplift`, one for each outcome or each test.
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
        An object is not an Uplift.
    ValueError
        There is none, or the relative uplift of one is not defined because its control is 0.

    See Also
    --------
    recokit.experiments.uplift : Estimate the uplift of a treatment over a control in an A/B test.
    recokit.experiments.Uplift : Estimated uplift of a treatment over a control.

    Examples
    --------
    >>> from recokit.experiments import uplift
    >>> from recokit.plotting import uplift_intervals
    >>> ax = uplift_intervals(
    ...     {"conversion": uplift(control=(200, 4000), treatment=(260, 4000))}
    ... )
    >>> ax.get_xlabel()
    'relative uplift, with 95% intervals'
    """
    words = Words(language)
    given = by_name(uplifts, Uplift, "an Uplift")
    undefined = [name for name, one in given.items() if not np.isfinite([one.relative, *one.relative_interval]).all()]
    if undefined:
        raise ValueError(f"uplifts: the relative uplift of {undefined[0]!r} is not defined, or has no interval")
    ax = axes_or_new(ax, (5.6, 1.4 + 0.45 * len(given)))
    has_grey = False
    for row, one in enumerate(given.values()):
        low, high = one.relative_interval
        is_grey = low <= 0 <= high
        has_grey |= is_grey
        lengths = [[max(one.relative - low, 0.0)], [max(high - one.relative, 0.0)]]
        ax.errorbar(one.relative, row, xerr=lengths, fmt="o", color=GREY if is_grey else COLORS[0], capsize=3)
        text = f"{one.relative:+.1%}, p = {one.p_value:.2g}"
        ax.annotate(text, (one.relative, row), (0, 7), textcoords="offset points", ha="center", fontsize=9)
    ax.axvline(0, color=GREY, lw=0.8, dashes=(4, 3))
    names = [shortened(name) for name in given]
    ax.set_yticks(range(len(names)), names, **name_style(names))
    ax.set_ylim(len(names) - 0.4, -0.7)
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    level = next(iter(given.values())).confidence
    words.on_axes(ax, x=words("relative uplift, with {level:.0%} intervals", level=level))
    if has_grey:
        note(ax, words("grey: the interval contains 0"))
    ax.grid(axis="x", alpha=0.3)
    return ax


def privacy_curve(
    curves: Any,
    without: Any = None,
    *,
    metric: str = "ndcg@10",
    language: Language = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw the quality of private models against the privacy budget ε.

    Parameters
    ----------
    curves : mapping of ε to values, or mapping of names to these
        Quality at each ε > 0: a number, or the numbers of several draws of the noise, which are drawn as their mean
        and their range.
    without : number, or mapping of names to numbers, optional
        Quality of the models without privacy, drawn as horizontal lines.
    metric : str
        Label of the vertical axis.
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
        There is no curve, an ε is not a positive number, or a value is not finite.

    See Also
    --------
    recokit.privacy.private_popularity :
        Return the number of users of each item with (ε, δ)-differential privacy for users.
    recokit.privacy.PrivacyAccountant : The budget of privacy loss of a data set, and its use by releases.

    Examples
    --------
    >>> from recokit.plotting import privacy_curve
    >>> ax = privacy_curve({0.5: [0.11, 0.13], 2: [0.19, 0.21], 8: 0.24}, without=0.25)
    >>> ax.lines[0].get_ydata().round(2).tolist()
    [0.12, 0.2, 0.24]
    """
    words = Words(language)
    named = curves if _has_names(curves) else {"": curves}
    lines = {str(name): _line(str(name), curve) for name, curve in named.items()}
    if not lines or not all(len(line) for line in lines.values()):
        raise ValueError("curves: nothing to draw: expected a mapping of ε to values, or a mapping of names to these")
    levels = without if isinstance(without, Mapping) else dict.fromkeys(lines, without)
    ax = axes_or_new(ax)
    for place, (name, line) in enumerate(lines.items()):
        color, marker = COLORS[place % len(COLORS)], MARKERS[place % len(MARKERS)]
        epsilon, mean, low, high = line.T
        ax.plot(epsilon, mean, marker=marker, color=color, label=name or None)
        ax.fill_between(epsilon, low, high, color=color, alpha=0.15, lw=0)
        level = levels.get(name)
        if level is not None:
            text = words("{name}: without privacy", name=name) if name else words("without privacy")
            ax.axhline(float(level), color=color, lw=1, dashes=(4, 3), label=text)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter("{x:g}")
    words.on_axes(ax, words("ε (less private to the right)"), metric)
    ax.grid(alpha=0.3)
    draw_legend(ax, list(ax.get_legend_handles_labels()[1]))
    return ax


def _has_names(curves: Any) -> bool:
    return isinstance(curves, Mapping) and any(isinstance(one, Mapping) for one in curves.values())


def _line(name: str, curve: Any) -> Any:
    """Return ε, mean, lowest and highest value of each point of a curve, in order of ε."""
    where = f"curves[{name!r}]" if name else "curves"
    if not isinstance(curve, Mapping):
        raise ValueError(f"{where}: expected a mapping of ε to values, got {type(curve).__name__}")
    rows = []
    for epsilon, given in curve.items():
        values = np.atleast_1d(np.asarray(given, dtype=np.float64))
        if not (isinstance(epsilon, int | float) and 0 < epsilon < np.inf):
            raise ValueError(f"{where}: ε = {epsilon!r}: expected a positive number")
        if values.size == 0 or not np.isfinite(values).all():
            raise ValueError(f"{where}: the value at ε = {epsilon:g} is not finite")
        rows.append((float(epsilon), values.mean(), values.min(), values.max()))
    return np.array(sorted(rows)).reshape(-1, 4)
