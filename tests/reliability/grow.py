"""Fit all models again and again in this process, with requests to all methods, and print the memory on the way.

The arguments are the numbers of rounds before and between the readings, and the number of readings.
"""

import ctypes
import gc
import json
import sys
import tracemalloc
import warnings
from contextlib import suppress
from pathlib import Path

from tests.reliability.models import CASES, answers, fitted

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    n_first, n_between, n_readings = map(int, sys.argv[1:4])
    readings = []

    def work(times):
        for _ in range(times):
            for kind, feedback in CASES:
                answers(fitted(kind, feedback))

    def resident():
        """Return the resident memory in bytes, after freed memory is returned to the system."""
        gc.collect()
        with suppress(AttributeError, OSError, TypeError):  # no GNU C library
            ctypes.CDLL(None).malloc_trim(0)
        lines = Path("/proc/self/status").read_text().splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

    work(n_first)
    readings.append(resident())
    for _ in range(n_readings):
        work(n_between)
        readings.append(resident())
    gc.collect()
    tracemalloc.start()
    work(1)
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    work(2)
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0] - before
    print(json.dumps({"resident": readings, "kept by 2 rounds": kept, "models": len(CASES)}))
