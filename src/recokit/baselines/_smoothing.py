"""Strength of smoothing, from the differences between groups: the concentration of a Dirichlet distribution."""

import numpy as np

from recokit._typing import FloatArray
from recokit.data.rows import Rows

__all__ = ["concentration_of_groups", "concentration_of_users"]

_N_POPULAR = 300  # items whose counts determine the default shrinkage


def concentration_of_groups(counts: FloatArray) -> float:
    """Return the concentration of the Dirichlet distribution of the items of groups; infinity if chance explains them.

    The counts of a group are multinomial with probabilities from a Dirichlet distribution around the probabilities of
    all groups together. The estimate equates Pearson's chi-squared statistic with its expectation. Only the most
    popular items count, since lists consist of these.

    Parameters
    ----------
    counts : (n_groups, n_items) array
        Number of interactions of each group and item.
    """
    counts = counts[counts.sum(axis=1) > 0]
    sizes, total = counts.sum(axis=1, keepdims=True), counts.sum()
    popular = np.argsort(-counts.sum(axis=0), kind="stable")[:_N_POPULAR]
    popular = popular[counts.sum(axis=0)[popular] > 0]
    shares = counts.sum(axis=0)[popular] / total
    expected = sizes * shares
    statistic = float(((counts[:, popular] - expected) ** 2 / expected).sum())
    n_free = float((1 - shares).sum())
    excess = statistic - n_free * (len(counts) - 1)
    return max(n_free * float(total) - statistic, 0.0) / excess if excess > 0 else float("inf")


def concentration_of_users(counts: Rows, shares: FloatArray) -> float:
    """Return the concentration of the Dirichlet distribution of categories of users; infinity if chance explains it.

    The counts of a user are multinomial, with probabilities from a Dirichlet distribution around the shares. The
    estimate equates Pearson's chi-squared statistic with its expectation.

    Parameters
    ----------
    counts : Rows
        Number of interactions of each user and category.
    shares : (n_categories,) float64 array
        Positive for all categories in ``counts``.
    """
    sizes = counts.sums(counts.values)
    total, n_users = float(sizes.sum()), int(np.count_nonzero(sizes))
    squares = counts.values.astype(np.float64) ** 2 / (sizes[counts.row_codes] * shares[counts.codes])
    statistic = float(squares.sum()) - total
    n_free = float((1 - shares[shares > 0]).sum())
    excess = statistic - n_free * (n_users - 1)
    return max(n_free * total - statistic, 0.0) / excess if excess > 0 else float("inf")
