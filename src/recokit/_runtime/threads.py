"""Threads: the same kernel on disjoint ranges of rows.

recokit runs its kernels from Python threads. Kernels release the GIL, so this is as parallel as Numba's ``prange``, but
does not use Numba's threading layers. Therefore concurrent calls cannot abort the process (workqueue), a forked child
cannot hang or be killed (GNU OpenMP), Ctrl-C and progress bars work between ranges, and no kernel needs a second,
parallel version. The result of a range does not depend on the thread that runs it, so results do not depend on the
number of threads.
"""

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np

from recokit._runtime.processors import available_processors
from recokit._runtime.small_work import chosen
from recokit._typing import AnyArray

__all__ = ["Runner", "split_by_cost", "thread_count", "threads_at_any_cost"]

_MAX_THREADS = 64  # on a machine with fewer processors; more threads than processors only take memory
_RANGES_PER_THREAD = 16
_MAX_PARTS = 4096
# Python sees Ctrl-C between two calls of a kernel, so long work is done in calls of about this time.
_SHORT, _LONG = 0.05, 0.2  # seconds
_STEPS_PER_PART = 500_000.0  # elementary steps, of the order of a millisecond
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
    """Return the number of threads to use: ``n_threads``, or that of the available processors if it is None.

    It is at most 64, or the number of processors if there are more.

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
    if given is not None and given <= _MAX_THREADS:
        return max(1, int(given))
    available = available_processors()
    return available if given is None else min(int(given), max(_MAX_THREADS, available))


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

    def each(self, tasks: "Sequence[Any] | _Feed", work: Callable[[Any], None]) -> None:
        """Call ``work(task)`` for every task; each free thread takes the next task.

        After the first exception no further task starts. The exception is raised once all threads have stopped. Ctrl-C
        counts as an exception, wherever it arrives.
        """
        n_threads = min(self.n_threads, len(tasks))
        if n_threads <= 1:
            for task in tasks:
                work(task)
            return
        pending = iter(tasks)
        lock = threading.Lock()
        errors: list[BaseException] = []
        working: list[threading.Event] = []  # one event of each helper that may take a task, set at its end

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

        def help_out() -> None:
            stopped = threading.Event()
            working.append(stopped)  # before the first look at errors, so that the caller waits for every task
            try:
                drain()
            finally:
                stopped.set()

        helpers = [threading.Thread(target=help_out, daemon=True) for _ in range(n_threads - 1)]
        try:
            for helper in helpers:
                helper.start()
            drain()
        except BaseException as error:  # an interrupt between two tasks; raised after the helpers have stopped
            errors.append(error)
        _wait(helpers, working, errors)
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
        first: int = 0,
    ) -> None:
        """Run ``kernel(start, stop, *args)`` over all rows, on several threads if the work is large enough.

        Work too small to be worth compiling the kernel is done by its equivalent in NumPy, if there is one. Long work
        is done in many short calls, so that Ctrl-C stops it soon.

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
        first : int
            The rows are ``first`` to ``first + n_rows``.
        """
        min_cost = _min_cost if min_cost is None else min_cost
        if n_rows == 0:
            return
        if costs is None:
            costs = np.ones(n_rows)
        total = float(np.sum(costs, dtype=np.float64))
        kernel = chosen(kernel, total)
        is_serial = self.n_threads == 1 or total < min_cost
        if n_rows == 1 or (is_serial and total < 2 * _STEPS_PER_PART):  # a single call
            kernel(first, first + n_rows, *args)
            if report:
                self.report(n_rows)
            return
        if not is_serial:
            n_threads, n_ranges = self.n_threads, self.n_threads * _RANGES_PER_THREAD
        else:
            n_threads, n_ranges = 1, 1
        n_parts = max(n_ranges, min(_MAX_PARTS, int(total / _STEPS_PER_PART)))
        parts = [(0, n_rows)] if n_parts == 1 else split_by_cost(costs, n_parts)
        feed = _Feed(parts, -(-n_parts // n_ranges))

        def run(rows: tuple[int, int]) -> None:
            before = time.perf_counter()
            kernel(first + rows[0], first + rows[1], *args)
            feed.took(time.perf_counter() - before)
            if report:
                self.report(rows[1] - rows[0])

        replace(self, n_threads=n_threads).each(feed, run)


class _Feed:
    """The parts of a piece of work, joined to ranges that take a short time each.

    Parameters
    ----------
    parts : list of (start, stop)
        Consecutive ranges of rows.
    most : int
        Largest number of parts in a range.
    """

    def __init__(self, parts: list[tuple[int, int]], most: int) -> None:
        self.parts = parts
        self.most = most
        self.size = 1

    def __len__(self) -> int:
        return len(self.parts)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        first = 0
        while first < len(self.parts):
            last = min(first + self.size, len(self.parts))
            yield self.parts[first][0], self.parts[last - 1][1]
            first = last

    def took(self, seconds: float) -> None:
        """Adapt the size of the next ranges to the time that a range took."""
        if seconds < _SHORT:
            self.size = min(2 * self.size, self.most)
        elif seconds > _LONG:
            self.size = max(1, self.size // 2)


def _wait(helpers: Sequence[threading.Thread], working: Sequence[threading.Event], errors: list[BaseException]) -> None:
    """Wait until all helpers have stopped; an interrupt makes them stop after their present task.

    An interrupted ``Thread.join`` may mark a running thread as stopped (CPython issue 90882), so each helper says
    itself when it has stopped.
    """
    for stopped in working:
        while not stopped.is_set():
            try:
                stopped.wait()
            except BaseException as error:
                errors.append(error)
    for helper in helpers:
        try:
            if helper.ident is not None:
                helper.join()
        except BaseException as error:
            errors.append(error)
