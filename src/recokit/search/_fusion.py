"""Fusion: one score from the scores by text, clicks, popularity and taste."""

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from recokit._typing import BoolArray, FloatArray

__all__ = ["SOURCES", "contributions", "learn_weights", "source_weights"]

SOURCES = ("text", "clicks", "popularity", "personal")
_WEIGHTS = {"text": 1.0, "clicks": 1.0, "popularity": 0.1, "personal": 0.3}
_RANK_CONSTANT = 60  # of Cormack, Clarke & Büttcher


def source_weights(fusion: Any) -> FloatArray:
    """Return the weight of each source.

    Raises
    ------
    ValueError
        A source is unknown, or a weight is negative.
    """
    given = fusion if isinstance(fusion, Mapping) else {}
    unknown = [name for name in given if name not in SOURCES]
    if unknown:
        raise ValueError(f"fusion: unknown source {unknown[0]!r}; expected weights of {', '.join(SOURCES)}")
    for name, weight in given.items():
        if type(weight) is bool or not isinstance(weight, Real) or not 0 <= float(weight) < np.inf:
            raise ValueError(f"fusion: {name}={weight!r}: expected a weight of at least 0")
    return np.array([float((_WEIGHTS | dict(given))[name]) for name in SOURCES])


def contributions(scores: FloatArray, largest: FloatArray, weights: FloatArray, *, by_rank: bool) -> FloatArray:
    r"""Return the contribution of each source to the score of each candidate.

    Parameters
    ----------
    scores : (n_sources, n_candidates) float64 array
        At least 0; 0 is no evidence.
    largest : (n_sources, 1) float64 array
        Largest score of each source for the query, of a candidate or not.
    weights : (n_sources,) float64 array
    by_rank : bool
        Whether a source contributes :math:`w / (60 + r)` to its candidate of rank r, instead of w times the score
        divided by the largest one.

    References
    ----------
    Cormack, Clarke & Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods",
    SIGIR 2009.

    Examples
    --------
    >>> scores = np.array([[2.0, 4.0], [0.0, 3.0]])
    >>> contributions(
    ...     scores, np.array([[4.0], [3.0]]), np.array([1.0, 0.5]), by_rank=False
    ... ).tolist()
    [[0.5, 1.0], [0.0, 0.5]]
    """
    if by_rank:
        order = np.argsort(-scores, axis=1, kind="stable")
        ranks = np.empty(scores.shape)
        np.put_along_axis(ranks, order, np.arange(1.0, scores.shape[1] + 1)[None], axis=1)
        shares = 1 / (_RANK_CONSTANT + ranks)
    else:
        shares = scores / np.where(largest > 0, largest, 1)
    fused: FloatArray = weights[:, None] * np.where(scores > 0, shares, 0)
    return fused


def learn_weights(features: Sequence[FloatArray], clicks: Sequence[FloatArray], used: BoolArray) -> FloatArray:
    """Return weights of sources that order clicked items before the others, by logistic regression on pairs.

    Parameters
    ----------
    features : sequence of (n_sources, n_candidates) float64 arrays
        Scores from 0 to 1 of the candidates of each query.
    clicks : sequence of (n_candidates,) float64 arrays
        Weight of the clicks on each candidate.
    used : (n_sources,) bool array
        Sources with scores; the others keep their default weights.

    Returns
    -------
    (n_sources,) float64 array
        Not negative; that of the text is 1, unless it is of no use.
    """
    from sklearn.linear_model import LogisticRegression  # slow to import

    differences, counts = [], []
    for scores, counted in zip(features, clicks, strict=True):
        clicked, others = np.flatnonzero(counted > 0), np.flatnonzero(counted == 0)
        for place in clicked:
            differences.append((scores[:, [place]] - scores[:, others]).T[:, used])
            counts.append(np.full(len(others), counted[place] / max(1, len(others))))
    weights = source_weights(None)
    rows = np.concatenate([np.empty((0, int(used.sum()))), *differences])
    if not len(rows):
        return weights
    shares = np.concatenate(counts)
    model = LogisticRegression(fit_intercept=False, C=100.0)
    model.fit(np.concatenate([rows, -rows]), np.repeat([1, 0], len(rows)), np.concatenate([shares, shares]))
    learned = np.maximum(model.coef_[0], 0.0)
    scale = learned[0] if used[0] and learned[0] > 0 else learned.max()
    weights[used] = learned / scale if scale > 0 else weights[used]
    return weights
