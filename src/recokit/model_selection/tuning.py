"""tune: search for a good model and its parameters within a time budget, with a record of all trials."""

import math
import time
import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import clone

from recokit._runtime.compilation import timed_compilation
from recokit._runtime.progress import progress_bar
from recokit._runtime.warnings import levels_inside
from recokit.base import Recommender
from recokit.data._inputs import as_interactions
from recokit.data.interactions import Interactions
from recokit.exceptions import WeakModelWarning
from recokit.model_selection._candidates import Candidate, candidates, check_space, in_turn
from recokit.model_selection._halving import Halving
from recokit.model_selection._measures import Measure, UserValues
from recokit.model_selection._models import fit_params_by_model, named_models
from recokit.model_selection._schedule import Clock, Schedule
from recokit.model_selection._splitter import check_whole
from recokit.model_selection._stages import Stages
from recokit.model_selection.leaderboard import Trial, Tuning, make_leaderboard
from recokit.model_selection.splitting import default_splitter, make_folds
from recokit.preprocessing.event_log import EventLog

__all__ = ["tune"]

_MAX_FAILURES = 10  # from the start: then the data or the metric are wrong, not the parameters


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
    the estimator with its own parameters. If a quarter of the budget is enough, it moves up to the last step at once,
    so that the result is no worse on the validation data. New candidates are tried while time is left. Before the time
    runs out, or once all candidates of a finite space were tried, the best candidates move up to the last step.

    Several models share the budget: the first candidates are the models with their own parameters, which move up at
    once if they are fast, and then the search spaces of all models get the same time, so that fast models try more
    candidates. Up to half of the budget is reserved to try the other models with their own parameters and the full
    resource, since few users cannot tell the models apart; models that are too slow for it are not compared. A model
    whose own parameters fail is dropped.

    The sequence of trials of one model depends only on ``random_state``; their number depends on the speed of the
    machine. With several models, the sequence depends on the speed too.

    Parameters
    ----------
    estimator : Recommender, or sequence or mapping of names to Recommender
        Estimators to tune. They are cloned, not changed.
    data : Interactions, EventLog, or any other input of a recommender's ``fit``
        The events of an EventLog with one kind of event are split by time before they are merged. The ``splitter``
        holds out a part of these data for the scores. Keep the final test data out of them.
    param_space : dict, or sequence of dicts, optional
        For each parameter, values to choose from, or a distribution with a method ``rvs``, as in scikit-learn's
        ``RandomizedSearchCV``. By default the estimator's ``search_space``. For several models, a dict of names of
        models to spaces; models without a space use their ``search_space``.
    metric : str, Metric, RankingScorer or callable
        Metric to maximize: a ranking metric, as in `ranking_scorer`; ``"rmse"``, ``"mse"``, ``"mae"``, or the name of
        another scikit-learn scorer for ratings; or any ``scorer(model, X, y)`` that returns one number. Metrics to
        minimize are negated, with a minus before the name.
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
    UserWarning
        Some trials failed, or no time was left for some of the models.

    See Also
    --------
    recokit.model_selection.Tuning : Result of `tune`; ``print`` shows it as a table.
    recokit.model_selection.cross_validate :
        Fit models on the training data of each split, and compute metrics on the test data.
    recokit.model_selection.ranking_scorer : Return a scikit-learn scorer for ranking metrics.

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
    _check_budget(budget_seconds)
    factor, random_state = check_whole("factor", factor, 2), check_whole("random_state", random_state, 0)
    models = named_models(estimator)
    source, data = data, as_interactions(data, None, "auto")
    measure = Measure.from_metric(metric)
    if measure.needs_ratings and data.feedback != "explicit":
        raise ValueError(
            f"metric={metric!r} needs ratings, and the data are implicit feedback; use a ranking metric, such as "
            "'ndcg@10'"
        )
    spaces = _spaces(models, param_space, data)
    searched = {name: check_space(models[name], space) if space else [] for name, space in spaces.items()}
    folds = make_folds(
        source if isinstance(source, EventLog) else data, default_splitter(data) if splitter is None else splitter
    )
    first, *others = models
    if others and resource not in ("auto", "users"):
        raise ValueError(f"resource={resource!r}: expected 'users', since several models share it")
    options = folds, "users" if others else resource, min_resource, factor, random_state
    stages = Stages.from_options(models[first], [] if others else searched[first], *options)
    evaluate = _Evaluation(models, stages, measure, fit_params_by_model(models, fit_params))
    by_model = {name: candidates(model, spaces[name], searched[name], random_state) for name, model in models.items()}
    schedule = Schedule(float(budget_seconds), Clock(stages.levels), list(models))
    new = in_turn(by_model, schedule.is_open, lambda model: schedule.spent[model])
    search = Halving(new, len(stages.levels), factor, lambda candidate: candidate.model)
    trials = _run(search, evaluate, schedule, verbose)
    if search.top < 0:
        raise ValueError(f"all {len(trials)} trials failed, the first with {trials[0].error}") from evaluate.first_error
    _warn_of_failures(trials)
    (name, params), score = search.candidates[search.best], search.scores[search.top][search.best]
    best = clone(models[name]).set_params(**params).fit(data, **evaluate.fit_params[name])
    leaderboard = make_leaderboard(list(models), trials, evaluate.best_values, random_state)
    untried = tuple(name for name in models if all(trial.model != name for trial in trials))
    _warn_of_untried(untried, budget_seconds)
    return Tuning(params, score, best, tuple(trials), measure.name, stages.resource, name, leaderboard, untried)


def _check_budget(budget_seconds: Any) -> None:
    if isinstance(budget_seconds, bool) or not isinstance(budget_seconds, Real) or not float(budget_seconds) > 0:
        raise ValueError(f"budget_seconds={budget_seconds!r}: expected a positive number of seconds")


def _warn_of_failures(trials: list[Trial]) -> None:
    failed = [trial for trial in trials if trial.error is not None]
    if failed:
        warnings.warn(
            f"{len(failed)} of {len(trials)} trials failed and were left out, such as {failed[0].params} with "
            f"{failed[0].error}",
            stacklevel=levels_inside(),
        )


def _warn_of_untried(untried: Sequence[str], budget_seconds: float) -> None:
    if untried:
        warnings.warn(
            f"no time was left to try {', '.join(untried)} within budget_seconds={budget_seconds:g}, which includes "
            "the compilation of kernels at their first use; increase it, or call recokit.warm_up() first",
            stacklevel=levels_inside(),
        )


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
            with warnings.catch_warnings(), timed_compilation() as compilation:
                warnings.simplefilter("ignore", WeakModelWarning)  # its score shows it
                score, values = self._mean_score(candidate, rung)
            if math.isnan(score):
                raise ValueError("the score is NaN")
            if (rung, score) > self.best_values.get(candidate.model, (-1, 0.0))[:2]:
                self.best_values[candidate.model] = rung, score, values
        except Exception as caught:  # any error fails the candidate, not the search
            self.first_error = self.first_error or caught
            score, error = -math.inf, f"{type(caught).__name__}: {caught}"
        # With the compilation, trials on more users would seem too slow for the time left.
        seconds = time.perf_counter() - start - compilation.seconds
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


def _run(search: Halving, evaluate: _Evaluation, schedule: Schedule, verbose: bool) -> list[Trial]:
    """Run trials until the time is over or no candidate is left."""
    trials = list[Trial]()
    schedule.start()
    elapsed = 0.0
    with progress_bar(round(schedule.budget), "tune", "s", show=verbose) as bar:
        while True:
            closing = bool(trials) and schedule.is_closing(search)
            asked = schedule.own_step(search) or search.ask(
                closing=closing, allow=partial(schedule.allows, search, closing=closing)
            )
            if asked is None and closing:  # the best candidates are done, or too slow for the time left
                asked = search.ask(allow=partial(schedule.allows, search, closing=False))
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
