"""Threads: the same kernel on disjoint ranges of rows.

recokit runs its kernels from Python threads. Kernels release the GIL, so this is as parallel as Numba's ``prange``, and
it never enters Numba's threading layers: concurrent calls cannot abort the process (workqueue), a forked child cannot
hang or be killed (GNU OpenMP), Ctrl-C and progress bars work between ranges, and nothing is compiled twice. Which
thread runs a range does not change what the range computes, so results do not depend on the number of threads.
"""

import itertools
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numba
import numpy as np
from threadpoolctl import threadpool_limits

from recokit._typing import AnyArray

__all__ = ["for_each", "for_rows", "single_threaded_blas", "split_by_cost", "thread_count", "whatever_the_cost"]

_RANGES_PER_THREAD = 16
_least_cost = 50_000.0  # of work that is worth a second thread


@contextmanager
def whatever_the_cost() -> Iterator[None]:
    """Use several threads however small the work is: for tests of whether that changes anything."""
    global _least_cost
    before, _least_cost = _least_cost, 0.0
    try:
        yield
    finally:
        _least_cost = before


class _BlasLimit:
    """One thread for BLAS while anybody wants it so; what it had before comes back with the last."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.users = 0
        self.limits: Any = None


_blas = _BlasLimit()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_blas.__init__)  # type: ignore[misc]  # a lock that was held then stays so


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """Let BLAS use one thread, where recokit's threads call it themselves; may be entered by several at a time."""
    with _blas.lock:
        if _blas.users == 0:
            _blas.limits = threadpool_limits(1, user_api="blas")
        _blas.users += 1
    try:
        yield
    finally:
        with _blas.lock:
            _blas.users = max(0, _blas.users - 1)
            if _blas.users == 0 and _blas.limits is not None:
                _blas.limits.restore_original_limits()
                _blas.limits = None


def thread_count(n_threads: int | None) -> int:
    """Return the number of threads to use: ``n_threads``, or what Numba has where it is None.

    Examples
    --------
    >>> thread_count(3)
    3
    """
    available = int(numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]
    return available if n_threads is None else max(1, n_threads)


def split_by_cost(costs: AnyArray, n_ranges: int) -> list[tuple[int, int]]:
    """Cut rows into contiguous ranges of about equal cost.

    Parameters
    ----------
    costs : (n_rows,) array
        Non-negative work of each row.
    n_ranges : int
        How many ranges at most.

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


def for_each(tasks: Sequence[Any], work: Callable[[Any], None], n_threads: int) -> None:
    """Call ``work(task)`` for every task, on ``n_threads`` threads, the next free thread taking the next task.

    The first exception stops the handing out and is raised here, once all threads have stopped.
    """
    n_threads = min(n_threads, len(tasks))
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
            except BaseException as error:  # raised again by the caller's thread
                errors.append(error)

    helpers = [threading.Thread(target=drain, daemon=True) for _ in range(n_threads - 1)]
    for helper in helpers:
        helper.start()
    try:
        drain()
    except BaseException as error:  # an interrupt between two tasks: let the helpers stop first
        errors.append(error)
    for helper in helpers:
        helper.join()
    if errors:
        raise errors[0]


_DONE = object()


def for_rows(
    kernel: Callable[..., None],
    n_rows: int,
    args: Sequence[Any],
    *,
    n_threads: int,
    costs: AnyArray | None = None,
    min_cost: float | None = None,
) -> None:
    """Run ``kernel(start, stop, *args)`` over all rows, on several threads where the work is worth it.

    Parameters
    ----------
    kernel : callable
        Compiled with ``nogil=True``; writes only to the rows ``start`` to ``stop``.
    n_rows : int
        Number of rows.
    args : sequence
        The kernel's further arguments.
    n_threads : int
        Threads to use at most.
    costs : (n_rows,) array, optional
        Work of each row in elementary steps; 1 each by default.
    min_cost : float, optional
        Total cost below which one thread does it all; 50,000 by default.
    """
    min_cost = _least_cost if min_cost is None else min_cost
    if n_rows == 0:
        return
    if costs is None:
        costs = np.ones(n_rows)
    if n_threads <= 1 or float(np.sum(costs, dtype=np.float64)) < min_cost:
        kernel(0, n_rows, *args)
        return
    for_each(split_by_cost(costs, n_threads * _RANGES_PER_THREAD), lambda rows: kernel(*rows, *args), n_threads)
