"""Estimators whose local fit has stages: parts of a stage are tasks, and the data travel once to each worker."""

import threading
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from recokit._runtime.threads import Runner, split_by_cost
from recokit.base._stages import Stage, StagedRecommender
from recokit.dask._base import DaskRecommender, Fitted
from recokit.dask._blocks import Blocks
from recokit.dask._cluster import AnyFuture
from recokit.dask._draft import Draft, finished, started

__all__ = ["DaskStagedRecommender"]

_PARTS_PER_THREAD = 8
_lock = threading.Lock()


class DaskStagedRecommender(DaskRecommender):
    """An estimator on a cluster whose local estimator is a `StagedRecommender`."""

    _local: ClassVar[type[StagedRecommender]]
    _n_stages: ClassVar[int] = 1

    def _number_of_stages(self) -> int:
        """Return the number of stages with the present parameters."""
        return self._n_stages

    def _start(self, data: Blocks, **side: Any) -> AnyFuture:
        """Return the future of the draft with all training data."""
        return data.tasks.submit("start", started, self._worker_template(), data.whole())

    def _fit_blocks(self, data: Blocks, **side: Any) -> Fitted:
        tasks = data.tasks
        results: list[AnyFuture] = []
        draft = self._start(data, **side)
        for number in range(self._number_of_stages()):
            n_parts = _PARTS_PER_THREAD * tasks.n_threads
            ranges = tasks.submit("plan", part_ranges, n_parts, draft, *results).result()
            name = f"rows-{number + 1}"
            parts = [tasks.submit(name, run_part, start, stop, draft, *results) for start, stop in ranges]
            results.append(tasks.submit("join-rows", join_parts, draft, len(parts), *parts, *results))
        return self._fitted_to(data, draft, results)

    def _fitted_to(self, data: Blocks, draft: AnyFuture, results: list[AnyFuture]) -> Fitted:
        """Return the fitted model: without the data of users, which each block adds."""
        model = data.tasks.submit("finish", finish_without_data, draft, *results)
        return Fitted(model, tuple(data.tasks.submit("no-users", dict) for _ in data.blocks))


def stage_of(draft: Draft, results: Sequence[Any]) -> Stage:
    """Return the stage that follows results; the draft keeps it, so that a worker prepares each stage once.

    The kept stage is derived from the draft and from the results alone, so that any worker can prepare it again.
    """
    with _lock:
        if draft.stage is None or draft.stage[0] != len(results):
            draft.stage = len(results), _prepared(draft, results)
        stage: Stage = draft.stage[1]
        return stage


def _prepared(draft: Draft, results: Sequence[Any]) -> Stage:
    model: Any = draft.model
    stages = model._stages(model.interactions_)
    stage: Stage = next(stages)
    for result in results:
        stage = stages.send(result)
    return stage


def part_ranges(n_parts: int, draft: Draft, *results: Any) -> list[tuple[int, int]]:
    """Return ranges of rows of about equal cost."""
    return split_by_cost(np.asarray(stage_of(draft, results).costs) + 1.0, n_parts)


def run_part(start: int, stop: int, draft: Draft, *results: Any) -> Any:
    """Return the part of a stage for a range of rows."""
    return stage_of(draft, results).run(start, stop, Runner())


def join_parts(draft: Draft, n_parts: int, *parts_and_results: Any) -> Any:
    """Return the result of a stage from its parts and the results of the stages before."""
    return stage_of(draft, parts_and_results[n_parts:]).join(parts_and_results[:n_parts])


def _finish(draft: Draft, results: Sequence[Any]) -> Draft:
    """Return a draft with the attributes of the fitted model."""
    own = Draft(draft.model._with_attributes(dict(vars(draft.model))))
    model: Any = own.model
    stages = model._stages(model.interactions_)
    next(stages)
    for result in results:
        try:
            stages.send(result)
        except StopIteration:
            return own
    raise AssertionError(f"{type(model).__name__} has more than {len(results)} stages")


def finish_without_data(draft: Draft, *results: Any) -> Draft:
    """Return the fitted draft without the training data."""
    return _finish(draft, results).without_data()


def finish_with_data(draft: Draft, *results: Any) -> Any:
    """Return the complete fitted estimator, over users whose ids are their codes."""
    return finished(_finish(draft, results))
