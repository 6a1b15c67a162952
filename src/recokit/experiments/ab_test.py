"""What an experiment showed, and how many visitors it needs."""

import math
from dataclasses import dataclass
from numbers import Integral
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from recokit._typing import FloatArray
from recokit.data._columns import to_numbers
from recokit.exceptions import DataError

__all__ = ["Uplift", "sample_size", "uplift"]


@dataclass(frozen=True)
class Uplift:
    """What B did beyond A.

    Attributes
    ----------
    control, treatment : float
        The mean of A and of B: a conversion rate, or the mean outcome of a visitor.
    n_control, n_treatment : int
        Visitors of each.
    difference : float
        ``treatment`` − ``control``.
    interval : (float, float)
        Confidence interval of the difference.
    relative : float
        ``difference`` / ``control``; NaN where the control is 0.
    relative_interval : (float, float)
        Its confidence interval; NaN where it is not defined.
    p_value : float
        Of no difference, two-sided; NaN, as the intervals, where the outcomes of neither group vary and yet differ.
    confidence : float
        Level of the intervals.
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


def uplift(
    control: Any, treatment: Any, *, confidence: float = 0.95, n_resamples: int = 9999, random_state: int | None = 0
) -> Uplift:
    r"""Return what B did beyond A in an experiment, and how sure that is.

    Conversions are compared as two proportions: the interval of the difference is Newcombe's hybrid of Wilson's scores
    [1]_, that of the ratio is Katz's [2]_, and the p-value is that of the pooled z test. Other outcomes, such as the
    revenue of a visitor, are compared as means: both intervals are percentiles of a bootstrap of the two groups, and
    the p-value is that of Welch's t test.

    Parameters
    ----------
    control, treatment : (conversions, visitors), or (n,) array-like
        A tuple of two whole numbers; or the outcome of each visitor, those of 0 included. Outcomes that are all 0 or 1
        are conversions.
    confidence : float
        Level of the intervals.
    n_resamples : int
        Resamples of the bootstrap.
    random_state : int, optional
        Its seed.

    Returns
    -------
    Uplift

    Raises
    ------
    DataError
        A group is empty, has an outcome that is no finite number, or more conversions than visitors; a group of
        which a mean is taken has one visitor only; or conversions and visitors are no tuple.
    ValueError
        The confidence is not between 0 and 1, or ``n_resamples`` is less than 1.

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
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}")
    resamples: Any = n_resamples
    if not isinstance(resamples, Integral) or resamples < 1:
        raise ValueError(f"n_resamples={n_resamples!r}: expected a whole number from 1")
    a, b = _group(control, "control"), _group(treatment, "treatment")
    if a.conversions is not None and b.conversions is not None:
        return _of_proportions(a.conversions, a.size, b.conversions, b.size, confidence)
    return _of_means(a, b, confidence, n_resamples, random_state)


def sample_size(
    control: float,
    treatment: float,
    *,
    standard_deviation: float | None = None,
    alpha: float = 0.05,
    power: float = 0.8,
    two_sided: bool = True,
) -> int:
    r"""Return how many visitors each group of a test needs to find a difference of two conversion rates, or two means.

    .. math:: n = \left\lceil \frac{\left(z_{1-\alpha/2} \sqrt{2 \bar p (1 - \bar p)} + z_{\mathrm{power}}
        \sqrt{p_1 (1 - p_1) + p_2 (1 - p_2)}\right)^2}{(p_1 - p_2)^2} \right\rceil, \qquad \bar p = \frac{p_1 + p_2}{2}

    for rates, and for means of outcomes whose standard deviation is σ in both groups

    .. math:: n = \left\lceil \frac{2 \sigma^2 (z_{1-\alpha/2} + z_{\mathrm{power}})^2}{(\mu_1 - \mu_2)^2} \right\rceil

    by the normal approximation, which holds for the hundreds of visitors that tests have.

    Parameters
    ----------
    control, treatment : float
        The rate there is, and the least one that is to be found, between 0 and 1; or with ``standard_deviation`` the
        means.
    standard_deviation : float, optional
        Of the outcome of a visitor, such as revenue, those of 0 included. None: the outcomes are conversions.
    alpha : float
        Accepted probability of finding a difference where there is none.
    power : float
        Probability of finding it where there is one.
    two_sided : bool
        Whether a lower rate or mean is to be found too.

    Returns
    -------
    int
        Visitors of one group.

    Raises
    ------
    ValueError
        A probability or the standard deviation is out of range, a mean is no finite number, or the two are equal.

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
    elif not (0 < standard_deviation < math.inf and math.isfinite(control) and math.isfinite(treatment)):
        numbers = f"control={control}, treatment={treatment}, standard_deviation={standard_deviation}"
        raise ValueError(f"{numbers}: expected finite numbers, the standard deviation above 0")
    for name, value in given.items():
        if not 0 < value < 1:
            raise ValueError(f"{name}={value}: expected a probability between 0 and 1")
    if control == treatment:
        raise ValueError(f"control and treatment are both {control}: no number of visitors tells them apart")
    chance, spread = _spreads(control, treatment, standard_deviation)
    normal = NormalDist()
    reach = normal.inv_cdf(1 - alpha / (2 if two_sided else 1)) * chance + normal.inv_cdf(power) * spread
    return math.ceil((reach / (control - treatment)) ** 2)


def _spreads(control: float, treatment: float, standard_deviation: float | None) -> tuple[float, float]:
    """Return √n times the standard error of the difference, if there is none and if there is the one given."""
    if standard_deviation is not None:
        return math.sqrt(2) * standard_deviation, math.sqrt(2) * standard_deviation
    middle = (control + treatment) / 2
    return math.sqrt(2 * middle * (1 - middle)), math.sqrt(control * (1 - control) + treatment * (1 - treatment))


class _Group(NamedTuple):
    """The outcomes of a group, or how many of its visitors converted."""

    size: int
    conversions: int | None
    outcomes: FloatArray


def _group(given: Any, name: str) -> _Group:
    if isinstance(given, tuple) and len(given) == 2:
        conversions, visitors = given
        whole = all(isinstance(number, int | np.integer) for number in given)
        if not whole or not 0 <= conversions <= visitors or visitors < 1:
            raise DataError(f"{name}={given}: expected (conversions, visitors), whole numbers, the first no greater")
        ones = np.zeros(int(visitors))
        ones[: int(conversions)] = 1
        return _Group(int(visitors), int(conversions), ones)
    outcomes = to_numbers(given, name)
    if len(outcomes) == 0:
        raise DataError(f"{name}: nobody is in this group")
    if len(outcomes) == 2 and all(isinstance(number, int | np.integer) for number in given) and max(given) > 1:
        raise DataError(
            f"{name}: two whole numbers, {list(given)}: write conversions and visitors as a tuple, "
            f"({given[0]}, {given[1]}), and the outcomes of two visitors with decimal points"
        )
    binary = bool(np.all((outcomes == 0) | (outcomes == 1)))
    return _Group(len(outcomes), int(outcomes.sum()) if binary else None, outcomes)


def _of_proportions(x1: int, n1: int, x2: int, n2: int, confidence: float) -> Uplift:
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
    middle = (p + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(p * (1 - p) / n + spread / (4 * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def _of_means(a: _Group, b: _Group, confidence: float, n_resamples: int, random_state: int | None) -> Uplift:
    for group, name in ((a, "control"), (b, "treatment")):
        if group.size < 2:
            raise DataError(f"{name}: one visitor does not show how outcomes vary; expected two or more")
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
    """Return the means of resamples, drawn with replacement.

    The commonest outcome, which as a rule is that of those who bought nothing, is not drawn visitor by visitor: how
    often it comes is binomial.
    """
    distinct, counts = np.unique(outcomes, return_counts=True)
    commonest = distinct[np.argmax(counts)]
    others = outcomes[outcomes != commonest] - commonest
    if len(others) == 0:
        return np.full(n_resamples, commonest)
    sizes = rng.binomial(len(outcomes), len(others) / len(outcomes), size=n_resamples)
    sums = [others[rng.integers(len(others), size=size)].sum() for size in sizes]
    means: FloatArray = commonest + np.array(sums) / len(outcomes)
    return means


def _welch(a: FloatArray, b: FloatArray) -> float:
    """Return the p-value of Welch's t test; 1 or NaN of outcomes that do not vary, the same or not."""
    if np.ptp(a) == 0 and np.ptp(b) == 0:
        return 1.0 if a[0] == b[0] else math.nan
    return float(stats.ttest_ind(b, a, equal_var=False).pvalue)
