"""Recommended lists, read from every accepted form into item codes."""

from collections.abc import Collection, Iterable, Mapping, Set
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from recokit._typing import AnyArray, BoolArray, CodeArray, FloatArray, IntArray
from recokit.data._columns import to_numbers
from recokit.data._events import lists_by_user
from recokit.data._frames import column, column_names, is_frame, is_missing, is_pandas, is_table
from recokit.data.id_index import IdIndex, factorize_objects
from recokit.data.interactions import Interactions
from recokit.data.recommendations import Recommendations
from recokit.exceptions import DataError, first_few

__all__ = ["Lists", "has_user_ids", "read_collections"]

# Padding of `Recommendations.items`; −1 is also that of implicit and of libraries for nearest neighbour search.
_PADDING = (-1, np.iinfo(np.int32).min, np.iinfo(np.int64).min)


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
    is_matrix : bool
        Whether the width is the length that was requested, and not merely the length of the longest list.
    """

    users: IdIndex
    items: IdIndex
    codes: CodeArray
    counts: CodeArray
    is_matrix: bool = False

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

    def of_rows(self, rows: IntArray) -> "Lists":
        """Return some of the lists."""
        users = IdIndex(self.users.take(rows))
        return self._replace(users=users, codes=self.codes[rows], counts=self.counts[rows])

    def check_distinct(self, k: int | None, metric: str) -> None:
        """Raise a `DataError` if a list contains an item twice in its first k places."""
        ordered = np.sort(self.codes[:, :k], axis=1)
        repeats = np.any((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0), axis=1)
        if np.any(repeats):
            users = self.users.take(np.flatnonzero(repeats)).tolist()
            raise DataError(f"{metric}: {len(users)} list(s) contain an item twice, of the users {first_few(users)}")

    def without_padding(self, *known: IdIndex) -> "Lists":
        """Return the lists without the padding −1 of exported lists.

        −1 is padding if it occurs only at the ends of lists, all other ids are integers of at least 0, and −1 is not
        among the known ids. The lowest integer, which `Recommendations` uses if −1 is an item, is padding likewise.

        Parameters
        ----------
        *known : IdIndex
            Ids of items: of the test set, the training data and the catalogue.
        """
        ids = self.items.ids
        if ids.dtype != np.int64 or len(ids) == 0 or ids.min() not in _PADDING:
            return self
        if any(ids.min() in index for index in known):
            return self
        is_padding = self.filled & (self.codes == np.argmin(ids))
        counts = self.counts - np.count_nonzero(is_padding, axis=1).astype(np.int32)
        if np.any(is_padding & (np.arange(self.codes.shape[1]) < counts[:, None])):
            return self
        shorter = self._replace(counts=counts)
        flat = self.items.take(shorter.top(None)[0])
        return self._from_flat(self.users, flat, counts, self.codes.shape[1])._replace(is_matrix=self.is_matrix)

    @classmethod
    def from_input(cls, recommendations: Any, width: int | None) -> "Lists":
        """Return the lists, cut after ``width`` places.

        Parameters
        ----------
        recommendations : Recommendations, frame, mapping or sequence of lists
            A frame, or a mapping of its columns, has the columns user_id and item_id, and rank or score unless its rows
            are in order. Any other mapping, or a pandas Series, contains the list of each user. A sequence or 2-D array
            contains the lists of the users 0 … n − 1.
        width : int, optional
            Number of places to keep; all by default.

        Raises
        ------
        DataError
            A user has two lists, or an id is missing.
        TypeError
            The input is a recommender instead of its recommendations.
        """
        recommendations = lists_by_user(recommendations, "recommendations")
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
            if isinstance(recommendations, np.ma.MaskedArray):
                recommendations = np.ma.filled(recommendations.astype(object), None)
            n_lists, n = recommendations.shape
            counts = np.full(n_lists, n, dtype=np.int32)
            if recommendations.dtype.kind in "OfM":
                counts = _lengths_without_missing(recommendations)
            return cls._from_matrix(IdIndex.from_range(n_lists), recommendations, counts, width)
        if hasattr(recommendations, "recommend"):
            kind = recommendations if isinstance(recommendations, type) else type(recommendations)
            raise TypeError(
                f"expected recommendations, got the recommender {kind.__name__}: call its recommend() first"
            )
        lists = _check_ordered(read_collections(recommendations, "recommendations"))
        return cls._from_sequences(IdIndex.from_range(len(lists)), lists, width)

    @classmethod
    def _from_matrix(cls, users: IdIndex, items: AnyArray, counts: CodeArray, width: int | None) -> "Lists":
        cut = items[:, :width]
        counts = np.minimum(counts, np.int32(cut.shape[1]))
        if np.all(counts == cut.shape[1]):
            index, codes = factorize_objects(np.ravel(cut), "recommended items")
            return cls(users, index, codes.reshape(cut.shape), counts, True)
        filled = np.arange(cut.shape[1]) < counts[:, None]
        return cls._from_flat(users, cut[filled], counts, cut.shape[1])._replace(is_matrix=True)

    @classmethod
    def _from_sequences(cls, users: IdIndex, lists: list[Any], width: int | None) -> "Lists":
        ordered = [_without_missing_end(list(items)[:width]) for items in lists]
        counts = np.array([len(items) for items in ordered], dtype=np.int32)
        longest = max((len(items) for items in lists), default=0)
        flat = list(chain.from_iterable(ordered))
        return cls._from_flat(users, flat, counts, longest if width is None else min(width, longest))

    @classmethod
    def _from_frame(cls, frame: Any, width: int | None) -> "Lists":
        users, user_codes = IdIndex.factorize(column(frame, "user_id"), "user_id")
        item_column, sort_keys, rows = _listed_rows(frame, len(user_codes))
        items, item_codes = IdIndex.factorize(item_column, "item_id")
        user_codes = user_codes[rows]
        order = np.lexsort((sort_keys, user_codes))
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
    """Return True if the lists come with user ids, False if they belong to the users 0 … n − 1.

    The default index 0 … n − 1 of a pandas Series only numbers its rows.
    """
    if is_pandas(recommendations) and hasattr(recommendations, "index") and not is_frame(recommendations):
        index = recommendations.index
        return type(index).__name__ != "RangeIndex" or (index.start, index.step) != (0, 1)
    return isinstance(recommendations, Recommendations | Mapping) or is_frame(recommendations)


def _lengths_without_missing(items: AnyArray) -> CodeArray:
    """Return the length of each row of an object array without the missing ids at its end."""
    lengths = np.full(len(items), items.shape[1], dtype=np.int32)
    rows = np.arange(len(items))
    for place in reversed(range(items.shape[1])):
        rows = rows[[is_missing(key) for key in items[rows, place]]]
        if len(rows) == 0:
            break
        lengths[rows] = place
    return lengths


def _without_missing_end(items: list[Any]) -> list[Any]:
    """Return a list without the missing ids at its end, which are padding."""
    length = len(items)
    while length and is_missing(items[length - 1]):
        length -= 1
    return items[:length]


def _listed_rows(frame: Any, n_rows: int) -> tuple[Any, FloatArray, IntArray]:
    """Return the items, their sort keys within a list, and the positions of the rows that are not padding.

    The sort key is the rank, the negative score, or 0 to keep the order. A row without a score is padding if its item
    is missing or −1.
    """
    names, items, rows = column_names(frame), column(frame, "item_id"), np.arange(n_rows)
    by = next((name for name in ("rank", "score") if name in names), None)
    keys = np.zeros(n_rows) if by is None else column(frame, by)
    if "score" in names:
        unscored = _missing_rows(column(frame, "score"))
        padding = [row for row in unscored if is_missing(items[row : row + 1][0]) or items[row : row + 1][0] == -1]
        if padding:
            rows = np.delete(rows, padding)
            items, keys = ([values[row : row + 1][0] for row in rows.tolist()] for values in (items, keys))
    numbers = keys if by is None else to_numbers(keys, by)
    return items, -numbers if by == "score" else numbers, rows


def _missing_rows(values: Any) -> list[int]:
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiu":
        return np.flatnonzero(np.isnan(values)).tolist()
    return [row for row, value in enumerate(values) if is_missing(value)]


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
        The input is not a sequence, or an element is not a collection.
    """
    is_sequence = isinstance(collections, Iterable) and not isinstance(collections, str | bytes | Set | Interactions)
    if not is_sequence or getattr(collections, "ndim", 1) == 0 or sparse.issparse(collections):
        raise DataError(
            f"{name}: expected a frame, a mapping of users to lists of item ids, or a sequence of lists, "
            f"got {collections!r:.80}"
        )
    rows = collections if isinstance(collections, list) else list(collections)
    for row in rows:
        if isinstance(row, str | bytes) or not (isinstance(row, Collection) or hasattr(row, "__array__")):
            raise DataError(f"{name}: expected one list of item ids for each user, got {row!r} for one of them")
        if getattr(row, "ndim", 1) != 1:
            raise DataError(f"{name}: expected one list of item ids for each user, got an array of shape {row.shape}")
    return rows
