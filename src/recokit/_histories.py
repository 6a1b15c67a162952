"""Histories: what people did, in a model's item codes."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from recokit._id_index import IdIndex
from recokit._typing import CodeArray, FloatArray, IntArray
from recokit._validation import as_id_list, known_codes
from recokit.exceptions import DataError, UnknownIdError
from recokit.interactions import Interactions

__all__ = ["Histories", "read_histories"]


class Histories(NamedTuple):
    """What several people did: compressed rows over a model's item codes, sorted, none twice.

    Attributes
    ----------
    indptr : (n_people + 1,) int64 array
    item_codes : (n,) int32 array
    values : (n,) float32 array
        Ratings or strengths.
    """

    indptr: IntArray
    item_codes: CodeArray
    values: FloatArray

    def rows(self, codes: Any) -> "Histories":
        """Return some rows, in the order asked for; code −1 is an empty row.

        Examples
        --------
        >>> two = Histories(np.array([0, 1, 3]), np.array([4, 2, 5], np.int32), np.ones(3, np.float32))
        >>> two.rows(np.array([1, -1])).item_codes.tolist(), two.rows(np.array([1, -1])).lengths.tolist()
        ([2, 5], [2, 0])
        """
        starts = np.where(codes >= 0, self.indptr[codes], 0)
        lengths = np.where(codes >= 0, self.indptr[codes + 1] - starts, 0)
        indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        positions = np.arange(indptr[-1]) + np.repeat(starts - indptr[:-1], lengths)
        return Histories(indptr, self.item_codes[positions], self.values[positions])

    @property
    def lengths(self) -> IntArray:
        """Number of items of each person: (n_people,) int64."""
        return np.diff(self.indptr)


def read_histories(given: Any, items: IdIndex, *, explicit: bool, skip_unknown: bool) -> tuple[Any, Histories]:
    """Return the people's ids and their histories over the model's items.

    Parameters
    ----------
    given : Interactions, mapping, or sequence
        A mapping goes from a person to a history, a sequence holds the histories of the people 0 … m − 1. A history is
        a sequence of item ids, or a mapping of item ids to ratings or strengths.
    items : IdIndex
        The model's items.
    explicit : bool
        Whether ratings are needed.
    skip_unknown : bool
        Leave unknown items out instead of raising.

    Raises
    ------
    UnknownIdError
        An item is unknown.
    DataError
        A history repeats an item, has a value that is no number, or has no ratings where they are needed.
    """
    if isinstance(given, Interactions):
        return given.users.ids, _of_interactions(given, items, skip_unknown)
    if isinstance(given, Mapping):
        people, lists = list(given), list(given.values())
    else:
        lists = list(given)
        people = list(range(len(lists)))
    parts = [_of_person(person, one, items, explicit, skip_unknown) for person, one in zip(people, lists, strict=True)]
    indptr = np.concatenate([[0], np.cumsum([len(codes) for codes, _ in parts])]).astype(np.int64)
    codes = np.concatenate([*(codes for codes, _ in parts), np.empty(0)]).astype(np.int32)
    values = np.concatenate([*(values for _, values in parts), np.empty(0)]).astype(np.float32)
    return people, Histories(indptr, codes, values)


def _of_interactions(given: Interactions, items: IdIndex, skip_unknown: bool) -> Histories:
    codes = items.codes(given.items)[given.item_codes]
    if np.any(codes < 0):
        if not skip_unknown:
            raise UnknownIdError("item", given.items.take(np.unique(given.item_codes[codes < 0])).tolist())
        given = given.select(codes >= 0)
    rows = given.reindex(items=items)
    return Histories(rows.indptr, rows.item_codes, rows.values)


def _of_person(
    person: Any, history: Any, items: IdIndex, explicit: bool, skip_unknown: bool
) -> tuple[CodeArray, FloatArray]:
    ids = list(history) if isinstance(history, Mapping) else as_id_list(history)
    if explicit and len(ids) and not isinstance(history, Mapping):
        raise DataError(f"history of {person!r}: the model learned from ratings; give them as {{item: rating, …}}")
    codes = items.codes(ids) if skip_unknown else known_codes(items, ids, "item")
    strengths = list(history.values()) if isinstance(history, Mapping) else [1.0] * len(ids)
    try:
        values = np.asarray(strengths, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise DataError(f"history of {person!r}: expected numbers ({error})") from None
    if not np.all(np.isfinite(values)) or (not explicit and np.any(values < 0)):
        raise DataError(f"history of {person!r}: a value is NaN, infinite or a negative strength")
    codes, values = codes[codes >= 0], values[codes >= 0]
    order = np.argsort(codes)
    if np.any(np.diff(codes[order]) == 0):
        raise DataError(f"history of {person!r}: an item occurs more than once")
    return codes[order], values[order]
