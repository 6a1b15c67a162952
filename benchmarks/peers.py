"""recokit beside the libraries that are known for what it does.

    python benchmarks/peers.py --list                       # what can be measured
    python benchmarks/peers.py                              # everything, on two threads and on one
    python benchmarks/peers.py items-popular lists-popular --threads 2 --libraries recokit similaripy

Each library does each work in a process of its own, once to warm up (compile, fill caches) and then a few times, of
which the medians are reported: seconds, CPU seconds of all threads, and what the process held at its peak beyond its
input. A library that is not installed, or that fails, is said so and passed over.
"""

import argparse
import json
import os
import platform
import tempfile
from pathlib import Path
from typing import Any

import _peer_als
import _peer_bpr
import _peer_factor_lists
import _peer_lists
import _peer_metrics
import _peer_neighbors
import _peer_sgd
from _peer_process import Work, measure

from recokit import datasets

_WORKS: dict[str, Work] = {
    **_peer_neighbors.WORKS,
    **_peer_lists.WORKS,
    **_peer_sgd.WORKS,
    **_peer_als.WORKS,
    **_peer_bpr.WORKS,
    **_peer_factor_lists.WORKS,
    **_peer_metrics.WORKS,
}
_MEASURED = ("seconds", "cpu_seconds", "peak_mb")


def _line(row: dict[str, Any]) -> str:
    start = f"| {row['work']} | {row['threads']} | {row['library']} |"
    if "failed" in row:
        return f"{start} {row['failed']} | | | |"
    rest = {name: figure for name, figure in row.items() if name not in ("work", "threads", "library", *_MEASURED)}
    others = ", ".join(f"{name} {figure:.6g}" for name, figure in rest.items())
    return f"{start} {row['seconds']} | {row['cpu_seconds']} | {row['peak_mb']} | {others} |"


def _print_works() -> None:
    for name, work in _WORKS.items():
        print(f"{name}: {work.about} ({', '.join(work.libraries)})")


def _run(options: argparse.Namespace) -> None:
    for name in options.works or _WORKS:
        work = _WORKS[name]
        with tempfile.TemporaryDirectory() as folder:
            try:
                work.make(Path(folder))
            except datasets.DatasetNotFoundError as error:
                print(f"{name} is passed over: {error}")
                continue
            for n_threads in options.threads:
                for library in work.libraries:
                    if options.libraries and library.partition(":")[0] not in options.libraries:
                        continue
                    row = {"work": name, "threads": n_threads, "library": library}
                    row |= measure(library, work, Path(folder), n_threads, options.repeats)
                    print(json.dumps(row) if options.json else _line(row), flush=True)


def main() -> None:
    """Measure, and print a Markdown table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("works", nargs="*", help="names of works, all by default; --list shows them")
    parser.add_argument("--list", action="store_true", help="print the works and stop")
    parser.add_argument("--libraries", nargs="+", help="only these")
    parser.add_argument("--threads", type=int, nargs="+", default=[2, 1])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    options = parser.parse_args()
    unknown = set(options.works) - set(_WORKS)
    if unknown:
        parser.error(f"no such work: {', '.join(sorted(unknown))}; there are {', '.join(_WORKS)}")
    if options.list:
        _print_works()
        return
    if not options.json:
        print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores\n")
        print("| work | threads | library | seconds | CPU seconds | peak MB beyond the input | further figures |")
        print("| --- | ---: | --- | ---: | ---: | ---: | --- |")
    _run(options)


if __name__ == "__main__":
    main()
