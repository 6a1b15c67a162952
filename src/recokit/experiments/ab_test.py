"""A/B tests: uplift and sample size."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from recokit._runtime.arguments import check_count, check_number, check_probability, check_seed
from recokit._runtime.html import html_table
from recokit._typing import FloatArray
from recokit.data._events import read_numbers
from recokit.exceptions import DataError

__all__ = ["Uplift", "sample_size", "uplift"]


@dataclass(frozen=True)
class Uplift:
    """Estimated uplift of a treatment over a control.

    Attributes
    ----------
    control, treatment : float
        Mean of each group: its conversion rate, or the mean outcome of its visitors.
    n_control, n_treatment : int
        Number of visitors in each group.
    difference : float
        ``treatment`` − ``control``.
    interval : (float, float)
        Confidence interval of the difference.
    relative : float
        ``difference`` / ``control``; NaN if the control is 0.
    relative_interval : (float, float)
        Confidence interval of ``relative``; NaN if it is not defined.
    p_value : float
        Two-sided p-value of no difference. It is NaN, like the intervals, if neither group varies and they differ.
    confidence : float
        Level of the intervals.

    See Also
    --------
    recokit.experiments.uplift : Estimate the uplift of a treatment over a control in an A/B test.

    Examples
    --------
    >>> from recokit.experiments import uplift
    >>> result = uplift((200, 4000), (260, 4000))
    >>> result.control, result.treatment, round(result.relative, 2)
    (0.05, 0.065, 0.3)
    """

    control: float
    treatment: float
    n_control: int
    n_treatment: int
    difference: float
    interval: tuple[float, float]
    relative: float
    relative_interval: tuple[float, float]
    p_value: float
    confidence: float

    def __str__(self) -> str:
        (low, high), (least, most) = self.interval, self.relative_interval
        return (
            f"{self.treatment:.4g} against {self.control:.4g}: {self.difference:+.4g} [{low:+.4g}, {high:+.4g}], "
            f"{self.relative:+.1%} [{least:+.1%}, {most:+.1%}] ({self.confidence:.0%}), p = {self.p_value:.3g}"
        )

    def _repr_html_(self) -> str:
        (low, high), (least, most) = self.interval, self.relative_interval
        rows = [
            ["treatment", f"{self.treatment:.4g}", f"{self.n_treatment:,} visitors"],
            ["control", f"{self.control:.4g}", f"{self.n_control:,} visitors"],
            ["difference", f"{self.difference:+.4g}", f"{low:+.4g} to {high:+.4g}"],
            ["relative", f"{self.relative:+.1%}", f"{least:+.1%} to {most:+.1%}"],
        ]
        columns = ["", "estimate", f"{self.confidence:.0%} interval"]
        return html_table("uplift", columns, rows, f"p = {self.p_value:.3g}")


def uplift(
    control: Any, treatment: Any, *, confidence: float = 0.95, n_resamples: int = 9999, random_state: int | None = 0
) -> Uplift:
    r"""Estimate the uplift of a treatment over a control in an A/B test.

    Conversions are compared as two proportions: the interval of the difference is Newcombe's hybrid of Wilson's score
    intervals [1]_, the interval of the ratio is Katz's [2]_, and the p-value is from the pooled z-test. Other outcomes,
    such as the revenue of a visitor, are compared as means: both intervals are percentiles of a bootstrap of the two
    groups, and the p-value is from Welch's t-test.

    Parameters
    ----------
    control, treatment : (conversions, visitors), (n,) array-like, or mapping of visitors to outcomes
        A tuple of two integers; or the outcome of each visitor, including outcomes of 0. Outcomes that are all 0 or 1
        are conversions.
    confidence : float
        Level of the intervals.
    n_resamples : int
        Number of resamples of the bootstrap.
    random_state : int, optional
        Seed of the bootstrap.

    Returns
    -------
    Uplift

    Raises
    ------
    DataError
        A group is empty, has an outcome that is not finite, or has more conversions than visitors; a group whose means
        are compared has only one visitor; or conversions and visitors are not a tuple.
    ValueError
        The confidence is not between 0 and 1, or ``n_resamples`` is not an integer of at least 1.

    See Also
    --------
    recokit.experiments.sample_size : Return the number of visitors that each group of an A/B test needs.
    recokit.experiments.Uplift : Estimated uplift of a treatment over a control.
    recokit.metrics.compare : Find the significant differences between recommenders evaluated on the same users.

    References
    ----------
    .. [1] R. G. Newcombe (1998). Interval estimation for the difference between independent proportions: comparison of
       eleven methods. Statistics in Medicine 17.
    .. [2] D. Katz, J. Baptista, S. P. Azen, M. C. Pike (1978). Obtaining confidence intervals for the risk ratio in
       cohort studies. Biometrics 34.

    Examples
    --------
    >>> print(uplift((200, 4000), (260, 4000)))
    0.065 against 0.05: +0.015 [+0.004799, +0.02525], +30.0% [+8.7%, +55.5%] (95%), p = 0.00396
    """
    check_probability(confidence, "confidence")
    check_count(n_resamples, "n_resamples")
    random_state = check_seed(random_state)
    a, b = _group(control, "control"), _group(treatment, "treatment")
    if a.conversions is not None and b.conversions is not None:
        return _compare_proportions(a.conversions, a.size, b.conversions, b.size, confidence)
    return _compare_means(a, b, confidence, n_resamples, random_state)


def sample_size(
    control: float,
    treatment: float,
    *,
    standard_deviation: float | None = None,
    alpha: float = 0.05,
    power: float = 0.8,
    two_sided: bool = True,
) -> int:
    r"""Return the number of visitors that each group of an A/B test needs.

    For conversion rates it is

    .. math:: n = \left\lceil \frac{\left(z_{1-\alpha/2} \sqrt{2 \bar p (1 - \bar p)} + z_{\mathrm{power}}
        \sqrt{p_1 (1 - p_1) + p_2 (1 - p_2)}\right)^2}{(p_1 - p_2)^2} \right\rceil, \qquad \bar p = \frac{p_1 + p_2}{2}

    and for means of outcomes with the standard deviation σ in both groups

    .. math:: n = \left\lceil \frac{2 \sigma^2 (z_{1-\alpha/2} + z_{\mathrm{power}})^2}{(\mu_1 - \mu_2)^2} \right\rceil

    from the normal approximation, which is accurate for the hundreds of visitors of usual tests.

    Parameters
    ----------
    control, treatment : float
        Conversion rates, between 0 and 1, with the smallest difference that the test must detect. With
        ``standard_deviation`` they are means.
    standard_deviation : float, optional
        Standard deviation of the outcome of a visitor, such as revenue, including outcomes of 0. None: the outcomes are
        conversions.
    alpha : float
        Probability of finding a difference if there is none.
    power : float
        Probability of finding the difference.
    two_sided : bool
        Whether the test detects differences in both directions.

    Returns
    -------
    int
        Number of visitors in one group.

    Raises
    ------
    ValueError
        A probability or the standard deviation is out of range, a mean is not finite, or control and treatment are
        equal.

    See Also
    --------
    recokit.experiments.uplift : Estimate the uplift of a treatment over a control in an A/B test.

    References
    ----------
    .. [1] J. L. Fleiss, B. Levin, M. C. Paik (2003). Statistical methods for rates and proportions, section 4.2.
    .. [2] S.-C. Chow, J. Shao, H. Wang (2008). Sample size calculations in clinical research, section 3.2.

    Examples
    --------
    >>> sample_size(0.05, 0.06)
    8158
    >>> sample_size(3.0, 3.3, standard_deviation=12.0)
    25117
    """
    given = {"alpha": alpha, "power": power}
    if standard_deviation is None:
        given |= {"control": control, "treatment": treatment}
    else:
        check_number(control, "control")
        check_number(treatment, "treatment")
        check_number(standard_deviation, "standard_deviation", above=0)
    for name, value in given.items():
        check_probability(value, name)
    if control == treatment:
        raise ValueError(f"control and treatment are both {control}: no sample size can detect a difference of 0")
    null_spread, spread = _spreads(control, treatment, standard_deviation)
    normal = NormalDist()
    reach = normal.inv_cdf(1 - alpha / (2 if two_sided else 1)) * null_spread + normal.inv_cdf(power) * spread
    return math.ceil((reach / (control - treatment)) ** 2)


def _spreads(control: float, treatment: float, standard_deviation: float | None) -> tuple[float, float]:
    """Return √n times the standard error of the difference, without a difference and with the given one."""
    if standard_deviation is not None:
        return math.sqrt(2) * standard_deviation, math.sqrt(2) * standard_deviation
    mean = (control + treatment) / 2
    return math.sqrt(2 * mean * (1 - mean)), math.sqrt(control * (1 - control) + treatment * (1 - treatment))


class _Group(NamedTuple):
    """The visitors of a group: their number, their conversions if the outcomes are binary, and their outcomes."""

    size: int
    conversions: int | None
    outcomes: FloatArray


def _group(given: Any, name: str) -> _Group:
    if isinstance(given, tuple) and len(given) == 2:
        conversions, visitors = given
        are_integers = all(isinstance(number, int | np.integer) for number in given)
        if not are_integers or not 0 <= conversions <= visitors or visitors < 1:
            raise DataError(
                f"{name}={given}: expected (conversions, visitors), two integers, with conversions of at most visitors"
            )
        ones = np.zeros(int(visitors))
        ones[: int(conversions)] = 1
        return _Group(int(visitors), int(conversions), ones)
    if isinstance(given, Mapping):  # the outcome of each visitor
        given = list(given.values())
    outcomes = read_numbers(given, name)
    if len(outcomes) == 0:
        raise DataError(f"{name}: the group has no visitors")
    if len(outcomes) == 2 and all(isinstance(number, int | np.integer) for number in given) and max(given) > 1:
        first, second = given
        raise DataError(
            f"{name}: the two integers {list(given)} are ambiguous: pass conversions and visitors as a tuple, "
            f"({first}, {second}), and the outcomes of two visitors as floats"
        )
    binary = bool(np.all((outcomes == 0) | (outcomes == 1)))
    return _Group(len(outcomes), int(outcomes.sum()) if binary else None, outcomes)


def _compare_proportions(x1: int, n1: int, x2: int, n2: int, confidence: float) -> Uplift:
    p1, p2, z = x1 / n1, x2 / n2, NormalDist().inv_cdf((1 + confidence) / 2)
    (low1, high1), (low2, high2) = _wilson(x1, n1, z), _wilson(x2, n2, z)
    low = p2 - p1 - math.hypot(p2 - low2, high1 - p1)
    high = p2 - p1 + math.hypot(high2 - p2, p1 - low1)
    ratio = (math.nan, math.nan)
    if x1 and x2:
        spread = z * math.sqrt((1 - p1) / x1 + (1 - p2) / x2)
        ratio = (p2 / p1 * math.exp(-spread) - 1, p2 / p1 * math.exp(spread) - 1)
    pooled = (x1 + x2) / (n1 + n2)
    error = math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    p_value = 2 * NormalDist().cdf(-abs(p2 - p1) / error) if error > 0 else 1.0
    relative = (p2 - p1) / p1 if x1 else math.nan
    return Uplift(p1, p2, n1, n2, p2 - p1, (low, high), relative, ratio, p_value, confidence)


def _wilson(x: int, n: int, z: float) -> tuple[float, float]:
    """Return Wilson's score interval of a proportion."""
    p, spread = x / n, z**2 / n
    center = (p + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(p * (1 - p) / n + spread / (4 * n))
    return max(0.0, center - half), min(1.0, center + half)


def _compare_means(a: _Group, b: _Group, confidence: float, n_resamples: int, random_state: int | None) -> Uplift:
    for group, name in ((a, "control"), (b, "treatment")):
        if group.size < 2:
            raise DataError(f"{name}: expected two or more visitors, to estimate the variance of the outcomes, got one")
    generators = np.random.default_rng(random_state).spawn(2)
    resampled = [
        _resampled_means(group.outcomes, n_resamples, rng) for group, rng in zip((a, b), generators, strict=True)
    ]
    tails = (1 - confidence) / 2, (1 + confidence) / 2
    first, second = float(a.outcomes.mean()), float(b.outcomes.mean())
    relative = (second - first) / first if first != 0 else math.nan
    interval = bounds = (math.nan, math.nan)
    if np.ptp(a.outcomes) > 0 or np.ptp(b.outcomes) > 0:
        interval = _quantiles(resampled[1] - resampled[0], tails)
        if first != 0 and np.all(resampled[0] * np.sign(first) > 0):
            bounds = _quantiles(resampled[1] / resampled[0] - 1, tails)
    p_value = _welch(a.outcomes, b.outcomes)
    return Uplift(first, second, a.size, b.size, second - first, interval, relative, bounds, p_value, confidence)


def _quantiles(values: FloatArray, tails: tuple[float, float]) -> tuple[float, float]:
    low, high = np.quantile(values, tails).tolist()
    return low, high


def _resampled_means(outcomes: FloatArray, n_resamples: int, rng: np.random.Generator) -> FloatArray:
    """Return the means of bootstrap resamples.

    The most frequent outcome, usually the 0 of visitors that bought nothing, is not drawn visitor by visitor: its
    number in a resample is binomial.
    """
    distinct, counts = np.unique(outcomes, return_counts=True)
    mode = distinct[np.argmax(counts)]
    others = outcomes[outcomes != mode] - mode
    if len(others) == 0:
        return np.full(n_resamples, mode)
    sizes = rng.binomial(len(outcomes), len(others) / len(outcomes), size=n_resamples)
    sums = [others[rng.integers(len(others), size=size)].sum() for size in sizes]
    means: FloatArray = mode + np.array(sums) / len(outcomes)
    return means


def _welch(a: FloatArray, b: FloatArray) -> float:
    """Return the p-value of Welch's t-test; without variance 1 if the groups are equal, else NaN."""
    if np.ptp(a) == 0 and np.ptp(b) == 0:
        return 1.0 if a[0] == b[0] else math.nan
    return float(stats.ttest_ind(b, a, equal_var=False).pvalue)
