"""cross_validate: metrics of several models on the splits of the data."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from recokit._runtime.html import html_table
from recokit.base import Recommender
from recokit.data._frames import Backend, to_frame
from recokit.data._inputs import as_interactions
from recokit.data.interactions import Interactions
from recokit.metrics import Metric
from recokit.model_selection._measures import RATING_METRICS, user_losses
from recokit.model_selection._models import fit_params_by_model, named_models
from recokit.model_selection._splitter import Splitter
from recokit.model_selection.pairs import Pairs
from recokit.model_selection.random_splits import InteractionKFold
from recokit.model_selection.scoring import RankingScorer, ranking_scorer
from recokit.model_selection.splitting import make_folds
from recokit.model_selection.time_splits import RollingTimeSplit
from recokit.preprocessing.event_log import EventLog

__all__ = ["CrossValidation", "FoldScore", "cross_validate"]


@dataclass(frozen=True)
class FoldScore:
    """Metrics of a model on one fold of `cross_validate`.

    Attributes
    ----------
    model : str
        Name of the model.
    fold : int
        Number of the fold, from 0.
    scores : dict of str to float
        Metrics by name; metrics to minimize are not negated.
    fit_seconds, score_seconds : float
        Durations.

    See Also
    --------
    recokit.model_selection.CrossValidation :
        Result of `cross_validate`; ``print`` shows it as a table, best model first.

    Examples
    --------
    >>> from recokit import BiasBaseline
    >>> from recokit.datasets import example_interactions
    >>> from recokit.model_selection import cross_validate
    >>> first = cross_validate(
    ...     [BiasBaseline()], example_interactions("explicit")
    ... ).fold_scores[0]
    >>> first.model, first.fold, sorted(first.scores)
    ('BiasBaseline', 0, ['mae', 'rmse'])
    """

    model: str
    fold: int
    scores: dict[str, float]
    fit_seconds: float
    score_seconds: float


@dataclass(frozen=True, repr=False)
class CrossValidation:
    """Result of `cross_validate`; ``print`` shows it as a table, best model first.

    Attributes
    ----------
    fold_scores : tuple of FoldScore
        One for each model and fold.
    metrics : tuple of str
        Names of the metrics.
    lower_is_better : tuple of bool
        Whether to minimize each metric.
    splits : str
        Description of the splits.

    See Also
    --------
    recokit.model_selection.cross_validate :
        Fit models on the training data of each split, and compute metrics on the test data.
    recokit.model_selection.FoldScore : Metrics of a model on one fold of `cross_validate`.

    Examples
    --------
    >>> from recokit import BiasBaseline
    >>> from recokit.datasets import example_interactions
    >>> from recokit.model_selection import cross_validate
    >>> result = cross_validate([BiasBaseline()], example_interactions("explicit"))
    >>> list(result.means), result.metrics
    (['BiasBaseline'], ('rmse', 'mae'))
    >>> result.to_frame().columns[:3].tolist()
    ['model', 'fold', 'rmse']
    """

    fold_scores: tuple[FoldScore, ...]
    metrics: tuple[str, ...]
    lower_is_better: tuple[bool, ...]
    splits: str

    @property
    def n_folds(self) -> int:
        """Number of folds."""
        return 1 + max(score.fold for score in self.fold_scores)

    @property
    def means(self) -> dict[str, dict[str, float]]:
        """Mean of each metric over the folds, for each model; the best model by the first metric comes first."""
        by_model = {
            name: {metric: float(np.mean(self._values(name, metric))) for metric in self.metrics}
            for name in dict.fromkeys(score.model for score in self.fold_scores)
        }
        sign, first = (1 if self.lower_is_better[0] else -1), self.metrics[0]
        return dict(sorted(by_model.items(), key=lambda entry: sign * entry[1][first]))

    def _values(self, model: str, metric: str) -> list[float]:
        return [score.scores[metric] for score in self.fold_scores if score.model == model]

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame with one row for each model and fold: model, fold, the metrics, and the durations.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}
            The library of the frame, which must be installed.
        """
        columns = {
            "model": np.array([score.model for score in self.fold_scores], dtype=object),
            "fold": np.array([score.fold for score in self.fold_scores]),
        }
        columns |= {name: np.array([score.scores[name] for score in self.fold_scores]) for name in self.metrics}
        for name in ("fit_seconds", "score_seconds"):
            columns[name] = np.array([getattr(score, name) for score in self.fold_scores])
        return to_frame(columns, backend)

    def __str__(self) -> str:
        rows = self._table()
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        widths[0] *= -1  # the first column is aligned to the left
        lines = ["  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)) for row in rows]
        return "\n".join([self._title(), *lines])

    def _repr_html_(self) -> str:
        columns, *rows = self._table()
        return html_table(self._title(), columns, rows)

    def _table(self) -> list[list[str]]:
        """Return the titles of the columns, then a row for each model."""
        several = self.n_folds > 1
        rows = [["model", *self.metrics, "fit seconds", "score seconds"]]
        for name, means in self.means.items():
            cells = []
            for metric, mean in means.items():
                deviation = float(np.std(self._values(name, metric), ddof=1)) if several else 0.0
                cells.append(f"{mean:.4f} ± {deviation:.4f}" if several else f"{mean:.4f}")
            scores = [score for score in self.fold_scores if score.model == name]
            seconds = ([score.fit_seconds for score in scores], [score.score_seconds for score in scores])
            rows.append([name, *cells, *(f"{np.mean(each):.2f}" for each in seconds)])
        return rows

    def _title(self) -> str:
        spread = f"means ± standard deviations over {self.n_folds} folds" if self.n_folds > 1 else "1 fold"
        return f"{spread} of {self.splits}"

    def __repr__(self) -> str:
        shown = ", ".join(f"{name} {means[self.metrics[0]]:.4f}" for name, means in self.means.items())
        return f"CrossValidation({self.metrics[0]}: {shown})"


def cross_validate(
    models: Recommender | Sequence[Recommender] | Mapping[str, Recommender],
    data: Any,
    splitter: Any = None,
    metrics: str | Metric | Callable[..., float] | Iterable[Any] | None = None,
    *,
    given: float | int | None = None,
    threshold: float | None = None,
    exclude_seen: bool = True,
    fit_params: Mapping[str, Any] | None = None,
) -> CrossValidation:
    """Fit models on the training data of each split, and compute metrics on the test data.

    All models are fitted and tested on the same splits. scikit-learn's ``cross_validate`` works too, on `as_pairs`.

    Parameters
    ----------
    models : Recommender, or sequence or mapping of names to Recommender
        Estimators. They are cloned, not changed.
    data : Interactions, EventLog, or any other input of a recommender's ``fit``
        The events of an EventLog with one kind of event are split by time before they are merged, as in
        `split_interactions`; for several kinds, pass ``log.interactions(weights)`` as data and
        ``log.rolling_windows(weights=weights)`` as splitter.
    splitter : splitter, LogSplit, or sequence of (train, test) Interactions, optional
        By default ``RollingTimeSplit(3)`` if the data have timestamps, else ``InteractionKFold(5, stratified=True)``.
        If ``data`` were made by merging repeated events, pass splits of the log, as `split_log` makes them.
    metrics : str, Metric, callable, or iterable of these, optional
        Ranking metrics, as in `ranking_scorer`; ``"rmse"``, ``"mse"`` or ``"mae"`` of predicted ratings; or any
        ``scorer(model, X, y)`` that returns a number, such as a `ranking_scorer` of a metric function. By default rmse
        and mae for ratings, and ndcg@10 and recall@10 for implicit feedback.
    given, threshold, exclude_seen
        Options of the ranking metrics, as in `ranking_scorer`.
    fit_params : mapping, optional
        Further arguments of ``fit``; for several models, a dict of names of models to these arguments.

    Returns
    -------
    CrossValidation

    Raises
    ------
    ValueError
        A metric is unknown, or does not fit the feedback.
    TypeError
        A model is not a recommender, or ``splitter`` is not a splitter.
    DataError
        The data cannot be split in this way. Errors of a fit have a note with the model and the fold.

    Warns
    -----
    LeakageWarning
        The splitter ignores the timestamps of the data, or splits merged events by time.

    See Also
    --------
    recokit.model_selection.CrossValidation :
        Result of `cross_validate`; ``print`` shows it as a table, best model first.
    recokit.model_selection.tune :
        Search for good parameters, or for a good model, by successive halving within a time budget.

    Examples
    --------
    >>> from recokit import BiasBaseline, ItemKNN
    >>> from recokit.datasets import example_interactions
    >>> result = cross_validate(
    ...     [BiasBaseline(), ItemKNN()], example_interactions("explicit")
    ... )
    >>> {name: round(means["rmse"], 1) for name, means in result.means.items()}
    {'ItemKNN': 1.2, 'BiasBaseline': 1.2}
    """
    named = named_models(models)
    arguments = fit_params_by_model(named, fit_params)
    source, data = data, as_interactions(data, None, "auto")
    if splitter is None:
        splitter = InteractionKFold(5, stratified=True) if data.timestamps is None else RollingTimeSplit(3)
    options = {"given": given, "threshold": threshold, "exclude_seen": exclude_seen}
    measured = _Metrics.from_names(_defaults(data) if metrics is None else metrics, data, options)
    scores = []
    for number, (train, test) in enumerate(make_folds(source if isinstance(source, EventLog) else data, splitter)):
        for name, model in named.items():
            try:
                scores.append(_score(name, model, number, (train, test), measured, arguments[name]))
            except Exception as error:
                error.add_note(f"{name}, fold {number}")
                raise
    shown = repr(splitter) if isinstance(splitter, Splitter) else type(splitter).__name__
    return CrossValidation(tuple(scores), measured.names, measured.lower_is_better, shown)


def _padded(text: str, width: int) -> str:
    return text.rjust(width) if width > 0 else text.ljust(-width)


def _defaults(data: Interactions) -> list[str]:
    return ["rmse", "mae"] if data.feedback == "explicit" else ["ndcg@10", "recall@10"]


class _Metrics(NamedTuple):
    """Metrics to compute: losses of ratings, ranking metrics in one pass, and other scorers."""

    names: tuple[str, ...]
    lower_is_better: tuple[bool, ...]
    losses: list[str]
    ranking: RankingScorer | None
    others: dict[str, Callable[..., float]]

    @classmethod
    def from_names(cls, metrics: Any, data: Interactions, options: dict[str, Any]) -> "_Metrics":
        given = [metrics] if isinstance(metrics, str | Metric) or callable(metrics) else list(metrics)
        if not given:
            raise ValueError("metrics: expected at least one metric, got none")
        losses = [metric for metric in given if isinstance(metric, str) and metric in RATING_METRICS]
        if losses and data.feedback != "explicit":
            raise ValueError(
                f"metrics: {losses[0]} needs ratings, and the data are implicit feedback; use ranking metrics, such as "
                "'ndcg@10'"
            )
        others = {_name(metric): metric for metric in given if callable(metric) and not isinstance(metric, Metric)}
        ranked = [metric for metric in given if metric not in losses and _name(metric) not in others]
        ranking = ranking_scorer(ranked, **options) if ranked else None
        lower = dict.fromkeys(losses, True) | dict.fromkeys(others, False)
        lower |= {} if ranking is None else {str(metric): metric.lower_is_better for metric in ranking.metrics}
        names = list(dict.fromkeys(str(Metric.parse(m)) if m in ranked else _name(m) for m in given))
        return cls(tuple(names), tuple(lower[name] for name in names), losses, ranking, others)

    def values(self, model: Recommender, X: Pairs) -> dict[str, float]:
        """Return the metrics of a fitted model on test rows, by name."""
        found = {name: user_losses(name, model, X).metric for name in self.losses}
        if self.ranking is not None:
            found |= self.ranking.evaluation(model, X).means
        found |= {name: float(scorer(model, X, X.values)) for name, scorer in self.others.items()}
        return {name: found[name] for name in self.names}


def _name(metric: Any) -> str:
    if isinstance(metric, str | Metric):
        return str(metric)
    if isinstance(metric, RankingScorer) and metric.single:
        return metric.names[0]
    return getattr(metric, "__name__", type(metric).__name__)


def _score(
    name: str,
    model: Recommender,
    number: int,
    fold: tuple[Interactions, Interactions],
    metrics: _Metrics,
    fit_params: Mapping[str, Any],
) -> FoldScore:
    train, test = fold
    start = time.perf_counter()
    fitted = clone(model).fit(train, **fit_params)
    middle = time.perf_counter()
    values = metrics.values(fitted, Pairs(test))
    return FoldScore(name, number, values, middle - start, time.perf_counter() - middle)
