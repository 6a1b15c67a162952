"""What the means would be of other users, or if the two sides of a pair were swapped."""

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import FloatArray
from recokit.kernels.resampling import flipped_means, mean_rows

__all__ = ["bootstrap_means", "permutation_p_values"]

_DRAWN_AT_ONCE = 1 << 22


def bootstrap_means(values: FloatArray, n_resamples: int, random_state: int | None, n_threads: int) -> FloatArray:
    """Return the means of resamples of the users, drawn with replacement.

    Parameters
    ----------
    values : (n_users, n_metrics) float64 array
        Values of each user, NaN where there is none.
    n_resamples : int
        How many resamples.
    random_state : int, optional
        Seed.
    n_threads : int
        Threads to use; the result does not depend on it.

    Returns
    -------
    (n_resamples, n_metrics) float64 array
        A resample is the same users for all metrics, so that differences between columns are those of one sample. The
        mean is that of the users drawn who have a value; NaN where none has.
    """
    lacking = np.isnan(values)
    partial = np.flatnonzero(np.any(lacking, axis=0))
    shares = _resampled(
        np.hstack([np.where(lacking, 0.0, values), ~lacking[:, partial]]), n_resamples, random_state, n_threads
    )
    means, defined = shares[:, : values.shape[1]], shares[:, values.shape[1] :]
    means[:, partial] = np.divide(means[:, partial], defined, out=np.full_like(defined, np.nan), where=defined > 0)
    return means


def _resampled(values: FloatArray, n_resamples: int, random_state: int | None, n_threads: int) -> FloatArray:
    rng = np.random.default_rng(random_state)
    values = np.ascontiguousarray(values)
    means = np.empty((n_resamples, values.shape[1]))
    block = max(1, _DRAWN_AT_ONCE // len(values))
    for start in range(0, n_resamples, block):
        part = means[start : start + block]
        drawn = rng.integers(len(values), size=(len(part), len(values)), dtype=np.int32)
        Runner(n_threads).rows(mean_rows, len(part), (drawn, values, part), costs=np.full(len(part), drawn[0].size))
    return means


def permutation_p_values(
    differences: FloatArray, n_resamples: int, random_state: int | None, n_threads: int
) -> FloatArray:
    """Return the p-values of the sign-flip test: how often chance makes a mean difference as great as the one seen.

    A user without a value in both is as one without a difference: no flip changes what that adds to the mean.

    Parameters
    ----------
    differences : (n_users, n_columns) float64 array
        Differences of each user, NaN where there is none.
    n_resamples : int
        How many random flips of the users' signs.
    random_state : int, optional
        Seed.
    n_threads : int
        Threads to use; the result does not depend on it.

    Returns
    -------
    (n_columns,) float64 array
        Two-sided; the difference seen counts as one of the flips, so that none is 0.
    """
    rng = np.random.default_rng(random_state)
    differences = np.nan_to_num(np.ascontiguousarray(differences))
    n_users, n_columns = differences.shape
    seen = np.abs(differences.mean(axis=0))
    least = seen - 1e-12 * np.abs(differences).mean(axis=0)  # sums in another order may be that much less
    as_great = np.zeros(n_columns)
    block = max(1, _DRAWN_AT_ONCE // n_users)
    for start in range(0, n_resamples, block):
        means = np.empty((min(block, n_resamples - start), n_columns))
        flips = rng.integers(256, size=(len(means), -(-n_users // 8)), dtype=np.uint8)
        costs = np.full(len(means), n_users)
        Runner(n_threads).rows(flipped_means, len(means), (flips, differences, means), costs=costs)
        as_great += np.count_nonzero(np.abs(means) >= least, axis=0)
    return (as_great + 1) / (n_resamples + 1)
