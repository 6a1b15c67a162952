"""The training data of a linear item-item model: X, W and the unit of the penalties."""

from typing import NamedTuple

import numpy as np

from recokit._runtime.small_work import chosen
from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, FloatArray, IntArray
from recokit.base._memory import MemoryPlan
from recokit.data._weights import user_weights
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.kernels.gram import gram_costs
from recokit.linear._intercept import with_constant

__all__ = ["Problem", "plan_problem", "strength_unit"]


def strength_unit(interactions: Interactions) -> float:
    """Return the square of the mean of the strengths above 0; 1 if there are none."""
    strengths = interactions.values[interactions.values > 0]
    return float(np.mean(strengths, dtype=np.float64)) ** 2 if len(strengths) else 1.0


def plan_problem(plan: MemoryPlan, interactions: Interactions, *, constant: bool) -> None:
    """Add the arrays of `Problem.from_interactions` to a plan."""
    n, n_users, n_items = interactions.n_interactions, interactions.n_users, interactions.n_items
    is_used = np.bincount(interactions.item_codes, interactions.values > 0, minlength=n_items) > 0
    copied = 8.0 * n + 24.0 * n_users if constant else 0.0 if np.all(is_used) else 8.0 * n
    plan.work("squares of strengths", 28.0 * n)
    plan.keep("problem", 8.0 * n + copied + 8.0 * n_users + 24.0 * n_items)
    plan.work("bounds and order of the users", 40.0 * n_users)


class Problem(NamedTuple):
    """Training data of a linear model, over the m items with a strength above 0.

    The other items have no weights, so that a fit costs nothing for them. For an intercept, X has a further column: the
    constant.

    Attributes
    ----------
    items : (m,) int64 array
        Item codes, ascending. All other codes are positions in this array; m is the code of the constant.
    by_item, by_user : Rows
        X, with m or m + 1 columns.
    user_weights : (n_users,) float64 array
        The diagonal of W.
    diagonal : (n_columns,) float64 array
        Diagonal of G.
    gram_costs : (n_columns,) int64 array
        Number of multiplications for each row of G.
    unit : float
        Square of the mean of the strengths above 0. Penalties in this unit do not depend on the unit of the strengths.
    """

    items: IntArray
    by_item: Rows
    by_user: Rows
    user_weights: FloatArray
    diagonal: FloatArray
    gram_costs: IntArray
    unit: float

    @classmethod
    def from_interactions(
        cls, interactions: Interactions, user_exponent: float, runner: Runner, *, constant: bool = False
    ) -> "Problem":
        """Return the problem of the interactions, with users weighted by ``user_exponent``.

        The constant is the mean strength, for all users with a strength above 0.
        """
        by_user, weights = interactions.rows, user_weights(interactions, user_exponent)
        squares = weights[interactions.user_codes] * interactions.values.astype(np.float64) ** 2
        diagonal = np.bincount(interactions.item_codes, squares, minlength=interactions.n_items)
        del squares
        items, unit = np.flatnonzero(diagonal > 0), strength_unit(interactions)
        if len(items) < interactions.n_items:
            positions = np.full(interactions.n_items, -1, dtype=np.int32)
            positions[items] = np.arange(len(items))
            by_user = by_user.recoded(positions)
        used: FloatArray = diagonal[items].astype(np.float64)
        n_columns = len(items)
        if constant and n_columns:
            by_user, is_active = with_constant(by_user, n_columns, unit**0.5)
            used = np.append(used, unit * weights[is_active].sum())
            n_columns += 1
        by_item = by_user.transposed(n_columns, runner)
        costs = chosen(gram_costs, len(by_item.codes))(by_item.indptr, by_item.codes, by_user.indptr)
        return cls(items, by_item, by_user, weights, used, costs, unit)

    @classmethod
    def from_gram(cls, matrix: FloatArray, runner: Runner) -> "Problem":
        """Return the problem with a positive semidefinite G: X is a square root of it, with W = I.

        Eigenvalues below 0, which noise can cause, are set to 0.
        """
        items = np.flatnonzero(np.diag(matrix) > 0)
        values, vectors = np.linalg.eigh(matrix[np.ix_(items, items)])
        kept = values > 1e-12 * max(float(values[-1]), 1e-300) if len(items) else values > 0
        root = (vectors[:, kept] * np.sqrt(values[kept])).T
        n_rows, n_items = root.shape
        codes = np.tile(np.arange(n_items, dtype=np.int32), n_rows)
        by_user = Rows.from_arrays(n_items * np.arange(n_rows + 1), codes, root.ravel())
        by_item = by_user.transposed(n_items, runner)
        costs = chosen(gram_costs, len(by_item.codes))(by_item.indptr, by_item.codes, by_user.indptr)
        diagonal = np.einsum("ij,ij->j", root, root)
        return cls(items, by_item, by_user, np.ones(n_rows), diagonal, costs, 1.0)

    @property
    def n_items(self) -> int:
        """Number of items with a strength above 0."""
        return len(self.items)

    @property
    def n_columns(self) -> int:
        """Number of columns of X: the items, and the constant if there is one."""
        return self.by_item.n_rows

    @property
    def data(self) -> tuple[AnyArray, ...]:
        """X and W, as kernels take them."""
        return (*self.by_item.arrays, *self.by_user.arrays, self.user_weights)

    @property
    def max_related(self) -> int:
        """Bound on the number of columns that share a user with the same item."""
        related = (self.gram_costs - self.by_item.lengths)[: self.n_items]
        return min(self.n_columns - 1, int(np.max(related, initial=0)))
