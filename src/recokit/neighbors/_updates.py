"""Neighbours kept up to date: what new interactions change, and nothing else, is computed again."""

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, BoolArray, CodeArray, IntArray
from recokit.base import Top
from recokit.data.rows import Rows, read_only
from recokit.kernels import neighbor_updates as kernel
from recokit.neighbors._index import SimilarityIndex
from recokit.neighbors._ratings import tiles

__all__ = ["changed_rows", "updated"]

# Of the work that all rows together are: beyond that, finding all neighbours anew takes no longer. Counting does it
# several times as fast.
_MOST_WORK, _MOST_WORK_OF_COUNTING = 0.5, 0.15


def updated(
    old: SimilarityIndex,
    new: SimilarityIndex,
    lists: Top,
    row_map: CodeArray,
    column_map: CodeArray,
    k: int,
    *,
    swapped: bool,
    runner: Runner,
) -> Top | None:
    """Return the neighbours of all rows of ``new``, from those of ``old``; None where that is not worth it.

    The rows that have changed are asked for their neighbours, and offered to all others. Where that pushes the last
    neighbour of a list further down, the list is made anew. A list is exactly what it would be without those before.

    Parameters
    ----------
    old, new : SimilarityIndex
        All rows of the old one are in the new one.
    lists : Top
        Of all rows of the old one.
    row_map, column_map : (n_old_rows,), (n_old_columns,) int32 arrays
        What has become of the old codes.
    k : int
        Number of neighbours.
    swapped, n_threads
        As for `SimilarityIndex.nearest`.
    """
    width = lists.codes.shape[1]
    all_of_them = width >= old.width(old.known(), old.n_rows)
    in_order = all(np.all(np.diff(codes) > 0) for codes in (row_map, column_map))
    if not new.same_formula(old) or not in_order or (width != k and not (all_of_them and width < k)):
        return None
    changed = changed_rows(old.rows, new.rows, row_map, column_map)
    costs = new.costs(new.known()) + 1.0
    most = (_MOST_WORK_OF_COUNTING if new.counts_suffice(new.known()) else _MOST_WORK) * costs.sum()
    if 2 * costs[changed].sum() > most:
        return None
    before = _moved(lists, row_map, new.n_rows)
    complete = before.counts < width if not all_of_them else np.ones(new.n_rows, dtype=np.bool_)
    after, unsure = _merged(new, before, complete, changed, k, swapped=swapped, runner=runner)
    ask = np.flatnonzero(changed | unsure).astype(np.int32)
    if costs[changed].sum() + costs[ask].sum() > most:
        return None
    for mine, found in zip(after, new.nearest(new.known(ask), k, swapped=swapped, runner=runner), strict=True):
        mine[ask] = found
    return after


def changed_rows(old: Rows, new: Rows, row_map: CodeArray, column_map: CodeArray) -> BoolArray:
    """Return which rows are new or have other cells than before: (n_new_rows,) bool."""
    changed = np.ones(new.n_rows, dtype=np.bool_)
    same_length = np.flatnonzero(old.lengths == new.lengths[row_map])
    before, after = old.take(same_length), new.take(row_map[same_length])
    differs = (column_map[before.codes] != after.codes) | (before.values != after.values)
    changed[row_map[same_length]] = before.sums(differs) > 0
    return changed


def _moved(lists: Top, row_map: CodeArray, n_rows: int) -> Top:
    """Return the same lists in other codes; rows that have none get an empty one."""
    width = lists.codes.shape[1]
    codes = np.full((n_rows, width), -1, dtype=np.int32)
    scores, counts = np.zeros((n_rows, width), dtype=np.float32), np.zeros(n_rows, dtype=np.int32)
    codes[row_map] = np.where(lists.codes >= 0, row_map[lists.codes], -1)
    scores[row_map], counts[row_map] = lists.scores, lists.counts
    return Top(codes, scores, counts)


def _merged(
    index: SimilarityIndex,
    before: Top,
    complete: BoolArray,
    changed: BoolArray,
    k: int,
    *,
    swapped: bool,
    runner: Runner,
) -> tuple[Top, BoolArray]:
    """Return lists in which the changed rows have found their place, and which of these lists may be wrong."""
    n_rows = index.n_rows
    keys, sizes = np.empty((n_rows, k), dtype=np.uint64), np.zeros(n_rows, dtype=np.int32)
    runner.rows(kernel.keep_unchanged, n_rows, (*before, changed, keys, sizes))
    codes: IntArray = np.flatnonzero(changed).astype(np.int32)
    for start, stop in tiles(len(codes), n_rows):
        some = read_only(codes[start:stop])
        similarities = index.similarities(index.known(some), swapped=not swapped, runner=runner)
        costs: AnyArray = np.full(n_rows, len(some))
        runner.rows(kernel.offer_changed, n_rows, (some, similarities, keys, sizes), costs=costs)
    after, unsure = Top.empty(n_rows, k), np.empty(n_rows, dtype=np.bool_)
    args = (*before, complete, keys, sizes, *after, unsure)
    runner.rows(kernel.finish_lists, n_rows, args)
    return after, unsure
