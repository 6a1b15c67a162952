"""tune: search for a good model and its parameters within a time budget, with a record of all trials."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone

from recokit._runtime.progress import progress_bar
from recokit.base import Recommender
from recokit.data._frames import Backend, to_frame
from recokit.data._inputs import as_interactions
from recokit.data.interactions import Interactions
from recokit.model_selection._candidates import Candidate, candidates, check_space, in_turn
from recokit.model_selection._halving import Halving
from recokit.model_selection._measures import Measure, UserValues, ties_with_best
from recokit.model_selection._models import fit_params_by_model, named_models
from recokit.model_selection._splitter import check_whole
from recokit.model_selection._stages import Stages
from recokit.model_selection.splitting import default_splitter, make_folds

__all__ = ["LeaderboardRow", "Trial", "Tuning", "tune"]

_MAX_PRINTED = 10
_MAX_FAILURES = 10  # from the start: then the data or the metric are wrong, not the parameters


@dataclass(frozen=True)
class Trial:
    """One fit of `tune`.

    Attributes
    ----------
    candidate : int
        Number of the candidate; the first ones are the estimators with their own parameters.
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
    model : str
        Name of the model.
    """

    candidate: int
    params: dict[str, Any]
    resource: int
    score: float
    seconds: float
    error: str | None = None
    model: str = ""


@dataclass(frozen=True)
class LeaderboardRow:
    """The best trial of a model in a search.

    Attributes
    ----------
    model : str
        Name of the model.
    params : dict
        Its best parameters: those with the best score on the highest resource.
    score : float
        Greater is better; −∞ if all trials of the model failed. The winner's score is slightly too good, since it was
        selected by it.
    low, high : float
        95% bootstrap interval of the score over the test users; NaN if the metric is not a mean over users.
    seconds : float
        Duration of fit and score.
    resource : int
        Resource of the trial.
    verdict : str
        "best"; "ties with the best" if a paired t-test over users, corrected by Holm's method, finds no difference at
        the level 0.05; "worse"; "not compared" without values by user or on a smaller resource; or "failed: " with
        the error.
    """

    model: str
    params: dict[str, Any]
    score: float
    low: float
    high: float
    seconds: float
    resource: int
    verdict: str


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
    best_model : str
        Name of the best model.
    leaderboard : tuple of LeaderboardRow
        The best trial of each model, best first.
    """

    best_params: dict[str, Any]
    best_score: float
    best_estimator: Recommender
    trials: tuple[Trial, ...]
    metric: str
    resource: str
    best_model: str
    leaderboard: tuple[LeaderboardRow, ...]

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame with one row for each trial: candidate, its parameters, resource, score, seconds and error.

        If there are several models, the first column is the model.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}
            The library of the frame, which must be installed.
        """
        names = list(dict.fromkeys(name for trial in self.trials for name in trial.params))
        columns = {"model": _cells([trial.model for trial in self.trials])} if len(self.leaderboard) > 1 else {}
        columns["candidate"] = np.array([trial.candidate for trial in self.trials])
        columns |= {f"param_{name}": _cells([trial.params.get(name) for trial in self.trials]) for name in names}
        for name in ("resource", "score", "seconds"):
            columns[name] = np.array([getattr(trial, name) for trial in self.trials])
        columns["error"] = _cells([trial.error for trial in self.trials])
        return to_frame(columns, backend)

    def leaderboard_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame with one row for each model and the columns of `LeaderboardRow`, parameters as text.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}
            The library of the frame, which must be installed.
        """
        rows = self.leaderboard
        columns = {"model": _cells([row.model for row in rows])}
        for name in ("score", "low", "high", "seconds", "resource"):
            columns[name] = np.array([getattr(row, name) for row in rows])
        columns["verdict"] = _cells([row.verdict for row in rows])
        columns["params"] = _cells([_shown(row.params) for row in rows])
        return to_frame(columns, backend)

    def __str__(self) -> str:
        several = len(self.leaderboard) > 1
        n_candidates, seconds = len({t.candidate for t in self.trials}), sum(t.seconds for t in self.trials)
        searched = f"{n_candidates:,} candidates" + (f" of {len(self.leaderboard)} models" if several else "")
        found = f"{self.best_model}({_shown(self.best_params)})" if several else _shown(self.best_params)
        lines = [
            f"{self.metric} {self.best_score:.4f} with {found}",
            f"best of {searched} in {len(self.trials):,} trials, {seconds:.1f} s:",
        ]
        return "\n".join(lines + (self._leaderboard_lines() if several else self._trial_lines()))

    def _trial_lines(self) -> list[str]:
        lines = [f"{self.resource:>10}  {self.metric:>10}  {'seconds':>8}  parameters"]
        ranked = sorted(self.trials, key=lambda trial: (-trial.resource, -trial.score, trial.candidate))
        for trial in ranked[:_MAX_PRINTED]:
            outcome = f"{trial.score:>10.4f}" if trial.error is None else f"{'failed':>10}"
            lines.append(f"{trial.resource:>10,}  {outcome}  {trial.seconds:>8.2f}  {_shown(trial.params)}")
        n_more = len(ranked) - _MAX_PRINTED
        return lines if n_more <= 0 else [*lines, f"… and {n_more:,} more"]

    def _leaderboard_lines(self) -> list[str]:
        width = max(len(row.model) for row in self.leaderboard)
        titles = f"{self.metric:>10}  {'95% interval':>18}  {'seconds':>8}  {self.resource:>8}  parameters"
        lines = [f"{'model':<{width}}  {titles}"]
        for row in self.leaderboard:
            score = f"{row.score:>10.4f}" if row.score > -math.inf else f"{'':>10}"
            interval = "" if math.isnan(row.low) else f"[{row.low:.4f}, {row.high:.4f}]"
            verdict = row.verdict if row.verdict.startswith("failed") else f"{row.verdict}: {_shown(row.params)}"
            lines.append(
                f"{row.model:<{width}}  {score}  {interval:>18}  {row.seconds:>8.2f}  {row.resource:>8,}  {verdict}"
            )
        return lines

    def __repr__(self) -> str:
        several = len(self.leaderboard) > 1
        shown = ", ".join(filter(None, [self.best_model if several else "", _shown(self.best_params)]))
        return f"Tuning({self.metric}={self.best_score:.4f}, {shown}, {len(self.trials)} trials)"


def tune(
    estimator: Recommender | Sequence[Recommender] | Mapping[str, Recommender],
    data: Any,
    param_space: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
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
    """Search for good parameters, or for a good model, by successive halving within a time budget.

    Each candidate starts with a small resource: a share of the users, or few epochs. One in ``factor`` candidates moves
    up to the next step, with ``factor`` times the resource; the last step has the full resource. The first candidate is
    the estimator with its own parameters. New candidates are tried while time is left. Before the time runs out, or
    once all candidates of a finite space were tried, the best candidates move up to the last step.

    Several models share the budget: the first candidates are the models with their own parameters, and then the search
    spaces of all models get the same time, so that fast models try more candidates. Up to half of the budget is
    reserved to try the best candidate of each model with the full resource, for the leaderboard. A model whose own
    parameters fail is dropped.

    The sequence of trials of one model depends only on ``random_state``; their number depends on the speed of the
    machine. With several models, the sequence depends on the speed too.

    Parameters
    ----------
    estimator : Recommender, or sequence or mapping of names to Recommender
        Estimators to tune. They are cloned, not changed.
    data : Interactions, or any other input of a recommender's ``fit``
        The ``splitter`` holds out a part of these data for the scores. Keep the final test data out of them.
    param_space : dict, or sequence of dicts, optional
        For each parameter, values to choose from, or a distribution with a method ``rvs``, as in scikit-learn's
        ``RandomizedSearchCV``. By default the estimator's ``search_space``. For several models, a dict of names of
        models to spaces; models without a space use their ``search_space``.
    metric : str, Metric, RankingScorer or callable
        Metric to maximise: a ranking metric, as in `ranking_scorer`; ``"rmse"``, ``"mse"``, ``"mae"``, or the name of
        another scikit-learn scorer for ratings; or any ``scorer(model, X, y)`` that returns one number. Metrics to
        minimise are negated, with a minus before the name.
    budget_seconds : float
        Time budget of the search. No trial starts that is expected to exceed it, judging by earlier trials. The first
        trial always runs, and the final fit on all data comes on top.
    splitter : splitter, LogSplit, or sequence of (train, validation) Interactions, optional
        Splitter for the hold-out; by default as in `train_test_split`: data with timestamps are validated by time, and
        others by held-out items of each user. The score is the mean over its splits. If ``data`` were made by merging
        repeated events, pass splits of the log, such as ``split_log(log, until=…)``.
    resource : str
        Growing resource: ``"users"``, or the name of a parameter with a whole number, which grows up to the estimator's
        own value. ``"auto"`` is ``"n_epochs"`` if the estimator has it and it is not searched, else ``"users"``.
        Several models share the resource ``"users"``.
    min_resource : int, optional
        Minimum resource of the first step; by default 300 users, or 3 for a parameter. There are at most four steps.
    factor : int
        Growth of the resource from step to step; one in ``factor`` candidates moves up.
    random_state : int
        Seed of the candidates, of the shares of users, and of the intervals of the leaderboard.
    fit_params : mapping, optional
        Further arguments of ``fit``; for several models, a dict of names of models to these arguments.
    verbose : bool
        Show a progress bar.

    Returns
    -------
    Tuning

    Raises
    ------
    ValueError
        A parameter is invalid, or all trials failed; the error of the first failed trial is the cause.
    TypeError
        A model is not a recommender.

    Warns
    -----
    LeakageWarning
        Repeated events were merged into the interactions, which are validated by time; see `split_log`.

    References
    ----------
    L. Li et al. (2020). A system for massively parallel hyperparameter tuning. MLSys.

    Examples
    --------
    >>> from recokit import EASE, ItemKNN
    >>> from recokit.datasets import example_interactions
    >>> data = example_interactions("implicit")
    >>> found = tune(ItemKNN(), data, {"n_neighbors": [1, 5], "shrinkage": [0, 10]})
    >>> sorted(found.best_params), len(found.trials)
    (['n_neighbors', 'shrinkage'], 5)
    >>> found = tune([ItemKNN(), EASE()], data, budget_seconds=0.5)
    >>> sorted(row.model for row in found.leaderboard)
    ['EASE', 'ItemKNN']
    """
    if not budget_seconds > 0:
        raise ValueError(f"budget_seconds={budget_seconds!r}: expected a positive number of seconds")
    factor, random_state = check_whole("factor", factor, 2), check_whole("random_state", random_state, 0)
    models = named_models(estimator)
    data = as_interactions(data, None, "auto")
    spaces = _spaces(models, param_space, data)
    searched = {name: check_space(models[name], space) if space else [] for name, space in spaces.items()}
    folds = make_folds(data, default_splitter(data) if splitter is None else splitter)
    first, *others = models
    if others and resource not in ("auto", "users"):
        raise ValueError(f"resource={resource!r}: expected 'users', since several models share it")
    options = folds, "users" if others else resource, min_resource, factor, random_state
    stages = Stages.from_options(models[first], [] if others else searched[first], *options)
    measure = Measure.from_metric(metric)
    evaluate = _Evaluation(models, stages, measure, fit_params_by_model(models, fit_params))
    by_model = {name: candidates(model, spaces[name], searched[name], random_state) for name, model in models.items()}
    schedule = _Schedule(float(budget_seconds), _Clock(stages.levels), list(models))
    new = in_turn(by_model, schedule.is_open, lambda model: schedule.spent[model])
    search = Halving(new, len(stages.levels), factor, lambda candidate: candidate.model)
    trials = _run(search, evaluate, schedule, verbose)
    if search.top < 0:
        raise ValueError(f"all {len(trials)} trials failed, the first with {trials[0].error}") from evaluate.first_error
    (name, params), score = search.candidates[search.best], search.scores[search.top][search.best]
    best = clone(models[name]).set_params(**params).fit(data, **evaluate.fit_params[name])
    leaderboard = _leaderboard(list(models), trials, evaluate.best_values, random_state)
    return Tuning(params, score, best, tuple(trials), measure.name, stages.resource, name, leaderboard)


def _spaces(models: Mapping[str, Recommender], param_space: Any, data: Interactions) -> dict[str, Any]:
    """Return the space of each model: the given one, or the search space of the model for these data."""
    given = {} if param_space is None else param_space if len(models) > 1 else dict.fromkeys(models, param_space)
    if len(models) > 1 and not (isinstance(given, Mapping) and all(name in models for name in given)):
        raise ValueError(
            f"param_space: expected a dict of names of models to spaces; the models are {', '.join(models)}"
        )
    for name, space in given.items():
        check_space(models[name], space)
    return {name: given[name] if name in given else _default_space(model, data) for name, model in models.items()}


def _default_space(model: Recommender, data: Interactions) -> dict[str, Any]:
    space = model.search_space(data.feedback)
    if data.timestamps is None or data.timestamps.dtype.kind != "M":
        space.pop("half_life", None)  # its values are days
    return space


class _Evaluation:
    """Fit and score of a candidate on a rung.

    Attributes
    ----------
    best_values : dict of str to (int, float, UserValues or None)
        For each model, the rung, the score and the values by user of its best trial.
    """

    def __init__(
        self,
        models: Mapping[str, Recommender],
        stages: Stages,
        measure: Measure,
        fit_params: Mapping[str, dict[str, Any]],
    ) -> None:
        self.stages = stages
        self.fit_params = fit_params
        self.first_error: Exception | None = None
        self.best_values: dict[str, tuple[int, float, UserValues | None]] = {}
        self._models = models
        self._measure = measure

    def __call__(self, number: int, candidate: Candidate, rung: int) -> Trial:
        start, score, error = time.perf_counter(), -math.inf, None
        try:
            score, values = self._mean_score(candidate, rung)
            if math.isnan(score):
                raise ValueError("the score is NaN")
            if (rung, score) > self.best_values.get(candidate.model, (-1, 0.0))[:2]:
                self.best_values[candidate.model] = rung, score, values
        except Exception as caught:  # any error fails the candidate, not the search
            self.first_error = self.first_error or caught
            score, error = -math.inf, f"{type(caught).__name__}: {caught}"
        seconds = time.perf_counter() - start
        return Trial(number, candidate.params, self.stages.levels[rung], score, seconds, error, candidate.model)

    def _mean_score(self, candidate: Candidate, rung: int) -> tuple[float, UserValues | None]:
        scores, values = [], []
        for train, X, y in self.stages.folds_on(rung):
            model = clone(self._models[candidate.model])
            model.set_params(**candidate.params, **self.stages.extra_params(rung))
            score, by_user = self._measure(model.fit(train, **self.fit_params[candidate.model]), X, y)
            scores.append(score)
            values.append(by_user)
        complete = [each for each in values if each is not None]
        return float(np.mean(scores)), UserValues.joined(complete) if len(complete) == len(values) else None


class _Schedule:
    """The time budget, and the steps that it allows.

    Attributes
    ----------
    spent : dict of str to float
        Seconds spent on the first rung, by model.
    """

    def __init__(self, budget: float, clock: "_Clock", models: list[str]) -> None:
        self.budget = budget
        self.clock = clock
        self._models = models
        self.spent = dict.fromkeys(models, 0.0)
        self._tried: set[str] = set()
        self._dropped: set[str] = set()
        self._end = math.inf

    def start(self) -> None:
        """Start the time."""
        self._end = time.perf_counter() + self.budget

    @property
    def left(self) -> float:
        """Seconds left."""
        return self._end - time.perf_counter()

    def is_open(self, model: str) -> bool:
        """Return whether there is time for another candidate of one of several models."""
        if len(self._models) == 1 or not self._tried:
            return True
        return model not in self._dropped and self.left >= max(self.clock.estimate(0, model), 0.0)

    def is_closing(self, search: Halving) -> bool:
        """Return whether the time left is needed for the best candidates to reach the last rung.

        After one more trial of the longest kind, the best candidate must still be able to reach it. Up to half of the
        budget is kept for the best candidates of the other models. Models that were not tried go first.
        """
        best = self._best_model(search)
        reached = dict.fromkeys(self._models, -1)
        for rung, scores in enumerate(search.scores):
            reached |= {search.candidates[number].model: rung for number in scores}
        climbs = {model: self.clock.estimate_climb(rung + 1, model) for model, rung in reached.items()}
        climbs[best] = self.clock.estimate_climb(search.top + 1, best)
        if len(self._tried) < len(self._models):
            return self.left < climbs[best]
        reserve = min(sum(climbs.values()), self.budget / 2) if len(self._models) > 1 else 0.0
        longest = max(self.clock.estimate(max(search.top, 0), model) for model in self._models)
        return self.left < longest + max(climbs[best], reserve)

    def allows(self, search: Halving, number: int, rung: int, *, closing: bool) -> bool:
        """Return whether a candidate can move up: in time to reach the last rung, or for the best to reach it."""
        model = search.candidates[number].model
        if number == search.best:
            return self.left >= self.clock.estimate(rung, model)
        if closing:
            return self.left >= self.clock.estimate_climb(rung, model)
        climb = self.clock.estimate_climb(search.top + 1, self._best_model(search))
        return self.left >= self.clock.estimate(rung, model) + climb

    def record(self, rung: int, trial: Trial) -> None:
        """Record a trial; drop a model whose first trial failed."""
        if trial.error is not None and not self.clock.knows(trial.model):
            self._dropped.add(trial.model)
        self._tried.add(trial.model)
        if rung == 0:
            self.spent[trial.model] += trial.seconds
        self.clock.record(rung, trial)

    def _best_model(self, search: Halving) -> str:
        return search.candidates[search.best].model if search.top >= 0 else self._models[0]


def _run(search: Halving, evaluate: _Evaluation, schedule: _Schedule, verbose: bool) -> list[Trial]:
    """Run trials until the time is over or no candidate is left."""
    trials = list[Trial]()
    schedule.start()
    elapsed = 0.0
    with progress_bar(round(schedule.budget), "tune", "s", show=verbose) as bar:
        while True:
            closing = bool(trials) and schedule.is_closing(search)
            asked = search.ask(closing=closing, allow=partial(schedule.allows, search, closing=closing))
            if asked is None or (trials and schedule.left < schedule.clock.estimate(asked[1], _model(search, asked))):
                return trials
            number, rung = asked
            trial = evaluate(number, search.candidates[number], rung)
            search.tell(number, rung, trial.score)
            schedule.record(rung, trial)
            trials.append(trial)
            if search.top < 0 and len(trials) == max(_MAX_FAILURES, len(evaluate.fit_params)):
                return trials
            elapsed, before = min(schedule.budget, schedule.budget - schedule.left), elapsed
            bar.update(elapsed - before)


def _model(search: Halving, asked: tuple[int, int]) -> str:
    model: str = search.candidates[asked[0]].model
    return model


class _Clock:
    """Estimates of the duration of a trial of each model."""

    def __init__(self, levels: Sequence[int]) -> None:
        self._levels = levels
        self._fastest: dict[str, dict[int, float]] = {}

    def knows(self, model: str) -> bool:
        """Return whether a trial of the model has succeeded."""
        return model in self._fastest

    def record(self, rung: int, trial: Trial) -> None:
        """Record the duration of a trial; the fastest of a rung counts, since the first one compiles."""
        if trial.error is None:
            fastest = self._fastest.setdefault(trial.model, {})
            fastest[rung] = min(trial.seconds, fastest.get(rung, math.inf))

    def estimate(self, rung: int, model: str = "") -> float:
        """Return the seconds of a trial on a rung, extrapolated in proportion to the resource from a lower rung."""
        fastest = self._fastest.get(model, {})
        below = [recorded for recorded in fastest if recorded <= rung]
        if not below:
            return 0.0
        return fastest[max(below)] * self._levels[rung] / self._levels[max(below)]

    def estimate_climb(self, rung: int, model: str = "") -> float:
        """Return the seconds of one trial on each rung from this one to the last."""
        return sum(self.estimate(step, model) for step in range(rung, len(self._levels)))


def _leaderboard(
    models: list[str],
    trials: list[Trial],
    best_values: Mapping[str, tuple[int, float, UserValues | None]],
    random_state: int,
) -> tuple[LeaderboardRow, ...]:
    """Return the best trial of each tried model, best first."""
    tops = [max((t for t in trials if t.model == name), key=_rank, default=None) for name in models]
    ranked = sorted((trial for trial in tops if trial is not None), key=_rank, reverse=True)
    values = {trial.model: best_values[trial.model][2] for trial in ranked if trial.error is None}
    compared = [
        trial for trial in ranked if values.get(trial.model) is not None and trial.resource == ranked[0].resource
    ]
    verdicts = {trial.model: "not compared" for trial in ranked}
    ties = ties_with_best([by_user for trial in compared if (by_user := values[trial.model]) is not None])
    verdicts |= {t.model: "ties with the best" if tie else "worse" for t, tie in zip(compared[1:], ties, strict=True)}
    verdicts[ranked[0].model] = "best"
    rows = []
    for trial in ranked:
        by_user = values.get(trial.model)
        low, high = (math.nan, math.nan) if by_user is None else by_user.interval(random_state)
        verdict = verdicts[trial.model] if trial.error is None else f"failed: {trial.error}"
        numbers = trial.score, low, high, trial.seconds, trial.resource
        rows.append(LeaderboardRow(trial.model, trial.params, *numbers, verdict))
    return tuple(rows)


def _rank(trial: Trial) -> tuple[bool, int, float, int]:
    return trial.error is None, trial.resource, trial.score, -trial.candidate


def _shown(params: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in params.items())


def _cells(values: list[Any]) -> Any:
    """Return values of a single plain type unchanged, and other values as their repr."""
    kinds = {type(value) for value in values if value is not None}
    plain = len(kinds) <= 1 and kinds <= {bool, int, float, str}
    cells = np.empty(len(values), dtype=object)
    cells[:] = values if plain else [None if value is None else repr(value) for value in values]
    return cells
