"""Trial, LeaderboardRow and Tuning: the record of a search and its leaderboard."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from recokit._runtime.html import html_table
from recokit.base import Recommender
from recokit.data._frames import Backend, to_frame
from recokit.model_selection._measures import UserValues, ties_with_best

__all__ = ["LeaderboardRow", "Trial", "Tuning", "make_leaderboard"]

_MAX_PRINTED = 10


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
        Duration of fit and score, without the compilation of kernels at their first use.
    error : str, optional
        Error of a failed trial.
    model : str
        Name of the model.

    See Also
    --------
    recokit.model_selection.Tuning : Result of `tune`; ``print`` shows it as a table.

    Examples
    --------
    >>> from recokit import ItemKNN
    >>> from recokit.datasets import example_interactions
    >>> from recokit.model_selection import tune
    >>> found = tune(ItemKNN(), example_interactions("implicit"), {"n_neighbors": [1, 5]})
    >>> sorted(found.trials[0].params), found.trials[0].error
    (['n_neighbors'], None)
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
        Its parameters with the best score on the highest resource.
    score : float
        Greater is better; −∞ if all trials of the model failed. The winner's score is slightly too good, since it was
        selected by it.
    low, high : float
        95% bootstrap interval of the score over the test users; NaN if the metric is not a mean over users.
    seconds : float
        Duration of fit and score, without the compilation of kernels.
    resource : int
        Resource of the trial.
    verdict : str
        "best"; "ties with the best" if a paired t-test over users, corrected by Holm's method, finds no difference at
        the level 0.05; "worse"; "not compared" without values by user or on a smaller resource; or "failed: " with
        the error.

    See Also
    --------
    recokit.model_selection.Tuning : Result of `tune`; ``print`` shows it as a table.

    Examples
    --------
    >>> from recokit import ItemKNN
    >>> from recokit.datasets import example_interactions
    >>> from recokit.model_selection import tune
    >>> found = tune(ItemKNN(), example_interactions("implicit"), {"n_neighbors": [1, 5]})
    >>> found.leaderboard[0].model
    'ItemKNN'
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
        The best trial of each model with a trial, best first.
    untried : tuple of str
        Names of the models for which no time was left.

    See Also
    --------
    recokit.model_selection.tune :
        Search for good parameters, or for a good model, by successive halving within a time budget.
    recokit.model_selection.LeaderboardRow : The best trial of a model in a search.
    recokit.model_selection.Trial : One fit of `tune`.

    Examples
    --------
    >>> from recokit import ItemKNN
    >>> from recokit.datasets import example_interactions
    >>> from recokit.model_selection import tune
    >>> found = tune(ItemKNN(), example_interactions("implicit"), {"n_neighbors": [1, 5]})
    >>> found.best_model, sorted(found.best_params)
    ('ItemKNN', ['n_neighbors'])
    >>> found.to_frame()["candidate"].nunique(), len(found.leaderboard_frame())
    (3, 1)
    """

    best_params: dict[str, Any]
    best_score: float
    best_estimator: Recommender
    trials: tuple[Trial, ...]
    metric: str
    resource: str
    best_model: str
    leaderboard: tuple[LeaderboardRow, ...]
    untried: tuple[str, ...] = ()

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
        return "\n".join(self._summary() + (self._leaderboard_lines() if self._has_several() else self._trial_lines()))

    def _repr_html_(self) -> str:
        if self._has_several():
            columns = ["model", self.metric, "95% interval", "seconds", self.resource, "verdict", "parameters"]
            rows = [[row.model, *_numbers(row), row.verdict, _shown(row.params)] for row in self.leaderboard]
            return html_table(" ".join(self._summary()), columns, rows)
        shown = [
            [f"{t.resource:,}", _score(t.score) or "failed", f"{t.seconds:.2f}", _shown(t.params)]
            for t in self._ranked_trials()[:_MAX_PRINTED]
        ]
        n_more = len(self.trials) - _MAX_PRINTED
        columns = [self.resource, self.metric, "seconds", "parameters"]
        return html_table(" ".join(self._summary()), columns, shown, f"… and {n_more:,} more" if n_more > 0 else "")

    def _has_several(self) -> bool:
        return len(self.leaderboard) > 1

    def _summary(self) -> list[str]:
        several = self._has_several()
        n_candidates, seconds = len({t.candidate for t in self.trials}), sum(t.seconds for t in self.trials)
        searched = f"{n_candidates:,} candidates" + (f" of {len(self.leaderboard)} models" if several else "")
        found = f"{self.best_model}({_shown(self.best_params)})" if several else _shown(self.best_params)
        lines = [
            f"{self.metric} {self.best_score:.4f} with {found}",
            f"best of {searched} in {len(self.trials):,} trials, {seconds:.1f} s:",
        ]
        if self.untried:
            lines.insert(1, f"no time was left for {', '.join(self.untried)};")
        return lines

    def _ranked_trials(self) -> list[Trial]:
        return sorted(self.trials, key=lambda trial: (-trial.resource, -trial.score, trial.candidate))

    def _trial_lines(self) -> list[str]:
        lines = [f"{self.resource:>10}  {self.metric:>10}  {'seconds':>8}  parameters"]
        ranked = self._ranked_trials()
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
            score, interval = f"{_score(row.score):>10}", _interval(row)
            verdict = row.verdict if row.verdict.startswith("failed") else f"{row.verdict}: {_shown(row.params)}"
            lines.append(
                f"{row.model:<{width}}  {score}  {interval:>18}  {row.seconds:>8.2f}  {row.resource:>8,}  {verdict}"
            )
        return lines

    def __repr__(self) -> str:
        several = len(self.leaderboard) > 1
        shown = ", ".join(filter(None, [self.best_model if several else "", _shown(self.best_params)]))
        return f"Tuning({self.metric}={self.best_score:.4f}, {shown}, {len(self.trials)} trials)"


def make_leaderboard(
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


def _score(score: float) -> str:
    return f"{score:.4f}" if score > -math.inf else ""


def _interval(row: LeaderboardRow) -> str:
    return "" if math.isnan(row.low) else f"[{row.low:.4f}, {row.high:.4f}]"


def _numbers(row: LeaderboardRow) -> list[str]:
    return [_score(row.score), _interval(row), f"{row.seconds:.2f}", f"{row.resource:,}"]


def _shown(params: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in params.items())


def _cells(values: list[Any]) -> Any:
    """Return values of a single plain type unchanged, and other values as their repr."""
    kinds = {type(value) for value in values if value is not None}
    plain = len(kinds) <= 1 and kinds <= {bool, int, float, str}
    cells = np.empty(len(values), dtype=object)
    cells[:] = values if plain else [None if value is None else repr(value) for value in values]
    return cells
