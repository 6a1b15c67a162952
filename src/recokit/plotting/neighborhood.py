"""An item among those most similar to it."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from recokit.base import Recommender
from recokit.plotting._style import COLORS, axes_of, name_style, shortened
from recokit.plotting.heatmap import name_of

__all__ = ["similarity_neighborhood"]

_MOST = 30
_NEAREST, _FARTHEST = 0.45, 1.0


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
    ax = axes_of(ax, (6.4, 5.6))
    names = [shortened(name_of(key, labels), 22) for key in (item, *(other for other, _ in similar))]
    style = name_style(names)
    ax.plot(0, 0, "o", color=COLORS[1], ms=9, zorder=3)
    box = {"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.8}
    below: dict[str, Any] = {"xytext": (0, -9), "textcoords": "offset points", "ha": "center", "va": "top", "zorder": 4}
    ax.annotate(names[0], (0, 0), bbox=box, **below, **style)
    scores = np.array([score for _, score in similar])
    span = np.ptp(scores) if len(scores) else 0.0
    closeness = (scores - scores.min()) / span if span > 0 else np.ones(len(scores))
    angles = np.pi / 2 - 2 * np.pi * np.arange(len(scores)) / max(len(scores), 1)
    for name, score, close, angle in zip(names[1:], scores, closeness, angles, strict=True):
        radius = _FARTHEST - close * (_FARTHEST - _NEAREST)
        x, y = radius * np.cos(angle), radius * np.sin(angle)
        ax.plot([0, x], [0, y], "-", color=COLORS[0], lw=0.6 + 2.4 * close, alpha=0.3 + 0.5 * close, zorder=1)
        ax.plot(x, y, "o", color=COLORS[0], zorder=2)
        side = "left" if np.cos(angle) > 0.1 else "right" if np.cos(angle) < -0.1 else "center"
        up = "bottom" if np.sin(angle) > 0.9 else "top" if np.sin(angle) < -0.9 else "center"
        offset = (7 * np.cos(angle), 7 * np.sin(angle))
        text = f"{name}  {score:.2f}"
        ax.annotate(text, (x, y), offset, textcoords="offset points", ha=side, va=up, fontsize=9, **style)
    ax.set(xlim=(-1.9, 1.9), ylim=(-1.25, 1.25))
    ax.set_axis_off()
    return ax
