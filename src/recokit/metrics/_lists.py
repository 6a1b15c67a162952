"""Recommended lists, read from every accepted form into item codes."""

from collections.abc import Collection, Mapping, Set
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from recokit._typing import AnyArray, BoolArray, CodeArray, FloatArray
from recokit.data._columns import to_numbers
from recokit.data._frames import column, column_names, is_frame, is_table
from recokit.data.id_index import IdIndex, factorize_objects
from recokit.data.recommendations import Recommendations
from recokit.exceptions import DataError, first_few

__all__ = ["Lists", "has_user_ids", "read_collections"]


class Lists(NamedTuple):
    """Ranked lists of item codes.

    Attributes
    ----------
    users : IdIndex
        User of each list.
    items : IdIndex
        Items that occur in the lists, down to the cut-off.
    codes : (n_lists, width) int32 array
        Items, best first; −1 beyond the count.
    counts : (n_lists,) int32 array
        Length of each list.
    """

    users: IdIndex
    items: IdIndex
    codes: CodeArray
    counts: CodeArray

    @property
    def filled(self) -> BoolArray:
        """Mask of the cells with an item."""
        cells: BoolArray = np.arange(self.codes.shape[1]) < self.counts[:, None]
        return cells

    def top(self, k: int | None) -> tuple[CodeArray, CodeArray]:
        """Return the items in the first k places, concatenated over the lists, and their number in each list."""
        cut = self.codes[:, :k]
        sizes = np.minimum(self.counts, np.int32(cut.shape[1]))
        full = bool(np.all(sizes == cut.shape[1]))
        return (cut.ravel() if full else cut[self.filled[:, :k]]), sizes

    def check_distinct(self, k: int | None, metric: str) -> None:
        """Raise a `DataError` if a list contains an item twice in its first k places."""
        ordered = np.sort(self.codes[:, :k], axis=1)
        repeats = np.any((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0), axis=1)
        if np.any(repeats):
            users = self.users.take(np.flatnonzero(repeats)).tolist()
            raise DataError(f"{metric}: {len(users)} list(s) contain an item twice, of the users {first_few(users)}")

    @classmethod
    def from_input(cls, recommendations: Any, width: int | None) -> "Lists":
        """Return the lists, cut after ``width`` places.

        Parameters
        ----------
        recommendations : Recommendations, frame, mapping or sequence of lists
            A frame, or a mapping of its columns, has the columns user_id and item_id, and rank or score unless its rows
            are in order. Any other mapping contains the list of each user. A sequence or 2-D array contains the lists
            of the users 0 … n − 1.
        width : int, optional
            Number of places to keep; all by default.

        Raises
        ------
        DataError
            A user has two lists, or an id is missing.
        TypeError
            The input is a recommender instead of its recommendations.
        """
        if is_frame(recommendations) or is_table(recommendations):
            return cls._from_frame(recommendations, width)
        if isinstance(recommendations, Mapping):
            users = IdIndex(list(recommendations), name="users")
            lists = _check_ordered(read_collections(list(recommendations.values()), "recommendations"))
            return cls._from_sequences(users, lists, width)
        if isinstance(recommendations, Recommendations):
            users = IdIndex(recommendations.users, name="users")
            return cls._from_matrix(users, recommendations.items, recommendations.counts, width)
        if isinstance(recommendations, np.ndarray) and recommendations.ndim == 2:
            n_lists, n = recommendations.shape
            counts = np.full(n_lists, n, dtype=np.int32)
            return cls._from_matrix(IdIndex.from_range(n_lists), recommendations, counts, width)
        if hasattr(recommendations, "recommend"):
            name = type(recommendations).__name__
            raise TypeError(f"expected recommendations, got the recommender {name}: call its recommend() first")
        lists = _check_ordered(read_collections(recommendations, "recommendations"))
        return cls._from_sequences(IdIndex.from_range(len(lists)), lists, width)

    @classmethod
    def _from_matrix(cls, users: IdIndex, items: AnyArray, counts: CodeArray, width: int | None) -> "Lists":
        cut = items[:, :width]
        counts = np.minimum(counts, np.int32(cut.shape[1]))
        if np.all(counts == cut.shape[1]):
            index, codes = factorize_objects(np.ravel(cut), "recommended items")
            return cls(users, index, codes.reshape(cut.shape), counts)
        filled = np.arange(cut.shape[1]) < counts[:, None]
        return cls._from_flat(users, cut[filled], counts, cut.shape[1])

    @classmethod
    def _from_sequences(cls, users: IdIndex, lists: list[Any], width: int | None) -> "Lists":
        ordered = [list(items)[:width] for items in lists]
        counts = np.array([len(items) for items in ordered], dtype=np.int32)
        longest = max((len(items) for items in lists), default=0)
        flat = list(chain.from_iterable(ordered))
        return cls._from_flat(users, flat, counts, longest if width is None else min(width, longest))

    @classmethod
    def _from_frame(cls, frame: Any, width: int | None) -> "Lists":
        users, user_codes = IdIndex.factorize(column(frame, "user_id"), "user_id")
        items, item_codes = IdIndex.factorize(column(frame, "item_id"), "item_id")
        order = np.lexsort((_sort_keys(frame, len(user_codes)), user_codes))
        sizes = np.bincount(user_codes, minlength=len(users))
        ranks = np.arange(len(order)) - (np.cumsum(sizes) - sizes)[user_codes[order]]
        longest = int(sizes.max(initial=0)) if width is None else min(width, int(sizes.max(initial=0)))
        codes = np.full((len(users), longest), -1, dtype=np.int32)
        top_rows = order[ranks < longest]
        codes[user_codes[top_rows], ranks[ranks < longest]] = item_codes[top_rows]
        return cls(users, items, codes, np.minimum(sizes, longest).astype(np.int32))

    @classmethod
    def _from_flat(cls, users: IdIndex, flat: Any, counts: CodeArray, width: int) -> "Lists":
        """Return the lists from their concatenated items and their lengths."""
        index, item_codes = factorize_objects(flat, "recommended items")
        codes = np.full((len(users), width), -1, dtype=np.int32)
        lists = cls(users, index, codes, counts)
        codes[lists.filled] = item_codes
        return lists


def has_user_ids(recommendations: Any) -> bool:
    """Return True if the lists come with user ids, False if they belong to the users 0 … n − 1."""
    return isinstance(recommendations, Recommendations | Mapping) or is_frame(recommendations)


def _sort_keys(frame: Any, n_rows: int) -> FloatArray:
    """Return the sort keys of the rows within a list: the rank, the negative score, or zeros to keep the order."""
    names = column_names(frame)
    if "rank" in names:
        return to_numbers(column(frame, "rank"), "rank")
    return -to_numbers(column(frame, "score"), "score") if "score" in names else np.zeros(n_rows)


def _check_ordered(lists: list[Any]) -> list[Any]:
    """Return the lists; raise a `DataError` for collections without an order."""
    for row in lists:
        if isinstance(row, Set | Mapping):
            raise DataError(f"recommendations: expected lists of item ids, best first, got a {type(row).__name__}")
    return lists


def read_collections(collections: Any, name: str) -> list[Any]:
    """Return a sequence of collections of ids as a list.

    Raises
    ------
    DataError
        An element is not a collection.
    """
    rows = collections if isinstance(collections, list) else list(collections)
    for row in rows:
        if isinstance(row, str | bytes) or not (isinstance(row, Collection) or hasattr(row, "__array__")):
            raise DataError(f"{name}: expected one list of item ids for each user, got {row!r} for one of them")
    return rows
