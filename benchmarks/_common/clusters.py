"""Clusters of processes on this machine, and their traffic, tasks and peak memory."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import dask
import numpy as np
import pandas as pd
from dask.utils import key_split
from distributed import Client, LocalCluster

__all__ = ["Traffic", "call_with_limit", "cluster", "cpu_seconds", "peak_rss", "peaks", "traffic", "write_log"]

_QUIET = {
    "distributed.scheduler.allowed-failures": 1,
    "distributed.worker.memory.terminate": 0.95,
    "distributed.admin.low-level-log-length": 1_000_000,
}
_NO_SPILL = {f"distributed.worker.memory.{action}": False for action in ("target", "spill", "pause")}


@contextmanager
def cluster(n_workers: int, memory_limit: str | float = "auto", *, spill: bool = True) -> Iterator[Client]:
    """Yield a client of a new cluster of processes with one thread each; with ``spill``, they may write to disk."""
    options = {"threads_per_worker": 1, "dashboard_address": ":0", "silence_logs": 50}
    with (
        dask.config.set(_QUIET if spill else _QUIET | _NO_SPILL),
        LocalCluster(n_workers=n_workers, memory_limit=memory_limit, **options) as machines,
        Client(machines) as client,
    ):
        yield client


class Traffic(NamedTuple):
    """Bytes received from other workers, and tasks, by stage."""

    received: dict[str, int]
    n_tasks: dict[str, int]


def traffic(client: Client, fit: Callable[[], Any]) -> Traffic:
    """Run a fit, and return what it moved between the workers and how many tasks it ran."""
    client.run(_clear_log)
    before = client.run_on_scheduler(_tasks_by_stage)
    kept = fit()
    after, received = client.run_on_scheduler(_tasks_by_stage), Counter()
    for entries in client.run(_received).values():
        received.update(entries)
    del kept
    return Traffic(
        dict(received), {name: n - before.get(name, 0) for name, n in after.items() if n > before.get(name, 0)}
    )


def stage_of(key: Any) -> str:
    """Return the stage of a task: its key without the name of the estimator and the random part."""
    return stage_of_prefix(key_split(key))


def stage_of_prefix(prefix: str) -> str:
    """Return the stage of the tasks with a prefix."""
    return prefix.partition("-")[2] or prefix


def _clear_log(dask_worker: Any) -> None:
    dask_worker.transfer_incoming_log.clear()


def _received(dask_worker: Any) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for entry in dask_worker.transfer_incoming_log:
        for key, n_bytes in entry["keys"].items():
            counts[stage_of(key)] += n_bytes
    return dict(counts)


def _tasks_by_stage(dask_scheduler: Any) -> dict[str, int]:
    """Return how many tasks of each stage have finished since the start of the cluster."""
    prefixes = dask_scheduler.task_prefixes.values()
    return {stage_of_prefix(prefix.name): prefix.state_counts["memory"] for prefix in prefixes}


def peak_rss() -> int:
    """Return the peak of the resident memory of this process in bytes (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def cpu_seconds(client: Client) -> float:
    """Return the processor time of all workers and of this process, which runs the scheduler."""
    return time.process_time() + sum(client.run(time.process_time).values())


def peaks(client: Client) -> list[int]:
    """Return the peak memory of each worker."""
    return sorted(client.run(peak_rss).values())


def call_with_limit(action: Callable[[], Any], seconds: float) -> tuple[Any, BaseException | None]:
    """Return the result of a call, or its error; TimeoutError if it takes longer."""
    outcome: list[tuple[Any, BaseException | None]] = []

    def run() -> None:
        try:
            outcome.append((action(), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    return outcome[0] if outcome else (None, TimeoutError(f"not done after {seconds:.0f} s"))


def write_log(folder: Path, n: int, n_users: int, n_items: int, n_files: int = 16) -> int:
    """Write about n distinct ratings in random order to Parquet files; return their number.

    Users and items are drawn with unequal probabilities, so some are much more active or popular than others.
    """
    rng = np.random.default_rng(0)
    keys = (n_users * rng.random(n) ** 1.5).astype(np.int64) * n_items + (n_items * rng.random(n) ** 2).astype(np.int64)
    keys = np.unique(keys)
    rng.shuffle(keys)
    folder.mkdir(parents=True, exist_ok=True)
    for number, part in enumerate(np.array_split(keys, n_files)):
        ratings = rng.integers(1, 6, len(part)).astype(np.float32)
        times = rng.integers(0, 10_000_000, len(part))
        frame = {"user_id": part // n_items, "item_id": part % n_items, "rating": ratings, "time": times}
        pd.DataFrame(frame).to_parquet(folder / f"{number:03}.parquet", index=False)
    return len(keys)
