"""The processors that this process may use."""

import math
import os
import time
from pathlib import Path

import numba

__all__ = ["available_processors", "quota"]

_SECONDS = 10.0  # a changed quota is noticed after this time
_known: tuple[float, float] = (-math.inf, math.inf)  # time of the last look, and the quota


def available_processors() -> int:
    """Return the number of processors for the threads of this process.

    It is the smallest of Numba's number of threads, the processors that the process may run on now, and the CPU quota
    of its container (cgroup), rounded up. A set environment variable ``NUMBA_NUM_THREADS`` comes before all of these.
    """
    global _known
    threads = int(numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]
    if "NUMBA_NUM_THREADS" in os.environ:
        return threads
    if hasattr(os, "sched_getaffinity"):
        threads = min(threads, len(os.sched_getaffinity(0)))
    now = time.monotonic()
    if now - _known[0] > _SECONDS:
        _known = now, quota()
    return max(1, min(threads, math.ceil(min(_known[1], threads))))


def quota(root: Path = Path("/")) -> float:
    """Return the CPU quota of the control groups of this process, in processors; infinity if there is none.

    Both versions of control groups are read. The quotas of all parent groups hold too.
    """
    limits = [math.inf]
    try:
        groups = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return math.inf
    for line in groups:
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        folder = root / "sys/fs/cgroup" / ("" if not controllers else "cpu")
        group = folder / path.lstrip("/")
        # Inside a container, the path of the group may be that of the host, which is not mounted.
        for place in {folder, group, *group.parents}:
            if place.is_relative_to(folder):
                limits.append(_limit(place))
    return min(limits)


def _limit(group: Path) -> float:
    """Return the quota of one group, in processors."""
    try:
        if (group / "cpu.max").exists():
            allowed, period = (group / "cpu.max").read_text().split()
        else:
            allowed, period = ((group / f"cpu.cfs_{name}_us").read_text().strip() for name in ("quota", "period"))
        return math.inf if allowed in ("max", "-1") else int(allowed) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return math.inf
