"""Work on rows by rank, from the longest to the shortest, that finds what is near the long rows on the way."""

from collections.abc import Callable
from typing import Any

import numpy as np

from recokit._arrays import read_only
from recokit._threads import for_rows
from recokit._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.kernels.cooccurrence import merge_long
from recokit.kernels.ranks import columns_by_rank
from recokit.neighbors._rows import Rows

__all__ = ["Found", "find_near_long", "order_by_length", "run"]

Found = tuple[CodeArray, FloatArray, CodeArray]


def order_by_length(rows: Rows, columns: Rows) -> tuple[IntArray, AnyArray]:
    """Return the row of each rank, and the matrix by column with ranks instead of codes, in order."""
    row_of_rank = read_only(np.argsort(-rows.lengths, kind="stable"))
    ranks = np.empty(len(rows.codes), dtype=np.uint16 if rows.n_rows <= 2**16 else np.uint32)
    columns_by_rank(row_of_rank, rows.indptr, rows.codes, columns.indptr, ranks)
    return row_of_rank, read_only(ranks)


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
    merge: Callable[..., None] = merge_long
    for own in made:
        merge(row_of_rank, *own, *found)


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
