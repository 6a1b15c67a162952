"""What a rating is a deviation from: a mean, a mean and a spread, or its baseline."""

from typing import Literal, NamedTuple

import numpy as np

from recokit._typing import AnyArray, FloatArray
from recokit.data.rows import Rows

__all__ = ["Centering", "Deviations"]

Centering = Literal["mean", "zscore", "baseline"] | None

# Float32 ratings resolve 1e-7 of their size: a smaller spread is rounding error.
_RESOLUTION = 1e-6


class Deviations(NamedTuple):
    """A rating is ``of_rows + of_columns + scales × deviation``.

    Attributes
    ----------
    centering : {None, "mean", "zscore", "baseline"}
    mean, spread : float
        Mean and standard deviation of all ratings.
    of_rows, of_columns : (n_rows,), (n_columns,) float64 arrays
        What each row and each column contributes to the expected rating.
    scales : (n_rows,) float64 array
        The unit of the deviations of each row.
    """

    centering: Centering
    mean: float
    spread: float
    of_rows: FloatArray
    of_columns: FloatArray
    scales: FloatArray

    @classmethod
    def fit(
        cls, centering: Centering, rows: Rows, mean: float, row_biases: FloatArray, column_biases: FloatArray
    ) -> "Deviations":
        """Return the deviations of ratings.

        Parameters
        ----------
        centering : {None, "mean", "zscore", "baseline"}
        rows : Rows
            The ratings.
        mean : float
            Of all ratings.
        row_biases, column_biases : (n_rows,), (n_columns,) float64 arrays
        """
        spread = float(np.std(rows.values, dtype=np.float64))
        if spread <= _RESOLUTION * float(np.max(np.abs(rows.values))):
            spread = 1.0
        columns = column_biases if centering == "baseline" else np.zeros(len(column_biases))
        empty = cls(centering, mean, spread, np.zeros(0), columns, np.zeros(0))
        of_rows, scales = empty.of_new(rows, row_biases)
        return empty._replace(of_rows=of_rows, scales=scales)

    def of_new(self, rows: Rows, biases: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return ``of_rows`` and ``scales`` of rows of ratings with these biases; an empty row is like all together."""
        ones = np.ones(rows.n_rows)
        if self.centering is None:
            return np.full(rows.n_rows, self.mean), ones
        if self.centering == "baseline":
            return self.mean + biases, ones
        means = rows.means(self.mean)
        return means, ones if self.centering == "mean" else self._spreads(rows, means)

    def _spreads(self, rows: Rows, means: FloatArray) -> FloatArray:
        """Return the standard deviation of each row, that of all ratings where it is 0: (n_rows,) float64."""
        residuals = rows.values - np.repeat(means, rows.lengths)
        spreads = np.sqrt(rows.sums(np.square(residuals)) / np.maximum(rows.lengths, 1))
        return np.where(spreads > _RESOLUTION * np.abs(means), spreads, self.spread)

    def of_lists(self, lists: Rows, of_columns: FloatArray) -> Rows:
        """Return the deviations of ratings that are compressed by column.

        Parameters
        ----------
        lists : Rows
            The rows that rated each column, and how.
        of_columns : (n_lists,) float64 array
            What each of these columns contributes.
        """
        of_column, of_row = np.repeat(of_columns, lists.lengths), self.of_rows[lists.codes]
        deviations = (lists.values - of_column - of_row) / self.scales[lists.codes]
        return Rows.from_arrays(lists.indptr, lists.codes, deviations)

    def ratings(self, means: AnyArray, of_rows: AnyArray, of_columns: AnyArray, scales: AnyArray) -> FloatArray:
        """Return the ratings that mean deviations stand for, all arrays broadcast.

        Where a mean is NaN, because no neighbour tells anything, it is what row and column make expect.
        """
        ratings: FloatArray = of_rows + of_columns + np.where(np.isnan(means), 0.0, scales * means)
        return ratings
