"""Fits in stages: each stage computes independent rows, in any ranges and on any machine, with the same result."""

from collections.abc import Callable, Generator, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, CodeArray, FloatArray
from recokit.base._lists import collect_rows
from recokit.base.recommender import Recommender
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows, bounds_from_lengths

__all__ = [
    "Stage",
    "StagedRecommender",
    "Stages",
    "join_arrays",
    "join_rows",
    "rows_stage",
    "run_stages",
    "whole_result",
]


_Result = TypeVar("_Result")


class Stage(NamedTuple):
    """A stage of a fit.

    Attributes
    ----------
    costs : (n_rows,) array
        Relative cost of each row.
    run : callable
        ``run(start, stop, runner)`` returns the part of a range of rows.
    join : callable
        ``join(parts, runner)`` returns the result of the stage from the parts of consecutive ranges of all rows. Parts
        are not changed.
    """

    costs: AnyArray
    run: Callable[[int, int, Runner], Any]
    join: Callable[[Sequence[Any], Runner], Any]


Stages = Generator[Stage, Any, None]
FillRows = Callable[[int, CodeArray, FloatArray, Runner], None]


class StagedRecommender(Recommender):
    """A recommender that is fitted in stages.

    A subclass implements ``_stages`` in place of ``_fit``. It must not depend on the ids of the users.
    """

    _stage_unit = "items"

    def _stages(self, interactions: Interactions) -> Stages:
        """Yield the stages of a fit; the value of each ``yield`` is the result of that stage. Set the attributes last.

        It is called again on every machine that runs parts of a stage, with the results of the stages before, so it may
        set attributes only after the last stage.
        """
        raise NotImplementedError

    def _fit(self, interactions: Interactions) -> None:
        self._run_stages(self._stages(interactions))

    def _run_stages(self, stages: Stages) -> None:
        """Run all stages on the threads of this estimator."""
        run_stages(stages, self._run_stage)

    def _run_stage(self, stage: Stage) -> Any:
        """Return the result of a stage, and show its progress."""
        with self._progress(len(stage.costs), self._stage_unit) as bar:
            return whole_result(stage, self._runner().reporting_to(bar.update))


def run_stages(stages: Generator[Stage, Any, _Result], run: Callable[[Stage], Any]) -> _Result:
    """Run the stages one after another with ``run``, and return the value that the generator returns."""
    result = None
    while True:
        try:
            stage = stages.send(result)
        except StopIteration as end:
            value: _Result = end.value
            return value
        result = run(stage)


def whole_result(stage: Stage, runner: Runner) -> Any:
    """Return the result of a stage in this process."""
    return stage.join([stage.run(0, len(stage.costs), runner)], runner)


def rows_stage(n_rows: int, width: int, fill: FillRows, costs: AnyArray) -> Stage:
    """Return the stage that computes sparse rows as `collect_rows` does.

    Parameters
    ----------
    n_rows, width, fill
        As in `collect_rows`, but ``fill`` has the runner as its last argument.
    costs : (n_rows,) array
    """

    def run(start: int, stop: int, runner: Runner) -> Rows:
        def fill_part(first: int, codes: CodeArray, values: FloatArray) -> None:
            fill(start + first, codes, values, runner)

        return collect_rows(stop - start, width, fill_part, runner)

    return Stage(costs, run, join_rows)


def join_arrays(parts: Sequence[AnyArray], empty: AnyArray) -> AnyArray:
    """Return the rows of all parts; ``empty`` if there are none."""
    return parts[0] if len(parts) == 1 else np.concatenate([empty, *parts])


def join_rows(parts: Sequence[Rows], runner: Runner) -> Rows:
    """Return the rows of all parts."""
    if len(parts) == 1:
        return parts[0]
    lengths = np.concatenate([part.lengths for part in parts])
    codes, values = (np.concatenate([part[k] for part in parts]) for k in (1, 2))
    return Rows.from_arrays(bounds_from_lengths(lengths), codes, values)
