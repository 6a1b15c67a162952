"""Interactions and ids, read from every form of input that metrics and experiments accept."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from recokit._typing import FloatArray
from recokit.data._columns import to_numbers, to_times
from recokit.data._frames import column, columns, is_frame, is_table, plain
from recokit.data._inputs import as_interactions, pair_ids
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError, first_few

__all__ = ["Events", "have_different_types", "read_events", "read_item_ids", "read_user_ids"]

_VALUE_COLUMNS = ("rating", "value")


class Events(NamedTuple):
    """Interactions, with their values in the precision of the input.

    Attributes
    ----------
    data : Interactions
    values : (n_interactions,) float32 or float64 array
        1 for each interaction if the input has no values.
    has_values : bool
        False for a frame without a column of values.
    """

    data: Interactions
    values: FloatArray
    has_values: bool = True


def read_events(given: Any, name: str) -> Events:
    """Return interactions from any input of ``fit``, or from a frame with one row for each interaction.

    Parameters
    ----------
    given : Interactions, sparse matrix, (user, item) pairs, or frame
        A frame, or a mapping of its columns, has the columns user_id and item_id, and optionally rating or value, and
        timestamp.
    name : str
        Name of the argument, for error messages.

    Raises
    ------
    DataError
        The data are invalid or empty.
    """
    events = _from_table(given, name) if is_frame(given) or is_table(given) else _from_fit_input(given)
    if events.data.n_interactions == 0:
        raise DataError(f"{name} has no interactions")
    return events


def _from_fit_input(given: Any) -> Events:
    data = as_interactions(given, None, "auto")
    return Events(data, data.values)


def _from_table(frame: Any, name: str) -> Events:
    given = columns(frame)
    lacking = [wanted for wanted in ("user_id", "item_id") if wanted not in given]
    if lacking and len(given) != 2:
        raise DataError(f"{name}: no column {first_few(lacking)}; the columns are {first_few(given)}")
    users, items = pair_ids(frame) if len(given) == 2 else (given["user_id"], given["item_id"])
    data = Interactions.from_arrays(users, items, timestamps=np.arange(len(users)))
    frame_rows = data.timestamps  # the row of the frame that each interaction comes from
    times = to_times(given["timestamp"], "timestamp")[frame_rows] if "timestamp" in given else None
    data = replace(data, timestamps=times)
    value_column = next((column for column in _VALUE_COLUMNS if column in given), None)
    if value_column is None:
        return Events(data, data.values, has_values=False)
    values = to_numbers(given[value_column], value_column)[frame_rows]
    is_single = getattr(given[value_column], "dtype", None) == np.float32
    return Events(data, values.astype(np.float32) if is_single else values)


def read_user_ids(given: Any, name: str) -> IdIndex:
    """Return the distinct users of an array of ids, a frame with the column user_id, or Interactions.

    Users of Interactions without any interaction are left out.
    """
    if isinstance(given, str | bytes):
        raise DataError(f"{name}: expected user ids, got the one string {given!r}")
    if isinstance(given, Interactions):
        return IdIndex(given.users.take(np.flatnonzero(given.rows.lengths)), name=name)
    return IdIndex.factorize(column(given, "user_id") if is_frame(given) else plain(given, name), name)[0]


def read_item_ids(given: Any, name: str) -> IdIndex:
    """Return the items of an array of distinct ids, a frame with the column item_id, an IdIndex or Interactions."""
    if isinstance(given, IdIndex):
        return given
    if isinstance(given, Interactions):
        return given.items
    return IdIndex(column(given, "item_id") if is_frame(given) else given, name=name)


def have_different_types(first: IdIndex, second: IdIndex) -> bool:
    """Return True if two sets of ids have no id in common and only one of them contains strings."""
    if len(first) == 0 or len(second) == 0 or np.any(first.codes(second) >= 0):
        return False
    is_text, other_is_text = ({isinstance(key, str) for key in ids} for ids in (first, second))
    return not is_text & other_is_text
