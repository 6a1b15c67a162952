"""Lists of recommended items, in whatever form, as codes."""

from collections.abc import Collection, Mapping, Set
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from recokit._typing import AnyArray, BoolArray, CodeArray, FloatArray
from recokit.data._columns import to_numbers
from recokit.data._frames import column, is_frame
from recokit.data.id_index import IdIndex, factorize_objects
from recokit.data.recommendations import Recommendations
from recokit.exceptions import DataError, first_few

__all__ = ["Lists", "as_collections", "has_user_ids"]


class Lists(NamedTuple):
    """The lists, in codes.

    Attributes
    ----------
    users : IdIndex
        Whose lists, in order.
    items : IdIndex
        Items that occur in the lists, above the cut-off.
    codes : (n_lists, width) int32 array
        Best first; −1 beyond the count.
    counts : (n_lists,) int32 array
    """

    users: IdIndex
    items: IdIndex
    codes: CodeArray
    counts: CodeArray

    @property
    def filled(self) -> BoolArray:
        """Tell of each cell whether it holds an item."""
        cells: BoolArray = np.arange(self.codes.shape[1]) < self.counts[:, None]
        return cells

    def top(self, k: int | None) -> tuple[CodeArray, CodeArray]:
        """Return the items of the first k places, one list after the other, and how many there are in each."""
        cut = self.codes[:, :k]
        sizes = np.minimum(self.counts, np.int32(cut.shape[1]))
        full = bool(np.all(sizes == cut.shape[1]))
        return (cut.ravel() if full else cut[self.filled[:, :k]]), sizes

    def check_distinct(self, k: int | None, metric: str) -> None:
        """Raise a `DataError` if an item stands twice in the first k places of a list."""
        ordered = np.sort(self.codes[:, :k], axis=1)
        repeats = np.any((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0), axis=1)
        if np.any(repeats):
            users = self.users.take(np.flatnonzero(repeats)).tolist()
            raise DataError(f"{metric}: {len(users)} list(s) hold an item twice, those of users {first_few(users)}")

    @classmethod
    def of(cls, recommendations: Any, width: int | None) -> "Lists":
        """Return the lists, cut after ``width`` places.

        Parameters
        ----------
        recommendations : Recommendations, frame, mapping or sequence of lists
            A frame has the columns user_id and item_id, and rank or score unless its rows are in order; a mapping
            gives the list of each user; a sequence or 2-D array gives those of users 0 … n − 1.
        width : int, optional
            Places to keep; all by default.

        Raises
        ------
        DataError
            A user occurs twice, or an id is missing.
        TypeError
            It is a recommender, not its recommendations.
        """
        if is_frame(recommendations):
            return cls._of_frame(recommendations, width)
        if isinstance(recommendations, Mapping):
            users = IdIndex(list(recommendations), name="users")
            lists = _in_order(as_collections(list(recommendations.values()), "recommendations"))
            return cls._of_sequences(users, lists, width)
        if isinstance(recommendations, Recommendations):
            users = IdIndex(recommendations.users, name="users")
            return cls._of_matrix(users, recommendations.items, recommendations.counts, width)
        if isinstance(recommendations, np.ndarray) and recommendations.ndim == 2:
            n_lists, n = recommendations.shape
            counts = np.full(n_lists, n, dtype=np.int32)
            return cls._of_matrix(IdIndex.from_range(n_lists), recommendations, counts, width)
        if hasattr(recommendations, "recommend"):
            name = type(recommendations).__name__
            raise TypeError(f"expected recommendations, got the recommender {name}: call its recommend() first")
        lists = _in_order(as_collections(recommendations, "recommendations"))
        return cls._of_sequences(IdIndex.from_range(len(lists)), lists, width)

    @classmethod
    def _of_matrix(cls, users: IdIndex, items: AnyArray, counts: CodeArray, width: int | None) -> "Lists":
        cut = items[:, :width]
        counts = np.minimum(counts, np.int32(cut.shape[1]))
        if np.all(counts == cut.shape[1]):
            index, codes = factorize_objects(np.ravel(cut), "recommended items")
            return cls(users, index, codes.reshape(cut.shape), counts)
        filled = np.arange(cut.shape[1]) < counts[:, None]
        return cls._of_flat(users, cut[filled], counts, cut.shape[1])

    @classmethod
    def _of_sequences(cls, users: IdIndex, lists: list[Any], width: int | None) -> "Lists":
        ordered = [list(items)[:width] for items in lists]
        counts = np.array([len(items) for items in ordered], dtype=np.int32)
        longest = max((len(items) for items in lists), default=0)
        flat = list(chain.from_iterable(ordered))
        return cls._of_flat(users, flat, counts, longest if width is None else min(width, longest))

    @classmethod
    def _of_frame(cls, frame: Any, width: int | None) -> "Lists":
        users, user_codes = IdIndex.factorize(column(frame, "user_id"), "user_id")
        items, item_codes = IdIndex.factorize(column(frame, "item_id"), "item_id")
        order = np.lexsort((_places(frame, len(user_codes)), user_codes))
        sizes = np.bincount(user_codes, minlength=len(users))
        ranks = np.arange(len(order)) - (np.cumsum(sizes) - sizes)[user_codes[order]]
        longest = int(sizes.max(initial=0)) if width is None else min(width, int(sizes.max(initial=0)))
        codes = np.full((len(users), longest), -1, dtype=np.int32)
        kept = order[ranks < longest]
        codes[user_codes[kept], ranks[ranks < longest]] = item_codes[kept]
        return cls(users, items, codes, np.minimum(sizes, longest).astype(np.int32))

    @classmethod
    def _of_flat(cls, users: IdIndex, flat: Any, counts: CodeArray, width: int) -> "Lists":
        """Put the items of all lists, one list after the other, into rows."""
        index, item_codes = factorize_objects(flat, "recommended items")
        codes = np.full((len(users), width), -1, dtype=np.int32)
        lists = cls(users, index, codes, counts)
        codes[lists.filled] = item_codes
        return lists


def has_user_ids(recommendations: Any) -> bool:
    """Tell whether the lists name their users, rather than standing in their order."""
    return isinstance(recommendations, Recommendations | Mapping) or is_frame(recommendations)


def _places(frame: Any, n_rows: int) -> FloatArray:
    """Return what sorts the rows of a list: its rank, its falling score, or nothing."""
    names = frame.column_names if hasattr(frame, "column_names") else frame.columns
    if "rank" in names:
        return to_numbers(column(frame, "rank"), "rank")
    return -to_numbers(column(frame, "score"), "score") if "score" in names else np.zeros(n_rows)


def _in_order(lists: list[Any]) -> list[Any]:
    """Return the lists, refusing what does not say which item comes first."""
    for row in lists:
        if isinstance(row, Set | Mapping):
            raise DataError(f"recommendations: expected lists of item ids, best first, got a {type(row).__name__}")
    return lists


def as_collections(lists: Any, name: str) -> list[Any]:
    """Return a sequence of collections of ids.

    Raises
    ------
    DataError
        It is something else.
    """
    rows = lists if isinstance(lists, list) else list(lists)
    for row in rows:
        if isinstance(row, str | bytes) or not (isinstance(row, Collection) or hasattr(row, "__array__")):
            raise DataError(f"{name}: expected one list of item ids for each user, got {row!r} for one of them")
    return rows
