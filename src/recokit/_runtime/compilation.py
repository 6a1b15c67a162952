"""A message when kernels are compiled, so that the wait at the first use is explained."""

import logging
from typing import Any

from numba.core import event

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
