"""Filters of a search: the items of a catalogue that match conditions on its columns."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from recokit._typing import AnyArray, BoolArray
from recokit.data.id_index import IdIndex
from recokit.reranking._catalogue import Catalogue
from recokit.reranking.filters import AllOf, filter_from_dict

__all__ = ["FilteredItems"]

_N_CACHED = 64


class FilteredItems:
    """The items that match filters; the last filters are remembered.

    Parameters
    ----------
    items : IdIndex
    columns : mapping of str to (n_items,) arrays
        The catalogue.
    """

    def __init__(self, items: IdIndex, columns: Mapping[str, AnyArray]) -> None:
        self._items = items
        self._columns = columns
        self._catalogue: Catalogue | None = None
        self._masks: dict[str, BoolArray] = {}

    def matching(self, filters: Any) -> BoolArray | None:
        """Return whether each item matches all filters: (n_items,) bool, or None without filters.

        Raises
        ------
        DataError
            A column is unknown, or its values cannot be compared.
        ValueError
            A filter has another form.
        """
        if filters is None or (isinstance(filters, list | tuple) and not filters):
            return None
        condition = AllOf(tuple(filters)) if isinstance(filters, list | tuple) else filter_from_dict(filters)
        key = json.dumps(condition.to_dict(), sort_keys=True, default=repr)
        mask = self._masks.get(key)
        if mask is None:
            if self._catalogue is None:
                self._catalogue = Catalogue(self._items, {"item_id": self._items.ids, **self._columns})
            mask = np.asarray(condition.mask(self._catalogue), dtype=np.bool_)
            kept = list(self._masks.items())[1 - _N_CACHED :]
            self._masks = dict([*kept, (key, mask)])  # replaced in one assignment, for readers in other threads
        return mask
