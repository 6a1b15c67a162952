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
from recokit.data.rows import Rows

__all__ = ["PARTS_PER_THREAD", "DaskStagedRecommender", "model_of_items", "part_ranges", "run_part"]

PARTS_PER_THREAD = 8
_lock = threading.Lock()


class DaskStagedRecommender(DaskRecommender):
    """An estimator on a cluster whose local estimator is a `StagedRecommender`.

    A subclass sets ``_needs_all_data`` if lists for a user depend on data of other users that `attached` does not know,
    such as the number of users of each item.
    """

    _local: ClassVar[type[StagedRecommender]]
    _needs_all_data: ClassVar[bool] = False

    def _start(self, data: Blocks, **side: Any) -> AnyFuture:
        """Return the future of the draft with all training data."""
        return data.tasks.submit("start", started, self._worker_template(), data.whole())

    def _check_results(self, data: Blocks, results: list[AnyFuture]) -> None:
        """Warn about the results of the stages; nothing by default."""

    def _fit_blocks(self, data: Blocks, **side: Any) -> Fitted:
        tasks, draft = data.tasks, self._start(data, **side)
        results: list[AnyFuture] = []
        while True:
            n_parts = PARTS_PER_THREAD * tasks.n_threads
            ranges = tasks.submit("plan", part_ranges, n_parts, draft, *results).result()
            if ranges is None:
                break
            name = f"rows-{len(results) + 1}"
            parts = [tasks.submit(name, run_part, start, stop, draft, *results) for start, stop in ranges]
            results.append(tasks.submit("join-rows", join_parts, draft, len(parts), *parts, *results))
        self._check_results(data, results)
        if self._needs_all_data:
            return Fitted(tasks.submit("finish", complete_model, draft, *results))
        model = tasks.submit("finish", model_of_items, draft, *results)
        return Fitted(model, tuple(tasks.submit("no-users", dict) for _ in data.blocks))


def stage_of(draft: Draft, results: Sequence[Any]) -> Stage | None:
    """Return the stage that follows results, None after the last; the draft keeps it for further parts of the stage.

    The kept stage follows from the draft and the results alone, so that any worker can prepare it again.
    """
    with _lock:
        if draft.stage is None or draft.stage[0] != len(results):
            draft.stage = len(results), _after(draft, results)[1]
        stage: Stage | None = draft.stage[1]
        return stage


def _after(draft: Draft, results: Sequence[Any]) -> tuple[Draft, Stage | None]:
    """Return a draft of its own after the stages with these results, and the next stage."""
    own = Draft(draft.model._with_attributes(dict(vars(draft.model))))
    model: Any = own.model
    stages = model._stages(model.interactions_)
    try:
        stage = next(stages)
        for result in results:
            stage = stages.send(Rows.from_arrays(*result) if isinstance(result, Rows) else result)
    except StopIteration:
        return own, None
    return own, stage


def _some(draft: Draft, results: Sequence[Any]) -> Stage:
    stage = stage_of(draft, results)
    assert stage is not None
    return stage


def part_ranges(n_parts: int, draft: Draft, *results: Any) -> list[tuple[int, int]] | None:
    """Return ranges of rows of about equal cost; None after the last stage."""
    stage = stage_of(draft, results)
    return None if stage is None else split_by_cost(np.asarray(stage.costs) + 1.0, n_parts)


def run_part(start: int, stop: int, draft: Draft, *results: Any) -> Any:
    """Return the part of a stage for a range of rows."""
    return _some(draft, results).run(start, stop, Runner())


def join_parts(draft: Draft, n_parts: int, *parts_and_results: Any) -> Any:
    """Return the result of a stage from its parts and the results of the stages before."""
    return _some(draft, parts_and_results[n_parts:]).join(parts_and_results[:n_parts], Runner())


def model_of_items(draft: Draft, *results: Any) -> Draft:
    """Return the fitted draft without the training data."""
    return _after(draft, results)[0].without_data()


def complete_model(draft: Draft, *results: Any) -> Any:
    """Return the complete fitted estimator, over users whose ids are their codes."""
    return finished(_after(draft, results)[0])
