"""Limit BLAS to one thread."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

__all__ = ["single_threaded_blas"]


@cache
def _controller() -> ThreadpoolController:
    """Return a controller of the loaded BLAS libraries; finding them takes a millisecond, a limit some microseconds."""
    import scipy.linalg  # noqa: F401 (it may bring a BLAS of its own, which must be loaded before the search)

    return ThreadpoolController()


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
            _blas.limits = _controller().limit(limits=1, user_api="blas")
        _blas.users += 1
    try:
        yield
    finally:
        with _blas.lock:
            _blas.users = max(0, _blas.users - 1)
            if _blas.users == 0 and _blas.limits is not None:
                _blas.limits.restore_original_limits()
                _blas.limits = None
