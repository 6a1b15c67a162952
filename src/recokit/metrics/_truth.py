"""The relevant items of each user, read from every accepted form of a test set."""

from collections.abc import Mapping, Set
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from recokit._runtime.arguments import check_number
from recokit._typing import BoolArray, FloatArray
from recokit.data._columns import to_numbers
from recokit.data._events import read_events
from recokit.data._frames import is_frame, is_table
from recokit.data._keyed import lists_by_user
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows, bounds_from_lengths
from recokit.exceptions import DataError, first_few
from recokit.metrics._lists import read_collections

__all__ = ["Truth"]

_MAX_EXPONENT = 1000  # 2**1024 overflows float64; the margin allows for a sum of eight million gains


class Truth(NamedTuple):
    """The relevant items of each user.

    Attributes
    ----------
    users, items : IdIndex
    rows : Rows
        Items of each user, distinct, with times if they are known.
    values : (n,) float64 array
        Value of each cell of ``rows``, in double precision.
    has_values : bool
        False for a frame without a column of values.
    """

    users: IdIndex
    items: IdIndex
    rows: Rows
    values: FloatArray
    has_values: bool = True

    @classmethod
    def from_input(cls, test: Any, n_lists: int | None, threshold: float | None) -> "Truth":
        """Return the relevant items of a test set.

        Parameters
        ----------
        test : Interactions, sparse matrix, pairs, frame, mapping, or sequence of collections of ids
            A frame, or a mapping of its columns, has the columns user_id and item_id, and optionally rating or value,
            and timestamp. Any other mapping, or a pandas Series, contains the items of each user, a sequence the items
            of the users 0 … n − 1: collections of ids, or mappings of ids to values.
        n_lists : int, optional
            Number of lists without user ids, which must be the length of a sequence. None if the lists have user ids.
        threshold : float, optional
            Lowest value of a relevant item; by default all items are relevant.

        Raises
        ------
        DataError
            The data are invalid or ambiguous.
        """
        if test is None:
            raise DataError("test: expected Interactions, a frame, a mapping of users to items, or pairs, got None")
        truth = cls._from_any(lists_by_user(test, "test"), n_lists)
        if threshold is not None:
            check_number(threshold, "threshold")
            truth._check_has_values(f"threshold={threshold}")
            truth = truth.select(truth.values >= truth.values.dtype.type(threshold))  # in the precision of the values
        return truth._replace(values=truth.values.astype(np.float64))

    @classmethod
    def _from_any(cls, test: Any, n_lists: int | None) -> "Truth":
        if isinstance(test, Mapping) and not is_table(test):
            users = IdIndex(list(test), name="test users")
            return cls._from_collections(users, read_collections(list(test.values()), "test"))
        if isinstance(test, Interactions) or hasattr(test, "tocsr") or is_frame(test) or is_table(test):
            return cls._from_events(test)
        if n_lists is None:
            _refuse_collections(test)
            return cls._from_events(test)
        rows = read_collections(test, "test")
        if _may_be_pairs(test, rows):
            raise DataError(
                f"test: {len(rows)} rows of two ids are ambiguous: they are either (user, item) pairs or two relevant "
                "items of each user; pass pairs as Interactions or a frame, and items as lists or as a mapping of "
                "users to items"
            )
        if len(rows) != n_lists:
            raise DataError(f"test: {len(rows)} collections of relevant items for {n_lists} lists")
        return cls._from_collections(IdIndex.from_range(n_lists), rows)

    @classmethod
    def _from_events(cls, test: Any) -> "Truth":
        data, values, has_values = read_events(test, "test")
        rows = Rows.from_arrays(data.indptr, data.item_codes, (), data.timestamps)
        return cls(data.users, data.items, rows, values, has_values)

    @classmethod
    def _from_collections(cls, users: IdIndex, collections: list[Any]) -> "Truth":
        valued = [row if isinstance(row, Mapping) else dict.fromkeys(_ids(row), 1.0) for row in collections]
        items, item_codes = IdIndex.factorize(list(chain.from_iterable(valued)), "test items")
        values = to_numbers(list(chain.from_iterable(row.values() for row in valued)), "test")
        indptr = bounds_from_lengths(np.array([len(row) for row in valued], dtype=np.int64))
        return cls(users, items, Rows.from_arrays(indptr, item_codes, ()), values)

    def select(self, mask: BoolArray) -> "Truth":
        """Return the relevant items selected by a mask of the cells, over the same users and items."""
        return self._replace(rows=self.rows.select(mask), values=self.values[mask])

    def _check_has_values(self, purpose: str) -> None:
        """Raise a `DataError` for a frame without values, for which 1 would be a guess."""
        if not self.has_values:
            raise DataError(f"test: {purpose} needs values, but the frame has no column rating or value")

    def check_gains(self, gains: Set[str | None]) -> None:
        """Check that the values can be used as gains.

        Parameters
        ----------
        gains : set of {"binary", "linear", "exponential", "value", None}
            Gains of the hits; "value" is the test value itself, which may be negative.

        Raises
        ------
        DataError
            There are no values, a value is negative, or an exponential gain would overflow.
        """
        if gains & {"linear", "exponential", "value"}:
            self._check_has_values("a gain from the test values")
        if "exponential" in gains and self.values.max(initial=0) > _MAX_EXPONENT:
            raise DataError(
                f"test: gain='exponential' of the largest value, 2**{self.values.max():g} − 1, overflows: expected "
                f"values of at most {_MAX_EXPONENT}; use gain='linear' or another scale"
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
    """Return True if the rows look like pairs: tuples of two ids, or an array of two columns."""
    if isinstance(test, np.ndarray):
        return test.ndim == 2 and test.shape[1] == 2
    return len(rows) > 0 and all(isinstance(row, tuple) and len(row) == 2 for row in rows)


def _refuse_collections(test: Any) -> None:
    """Raise a `DataError` for a sequence of collections without user ids, if the lists have user ids."""
    if isinstance(test, list | tuple) and any(isinstance(row, list | Set | Mapping) for row in test):
        raise DataError(
            "test: a sequence of collections without user ids, for lists with user ids; pass a mapping of users to "
            "items, or (user, item) pairs as tuples or as an array of two columns"
        )
