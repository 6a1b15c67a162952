"""The memory of a search for the neighbours of all rows."""

from typing import NamedTuple

from recokit.base._memory import MemoryPlan

__all__ = ["SearchPlan"]

_LONG_ROWS, _HEAP_BYTES, _LONG_PRODUCTS = 4096, 2**24, 2048  # limits of the fast searches
_BIT_BYTES = 2**26


class SearchPlan(NamedTuple):
    """A search for neighbours, as far as its memory depends on it.

    Attributes
    ----------
    n_rows, n_columns, n : int
        Numbers of compared rows, of columns, and of cells.
    values : float
        Bytes of the transformed values, 0 if the interactions are compared as they are.
    method : {"counts", "products", "plain"}
        Fast search by counts of common columns, fast search by inner products, or the search for any similarity.
    """

    n_rows: int
    n_columns: int
    n: int
    values: float
    method: str

    def keep_arrays(self, plan: MemoryPlan, *, with_columns: bool) -> None:
        """Add the values by row, and by column if the search or the model reads them."""
        plan.keep("values by row", self.values + 24.0 * self.n_rows)
        if with_columns or self.method == "plain":
            plan.keep("values by column", self.values)

    def working_bytes(self, k: int, n_threads: int) -> float:
        """Return the bytes that the search for k neighbours needs beside its result."""
        ranks = (2.0 if self.n_rows <= 2**16 else 4.0) * self.n + 48.0 * self.n_rows
        if self.method == "plain":
            return n_threads * 60.0 * self.n_rows + 24.0 * self.n_rows
        if self.method == "products":
            n_long = min(_LONG_PRODUCTS, self.n_rows, max(1, _HEAP_BYTES // (8 * k)))
            return ranks + 4.0 * self.n + n_threads * (8.0 * n_long * k + 50.0 * self.n_rows)
        n_long = min(_LONG_ROWS, self.n_rows)
        bits = min(_BIT_BYTES, n_long * self.n_columns / 8)
        return ranks + max(bits, n_threads * (8.0 * n_long * k + 20.0 * self.n_rows)) + 4.0 * n_long**2
