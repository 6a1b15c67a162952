"""One BLAS thread for a while."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from threadpoolctl import threadpool_limits

__all__ = ["single_threaded_blas"]


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
