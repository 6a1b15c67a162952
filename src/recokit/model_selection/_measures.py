"""Measures: metrics of a fitted model on test data, with their values by user."""

from typing import Any, NamedTuple, Self

import numpy as np
from sklearn.metrics import get_scorer, get_scorer_names

from recokit._runtime.threads import Runner, thread_count
from recokit._typing import FloatArray
from recokit.base import Recommender
from recokit.metrics._resampling import bootstrap_means
from recokit.metrics.comparison import adjust_by_holm, t_p_values
from recokit.model_selection.pairs import Pairs
from recokit.model_selection.scoring import RankingScorer, ranking_scorer

__all__ = ["RATING_METRICS", "Measure", "UserValues", "ties_with_best", "user_losses"]

RATING_METRICS = ("rmse", "mse", "mae")
_ALIASES = {
    "neg_root_mean_squared_error": "rmse",
    "neg_mean_squared_error": "mse",
    "neg_mean_absolute_error": "mae",
}
_N_RESAMPLES = 1000
_TAIL = 0.025  # of an interval of 95%


class UserValues(NamedTuple):
    """A metric by test user: the sum of the values over the sum of the weights, or the square root of this mean.

    Attributes
    ----------
    sums, weights : (n_users,) float64 arrays
        A user without a value has the weight 0.
    root : bool
        Whether the metric is the square root of the mean.
    sign : int
        −1 for metrics to minimize, which are negated in a score.
    """

    sums: FloatArray
    weights: FloatArray
    root: bool = False
    sign: int = 1

    @classmethod
    def joined(cls, parts: "list[UserValues]") -> "UserValues":
        """Return the values of several folds; a user in two folds counts twice."""
        sums, weights = (np.concatenate([part[column] for part in parts]) for column in (0, 1))
        return cls(sums, weights, parts[0].root, parts[0].sign)

    @property
    def metric(self) -> float:
        """The metric, not negated."""
        return float(self._from_means(self.sums.mean(), self.weights.mean()))

    def _from_means(self, sums: Any, weights: Any) -> Any:
        mean = sums / weights
        return np.sqrt(mean) if self.root else mean

    def interval(self, random_state: int) -> tuple[float, float]:
        """Return the 95% bootstrap interval of the score over users."""
        columns = np.column_stack([self.sums, self.weights])
        means = bootstrap_means(columns, _N_RESAMPLES, random_state, Runner(thread_count(None)))
        low, high = np.nanquantile(self.sign * self._from_means(means[:, 0], means[:, 1]), [_TAIL, 1 - _TAIL])
        return float(low), float(high)


def ties_with_best(values: list[UserValues], alpha: float = 0.05) -> list[bool]:
    """Return whether the first model is not significantly better than each of the others.

    Paired t-tests over users, corrected by Holm's method.
    """
    if len(values) < 2:
        return []
    best, *others = (np.where(each.weights > 0, each.sums, np.nan) for each in values)
    differences = np.column_stack([best - other for other in others])
    if np.count_nonzero(~np.isnan(differences), axis=0).min() < 2:
        return [True] * len(others)
    return [bool(p > alpha) for p in adjust_by_holm(t_p_values(differences))]


def user_losses(metric: str, model: Recommender, X: Pairs) -> UserValues:
    """Return the losses of the predicted ratings of the rows, by user.

    Parameters
    ----------
    metric : {"rmse", "mse", "mae"}
    model : fitted recommender
    X : Pairs
        Rows with the true ratings.
    """
    errors = X.values - model.predict(X)
    losses = np.abs(errors) if metric == "mae" else errors**2
    _, rows = np.unique(X.data.user_codes[X.positions], return_inverse=True)
    return UserValues(
        np.bincount(rows, losses).astype(np.float64), np.bincount(rows).astype(np.float64), metric == "rmse", -1
    )


class Measure:
    """Score to maximize: metrics to minimize are negated, with a minus before the name.

    Attributes
    ----------
    name : str
    needs_ratings : bool
        Whether it compares predictions with ratings, as RMSE and scikit-learn's scorers do.
    """

    def __init__(self, name: str, scorer: Any, loss: str | None = None, *, needs_ratings: bool = False) -> None:
        self.name = name
        self.needs_ratings = needs_ratings
        self._scorer = scorer
        self._loss = loss

    @classmethod
    def from_metric(cls, metric: Any) -> Self:
        """Return the measure of a metric, as in the parameter ``metric`` of `tune`.

        Raises
        ------
        ValueError
            The metric is unknown, or there are several.
        """
        if isinstance(metric, list | tuple):
            metric = ranking_scorer(metric)
        if callable(metric):
            return cls(_name(metric), metric)
        loss = _ALIASES.get(metric, metric)
        if loss in RATING_METRICS:
            return cls(f"-{loss}" if metric == loss else metric, None, loss, needs_ratings=True)
        try:
            scorer = ranking_scorer(metric)
        except ValueError:
            if metric not in get_scorer_names():
                raise
            return cls(metric, get_scorer(metric), needs_ratings=True)
        return cls(_name(scorer), scorer)

    def __call__(self, model: Recommender, X: Pairs, y: Any) -> tuple[float, UserValues | None]:
        """Return the score of a fitted model on test rows, and the values by user if the score is a mean over users."""
        if self._loss is not None:
            losses = user_losses(self._loss, model, X)
            return -losses.metric, losses
        if not isinstance(self._scorer, RankingScorer):
            return float(self._scorer(model, X, y)), None
        metric = self._scorer.metrics[0]
        sign = -1 if metric.lower_is_better else 1
        result = self._scorer.evaluation(model, X, y)
        values = result.per_user.get(str(metric))
        score = sign * result[str(metric)]
        if values is None:
            return score, None
        defined = ~np.isnan(values)
        return score, UserValues(sign * np.where(defined, values, 0.0), defined.astype(np.float64))


def _name(scorer: Any) -> str:
    if not isinstance(scorer, RankingScorer):
        return getattr(scorer, "__name__", type(scorer).__name__)
    if not scorer.single:
        raise ValueError(f"metric: expected one metric to maximize, got several: {', '.join(scorer.names)}")
    return f"-{scorer.metrics[0]}" if scorer.metrics[0].lower_is_better else scorer.names[0]
