"""evaluate: all metrics of the lists of all users."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from recokit._runtime.arguments import check_probability, check_seed
from recokit._runtime.html import html_table
from recokit._runtime.threads import Runner, thread_count
from recokit._typing import AnyArray, FloatArray
from recokit.data._events import read_events
from recokit.data._frames import Backend, to_frame
from recokit.metrics._context import Context, ItemVectors, read_item_values
from recokit.metrics._custom import CustomMetric, MetricFunction, find_name, label_metrics
from recokit.metrics._groups import GroupEvaluation, UserGroups, evaluate_groups
from recokit.metrics._leaks import warn_of_leaks
from recokit.metrics._measure import mean_of_defined, measure_lists, measure_users, read_and_pair
from recokit.metrics._metric import REGISTRY, AllListsMeasure, Metric
from recokit.metrics._mismatch import warn_of_foreign_items
from recokit.metrics._pairing import Missing
from recokit.metrics._resampling import Clusters, bootstrap_means

__all__ = ["Evaluation", "evaluate"]

DEFAULT_METRICS = ("precision@10", "recall@10", "ndcg@10", "map@10", "mrr@10")

_N_RESAMPLES = 1000


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """Result of `evaluate`.

    Attributes
    ----------
    means : dict of str to float
        Value of each metric, by the given name: the mean over users, or the value of all lists together.
    users : (n_users,) array of ids
        Evaluated users.
    per_user : dict of str to (n_users,) float64 array
        Values of the users for each metric that is a mean over users. The values of metrics without a test set
        (``novelty``, ``popularity_bias``, ``diversity``) are NaN for users without a list or with a list that is too
        short, and those of a part for users without relevant items in it; the mean leaves them out.
    n_without_test : int
        Users with a list but without relevant items.
    n_without_list : int
        Users with relevant items but without a list; they score 0.
    missing : {"skip", "zero"}
        Whether users without relevant items were skipped or scored 0.
    confidence : float
        Level of the intervals.
    random_state : int, optional
        Seed of the bootstrap.
    lower_is_better : frozenset of str
        Names of the metrics for which lower values are better.
    groups : GroupEvaluation, optional
        Evaluation of each group of users, if ``groups`` were given.
    clusters : Clusters, optional
        Clusters of users that the bootstrap draws as a whole: the sessions of `evaluate_positions`.

    See Also
    --------
    recokit.metrics.evaluate : Compute metrics of the lists of all users.
    recokit.metrics.GroupEvaluation : Evaluation of each group of users; part of the result of `evaluate`.
    recokit.metrics.compare : Find the significant differences between recommenders evaluated on the same users.

    Examples
    --------
    >>> result = evaluate(
    ...     {"ann": ["tea"], "bob": ["tea"]},
    ...     {"ann": ["tea"], "bob": ["cup", "pot"]},
    ...     ["recall@1"],
    ... )
    >>> result["recall@1"]
    0.5
    >>> result.users, result.per_user["recall@1"]
    (array(['ann', 'bob'], dtype=object), array([1., 0.]))
    >>> print(result)
    2 users evaluated (0 had no list and score 0); 0 had no test items and were skipped
    recall@1  0.5000  [0.0000, 1.0000]
    (95% bootstrap intervals over users)
    >>> result.to_frame()["value"].tolist(), result.per_user_frame().columns.tolist()
    ([0.5], ['user_id', 'recall@1'])
    """

    means: dict[str, float]
    users: AnyArray
    per_user: dict[str, FloatArray]
    n_without_test: int
    n_without_list: int
    missing: Missing = "skip"
    confidence: float = 0.95
    random_state: int | None = field(default=0)
    lower_is_better: frozenset[str] = frozenset()
    groups: GroupEvaluation | None = None
    clusters: Clusters | None = None

    @property
    def n_users(self) -> int:
        """Number of evaluated users."""
        return len(self.users)

    def __getitem__(self, metric: str) -> float:
        """Return the value of a metric, by its name in upper or lower case."""
        name = find_name(metric, self.means)
        if name is None:
            raise KeyError(f"{metric!r} was not evaluated; the metrics are {', '.join(self.means)}")
        return self.means[name]

    @cached_property
    def intervals(self) -> dict[str, tuple[float, float]]:
        """Bootstrap interval of each mean over users: percentiles of the means of 1,000 resamples of users or clusters.

        Computed at the first access. All metrics use the same resamples.
        """
        if not self.per_user or not self.n_users:
            return {}
        values = np.column_stack(list(self.per_user.values()))
        means = bootstrap_means(values, _N_RESAMPLES, self.random_state, Runner(thread_count(None)), self.clusters)
        tail = (1 - self.confidence) / 2
        low, high = np.nanquantile(means, [tail, 1 - tail], axis=0)
        return dict(zip(self.per_user, zip(low.tolist(), high.tolist(), strict=True), strict=True))

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame with the columns metric, value, low and high, one row for each metric.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}
            Library of the frame, which must be installed.
        """
        bounds = np.array([self.intervals.get(metric, (np.nan, np.nan)) for metric in self.means]).reshape(-1, 2)
        names, values = np.array(list(self.means), dtype=object), np.array(list(self.means.values()))
        return to_frame({"metric": names, "value": values, "low": bounds[:, 0], "high": bounds[:, 1]}, backend)

    def per_user_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame with the column user_id and a column for each metric that is a mean over users."""
        return to_frame({"user_id": self.users, **self.per_user}, backend)

    def _summary(self) -> str:
        treatment = "were skipped" if self.missing == "skip" else "score 0"
        return (
            f"{self.n_users:,} {self._unit} evaluated ({self.n_without_list:,} had no list and score 0); "
            f"{self.n_without_test:,} had no test items and {treatment}"
        )

    @property
    def _unit(self) -> str:
        return self.clusters.users if self.clusters else "users"

    def _level(self) -> str:
        drawn = self.clusters.clusters if self.clusters else "users"
        return f"{self.confidence:.0%} bootstrap intervals over {drawn}"

    def __str__(self) -> str:
        lines = [self._summary()]
        width = max((len(metric) for metric in self.means), default=0)
        for metric, mean in self.means.items():
            low, high = self.intervals.get(metric, (np.nan, np.nan))
            interval = f"  [{low:.4f}, {high:.4f}]" if metric in self.intervals else ""
            lines.append(f"{metric:<{width}}  {mean:.4f}{interval}")
        if self.intervals:
            lines.append(f"({self._level()})")
        if self.groups is not None:
            lines += ["", str(self.groups)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [
            [metric, f"{mean:.4f}", *(f"{bound:.4f}" for bound in self.intervals.get(metric, ()))]
            for metric, mean in self.means.items()
        ]
        columns = ["metric", "value", *(["low", "high"] if self.intervals else [])]
        rows = [row + [""] * (len(columns) - len(row)) for row in rows]
        table = html_table(self._summary(), columns, rows, self._level() if self.intervals else "")
        return table if self.groups is None else table + self.groups._repr_html_()

    def __repr__(self) -> str:
        shown = ", ".join(f"{metric}={mean:.4f}" for metric, mean in self.means.items())
        return f"Evaluation({self.n_users:,} {self._unit}: {shown})"


def evaluate(
    recommendations: Any,
    test: Any,
    metrics: str | Metric | MetricFunction | Iterable[str | Metric | MetricFunction] = DEFAULT_METRICS,
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
    groups: Any = None,
    histories: Any = None,
) -> Evaluation:
    """Compute metrics of the lists of all users.

    Users with relevant items but without a list score 0, so the means are over all users with test items. Relevant
    items that are in no list or unknown to the model count as relevant and are never hit.

    Parameters
    ----------
    recommendations : Recommendations, frame, mapping of users to lists, or sequence of lists or 2-D array of item ids
        As in `precision`.
    test : Interactions, frame, (user, item) pairs, mapping of users to items, or sequence of collections of ids
        As in `precision`.
    metrics : str, Metric or function, or iterable of these
        Metrics to compute, such as ``"ndcg"``, ``"ndcg@10"``, ``"ndcg@10(gain=exponential, denominator=relevant)"`` or
        ``"recall@10(part=repeat)"``, in upper or lower case; see `Metric`. Without a cut-off, whole lists are
        evaluated. A function is a custom metric; see the notes.
    train : Interactions, Sequences, sparse matrix, frame, pairs, or mapping of users to items, optional
        Training data of the model. They provide the catalogue and the popularity of the items, which ``novelty``,
        ``popularity_bias`` and ``serendipity`` need, and they are checked for leaks.
    catalogue : Interactions, IdIndex, frame with the column item_id, or sequence of ids, optional
        Items that could have been recommended, for ``coverage``, ``gini`` and ``auc``; by default the items of
        ``train``.
    item_vectors : (vectors, items), pandas frame with the items as its index, or mapping of items to vectors, optional
        Feature vectors of the items, for ``diversity``; as in `recokit.metrics.diversity`.
    prices, margins : mapping of item ids to numbers, pandas Series, frame, or "test", optional
        Price or margin of each item, which ``revenue`` and ``margin`` need. The index of a Series contains the items; a
        frame has the columns item_id and price or margin. "test": the values of the test set are the revenue or the
        margin of each (user, item) pair.
    threshold : float, optional
        Lowest value of a relevant item; by default all test items are relevant.
    missing : {"skip", "zero"}
        Whether users with a list but without relevant items are skipped or score 0.
    confidence : float
        Level of the bootstrap intervals, between 0 and 1. They are computed at the first access.
    random_state : int, optional
        Seed of the bootstrap.
    n_threads : int, optional
        Number of threads; by default Numba's. The result does not depend on it.
    groups : mapping of users to groups, pandas Series, or frame, optional
        Segment of each user, such as new and returning: the attribute ``groups`` of the result reports every metric for
        each segment. The index of a Series contains the users; a frame has the column user_id and one other column.
        Users without a segment count only in the overall result.
    histories : Sequences, Interactions, or other form of ``train``, optional
        Items that each user had before the test, for metrics with ``part=repeat`` or ``part=explore``; by default
        ``train``.

    Returns
    -------
    Evaluation

    Raises
    ------
    DataError
        No user has relevant items, a user has two lists, no evaluated user has a group, or the data are invalid.
    ValueError
        A metric or another argument is invalid, a metric needs the catalogue, the training data, the vectors, the
        prices or the margins and they are missing, or a custom metric does not return one finite number for each user.
    TypeError
        The input is a recommender instead of its recommendations, or a custom metric has no ``__name__``.

    Warns
    -----
    UserWarning
        The lists and the test set have no user or no item in common, or an id of the training data occurs in another
        form in the test set, such as 12 and "12.0"; the warning shows ids of both sides. Or a cut-off exceeds the
        length of every list, and the items suffice for longer lists.
    LeakageWarning
        Test pairs are in the training data, unless timestamps show that they are later repeats; or test pairs are older
        than the last training interaction of the same user, if both sides have timestamps (in a frame: the column
        timestamp).

    See Also
    --------
    recokit.metrics.compare : Find the significant differences between recommenders evaluated on the same users.
    recokit.metrics.Evaluation : Result of `evaluate`.
    recokit.model_selection.evaluate_positions :
        Recommend at every position of each session, and compare the lists with the item that follows.

    Notes
    -----
    A custom metric is a function ``metric(lists, truth)`` of two dictionaries with the same users in the same order:

    - ``lists``: the whole list of each user, a list of item ids, best first. It is empty for a user without a list.
    - ``truth``: the relevant items of each user, a dictionary from item ids to values. It is never empty. The values
      are 1 if the test set has none.

    It returns a sequence of one finite number for each user, in the order of the dictionaries. With
    ``missing="zero"``, users without relevant items are not passed to the function and score 0. The ``__name__`` of the
    function is the name of the metric. A function with the attribute ``lower_is_better = True`` is treated as an error
    or cost.

    Examples
    --------
    >>> from recokit import Interactions, Recommendations
    >>> lists = Recommendations(users=[1, 2], items=[[10, 20], [30, 10]])
    >>> test = Interactions.from_arrays([1, 2, 2], [20, 10, 40])
    >>> evaluate(lists, test, ["recall@2", "mrr@2", "ndcg@1"])
    Evaluation(2 users: recall@2=0.7500, mrr@2=0.5000, ndcg@1=0.0000)

    A custom metric, the number of relevant items that are missing from the list:

    >>> def n_missed(lists, truth):
    ...     return [len(truth[user].keys() - set(lists[user])) for user in truth]
    >>> n_missed.lower_is_better = True
    >>> evaluate(lists, test, ["recall@2", n_missed])
    Evaluation(2 users: recall@2=0.7500, n_missed=0.5000)

    The recall of the items that users had before, and that of new items:

    >>> evaluate(
    ...     lists,
    ...     test,
    ...     ["recall@2(part=repeat)", "recall@2(part=explore)"],
    ...     train={1: [20], 2: [10]},
    ... )
    Evaluation(2 users: recall@2(part=repeat)=1.0000, recall@2(part=explore)=0.0000)

    The metrics of each segment of users:

    >>> result = evaluate(
    ...     lists, test, ["recall@2", "mrr@2"], groups={1: "new", 2: "returning"}
    ... )
    >>> print(result.groups)
    group      users  recall@2   mrr@2
    new            1    1.0000  0.5000
    returning      1    0.5000  0.5000
    """
    check_probability(confidence, "confidence")
    random_state = check_seed(random_state)
    labelled = label_metrics(metrics)
    context = Context.from_inputs(train, catalogue)._replace(
        vectors=ItemVectors.from_input(item_vectors),
        prices=read_item_values(prices, "price"),
        margins=read_item_values(margins, "margin"),
        histories=None if histories is None else read_events(histories, "histories").data,
    )
    user_groups = None if groups is None else UserGroups.from_input(groups)
    runner = Runner(thread_count(n_threads))
    chosen = list(labelled.values())
    lists, truth, pairing = read_and_pair(recommendations, test, chosen, threshold, missing, context)
    if context.train is not None:
        warn_of_leaks(truth, context.train, repeats=any(isinstance(one, Metric) and one.part for one in chosen))
    if catalogue is not None and context.catalogue is not None:
        warn_of_foreign_items(lists.items, context.catalogue, "the catalogue")
    overall = _metrics_of_all_lists(labelled)
    by_user = {label: metric for label, metric in labelled.items() if label not in overall}
    values = measure_users(lists, truth, pairing, list(by_user.values()), context=context, runner=runner)
    per_user = dict(zip(by_user, np.ascontiguousarray(values.T), strict=True))
    means = {
        label: measure_lists(lists, overall[label], context)
        if label in overall
        else mean_of_defined(per_user[label], metric)
        for label, metric in labelled.items()
    }
    result = Evaluation(
        means,
        pairing.users,
        per_user,
        n_without_test=pairing.n_without_test,
        n_without_list=pairing.n_without_list,
        missing=missing,
        confidence=confidence,
        random_state=random_state,
        lower_is_better=frozenset(label for label, metric in labelled.items() if metric.lower_is_better),
    )
    if user_groups is None:
        return result
    return replace(result, groups=evaluate_groups(result, user_groups, lists, pairing, overall, context))


def _metrics_of_all_lists(labelled: dict[str, Metric | CustomMetric]) -> dict[str, Metric]:
    """Return the metrics of all lists together; all other metrics are means over users."""
    return {
        label: metric
        for label, metric in labelled.items()
        if isinstance(metric, Metric) and isinstance(REGISTRY[metric.name].measure, AllListsMeasure)
    }
