"""Computation of metrics: metrics from ranks in one pass over the lists, all others one by one."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from recokit._runtime.threads import Runner, thread_count
from recokit._typing import FloatArray, IntArray
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError
from recokit.kernels import ranking
from recokit.metrics._context import Context
from recokit.metrics._custom import CustomMetric
from recokit.metrics._hits import find_hits
from recokit.metrics._lists import Lists, has_user_ids
from recokit.metrics._metric import (
    DENOMINATORS,
    GAINS,
    REGISTRY,
    AllListsMeasure,
    HitMeasure,
    ListMeasure,
    Metric,
    RankMeasure,
)
from recokit.metrics._mismatch import warn_of_mismatches, warn_of_short_lists
from recokit.metrics._pairing import Missing, Pairing, pair
from recokit.metrics._parts import Part, part_of_truth, without_undefined
from recokit.metrics._truth import Truth

__all__ = ["mean_of_defined", "mean_over_users", "measure_lists", "measure_users", "read_and_pair"]


def mean_over_users(
    recommendations: Any,
    test: Any,
    metric: Metric,
    threshold: float | None,
    missing: Missing,
    *,
    context: Context | None = None,
    runner: Runner | None = None,
) -> float:
    """Return the mean of one metric over users, from the inputs of `recokit.metrics.precision`."""
    context, runner = context or Context(), runner or Runner(thread_count(None))
    lists, truth, pairing = read_and_pair(recommendations, test, [metric], threshold, missing, context)
    values = measure_users(lists, truth, pairing, [metric], context=context, runner=runner)
    return mean_of_defined(values[:, 0], metric)


def read_and_pair(
    recommendations: Any,
    test: Any,
    metrics: Sequence[Metric | CustomMetric],
    threshold: float | None,
    missing: Missing,
    context: Context,
) -> tuple[Lists, Truth, Pairing]:
    """Return the lists down to the longest cut-off, the test set, and their users; warn of data that do not fit."""
    cut_offs = [metric.k for metric in metrics]
    lists = Lists.from_input(recommendations, longest_cut_off(cut_offs))
    truth = Truth.from_input(test, None if has_user_ids(recommendations) else len(lists.users), threshold)
    known = [truth.items, *context.item_indices()]
    lists = lists.without_padding(*known)
    pairing = pair(lists, truth, missing)

    def all_items() -> IdIndex:
        return Lists.from_input(recommendations, None).without_padding(*known).items

    warn_of_mismatches(lists, truth, pairing, context.train, all_items)
    warn_of_short_lists(lists, cut_offs, context)
    return lists, truth, pairing


def longest_cut_off(cut_offs: Sequence[int | None]) -> int | None:
    """Return the number of places that the metrics need; None for whole lists."""
    return None if None in cut_offs else max((k for k in cut_offs if k is not None), default=1)


def mean_of_defined(values: FloatArray, metric: Metric | CustomMetric) -> float:
    """Return the mean of the values that are not NaN; a value is NaN if the list is too short for the metric."""
    defined = values[~np.isnan(values)]
    if len(defined) == 0 and isinstance(metric, Metric) and metric.part is not None:
        raise DataError(f"{metric}: no evaluated user has relevant items in the part {metric.part!r}")
    if len(defined) == 0:
        raise DataError(f"{metric}: no evaluated user has a list with enough items for this metric")
    return float(defined.mean())


def measure_lists(lists: Lists, metric: Metric, context: Context) -> float:
    """Return a metric without a test set, over all lists."""
    measure = REGISTRY[metric.name].measure
    if isinstance(measure, AllListsMeasure):
        return float(measure.compute(lists, metric.k, context))
    if isinstance(measure, ListMeasure):
        return mean_of_defined(measure.compute(lists, metric.k, context), metric)
    raise TypeError(f"{metric} needs a test set")


def measure_users(
    lists: Lists,
    truth: Truth,
    pairing: Pairing,
    metrics: Sequence[Metric | CustomMetric],
    *,
    context: Context,
    runner: Runner,
) -> FloatArray:
    """Return the metrics of each user: (n_users, n_metrics) float64.

    A value is NaN if the list is too short for the metric, or the user has no relevant items in the part of the metric.

    Raises
    ------
    DataError
        The test values cannot be used as gains.
    ValueError
        A metric needs the catalogue or another part of the context that is missing, or a custom metric returns invalid
        values.
    """
    truth.check_gains({_gain(metric, context) for metric in metrics if isinstance(metric, Metric)})
    results = np.empty((len(pairing.users), len(metrics)))
    by_part: dict[Part | None, list[int]] = {}
    for column, metric in enumerate(metrics):
        by_part.setdefault(metric.part if isinstance(metric, Metric) else None, []).append(column)
    for part, columns in by_part.items():
        chosen = [metrics[column] for column in columns]
        if part is None:
            results[:, columns] = _measure_part(lists, truth, pairing, chosen, context, runner)
        else:
            own = part_of_truth(truth, context.histories_for(str(chosen[0])), part)
            values = _measure_part(lists, own, pairing, chosen, context, runner)
            results[:, columns] = without_undefined(values, own, pairing)
    return results


def _measure_part(
    lists: Lists,
    truth: Truth,
    pairing: Pairing,
    metrics: Sequence[Metric | CustomMetric],
    context: Context,
    runner: Runner,
) -> FloatArray:
    """Return the metrics of each user for all relevant items of the truth."""
    results = np.empty((len(pairing.users), len(metrics)))
    ranked: dict[int, Metric] = {}
    for column, metric in enumerate(metrics):
        if isinstance(metric, CustomMetric):
            results[:, column] = metric.measure(lists, truth, pairing)
            continue
        measure = REGISTRY[metric.name].measure
        if isinstance(measure, RankMeasure):
            ranked[column] = metric
        elif isinstance(measure, HitMeasure):
            results[:, column] = measure.compute(find_hits(lists, truth, pairing, metric.k), context)
        elif isinstance(measure, ListMeasure):
            values = np.append(measure.compute(lists, metric.k, context), np.nan)  # NaN for users without a list
            results[:, column] = values[pairing.list_rows]
    results[:, list(ranked)] = _measure_ranks(lists, truth, pairing, list(ranked.values()), context, runner)
    return results


def _gain(metric: Metric, context: Context) -> str | None:
    """Return the kind of gain that the metric takes from the test values."""
    return "value" if context.sums_test_values(metric.name) else metric.gain


def _measure_ranks(
    lists: Lists, truth: Truth, pairing: Pairing, metrics: Sequence[Metric], context: Context, runner: Runner
) -> FloatArray:
    """Compute the metrics from ranks in one pass."""
    results = np.empty((len(pairing.users), len(metrics)))
    lengths = truth.rows.lengths
    plan = _plan(metrics, lists, truth, context)
    args = (
        lists.codes,
        lists.counts,
        pairing.list_rows,
        truth.rows.indptr,
        lists.items.codes(truth.items)[truth.rows.codes],
        truth.values,
        pairing.test_rows,
        _discounts(plan, max(lists.codes.shape[1], int(lengths.max(initial=0)))),
        len(lists.items),
        plan,
        results,
    )
    costs = np.append(lists.counts, 0)[pairing.list_rows] + np.append(lengths, 0)[pairing.test_rows] + 8 * len(metrics)
    runner.rows(ranking.measure_lists, len(results), args, costs=costs)
    return results


def _plan(metrics: Sequence[Metric], lists: Lists, truth: Truth, context: Context) -> IntArray:
    """Return the plan of the kernel: kind, cut-off, denominator, gain and catalogue size of each metric."""
    plan = np.zeros((len(metrics), 5), dtype=np.int64)
    for row, metric in zip(plan, metrics, strict=True):
        measure = REGISTRY[metric.name].measure
        assert isinstance(measure, RankMeasure)
        row[0] = measure.kind
        row[1] = _cut_off(metric, lists)
        row[2], row[3] = DENOMINATORS[metric.denominator or "k"], GAINS[metric.gain or "binary"]
        row[4] = _catalogue_size(lists, truth, metric.k, context) if measure.kind == ranking.AUC else 0
    return plan


def _cut_off(metric: Metric, lists: Lists) -> int:
    """Return the cut-off; without one, the width of the lists if it is the denominator, else no limit."""
    if metric.k is not None:
        return metric.k
    return max(lists.codes.shape[1], 1) if metric.denominator == "k" else int(np.iinfo(np.int64).max)


def _discounts(plan: IntArray, length: int) -> FloatArray:
    """Return 1 / log2(rank + 1) for ranks from 1, and their sums over the ranks above."""
    ideal_sizes = plan[(plan[:, 0] == ranking.NDCG) & (plan[:, 2] == ranking.BY_K), 1]
    weights = 1 / np.log2(np.arange(2, 3 + max(length, int(ideal_sizes.max(initial=0)))))
    return np.stack([weights, np.concatenate([[0.0], np.cumsum(weights[:-1])])])


def _catalogue_size(lists: Lists, truth: Truth, k: int | None, context: Context) -> int:
    """Return the size of the catalogue, including items of the first k places and of the test set."""
    listed = IdIndex(lists.items.take(np.unique(lists.top(k)[0])))
    return len(context.catalogue_for("auc").union(listed).union(truth.items))
