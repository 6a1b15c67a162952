"""Time and memory from the package of The Complete Journey to features, segments and baskets.

    python benchmarks/complete_journey.py
    python benchmarks/complete_journey.py --threads 2 --output results

The time starts with the start of the script and includes the imports. Kernels that are not in the cache are compiled in
the first run; run it twice. CPU seconds are those of the process in all its threads, which other processes on the
machine affect little. The peak memory is that of the whole process (resource.getrusage).
"""

import time

_START, _CPU_START = time.perf_counter(), time.process_time()

import argparse  # noqa: E402 (the clock starts before the imports)
import json  # noqa: E402
import os  # noqa: E402
import resource  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402


def peak_gb() -> float:
    """Return the peak memory of the process in GB (10⁹ bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e9


def measure() -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return the seconds of each step and the peak memory after it, and the tables to print."""
    rows: list[dict[str, Any]] = []
    before = (_START, _CPU_START)

    def done(step: str, result: str, since: tuple[float, float] | None = None) -> None:
        nonlocal before
        now, (wall, cpu) = (time.perf_counter(), time.process_time()), since or before
        row = {"step": step, "seconds": round(now[0] - wall, 2), "cpu_seconds": round(now[1] - cpu, 2)}
        rows.append(row | {"peak_gb": round(peak_gb(), 2), "result": result})
        before = now

    from recokit.datasets import load_complete_journey
    from recokit.preprocessing import UserSegments, item_features, rfm, user_features

    done("import", "")
    journey = load_complete_journey()
    done("load", f"{len(journey.transactions['user_id']):,} lines")
    log = journey.log()
    done("EventLog", f"{log.n_users:,} users, {log.n_items:,} items")
    users = user_features(log, journey.products, category="department")
    done("user_features", f"{users.shape[0]:,} × {users.shape[1]}")
    items = item_features(log, journey.products, category="product_category")
    done("item_features", f"{items.shape[0]:,} × {items.shape[1]}")
    scored = rfm(log)
    done("rfm", f"{len(set(scored.codes.tolist()))} segments")
    model = UserSegments().fit(users)
    done("UserSegments", f"{model.n_segments_} segments")
    baskets = log.baskets()
    done("baskets", f"{len(baskets.basket_bounds) - 1:,} baskets")
    done("total", "", (_START, _CPU_START))
    return rows, {"RFM": str(scored), "segments": str(model.profiles_)}


def main() -> None:
    """Measure the steps, and print them with the segments."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--threads", type=int, default=2, help="number of threads")
    parser.add_argument("--output", type=Path, help="folder for complete_journey.json")
    arguments = parser.parse_args()
    for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(arguments.threads)  # read at the imports
    rows, tables = measure()
    print("| step | seconds | CPU seconds | peak memory (GB) | result |\n| --- | ---: | ---: | ---: | --- |")
    for row in rows:
        numbers = " | ".join(f"{row[name]:.2f}" for name in ("seconds", "cpu_seconds", "peak_gb"))
        print(f"| {row['step']} | {numbers} | {row['result']} |")
    for name, table in tables.items():
        print(f"\n{name}\n\n{table}")
    if arguments.output:
        arguments.output.mkdir(parents=True, exist_ok=True)
        (arguments.output / "complete_journey.json").write_text(json.dumps(rows, indent=2), "utf-8")


if __name__ == "__main__":
    main()
