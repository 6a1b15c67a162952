"""Heat map of predicted ratings."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from sklearn.utils.validation import check_is_fitted

from recokit._typing import AnyArray
from recokit.base import Recommender
from recokit.data._inputs import as_id_list, known_codes
from recokit.data._labels import labels_of
from recokit.plotting._style import axes_or_new, name_style, note, shortened

__all__ = ["rating_heatmap"]

_MAX_IDS = 100
_DEFAULT_IDS = 15
_MAX_NUMBERS = 400
_CELL_WITH_NUMBER, _CELL = (0.42, 0.3), (0.16, 0.16)  # inches


def rating_heatmap(
    model: Recommender, users: Any = None, items: Any = None, *, labels: Any = None, ax: Axes | None = None
) -> Axes:
    """Draw the predicted ratings or scores of users and items; a dot marks each training pair.

    Parameters
    ----------
    model : Recommender
        Fitted model.
    users, items : array-like of ids, or one id, optional
        Rows and columns, at most 100 of each; by default the 15 with the most interactions.
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
        The model does not know a user or an item.
    ValueError
        There are too many users or items, or none.

    Examples
    --------
    >>> from recokit import BiasBaseline
    >>> from recokit.plotting import rating_heatmap
    >>> from recokit.datasets import example_interactions
    >>> model = BiasBaseline().fit(example_interactions("explicit"))
    >>> rating_heatmap(model, users=[7, 10]).get_ylabel()
    'user'
    """
    check_is_fitted(model)
    data = model.interactions_
    user_codes = _codes(data.users, users, np.diff(data.indptr), "user")
    item_codes = _codes(data.items, items, np.bincount(data.item_codes, minlength=data.n_items), "item")
    rows, columns = data.users.take(user_codes).tolist(), data.items.take(item_codes).tolist()
    values = model.predict([(user, item) for user in rows for item in columns]).reshape(len(rows), len(columns))
    width, height = _CELL_WITH_NUMBER if values.size <= _MAX_NUMBERS else _CELL
    ax = axes_or_new(ax, (2.5 + width * len(columns), 1.8 + height * len(rows)))
    low, high = getattr(model, "rating_range_", (values.min(), values.max()))
    image = ax.imshow(values, cmap="cividis", vmin=low, vmax=high, aspect="auto")
    ax.figure.colorbar(image, ax=ax, label="predicted rating" if model._is_explicit() else "score")
    histories = [data.item_codes[data.indptr[user] : data.indptr[user + 1]] for user in user_codes]
    seen = np.array([np.isin(item_codes, history) for history in histories])
    if values.size <= _MAX_NUMBERS:
        _write_numbers(ax, values, (low + high) / 2)
    ax.plot(*np.nonzero(seen)[::-1] + np.array([[0.36], [-0.32]]), "o", ms=3, color="white", mec="black", mew=0.5)
    note(ax, "dot: training pair")
    _name_axis(ax.set_xticks, columns, labels, rotation=90)
    _name_axis(ax.set_yticks, rows, None)
    ax.set(xlabel="item", ylabel="user")
    return ax


def _codes(index: Any, ids: Any, counts: AnyArray, kind: str) -> AnyArray:
    if ids is None:
        return np.argsort(-counts, kind="stable")[:_DEFAULT_IDS]
    codes = known_codes(index, as_id_list(ids), kind)
    if not 0 < len(codes) <= _MAX_IDS:
        raise ValueError(f"{kind}s: expected 1 to {_MAX_IDS} ids, got {len(codes)}")
    return codes


def _write_numbers(ax: Axes, values: AnyArray, middle: float) -> None:
    for (row, column), value in np.ndenumerate(values):
        color = "black" if value > middle else "white"
        ax.text(column, row, f"{value:.1f}", ha="center", va="center", fontsize=7, color=color)


def _name_axis(set_ticks: Any, ids: list[Any], labels: Any, **options: Any) -> None:
    names = [shortened(label) for label in labels_of(ids, labels)]
    set_ticks(range(len(ids)), names, fontsize=8, **options, **name_style(names))
