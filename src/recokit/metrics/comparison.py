"""compare: significant differences between recommenders."""

import math
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy import stats

from recokit._runtime.arguments import check_count, check_probability, check_seed
from recokit._runtime.html import html_table
from recokit._runtime.threads import Runner, thread_count
from recokit._runtime.warnings import levels_inside
from recokit._typing import FloatArray
from recokit.data._frames import Backend, to_frame
from recokit.data._keyed import by_label
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError
from recokit.metrics._custom import find_name
from recokit.metrics._resampling import Clusters, bootstrap_means, permutation_p_values
from recokit.metrics.evaluation import Evaluation

__all__ = ["Comparison", "Difference", "compare"]

_N_BOOTSTRAPS = 1000


class Difference(NamedTuple):
    """Difference of one metric between two recommenders.

    Attributes
    ----------
    metric, first, second : str
        Names of the metric and of the two recommenders.
    difference : float
        Mean of the first minus mean of the second, over the users with a value for both.
    low, high : float
        Bootstrap interval of the difference, of level 1 − alpha, not adjusted for multiple comparisons.
    p_value : float
        P-value of the paired test, not adjusted for multiple comparisons.
    p_adjusted : float
        P-value adjusted for multiple comparisons by Holm's method.

    See Also
    --------
    recokit.metrics.Comparison : Result of `compare`.

    Examples
    --------
    >>> from recokit.metrics import compare, evaluate
    >>> test = {user: [user] for user in range(10)}
    >>> good = evaluate({user: [user] for user in test}, test, ["ndcg@1"])
    >>> bad = evaluate({user: [-1] for user in test}, test, ["ndcg@1"])
    >>> found = compare({"good": good, "bad": bad}).differences[0]
    >>> found.first, found.second, found.difference
    ('good', 'bad', 1.0)
    """

    metric: str
    first: str
    second: str
    difference: float
    low: float
    high: float
    p_value: float
    p_adjusted: float


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Result of `compare`.

    Attributes
    ----------
    differences : list of Difference
        One for each pair of recommenders and each metric.
    n_users : int
        Number of users.
    alpha : float
        Family-wise error rate: the accepted probability of finding any difference if there is none. The level of the
        intervals is 1 − alpha.
    lower_is_better : frozenset of str
        Names of the metrics for which lower values are better.
    unit : str
        Name of the users in texts: ``"positions"`` for `recokit.model_selection.evaluate_positions`.

    See Also
    --------
    recokit.metrics.compare : Find the significant differences between recommenders evaluated on the same users.
    recokit.metrics.Difference : Difference of one metric between two recommenders.

    Examples
    --------
    >>> from recokit.metrics import compare, evaluate
    >>> test = {user: [user] for user in range(10)}
    >>> good = evaluate({user: [user] for user in test}, test, ["ndcg@1"])
    >>> bad = evaluate({user: [-1] for user in test}, test, ["ndcg@1"])
    >>> comparison = compare({"good": good, "bad": bad})
    >>> comparison.n_users, len(comparison.differences)
    (10, 1)
    >>> comparison.to_frame()["first"].tolist()
    ['good']
    """

    differences: list[Difference]
    n_users: int
    alpha: float
    lower_is_better: frozenset[str] = frozenset()
    unit: str = "users"

    @property
    def significant(self) -> list[Difference]:
        """The significant differences: the differences with ``p_adjusted <= alpha``."""
        return [one for one in self.differences if self._is_significant(one)]

    def _is_significant(self, one: Difference) -> bool:
        return one.p_adjusted <= self.alpha

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame with a column for each attribute of `Difference`.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}
            Library of the frame, which must be installed.
        """
        columns = zip(*self.differences, strict=True)
        dtypes = [object] * 3 + [np.float64] * 5
        arrays = [np.array(values, dtype=dtype) for values, dtype in zip(columns, dtypes, strict=True)]
        return to_frame(dict(zip(Difference._fields, arrays, strict=True)), backend)

    def _summary(self) -> str:
        count = "1 comparison" if len(self.differences) == 1 else f"{len(self.differences)} comparisons"
        level = f"{100 * (1 - self.alpha):g}% intervals"
        return f"{self.n_users:,} {self.unit}, {count}; {level}, p adjusted by Holm's method"

    def __str__(self) -> str:
        lines = [self._summary()]
        lines += [
            f"{one.metric}: {one.first} − {one.second} = {one.difference:+.4f} [{one.low:+.4f}, {one.high:+.4f}], "
            f"adjusted p = {one.p_adjusted:.4g}: {self._verdict(one)}"
            for one in self.differences
        ]
        return "\n".join(lines)

    def _verdict(self, one: Difference) -> str:
        if not self._is_significant(one):
            return "no significant difference"
        word = "higher" if one.difference > 0 else "lower"
        if one.metric in self.lower_is_better:
            word += " (worse)" if one.difference > 0 else " (better)"
        return f"{one.first} is {word}"

    def _repr_html_(self) -> str:
        columns = ["metric", "first", "second", "difference", "low", "high", "adjusted p", "verdict"]
        rows = []
        for one in self.differences:
            numbers = [f"{number:+.4f}" for number in (one.difference, one.low, one.high)]
            rows.append([one.metric, one.first, one.second, *numbers, f"{one.p_adjusted:.4g}", self._verdict(one)])
        return html_table(self._summary(), columns, rows)

    def __repr__(self) -> str:
        return f"Comparison(n_differences={len(self.differences)}, n_significant={len(self.significant)})"


def compare(
    evaluations: "Mapping[str, Evaluation] | Evaluation",
    other: Evaluation | None = None,
    *,
    metrics: Iterable[str] | None = None,
    test: Literal["permutation", "t"] = "permutation",
    alpha: float = 0.05,
    n_resamples: int = 9999,
    random_state: int | None = 0,
    n_threads: int | None = None,
) -> Comparison:
    """Find the significant differences between recommenders evaluated on the same users.

    A paired test compares every pair of recommenders on every metric. Holm's method adjusts all p-values together: with
    a probability of at least 1 − alpha, none of the significant differences is due to chance. The positions of a
    session (`recokit.model_selection.evaluate_positions`) are not independent, so sessions are resampled as a whole.

    Parameters
    ----------
    evaluations : mapping of names to Evaluation, or Evaluation
        Evaluations of the same users; or the first of two evaluations.
    other : Evaluation, optional
        The second of two evaluations. Their names are then ``"a"`` and ``"b"``.
    metrics : iterable of str, optional
        Names of the metrics to compare, in upper or lower case, custom metrics included; by default all metrics that
        are a mean over users in every evaluation.
    test : {"permutation", "t"}
        Permutation test with random flips of the signs of the differences [1]_, which assumes no distribution; or
        Student's paired t-test.
    alpha : float
        Family-wise error rate, between 0 and 1.
    n_resamples : int
        Number of flips in the permutation test. The lowest p-value is 1 / (n_resamples + 1), and the lowest adjusted
        p-value is that times the number of comparisons.
    random_state : int, optional
        Seed.
    n_threads : int, optional
        Number of threads; by default Numba's. The result does not depend on it.

    Returns
    -------
    Comparison

    Raises
    ------
    DataError
        The evaluations have different users, or fewer than two users with a value for both.
    ValueError
        There are fewer than two evaluations, or no common metric; or ``alpha`` or ``n_resamples`` is out of range.
    TypeError
        The input is neither two evaluations nor a mapping of names to evaluations.

    Warns
    -----
    UserWarning
        There are too few resamples for the number of comparisons, so no difference can be significant.

    See Also
    --------
    recokit.metrics.evaluate : Compute metrics of the lists of all users.
    recokit.metrics.Comparison : Result of `compare`.
    recokit.experiments.uplift : Estimate the uplift of a treatment over a control in an A/B test.

    References
    ----------
    .. [1] Smucker, Allan & Carterette (2007), A comparison of statistical significance tests for information retrieval
       evaluation, CIKM.
    .. [2] Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6.

    Examples
    --------
    >>> from recokit.metrics import evaluate
    >>> test = {user: [user] for user in range(10)}
    >>> names = ["mrr@2", "recall@2"]
    >>> first = evaluate({user: [user, -1] for user in test}, test, names)
    >>> second = evaluate({user: [-1, user] for user in test}, test, names)
    >>> result = compare({"first": first, "second": second})
    >>> [(one.metric, one.difference) for one in result.significant]
    [('mrr@2', 0.5)]
    >>> print(result)
    10 users, 2 comparisons; 95% intervals, p adjusted by Holm's method
    mrr@2: first − second = +0.5000 [+0.5000, +0.5000], adjusted p = 0.0032: first is higher
    recall@2: first − second = +0.0000 [+0.0000, +0.0000], adjusted p = 1: no significant difference
    """
    evaluations = _by_name(by_label(evaluations, "evaluations", "name"), other)
    _check_options(test, alpha, n_resamples)
    random_state = check_seed(random_state)
    names = _common_metrics(evaluations, metrics)
    values = align_users(evaluations, names)
    labels = [(metric, first, second) for first, second in combinations(evaluations, 2) for metric in names]
    differences = np.hstack([values[first] - values[second] for first, second in combinations(evaluations, 2)])
    clusters = _common_clusters(evaluations)
    units = differences if clusters is None else clusters.sums_of_defined(differences)
    _check_n_users(units, labels)
    runner = Runner(thread_count(n_threads))
    if test == "t":
        p_values = t_p_values(units)
    else:
        _warn_of_too_few_resamples(n_resamples, len(labels), alpha)
        p_values = permutation_p_values(units, n_resamples, random_state, runner)
    resampled = bootstrap_means(differences, _N_BOOTSTRAPS, random_state, runner, clusters)
    low, high = np.nanquantile(resampled, [alpha / 2, 1 - alpha / 2], axis=0)
    columns = np.nanmean(differences, axis=0), low, high, p_values, adjust_by_holm(p_values)
    rows = zip(labels, *(column.tolist() for column in columns), strict=True)
    lower_is_better = frozenset(names).intersection(*(one.lower_is_better for one in evaluations.values()))
    return Comparison(
        [Difference(*label, *numbers) for label, *numbers in rows],
        len(differences),
        alpha,
        lower_is_better,
        "users" if clusters is None else clusters.users,
    )


def _common_clusters(evaluations: Mapping[str, Evaluation]) -> Clusters | None:
    """Return the clusters of the users of the first evaluation, if all evaluations have clusters."""
    all_have = all(one.clusters is not None for one in evaluations.values())
    return next(iter(evaluations.values())).clusters if all_have else None


def _check_options(test: str, alpha: float, n_resamples: int) -> None:
    if test not in ("permutation", "t"):
        raise ValueError(f"test={test!r}: expected 'permutation' or 't'")
    check_probability(alpha, "alpha")
    check_count(n_resamples, "n_resamples")


def _check_n_users(differences: FloatArray, labels: list[tuple[str, str, str]]) -> None:
    """Raise a `DataError` for a comparison with fewer than two users, which has no variance."""
    for label, count in zip(labels, np.count_nonzero(~np.isnan(differences), axis=0).tolist(), strict=True):
        if count < 2:
            metric, first, second = label
            raise DataError(
                f"{count} user(s) with a value of {metric} in both {first} and {second}: expected two or more, to "
                "estimate the variance of the difference"
            )


def _warn_of_too_few_resamples(n_resamples: int, n_comparisons: int, alpha: float) -> None:
    """Warn if even the lowest possible adjusted p-value exceeds alpha."""
    least = n_comparisons / (n_resamples + 1)
    if least > alpha:
        warnings.warn(
            f"no difference can be significant: with n_resamples={n_resamples} and {n_comparisons} comparisons no "
            f"adjusted p-value is below {least:.3g}, and alpha={alpha:g}; use n_resamples="
            f"{math.ceil(n_comparisons / alpha) - 1} or more, or fewer comparisons",
            stacklevel=levels_inside(),
        )


def _by_name(
    evaluations: "Mapping[str, Evaluation] | Evaluation", other: Evaluation | None
) -> Mapping[str, Evaluation]:
    """Return the evaluations by name."""
    if isinstance(evaluations, Evaluation):
        evaluations, other = {"a": evaluations} | ({} if other is None else {"b": other}), None
    given = list(evaluations.values()) if isinstance(evaluations, Mapping) else [evaluations]
    wrong = [type(one).__name__ for one in given if not isinstance(one, Evaluation)]
    if wrong or other is not None:
        raise TypeError(
            "expected two evaluations, compare(a, b), or evaluations by name, compare({name: evaluation, …}); "
            f"got {', '.join(wrong) or 'a mapping and another evaluation'}"
        )
    if len(evaluations) < 2:
        raise ValueError("compare needs two evaluations: compare(a, b) or compare({name: evaluation, …})")
    return evaluations


def _common_metrics(evaluations: Mapping[str, Evaluation], metrics: Iterable[str] | None) -> list[str]:
    """Return the metrics to compare, after a check that every evaluation has values of them for each user."""
    shared = [
        metric
        for metric in next(iter(evaluations.values())).per_user
        if all(metric in evaluation.per_user for evaluation in evaluations.values())
    ]
    asked = shared if metrics is None else [metrics] if isinstance(metrics, str) else list(metrics)
    names = [find_name(metric, shared) or metric for metric in asked]
    lacking = [metric for metric in names if metric not in shared]
    if lacking or not names:
        raise ValueError(
            f"cannot compare {lacking or 'nothing'}; the metrics with values for each user in all evaluations: {shared}"
        )
    return names


def align_users(evaluations: Mapping[str, Evaluation], metrics: list[str]) -> dict[str, FloatArray]:
    """Return the values of each evaluation in the same order of users, the order of the first evaluation.

    Parameters
    ----------
    evaluations : mapping of names to Evaluation
    metrics : list of str
        Names of metrics with values for each user in all evaluations.

    Returns
    -------
    dict of str to (n_users, n_metrics) float64 array

    Raises
    ------
    DataError
        The evaluations have different users.
    """
    first, reference = next(iter(evaluations.items()))
    users = IdIndex(reference.users)
    aligned: dict[str, FloatArray] = {}
    for name, evaluation in evaluations.items():
        rows = users.codes(evaluation.users)
        if len(rows) != len(users) or np.any(rows < 0):
            raise DataError(f"{first} and {name} are evaluations of different users: evaluate them on one test set")
        values = np.empty((len(users), len(metrics)))
        values[rows] = np.column_stack([evaluation.per_user[metric] for metric in metrics])
        aligned[name] = values
    return aligned


def t_p_values(differences: FloatArray) -> FloatArray:
    """Return the p-values of Student's paired test; for constant differences 1 if they are 0, else 0."""
    greatest = np.nanmax(np.abs(differences), axis=0)
    varied = np.nanmax(differences, axis=0) - np.nanmin(differences, axis=0) > 1e-12 * greatest
    p_values = np.where(greatest > 0, 0.0, 1.0)
    p_values[varied] = stats.ttest_1samp(differences[:, varied], 0.0, nan_policy="omit").pvalue
    return p_values


def adjust_by_holm(p_values: FloatArray) -> FloatArray:
    """Return p-values adjusted by Holm's method.

    The r-th lowest of m p-values is multiplied by m − r + 1, and raised to the adjusted values of lower p-values.
    """
    order = np.argsort(p_values)
    stepped = p_values[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return adjusted
