"""evaluate: every metric of the lists of all users, from one pass."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from recokit._runtime.threads import thread_count
from recokit._typing import AnyArray, FloatArray
from recokit.data._frames import Backend, to_frame
from recokit.metrics._background import Background, ItemVectors, worth_by_item
from recokit.metrics._leaks import warn_of_leaks
from recokit.metrics._lists import Lists, has_user_ids
from recokit.metrics._measure import mean_of_defined, measure_users
from recokit.metrics._metric import REGISTRY, Metric
from recokit.metrics._pairing import Missing, pair
from recokit.metrics._resampling import bootstrap_means
from recokit.metrics._truth import Truth

__all__ = ["Evaluation", "evaluate"]

DEFAULT_METRICS = ("precision@10", "recall@10", "ndcg@10", "map@10", "mrr@10")

_N_RESAMPLES = 1000


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """What `evaluate` returns.

    Attributes
    ----------
    means : dict of str to float
        Each metric by the name it was asked for: its mean over users, or what it is of all lists.
    users : (n_users,) array of ids
        Users evaluated.
    per_user : dict of str to (n_users,) float64 array
        Each metric that is a mean over users: the values of the users. In a metric of the list itself (``novelty``,
        ``popularity_bias``, ``diversity``) NaN where a user has no list, or too short a one; the mean leaves these out.
    n_without_test : int
        Users with a list but without relevant items.
    n_without_list : int
        Users with relevant items but without a list, who score 0.
    missing : {"skip", "zero"}
        Whether users without relevant items were left out or scored 0.
    confidence : float
        Level of the intervals.
    random_state : int, optional
        Seed of their resamples.

    Examples
    --------
    >>> result = evaluate({"ann": ["tea"], "bob": ["tea"]}, {"ann": ["tea"], "bob": ["cup", "pot"]}, ["recall@1"])
    >>> result["recall@1"]
    0.5
    >>> result.users, result.per_user["recall@1"]
    (array(['ann', 'bob'], dtype=object), array([1., 0.]))
    >>> print(result)
    2 users, of whom 0 without a list score 0; 0 without test items are left out
    recall@1  0.5000  [0.0000, 1.0000]
    (95% bootstrap intervals over users)
    """

    means: dict[str, float]
    users: AnyArray
    per_user: dict[str, FloatArray]
    n_without_test: int
    n_without_list: int
    missing: Missing = "skip"
    confidence: float = 0.95
    random_state: int | None = field(default=0)

    @property
    def n_users(self) -> int:
        """Number of users evaluated."""
        return len(self.users)

    def __getitem__(self, metric: str) -> float:
        if metric not in self.means:
            raise KeyError(f"{metric!r} was not evaluated; there are {', '.join(self.means)}")
        return self.means[metric]

    @cached_property
    def intervals(self) -> dict[str, tuple[float, float]]:
        """Bootstrap interval of each mean over users: the percentiles of the means of 1,000 resamples of the users.

        Computed when first asked for; the resamples are the same for all metrics.
        """
        if not self.per_user:
            return {}
        values = np.column_stack(list(self.per_user.values()))
        means = bootstrap_means(values, _N_RESAMPLES, self.random_state, thread_count(None))
        tail = (1 - self.confidence) / 2
        low, high = np.nanquantile(means, [tail, 1 - tail], axis=0)
        return dict(zip(self.per_user, zip(low.tolist(), high.tolist(), strict=True), strict=True))

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame with the columns metric, value, low and high, one row for each metric.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}
            The library of the frame, which must be installed.
        """
        bounds = np.array([self.intervals.get(metric, (np.nan, np.nan)) for metric in self.means]).reshape(-1, 2)
        names, values = np.array(list(self.means), dtype=object), np.array(list(self.means.values()))
        return to_frame({"metric": names, "value": values, "low": bounds[:, 0], "high": bounds[:, 1]}, backend)

    def per_user_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame with the column user_id and one for each metric that is a mean over users."""
        return to_frame({"user_id": self.users, **self.per_user}, backend)

    def __str__(self) -> str:
        treated = "are left out" if self.missing == "skip" else "score 0"
        lines = [
            f"{self.n_users:,} users, of whom {self.n_without_list:,} without a list score 0; "
            f"{self.n_without_test:,} without test items {treated}"
        ]
        width = max((len(metric) for metric in self.means), default=0)
        for metric, mean in self.means.items():
            low, high = self.intervals.get(metric, (np.nan, np.nan))
            interval = f"  [{low:.4f}, {high:.4f}]" if metric in self.intervals else ""
            lines.append(f"{metric:<{width}}  {mean:.4f}{interval}")
        if self.intervals:
            lines.append(f"({self.confidence:.0%} bootstrap intervals over users)")
        return "\n".join(lines)

    def __repr__(self) -> str:
        shown = ", ".join(f"{metric}={mean:.4f}" for metric, mean in self.means.items())
        return f"Evaluation({self.n_users:,} users: {shown})"


def evaluate(
    recommendations: Any,
    test: Any,
    metrics: Iterable[str | Metric] = DEFAULT_METRICS,
    *,
    train: Any = None,
    catalogue: Any = None,
    item_vectors: tuple[Any, Any] | None = None,
    prices: Any = None,
    margins: Any = None,
    threshold: float | None = None,
    missing: Missing = "skip",
    confidence: float = 0.95,
    random_state: int | None = 0,
    n_threads: int | None = None,
) -> Evaluation:
    """Compute metrics of the lists of all users in one pass.

    Users with relevant items but without a list score 0: an evaluation is of all people who were tested. Items that
    are in no list or unknown to the model count as relevant and are never hit.

    Parameters
    ----------
    recommendations : Recommendations, frame, mapping of users to lists, or sequence of lists or 2-D array of item ids
        As in `precision`.
    test : Interactions, frame, (user, item) pairs, mapping of users to items, or sequence of collections of ids
        As in `precision`.
    metrics : iterable of str or Metric
        What to compute, written ``"ndcg"``, ``"ndcg@10"`` or ``"ndcg@10(gain=exponential, denominator=relevant)"``; see
        `Metric`. Without a cut-off, whole lists count.
    train : Interactions, sparse matrix, frame or (user, item) pairs, optional
        What the model learned from. Its items are the catalogue; it tells what is popular, which ``novelty``,
        ``popularity_bias`` and ``serendipity`` need; and it shows leaks, which raise a warning.
    catalogue : Interactions, IdIndex, frame with the column item_id, or sequence of ids, optional
        Items that could have been recommended, for ``coverage``, ``gini`` and ``auc``; those of ``train`` by default.
    item_vectors : (vectors, items), optional
        What items are like, for ``diversity``: as in `recokit.metrics.diversity`.
    prices, margins : mapping of item ids to numbers, or frame with the columns item_id and price or margin, optional
        What an item brings, for ``revenue`` and ``margin``; by default the values of the test set.
    threshold : float, optional
        Test interactions below this value are not relevant; by default all are.
    missing : {"skip", "zero"}
        Whether users without relevant items are left out of the means, or count 0 if they have a list.
    confidence : float
        Level of the bootstrap intervals, between 0 and 1. They are computed when first asked for.
    random_state : int, optional
        Seed of the bootstrap.
    n_threads : int, optional
        Threads; what Numba has by default. The result does not depend on it.

    Returns
    -------
    Evaluation

    Raises
    ------
    DataError
        Nobody has relevant items, a user has two lists, or the data cannot be read.
    ValueError
        An unknown metric or convention, or one that needs the catalogue, the training data or the vectors, which are
        not given.
    TypeError
        A recommender instead of its recommendations.

    Warns
    -----
    UserWarning
        None of the users with test items has a list; no test item is in a list, and only one side's item ids are
        strings.
    LeakageWarning
        Test pairs are in the training data; or they are older than the last training interaction of the same user,
        which is seen where both sides have timestamps (in a frame: the column timestamp).

    Examples
    --------
    >>> from recokit import Interactions, Recommendations
    >>> lists = Recommendations(users=[1, 2], items=[[10, 20], [30, 10]])
    >>> test = Interactions.from_arrays([1, 2, 2], [20, 10, 40])
    >>> evaluate(lists, test, ["recall@2", "mrr@2", "ndcg@1"])
    Evaluation(2 users: recall@2=0.7500, mrr@2=0.5000, ndcg@1=0.0000)
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}")
    asked = {str(metric): Metric.parse(metric) for metric in ([metrics] if isinstance(metrics, str) else metrics)}
    lists = Lists.of(recommendations, _widest(asked.values()))
    truth = Truth.of(test, None if has_user_ids(recommendations) else len(lists.users), threshold)
    background = Background.of(train, catalogue)._replace(
        vectors=None if item_vectors is None else ItemVectors.of(*item_vectors),
        prices=worth_by_item(prices, "price"),
        margins=worth_by_item(margins, "margin"),
    )
    if background.train is not None:
        warn_of_leaks(truth, background.train)
    pairing = pair(lists, truth, missing, stacklevel=3)
    by_user = {name: metric for name, metric in asked.items() if REGISTRY[metric.name].is_by_user}
    values = measure_users(lists, truth, pairing, list(by_user.values()), background=background, n_threads=n_threads)
    per_user = dict(zip(by_user, np.ascontiguousarray(values.T), strict=True))
    means = {name: _mean(metric, per_user.get(name), lists, background) for name, metric in asked.items()}
    counts = pairing.n_without_test, pairing.n_without_list
    return Evaluation(means, pairing.users, per_user, *counts, missing, confidence, random_state)


def _widest(metrics: Iterable[Metric]) -> int | None:
    """Return how many places of the lists are needed; None for all."""
    cuts = [metric.k for metric in metrics]
    return None if None in cuts else max((k for k in cuts if k is not None), default=1)


def _mean(metric: Metric, values: FloatArray | None, lists: Lists, background: Background) -> float:
    """Return the mean of the values of the users, or else what the metric is of all lists."""
    if values is not None:
        return mean_of_defined(values, metric)
    return float(REGISTRY[metric.name].measure(lists, metric.k, background))
