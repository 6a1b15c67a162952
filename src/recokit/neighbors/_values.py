"""The values that similarities are computed from: views of the training data, transforms, weights of interactions."""

import warnings
from typing import Literal, NamedTuple, TypeVar

import numpy as np

from recokit._runtime.threads import Runner
from recokit._runtime.warnings import levels_inside
from recokit._typing import AnyArray, FloatArray
from recokit.base._biases import BaselineBiases
from recokit.data import _weights
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows, read_only
from recokit.neighbors.similarities import Values

__all__ = ["CellWeights", "Transform", "Views", "Weighting", "decay_weights", "user_weights", "weighted"]

Weighting = Literal["tfidf", "bm25"] | None
_Side = TypeVar("_Side")

_K1, _B = 1.2, 0.75  # saturation and length normalization of BM25, as in Robertson and Zaragoza
# Float32 ratings have a relative precision of 1e-7: the sign of a smaller residual is rounding error.
_RESOLUTION = 1e-6


class Views(NamedTuple):
    """The training data by row and by column. Rows are the side that is compared.

    Attributes
    ----------
    rows, columns : Rows
        The same cells in both orders.
    rows_are_users : bool
        Rows are users and columns are items, or the other way round.
    mean : float
        Mean of all values.
    row_biases, column_biases : (n_rows,), (n_columns,) float64 arrays
    """

    rows: Rows
    columns: Rows
    rows_are_users: bool
    mean: float
    row_biases: FloatArray
    column_biases: FloatArray

    @classmethod
    def from_interactions(
        cls, data: Interactions, biases: BaselineBiases, *, rows_are_users: bool, runner: Runner
    ) -> "Views":
        """Return both views of interactions with these biases."""
        by_user, by_item = data.rows, data.transposed(n_threads=runner.n_threads)
        if rows_are_users:
            return cls(by_user, by_item, True, biases.mean, biases.user_bias, biases.item_bias)
        return cls(by_item, by_user, False, biases.mean, biases.item_bias, biases.user_bias)

    def row_and_column(self, user: _Side, item: _Side) -> tuple[_Side, _Side]:
        """Return the two sides of pairs, the row first."""
        return (user, item) if self.rows_are_users else (item, user)


class Transform(NamedTuple):
    """The transform of a value x before the similarity is computed.

    With level_r and level_c the levels of its row and column, x becomes

    * "raw": x;
    * "tfidf": √x level_c, where level_c = idf_c = log(1 + n_rows / n_rows with column c);
    * "bm25": x (k₁ + 1) / (x + k₁ level_r) idf_c, where level_r = 1 − b + b |r| / mean |r|, k₁ = 1.2, b = 0.75 and
      |r| is the sum of the values of row r;
    * "row_mean", "column_mean": x less the mean of its row or column;
    * "baseline": x − (μ + b_r) − b_c.

    Attributes
    ----------
    kind : {"raw", "tfidf", "bm25", "row_mean", "column_mean", "baseline"}
    row_levels, column_levels : (n_rows,), (n_columns,) float64 arrays
    mean : float
        Mean of all values.
    mean_length : float
        Mean |r|.

    References
    ----------
    S. Robertson and H. Zaragoza (2009). The probabilistic relevance framework: BM25 and beyond. Foundations and Trends
    in Information Retrieval 3(4).
    """

    kind: Literal["raw", "tfidf", "bm25", "row_mean", "column_mean", "baseline"]
    row_levels: FloatArray
    column_levels: FloatArray
    mean: float
    mean_length: float = 1.0

    @classmethod
    def fit(cls, values: Values, weighting: Weighting, views: Views) -> "Transform":
        """Return the transform for a similarity of these values.

        Raises
        ------
        ValueError
            A value is negative; the weightings are not defined for negative values.
        """
        rows, columns = views.rows, views.columns
        none, zeros = np.zeros(0), np.zeros(columns.n_rows)
        if values == "sets" or values == "weighted":
            raw = cls("raw", none, zeros, views.mean)
            transform = raw if weighting is None else cls._weighted(weighting, rows, columns, views.mean)
        elif values == "column_mean":
            transform = cls(values, none, columns.means(views.mean), views.mean)
        else:
            transform = cls(values, none, views.column_biases if values == "baseline" else zeros, views.mean)
        return transform._replace(row_levels=transform.levels_of_rows(rows, views.row_biases))

    @classmethod
    def _weighted(cls, weighting: Literal["tfidf", "bm25"], rows: Rows, columns: Rows, mean: float) -> "Transform":
        if np.min(rows.values, initial=0) < 0:
            raise ValueError(f"weighting={weighting!r}: expected values of at least 0, got {np.min(rows.values)}")
        n_rows = max(1, int(np.count_nonzero(rows.lengths)))
        idf = np.log1p(n_rows / np.maximum(columns.lengths, 1))
        mean_length = float(np.sum(rows.values, dtype=np.float64)) / n_rows
        return cls(weighting, np.zeros(0), idf, mean, mean_length or 1.0)

    def levels_of_rows(self, rows: Rows, biases: FloatArray) -> FloatArray:
        """Return the levels of rows with these baseline biases: (n_rows,) float64."""
        if self.kind == "bm25":
            return 1.0 - _B + _B * rows.sums(rows.values) / self.mean_length
        if self.kind == "row_mean":
            return rows.means(self.mean)
        return self.mean + biases if self.kind == "baseline" else np.zeros(rows.n_rows)

    def apply(self, values: AnyArray, row_levels: AnyArray, column_levels: AnyArray) -> FloatArray:
        """Return the transformed values of cells, for any kind but "raw": (n,) float32.

        Parameters
        ----------
        values : (n,) float32 array
        row_levels, column_levels : (n,) float64 arrays
            Levels of the row and the column of each cell.
        """
        if self.kind == "tfidf":
            return np.asarray(np.sqrt(values) * column_levels, dtype=np.float32)
        if self.kind == "bm25":
            return np.asarray(values * (_K1 + 1) / (values + _K1 * row_levels) * column_levels, dtype=np.float32)
        residuals = np.asarray(values - row_levels - column_levels, dtype=np.float32)
        residuals[np.abs(residuals) <= _RESOLUTION * np.abs(values)] = 0
        return residuals


class CellWeights(NamedTuple):
    """A weight of each cell, in the order of the rows and in the order of the columns.

    Attributes
    ----------
    by_row, by_column : (n,) float32 arrays
    n_columns : float
        Number of columns, or the sum of their weights.
    """

    by_row: FloatArray
    by_column: FloatArray
    n_columns: float

    def times(self, other: "CellWeights | None") -> "CellWeights":
        """Return the products of both weights."""
        if other is None:
            return self
        n_columns = min(self.n_columns, other.n_columns)
        return CellWeights(self.by_row * other.by_row, self.by_column * other.by_column, n_columns)


def decay_weights(data: Interactions, half_life: float, *, rows_are_users: bool, runner: Runner) -> CellWeights:
    """Return 2^(−age / half_life) of each interaction; warn if most weights are 0.

    Raises
    ------
    DataError
        The interactions have no timestamps.
    """
    weights = _weights.decays(data, half_life)
    n_zero = np.count_nonzero(weights.astype(np.float32) == 0)
    if 2 * n_zero > len(weights):
        warnings.warn(
            f"half_life={half_life:g} gives {n_zero:,} of {len(weights):,} interactions a weight of 0; expected a "
            "half-life in the unit of the timestamps (days only for datetime64)",
            stacklevel=levels_inside(),
        )
    columns = data.transposed(n_threads=runner.n_threads) if rows_are_users else data.rows
    n_columns = float(np.count_nonzero(columns.lengths))
    return _in_both_orders(data, weights, n_columns, rows_are_users, runner)


def user_weights(data: Interactions, exponent: float, *, runner: Runner) -> CellWeights:
    """Return √w_u of each interaction of a user u, where w_u = n^−exponent for n items; rows are items."""
    weights = _weights.user_weights(data, exponent)
    by_user = np.repeat(np.sqrt(weights).astype(np.float32), np.diff(data.indptr))
    return _in_both_orders(data, by_user, float(weights[data.rows.lengths > 0].sum()), False, runner)


def _in_both_orders(
    data: Interactions, weights: AnyArray, n_columns: float, rows_are_users: bool, runner: Runner
) -> CellWeights:
    by_user = weights.astype(np.float32, copy=False)
    by_item = data.rows.with_values(by_user).transposed(data.n_items, runner).values
    by_row, by_column = (by_user, by_item) if rows_are_users else (by_item, by_user)
    return CellWeights(read_only(by_row), read_only(by_column), n_columns)


def weighted(cells: Rows, weights: FloatArray | None) -> Rows:
    """Return cells with their values times weights, or unchanged without weights."""
    return cells if weights is None else Rows.from_arrays(cells.indptr, cells.codes, cells.values * weights)
