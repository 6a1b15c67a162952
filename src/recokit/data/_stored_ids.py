"""Checks of stored ids."""

from typing import Any

import numpy as np

from recokit._storage.hashes import check_spread
from recokit.data.attributes import Array, Attribute, check_attributes

__all__ = ["check_ids"]

_DESCRIBED: dict[str, Attribute] = {
    "values": Array("ids", ("n",)),
    "order": Array("int64", ("n",), at_least=0, below="n", or_none=True),
}


def check_ids(state: dict[str, Any]) -> None:
    """Raise ValueError if the state of an index is not that of distinct ids and the order that sorts them."""
    check_attributes(state, _DESCRIBED, {}, "IdIndex")
    values, order = state["values"], state["order"]
    if order is not None and np.any(np.bincount(order, minlength=len(order)) != 1):
        raise ValueError("IdIndex.order: a position is repeated")
    if values.dtype == object:
        check_spread(values)
        if len(set(values.tolist())) != len(values):
            raise ValueError("IdIndex.values: an id is repeated")
        return
    ascending = values if order is None else values[order]
    if not np.all(ascending[1:] > ascending[:-1]):
        raise ValueError("IdIndex.values: an id is repeated or the order is wrong")
