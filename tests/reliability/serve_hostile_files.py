"""Load hostile files of all models, and serve those that load; run as a script, since a fault ends the process.

    python -m tests.reliability.serve_hostile_files N_FILES SEED

Prints a line of JSON: the numbers of files refused and loaded, the largest memory of a load in bytes beyond twice the
size of the file, the longest time of a load and all requests in seconds, and other exceptions than ModelFormatError.
"""

import faulthandler
import json
import sys
import tempfile
import time
import traceback
import tracemalloc
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.append(
    str(Path(__file__).resolve().parents[2] / "benchmarks")
)  # last: distributed.py has the name of a package

from _common.hostile_files import crafted, damaged, parts_of

import recokit
from recokit import ModelFormatError, persistence
from tests.reliability.models import storable_objects, use


def serve(path):
    """Load a file; return whether it was refused, and the memory of loading it. Anything else raises."""
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    try:
        model = recokit.load(path)
    except ModelFormatError:
        model = None
    memory = tracemalloc.get_traced_memory()[1] - before
    if model is not None:
        use(model)
    return model is None, memory


def _place(error):
    """Return the innermost lines of the traceback."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    return ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)


def main(n_files, seed):
    faulthandler.enable()
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    faults: list[str] = []
    rng, counts, worst, slowest = np.random.default_rng(seed), Counter(), 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        wholes = []
        for name, thing in storable_objects():
            persistence.save(thing, path)
            use(recokit.load(path))  # kernels are in memory before the first measurement
            wholes.append((name, path.read_bytes(), parts_of(path.read_bytes())))
        tracemalloc.start(1)
        for number in range(n_files):
            name, content, parts = wholes[number % len(wholes)]
            hostile = damaged(content, rng) if number % 4 == 0 else crafted(parts, rng)
            path.write_bytes(hostile)
            print(number, name, flush=True, file=sys.stderr)
            start = time.perf_counter()
            try:
                refused, memory = serve(path)
            except Exception as error:
                faults.append(f"file {number}, {name}: {type(error).__name__}: {error} ({_place(error)})")
                continue
            slowest = max(slowest, time.perf_counter() - start)
            counts["refused" if refused else "loaded"] += 1
            worst = max(worst, memory - 2 * len(hostile))
    print(json.dumps({**counts, "memory beyond twice the file": worst, "slowest": slowest, "faults": faults}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
