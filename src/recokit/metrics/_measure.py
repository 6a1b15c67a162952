"""Every metric of every user: those of hits in one pass over the lists, the others in one each."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from recokit._runtime.threads import Runner, thread_count
from recokit._typing import FloatArray, IntArray
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError
from recokit.kernels import ranking
from recokit.metrics._background import Background
from recokit.metrics._hits import hits_between
from recokit.metrics._lists import Lists, has_user_ids
from recokit.metrics._metric import DENOMINATORS, GAINS, REGISTRY, Metric
from recokit.metrics._pairing import Missing, Pairing, pair
from recokit.metrics._truth import Truth

__all__ = ["mean_of_defined", "mean_over_users", "measure_users"]


def mean_over_users(
    recommendations: Any,
    test: Any,
    metric: Metric,
    threshold: float | None,
    missing: Missing,
    n_threads: int | None = None,
    background: Background | None = None,
) -> float:
    """Return one metric of lists, given as to `recokit.metrics.precision`; warnings point to the caller's caller."""
    lists = Lists.of(recommendations, metric.k)
    truth = Truth.of(test, None if has_user_ids(recommendations) else len(lists.users), threshold)
    pairing = pair(lists, truth, missing, stacklevel=4)
    values = measure_users(lists, truth, pairing, [metric], background=background or Background(), n_threads=n_threads)
    return mean_of_defined(values[:, 0], metric)


def mean_of_defined(values: FloatArray, metric: Metric) -> float:
    """Return the mean of the values that are not NaN, as they are where a list holds too little for the metric."""
    defined = values[~np.isnan(values)]
    if len(defined) == 0:
        raise DataError(f"{metric}: no user evaluated has a list that holds enough items for it")
    return float(defined.mean())


def measure_users(
    lists: Lists,
    truth: Truth,
    pairing: Pairing,
    metrics: Sequence[Metric],
    *,
    background: Background,
    n_threads: int | None,
) -> FloatArray:
    """Return the metrics of each user: (n_users, n_metrics) float64, NaN where a list holds too little for a metric.

    Raises
    ------
    DataError
        Test values that cannot be gains.
    ValueError
        A metric needs the catalogue, or something else that is not there.
    """
    truth.check_gains({"worth" if background.lacks_worth(metric.name) else metric.gain for metric in metrics})
    results = np.empty((len(pairing.users), len(metrics)))
    counted = [column for column, metric in enumerate(metrics) if REGISTRY[metric.name].scope == "counts"]
    results[:, counted] = _count_hits(
        lists, truth, pairing, [metrics[column] for column in counted], background, n_threads
    )
    for column, metric in enumerate(metrics):
        measure, scope, *_ = REGISTRY[metric.name]
        if scope == "list":
            results[:, column] = np.append(measure(lists, metric.k, background), np.nan)[pairing.list_rows]
        elif scope == "hits":
            results[:, column] = measure(hits_between(lists, truth, pairing, metric.k), background)
    return results


def _count_hits(
    lists: Lists,
    truth: Truth,
    pairing: Pairing,
    metrics: Sequence[Metric],
    background: Background,
    n_threads: int | None,
) -> FloatArray:
    """Compute the metrics that are counts of hits in one pass."""
    results = np.empty((len(pairing.users), len(metrics)))
    sizes = np.diff(truth.indptr)
    plan = _plan(metrics, lists, truth, background)
    args = (
        lists.codes,
        lists.counts,
        pairing.list_rows,
        truth.indptr,
        lists.items.codes(truth.items)[truth.item_codes],
        truth.values,
        pairing.test_rows,
        _discounts(plan, max(lists.codes.shape[1], int(sizes.max(initial=0)))),
        len(lists.items),
        plan,
        results,
    )
    costs = np.append(lists.counts, 0)[pairing.list_rows] + np.append(sizes, 0)[pairing.test_rows] + 8 * len(metrics)
    Runner(thread_count(n_threads)).rows(ranking.measure_lists, len(results), args, costs=costs)
    return results


def _plan(metrics: Sequence[Metric], lists: Lists, truth: Truth, background: Background) -> IntArray:
    """Return kind, cut-off, denominator, gain and number of items that compete of each metric as numbers."""
    width = max(lists.codes.shape[1], 1)

    def cut(metric: Metric) -> int:
        if metric.k is not None:
            return metric.k
        return width if metric.denominator == "k" else np.iinfo(np.int64).max

    rows = [
        (
            REGISTRY[metric.name].measure,
            cut(metric),
            DENOMINATORS[metric.denominator or "k"],
            GAINS[metric.gain or "binary"],
            _n_competing(lists, truth, metric.k, background) if metric.name == "auc" else 0,
        )
        for metric in metrics
    ]
    return np.array(rows, dtype=np.int64).reshape(len(metrics), 5)


def _discounts(plan: IntArray, length: int) -> FloatArray:
    """Return 1 / log2(rank + 1), ranks from 1, and their sums over the ranks above."""
    whole = plan[(plan[:, 0] == ranking.NDCG) & (plan[:, 2] == ranking.BY_K), 1]
    weights = 1 / np.log2(np.arange(2, 3 + max(length, int(whole.max(initial=0)))))
    return np.stack([weights, np.concatenate([[0.0], np.cumsum(weights[:-1])])])


def _n_competing(lists: Lists, truth: Truth, k: int | None, background: Background) -> int:
    """Return the size of the catalogue, with what only the first k places of the lists or the test know."""
    listed = IdIndex(lists.items.take(np.unique(lists.top(k)[0])))
    return len(background.items("auc").union(listed).union(truth.items))
