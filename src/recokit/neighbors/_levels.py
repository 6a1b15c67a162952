"""What similarities are taken over: values weighted like words in documents, or less a level of row and column."""

from typing import Literal, NamedTuple

import numpy as np

from recokit._typing import AnyArray, FloatArray
from recokit.data.rows import Rows

__all__ = ["Levels", "Weighting"]

Weighting = Literal["tfidf", "bm25"] | None

# Robertson and Zaragoza's usual saturation and length normalisation.
_K1, _B = 1.2, 0.75
# Float32 ratings resolve 1e-7 of their size: a smaller residual is rounding error, and its sign means nothing.
_RESOLUTION = 1e-6


class Levels(NamedTuple):
    """How a cell's value becomes what a similarity is taken over.

    Attributes
    ----------
    how : {"raw", "tfidf", "bm25", "centred"}
        x; √x idf_c; x (k₁ + 1) / (x + k₁ l_r) idf_c, with l_r = 1 − b + b |row| / mean |row|; or x − level_r − level_c.
        idf_c = log(1 + n_rows / n_rows with column c), k₁ = 1.2, b = 0.75, |row| the sum of its values.
    of_rows : (n_rows,) float64 array
        Relative length or level of each row.
    of_columns : (n_columns,) float64 array
        Inverse document frequency or level of each column.
    mean_length : float
        Mean |row|.

    References
    ----------
    S. Robertson and H. Zaragoza (2009). The probabilistic relevance framework: BM25 and beyond. Foundations and Trends
    in Information Retrieval 3(4).
    """

    how: Literal["raw", "tfidf", "bm25", "centred"]
    of_rows: FloatArray
    of_columns: FloatArray
    mean_length: float = 1.0

    @classmethod
    def weighted(cls, weighting: Weighting, rows: Rows, columns: Rows) -> "Levels":
        """Return the levels of TF-IDF, BM25 or no weighting.

        Raises
        ------
        ValueError
            A value is negative, for which neither weighting is defined.
        """
        if weighting is None:
            return cls("raw", np.zeros(rows.n_rows), np.zeros(columns.n_rows))
        if np.min(rows.values) < 0:
            raise ValueError(f"weighting={weighting!r} needs values of at least 0, got {np.min(rows.values)}")
        idf = np.log1p(rows.n_rows / np.maximum(columns.lengths, 1))
        mean_length = float(np.sum(rows.values, dtype=np.float64)) / rows.n_rows
        levels = cls(weighting, np.zeros(0), idf, mean_length or 1.0)
        return levels._replace(of_rows=levels.lengths_of(rows))

    def lengths_of(self, rows: Rows) -> FloatArray:
        """Return the relative length l_r of each row: (n_rows,) float64."""
        return 1.0 - _B + _B * rows.sums(rows.values) / self.mean_length

    def apply(self, values: AnyArray, of_row: AnyArray, of_column: AnyArray) -> FloatArray:
        """Return the transformed values, which "raw" ones need not be; all arrays are aligned with the cells.

        Parameters
        ----------
        values : (n,) float32 array
        of_row, of_column : (n,) float64 arrays
            The level of each cell's row and column.
        """
        if self.how == "tfidf":
            return np.asarray(np.sqrt(values) * of_column, dtype=np.float32)
        if self.how == "bm25":
            return np.asarray(values * (_K1 + 1) / (values + _K1 * of_row) * of_column, dtype=np.float32)
        residuals = np.asarray(values - of_row - of_column, dtype=np.float32)
        residuals[np.abs(residuals) <= _RESOLUTION * np.abs(values)] = 0
        return residuals
