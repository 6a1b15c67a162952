"""Alternating least squares: one side solved, then the other."""

from typing import Literal, NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import FloatArray, IntArray
from recokit.data.rows import Rows
from recokit.kernels import als as kernel

__all__ = ["Penalties", "Side", "Solver", "gram_of"]

Solver = Literal["cg", "cholesky"]

_GRAM_PARTS = 64  # a fixed number, so that the sum is the same bits whatever the number of threads


class Side(NamedTuple):
    """What one side is solved by: the factors of the other.

    Attributes
    ----------
    others : (n_others, n_factors) float32 array
    gram : (n_factors, n_factors) float32 array
        Their Gram matrix times the weight of what is not observed.
    """

    others: FloatArray
    gram: FloatArray

    @classmethod
    def of(cls, others: FloatArray, unobserved_weight: float, runner: Runner) -> "Side":
        """Return the side of some factors."""
        return cls(others, (unobserved_weight * gram_of(others, runner)).astype(np.float32))

    def improve(self, cells: Rows, l2: FloatArray, factors: FloatArray, n_steps: int, runner: Runner) -> float:
        """Take steps of conjugate gradients from the factors of each row, which are overwritten; return the objective.

        It is Σ v (1 − f·x)² over the cells, plus what is not observed: its weight times Σ (f·x)² over all pairs, plus
        the penalty of the rows.
        """
        losses = np.empty(len(factors))
        args = (*cells.arrays, *self, l2, n_steps, factors, losses)
        size = self.others.shape[1]
        costs = (2.0 * cells.lengths + size) * size * (n_steps + 1) / 8
        runner.rows(kernel.solve_by_gradients, len(factors), args, costs=costs)
        return float(losses.sum())

    def solve(self, cells: Rows, l2: FloatArray, runner: Runner) -> tuple[FloatArray, float]:
        """Return the factors that are best for each row, 0 without interactions, and the objective, as `improve` does.

        The factors are (n_rows, n_factors) float32.
        """
        size, n_rows = self.others.shape[1], cells.n_rows
        factors, losses = np.empty((n_rows, size), dtype=np.float32), np.empty(n_rows)
        costs = (0.5 * cells.lengths + size / 3) * size**2 / 8
        args = (*cells.arrays, *self, l2, factors, losses)
        runner.rows(kernel.solve_by_cholesky, n_rows, args, costs=costs)
        return factors, float(losses.sum())


def gram_of(factors: FloatArray, runner: Runner) -> FloatArray:
    """Return Σ f fᵀ over the rows: (n_factors, n_factors) float64, the same bits for any number of threads."""
    size = factors.shape[1]
    bounds = np.linspace(0, len(factors), min(_GRAM_PARTS, len(factors)) + 1).astype(np.int64)
    parts = np.empty((len(bounds) - 1, size, size), dtype=np.float32)
    costs = np.diff(bounds) * size**2 / 16
    runner.rows(kernel.gram_parts, len(parts), (bounds, factors, parts), costs=costs)
    lower = np.tril(parts.sum(axis=0, dtype=np.float64))
    gram: FloatArray = lower + np.tril(lower, -1).T
    return gram


class Penalties(NamedTuple):
    """How the penalty of a row grows with its interactions: as λ s n^ν, n = they + the unobserved ones by their weight.

    Attributes
    ----------
    unobserved : float
        The weight of what is not observed, times the number of others.
    l2, exponent : float
        λ and ν.
    scale : float
        s, with which the sum over the rows does not depend on ν.
    """

    unobserved: float
    l2: float
    exponent: float
    scale: float

    @classmethod
    def of(cls, lengths: IntArray, n_others: int, unobserved_weight: float, l2: float, exponent: float) -> "Penalties":
        """Return the penalties of all the rows of a side, whose interactions are counted."""
        sizes = lengths + unobserved_weight * n_others
        return cls(unobserved_weight * n_others, l2, exponent, float(sizes.sum() / np.sum(sizes**exponent)))

    def rows(self, lengths: IntArray) -> FloatArray:
        """Return the penalties of rows with so many interactions: (n_rows,) float32."""
        scaled: FloatArray = self.l2 * (lengths + self.unobserved) ** self.exponent * self.scale
        return scaled.astype(np.float32)
