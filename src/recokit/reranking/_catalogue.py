"""Catalogue: columns of items, aligned with the items of lists."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from recokit._typing import AnyArray, CodeArray, FloatArray
from recokit.data._columns import to_times
from recokit.data._frames import column, column_names, is_frame, is_missing
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError

__all__ = ["Catalogue"]


class Catalogue:
    """Columns of a catalogue for the items of an index; an item that the catalogue lacks has missing values.

    Parameters
    ----------
    items : IdIndex
        Items of the lists.
    frame : frame, or mapping of columns, optional
        One row for each item, with the column ``item_id``.

    Raises
    ------
    DataError
        There is no column item_id, or an item has several rows.
    """

    def __init__(self, items: IdIndex, frame: Any = None) -> None:
        self.items = items
        self._frame = frame
        self._names = [] if frame is None else column_names(frame)
        self._rows: CodeArray = np.full(len(items), -1, dtype=np.int64)
        if frame is None:
            return
        if not (is_frame(frame) or isinstance(frame, Mapping)) or "item_id" not in self._names:
            raise DataError(
                f"catalogue: expected a frame or a mapping of columns with the column item_id, got {frame!r:.80}; "
                "rename the column of the item ids"
            )
        known = IdIndex(column(frame, "item_id"), name="item_id of the catalogue")
        self._rows = known.codes(items).astype(np.int64)

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return list(self._names)

    def values(self, name: str) -> list[Any]:
        """Return a column as Python objects, None for items without a row.

        Raises
        ------
        DataError
            The catalogue has no such column.
        """
        if name == "item_id":
            return list(self.items)
        given = list(self._column(name))
        return [None if row < 0 else given[row] for row in self._rows]

    def numbers(self, name: str) -> FloatArray:
        """Return a column as (n_items,) float64, NaN for missing values.

        Raises
        ------
        DataError
            There is no such column, or it holds other things than numbers.
        """
        values = self.values(name)
        try:
            return np.array([np.nan if is_missing(value) else float(value) for value in values], dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(f"catalogue: column {name!r}: expected numbers ({error})") from None

    def times(self, name: str) -> AnyArray:
        """Return a column of dates as (n_items,) datetime64[us], NaT for missing values.

        Raises
        ------
        DataError
            There is no such column, or it does not hold dates.
        """
        times = self.ordered(name)
        if times.dtype.kind != "M":
            raise DataError(f"catalogue: column {name!r}: expected dates, got {times.dtype}")
        return times.astype("datetime64[us]")

    def ordered(self, name: str) -> AnyArray:
        """Return a column of numbers or dates as an array; missing values are NaN or NaT."""
        given = self._column(name)
        is_date = isinstance(given, np.ndarray) and given.dtype.kind == "M"
        if not is_date:
            present = next((value for value in given if not is_missing(value)), None)
            is_date = isinstance(present, np.datetime64) or hasattr(present, "isoformat")
        if not is_date:
            return self.numbers(name)
        values = self.values(name)
        known = np.array([not is_missing(value) for value in values], dtype=np.bool_)
        times = np.full(len(values), np.datetime64("NaT"), dtype="datetime64[us]")
        times[known] = to_times([value for value, here in zip(values, known, strict=True) if here], name)
        return times

    def codes(self, name: str) -> tuple[CodeArray, list[Any]]:
        """Return a column of categories as (n_items,) int32 codes, −1 for missing values, and the categories."""
        values = self.values(name)
        categories: dict[Any, int] = {}
        codes = [-1 if is_missing(value) else categories.setdefault(value, len(categories)) for value in values]
        return np.array(codes, dtype=np.int32), list(categories)

    def _column(self, name: str) -> Any:
        if name not in self._names:
            known = ", ".join(map(str, self._names)) or "none: pass catalogue="
            raise DataError(f"the catalogue has no column {name!r}; columns: {known}")
        return column(self._frame, name)
