"""Top-n selection from rows of scores, and masking of scores."""

from typing import Any

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import CodeArray, FloatArray, IntArray

__all__ = ["hide_cells", "keep_cells", "select_listed", "select_row", "select_top"]

_STRIP = 64  # columns that are skipped together if none is good enough


@njit(nogil=True, cache=True)
def hide_cells(start: int, stop: int, indptr: IntArray, codes: CodeArray, scores: FloatArray) -> None:
    """Set the listed cells of each row of ``scores`` to −∞, in place (excluded items)."""
    for row in range(start, stop):
        for k in range(indptr[row], indptr[row + 1]):
            scores[row, codes[k]] = -np.inf


@njit(nogil=True, cache=True)
def keep_cells(
    start: int, stop: int, indptr: IntArray, codes: CodeArray, restricted: FloatArray, scores: FloatArray
) -> None:
    """Set all cells of each restricted row of ``scores`` to −∞, in place, except the listed cells (candidates)."""
    is_candidate = np.zeros(scores.shape[1], dtype=np.bool_)
    for row in range(start, stop):
        if not restricted[row]:
            continue
        is_candidate[:] = False
        for k in range(indptr[row], indptr[row + 1]):
            is_candidate[codes[k]] = True
        for code in range(scores.shape[1]):
            if not is_candidate[code]:
                scores[row, code] = -np.inf


@njit(nogil=True, cache=True)
def _sift_down(top_scores: FloatArray, top_codes: CodeArray, size: int) -> None:
    """Restore the heap after its root, the worst entry, has been replaced."""
    score, code = top_scores[0], top_codes[0]
    hole = 0
    while True:
        child = 2 * hole + 1
        if child >= size:
            break
        other = child + 1
        if other < size and (
            top_scores[other] < top_scores[child]
            or (top_scores[other] == top_scores[child] and top_codes[other] > top_codes[child])
        ):
            child = other
        if score < top_scores[child] or (score == top_scores[child] and code > top_codes[child]):
            break
        top_scores[hole], top_codes[hole] = top_scores[child], top_codes[child]
        hole = child
    top_scores[hole], top_codes[hole] = score, code


@njit(nogil=True, cache=True)
def _sift_up(top_scores: FloatArray, top_codes: CodeArray, hole: int) -> None:
    """Restore the heap after an entry has been appended at ``hole``."""
    score, code = top_scores[hole], top_codes[hole]
    while hole > 0:
        parent = (hole - 1) // 2
        if top_scores[parent] < score or (top_scores[parent] == score and top_codes[parent] > code):
            break
        top_scores[hole], top_codes[hole] = top_scores[parent], top_codes[parent]
        hole = parent
    top_scores[hole], top_codes[hole] = score, code


@njit(nogil=True, cache=True)
def select_top(
    start: int, stop: int, scores: FloatArray, top_codes: CodeArray, top_scores: FloatArray, counts: CodeArray
) -> None:
    """Select the n best columns of each row, best first, ties by column.

    Cells of −∞ are never selected.

    Parameters
    ----------
    start, stop : int
        Range of the rows.
    scores : (n_rows, n_columns) float32 array
        Scores without NaN.
    top_codes, top_scores : (n_rows, n) int32 and float32 arrays
        Output: the columns and their scores, padded with −1 and NaN.
    counts : (n_rows,) int32 array
        Output: the number of selected columns.
    """
    for row in range(start, stop):
        counts[row] = select_row(scores[row], top_codes[row], top_scores[row])


@njit(nogil=True, cache=True)
def select_listed(
    start: int,
    stop: int,
    indptr: IntArray,
    codes: CodeArray,
    scores: FloatArray,
    top_codes: CodeArray,
    top_scores: FloatArray,
    counts: CodeArray,
) -> None:
    """Select the n best columns of each compressed row as `select_top` does.

    Parameters
    ----------
    start, stop : int
        Range of the rows.
    indptr, codes, scores : (n_rows + 1,) int64, (m,) int32 and (m,) float32 arrays
        The candidate columns of each row, ascending, and their scores, without NaN.
    top_codes, top_scores, counts
        See `select_top`.
    """
    for row in range(start, stop):
        first, last = indptr[row], indptr[row + 1]
        counts[row] = select_row(scores[first:last], top_codes[row], top_scores[row])
        for k in range(counts[row]):
            top_codes[row, k] = codes[first + top_codes[row, k]]


@njit(nogil=True, cache=True)
def select_row(scores: FloatArray, top_codes: CodeArray, top_scores: FloatArray) -> int:
    """Select the n best columns of one row as `select_top` does, and return their number."""
    n, n_columns = len(top_codes), len(scores)
    size: Any = np.int64(0)
    worst = np.float32(-np.inf)
    for first in range(0, n_columns, _STRIP):
        strip, n_better = scores[first : first + _STRIP], np.int32(0)
        for t in range(len(strip)):  # summing compiles to vector instructions
            n_better = np.int32(n_better + np.int32(strip[t] > worst))
        if n_better == 0:
            continue
        for t in range(len(strip)):
            score, code = strip[t], first + t
            if score > worst:  # columns ascend, so an equal score never replaces an entry
                if size < n:
                    top_scores[size], top_codes[size] = score, code
                    _sift_up(top_scores, top_codes, size)
                    size += 1
                else:
                    top_scores[0], top_codes[0] = score, code
                    _sift_down(top_scores, top_codes, size)
                if size == n:
                    worst = top_scores[0]
    for last in range(size - 1, 0, -1):  # heapsort: move the worst to the end
        top_scores[0], top_scores[last] = top_scores[last], top_scores[0]
        top_codes[0], top_codes[last] = top_codes[last], top_codes[0]
        _sift_down(top_scores, top_codes, last)
    top_scores[size:] = np.nan
    top_codes[size:] = -1
    return size
