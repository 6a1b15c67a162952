"""Custom metrics: functions of the user's own, next to the metrics of the registry."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from recokit._typing import AnyArray, FloatArray
from recokit.data.rows import bounds_from_lengths
from recokit.exceptions import first_few
from recokit.metrics._lists import Lists
from recokit.metrics._metric import Metric
from recokit.metrics._pairing import Pairing
from recokit.metrics._truth import Truth

__all__ = ["CustomMetric", "MetricFunction", "find_name", "label_metrics", "parse_metric"]

MetricFunction = Callable[[dict[Any, list[Any]], dict[Any, dict[Any, float]]], Any]


@dataclass(frozen=True)
class CustomMetric:
    """A metric computed by a function of the user.

    Parameters
    ----------
    function : callable
        ``function(lists, truth)`` returns one number for each user; see `recokit.metrics.evaluate`.

    Raises
    ------
    TypeError
        The function has no ``__name__``.
    """

    function: MetricFunction
    k: None = None  # the function gets whole lists

    def __post_init__(self) -> None:
        if not isinstance(getattr(self.function, "__name__", None), str):
            raise TypeError(f"metric {self.function!r} has no name: set its attribute __name__")

    def __str__(self) -> str:
        return self.function.__name__

    @property
    def lower_is_better(self) -> bool:
        """Whether lower values are better: the attribute ``lower_is_better`` of the function."""
        return bool(getattr(self.function, "lower_is_better", False))

    def measure(self, lists: Lists, truth: Truth, pairing: Pairing) -> FloatArray:
        """Return the value of each evaluated user; users without relevant items score 0.

        Raises
        ------
        ValueError
            The function does not return one finite number for each user with relevant items.
        """
        is_tested = pairing.test_rows >= 0
        users = pairing.users[is_tested].tolist()
        own_lists = _rows_of_ids(lists, pairing.list_rows[is_tested])
        own_truth = _rows_with_values(truth, pairing.test_rows[is_tested])
        returned = self.function(dict(zip(users, own_lists, strict=True)), dict(zip(users, own_truth, strict=True)))
        results = np.zeros(len(pairing.users))
        results[is_tested] = self._check(returned, users)
        return results

    def _check(self, returned: Any, users: list[Any]) -> FloatArray:
        expected = f"metric {self}: expected one number for each user, an array of shape ({len(users)},)"
        try:
            values: AnyArray = np.asarray(returned)
        except ValueError as error:  # rows of different lengths
            raise ValueError(f"{expected} ({error})") from None
        if values.shape != (len(users),):
            raise ValueError(f"{expected}, got {type(returned).__name__} of shape {values.shape}")
        if values.dtype.kind not in "biuf":
            raise ValueError(f"{expected}, got values of type {values.dtype}")
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            shown = f"{first_few(values[bad])}, of the users {first_few(users[row] for row in bad)}"
            raise ValueError(f"metric {self}: {len(bad)} NaN or infinite value(s): {shown}; return finite numbers")
        return values.astype(np.float64)


def _rows_of_ids(lists: Lists, rows: AnyArray) -> list[list[Any]]:
    """Return some of the lists as lists of ids; row −1 gives an empty list."""
    codes, sizes = lists.top(None)
    ids, bounds = lists.items.take(codes).tolist(), bounds_from_lengths(sizes).tolist()
    return [ids[bounds[row] : bounds[row + 1]] if row >= 0 else [] for row in rows.tolist()]


def _rows_with_values(truth: Truth, rows: AnyArray) -> list[dict[Any, float]]:
    """Return some rows of the truth as dictionaries from item ids to values."""
    ids, values = truth.items.take(truth.rows.codes).tolist(), truth.values.tolist()
    bounds = truth.rows.indptr.tolist()
    spans = [slice(bounds[row], bounds[row + 1]) for row in rows.tolist()]
    return [dict(zip(ids[span], values[span], strict=True)) for span in spans]


def parse_metric(metric: Any) -> Metric | CustomMetric:
    """Return the metric given as text, as a `Metric` or as a function.

    Raises
    ------
    ValueError
        The text is invalid, or there is no such metric.
    TypeError
        A function has no ``__name__``.

    Examples
    --------
    >>> def list_length(lists, truth):
    ...     return [len(items) for items in lists.values()]
    >>> str(parse_metric(list_length)), str(parse_metric("mrr@5"))
    ('list_length', 'reciprocal_rank@5')
    """
    if isinstance(metric, CustomMetric):
        return metric
    return CustomMetric(metric) if callable(metric) else Metric.parse(metric)


def label_metrics(metrics: Any) -> dict[str, Metric | CustomMetric]:
    """Return metrics by label: text as it was given, the text form of a `Metric`, or the name of a function.

    Parameters
    ----------
    metrics : str, Metric, function, or iterable of these

    Raises
    ------
    ValueError
        A metric is invalid, or two metrics have the same label.
    """
    is_single = isinstance(metrics, str | Metric | CustomMetric) or callable(metrics)
    given: Iterable[Any] = [metrics] if is_single else metrics
    if not isinstance(given, Iterable):
        raise ValueError(f"metrics={metrics!r}: expected names such as 'ndcg@10', metrics or functions")
    labelled: dict[str, Metric | CustomMetric] = {}
    for one in given:
        metric = parse_metric(one)
        label = one if isinstance(one, str) else str(metric)
        if labelled.setdefault(label, metric) != metric:
            raise ValueError(f"two metrics have the name {label!r}: set the attribute __name__ of one function")
    return labelled


def find_name(metric: str, names: Iterable[str]) -> str | None:
    """Return the name that equals the metric, or equals it apart from upper and lower case; None without one.

    Examples
    --------
    >>> find_name("NDCG@10", ["mrr", "ndcg@10"])
    'ndcg@10'
    """
    known = list(names)
    if metric in known:
        return metric
    return next((name for name in known if name.lower() == str(metric).lower()), None)
