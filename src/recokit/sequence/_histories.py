"""Histories in time order of users outside the training data, read from any accepted form."""

from collections.abc import Iterable, Mapping, Set
from typing import Any

import numpy as np

from recokit._typing import BoolArray
from recokit.base._histories import refuse_items, refuse_matrix
from recokit.data._columns import to_values
from recokit.data._frames import holds_collections, is_frame, is_table, labelled_mapping, plain
from recokit.data._inputs import as_id_list, codes_if_known, known_codes, other_form, warn_of_other_form
from recokit.data._keyed import lists_by_user
from recokit.data._sequence_inputs import as_sequences
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows, bounds_from_lengths
from recokit.data.sequences import Sequences
from recokit.exceptions import DataError, UnknownIdError

__all__ = ["is_log", "read_ordered_histories", "read_ordered_history"]


def read_ordered_histories(given: Any, items: IdIndex, *, skip_unknown: bool) -> tuple[Any, Rows]:
    """Return user ids and their histories over the items of a model, in time order and with repeats.

    Parameters
    ----------
    given : Sequences, Interactions with timestamps, event log, frame, mapping, or sequence
        A mapping of user ids to histories, a sequence of the histories of users 0 … m − 1, or a form of `as_sequences`.
        A history is a sequence of item ids in time order, or a mapping of item ids to strengths, in time order; the
        strengths are checked and not used.
    items : IdIndex
        Items of the model.
    skip_unknown : bool
        Ignore unknown items instead of raising.

    Returns
    -------
    users : sequence of ids
    histories : Rows
        Without values; with times if the input has times.

    Raises
    ------
    UnknownIdError
        An item is unknown.
    DataError
        A history has no order, or a strength is not a number of at least 0.
    """
    refuse_matrix(given)
    given = lists_by_user(given, "histories") if is_frame(given) else given
    if is_log(given):
        sequences = as_sequences(given, "histories")
        return sequences.users.ids, _over_items(sequences, items, skip_unknown)
    given = labelled_mapping(given) if holds_collections(given) else given
    if isinstance(given, Mapping):
        users, histories = list(given), list(given.values())
    else:
        histories = list(plain(given, "histories"))
        users = list(range(len(histories)))
        refuse_items(histories)
    lists = [_item_ids(user, history) for user, history in zip(users, histories, strict=True)]
    ids = [item for one in lists for item in one]
    codes = codes_if_known(items, ids, "item") if skip_unknown else known_codes(items, ids, "item")
    rows = Rows.from_arrays(bounds_from_lengths(np.array([len(one) for one in lists], np.int64)), codes, ())
    known: BoolArray = rows.codes >= 0
    return users, rows if np.all(known) else rows.select(known)


def read_ordered_history(given: Any, items: IdIndex) -> Rows:
    """Return the history of one user over the items of a model, as a single row in time order.

    Parameters
    ----------
    given : sequence of item ids, or mapping of item ids to strengths
    items : IdIndex

    Raises
    ------
    UnknownIdError
        An item is unknown.
    DataError
        The history is of another form or has no order.
    """
    if isinstance(given, str | bytes) or not isinstance(given, Iterable) or is_log(given):
        raise DataError(f"history: expected a sequence of item ids in time order, got {given!r:.60}")
    refuse_matrix(given)
    return read_ordered_histories([labelled_mapping(given)], items, skip_unknown=False)[1]


def is_log(given: Any) -> bool:
    """Return whether the data hold events with users, instead of a list per user."""
    return (
        isinstance(given, Sequences | Interactions)
        or is_frame(given)
        or is_table(given)
        or callable(getattr(given, "sequences", None))
    )


def _over_items(sequences: Sequences, items: IdIndex, skip_unknown: bool) -> Rows:
    """Return the rows of sequences over other items."""
    new_codes = items.codes(sequences.items)
    unknown = new_codes[sequences.rows.codes] < 0
    if np.any(unknown) and not skip_unknown:
        ids = sequences.items.take(np.unique(sequences.rows.codes[unknown])).tolist()
        raise UnknownIdError("item", ids, other_form(items, ids[0]))
    warn_of_other_form(items, sequences.items, new_codes, "item")
    return sequences.rows.recoded(new_codes)


def _item_ids(user: Any, history: Any) -> list[Any]:
    """Return the item ids of a history."""
    if isinstance(history, Set):
        raise DataError(f"history of {user!r}: a set has no order; give a list of item ids in time order")
    if not isinstance(history, Mapping):
        return list(as_id_list(history))
    strengths = to_values(list(history.values()), f"history of {user!r}")
    if np.any(strengths < 0):
        raise DataError(f"history of {user!r}: a value is a negative strength")
    return list(history)
