"""Estimators on a Dask cluster against local fits: bits, traffic, overhead and memory.

    python benchmarks/distributed.py --quick              # small data, all phases, about a minute
    python benchmarks/distributed.py                      # 20 million ratings; 60 million for the memory
    python benchmarks/distributed.py --phases overhead --interactions 20000000
    python benchmarks/distributed.py --project            # cost model from the measured constants

Finished measurements are kept in ``--output``, so an interrupted run continues where it stopped; ``--fresh`` starts
anew. All workers are processes of this machine with one thread each, so their traffic does not leave it.

- bits: all saved attributes of every model, fitted on 1, 2 and 4 workers, are those of a local fit, bit by bit.
- traffic: bytes that workers receive from each other, and tasks, beside the formula.
- overhead: time on two workers beside a local fit on two threads, from the same Parquet files; elapsed, and of the
  processors (workers, scheduler and client). The models are compared bit by bit.
- memory: peak memory of a worker on 1, 2 and 4 workers; and a fit whose workers are limited to a quarter of the memory
  of a local fit, on 4 workers and on 1 worker: with ``--no-spill``, workers write nothing to disk, so that all must fit
  their memory. ``--share 2`` limits them to the half.
"""

import argparse
import hashlib
import json
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

_FOLDER = Path(__file__).resolve().parent
# The package distributed must be found before this script, also in the processes of workers.
sys.path[:] = [*(path for path in sys.path if Path(path or ".").resolve() != _FOLDER), str(_FOLDER)]

import dask.dataframe
import numpy as np
import pandas as pd
from _common.clusters import call_with_limit, cluster, cpu_seconds, peak_rss, peaks, traffic, write_log
from _common.process import call_in_new_process

import recokit
import recokit.dask

_PHASES = "bits", "traffic", "overhead", "memory"
_RANDOM = {"random_state": 0}
_FACTORS = {"n_factors": 64, "n_epochs": 2, **_RANDOM}
_SETTINGS: dict[str, dict[str, Any]] = {  # of the phase overhead
    "ItemKNN": {"feedback": "implicit"},
    "EASE": {"feedback": "implicit"},
    "ImplicitALS": {"feedback": "implicit", **_FACTORS},
    "SGDMatrixFactorization": _FACTORS,
    "BPR": {"feedback": "implicit", **_FACTORS},
}
_BITS: dict[str, dict[str, Any]] = {
    "ImplicitALS": {"n_factors": 16, "n_epochs": 3, **_RANDOM},
    "SGDMatrixFactorization": {"n_factors": 16, "n_epochs": 3, "feedback": "explicit", **_RANDOM},
    "BPR": {"n_factors": 16, "n_epochs": 3, **_RANDOM},
}
_GB, _MB = 1e9, 1e6
_BASELINE = 0.8 * _GB  # twice the memory of a worker that has imported everything


class Sizes(NamedTuple):
    """Numbers of interactions, users and items."""

    n: int
    n_users: int
    n_items: int


class Results:
    """Finished measurements in a JSON file."""

    def __init__(self, path: Path, *, fresh: bool) -> None:
        self._path = path
        self.rows: dict[str, Any] = {} if fresh or not path.exists() else json.loads(path.read_text())

    def get(self, key: str, measure: Callable[[], Any]) -> Any:
        """Return a measurement, which is made if it does not exist yet."""
        if key not in self.rows:
            self.rows[key] = measure()
            self._path.write_text(json.dumps(self.rows, indent=1))
        return self.rows[key]


def digest(model: Any) -> str:
    """Return the hash of all that a file of the model would hold."""
    found = hashlib.sha256()
    _add(model._to_state(), found)
    return found.hexdigest()


def _add(value: Any, found: Any) -> None:
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufcmM":
        found.update(f"{value.dtype}{value.shape}".encode())
        found.update(np.ascontiguousarray(value).data)
    elif isinstance(value, np.ndarray):
        found.update(repr(value.tolist()).encode())
    elif hasattr(value, "indptr") and hasattr(value, "indices"):
        _add([value.indptr, value.indices, value.data], found)
    elif hasattr(value, "_to_state"):
        _add(value._to_state(), found)
    elif isinstance(value, dict):
        for name in sorted(value, key=repr):
            found.update(repr(name).encode())
            _add(value[name], found)
    elif isinstance(value, list | tuple):
        for each in value:
            _add(each, found)
    else:
        found.update(repr(value).encode())


# ---------------------------------------------------------------------- bits


def measure_bits(sizes: Sizes, n_workers: int) -> dict[str, bool]:
    """Return whether the saved attributes of each model are those of a local fit."""
    rng = np.random.default_rng(0)
    users, items = rng.integers(0, sizes.n_users, sizes.n), (sizes.n_items * rng.random(sizes.n) ** 2).astype(int)
    log = {"user_id": users, "item_id": items, "rating": rng.integers(1, 6, sizes.n), "time": np.arange(sizes.n)}
    explicit = recokit.Interactions.from_frame(log, rating="rating", timestamp="time", duplicates="last")
    data = explicit.with_feedback("implicit")
    titles = {item: f"title {item % 7} of kind {item % 3}" for item in data.items.ids.tolist()}
    equal = {}
    with cluster(n_workers) as client:
        for name in recokit.dask.__all__:
            local, parameters = getattr(recokit, name), _BITS.get(name, {})
            side = {"catalogue": titles} if name == "TfidfRecommender" else {}
            given = explicit if name.startswith("SGD") else data
            expected = digest(local(**parameters).fit(given, **side))
            model = getattr(recokit.dask, name)(client, **parameters).fit(given, **side)
            equal[name] = digest(model.to_local()) == expected
            print(f"  {name} on {n_workers}: {'same bits' if equal[name] else 'DIFFERENT'}", flush=True)
    return equal


# ---------------------------------------------------------------------- traffic


def measure_traffic(folder: Path, name: str, parameters: dict[str, Any], n_workers: int) -> dict[str, Any]:
    """Return the bytes received and the number of tasks of each stage of a fit."""
    with cluster(n_workers) as client:
        frame, reading = read_lazily(folder, name)
        model = getattr(recokit.dask, name)(client, **parameters)
        moved = traffic(client, lambda: wait_for(model.fit(frame, **reading)))
    return {"received": moved.received, "n_tasks": moved.n_tasks}


def formulas(sizes: Sizes, name: str, parameters: dict[str, Any], n_workers: int) -> dict[str, tuple[list[str], float]]:
    """Return, for each kind of traffic, the stages whose results it moves and the bytes of the formula."""
    size, others = 4 * parameters.get("n_factors", 0), n_workers - 1
    if name == "ItemKNN":
        return {
            "interactions to every worker, 12 bytes each": (["start", "join-blocks"], 12.0 * sizes.n * others),
            "neighbours, n_items × k × 12": (["rows"], 12.0 * sizes.n_items * parameters["n_neighbors"]),
        }
    if name == "ImplicitALS":
        epochs = parameters["n_epochs"]
        users = (epochs * sizes.n_users * others + (epochs + 1) * sizes.n_items * others) * size
        return {"factors to every worker, n × k × 4 per half-epoch": (["factors", "join-items", "join-users"], users)}
    n_moves = sum(min(shift, 16 - shift, 16 // n_workers) for shift in range(1, 16)) * n_workers / 16
    expected = parameters["n_epochs"] * n_moves * sizes.n_items * (size + 4)  # factors and biases
    return {f"item factors × {n_moves:.0f} per epoch": (["pick", "sweep", "give-items"], expected)}


def show_traffic(sizes: Sizes, name: str, parameters: dict[str, Any], n_workers: int, found: dict[str, Any]) -> None:
    """Print the traffic of each stage, and the formulas."""
    received, n_tasks = found["received"], found["n_tasks"]
    total = sum(received.values()) / _MB
    print(f"  {name}, {n_workers} workers: {sum(n_tasks.values()):,} tasks, {total:,.1f} MB received in all")
    for stage, n_bytes in sorted(received.items(), key=lambda each: -each[1])[:8]:
        print(f"    {stage:20} {n_bytes / _MB:10,.2f} MB  {n_tasks.get(stage, 0):6,} tasks")
    for text, (stages, expected) in formulas(sizes, name, parameters, n_workers).items():
        measured = sum(received.get(stage, 0) for stage in stages)
        print(f"    {text}: {measured / _MB:,.2f} MB measured, {expected / _MB:,.2f} MB by the formula")


# ---------------------------------------------------------------------- overhead


def read_lazily(folder: Path, name: str) -> tuple[Any, dict[str, str]]:
    """Return the log as a Dask dataframe, and the names of the columns to read."""
    columns = ["user_id", "item_id"] + (["rating"] if name.startswith("SGD") else [])
    return dask.dataframe.read_parquet(folder, columns=columns), {"rating": "rating"} if len(columns) == 3 else {}


def fit_locally(folder: Path, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the seconds to read and to fit, those of the processors, the peak memory, and the hash of the model."""
    start, cpu = time.perf_counter(), time.process_time()
    columns = ["user_id", "item_id"] + (["rating"] if name.startswith("SGD") else [])
    frame = pd.read_parquet(folder, columns=columns)
    data = recokit.Interactions.from_frame(frame, rating="rating" if len(columns) == 3 else None)
    read, start = time.perf_counter() - start, time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = getattr(recokit, name)(**parameters).fit(data)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    times = {"read_seconds": read, "fit_seconds": seconds, "cpu_seconds": cpu}
    return {**times, "peak_bytes": peak_rss(), "hash": digest(model)}


def warmed_up(folder: Path, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of a local fit whose kernels are compiled and loaded."""
    small = recokit.Interactions.from_arrays(*np.divmod(np.arange(2000), 40), feedback="implicit")
    if name.startswith("SGD"):
        small = small.with_feedback("explicit")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        getattr(recokit, name)(**parameters).fit(small)
    return fit_locally(folder, name, parameters)


def measure_overhead(folder: Path, warm_up: Path, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of a local fit on two threads and of a fit on two workers."""
    local = call_in_new_process(warmed_up, folder, name, {**parameters, "n_threads": 2})
    with cluster(2) as client:
        model = getattr(recokit.dask, name)(client, **parameters)
        for _ in range(2):
            frame, reading = read_lazily(warm_up, name)
            model.fit(frame, **reading)
        frame, reading = read_lazily(folder, name)
        popularity = recokit.dask.Popularity(client)
        start, cpu = time.perf_counter(), cpu_seconds(client)
        popularity.fit(frame, **reading).to_local  # noqa: B018 - the fit has waited for the blocks
        read, read_cpu = time.perf_counter() - start, cpu_seconds(client) - cpu
        del popularity
        start, cpu = time.perf_counter(), cpu_seconds(client)
        model.fit(frame, **reading)
        wait_for(model)
        seconds, cpu = time.perf_counter() - start, cpu_seconds(client) - cpu
        largest = peaks(client)
        same = digest(model.set_params(n_threads=2).to_local()) == local["hash"]
    both = {"read_seconds": read, "total_seconds": seconds, "cpu_seconds": cpu, "peak_bytes": largest[-1]}
    both |= {"read_cpu_seconds": read_cpu, "same_bits": same}
    return {"local": local, "distributed": both}


def wait_for(model: Any) -> Any:
    """Return a fitted model when it and the attributes of its users are computed."""
    from distributed import wait

    fitted = model._fitted
    wait([fitted.model, *(fitted.parts or ())])
    return model


def show_overhead(name: str, found: dict[str, Any]) -> None:
    """Print the times of both fits."""
    local, both = found["local"], found["distributed"]
    total = local["read_seconds"] + local["fit_seconds"]
    overhead = both["total_seconds"] / total - 1
    fit = both["total_seconds"] - both["read_seconds"]
    print(
        f"  {name:24} local {local['read_seconds']:6.1f} + {local['fit_seconds']:6.1f} s,"
        f" two workers {both['read_seconds']:6.1f} + {fit:6.1f} s: overhead {overhead:+.0%} in all,"
        f" {fit / local['fit_seconds'] - 1:+.0%} of the fit; processor time {local['cpu_seconds']:.1f} s and"
        f" {both['cpu_seconds']:.1f} s: {both['cpu_seconds'] / local['cpu_seconds'] - 1:+.0%}; peak"
        f" {local['peak_bytes'] / _GB:.2f} GB and {both['peak_bytes'] / _GB:.2f} GB per worker;"
        f" {'same bits' if both['same_bits'] else 'DIFFERENT BITS'}"
    )


# ---------------------------------------------------------------------- memory


_MEMORY = {"n_factors": 32, "n_epochs": 1, "feedback": "implicit", **_RANDOM}


def measure_workers(
    folder: Path, n_workers: int, limit: float | str, seconds: float, *, spill: bool = True
) -> dict[str, Any]:
    """Return whether a fit of ImplicitALS succeeds, and the peak memory of each worker if it does."""
    with cluster(n_workers, limit, spill=spill) as client:
        frame, reading = read_lazily(folder, "ImplicitALS")
        model = recokit.dask.ImplicitALS(client, **_MEMORY)
        start = time.perf_counter()
        _, error = call_with_limit(lambda: wait_for(model.fit(frame, **reading)), seconds)
        taken = time.perf_counter() - start
        if error is not None:
            return {"outcome": f"{type(error).__name__}: {error}"[:200], "seconds": taken}
        return {"outcome": "succeeds", "seconds": taken, "peak_bytes": peaks(client)}


def run_memory(folder: Path, results: Results, share: int, seconds: float, numbers: list[int], *, spill: bool) -> None:
    """Measure peak memory by number of workers, and fits within a share of the memory of a local fit."""
    key = f"memory-{folder.name}"
    local = results.get(f"{key}-local", lambda: call_in_new_process(fit_locally, folder, "ImplicitALS", _MEMORY))
    print(f"  local fit: {local['peak_bytes'] / _GB:.2f} GB", flush=True)
    for n in numbers:
        found = results.get(f"{key}-{n}", lambda n=n: measure_workers(folder, n, "auto", seconds))
        shown = ", ".join(f"{each / _GB:.2f}" for each in found.get("peak_bytes", []))
        print(f"  {n} worker(s): {found['outcome']} in {found['seconds']:.0f} s; peak of each {shown} GB", flush=True)
    limit = local["peak_bytes"] / share
    if limit < _BASELINE:
        print(f"  1/{share} of the local fit, {limit / _GB:.2f} GB, is too little for a worker; use more data")
        return
    for n in (4, 1):
        name = f"{key}-1/{share}-{n}" + ("" if spill else "-no-spill")
        found = results.get(name, lambda n=n: measure_workers(folder, n, limit, seconds, spill=spill))
        shown = ", ".join(f"{each / _GB:.2f}" for each in found.get("peak_bytes", []))
        print(
            f"  {n} worker(s) with {limit / _GB:.2f} GB each, {'with' if spill else 'without'} spilling:"
            f" {found['outcome']} in {found['seconds']:.0f} s; peak of each {shown} GB",
            flush=True,
        )


# ---------------------------------------------------------------------- projection


def project(results: Results, sizes: Sizes, bandwidth: float) -> None:
    """Print a cost model of one epoch of ImplicitALS from the measured constants: a projection, not a measurement."""
    found = results.rows.get(f"overhead-ImplicitALS-{sizes.n}")
    if found is None:
        raise SystemExit("run the phase overhead first")
    both, k, epochs = found["distributed"], _FACTORS["n_factors"], _FACTORS["n_epochs"]
    # Of the processors; the exact solution of the users counts as an epoch.
    per_cell = (both["cpu_seconds"] - both["read_cpu_seconds"]) / (sizes.n * (epochs + 1))
    per_row = both["read_cpu_seconds"] / sizes.n
    big, n_workers = Sizes(1_000_000_000, 20_000_000, 1_000_000), 16
    compute = per_cell * big.n / n_workers
    moved = 4 * k * (big.n_users + big.n_items)
    print(
        f"Projection to {big.n:,} interactions of {big.n_users:,} users and {big.n_items:,} items, {n_workers} workers"
    )
    print(f"  measured: {per_cell * 1e9:.0f} ns of one thread per interaction and epoch with {k} factors")
    print(f"  measured: {per_row * 1e9:.0f} ns of one thread to read an interaction")
    print(f"  read: {per_row * big.n / n_workers / 60:.1f} min; an epoch: {compute / 60:.1f} min of computing")
    print(
        f"  an epoch sends {moved / _GB:.1f} GB to each worker: {moved / bandwidth:.0f} s at {bandwidth / _GB:.2f} GB/s"
    )
    print(f"  memory of a worker: {(16 * big.n / n_workers + 2 * moved) / _GB:.0f} GB")


# ---------------------------------------------------------------------- main


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phases", nargs="*", choices=_PHASES, default=list(_PHASES))
    parser.add_argument("--interactions", type=int, default=20_000_000)
    parser.add_argument("--memory-interactions", type=int, default=60_000_000)
    parser.add_argument("--share", type=int, default=4, help="limit of a worker: a local fit divided by this number")
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4], help="workers without a limit of memory")
    parser.add_argument("--no-spill", action="store_true", help="limited workers write nothing to disk")
    parser.add_argument("--seconds", type=float, default=900.0, help="limit of a fit in the phase memory")
    parser.add_argument("--models", nargs="*", choices=list(_SETTINGS), default=list(_SETTINGS))
    parser.add_argument("--quick", action="store_true", help="small data")
    parser.add_argument("--project", action="store_true", help="print the cost model only")
    parser.add_argument("--bandwidth", type=float, default=1.25e9, help="bytes per second of the network")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "recokit-distributed")
    parser.add_argument("--output", type=Path, default=Path("distributed.json"))
    parser.add_argument("--fresh", action="store_true", help="measure everything again")
    given = parser.parse_args()
    n, n_memory = (200_000, 300_000) if given.quick else (given.interactions, given.memory_interactions)
    sizes, large = Sizes(n, n // 140, max(200, min(10_000, n // 100))), Sizes(n_memory, n_memory // 60, n_memory // 600)
    results = Results(given.output, fresh=given.fresh)
    if given.project:
        project(results, sizes, given.bandwidth)
        return
    logs = {name: given.folder / f"{name}-{each.n}" for name, each in (("log", sizes), ("large", large))}
    if n == n_memory:  # the same log for both phases
        large, logs["large"] = sizes, logs["log"]
    run(given, sizes, large, logs, results)


def prepared(folder: Path, sizes: Sizes) -> Path:
    """Return the folder of a log, which is written if it is not complete."""
    mark = folder.with_suffix(".done")
    if not mark.exists():
        mark.write_text(str(write_log(folder, *sizes)))
    return folder


def run(given: argparse.Namespace, sizes: Sizes, large: Sizes, logs: dict[str, Path], results: Results) -> None:
    """Run the phases."""
    small = Sizes(3_000, 200, 600) if given.quick else Sizes(100_000, 5_000, 1_500)
    if "bits" in given.phases:
        print("Bits")
        for n_workers in (1, 2, 4):
            found = results.get(f"bits-{small.n}-{n_workers}", lambda n=n_workers: measure_bits(small, n))
            n_same = sum(found.values())
            print(f"  {n_workers} worker(s): {n_same} of {len(found)} models have the bits of a local fit")
    if "traffic" in given.phases:
        print("Traffic")
        some = Sizes(sizes.n // 20, sizes.n_users // 20, sizes.n_items) if not given.quick else sizes
        folder = prepared(given.folder / f"traffic-{some.n}", some)
        for name in ("ItemKNN", "ImplicitALS", "SGDMatrixFactorization"):
            for n_workers in (2, 4):
                key = f"traffic-{name}-{some.n}-{n_workers}"
                parameters = {**_SETTINGS[name], "n_neighbors": 100} if name == "ItemKNN" else _SETTINGS[name]
                how = (folder, name, parameters, n_workers)
                found = results.get(key, lambda how=how: measure_traffic(*how))
                show_traffic(some, name, parameters, n_workers, found)
    if "overhead" in given.phases:
        print(f"Overhead, {sizes.n:,} ratings")
        folder = prepared(logs["log"], sizes)
        warm_up = prepared(given.folder / "warm-up", Sizes(20_000, 500, 600))
        for name in given.models:
            how = (folder, warm_up, name, _SETTINGS[name])
            found = results.get(f"overhead-{name}-{sizes.n}", lambda how=how: measure_overhead(*how))
            show_overhead(name, found)
    if "memory" in given.phases:
        print(f"Memory, {large.n:,} ratings, ImplicitALS")
        run_memory(
            prepared(logs["large"], large), results, given.share, given.seconds, given.workers, spill=not given.no_spill
        )


if __name__ == "__main__":
    main()
