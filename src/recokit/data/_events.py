"""Who took what, of which value and when, from whatever holds it."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from recokit._typing import FloatArray
from recokit.data._columns import to_numbers, to_times
from recokit.data._frames import columns, is_frame, is_table
from recokit.data._inputs import as_interactions, pair_ids
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError, first_few

__all__ = ["Events", "events_of"]

_VALUES = ("rating", "value")


class Events(NamedTuple):
    """Interactions, with their values in the precision in which they were given.

    Attributes
    ----------
    data : Interactions
    values : (n_interactions,) float32 or float64 array
        1 each where there are none.
    has_values : bool
        Whether a frame, which could have values, does.
    """

    data: Interactions
    values: FloatArray
    has_values: bool = True


def events_of(given: Any, name: str) -> Events:
    """Return the interactions of what ``fit`` takes, or of a frame with one row for each.

    Parameters
    ----------
    given : Interactions, sparse matrix, (user, item) pairs, or frame
        A frame has the columns user_id and item_id, and may have rating or value, and timestamp.
    name : str
        What to call it in an error.

    Raises
    ------
    DataError
        The data cannot be used, or there are none.
    """
    events = _of_frame(given, name) if is_frame(given) or is_table(given) else _of_fit(given)
    if events.data.n_interactions == 0:
        raise DataError(f"{name} has no interactions")
    return events


def _of_fit(given: Any) -> Events:
    data = as_interactions(given, None, "auto")
    return Events(data, data.values)


def _of_frame(frame: Any, name: str) -> Events:
    given = columns(frame)
    lacking = [wanted for wanted in ("user_id", "item_id") if wanted not in given]
    if lacking and len(given) != 2:
        raise DataError(f"{name}: no column {first_few(lacking)}; the columns are {first_few(given)}")
    users, items = pair_ids(frame) if len(given) == 2 else (given["user_id"], given["item_id"])
    data = Interactions.from_arrays(users, items, timestamps=np.arange(len(users)))
    rows = data.timestamps
    times = to_times(given["timestamp"], "timestamp")[rows] if "timestamp" in given else None
    data = replace(data, timestamps=times)
    named = next((column for column in _VALUES if column in given), None)
    if named is None:
        return Events(data, data.values, has_values=False)
    values = to_numbers(given[named], named)[rows]
    is_single = getattr(given[named], "dtype", None) == np.float32
    return Events(data, values.astype(np.float32) if is_single else values)
