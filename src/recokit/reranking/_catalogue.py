"""Catalogue: columns of items, aligned with the items of lists."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import numpy as np

from recokit._typing import AnyArray, CodeArray, FloatArray
from recokit.data._columns import to_times
from recokit.data._frames import column, column_names, is_frame, is_missing
from recokit.data._moments import to_moment
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError

__all__ = ["Catalogue", "moment", "refuse_other_types"]


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
        self._known = IdIndex.from_range(0)
        self._rows: CodeArray = np.full(len(items), -1, dtype=np.int64)
        if frame is None:
            return
        if not (is_frame(frame) or isinstance(frame, Mapping)) or "item_id" not in self._names:
            raise DataError(
                f"catalogue: expected a frame or a mapping of columns with the column item_id, got {frame!r:.80}; "
                "rename the column of the item ids"
            )
        try:
            self._known = IdIndex(column(frame, "item_id"), name="item_id")
        except DataError as error:
            raise DataError(f"catalogue: {error}") from None
        self._rows = self._known.codes(items).astype(np.int64)

    def over(self, items: IdIndex) -> "Catalogue":
        """Return the columns of the same catalogue for other items."""
        other = Catalogue(items)
        other._frame, other._names, other._known = self._frame, self._names, self._known
        other._rows = self._known.codes(items).astype(np.int64)
        return other

    def refuse_other_types(self) -> None:
        """Refuse a catalogue that has none of the items because its ids are of another type.

        Raises
        ------
        DataError
            The ids of one side are text, and the ids of the other are not.
        """
        if not np.any(self._rows >= 0):
            refuse_other_types(self.items, self._known, "catalogue: the column item_id")

    @property
    def ids(self) -> IdIndex:
        """Items that have a row."""
        return self._known

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
        given = self._given(name)
        if isinstance(given, np.ndarray):
            known = iter(given[self._rows[self._rows >= 0]])
            return [next(known) if here else None for here in self._rows >= 0]
        given = list(given)
        return [None if row < 0 else given[row] for row in self._rows]

    def _given(self, name: str) -> Any:
        """Return a column as it was given, with one value for each row."""
        given = self._column(name)
        if len(given) != len(self._known):
            raise DataError(
                f"catalogue: column {name!r} has {len(given)} rows, and item_id has {len(self._known)}; "
                "give one value for each item"
            )
        return given

    def numbers(self, name: str) -> FloatArray:
        """Return a column as (n_items,) float64, NaN for missing values.

        Raises
        ------
        DataError
            There is no such column, or it holds other things than numbers.
        """
        given = None if name == "item_id" else self._given(name)
        if isinstance(given, np.ndarray) and given.dtype.kind in "biuf":
            numbers, known = np.full(len(self.items), np.nan), self._rows >= 0
            numbers[known] = given[self._rows[known]]
            return numbers
        values = self.values(name)
        try:
            if any(isinstance(value, str | bytes) for value in values):
                text = next(value for value in values if isinstance(value, str | bytes))
                raise DataError(f"catalogue: column {name!r}: expected numbers, got the text {text!r}; convert it")
            return np.array([np.nan if is_missing(value) else float(value) for value in values], dtype=np.float64)
        except TypeError as error:
            raise DataError(f"catalogue: column {name!r}: expected numbers ({error})") from None

    def times(self, name: str) -> AnyArray:
        """Return a column of dates as (n_items,) datetime64[us], NaT for missing values.

        Raises
        ------
        DataError
            There is no such column, or it does not hold dates.
        """
        if name != "item_id" and not self.holds_dates(name):
            text = next((value for value in self.values(name) if isinstance(value, str | bytes)), None)
            if text is not None:
                raise DataError(
                    f"catalogue: column {name!r}: expected dates, got the text {text!r}; convert the column, such as "
                    "with pandas.to_datetime"
                )
        times = self.ordered(name)
        if times.dtype.kind != "M" and np.all(np.isnan(times)):
            return np.full(len(times), np.datetime64("NaT", "us"))
        if times.dtype.kind != "M":
            raise DataError(f"catalogue: column {name!r}: expected dates, got {times.dtype}")
        return times.astype("datetime64[us]")

    def ordered(self, name: str) -> AnyArray:
        """Return a column of numbers or dates as an array; missing values are NaN or NaT."""
        if not self.holds_dates(name):
            return self.numbers(name)
        values = self.values(name)
        known = np.array([not is_missing(value) for value in values], dtype=np.bool_)
        times = np.full(len(values), np.datetime64("NaT", "us"))
        times[known] = to_times([value for value, here in zip(values, known, strict=True) if here], name)
        return times

    def holds_dates(self, name: str) -> bool:
        """Return whether a column holds dates."""
        if name == "item_id":
            return False
        given = self._column(name)
        if isinstance(given, np.ndarray) and given.dtype.kind != "O":
            return bool(given.dtype.kind == "M")
        present = next((value for value in given if not is_missing(value)), None)
        return isinstance(present, np.datetime64 | date)

    def codes(self, name: str) -> tuple[CodeArray, list[Any]]:
        """Return a column of categories as (n_items,) int32 codes, −1 for missing values, and the categories."""
        values = self.values(name)
        categories: dict[Any, int] = {}
        try:
            codes = [-1 if is_missing(value) else categories.setdefault(value, len(categories)) for value in values]
        except TypeError as error:
            raise DataError(f"catalogue: column {name!r}: expected one category for each item ({error})") from None
        return np.array(codes, dtype=np.int32), list(categories)

    def _column(self, name: str) -> Any:
        if name not in self._names:
            known = ", ".join(map(str, self._names)) or "none: pass catalogue="
            raise DataError(f"the catalogue has no column {name!r}; columns: {known}")
        return column(self._frame, name)


def moment(value: Any, name: str) -> np.datetime64:
    """Return a date, or a text such as "2024-05-01", as a moment in UTC.

    Raises
    ------
    DataError
        The value is no date.
    """
    try:
        found: np.datetime64 = to_moment(value, np.empty(0, dtype="datetime64[us]"), name)
    except DataError:
        raise DataError(f"{name}={value!r}: expected a date or a text such as '2024-05-01'") from None
    return found


def refuse_other_types(wanted: Iterable[Any], known: Iterable[Any], name: str) -> None:
    """Refuse known ids that are text if no wanted id is text, and the reverse.

    Raises
    ------
    DataError
        No id can match.
    """
    wanted, known = list(wanted), list(known)
    mine, theirs = ({isinstance(one, str) for one in ids} for ids in (wanted, known))
    if mine and theirs and mine.isdisjoint(theirs):
        raise DataError(
            f"{name}: ids such as {known[0]!r} differ in type from the items of the lists, such as {wanted[0]!r}, so "
            "none of them match; convert them to one type"
        )
