"""Checks of stored interactions and sequences."""

from typing import Any

import numpy as np

from recokit._typing import AnyArray
from recokit.data.attributes import Array, Attribute, Bounds, Codes, Instance, Number, Text, check_attributes
from recokit.data.id_index import IdIndex

__all__ = ["check_interactions", "check_sequences"]

_IDS: dict[str, Attribute] = {
    "users": Instance(IdIndex, (("len", "n_users"),)),
    "items": Instance(IdIndex, (("len", "n_items"),)),
}
_INTERACTIONS: dict[str, Attribute] = _IDS | {
    "indptr": Bounds("n_users", "n_interactions"),
    "item_codes": Codes(("n_interactions",), of="n_items"),
    "values": Array("float32", ("n_interactions",)),
    "timestamps": Array("time", ("n_interactions",), or_none=True),
    "feedback": Text(("explicit", "implicit")),
    "n_merged": Number(at_least=0, whole=True, or_absent=True),
}
_SEQUENCES: dict[str, Attribute] = _IDS | {
    "indptr": Bounds("n_users", "n_events"),
    "codes": Codes(("n_events",), of="n_items"),
    "times": Array("time", ("n_events",), or_none=True),
    "basket_indptr": Bounds("n_users", "n_baskets", or_none=True),
    "basket_bounds": Bounds("n_baskets", "n_events", or_none=True),
}


def check_interactions(state: dict[str, Any]) -> None:
    """Raise ValueError if a state is not that of interactions."""
    check_attributes(state, _INTERACTIONS, {}, "Interactions")
    if not _ascends(state["item_codes"], state["indptr"], strictly=True):
        raise ValueError("Interactions.item_codes: the items of a user must be ascending and distinct")
    _check_times("Interactions.timestamps", state["timestamps"])
    if state["feedback"] == "implicit" and np.min(state["values"], initial=0) < 0:
        raise ValueError("Interactions.values: a strength is negative")


def check_sequences(state: dict[str, Any]) -> None:
    """Raise ValueError if a state is not that of sequences."""
    check_attributes(state, _SEQUENCES, {}, "Sequences")
    _check_times("Sequences.times", state["times"])
    if state["times"] is not None and not _ascends(state["times"], state["indptr"]):
        raise ValueError("Sequences.times: the times of a user must not descend")
    of_users, bounds = state["basket_indptr"], state["basket_bounds"]
    if (of_users is None) != (bounds is None):
        raise ValueError("Sequences: expected both basket_indptr and basket_bounds, or neither")
    if bounds is not None and not np.array_equal(bounds[of_users], state["indptr"]):
        raise ValueError("Sequences.basket_bounds: a basket belongs to several users")


def _ascends(values: AnyArray, indptr: AnyArray, *, strictly: bool = False) -> bool:
    """Return whether the values of each row ascend."""
    fits = values[1:] > values[:-1] if strictly else values[1:] >= values[:-1]
    starts = indptr[(indptr > 0) & (indptr < len(values))]
    fits[starts - 1] = True
    return bool(np.all(fits))


def _check_times(name: str, times: AnyArray | None) -> None:
    if times is not None and times.dtype.kind == "M" and np.any(np.isnat(times)):
        raise ValueError(f"{name}: a time is missing")
