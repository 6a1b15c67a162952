"""The relevant items of each user, in whatever form, as compressed rows."""

from collections.abc import Mapping, Set
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from recokit._typing import AnyArray, BoolArray, CodeArray, FloatArray, IntArray
from recokit.data._columns import to_numbers
from recokit.data._events import events_of
from recokit.data._frames import is_frame
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError, first_few
from recokit.metrics._lists import as_collections

__all__ = ["Truth"]

_HIGHEST_EXPONENT = 1000  # 2**1024 overflows float64; the rest is room for the sum of eight million gains


class Truth(NamedTuple):
    """Relevant items.

    Attributes
    ----------
    users, items : IdIndex
    indptr : (n_users + 1,) int64 array
        Where each user's items begin.
    item_codes : (nnz,) int32 array
        Items of each user, none twice.
    values : (nnz,) float64 array
        How relevant they are.
    times : (nnz,) array, optional
        When they were taken.
    has_values : bool
        Whether a frame, which could have values, does.
    """

    users: IdIndex
    items: IdIndex
    indptr: IntArray
    item_codes: CodeArray
    values: FloatArray
    times: AnyArray | None = None
    has_values: bool = True

    @classmethod
    def of(cls, test: Any, n_lists: int | None, threshold: float | None) -> "Truth":
        """Return the relevant items of a test set.

        Parameters
        ----------
        test : Interactions, what makes them, mapping, or sequence of collections of ids
            A frame has the columns user_id and item_id, and may have rating or value, and timestamp; a mapping gives
            the items of each user, a sequence those of the users 0 … n − 1: collections of ids, or mappings of ids to
            values.
        n_lists : int, optional
            Number of lists without user ids, which a sequence must match. None: the lists name their users.
        threshold : float, optional
            Lowest value of a relevant item; all items by default.

        Raises
        ------
        DataError
            The data cannot be used, or can be read in two ways.
        """
        truth = cls._of_any(test, n_lists)
        if threshold is not None:
            truth._check_values(f"threshold={threshold}")
            truth = truth._select(truth.values >= truth.values.dtype.type(threshold))  # in the precision of the values
        return truth._replace(values=truth.values.astype(np.float64))

    @classmethod
    def _of_any(cls, test: Any, n_lists: int | None) -> "Truth":
        if isinstance(test, Mapping):
            users = IdIndex(list(test), name="test users")
            return cls._of_collections(users, as_collections(list(test.values()), "test"))
        if isinstance(test, Interactions) or hasattr(test, "tocsr") or is_frame(test):
            return cls._of_events(test)
        if n_lists is None:
            _refuse_collections(test)
            return cls._of_events(test)
        rows = as_collections(test, "test")
        if _may_be_pairs(test, rows):
            raise DataError(
                f"test: {len(rows)} rows of two ids, which may be (user, item) pairs or two relevant items of each "
                "user; give pairs as Interactions or a frame, and items as lists or as a mapping of users to items"
            )
        if len(rows) != n_lists:
            raise DataError(f"test: {len(rows)} collections of relevant items for {n_lists} lists")
        return cls._of_collections(IdIndex.from_range(n_lists), rows)

    @classmethod
    def _of_events(cls, test: Any) -> "Truth":
        data, values, has_values = events_of(test, "test")
        return cls(data.users, data.items, data.indptr, data.item_codes, values, data.timestamps, has_values)

    @classmethod
    def _of_collections(cls, users: IdIndex, rows: list[Any]) -> "Truth":
        valued = [row if isinstance(row, Mapping) else dict.fromkeys(_ids(row), 1.0) for row in rows]
        items, item_codes = IdIndex.factorize(list(chain.from_iterable(valued)), "test items")
        values = to_numbers(list(chain.from_iterable(row.values() for row in valued)), "test")
        indptr = np.cumsum([0, *(len(row) for row in valued)], dtype=np.int64)
        return cls(users, items, indptr, item_codes, values)

    def _select(self, kept: BoolArray) -> "Truth":
        indptr = np.concatenate([[0], np.cumsum(kept)])[self.indptr]
        times = None if self.times is None else self.times[kept]
        return self._replace(indptr=indptr, item_codes=self.item_codes[kept], values=self.values[kept], times=times)

    def _check_values(self, asked: str) -> None:
        """Refuse to make up values that a frame could have and has not."""
        if not self.has_values:
            raise DataError(f"test: {asked} needs values, and the frame has no column rating or value")

    def check_gains(self, gains: Set[str | None]) -> None:
        """Refuse values that cannot be gains.

        Parameters
        ----------
        gains : set of {"binary", "linear", "exponential", "worth", None}
            What hits are to gain; "worth" is the value as it is, negative or not.

        Raises
        ------
        DataError
            There are none, some are negative, or so high that their exponential gains overflow.
        """
        if gains & {"linear", "exponential", "worth"}:
            self._check_values("what is to be gained")
        if "exponential" in gains and self.values.max(initial=0) > _HIGHEST_EXPONENT:
            raise DataError(
                f"test: gain='exponential' of the largest value, 2**{self.values.max():g} − 1, is no finite number: "
                f"expected values of at most {_HIGHEST_EXPONENT}; use gain='linear' or another scale"
            )
        negative = self.values[self.values < 0]
        if len(negative) and gains & {"linear", "exponential"}:
            raise DataError(
                f"test: {len(negative)} negative value(s), {first_few(negative)}, which cannot be gains: "
                "use gain='binary' or a threshold"
            )


def _ids(row: Any) -> list[Any]:
    ids: list[Any] = row.tolist() if hasattr(row, "tolist") else list(row)
    return ids


def _may_be_pairs(test: Any, rows: list[Any]) -> bool:
    """Tell whether the rows are written as pairs are: as tuples, or as an array of two columns."""
    if isinstance(test, np.ndarray):
        return test.ndim == 2 and test.shape[1] == 2
    return len(rows) > 0 and all(isinstance(row, tuple) and len(row) == 2 for row in rows)


def _refuse_collections(test: Any) -> None:
    """Refuse rows that are not written as pairs are, where lists name their users."""
    if isinstance(test, list | tuple) and any(isinstance(row, list | Set | Mapping) for row in test):
        raise DataError(
            "test: a sequence of collections, which do not say whose they are, for lists that name their users; give "
            "a mapping of users to items, or (user, item) pairs as tuples or as an array of two columns"
        )
