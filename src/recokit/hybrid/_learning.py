"""Weights of the parts that maximise NDCG on held-out data."""

from typing import NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, BoolArray, FloatArray
from recokit.base import EligibleItems
from recokit.data.rows import Rows

__all__ = ["Validation", "best_weights", "ndcg"]

_STEPS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_MAX_SWEEPS = 10
_MIN_GAIN = 1e-6


class Validation(NamedTuple):
    """Scores of candidates for users with held-out items.

    Attributes
    ----------
    values : (n_parts, n_users, n_candidates) float32 array
        Scores on the common scale; −∞ is padding. The candidates of a user are in order of item code.
    relevant : (n_users, n_candidates) bool array
    n_relevant : (n_users,) int64 array
        Number of held-out items, candidates or not.
    """

    values: FloatArray
    relevant: BoolArray
    n_relevant: AnyArray


def ndcg(scores: FloatArray, validation: Validation, k: int, runner: Runner) -> FloatArray:
    """Return the NDCG of the first k candidates of each user, with gains of 0 and 1: (n_users,) float64.

    Parameters
    ----------
    scores : (n_users, n_candidates) float32 array
        −∞ for padding.
    validation : Validation
    k : int
    runner : Runner

    Examples
    --------
    >>> relevant = np.array([[True, False, False]])
    >>> validation = Validation(np.empty((0, 1, 3), np.float32), relevant, np.array([1]))
    >>> ndcg(np.array([[0.3, 0.9, 0.1]], np.float32), validation, 10, Runner()).round(
    ...     3
    ... ).tolist()
    [0.631]
    """
    n_users, n_candidates = scores.shape
    top = EligibleItems(None, Rows.empty(n_users)).select(scores, min(k, n_candidates), runner)
    hits = np.take_along_axis(validation.relevant, np.maximum(top.codes, 0), axis=1) & (top.codes >= 0)
    discounts = 1.0 / np.log2(np.arange(k) + 2.0)
    ideal = np.concatenate([[0.0], np.cumsum(discounts)])
    found = np.where(hits, discounts[: hits.shape[1]], 0.0).sum(axis=1)
    result: FloatArray = found / ideal[np.minimum(validation.n_relevant, k)]
    return result


def best_weights(validation: Validation, k: int, runner: Runner) -> tuple[FloatArray, float]:
    """Return weights that sum to 1 and maximise the mean NDCG, and the mean.

    Coordinate ascent (Metzler & Croft 2007) from the best of: equal weights, and each part alone. In turn, each part
    gets a share of 0 to 0.9, and the others keep their proportions.

    Parameters
    ----------
    validation : Validation
    k : int
        Cut-off of NDCG.
    runner : Runner
    """
    n_parts = len(validation.values)

    def mean(weights: FloatArray) -> float:
        used = np.flatnonzero(weights)
        scores = np.zeros(validation.relevant.shape, dtype=np.float32)
        for part in used:
            scores += np.float32(weights[part]) * validation.values[part]
        return float(ndcg(scores, validation, k, runner).mean())

    starts = [np.full(n_parts, 1.0 / n_parts), *np.eye(n_parts)]
    values = [mean(weights) for weights in starts]
    best, value = starts[int(np.argmax(values))], max(values)
    for _ in range(_MAX_SWEEPS if n_parts > 1 else 0):
        before = value
        for part in range(n_parts):
            for weights in _with_shares(best, part):
                found = mean(weights)
                if found > value + _MIN_GAIN:
                    best, value = weights, found
        if value == before:
            break
    return best, value


def _with_shares(weights: FloatArray, part: int) -> list[FloatArray]:
    """Return weights in which one part has each share of ``_STEPS``."""
    others = weights.copy()
    others[part] = 0.0
    if others.sum() == 0:
        others[:] = 1.0
        others[part] = 0.0
    others /= others.sum()
    alone = np.eye(len(weights))[part]
    return [(1 - share) * others + share * alone for share in _STEPS]
