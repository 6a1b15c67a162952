"""Interactions and ids, read from every form of input that metrics and experiments accept."""

from collections.abc import Mapping, Set
from dataclasses import replace
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from recokit._typing import FloatArray
from recokit.data._columns import to_numbers, to_times
from recokit.data._frames import columns, is_frame, is_table
from recokit.data._inputs import as_interactions, pair_ids
from recokit.data._keyed import id_column, lists_by_user
from recokit.data.id_index import IdIndex, plain_ids
from recokit.data.interactions import Interactions
from recokit.data.sequences import Sequences
from recokit.exceptions import DataError, first_few

__all__ = ["Events", "read_events", "read_item_ids", "read_numbers", "read_user_ids"]

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
    """Return interactions from any input of ``fit``, from a frame of interactions, or from the items of each user.

    Parameters
    ----------
    given : Interactions, Sequences, sparse matrix, pairs, frame, or mapping or pandas Series of users to items
        A frame, or a mapping of its columns, has the columns user_id and item_id, and optionally rating or value, and
        timestamp. Any other mapping contains the items of each user: a collection of ids, or a mapping of ids to
        values.
    name : str
        Name of the argument, for error messages.

    Raises
    ------
    DataError
        The data are invalid or empty.
    """
    if given is None:
        raise DataError(f"{name}: expected Interactions, a frame or (user, item) pairs, got None")
    given = lists_by_user(given, name)
    if isinstance(given, Sequences):
        data = given.to_interactions()
        events = Events(data, data.values)
    elif is_frame(given) or is_table(given):
        events = _from_table(given, name)
    elif isinstance(given, Mapping):
        events = _from_mapping(given, name)
    else:
        events = _from_fit_input(given)
    if events.data.n_interactions == 0:
        raise DataError(f"{name} has no interactions")
    return events


def _from_fit_input(given: Any) -> Events:
    data = as_interactions(given, None, "auto")
    return Events(data, data.values)


def _from_mapping(given: Mapping[Any, Any], name: str) -> Events:
    for user, row in given.items():
        if isinstance(row, str | bytes) or not hasattr(row, "__iter__"):
            raise DataError(f"{name}: expected the items of each user, got {row!r} for the user {user!r}")
    rows = [row if isinstance(row, Mapping) else dict.fromkeys(plain_ids(row, name), 1.0) for row in given.values()]
    users = list(chain.from_iterable([user] * len(row) for user, row in zip(given, rows, strict=True)))
    values = to_numbers(list(chain.from_iterable(row.values() for row in rows)), name)
    data = Interactions.from_arrays(users, list(chain.from_iterable(rows)), timestamps=np.arange(len(users)))
    return Events(replace(data, timestamps=None), values[data.timestamps])


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

    Users of Interactions without any interaction are left out. A pandas Series whose index is named user_id, such as
    the orders of each user, gives the users of its index.
    """
    if given is None or isinstance(given, str | bytes):
        raise DataError(f"{name}: expected user ids, got {'None' if given is None else f'the one string {given!r}'}")
    if isinstance(given, Interactions):
        return IdIndex(given.users.take(np.flatnonzero(given.rows.lengths)), name=name)
    return IdIndex.factorize(id_column(given, "user_id", name), name)[0]


def read_item_ids(given: Any, name: str) -> IdIndex:
    """Return the items of an array of distinct ids, a frame with the column item_id, an IdIndex or Interactions.

    A pandas Series whose index is named item_id, such as the price of each item, gives the items of its index.
    """
    if isinstance(given, IdIndex):
        return given
    if isinstance(given, Interactions):
        return given.items
    if given is None or isinstance(given, str | bytes):
        raise DataError(f"{name}: expected item ids, got {'None' if given is None else f'the one string {given!r}'}")
    return IdIndex(id_column(given, "item_id", name), name=name)


def read_numbers(given: Any, name: str) -> FloatArray:
    """Return a column of finite numbers as float64; refuse a mapping or a set, which has no row order."""
    if isinstance(given, Mapping | Set):
        raise DataError(f"{name}: expected an array with a number for each row, got a {type(given).__name__}")
    return to_numbers(given, name)
