"""Fields: the columns of a catalogue that are searched, with their roles, and their texts."""

import re
import warnings
from collections.abc import Iterable, Mapping
from numbers import Number
from typing import Any, NamedTuple

import numpy as np

from recokit._runtime.warnings import levels_inside
from recokit.data._frames import is_missing
from recokit.exceptions import DataError, first_few

__all__ = ["ROLES", "Field", "choose_fields", "split_context", "text_of"]


class Role(NamedTuple):
    """How a kind of field is searched.

    Attributes
    ----------
    weight : float
        Weight of a term in the field.
    b : float
        Share of the length normalization, from 0 to 1.
    names : tuple of str
        Names of columns with this role, the most certain first.
    """

    weight: float
    b: float
    names: tuple[str, ...] = ()


_TITLES = "title product_title item_title product_name item_name name product 标题 商品标题 商品名称 商品名 名称 品名"
_BRANDS = "brand brand_name manufacturer vendor maker 品牌 厂商"
_CATEGORIES = "category categories category_name product_type department style genre genres 类目 分类 品类 类别"
_DESCRIPTIONS = "description product_description desc text summary details about 描述 详情 商品描述 简介"
ROLES = {
    "title": Role(4.0, 0.5, tuple(_TITLES.split())),
    "brand": Role(2.0, 0.5, tuple(_BRANDS.split())),
    "category": Role(2.0, 0.5, tuple(_CATEGORIES.split())),
    "description": Role(2.0, 0.75, tuple(_DESCRIPTIONS.split())),
    "attributes": Role(0.5, 1.0),
}
_SKIPPED = re.compile(r"(^|_)(id|ids|url|urls|link|links|image|images|img|picture|photo|thumbnail|uuid|ean|date)(_|$)")
_NO_TEXT = re.compile(
    r"\s*(https?://\S*|\S+\.(jpe?g|png|gif|webp)|\d{4}-\d{2}-\d{2}([T ][\d:.+Z-]*)?)?\s*", re.IGNORECASE
)
_SAMPLE = 200  # values that decide whether a column holds text
# A noun after one of these words is mostly an accessory's purpose or a detail: "case for laptop", "with USB cable".
_CONTEXT = re.compile(r"(?<!\S)(?:for|fits|with|w/|f/|including|incl\.?|from|to|in|on)(?=\s)", re.IGNORECASE)


class Field(NamedTuple):
    """A searched column.

    Attributes
    ----------
    name : str
        Name of the column.
    role : str
        A key of `ROLES`.
    weight : float
        Weight of a term in the field.
    """

    name: str
    role: str
    weight: float

    @property
    def has_context(self) -> bool:
        """Whether words after a preposition are searched with less weight."""
        return self.role in ("title", "description")


def choose_fields(columns: Mapping[str, Any], given: Any) -> tuple[Field, ...]:
    """Return the fields to search.

    Parameters
    ----------
    columns : mapping of str to sequences
        Columns of the catalogue.
    given : None, sequence of str, or mapping of str to a weight or a role
        None chooses all columns of text.

    Raises
    ------
    DataError
        A column is missing, or there is no column of text.
    ValueError
        A weight or a role is invalid.
    """
    roles = _roles(columns)
    if given is None:
        names = [name for name, values in columns.items() if name != "item_id" and _holds_text(name, values)]
        if not names:
            raise DataError(f"catalogue: no column holds text; the columns are {first_few(list(columns))}")
        unread = [name for name, role in roles.items() if role == "title" and name not in names and name != "item_id"]
        if unread:
            warnings.warn(
                f"catalogue: the column {unread[0]!r} does not hold text and is not searched; convert it to text, such "
                f"as with frame[{unread[0]!r}].astype(str), or name the columns as fields=",
                stacklevel=levels_inside(),
            )
        return tuple(Field(name, roles[name], ROLES[roles[name]].weight) for name in names)
    chosen = given if isinstance(given, Mapping) else dict.fromkeys([given] if isinstance(given, str) else given)
    missing = [name for name in chosen if name not in columns]
    if not chosen:
        raise DataError(f"fields={given!r}: expected one field or more; the columns are {first_few(list(columns))}")
    if missing:
        raise DataError(f"fields: no column {first_few(missing)}; the columns are {first_few(list(columns))}")
    return tuple(_field(name, setting, roles[name]) for name, setting in chosen.items())


def _field(name: str, setting: Any, role: str) -> Field:
    """Return the field of a column with a weight, a role or neither."""
    if isinstance(setting, str):
        if setting not in ROLES:
            raise ValueError(f"fields: {name}={setting!r}: expected one of {', '.join(ROLES)}, or a weight")
        role, setting = setting, None
    weight = ROLES[role].weight if setting is None else setting
    if isinstance(weight, bool) or not isinstance(weight, Number) or not 0 < weight < np.inf:  # type: ignore[operator]
        raise ValueError(f"fields: {name}={setting!r}: expected a weight above 0, or one of {', '.join(ROLES)}")
    return Field(name, role, float(weight))  # type: ignore[arg-type]


def _roles(columns: Iterable[str]) -> dict[str, str]:
    """Return the role of each column by its name; only one column is the title."""
    keys = {name: re.sub(r"\W+", "_", str(name).casefold()) for name in columns}
    roles = dict.fromkeys(keys, "attributes")
    for role, (_, _, known) in ROLES.items():
        roles |= {name: role for name, key in keys.items() if key in known}
    titles = sorted((name for name in roles if roles[name] == "title"), key=lambda name: _rank(keys[name]))
    return roles | dict.fromkeys(titles[1:], "attributes")


def _rank(key: str) -> int:
    return ROLES["title"].names.index(key)


def _holds_text(name: str, values: Any) -> bool:
    """Return whether a column holds text, and not ids, addresses of images or dates."""
    if (
        _SKIPPED.search(re.sub(r"\W+", "_", str(name).casefold()))
        or getattr(values, "dtype", np.dtype(object)).kind != "O"
    ):
        return False
    present = [value for value in values if not is_missing(value) and value != ""][:_SAMPLE]
    if not present or not all(isinstance(value, str | Mapping | list | tuple) for value in present):
        return False
    return not all(isinstance(value, str) and _NO_TEXT.fullmatch(value) for value in present)


def text_of(value: Any, name: str) -> str:
    """Return the text of a cell: a text, or the values of a list or of a mapping of attributes.

    An attribute that is True is its name, and one that is False or missing is nothing.

    Raises
    ------
    DataError
        The cell holds another object.

    Examples
    --------
    >>> text_of(
    ...     {"colour": "black", "wi_fi": True, "ports": 2.0, "hdmi": False}, "attributes"
    ... )
    'black wi fi 2'
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        named = ((str(key).replace("_", " "), one) for key, one in value.items())
        parts = [key if one is True else "" if one is False else text_of(one, name) for key, one in named]
        return " ".join(part for part in parts if part)
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        return " ".join(text_of(one, name) for one in value)
    if is_missing(value):
        return ""
    if isinstance(value, Number):
        return f"{value:g}" if isinstance(value, float | np.floating) else str(value)
    raise DataError(f"catalogue, {name}: expected text, got {type(value).__name__}: {value!r:.60}; convert it to text")


def split_context(text: str) -> tuple[str, str]:
    """Return the text before the first preposition, and the text after it.

    Examples
    --------
    >>> split_context("Sleeve for 13 inch laptops")
    ('Sleeve ', ' 13 inch laptops')
    >>> split_context("All-in-one printer")
    ('All-in-one printer', '')
    """
    found = _CONTEXT.search(text)
    if found is None or not text[: found.start()].strip():
        return text, ""
    return text[: found.start()], text[found.end() :]
