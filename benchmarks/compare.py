"""Compare the algorithms of recokit on a data set, in a table of predicted ratings and one of recommendations.

    python benchmarks/compare.py                              # generated shop data, no files needed
    python benchmarks/compare.py --dataset movielens-100k     # published data, from --data-dir or RECOKIT_DATA
    python benchmarks/compare.py --output results             # also results/comparison.md, .json and .png

Each algorithm runs in a separate process, after a short warm-up on a few users, so its figures include neither
compilation nor the memory of other algorithms.
"""

import argparse
import json
import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from _common.algorithms import choose
from _common.measure import Job, Row, measure
from _common.published_data import data_folder
from _common.tables import as_json, render, sort_rows
from _common.tasks import DATASETS, Request, Task, load_tasks

from recokit import datasets

_METRICS = {
    "ratings": "RMSE and MAE over the test pairs with equal weight; pairs of unknown users or items get the fallback",
    "ranking": (
        "top-{k} lists without each user's training items; means over the users with test items R_u, which are equally "
        "relevant; Precision: hits / {k}; Recall: hits / |R_u|; NDCG: binary gain, discount 1 / log2(rank + 1), ideal "
        "list of min({k}, |R_u|) items; MAP: sum of precisions at the hits / |R_u|; MRR: 1 / rank of the first hit; "
        "coverage: share of the catalogue's {n_items:,} items that are in at least one list"
    ),
}
_COSTS = (
    "fit s: one fit, without compilation; users/s: top-{k} lists for all training users; peak MB: memory growth of the "
    "process during fit and recommend, beyond library and data; each algorithm in a separate process"
)


class Table(NamedTuple):
    """One table: the task, the protocol lines above the table, and the rows, best first."""

    task: Task
    protocol: list[str]
    rows: list[Row]


def main(arguments: list[str] | None = None) -> int:
    """Run the comparison and return the exit status: 2 for an invalid request, 1 if an algorithm failed, else 0."""
    options = _read_options(arguments)
    try:
        algorithms = choose(options.algorithms, quick=options.quick)
        request = _read_request(options)
        tasks = load_tasks(request)
    except (ValueError, FileNotFoundError, ImportError) as error:
        return _refuse(str(error))
    jobs = [(task, [one for one in algorithms if one.fits(task)]) for task in tasks]
    if not any(applicable for _, applicable in jobs):
        return _refuse(f"none of the chosen algorithms applies to {request.dataset}")
    _set_threads(options.threads)
    tables, failures = [], 0
    for task, applicable in jobs:
        rows = [
            row for one in applicable if (row := _measure(Job(request, task.kind, one, options.threads))) is not None
        ]
        failures += len(applicable) - len(rows)
        if rows:
            tables.append(Table(task, _protocol(task, options.threads), sort_rows(rows, task)))
            print(_text(tables[-1], ansi=_in_color()), end="\n\n", flush=True)
    if options.output is not None:
        _write(tables, request, options.output)
    return 1 if failures else 0


def _read_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="shop", metavar="NAME", help=f"{', '.join(DATASETS)} (default: shop)")
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="folder of the published data sets (default: RECOKIT_DATA)"
    )
    parser.add_argument("--output", type=Path, metavar="DIR", help="folder for comparison.md, .json and .png")
    parser.add_argument(
        "--algorithms", nargs="+", metavar="NAME", help="classes, or labels as in the table; default: all"
    )
    parser.add_argument("--k", type=_positive, help="length of the lists (default: 10; 20 for movielens-1m-implicit)")
    parser.add_argument(
        "--quick", action="store_true", help="little data, one variant of each algorithm; about a minute"
    )
    parser.add_argument("--threads", type=_positive, default=_processors(), help="default: all processors")
    parser.add_argument("--seed", type=int, default=0, help="seed of data, split and algorithms")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, got {number}")
    return number


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _read_request(options: argparse.Namespace) -> Request:
    if options.dataset not in DATASETS:
        offers = [f"{name} ({datasets.SOURCES[name].url})" for name in DATASETS if name in datasets.SOURCES]
        downloaded = ", ".join(datasets.available(options.data_dir or data_folder())) or "none"
        raise ValueError(
            f"unknown data set {options.dataset!r}: expected shop (generated, no files needed), {', '.join(offers)}; "
            f"already downloaded: {downloaded}"
        )
    if options.data_dir is not None and not options.data_dir.is_dir():
        raise FileNotFoundError(f"no folder {options.data_dir}: {_data_advice(options.dataset)}")
    return Request(options.dataset, options.data_dir or data_folder(), options.k, options.quick, options.seed)


def _data_advice(dataset: str) -> str:
    if dataset == "shop":
        return "omit --data-dir, which shop does not need"
    return f"download {dataset} from {datasets.SOURCES[dataset].url}, or choose --dataset shop, which needs no files"


def _refuse(message: str) -> int:
    print(f"compare.py: {message}", file=sys.stderr)
    return 2


def _set_threads(n_threads: int) -> None:
    """Set the thread limits of Numba and BLAS, which the measuring processes read at their start."""
    for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(n_threads)


def _measure(job: Job) -> Row | None:
    start = time.perf_counter()
    print(f"{job.kind}: {job.algorithm.label} … ", end="", file=sys.stderr, flush=True)
    try:
        row = measure(job)
    except RuntimeError as error:
        print(f"failed\n{error}", file=sys.stderr)
        return None
    print(f"{time.perf_counter() - start:.1f} s", file=sys.stderr)
    return row


def _protocol(task: Task, n_threads: int) -> list[str]:
    names = ("recokit", "numba", "numpy", "scipy", "scikit-learn")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    sizes = {"k": task.k, "n_items": len(task.splits[0].items["item_id"])}
    return [
        *task.protocol,
        _METRICS[task.kind].format(**sizes),
        _COSTS.format(**sizes),
        f"{n_threads} thread(s) on {_processor_name()}; Python {platform.python_version()}, {versions}",
    ]


def _processor_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _in_color() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _text(table: Table, *, ansi: bool) -> str:
    return render(table.rows, table.task, table.protocol, ansi=ansi)


def _write(tables: list[Table], request: Request, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    title = f"recokit on {request.dataset}{' (quick)' if request.quick else ''}"
    texts = [f"# {title}", *(_text(table, ansi=False) for table in tables)]
    (folder / "comparison.md").write_text("\n\n".join(texts) + "\n", encoding="utf-8")
    results = {"dataset": request.dataset, "quick": request.quick, "seed": request.seed}
    results["tables"] = [as_json(table.rows, table.task, table.protocol) for table in tables]
    (folder / "comparison.json").write_text(json.dumps(results, indent=1, ensure_ascii=False), encoding="utf-8")
    try:
        from _common.pictures import draw

        draw([(table.task, table.rows) for table in tables], title, folder / "comparison.png")
    except ImportError:
        print("no picture: matplotlib is not installed; pip install 'recokit[bench]'", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
