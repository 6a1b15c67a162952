"""Estimators whose local fit has stages: parts of a stage are tasks, and the data travel once to each worker."""

import threading
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from recokit._runtime.threads import Runner, split_by_cost
from recokit.base._stages import Stage, StagedRecommender
from recokit.dask._base import DaskRecommender, Fitted
from recokit.dask._blocks import Blocks
from recokit.dask._cluster import AnyFuture
from recokit.dask._draft import Draft, finished
from recokit.data.rows import Rows

__all__ = ["DaskStagedRecommender", "model_of", "next_step", "ranges_of", "run_part"]

_PARTS_PER_THREAD = 8
_lock = threading.Lock()


class DaskStagedRecommender(DaskRecommender):
    """An estimator on a cluster whose local estimator is a `StagedRecommender`.

    A subclass sets ``_needs_all_data`` if lists for a user depend on data of other users that `attached` does not know,
    such as the number of users of each item.
    """

    _local: ClassVar[type[StagedRecommender]]
    _needs_all_data: ClassVar[bool] = False

    def _check_results(self, data: Blocks, results: Sequence[AnyFuture]) -> None:
        """Warn about the results of the stages; nothing by default."""

    def _fit_blocks(self, data: Blocks, **side: Any) -> Fitted:
        submit, draft = data.tasks.submit, self._start(data, **side)
        results: list[AnyFuture] = []
        steps = self._first_steps(data, draft)
        while (ranges := submit("ranges", ranges_of, steps[0]).result()) is not None:
            name = f"rows-{len(results) + 1}"
            parts = [submit(name, run_part, start, stop, draft, *results) for start, stop in ranges]
            results.append(submit("join-rows", join_parts, draft, len(parts), *parts, *results))
            steps = [submit("plan", next_step, self._n_parts(data), draft, *results)]
        self._check_results(data, results)
        model = submit("finish", model_of, steps[0], self._needs_all_data)
        return Fitted(model, None if self._needs_all_data else tuple(submit("no-users", dict) for _ in data.blocks))

    def _first_steps(self, data: Blocks, draft: AnyFuture) -> list[AnyFuture]:
        """Return futures of the first `Step`, one for each worker, so that all workers prepare it at the same time."""
        return data.tasks.submit_to_all("plan", next_step, self._n_parts(data), draft)

    def _n_parts(self, data: Blocks) -> int:
        return _PARTS_PER_THREAD * data.tasks.n_threads


class Step(NamedTuple):
    """The next step of a fit: ranges of rows of a stage, of about equal cost; or the fitted draft after the last stage.

    Attributes
    ----------
    ranges : list of (start, stop), optional
    fitted : Draft, optional
    """

    ranges: list[tuple[int, int]] | None
    fitted: Draft | None = None


def next_step(n_parts: int, draft: Draft, *results: Any) -> Step:
    """Return the step after the stages with these results."""
    fit = _advanced(draft, results)
    if fit.stage is None:
        return Step(None, fit.own)
    return Step(split_by_cost(np.asarray(fit.stage.costs) + 1.0, n_parts))


def ranges_of(step: Step) -> list[tuple[int, int]] | None:
    """Return the ranges of a step."""
    return step.ranges


def model_of(step: Step, needs_all_data: bool) -> Any:
    """Return the fitted estimator, complete over users whose ids are their codes, or as a draft without the data."""
    assert step.fitted is not None
    return finished(step.fitted) if needs_all_data else step.fitted.without_data()


class _Fit:
    """A fit between two stages.

    Attributes
    ----------
    own : Draft
        A copy of the draft, which is fitted after the last stage.
    n_results : int
        Number of stages done.
    stage : Stage, optional
        The next stage; None after the last one.
    """

    def __init__(self, draft: Draft) -> None:
        self.own = Draft(draft.model._with_attributes(dict(vars(draft.model))))
        model: Any = self.own.model
        self._stages = model._stages(model.interactions_)
        self.n_results = 0
        self.stage: Stage | None = next(self._stages, None)

    def send(self, result: Any) -> None:
        """Go on to the next stage."""
        self.n_results += 1
        try:
            self.stage = self._stages.send(Rows.from_arrays(*result) if isinstance(result, Rows) else result)
        except StopIteration:
            self.stage = None


def _advanced(draft: Draft, results: Sequence[Any]) -> _Fit:
    """Return the fit after the stages with these results, which the draft keeps for further parts and stages.

    It follows from the draft and the results alone, so that any worker can prepare it again.
    """
    with _lock:
        if draft.fit is None or draft.fit.n_results > len(results):
            draft.fit = _Fit(draft)
        fit: _Fit = draft.fit
        draft.fit = None  # a fit that fails cannot go on
        for result in results[fit.n_results :]:
            fit.send(result)
        draft.fit = fit
        return fit


def stage_of(draft: Draft, results: Sequence[Any]) -> Stage:
    """Return the stage that follows results."""
    stage: Stage | None = _advanced(draft, results).stage
    assert stage is not None
    return stage


def run_part(start: int, stop: int, draft: Draft, *results: Any) -> Any:
    """Return the part of a stage for a range of rows."""
    return stage_of(draft, results).run(start, stop, Runner())


def join_parts(draft: Draft, n_parts: int, *parts_and_results: Any) -> Any:
    """Return the result of a stage from its parts and the results of the stages before."""
    return stage_of(draft, parts_and_results[n_parts:]).join(parts_and_results[:n_parts], Runner())
