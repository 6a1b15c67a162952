"""Bootstrap and permutation resampling over users."""

from typing import NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, BoolArray, FloatArray, IntArray
from recokit.kernels.resampling import flipped_means, mean_rows

__all__ = ["Clusters", "bootstrap_means", "permutation_p_values"]

_MAX_DRAWN = 1 << 22  # draws held in memory at the same time


class Clusters(NamedTuple):
    """Clusters of evaluated users whose values are not independent, such as the positions of a session.

    Attributes
    ----------
    codes : (n_users,) int64 array
        Cluster of each user, from 0.
    users, clusters : str
        Names of the users and of the clusters in texts, such as positions and sessions.
    """

    codes: IntArray
    users: str
    clusters: str

    def of_users(self, mask: BoolArray) -> "Clusters":
        """Return the clusters of some of the users."""
        return self._replace(codes=np.unique(self.codes[mask], return_inverse=True)[1])

    def sums(self, values: AnyArray) -> FloatArray:
        """Return the sums of the columns over each cluster: (n_clusters, n_columns) float64."""
        columns = [np.bincount(self.codes, weights=column) for column in np.asarray(values, dtype=np.float64).T]
        return np.column_stack(columns)

    def sums_of_defined(self, values: FloatArray) -> FloatArray:
        """Return the sums of the values that are not NaN; NaN for a cluster without such a value."""
        defined = ~np.isnan(values)
        sums = self.sums(np.where(defined, values, 0.0))
        sums[self.sums(defined) == 0] = np.nan
        return sums


def bootstrap_means(
    values: FloatArray,
    n_resamples: int,
    random_state: int | None,
    runner: Runner,
    clusters: Clusters | None = None,
) -> FloatArray:
    """Return the means of bootstrap resamples of the users, or of clusters of users.

    Parameters
    ----------
    values : (n_users, n_metrics) float64 array
        Values of each user, NaN for none.
    n_resamples : int
        Number of resamples.
    random_state : int, optional
        Seed.
    runner : Runner
        Threads to use; the result does not depend on their number.
    clusters : Clusters, optional
        Clusters that are drawn as a whole.

    Returns
    -------
    (n_resamples, n_metrics) float64 array
        Mean over the drawn users with a value; NaN if there are none. All metrics use the same resamples, so the
        difference between two columns is the difference on one sample.
    """
    lacking = np.isnan(values)
    partial = np.flatnonzero(np.any(lacking, axis=0) | (clusters is not None))
    columns = np.hstack([np.where(lacking, 0.0, values), ~lacking[:, partial]])
    columns = columns if clusters is None else clusters.sums(columns)
    resampled = _resampled_means(columns, n_resamples, random_state, runner)
    means, shares = resampled[:, : values.shape[1]], resampled[:, values.shape[1] :]
    means[:, partial] = np.divide(means[:, partial], shares, out=np.full_like(shares, np.nan), where=shares > 0)
    return means


def _resampled_means(values: FloatArray, n_resamples: int, random_state: int | None, runner: Runner) -> FloatArray:
    rng = np.random.default_rng(random_state)
    values = np.ascontiguousarray(values)
    means = np.empty((n_resamples, values.shape[1]))
    block = max(1, _MAX_DRAWN // len(values))
    for start in range(0, n_resamples, block):
        part = means[start : start + block]
        drawn = rng.integers(len(values), size=(len(part), len(values)), dtype=np.int32)
        runner.rows(mean_rows, len(part), (drawn, values, part), costs=np.full(len(part), drawn[0].size))
    return means


def permutation_p_values(
    differences: FloatArray, n_resamples: int, random_state: int | None, runner: Runner
) -> FloatArray:
    """Return the p-values of the sign-flip test: the share of random flips with a mean at least as extreme.

    A missing difference counts as 0, which no flip changes.

    Parameters
    ----------
    differences : (n_users, n_columns) float64 array
        Differences of each user, NaN for none.
    n_resamples : int
        Number of random flips of the users' signs.
    random_state : int, optional
        Seed.
    runner : Runner
        Threads to use; the result does not depend on their number.

    Returns
    -------
    (n_columns,) float64 array
        Two-sided p-values. The observed difference counts as one of the flips, so no p-value is 0.
    """
    rng = np.random.default_rng(random_state)
    differences = np.nan_to_num(np.ascontiguousarray(differences))
    n_users, n_columns = differences.shape
    observed = np.abs(differences.mean(axis=0))
    least = observed - 1e-12 * np.abs(differences).mean(axis=0)  # tolerance for another order of summation
    n_extreme = np.zeros(n_columns)
    block = max(1, _MAX_DRAWN // n_users)
    for start in range(0, n_resamples, block):
        means = np.empty((min(block, n_resamples - start), n_columns))
        flips = rng.integers(256, size=(len(means), -(-n_users // 8)), dtype=np.uint8)
        costs = np.full(len(means), n_users)
        runner.rows(flipped_means, len(means), (flips, differences, means), costs=costs)
        n_extreme += np.count_nonzero(np.abs(means) >= least, axis=0)
    return (n_extreme + 1) / (n_resamples + 1)
