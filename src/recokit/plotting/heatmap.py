"""Heat map of ratings: known, predicted, or both side by side."""

from typing import Any, Literal, NamedTuple

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from sklearn.utils.validation import check_is_fitted

from recokit._runtime.language import Language
from recokit._typing import AnyArray, BoolArray, FloatArray
from recokit.base import Recommender
from recokit.data._inputs import as_id_list, known_codes
from recokit.data._labels import labels_of
from recokit.data.interactions import Interactions
from recokit.plotting._style import axes_or_new, name_style, note, shortened
from recokit.plotting._words import Words

__all__ = ["rating_heatmap"]

View = Literal["predicted", "known", "both"]

_MAX_IDS = 100
_DEFAULT_IDS, _DEFAULT_IDS_OF_BOTH = 15, 10
_MAX_NUMBERS = 400
_CELL_WITH_NUMBER, _CELL = (0.42, 0.3), (0.16, 0.16)  # inches


class _Half(NamedTuple):
    """A matrix to draw, with its colour scale and the format of its numbers."""

    values: FloatArray
    limits: tuple[float, float]
    number: str
    name: str


def rating_heatmap(
    model: Recommender | Interactions,
    users: Any = None,
    items: Any = None,
    *,
    view: View | None = None,
    labels: Any = None,
    cmap: str | Colormap = "cividis",
    language: Language = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw the known ratings of users and items, the ratings that a model predicts, or both side by side.

    Parameters
    ----------
    model : Recommender or Interactions
        Fitted model, or ratings or strengths.
    users, items : array-like of ids, or one id, optional
        Rows and columns, at most 100 of each; by default the 15 with the most interactions, or 10 if
        ``view="both"``.
    view : {"predicted", "known", "both"}, optional
        Predicted ratings or scores, where a dot marks each training pair; known ratings or strengths, where unknown
        pairs are blank; or known ratings on the left and predicted ratings on the right. By default "predicted" for a
        model, and "known" for Interactions, which have no other view.
    labels : mapping of item ids to names, or callable, optional
        Names of the items; by default their ids.
    cmap : str or matplotlib Colormap
        Colour map.
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
        ``model`` is neither a Recommender nor Interactions.
    UnknownIdError
        The model does not know a user or an item.
    ValueError
        There are too many users or items, or none; or the view is unknown, or needs a model.

    See Also
    --------
    recokit.plotting.learning_curve :
        Draw the training error of a model by epoch, and the validation error if there is one.
    recokit.plotting.similarity_neighborhood : Draw an item in the centre, surrounded by its most similar items.

    Examples
    --------
    >>> from recokit import BiasBaseline
    >>> from recokit.plotting import rating_heatmap
    >>> from recokit.datasets import example_interactions
    >>> ratings = example_interactions("explicit")
    >>> rating_heatmap(ratings, users=[7, 10]).get_ylabel()
    'user'
    >>> len(rating_heatmap(BiasBaseline().fit(ratings), view="both").images)
    2
    """
    words = Words(language)
    view = _check_view(model, view)
    if isinstance(model, Recommender):
        check_is_fitted(model)
    data = model.interactions_ if isinstance(model, Recommender) else model
    is_explicit = data.feedback == "explicit"
    n = _DEFAULT_IDS_OF_BOTH if view == "both" else _DEFAULT_IDS
    user_codes = _codes(data.users, users, np.diff(data.indptr), "user", n)
    item_codes = _codes(data.items, items, np.bincount(data.item_codes, minlength=data.n_items), "item", n)
    rows, columns = data.users.take(user_codes).tolist(), data.items.take(item_codes).tolist()
    known = _known_values(data, user_codes, item_codes)
    halves = []
    if view != "predicted":
        limits = getattr(model, "rating_range_", (float(data.values.min()), float(data.values.max())))
        halves.append(_Half(known, limits, ".3g", "rating" if is_explicit else "strength"))
    if isinstance(model, Recommender) and view != "known":
        halves.append(_predicted(model, rows, columns))
    with_numbers = known.size <= _MAX_NUMBERS
    width, height = _CELL_WITH_NUMBER if with_numbers else _CELL
    ax = axes_or_new(ax, (2.5 + width * (len(columns) + 1) * len(halves), 1.8 + height * len(rows)))
    starts = [k * (len(columns) + 1) for k in range(len(halves))]
    for start, half in zip(starts, halves, strict=True):
        image = _draw_half(ax, half, start, cmap, with_numbers=with_numbers)
    ax.set_xlim(-0.5, starts[-1] + len(columns) - 0.5)
    label = words(halves[0].name if view == "both" and is_explicit else halves[-1].name)
    ax.figure.colorbar(image, ax=ax).set_label(label, **name_style([label]))
    if view == "predicted":
        _mark(ax, np.isfinite(known))
        note(ax, words("dot: training pair"))
    if view == "both":
        share = len(columns) / (2 * len(columns) + 1) / 2
        note(ax, words("known"), share)
        note(ax, words("predicted"), 1 - share)
        ax.spines[:].set_visible(False)
        edge = {"ec": rcParams["axes.edgecolor"]}
        for start in starts:
            ax.add_patch(
                Rectangle((start - 0.5, -0.5), len(columns), len(rows), fill=False, lw=0.8, clip_on=False, **edge)
            )
    _name_axis(ax.set_xticks, starts, columns, labels, rotation=90)
    _name_axis(ax.set_yticks, [0], rows, None)
    words.on_axes(ax, words("item"), words("user"))
    return ax


def _check_view(model: Any, view: View | None) -> View:
    """Return the view to draw."""
    if not isinstance(model, Recommender | Interactions):
        raise TypeError(f"expected a fitted Recommender or Interactions, got {type(model).__name__}")
    view = view or ("predicted" if isinstance(model, Recommender) else "known")
    if view not in ("predicted", "known", "both"):
        raise ValueError(f"view={view!r}: expected 'predicted', 'known' or 'both'")
    if view != "known" and isinstance(model, Interactions):
        raise ValueError(f"view={view!r} needs predictions; pass a fitted model in place of Interactions")
    return view


def _codes(index: Any, ids: Any, counts: AnyArray, kind: str, n: int) -> AnyArray:
    """Return the codes of the given ids, by default of the n ids with the highest counts."""
    if ids is None:
        return np.argsort(-counts, kind="stable")[:n]
    codes = known_codes(index, as_id_list(ids), kind)
    if not 0 < len(codes) <= _MAX_IDS:
        raise ValueError(f"{kind}s: expected 1 to {_MAX_IDS} ids, got {len(codes)}")
    return codes


def _known_values(data: Interactions, user_codes: AnyArray, item_codes: AnyArray) -> FloatArray:
    """Return the values of users × items, NaN where there is no interaction."""
    known = np.full((len(user_codes), len(item_codes)), np.nan)
    for row, user in enumerate(user_codes):
        own = slice(*data.indptr[user : user + 2])
        values = dict(zip(data.item_codes[own].tolist(), data.values[own].tolist(), strict=True))
        known[row] = [values.get(item, np.nan) for item in item_codes.tolist()]
    return known


def _predicted(model: Recommender, users: list[Any], items: list[Any]) -> _Half:
    pairs = [(user, item) for user in users for item in items]
    values = model.predict(pairs).reshape(len(users), len(items))
    limits = getattr(model, "rating_range_", (values.min(), values.max()))
    return _Half(values, limits, ".1f", "predicted rating" if model._is_explicit() else "score")


def _draw_half(ax: Axes, half: _Half, start: int, cmap: str | Colormap, *, with_numbers: bool) -> AxesImage:
    """Draw a matrix whose first column is at ``start``, and its numbers if there is room."""
    n_rows, n_columns = half.values.shape
    extent = (start - 0.5, start + n_columns - 0.5, n_rows - 0.5, -0.5)
    low, high = half.limits
    values = np.ma.masked_invalid(half.values)
    image = ax.imshow(values, cmap=cmap, vmin=low, vmax=high, aspect="auto", extent=extent)
    for row, column in np.argwhere(np.isfinite(half.values)) if with_numbers else ():
        value = half.values[row, column]
        is_light = np.dot(image.to_rgba(value)[:3], (0.299, 0.587, 0.114)) > 0.5  # luma of ITU-R BT.601
        color = "black" if is_light else "white"
        ax.text(start + column, row, f"{value:{half.number}}", ha="center", va="center", fontsize=7, color=color)
    return image


def _mark(ax: Axes, pairs: BoolArray) -> None:
    """Draw a dot in the upper right corner of the cells of these pairs."""
    ax.plot(*np.nonzero(pairs)[::-1] + np.array([[0.36], [-0.32]]), "o", ms=3, color="white", mec="black", mew=0.5)


def _name_axis(set_ticks: Any, starts: list[int], ids: list[Any], labels: Any, **options: Any) -> None:
    """Write the names of the ids at the ticks, once for each start."""
    names = [shortened(label) for label in labels_of(ids, labels)]
    ticks = [start + k for start in starts for k in range(len(ids))]
    set_ticks(ticks, names * len(starts), fontsize=8, **options, **name_style(names))
