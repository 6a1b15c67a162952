"""An item among those most similar to it."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from recokit.base import Recommender
from recokit.plotting._style import COLORS, axes_of, name_style, shortened
from recokit.plotting.heatmap import name_of

__all__ = ["similarity_neighborhood"]

_MOST = 30
_MOST_LEVEL = 12
_NEAREST, _FARTHEST, _WIDTH = 0.45, 1.0, 1.9


def similarity_neighborhood(
    model: Recommender, item: Any, n: int = 10, *, labels: Any = None, ax: Axes | None = None
) -> Axes:
    """Draw an item in the middle, and the items that a model finds most similar around it.

    The more similar an item, the nearer it is and the stronger its line; they begin above and go on clockwise.

    Parameters
    ----------
    model : Recommender
        Fitted, with ``similar_items``.
    item : id
        The item in the middle.
    n : int
        How many others, at most 30.
    labels : mapping of item ids to names, or callable, optional
        What to call the items; by default their ids.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    UnknownIdError
        The model does not know the item.
    NotImplementedError
        The model has no similarity of items.
    ValueError
        ``n`` is not from 1 to 30.

    Examples
    --------
    >>> from recokit import ItemKNN
    >>> from recokit.plotting import similarity_neighborhood
    >>> from recokit.testing import example_interactions
    >>> axes = similarity_neighborhood(ItemKNN().fit(example_interactions("implicit")), 100, n=3)
    >>> [text.get_text() for text in axes.texts]
    ['100', '108  0.71', '116  0.67', '132  0.60']
    """
    if not 1 <= n <= _MOST:
        raise ValueError(f"n={n}: expected 1 to {_MOST}, which a picture can show")
    similar = model.similar_items([item], n)[item]
    names = [shortened(name_of(key, labels), 22) for key in (item, *(other for other, _ in similar))]
    style = name_style(names)
    scores = np.array([score for _, score in similar])
    along = len(scores) > _MOST_LEVEL
    height = _WIDTH if along else 1.25
    ax = axes_of(ax, (6.4, 6.4 * height / _WIDTH))
    ax.set(xlim=(-_WIDTH, _WIDTH), ylim=(-height, height), aspect="equal")
    ax.set_axis_off()
    span = np.ptp(scores) if len(scores) else 0.0
    closeness = (scores - scores.min()) / span if span > 0 else np.ones(len(scores))
    angles = np.pi / 2 - 2 * np.pi * np.arange(len(scores)) / max(len(scores), 1)
    ax.plot(0, 0, "o", color=COLORS[1], ms=9, zorder=3)
    box = {"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.8}
    below: dict[str, Any] = {"xytext": (0, -9), "textcoords": "offset points", "ha": "center", "va": "top", "zorder": 4}
    ax.annotate(names[0], (0, 0), bbox=box, **below, **style)
    for name, score, close, angle in zip(names[1:], scores, closeness, angles, strict=True):
        radius = _FARTHEST - close * (_FARTHEST - _NEAREST)
        x, y = radius * np.cos(angle), radius * np.sin(angle)
        ax.plot([0, x], [0, y], "-", color=COLORS[0], lw=0.6 + 2.4 * close, alpha=0.3 + 0.5 * close, zorder=1)
        ax.plot(x, y, "o", color=COLORS[0], zorder=2)
        ax.annotate(f"{name}  {score:.2f}", (x, y), **_beside(angle, along), fontsize=9, **style)
    return ax


def _beside(angle: float, along: bool) -> dict[str, Any]:
    """Return how a name is written outside of its point: level, or along its ray where many are close together."""
    across, up = np.cos(angle), np.sin(angle)
    place: dict[str, Any] = {"xytext": (7 * across, 7 * up), "textcoords": "offset points"}
    if along:
        turn = np.degrees(angle) if across >= 0 else np.degrees(angle) + 180
        side = "left" if across >= 0 else "right"
        return place | {"rotation": turn, "rotation_mode": "anchor", "ha": side, "va": "center"}
    side = "left" if across > 0.1 else "right" if across < -0.1 else "center"
    return place | {"ha": side, "va": "bottom" if up > 0.9 else "top" if up < -0.9 else "center"}
