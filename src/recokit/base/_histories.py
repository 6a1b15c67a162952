"""Histories of users outside the training data, read from any accepted form."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from recokit._typing import CodeArray, FloatArray
from recokit.data._columns import to_values
from recokit.data._events import read_events
from recokit.data._frames import holds_collections, is_frame, is_table, labelled_mapping, plain
from recokit.data._inputs import as_id_list, codes_if_known, known_codes, other_form, warn_of_other_form
from recokit.data._keyed import lists_by_user
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows, bounds_from_lengths
from recokit.data.sequences import Sequences
from recokit.exceptions import DataError, UnknownIdError, first_few

__all__ = ["read_histories", "read_history", "refuse_items", "refuse_matrix"]


def read_histories(given: Any, items: IdIndex, *, explicit: bool, skip_unknown: bool) -> tuple[Any, Rows]:
    """Return user ids and their histories over the items of a model.

    Parameters
    ----------
    given : Interactions, Sequences, frame, mapping, or sequence
        A frame with the columns user_id and item_id, and rating or value; a mapping of user ids to histories; or a
        sequence of the histories of users 0 … m − 1. A history is a sequence of item ids, or a mapping of item ids to
        ratings or strengths. The strength of an item of `Sequences` is its number of events.
    items : IdIndex
        Items of the model.
    explicit : bool
        Whether ratings are needed.
    skip_unknown : bool
        Ignore unknown items instead of raising.

    Raises
    ------
    UnknownIdError
        An item is unknown.
    DataError
        A history repeats an item, has a value that is not a number, or lacks the ratings that the model needs.
    """
    given = lists_by_user(given, "histories") if is_frame(given) else given
    if is_frame(given) or is_table(given):
        given = _from_table(given, explicit)
    elif isinstance(given, Sequences):
        given = given.to_interactions()
    elif hasattr(given, "__recokit_interactions__"):  # an EventLog, whose package this one cannot import
        given = given.__recokit_interactions__()
    if isinstance(given, Interactions):
        return given.users.ids, _from_interactions(given, items, explicit, skip_unknown)
    refuse_matrix(given)
    given = labelled_mapping(given) if holds_collections(given) else given
    if isinstance(given, Mapping):
        users, histories = list(given), list(given.values())
    else:
        histories = list(plain(given, "histories"))
        users = list(range(len(histories)))
        refuse_items(histories)
    parts = [
        _read_history(user, history, items, explicit, skip_unknown)
        for user, history in zip(users, histories, strict=True)
    ]
    codes = np.concatenate([*(codes for codes, _ in parts), np.empty(0, np.int32)])
    values = np.concatenate([*(values for _, values in parts), np.empty(0, np.float32)])
    return users, Rows.from_arrays(
        bounds_from_lengths(np.array([len(codes) for codes, _ in parts], np.int64)), codes, values
    )


def read_history(given: Any, items: IdIndex, *, explicit: bool) -> Rows:
    """Return the history of one user over the items of a model, as a single row.

    Parameters
    ----------
    given : sequence of item ids, or mapping of item ids to ratings or strengths
    items, explicit
        As in `read_histories`.

    Raises
    ------
    UnknownIdError
        An item is unknown.
    DataError
        The history is of another form, or cannot be used as in `read_histories`.
    """
    refuse_matrix(given)
    is_history = isinstance(given, Iterable) and not isinstance(given, str | bytes | Interactions)
    if not is_history or is_frame(given) or (isinstance(given, Mapping) and _holds_lists(given)):
        raise DataError(
            f"history: expected a sequence of item ids, or a mapping of item ids to values, got {given!r:.60}"
        )
    return read_histories([labelled_mapping(given)], items, explicit=explicit, skip_unknown=False)[1]


def _from_table(table: Any, explicit: bool) -> Interactions:
    """Return the interactions of a frame or a mapping of columns."""
    data, values, has_values = read_events(table, "histories")
    if not has_values:
        return data
    return replace(data, values=values.astype(np.float32), feedback="explicit" if explicit else "implicit")


def _holds_lists(given: Mapping[Any, Any]) -> bool:
    return any(isinstance(value, Iterable) and not isinstance(value, str | bytes) for value in given.values())


def refuse_matrix(histories: Any) -> None:
    """Refuse a sparse matrix, whose columns have no ids, lists of recommendations, and an array without dimensions."""
    if hasattr(histories, "tocsr"):
        raise DataError(
            f"histories: got a sparse matrix of shape {histories.shape}, whose columns have no ids; pass "
            "Interactions.from_matrix(X, items=model.interactions_.items) if its columns are the items of the model"
        )
    if hasattr(histories, "users") and hasattr(histories, "counts"):
        raise DataError(
            f"histories: expected the histories of users, got {type(histories).__name__}; pass lists of item ids, such "
            "as {user: [item for item, _ in row] for user, row in lists}"
        )
    if isinstance(histories, np.ndarray) and histories.ndim == 0:
        raise DataError(f"histories: expected a sequence of histories, got the single value {histories.item()!r}")


def refuse_items(histories: list[Any]) -> None:
    """Refuse a single history in place of a list of histories."""
    if any(isinstance(one, str | bytes) or not isinstance(one, Iterable) for one in histories):
        raise DataError(
            f"histories: expected a list of histories, or a mapping of user ids to histories, got the items "
            f"{first_few(histories)}; put a single history into a list, such as [{histories[:2]!r}]"
        )


def _from_interactions(given: Interactions, items: IdIndex, explicit: bool, skip_unknown: bool) -> Rows:
    if explicit and given.feedback != "explicit":
        raise DataError("histories: the model needs ratings, got implicit feedback; give ratings of the items")
    if not explicit and np.any(given.values < 0):
        raise DataError(
            f"histories: {np.count_nonzero(given.values < 0)} value(s) are negative and cannot be strengths"
        )
    codes = items.codes(given.items)[given.item_codes]
    if np.any(codes < 0):
        if not skip_unknown:
            unknown = given.items.take(np.unique(given.item_codes[codes < 0])).tolist()
            raise UnknownIdError("item", unknown, other_form(items, unknown[0]))
        warn_of_other_form(items, given.items, codes, "item")
        given = given.select(codes >= 0)
    return given.reindex(items=items).rows


def _read_history(
    user: Any, history: Any, items: IdIndex, explicit: bool, skip_unknown: bool
) -> tuple[CodeArray, FloatArray]:
    """Return the item codes of a history, sorted, and its values."""
    ids = list(history) if isinstance(history, Mapping) else as_id_list(history)
    if explicit and len(ids) and not isinstance(history, Mapping):
        raise DataError(f"history of {user!r}: the model needs ratings; give them as {{item: rating, …}}")
    codes = codes_if_known(items, ids, "item") if skip_unknown else known_codes(items, ids, "item")
    strengths = list(history.values()) if isinstance(history, Mapping) else [1.0] * len(ids)
    values = to_values(strengths, f"history of {user!r}", "positions")
    if not explicit and np.any(values < 0):
        raise DataError(f"history of {user!r}: {np.count_nonzero(values < 0)} value(s) are negative strengths")
    codes, values = codes[codes >= 0], values[codes >= 0]
    order = np.argsort(codes)
    if np.any(np.diff(codes[order]) == 0):
        raise DataError(f"history of {user!r}: an item occurs more than once")
    return codes[order], values[order]
