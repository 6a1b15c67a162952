"""Scores of one model on a scale common to all models, by user.

Only items outside the history count for the minimum, the maximum, the mean, the deviation and the ranks, since models
give the items of the history very different scores. These items get values by the same rule, beyond the scale. The
values depend on the history of the user, and neither on the exclusions nor on the candidates of a request.
"""

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import BoolArray, FloatArray, IntArray
from recokit.base import EligibleItems, Top
from recokit.base._lists import ranges
from recokit.data.rows import Rows

__all__ = ["BLOCK_CELLS", "CHUNK_CELLS", "NORMALIZATIONS", "normalized", "ranks_of", "top_unseen"]

NORMALIZATIONS = ("rrf", "rank", "minmax", "zscore", "none")
BLOCK_CELLS = 1 << 22  # scores of a part for a block of held-out users
CHUNK_CELLS = 1 << 19  # cells that a thread works on at a time; they stay in its cache


def normalized(
    scores: FloatArray, seen: Rows, kind: str, depth: int, runner: Runner, *, rrf_k: float = 10.0
) -> FloatArray:
    """Return scores of one model on the common scale; the array may be overwritten.

    Parameters
    ----------
    scores : (n_users, n_items) float32 array
        −∞ marks an item without evidence.
    seen : Rows
        Items of the history of each user.
    kind : {"minmax", "zscore", "rank", "rrf", "none"}
        - "minmax": 0 for the lowest score of the user, 1 for the highest; 0 without evidence, 1 if all scores are
        equal.
        - "zscore": (score − mean) / standard deviation, 0 if all scores are equal. Items without evidence have the
          lowest score.
        - "rank": 1 − (rank − 1) / depth for the first ``depth`` items, 0 for all others.
        - "rrf": 1 / (k + rank) for the first ``depth`` items, 0 for all others.
        - "none": the score; the lowest score of the user without evidence.
    depth : int
        Length of the ranked list of each user; at most the number of items is used.
    runner : Runner
        Threads to use. The result does not depend on them.
    rrf_k : float
        k of "rrf".

    Returns
    -------
    (n_users, n_items) float32 array
        Finite.
    """
    if kind in ("rank", "rrf"):
        return _by_rank(scores, seen, kind, min(depth, scores.shape[1]), rrf_k, runner)
    is_seen = _mask(seen, scores.shape[1])
    change = {"minmax": _minmax, "zscore": _zscore, "none": _filled}[kind]

    def work(rows: tuple[int, int]) -> None:
        part = slice(*rows)
        scores[part] = change(scores[part], is_seen[part])

    runner.each(list(ranges(len(scores), max(1, CHUNK_CELLS // scores.shape[1]))), work)
    return scores


def _mask(rows: Rows, n_items: int) -> BoolArray:
    mask: BoolArray = np.zeros((rows.n_rows, n_items), dtype=np.bool_)
    mask[rows.row_codes, rows.codes] = True
    return mask


def _lowest(scores: FloatArray, counted: BoolArray) -> FloatArray:
    """Return the lowest counted score of each row, 0 for rows without one: (n_rows, 1) float32."""
    lowest = np.where(counted, scores, np.inf).min(axis=1, keepdims=True)
    return np.where(np.isfinite(lowest), lowest, np.float32(0))


def _minmax(scores: FloatArray, is_seen: BoolArray) -> FloatArray:
    evidence = scores > -np.inf
    counted = evidence & ~is_seen
    low = _lowest(scores, counted).astype(np.float64)
    high = np.where(counted, scores, -np.inf).max(axis=1, keepdims=True).astype(np.float64)
    span = np.where(high > low, high - low, 1.0)
    base = np.where(high > low, low, low - 1.0)  # equal scores become 1
    return np.where(evidence, (np.where(evidence, scores, 0) - base) / span, 0.0).astype(np.float32)


def _zscore(scores: FloatArray, is_seen: BoolArray) -> FloatArray:
    filled, unseen = _filled(scores, is_seen).astype(np.float64), ~is_seen
    n = np.maximum(unseen.sum(axis=1, keepdims=True), 1)
    deviations = filled - np.where(unseen, filled, 0.0).sum(axis=1, keepdims=True) / n
    squares = np.where(unseen, deviations, 0.0) ** 2
    spread = np.sqrt(squares.sum(axis=1, keepdims=True) / n)
    spread[spread <= 1e-7 * np.abs(filled).max(axis=1, keepdims=True)] = np.inf  # equal up to rounding
    values: FloatArray = (deviations / spread).astype(np.float32)
    return values


def _filled(scores: FloatArray, is_seen: BoolArray) -> FloatArray:
    evidence = scores > -np.inf
    return np.where(evidence, scores, _lowest(scores, evidence & ~is_seen))


def _by_rank(scores: FloatArray, seen: Rows, kind: str, depth: int, rrf_k: float, runner: Runner) -> FloatArray:
    lists = top_unseen(scores.copy(), seen, depth, runner)
    values = np.append(1.0 - np.arange(depth) / depth, 0.0)
    if kind == "rrf":
        values = np.append(1.0 / (rrf_k + 1.0 + np.arange(depth)), 0.0)
    cells = seen.row_codes, seen.codes
    ranks = ranks_of(lists, cells[0], scores[cells])
    scores[:] = 0
    rows, places = np.nonzero(np.arange(depth) < lists.counts[:, None])
    scores[rows, lists.codes[rows, places]] = values[places]
    scores[cells] = values[np.minimum(ranks - 1, depth)]
    return scores


def top_unseen(scores: FloatArray, seen: Rows, depth: int, runner: Runner) -> Top:
    """Return the ``depth`` best items of each user that are not in the history; overwrites the scores."""
    return EligibleItems(None, seen).select(scores, depth, runner)


def ranks_of(lists: Top, rows: IntArray, scores: FloatArray) -> IntArray:
    """Return the rank that scores would have in lists, one more than the number of greater scores there.

    Parameters
    ----------
    lists : Top
        Lists of n items.
    rows : (n_cells,) int64 array
        List of each score.
    scores : (n_cells,) float32 array
        −∞ has the rank n + 1.

    Examples
    --------
    >>> lists = Top(
    ...     np.array([[4, 2]], np.int32),
    ...     np.array([[0.9, 0.5]], np.float32),
    ...     np.array([2], np.int32),
    ... )
    >>> ranks_of(
    ...     lists, np.zeros(3, np.int64), np.array([1.0, 0.5, -np.inf], np.float32)
    ... ).tolist()
    [1, 2, 3]
    """
    low = np.zeros(len(rows), dtype=np.int64)
    high = lists.counts[rows].astype(np.int64)
    while np.any(low < high):
        middle = (low + high) // 2
        greater = (low < high) & (lists.scores[rows, np.minimum(middle, lists.scores.shape[1] - 1)] > scores)
        high = np.where(low < high, np.where(greater, high, middle), high)
        low = np.where(greater, middle + 1, low)
    n = lists.scores.shape[1]
    return np.where(scores > -np.inf, low + 1, n + 1)
