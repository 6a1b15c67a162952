"""Compare the estimated memory of fits with the measured peak, for all models and kinds of data.

    python benchmarks/memory.py                            # all models on all data, about an hour
    python benchmarks/memory.py --models EASE SLIM --data dense tall --threads 1 2
    python benchmarks/memory.py --scale 0.3                # smaller data
    python benchmarks/memory.py --json memory.json

Each fit runs in a process of its own (a fork, so not on Windows), after products that fill the buffers of BLAS and
a fit to a tenth of the users, which loads the code. The measured peak is the growth
of the resident memory during the fit. ``ratio`` is the estimate divided by it.

The allocator of the GNU C library keeps freed blocks of up to 32 MB for later use, so that a process may hold more
than it uses. The measurement returns them to the system, with ``MALLOC_MMAP_THRESHOLD_=131072`` in the environment;
``--keep-freed`` measures with the setting of the C library.
"""

import argparse
import contextlib
import ctypes
import json
import multiprocessing
import os
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import blas
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).resolve().parent))

from _common.memory import PeakMemory

import recokit
from recokit import ImplicitALS, Interactions, ItemKNN
from recokit._runtime.small_work import preferring_kernels
from recokit.serving import estimate_memory

_DAY = 86_400
_MADV_POPULATE_READ = 22
_THRESHOLD = "MALLOC_MMAP_THRESHOLD_"


class Shape(NamedTuple):
    """Size of generated data.

    Attributes
    ----------
    n_users, n_items, n : int
        Numbers of users, items and draws of interactions; repeated draws are dropped.
    exponent : float
        The item of rank r is drawn with a weight in proportion to (r + 20)^−exponent.
    """

    n_users: int
    n_items: int
    n: int
    exponent: float


SHAPES = {
    "dense": Shape(6_000, 3_500, 1_200_000, 0.6),  # as MovieLens 1M
    "shop": Shape(200_000, 30_000, 1_500_000, 0.9),
    "few users": Shape(2_000, 80_000, 800_000, 0.7),
    "few items": Shape(400_000, 600, 2_500_000, 0.5),
}


class Case(NamedTuple):
    """A model to measure: its class, its parameters, the kind of feedback, and the numbers of items and users."""

    kind: str
    parameters: dict[str, Any]
    feedback: str = "implicit"
    max_items: int = 10**9
    max_users: int = 10**9
    min_items: int = 0


_SHORT = {"n_epochs": 2, "random_state": 0}
_PARTS = [ItemKNN(), ImplicitALS(64, **_SHORT)]  # the default parts, with fewer factors and epochs
CASES = [
    Case("Popularity", {}),
    Case("Popularity", {"half_life": 30.0}),
    Case("BiasBaseline", {}, "explicit"),
    Case("ItemKNN", {}),
    Case("ItemKNN", {"n_neighbors": 50, "similarity": "cosine", "weighting": None, "user_exponent": 0.0}),
    Case("ItemKNN", {}, "explicit"),
    Case("UserKNN", {}, max_users=250_000),
    Case("UserKNN", {"n_neighbors": 200, "weighting": "bm25"}, max_users=250_000),
    Case("UserKNN", {}, "explicit"),
    Case("RP3beta", {}),
    Case("RP3beta", {"n_neighbors": 20, "normalize": False}),
    Case("EASE", {}, max_items=6_000),
    Case("SLIM", {}, max_items=40_000),
    Case("SLIM", {"n_neighbors": 50, "max_memory_gb": 0.05}, max_items=40_000),
    Case("PureSVD", {}),
    Case("PureSVD", {"n_factors": 700}, max_items=6_000, max_users=7_000),
    Case("ImplicitALS", _SHORT),
    Case("ImplicitALS", {**_SHORT, "n_factors": 32, "solver": "cholesky"}),
    Case("BPR", _SHORT),
    Case("BPR", {**_SHORT, "n_factors": 128, "negative_sampling": "uniform"}),
    Case("SGDMatrixFactorization", _SHORT, "explicit"),
    Case("SGDMatrixFactorization", {**_SHORT, "implicit_feedback": True, "early_stopping": True}, "explicit"),
    Case("TransitionKNN", {}),
    Case("SessionKNN", {}),
    Case("SLIST", {"window": 5}, max_items=4_000),
    Case("BoughtTogether", {}),
    Case("RepeatFrequency", {}),
    Case("TIFUKNN", {}),
    Case("TfidfRecommender", {}),
    Case("ContentRecommender", {}),
    Case("ItemSearch", {}, min_items=10_000),
    Case("WeightedHybrid", {"models": _PARTS}),
    Case("SwitchingHybrid", {}),
    Case("CascadeHybrid", {"models": _PARTS, "random_state": 0}),
    Case("FallbackRecommender", {}),
]


def generate(shape: Shape, feedback: str, seed: int = 0) -> Interactions:
    """Return interactions of a shape, with times within a year."""
    rng = np.random.default_rng(seed)
    weights = (np.arange(shape.n_items) + 20.0) ** -shape.exponent
    activity = rng.lognormal(0.0, 1.0, shape.n_users)
    users = rng.choice(shape.n_users, shape.n, p=activity / activity.sum())
    items = rng.permutation(shape.n_items)[rng.choice(shape.n_items, shape.n, p=weights / weights.sum())]
    keys = np.unique(users * np.int64(shape.n_items) + items)
    users, items = np.divmod(keys, shape.n_items)
    values = rng.integers(1, 6, len(keys)) if feedback == "explicit" else None
    times = rng.integers(0, 365 * _DAY, len(keys))
    return Interactions.from_arrays(users, items, values, times, feedback=feedback)  # type: ignore[arg-type]


def scaled(shape: Shape, scale: float) -> Shape:
    """Return a smaller shape of the same density."""
    root = scale**0.5
    return Shape(int(shape.n_users * root), int(shape.n_items * root), int(shape.n * scale), shape.exponent)


def catalogue_of(data: Interactions) -> dict[str, Any]:
    """Return titles, descriptions and brands of the items; few words are frequent and many are rare."""
    rng, n = np.random.default_rng(1), data.n_items
    words = np.array([f"w{number:x}" for number in rng.permutation(200_000)], dtype=object)

    def texts(n_words: int) -> list[str]:
        ranks = np.minimum(rng.zipf(1.3, (n, n_words)), len(words)) - 1
        return [" ".join(row) for row in words[ranks].tolist()]

    brands = [f"brand {number}" for number in rng.integers(0, 300, n).tolist()]
    return {"item_id": data.items.ids, "title": texts(8), "description": texts(40), "brand": brands}


def arguments_of(case: Case, data: Interactions) -> tuple[Any, dict[str, Any]]:
    """Return the arguments of the fit."""
    return (catalogue_of(data), {}) if case.kind == "ItemSearch" else (replace(data), side_of(case, data))


def side_of(case: Case, data: Interactions) -> dict[str, Any]:
    """Return the side information that a model needs."""
    if case.kind not in ("TfidfRecommender", "ContentRecommender"):
        return {}
    words = np.random.default_rng(1).integers(0, 5_000, (data.n_items, 6))
    titles = [" ".join(f"word{number}" for number in row) for row in words.tolist()]
    return {"catalogue": {"item_id": data.items.ids, "title": titles}}


def restart_with_returned_blocks() -> None:
    """Restart this program such that the GNU C library returns freed blocks of 128 KiB or more to the system."""
    if _THRESHOLD not in os.environ:
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, _THRESHOLD: str(128 << 10)})


def load_libraries() -> None:
    """Load all pages of mapped files, which a process has not mapped after a fork (Linux 5.14)."""
    with contextlib.suppress(AttributeError, OSError, TypeError):
        madvise = ctypes.CDLL(None).madvise
        for line in Path("/proc/self/maps").read_text().splitlines():
            bounds, access, _, _, inode, *_ = line.split()
            start, stop = (int(bound, 16) for bound in bounds.split("-"))
            if inode != "0" and access.startswith("r"):
                madvise(ctypes.c_void_p(start), ctypes.c_size_t(stop - start), _MADV_POPULATE_READ)


def measure(
    case: Case, given: Any, side: dict[str, Any], small: tuple[Any, dict[str, Any]], n_threads: int
) -> dict[str, float]:
    """Return the estimated and the measured memory of a fit, in bytes, and the seconds of both."""
    getattr(recokit, case.kind)(**case.parameters, n_threads=n_threads).fit(small[0], **small[1])
    model = getattr(recokit, case.kind)(**case.parameters, n_threads=n_threads)
    copy = replace(given) if isinstance(given, Interactions) else given  # without arrays that a fit caches
    load_libraries()
    memory, start = PeakMemory(), time.perf_counter()
    model.fit(given, **side)
    seconds, peak = time.perf_counter() - start, memory.read() or 0
    model = getattr(recokit, case.kind)(**case.parameters, n_threads=n_threads)
    start = time.perf_counter()
    estimate = estimate_memory(model, copy, **side)
    return {
        "estimate": estimate.peak,
        "measured": peak,
        "seconds": seconds,
        "estimate_seconds": time.perf_counter() - start,
        "model": estimate.model,
    }


def sample_of(data: Interactions) -> Interactions:
    """Return the interactions of a tenth of the users."""
    cells = np.flatnonzero(data.user_codes % 10 == 0)
    users, items, values = data.user_codes[cells], data.item_codes[cells], data.values[cells]
    times = None if data.timestamps is None else data.timestamps[cells]
    return Interactions.from_arrays(users, items, values, times, feedback=data.feedback)


def call_in_fork(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return the result of a function in a process of its own that has the data and the kernels of this one."""
    receiver, sender = multiprocessing.Pipe(duplex=False)

    def send() -> None:
        sender.send(function(*arguments))

    process = multiprocessing.get_context("fork").Process(target=send)
    process.start()
    sender.close()
    try:
        return receiver.recv()
    except EOFError:
        raise RuntimeError("the process ended without a result") from None
    finally:
        process.join()


def fill_buffers() -> None:
    """Run products on two threads at a time, so that the buffers of BLAS in NumPy and SciPy have their full size."""

    def multiply(dtype: str) -> None:
        left, right = np.ones((2000, 500), dtype=dtype), np.ones((500, 8000), dtype=dtype)
        left @ right
        blas.get_blas_funcs("gemm", (left, right))(1.0, left, right)

    with threadpool_limits(1), ThreadPoolExecutor(2) as pool:
        list(pool.map(multiply, ["float32", "float32", "float64", "float64"]))


def load_kernels(case: Case) -> None:
    """Fit a model to few interactions, so that all kernels and the buffers of BLAS are in memory."""
    fill_buffers()
    data = generate(scaled(SHAPES["dense"], 0.03), case.feedback)
    with preferring_kernels():
        given, side = arguments_of(case, data)
        getattr(recokit, case.kind)(**case.parameters, n_threads=2).fit(given, **side)


def run(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure and print all chosen cases, each model in a process of its own."""
    rows: list[dict[str, Any]] = []
    warnings.simplefilter("ignore")
    print(
        f"{'model':22} {'parameters':34} {'data':10} {'thr.':4} {'estimate':>9} {'measured':>9} {'ratio':>6}",
        flush=True,
    )
    for case in CASES:
        if not options.models or case.kind in options.models:
            rows += call_in_fork(run_case, case, options)
    return rows


def run_case(case: Case, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure and print a model on all chosen data."""
    rows = []
    load_kernels(case)
    for name in options.data or SHAPES:
        shape = scaled(SHAPES[name], options.scale)
        if not case.min_items <= shape.n_items <= case.max_items or shape.n_users > case.max_users:
            continue
        data = generate(shape, case.feedback)
        for n_threads in options.threads:
            small = arguments_of(case, sample_of(data))
            row = call_in_fork(measure, case, *arguments_of(case, data), small, n_threads)
            row["ratio"] = row["estimate"] / max(row["measured"], 1)
            show(case, name, n_threads, row)
            given = {"model": case.kind, "parameters": case.parameters, "feedback": case.feedback, "data": name}
            rows.append({**given, "threads": n_threads, **row})
    return rows


def show(case: Case, name: str, n_threads: int, row: dict[str, float]) -> None:
    """Print a measurement."""
    shown = ", ".join(f"{key}={value}" for key, value in case.parameters.items() if key not in ("models", *_SHORT))
    shown = f"{case.feedback[:2]}. {shown}"[:34]
    print(
        f"{case.kind:22} {shown:34} {name:10} {n_threads:4} {row['estimate'] / 1e6:6.1f} MB "
        f"{row['measured'] / 1e6:6.1f} MB {row['ratio']:6.2f} {row['seconds']:6.1f} s {row['estimate_seconds']:.2f} s",
        flush=True,
    )


def main() -> None:
    """Print the table, and write it if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="*", help="classes; by default all")
    parser.add_argument("--data", nargs="*", choices=list(SHAPES), help="kinds of data; by default all")
    parser.add_argument("--threads", nargs="*", type=int, default=[2])
    parser.add_argument("--scale", type=float, default=1.0, help="share of the interactions")
    parser.add_argument("--keep-freed", action="store_true", help="let the C library keep freed memory")
    parser.add_argument("--json", type=Path, help="file to write")
    options = parser.parse_args()
    if not options.keep_freed:
        restart_with_returned_blocks()
    rows = run(options)
    off = [row for row in rows if abs(row["ratio"] - 1) > 0.3]
    print(f"{len(rows)} fits, {len(rows) - len(off)} of them estimated within 30 %")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1, default=str))


if __name__ == "__main__":
    main()
