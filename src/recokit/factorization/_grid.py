"""RatingGrid: ratings in a fixed grid of user blocks × item blocks, for conflict-free parallel descent."""

from collections.abc import Callable
from typing import NamedTuple, Self

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import CodeArray, FloatArray, IntArray
from recokit.data.rows import Rows
from recokit.kernels.sgd_grid import count_cells, fill_cells

__all__ = ["N_BLOCKS", "RatingGrid", "inverse_permutation"]

N_BLOCKS = 16  # of users, and of items: enough for 16 threads, and independent of the number of threads in use

# Each block of users is processed strip by strip, so that the factors of a strip and of a block of items (10,000 items
# of 64 factors make 160 kB) stay in the second-level cache.
_STRIPS_PER_BLOCK = 8

# Below this number of ratings a diagonal takes less time than starting a thread.
_MIN_RATINGS = 100_000


class RatingGrid(NamedTuple):
    """Ratings sorted by block; the blocks of one diagonal have neither users nor items in common.

    The grid numbers users and items by block, so the factors of a block are contiguous in memory (27 instead of 39 ns
    per rating, at 64 factors and 10 million ratings).

    Attributes
    ----------
    user_order, item_order : (n_users,), (n_items,) int32 arrays
        Code of each row of the grid.
    user_rows, item_rows, values : (n_ratings,) int32, int32, float32 arrays
        The ratings, block by block.
    item_starts : (N_BLOCKS + 1,) int64 array
        First row of each block of items, and the end of the last block.
    starts, stops : (N_BLOCKS, N_BLOCKS) int64 arrays
        Range of the ratings of each block of users and items.
    """

    user_order: CodeArray
    item_order: CodeArray
    user_rows: CodeArray
    item_rows: CodeArray
    values: FloatArray
    item_starts: IntArray
    starts: IntArray
    stops: IntArray

    @classmethod
    def build(cls, ratings: Rows, n_items: int, rng: np.random.Generator, runner: Runner) -> Self:
        """Sort ratings, compressed by user, into the grid.

        Users and items are dealt to blocks at random, which makes blocks about equally large. The ratings of each cell
        of the grid are shuffled. Both depend on the generator only.
        """
        n_ratings = len(ratings.codes)
        user_order, user_strips = _deal(ratings.lengths, N_BLOCKS * _STRIPS_PER_BLOCK, rng)
        item_order, item_cuts = _deal(np.bincount(ratings.codes, minlength=n_items), N_BLOCKS, rng)
        item_blocks = np.empty(n_items, dtype=np.int32)
        item_blocks[item_order] = np.repeat(np.arange(N_BLOCKS, dtype=np.int32), np.diff(item_cuts))
        counts = np.zeros((len(user_strips) - 1, N_BLOCKS), dtype=np.int64)
        costs = np.full(len(counts), n_ratings / len(counts))
        by_user = (user_strips, user_order, ratings.indptr, ratings.codes)
        runner.rows(count_cells, len(counts), (*by_user, item_blocks, counts), costs=costs)
        cell_starts = _cell_starts(counts)
        seeds = rng.integers(1, 2**32, counts.shape)
        cells = np.empty(n_ratings, np.int32), np.empty(n_ratings, np.int32), np.empty(n_ratings, np.float32)
        item_rows = inverse_permutation(item_order)
        args = (*by_user, ratings.values, item_blocks, item_rows, cell_starts, counts, seeds, *cells)
        runner.rows(fill_cells, len(counts), args, costs=costs)
        starts = np.ascontiguousarray(cell_starts[::_STRIPS_PER_BLOCK])
        stops = starts + counts.reshape(N_BLOCKS, _STRIPS_PER_BLOCK, N_BLOCKS).sum(axis=1)
        return cls(user_order, item_order, *cells, item_cuts, starts, stops)

    def sweep(self, work: Callable[[int, int], float], order: IntArray, runner: Runner) -> float:
        """Call ``work(start, stop)`` for every block, in parallel within a diagonal, and return the sum of the results.

        Parameters
        ----------
        work : callable
            Processes the ratings ``start`` to ``stop``.
        order : (N_BLOCKS,) int64 array
            Order of the diagonals.
        runner : Runner
            Threads to use.

        Returns
        -------
        float
            Summed in a fixed order.
        """
        results = np.zeros((N_BLOCKS, N_BLOCKS))
        runner = Runner() if len(self.values) < _MIN_RATINGS else runner

        def visit(block: tuple[int, int]) -> None:
            results[block] = work(self.starts[block], self.stops[block])

        for diagonal in order.tolist():
            blocks = [(row, (row + diagonal) % N_BLOCKS) for row in range(N_BLOCKS)]
            blocks = [block for block in blocks if self.stops[block] > self.starts[block]]
            blocks.sort(key=lambda block: self.starts[block] - self.stops[block])  # largest first
            runner.each(blocks, visit)
        return float(results.sum())


def _deal(counts: IntArray, n_parts: int, rng: np.random.Generator) -> tuple[CodeArray, IntArray]:
    """Shuffle rows and cut them into parts with about equal sums of counts; return the rows and the part bounds."""
    order = rng.permutation(len(counts)).astype(np.int32)
    sums = np.cumsum(counts[order])
    middles = sums - counts[order] / 2
    cuts = np.searchsorted(middles, sums[-1] * np.arange(1, n_parts) / n_parts)
    return order, np.concatenate([[0], cuts, [len(counts)]]).astype(np.int64)


def _cell_starts(counts: IntArray) -> IntArray:
    """Return the first position of each cell, in order of user block, item block and strip."""
    in_order = counts.reshape(N_BLOCKS, _STRIPS_PER_BLOCK, N_BLOCKS).transpose(0, 2, 1)
    ends = np.cumsum(in_order).reshape(in_order.shape)
    starts = (ends - in_order).transpose(0, 2, 1)
    return np.ascontiguousarray(starts).reshape(counts.shape)


def inverse_permutation(order: CodeArray) -> CodeArray:
    """Return the position of each code in a permutation."""
    positions = np.empty_like(order)
    positions[order] = np.arange(len(order), dtype=order.dtype)
    return positions
