"""The nearest rows of all rows where all values are 1: what is counted in bits, and what one by one."""

from typing import NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.data.rows import Rows, read_only
from recokit.kernels import bit_rows
from recokit.kernels import cooccurrence as kernel
from recokit.kernels.rows import cells_before
from recokit.neighbors._by_rank import ByRank, Found, find_near_long

__all__ = ["nearest_by_counts"]

# Nanoseconds, measured: a pair of words, a cell passed over, the first cell of a column, which is far away.
_WORD_COST, _CELL_COST, _COLUMN_COST = 0.12, 1.0, 20.0
_SHORT_COST = 1_000.0  # of a short row, besides its cells
_LONG_ROWS = (0, 128, 256, 512, 768, 1024, 1536, 2048, 3072, 4096)  # at 4096, the counts of all pairs are 64 MB
_MOST_BIT_BYTES = 2**26


class _Plan(NamedTuple):
    """What is counted in bits.

    Attributes
    ----------
    n_long : int
        The long rows, the first ranks.
    bit_columns : (n,) int64 array
        The columns in which long rows have bits.
    ends : (n_columns,) int64 array
        Where those cells of long rows end, in each column, that have no bits.
    """

    n_long: int
    bit_columns: IntArray
    ends: IntArray


def nearest_by_counts(
    rows: Rows,
    column_indptr: IntArray,
    costs: FloatArray,
    kind: int,
    constants: FloatArray,
    swapped: bool,
    found: Found,
    *,
    runner: Runner,
) -> None:
    """Find the nearest of all rows, as `kernels.similarity.nearest_rows` does, which is the reference.

    Beyond its arguments this holds, while it works: the rows of each column by rank (2 bytes a cell, 4 where there are
    more than 65,536 rows); at most 64 MB of bit rows and 64 MB of counts of pairs; and, for each thread, the neighbours
    of the rows that have bits, 4,096 at most.

    Parameters
    ----------
    rows : Rows
        The matrix. All values are 1, or none matters.
    column_indptr : (n_columns + 1,) int64 array
        Where the cells of each column begin.
    costs : (n_rows,) float64 array
        The number of cells of the columns of each row.
    kind, constants, swapped, found
        As those of `kernels.similarity.nearest_rows`.
    runner : Runner
    """
    row_of_rank, ranks, _ = ByRank.of(rows, len(column_indptr) - 1, runner, with_values=False)
    lengths = rows.lengths[row_of_rank]
    costs = costs[row_of_rank]
    plan = _plan(costs, lengths, column_indptr, ranks)
    by_rank = (row_of_rank, read_only(lengths.astype(np.float64)), rows.indptr, rows.codes, column_indptr)
    formula = (kind, constants, swapped, *found)
    if plan.n_long:
        common = _common(plan, column_indptr, ranks, runner)
        of_long = (*by_rank, plan.ends, ranks, common, *formula)
        runner.rows(kernel.nearest_of_long, plan.n_long, of_long, costs=costs[: plan.n_long], report=True)
        del common, of_long
    of_short = costs[plan.n_long :]
    args = (*by_rank, ranks, of_short, *formula)
    weights = of_short + _SHORT_COST
    find_near_long(kernel.nearest_of_short, args, weights, row_of_rank, plan.n_long, found, runner)


def _plan(costs: FloatArray, lengths: IntArray, column_indptr: IntArray, ranks: AnyArray) -> _Plan:
    """Return what is cheapest to count in bits, by a model of the costs."""
    best, best_cost = _Plan(0, np.empty(0, dtype=np.int64), column_indptr[:-1]), _CELL_COST * costs.sum()
    for n_long in _LONG_ROWS[1:]:
        if n_long > len(costs):
            break
        numbers = cells_before(column_indptr, ranks, n_long)
        pairs = numbers.astype(np.float64) ** 2
        # A column of bits costs all long rows and their pairs; a column of cells, those that it has.
        worth = _CELL_COST * pairs + _COLUMN_COST * numbers > _WORD_COST * n_long**2 / 128
        bit_columns = np.flatnonzero(worth)
        most = 8 * _MOST_BIT_BYTES // n_long
        if len(bit_columns) > most:
            bit_columns = np.sort(bit_columns[np.argsort(-numbers[bit_columns], kind="stable")[:most]])
        in_cells = np.ones(len(numbers), dtype=bool)
        in_cells[bit_columns] = False
        cost = (
            _WORD_COST * n_long**2 / 128 * len(bit_columns)
            + _CELL_COST * (pairs[in_cells].sum() + costs[n_long:].sum())
            + _COLUMN_COST * lengths[:n_long].sum()
        )
        if cost < best_cost:
            best_cost = cost
            best = _Plan(n_long, bit_columns, column_indptr[:-1] + numbers * in_cells)
    return best


def _common(plan: _Plan, column_indptr: IntArray, ranks: AnyArray, runner: Runner) -> CodeArray:
    """Return what each two of the long rows share in the columns that have bits: (n_long, n_long) int32."""
    n_words = -(-len(plan.bit_columns) // 64)
    bits = np.zeros((plan.n_long, n_words), dtype=np.uint64)
    numbers = cells_before(column_indptr, ranks, plan.n_long)
    bit_rows.fill_bit_rows(plan.bit_columns, column_indptr, numbers, ranks, bits)
    common = np.zeros((plan.n_long, plan.n_long), dtype=np.int32)
    n_blocks = -(-plan.n_long // bit_rows.BLOCK)
    costs = bit_rows.BLOCK**2 * n_words * np.arange(n_blocks, 0, -1.0)
    runner.rows(bit_rows.common_ones, n_blocks, (bits, common), costs=costs)
    return common
