"""Incremental update of neighbour lists: only lists that new interactions may change are recomputed."""

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, BoolArray, CodeArray, IntArray
from recokit.base import Top
from recokit.data.rows import Rows, read_only
from recokit.kernels import neighbor_updates as kernel
from recokit.neighbors._index import SimilarityIndex
from recokit.neighbors._means import tiles

__all__ = ["changed_rows", "updated_neighbors"]

# Share of the work of a new search beyond which an update takes as long. Searches by counts are several times faster.
_MAX_WORK, _MAX_WORK_BY_COUNTS = 0.5, 0.15


def updated_neighbors(
    old: SimilarityIndex,
    new: SimilarityIndex,
    neighbors: Top,
    row_map: CodeArray,
    column_map: CodeArray,
    k: int,
    *,
    swapped: bool,
    runner: Runner,
) -> Top | None:
    """Return the neighbours of all rows of ``new``, updated from ``old``, or None if a new search is as fast.

    Changed rows get new lists, and are offered to the lists of all other rows. A list whose last neighbour becomes
    less similar, or that loses a neighbour, is recomputed. The result equals that of a new search.

    Parameters
    ----------
    old, new : SimilarityIndex
    neighbors : Top
        The neighbours of all rows of the old index.
    row_map, column_map : (n_old_rows,), (n_old_columns,) int32 arrays
        New codes of the rows and columns, −1 for removed ones.
    k : int
        Number of neighbours.
    swapped, runner
        See `SimilarityIndex.nearest`.
    """
    width, queries = neighbors.codes.shape[1], new.indexed_queries()
    all_listed = width >= old.width(old.indexed_queries(), old.n_rows)
    in_order = all(np.all(np.diff(codes[codes >= 0]) > 0) for codes in (row_map, column_map))
    if not new.same_formula(old) or not in_order or (width != k and not (all_listed and width < k)):
        return None
    changed = changed_rows(old.rows, new.rows, row_map, column_map)
    costs = new.costs(queries) + 1.0
    max_work = (_MAX_WORK_BY_COUNTS if new.can_count(queries) else _MAX_WORK) * costs.sum()
    if 2 * costs[changed].sum() > max_work:
        return None
    previous, complete, lost = _recoded(neighbors, row_map, new.n_rows, all_listed=all_listed)
    updated, unsure = _with_changed_rows(new, previous, complete, changed, k, swapped=swapped, runner=runner)
    outdated = np.flatnonzero(changed | unsure | (lost & ~complete)).astype(np.int32)
    if costs[changed].sum() + costs[outdated].sum() > max_work:
        return None
    updated.put(outdated, new.nearest(new.indexed_queries(outdated), k, swapped=swapped, runner=runner))
    return updated


def changed_rows(old: Rows, new: Rows, row_map: CodeArray, column_map: CodeArray) -> BoolArray:
    """Return the mask of the rows that are new or have other cells than before: (n_new_rows,) bool."""
    changed = np.ones(new.n_rows, dtype=np.bool_)
    same_length = np.flatnonzero((row_map >= 0) & (old.lengths == new.lengths[row_map]))
    before, after = old.take(same_length), new.take(row_map[same_length])
    differs = (column_map[before.codes] != after.codes) | (before.values != after.values)
    changed[row_map[same_length]] = before.sums(differs) > 0
    return changed


def _recoded(neighbors: Top, row_map: CodeArray, n_rows: int, *, all_listed: bool) -> tuple[Top, BoolArray, BoolArray]:
    """Return the lists with new codes, and masks of the complete lists and of the lists that lost a neighbour.

    New rows get empty lists. A complete list held all rows with a similarity above 0.
    """
    width = neighbors.codes.shape[1]
    codes = np.full((n_rows, width), -1, dtype=np.int32)
    scores, counts = np.zeros((n_rows, width), dtype=np.float32), np.zeros(n_rows, dtype=np.int32)
    kept, lost = np.flatnonzero(row_map >= 0), np.zeros(n_rows, dtype=np.bool_)
    rows, mine = row_map[kept], neighbors.take(kept)
    complete = np.full(n_rows, all_listed)
    complete[rows] |= mine.counts < width
    codes[rows] = np.where(mine.codes >= 0, row_map[mine.codes], -1)
    scores[rows], counts[rows] = mine.scores, np.count_nonzero(codes[rows] >= 0, axis=1)
    lost[rows] = counts[rows] < mine.counts
    gaps = np.flatnonzero(lost)
    order = np.argsort(codes[gaps] < 0, axis=1, kind="stable")  # closes the gaps
    codes[gaps], scores[gaps] = (np.take_along_axis(array[gaps], order, axis=1) for array in (codes, scores))
    return Top(codes, scores, counts), complete, lost


def _with_changed_rows(
    index: SimilarityIndex,
    previous: Top,
    complete: BoolArray,
    changed: BoolArray,
    k: int,
    *,
    swapped: bool,
    runner: Runner,
) -> tuple[Top, BoolArray]:
    """Return the lists with changed rows in their new places, and the mask of the lists that may be incorrect."""
    n_rows = index.n_rows
    keys, sizes = np.empty((n_rows, k), dtype=np.uint64), np.zeros(n_rows, dtype=np.int32)
    runner.rows(kernel.keep_unchanged, n_rows, (*previous, changed, keys, sizes))
    codes: IntArray = np.flatnonzero(changed).astype(np.int32)
    for start, stop in tiles(len(codes), n_rows):
        part = read_only(codes[start:stop])
        similarities = index.similarities(index.indexed_queries(part), swapped=not swapped, runner=runner)
        costs: AnyArray = np.full(n_rows, len(part))
        runner.rows(kernel.offer_changed, n_rows, (part, similarities, keys, sizes), costs=costs)
    updated, unsure = Top.empty(n_rows, k), np.empty(n_rows, dtype=np.bool_)
    runner.rows(kernel.finish_lists, n_rows, (*previous, complete, keys, sizes, *updated, unsure))
    return updated, unsure
