"""Contributions of the items of a history to a score: the change of the score if an item is left out."""

from collections.abc import Callable

import numpy as np

from recokit._typing import FloatArray
from recokit.base._lists import ranges
from recokit.data.rows import Rows

__all__ = ["contributions", "without_each"]

_ROUNDING = 1e-6  # relative error of float32 scores


def contributions(score: Callable[[Rows], FloatArray], history: Rows, n_at_a_time: int) -> tuple[FloatArray, float]:
    """Return the contribution of each item of a history to a score, and the rest of the score.

    Parameters
    ----------
    score : callable
        ``score(histories)`` returns the score of each history: (n_histories,) float64.
    history : Rows
        A single row.
    n_at_a_time : int
        Number of histories to score at a time.

    Returns
    -------
    parts : (n_items,) float64 array
        Contributions, 0 if they are within the rounding error of scores.
    rest : float

    Examples
    --------
    >>> history = Rows.from_arrays([0, 2], [4, 7], [1, 2])
    >>> parts, rest = contributions(
    ...     lambda histories: 1 + histories.sums(histories.values), history, 10
    ... )
    >>> parts.tolist(), rest
    ([1.0, 2.0], 1.0)
    """
    blocks = ranges(1 + len(history.codes), n_at_a_time)
    scores = np.concatenate([score(without_each(history, *bounds)) for bounds in blocks])
    parts = scores[0] - scores[1:]
    parts[np.abs(parts) <= _ROUNDING * np.abs(scores[0])] = 0.0
    rest = float(scores[0] - parts.sum())
    return parts, rest if abs(rest) > _ROUNDING * np.abs(scores).sum() else 0.0


def without_each(history: Rows, start: int, stop: int) -> Rows:
    """Return the rows start to stop of: a history, the history without its first item, without its second item, ….

    Examples
    --------
    >>> rows = without_each(Rows.from_arrays([0, 2], [4, 7], [1, 1]), 0, 3)
    >>> rows.codes.tolist(), rows.lengths.tolist()
    ([4, 7, 7, 4], [2, 1, 1])
    """
    left_out = np.arange(start, stop)[:, None] - 1
    mask = np.arange(len(history.codes)) != left_out
    return history.take(np.zeros(stop - start, dtype=np.int32)).select(mask.ravel())
