"""The memory of a search for the neighbours of all rows."""

from typing import NamedTuple

import numpy as np

from recokit._typing import IntArray
from recokit.base._memory import MemoryPlan, walks_of
from recokit.data.interactions import Interactions
from recokit.data.rows import bounds_from_lengths
from recokit.neighbors._all_pairs import MAX_BIT_BYTES, MAX_LONG_BYTES, MAX_LONG_PRODUCTS, N_LONG_OPTIONS, plan_bits

__all__ = ["SearchPlan"]


class SearchPlan(NamedTuple):
    """A search for neighbours, as far as its memory depends on it.

    Attributes
    ----------
    data : Interactions
    rows_are_users : bool
        Whether users are compared, or items.
    values : float
        Bytes of the transformed values, 0 if the interactions are compared as they are.
    method : {"counts", "products", "plain"}
        Fast search by counts of common columns, fast search by inner products, or the search for any similarity.
    """

    data: Interactions
    rows_are_users: bool
    values: float
    method: str

    @property
    def n_rows(self) -> int:
        """Number of compared rows."""
        return self.data.n_users if self.rows_are_users else self.data.n_items

    @property
    def n(self) -> int:
        """Number of cells."""
        return self.data.n_interactions

    def width(self, k: int) -> int:
        """Return the upper bound of `SimilarityIndex.width` for all rows, at most k and at least 1."""
        lengths, walks = walks_of(self.data, users=self.rows_are_users)
        return max(1, min(k, self.n_rows - 1, int((walks - lengths).max(initial=1))))

    def keep_arrays(self, plan: MemoryPlan, *, with_columns: bool) -> None:
        """Add the values by row, and by column if the search or the model reads them."""
        plan.keep("values by row", self.values + 24.0 * self.n_rows)
        if with_columns or self.method == "plain":
            plan.keep("values by column", self.values)

    def working_bytes(self, k: int, n_threads: int, *, quick: bool) -> float:
        """Return the bytes that the search for k neighbours needs beside its result."""
        n_columns = self.data.n_items if self.rows_are_users else self.data.n_users
        ranks = (2.0 if self.n_rows <= 2**16 else 4.0) * self.n + 48.0 * self.n_rows + 80.0 * n_columns
        if self.method == "plain":
            return n_threads * 60.0 * self.n_rows + 24.0 * self.n_rows
        if self.method == "products":
            n_long = min(MAX_LONG_PRODUCTS, self.n_rows, max(1, MAX_LONG_BYTES // (8 * k)))
            return ranks + 4.0 * self.n + n_threads * (8.0 * n_long * k + 50.0 * self.n_rows)
        n_long, bits = self._long_rows() if not quick else (min(N_LONG_OPTIONS[-1], self.n_rows), MAX_BIT_BYTES)
        heaps = n_threads * (8.0 * n_long * k + 20.0 * self.n_rows)
        return ranks + max(bits + 4.0 * n_long**2, heaps)

    def _long_rows(self) -> tuple[int, float]:
        """Return the number of rows whose cells are counted in bits, and the bytes of the bits."""
        rows, columns = self.data.user_codes, self.data.item_codes
        if not self.rows_are_users:
            rows, columns = columns, rows
        lengths, n_cells = np.bincount(rows, minlength=self.n_rows), np.bincount(columns)
        order = np.argsort(-lengths, kind="stable")
        ranks = np.empty(self.n_rows, dtype=np.int32)
        ranks[order] = np.arange(self.n_rows)
        of_cells = ranks[rows]
        costs = walks_of(self.data, users=self.rows_are_users)[1]

        def count(n_long: int) -> IntArray:
            numbers: IntArray = np.bincount(columns[of_cells < n_long], minlength=len(n_cells))
            return numbers

        found = plan_bits(costs[order], lengths[order], bounds_from_lengths(n_cells), count)
        return found.n_long, found.n_long * len(found.bit_columns) / 8
