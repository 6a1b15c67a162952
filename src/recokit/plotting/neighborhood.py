"""Plot of an item and its most similar items."""

from typing import Any

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes

from recokit._typing import FloatArray
from recokit.base import Recommender
from recokit.data._labels import labels_of
from recokit.plotting._style import COLORS, GREY, axes_or_new, name_style, shortened

__all__ = ["similarity_neighborhood"]

_MAX_ITEMS = 30
_MIN_RADIUS, _MAX_RADIUS = 0.6, 1.0
_HALF_WIDTH, _HALF_HEIGHT, _NAMES = 2.8, 1.15, 1.12  # of the axes; distance of the columns of names from the centre
_UNIT = 1.54  # inches of a data unit in a new figure
_ROW, _CHARACTER, _SCORE = 0.2, 0.072, 6  # inches of a name at 9 points; number of characters of a score


def similarity_neighborhood(
    model: Recommender, item: Any, n: int = 10, *, labels: Any = None, ax: Axes | None = None
) -> Axes:
    """Draw an item in the centre, surrounded by its most similar items.

    A more similar item is nearer to the centre and has a stronger line. The order starts at the top and runs clockwise.
    Names are at the sides.

    Parameters
    ----------
    model : Recommender
        Fitted model with ``similar_items``.
    item : id
        Item in the centre.
    n : int
        Number of similar items, at most 30.
    labels : mapping of item ids to names, or callable, optional
        Names of the items; by default their ids.
    ax : matplotlib Axes, optional
        Axes to draw on; axes in a new figure by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    UnknownIdError
        The model does not know the item.
    NotImplementedError
        The model does not define similar items.
    ValueError
        ``n`` is not from 1 to 30.

    See Also
    --------
    recokit.plotting.rating_heatmap :
        Draw the known ratings of users and items, the ratings that a model predicts, or both side by side.
    recokit.ItemKNN : Predict from the items that are most similar to the items of a user.

    Examples
    --------
    >>> from recokit import ItemKNN
    >>> from recokit.plotting import similarity_neighborhood
    >>> from recokit.datasets import example_interactions
    >>> axes = similarity_neighborhood(
    ...     ItemKNN().fit(example_interactions("implicit")), 100, n=3
    ... )
    >>> [text.get_text() for text in axes.texts]
    ['100', '108  0.26', '116  0.23', '132  0.21']
    """
    if not 1 <= n <= _MAX_ITEMS:
        raise ValueError(f"n={n}: expected 1 to {_MAX_ITEMS}")
    similar = model.similar_items([item], n)[item]
    scores = np.array([score for _, score in similar])
    unit = _UNIT if ax is None else _inches_per_unit(ax)
    max_width = int(np.clip((_HALF_WIDTH - _NAMES) * unit / _CHARACTER - _SCORE, 6, 28))
    names = [shortened(label, max_width) for label in labels_of((item, *(other for other, _ in similar)), labels)]
    style = name_style(names)
    ax = axes_or_new(ax, (2 * _HALF_WIDTH * _UNIT, 2 * _HALF_HEIGHT * _UNIT))
    ax.set(xlim=(-_HALF_WIDTH, _HALF_WIDTH), ylim=(-_HALF_HEIGHT, _HALF_HEIGHT), aspect="equal")
    ax.set_axis_off()
    span = np.ptp(scores) if len(scores) else 0.0
    closeness = (scores - scores.min()) / span if span > 0 else np.ones(len(scores))
    radii = _MAX_RADIUS - closeness * (_MAX_RADIUS - _MIN_RADIUS)
    angles = np.pi / 2 - 2 * np.pi * np.arange(len(scores)) / max(len(scores), 1)
    points = np.column_stack([radii * np.cos(angles), radii * np.sin(angles)])
    ax.plot(0, 0, "o", color=COLORS[1], ms=9, zorder=3)
    box = {"boxstyle": "round,pad=0.2", "fc": rcParams["axes.facecolor"], "ec": "none", "alpha": 0.8}
    below: dict[str, Any] = {"xytext": (0, -9), "textcoords": "offset points", "ha": "center", "va": "top", "zorder": 4}
    ax.annotate(shortened(names[0], 22), (0, 0), bbox=box, **below, **style)
    for (x, y), close in zip(points.tolist(), closeness.tolist(), strict=True):
        ax.plot([0, x], [0, y], "-", color=COLORS[0], lw=0.6 + 2.4 * close, alpha=0.3 + 0.5 * close, zorder=1)
        ax.plot(x, y, "o", color=COLORS[0], zorder=2)
    texts = [f"{name}  {score:.2f}" for name, score in zip(names[1:], scores, strict=True)]
    n_right = (len(texts) + 1) // 2
    _name_column(ax, texts[:n_right], points[:n_right], _NAMES, _ROW / unit, ha="left", **style)
    _name_column(ax, texts[n_right:], points[n_right:], -_NAMES, _ROW / unit, ha="right", **style)
    return ax


def _inches_per_unit(ax: Axes) -> float:
    """Return the size of a data unit in the given axes, as far as it is known before the layout."""
    return min(ax.bbox.width / _HALF_WIDTH, ax.bbox.height / _HALF_HEIGHT) / (2 * ax.figure.dpi)


def _name_column(ax: Axes, names: list[str], points: FloatArray, x: float, row: float, **options: Any) -> None:
    """Write names in a column, each as near to the height of its point as other names allow, with a line to it."""
    start = (0 if x > 0 else 1, 0.5)  # the inner end of a name
    line = {"arrowstyle": "-", "color": GREY, "lw": 0.6, "shrinkA": 3, "shrinkB": 4, "relpos": start}
    order = np.argsort(-points[:, 1], kind="stable")
    heights = np.empty(len(points))
    limit = _HALF_HEIGHT - row / 2
    heights[order] = _spread(points[order, 1], min(row, 2 * limit / max(len(points) - 1, 1)), limit)
    for name, point, y in zip(names, points.tolist(), heights.tolist(), strict=True):
        ax.annotate(name, point, (x, y), va="center", fontsize=9, arrowprops=line, **options)


def _spread(heights: FloatArray, gap: float, limit: float) -> FloatArray:
    """Return descending heights moved as little as needed to be a gap apart, from −limit to limit.

    Examples
    --------
    >>> _spread(np.array([0.9, 0.9, -1.0]), 0.5, 1.0).tolist()
    [0.9, 0.4, -1.0]
    """
    spread = heights.copy()
    for k in range(len(spread)):
        spread[k] = min(spread[k], limit if k == 0 else spread[k - 1] - gap)
    for k in reversed(range(len(spread))):
        spread[k] = max(spread[k], -limit if k == len(spread) - 1 else spread[k + 1] + gap)
    return spread
