"""Rules: which items may be recommended to whom, and the best of those that may."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from recokit._histories import Histories
from recokit._id_index import IdIndex
from recokit._threads import for_rows
from recokit._typing import BoolArray, CodeArray, FloatArray, IntArray
from recokit._validation import as_id_list, known_codes
from recokit.exceptions import first_few
from recokit.kernels.selection import hide_cells, keep_cells, select_top

__all__ = ["Choice", "Rules", "Top"]


class Top(NamedTuple):
    """The lists of several people, in codes.

    Attributes
    ----------
    item_codes : (n_people, n) int32 array
        Best first; −1 beyond the count.
    scores : (n_people, n) float32 array
        NaN beyond the count.
    counts : (n_people,) int32 array
    """

    item_codes: CodeArray
    scores: FloatArray
    counts: CodeArray

    @classmethod
    def empty(cls, n_people: int, n: int) -> "Top":
        """Return room for the lists."""
        shape = n_people, n
        return cls(np.empty(shape, np.int32), np.empty(shape, np.float32), np.empty(n_people, np.int32))

    @classmethod
    def nothing(cls, n_people: int, n: int) -> "Top":
        """Return empty lists."""
        shape = n_people, n
        return cls(np.full(shape, -1, np.int32), np.full(shape, np.nan, np.float32), np.zeros(n_people, np.int32))

    def put(self, rows: IntArray, lists: "Top") -> None:
        """Take over the lists of some people, whose positions here are given."""
        for mine, theirs in zip(self, lists, strict=True):
            mine[rows] = theirs


class Rules:
    """The ``candidates`` and ``exclude`` of a request, for all users or by user.

    Parameters
    ----------
    items : IdIndex
        The model's items.
    candidates : ids, or mapping of user ids to ids, optional
        What alone may be recommended.
    exclude : ids, or mapping of user ids to ids, optional
        What may not; unknown ids are no error.

    Raises
    ------
    UnknownIdError
        A candidate is unknown.
    ValueError
        An id is no id.
    """

    def __init__(self, items: IdIndex, candidates: Any = None, exclude: Any = None) -> None:
        self._items = items
        self._candidates = candidates if isinstance(candidates, Mapping) else None
        self._exclude = exclude if isinstance(exclude, Mapping) else None
        self._allowed: BoolArray = np.ones(len(items), dtype=np.bool_)
        if candidates is not None and self._candidates is None:
            self._allowed[:] = False
            self._allowed[known_codes(items, as_id_list(candidates), "item")] = True
        if exclude is not None and self._exclude is None:
            codes = items.codes(_hashable("exclude", as_id_list(exclude)))
            self._allowed[codes[codes >= 0]] = False
        self._allow_all = bool(np.all(self._allowed))

    def check_people(self, users: IdIndex, people: Any) -> None:
        """Refuse a mapping that has nobody who is known or asked for, which is a mistake in its keys.

        Raises
        ------
        ValueError
            The message shows the keys.
        """
        asked = people.tolist() if isinstance(people, np.ndarray) else people
        for name, given in (("candidates", self._candidates), ("exclude", self._exclude)):
            keys = list(given or ())
            if keys and np.all(users.codes(keys) < 0) and not set(keys).intersection(asked):
                raise ValueError(f"{name}: none of its users is known or asked for; they are {first_few(keys)}")

    def choice(self, people: Any, seen: Histories | None) -> "Choice":
        """Return what may be listed for some people.

        Parameters
        ----------
        people : sequence of ids
        seen : Histories, optional
            Items of each person to leave out.
        """
        ids = people.tolist() if isinstance(people, np.ndarray) else people
        hidden = _no_lists(len(ids)) if seen is None else (seen.indptr, seen.item_codes)
        if self._exclude is not None:
            hidden = _joined(hidden, _code_lists(self._items, self._exclude, ids, unknown_allowed=True))
        kept = None
        if self._candidates is not None:
            given = np.array([person in self._candidates for person in ids], dtype=np.bool_)
            kept = (given, *_code_lists(self._items, self._candidates, ids, unknown_allowed=False))
        return Choice(None if self._allow_all else self._allowed, hidden, kept)


class Choice(NamedTuple):
    """What may be listed for each of several people.

    Attributes
    ----------
    allowed : (n_items,) bool array, optional
        The items that may be listed for anybody; all, where there is none.
    hidden : (indptr, item_codes)
        The items that may not be listed for each person: (n_people + 1,) int64 and (n,) int32 arrays. In any order,
        and perhaps more than once.
    kept : (given, indptr, item_codes), optional
        The items that alone may be listed, for those people who have such a list: a (n_people,) bool array tells who.
    """

    allowed: BoolArray | None
    hidden: tuple[IntArray, CodeArray]
    kept: tuple[BoolArray, IntArray, CodeArray] | None

    @property
    def n_people(self) -> int:
        """Number of people."""
        return len(self.hidden[0]) - 1

    def rows(self, codes: Any) -> "Choice":
        """Return the choice of some of the people, by their position."""
        hidden = _rows(self.hidden, codes)
        kept = None if self.kept is None else (self.kept[0][codes], *_rows(self.kept[1:], codes))
        return Choice(self.allowed, hidden, kept)

    def listable(self, n_items: int) -> IntArray | None:
        """Return the codes of the items that may be listed for somebody, as far as is known; None for all."""
        if self.allowed is None and (self.kept is None or not np.all(self.kept[0])):
            return None
        listable = np.ones(n_items, dtype=np.bool_) if self.allowed is None else self.allowed
        if self.kept is not None and np.all(self.kept[0]):
            anybody = np.zeros(n_items, dtype=np.bool_)
            anybody[self.kept[2]] = True
            listable = listable & anybody
        codes: IntArray = np.flatnonzero(listable)
        return codes

    def over(self, codes: IntArray, n_items: int) -> "Choice":
        """Return the choice among these of the items that may be listed, which are numbered by their place."""
        places = np.full(n_items, -1, dtype=np.int32)
        places[codes] = np.arange(len(codes), dtype=np.int32)
        kept = None if self.kept is None else (self.kept[0], *_renumbered(self.kept[1:], places))
        return Choice(None, _renumbered(self.hidden, places), kept)

    def select(self, scores: FloatArray, n: int, n_threads: int) -> Top:
        """Return the n best items of each person that may be listed, equal ones in order of code.

        Parameters
        ----------
        scores : (n_people, n_items) float32 array
            Without NaN; −∞ is never chosen. Overwritten.
        n : int
            Length of the lists, at most the number of items.
        n_threads : int
            Threads to use.
        """
        n_people, n_items = scores.shape
        if self.allowed is not None:
            scores[:, ~self.allowed] = -np.inf
        if self.kept is not None:
            given, indptr, item_codes = self.kept
            for_rows(keep_cells, n_people, (indptr, item_codes, given, scores), n_threads=n_threads)
        for_rows(hide_cells, n_people, (*self.hidden, scores), n_threads=n_threads)
        top = Top.empty(n_people, n)
        for_rows(select_top, n_people, (scores, *top), n_threads=n_threads, costs=np.full(n_people, n_items))
        return top


def _no_lists(n_people: int) -> tuple[IntArray, CodeArray]:
    return np.zeros(n_people + 1, dtype=np.int64), np.empty(0, dtype=np.int32)


def _rows(lists: tuple[IntArray, CodeArray], codes: Any) -> tuple[IntArray, CodeArray]:
    indptr, item_codes = lists
    rows = Histories(indptr, item_codes, np.broadcast_to(np.float32(1), len(item_codes))).rows(np.asarray(codes))
    return rows.indptr, rows.item_codes


def _renumbered(lists: tuple[IntArray, CodeArray], places: CodeArray) -> tuple[IntArray, CodeArray]:
    """Return the lists in other codes, without what has none."""
    indptr, item_codes = lists
    found = places[item_codes]
    return np.concatenate([[0], np.cumsum(found >= 0)])[indptr], found[found >= 0]


def _joined(first: tuple[IntArray, CodeArray], second: tuple[IntArray, CodeArray]) -> tuple[IntArray, CodeArray]:
    """Return the lists of both for each person."""
    people = [np.repeat(np.arange(len(indptr) - 1), np.diff(indptr)) for indptr, _ in (first, second)]
    order = np.argsort(np.concatenate(people), kind="stable")
    item_codes: CodeArray = np.concatenate([first[1], second[1]])[order]
    return first[0] + second[0], item_codes


def _hashable(name: str, ids: Any) -> Any:
    wrong = [key for key in ids if isinstance(key, list | dict | set)] if isinstance(ids, list) else []
    if wrong:
        raise ValueError(f"{name}: {first_few(wrong)} is no id; lists for each user go into a mapping of user to ids")
    return ids


def _code_lists(
    items: IdIndex, lists: Mapping[Any, Any], people: Iterable[Any], *, unknown_allowed: bool
) -> tuple[IntArray, CodeArray]:
    """Return the item codes that a mapping gives for each person, as compressed rows."""
    parts = [list(as_id_list(lists.get(person, []))) for person in people]
    ids = _hashable("lists of items", [key for part in parts for key in part])
    codes = items.codes(ids) if unknown_allowed else known_codes(items, ids, "item")
    rows = np.repeat(np.arange(len(parts)), [len(part) for part in parts])[codes >= 0]
    counts = np.bincount(rows, minlength=len(parts))
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), codes[codes >= 0]
