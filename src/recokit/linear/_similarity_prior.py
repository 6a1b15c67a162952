"""Ridge penalty around item similarities instead of 0, in the closed form of EASE."""

import numpy as np
from scipy import sparse

from recokit._runtime.inverse import tiles
from recokit._runtime.threads import Runner
from recokit._typing import FloatArray
from recokit.data.rows import Rows
from recokit.kernels.gram import linear_scores

__all__ = ["mean_total", "pull", "scaled_similarities"]


def mean_total(similarities: sparse.csr_array) -> float:
    """Return the mean sum of the similarities of an item, over the items with similar items; 1 if there are none."""
    totals = similarities.sum(axis=1, dtype=np.float64)
    totals = totals[totals > 0]
    return float(totals.mean()) if len(totals) else 1.0


def scaled_similarities(similarities: sparse.csr_array, shares: FloatArray, weight: float) -> Rows:
    """Return c s_i S_ij as rows of the predicted items j.

    Parameters
    ----------
    similarities : (n_items, n_items) csr_array
        Row j holds the items i similar to item j.
    shares : (n_items,) array
        s, the share of the penalty in the weights from each item.
    weight : float
        c.
    """
    values = similarities.data * (weight * shares[similarities.indices]).astype(np.float32)
    return Rows.from_arrays(similarities.indptr, similarities.indices, values)


def pull(weights: FloatArray, intercepts: FloatArray, prior: Rows, runner: Runner) -> tuple[FloatArray, FloatArray]:
    r"""Return the weights and intercepts of EASE with a penalty around C in place of 0, in new arrays.

    With :math:`P = (G + \Lambda)^{-1}` and :math:`B^0` the weights for the penalty around 0, the stationary point with
    a zero diagonal is, with :math:`Q = P \Lambda C`,

    .. math:: B_{ij} = B^0_{ij} (1 + Q_{jj}) + Q_{ij} \quad (i \ne j).

    Since :math:`P = (I - B^0) \operatorname{diag} P`, no inverse is needed: :math:`Q = (I - B^0) C'`, where
    :math:`C'_{ij} = P_{ii} \Lambda_{ii} C_{ij}`. The constant of the intercepts is a row of B⁰ for which C is 0.

    Parameters
    ----------
    weights : (n_items, n_items) float32 array
        B⁰; 0 for items without interactions.
    intercepts : (n_items,) float32 array
        The row of B⁰ for the constant; 0 without intercepts.
    prior : Rows
        C' by column: row j holds the entries for the predicted item j.
    runner : Runner
    """
    n_items, columns = len(weights), np.ascontiguousarray(weights.T)
    pulled, changes = np.empty_like(weights), np.empty(n_items, dtype=np.float32)
    for block in tiles(n_items):
        rows = prior.take(np.arange(block.start, block.stop))
        explained = np.empty((rows.n_rows, n_items), dtype=np.float32)
        costs = rows.lengths * n_items
        runner.rows(linear_scores, rows.n_rows, (*rows.arrays, columns, explained), costs=costs)
        explained[np.isneginf(explained)] = 0
        change = np.zeros_like(explained)
        change[rows.row_codes, rows.codes] = rows.values
        change -= explained
        own = change[np.arange(rows.n_rows), np.arange(block.start, block.stop)]
        changes[block] = own
        pulled[:, block] = (columns[block] * (1 + own)[:, None] + change).T
    np.fill_diagonal(pulled, 0)
    products = (prior.values * intercepts[prior.codes]).astype(np.float64)
    of_constant = intercepts * (1 + changes) - np.bincount(prior.row_codes, products, minlength=n_items)
    return pulled, of_constant.astype(np.float32)
