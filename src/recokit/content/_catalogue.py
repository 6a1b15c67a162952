"""Reading a catalogue: items and their texts, from any accepted input."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from recokit.data._frames import column, is_frame
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError, first_few

__all__ = ["read_texts"]


def read_texts(catalogue: Any, item: str, text: str) -> tuple[IdIndex, list[str]]:
    """Return the items of a catalogue and their texts.

    Parameters
    ----------
    catalogue : pandas, Polars or PyArrow frame, mapping of columns, or mapping of item ids to texts
        One row for each item. A mapping with only texts (or missing values) as values maps ids to texts.
    item, text : str
        Names of the columns of ids and texts.

    Returns
    -------
    items : IdIndex
    texts : list of str
        In order of item code; empty if the text is missing (None, NaN, NA).

    Raises
    ------
    DataError
        The catalogue has another type, is empty, lacks a column, lists an item twice, or has a text that is not a
        string.

    Examples
    --------
    >>> items, texts = read_texts({"item_id": ["t2", "t1"], "title": ["绿茶", None]}, item="item_id", text="title")
    >>> list(items), texts
    (['t1', 't2'], ['', '绿茶'])
    >>> read_texts({"t1": "green tea"}, item="item_id", text="title")[1]
    ['green tea']
    """
    is_mapping = isinstance(catalogue, Mapping)
    if not is_mapping and not is_frame(catalogue):
        raise DataError(f"catalogue: expected a frame or a mapping, got {type(catalogue).__name__}")
    if is_mapping and all(isinstance(value, str) or _is_missing(value) for value in catalogue.values()):
        ids, texts = list(catalogue), list(catalogue.values())
    else:
        ids, texts = column(catalogue, item), list(column(catalogue, text)[:])
    items, codes = IdIndex.factorize(ids, f"catalogue, {item}")
    if len(codes) != len(texts):
        raise DataError(
            f"catalogue: columns differ in length: {len(codes)} values of {item!r}, {len(texts)} of {text!r}"
        )
    if len(codes) == 0:
        raise DataError("catalogue: expected at least one item, got an empty catalogue")
    repeated = items.take(np.flatnonzero(np.bincount(codes) > 1))
    if len(repeated):
        raise DataError(
            f"catalogue: {len(repeated)} item(s) have more than one row: {first_few(repeated)}; keep one row each"
        )
    not_text = [value for value in texts if not isinstance(value, str) and not _is_missing(value)]
    if not_text:
        raise DataError(
            f"catalogue, {text}: {len(not_text)} value(s) are not text: {first_few(not_text)}; convert them to strings"
        )
    return items, [texts[row] if isinstance(texts[row], str) else "" for row in np.argsort(codes).tolist()]


def _is_missing(value: Any) -> bool:
    return value is None or type(value).__name__ == "NAType" or (isinstance(value, float) and value != value)
