"""Memory available to this process."""

import os
from pathlib import Path

__all__ = ["memory_limit"]

_GROUPS, _MOUNT = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


def memory_limit() -> float:
    """Return the bytes of memory of the machine, or the lower limit of its container; infinity if unknown."""
    return min(_physical_memory(), _container_limit())


def _physical_memory() -> float:
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return float("inf")


def _container_limit() -> float:
    """Return the lowest limit of the control groups (version 1 or 2) of this process and of their parents."""
    try:
        groups = [line.split(":", 2)[1:] for line in _GROUPS.read_text().splitlines()]
    except OSError:
        return float("inf")
    limits = [float("inf")]
    for controllers, path in groups:
        if controllers == "":
            top, name = _MOUNT, "memory.max"
        elif "memory" in controllers.split(","):
            top, name = _MOUNT / "memory", "memory.limit_in_bytes"
        else:
            continue
        own = top / path.lstrip("/")
        limits += [_read(group / name) for group in (own, *own.parents) if group.is_relative_to(top)]
    return min(limits)


def _read(file: Path) -> float:
    """Return the number in a file; infinity if there is none, or if the file says "max"."""
    try:
        text = file.read_text().strip()
    except OSError:
        return float("inf")
    return float(text) if text.isdigit() else float("inf")
