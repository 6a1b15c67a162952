"""What all pictures share: axes, colours, and names that can be read."""

import unicodedata
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matplotlib import font_manager, get_cachedir, rcParams
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from recokit._typing import FloatArray

__all__ = ["COLORS", "GREY", "axes_of", "legend_of", "name_points", "name_style", "named", "note", "shortened"]

#: Paul Tol's bright scheme, which colour-blind people can tell apart.
COLORS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377")
GREY = "#8c8c8c"

_LONGEST_NAME = 28  # columns of a terminal; a Chinese character takes two
# In order of preference: what the systems and the common packages of fonts have.
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


# Where a name may be: how far from its point, in points of type, and on which side of it; the best first.
_PLACES = [(x, y, side, "center") for y in (0, 11, -11, 22, -22) for x, side in ((6, "left"), (-6, "right"))]


def axes_of(ax: Axes | None, size: tuple[float, float] = (6.4, 4.2)) -> Axes:
    """Return the axes given, or those of a new figure of some size in inches."""
    if ax is not None:
        return ax
    from matplotlib import pyplot

    return pyplot.subplots(figsize=size, layout="constrained")[1]


def named(things: Any, kind: type | tuple[type, ...], what: str) -> dict[str, Any]:
    """Return things by name; one alone has the name "".

    Raises
    ------
    TypeError
        They are something else; the message says what is wanted.
    ValueError
        There are none.
    """
    by_name = {str(name): thing for name, thing in things.items()} if isinstance(things, Mapping) else {"": things}
    strange = [type(thing).__name__ for thing in by_name.values() if not isinstance(thing, kind)]
    if strange:
        raise TypeError(f"expected {what}, or a mapping of names to such; got {', '.join(strange)}")
    if not by_name:
        raise ValueError(f"nothing to draw: expected {what}, or a mapping of names to such")
    return by_name


def shortened(name: Any, longest: int = _LONGEST_NAME) -> str:
    """Return a name that fits, cut with an ellipsis where it is too long.

    Examples
    --------
    >>> shortened("stainless steel teapot with lid", 12)
    'stainless s…'
    >>> shortened("不锈钢茶壶带盖子", 9)
    '不锈钢茶…'
    """
    text = " ".join(str(name).split())
    if sum(map(_width, text)) <= longest:
        return text
    kept, room = "", longest - 1
    for character in text:
        room -= _width(character)
        if room < 0:
            break
        kept += character
    return f"{kept.rstrip()}…"


def name_style(names: Iterable[str]) -> dict[str, Any]:
    """Return the properties of texts that show names: a font that has their characters, and no formulas.

    Warns
    -----
    UserWarning
        There are Chinese, Japanese or Korean names, and no installed font has them.
    """
    style: dict[str, Any] = {"parse_math": False}  # a price in dollars is no formula
    if any(_is_cjk(character) for name in names for character in name):
        font = _cjk_font()
        if font is None:
            warnings.warn(
                "no installed font has Chinese, Japanese or Korean characters, so names show boxes instead; install "
                f"one, such as {_CJK_FONTS[0]} (package fonts-noto-cjk), and delete matplotlib's list of fonts, "
                f"{get_cachedir()}/fontlist-*.json, which knows those of its first use only",
                stacklevel=4,
            )
        else:
            style["fontfamily"] = [*_families(rcParams["font.family"]), font]
    return style


def legend_of(ax: Axes, names: Sequence[str]) -> None:
    """Draw a legend above the axes, where it covers nothing, if there is a name to show."""
    if not any(names):
        return
    style = name_style(names)
    columns = 2 if len(ax.get_legend_handles_labels()[1]) == 4 else 3
    legend = ax.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, fontsize=9)
    for text in legend.get_texts():
        text.set(**style)


def note(ax: Axes, text: str) -> None:
    """Write above the axes what a sign in them means."""
    ax.set_title(text, loc="left", fontsize=9, color="#555555")


def name_points(ax: Axes, names: Sequence[str], points: FloatArray) -> None:
    """Write each name beside its point, where it covers no other name, no point and nothing outside if there is room.

    Parameters
    ----------
    ax : Axes
        On which the points are drawn.
    names : sequence of n str
    points : (n, 2) array
        In the terms of the data.
    """
    style = name_style(names)
    ax.autoscale_view()  # matplotlib would do it on drawing, which is too late to measure
    taken = [Bbox.from_extents(*(place - 4), *(place + 4)) for place in ax.transData.transform(points)]
    for name, point in zip(names, points.tolist(), strict=True):
        text = ax.annotate(name, (point[0], point[1]), (0, 0), textcoords="offset points", fontsize=9, **style)
        for place in [*_PLACES, _PLACES[0]]:
            text.set(position=place[:2], ha=place[2], va=place[3])
            box = text.get_window_extent()
            inside = ax.bbox.containsx(box.x0) and ax.bbox.containsx(box.x1) and ax.bbox.containsy(box.y1)
            if inside and not box.count_overlaps(taken):
                break
        taken.append(box)


def _families(families: str | list[str]) -> list[str]:
    return [families] if isinstance(families, str) else list(families)


def _cjk_font() -> str | None:
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return next((font for font in _CJK_FONTS if font in installed), None)


def _width(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _is_cjk(character: str) -> bool:
    return unicodedata.east_asian_width(character) == "W" and not unicodedata.category(character).startswith("S")
