"""Measurement of one algorithm on one task, in a separate process."""

import time
import traceback
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numba.core import event

from recokit import Recommendations, Recommender, metrics
from recokit.datasets import Split

from .algorithms import Algorithm
from .memory import PeakMemory
from .process import call_in_new_process
from .tasks import Kind, Request, Task, load_tasks

__all__ = ["RANKING_METRICS", "Job", "Row", "measure"]

RANKING_METRICS = ("precision", "recall", "ndcg", "average_precision", "reciprocal_rank", "coverage")

_WARM_UP_USERS = 50

Row = dict[str, Any]
_Result = TypeVar("_Result")


class Job(NamedTuple):
    """One measurement: the data, the kind of table, the algorithm and the number of threads."""

    request: Request
    kind: Kind
    algorithm: Algorithm
    n_threads: int


def measure(job: Job) -> Row:
    """Return the results of an algorithm by name: means over the splits, and the results of each under ``splits``.

    Raises
    ------
    RuntimeError
        The algorithm failed; the message is its traceback.
    """
    row, error = call_in_new_process(_measure_or_traceback, job)
    if row is None:
        raise RuntimeError(error)
    return row


def _measure_or_traceback(job: Job) -> tuple[Row | None, str | None]:
    try:
        return _measure(job), None
    except Exception:  # reported by the parent process
        return None, traceback.format_exc()


def _measure(job: Job) -> Row:
    task = next(task for task in load_tasks(job.request) if task.kind == job.kind)

    def make() -> Recommender:
        return job.algorithm.make(task, job.request.seed, job.n_threads)

    side = {"catalogue": task.splits[0].items} if job.algorithm.reads_text else {}
    start = time.perf_counter()
    _warm_up(make(), task, side)
    warm_up = time.perf_counter() - start
    splits = [_measure_split(make, task, split, side) for split in task.splits]
    row: Row = {"algorithm": job.algorithm.label, "warm_up_seconds": warm_up}
    for name in splits[0]:
        values = [split[name] for split in splits]
        row[name] = None if None in values else max(values) if name == "peak_bytes" else float(np.mean(values))
    return {**row, "splits": splits}


def _warm_up(model: Recommender, task: Task, side: dict[str, Any]) -> None:
    """Compile the kernels, or load them from the cache, by the measured calls on the first 50 users."""
    train = task.splits[0].train
    first = train.select(train.user_codes < _WARM_UP_USERS)
    model.fit(first, **side)
    model.predict(first.to_pairs()[0][:10])
    model.recommend(first.users.ids[:_WARM_UP_USERS], task.k)


def _measure_split(make: Callable[[], Recommender], task: Task, split: Split, side: dict[str, Any]) -> Row:
    """Return the results on a split, from a second run if the first one compiled anything."""
    with event.install_recorder("numba:compile") as compilations:
        row = _run(make, task, split, side)
    return _run(make, task, split, side) if compilations.buffer else row


def _run(make: Callable[[], Recommender], task: Task, split: Split, side: dict[str, Any]) -> Row:
    memory = PeakMemory()
    model, fit_seconds = _timed(lambda: make().fit(split.train, **side))
    recommendations, recommend_seconds = _timed(lambda: model.recommend(n=task.k))
    costs: Row = {"fit_seconds": fit_seconds, "users_per_second": len(recommendations) / recommend_seconds}
    costs["peak_bytes"] = memory.read()
    quality = _errors(model, split) if task.kind == "ratings" else _ranking_quality(recommendations, split, task.k)
    return {**quality, **costs}


def _errors(model: Recommender, split: Split) -> Row:
    pairs, values = split.test.to_pairs()
    predicted = model.predict(pairs)
    return {"rmse": metrics.rmse(values, predicted), "mae": metrics.mae(values, predicted)}


def _ranking_quality(recommendations: Recommendations, split: Split, k: int) -> Row:
    names = {name: f"{name}@{k}" for name in RANKING_METRICS}
    catalogue = split.items["item_id"]
    evaluation = metrics.evaluate(recommendations, split.test, names.values(), train=split.train, catalogue=catalogue)
    return {name: evaluation[name_at_k] for name, name_at_k in names.items()}


def _timed(action: Callable[[], _Result]) -> tuple[_Result, float]:
    start = time.perf_counter()
    result = action()
    return result, time.perf_counter() - start
