"""The tasks of alternating least squares: half-epochs of blocks of rows, and Gram matrices in parts."""

from typing import NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import FloatArray, IntArray
from recokit.dask._blocks import Block
from recokit.dask._factor_data import rows_of
from recokit.data.rows import Rows
from recokit.factorization._alternation import (
    FixedSide,
    RowPrior,
    gram_bounds,
    gram_parts,
    half_epoch,
    present_rows,
    scaled_gram,
    sum_of_parts,
)
from recokit.factorization._confidence import Confidence

__all__ = [
    "N_GROUPS",
    "factors_of",
    "gram_group",
    "join_blocks",
    "join_side",
    "largest_of",
    "mean_prior",
    "penalty_of_mean",
    "scores_of",
    "solve",
    "statistics",
    "sum_groups",
]

N_GROUPS = 64  # most parts of a Gram matrix


class Solved(NamedTuple):
    """A block of rows after a half-epoch.

    Attributes
    ----------
    factors : (n_rows, n_factors) float32 array
    losses, penalties : (n_rows,) float64 arrays
        The objective of each row, and the part of it that is the penalty.
    """

    factors: FloatArray
    losses: FloatArray
    penalties: FloatArray


class Statistics(NamedTuple):
    """Numbers that describe one side after a half-epoch: sums over the rows, and the largest absolute factor."""

    loss: float
    penalty: float
    largest: float


def solve(
    solver: str,
    confidence: Confidence,
    cells: Block | Rows,
    others: FloatArray,
    gram: FloatArray,
    l2: FloatArray,
    mean: FloatArray | None,
    start: FloatArray | Solved,
) -> Solved:
    """Update the factors of a block of rows, given the factors of the other side and the prior mean of all rows."""
    prior = RowPrior.around_zero(l2, others.shape[1])
    if mean is not None:
        prior = prior._replace(means=mean)
    factors = start.factors if isinstance(start, Solved) else start
    own = factors if solver == "cholesky" else factors.copy()  # the result of another task must stay as it is
    found, losses = half_epoch(
        solver, FixedSide(others, gram), confidence.weighted(rows_of(cells)), prior, own, Runner()
    )
    return Solved(found, losses, prior.penalties(found))


def mean_prior(share: float, factors: FloatArray, *l2: FloatArray) -> FloatArray:
    """Return the prior mean of all rows, given the penalties of each block: (1, n_factors) float32."""
    return RowPrior.around_common_mean(np.concatenate(l2), factors, share).means


def penalty_of_mean(share: float, mean: FloatArray, *l2: FloatArray) -> float:
    """Return the part of the penalty that the prior mean adds to those of the rows."""
    return RowPrior(np.concatenate(l2), mean).penalty_of_mean(share)


def join_side(*blocks: Solved) -> Solved:
    """Return all rows of one side."""
    return Solved(*(np.concatenate([block[k] for block in blocks]) for k in range(3)))


def join_blocks(*blocks: FloatArray) -> FloatArray:
    """Return the rows of all blocks."""
    return np.concatenate(blocks)


def statistics(side: Solved) -> Statistics:
    """Return the sums over all rows of one side, in the order of a local fit."""
    return Statistics(float(side.losses.sum()), float(np.sum(side.penalties)), largest_of(side.factors))


def factors_of(side: Solved) -> FloatArray:
    """Return the factors."""
    return side.factors


def gram_group(factors: FloatArray, group: int, n_groups: int) -> FloatArray:
    """Return some of the parts of the Gram matrix, as lower triangles."""
    rows = present_rows(factors)
    bounds = gram_bounds(len(rows))
    cuts = np.linspace(0, len(bounds) - 1, n_groups + 1).astype(int)
    return gram_parts(rows, bounds[cuts[group] : cuts[group + 1] + 1], Runner())


def sum_groups(unobserved: float, size: int, *groups: FloatArray) -> FloatArray:
    """Return the Gram matrix from its parts in order, times the weight of unobserved pairs."""
    return scaled_gram(sum_of_parts(groups, size), unobserved)


def largest_of(array: FloatArray) -> float:
    """Return the largest absolute value; NaN if there is one."""
    return float(np.abs(array).max(initial=0))


def scores_of(block: Block, users: FloatArray, items: FloatArray, cells: IntArray) -> FloatArray:
    """Return the scores of some of the interactions of a block."""
    rows = rows_of(block)
    scores: FloatArray = np.sum(users[rows.row_codes[cells]] * items[rows.codes[cells]], axis=1)
    return scores
