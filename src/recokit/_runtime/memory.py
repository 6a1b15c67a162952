"""Memory available to this process, and the refusal of work that does not fit into it."""

import ctypes
import os
import sys
from pathlib import Path
from typing import Any

__all__ = ["ALWAYS_FREE", "available_memory", "memory_limit", "readable_size", "require_memory"]

ALWAYS_FREE = 256 << 20  # less than this is never refused, so that small work does not wait for the system's answer
_GROUPS, _MOUNT, _MEMINFO = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup"), Path("/proc/meminfo")
_INFINITY = float("inf")


def require_memory(needed: float, task: str, remedy: str, *, max_memory_gb: float | None = None) -> None:
    """Raise MemoryError if a task needs more memory than is available.

    Parameters
    ----------
    needed : float
        Bytes.
    task : str
        Subject of the message, such as "EASE with 400,000 items".
    remedy : str
        Alternative for the caller, in the imperative.
    max_memory_gb : float, optional
        Limit to hold in place of the available memory.
    """
    if max_memory_gb is not None:
        limit, where = max_memory_gb * 1e9, f"max_memory_gb={max_memory_gb:g} allows"
    elif needed <= ALWAYS_FREE:
        return
    else:
        limit, where = available_memory(), "are available"
    if needed > limit:
        raise MemoryError(
            f"{task} needs {readable_size(needed)} of memory, more than the {readable_size(limit)} that {where}; "
            f"{remedy}"
        )


def readable_size(n_bytes: float) -> str:
    """Return a number of bytes as a text.

    Examples
    --------
    >>> readable_size(1_920_000_000_000), readable_size(48_000)
    ('1.92 TB', '48 kB')
    """
    for factor, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if n_bytes >= factor:
            return f"{n_bytes / factor:.3g} {unit}"
    return f"{n_bytes / 1e3:.3g} kB"


def available_memory() -> float:
    """Return the bytes that this process can still allocate; infinity if unknown.

    It is the smallest of the available memory of the machine, with its free swap space, and of the rest of the limits
    of the containers (control groups). The first is read from ``/proc/meminfo`` on Linux and from
    ``GlobalMemoryStatusEx`` on Windows. Elsewhere it is the physical memory.
    """
    return min(_free_memory(), *(limit - used for limit, used in _group_memory()))


def memory_limit() -> float:
    """Return the bytes of memory of the machine, or the lower limit of its container; infinity if unknown."""
    return min(_physical_memory(), *(limit for limit, _ in _group_memory()))


def _physical_memory() -> float:
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return _INFINITY


def _free_memory() -> float:
    if sys.platform == "win32":
        return _windows_memory()
    try:
        lines = _MEMINFO.read_text().splitlines()
    except OSError:
        return _physical_memory()
    sizes = {name: rest.split() for name, _, rest in (line.partition(":") for line in lines)}
    if "MemAvailable" not in sizes:
        return _physical_memory()
    return 1024.0 * sum(int(sizes[name][0]) for name in ("MemAvailable", "SwapFree") if name in sizes)


def _windows_memory() -> float:
    """Return the memory that Windows can still commit to this process."""

    class Status(ctypes.Structure):
        _fields_ = [
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            ("total_physical", ctypes.c_ulonglong),
            ("free_physical", ctypes.c_ulonglong),
            ("total_page_file", ctypes.c_ulonglong),
            ("free_page_file", ctypes.c_ulonglong),
            ("total_virtual", ctypes.c_ulonglong),
            ("free_virtual", ctypes.c_ulonglong),
            ("free_extended", ctypes.c_ulonglong),
        ]

    status: Any = Status(length=ctypes.sizeof(Status))
    try:
        known = ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))  # type: ignore[attr-defined]
    except (AttributeError, OSError):
        return _INFINITY
    return float(status.free_page_file) if known else _INFINITY


def _group_memory() -> list[tuple[float, float]]:
    """Return the limit and the used bytes of the control groups (version 1 or 2) of this process, and their parents.

    Pages of files that were not used lately can be dropped, so they do not count as used.
    """
    found = [(_INFINITY, 0.0)]
    try:
        groups = [line.split(":", 2)[1:] for line in _GROUPS.read_text().splitlines()]
    except OSError:
        return found
    for controllers, path in groups:
        if controllers == "":
            top, limit, usage, cache = _MOUNT, "memory.max", "memory.current", "inactive_file"
        elif "memory" in controllers.split(","):
            top, cache = _MOUNT / "memory", "total_inactive_file"
            limit, usage = "memory.limit_in_bytes", "memory.usage_in_bytes"
        else:
            continue
        own = top / path.lstrip("/")
        for group in (own, *own.parents):
            if group.is_relative_to(top):
                highest = _read(group / limit)
                if highest < _INFINITY:
                    used = _read(group / usage, 0.0) - _read_field(group / "memory.stat", cache)
                    found.append((highest, max(0.0, used)))
    return found


def _read(file: Path, default: float = _INFINITY) -> float:
    """Return the number in a file; the default if there is none, or if the file says "max"."""
    try:
        text = file.read_text().strip()
    except OSError:
        return default
    return float(text) if text.isdigit() else default


def _read_field(file: Path, name: str) -> float:
    """Return a number of a file with one name and number in each line; 0 if there is none."""
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return 0.0
    return next((float(line.split()[1]) for line in lines if line.startswith(f"{name} ")), 0.0)
