"""Off-policy evaluation: inverse propensity scores and the doubly robust estimator."""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from recokit._runtime.arguments import check_number, check_probability
from recokit._runtime.html import html_table
from recokit._typing import FloatArray
from recokit.data._columns import check_lengths, refuse
from recokit.data._events import read_numbers
from recokit.exceptions import DataError

__all__ = ["PolicyValue", "doubly_robust", "ips", "snips"]

_LARGEST_WEIGHT = 1e100  # squares of larger weights may overflow


@dataclass(frozen=True)
class PolicyValue:
    r"""Estimated value of a policy, from the log of another policy.

    Attributes
    ----------
    value : float
        Mean reward of an exposure under the policy.
    standard_error : float
        Standard error of the value; NaN for a single exposure, and in `snips` if only one exposure has a weight above
        0.
    interval : (float, float)
        Normal confidence interval of the value.
    confidence : float
        Level of the interval.
    n_exposures : int
        Number of exposures in the log.
    mean_weight : float
        Mean of the weights w. It is near 1 if the log covers all actions of the policy. Far from 1, the log does not
        support a conclusion, or the propensities are wrong.
    effective_sample_size : float
        :math:`(\sum w)^2 / \sum w^2`: the number of exposures under the policy itself with the same information.

    See Also
    --------
    recokit.experiments.ips : Estimate the mean reward of a policy by inverse propensity scores (IPS).
    recokit.experiments.snips :
        Estimate the mean reward of a policy by self-normalized inverse propensity scores (SNIPS).
    recokit.experiments.doubly_robust :
        Estimate the mean reward of a policy by a model of the rewards, corrected by `ips` (doubly robust).

    Examples
    --------
    >>> from recokit.experiments import ips
    >>> value = ips(
    ...     rewards=[1, 0, 1], propensities=[0.5, 0.5, 0.5], probabilities=[0.5, 0.5, 0.5]
    ... )
    >>> round(value.value, 3), value.n_exposures
    (0.667, 3)
    """

    value: float
    standard_error: float
    interval: tuple[float, float]
    confidence: float
    n_exposures: int
    mean_weight: float
    effective_sample_size: float

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        low, high = self.interval
        return (
            f"{self.value:.4f} [{low:.4f}, {high:.4f}] ({self.confidence:.0%}) from {self.n_exposures:,} exposures "
            f"worth {self.effective_sample_size:,.1f}; mean weight {self.mean_weight:.3f}"
        )

    def _repr_html_(self) -> str:
        low, high = self.interval
        rows = [
            ["value", f"{self.value:.4f}"],
            [f"{self.confidence:.0%} interval", f"{low:.4f} to {high:.4f}"],
            ["standard error", f"{self.standard_error:.4f}"],
            ["exposures", f"{self.n_exposures:,}"],
            ["effective sample size", f"{self.effective_sample_size:,.1f}"],
            ["mean weight", f"{self.mean_weight:.3f}"],
        ]
        return html_table("value of a policy", ["", "estimate"], rows)


def ips(
    rewards: Any, propensities: Any, probabilities: Any, *, clip: float | None = None, confidence: float = 0.95
) -> PolicyValue:
    r"""Estimate the mean reward of a policy by inverse propensity scores (IPS).

    .. math:: \hat V = \frac{1}{n} \sum_i w_i r_i, \qquad w_i = \pi(a_i \mid x_i) / p_i

    The estimate is unbiased if the logging policy can take every action of the policy. Its variance grows with the
    variance of the weights.

    Parameters
    ----------
    rewards : (n,) array-like
        Reward r of each logged exposure, such as a click or revenue.
    propensities : (n,) array-like
        Propensity p: the probability, above 0, that the logging policy shows the item that it showed.
    probabilities : (n,) array-like
        Probability π that the policy shows the same item; 1 or 0 for a deterministic policy.
    clip : float, optional
        Highest weight. Clipping lowers the variance at the price of a bias towards 0.
    confidence : float
        Level of the interval, between 0 and 1.

    Returns
    -------
    PolicyValue

    Raises
    ------
    DataError
        The log is empty, the lengths differ, or a value is not finite or not a probability.
    ValueError
        ``clip`` or ``confidence`` is out of range.

    See Also
    --------
    recokit.experiments.snips :
        Estimate the mean reward of a policy by self-normalized inverse propensity scores (SNIPS).
    recokit.experiments.doubly_robust :
        Estimate the mean reward of a policy by a model of the rewards, corrected by `ips` (doubly robust).
    recokit.experiments.PolicyValue : Estimated value of a policy, from the log of another policy.

    References
    ----------
    .. [1] D. G. Horvitz, D. J. Thompson (1952). A generalization of sampling without replacement from a finite
       universe. JASA 47(260).
    .. [2] L. Li et al. (2011). Unbiased offline evaluation of contextual-bandit-based news article recommendation
       algorithms. WSDM.

    Examples
    --------
    >>> print(
    ...     ips(
    ...         rewards=[1, 0, 1, 0],
    ...         propensities=[0.5, 0.5, 0.25, 0.25],
    ...         probabilities=[0.5, 0.5, 0.5, 0.0],
    ...     )
    ... )
    0.7500 [-0.1883, 1.6883] (95%) from 4 exposures worth 2.7; mean weight 1.000
    """
    log = _read_log(rewards=rewards, propensities=propensities, probabilities=probabilities)
    weights = _weights(log, clip)
    return _mean_of_terms(weights * log["rewards"], weights, confidence)


def snips(
    rewards: Any, propensities: Any, probabilities: Any, *, clip: float | None = None, confidence: float = 0.95
) -> PolicyValue:
    r"""Estimate the mean reward of a policy by self-normalized inverse propensity scores (SNIPS).

    .. math:: \hat V = \sum_i w_i r_i \Big/ \sum_i w_i

    with the weights of `ips`. The estimate is within the range of the rewards, and a constant added to the rewards
    shifts it by that constant. Its bias vanishes as the log grows. The standard error is from the delta method,
    :math:`\sqrt{\sum_i w_i^2 (r_i - \hat V)^2} / \sum_i w_i`. It is NaN if only one exposure has a weight above 0, and
    too low if few exposures have most of the weight: check the effective sample size.

    Parameters
    ----------
    rewards, propensities, probabilities, clip, confidence
        As in `ips`.

    Returns
    -------
    PolicyValue

    Raises
    ------
    DataError, ValueError
        As in `ips`; or all weights are 0.

    See Also
    --------
    recokit.experiments.ips : Estimate the mean reward of a policy by inverse propensity scores (IPS).
    recokit.experiments.doubly_robust :
        Estimate the mean reward of a policy by a model of the rewards, corrected by `ips` (doubly robust).
    recokit.experiments.PolicyValue : Estimated value of a policy, from the log of another policy.

    References
    ----------
    .. [1] A. Swaminathan, T. Joachims (2015). The self-normalized estimator for counterfactual learning. NeurIPS.

    Examples
    --------
    >>> float(
    ...     snips(
    ...         rewards=[1, 0, 1],
    ...         propensities=[0.5, 0.5, 0.25],
    ...         probabilities=[0.5, 0.5, 0.5],
    ...     )
    ... )
    0.75
    """
    log = _read_log(rewards=rewards, propensities=propensities, probabilities=probabilities)
    weights = _weights(log, clip)
    total = float(weights.sum())
    if total == 0:
        raise DataError("probabilities: all weights are 0, because the policy would show none of the logged items")
    value = float(weights @ log["rewards"]) / total
    deviations = weights * (log["rewards"] - value)
    error = math.sqrt(float(deviations @ deviations)) / total if np.count_nonzero(weights) > 1 else math.nan
    return _result(value, error, weights, confidence)


def doubly_robust(
    rewards: Any,
    propensities: Any,
    probabilities: Any,
    predicted: Any,
    expected: Any,
    *,
    clip: float | None = None,
    confidence: float = 0.95,
) -> PolicyValue:
    r"""Estimate the mean reward of a policy by a model of the rewards, corrected by `ips` (doubly robust).

    .. math:: \hat V = \frac{1}{n} \sum_i \Big[ \hat q(x_i, \pi) + w_i \big(r_i - \hat q(x_i, a_i)\big) \Big]

    with the weights of `ips`. The estimate is correct if the propensities or the model are correct, and a good model
    lowers the variance compared with `ips`. Fit the model on other data than the log.

    Parameters
    ----------
    rewards, propensities, probabilities, clip, confidence
        As in `ips`.
    predicted : (n,) array-like
        :math:`\hat q(x_i, a_i)`: predicted reward of the item that was shown.
    expected : (n,) array-like
        :math:`\hat q(x_i, \pi) = \sum_a \pi(a \mid x_i) \hat q(x_i, a)`: predicted reward under the policy.

    Returns
    -------
    PolicyValue

    Raises
    ------
    DataError, ValueError
        As in `ips`.

    See Also
    --------
    recokit.experiments.ips : Estimate the mean reward of a policy by inverse propensity scores (IPS).
    recokit.experiments.snips :
        Estimate the mean reward of a policy by self-normalized inverse propensity scores (SNIPS).
    recokit.experiments.PolicyValue : Estimated value of a policy, from the log of another policy.

    References
    ----------
    .. [1] M. Dudík, J. Langford, L. Li (2011). Doubly robust policy evaluation and learning. ICML.

    Examples
    --------
    >>> log = {"rewards": [1, 0], "propensities": [0.5, 0.5], "probabilities": [1.0, 0.0]}
    >>> round(float(doubly_robust(**log, predicted=[0.8, 0.3], expected=[0.8, 0.6])), 6)
    0.9
    """
    columns = {"rewards": rewards, "propensities": propensities, "probabilities": probabilities}
    log = _read_log(**columns, predicted=predicted, expected=expected)
    weights = _weights(log, clip)
    return _mean_of_terms(log["expected"] + weights * (log["rewards"] - log["predicted"]), weights, confidence)


def _read_log(**columns: Any) -> dict[str, FloatArray]:
    """Return the columns of a log as checked arrays."""
    log = {name: read_numbers(values, name) for name, values in columns.items()}
    check_lengths(dict(log))
    refuse(log["propensities"], (log["propensities"] <= 0) | (log["propensities"] > 1), "propensities", "(0, 1]")
    refuse(log["probabilities"], (log["probabilities"] < 0) | (log["probabilities"] > 1), "probabilities", "[0, 1]")
    return log


def _weights(log: dict[str, FloatArray], clip: float | None) -> FloatArray:
    if clip is not None and clip != math.inf:
        check_number(clip, "clip", above=0)
    weights = log["probabilities"] / log["propensities"]
    refuse(weights, weights > _LARGEST_WEIGHT, "probabilities / propensities", f"[0, {_LARGEST_WEIGHT:g}]")
    return weights if clip is None else np.minimum(weights, clip)


def _mean_of_terms(terms: FloatArray, weights: FloatArray, confidence: float) -> PolicyValue:
    """Return the mean of independent terms and its standard error."""
    error = float(terms.std(ddof=1)) / math.sqrt(len(terms)) if len(terms) > 1 else math.nan
    return _result(float(terms.mean()), error, weights, confidence)


def _result(value: float, error: float, weights: FloatArray, confidence: float) -> PolicyValue:
    check_probability(confidence, "confidence")
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * error
    squares = float(weights @ weights)
    effective = float(weights.sum()) ** 2 / squares if squares > 0 else 0.0
    interval = value - reach, value + reach
    return PolicyValue(value, error, interval, confidence, len(weights), float(weights.mean()), effective)
