"""Compare the algorithms of recokit on a data set: one table of predicted ratings, one of recommended lists.

    python benchmarks/compare.py                              # generated shop data; needs nothing
    python benchmarks/compare.py --dataset movielens-100k     # published data, from --data-dir or RECOKIT_DATA
    python benchmarks/compare.py --output results             # also results/comparison.md, .json and .png

Every algorithm runs in a process of its own, after a short run on a few users that compiles what it needs, so that
neither compilation nor the memory of another algorithm is in its figures.
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

from _algorithms import choose
from _measure import Job, Row, measure
from _tables import as_json, render, sort_rows
from _tasks import DATASETS, Request, Task, load_tasks

from recokit import datasets

_BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[2] / "shared" / "data"
_METRICS = {
    "ratings": "RMSE and MAE over the test pairs, each pair alike; a pair of an unknown user or item gets the fallback",
    "ranking": (
        "lists of {k} without the items of the training data; means over the users with test items (R_u, all alike "
        "relevant); Precision: hits / {k}; Recall: hits / |R_u|; NDCG: binary gain, 1 / log2(rank + 1), ideal list of "
        "min({k}, |R_u|); MAP: precisions at the hits / |R_u|; MRR: 1 / rank of the first hit; coverage: share of "
        "the {n_items:,} items of the catalogue that are in anyone's list"
    ),
}
_COSTS = (
    "fit s: one fit, compiled before; users/s: lists of {k} for all users of the training data; peak MB: growth of the "
    "process during fit and lists over what library and data hold; each algorithm in a process of its own"
)


class Table(NamedTuple):
    """One table: the task, what is stated above it, and its rows, best first."""

    task: Task
    protocol: list[str]
    rows: list[Row]


def main(arguments: list[str] | None = None) -> int:
    """Run the comparison and return the exit status: 2 for a wrong request, 1 where an algorithm failed."""
    options = _read_options(arguments)
    try:
        algorithms = choose(options.algorithms, quick=options.quick)
        request = _read_request(options)
        tasks = load_tasks(request)
    except (ValueError, FileNotFoundError, ImportError) as error:
        return _refuse(str(error))
    jobs = [(task, [one for one in algorithms if one.fits(task)]) for task in tasks]
    if not any(fitting for _, fitting in jobs):
        return _refuse(f"none of these algorithms has a place in the tables of {request.dataset}")
    _set_threads(options.threads)
    tables, failures = [], 0
    for task, fitting in jobs:
        rows = [row for one in fitting if (row := _measure(Job(request, task.kind, one, options.threads))) is not None]
        failures += len(fitting) - len(rows)
        if rows:
            tables.append(Table(task, _protocol(task, options.threads), sort_rows(rows, task)))
            print(_text(tables[-1], ansi=_in_color()), end="\n\n", flush=True)
    if options.output is not None:
        _write(tables, request, options.output)
    return 1 if failures else 0


def _read_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="shop", metavar="NAME", help=f"{', '.join(DATASETS)} (default: shop)")
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="folder of the published data sets")
    parser.add_argument("--output", type=Path, metavar="DIR", help="write comparison.md, .json and .png there")
    parser.add_argument("--algorithms", nargs="+", metavar="NAME", help="only these, by class or as the table has them")
    parser.add_argument("--k", type=_positive, help="length of the lists (default: 10; 20 for movielens-1m-implicit)")
    parser.add_argument("--quick", action="store_true", help="little data, and each algorithm once; under a minute")
    parser.add_argument("--threads", type=_positive, default=_processors(), help="default: all processors")
    parser.add_argument("--seed", type=int, default=0, help="of the generated data, the split and the algorithms")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, got {number}")
    return number


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _read_request(options: argparse.Namespace) -> Request:
    folder = options.data_dir
    if folder is None and "RECOKIT_DATA" not in os.environ and _BESIDE_THE_CHECKOUT.is_dir():
        folder = _BESIDE_THE_CHECKOUT
    if options.dataset not in DATASETS:
        offers = [f"{name} ({datasets.SOURCES[name].url})" for name in DATASETS if name in datasets.SOURCES]
        here = ", ".join(datasets.available(folder)) or "none"
        raise ValueError(
            f"no data set {options.dataset!r}: there are shop (generated, needs no files), {', '.join(offers)}; "
            f"downloaded already: {here}"
        )
    if folder is not None and not folder.is_dir():
        raise FileNotFoundError(f"no folder {folder}: {_what_there_is(options.dataset)}")
    return Request(options.dataset, folder, options.k, options.quick, options.seed)


def _what_there_is(dataset: str) -> str:
    if dataset == "shop":
        return "leave out --data-dir, shop needs no files"
    return f"download {dataset} from {datasets.SOURCES[dataset].url}, or take --dataset shop, which needs no files"


def _refuse(message: str) -> int:
    print(f"compare.py: {message}", file=sys.stderr)
    return 2


def _set_threads(n_threads: int) -> None:
    """Tell the libraries below, which read it as the processes that measure start."""
    for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(n_threads)


def _measure(job: Job) -> Row | None:
    started = time.perf_counter()
    print(f"{job.kind}: {job.algorithm.label} … ", end="", file=sys.stderr, flush=True)
    try:
        row = measure(job)
    except RuntimeError as error:
        print(f"failed\n{error}", file=sys.stderr)
        return None
    print(f"{time.perf_counter() - started:.1f} s", file=sys.stderr)
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
        from _picture import draw

        draw([(table.task, table.rows) for table in tables], title, folder / "comparison.png")
    except ImportError:
        print("no picture: matplotlib is not installed (pip install 'recokit[bench]')", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
