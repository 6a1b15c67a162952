"""How much each interaction counts: less when it is old, less when its user has many."""

import warnings
from typing import NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, FloatArray
from recokit.data._weights import decays
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows, read_only

__all__ = ["CellWeights", "decay_weights", "decayed", "user_weights"]


class CellWeights(NamedTuple):
    """A weight of each cell, by row and by column.

    Attributes
    ----------
    by_row, by_column : (n,) float32 arrays
        Aligned with the cells.
    n_columns : float
        Number of columns, or the sum of their weights.
    """

    by_row: FloatArray
    by_column: FloatArray
    n_columns: float

    def times(self, other: "CellWeights | None") -> "CellWeights":
        """Return the products of the weights of both."""
        if other is None:
            return self
        n_columns = min(self.n_columns, other.n_columns)
        return CellWeights(self.by_row * other.by_row, self.by_column * other.by_column, n_columns)


def decay_weights(data: Interactions, half_life: float, *, rows_are_users: bool, runner: Runner) -> CellWeights:
    """Return 2^(−age / half_life) of each interaction; warn where nothing is left of most.

    Raises
    ------
    DataError
        The interactions have no timestamps.
    """
    left = decays(data, half_life)
    gone = np.count_nonzero(left.astype(np.float32) == 0)
    if 2 * gone > len(left):
        warnings.warn(
            f"half_life={half_life:g} leaves nothing of {gone:,} of {len(left):,} interactions: it is in the unit of "
            "the timestamps, which is days only where these are datetime64",
            stacklevel=5,
        )
    return _of(data, left, data.n_items if rows_are_users else data.n_users, rows_are_users, runner)


def user_weights(data: Interactions, exponent: float, *, runner: Runner) -> CellWeights:
    """Return, for items as rows, n^(−exponent / 2) for the interactions of users who have n: the square root of w_u."""
    lengths = np.maximum(np.diff(data.indptr), 1).astype(np.float64)
    weights = lengths**-exponent
    of_cells = np.repeat(np.sqrt(weights).astype(np.float32), np.diff(data.indptr))
    return _of(data, of_cells, float(weights.sum()), False, runner)


def _of(data: Interactions, weights: AnyArray, n_columns: float, rows_are_users: bool, runner: Runner) -> CellWeights:
    by_user = weights.astype(np.float32, copy=False)
    by_item = data.rows.with_values(by_user).transposed(data.n_items, runner).values
    by_row, by_column = (by_user, by_item) if rows_are_users else (by_item, by_user)
    return CellWeights(read_only(by_row), read_only(by_column), n_columns)


def decayed(cells: Rows, weights: FloatArray | None) -> Rows:
    """Return cells times what is left of each, or as they are where nothing decays."""
    return cells if weights is None else Rows.from_arrays(cells.indptr, cells.codes, cells.values * weights)
