"""Measure recokit and other libraries on the same workloads.

    python benchmarks/peers.py --list                       # the workloads
    python benchmarks/peers.py                              # all workloads, on two threads and on one
    python benchmarks/peers.py items-popular lists-popular --threads 2 --libraries recokit similaripy

Each library runs each workload in a separate process, once to warm up (compile, fill caches) and then a few times. The
table shows the medians of the seconds, of the CPU seconds of all threads, and of the peak memory of the process beyond
its input. The row of a library that is not installed or that fails gives the reason.
"""

import argparse
import json
import os
import platform
import tempfile
from pathlib import Path
from typing import Any

from _peers import als, bpr, factor_lists, lists, metrics, neighbors, sgd, similar_products
from _peers.measure import Workload, measure

from recokit import datasets

_WORKLOADS: dict[str, Workload] = {
    name: workload
    for module in (neighbors, lists, sgd, als, bpr, factor_lists, metrics, similar_products)
    for name, workload in module.WORKLOADS.items()
}
_COLUMNS = ("workload", "threads", "library", "seconds", "cpu_seconds", "peak_mb")


def _line(row: dict[str, Any]) -> str:
    start = f"| {row['workload']} | {row['threads']} | {row['library']} |"
    if "failed" in row:
        return f"{start} {row['failed']} | | | |"
    further = {name: figure for name, figure in row.items() if name not in _COLUMNS}
    figures = ", ".join(f"{name} {figure:.6g}" for name, figure in further.items())
    return f"{start} {row['seconds']} | {row['cpu_seconds']} | {row['peak_mb']} | {figures} |"


def _print_workloads() -> None:
    for name, workload in _WORKLOADS.items():
        print(f"{name}: {workload.about} ({', '.join(workload.libraries)})")


def _run(options: argparse.Namespace) -> None:
    for name in options.workloads or _WORKLOADS:
        workload = _WORKLOADS[name]
        with tempfile.TemporaryDirectory() as folder:
            try:
                workload.make(Path(folder))
            except datasets.DatasetNotFoundError as error:
                print(f"{name} is skipped: {error}")
                continue
            for n_threads in options.threads:
                for library in workload.libraries:
                    if options.libraries and library.partition(":")[0] not in options.libraries:
                        continue
                    row = {"workload": name, "threads": n_threads, "library": library}
                    row |= measure(library, workload, Path(folder), n_threads, options.repeats)
                    print(json.dumps(row) if options.json else _line(row), flush=True)


def main() -> None:
    """Measure the workloads and print a Markdown table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("workloads", nargs="*", metavar="workload", help="names from --list; default: all")
    parser.add_argument("--list", action="store_true", help="print the workloads and exit")
    parser.add_argument("--libraries", nargs="+", help="restrict to these libraries")
    parser.add_argument("--threads", type=int, nargs="+", default=[2, 1], help="default: 2 1")
    parser.add_argument("--repeats", type=int, default=3, help="timed runs (default: 3)")
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")
    options = parser.parse_args()
    unknown = set(options.workloads) - set(_WORKLOADS)
    if unknown:
        parser.error(f"unknown workload {', '.join(sorted(unknown))}: expected some of {', '.join(_WORKLOADS)}")
    if options.list:
        _print_workloads()
        return
    if not options.json:
        print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores\n")
        print("| workload | threads | library | seconds | CPU seconds | peak MB beyond the input | further figures |")
        print("| --- | ---: | --- | ---: | ---: | ---: | --- |")
    _run(options)


if __name__ == "__main__":
    main()
