"""Compilation: a message that explains the wait at the first use, its duration, and forks that wait for it."""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba.core import event
from numba.core.compiler_lock import global_compiler_lock

__all__ = ["CompilationNotice", "CompilationTime", "notice", "timed_compilation"]

_logger = logging.getLogger("recokit")


class CompilationNotice(event.Listener):
    """Logs one warning per process when a kernel is compiled, not when it is loaded from the cache."""

    def __init__(self) -> None:
        self.is_given = False

    def on_start(self, event: Any) -> None:
        """Log the message at the first compilation of a kernel of recokit."""
        function = getattr((event.data or {}).get("dispatcher"), "py_func", None)
        if self.is_given or not str(getattr(function, "__module__", "")).startswith("recokit."):
            return
        self.is_given = True
        _logger.warning(
            "recokit compiles its kernels at their first use, which takes some seconds; later processes load them from "
            "the cache. recokit.warm_up() compiles them in advance."
        )

    def on_end(self, event: Any) -> None:
        """Do nothing."""


class CompilationTime(event.Listener):
    """Sums the seconds in which kernels are compiled; a callee counts once, with its caller."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._depth, self._start = 0, 0.0

    def on_start(self, event: Any) -> None:
        """Start the time of a kernel that is not compiled for another one."""
        if self._depth == 0:
            self._start = time.perf_counter()
        self._depth += 1

    def on_end(self, event: Any) -> None:
        """Add the time of the kernel."""
        self._depth -= 1
        if self._depth == 0:
            self.seconds += time.perf_counter() - self._start


@contextmanager
def timed_compilation() -> Iterator[CompilationTime]:
    """Measure the time of compilation within a block."""
    listener = CompilationTime()
    with event.install_listener("numba:compile", listener):
        yield listener


notice = CompilationNotice()
event.register("numba:compile", notice)  # type: ignore[no-untyped-call]

if hasattr(os, "register_at_fork"):
    # A child forked while another thread compiles would wait forever for the lock of the compiler.
    os.register_at_fork(
        before=global_compiler_lock.acquire,
        after_in_parent=global_compiler_lock.release,
        after_in_child=global_compiler_lock.release,
    )
