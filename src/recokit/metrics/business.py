"""Business metrics of lists: revenue and margin of the hits."""

from typing import Any

from recokit.metrics import _hits
from recokit.metrics._context import Context, read_item_values
from recokit.metrics._measure import mean_over_users
from recokit.metrics._metric import REGISTRY, Definition, HitMeasure, Metric
from recokit.metrics._pairing import Missing

__all__ = ["margin_at_k", "revenue_at_k"]

REGISTRY.update(
    revenue=Definition(HitMeasure(_hits.revenue), has_parts=True),
    margin=Definition(HitMeasure(_hits.margin), has_parts=True),
)


def revenue_at_k(
    recommendations: Any,
    test: Any,
    k: int | None = None,
    *,
    prices: Any = None,
    threshold: float | None = None,
    missing: Missing = "skip",
) -> float:
    r"""Return the mean over users of the revenue from the hits in the first k places.

    .. math:: \mathrm{revenue@}k = \frac{1}{|U|} \sum_{u \in U} \sum_{i \in L_u^k \cap R_u} v_{ui}

    with v the price of the item, or the test value of the pair with ``prices="test"``. The revenue of a user without a
    hit or without a list is 0. In `recokit.metrics.evaluate` the name is ``revenue@k``.

    Parameters
    ----------
    recommendations, test, k, threshold, missing
        As in `recokit.metrics.precision`.
    prices : mapping of item ids to prices, pandas Series, frame with the columns item_id and price, or "test"
        Price of each item; the index of a Series contains the items. "test": the values of the test set are the revenue
        of the pairs, such as the amounts that the users paid. Quantities and ratings are not.

    Returns
    -------
    float
        In the unit of the prices.

    Raises
    ------
    DataError
        An item among the hits has no price, a price is not finite, or an item of the frame repeats; or as in
        `recokit.metrics.precision`.
    ValueError
        There are no prices.

    See Also
    --------
    recokit.metrics.margin_at_k : Return the mean over users of the margin from the hits in the first k places.
    recokit.metrics.evaluate : Compute metrics of the lists of all users.

    References
    ----------
    .. [1] D. Jannach, M. Jugovac (2019). Measuring the business value of recommender systems. ACM TMIS 10(4).

    Examples
    --------
    >>> lists = {"ann": ["tea", "cup"], "bob": ["tea", "pot"]}
    >>> revenue_at_k(
    ...     lists, {"ann": ["tea"], "bob": ["pot"]}, k=2, prices={"tea": 4.0, "pot": 20.0}
    ... )
    12.0
    >>> revenue_at_k(lists, {"ann": {"tea": 3.5}, "bob": {"pot": 18.0}}, k=2, prices="test")
    10.75
    """
    context = Context(prices=read_item_values(prices, "price"))
    return mean_over_users(recommendations, test, Metric("revenue", k), threshold, missing, context=context)


def margin_at_k(
    recommendations: Any,
    test: Any,
    k: int | None = None,
    *,
    margins: Any = None,
    threshold: float | None = None,
    missing: Missing = "skip",
) -> float:
    """Return the mean over users of the margin from the hits in the first k places.

    The definition is that of `revenue_at_k`, with margins as values. In `recokit.metrics.evaluate` the name is
    ``margin@k``.

    Parameters
    ----------
    recommendations, test, k, threshold, missing
        As in `revenue_at_k`.
    margins : mapping of item ids to margins, pandas Series, frame with the columns item_id and margin, or "test"
        Margin of each item, possibly negative; the index of a Series contains the items. "test": the values of the test
        set are the margins of the pairs.

    Returns
    -------
    float
        In the unit of the margins.

    Raises
    ------
    DataError, ValueError
        As in `revenue_at_k`.

    See Also
    --------
    recokit.metrics.revenue_at_k : Return the mean over users of the revenue from the hits in the first k places.
    recokit.metrics.evaluate : Compute metrics of the lists of all users.

    References
    ----------
    .. [1] D. Jannach, M. Jugovac (2019). Measuring the business value of recommender systems. ACM TMIS 10(4).

    Examples
    --------
    >>> margin_at_k(
    ...     {"ann": ["tea", "cup"]},
    ...     {"ann": ["tea", "cup"]},
    ...     k=2,
    ...     margins={"tea": 1.5, "cup": -0.5},
    ... )
    1.0
    """
    context = Context(margins=read_item_values(margins, "margin"))
    return mean_over_users(recommendations, test, Metric("margin", k), threshold, missing, context=context)
