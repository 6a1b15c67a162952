"""The relevant items of each user, in whatever form, as compressed rows."""

from collections.abc import Mapping, Set
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from recokit._frames import is_frame
from recokit._typing import CodeArray, FloatArray, IntArray
from recokit._validation import as_interactions
from recokit.exceptions import DataError, first_few
from recokit.interactions import IdIndex, Interactions
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
    values : (nnz,) float32 array
        How relevant they are.
    """

    users: IdIndex
    items: IdIndex
    indptr: IntArray
    item_codes: CodeArray
    values: FloatArray

    @classmethod
    def of(cls, test: Any, n_lists: int | None, threshold: float | None) -> "Truth":
        """Return the relevant items of a test set.

        Parameters
        ----------
        test : Interactions, what makes them, mapping, or sequence of collections of ids
            A frame has the columns user_id and item_id, and may have rating; a mapping gives the items of each user,
            a sequence those of the users 0 … n − 1: collections of ids, or mappings of ids to values.
        n_lists : int, optional
            Number of lists without user ids, which a sequence must match. None: the lists name their users.
        threshold : float, optional
            Lowest value of a relevant item; all items by default.

        Raises
        ------
        DataError
            The data cannot be used.
        """
        return cls._of_any(test, n_lists)._from_threshold(threshold)

    @classmethod
    def _of_any(cls, test: Any, n_lists: int | None) -> "Truth":
        if is_frame(test):
            names = test.column_names if hasattr(test, "column_names") else test.columns
            test = Interactions.from_frame(test, rating="rating" if "rating" in names else None)
        if isinstance(test, Mapping):
            return cls._of_collections(
                IdIndex(list(test), name="test users"), as_collections(list(test.values()), "test")
            )
        if n_lists is None or isinstance(test, Interactions) or hasattr(test, "tocsr"):
            data = as_interactions(test, None, "auto")
            return cls(data.users, data.items, data.indptr, data.item_codes, data.values)
        rows = as_collections(test, "test")
        if len(rows) != n_lists:
            raise DataError(f"test: {len(rows)} collections of relevant items for {n_lists} lists")
        return cls._of_collections(IdIndex.from_range(n_lists), rows)

    @classmethod
    def _of_collections(cls, users: IdIndex, rows: list[Any]) -> "Truth":
        valued = [row if isinstance(row, Mapping) else dict.fromkeys(_ids(row), 1.0) for row in rows]
        items, item_codes = IdIndex.factorize(list(chain.from_iterable(valued)), "test items")
        values = np.fromiter(chain.from_iterable(row.values() for row in valued), np.float32, len(item_codes))
        if not np.all(np.isfinite(values)):
            raise DataError(f"test: {np.count_nonzero(~np.isfinite(values))} value(s) are NaN or infinite")
        indptr = np.cumsum([0, *(len(row) for row in valued)], dtype=np.int64)
        return cls(users, items, indptr, item_codes, values)

    def _from_threshold(self, threshold: float | None) -> "Truth":
        if threshold is None:
            return self
        kept = self.values >= threshold
        indptr = np.concatenate([[0], np.cumsum(kept)])[self.indptr]
        return self._replace(indptr=indptr, item_codes=self.item_codes[kept], values=self.values[kept])

    def check_gains(self, gains: Set[str | None]) -> None:
        """Refuse values that cannot be gains.

        Parameters
        ----------
        gains : set of {"binary", "linear", "exponential", None}
            What hits are to gain.

        Raises
        ------
        DataError
            Some are negative, or so high that their exponential gains overflow.
        """
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
