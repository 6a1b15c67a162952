"""Weighted means of rating deviations over the nearest neighbours, in tiles of bounded memory."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, CodeArray, FloatArray
from recokit.data.rows import Rows, read_only
from recokit.kernels import neighbors as kernel
from recokit.neighbors._deviations import Centering
from recokit.neighbors._index import Queries, SimilarityIndex

__all__ = [
    "Averaging",
    "PredictionParameters",
    "WeightedDeviations",
    "check_amplification",
    "grid_means",
    "means_for_few_targets",
    "means_from_similarities",
    "nearest_positions",
    "pair_means",
    "tiles",
]

_TILE_CELLS = 4 << 20  # similarities held at a time: 16 MB
_MAX_LOG_WEIGHT = 30 * math.log(10)  # the range of float32 ends at 1e38; the rest is left for sums
_NO_DECAYS = read_only(np.empty(0, dtype=np.float32))


class WeightedDeviations(NamedTuple):
    """Deviations of ratings as compressed rows, and their time decays.

    Attributes
    ----------
    cells : Rows
    decays : (n,) or (0,) float32 array
        Aligned with the cells; empty if all decays are 1.
    """

    cells: Rows
    decays: FloatArray = _NO_DECAYS

    def take(self, row_codes: AnyArray) -> "WeightedDeviations":
        """Return some of the rows, in the order given."""
        if len(self.decays) == 0:
            return WeightedDeviations(self.cells.take(row_codes))
        decays = self.cells.with_values(self.decays).take(row_codes).values
        return WeightedDeviations(self.cells.take(row_codes), decays)

    def transposed(self, n_codes: int, runner: Runner) -> "WeightedDeviations":
        """Return the same cells by code."""
        cells = self.cells.transposed(n_codes, runner)
        if len(self.decays) == 0:
            return WeightedDeviations(cells)
        return WeightedDeviations(cells, self.cells.with_values(self.decays).transposed(n_codes, runner).values)


class PredictionParameters(NamedTuple):
    """The parameters of UserKNN and ItemKNN that predictions depend on beside similarities."""

    n_neighbors: int
    scoring: str
    amplification: float
    centering: Centering
    prediction_shrinkage: float
    rating_scale: tuple[float, float] | None = None


class Averaging(NamedTuple):
    """Parameters of the weighted mean Σ s^ρ x / (Σ s^ρ + γ) over the k nearest neighbours.

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
    """Raise if a power of the similarities is too large.

    Raises
    ------
    ValueError
        The power of the largest similarity, or a sum of such powers, may overflow float32.
    """
    largest = float(similarities.max(initial=0)) if amplification > 1 else 0.0
    if largest > 1 and amplification * math.log(largest) > _MAX_LOG_WEIGHT:
        raise ValueError(
            f"amplification={amplification:g}: this power of a similarity of {largest:g} overflows float32; use a "
            "smaller amplification, or a similarity that is at most 1, such as 'cosine'"
        )


def pair_means(
    index: SimilarityIndex,
    rows: AnyArray,
    targets: AnyArray,
    deviations: WeightedDeviations,
    averaging: Averaging,
    *,
    swapped: bool,
    runner: Runner,
) -> tuple[FloatArray, CodeArray]:
    """Return, for each pair p, the mean over the neighbours of row ``rows[p]`` in the list ``targets[p]``.

    The similarities of a row are computed once for all its pairs, a tile of rows at a time.

    Parameters
    ----------
    index : SimilarityIndex
    rows, targets : (n_pairs,) integer arrays
        Indexed row and list of each pair.
    deviations : WeightedDeviations
        For each target, the indexed rows with a rating and their deviations.
    averaging, swapped, runner

    Returns
    -------
    means : (n_pairs,) float64 array
        NaN without a neighbour.
    supports : (n_pairs,) int32 array
        Number of neighbours.
    """
    means, supports = np.empty(len(rows), dtype=np.float64), np.empty(len(rows), dtype=np.int32)
    lengths = deviations.cells.lengths
    distinct, positions = np.unique(rows, return_inverse=True)
    order = np.argsort(positions, kind="stable")
    bounds = np.searchsorted(positions[order], np.arange(len(distinct) + 1))
    for start, stop in tiles(len(distinct), index.n_rows):
        similarities = index.similarities(index.indexed_queries(distinct[start:stop]), swapped=swapped, runner=runner)
        check_amplification(similarities, averaging.amplification)
        pairs = order[bounds[start] : bounds[stop]]
        own, own_targets = read_only(positions[pairs] - start), read_only(targets[pairs].astype(np.int64))
        part = np.empty(len(pairs), dtype=np.float64), np.empty(len(pairs), dtype=np.int32)
        lists = (*deviations.cells.arrays, deviations.decays)
        args = (own, own_targets, read_only(similarities), *lists, *averaging, *part)
        runner.rows(kernel.nearest_mean_pairs, len(pairs), args, costs=lengths[own_targets])
        means[pairs], supports[pairs] = part
    return means, supports


def grid_means(
    index: SimilarityIndex,
    queries: Queries,
    deviations: WeightedDeviations,
    n_targets: int,
    averaging: Averaging,
    *,
    swapped: bool,
    runner: Runner,
) -> Iterator[tuple[int, int, FloatArray]]:
    """Yield the means of every target for ranges of queries.

    Parameters
    ----------
    index : SimilarityIndex
    queries : Queries
    deviations : WeightedDeviations
        For each indexed row, the targets with a rating and their deviations.
    n_targets : int
    averaging, swapped, runner

    Yields
    ------
    start, stop : int
        Range of the queries.
    means : (stop - start, n_targets) float64 array
        NaN without a neighbour.
    """
    for start, stop in tiles(queries.rows.n_rows, max(index.n_rows, n_targets)):
        similarities = index.similarities(queries.part(start, stop), swapped=swapped, runner=runner)
        yield start, stop, means_from_similarities(similarities, deviations, n_targets, averaging, runner)


def means_from_similarities(
    similarities: FloatArray, deviations: WeightedDeviations, n_targets: int, averaging: Averaging, runner: Runner
) -> FloatArray:
    """Return the means of every target for each row of similarities: (n_rows, n_targets) float64."""
    check_amplification(similarities, averaging.amplification)
    means = np.empty((len(similarities), n_targets), dtype=np.float64)
    costs = np.full(len(similarities), len(deviations.cells.codes) + 10 * deviations.cells.n_rows)
    lists = (*deviations.cells.arrays, deviations.decays)
    args: tuple[Any, ...] = (read_only(similarities), *lists, *averaging, means)
    runner.rows(kernel.nearest_mean_grid, len(means), args, costs=costs)
    return means


def means_for_few_targets(
    similarities: FloatArray, deviations: WeightedDeviations, averaging: Averaging, runner: Runner
) -> FloatArray:
    """Return the result of `means_from_similarities` from the list of each target, which is faster for few targets.

    Selecting the neighbours for each target then takes less time than sorting them once for all targets.
    """
    check_amplification(similarities, averaging.amplification)
    n_rows, n_targets = len(similarities), deviations.cells.n_rows
    rows, targets = (read_only(codes.ravel().astype(np.int64)) for codes in np.indices((n_rows, n_targets)))
    means, supports = np.empty(n_rows * n_targets, dtype=np.float64), np.empty(n_rows * n_targets, dtype=np.int32)
    lists = (*deviations.cells.arrays, deviations.decays)
    args = (rows, targets, read_only(similarities), *lists, *averaging, means, supports)
    runner.rows(kernel.nearest_mean_pairs, len(rows), args, costs=deviations.cells.lengths[targets])
    return means.reshape(n_rows, n_targets)


def nearest_positions(similarities: FloatArray, codes: CodeArray, k: int) -> AnyArray:
    """Return the positions in ``codes`` of the k most similar codes, best first, ties by code."""
    order = np.lexsort((codes, -similarities[codes]))[:k]
    nearest: AnyArray = order[similarities[codes[order]] > 0]
    return nearest


def tiles(n_rows: int, width: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of rows of the given width that fit into one tile each."""
    size = max(1, _TILE_CELLS // width)
    for start in range(0, n_rows, size):
        yield start, min(start + size, n_rows)
