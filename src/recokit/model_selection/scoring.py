"""ranking_scorer: ranking metrics as scikit-learn scorers."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from recokit._typing import BoolArray
from recokit.base import Recommender
from recokit.data._inputs import as_interactions
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.data.recommendations import Recommendations
from recokit.exceptions import DataError
from recokit.metrics import Evaluation, Metric, evaluate
from recokit.metrics._custom import CustomMetric, MetricFunction, label_metrics
from recokit.model_selection._splitter import check_whole
from recokit.model_selection.cold_splits import check_given, given_mask
from recokit.model_selection.pairs import Pairs

__all__ = ["RankingScorer", "ranking_scorer"]

_NEEDED_DATA = {"diversity": "item_vectors", "revenue": "prices", "margin": "margins"}


@dataclass(frozen=True)
class RankingScorer:
    """Scorer made by `ranking_scorer`: ``scorer(estimator, X, y)`` is the mean of a metric over the users of X.

    Greater is better: metrics to minimize are negated, and their names begin with ``neg_``.

    See Also
    --------
    recokit.model_selection.ranking_scorer : Return a scikit-learn scorer for ranking metrics.

    Examples
    --------
    >>> from recokit import Popularity
    >>> from recokit.datasets import example_interactions
    >>> from recokit.model_selection import ranking_scorer, train_test_split
    >>> train, test = train_test_split(example_interactions("implicit"), random_state=0)
    >>> scorer = ranking_scorer("recall@5", random_state=0)
    >>> 0 <= scorer(Popularity().fit(train), test) <= 1
    True
    >>> scorer.evaluation(Popularity().fit(train), test).n_users > 0
    True
    """

    metrics: tuple[Metric | CustomMetric, ...]
    names: tuple[str, ...]
    single: bool
    given: float | int | None
    threshold: float | None
    exclude_seen: bool
    random_state: int

    def __call__(self, estimator: Any, X: Any, y: Any = None) -> Any:
        """Return the score, or a dictionary of scores if there are several metrics.

        Parameters
        ----------
        estimator : fitted recommender, or a search or pipeline that ends in one
        X : `Pairs`, Interactions, or (user, item) pairs
            Test data.
        y : (n,) array-like, optional
            Ratings or strengths of the pairs.

        Raises
        ------
        DataError
            The model knows no test user and ``given`` is not set, or no test interaction is relevant.
        """
        result = self.evaluation(estimator, X, y)
        scores = [(-1 if metric.lower_is_better else 1) * result[str(metric)] for metric in self.metrics]
        return scores[0] if self.single else dict(zip(self.names, scores, strict=True))

    def evaluation(self, estimator: Any, X: Any, y: Any = None) -> Evaluation:
        """Return the evaluation of the lists, with all metrics by user; metrics to minimize are not negated.

        Parameters
        ----------
        estimator, X, y
            As for a call of the scorer.
        """
        model, X = _recommender(estimator, X)
        test = X.to_interactions(y) if isinstance(X, Pairs) else as_interactions(X, y, "auto")
        lists, truth = self._lists(model, _active(test))
        data, n_threads, metrics = model.interactions_, model.n_threads, list[Any](self.metrics)
        with warnings.catch_warnings():
            if not self.exclude_seen:  # then test pairs in the training data are repeat purchases, not leaks
                warnings.filterwarnings("ignore", message=".* in the training data")
            return evaluate(lists, truth, metrics, train=data, threshold=self.threshold, n_threads=n_threads)

    def _lists(self, model: Recommender, test: Interactions) -> tuple[Recommendations, Interactions]:
        """Return the lists of the test users, and the interactions they are tested on."""
        known = _have_history(model, test.users)
        if self.given is None:
            if not np.any(known):
                raise DataError(
                    "the model has no history of any test user, so it could recommend only popular items; for folds of "
                    "users, give it a part of their histories: ranking_scorer('ndcg@10', given=0.8)"
                )
            return self._recommend(model, test.users), test
        is_given = ~known[test.user_codes] & given_mask(test, self.given, self.random_state)
        tested = test.select(~is_given)
        if not np.any(is_given):
            return self._recommend(model, test.users), tested
        histories = _active(test.select(is_given))
        n = self._length(model)
        new = model.recommend_for(histories, n, exclude_seen=self.exclude_seen, on_unknown="popular")
        return _joined(self._recommend(model, IdIndex(test.users.take(np.flatnonzero(known)))), new), tested

    def _recommend(self, model: Recommender, users: IdIndex) -> Recommendations:
        return model.recommend(users, self._length(model), exclude_seen=self.exclude_seen, on_unknown="popular")

    def _length(self, model: Recommender) -> int:
        """Return the length of the lists: the largest cut-off, or the size of the catalogue."""
        return max(metric.k or model.interactions_.n_items for metric in self.metrics)


def ranking_scorer(
    metric: str | Metric | MetricFunction | Iterable[str | Metric | MetricFunction] = "ndcg@10",
    *,
    given: float | int | None = None,
    threshold: float | None = None,
    exclude_seen: bool = True,
    random_state: int = 0,
) -> RankingScorer:
    """Return a scikit-learn scorer for ranking metrics.

    The scorer recommends items to the users of the test rows and compares the lists with the items of these rows. Use
    it as ``scoring=`` of ``GridSearchCV``, ``RandomizedSearchCV``, ``HalvingGridSearchCV``, ``cross_validate``, … on
    pairs or on `as_pairs` of Interactions, with a splitter that keeps every user in the training data.

    Parameters
    ----------
    metric : str, Metric or function, or iterable of these
        As in `recokit.metrics.evaluate`, except ``diversity``, ``revenue`` and ``margin``, which need data of the
        items. A function is a custom metric; it gets a ranking of the whole catalogue for each user. Metrics that are
        to be minimized, such as ``gini`` and ``popularity_bias``, are negated. Several metrics are computed in one
        pass, and the scores have the names of the metrics (``neg_gini@10`` if negated); searches then need one of these
        names as ``refit=``.
    given : float or int, optional
        For users without a history in the model: the share or the number of their test interactions that the model gets
        as a history (the earliest, or random ones if there are no timestamps); the rest is the test. By default such
        users get the most popular items, and it is an error if no test user has a history.
    threshold : float, optional
        Test interactions below this value are not relevant; by default all are.
    exclude_seen : bool
        Exclude the items of the training history; False if users return to the same items.
    random_state : int
        Seed of the choice of random given interactions.

    Returns
    -------
    RankingScorer
        Greater is better.

    Warns
    -----
    UserWarning
        By the scorer, if test pairs are in the training data. Searches that also score the training rows (the halving
        searches, unless ``return_train_score=False``) cause it. Ignore these scores: training items are never
        recommended again.

    Raises
    ------
    ValueError
        A metric is unknown or not supported, or ``given`` is neither a share nor a number.

    See Also
    --------
    recokit.model_selection.RankingScorer :
        Scorer made by `ranking_scorer`: ``scorer(estimator, X, y)`` is the mean of a metric over the users of
        X.
    recokit.model_selection.tune :
        Search for good parameters, or for a good model, by successive halving within a time budget.
    recokit.model_selection.cross_validate :
        Fit models on the training data of each split, and compute metrics on the test data.

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from recokit import Interactions, Popularity
    >>> from recokit.model_selection import LeaveLastOut, as_pairs
    >>> users, items = [1, 1, 2, 2, 3, 3], ["tea", "cup", "tea", "pot", "cup", "pot"]
    >>> data = Interactions.from_arrays(users, items, timestamps=[1, 2, 3, 8, 7, 9])
    >>> search = GridSearchCV(
    ...     Popularity(),
    ...     {"half_life": [None, 3]},
    ...     cv=LeaveLastOut(),
    ...     scoring=ranking_scorer("recall@1"),
    ... )
    >>> search.fit(*as_pairs(data)).cv_results_["mean_test_score"].round(3).tolist()
    [0.333, 0.333]
    """
    single = isinstance(metric, str | Metric) or callable(metric)
    by_name = label_metrics(metric)
    if not by_name:
        raise ValueError("metric: expected at least one metric, got none")
    for name, each in by_name.items():
        lacking = _NEEDED_DATA.get(each.name) if isinstance(each, Metric) else None
        if lacking is not None:
            raise ValueError(
                f"{name} needs {lacking}=, which a scorer does not have; use recokit.evaluate, or a metric function"
            )
    names = tuple(f"neg_{name}" if each.lower_is_better else name for name, each in by_name.items())
    given = None if given is None else check_given(given)
    random_state = check_whole("random_state", random_state, 0)
    return RankingScorer(tuple(by_name.values()), names, single, given, threshold, exclude_seen, random_state)


def _recommender(estimator: Any, X: Any) -> tuple[Recommender, Any]:
    """Return the recommender in a search or at the end of a pipeline, and X as transformed before it."""
    while not isinstance(estimator, Recommender):
        if isinstance(estimator, Pipeline):
            X, estimator = estimator[:-1].transform(X), estimator[-1]
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        else:
            raise TypeError(f"ranking_scorer: expected a recommender, got {type(estimator).__name__}")
    return estimator, X


def _have_history(model: Recommender, users: IdIndex) -> BoolArray:
    """Return a mask of the users with training interactions."""
    data = model.interactions_
    lengths = np.append(np.diff(data.indptr), 0)  # the last one is for unknown users, code −1
    mask: BoolArray = lengths[data.users.codes(users)] > 0
    return mask


def _active(data: Interactions) -> Interactions:
    """Return the same interactions without the users that have none."""
    lengths = np.diff(data.indptr)
    active = np.flatnonzero(lengths)
    if len(active) == data.n_users:
        return data
    users = IdIndex(data.users.take(active))
    indptr = np.concatenate([[0], np.cumsum(lengths[active])]).astype(np.int64)
    return Interactions(users, data.items, indptr, data.item_codes, data.values, data.timestamps, data.feedback)


def _joined(first: Recommendations, second: Recommendations) -> Recommendations:
    """Join two sets of lists of equal width."""
    parts = [(each.users.astype(object), each.items, each.scores, each.counts) for each in (first, second)]
    users, items, scores, counts = (np.concatenate(both) for both in zip(*parts, strict=True))
    return Recommendations(users, items, scores, counts)
