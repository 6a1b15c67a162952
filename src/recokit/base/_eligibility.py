"""Eligible items of each user, and the selection of the best ones."""

import warnings
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._runtime.warnings import levels_inside
from recokit._typing import BoolArray, CodeArray, FloatArray, IntArray
from recokit.base.top import Top
from recokit.data._frames import holds_collections, labelled_mapping
from recokit.data._inputs import as_id_list, codes_if_known, known_codes
from recokit.data.id_index import IdIndex
from recokit.data.rows import Rows
from recokit.exceptions import first_few
from recokit.kernels.selection import hide_cells, keep_cells, select_top

__all__ = ["Eligibility", "EligibleItems", "excludes_seen"]


class EligibleItems(NamedTuple):
    """The items that may be recommended to each user of a block.

    Attributes
    ----------
    allowed : (n_items,) bool array, optional
        Items that may be listed for any user; None for all items.
    excluded : Rows
        Item codes excluded for each user, in any order, possibly repeated.
    candidates : Rows, optional
        For each ``restricted`` user, the only items that may be listed.
    restricted : (n_users,) bool array, optional
        True for the users with candidates of their own.

    See Also
    --------
    recokit.base.Top : The n best codes of each row: lists of items for users, or the nearest neighbours of each row.

    Examples
    --------
    >>> import numpy as np
    >>> from recokit.data import Rows
    >>> eligible = EligibleItems(np.array([True, True, False]), Rows.empty(2))
    >>> eligible.n_users
    2
    >>> eligible.allow(np.array([False, True, True])).codes(3).tolist()
    [1]
    >>> eligible.take(np.array([0])).n_users
    1
    >>> from recokit._runtime.threads import Runner
    >>> scores = np.array([[1, 2, 3], [3, 2, 1]], dtype=np.float32)
    >>> eligible.select(scores, 1, Runner(1)).codes.tolist()
    [[1], [0]]
    """

    allowed: BoolArray | None
    excluded: Rows
    candidates: Rows | None = None
    restricted: BoolArray | None = None

    @property
    def n_users(self) -> int:
        """Number of users."""
        return self.excluded.n_rows

    def take(self, users: Any) -> "EligibleItems":
        """Return the eligible items of some of the users, by position."""
        if self.candidates is None or self.restricted is None:
            return EligibleItems(self.allowed, self.excluded.take(users))
        return EligibleItems(
            self.allowed, self.excluded.take(users), self.candidates.take(users), self.restricted[users]
        )

    def allow(self, items: BoolArray) -> "EligibleItems":
        """Return the eligible items, restricted to ``items`` for all users: (n_items,) bool."""
        return self._replace(allowed=items if self.allowed is None else self.allowed & items)

    def codes(self, n_items: int) -> IntArray | None:
        """Return codes that include every item eligible for at least one user; None for all items."""
        candidates = self.candidates if self.restricted is not None and np.all(self.restricted) else None
        if self.allowed is None and candidates is None:
            return None
        eligible = np.ones(n_items, dtype=np.bool_) if self.allowed is None else self.allowed
        if candidates is not None:
            is_candidate = np.zeros(n_items, dtype=np.bool_)
            is_candidate[candidates.codes] = True
            eligible = eligible & is_candidate
        codes: IntArray = np.flatnonzero(eligible)
        return codes

    def among(self, codes: IntArray, n_items: int) -> "EligibleItems":
        """Return the eligible items among the allowed items ``codes``, recoded to positions in ``codes``."""
        positions = np.full(n_items, -1, dtype=np.int32)
        positions[codes] = np.arange(len(codes), dtype=np.int32)
        candidates = None if self.candidates is None else self.candidates.recoded(positions)
        return EligibleItems(None, self.excluded.recoded(positions), candidates, self.restricted)

    def within(self, rows: Rows) -> "EligibleItems":
        """Return the eligible items that are also in the row of each user.

        Examples
        --------
        >>> rows = Rows.from_arrays([0, 2, 3], [4, 7, 4], ())
        >>> candidates = Rows.from_arrays([0, 1, 1], [7], ())
        >>> eligible = EligibleItems(None, Rows.empty(2), candidates, np.array([True, False]))
        >>> eligible.within(rows).candidates.codes.tolist()
        [7, 4]
        """
        if self.candidates is not None and self.restricted is not None:
            stride = 1 + max(rows.codes.max(initial=0), self.candidates.codes.max(initial=0))
            candidates = self.candidates.row_codes * stride + self.candidates.codes
            is_candidate = np.isin(rows.row_codes * stride + rows.codes, candidates)
            rows = rows.select(is_candidate | ~self.restricted[rows.row_codes])
        return self._replace(candidates=rows, restricted=np.ones(self.n_users, dtype=np.bool_))

    def select(self, scores: FloatArray, n: int, runner: Runner) -> Top:
        """Return the n best eligible items of each user; ties are ordered by code.

        Parameters
        ----------
        scores : (n_users, n_items) float32 array
            Scores without NaN; an item with −∞ is never selected. The array is overwritten.
        n : int
            Length of the lists, at most the number of items.
        runner : Runner
            Threads to use.
        """
        n_users, n_items = scores.shape
        if self.allowed is not None:
            scores[:, ~self.allowed] = -np.inf
        if self.candidates is not None:
            runner.rows(keep_cells, n_users, (*self.candidates[:2], self.restricted, scores))
        if len(self.excluded.codes):
            runner.rows(hide_cells, n_users, (*self.excluded[:2], scores))
        top = Top.empty(n_users, n)
        runner.rows(select_top, n_users, (scores, *top), costs=np.full(n_users, n_items))
        return top


class Eligibility:
    """The ``candidates`` and ``exclude`` arguments of a request, for all users or by user.

    In a request for the users of items, users and items change places.

    Parameters
    ----------
    items : IdIndex
        Items of the model.
    candidates : ids, or mapping of user ids to ids, optional
        The only items that may be recommended.
    exclude : ids, or mapping of user ids to ids, optional
        Items that may not be recommended; unknown ids are ignored.
    kind : {"item", "user"}
        Kind of the ids of ``items``.

    Raises
    ------
    UnknownIdError
        A candidate is unknown.
    ValueError
        A list is given in place of an id.
    """

    def __init__(self, items: IdIndex, candidates: Any = None, exclude: Any = None, kind: str = "item") -> None:
        self._items, self._kind = items, kind
        candidates, exclude = (
            labelled_mapping(ids) if holds_collections(ids) else ids for ids in (candidates, exclude)
        )
        self._candidates = candidates if isinstance(candidates, Mapping) else None
        self._exclude = exclude if isinstance(exclude, Mapping) else None
        self._allowed: BoolArray | None = None
        if candidates is not None and self._candidates is None:
            self._allowed = np.zeros(len(items), dtype=np.bool_)
            self._allowed[known_codes(items, as_id_list(candidates), kind)] = True
        if exclude is not None and self._exclude is None:
            ids = _check_ids("exclude", as_id_list(exclude))
            codes = items.codes(ids)
            _warn_of_another_type(items, ids, codes, kind)
            self._allowed = np.ones(len(items), dtype=np.bool_) if self._allowed is None else self._allowed
            self._allowed[codes[codes >= 0]] = False
        if self._allowed is not None and np.all(self._allowed):
            self._allowed = None

    def check_users(self, users: IdIndex, requested: Any) -> None:
        """Refuse a mapping without any known or requested user, since its keys must be wrong.

        Raises
        ------
        ValueError
            The message shows the keys.
        """
        requested = requested.tolist() if isinstance(requested, np.ndarray) else requested
        for name, given in (("candidates", self._candidates), ("exclude", self._exclude)):
            keys = list(given or ())
            if keys and np.all(users.codes(keys) < 0) and not set(keys).intersection(requested):
                row = "user" if self._kind == "item" else "item"
                raise ValueError(
                    f"{name}: none of its keys is a known or requested {row}: {first_few(keys)}; "
                    f"expected a mapping of {row} ids to {self._kind} ids"
                )

    def of_users(self, users: Any, seen: Rows | None) -> EligibleItems:
        """Return the eligible items of some users.

        Parameters
        ----------
        users : sequence of ids
        seen : Rows, optional
            Items to exclude for each user.
        """
        ids = users.tolist() if isinstance(users, np.ndarray) else users
        excluded = Rows.empty(len(ids)) if seen is None else seen
        if self._exclude is not None:
            excluded = excluded.joined(_code_rows(self._items, self._exclude, ids, None))
        if self._candidates is None:
            return EligibleItems(self._allowed, excluded)
        restricted = np.array([user in self._candidates for user in ids], dtype=np.bool_)
        candidates = _code_rows(self._items, self._candidates, ids, self._kind)
        return EligibleItems(self._allowed, excluded, candidates, restricted)


def excludes_seen(given: bool | None, default: bool) -> bool:
    """Return the argument ``exclude_seen`` of a request, or the default of the model.

    Raises
    ------
    ValueError
        It is not a boolean.
    """
    if given is None:
        return default
    if not isinstance(given, bool | np.bool_ | int) or given not in (0, 1):
        raise ValueError(f"exclude_seen={given!r}: expected True, False, or None for the default of the model")
    return bool(given)


def _warn_of_another_type(items: IdIndex, ids: Any, codes: CodeArray, kind: str) -> None:
    """Warn about excluded ids that are all unknown because they are text and the known ids numbers, or the reverse."""
    if len(ids) == 0 or len(items) == 0 or np.any(codes >= 0):
        return
    known, given = next(iter(items)), next(iter(ids))
    if isinstance(known, str) != isinstance(given, str):
        warnings.warn(
            f"exclude: none of the {len(ids)} id(s) is known, such as {given!r} of type {type(given).__name__}; the "
            f"{kind}s of the model have ids of type {type(known).__name__}, such as {known!r}, so nothing is excluded",
            stacklevel=levels_inside(),
        )


def _check_ids(name: str, ids: Any) -> Any:
    wrong = [key for key in ids if isinstance(key, list | dict | set)] if isinstance(ids, list) else []
    if wrong:
        raise ValueError(
            f"{name}: expected ids, got {first_few(wrong)}; give lists by user as a mapping of user ids to lists"
        )
    return ids


def _code_rows(items: IdIndex, lists: Mapping[Any, Any], users: Iterable[Any], required: str | None) -> Rows:
    """Return the item codes that a mapping holds for each user, as rows without values.

    Unknown ids raise an error that calls them by ``required``; if it is None, they are ignored.
    """
    rows = (lists.get(user, []) for user in users)
    parts = [list(row if isinstance(row, Mapping) else as_id_list(row)) for row in rows]
    ids = _check_ids("lists of items", [key for part in parts for key in part])
    codes = codes_if_known(items, ids, "excluded") if required is None else known_codes(items, ids, required)
    row_codes = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return Rows.from_row_codes(row_codes[codes >= 0], codes[codes >= 0], len(parts))
