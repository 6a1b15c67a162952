"""compare: which differences between recommenders are more than chance."""

import math
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from numbers import Integral
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy import stats

from recokit._runtime.threads import thread_count
from recokit._typing import FloatArray
from recokit.data._frames import Backend, to_frame
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError
from recokit.metrics._resampling import bootstrap_means, permutation_p_values
from recokit.metrics.evaluation import Evaluation

__all__ = ["Comparison", "Difference", "compare"]

_N_BOOTSTRAPS = 1000


class Difference(NamedTuple):
    """What became of one metric between two recommenders.

    Attributes
    ----------
    metric, first, second : str
        The metric and the two recommenders.
    difference : float
        Mean of the first less mean of the second, over the users of whom both have a value.
    low, high : float
        Bootstrap interval of the difference, by itself, of level 1 − alpha.
    p_value : float
        Of the paired test, by itself.
    p_adjusted : float
        Corrected for the number of comparisons by Holm's method.
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
    """What `compare` returns.

    Attributes
    ----------
    differences : list of Difference
        Every pair of recommenders on every metric.
    n_users : int
        Users on whom they were compared.
    alpha : float
        Probability, of finding any difference where there is none, that was accepted; the intervals are of level
        1 − alpha.
    """

    differences: list[Difference]
    n_users: int
    alpha: float

    @property
    def real(self) -> list[Difference]:
        """The differences that are more than chance: those with ``p_adjusted <= alpha``."""
        return [difference for difference in self.differences if difference.p_adjusted <= self.alpha]

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Return a frame with a column for each attribute of `Difference`.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}
            The library of the frame, which must be installed.
        """
        columns = zip(*self.differences, strict=True)
        kinds = [object] * 3 + [np.float64] * 5
        arrays = [np.array(values, dtype=kind) for values, kind in zip(columns, kinds, strict=True)]
        return to_frame(dict(zip(Difference._fields, arrays, strict=True)), backend)

    def __str__(self) -> str:
        count = "1 comparison" if len(self.differences) == 1 else f"{len(self.differences)} comparisons"
        lines = [f"{self.n_users:,} users, {count}; {100 * (1 - self.alpha):g}% intervals, p adjusted by Holm's method"]
        for one in self.differences:
            word = "higher" if one.difference > 0 else "lower"
            verdict = f"{one.first} is {word}" if one.p_adjusted <= self.alpha else "no difference beyond chance"
            lines.append(
                f"{one.metric}: {one.first} − {one.second} = {one.difference:+.4f} [{one.low:+.4f}, {one.high:+.4f}], "
                f"adjusted p = {one.p_adjusted:.4g}: {verdict}"
            )
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"Comparison({len(self.differences)} differences, {len(self.real)} beyond chance)"


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
    """Tell which differences between recommenders are more than chance.

    Every pair of recommenders is tested on every metric, user by user; the p-values are corrected together by Holm's
    method, so that with probability 1 − alpha none of the differences found is chance.

    Parameters
    ----------
    evaluations : mapping of names to Evaluation, or Evaluation
        Evaluations of the same users; or the first of two.
    other : Evaluation, optional
        The second of two, which are then called ``"a"`` and ``"b"``.
    metrics : iterable of str, optional
        What to compare; by default every metric by user that all evaluations have.
    test : {"permutation", "t"}
        Random flips of the signs of the differences [1]_, which assumes nothing of their distribution; or Student's
        paired t.
    alpha : float
        Accepted probability of finding any difference where there is none, between 0 and 1.
    n_resamples : int
        Flips of the permutation test: the least p-value is 1 / (n_resamples + 1), and as many times that as there are
        comparisons the least that is adjusted.
    random_state : int, optional
        Seed.
    n_threads : int, optional
        Threads; what Numba has by default. The result does not depend on it.

    Returns
    -------
    Comparison

    Raises
    ------
    DataError
        The evaluations are of different users, or of one user only, who does not show how differences vary.
    ValueError
        There are not two evaluations, or no metric that all have; ``alpha`` or ``n_resamples`` is out of range.
    TypeError
        What is given is neither two evaluations nor a mapping of names to evaluations.

    Warns
    -----
    UserWarning
        There are so many comparisons for so few resamples that nothing can be found.

    References
    ----------
    .. [1] Smucker, Allan & Carterette (2007), A comparison of statistical significance tests for information retrieval
       evaluation, CIKM.
    .. [2] Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6.

    Examples
    --------
    >>> from recokit.metrics import evaluate
    >>> test = {user: [user] for user in range(10)}
    >>> first = evaluate({user: [user, -1] for user in test}, test)
    >>> second = evaluate({user: [-1, user] for user in test}, test)
    >>> result = compare({"first": first, "second": second}, metrics=["mrr@10", "recall@10"])
    >>> [(one.metric, one.difference) for one in result.real]
    [('mrr@10', 0.5)]
    >>> print(result)
    10 users, 2 comparisons; 95% intervals, p adjusted by Holm's method
    mrr@10: first − second = +0.5000 [+0.5000, +0.5000], adjusted p = 0.0032: first is higher
    recall@10: first − second = +0.0000 [+0.0000, +0.0000], adjusted p = 1: no difference beyond chance
    """
    evaluations = _named(evaluations, other)
    _check_options(test, alpha, n_resamples)
    names = _common_metrics(evaluations, metrics)
    values = _aligned(evaluations, names)
    labels = [(metric, first, second) for first, second in combinations(evaluations, 2) for metric in names]
    differences = np.hstack([values[first] - values[second] for first, second in combinations(evaluations, 2)])
    _refuse_few(differences, labels)
    threads = thread_count(n_threads)
    if test == "t":
        p_values = t_p_values(differences)
    else:
        _warn_of_few(n_resamples, len(labels), alpha)
        p_values = permutation_p_values(differences, n_resamples, random_state, threads)
    resampled = bootstrap_means(differences, _N_BOOTSTRAPS, random_state, threads)
    low, high = np.nanquantile(resampled, [alpha / 2, 1 - alpha / 2], axis=0)
    columns = np.nanmean(differences, axis=0), low, high, p_values, holm(p_values)
    rows = zip(labels, *(column.tolist() for column in columns), strict=True)
    return Comparison([Difference(*label, *numbers) for label, *numbers in rows], len(differences), alpha)


def _check_options(test: str, alpha: float, n_resamples: int) -> None:
    if test not in ("permutation", "t"):
        raise ValueError(f"test={test!r}: expected 'permutation' or 't'")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha={alpha!r}: expected a probability between 0 and 1")
    given: Any = n_resamples
    if not isinstance(given, Integral) or given < 1:
        raise ValueError(f"n_resamples={n_resamples!r}: expected a whole number from 1")


def _refuse_few(differences: FloatArray, labels: list[tuple[str, str, str]]) -> None:
    """Refuse differences of one user, or of none who has a value in both."""
    for label, count in zip(labels, np.count_nonzero(~np.isnan(differences), axis=0).tolist(), strict=True):
        if count < 2:
            metric, first, second = label
            raise DataError(
                f"{count} user(s) with a value of {metric} in both {first} and {second}: expected two or more, as one "
                "does not show how differences vary"
            )


def _warn_of_few(n_resamples: int, n_comparisons: int, alpha: float) -> None:
    """Warn where the least p-value that there can be is too great when it is corrected."""
    least = n_comparisons / (n_resamples + 1)
    if least > alpha:
        warnings.warn(
            f"no difference can be found: with n_resamples={n_resamples} and {n_comparisons} comparisons no adjusted "
            f"p-value is below {least:.3g}, and alpha={alpha:g}; n_resamples={math.ceil(n_comparisons / alpha) - 1} or "
            "more are needed, or fewer comparisons",
            stacklevel=3,
        )


def _named(evaluations: "Mapping[str, Evaluation] | Evaluation", other: Evaluation | None) -> Mapping[str, Evaluation]:
    """Return the evaluations by name."""
    if isinstance(evaluations, Evaluation):
        evaluations, other = {"a": evaluations} | ({} if other is None else {"b": other}), None
    given = list(evaluations.values()) if isinstance(evaluations, Mapping) else [evaluations]
    strange = [type(one).__name__ for one in given if not isinstance(one, Evaluation)]
    if strange or other is not None:
        raise TypeError(
            "compare takes two evaluations, compare(a, b), or evaluations by name, compare({name: evaluation, …}); "
            f"got {', '.join(strange) or 'a mapping and a further evaluation'}"
        )
    if len(evaluations) < 2:
        raise ValueError("compare needs two evaluations: compare(a, b) or compare({name: evaluation, …})")
    return evaluations


def _common_metrics(evaluations: Mapping[str, Evaluation], metrics: Iterable[str] | None) -> list[str]:
    shared = [
        metric
        for metric in next(iter(evaluations.values())).per_user
        if all(metric in evaluation.per_user for evaluation in evaluations.values())
    ]
    asked = shared if metrics is None else [metrics] if isinstance(metrics, str) else list(metrics)
    lacking = [metric for metric in asked if metric not in shared]
    if lacking or not asked:
        raise ValueError(f"cannot compare {lacking or 'nothing'}; the metrics by user that all have: {shared}")
    return asked


def _aligned(evaluations: Mapping[str, Evaluation], metrics: list[str]) -> dict[str, FloatArray]:
    """Return the values of the users in one order: (n_users, n_metrics) of each evaluation."""
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
    """Return the p-values of Student's paired test; 1 where there is no difference at all."""
    greatest = np.nanmax(np.abs(differences), axis=0)
    varied = np.nanmax(differences, axis=0) - np.nanmin(differences, axis=0) > 1e-12 * greatest
    p_values = np.where(greatest > 0, 0.0, 1.0)
    p_values[varied] = stats.ttest_1samp(differences[:, varied], 0.0, nan_policy="omit").pvalue
    return p_values


def holm(p_values: FloatArray) -> FloatArray:
    """Correct p-values for being many: the r-th least of m counts m − r + 1 times, and no less than a lesser one."""
    order = np.argsort(p_values)
    stepped = p_values[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return adjusted
