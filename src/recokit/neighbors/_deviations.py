"""Deviations of ratings from a mean, from a mean in units of a standard deviation, or from a baseline."""

from typing import Literal, NamedTuple

import numpy as np

from recokit._typing import AnyArray, FloatArray
from recokit.data.rows import Rows
from recokit.neighbors._values import Views

__all__ = ["Centering", "Deviations"]

Centering = Literal["mean", "zscore", "baseline"] | None

# Float32 ratings have a relative precision of 1e-7: a smaller spread is rounding error.
_RESOLUTION = 1e-6


class Deviations(NamedTuple):
    """The decomposition of a rating: row_levels + column_levels + scales × deviation.

    Attributes
    ----------
    centering : {None, "mean", "zscore", "baseline"}
    mean, spread : float
        Mean and standard deviation of all ratings.
    row_levels, column_levels : (n_rows,), (n_columns,) float64 arrays
        Parts of the expected rating that depend on the row and on the column.
    scales : (n_rows,) float64 array
        Unit of the deviations of each row.
    """

    centering: Centering
    mean: float
    spread: float
    row_levels: FloatArray
    column_levels: FloatArray
    scales: FloatArray

    @classmethod
    def fit(cls, centering: Centering, views: Views) -> "Deviations":
        """Return the decomposition of the training ratings."""
        values = views.rows.values
        spread = float(np.std(values, dtype=np.float64))
        if spread <= _RESOLUTION * float(np.max(np.abs(values))):
            spread = 1.0
        column_levels = views.column_biases if centering == "baseline" else np.zeros(len(views.column_biases))
        without_rows = cls(centering, views.mean, spread, np.zeros(0), column_levels, np.zeros(0))
        row_levels, scales = without_rows.levels_of_rows(views.rows, views.row_biases)
        return without_rows._replace(row_levels=row_levels, scales=scales)

    def levels_of_rows(self, rows: Rows, biases: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return ``row_levels`` and ``scales`` of rows with these biases.

        Empty rows get the mean and the spread of all ratings.
        """
        ones = np.ones(rows.n_rows)
        if self.centering is None:
            return np.full(rows.n_rows, self.mean), ones
        if self.centering == "baseline":
            return self.mean + biases, ones
        means = rows.means(self.mean)
        return means, ones if self.centering == "mean" else self._spreads(rows, means)

    def _spreads(self, rows: Rows, means: FloatArray) -> FloatArray:
        """Return the standard deviation of each row, or of all ratings if it is 0: (n_rows,) float64."""
        residuals = rows.values - np.repeat(means, rows.lengths)
        spreads = np.sqrt(rows.sums(np.square(residuals)) / np.maximum(rows.lengths, 1))
        return np.where(spreads > _RESOLUTION * np.abs(means), spreads, self.spread)

    def from_columns(self, columns: Rows, column_levels: FloatArray) -> Rows:
        """Return the deviations of ratings that are compressed by column.

        Parameters
        ----------
        columns : Rows
            For each column, row codes and ratings.
        column_levels : (n_columns,) float64 array
        """
        expected_columns, expected_rows = np.repeat(column_levels, columns.lengths), self.row_levels[columns.codes]
        deviations = (columns.values - expected_columns - expected_rows) / self.scales[columns.codes]
        return Rows.from_arrays(columns.indptr, columns.codes, deviations)

    def ratings(self, means: AnyArray, row_levels: AnyArray, column_levels: AnyArray, scales: AnyArray) -> FloatArray:
        """Return the ratings for mean deviations; all arrays are broadcast.

        The rating is the expected one if the mean is NaN, which marks a pair without neighbours.
        """
        ratings: FloatArray = row_levels + column_levels + np.where(np.isnan(means), 0.0, scales * means)
        return ratings
