"""Limit BLAS to one thread."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from threadpoolctl import threadpool_limits

__all__ = ["single_threaded_blas"]


class _BlasLimit:
    """A limit shared by concurrent callers; the last one to leave restores the previous number of threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.users = 0
        self.limits: Any = None

    def reset(self) -> None:
        """Forget the callers of the parent process after a fork, and restore the number of threads."""
        limits = self.limits
        self.__init__()  # type: ignore[misc]  # a lock held during a fork stays held in the child
        if limits is not None:
            limits.restore_original_limits()


_blas = _BlasLimit()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_blas.reset)


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """Limit BLAS to one thread, for code that calls BLAS from several threads.

    Several threads may enter at a time. The limit holds for the whole process.
    """
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
