"""ranking_scorer: the metrics of lists, as scorers of scikit-learn."""

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
from recokit.metrics import Metric, evaluate
from recokit.model_selection._splitter import check_whole
from recokit.model_selection.cold_splits import check_given, given_mask
from recokit.model_selection.pairs import Pairs

__all__ = ["RankingScorer", "ranking_scorer"]


@dataclass(frozen=True)
class RankingScorer:
    """What `ranking_scorer` returns: ``scorer(estimator, X, y)`` is the mean of a metric over the users of X.

    Greater is better: metrics of which less is wanted are negated, and their names begin with ``neg_``.
    """

    metrics: tuple[Metric, ...]
    names: tuple[str, ...]
    single: bool
    given: float | int | None
    threshold: float | None
    exclude_seen: bool
    random_state: int

    def __call__(self, estimator: Any, X: Any, y: Any = None) -> Any:
        """Return the score by the metric, or a dictionary of the scores by several.

        Parameters
        ----------
        estimator : fitted recommender, or search or pipeline that ends in one
        X : `Pairs`, Interactions, or (user, item) pairs
            What to test on.
        y : (n,) array-like, optional
            Ratings or strengths of the pairs.

        Raises
        ------
        DataError
            The model knows none of the users and ``given`` is not set, or nothing to test on is relevant.
        """
        model, X = _recommender(estimator, X)
        test = X.to_interactions(y) if isinstance(X, Pairs) else as_interactions(X, y, "auto")
        lists, truth = self._lists(model, _active(test))
        data, n_threads = model.interactions_, model.n_threads
        with warnings.catch_warnings():
            if not self.exclude_seen:  # then test pairs in the training are people who came back
                warnings.filterwarnings("ignore", message=".* in the training data")
            result = evaluate(lists, truth, self.metrics, train=data, threshold=self.threshold, n_threads=n_threads)
        scores = [(-1 if metric.lower_is_better else 1) * result[str(metric)] for metric in self.metrics]
        return scores[0] if self.single else dict(zip(self.names, scores, strict=True))

    def _lists(self, model: Recommender, test: Interactions) -> tuple[Recommendations, Interactions]:
        """Return the lists of the users of the test, and what they are tested on."""
        known = _have_history(model, test.users)
        if self.given is None:
            if not np.any(known):
                raise DataError(
                    "the model knows nothing of any test user, so all it could give is what is popular; for folds of "
                    "users give it a part of their histories: ranking_scorer('ndcg@10', given=0.8)"
                )
            return self._recommend(model, test.users), test
        of_new = ~known[test.user_codes]
        shown = of_new & given_mask(test, self.given, self.random_state)
        asked = test.select(~shown)
        if not np.any(shown):
            return self._recommend(model, test.users), asked
        histories = _active(test.select(shown))
        n = self._length(model)
        new = model.recommend_for(histories, n, exclude_seen=self.exclude_seen, on_unknown="popular")
        return _joined(self._recommend(model, IdIndex(test.users.take(np.flatnonzero(known)))), new), asked

    def _recommend(self, model: Recommender, users: IdIndex) -> Recommendations:
        return model.recommend(users, self._length(model), exclude_seen=self.exclude_seen, on_unknown="popular")

    def _length(self, model: Recommender) -> int:
        """Return the length of the lists: the greatest cut-off, or the whole catalogue."""
        return max(metric.k or model.interactions_.n_items for metric in self.metrics)


def ranking_scorer(
    metric: str | Metric | Iterable[str | Metric] = "ndcg@10",
    *,
    given: float | int | None = None,
    threshold: float | None = None,
    exclude_seen: bool = True,
    random_state: int = 0,
) -> RankingScorer:
    """Return a scorer of recommended lists for the tools of scikit-learn.

    It recommends to the users of the test rows, and looks for the items of these rows in the lists. Use it as
    ``scoring=`` of ``GridSearchCV``, ``RandomizedSearchCV``, ``HalvingGridSearchCV``, ``cross_validate``, … with a
    splitter that leaves users in the training, on pairs or on `as_pairs` of Interactions.

    Parameters
    ----------
    metric : str, Metric, or iterable of these
        As in `recokit.metrics.evaluate`, all but ``diversity``. Of ``gini`` and ``popularity_bias``, of which less is
        wanted, the score is the negative. Several make a scorer of several scores, computed in one pass, with the names
        that were asked for (``neg_gini@10`` for a negative); searches then need ``refit=`` with the name of one.
    given : float or int, optional
        For users of whom the model has no history: the share of their test interactions, or their number, that it is
        told before it recommends (the earliest, or where there are no timestamps random ones); the rest is tested on.
        By default such users get the most popular items, and where all users are such it is an error.
    threshold : float, optional
        Test interactions below this value are not relevant; by default all are.
    exclude_seen : bool
        Leave out what users have taken already; False where people come back to the same items.
    random_state : int
        Seed of the random part that is given.

    Returns
    -------
    RankingScorer
        Greater is better.

    Warns
    -----
    UserWarning
        By the scorer, where test pairs are in the training data. Searches that score the training rows too (the halving
        ones, unless ``return_train_score=False``) cause it, and those scores say nothing: what was learned from is not
        recommended again.

    Raises
    ------
    ValueError
        A metric that is unknown or cannot be scored by, or a ``given`` that is neither a share nor a number.

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from recokit import Interactions, Popularity
    >>> from recokit.model_selection import LeaveLastOut, as_pairs
    >>> users, items = [1, 1, 2, 2, 3, 3], ["tea", "cup", "tea", "pot", "cup", "pot"]
    >>> data = Interactions.from_arrays(users, items, timestamps=[1, 2, 3, 8, 7, 9])
    >>> search = GridSearchCV(
    ...     Popularity(), {"half_life": [None, 3]}, cv=LeaveLastOut(), scoring=ranking_scorer("recall@1")
    ... )
    >>> search.fit(*as_pairs(data)).cv_results_["mean_test_score"].round(3).tolist()
    [0.333, 0.333]
    """
    single = isinstance(metric, str | Metric)
    asked = {str(each): Metric.parse(each) for each in ([metric] if isinstance(metric, str | Metric) else metric)}
    if not asked:
        raise ValueError("no metric to score by")
    for name, each in asked.items():
        if each.name == "diversity":
            raise ValueError(f"{name} needs item_vectors, which a scorer does not have: ask recokit.evaluate for it")
    names = tuple(f"neg_{name}" if each.lower_is_better else name for name, each in asked.items())
    given = None if given is None else check_given(given)
    random_state = check_whole("random_state", random_state, 0)
    return RankingScorer(tuple(asked.values()), names, single, given, threshold, exclude_seen, random_state)


def _recommender(estimator: Any, X: Any) -> tuple[Recommender, Any]:
    """Return the recommender in a search or at the end of a pipeline, and X as it gets there."""
    while not isinstance(estimator, Recommender):
        if isinstance(estimator, Pipeline):
            X, estimator = estimator[:-1].transform(X), estimator[-1]
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        else:
            raise TypeError(f"ranking_scorer scores recommenders, got {type(estimator).__name__}")
    return estimator, X


def _have_history(model: Recommender, users: IdIndex) -> BoolArray:
    """Tell of each user whether the model has learned from them."""
    data = model.interactions_
    lengths = np.append(np.diff(data.indptr), 0)  # the last is that of the unknown, code −1
    have: BoolArray = lengths[data.users.codes(users)] > 0
    return have


def _active(data: Interactions) -> Interactions:
    """Return the same interactions over the users who have any."""
    lengths = np.diff(data.indptr)
    active = np.flatnonzero(lengths)
    if len(active) == data.n_users:
        return data
    users = IdIndex(data.users.take(active))
    indptr = np.concatenate([[0], np.cumsum(lengths[active])]).astype(np.int64)
    return Interactions(users, data.items, indptr, data.item_codes, data.values, data.timestamps, data.feedback)


def _joined(first: Recommendations, second: Recommendations) -> Recommendations:
    """Return the lists of both, which are equally wide."""
    parts = [(each.users.astype(object), each.items, each.scores, each.counts) for each in (first, second)]
    return Recommendations(*(np.concatenate(both) for both in zip(*parts, strict=True)))
