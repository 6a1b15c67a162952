"""Half-epochs of alternating least squares: solve the factors of one side, with the other side fixed."""

from typing import NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import FloatArray
from recokit.data.rows import Rows
from recokit.kernels import als as kernel

__all__ = ["GRAM_PARTS_AT_A_TIME", "FixedSide", "RowPrior", "gram_matrix"]

GRAM_PARTS_AT_A_TIME = 8  # matrices in memory
_PENALTY_ROWS = 4096  # rows in float64 at a time
_GRAM_PARTS = 64  # a constant, so that the bits of the sum do not depend on the number of threads


class RowPrior(NamedTuple):
    """Penalty λ ‖x − m‖² of the factors x of each row.

    Attributes
    ----------
    l2 : (n_rows,) float32 array
        λ.
    means : (n_rows, n_factors) or (0, n_factors) float32 array
        m; no rows if all are 0.
    """

    l2: FloatArray
    means: FloatArray

    @classmethod
    def around_zero(cls, l2: FloatArray, n_factors: int) -> "RowPrior":
        """Return the prior without means."""
        return cls(l2, np.empty((0, n_factors), dtype=np.float32))

    def penalty(self, factors: FloatArray) -> float:
        """Return Σ λ ‖x − m‖²."""
        squares = np.empty(len(factors))
        for start in range(0, len(factors), _PENALTY_ROWS):
            rows = slice(start, start + _PENALTY_ROWS)
            deviations = factors[rows].astype(np.float64)
            if len(self.means):
                deviations -= self.means[rows]
            squares[rows] = np.sum(deviations**2, axis=1)
        return float(np.sum(self.l2 * squares))


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
        return cls(factors, (unobserved_weight * gram_matrix(factors, runner)).astype(np.float32))

    def improve(self, cells: Rows, prior: RowPrior, factors: FloatArray, n_steps: int, runner: Runner) -> float:
        """Improve the factors of each row in place by conjugate gradient steps; return the objective.

        The objective is Σ v (1 − f·x)² over the cells, plus the weight of unobserved pairs times Σ (f·x)² over all
        pairs, plus the penalty of the rows.
        """
        losses = np.empty(len(factors))
        args = (*cells.arrays, *self, *prior, n_steps, factors, losses)
        size = self.factors.shape[1]
        costs = (2.0 * cells.lengths + size) * size * (n_steps + 1) / 8
        runner.rows(kernel.solve_by_gradients, len(factors), args, costs=costs)
        return float(losses.sum())

    def solve(self, cells: Rows, prior: RowPrior, runner: Runner) -> tuple[FloatArray, float]:
        """Return the optimal factors of each row and the objective of `improve`.

        Returns
        -------
        factors : (n_rows, n_factors) float32 array
            The prior mean for rows without interactions.
        objective : float
        """
        size, n_rows = self.factors.shape[1], cells.n_rows
        factors, losses = np.empty((n_rows, size), dtype=np.float32), np.empty(n_rows)
        costs = (0.5 * cells.lengths + size / 3) * size**2 / 8
        args = (*cells.arrays, *self, *prior, factors, losses)
        runner.rows(kernel.solve_by_cholesky, n_rows, args, costs=costs)
        return factors, float(losses.sum())


def gram_matrix(factors: FloatArray, runner: Runner) -> FloatArray:
    """Return Σ f fᵀ: (n_factors, n_factors) float64; the bits do not depend on the number of threads."""
    size, present = factors.shape[1], np.any(factors, axis=1)
    if not np.all(present):  # rows of 0 would change the parts, and with them the bits
        factors = factors[present]
    bounds = np.linspace(0, len(factors), min(_GRAM_PARTS, len(factors)) + 1).astype(np.int64)
    n_at_a_time = max(GRAM_PARTS_AT_A_TIME, runner.n_threads)
    parts = np.empty((min(n_at_a_time, len(bounds) - 1), size, size), dtype=np.float32)
    costs, total = np.diff(bounds) * size**2 / 16, np.zeros((size, size))
    for first in range(0, len(bounds) - 1, n_at_a_time):
        some = slice(first, min(first + n_at_a_time, len(bounds) - 1))
        n_parts = some.stop - some.start
        args = (bounds[first : some.stop + 1], factors, parts[:n_parts])
        runner.rows(kernel.gram_parts, n_parts, args, costs=costs[some])
        for part in parts[:n_parts]:
            total += part
    lower = np.tril(total)
    gram: FloatArray = lower + np.tril(lower, -1).T
    return gram
