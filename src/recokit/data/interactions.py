"""Interactions: users × items with ids, values and timestamps."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np
from scipy import sparse

from recokit._runtime.threads import Runner, thread_count
from recokit._typing import AnyArray, BoolArray, CodeArray, FloatArray, IntArray
from recokit.data._building import ColumnNames, Duplicates, sort_cells
from recokit.data._columns import check_lengths, check_values, to_times, to_values, warn_of_no_scale, warn_of_unused
from recokit.data._forgetting import CellsByUser
from recokit.data._frames import Backend, column, column_names, refuse_unordered, to_frame
from recokit.data._html import html_of_interactions
from recokit.data._matrices import dense_cells, stored_cells
from recokit.data._merging import merge_cells
from recokit.data._stored import check_interactions
from recokit.data.id_index import IdIndex
from recokit.data.rows import Rows
from recokit.exceptions import DataError, first_few
from recokit.persistence import storable

__all__ = ["Interactions"]

Feedback = Literal["explicit", "implicit"]


@storable("recokit.Interactions")
@dataclass(frozen=True, eq=False, repr=False)
class Interactions(CellsByUser):
    """A sparse matrix of users × items with the ids of both, and optional timestamps.

    Interactions are immutable. `from_frame`, `from_arrays`, `from_matrix` and `from_dense` check their input, and never
    drop data silently.

    Attributes
    ----------
    users, items : IdIndex
        External ids and their codes.
    indptr : (n_users + 1,) int64 array
        Bounds of the interactions of each user.
    item_codes : (n_interactions,) int32 array
        Items of each user, ascending and distinct.
    values : (n_interactions,) float32 array
        Ratings, or strengths of implicit feedback.
    timestamps : (n_interactions,) int64, float64 or datetime64 array, or None
        Times, aligned with ``values``.
    feedback : {"explicit", "implicit"}
        "explicit" if the values are ratings, "implicit" if they are strengths.
    n_merged : int
        Number of events that were merged into other interactions of the same pair.

    See Also
    --------
    recokit.IdIndex : External ids and their codes 0 … n − 1.
    recokit.data.Sequences :
        The items of each user or session in time order, with repeats, and optionally grouped into baskets.
    recokit.EventLog : The events of a shop: views, carts, purchases, returns and others, in time order.

    Examples
    --------
    >>> data = Interactions.from_arrays(
    ...     ["ann", "ann", "bob"], ["tea", "cup", "tea"], ratings=[5, 3, 4]
    ... )
    >>> data
    Interactions(2 users × 2 items, 3 interactions, explicit)
    >>> data.matrix.toarray().tolist()
    [[3.0, 5.0], [0.0, 4.0]]
    >>> data.to_frame()["item_id"].tolist()
    ['cup', 'tea', 'tea']
    >>> data.merge(data, duplicates="last").with_feedback("implicit")
    Interactions(2 users × 2 items, 3 interactions, implicit)
    """

    users: IdIndex
    items: IdIndex
    indptr: IntArray
    item_codes: CodeArray
    values: FloatArray
    timestamps: AnyArray | None
    feedback: Feedback
    n_merged: int = 0

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
        """Create interactions from a frame with one row per interaction.

        Parameters
        ----------
        frame : pandas, Polars or PyArrow frame, or a mapping of columns
            The event log.
        user, item : str
            Names of the id columns.
        rating, timestamp : str, optional
            Names of the columns of ratings (or strengths) and of times.
        feedback, duplicates
            As in `from_arrays`.

        Raises
        ------
        DataError
            A column does not exist, or its data are refused as in `from_arrays`.

        Examples
        --------
        >>> log = {"user_id": [1, 1, 2], "item_id": ["tea", "cup", "tea"]}
        >>> Interactions.from_frame(log)
        Interactions(2 users × 2 items, 3 interactions, implicit)
        """
        warn_of_unused(column_names(frame), {user, item, rating, timestamp})
        names = ColumnNames(user, item, rating or "ratings", timestamp or "timestamps")
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
        """Create interactions from parallel arrays.

        Parameters
        ----------
        users, items : array-likes of shape (n,)
            Ids of any hashable type. Codes follow the sorted ids and do not depend on the order of the rows.
        ratings : (n,) array-like of numbers, optional
            Ratings or strengths; 1 each by default.
        timestamps : (n,) array-like of numbers or datetime64, optional
            Times.
        feedback : {"explicit", "implicit"}, optional
            Kind of the values; by default explicit if ratings are given, otherwise implicit.
        duplicates : {"error", "sum", "mean", "last", "max"}
            How to merge duplicate (user, item) pairs: raise an error, or keep one interaction with the sum, mean, last
            or maximum of the values. The last value is the one with the latest timestamp or, without timestamps, the
            one in the last row. The merged interaction has the latest timestamp.

        Raises
        ------
        DataError
            The arrays are empty or differ in length, an id is missing, a rating is NaN or infinite, a timestamp is
            missing, an implicit strength is negative, or a pair is duplicated with ``duplicates="error"``.
        """
        return cls._from_columns(users, items, ratings, timestamps, feedback, duplicates, ColumnNames())

    @classmethod
    def _from_columns(
        cls,
        users: Iterable[Any],
        items: Iterable[Any],
        ratings: Any,
        timestamps: Any,
        feedback: Feedback | None,
        duplicates: Duplicates,
        names: ColumnNames,
    ) -> "Interactions":
        for name, given in ((names.user, users), (names.item, items), (names.rating, ratings)):
            refuse_unordered(given, name)
        user_index, user_codes = IdIndex.factorize(users, names.user)
        item_index, item_codes = IdIndex.factorize(items, names.item)
        values = np.ones(len(user_codes), dtype=np.float32) if ratings is None else to_values(ratings, names.rating)
        times = None if timestamps is None else to_times(timestamps, names.timestamp)
        check_lengths({names.user: user_codes, names.item: item_codes, names.rating: values, names.timestamp: times})
        asked, feedback = feedback, feedback or ("implicit" if ratings is None else "explicit")
        if ratings is not None and asked is None:
            warn_of_no_scale(values, names.rating)
        if duplicates != "sum":
            check_values(values, feedback, names.rating)
        made = cls._from_codes(user_index, item_index, user_codes, item_codes, values, times, feedback, duplicates)
        check_values(made.values, feedback, names.rating)  # sums of quantities and refunds may be valid strengths
        return made

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
        duplicates: Duplicates = "error",
        n_merged: int = 0,
    ) -> "Interactions":
        cells = sort_cells(users, items, user_codes, item_codes, values, timestamps, duplicates)
        return cls(users, items, *cells, feedback, n_merged + len(values) - len(cells.values))

    @classmethod
    def from_matrix(
        cls,
        X: Any,
        users: Iterable[Any] | None = None,
        items: Iterable[Any] | None = None,
        *,
        feedback: Feedback | None = None,
    ) -> "Interactions":
        """Create interactions from the stored cells of a scipy sparse matrix.

        Parameters
        ----------
        X : sparse array or matrix of shape (n_users, n_items)
            Rows are users. Every stored cell is an interaction, including stored zeros. Repeated cells of a COO matrix
            are summed, as scipy does.
        users, items : array-likes of shape (n_users,), (n_items,), optional
            Ids of the rows and columns; 0 … n − 1 by default.
        feedback : {"explicit", "implicit"}, optional
            Kind of the values; by default implicit if all are 1, otherwise explicit.

        Raises
        ------
        DataError
            The matrix stores no cells, ids are duplicated or do not match its shape, or values are refused as in
            `from_arrays`.

        Examples
        --------
        >>> Interactions.from_matrix(sparse.eye_array(3))
        Interactions(3 users × 3 items, 3 interactions, implicit)
        """
        rows = stored_cells(X)
        n_users, n_items = rows.shape
        user_index = IdIndex.from_range(n_users) if users is None else IdIndex(users, name="users")
        item_index = IdIndex.from_range(n_items) if items is None else IdIndex(items, name="items")
        if (len(user_index), len(item_index)) != (n_users, n_items):
            raise DataError(
                f"expected {n_users} users and {n_items} items, the shape of the matrix, got {len(user_index)} and "
                f"{len(item_index)}"
            )
        values = to_values(rows.data, "values", "stored cells")
        if len(values) == 0:
            raise DataError("no interactions: the matrix stores no cells")
        if feedback is None and not np.all(values == 1):
            warn_of_no_scale(values, "values")
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
        """Create interactions from a dense matrix in which one value marks missing cells.

        Parameters
        ----------
        R : (n_users, n_items) array-like, or pandas frame
            Ratings. Masked cells are missing.
        missing : float
            Value of a missing rating; NaN is allowed.
        users, items, feedback
            As in `from_matrix`; by default the index and the columns of a pandas frame.

        Raises
        ------
        DataError
            As in `from_matrix`.

        Examples
        --------
        >>> Interactions.from_dense([[5, 0], [3, 1]])
        Interactions(2 users × 2 items, 3 interactions, explicit)
        """
        cells, row_labels, column_labels = dense_cells(R, missing)
        users, items = (row_labels if users is None else users), (column_labels if items is None else items)
        return cls.from_matrix(cells, users, items, feedback=feedback)

    @property
    def n_users(self) -> int:
        """Number of users, including users without interactions."""
        return len(self.users)

    @property
    def n_items(self) -> int:
        """Number of items, including items without interactions."""
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
        """The interactions as a read-only scipy array of users × items: float32, sorted, without duplicates.

        Several conversions of scipy fail if its two index arrays differ in dtype, so ``indptr`` is int32 here if
        possible. The attribute ``indptr`` of `Interactions` is the int64 array that kernels take.
        """
        return self._once("_matrix", self._make_matrix)

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        """Return a cached value, computed at the first call. No lock is used, since a fork could inherit it locked."""
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
        """The interactions by user, without timestamps, the items of each user in ascending order."""
        by_user: Rows = self._once("_by_user", lambda: Rows.from_arrays(self.indptr, self.item_codes, self.values))
        return by_user

    def transposed(self, *, n_threads: int | None = None) -> Rows:
        """Return the interactions by item, the users of each item in ascending order; computed once and cached.

        Parameters
        ----------
        n_threads : int, optional
            Threads to use; Numba's default if None.
        """
        runner = Runner(thread_count(n_threads))
        by_item: Rows = self._once("_by_item", lambda: self.rows.transposed(self.n_items, runner))
        return by_item

    def in_time_order(self) -> Rows:
        """Return the interactions of each user in time order, with timestamps; ties are ordered by item code.

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
            raise DataError(
                "in_time_order needs timestamps; pass timestamp= to from_frame, or timestamps= to from_arrays"
            )
        order = np.lexsort((self.timestamps, self.user_codes))
        return Rows.from_arrays(self.indptr, self.item_codes[order], self.values[order], self.timestamps[order])

    def to_pairs(self, *, random_state: int | None = None) -> tuple[AnyArray, FloatArray]:
        """Return the interactions as (user, item) pairs and values: X and y of scikit-learn's tools.

        Parameters
        ----------
        random_state : int, optional
            Seed of a random order; by default pairs are sorted by user, and unshuffled folds test on unknown users.

        Returns
        -------
        pairs : (n_interactions, 2) array of ids
            int64 if user and item ids are integers, otherwise objects.
        values : (n_interactions,) float32 array
        """
        pairs = np.column_stack([self.users.take(self.user_codes), self.items.take(self.item_codes)])
        order = slice(None) if random_state is None else np.random.default_rng(random_state).permutation(len(pairs))
        return pairs[order], self.values[order].copy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> AnyArray:
        # NumPy would wrap the object in a single cell, and scikit-learn's tools would fail with an unclear error.
        raise TypeError(
            "Interactions cannot be converted to an array. For scikit-learn's tools use X, y = "
            "recokit.model_selection.as_pairs(interactions); for arrays use interactions.to_pairs(), or the users × "
            "items matrix interactions.matrix"
        )

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame with the columns user_id, item_id, value and, if there are timestamps, timestamp.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}
            Library of the frame, which must be installed.
        """
        columns = {"user_id": self.users.take(self.user_codes), "item_id": self.items.take(self.item_codes)}
        columns["value"] = self.values
        if self.timestamps is not None:
            columns["timestamp"] = self.timestamps
        return to_frame(columns, backend)

    def reindex(self, users: IdIndex | None = None, items: IdIndex | None = None) -> "Interactions":
        """Return the same interactions with the codes of other indices; None keeps an index.

        Raises
        ------
        DataError
            The new index lacks an id with interactions.
        """
        users = self.users if users is None else users
        items = self.items if items is None else items
        user_map, item_map = users.codes(self.users), items.codes(self.items)
        if all(np.array_equal(codes, np.arange(len(index))) for codes, index in ((user_map, users), (item_map, items))):
            return replace(self, users=users, items=items)
        user_codes, item_codes = user_map[self.user_codes], item_map[self.item_codes]
        for kind, old, used, codes in (
            ("user", self.users, self.user_codes, user_codes),
            ("item", self.items, self.item_codes, item_codes),
        ):
            if np.any(codes < 0):
                lacking = old.take(np.unique(used[codes < 0]))
                raise DataError(f"the new index lacks {kind} id(s): {first_few(lacking)}")
        arrays = (user_codes, item_codes, self.values, self.timestamps)
        return Interactions._from_codes(users, items, *arrays, self.feedback, n_merged=self.n_merged)

    def with_feedback(self, feedback: Feedback) -> "Interactions":
        """Return the same values as ratings ("explicit") or as strengths ("implicit").

        Raises
        ------
        DataError
            A value is negative and cannot be a strength.
        """
        if feedback == self.feedback:
            return self
        check_values(self.values, feedback, "values")
        return replace(self, feedback=feedback)

    def select(self, mask: BoolArray) -> "Interactions":
        """Return the interactions selected by a mask, over the same users and items.

        Parameters
        ----------
        mask : (n_interactions,) bool array
            True for the interactions to keep, in the order of ``values``.

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
        cells = self.rows.select(mask)
        times = None if self.timestamps is None else self.timestamps[mask]
        return replace(self, indptr=cells.indptr, item_codes=cells.codes, values=cells.values, timestamps=times)

    def merge(self, other: "Interactions", *, duplicates: Duplicates = "error") -> "Interactions":
        """Return the interactions of both over the union of their ids.

        Parameters
        ----------
        other : Interactions
            Interactions of the same feedback, with timestamps if and only if these have timestamps. Their rows count as
            later rows.
        duplicates : {"error", "sum", "mean", "last", "max"}
            As in `from_arrays`.

        Raises
        ------
        DataError
            The kinds of feedback or timestamps differ, or both hold the same pair with ``duplicates="error"``.
        """
        if self.feedback != other.feedback:
            raise DataError(f"cannot merge {other.feedback} feedback into {self.feedback}")
        if (self.timestamps is None) != (other.timestamps is None):
            raise DataError(
                "cannot merge interactions with timestamps and interactions without; give both timestamps, or neither"
            )
        users, items, cells = merge_cells(self, other, duplicates)
        n_given = sum(part.n_merged + part.n_interactions for part in (self, other))
        return Interactions(users, items, *cells, self.feedback, n_given - len(cells.values))

    def equals(self, other: "Interactions") -> bool:
        """Return whether two objects hold the same interactions over the same users and items.

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
        check_interactions(state)
        return cls(**state)

    def __getstate__(self) -> dict[str, Any]:
        return self._to_state()  # without cached values

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    def __repr__(self) -> str:
        size = f"{self.n_users:,} users × {self.n_items:,} items, {self.n_interactions:,} interactions"
        return f"Interactions({size}, {self.feedback})"

    def _repr_html_(self) -> str:
        return html_of_interactions(self)
