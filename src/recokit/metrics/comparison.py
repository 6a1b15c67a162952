"""compare: which differences between recommenders are more than chance."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy import stats

from recokit._frames import Backend, to_frame
from recokit._threads import thread_count
from recokit._typing import FloatArray
from recokit.exceptions import DataError
from recokit.interactions import IdIndex
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
        Mean of the first less mean of the second.
    low, high : float
        Bootstrap interval of the difference.
    p_value : float
        Of the paired test, by itself.
    p_adjusted : float
        Corrected for the number of comparisons.
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
        Probability, of finding any difference where there is none, that was accepted.
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
        lines = [f"{self.n_users:,} users, {len(self.differences)} comparisons"]
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
        Accepted probability of finding any difference where there is none.
    n_resamples : int
        Flips of the permutation test: the least p-value is 1 / (n_resamples + 1).
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
        The evaluations are of different users.
    ValueError
        There are not two evaluations, or no metric that all have.
    TypeError
        What is given is neither two evaluations nor a mapping of names to evaluations.

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
    10 users, 2 comparisons
    mrr@10: first − second = +0.5000 [+0.5000, +0.5000], adjusted p = 0.0032: first is higher
    recall@10: first − second = +0.0000 [+0.0000, +0.0000], adjusted p = 1: no difference beyond chance
    """
    evaluations = _named(evaluations, other)
    if test not in ("permutation", "t"):
        raise ValueError(f"test={test!r}: expected 'permutation' or 't'")
    names = _common_metrics(evaluations, metrics)
    values = _aligned(evaluations, names)
    labels = [(metric, first, second) for first, second in combinations(evaluations, 2) for metric in names]
    differences = np.hstack([values[first] - values[second] for first, second in combinations(evaluations, 2)])
    threads = thread_count(n_threads)
    if test == "t":
        p_values = _t_p_values(differences)
    else:
        p_values = permutation_p_values(differences, n_resamples, random_state, threads)
    resampled = bootstrap_means(differences, _N_BOOTSTRAPS, random_state, threads)
    low, high = np.quantile(resampled, [alpha / 2, 1 - alpha / 2], axis=0)
    columns = differences.mean(axis=0), low, high, p_values, _holm(p_values)
    rows = zip(labels, *(column.tolist() for column in columns), strict=True)
    return Comparison([Difference(*label, *numbers) for label, *numbers in rows], len(differences), alpha)


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


def _t_p_values(differences: FloatArray) -> FloatArray:
    """Return the p-values of Student's paired test; 1 where there is no difference at all."""
    varied = np.ptp(differences, axis=0) > 1e-12 * np.abs(differences).max(axis=0)
    p_values = np.where(np.any(differences != 0, axis=0), 0.0, 1.0)
    p_values[varied] = stats.ttest_1samp(differences[:, varied], 0.0).pvalue
    return p_values


def _holm(p_values: FloatArray) -> FloatArray:
    """Correct p-values for being many: the r-th least of m counts m − r + 1 times, and no less than a lesser one."""
    order = np.argsort(p_values)
    stepped = p_values[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return adjusted
