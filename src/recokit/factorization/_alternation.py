"""Half-epochs of alternating least squares: solve the factors of one side, with the other side fixed."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import FloatArray, IntArray
from recokit.data.rows import Rows
from recokit.kernels import als as kernel

__all__ = [
    "GRAM_PARTS_AT_A_TIME",
    "FixedSide",
    "RowPrior",
    "gram_bounds",
    "gram_matrix",
    "gram_parts",
    "half_epoch",
    "present_rows",
    "scaled_gram",
    "sum_of_parts",
]

GRAM_PARTS_AT_A_TIME = 8  # matrices in memory
_PENALTY_ROWS = 4096  # rows in float64 at a time
_N_STEPS = 3  # of conjugate gradients; more steps do not change the accuracy of the recommendations
_MAX_GRAM_PARTS, _ROWS_OF_GRAM_PART = 64, 64  # constants: the bits of a sum do not depend on the number of threads


class RowPrior(NamedTuple):
    """Penalty λ ‖x − m‖² of the factors x of each row.

    Attributes
    ----------
    l2 : (n_rows,) float32 array
        λ.
    means : (n_rows, n_factors), (1, n_factors) or (0, n_factors) float32 array
        m of each row, or of all rows; no rows if all are 0.
    """

    l2: FloatArray
    means: FloatArray

    @classmethod
    def around_zero(cls, l2: FloatArray, n_factors: int) -> "RowPrior":
        """Return the prior without means."""
        return cls(l2, np.empty((0, n_factors), dtype=np.float32))

    @classmethod
    def around_common_mean(cls, l2: FloatArray, factors: FloatArray, share: float) -> "RowPrior":
        """Return the prior around the mean of these factors, weighted by the penalties and times a share."""
        total = np.zeros(factors.shape[1])
        for start in range(0, len(factors), _PENALTY_ROWS):
            rows = slice(start, start + _PENALTY_ROWS)
            total += np.sum(l2[rows, None].astype(np.float64) * factors[rows], axis=0)
        mean = share * total / np.sum(l2, dtype=np.float64)
        return cls(l2, mean[None].astype(np.float32))

    def penalty_of_mean(self, share: float) -> float:
        """Return Σ λ τ (1 − τ) ‖m‖² of prior means τ m with the share τ."""
        squares = np.sum(self.means.astype(np.float64) ** 2)
        return float(np.sum(self.l2, dtype=np.float64) * squares * (1 - share) / share) if share > 0 else 0.0

    def penalties(self, factors: FloatArray) -> FloatArray:
        """Return λ ‖x − m‖² of each row: (n_rows,) float64."""
        squares = np.empty(len(factors))
        for start in range(0, len(factors), _PENALTY_ROWS):
            rows = slice(start, start + _PENALTY_ROWS)
            deviations = factors[rows].astype(np.float64)
            if len(self.means):
                deviations -= self.means[rows] if len(self.means) > 1 else self.means
            squares[rows] = np.sum(deviations**2, axis=1)
        penalties: FloatArray = self.l2 * squares
        return penalties

    def penalty(self, factors: FloatArray) -> float:
        """Return Σ λ ‖x − m‖²."""
        return float(np.sum(self.penalties(factors)))


class FixedSide(NamedTuple):
    """The fixed factors in a half-epoch.

    Attributes
    ----------
    factors : (n_fixed, n_factors) float32 array
    gram : (n_factors, n_factors) float32 array
        Their Gram matrix times the weight of unobserved pairs.
    """

    factors: FloatArray
    gram: FloatArray

    @classmethod
    def from_factors(cls, factors: FloatArray, unobserved_weight: float, runner: Runner) -> "FixedSide":
        """Return the fixed side for these factors."""
        return cls(factors, scaled_gram(gram_matrix(factors, runner), unobserved_weight))

    def improve(self, cells: Rows, prior: RowPrior, factors: FloatArray, n_steps: int, runner: Runner) -> FloatArray:
        """Improve the factors of each row in place by conjugate gradient steps; return the objective of each row.

        The objective is Σ v (1 − f·x)² over the cells, plus the weight of unobserved pairs times Σ (f·x)² over all
        pairs of the row, plus its penalty. Rows are independent of each other.
        """
        losses = np.empty(len(factors))
        args = (*cells.arrays, *self, *prior, n_steps, factors, losses)
        size = self.factors.shape[1]
        costs = (2.0 * cells.lengths + size) * size * (n_steps + 1) / 8
        runner.rows(kernel.solve_by_gradients, len(factors), args, costs=costs)
        return losses

    def solve(self, cells: Rows, prior: RowPrior, runner: Runner) -> tuple[FloatArray, FloatArray]:
        """Return the optimal factors of each row and the objectives of `improve`.

        Returns
        -------
        factors : (n_rows, n_factors) float32 array
            The prior mean for rows without interactions.
        objectives : (n_rows,) float64 array
        """
        size, n_rows = self.factors.shape[1], cells.n_rows
        factors, losses = np.empty((n_rows, size), dtype=np.float32), np.empty(n_rows)
        costs = (0.5 * cells.lengths + size / 3) * size**2 / 8
        args = (*cells.arrays, *self, *prior, factors, losses)
        runner.rows(kernel.solve_by_cholesky, n_rows, args, costs=costs)
        return factors, losses


def half_epoch(
    solver: str, fixed: FixedSide, cells: Rows, prior: RowPrior, factors: FloatArray, runner: Runner
) -> tuple[FloatArray, FloatArray]:
    """Update the factors of rows, possibly in place; return them and the objective of each row.

    Rows are independent, so any division into blocks of rows gives the same bits.
    """
    if solver == "cholesky":
        return fixed.solve(cells, prior, runner)
    return factors, fixed.improve(cells, prior, factors, _N_STEPS, runner)


def gram_matrix(factors: FloatArray, runner: Runner) -> FloatArray:
    """Return Σ f fᵀ: (n_factors, n_factors) float64; the bits do not depend on the number of threads."""
    factors = present_rows(factors)
    bounds = gram_bounds(len(factors))
    n_at_a_time = max(GRAM_PARTS_AT_A_TIME, runner.n_threads)
    firsts = range(0, len(bounds) - 1, n_at_a_time)
    groups = (gram_parts(factors, bounds[first : first + n_at_a_time + 1], runner) for first in firsts)
    return sum_of_parts(groups, factors.shape[1])


def present_rows(factors: FloatArray) -> FloatArray:
    """Return the rows that differ from 0: rows of 0 would change the parts of the sum, and with them its bits."""
    present = np.any(factors, axis=1)
    return factors if np.all(present) else factors[present]


def gram_bounds(n_rows: int) -> IntArray:
    """Return the bounds of the parts in which rows are summed: (n_parts + 1,) int64."""
    n_parts = min(_MAX_GRAM_PARTS, -(-n_rows // _ROWS_OF_GRAM_PART))
    return np.linspace(0, n_rows, n_parts + 1).astype(np.int64)


def gram_parts(factors: FloatArray, bounds: IntArray, runner: Runner) -> FloatArray:
    """Return the lower triangles of Σ f fᵀ over the rows between bounds: (n_parts, n_factors, n_factors) float32."""
    size = factors.shape[1]
    parts = np.empty((len(bounds) - 1, size, size), dtype=np.float32)
    costs = np.diff(bounds) * size**2 / 16
    runner.rows(kernel.gram_parts, len(parts), (bounds, factors, parts), costs=costs)
    return parts


def sum_of_parts(groups: Iterable[FloatArray], size: int) -> FloatArray:
    """Return the sum of the parts, in order and in float64, as a matrix with both triangles."""
    total = np.zeros((size, size))
    for parts in groups:
        for part in parts:
            total += part
    lower = np.tril(total)
    gram: FloatArray = lower + np.tril(lower, -1).T
    return gram


def scaled_gram(gram: FloatArray, unobserved_weight: float) -> FloatArray:
    """Return the Gram matrix times the weight of unobserved pairs, in float32."""
    return (unobserved_weight * gram).astype(np.float32)
