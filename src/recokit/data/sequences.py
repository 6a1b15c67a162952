"""Sequences: the items of users or sessions in time order."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from recokit._runtime.arguments import check_count
from recokit._runtime.html import html_table
from recokit._typing import AnyArray, CodeArray, IntArray
from recokit.data._columns import to_times
from recokit.data._forgetting import ForgetsUsers, KeptItems
from recokit.data._frames import Backend, column, plain, refuse_unordered, to_frame
from recokit.data._keyed import lists_by_user
from recokit.data._sequence_events import merge_events, order_events
from recokit.data._stored import check_sequences
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows, bounds_from_lengths, expand_spans, read_only
from recokit.exceptions import DataError, UnknownIdError, first_few
from recokit.persistence import storable

__all__ = ["Sequences"]

_N_SHOWN = 10  # users, and items of each, in a notebook


@storable("recokit.Sequences")
class Sequences(ForgetsUsers):
    """The items of each user or session in time order, with repeats, and optionally grouped into baskets.

    Sequences are immutable. `from_arrays`, `from_frame`, `from_lists`, `from_baskets` and `from_interactions` create
    them.

    Attributes
    ----------
    users, items : IdIndex
        External ids of the users (or sessions) and items, and their codes.
    rows : Rows
        Item codes of each user in time order, without values; ``rows.times`` holds the times, if given.
    basket_indptr : (n_users + 1,) int64 array, or None
        Bounds of the baskets of each user in ``basket_bounds``.
    basket_bounds : (n_baskets + 1,) int64 array, or None
        Bounds of the baskets in ``rows.codes``.

    See Also
    --------
    recokit.Interactions : Users × items with values and timestamps.
    recokit.EventLog : The events of a shop: views, carts, purchases, returns and others, in time order.
    recokit.SessionKNN :
        Recommend the items of the most similar sessions, near the items that they share with the current
        session.
    recokit.model_selection.leave_last_out : Hold out the last item of each user.

    Examples
    --------
    >>> sequences = Sequences.from_lists({"ann": ["tea", "cup", "tea"], "bob": ["pot"]})
    >>> sequences
    Sequences(2 users × 3 items, 4 events)
    >>> sequences["ann"]
    ['tea', 'cup', 'tea']
    >>> from recokit import Interactions
    >>> data = Interactions.from_arrays([1, 1], ["tea", "cup"], timestamps=[20, 10])
    >>> Sequences.from_interactions(data)[1]
    ['cup', 'tea']
    >>> bought = {"user_id": [1, 1], "item_id": ["tea", "cup"], "order": [5, 5]}
    >>> list(Sequences.from_frame(bought, basket="order", timestamp=None).baskets(1))
    [['tea', 'cup']]
    """

    def __init__(
        self,
        users: IdIndex,
        items: IdIndex,
        rows: Rows,
        basket_indptr: IntArray | None = None,
        basket_bounds: IntArray | None = None,
    ) -> None:
        self.users = users
        self.items = items
        self.rows = rows
        self.basket_indptr = None if basket_indptr is None else read_only(basket_indptr)
        self.basket_bounds = None if basket_bounds is None else read_only(basket_bounds)

    @classmethod
    def from_arrays(cls, users: Any, items: Any, timestamps: Any = None, *, baskets: Any = None) -> "Sequences":
        """Create sequences from parallel arrays with one element per event; pairs may repeat.

        Parameters
        ----------
        users, items : array-likes of shape (n,)
            Ids of any hashable type. Codes follow the sorted ids.
        timestamps : (n,) array-like of numbers or datetime64, optional
            Times, in any order. Events of a user at equal times keep the order of the arrays. Without times, all events
            keep the order of the arrays.
        baskets : (n,) array-like of ids, optional
            Order or visit of each event: the events of a user with the same value are one basket. Baskets are in order
            of their earliest event, and all their events get its time.

        Raises
        ------
        DataError
            The arrays are empty or differ in length, an id or a time is missing.

        Examples
        --------
        >>> sequences = Sequences.from_arrays(["ann"] * 3, ["tea", "cup", "tea"], [30, 20, 10])
        >>> sequences["ann"]
        ['tea', 'cup', 'tea']
        >>> sequences = Sequences.from_arrays(
        ...     [1, 1, 1], ["tea", "cup", "pot"], baskets=["b", "a", "b"]
        ... )
        >>> list(sequences.baskets(1))
        [['tea', 'pot'], ['cup']]
        """
        names = "users", "items", "timestamps", "baskets"
        return cls(*order_events(users, items, timestamps, baskets, names))

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        user: str = "user_id",
        item: str = "item_id",
        timestamp: str | None = "timestamp",
        *,
        basket: str | None = None,
    ) -> "Sequences":
        """Create sequences from a frame with one row per event; pairs may repeat.

        Parameters
        ----------
        frame : pandas, Polars or PyArrow frame, or a mapping of columns
            The events, in any order.
        user, item : str
            Names of the id columns. ``user`` may name a column of sessions.
        timestamp : str, optional
            Name of the column of times; None if the rows are in time order. Rows of a user with equal times keep their
            order.
        basket : str, optional
            Name of a column of orders or visits, as ``baskets`` of `from_arrays`.

        Raises
        ------
        DataError
            A column does not exist, or its data are refused as in `from_arrays`.

        Examples
        --------
        >>> log = {
        ...     "user_id": [1, 1, 1],
        ...     "item_id": ["tea", "cup", "tea"],
        ...     "timestamp": [20, 10, 30],
        ... }
        >>> Sequences.from_frame(log)[1]
        ['cup', 'tea', 'tea']
        >>> list(
        ...     Sequences.from_frame({**log, "order": ["b", "a", "b"]}, basket="order").baskets(
        ...         1
        ...     )
        ... )
        [['cup'], ['tea', 'tea']]
        """
        times, baskets = (None if name is None else column(frame, name) for name in (timestamp, basket))
        names = user, item, timestamp or "timestamps", basket or "baskets"
        return cls(*order_events(column(frame, user), column(frame, item), times, baskets, names))

    @classmethod
    def from_lists(cls, lists: Any, *, times: Any = None, items: IdIndex | None = None) -> "Sequences":
        """Create sequences from one list of item ids per user.

        Parameters
        ----------
        lists : mapping, or sequence
            A mapping of user ids to lists of item ids in time order, or a sequence of the lists of users 0 … m − 1.
        times : mapping, or sequence, optional
            The times of each list, in the same form, ascending within a list.
        items : IdIndex, optional
            Items of the catalogue; by default the items of the lists, sorted.

        Raises
        ------
        DataError
            There are no items, an id is missing, or times do not match the lists or are not ascending.
        UnknownIdError
            An item is not in ``items``.

        Examples
        --------
        >>> Sequences.from_lists([["tea", "cup"], ["tea"]]).rows.codes.tolist()
        [1, 0, 1]
        """
        users, parts = _by_user(lists, "lists")
        lengths = np.array([len(part) for part in parts], dtype=np.int64)
        index, codes = _item_codes([item for part in parts for item in part], items)
        indptr = bounds_from_lengths(lengths)
        joined = None if times is None else _joined_times(times, users, indptr)
        return cls(users, index, Rows.from_arrays(indptr, codes, (), joined))

    @classmethod
    def from_baskets(cls, baskets: Any, *, items: IdIndex | None = None) -> "Sequences":
        """Create sequences from a list of baskets per user; a basket is a collection of item ids.

        Parameters
        ----------
        baskets : mapping, or sequence
            A mapping of user ids to lists of baskets in time order, or a sequence of such lists for users 0 … m − 1.
        items : IdIndex, optional
            Items of the catalogue; by default the items of the baskets, sorted.

        Raises
        ------
        DataError
            There are no items, an id is missing, or an element is not a collection of items.
        UnknownIdError
            An item is not in ``items``.

        Examples
        --------
        >>> sequences = Sequences.from_baskets({"ann": [["tea", "cup"], ["tea"]]})
        >>> list(sequences.baskets("ann"))
        [['tea', 'cup'], ['tea']]
        """
        users, parts = _by_user(baskets, "baskets")
        flat = [basket for part in parts for basket in part]
        wrong = [basket for basket in flat if isinstance(basket, str | bytes) or not isinstance(basket, Iterable)]
        if wrong:
            raise DataError(
                f"baskets: expected a list of baskets per user, each a list of item ids; {len(wrong)} "
                f"basket(s) are not lists: {first_few(wrong)}"
            )
        contents = [list(plain(basket, "baskets")) for basket in flat]
        basket_indptr = bounds_from_lengths(np.array([len(part) for part in parts], dtype=np.int64))
        bounds = bounds_from_lengths(np.array([len(basket) for basket in contents], dtype=np.int64))
        index, codes = _item_codes([item for basket in contents for item in basket], items)
        rows = Rows.from_arrays(bounds[basket_indptr], codes, ())
        return cls(users, index, rows, basket_indptr, bounds)

    @classmethod
    def from_interactions(cls, interactions: Interactions) -> "Sequences":
        """Create sequences from the interactions of each user in time order; each item occurs once.

        Raises
        ------
        DataError
            The interactions have no timestamps.
        """
        rows = interactions.in_time_order()
        return cls(interactions.users, interactions.items, Rows.from_arrays(rows.indptr, rows.codes, (), rows.times))

    def merge(self, other: "Sequences") -> "Sequences":
        """Return the events of both over the union of their ids, in time order.

        Without times, the events of ``other`` follow those of the same user here. At equal times they do too. Baskets
        stay together and are ordered by the times of their first events.

        Parameters
        ----------
        other : Sequences
            Sequences with times, and with baskets, if and only if these have them.

        Raises
        ------
        DataError
            Only one of the two has times or baskets, or the times are of different kinds.

        Examples
        --------
        >>> early = Sequences.from_arrays(["ann", "bob"], ["tea", "pot"], [10, 30])
        >>> early.merge(Sequences.from_arrays(["ann", "ann"], ["tea", "cup"], [20, 5]))["ann"]
        ['cup', 'tea', 'tea']
        """
        return Sequences(*merge_events(self, other))

    def _pairs(self) -> Interactions:
        """Return the interactions of `to_interactions`, without timestamps if the sequences have no times."""
        pairs = self.to_interactions()
        return pairs if self.rows.times is not None else replace(pairs, timestamps=None)

    def to_interactions(self) -> Interactions:
        """Return the events as implicit interactions, one for each pair of user and item.

        The strength of a pair is the number of its events. Its timestamp is that of its last event: the time or, in
        sequences without times, the position in the sequence from 0; the events of a basket have the position of the
        basket. Models that are fitted to sequences without times get no timestamps, because positions of different
        users are not comparable.

        Examples
        --------
        >>> data = Sequences.from_lists({"ann": ["tea", "cup", "tea"]}).to_interactions()
        >>> data.items.ids.tolist(), data.values.tolist(), data.timestamps.tolist()
        (['cup', 'tea'], [1.0, 2.0], [1, 2])
        """
        codes = self.rows.row_codes.astype(np.int32), self.rows.codes
        ones = np.ones(self.n_events, dtype=np.float32)
        return Interactions._from_codes(self.users, self.items, *codes, ones, self.event_times, "implicit", "sum")

    @property
    def event_times(self) -> AnyArray:
        """Time of each event: ``rows.times``, or the position of the event or of its basket, from 0."""
        if self.rows.times is not None:
            return self.rows.times
        if self.basket_indptr is not None:
            return self._basket_positions()
        return np.arange(self.n_events) - np.repeat(self.rows.indptr[:-1], self.rows.lengths)

    def _basket_positions(self) -> IntArray:
        """Return the position of the basket of each event among the baskets of the user."""
        assert self.basket_indptr is not None
        assert self.basket_bounds is not None
        lengths = np.diff(self.basket_indptr)
        positions = np.arange(len(self.basket_bounds) - 1) - np.repeat(self.basket_indptr[:-1], lengths)
        return np.repeat(positions, np.diff(self.basket_bounds))

    def select(self, users: Any) -> "Sequences":
        """Return the sequences of some users, in the order given, over the same items.

        Parameters
        ----------
        users : array-like of ids

        Raises
        ------
        UnknownIdError
            A user is unknown.

        Examples
        --------
        >>> dict(Sequences.from_lists({"ann": ["tea", "cup"], "bob": ["pot"]}).select(["bob"]))
        {'bob': ['pot']}
        """
        ids = IdIndex(users, name="users")
        codes = self.users.codes(ids)
        if np.any(codes < 0):
            raise UnknownIdError("user", ids.take(np.flatnonzero(codes < 0)).tolist())
        if self.basket_indptr is not None:
            return self._of_baskets(ids, self.basket_indptr[codes], self.basket_indptr[codes + 1])
        return self._of_events(ids, self.rows.indptr[codes], self.rows.indptr[codes + 1])

    def _without_users(self, user_codes: AnyArray) -> "Sequences":
        kept = np.delete(np.arange(self.n_users), user_codes)
        users = self.users.select(kept)
        bounds, make = self.rows.indptr, self._of_events
        if self.basket_indptr is not None:
            bounds, make = self.basket_indptr, self._of_baskets
        made = make(users, bounds[kept], bounds[kept + 1])
        items = KeptItems.of(self.rows.codes, made.rows.codes, self.n_items)
        rows, baskets = made.rows.recoded(items.new_codes), (made.basket_indptr, made.basket_bounds)
        return Sequences(users, self.items.select(items.codes), rows, *baskets)

    def last(self, n: int) -> "Sequences":
        """Return the last n events of each user, or the last n baskets if there are baskets.

        Raises
        ------
        ValueError
            ``n`` is not a whole number of at least 1.

        Examples
        --------
        >>> dict(Sequences.from_lists({"ann": ["tea", "cup", "pot"], "bob": ["tea"]}).last(2))
        {'ann': ['cup', 'pot'], 'bob': ['tea']}
        """
        n = check_count(n, "n")
        bounds = self.rows.indptr if self.basket_indptr is None else self.basket_indptr
        starts, stops = np.maximum(bounds[:-1], bounds[1:] - n), bounds[1:]
        return (self._of_events if self.basket_indptr is None else self._of_baskets)(self.users, starts, stops)

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame with the columns user_id and item_id, one row per event in order.

        Sequences with baskets have a column basket: the position of the basket of the user, from 0. Sequences with
        times have a column timestamp. Users without events and empty baskets have no row.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}
            Library of the frame, which must be installed.

        Examples
        --------
        >>> baskets = Sequences.from_baskets({"ann": [["tea", "cup"], ["tea"]]})
        >>> baskets.to_frame()["basket"].tolist()
        [0, 0, 1]
        """
        columns = {"user_id": self.users.take(self.rows.row_codes), "item_id": self.items.take(self.rows.codes)}
        if self.basket_indptr is not None:
            columns["basket"] = self._basket_positions()
        if self.rows.times is not None:
            columns["timestamp"] = self.rows.times
        return to_frame(columns, backend)

    def _of_events(self, users: IdIndex, starts: IntArray, stops: IntArray) -> "Sequences":
        """Return sequences that hold spans of the events, one for each of the given users, without baskets."""
        return Sequences(users, self.items, self.rows.spans(starts, stops))

    def _of_baskets(self, users: IdIndex, starts: IntArray, stops: IntArray) -> "Sequences":
        """Return sequences that hold spans of the baskets, one for each of the given users."""
        assert self.basket_bounds is not None
        rows = self.rows.spans(self.basket_bounds[starts], self.basket_bounds[stops])
        lengths = np.diff(self.basket_bounds)[expand_spans(starts, stops)]
        return Sequences(users, self.items, rows, bounds_from_lengths(stops - starts), bounds_from_lengths(lengths))

    @property
    def n_users(self) -> int:
        """Number of users or sessions, including empty ones."""
        return len(self.users)

    @property
    def n_items(self) -> int:
        """Number of items, including items without events."""
        return len(self.items)

    @property
    def n_events(self) -> int:
        """Number of events."""
        return len(self.rows.codes)

    def __len__(self) -> int:
        return self.n_users

    def __iter__(self) -> Iterator[tuple[Any, list[Any]]]:
        """Yield ``(user, [item, …])`` for every user."""
        for row, user in enumerate(self.users):
            yield user, self._items(self.rows.indptr[row], self.rows.indptr[row + 1])

    def __getitem__(self, user: Any) -> list[Any]:
        """Return the item ids of a user in time order.

        Raises
        ------
        UnknownIdError
            The user is unknown.
        """
        row = self._row(user)
        return self._items(self.rows.indptr[row], self.rows.indptr[row + 1])

    def baskets(self, user: Any) -> Iterator[list[Any]]:
        """Yield the baskets of a user in time order, each as a list of item ids.

        Raises
        ------
        UnknownIdError
            The user is unknown.
        DataError
            The sequences have no baskets.
        """
        if self.basket_indptr is None or self.basket_bounds is None:
            raise DataError("these sequences have no baskets; create them with Sequences.from_baskets")
        row = self._row(user)
        bounds = self.basket_bounds[self.basket_indptr[row] : self.basket_indptr[row + 1] + 1]
        return (self._items(start, stop) for start, stop in pairwise(bounds))

    def _row(self, user: Any) -> int:
        row = int(self.users.codes([user])[0])
        if row < 0:
            raise UnknownIdError("user", [user])
        return row

    def _items(self, start: int, stop: int) -> list[Any]:
        items: list[Any] = self.items.take(self.rows.codes[start:stop]).tolist()
        return items

    def __repr__(self) -> str:
        baskets = "" if self.basket_bounds is None else f" in {len(self.basket_bounds) - 1:,} baskets"
        return f"Sequences({self.n_users:,} users × {self.n_items:,} items, {self.n_events:,} events{baskets})"

    def _repr_html_(self) -> str:
        rows = []
        for row in range(min(self.n_users, _N_SHOWN)):
            start, stop = (int(bound) for bound in self.rows.indptr[row : row + 2])
            items = self._items(start, min(stop, start + _N_SHOWN))
            more = ["…"] if stop - start > _N_SHOWN else []
            rows.append([self.users.take([row])[0], f"{stop - start:,}", ", ".join(map(str, items + more))])
        note = f"the first {_N_SHOWN} of {self.n_users:,} users" if self.n_users > _N_SHOWN else ""
        return html_table(repr(self), ["user", "events", "items"], rows, note)

    def __reduce__(self) -> tuple[Any, ...]:
        return Sequences._from_parts, (self.users, self.items, tuple(self.rows), self.basket_indptr, self.basket_bounds)

    @classmethod
    def _from_parts(cls, users: IdIndex, items: IdIndex, rows: tuple[Any, ...], *baskets: Any) -> "Sequences":
        """Return an unpickled object, with read-only arrays."""
        return cls(users, items, Rows.from_arrays(*rows), *baskets)

    def _to_state(self) -> dict[str, Any]:
        rows = {"indptr": self.rows.indptr, "codes": self.rows.codes, "times": self.rows.times}
        state = {name: value for name, value in vars(self).items() if name != "rows"}
        return {**state, **rows}

    @classmethod
    def _from_state(cls, state: dict[str, Any]) -> "Sequences":
        check_sequences(state)
        rows = Rows.from_arrays(state["indptr"], state["codes"], (), state["times"])
        return cls(state["users"], state["items"], rows, state["basket_indptr"], state["basket_bounds"])


def _by_user(given: Any, name: str) -> tuple[IdIndex, list[list[Any]]]:
    """Return the users and the list of each, in order of user code."""
    given = lists_by_user(given, name)
    if isinstance(given, Mapping):
        users, lists = IdIndex(given, name="users"), list(given.values())
    else:
        lists = list(plain(given, name))
        users = IdIndex.from_range(len(lists))
    wrong = [one for one in lists if isinstance(one, str | bytes) or not isinstance(one, Iterable)]
    if wrong:
        raise DataError(
            f"{name}: expected a list per user, as a mapping of user ids to lists or a sequence of lists; {len(wrong)} "
            f"value(s) are not lists: {first_few(wrong)}"
        )
    for one in lists:
        refuse_unordered(one, name)
    return users, [list(plain(one, name)) for one in lists]


def _item_codes(ids: list[Any], items: IdIndex | None) -> tuple[IdIndex, CodeArray]:
    if not ids:
        raise DataError("no events: all lists are empty")
    if items is None:
        return IdIndex.factorize(ids, "items")
    codes = items.codes(ids)
    if np.any(codes < 0):
        raise UnknownIdError("item", [item for item, code in zip(ids, codes, strict=True) if code < 0])
    return items, codes


def _joined_times(times: Any, users: IdIndex, indptr: IntArray) -> AnyArray:
    """Return the times of all lists, checked against the lists."""
    owners, parts = _by_user(times, "times")
    if owners != users or not np.array_equal(bounds_from_lengths(np.array([len(part) for part in parts])), indptr):
        raise DataError("times: expected one time per item, for the same users as the lists")
    joined = to_times([time for part in parts for time in part], "times")
    descends = _descends(joined, indptr)
    if np.any(descends):
        row = int(np.searchsorted(indptr, np.flatnonzero(descends)[0], side="right")) - 1
        raise DataError(
            f"times: expected ascending times within a list; the times of user {users.take([row])[0]!r} descend"
        )
    return joined


def _descends(times: AnyArray, indptr: IntArray) -> AnyArray:
    """Return, for each event but the last, whether the next event of the same user is not at the same time or later."""
    descends = ~(times[1:] >= times[:-1])  # also true for NaN
    starts = indptr[1:-1]
    descends[starts[(starts > 0) & (starts < len(times))] - 1] = False
    return descends
