"""Mean deviations over the nearest who rated, in tiles of bounded memory."""

from collections.abc import Iterator

import numpy as np

from recokit._threads import for_rows
from recokit._typing import AnyArray, CodeArray, FloatArray
from recokit.kernels import neighbors as kernel
from recokit.neighbors._index import Queries, SimilarityIndex
from recokit.neighbors._rows import Rows, read_only

__all__ = ["grid_means", "means_from", "nearest_of", "pair_means"]

_TILE_CELLS = 4 << 20  # of similarities at a time: 16 MB


def pair_means(
    index: SimilarityIndex, rows: AnyArray, targets: AnyArray, lists: Rows, k: int, *, swapped: bool, n_threads: int
) -> FloatArray:
    """Return the mean over the k rows nearest to ``rows[p]`` of those in ``lists[targets[p]]``, for each pair p.

    The similarities of a row are computed once for all its pairs, and for a tile of rows at a time.

    Returns
    -------
    (n_pairs,) float64 array
        NaN where there is no neighbour.
    """
    means = np.empty(len(rows), dtype=np.float64)
    distinct, places = np.unique(rows, return_inverse=True)
    order = np.argsort(places, kind="stable")
    for start, stop in _tiles(len(distinct), index.n_rows):
        similarities = index.similarities(index.known(distinct[start:stop]), swapped=swapped, n_threads=n_threads)
        pairs = order[np.searchsorted(places[order], start) : np.searchsorted(places[order], stop)]
        here, of_targets = read_only(places[pairs] - start), read_only(targets[pairs].astype(np.int64))
        part = np.empty(len(pairs), dtype=np.float64)
        args = (here, of_targets, read_only(similarities), *lists, k, part)
        for_rows(kernel.nearest_mean_pairs, len(pairs), args, n_threads=n_threads, costs=lists.lengths[of_targets])
        means[pairs] = part
    return means


def grid_means(
    index: SimilarityIndex, queries: Queries, lists: Rows, k: int, *, swapped: bool, n_threads: int
) -> Iterator[tuple[int, int, FloatArray]]:
    """Yield (start, stop, means): the means of every list for the queries start … stop.

    Yields
    ------
    start, stop : int
    means : (stop - start, n_lists) float64 array
        NaN where there is no neighbour.
    """
    for start, stop in _tiles(queries.rows.n_rows, max(index.n_rows, lists.n_rows)):
        similarities = index.similarities(queries.part(start, stop), swapped=swapped, n_threads=n_threads)
        yield start, stop, means_from(similarities, lists, k, n_threads)


def means_from(similarities: FloatArray, lists: Rows, k: int, n_threads: int) -> FloatArray:
    """Return the means of every list for each row of similarities: (n_rows, n_lists) float64."""
    means = np.empty((len(similarities), lists.n_rows), dtype=np.float64)
    costs = np.full(len(similarities), len(lists.codes))
    args = (read_only(similarities), *lists, k, means)
    for_rows(kernel.nearest_mean_grid, len(means), args, n_threads=n_threads, costs=costs)
    return means


def nearest_of(similarities: FloatArray, codes: CodeArray, k: int) -> AnyArray:
    """Return the positions in ``codes`` of the k most similar, best first, equal ones by code."""
    order = np.lexsort((codes, -similarities[codes]))[:k]
    nearest: AnyArray = order[similarities[codes[order]] > 0]
    return nearest


def _tiles(n_rows: int, width: int) -> Iterator[tuple[int, int]]:
    size = max(1, _TILE_CELLS // width)
    for start in range(0, n_rows, size):
        yield start, min(start + size, n_rows)
