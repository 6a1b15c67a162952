"""Work on rows by rank, from the longest to the shortest, that finds what is near the long rows on the way."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from recokit._arrays import read_only
from recokit._threads import for_rows
from recokit._transposition import transpose_spans
from recokit._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.kernels.cooccurrence import merge_long
from recokit.neighbors._rows import Rows

__all__ = ["ByRank", "Found", "find_near_long", "run"]

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
    def of(cls, rows: Rows, n_columns: int, n_threads: int, *, with_values: bool) -> "ByRank":
        """Put rows in order, the longest first, equal ones by code."""
        order = np.argsort(-rows.lengths, kind="stable")
        ranks = np.empty(len(rows.codes), dtype=np.uint16 if rows.n_rows <= 2**16 else np.uint32)
        given = rows.values if with_values else rows.values[:0]
        cells = rows.indptr[:-1], rows.indptr[1:], rows.codes, given
        values = transpose_spans(order, *cells, n_columns, ranks, n_threads=n_threads)[1]
        return cls(read_only(order), read_only(ranks), read_only(values))


def find_near_long(
    find: Callable[..., None],
    args: tuple[Any, ...],
    costs: FloatArray,
    row_of_rank: IntArray,
    n_long: int,
    found: Found,
    n_threads: int,
    done: Callable[[int], object],
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

    run(work, args, costs, n_threads, done)
    for own in made:
        for_rows(merge_long, n_long, (row_of_rank, *own, *found), n_threads=n_threads, costs=np.full(n_long, 10 * k))


def run(
    work: Callable[..., None],
    args: tuple[Any, ...],
    costs: FloatArray,
    n_threads: int,
    done: Callable[[int], object],
) -> None:
    """Run a kernel over all rows, and tell how many have been done."""

    def work_and_tell(start: int, stop: int, *arguments: Any) -> None:
        work(start, stop, *arguments)
        done(stop - start)

    for_rows(work_and_tell, len(costs), args, n_threads=n_threads, costs=costs)
