"""Interactions and ids, read from every form of input that metrics and experiments accept."""

import re
import unicodedata
from collections.abc import Mapping, Set
from dataclasses import replace
from itertools import chain, islice
from typing import Any, NamedTuple

import numpy as np

from recokit._typing import FloatArray
from recokit.data._columns import to_numbers, to_times
from recokit.data._frames import (
    column,
    column_names,
    columns,
    is_frame,
    is_missing,
    is_pandas,
    is_table,
    labelled_mapping,
    plain,
)
from recokit.data._inputs import as_interactions, pair_ids
from recokit.data.id_index import IdIndex, plain_ids
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError, first_few

__all__ = [
    "Events",
    "by_label",
    "describe_mismatch",
    "find_twins",
    "id_column",
    "lists_by_user",
    "read_events",
    "read_item_ids",
    "read_numbers",
    "read_user_ids",
    "share_ids",
]

_VALUE_COLUMNS = ("rating", "value")
_WHOLE_NUMBER = re.compile(r"([+-]?)0*(\d+?)(?:\.0*)?")
_MAX_COMPARED = 200_000  # ids whose forms are compared, to bound the cost


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
    given : Interactions, sparse matrix, (user, item) pairs, frame, or mapping or pandas Series of users to items
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
    if is_frame(given) or is_table(given):
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


def id_column(given: Any, column_name: str, name: str) -> Any:
    """Return the ids in a frame, in a mapping of columns, in the named index of a pandas Series, or in a sequence."""
    if is_frame(given) or (isinstance(given, Mapping) and column_name in given):
        return column(given, column_name)
    if is_pandas(given) and getattr(getattr(given, "index", None), "name", None) == column_name != given.name:
        return plain(given.index, name)
    return plain(given, name)


def by_label(given: Any, name: str, label: str) -> Any:
    """Return the mapping of a pandas Series from its index to its values, and other data unchanged.

    Parameters
    ----------
    given : object
    name : str
        Name of the argument, for error messages.
    label : {"user", "item", "name"}
        Kind of the labels in the index.

    Raises
    ------
    DataError
        The index has several levels, or an id is duplicated.
    """
    if not is_pandas(given) or hasattr(given, "columns") or not hasattr(given, "to_dict"):
        return given
    if getattr(given.index, "nlevels", 1) > 1:
        raise DataError(
            f"{name}: expected a Series with one {label} in each row of its index, got an index of "
            f"{given.index.nlevels} levels; pass series.reset_index(), with the columns user_id and item_id"
        )
    if not given.index.is_unique:
        repeated = first_few(given.index[given.index.duplicated()].unique())
        article = "an" if label == "item" else "a"
        how = "list" if label == "user" else "'max'"
        raise DataError(
            f"{name}: the index of the Series contains {article} {label} twice: {repeated}; reduce it to one row for "
            f"each {label}, such as with series.groupby(level=0).agg({how})"
        )
    return labelled_mapping(given)


def lists_by_user(given: Any, name: str) -> Any:
    """Return lists of each user as a mapping, from a pandas Series or from a frame with a list in each row.

    Polars' ``frame.group_by("user_id").agg("item_id")`` is such a frame. The index of a pandas frame becomes a column
    if its name is user_id. Other data are returned unchanged.
    """
    if is_frame(given) and is_pandas(given) and "user_id" in given.index.names and "user_id" not in given.columns:
        given = given.reset_index()
    if is_frame(given) and {"user_id", "item_id"} <= set(column_names(given)):
        items = column(given, "item_id")
        first = next((row for row in items[:100] if not is_missing(row)), None) if items.dtype == object else None
        if not isinstance(first, list | np.ndarray | Set):
            return given
        users = plain_ids(column(given, "user_id"), f"users of {name}")
        return dict(zip(IdIndex(users, name=f"users of {name}"), items, strict=True))
    return by_label(given, name, "user")


def read_numbers(given: Any, name: str) -> FloatArray:
    """Return a column of finite numbers as float64; refuse a mapping or a set, which has no row order."""
    if isinstance(given, Mapping | Set):
        raise DataError(f"{name}: expected an array with a number for each row, got a {type(given).__name__}")
    return to_numbers(given, name)


def describe_mismatch(first: IdIndex, second: IdIndex, names: tuple[str, str]) -> str | None:
    """Return how two sets of ids without a common id differ, for a warning; None if they have an id in common.

    Parameters
    ----------
    first, second : IdIndex
    names : (str, str)
        Names of the two sides in the plural, such as "the lists".

    Examples
    --------
    >>> describe_mismatch(IdIndex(["11", "12"]), IdIndex(["13"]), ("the lists", "the test items"))
    "the lists contain '11', '12', and the test items '13'; check that both sides use the same ids"
    """
    if share_ids(first, second) or len(first) == 0 or len(second) == 0:
        return None
    types = tuple(type(next(iter(ids))).__name__ for ids in (first, second))
    pair = find_twins(first, second)
    if pair is not None:
        advice = f"{pair[0]!r} and {pair[1]!r} look like the same id in two forms, so convert both sides to one form"
    elif types[0] != types[1]:
        advice = f"the ids are of type {types[0]} and {types[1]}, so convert both sides to one type"
    else:
        advice = "check that both sides use the same ids"
    return f"{names[0]} contain {first_few(first)}, and {names[1]} {first_few(second)}; {advice}"


def share_ids(first: IdIndex, second: IdIndex) -> bool:
    """Return True if two sets of ids have an id in common."""
    return bool(np.any(first.codes(second) >= 0))


def find_twins(first: IdIndex, second: IdIndex) -> tuple[Any, Any] | None:
    """Return an id of each side that differ only in type, number format, leading zeros, spaces or case.

    Examples
    --------
    >>> find_twins(IdIndex(["tea", "A "]), IdIndex(["a"])), find_twins(IdIndex([7]), IdIndex(["007"]))
    (('A ', 'a'), (7, '007'))
    """
    known = {_bare(key): key for key in islice(first, _MAX_COMPARED)}
    return next(((known[_bare(key)], key) for key in islice(second, _MAX_COMPARED) if _bare(key) in known), None)


def _bare(key: Any) -> str:
    """Return an id as text without spaces around it, case, leading zeros and zero decimals."""
    text = key.decode(errors="replace") if isinstance(key, bytes) else str(key)
    text = unicodedata.normalize("NFKC", text).strip().casefold()
    number = _WHOLE_NUMBER.fullmatch(text)
    return text if number is None else number[1] + number[2]
