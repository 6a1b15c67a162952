"""Read the price levels of users, and the histories and vectors of a context."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from recokit._typing import AnyArray, CodeArray, FloatArray
from recokit.data._frames import column, column_names, is_frame, is_missing, labelled_mapping
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.data.sequences import Sequences
from recokit.exceptions import DataError, first_few
from recokit.preprocessing.features import Features
from recokit.reranking._catalogue import Catalogue, refuse_other_types

__all__ = ["history_counts", "history_prices", "levels_of", "read_context", "unit_vectors"]

_ENTRIES = ("history", "now", "vectors")


def read_context(context: Any) -> dict[str, Any]:
    """Return the entries of a context.

    Raises
    ------
    ValueError
        The context is no mapping, or an entry is unknown.
    """
    if context is None:
        return {}
    if not isinstance(context, Mapping) or not set(context) <= set(_ENTRIES):
        raise ValueError(f"context: expected a mapping with some of {', '.join(_ENTRIES)}, got {context!r:.80}")
    return dict(context)


def levels_of(users: Any, name: str, wanted: AnyArray) -> FloatArray:
    """Return a number for each wanted user, NaN for unknown users.

    Parameters
    ----------
    users : mapping of user ids to numbers, pandas Series, Features, or frame
        A frame or mapping of columns has the columns user_id and ``name``.
    name : str
    wanted : (n_lists,) array of ids

    Raises
    ------
    ValueError
        There are no users.
    DataError
        The users have another form, or a level is not a number.
    """
    if users is None:
        raise ValueError(
            f"a rule needs {name!r} of the users: pass users=, a mapping of user ids or a frame, or the histories as "
            "context['history']"
        )
    if isinstance(users, Features):
        if name not in users.names:
            raise DataError(f"users: expected features with {name}, got {first_few(users.names)}")
        users = dict(zip(users.ids, users[name].tolist(), strict=True))
    users = labelled_mapping(users)
    if is_frame(users) or (isinstance(users, Mapping) and "user_id" in users):
        names = column_names(users)
        if name not in names or "user_id" not in names:
            raise DataError(f"users: expected the columns user_id and {name}, got {first_few(names)}")
        ids = IdIndex(column(users, "user_id"), name="user_id")  # refuses duplicates
        users = dict(zip(ids, list(column(users, name)), strict=True))
    if not isinstance(users, Mapping):
        raise DataError(f"users: expected a mapping of user ids to numbers or a frame, got {users!r:.60}")
    values = [users.get(user) for user in wanted.tolist()]
    try:
        return np.array([np.nan if is_missing(value) else _number(value) for value in values], dtype=np.float64)
    except TypeError as error:
        raise DataError(f"users: {name}: expected numbers ({error})") from None


def _number(value: Any) -> float:
    if isinstance(value, str | bytes):
        raise TypeError(f"got the text {value!r}")
    return float(value)


def history_counts(histories: Any, wanted: AnyArray, catalogue: Catalogue, name: str) -> FloatArray:
    """Return the number of items of each category in the history of each user: (n_lists, n_categories) float64.

    The categories of the items of ``catalogue`` come first, in the order of `Catalogue.codes`, then those that only
    occur in histories.

    Parameters
    ----------
    histories : Interactions, Sequences, or mapping of user ids to items
    wanted : (n_lists,) array of ids
    catalogue : Catalogue
    name : str
        Column of categories.

    Raises
    ------
    DataError
        The histories have another form.
    """
    row_codes, items, codes = _events(histories, wanted.tolist())
    mine = catalogue.over(items)
    mine.refuse_other_types()
    categories = {category: code for code, category in enumerate(catalogue.codes(name)[1])}
    of_items, names = mine.codes(name)
    numbers = np.array([categories.setdefault(category, len(categories)) for category in names], dtype=np.int64)
    found = np.append(numbers, -1)[of_items[codes]] if len(items) else np.empty(0, dtype=np.int64)
    keys = (row_codes * len(categories) + found)[found >= 0]
    counts = np.bincount(keys, minlength=len(wanted) * len(categories))
    return counts.reshape(len(wanted), len(categories)).astype(np.float64)


def history_prices(histories: Any, wanted: AnyArray, catalogue: Catalogue, name: str) -> FloatArray:
    """Return the geometric mean of the prices in the history of each user: (n_lists,) float64, NaN without prices.

    Parameters
    ----------
    histories, wanted, catalogue
        As in `history_counts`.
    name : str
        Column of prices.

    Raises
    ------
    DataError
        The histories have another form, or the column holds no numbers.
    """
    row_codes, items, codes = _events(histories, wanted.tolist())
    mine = catalogue.over(items)
    mine.refuse_other_types()
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(mine.numbers(name))[codes] if len(items) else np.empty(0)
        known = np.isfinite(logs)
        sums = np.bincount(row_codes[known], logs[known], minlength=len(wanted))
        return np.exp(sums / np.bincount(row_codes[known], minlength=len(wanted)))


def _events(histories: Any, wanted: list[Any]) -> tuple[AnyArray, IdIndex, CodeArray]:
    """Return the row of each event of the wanted users, the distinct items, and the code of the item of each event."""
    if isinstance(histories, Interactions | Sequences):
        rows = histories.rows.take(histories.users.codes(wanted))
        distinct, places = np.unique(rows.codes, return_inverse=True)
        items, codes = IdIndex.factorize(histories.items.take(distinct), "items of the histories")
        return rows.row_codes, items, codes[places]
    if not isinstance(histories, Mapping):
        raise DataError(
            "context['history']: expected Interactions, Sequences, or a mapping of user ids to items, got "
            f"{histories!r:.60}"
        )
    parts = []
    for user in wanted:
        part = histories.get(user, ())
        if isinstance(part, str) or not isinstance(part, Iterable):
            raise DataError(f"context['history']: expected the items of {user!r} as a list, got {part!r:.60}")
        parts.append(list(part))
    row_codes = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    items, codes = IdIndex.factorize([item for part in parts for item in part], "items of the histories")
    return row_codes, items, codes


def unit_vectors(given: Any, items: IdIndex) -> FloatArray:
    """Return the vectors of items, scaled to length 1, 0 for missing ones: (n_items, n_dimensions) float32.

    Parameters
    ----------
    given : mapping of item ids to vectors, pair of ids and matrix, or fitted model
        The model has ``item_factors_``.
    items : IdIndex

    Raises
    ------
    DataError
        The vectors have another form, or are not finite.
    """
    ids, matrix = _ids_and_matrix(given)
    known = IdIndex(ids, name="ids of the vectors")
    try:
        array: FloatArray = np.asarray(matrix, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise DataError(f"context['vectors']: expected vectors of numbers of the same length ({error})") from None
    if array.ndim != 2 or len(array) != len(known) or not np.all(np.isfinite(array)):
        raise DataError(
            f"context['vectors']: expected finite vectors of shape ({len(known)}, n_dimensions), got {array.shape}"
        )
    lengths = np.linalg.norm(array, axis=1, keepdims=True)
    array = array / np.where(lengths > 0, lengths, 1)
    codes = known.codes(items)
    if not np.any(codes >= 0):
        refuse_other_types(items, known, "context['vectors']")
    return np.ascontiguousarray(np.where((codes >= 0)[:, None], array[codes], 0), dtype=np.float32)


def _ids_and_matrix(given: Any) -> tuple[Iterable[Any], Any]:
    """Return item ids and vectors."""
    if isinstance(given, Mapping) and given:
        return list(given), list(given.values())
    if hasattr(given, "item_factors_"):
        return given.interactions_.items, given.item_factors_
    if isinstance(given, tuple) and len(given) == 2:
        return given
    raise DataError(
        "context['vectors']: expected a mapping of item ids to vectors, a pair (ids, matrix), or a fitted model with "
        f"item_factors_, got {given!r:.60}"
    )
