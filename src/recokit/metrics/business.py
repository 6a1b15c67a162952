"""What a shop counts: conversion, repeat purchases, revenue of lists; and whether a change was worth it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy import stats

from recokit._columns import to_values
from recokit._frames import column, is_frame, plain
from recokit._threads import thread_count
from recokit._typing import FloatArray
from recokit.exceptions import DataError, first_few
from recokit.interactions import IdIndex, Interactions
from recokit.metrics._hits import hits_of, mean_by_user
from recokit.metrics._resampling import bootstrap_means

__all__ = [
    "Uplift",
    "conversion_rate",
    "margin_at_k",
    "repeat_purchase_rate",
    "revenue_at_k",
    "sample_size",
    "uplift",
]


def conversion_rate(visitors: Any, buyers: Any) -> float:
    r"""Return which share of the visitors became buyers.

    .. math:: \frac{|V \cap B|}{|V|}

    People count once, however often they came or bought. Buyers who were no visitors do not count.

    Parameters
    ----------
    visitors, buyers : array-like of user ids, frame with the column user_id, or Interactions
        Who came, and who bought.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    DataError
        There are no visitors, or an id is missing.

    Examples
    --------
    >>> conversion_rate(["ann", "bob", "cy", "cy"], ["cy", "eve"])
    0.3333333333333333
    """
    came, bought = _people(visitors, "visitors"), _people(buyers, "buyers")
    if len(came) == 0:
        raise DataError("there are no visitors, so there is no rate")
    return float(np.count_nonzero(bought.codes(came) >= 0) / len(came)) if len(bought) else 0.0


def repeat_purchase_rate(buyers: Any, orders: Any = None, *, times: int = 2) -> float:
    r"""Return which share of the buyers bought again.

    .. math:: \frac{|\{u : n_u \ge \mathrm{times}\}|}{|\{u : n_u \ge 1\}|}

    with :math:`n_u` the number of orders of user u.

    Parameters
    ----------
    buyers : array-like of user ids, or frame with the column user_id and perhaps order_id
        One row for each order, or for each line of an order.
    orders : array-like of order ids, optional
        The order of each row: the lines of an order are one purchase. By default each row is an order of its own,
        unless a frame has the column order_id.
    times : int
        How many orders make a buyer a repeated one.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    DataError
        There are no buyers, an id is missing, or the numbers of rows differ.
    ValueError
        ``times`` is less than 2.

    Examples
    --------
    >>> repeat_purchase_rate(["ann", "ann", "bob", "cy", "cy"], orders=[1, 1, 2, 3, 4])
    0.3333333333333333
    """
    if times < 2:
        raise ValueError(f"times={times}: expected at least 2")
    if is_frame(buyers):
        names = buyers.column_names if hasattr(buyers, "column_names") else buyers.columns
        orders = column(buyers, "order_id") if orders is None and "order_id" in names else orders
        buyers = column(buyers, "user_id")
    users, codes = IdIndex.factorize(plain(buyers, "buyers"), "buyers")
    if len(users) == 0:
        raise DataError("there are no buyers, so there is no rate")
    if orders is not None:
        _, order_codes = IdIndex.factorize(plain(orders, "orders"), "orders")
        if len(order_codes) != len(codes):
            raise DataError(f"{len(order_codes)} orders for {len(codes)} rows of buyers")
        codes = np.unique(np.column_stack([codes, order_codes]), axis=0)[:, 0]
    return float(np.mean(np.bincount(codes, minlength=len(users)) >= times))


def revenue_at_k(
    recommendations: Any,
    test: Any,
    k: int | None = None,
    *,
    prices: Any = None,
    threshold: float | None = None,
    missing: Literal["skip", "zero"] = "skip",
) -> float:
    r"""Return the revenue of a user that the first k places of the list foresaw.

    .. math:: \mathrm{revenue@}k = \frac{1}{|U|} \sum_{u \in U} \sum_{i \in L_u^k \cap R_u} v_{ui}

    with v the price of the item, or what the test set says of the pair.

    Parameters
    ----------
    recommendations, test, k, threshold, missing
        As in `recokit.metrics.precision`.
    prices : mapping of item ids to prices, or frame with the columns item_id and price, optional
        What an item brings; by default the values of the test set are what the pairs brought.

    Returns
    -------
    float
        In the unit of the prices.

    Raises
    ------
    DataError
        An item that was hit has no price, or a price is no finite number; or as in `recokit.metrics.precision`.

    Examples
    --------
    >>> lists = {"ann": ["tea", "cup"], "bob": ["tea", "pot"]}
    >>> revenue_at_k(lists, {"ann": ["tea"], "bob": ["pot"]}, k=2, prices={"tea": 4.0, "pot": 20.0})
    12.0
    """
    return _earned(recommendations, test, k, prices, "price", threshold, missing)


def margin_at_k(
    recommendations: Any,
    test: Any,
    k: int | None = None,
    *,
    margins: Any = None,
    threshold: float | None = None,
    missing: Literal["skip", "zero"] = "skip",
) -> float:
    """Return the margin of a user that the first k places of the list foresaw: `revenue_at_k`, of margins.

    Parameters
    ----------
    recommendations, test, k, threshold, missing
        As in `revenue_at_k`.
    margins : mapping of item ids to margins, or frame with the columns item_id and margin, optional
        What is left of the price of an item, which may be negative; by default the values of the test set.

    Returns
    -------
    float
        In the unit of the margins.

    Raises
    ------
    DataError
        As in `revenue_at_k`.

    Examples
    --------
    >>> margin_at_k({"ann": ["tea", "cup"]}, {"ann": ["tea", "cup"]}, k=2, margins={"tea": 1.5, "cup": -0.5})
    1.0
    """
    return _earned(recommendations, test, k, margins, "margin", threshold, missing)


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
        Of no difference, two-sided.
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
        A pair of two whole numbers; or the outcome of each visitor, those of 0 included. Outcomes that are all 0 or 1
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
        A group is empty, has an outcome that is no finite number, or more conversions than visitors.
    ValueError
        The confidence is not between 0 and 1.

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
    a, b = _group(control, "control"), _group(treatment, "treatment")
    if a.conversions is not None and b.conversions is not None:
        return _of_proportions(a.conversions, a.size, b.conversions, b.size, confidence)
    return _of_means(a.outcomes, b.outcomes, confidence, n_resamples, random_state)


def sample_size(
    control: float, treatment: float, *, alpha: float = 0.05, power: float = 0.8, two_sided: bool = True
) -> int:
    r"""Return how many visitors each group of a test needs to find a difference of two conversion rates.

    .. math:: n = \left\lceil \frac{\left(z_{1-\alpha/2} \sqrt{2 \bar p (1 - \bar p)} + z_{\mathrm{power}}
        \sqrt{p_1 (1 - p_1) + p_2 (1 - p_2)}\right)^2}{(p_1 - p_2)^2} \right\rceil, \qquad \bar p = \frac{p_1 + p_2}{2}

    Parameters
    ----------
    control, treatment : float
        The rate there is, and the least one that is to be found, between 0 and 1.
    alpha : float
        Accepted probability of finding a difference where there is none.
    power : float
        Probability of finding it where there is one.
    two_sided : bool
        Whether a lower rate is to be found too.

    Returns
    -------
    int
        Visitors of one group.

    Raises
    ------
    ValueError
        A probability is out of range, or the rates are equal.

    References
    ----------
    .. [1] J. L. Fleiss, B. Levin, M. C. Paik (2003). Statistical methods for rates and proportions, section 4.2.

    Examples
    --------
    >>> sample_size(0.05, 0.06)
    8158
    """
    given = {"control": control, "treatment": treatment, "alpha": alpha, "power": power}
    for name, value in given.items():
        if not 0 < value < 1:
            raise ValueError(f"{name}={value}: expected a probability between 0 and 1")
    if control == treatment:
        raise ValueError(f"control and treatment are both {control}: no number of visitors tells them apart")
    normal, middle = NormalDist(), (control + treatment) / 2
    chance = normal.inv_cdf(1 - alpha / (2 if two_sided else 1)) * math.sqrt(2 * middle * (1 - middle))
    spread = normal.inv_cdf(power) * math.sqrt(control * (1 - control) + treatment * (1 - treatment))
    return math.ceil(((chance + spread) / (control - treatment)) ** 2)


# ---------------------------------------------------------------------- reading


def _people(given: Any, name: str) -> IdIndex:
    """Return who is named, each once; of interactions, those who have some."""
    if isinstance(given, Interactions):
        return IdIndex(given.users.take(np.flatnonzero(np.diff(given.indptr))), name=name)
    return IdIndex.factorize(column(given, "user_id") if is_frame(given) else plain(given, name), name)[0]


def _earned(
    recommendations: Any,
    test: Any,
    k: int | None,
    worth: Any,
    name: str,
    threshold: float | None,
    missing: Literal["skip", "zero"],
) -> float:
    """Return the mean over users of what their hits brought."""
    hits = hits_of(recommendations, test, k, threshold, missing)
    values = hits.values if worth is None else _worth_of(hits.items.take(hits.item_codes).tolist(), worth, name)
    return mean_by_user(hits, values)


def _worth_of(items: list[Any], worth: Any, name: str) -> FloatArray:
    """Return what each item is worth."""
    if is_frame(worth):
        ids = column(worth, "item_id")
        worth = dict(zip(ids.tolist() if hasattr(ids, "tolist") else list(ids), column(worth, name), strict=True))
    if not isinstance(worth, Mapping):
        raise DataError(f"{name}s: expected a mapping of item ids to numbers, or a frame with item_id and {name}")
    lacking = list(dict.fromkeys(item for item in items if item not in worth))
    if lacking:
        raise DataError(f"{len(lacking)} item(s) that were hit have no {name}: {first_few(lacking)}")
    values: FloatArray = to_values([worth[item] for item in items], f"{name}s").astype(np.float64)
    return values


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
    outcomes = np.asarray(to_values(plain(given, name), name), dtype=np.float64)
    if len(outcomes) == 0:
        raise DataError(f"{name}: nobody is in this group")
    binary = bool(np.all((outcomes == 0) | (outcomes == 1)))
    return _Group(len(outcomes), int(outcomes.sum()) if binary else None, outcomes)


# ---------------------------------------------------------------------- comparing


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


def _of_means(a: FloatArray, b: FloatArray, confidence: float, n_resamples: int, random_state: int | None) -> Uplift:
    seeds = np.random.default_rng(random_state).integers(2**31, size=2).tolist()
    resampled = [
        bootstrap_means(each[:, None], n_resamples, seed, thread_count(None))[:, 0]
        for each, seed in zip((a, b), seeds, strict=True)
    ]
    tails = (1 - confidence) / 2, (1 + confidence) / 2
    first, second = float(a.mean()), float(b.mean())
    low, high = np.quantile(resampled[1] - resampled[0], tails).tolist()
    relative, bounds = math.nan, (math.nan, math.nan)
    if first != 0:
        relative = (second - first) / first
        if np.all(resampled[0] * np.sign(first) > 0):
            least, most = np.quantile(resampled[1] / resampled[0] - 1, tails).tolist()
            bounds = (least, most)
    constant = np.ptp(a) == 0 and np.ptp(b) == 0
    p_value = float(first == second) if constant or min(len(a), len(b)) < 2 else _welch(a, b)
    return Uplift(
        first, second, len(a), len(b), second - first, (low, high), relative, bounds, p_value, confidence
    )  # fmt: skip


def _welch(a: FloatArray, b: FloatArray) -> float:
    return float(stats.ttest_ind(b, a, equal_var=False).pvalue)
