"""Peak memory of the current process."""

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
    """Growth of the peak memory of the process since the construction of this object, in bytes.

    On Linux, freed memory is first returned to the system and the kernel's peak is reset, so the figure is exact. On
    other systems growth is counted from the highest peak so far and may be underestimated. Windows is not supported.
    """

    def __init__(self) -> None:
        gc.collect()
        with contextlib.suppress(AttributeError, OSError, TypeError):  # no GNU C library
            ctypes.CDLL(None).malloc_trim(0)
        try:
            Path("/proc/self/clear_refs").write_text("5")
            self._start = _read_status("VmRSS")
            self._exact = True
        except OSError:
            self._start = _lifetime_peak()
            self._exact = False

    def read(self) -> int | None:
        """Return the growth, or None on systems without a measurement."""
        if resource is None:
            return None
        return max(0, (_read_status("VmHWM") if self._exact else _lifetime_peak()) - self._start)


def _read_status(field: str) -> int:
    """Return a field of the process status in bytes; the file contains kilobytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(field))


def _lifetime_peak() -> int:
    if resource is None:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else 1024 * peak)
