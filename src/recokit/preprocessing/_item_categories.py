"""Prices and categories of the items of a log, from a catalogue."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from recokit._runtime.arguments import check_count
from recokit._typing import CodeArray, FloatArray, IntArray
from recokit.data._columns import to_optional_numbers
from recokit.data._frames import column, column_names, is_frame
from recokit.data._id_forms import describe_mismatch
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError, first_few
from recokit.preprocessing._distinct import Coded

__all__ = ["Categories", "catalogue_prices", "read_categories"]

_OTHER = "other"


class Categories(NamedTuple):
    """The category of each item.

    Attributes
    ----------
    names : tuple of str
        Names of the categories, sorted; "other" is last if the smallest ones are pooled.
    codes : (n_items,) int32 array
        Position in ``names``; −1 for items that are not in the catalogue or have no category.
    """

    names: tuple[str, ...]
    codes: CodeArray


def read_categories(items: IdIndex, catalogue: Any, category: str | None, max_categories: int) -> Categories | None:
    """Return the category of each item; None without a catalogue, or if ``category`` is None.

    If there are more than ``max_categories``, the categories with the fewest items in the catalogue are pooled as
    "other". The choice does not depend on events.

    Raises
    ------
    DataError
        The catalogue has no such column, or none of the items.
    """
    check_count(max_categories, "max_categories", 2)
    if catalogue is None or category is None:
        return None
    if not isinstance(catalogue, Mapping) and not is_frame(catalogue):
        raise DataError(
            f"catalogue: expected a frame or a mapping of columns with item_id and {category!r}, got "
            f"{type(catalogue).__name__}"
        )
    if category not in column_names(catalogue):
        raise DataError(
            f"catalogue: no column {category!r}; the columns are {first_few(column_names(catalogue))}. Name the column "
            "as category=, or pass category=None"
        )
    labels = Coded.from_column(column(catalogue, category), f"{category} of the catalogue")
    names = [str(label) for label in labels.ids]
    position = _positions(names, np.bincount(labels.codes[labels.codes >= 0], minlength=len(names)), max_categories)
    places = np.array([*(position.get(name, len(position) - 1) for name in names), -1], dtype=np.int32)
    return Categories(tuple(position), np.append(places[labels.codes], np.int32(-1))[_catalogue_rows(items, catalogue)])


def _positions(names: list[str], counts: IntArray, max_categories: int) -> dict[str, int]:
    """Return the position of each category; the last is "other" if there are too many."""
    sizes: dict[str, int] = {}
    for name, count in zip(names, counts.tolist(), strict=True):
        sizes[name] = sizes.get(name, 0) + count
    chosen = sorted(sizes)
    if len(chosen) > max_categories:
        largest = sorted((name for name in chosen if name != _OTHER), key=lambda name: -sizes[name])
        chosen = [*sorted(largest[: max_categories - 1]), _OTHER]
    return {name: place for place, name in enumerate(chosen)}


def catalogue_prices(items: IdIndex, catalogue: Any) -> FloatArray | None:
    """Return the price of each item, NaN if it has none; None without a catalogue with the column ``price``.

    Raises
    ------
    DataError
        A price is text or infinite, or the catalogue has none of the items.
    """
    if catalogue is None or "price" not in column_names(catalogue):
        return None
    prices = to_optional_numbers(column(catalogue, "price"), "price of the catalogue")
    of_items: FloatArray = np.append(prices, np.nan)[_catalogue_rows(items, catalogue)]
    return of_items


def _catalogue_rows(items: IdIndex, catalogue: Any) -> CodeArray:
    """Return the row of each item in a catalogue, −1 if it has none."""
    index = IdIndex(column(catalogue, "item_id"), name="item_id of the catalogue")
    reason = describe_mismatch(index, items, ("the catalogue", "the items of the log"))
    if reason is not None:
        raise DataError(f"catalogue: it has none of the {len(items)} items of the log: {reason}")
    return index.codes(items)
