"""tune: search for good parameters within a time budget, with a record of all trials."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.metrics import get_scorer, get_scorer_names

from recokit._runtime.progress import progress_bar
from recokit.base import Recommender
from recokit.data._frames import Backend, to_frame
from recokit.data._inputs import as_interactions
from recokit.model_selection._candidates import candidates, check_space
from recokit.model_selection._halving import Halving
from recokit.model_selection._splitter import check_whole
from recokit.model_selection._stages import Stages
from recokit.model_selection.scoring import RankingScorer, ranking_scorer
from recokit.model_selection.splitting import default_splitter, split_interactions

__all__ = ["Trial", "Tuning", "tune"]

_RATING_SCORERS = {
    "rmse": "neg_root_mean_squared_error",
    "mse": "neg_mean_squared_error",
    "mae": "neg_mean_absolute_error",
}
_MAX_PRINTED = 10
_MAX_FAILURES = 10  # from the start: then the data or the metric are wrong, not the parameters


@dataclass(frozen=True)
class Trial:
    """One fit of `tune`.

    Attributes
    ----------
    candidate : int
        Number of the candidate; 0 is the estimator's own parameters.
    params : dict
        Parameters of the candidate.
    resource : int
        Number of users in training and test, or value of the growing parameter.
    score : float
        Greater is better; −∞ if the trial failed.
    seconds : float
        Duration of fit and score.
    error : str, optional
        Error of a failed trial.
    """

    candidate: int
    params: dict[str, Any]
    resource: int
    score: float
    seconds: float
    error: str | None = None


@dataclass(frozen=True, repr=False)
class Tuning:
    """Result of `tune`; ``print`` shows it as a table.

    Attributes
    ----------
    best_params : dict
        The best parameters.
    best_score : float
        Score of the best parameters in their last trial.
    best_estimator : Recommender
        Estimator with the best parameters, fitted on all data.
    trials : tuple of Trial
        All trials, in order.
    metric : str
        Name of the score.
    resource : str
        Growing resource: ``"users"``, or the name of a parameter.
    """

    best_params: dict[str, Any]
    best_score: float
    best_estimator: Recommender
    trials: tuple[Trial, ...]
    metric: str
    resource: str

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame with one row for each trial: candidate, its parameters, resource, score, seconds and error.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}
            The library of the frame, which must be installed.
        """
        names = list(dict.fromkeys(name for trial in self.trials for name in trial.params))
        columns = {"candidate": np.array([trial.candidate for trial in self.trials])}
        columns |= {f"param_{name}": _cells([trial.params.get(name) for trial in self.trials]) for name in names}
        for name in ("resource", "score", "seconds"):
            columns[name] = np.array([getattr(trial, name) for trial in self.trials])
        columns["error"] = _cells([trial.error for trial in self.trials])
        return to_frame(columns, backend)

    def __str__(self) -> str:
        n_candidates, seconds = len({t.candidate for t in self.trials}), sum(t.seconds for t in self.trials)
        lines = [
            f"{self.metric} {self.best_score:.4f} with {_shown(self.best_params)}",
            f"best of {n_candidates:,} candidates in {len(self.trials):,} trials, {seconds:.1f} s:",
            f"{self.resource:>10}  {self.metric:>10}  {'seconds':>8}  parameters",
        ]
        ranked = sorted(self.trials, key=lambda trial: (-trial.resource, -trial.score, trial.candidate))
        for trial in ranked[:_MAX_PRINTED]:
            outcome = f"{trial.score:>10.4f}" if trial.error is None else f"{'failed':>10}"
            lines.append(f"{trial.resource:>10,}  {outcome}  {trial.seconds:>8.2f}  {_shown(trial.params)}")
        n_more = len(ranked) - _MAX_PRINTED
        return "\n".join(lines if n_more <= 0 else [*lines, f"… and {n_more:,} more"])

    def __repr__(self) -> str:
        return f"Tuning({self.metric}={self.best_score:.4f}, {_shown(self.best_params)}, {len(self.trials)} trials)"


def tune(
    estimator: Recommender,
    data: Any,
    param_space: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    metric: Any = "ndcg@10",
    budget_seconds: float = 60.0,
    splitter: Any = None,
    resource: str = "auto",
    min_resource: int | None = None,
    factor: int = 3,
    random_state: int = 0,
    fit_params: Mapping[str, Any] | None = None,
    verbose: bool = False,
) -> Tuning:
    """Search for good parameters by successive halving within a time budget.

    Each candidate starts with a small resource: a share of the users, or few epochs. One in ``factor`` candidates moves
    up to the next step, with ``factor`` times the resource; the last step has the full resource. The first candidate is
    the estimator with its own parameters. New candidates are tried while time is left. Before the time runs out, or
    once all candidates of a finite space were tried, the best candidates move up to the last step.

    The sequence of trials depends only on ``random_state``; their number depends on the speed of the machine.

    Parameters
    ----------
    estimator : Recommender
        Estimator to tune. It is cloned, not changed.
    data : Interactions, or any other input of a recommender's ``fit``
        The ``splitter`` holds out a part of these data for the scores. Keep the final test data out of them.
    param_space : dict, or sequence of dicts
        For each parameter, values to choose from, or a distribution with a method ``rvs``, as in scikit-learn's
        ``RandomizedSearchCV``.
    metric : str, Metric, RankingScorer or callable
        Metric to maximise: a ranking metric, as in `ranking_scorer`; ``"rmse"``, ``"mse"``, ``"mae"``, or the name of
        another scikit-learn scorer for ratings; or any ``scorer(model, X, y)`` that returns one number. Metrics to
        minimise are negated, with a minus before the name.
    budget_seconds : float
        Time budget of the search. No trial starts that is expected to exceed it, judging by earlier trials. The first
        trial always runs, and the final fit on all data comes on top.
    splitter : splitter, optional
        Splitter for the hold-out; by default as in `train_test_split`. The score is the mean over its splits.
    resource : str
        Growing resource: ``"users"``, or the name of a parameter with a whole number, which grows up to the estimator's
        own value. ``"auto"`` is ``"n_epochs"`` if the estimator has it and it is not searched, else ``"users"``.
    min_resource : int, optional
        Minimum resource of the first step; by default 300 users, or 3 for a parameter. There are at most four steps.
    factor : int
        Growth of the resource from step to step; one in ``factor`` candidates moves up.
    random_state : int
        Seed of the candidates and of the shares of users.
    fit_params : mapping, optional
        Further arguments of ``fit``.
    verbose : bool
        Show a progress bar.

    Returns
    -------
    Tuning

    Raises
    ------
    ValueError
        A parameter is invalid, or all trials failed; the error of the first failed trial is the cause.

    References
    ----------
    L. Li et al. (2020). A system for massively parallel hyperparameter tuning. MLSys.

    Examples
    --------
    >>> from recokit.neighbors import ItemKNN
    >>> from recokit.datasets import example_interactions
    >>> found = tune(ItemKNN(), example_interactions("implicit"), {"n_neighbors": [1, 5], "shrinkage": [0, 10]})
    >>> sorted(found.best_params), len(found.trials)
    (['n_neighbors', 'shrinkage'], 5)
    """
    if not budget_seconds > 0:
        raise ValueError(f"budget_seconds={budget_seconds!r}: expected a positive number of seconds")
    factor, random_state = check_whole("factor", factor, 2), check_whole("random_state", random_state, 0)
    names = check_space(estimator, param_space)
    data = as_interactions(data, None, "auto")
    folds = list(split_interactions(data, default_splitter(data) if splitter is None else splitter))
    stages = Stages.from_options(estimator, names, folds, resource, min_resource, factor, random_state)
    name, scorer = _scorer(metric)
    evaluate = _Evaluation(estimator, stages, scorer, dict(fit_params or {}))
    search = Halving(candidates(estimator, param_space, names, random_state), len(stages.levels), factor)
    trials = _run(search, evaluate, float(budget_seconds), verbose)
    if search.top < 0:
        raise ValueError(f"all {len(trials)} trials failed, the first with {trials[0].error}") from evaluate.first_error
    params, score = search.candidates[search.best], search.scores[search.top][search.best]
    best = clone(estimator).set_params(**params).fit(data, **evaluate.fit_params)
    return Tuning(params, score, best, tuple(trials), name, stages.resource)


class _Evaluation:
    """Fit and score of a candidate on a rung."""

    def __init__(self, estimator: Recommender, stages: Stages, scorer: Any, fit_params: dict[str, Any]) -> None:
        self.stages = stages
        self.fit_params = fit_params
        self.first_error: Exception | None = None
        self._estimator = estimator
        self._scorer = scorer

    def __call__(self, candidate: int, params: dict[str, Any], rung: int) -> Trial:
        start, score, error = time.perf_counter(), -math.inf, None
        try:
            score = self._mean_score(params, rung)
            if math.isnan(score):
                raise ValueError("the score is NaN")
        except Exception as caught:  # any error fails the candidate, not the search
            self.first_error = self.first_error or caught
            score, error = -math.inf, f"{type(caught).__name__}: {caught}"
        seconds = time.perf_counter() - start
        return Trial(candidate, params, self.stages.levels[rung], score, seconds, error)

    def _mean_score(self, params: dict[str, Any], rung: int) -> float:
        scores = []
        for train, X, y in self.stages.folds_on(rung):
            model = clone(self._estimator).set_params(**params, **self.stages.extra_params(rung))
            scores.append(float(self._scorer(model.fit(train, **self.fit_params), X, y)))
        return float(np.mean(scores))


def _run(search: Halving, evaluate: _Evaluation, budget: float, verbose: bool) -> list[Trial]:
    """Run trials until the time is over or no candidate is left."""
    start, trials = time.perf_counter(), list[Trial]()
    clock = _Clock(evaluate.stages.levels)
    elapsed = 0.0
    with progress_bar(round(budget), "tune", "s", show=verbose) as bar:
        while True:
            left = start + budget - time.perf_counter()
            # After one more trial of the longest kind, the best candidate must still be able to reach the last rung.
            needed = clock.estimate_climb(search.top + 1) + clock.estimate(max(search.top, 0))
            asked = search.ask(closing=bool(trials) and left < needed)
            if asked is None or (trials and left < clock.estimate(asked[1])):
                return trials
            candidate, rung = asked
            trial = evaluate(candidate, search.candidates[candidate], rung)
            search.tell(candidate, rung, trial.score)
            clock.record(rung, trial)
            trials.append(trial)
            if search.top < 0 and len(trials) == _MAX_FAILURES:
                return trials
            elapsed, before = min(budget, time.perf_counter() - start), elapsed
            bar.update(elapsed - before)


class _Clock:
    """Estimates of the duration of a trial."""

    def __init__(self, levels: Sequence[int]) -> None:
        self._levels = levels
        self._fastest: dict[int, float] = {}

    def record(self, rung: int, trial: Trial) -> None:
        """Record the duration of a trial; the fastest of a rung counts, since the first one compiles."""
        if trial.error is None:
            self._fastest[rung] = min(trial.seconds, self._fastest.get(rung, math.inf))

    def estimate(self, rung: int) -> float:
        """Return the seconds of a trial on a rung, extrapolated in proportion to the resource from a lower rung."""
        below = [recorded for recorded in self._fastest if recorded <= rung]
        if not below:
            return 0.0
        return self._fastest[max(below)] * self._levels[rung] / self._levels[max(below)]

    def estimate_climb(self, rung: int) -> float:
        """Return the seconds of one trial on each rung from this one to the last."""
        return sum(self.estimate(step) for step in range(rung, len(self._levels)))


def _scorer(metric: Any) -> tuple[str, Any]:
    """Return the name and the scorer of a metric.

    Raises
    ------
    ValueError
        The metric is unknown, or there are several.
    """
    if isinstance(metric, list | tuple):
        metric = ranking_scorer(metric)
    if callable(metric):
        return _name(metric), metric
    if metric in _RATING_SCORERS:
        return f"-{metric}", get_scorer(_RATING_SCORERS[metric])
    try:
        scorer = ranking_scorer(metric)
    except ValueError:
        if metric not in get_scorer_names():
            raise
        return metric, get_scorer(metric)
    return _name(scorer), scorer


def _name(scorer: Any) -> str:
    if not isinstance(scorer, RankingScorer):
        return getattr(scorer, "__name__", type(scorer).__name__)
    if not scorer.single:
        raise ValueError(f"metric: expected one metric to maximise, got several: {', '.join(scorer.names)}")
    return f"-{scorer.metrics[0]}" if scorer.metrics[0].lower_is_better else scorer.names[0]


def _shown(params: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in params.items())


def _cells(values: list[Any]) -> Any:
    """Return values of a single plain type unchanged, and other values as their repr."""
    kinds = {type(value) for value in values if value is not None}
    plain = len(kinds) <= 1 and kinds <= {bool, int, float, str}
    cells = np.empty(len(values), dtype=object)
    cells[:] = values if plain else [None if value is None else repr(value) for value in values]
    return cells
