"""Removal of users from data, and of the items that only these users had."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self, cast

import numpy as np

from recokit._typing import AnyArray, BoolArray, CodeArray, IntArray
from recokit.data._id_lists import as_id_list, codes_if_known, known_codes
from recokit.data.rows import Rows

if TYPE_CHECKING:
    from recokit.data.interactions import Interactions

__all__ = ["CellsByUser", "ForgetsUsers", "KeptItems", "OnUnknownUser", "check_on_unknown"]

OnUnknownUser = Literal["raise", "ignore"]


def check_on_unknown(on_unknown: Any) -> None:
    """Refuse a value of ``on_unknown`` that is not defined."""
    if on_unknown not in ("raise", "ignore"):
        raise ValueError(f"on_unknown={on_unknown!r}: expected 'raise' or 'ignore'")


class KeptItems(NamedTuple):
    """The items that remain after the removal of users.

    Attributes
    ----------
    codes : (n_kept,) int64 array
        Codes of these items before the removal, ascending.
    new_codes : (n_items,) int32 array
        The code of each item after the removal, −1 for items that go.
    """

    codes: IntArray
    new_codes: CodeArray

    @classmethod
    def of(
        cls,
        before: AnyArray,
        after: AnyArray,
        n_items: int,
        held_before: BoolArray | None = None,
        held_after: BoolArray | None = None,
    ) -> "KeptItems":
        """Return the items that stay, which are all except items that lose their last user.

        Parameters
        ----------
        before, after : integer arrays
            Item of each interaction before and after the removal.
        n_items : int
        held_before, held_after : (n_items,) bool arrays, optional
            Items that side information, such as a catalogue, holds before and after the removal. They count as used.
        """
        had, has = (np.bincount(codes, minlength=n_items) > 0 for codes in (before, after))
        if held_before is not None and held_after is not None:
            had, has = had | held_before, has | held_after
        stays = has | ~had
        codes = np.flatnonzero(stays)
        new_codes = np.full(n_items, -1, dtype=np.int32)
        new_codes[codes] = np.arange(len(codes), dtype=np.int32)
        return cls(codes, new_codes)


class ForgetsUsers:
    """Base class of data by user that can be copied without some of the users."""

    def forget(self, users: Any, *, on_unknown: OnUnknownUser = "raise") -> Self:
        """Return the data without some users, and without the items that only these users had.

        Items that no user had before stay. The result equals the data that were created without the users.

        Parameters
        ----------
        users : array-like of ids, or one id
        on_unknown : {"raise", "ignore"}
            Treatment of users who are not in the data.

        Raises
        ------
        UnknownIdError
            A user is unknown and ``on_unknown="raise"``.
        """
        check_on_unknown(on_unknown)
        ids, index = as_id_list(users), vars(self)["users"]
        codes = known_codes(index, ids, "user") if on_unknown == "raise" else codes_if_known(index, ids, "user")
        return self._without_users(np.unique(codes[codes >= 0]))

    def _without_users(self, user_codes: AnyArray) -> Self:
        """Return the data without the users with these distinct codes."""
        raise NotImplementedError


class CellsByUser(ForgetsUsers):
    """The removal of users from `Interactions`."""

    def _without_users(
        self, user_codes: AnyArray, held_before: BoolArray | None = None, held_after: BoolArray | None = None
    ) -> Self:
        """Return the interactions without some users; the masks are those of `KeptItems.of`."""
        data = cast("Interactions", self)
        kept = np.delete(np.arange(data.n_users), user_codes)
        rows = Rows.from_arrays(data.indptr, data.item_codes, data.values, data.timestamps).take(kept)
        items = KeptItems.of(data.item_codes, rows.codes, data.n_items, held_before, held_after)
        cells = rows.recoded(items.new_codes)
        made = replace(
            data,
            users=data.users.select(kept),
            items=data.items.select(items.codes),
            indptr=cells.indptr,
            item_codes=cells.codes,
            values=cells.values,
            timestamps=cells.times,
        )
        return cast("Self", made)
