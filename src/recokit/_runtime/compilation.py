"""Compilation: a message that explains the wait at the first use, and forks that wait for it."""

import logging
import os
from typing import Any

from numba.core import event
from numba.core.compiler_lock import global_compiler_lock

__all__ = ["CompilationNotice", "notice"]

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


notice = CompilationNotice()
event.register("numba:compile", notice)  # type: ignore[no-untyped-call]

if hasattr(os, "register_at_fork"):
    # A child forked while another thread compiles would wait forever for the lock of the compiler.
    os.register_at_fork(
        before=global_compiler_lock.acquire,
        after_in_parent=global_compiler_lock.release,
        after_in_child=global_compiler_lock.release,
    )
