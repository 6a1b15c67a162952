"""Filters of a search: the items of a catalogue that match conditions on its columns."""

from typing import Any

import numpy as np

from recokit._typing import BoolArray
from recokit.reranking._catalogue import Catalogue
from recokit.reranking.filters import AllOf, filter_from_dict

__all__ = ["allowed_items"]


def allowed_items(catalogue: Catalogue, filters: Any) -> BoolArray | None:
    """Return the items that match all filters: (n_items,) bool, or None without filters.

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
    return np.asarray(condition.mask(catalogue), dtype=np.bool_)
