"""Mean deviations over the nearest who rated, in tiles of bounded memory."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, CodeArray, FloatArray
from recokit.data.rows import Rows, read_only
from recokit.kernels import neighbors as kernel
from recokit.neighbors._index import Queries, SimilarityIndex

__all__ = [
    "Averaging",
    "Rated",
    "check_amplification",
    "grid_means",
    "means_from",
    "means_of_few",
    "nearest_of",
    "pair_means",
    "tiles",
]

_TILE_CELLS = 4 << 20  # of similarities at a time: 16 MB
_MOST_LOG_WEIGHT = 30 * math.log(10)  # float32 ends at 1e38
_NO_DECAY = read_only(np.empty(0, dtype=np.float32))


class Rated(NamedTuple):
    """Deviations of ratings, compressed by either side, and what is left of each after its decay.

    Attributes
    ----------
    cells : Rows
    decays : (n,) or (0,) float32 array
        Aligned with the cells; empty where all are 1.
    """

    cells: Rows
    decays: FloatArray = _NO_DECAY

    def take(self, row_codes: AnyArray) -> "Rated":
        """Return some of the rows, in the order asked for."""
        if len(self.decays) == 0:
            return Rated(self.cells.take(row_codes))
        left = self.cells.with_values(self.decays).take(row_codes).values
        return Rated(self.cells.take(row_codes), left)

    def transposed(self, n_codes: int, *, runner: Runner) -> "Rated":
        """Return the same by code."""
        cells = self.cells.transposed(n_codes, runner)
        if len(self.decays) == 0:
            return Rated(cells)
        return Rated(cells, self.cells.with_values(self.decays).transposed(n_codes, runner).values)


class Averaging(NamedTuple):
    """How the mean over neighbours is taken: Σ s^ρ x / (Σ s^ρ + γ) over the k nearest.

    Attributes
    ----------
    k : int
    amplification, shrinkage : float
        ρ and γ.
    """

    k: int
    amplification: float = 1.0
    shrinkage: float = 0.0


def check_amplification(similarities: FloatArray, amplification: float) -> None:
    """Refuse a power of similarities that cannot be summed up.

    Raises
    ------
    ValueError
        The largest is too much for float32, with room for sums.
    """
    largest = float(similarities.max(initial=0)) if amplification > 1 else 0.0
    if largest > 1 and amplification * math.log(largest) > _MOST_LOG_WEIGHT:
        raise ValueError(
            f"amplification={amplification:g} makes more of a similarity of {largest:g} than float32 holds: take less, "
            "or a similarity that is at most 1, such as 'cosine'"
        )


def pair_means(
    index: SimilarityIndex,
    rows: AnyArray,
    targets: AnyArray,
    rated: Rated,
    averaging: Averaging,
    *,
    swapped: bool,
    runner: Runner,
) -> tuple[FloatArray, CodeArray]:
    """Return the mean over the rows nearest to ``rows[p]`` of those in the list ``targets[p]``, for each pair p.

    The similarities of a row are computed once for all its pairs, and for a tile of rows at a time.

    Returns
    -------
    means : (n_pairs,) float64 array
        NaN where there is no neighbour.
    supports : (n_pairs,) int32 array
        Number of neighbours.
    """
    means, supports = np.empty(len(rows), dtype=np.float64), np.empty(len(rows), dtype=np.int32)
    lengths = rated.cells.lengths
    distinct, places = np.unique(rows, return_inverse=True)
    order = np.argsort(places, kind="stable")
    bounds = np.searchsorted(places[order], np.arange(len(distinct) + 1))
    for start, stop in tiles(len(distinct), index.n_rows):
        similarities = index.similarities(index.known(distinct[start:stop]), swapped=swapped, runner=runner)
        check_amplification(similarities, averaging.amplification)
        pairs = order[bounds[start] : bounds[stop]]
        here, of_targets = read_only(places[pairs] - start), read_only(targets[pairs].astype(np.int64))
        part = np.empty(len(pairs), dtype=np.float64), np.empty(len(pairs), dtype=np.int32)
        args = (here, of_targets, read_only(similarities), *rated.cells.arrays, rated.decays, *averaging, *part)
        runner.rows(kernel.nearest_mean_pairs, len(pairs), args, costs=lengths[of_targets])
        means[pairs], supports[pairs] = part
    return means, supports


def grid_means(
    index: SimilarityIndex,
    queries: Queries,
    rated: Rated,
    n_targets: int,
    averaging: Averaging,
    *,
    swapped: bool,
    runner: Runner,
) -> Iterator[tuple[int, int, FloatArray]]:
    """Yield (start, stop, means): the means of every target for the queries start … stop.

    Parameters
    ----------
    rated : Rated
        What each indexed row rated: targets.

    Yields
    ------
    start, stop : int
    means : (stop - start, n_targets) float64 array
        NaN where there is no neighbour.
    """
    for start, stop in tiles(queries.rows.n_rows, max(index.n_rows, n_targets)):
        similarities = index.similarities(queries.part(start, stop), swapped=swapped, runner=runner)
        yield start, stop, means_from(similarities, rated, n_targets, averaging, runner)


def means_from(
    similarities: FloatArray, rated: Rated, n_targets: int, averaging: Averaging, runner: Runner
) -> FloatArray:
    """Return the means of every target for each row of similarities: (n_rows, n_targets) float64."""
    check_amplification(similarities, averaging.amplification)
    means = np.empty((len(similarities), n_targets), dtype=np.float64)
    costs = np.full(len(similarities), len(rated.cells.codes) + 10 * rated.cells.n_rows)
    args: tuple[Any, ...] = (read_only(similarities), *rated.cells.arrays, rated.decays, *averaging, means)
    runner.rows(kernel.nearest_mean_grid, len(means), args, costs=costs)
    return means


def means_of_few(similarities: FloatArray, rated: Rated, averaging: Averaging, runner: Runner) -> FloatArray:
    """Return what `means_from` does where there are few targets, from the lists of these: (n_rows, n_targets) float64.

    Selecting the nearest for each target then takes less than sorting them for all.
    """
    check_amplification(similarities, averaging.amplification)
    n_rows, n_targets = len(similarities), rated.cells.n_rows
    rows, targets = (read_only(places.ravel().astype(np.int64)) for places in np.indices((n_rows, n_targets)))
    means, supports = np.empty(n_rows * n_targets, dtype=np.float64), np.empty(n_rows * n_targets, dtype=np.int32)
    args = (rows, targets, read_only(similarities), *rated.cells.arrays, rated.decays, *averaging, means, supports)
    runner.rows(kernel.nearest_mean_pairs, len(rows), args, costs=rated.cells.lengths[targets])
    return means.reshape(n_rows, n_targets)


def nearest_of(similarities: FloatArray, codes: CodeArray, k: int) -> AnyArray:
    """Return the positions in ``codes`` of the k most similar, best first, equal ones by code."""
    order = np.lexsort((codes, -similarities[codes]))[:k]
    nearest: AnyArray = order[similarities[codes[order]] > 0]
    return nearest


def tiles(n_rows: int, width: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of rows of this width that are a tile each."""
    size = max(1, _TILE_CELLS // width)
    for start in range(0, n_rows, size):
        yield start, min(start + size, n_rows)
