"""All-pairs search: the nearest rows of every row, by counts of common columns or by inner products.

Both methods give the result of `kernels.similarity.nearest_rows` and are faster. Rows are ranked from the longest to
the shortest. A pair of a long and a short row is computed once, when the short row is processed, and used for both.
"""

import threading
from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.base import Top
from recokit.base._stages import Stage, run_stages, whole_result
from recokit.data.rows import Rows, read_only, transpose_spans
from recokit.kernels import bit_rows
from recokit.kernels import cooccurrence as kernel
from recokit.kernels.dot_products import LISTED, inverse_norms, nearest_by_products
from recokit.kernels.rows import cells_before
from recokit.kernels.similarity_formulas import Constants

__all__ = [
    "MAX_BIT_BYTES",
    "MAX_LONG_BYTES",
    "MAX_LONG_PRODUCTS",
    "N_LONG_OPTIONS",
    "cosine_stages",
    "count_stages",
    "join_tops",
    "nearest_by_cosine",
    "nearest_by_counts",
    "plan_bits",
]

# Measured costs in nanoseconds: a pair of words, a visited cell, the first cell of a column (a cache miss).
_WORD_COST, _CELL_COST, _COLUMN_COST = 0.12, 1.0, 20.0
_SHORT_COST = 1_000.0  # of a short row, beside its cells
N_LONG_OPTIONS = (0, 128, 256, 512, 768, 1024, 1536, 2048, 3072, 4096)  # 4096: the counts of all pairs take 64 MB
MAX_BIT_BYTES = 2**26
MAX_LONG_PRODUCTS = 2048  # the sums of the long rows take 16 KB and stay in the first-level cache
MAX_LONG_BYTES = 2**24  # heaps of the long rows, for each thread


class _RankedRows(NamedTuple):
    """Rows by length, and the matrix by column with ascending ranks in place of row codes.

    Attributes
    ----------
    row_of_rank : (n_rows,) int64 array
        The longest row first, ties by code.
    ranks : (n,) uint16 or uint32 array
    values : (n,) or (0,) float32 array
    """

    row_of_rank: IntArray
    ranks: AnyArray
    values: FloatArray

    @classmethod
    def from_rows(cls, rows: Rows, n_columns: int, runner: Runner, *, with_values: bool) -> "_RankedRows":
        order = np.argsort(-rows.lengths, kind="stable")
        ranks = np.empty(len(rows.codes), dtype=np.uint16 if rows.n_rows <= 2**16 else np.uint32)
        cells = rows.indptr[:-1], rows.indptr[1:], rows.codes, rows.values if with_values else rows.values[:0]
        values = transpose_spans(order, *cells, n_columns, ranks, runner=runner)[1]
        return cls(read_only(order), read_only(ranks), read_only(values))


def nearest_by_counts(*args: Any, top: Top, runner: Runner) -> None:
    """Find the nearest rows of every row in this process; see `count_stages`."""
    run_stages(count_stages(*args, top=top, runner=runner), lambda stage: whole_result(stage, runner))


def nearest_by_cosine(*args: Any, top: Top, runner: Runner) -> None:
    """Find the nearest rows of every row in this process; see `cosine_stages`."""
    run_stages(cosine_stages(*args, top=top, runner=runner), lambda stage: whole_result(stage, runner))


def count_stages(
    rows: Rows,
    column_indptr: IntArray,
    costs: FloatArray,
    kind: int,
    constants: Constants,
    swapped: bool,
    *,
    top: Top,
    runner: Runner,
) -> Generator[Stage, Any, Top]:
    """Yield the stages that find the nearest rows of every row of a binary matrix from counts of common columns.

    The similarity must be monotone. Working memory: the ranks (2 bytes a cell, or 4 for more than 65,536 rows), at most
    64 MB of bit rows and 64 MB of counts, and for each thread the heaps of the long rows, at most 4,096.

    Parameters
    ----------
    rows : Rows
        The matrix; all values are 1 or ignored.
    column_indptr : (n_columns + 1,) int64 array
        Bounds of the columns.
    costs : (n_rows,) float64 array
        Number of cells in the columns of each row.
    kind, constants, swapped
        See `kernels.similarity.nearest_rows`.
    top : Top
        Work array for the lists of all rows; it is the result if one process runs all rows.
    runner : Runner
        Threads to prepare the stages on.
    """
    row_of_rank, ranks, _ = _RankedRows.from_rows(rows, len(column_indptr) - 1, runner, with_values=False)
    lengths, costs = rows.lengths[row_of_rank], costs[row_of_rank]
    plan = plan_bits(costs, lengths, column_indptr, partial(cells_before, column_indptr, ranks))
    ranked = (row_of_rank, read_only(lengths.astype(np.float64)), rows.indptr, rows.codes, column_indptr)
    formula = (kind, constants, swapped, *top)
    if plan.n_long:
        common = _CommonCounts(plan, column_indptr, ranks)
        long_of_long = yield _long_stage((*ranked, plan.ends, ranks), common, formula, costs[: plan.n_long], top)
        top.put(row_of_rank[: plan.n_long], long_of_long)  # bounds of the similarities that the next stage looks for
    short_costs = costs[plan.n_long :]
    args = (*ranked, ranks, short_costs, *formula)
    heaps = _LongHeaps(kernel.nearest_of_short, args, row_of_rank, plan.n_long, plan.n_long, top)
    result: Top = yield heaps.stage(short_costs + _SHORT_COST)
    return result


def cosine_stages(
    rows: Rows, column_indptr: IntArray, squares: FloatArray, costs: FloatArray, *, top: Top, runner: Runner
) -> Generator[Stage, Any, Top]:
    """Yield the stage that finds the nearest rows of every row by cosine, from inner products.

    Working memory: the matrix by column with ranks (6 bytes a cell, or 8 for more than 65,536 rows), and for each
    thread at most 16 MB of heaps of the long rows and lists as long as one row of similarities.

    Parameters
    ----------
    squares : (n_rows,) float64 array
        Sum of squares of each row.
    rows, column_indptr, costs, top, runner
        See `count_stages`.
    """
    n_long = min(MAX_LONG_PRODUCTS, rows.n_rows, max(1, MAX_LONG_BYTES // (8 * top.codes.shape[1])))
    row_of_rank, ranks, values = _RankedRows.from_rows(rows, len(column_indptr) - 1, runner, with_values=True)
    squares, costs = read_only(squares[row_of_rank]), costs[row_of_rank]
    args = (row_of_rank, squares, inverse_norms(squares), *rows.arrays, column_indptr, ranks, values, costs, *top)
    listed = np.arange(rows.n_rows) >= n_long
    listed &= costs < LISTED * rows.n_rows
    # Measured, in products of a short row without a list; only half of a long row is summed.
    weights = np.where(listed, 5.0 * costs + 3_000, costs)
    weights[:n_long] *= 0.5
    heaps = _LongHeaps(nearest_by_products, args, row_of_rank, n_long, 0, top)
    result: Top = yield heaps.stage(weights)
    return result


_Heaps = tuple[AnyArray, CodeArray]  # keys and sizes


class _RankedPart(NamedTuple):
    """The lists of a range of ranks, and the rows of the range near each long row.

    Attributes
    ----------
    top : Top
        One list for each rank of the range; the lists of all rows, if the range holds all of them.
    heaps : list of (keys, sizes)
        Those of each thread.
    """

    top: Top
    heaps: list[_Heaps]


class _LongHeaps:
    """A stage whose kernel takes heaps of the long rows as its last arguments: one set for each thread, merged at last.

    Parameters
    ----------
    work : callable
        The kernel, over ranks from ``first`` on; it writes to the lists ``top``.
    args : tuple
        Its other arguments.
    row_of_rank : (n_rows,) int64 array
    n_long, first : int
        Number of long rows, and the first rank of the stage.
    top : Top
    """

    def __init__(
        self, work: Callable[..., None], args: tuple[Any, ...], row_of_rank: IntArray, n_long: int, first: int, top: Top
    ) -> None:
        self._work = work
        self._args = args
        self._row_of_rank = row_of_rank
        self._n_long = n_long
        self._first = first
        self._top = top

    def stage(self, costs: FloatArray) -> Stage:
        """Return the stage, with the cost of each rank from the first on."""

        def run(start: int, stop: int, runner: Runner) -> _RankedPart:
            return self._run(start, stop, costs, runner)

        return Stage(costs, run, self._join)

    def _run(self, start: int, stop: int, costs: FloatArray, runner: Runner) -> _RankedPart:
        shape = self._n_long, self._top.codes.shape[1]
        idle: list[_Heaps] = []
        created: list[_Heaps] = []

        def run(start: int, stop: int, *arguments: Any) -> None:
            try:
                heaps = idle.pop()
            except IndexError:
                heaps = np.empty(shape, dtype=np.uint64), np.zeros(shape[0], dtype=np.int32)
                created.append(heaps)
            self._work(start, stop, *arguments, *heaps)
            idle.append(heaps)

        runner.rows(run, stop - start, self._args, costs=costs[start:stop], report=True, first=start)
        rows = self._row_of_rank[self._first :]
        whole = stop - start == len(rows)
        return _RankedPart(self._top if whole else self._top.take(rows[start:stop]), created)

    def _join(self, parts: Sequence[_RankedPart], runner: Runner) -> Top:
        top, n_long = parts[0].top, self._n_long
        if len(parts) > 1:
            top, start = _copy(self._top), self._first
            for part in parts:
                stop = start + len(part.top.codes)
                top.put(self._row_of_rank[start:stop], part.top)
                start = stop
        for keys, sizes in (heaps for part in parts for heaps in part.heaps):
            args = (self._row_of_rank, keys.copy(), sizes, *top)  # the kernel changes the keys
            runner.rows(kernel.merge_long, n_long, args, costs=np.full(n_long, 10 * top.codes.shape[1]))
        return top


class _CommonCounts:
    """The numbers of common columns with bits of every two long rows, counted at the first use."""

    def __init__(self, plan: "_BitPlan", column_indptr: IntArray, ranks: AnyArray) -> None:
        self._inputs = plan, column_indptr, ranks
        self._counts: CodeArray | None = None
        self._lock = threading.Lock()

    def get(self, runner: Runner) -> CodeArray:
        """Return the counts: (n_long, n_long) int32."""
        with self._lock:
            if self._counts is None:
                self._counts = _count_in_bits(*self._inputs, runner)
            return self._counts

    def take(self, runner: Runner) -> CodeArray:
        """Return the counts to overwrite; the next call of `get` or `take` counts again."""
        counts = self.get(runner)
        self._counts = None
        return counts


def _long_stage(
    args: tuple[Any, ...], common: _CommonCounts, formula: tuple[Any, ...], costs: FloatArray, top: Top
) -> Stage:
    """Return the stage that finds the nearest long rows of each long row; its result is the lists by rank."""
    row_of_rank = args[0]

    def run(start: int, stop: int, runner: Runner) -> Top:
        whole = stop - start == len(costs)
        counts = common.take(runner) if whole else common.get(runner)
        before = None if whole else counts[start:stop].copy()  # the kernel clears the rows
        inputs = (*args, counts, *formula)
        runner.rows(kernel.nearest_of_long, stop - start, inputs, costs=costs[start:stop], report=True, first=start)
        if before is not None:
            counts[start:stop] = before
        return top.take(row_of_rank[start:stop])

    return Stage(costs, run, join_tops)


def _copy(top: Top) -> Top:
    return Top(top.codes.copy(), top.scores.copy(), top.counts.copy())


def join_tops(parts: Sequence[Top], runner: Runner) -> Top:
    """Return the lists of all parts."""
    if len(parts) == 1:
        return parts[0]
    arrays: Any = [np.concatenate(own) for own in zip(*parts, strict=True)]
    return Top(*arrays)


class _BitPlan(NamedTuple):
    """The cells to count in bits.

    Attributes
    ----------
    n_long : int
        Number of long rows; they have the first ranks.
    bit_columns : (n,) int64 array
        The columns in which long rows have bits.
    ends : (n_columns,) int64 array
        For each column, the end of its cells of long rows without bits.
    """

    n_long: int
    bit_columns: IntArray
    ends: IntArray


def plan_bits(
    costs: FloatArray, lengths: IntArray, column_indptr: IntArray, count: Callable[[int], IntArray]
) -> _BitPlan:
    """Return the plan with the lowest cost by a model of the costs.

    Parameters
    ----------
    costs, lengths : (n_rows,) arrays
        Number of cells in the columns of each row, and length of each row, in order of rank.
    column_indptr : (n_columns + 1,) int64 array
    count : callable
        Function from a number of long rows to the number of their cells in each column.
    """
    best, best_cost = _BitPlan(0, np.empty(0, dtype=np.int64), column_indptr[:-1]), _CELL_COST * costs.sum()
    for n_long in N_LONG_OPTIONS[1:]:
        if n_long > len(costs):
            break
        numbers = count(n_long)
        pairs = numbers.astype(np.float64) ** 2
        # The cost of a column in bits depends on n_long only; in cells, on the cells of long rows in the column.
        worth = _CELL_COST * pairs + _COLUMN_COST * numbers > _WORD_COST * n_long**2 / 128
        bit_columns = np.flatnonzero(worth)
        max_columns = 8 * MAX_BIT_BYTES // n_long
        if len(bit_columns) > max_columns:
            bit_columns = np.sort(bit_columns[np.argsort(-numbers[bit_columns], kind="stable")[:max_columns]])
        in_cells = np.ones(len(numbers), dtype=bool)
        in_cells[bit_columns] = False
        cost = (
            _WORD_COST * n_long**2 / 128 * len(bit_columns)
            + _CELL_COST * (pairs[in_cells].sum() + costs[n_long:].sum())
            + _COLUMN_COST * lengths[:n_long].sum()
        )
        if cost < best_cost:
            best_cost = cost
            best = _BitPlan(n_long, bit_columns, column_indptr[:-1] + numbers * in_cells)
    return best


def _count_in_bits(plan: _BitPlan, column_indptr: IntArray, ranks: AnyArray, runner: Runner) -> CodeArray:
    """Return the number of common columns with bits of every two long rows: (n_long, n_long) int32."""
    n_words = -(-len(plan.bit_columns) // 64)
    bits = np.zeros((plan.n_long, n_words), dtype=np.uint64)
    numbers = cells_before(column_indptr, ranks, plan.n_long)
    bit_rows.fill_bit_rows(plan.bit_columns, column_indptr, numbers, ranks, bits)
    common = np.zeros((plan.n_long, plan.n_long), dtype=np.int32)
    n_blocks = -(-plan.n_long // bit_rows.BLOCK)
    costs = bit_rows.BLOCK**2 * n_words * np.arange(n_blocks, 0, -1.0)
    runner.rows(bit_rows.common_ones, n_blocks, (bits, common), costs=costs)
    return common
