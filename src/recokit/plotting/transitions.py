"""Graph of the transitions between items."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from sklearn.utils.validation import check_is_fitted

from recokit._runtime.arguments import check_count
from recokit._typing import FloatArray
from recokit.base import Recommender
from recokit.data._inputs import as_id_list, known_codes
from recokit.data._labels import labels_of
from recokit.plotting._style import COLORS, axes_or_new, name_style, shortened

__all__ = ["transition_graph"]

_MAX_ITEMS = 30
_LIMIT = 1.45  # half of the width and height of the axes; the items are on a circle of radius 1


def transition_graph(
    model: Recommender,
    items: Any = None,
    *,
    n_items: int = 12,
    n_next: int = 2,
    labels: Any = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw items on a circle, with arrows to the items that follow most strongly.

    A wider and darker arrow has a larger weight. Only arrows between the drawn items are shown.

    Parameters
    ----------
    model : Recommender
        Fitted model with weights between items, ``item_weights_``, such as `recokit.TransitionKNN`.
    items : array-like of ids, optional
        Items to draw, at most 30, in order around the circle; by default the ``n_items`` with the most interactions.
    n_items : int
        Number of items, if ``items`` is None.
    n_next : int
        Largest number of arrows from an item.
    labels : mapping of item ids to names, or callable, optional
        Names of the items; by default their ids.
    ax : matplotlib Axes, optional
        Axes to draw on; axes in a new figure by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError
        The model has no weights between items.
    UnknownIdError
        The model does not know an item.
    ValueError
        There are too many items, or none.

    See Also
    --------
    recokit.TransitionKNN :
        Recommend the items that follow the latest items of a history, by counts of transitions within a window.
    recokit.plotting.similarity_neighborhood : Draw an item in the centre, surrounded by its most similar items.

    Examples
    --------
    >>> from recokit import TransitionKNN
    >>> from recokit.plotting import transition_graph
    >>> visits = {
    ...     "user_id": [1, 1, 2, 2],
    ...     "item_id": ["cup", "tea", "cup", "tea"],
    ...     "timestamp": [1, 2, 1, 2],
    ... }
    >>> ax = transition_graph(TransitionKNN(backward=0).fit(visits))
    >>> sorted(text.get_text() for text in ax.texts if text.get_text())
    ['cup', 'tea']
    """
    weights = _weights(model)
    codes = _codes(model, items, check_count(n_items, "n_items"))
    block = np.asarray(weights[codes][:, codes].toarray(), dtype=np.float64)
    np.fill_diagonal(block, 0.0)
    names = [shortened(label, 16) for label in labels_of(model.interactions_.items.take(codes).tolist(), labels)]
    ax = axes_or_new(ax, (5.6, 5.6))
    ax.set(xlim=(-_LIMIT, _LIMIT), ylim=(-_LIMIT, _LIMIT), aspect="equal")
    ax.set_axis_off()
    angles = np.pi / 2 - 2 * np.pi * np.arange(len(codes)) / len(codes)
    points = np.column_stack([np.cos(angles), np.sin(angles)])
    _draw_arrows(ax, points, block, check_count(n_next, "n_next"))
    ax.plot(*points.T, "o", color=COLORS[1], ms=8, zorder=3)
    for name, (x, y) in zip(names, points.tolist(), strict=True):
        side = "center" if abs(x) < 0.3 else "left" if x > 0 else "right"
        height = "center" if abs(x) >= 0.3 else "bottom" if y > 0 else "top"
        ax.text(1.09 * x, 1.09 * y, name, ha=side, va=height, fontsize=9, **name_style(names))
    return ax


def _weights(model: Recommender) -> Any:
    if not isinstance(model, Recommender):
        raise TypeError(f"expected a fitted Recommender, got {type(model).__name__}")
    check_is_fitted(model)
    weights = getattr(model, "item_weights_", None)
    if not hasattr(weights, "tocsr"):
        raise TypeError(f"{type(model).__name__} has no sparse item_weights_; expected a model such as TransitionKNN")
    return weights


def _codes(model: Recommender, items: Any, n_items: int) -> Any:
    """Return the codes of the items to draw."""
    data = model.interactions_
    if items is None:
        counts = np.bincount(data.item_codes, minlength=data.n_items)
        return np.argsort(-counts, kind="stable")[: min(n_items, _MAX_ITEMS)]
    codes = known_codes(data.items, as_id_list(items), "item")
    if not 0 < len(codes) <= _MAX_ITEMS:
        raise ValueError(f"items: expected 1 to {_MAX_ITEMS} ids, got {len(codes)}")
    return codes


def _draw_arrows(ax: Axes, points: FloatArray, weights: FloatArray, n_next: int) -> None:
    """Draw the arrows of the largest weights in each row."""
    largest = weights.max(initial=0.0)
    for row, own in enumerate(weights):
        for column in np.argsort(-own, kind="stable")[:n_next]:
            if own[column] <= 0:
                continue
            strength = float(own[column] / largest)
            style = {
                "arrowstyle": "-|>",
                "color": COLORS[0],
                "lw": 0.6 + 2.6 * strength,
                "alpha": 0.25 + 0.65 * strength,
                "shrinkA": 7,
                "shrinkB": 7,
                "connectionstyle": "arc3,rad=0.12",
            }
            ax.annotate("", points[column], points[row], arrowprops=style)
