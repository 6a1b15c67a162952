"""Data labelled by user or item: pandas Series, and frames with the ids in their index or lists in their rows."""

from collections.abc import Mapping, Set
from typing import Any

import numpy as np

from recokit.data._frames import column, column_names, is_frame, is_missing, is_pandas, labelled_mapping, plain
from recokit.data.id_index import IdIndex, plain_ids
from recokit.exceptions import DataError, first_few

__all__ = ["by_label", "id_column", "lists_by_user"]


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
