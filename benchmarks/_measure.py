"""One algorithm on one task, in a process of its own."""

import multiprocessing
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, NamedTuple, TypeVar

import numpy as np
from _algorithms import Algorithm
from _memory import PeakMemory
from _tasks import Kind, Request, Task, load_tasks
from numba.core import event

from recokit import Recommendations, Recommender, metrics
from recokit.datasets import Split

__all__ = ["RANKING_METRICS", "Job", "Row", "measure"]

RANKING_METRICS = ("precision", "recall", "ndcg", "average_precision", "reciprocal_rank", "coverage")

_WARM_USERS = 50

Row = dict[str, Any]
_Result = TypeVar("_Result")


class Job(NamedTuple):
    """One cell of work: the data, the kind of table, the algorithm, and the threads it may use."""

    request: Request
    kind: Kind
    algorithm: Algorithm
    n_threads: int


def measure(job: Job) -> Row:
    """Return the results of an algorithm: means over the splits by name, and under ``splits`` those of each.

    The process is a new one, so that neither memory nor anything else is left of the algorithm before.

    Raises
    ------
    RuntimeError
        The algorithm failed; the message is what it said.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(job, sender))
    process.start()
    sender.close()
    try:
        row, error = receiver.recv()
    except EOFError:
        process.join()
        row, error = None, f"the process ended with exit status {process.exitcode}"
    process.join()
    if row is None:
        raise RuntimeError(error)
    return row


def _work(job: Job, sender: Connection) -> None:
    try:
        sender.send((_measure(job), None))
    except Exception:  # it is the parent that reports it
        sender.send((None, traceback.format_exc()))


def _measure(job: Job) -> Row:
    task = next(task for task in load_tasks(job.request) if task.kind == job.kind)

    def make() -> Recommender:
        return job.algorithm.make(task, job.request.seed, job.n_threads)

    side = {"catalogue": task.splits[0].items} if job.algorithm.reads_text else {}
    started = time.perf_counter()
    _warm_up(make(), task, side)
    warm_up = time.perf_counter() - started
    splits = [_measure_split(make, task, split, side) for split in task.splits]
    row: Row = {"algorithm": job.algorithm.label, "warm_up_seconds": warm_up}
    for name in splits[0]:
        values = [split[name] for split in splits]
        row[name] = None if None in values else max(values) if name == "peak_bytes" else float(np.mean(values))
    return {**row, "splits": splits}


def _warm_up(model: Recommender, task: Task, side: dict[str, Any]) -> None:
    """Compile, or read from the cache, what the measured run calls: the same calls on the first few users."""
    train = task.splits[0].train
    few = train.select(train.user_codes < _WARM_USERS)
    model.fit(few, **side)
    model.predict(few.to_pairs()[0][:10])
    model.recommend(few.users.ids[:_WARM_USERS], task.k)


def _measure_split(make: Callable[[], Recommender], task: Task, split: Split, side: dict[str, Any]) -> Row:
    """Return the results on a split; where anything was compiled on the way after all, those of a second run."""
    with event.install_recorder("numba:compile") as compilations:
        row = _run(make, task, split, side)
    return _run(make, task, split, side) if compilations.buffer else row


def _run(make: Callable[[], Recommender], task: Task, split: Split, side: dict[str, Any]) -> Row:
    memory = PeakMemory()
    model, fit_seconds = _timed(lambda: make().fit(split.train, **side))
    lists, recommend_seconds = _timed(lambda: model.recommend(n=task.k))
    costs: Row = {"fit_seconds": fit_seconds, "users_per_second": len(lists) / recommend_seconds}
    costs["peak_bytes"] = memory.read()
    return {**(_errors(model, split) if task.kind == "ratings" else _quality(lists, split, task.k)), **costs}


def _errors(model: Recommender, split: Split) -> Row:
    pairs, values = split.test.to_pairs()
    predicted = model.predict(pairs)
    return {"rmse": metrics.rmse(values, predicted), "mae": metrics.mae(values, predicted)}


def _quality(lists: Recommendations, split: Split, k: int) -> Row:
    names = {name: f"{name}@{k}" for name in RANKING_METRICS}
    catalogue = split.items["item_id"]
    evaluation = metrics.evaluate(lists, split.test, names.values(), train=split.train, catalogue=catalogue)
    return {name: evaluation[written] for name, written in names.items()}


def _timed(action: Callable[[], _Result]) -> tuple[_Result, float]:
    started = time.perf_counter()
    result = action()
    return result, time.perf_counter() - started
