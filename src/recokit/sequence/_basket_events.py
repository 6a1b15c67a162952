"""Events of baskets: the distinct items of each basket, how many baskets ago they were bought, and weighted sums."""

from collections.abc import Iterable, Mapping, Set
from typing import Any

import numpy as np

from recokit._typing import AnyArray, BoolArray, FloatArray, IntArray
from recokit.base._histories import refuse_items
from recokit.data._columns import to_values
from recokit.data._frames import holds_collections, labelled_mapping, plain
from recokit.data._inputs import as_id_list, codes_if_known, known_codes, other_form, warn_of_other_form
from recokit.data._sequence_inputs import as_sequences
from recokit.data.id_index import IdIndex
from recokit.data.rows import Rows, bounds_from_lengths
from recokit.data.sequences import Sequences
from recokit.exceptions import DataError, UnknownIdError
from recokit.sequence._histories import is_log

__all__ = [
    "as_baskets",
    "basket_rows",
    "basket_sizes",
    "basket_starts",
    "read_basket_histories",
    "read_basket_history",
    "summed_by_item",
]


def as_baskets(given: Any) -> Any:
    """Return the baskets of an event log (it has the methods ``sequences`` and ``baskets``); other data unchanged."""
    if callable(getattr(given, "sequences", None)) and callable(getattr(given, "baskets", None)):
        return given.baskets()
    return given


def basket_rows(sequences: Sequences) -> Rows:
    """Return the distinct items of the baskets of each user in time order; values are ages of baskets, 0 the latest.

    Without baskets, events of a user at the same time are one basket; without times, each event is a basket. Empty
    baskets do not count.

    Examples
    --------
    >>> rows = basket_rows(
    ...     Sequences.from_baskets([[["tea", "cup", "tea"], [], ["tea"]], [["pot"]]])
    ... )
    >>> rows.codes.tolist(), rows.values.tolist(), rows.indptr.tolist()
    ([2, 0, 2, 1], [1.0, 1.0, 0.0, 0.0], [0, 3, 4])
    """
    return _with_ages(sequences.rows, _baskets_of_events(sequences), sequences.n_items)


def basket_starts(rows: Rows) -> IntArray:
    """Return the position of the first event of each basket: (n_baskets,) int64.

    Examples
    --------
    >>> basket_starts(
    ...     basket_rows(Sequences.from_baskets([[["tea", "cup"], ["tea"]], [["tea"]]]))
    ... ).tolist()
    [0, 2, 3]
    """
    starts: IntArray = np.flatnonzero(_changes(rows.row_codes) | _changes(rows.values))
    return starts


def basket_sizes(rows: Rows) -> FloatArray:
    """Return the number of items in the basket of each event: (n_events,) float64.

    Examples
    --------
    >>> basket_sizes(
    ...     basket_rows(Sequences.from_baskets([[["tea", "cup"], ["tea"]]]))
    ... ).tolist()
    [2.0, 2.0, 1.0]
    """
    lengths = np.diff(basket_starts(rows), append=len(rows.codes))
    sizes: FloatArray = np.repeat(lengths, lengths).astype(np.float64)
    return sizes


def summed_by_item(rows: Rows, weights: FloatArray, n_items: int) -> Rows:
    """Return the sum of the weights of each item in each row, in order of item code.

    Parameters
    ----------
    rows : Rows
        Item codes, with repeats.
    weights : (n_events,) float64 array
    n_items : int

    Examples
    --------
    >>> sums = summed_by_item(
    ...     Rows.from_arrays([0, 3], [2, 0, 2], ()), np.array([1.0, 2.0, 4.0]), 3
    ... )
    >>> sums.codes.tolist(), sums.values.tolist()
    ([0, 2], [2.0, 5.0])
    """
    keys = rows.row_codes * n_items + rows.codes
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(_changes(keys))
    sums = np.add.reduceat(weights[order], starts) if len(starts) else np.zeros(0)
    owners, codes = np.divmod(keys[starts], n_items)
    indptr = bounds_from_lengths(np.bincount(owners, minlength=rows.n_rows))
    return Rows.from_arrays(indptr, codes, sums)


def read_basket_histories(given: Any, items: IdIndex, *, skip_unknown: bool) -> tuple[Any, Rows]:
    """Return user ids and their baskets over the items of a model, in the form of `basket_rows`.

    Parameters
    ----------
    given : Sequences, Interactions with timestamps, event log, frame, mapping, or sequence
        A mapping of user ids to histories, a sequence of the histories of users 0 … m − 1, or a form of `as_sequences`.
        A history is a list of baskets in time order, a basket being a list or set of item ids. An item id in place of a
        basket is a basket of one item. A mapping of item ids to strengths is read as its item ids in order.
    items : IdIndex
        Items of the model.
    skip_unknown : bool
        Ignore unknown items instead of raising.

    Raises
    ------
    UnknownIdError
        An item is unknown.
    DataError
        A history has no order, or a strength is not a number of at least 0.
    """
    given = as_baskets(given)
    if is_log(given):
        sequences = as_sequences(given, "histories")
        new_codes = items.codes(sequences.items)
        codes = new_codes[sequences.rows.codes]
        if np.any(codes < 0) and not skip_unknown:
            ids = sequences.items.take(np.unique(sequences.rows.codes[codes < 0])).tolist()
            raise UnknownIdError("item", ids, other_form(items, ids[0]))
        warn_of_other_form(items, sequences.items, new_codes, "item")
        rows = Rows.from_arrays(sequences.rows.indptr, codes, (), sequences.rows.times)
        return sequences.users.ids, _known(rows, _baskets_of_events(sequences), len(items))
    given = labelled_mapping(given) if holds_collections(given) else given
    if isinstance(given, Mapping):
        users, histories = list(given), list(given.values())
    else:
        histories = list(plain(given, "histories"))
        users = list(range(len(histories)))
        refuse_items(histories)
    parts = [_baskets_of(user, history, items) for user, history in zip(users, histories, strict=True)]
    flat = [basket for part in parts for basket in part]
    ids = [item for basket in flat for item in basket]
    codes = codes_if_known(items, ids, "item") if skip_unknown else known_codes(items, ids, "item")
    indptr = bounds_from_lengths(np.array([sum(map(len, part)) for part in parts], dtype=np.int64))
    numbers = np.repeat(np.arange(len(flat)), np.array([len(basket) for basket in flat], dtype=np.int64))
    return users, _known(Rows.from_arrays(indptr, codes, ()), numbers, len(items))


def read_basket_history(given: Any, items: IdIndex) -> Rows:
    """Return the baskets of one user over the items of a model, as a single row.

    Parameters
    ----------
    given : sequence of baskets or item ids, or mapping of item ids to strengths
    items : IdIndex

    Raises
    ------
    UnknownIdError
        An item is unknown.
    DataError
        The history is of another form or has no order.
    """
    if isinstance(given, str | bytes) or not isinstance(given, Iterable) or is_log(given):
        raise DataError(f"history: expected a list of baskets in time order, got {given!r:.60}")
    return read_basket_histories([labelled_mapping(given)], items, skip_unknown=False)[1]


def _baskets_of(user: Any, history: Any, items: IdIndex) -> list[list[Any]]:
    """Return the baskets of a history as lists of item ids."""
    if isinstance(history, Set):
        raise DataError(
            f"history of {user!r}: a set has no order; give a list of baskets in time order, such as [{{'a', 'b'}}]"
        )
    if isinstance(history, Mapping):
        strengths = to_values(list(history.values()), f"history of {user!r}")
        if np.any(strengths < 0):
            raise DataError(f"history of {user!r}: a value is a negative strength")
        return [[item] for item in history]
    if not any(_is_basket(one, items) for one in plain(history, f"history of {user!r}")):
        return [[item] for item in as_id_list(history)]
    return [list(plain(one, "basket")) if _is_basket(one, items) else [one] for one in history]


def _is_basket(thing: Any, items: IdIndex) -> bool:
    """Return whether an element of a history is a basket; a tuple can be an item id."""
    if isinstance(thing, tuple):
        return bool(items.codes([thing])[0] < 0)
    return isinstance(thing, list | Set) or (hasattr(thing, "__len__") and not isinstance(thing, str | bytes))


def _baskets_of_events(sequences: Sequences) -> IntArray:
    """Return the number of the basket of each event, ascending over all users."""
    if sequences.basket_bounds is not None:
        return np.repeat(np.arange(len(sequences.basket_bounds) - 1), np.diff(sequences.basket_bounds))
    rows = sequences.rows
    if rows.times is None:
        return np.arange(len(rows.codes))
    numbers: IntArray = np.cumsum(_changes(rows.row_codes) | _changes(rows.times))
    return numbers


def _known(rows: Rows, numbers: IntArray, n_items: int) -> Rows:
    """Return the baskets without unknown items (code −1)."""
    known: BoolArray = rows.codes >= 0
    return _with_ages(rows if np.all(known) else rows.select(known), numbers[known], n_items)


def _with_ages(rows: Rows, numbers: IntArray, n_items: int) -> Rows:
    """Return the distinct items of each basket, with the ages of the baskets as values."""
    keys = numbers * n_items + rows.codes
    order = np.argsort(keys, kind="stable")
    first = np.zeros(len(keys), dtype=np.bool_)
    first[order[_changes(keys[order])]] = True
    if not np.all(first):
        rows, numbers = rows.select(first), numbers[first]
    places = np.cumsum(_changes(numbers))
    filled = rows.lengths > 0
    latest = places[rows.indptr[1:][filled] - 1]
    return rows.with_values(np.repeat(latest, rows.lengths[filled]) - places)


def _changes(values: AnyArray) -> BoolArray:
    """Return whether each value differs from the one before it; true for the first."""
    changed: BoolArray = np.ones(len(values), dtype=np.bool_)
    changed[1:] = values[1:] != values[:-1]
    return changed
