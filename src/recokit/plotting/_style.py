"""Shared by all plots: axes, colours, legends and readable names."""

import unicodedata
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matplotlib import font_manager, get_cachedir, rcParams
from matplotlib.axes import Axes
from matplotlib.offsetbox import AnchoredText
from matplotlib.transforms import Bbox

from recokit._runtime.warnings import levels_inside
from recokit._typing import FloatArray

__all__ = [
    "COLORS",
    "GREY",
    "HATCHES",
    "MARKERS",
    "axes_or_new",
    "by_name",
    "draw_legend",
    "name_points",
    "name_style",
    "note",
    "shortened",
]

#: Paul Tol's bright colour scheme, safe for colour-blind readers.
COLORS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377")
GREY = "#8c8c8c"
#: Distinguish models where colours do not, such as in print.
MARKERS = ("o", "s", "^", "D", "v", "P")
HATCHES = ("", "//", "..", "xx", "\\\\", "--")

_MAX_NAME_WIDTH = 28  # in half-width characters; a Chinese character counts as two
# In order of preference: fonts of operating systems and of common font packages.
_CJK_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Hiragino Sans GB",
    "Heiti SC",
    "Microsoft YaHei",
    "SimHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Noto Sans CJK JP",
    "Noto Sans CJK TC",
    "Noto Sans CJK KR",
    "Yu Gothic",
    "Malgun Gothic",
    "Arial Unicode MS",
    "SimSun",
    "Droid Sans Fallback",
)


# Positions of a name relative to its point (offset in points, alignment), in order of preference.
_POSITIONS = [(x, y, side, "center") for y in (0, 11, -11, 22, -22) for x, side in ((6, "left"), (-6, "right"))]


def axes_or_new(ax: Axes | None, size: tuple[float, float] = (6.4, 4.2)) -> Axes:
    """Return the given axes, or axes in a new figure of this size in inches."""
    if ax is not None:
        return ax
    from matplotlib import pyplot

    return pyplot.subplots(figsize=size, layout="constrained")[1]


def by_name(given: Any, kind: type | tuple[type, ...], expected: str) -> dict[str, Any]:
    """Return one object or a mapping of names to objects as a dict; a single object has the name "".

    Raises
    ------
    TypeError
        An object is not of the expected kind.
    ValueError
        The mapping is empty.
    """
    objects = {str(name): one for name, one in given.items()} if isinstance(given, Mapping) else {"": given}
    unexpected = [type(one).__name__ for one in objects.values() if not isinstance(one, kind)]
    if unexpected:
        raise TypeError(f"expected {expected}, or a mapping of names to these; got {', '.join(unexpected)}")
    if not objects:
        raise ValueError(f"nothing to draw: expected {expected}, or a mapping of names to these")
    return objects


def shortened(name: Any, max_width: int = _MAX_NAME_WIDTH) -> str:
    """Return a name, cut with an ellipsis if it is wider than ``max_width``.

    Examples
    --------
    >>> shortened("stainless steel teapot with lid", 12)
    'stainless s…'
    >>> shortened("不锈钢茶壶带盖子", 9)
    '不锈钢茶…'
    """
    text = " ".join(str(name).split())
    if sum(map(_width, text)) <= max_width:
        return text
    start, left = "", max_width - 1
    for character in text:
        left -= _width(character)
        if left < 0:
            break
        start += character
    return f"{start.rstrip()}…"


def name_style(names: Iterable[str]) -> dict[str, Any]:
    """Return the text properties for names: a font with their characters, and no parsing of formulas.

    Warns
    -----
    UserWarning
        There are Chinese, Japanese or Korean names, and no installed font has their characters.
    """
    style: dict[str, Any] = {"parse_math": False}  # dollar signs are prices, not formulas
    if any(_is_cjk(character) for name in names for character in name):
        font = _cjk_font()
        if font is None:
            warnings.warn(
                "no installed font has Chinese, Japanese or Korean characters, so names show boxes instead; install "
                f"one, such as {_CJK_FONTS[0]} (package fonts-noto-cjk), and delete matplotlib's outdated list of "
                f"fonts, {get_cachedir()}/fontlist-*.json",
                stacklevel=levels_inside(),
            )
        else:
            style["fontfamily"] = [*_families(rcParams["font.family"]), font]
    return style


def draw_legend(ax: Axes, names: Sequence[str]) -> None:
    """Draw a legend above the axes if any name is not empty; a title is drawn above it."""
    if not any(names):
        return
    style = name_style(names)
    columns = 2 if len(ax.get_legend_handles_labels()[1]) == 4 else 3
    legend = ax.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, fontsize=9)
    for text in legend.get_texts():
        text.set(**style)
    _reserve(ax, _SpaceAbove(ax, None))


def note(ax: Axes, text: str, center: float | None = None) -> None:
    """Write a note above the axes, at the left or around a fraction of the width; a title is drawn above it."""
    style = {"fontsize": 9, "alpha": 0.75, **name_style([text])}
    anchor: dict[str, Any] = {"bbox_to_anchor": (center or 0, 1), "bbox_transform": ax.transAxes}
    loc = "lower left" if center is None else "lower center"
    written = AnchoredText(text, loc, pad=0, borderpad=0.5, frameon=False, prop=style, **anchor)
    ax.add_artist(written)
    _reserve(ax, _SpaceAbove(ax, written))


class _SpaceAbove:
    """Position of the space above axes that a note or the legend takes, for matplotlib's layout."""

    def __init__(self, ax: Axes, written: AnchoredText | None) -> None:
        self._ax, self._written = ax, written

    def __call__(self, _: Any, renderer: Any) -> Bbox:
        box, content = self._ax.bbox, self._written or self._ax.get_legend()
        top = box.y1 if content is None else max(box.y1, content.get_window_extent(renderer).y1)
        return Bbox.from_extents(box.x0, box.y1, box.x1, top).transformed(self._ax.figure.transSubfigure.inverted())


def _reserve(ax: Axes, space: _SpaceAbove) -> None:
    """Reserve space above the axes: matplotlib draws a title above inset axes, but not above a legend or a text."""
    inset = ax.inset_axes((0, 1, 1, 0))
    inset.set_axis_off()
    inset.set_axes_locator(space)


def name_points(ax: Axes, names: Sequence[str], points: FloatArray) -> None:
    """Write each name beside its point, inside the axes and without overlaps if there is room.

    Parameters
    ----------
    ax : Axes
        Axes with the points.
    names : sequence of n str
    points : (n, 2) array
        Data coordinates.
    """
    style = name_style(names)
    ax.autoscale_view()  # matplotlib scales only on drawing, too late to measure texts
    occupied = [Bbox.from_extents(*(center - 4), *(center + 4)) for center in ax.transData.transform(points)]
    for name, point in zip(names, points.tolist(), strict=True):
        text = ax.annotate(name, (point[0], point[1]), (0, 0), textcoords="offset points", fontsize=9, **style)
        for x, y, ha, va in [*_POSITIONS, _POSITIONS[0]]:  # the first again, if no position is free
            text.set(position=(x, y), ha=ha, va=va)
            box = text.get_window_extent()
            inside = ax.bbox.containsx(box.x0) and ax.bbox.containsx(box.x1) and ax.bbox.containsy(box.y1)
            if inside and not box.count_overlaps(occupied):
                break
        occupied.append(box)


def _families(families: str | list[str]) -> list[str]:
    return [families] if isinstance(families, str) else list(families)


def _cjk_font() -> str | None:
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return next((font for font in _CJK_FONTS if font in installed), None)


def _width(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _is_cjk(character: str) -> bool:
    return unicodedata.east_asian_width(character) == "W" and not unicodedata.category(character).startswith("S")
