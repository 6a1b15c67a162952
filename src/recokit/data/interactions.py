"""Interactions: the one data model."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy import sparse

from recokit._runtime.threads import Runner, thread_count
from recokit._typing import AnyArray, BoolArray, CodeArray, FloatArray, IntArray
from recokit.data._columns import check_lengths, check_values, to_times, to_values
from recokit.data._frames import Backend, column, to_frame
from recokit.data.id_index import IdIndex
from recokit.data.rows import Rows, bounds_from_lengths, read_only
from recokit.exceptions import DataError, first_few
from recokit.kernels import rows as row_kernels
from recokit.persistence import storable

__all__ = ["Interactions"]

Feedback = Literal["explicit", "implicit"]
Duplicates = Literal["error", "sum", "mean", "last", "max"]

_POLICIES = {"sum": row_kernels.SUM, "mean": row_kernels.MEAN, "last": row_kernels.LAST, "max": row_kernels.MAX}


class _Names(NamedTuple):
    """What to call the columns in an error."""

    user: str = "users"
    item: str = "items"
    rating: str = "ratings"
    timestamp: str = "timestamps"


@storable("recokit.Interactions")
@dataclass(frozen=True, eq=False, repr=False)
class Interactions:
    """Who interacted with what: a sparse matrix of users × items with the ids of both.

    Immutable. Made by `from_frame`, `from_arrays`, `from_matrix` or `from_dense`, which check what they are given and
    drop nothing in silence.

    Attributes
    ----------
    users, items : IdIndex
        External ids and their codes.
    indptr : (n_users + 1,) int64 array
        Where each user's interactions begin.
    item_codes : (n_interactions,) int32 array
        Items of each user, ascending, none twice.
    values : (n_interactions,) float32 array
        Ratings, or strengths of implicit feedback.
    timestamps : (n_interactions,) int64, float64 or datetime64 array, or None
        When, aligned with ``values``.
    feedback : {"explicit", "implicit"}
        Whether the values are ratings or strengths.

    Examples
    --------
    >>> data = Interactions.from_arrays(["ann", "ann", "bob"], ["tea", "cup", "tea"], ratings=[5, 3, 4])
    >>> data
    Interactions(2 users × 2 items, 3 interactions, explicit)
    >>> data.matrix.toarray()
    array([[3., 5.],
           [0., 4.]], dtype=float32)
    >>> data.items.take(data.item_codes).tolist()
    ['cup', 'tea', 'tea']
    """

    users: IdIndex
    items: IdIndex
    indptr: IntArray
    item_codes: CodeArray
    values: FloatArray
    timestamps: AnyArray | None
    feedback: Feedback

    def __post_init__(self) -> None:
        for array in (self.indptr, self.item_codes, self.values, self.timestamps):
            if array is not None:
                array.flags.writeable = False

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        user: str = "user_id",
        item: str = "item_id",
        rating: str | None = None,
        timestamp: str | None = None,
        *,
        feedback: Feedback | None = None,
        duplicates: Duplicates = "error",
    ) -> "Interactions":
        """Return the interactions of a frame with one row for each.

        Parameters
        ----------
        frame : pandas, Polars or PyArrow frame, or a mapping of columns
            The event log.
        user, item : str
            Columns of ids.
        rating, timestamp : str, optional
            Columns of ratings (or strengths) and of times.
        feedback, duplicates
            As in `from_arrays`.

        Raises
        ------
        DataError
            A column is not there, or as in `from_arrays`.

        Examples
        --------
        >>> log = {"user_id": [1, 1, 2], "item_id": ["tea", "cup", "tea"]}
        >>> Interactions.from_frame(log)
        Interactions(2 users × 2 items, 3 interactions, implicit)
        """
        names = _Names(user, item, rating or "ratings", timestamp or "timestamps")
        ratings = None if rating is None else column(frame, rating)
        timestamps = None if timestamp is None else column(frame, timestamp)
        return cls._from_columns(
            column(frame, user), column(frame, item), ratings, timestamps, feedback, duplicates, names
        )

    @classmethod
    def from_arrays(
        cls,
        users: Iterable[Any],
        items: Iterable[Any],
        ratings: Any = None,
        timestamps: Any = None,
        *,
        feedback: Feedback | None = None,
        duplicates: Duplicates = "error",
    ) -> "Interactions":
        """Return the interactions of parallel arrays.

        Parameters
        ----------
        users, items : array-likes of shape (n,)
            Ids of any hashable type. Codes follow the sorted ids, so the order of the rows changes nothing.
        ratings : (n,) array-like of numbers, optional
            Ratings or strengths; 1 each where there are none.
        timestamps : (n,) array-like of numbers or datetime64, optional
            Times.
        feedback : {"explicit", "implicit"}, optional
            What the values are; by default explicit where ratings are given, else implicit.
        duplicates : {"error", "sum", "mean", "last", "max"}
            What becomes of a (user, item) pair that occurs more than once: an error, or one interaction with the sum,
            mean, last or greatest of the values. The last is the one with the latest timestamp, or without timestamps
            the one in the last row. The merged interaction has the latest timestamp.

        Raises
        ------
        DataError
            The arrays are empty or differ in length, an id is missing, a rating is NaN or infinite, a timestamp is
            missing, an implicit strength is negative, or a pair repeats under ``duplicates="error"``.
        """
        return cls._from_columns(users, items, ratings, timestamps, feedback, duplicates, _Names())

    @classmethod
    def _from_columns(
        cls,
        users: Iterable[Any],
        items: Iterable[Any],
        ratings: Any,
        timestamps: Any,
        feedback: Feedback | None,
        duplicates: Duplicates,
        names: _Names,
    ) -> "Interactions":
        user_index, user_codes = IdIndex.factorize(users, names.user)
        item_index, item_codes = IdIndex.factorize(items, names.item)
        values = np.ones(len(user_codes), dtype=np.float32) if ratings is None else to_values(ratings, names.rating)
        times = None if timestamps is None else to_times(timestamps, names.timestamp)
        check_lengths({names.user: user_codes, names.item: item_codes, names.rating: values, names.timestamp: times})
        feedback = feedback or ("implicit" if ratings is None else "explicit")
        check_values(values, feedback, names.rating)
        return cls._from_codes(user_index, item_index, user_codes, item_codes, values, times, feedback, duplicates)

    @classmethod
    def _from_codes(
        cls,
        users: IdIndex,
        items: IdIndex,
        user_codes: CodeArray,
        item_codes: CodeArray,
        values: FloatArray,
        timestamps: AnyArray | None,
        feedback: Feedback,
        duplicates: Duplicates,
    ) -> "Interactions":
        if duplicates != "error" and duplicates not in _POLICIES:
            raise ValueError(f"duplicates={duplicates!r}: expected one of error, {', '.join(_POLICIES)}")
        indptr, order = _row_order(user_codes, item_codes, len(users), len(items), None)
        sorted_items = item_codes[order]
        repeats = _repeats(indptr, sorted_items)
        if not np.any(repeats):
            times = None if timestamps is None else timestamps[order]
            return cls(users, items, indptr, sorted_items, values[order], times, feedback)
        if duplicates == "error":
            raise _repeated_pairs(users, items, user_codes[order[repeats]], sorted_items[repeats])
        if timestamps is not None:
            by_time = np.argsort(timestamps, kind="stable")
            indptr, order = _row_order(user_codes, item_codes, len(users), len(items), by_time)
        indptr, last, merged = row_kernels.merge_repeated(indptr, sorted_items, values[order], _POLICIES[duplicates])
        times = None if timestamps is None else timestamps[order[last]]
        return cls(users, items, indptr, sorted_items[last], merged, times, feedback)

    @classmethod
    def from_matrix(
        cls,
        X: Any,
        users: Iterable[Any] | None = None,
        items: Iterable[Any] | None = None,
        *,
        feedback: Feedback | None = None,
    ) -> "Interactions":
        """Return the interactions that a scipy sparse matrix stores.

        Parameters
        ----------
        X : sparse array or matrix of shape (n_users, n_items)
            Rows are users. Every stored cell is an interaction, stored zeros too; cells that a COO matrix repeats are
            summed, which is what they mean in scipy.
        users, items : array-likes of shape (n_users,), (n_items,), optional
            Ids of rows and columns; 0 … n − 1 by default.
        feedback : {"explicit", "implicit"}, optional
            What the values are; by default implicit where all of them are 1, else explicit.

        Raises
        ------
        DataError
            Nothing is stored, ids repeat or differ in number from the rows or columns, or as in `from_arrays`.

        Examples
        --------
        >>> Interactions.from_matrix(sparse.eye_array(3))
        Interactions(3 users × 3 items, 3 interactions, implicit)
        """
        if not sparse.issparse(X):
            raise DataError(f"expected a scipy sparse matrix, got {type(X).__name__}; for a dense one use from_dense")
        if X.ndim != 2:
            raise DataError(f"expected a matrix of users × items, got shape {X.shape}")
        rows = sparse.csr_array(X, copy=True)
        if X.format == "bsr":
            rows.eliminate_zeros()  # they fill up the blocks, and are no interactions
        rows.sum_duplicates()
        n_users, n_items = rows.shape
        user_index = IdIndex.from_range(n_users) if users is None else IdIndex(users, name="users")
        item_index = IdIndex.from_range(n_items) if items is None else IdIndex(items, name="items")
        if (len(user_index), len(item_index)) != (n_users, n_items):
            raise DataError(
                f"{len(user_index)} users and {len(item_index)} items for a matrix of {n_users} × {n_items}"
            )
        values = to_values(rows.data, "values", "stored cells")
        if len(values) == 0:
            raise DataError("no interactions: the matrix stores nothing")
        feedback = feedback or ("implicit" if np.all(values == 1) else "explicit")
        check_values(values, feedback, "values")
        indptr, codes = rows.indptr.astype(np.int64), rows.indices.astype(np.int32)
        return cls(user_index, item_index, indptr, codes, values, None, feedback)

    @classmethod
    def from_dense(
        cls,
        R: Any,
        missing: float = 0,
        users: Iterable[Any] | None = None,
        items: Iterable[Any] | None = None,
        *,
        feedback: Feedback | None = "explicit",
    ) -> "Interactions":
        """Return the interactions of a dense matrix, in which a value stands for "missing".

        Parameters
        ----------
        R : (n_users, n_items) array-like
            Ratings.
        missing : float
            The value of a missing rating; NaN may be it.
        users, items, feedback
            As in `from_matrix`.

        Raises
        ------
        DataError
            As in `from_matrix`.

        Examples
        --------
        >>> Interactions.from_dense([[5, 0], [3, 1]])
        Interactions(2 users × 2 items, 3 interactions, explicit)
        """
        dense = np.asarray(R, dtype=np.float64)
        if dense.ndim != 2:
            raise DataError(f"expected a matrix of users × items, got shape {dense.shape}")
        if np.any(np.isnan(dense)) and not np.isnan(missing):
            holes = np.argwhere(np.isnan(dense))
            raise DataError(
                f"{len(holes)} NaN value(s), the first in row {holes[0, 0]}, column {holes[0, 1]}; "
                "if they stand for missing ratings, say missing=np.nan"
            )
        rows, columns = np.nonzero(~np.isnan(dense) if np.isnan(missing) else dense != missing)
        cells = sparse.coo_array((dense[rows, columns], (rows, columns)), shape=dense.shape)
        return cls.from_matrix(cells, users, items, feedback=feedback)

    @property
    def n_users(self) -> int:
        """Number of users, those without interactions included."""
        return len(self.users)

    @property
    def n_items(self) -> int:
        """Number of items, those without interactions included."""
        return len(self.items)

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_users, n_items)``."""
        return self.n_users, self.n_items

    @property
    def n_interactions(self) -> int:
        """Number of interactions."""
        return len(self.values)

    @property
    def matrix(self) -> sparse.csr_array:
        """The interactions as a scipy array of users × items, float32, sorted, without duplicates; read-only.

        scipy wants its two index arrays in one dtype (several of its conversions fail otherwise), so ``indptr`` is
        int32 here as long as it can be; the attributes of `Interactions` hold the int64 one that kernels take.
        """
        return self._once("_matrix", self._make_matrix)

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        """Return what was made before, or make it; without a lock, so that a fork finds none that is held."""
        if name not in self.__dict__:
            self.__dict__[name] = make()
        return self.__dict__[name]

    def _make_matrix(self) -> sparse.csr_array:
        index_dtype = np.int32 if self.n_interactions < 2**31 else np.int64
        indptr, indices = self.indptr.astype(index_dtype), self.item_codes.astype(index_dtype, copy=False)
        matrix = sparse.csr_array((self.values, indices, indptr), shape=self.shape)
        matrix.has_sorted_indices = matrix.has_canonical_format = True
        for array in (matrix.data, matrix.indices, matrix.indptr):
            array.flags.writeable = False
        return matrix

    @property
    def user_codes(self) -> CodeArray:
        """User of each interaction: (n_interactions,) int32, aligned with ``item_codes``."""
        return np.repeat(np.arange(self.n_users, dtype=np.int32), np.diff(self.indptr))

    @property
    def rows(self) -> Rows:
        """The interactions by user, without timestamps, each user's items ascending."""
        by_user: Rows = self._once("_by_user", lambda: Rows.from_arrays(self.indptr, self.item_codes, self.values))
        return by_user

    def transposed(self, *, n_threads: int | None = None) -> Rows:
        """Return the interactions by item, each item's users ascending; computed once and cached.

        Parameters
        ----------
        n_threads : int, optional
            Threads to use; Numba's default if None.
        """
        runner = Runner(thread_count(n_threads))
        by_item: Rows = self._once("_by_item", lambda: self.rows.transposed(self.n_items, runner))
        return by_item

    def in_time_order(self) -> Rows:
        """Return the interactions by user in time order, ties by item code, with timestamps.

        Raises
        ------
        DataError
            The interactions have no timestamps.

        Examples
        --------
        >>> data = Interactions.from_arrays(["ann", "ann"], ["cup", "tea"], timestamps=[20, 10])
        >>> rows = data.in_time_order()
        >>> data.items.take(rows.codes).tolist(), rows.times.tolist()
        (['tea', 'cup'], [10, 20])
        """
        if self.timestamps is None:
            raise DataError("in_time_order needs timestamps; give them, such as Interactions.from_frame(timestamp=…)")
        order = np.lexsort((self.timestamps, self.user_codes))
        return Rows.from_arrays(self.indptr, self.item_codes[order], self.values[order], self.timestamps[order])

    def to_pairs(self) -> tuple[AnyArray, FloatArray]:
        """Return what scikit-learn's tools take as X and y.

        Returns
        -------
        pairs : (n_interactions, 2) array of ids
            int64 where both kinds of ids are integers, else objects.
        values : (n_interactions,) float32 array
        """
        users, items = self.users.take(self.user_codes), self.items.take(self.item_codes)
        dtype = np.int64 if users.dtype == items.dtype == np.int64 else object
        pairs = np.empty((self.n_interactions, 2), dtype=dtype)
        pairs[:, 0], pairs[:, 1] = users, items
        return pairs, self.values.copy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> AnyArray:
        # NumPy would wrap the whole in one cell, at which scikit-learn's tools fail with a riddle.
        raise TypeError(
            "Interactions are no array of rows. For scikit-learn's tools: X, y = recokit.model_selection.as_pairs("
            "interactions); for arrays: interactions.to_pairs(), or the users × items in interactions.matrix"
        )

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame with the columns user_id, item_id, value and, where there are times, timestamp.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}
            The library of the frame, which must be installed.
        """
        columns = {"user_id": self.users.take(self.user_codes), "item_id": self.items.take(self.item_codes)}
        columns["value"] = self.values
        if self.timestamps is not None:
            columns["timestamp"] = self.timestamps
        return to_frame(columns, backend)

    def reindex(self, users: IdIndex | None = None, items: IdIndex | None = None) -> "Interactions":
        """Return the same interactions over larger sets of ids.

        Raises
        ------
        DataError
            An id that has interactions is not in the new index.
        """
        users = self.users if users is None else users
        items = self.items if items is None else items
        user_map, item_map = users.codes(self.users), items.codes(self.items)
        user_codes, item_codes = user_map[self.user_codes], item_map[self.item_codes]
        for kind, old, used, codes in (
            ("user", self.users, self.user_codes, user_codes),
            ("item", self.items, self.item_codes, item_codes),
        ):
            if np.any(codes < 0):
                lacking = old.take(np.unique(used[codes < 0]))
                raise DataError(f"the new index lacks {kind} id(s): {first_few(lacking)}")
        return Interactions._from_codes(
            users, items, user_codes, item_codes, self.values, self.timestamps, self.feedback, "error"
        )

    def with_feedback(self, feedback: Feedback) -> "Interactions":
        """Return the same values as ratings (``"explicit"``) or as strengths (``"implicit"``).

        Raises
        ------
        DataError
            A value is negative, which a strength cannot be.
        """
        if feedback == self.feedback:
            return self
        check_values(self.values, feedback, "values")
        return replace(self, feedback=feedback)

    def select(self, mask: BoolArray) -> "Interactions":
        """Return the interactions that a mask keeps, with the same users and items.

        Parameters
        ----------
        mask : (n_interactions,) bool array
            What to keep, in the order of ``values``.

        Examples
        --------
        >>> data = Interactions.from_dense([[5, 2], [0, 4]])
        >>> data.select(data.values > 3).matrix.toarray()
        array([[5., 0.],
               [0., 4.]], dtype=float32)
        """
        mask = np.asarray(mask)
        if mask.dtype != np.bool_ or mask.shape != self.values.shape:
            raise DataError(
                f"expected a mask of {self.n_interactions} booleans, got {mask.dtype} of shape {mask.shape}"
            )
        kept = bounds_from_lengths(mask)
        times = None if self.timestamps is None else self.timestamps[mask]
        return Interactions(
            self.users, self.items, kept[self.indptr], self.item_codes[mask], self.values[mask], times, self.feedback
        )

    def merge(self, other: "Interactions", *, duplicates: Duplicates = "error") -> "Interactions":
        """Return the interactions of both, over the union of their ids.

        Parameters
        ----------
        other : Interactions
            Of the same feedback, and with timestamps exactly if these have them. Counts as later in row order.
        duplicates : {"error", "sum", "mean", "last", "max"}
            As in `from_arrays`.

        Raises
        ------
        DataError
            The two do not fit together, or a pair is in both under ``duplicates="error"``.
        """
        if self.feedback != other.feedback:
            raise DataError(f"cannot merge {other.feedback} feedback into {self.feedback}")
        if (self.timestamps is None) != (other.timestamps is None):
            raise DataError(
                "cannot merge interactions with timestamps and interactions without; give both timestamps, or neither"
            )
        users, items = self.users.union(other.users), self.items.union(other.items)
        user_codes = [users.codes(part.users)[part.user_codes] for part in (self, other)]
        item_codes = [items.codes(part.items)[part.item_codes] for part in (self, other)]
        times = None
        if self.timestamps is not None and other.timestamps is not None:
            if (self.timestamps.dtype.kind == "M") != (other.timestamps.dtype.kind == "M"):
                raise DataError(f"cannot merge timestamps of {other.timestamps.dtype} into {self.timestamps.dtype}")
            times = to_times(np.concatenate([self.timestamps, other.timestamps]), "timestamps")
        return Interactions._from_codes(
            users,
            items,
            np.concatenate(user_codes),
            np.concatenate(item_codes),
            np.concatenate([self.values, other.values]),
            times,
            self.feedback,
            duplicates,
        )

    def equals(self, other: "Interactions") -> bool:
        """Tell whether these are the same interactions over the same users and items.

        Examples
        --------
        >>> Interactions.from_dense([[5, 2]]).equals(Interactions.from_dense([[5, 3]]))
        False
        """
        if self is other:
            return True
        mine, theirs = (
            (data.indptr, data.item_codes, data.values, () if data.timestamps is None else data.timestamps)
            for data in (self, other)
        )
        same = all(np.array_equal(*arrays) for arrays in zip(mine, theirs, strict=True))
        return same and (self.users, self.items, self.feedback) == (other.users, other.items, other.feedback)

    def _to_state(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def _from_state(cls, state: dict[str, Any]) -> "Interactions":
        made = cls(**state)
        starts, codes = made.indptr, made.item_codes
        sound = len(starts) == made.n_users + 1 and starts[0] == 0 and starts[-1] == len(codes) == len(made.values)
        if not sound or np.any(np.diff(starts) < 0) or np.any((codes < 0) | (codes >= made.n_items)):
            raise ValueError("the interactions contradict themselves")
        return made

    def __getstate__(self) -> dict[str, Any]:
        return self._to_state()  # without what is cached

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    def __repr__(self) -> str:
        size = f"{self.n_users:,} users × {self.n_items:,} items, {self.n_interactions:,} interactions"
        return f"Interactions({size}, {self.feedback})"


def _row_order(
    user_codes: CodeArray, item_codes: CodeArray, n_users: int, n_items: int, before: IntArray | None
) -> tuple[IntArray, IntArray]:
    """Return the row boundaries and the positions sorted by user, item and the order given."""
    positions = np.arange(len(user_codes)) if before is None else before
    positions = row_kernels.order_by(item_codes, row_kernels.row_starts(read_only(item_codes), n_items), positions)
    indptr = row_kernels.row_starts(read_only(user_codes), n_users)
    return indptr, row_kernels.order_by(user_codes, indptr, positions)


def _repeats(indptr: IntArray, item_codes: CodeArray) -> BoolArray:
    """Tell of each sorted cell whether it is the same as the one before."""
    repeats = np.zeros(len(item_codes), dtype=np.bool_)
    repeats[1:] = item_codes[1:] == item_codes[:-1]
    starts = indptr[:-1]
    repeats[starts[starts < len(repeats)]] = False
    return repeats


def _repeated_pairs(users: IdIndex, items: IdIndex, user_codes: CodeArray, item_codes: CodeArray) -> DataError:
    pairs = zip(users.take(user_codes[:6]).tolist(), items.take(item_codes[:6]).tolist(), strict=True)
    return DataError(
        f"{len(user_codes)} interaction(s) repeat a (user, item) pair: {first_few(pairs)}; "
        "remove them, or make Interactions with duplicates='sum', 'mean', 'last' or 'max'"
    )
