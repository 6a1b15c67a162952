"""The results of `kernels.selection` by NumPy, and the selection of the best cells of sparse rows."""

import numpy as np

from recokit.kernels._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.kernels.small.spans import joined

__all__ = ["hide_cells", "keep_cells", "places_in_rows", "select_cells", "select_listed", "select_top"]


def hide_cells(start: int, stop: int, indptr: IntArray, codes: CodeArray, scores: FloatArray) -> None:
    """Do as `kernels.selection.hide_cells`."""
    rows, cells = joined(indptr[start:stop], indptr[start + 1 : stop + 1])
    scores[start + rows, codes[cells]] = -np.inf


def keep_cells(
    start: int, stop: int, indptr: IntArray, codes: CodeArray, restricted: AnyArray, scores: FloatArray
) -> None:
    """Do as `kernels.selection.keep_cells`."""
    rows, cells = joined(indptr[start:stop], indptr[start + 1 : stop + 1])
    hidden = np.repeat(restricted[start:stop, np.newaxis], scores.shape[1], axis=1)
    hidden[rows, codes[cells]] = False
    scores[start:stop][hidden] = -np.inf


def select_top(
    start: int, stop: int, scores: FloatArray, top_codes: CodeArray, top_scores: FloatArray, counts: CodeArray
) -> None:
    """Do as `kernels.selection.select_top`."""
    block, n = scores[start:stop], top_codes.shape[1]
    order = np.argsort(-block, axis=1, kind="stable")[:, :n]
    found = np.take_along_axis(block, order, axis=1)
    is_shown = found > -np.inf
    counts[start:stop] = np.count_nonzero(is_shown, axis=1)
    top_codes[start:stop], top_scores[start:stop] = -1, np.nan
    width = order.shape[1]
    top_codes[start:stop, :width][is_shown] = order[is_shown]
    top_scores[start:stop, :width][is_shown] = found[is_shown]


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
    """Do as `kernels.selection.select_listed`."""
    rows, cells = joined(indptr[start:stop], indptr[start + 1 : stop + 1])
    is_shown = scores[cells] > -np.inf
    rows, cells = rows[is_shown], cells[is_shown]
    block = slice(start, stop)
    select_cells(rows, codes[cells], scores[cells], np.nan, top_codes[block], top_scores[block], counts[block])


def select_cells(
    rows: IntArray,
    codes: AnyArray,
    scores: FloatArray,
    padding: float,
    top_codes: CodeArray,
    top_scores: FloatArray,
    counts: CodeArray,
) -> None:
    """Select the n best of the given cells of each row, best first, ties by code.

    Parameters
    ----------
    rows, codes, scores : (n_cells,) int64, integer and float32 arrays
        The cells, ascending by row.
    padding : float
        Written to ``top_scores`` where a row has no further cells.
    top_codes, top_scores, counts
        See `kernels.selection.select_top`. Output.
    """
    order = np.lexsort((codes, -scores, rows))
    places = places_in_rows(rows)
    order, kept = order[places < top_codes.shape[1]], places < top_codes.shape[1]
    top_codes[:], top_scores[:] = -1, padding
    top_codes[rows[kept], places[kept]] = codes[order]
    top_scores[rows[kept], places[kept]] = scores[order]
    counts[:] = np.bincount(rows[kept], minlength=len(counts))


def places_in_rows(rows: IntArray) -> IntArray:
    """Return the number of each cell within its row; cells are given by row, ascending."""
    places: IntArray = np.arange(len(rows)) - np.searchsorted(rows, rows)
    return places
