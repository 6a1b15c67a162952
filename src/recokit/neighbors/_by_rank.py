"""Work on rows by rank, from the longest to the shortest, that finds what is near the long rows on the way."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.data.rows import Rows, read_only, transpose_spans
from recokit.kernels.cooccurrence import merge_long

__all__ = ["ByRank", "Found", "find_near_long"]

Found = tuple[CodeArray, FloatArray, CodeArray]


class ByRank(NamedTuple):
    """The rows in order of length, and the matrix by column with ranks instead of codes, in order.

    Attributes
    ----------
    row_of_rank : (n_rows,) int64 array
    ranks : (n,) uint16 or uint32 array
    values : (n,) or (0,) float32 array
    """

    row_of_rank: IntArray
    ranks: AnyArray
    values: FloatArray

    @classmethod
    def of(cls, rows: Rows, n_columns: int, runner: Runner, *, with_values: bool) -> "ByRank":
        """Put rows in order, the longest first, equal ones by code."""
        order = np.argsort(-rows.lengths, kind="stable")
        ranks = np.empty(len(rows.codes), dtype=np.uint16 if rows.n_rows <= 2**16 else np.uint32)
        given = rows.values if with_values else rows.values[:0]
        cells = rows.indptr[:-1], rows.indptr[1:], rows.codes, given
        values = transpose_spans(order, *cells, n_columns, ranks, runner=runner)[1]
        return cls(read_only(order), read_only(ranks), read_only(values))


def find_near_long(
    find: Callable[..., None],
    args: tuple[Any, ...],
    costs: FloatArray,
    row_of_rank: IntArray,
    n_long: int,
    found: Found,
    runner: Runner,
) -> None:
    """Run a kernel whose last arguments are the best near the long rows; each thread has its own; merge them all."""
    k = found[0].shape[1]
    idle: list[tuple[AnyArray, CodeArray]] = []
    made: list[tuple[AnyArray, CodeArray]] = []

    def work(start: int, stop: int, *arguments: Any) -> None:
        try:
            own = idle.pop()
        except IndexError:
            own = np.empty((n_long, k), dtype=np.uint64), np.zeros(n_long, dtype=np.int32)
            made.append(own)
        find(start, stop, *arguments, *own)
        idle.append(own)

    runner.rows(work, len(costs), args, costs=costs, report=True)
    for own in made:
        runner.rows(merge_long, n_long, (row_of_rank, *own, *found), costs=np.full(n_long, 10 * k))
