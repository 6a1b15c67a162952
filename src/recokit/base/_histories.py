"""Histories of users outside the training data, read from any accepted form."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from recokit._typing import CodeArray, FloatArray
from recokit.data._events import read_events
from recokit.data._frames import holds_collections, is_frame, is_table, labelled_mapping, plain
from recokit.data._inputs import as_id_list, known_codes
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows, bounds_from_lengths
from recokit.data.sequences import Sequences
from recokit.exceptions import DataError, UnknownIdError, first_few

__all__ = ["read_histories", "read_history", "refuse_items"]


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
    if is_frame(given) or is_table(given):
        given = _from_table(given, explicit)
    elif isinstance(given, Sequences):
        given = given.to_interactions()
    if isinstance(given, Interactions):
        return given.users.ids, _from_interactions(given, items, explicit, skip_unknown)
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
    if isinstance(given, str | bytes | Interactions) or not isinstance(given, Iterable) or is_frame(given):
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
            raise UnknownIdError("item", given.items.take(np.unique(given.item_codes[codes < 0])).tolist())
        given = given.select(codes >= 0)
    return given.reindex(items=items).rows


def _read_history(
    user: Any, history: Any, items: IdIndex, explicit: bool, skip_unknown: bool
) -> tuple[CodeArray, FloatArray]:
    """Return the item codes of a history, sorted, and its values."""
    ids = list(history) if isinstance(history, Mapping) else as_id_list(history)
    if explicit and len(ids) and not isinstance(history, Mapping):
        raise DataError(f"history of {user!r}: the model needs ratings; give them as {{item: rating, …}}")
    codes = items.codes(ids) if skip_unknown else known_codes(items, ids, "item")
    strengths = list(history.values()) if isinstance(history, Mapping) else [1.0] * len(ids)
    try:
        values = np.asarray(strengths, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise DataError(f"history of {user!r}: expected numbers ({error})") from None
    if not np.all(np.isfinite(values)) or (not explicit and np.any(values < 0)):
        raise DataError(f"history of {user!r}: a value is NaN, infinite or a negative strength")
    codes, values = codes[codes >= 0], values[codes >= 0]
    order = np.argsort(codes)
    if np.any(np.diff(codes[order]) == 0):
        raise DataError(f"history of {user!r}: an item occurs more than once")
    return codes[order], values[order]
