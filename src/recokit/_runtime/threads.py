"""Threads: the same kernel on disjoint ranges of rows.

recokit runs its kernels from Python threads. Kernels release the GIL, so this is as parallel as Numba's ``prange``, but
does not use Numba's threading layers. Therefore concurrent calls cannot abort the process (workqueue), a forked child
cannot hang or be killed (GNU OpenMP), Ctrl-C and progress bars work between ranges, and no kernel needs a second,
parallel version. The result of a range does not depend on the thread that runs it, so results do not depend on the
number of threads.
"""

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numba
import numpy as np

from recokit._runtime.small_work import chosen
from recokit._typing import AnyArray

__all__ = ["Runner", "split_by_cost", "thread_count", "threads_at_any_cost"]

_RANGES_PER_THREAD = 16
_DONE = object()
_min_cost = 50_000.0  # elementary steps; work below this cost runs on one thread


@contextmanager
def threads_at_any_cost() -> Iterator[None]:
    """Use several threads even for little work, for tests that compare numbers of threads."""
    global _min_cost
    before, _min_cost = _min_cost, 0.0
    try:
        yield
    finally:
        _min_cost = before


def thread_count(n_threads: int | None) -> int:
    """Return the number of threads to use: ``n_threads``, or Numba's default if it is None.

    Raises
    ------
    ValueError
        ``n_threads`` is not an integer.

    Examples
    --------
    >>> thread_count(3)
    3
    """
    given: Any = n_threads
    if given is not None and not isinstance(given, Integral):
        raise ValueError(f"n_threads={n_threads!r}: expected an integer, or None for all processors")
    available = int(numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]
    return available if n_threads is None else max(1, int(n_threads))


def split_by_cost(costs: AnyArray, n_ranges: int) -> list[tuple[int, int]]:
    """Split rows into contiguous ranges of about equal cost.

    Parameters
    ----------
    costs : (n_rows,) array
        Non-negative cost of each row.
    n_ranges : int
        Maximum number of ranges.

    Returns
    -------
    list of (start, stop)
        Non-empty ranges that cover all rows in order.

    Examples
    --------
    >>> split_by_cost(np.array([5, 1, 1, 1]), 2)
    [(0, 1), (1, 4)]
    """
    total = np.cumsum(np.asarray(costs, dtype=np.float64) + 1e-9)
    if len(total) == 0:
        return []
    targets = total[-1] * np.arange(1, n_ranges) / n_ranges
    cuts = np.unique(np.concatenate([[0], np.searchsorted(total, targets) + 1, [len(total)]]))
    cuts = cuts[cuts <= len(total)]
    return [(int(a), int(b)) for a, b in itertools.pairwise(cuts)]


def _no_report(n_rows: int) -> object:
    return None


@dataclass(frozen=True)
class Runner:
    """Runs kernels and functions on threads, and reports progress.

    A public method makes one runner and passes it down.

    Parameters
    ----------
    n_threads : int
        Maximum number of threads.
    report : callable, optional
        Called with the number of units that have been finished since the last call, such as the ``update`` of a
        progress bar.

    Examples
    --------
    >>> squares = [0] * 4
    >>> def square(n):
    ...     squares[n] = n * n
    >>> Runner(2).each(range(4), square)
    >>> squares
    [0, 1, 4, 9]
    """

    n_threads: int = 1
    report: Callable[[int], object] = _no_report

    def reporting_to(self, report: Callable[[int], object]) -> "Runner":
        """Return a runner with the same threads that reports progress to ``report``."""
        return replace(self, report=report)

    def each(self, tasks: Sequence[Any], work: Callable[[Any], None]) -> None:
        """Call ``work(task)`` for every task; each free thread takes the next task.

        After the first exception no further task starts. The exception is raised once all threads have stopped.
        """
        n_threads = min(self.n_threads, len(tasks))
        if n_threads <= 1:
            for task in tasks:
                work(task)
            return
        pending = iter(tasks)
        lock = threading.Lock()
        errors: list[BaseException] = []

        def drain() -> None:
            while not errors:
                with lock:
                    task = next(pending, _DONE)
                if task is _DONE:
                    return
                try:
                    work(task)
                except BaseException as error:  # raised in the calling thread below
                    errors.append(error)

        helpers = [threading.Thread(target=drain, daemon=True) for _ in range(n_threads - 1)]
        for helper in helpers:
            helper.start()
        try:
            drain()
        except BaseException as error:  # an interrupt between two tasks; raised after the helpers have stopped
            errors.append(error)
        for helper in helpers:
            helper.join()
        if errors:
            raise errors[0]

    def rows(
        self,
        kernel: Callable[..., None],
        n_rows: int,
        args: Sequence[Any],
        *,
        costs: AnyArray | None = None,
        min_cost: float | None = None,
        report: bool = False,
    ) -> None:
        """Run ``kernel(start, stop, *args)`` over all rows, on several threads if the work is large enough.

        Work too small to be worth compiling the kernel is done by its equivalent in NumPy, if there is one.

        Parameters
        ----------
        kernel : callable
            Compiled with ``nogil=True``; writes only to the rows ``start`` to ``stop``.
        n_rows : int
            Number of rows.
        args : sequence
            Further arguments of the kernel.
        costs : (n_rows,) array, optional
            Cost of each row in elementary steps; 1 each by default.
        min_cost : float, optional
            Total cost below which one thread runs all rows; 50,000 by default.
        report : bool
            Report the finished rows.
        """
        min_cost = _min_cost if min_cost is None else min_cost
        if n_rows == 0:
            return
        if costs is None:
            costs = np.ones(n_rows)
        total = float(np.sum(costs, dtype=np.float64))
        kernel = chosen(kernel, total)

        def run(rows: tuple[int, int]) -> None:
            kernel(*rows, *args)
            if report:
                self.report(rows[1] - rows[0])

        if self.n_threads <= 1 or total < min_cost:
            run((0, n_rows))
            return
        self.each(split_by_cost(costs, self.n_threads * _RANGES_PER_THREAD), run)
