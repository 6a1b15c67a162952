"""Columns of a catalogue, in a form that can be saved and filtered."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np

from recokit._typing import AnyArray, BoolArray, IntArray
from recokit.data._columns import to_times
from recokit.data._frames import columns, is_frame, is_missing
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError, first_few

__all__ = ["merge_columns", "read_catalogue"]


def read_catalogue(catalogue: Any, item: str) -> tuple[IdIndex, dict[str, AnyArray]]:
    """Return the items of a catalogue, and its columns in order of item code.

    Parameters
    ----------
    catalogue : frame, mapping of columns, or mapping of item ids to titles
    item : str
        Name of the column of ids.

    Returns
    -------
    items : IdIndex
        Sorted.
    columns : dict of str to (n_items,) arrays
        Numbers and times as they are; text and other values as objects, with None for missing ones. The ids are left
        out.

    Raises
    ------
    DataError
        The catalogue is empty or of another type, has no column of ids or columns of different lengths, or lists an
        item twice.
    """
    if not isinstance(catalogue, Mapping) and not is_frame(catalogue):
        raise DataError(f"catalogue: expected a frame or a mapping, got {type(catalogue).__name__}")
    if isinstance(catalogue, Mapping) and item not in catalogue and all(map(_is_title, catalogue.values())):
        catalogue = {item: list(catalogue), "title": list(catalogue.values())}
    given = columns(catalogue)
    if item not in given:
        raise DataError(f"catalogue: no column {item!r}; the columns are {first_few(list(given))}; name it with item=")
    items, codes = IdIndex.factorize(given.pop(item), f"catalogue, {item}")
    if len(codes) == 0:
        raise DataError("catalogue: expected at least one item, got an empty catalogue")
    repeated = items.take(np.flatnonzero(np.bincount(codes) > 1))
    if len(repeated):
        raise DataError(
            f"catalogue: {len(repeated)} item(s) have more than one row: {first_few(repeated)}; keep one row each"
        )
    if not given:
        raise DataError(f"catalogue: there is no column apart from {item!r}; expected at least one column of text")
    order = np.argsort(codes)
    return items, {str(name): _ordered(str(name), values, order) for name, values in given.items()}


def _is_title(value: Any) -> bool:
    return isinstance(value, str) or is_missing(value)


def _ordered(name: str, values: Any, order: IntArray) -> AnyArray:
    """Return a column in the given order, as an array that can be saved."""
    if len(values) != len(order):
        raise DataError(f"catalogue: column {name!r} has {len(values)} values for {len(order)} items")
    array = values if isinstance(values, np.ndarray) else _objects(values)
    if array.ndim != 1:
        raise DataError(f"catalogue: column {name!r}: expected one value for each item, got shape {array.shape}")
    if array.dtype.kind not in "biufM":
        array = _plain(name, array)
    return array[order]


def _objects(values: Any) -> AnyArray:
    array = np.empty(len(values), dtype=object)
    array[:] = list(values)
    return array


def _plain(name: str, array: AnyArray) -> AnyArray:
    """Return objects as numbers or times if all of them are, and otherwise as objects with None for missing ones."""
    values = [None if is_missing(value) else value for value in array.tolist()]
    present = [value for value in values if value is not None]
    if present and all(isinstance(value, np.datetime64 | date) for value in present):
        times = np.full(len(values), "NaT", dtype="datetime64[us]")
        times[[value is not None for value in values]] = to_times(present, name)
        return times
    if present and all(isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in present):
        return np.array([np.nan if value is None else float(value) for value in values])
    return _objects(values)


def merge_columns(
    old: Mapping[str, AnyArray], new: Mapping[str, AnyArray], kept: BoolArray, order: IntArray
) -> dict[str, AnyArray]:
    """Return columns of the ``kept`` items followed by those of new items, in the given order.

    A column that the new items lack is missing for them.

    Raises
    ------
    DataError
        The new items have a column that the old ones lack, or a column of another type.
    """
    unknown = [name for name in new if name not in old]
    if unknown:
        raise DataError(f"catalogue: unknown column(s) {first_few(unknown)}; the columns are {first_few(list(old))}")
    n_new = len(next(iter(new.values())))
    merged = {}
    for name, values in old.items():
        added = new[name] if name in new else _missing(values, n_new)
        if values.dtype.kind != added.dtype.kind and {values.dtype.kind, added.dtype.kind} - set("biuf"):
            if any(value is not None for value in added.tolist()) and values.dtype != object:
                raise DataError(f"catalogue: column {name!r} held {values.dtype}, got {added.dtype}; convert it")
            added = _missing(values, n_new) if values.dtype != object else added.astype(object)
        merged[name] = np.concatenate([values[kept], added])[order]
    return merged


def _missing(like: AnyArray, n: int) -> AnyArray:
    """Return n missing values of the kind of an array."""
    if like.dtype.kind == "M":
        return np.full(n, "NaT", dtype=like.dtype)
    return np.full(n, np.nan) if like.dtype.kind in "biuf" else np.full(n, None, dtype=object)
