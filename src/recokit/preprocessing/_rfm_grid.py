"""Scores by quantiles, and the named cells of the grid of recency and value."""

import numpy as np

from recokit._typing import AnyArray, CodeArray, FloatArray, IntArray

__all__ = ["SEGMENTS", "quantile_scores", "segment_codes"]

SEGMENTS = (
    ("Champions", "冠军客户"),
    ("Loyal", "忠诚客户"),
    ("Potential Loyalists", "潜在忠诚客户"),
    ("New Customers", "新客户"),
    ("Promising", "有潜力客户"),
    ("Need Attention", "需关注客户"),
    ("About To Sleep", "即将沉睡客户"),
    ("At Risk", "有流失风险客户"),
    ("Cannot Lose Them", "不可流失客户"),
    ("Hibernating", "休眠客户"),
    ("Lost", "流失客户"),
)
_CHAMPIONS, _LOYAL, _POTENTIAL, _NEW, _PROMISING, _ATTENTION, _SLEEP, _RISK, _CANNOT_LOSE, _HIBERNATING, _LOST = range(
    11
)

_SIZE = 5
# Rows: recency score 1 to 5; columns: value score 1 to 5.
_GRID: IntArray = np.array(
    [
        [_LOST, _LOST, _RISK, _RISK, _CANNOT_LOSE],
        [_HIBERNATING, _HIBERNATING, _RISK, _RISK, _CANNOT_LOSE],
        [_SLEEP, _SLEEP, _ATTENTION, _LOYAL, _LOYAL],
        [_PROMISING, _POTENTIAL, _POTENTIAL, _LOYAL, _LOYAL],
        [_NEW, _POTENTIAL, _POTENTIAL, _CHAMPIONS, _CHAMPIONS],
    ]
)


def quantile_scores(values: FloatArray, bins: int) -> IntArray:
    """Return scores 1 to ``bins``: 1 + ⌊bins · (number of smaller values) / n⌋.

    Equal values have equal scores, and the smallest value has score 1.

    Parameters
    ----------
    values : (n,) float64 array
        Numbers without NaN.
    bins : int

    Returns
    -------
    (n,) int64 array

    Examples
    --------
    >>> quantile_scores(np.array([1.0, 1.0, 1.0, 2.0, 9.0]), 5).tolist()
    [1, 1, 1, 4, 5]
    """
    n_smaller = np.searchsorted(np.sort(values), values, side="left")
    scores: IntArray = 1 + bins * n_smaller // max(1, len(values))
    return scores


def segment_codes(recency: IntArray, value: IntArray, bins: int) -> CodeArray:
    """Return the segment of each user as a position in ``SEGMENTS``, from scores 1 to ``bins``."""
    codes: AnyArray = _GRID[_level(recency, bins) - 1, _level(value, bins) - 1]
    return codes.astype(np.int32)


def _level(scores: IntArray, bins: int) -> IntArray:
    """Return scores 1 to ``bins`` on the scale 1 to 5: the level that contains the middle of the score's interval."""
    levels: IntArray = 1 + _SIZE * (2 * scores - 1) // (2 * bins)
    return levels
