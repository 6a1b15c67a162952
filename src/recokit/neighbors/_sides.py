"""The training data by row (what is compared: users or items) and by column (the other side)."""

from typing import NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import FloatArray
from recokit.base._biases import BaselineBiases
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.neighbors._levels import Levels, Weighting
from recokit.neighbors.similarities import Values

__all__ = ["Sides"]


class Sides(NamedTuple):
    """The same cells by row and by column.

    Attributes
    ----------
    rows, columns : Rows
    mean : float
        Of all values.
    row_biases, column_biases : (n_rows,), (n_columns,) float64 arrays
    """

    rows: Rows
    columns: Rows
    mean: float
    row_biases: FloatArray
    column_biases: FloatArray

    @classmethod
    def of(cls, data: Interactions, biases: BaselineBiases, *, rows_are_users: bool, runner: Runner) -> "Sides":
        """Return the data seen from the users or from the items."""
        by_user = data.rows
        by_item = data.transposed(n_threads=runner.n_threads)
        if rows_are_users:
            return cls(by_user, by_item, biases.mean, biases.user_bias, biases.item_bias)
        return cls(by_item, by_user, biases.mean, biases.item_bias, biases.user_bias)

    def levels(self, values: Values, weighting: Weighting) -> Levels:
        """Return what the values of a similarity are taken relative to."""
        if values in ("weighted", "sets"):
            return Levels.weighted(weighting, self.rows, self.columns)
        of_columns: FloatArray = np.zeros(self.columns.n_rows)
        if values == "column_mean":
            of_columns = self.columns.means(self.mean)
        elif values == "baseline":
            of_columns = self.column_biases
        return Levels("centred", self.levels_of(values, self.rows, self.row_biases), of_columns)

    def levels_of(self, values: Values, rows: Rows, biases: FloatArray) -> FloatArray:
        """Return the level that is subtracted from each of some rows, which have these biases: (n_rows,) float64."""
        if values == "row_mean":
            return rows.means(self.mean)
        return self.mean + biases if values == "baseline" else np.zeros(rows.n_rows)
