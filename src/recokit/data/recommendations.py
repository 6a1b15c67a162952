"""Recommendations: ranked lists of items."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from recokit._runtime.html import html_table
from recokit._runtime.memory import require_memory
from recokit._typing import AnyArray, BoolArray, CodeArray, FloatArray
from recokit.data._frames import Backend, to_frame
from recokit.exceptions import UnknownIdError

__all__ = ["Recommendations"]

_FRAME_BYTES = 120  # of a row, with the arrays that it is made from
_LISTS_SHOWN, _ITEMS_SHOWN = 5, 5


class Recommendations:
    """A ranked list of items for each user.

    Parameters
    ----------
    users : (n_users,) array-like of ids
        Users of the lists.
    items : (n_users, n) array-like of ids
        Items, best first.
    scores : (n_users, n) array-like, optional
        Scores of the items; by default the negative rank.
    counts : (n_users,) array-like of integers, optional
        Length of each list, n by default. The cells beyond it are overwritten with padding: the score NaN, and the item
        None, or −1 in an array of integers (the smallest integer if −1 is an item).
    n_scored : (n_users,) array-like of integers, optional
        Number of items of each list that the model itself recommends, ``counts`` by default. The items after them fill
        a list that would be too short.
    columns : tuple of str
        Names of the id columns of `to_frame`.
    is_filler : (n_users, n) array-like of bool, optional
        Whether each item fills a list that would be too short, in place of ``n_scored``.

    See Also
    --------
    recokit.Recommender : Base class of all recommenders: a scikit-learn estimator on (user, item) pairs.
    recokit.metrics.evaluate : Compute metrics of the lists of all users.
    recokit.reranking.rerank : Choose the best items of each list under business rules.

    Examples
    --------
    >>> lists = Recommendations(
    ...     users=["ann", "bob"], items=[["tea", "cup"], ["pot", ""]], counts=[2, 1]
    ... )
    >>> lists["bob"]
    [('pot', -1.0)]
    >>> len(lists)
    2
    >>> print(lists)
    Recommendations(2 users × up to 2 items, 3 in total; 1 short)
    ann: tea (-1), cup (-2)
    bob: pot (-1)
    """

    def __init__(
        self,
        users: Any,
        items: Any,
        scores: Any = None,
        counts: Any = None,
        n_scored: Any = None,
        columns: tuple[str, str] = ("user_id", "item_id"),
        is_filler: Any = None,
    ) -> None:
        self.users: AnyArray = _as_ids(users)
        self.items: AnyArray = _as_matrix(items, len(self.users))
        n_users, n = self.items.shape
        self.counts: CodeArray = np.full(n_users, n, dtype=np.int32) if counts is None else np.array(counts, np.int32)
        if self.counts.shape != (n_users,) or np.any((self.counts < 0) | (self.counts > n)):
            raise ValueError(f"counts: expected {n_users} numbers from 0 to {n}, got {self.counts!r:.80}")
        given = np.broadcast_to(-np.arange(1, n + 1, dtype=np.float32), (n_users, n)) if scores is None else scores
        self.scores: FloatArray = np.array(given, dtype=np.float32)
        if self.scores.shape != self.items.shape:
            raise ValueError(f"scores: expected the shape of items {self.items.shape}, got {self.scores.shape}")
        if self.counts.min(initial=n) < n:
            padding = np.arange(n) >= self.counts[:, None]
            self.scores[padding] = np.nan
            self.items[padding] = _padding_of(self.items[~padding])
        self._fillers: BoolArray | None = None
        if is_filler is not None:
            self._fillers = np.array(is_filler, dtype=np.bool_) & (np.arange(n) < self.counts[:, None])
            n_scored = self.counts - np.count_nonzero(self._fillers, axis=1)
        self.n_scored: CodeArray = self.counts if n_scored is None else np.array(n_scored, np.int32)
        if self.n_scored.shape != (n_users,) or np.any((self.n_scored < 0) | (self.n_scored > self.counts)):
            raise ValueError("n_scored: expected one number for each user, from 0 to the length of the list")
        self._columns = columns
        self._rows: dict[Any, int] | None = None

    @property
    def is_filler(self) -> BoolArray:
        """Whether each item fills a list that would be too short: (n_users, n) bool."""
        if self._fillers is not None:
            return self._fillers
        ranks = np.arange(self.items.shape[1])
        fillers: BoolArray = (ranks >= self.n_scored[:, None]) & (ranks < self.counts[:, None])
        return fillers

    def __len__(self) -> int:
        return len(self.users)

    def __iter__(self) -> Iterator[tuple[Any, list[tuple[Any, float]]]]:
        """Yield ``(user, [(item, score), …])`` for every user."""
        for row, user in enumerate(self.users.tolist()):
            yield user, self._list(row)

    def _list(self, row: int) -> list[tuple[Any, float]]:
        count = self.counts[row]
        return list(zip(self.items[row, :count].tolist(), self.scores[row, :count].tolist(), strict=True))

    def __getitem__(self, user: Any) -> list[tuple[Any, float]]:
        """Return ``[(item, score), …]`` of a user, best first.

        Raises
        ------
        UnknownIdError
            The user has no list.
        """
        if self._rows is None:
            ids = self.users.tolist()
            self._rows = dict(
                zip(reversed(ids), reversed(range(len(ids))), strict=True)
            )  # for a duplicated user, the first list
        if user not in self._rows:
            raise UnknownIdError("user", [user])
        return self._list(self._rows[user])

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame with the columns user_id, item_id, rank (from 1) and score, one row per listed item.

        The lists of `Recommender.similar_items` have the columns item_id and similar_item_id, those of
        `Recommender.similar_users` user_id and similar_user_id. Lists with fillers have a column is_filler.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}
            Library of the frame, which must be installed.

        Raises
        ------
        MemoryError
            The frame needs more memory than is available; raised before it is made.

        Examples
        --------
        >>> lists = Recommendations(users=[7], items=[[3, 5]], scores=[[0.9, 0.4]])
        >>> lists.to_frame("polars").shape
        (2, 4)
        """
        require_memory(
            float(_FRAME_BYTES * int(self.counts.sum())),
            f"a frame of {int(self.counts.sum()):,} rows",
            "convert parts of the lists, or write batches with recokit.serving.write_parquet",
        )
        rows, ranks = np.nonzero(np.arange(self.items.shape[1]) < self.counts[:, None])
        columns = {self._columns[0]: self.users[rows], self._columns[1]: self.items[rows, ranks]}
        columns |= {"rank": ranks + 1, "score": self.scores[rows, ranks]}
        if np.any(self.n_scored < self.counts):
            columns["is_filler"] = self.is_filler[rows, ranks]
        return to_frame(columns, backend)

    def _first_lists(self) -> list[list[str]]:
        """Return the first lists as texts: the user, and the first items with their scores."""
        shown = []
        for row, user in enumerate(self.users[:_LISTS_SHOWN].tolist()):
            cells = [f"{item} ({score:.3g})" for item, score in self._list(row)[:_ITEMS_SHOWN]]
            more = ["…"] * bool(self.counts[row] > _ITEMS_SHOWN)
            shown.append([str(user), *cells, *more])
        return shown

    def __repr__(self) -> str:
        n_users, n = self.items.shape
        n_empty, n_short = int(np.sum(self.counts == 0)), int(np.sum((self.counts > 0) & (self.counts < n)))
        n_fillers = int(np.sum(self.counts - self.n_scored))
        counts = {"empty": n_empty, "short": n_short, "fillers": n_fillers}
        notes = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
        rows, listed = (name.removesuffix("_id").replace("_", " ") + "s" for name in self._columns)
        size = f"{n_users:,} {rows} × up to {n} {listed}, {int(self.counts.sum()):,} in total"
        return f"Recommendations({size}{'; ' * bool(notes)}{notes})"

    def __str__(self) -> str:
        lines = [f"{user}: {', '.join(items) or '(empty)'}" for user, *items in self._first_lists()]
        return "\n".join([repr(self), *lines, *["…"] * (len(self) > _LISTS_SHOWN)])

    def _repr_html_(self) -> str:
        width = min(self.items.shape[1], _ITEMS_SHOWN) + (self.items.shape[1] > _ITEMS_SHOWN)
        ranks = [str(rank) for rank in range(1, min(width, _ITEMS_SHOWN) + 1)] + ["…"] * (width > _ITEMS_SHOWN)
        rows = [row + [""] * (1 + width - len(row)) for row in self._first_lists()]
        note = f"the first {_LISTS_SHOWN} of {len(self):,} lists" if len(self) > _LISTS_SHOWN else ""
        return html_table(repr(self), [self._columns[0], *ranks], rows, note)


def _as_ids(ids: Any) -> AnyArray:
    """Return ids as a one-dimensional array of integers or objects."""
    if isinstance(ids, np.ndarray) and ids.ndim == 1 and ids.dtype.kind not in "mM":  # lists of times keep their unit
        return ids.astype(object) if ids.dtype.kind in "UT" else ids
    ids = list(ids)
    if ids and all(type(key) is int and -(2**63) <= key < 2**63 for key in ids):
        return np.array(ids, dtype=np.int64)
    return np.fromiter(ids, dtype=object, count=len(ids))


def _padding_of(items: AnyArray) -> Any:
    """Return a value that is not an item, for padding."""
    if items.dtype.kind == "i":
        return np.iinfo(items.dtype).min if np.any(items == -1) else -1
    if items.dtype.kind == "u":
        return np.iinfo(items.dtype).max
    if items.dtype.kind == "M":
        return np.array("NaT", dtype=items.dtype)[()]
    return np.nan if items.dtype.kind == "f" else None


def _as_matrix(items: Any, n_users: int) -> AnyArray:
    if isinstance(items, np.ndarray) and items.ndim == 2:
        matrix = items.astype(object if items.dtype.kind in "UT" else items.dtype)
    else:
        rows = [list(row) for row in items]
        if len({len(row) for row in rows}) > 1:
            raise ValueError("items: expected lists of equal length; pad them and give their lengths as counts")
        flat = _as_ids([item for row in rows for item in row])
        matrix = flat.reshape(len(rows), len(rows[0]) if rows else 0)
    if len(matrix) != n_users:
        raise ValueError(f"items: expected {n_users} lists, one per user, got {len(matrix)}")
    return matrix
