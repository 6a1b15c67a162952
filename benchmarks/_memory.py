"""Peak memory of this process since a moment."""

import contextlib
import ctypes
import gc
import sys
from pathlib import Path

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

__all__ = ["PeakMemory"]


class PeakMemory:
    """What the process took at its peak beyond what it held when this was made, in bytes.

    On Linux, memory that was freed is first given back, so that its use counts again, and the kernel is made to forget
    the earlier peak. Elsewhere the peak so far is the start, which can only understate; on Windows nothing is measured.
    """

    def __init__(self) -> None:
        gc.collect()
        with contextlib.suppress(AttributeError, OSError, TypeError):  # no GNU C library
            ctypes.CDLL(None).malloc_trim(0)
        try:
            Path("/proc/self/clear_refs").write_text("5")
            self._start = _status("VmRSS")
            self._exact = True
        except OSError:
            self._start = _highest()
            self._exact = False

    def read(self) -> int | None:
        """Return the growth, or None where it cannot be measured."""
        if resource is None:
            return None
        return max(0, (_status("VmHWM") if self._exact else _highest()) - self._start)


def _status(field: str) -> int:
    """Return a field of the process's status in bytes; the file has it in kilobytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(field))


def _highest() -> int:
    if resource is None:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else 1024 * peak)
