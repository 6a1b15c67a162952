"""Plot of an item and its most similar items."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from recokit.base import Recommender
from recokit.data._labels import labels_of
from recokit.plotting._style import COLORS, axes_or_new, name_style, shortened

__all__ = ["similarity_neighborhood"]

_MAX_ITEMS = 30
_MAX_HORIZONTAL = 12  # items with horizontal names; names of more are written along their rays
_MIN_RADIUS, _MAX_RADIUS, _HALF_WIDTH = 0.45, 1.0, 1.9


def similarity_neighborhood(
    model: Recommender, item: Any, n: int = 10, *, labels: Any = None, ax: Axes | None = None
) -> Axes:
    """Draw an item in the centre, surrounded by its most similar items.

    A more similar item is nearer to the centre and has a stronger line. The order starts at the top and runs clockwise.

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

    Examples
    --------
    >>> from recokit import ItemKNN
    >>> from recokit.plotting import similarity_neighborhood
    >>> from recokit.datasets import example_interactions
    >>> axes = similarity_neighborhood(ItemKNN().fit(example_interactions("implicit")), 100, n=3)
    >>> [text.get_text() for text in axes.texts]
    ['100', '108  0.71', '116  0.67', '132  0.60']
    """
    if not 1 <= n <= _MAX_ITEMS:
        raise ValueError(f"n={n}: expected 1 to {_MAX_ITEMS}")
    similar = model.similar_items([item], n)[item]
    names = [shortened(label, 22) for label in labels_of((item, *(other for other, _ in similar)), labels)]
    style = name_style(names)
    scores = np.array([score for _, score in similar])
    along_rays = len(scores) > _MAX_HORIZONTAL
    height = _HALF_WIDTH if along_rays else 1.25
    ax = axes_or_new(ax, (6.4, 6.4 * height / _HALF_WIDTH))
    ax.set(xlim=(-_HALF_WIDTH, _HALF_WIDTH), ylim=(-height, height), aspect="equal")
    ax.set_axis_off()
    span = np.ptp(scores) if len(scores) else 0.0
    closeness = (scores - scores.min()) / span if span > 0 else np.ones(len(scores))
    angles = np.pi / 2 - 2 * np.pi * np.arange(len(scores)) / max(len(scores), 1)
    ax.plot(0, 0, "o", color=COLORS[1], ms=9, zorder=3)
    box = {"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.8}
    below: dict[str, Any] = {"xytext": (0, -9), "textcoords": "offset points", "ha": "center", "va": "top", "zorder": 4}
    ax.annotate(names[0], (0, 0), bbox=box, **below, **style)
    for name, score, close, angle in zip(names[1:], scores, closeness, angles, strict=True):
        radius = _MAX_RADIUS - close * (_MAX_RADIUS - _MIN_RADIUS)
        x, y = radius * np.cos(angle), radius * np.sin(angle)
        ax.plot([0, x], [0, y], "-", color=COLORS[0], lw=0.6 + 2.4 * close, alpha=0.3 + 0.5 * close, zorder=1)
        ax.plot(x, y, "o", color=COLORS[0], zorder=2)
        ax.annotate(f"{name}  {score:.2f}", (x, y), **_text_options(angle, along_rays=along_rays), fontsize=9, **style)
    return ax


def _text_options(angle: float, *, along_rays: bool) -> dict[str, Any]:
    """Return the position of a name outside its point: horizontal, or along its ray."""
    x, y = np.cos(angle), np.sin(angle)
    options: dict[str, Any] = {"xytext": (7 * x, 7 * y), "textcoords": "offset points"}
    if along_rays:
        rotation = np.degrees(angle) if x >= 0 else np.degrees(angle) + 180
        side = "left" if x >= 0 else "right"
        return options | {"rotation": rotation, "rotation_mode": "anchor", "ha": side, "va": "center"}
    side = "left" if x > 0.1 else "right" if x < -0.1 else "center"
    return options | {"ha": side, "va": "bottom" if y > 0.9 else "top" if y < -0.9 else "center"}
