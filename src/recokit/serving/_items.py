"""Items and ids in a form that JSON can hold."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from recokit.data._frames import column, column_names, is_missing
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError, UnknownIdError, first_few

__all__ = ["ExternalIds", "ItemCards", "as_json"]

_SHOWN = ("title", "brand", "category", "price", "currency", "stock")
_LARGEST = 2**63 - 1


def as_json(value: Any) -> Any:
    """Return a value in a form that JSON can hold: dates and other objects as text, missing values as None.

    Examples
    --------
    >>> as_json({"price": np.float32(2.5), "stock": float("nan"), 7: (1, "a")})
    {'price': 2.5, 'stock': None, '7': [1, 'a']}
    """
    if isinstance(value, Mapping):
        return {str(key): as_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        return [as_json(one) for one in value]
    if is_missing(value):
        return None
    value = value.item() if isinstance(value, np.generic) and not isinstance(value, np.datetime64) else value
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return str(value)


class ExternalIds:
    """Ids of a model as arguments of a tool: integers, or text.

    Parameters
    ----------
    index : IdIndex
    kind : {"user", "item"}
    """

    def __init__(self, index: IdIndex, kind: str) -> None:
        self._index, self._kind = index, kind
        ids = index.ids[:1].tolist() if len(index) else []
        self._are_integers = bool(ids) and isinstance(ids[0], int) and not isinstance(ids[0], bool)
        self._by_text: dict[str, Any] = {}
        if not self._are_integers and not all(isinstance(one, str) for one in index):
            self._by_text = {str(one): one for one in index}  # ids such as dates, or of several types

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of an id."""
        if self._are_integers:
            return {"type": "integer", "minimum": -_LARGEST, "maximum": _LARGEST}
        return {"type": "string", "minLength": 1, "maxLength": 200}

    def known(self, given: Iterable[Any]) -> list[Any]:
        """Return ids of the model.

        Raises
        ------
        UnknownIdError
            Some are not in the model.
        """
        ids = [self._by_text.get(one, one) if self._by_text else one for one in given]
        ids = [int(one) for one in ids] if self._are_integers else ids
        codes: Any = self._index.codes(ids) if ids else []
        unknown = [one for one, code in zip(ids, codes, strict=True) if code < 0]
        if unknown:
            raise UnknownIdError(self._kind, unknown)
        return ids


class ItemCards:
    """Columns of a catalogue to show with an item.

    Parameters
    ----------
    catalogue : frame, or mapping of columns, optional
        With the column item_id.
    columns : sequence of str, optional
        Columns to show; by default title, brand, category, price, currency and stock, as far as they exist.

    Attributes
    ----------
    titles : dict of item ids to str
    filterable : list of str
        Columns of numbers or short texts.
    """

    def __init__(self, catalogue: Any = None, columns: Sequence[str] | None = None) -> None:
        names = [] if catalogue is None else column_names(catalogue)
        if catalogue is not None and "item_id" not in names:
            raise DataError(f"catalogue: expected the column item_id, got the columns {first_few(names)}")
        absent = [name for name in columns or () if name not in names]
        if absent:
            raise DataError(f"catalogue: no column {first_few(absent)}; the columns are {', '.join(names)}")
        self.columns = [name for name in _SHOWN if name in names] if columns is None else list(columns)
        ids = list(column(catalogue, "item_id")) if catalogue is not None else []
        self._places = {item: place for place, item in enumerate(map(_plain, ids))}
        self._values = {name: list(column(catalogue, name)) for name in {*self.columns, "title"} if name in names}
        self.titles = {
            item: str(self._values["title"][place])
            for item, place in self._places.items()
            if "title" in self._values and not is_missing(self._values["title"][place])
        }
        self.filterable = [name for name in self.columns if name not in ("title", "item_id")]

    def of(self, item: Any) -> dict[str, Any]:
        """Return the id and the shown columns of an item."""
        card = {"item_id": as_json(item)}
        place = self._places.get(item)
        if place is not None:
            card |= {name: as_json(self._values[name][place]) for name in self.columns}
        return card


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) and not isinstance(value, np.datetime64) else value
