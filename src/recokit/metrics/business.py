"""What a shop counts: conversion, repeat purchases, and what lists earn."""

import warnings
from numbers import Integral
from typing import Any

import numpy as np

from recokit.data._frames import column, is_frame, plain
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError
from recokit.metrics._background import Background, worth_by_item
from recokit.metrics._measure import mean_over_users
from recokit.metrics._metric import Metric
from recokit.metrics._pairing import Missing, have_other_types

__all__ = ["conversion_rate", "margin_at_k", "repeat_purchase_rate", "revenue_at_k"]


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

    Warns
    -----
    UserWarning
        No buyer is among the visitors, and the ids of one side are strings and those of the other are not.

    References
    ----------
    .. [1] W. W. Moe, P. S. Fader (2004). Dynamic conversion behavior at e-commerce sites. Management Science 50(3).

    Examples
    --------
    >>> conversion_rate(["ann", "bob", "cy", "cy"], ["cy", "eve"])
    0.3333333333333333
    """
    came, bought = _people(visitors, "visitors"), _people(buyers, "buyers")
    if len(came) == 0:
        raise DataError("there are no visitors, so there is no rate")
    if have_other_types(came, bought):
        warnings.warn(
            "none of the buyers is among the visitors, and only the ids of one side are strings; make them of one type",
            stacklevel=2,
        )
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
        ``times`` is no whole number from 2.

    References
    ----------
    .. [1] A. S. C. Ehrenberg (1988). Repeat-buying: facts, theory and applications. Oxford University Press.

    Examples
    --------
    >>> repeat_purchase_rate(["ann", "ann", "bob", "cy", "cy"], orders=[1, 1, 2, 3, 4])
    0.3333333333333333
    """
    least: Any = times
    if not isinstance(least, Integral) or least < 2:
        raise ValueError(f"times={times!r}: expected a whole number from 2")
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
    missing: Missing = "skip",
) -> float:
    r"""Return the revenue of a user that the first k places of the list foresaw.

    .. math:: \mathrm{revenue@}k = \frac{1}{|U|} \sum_{u \in U} \sum_{i \in L_u^k \cap R_u} v_{ui}

    with v the price of the item, or what the test set says of the pair. A user without a hit, or without a list, brings
    0. In `recokit.metrics.evaluate` it is called ``revenue@k``.

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
        An item that was hit has no price, a price is no finite number, or an item of the frame repeats; or as in
        `recokit.metrics.precision`.

    References
    ----------
    .. [1] D. Jannach, M. Jugovac (2019). Measuring the business value of recommender systems. ACM TMIS 10(4).

    Examples
    --------
    >>> lists = {"ann": ["tea", "cup"], "bob": ["tea", "pot"]}
    >>> revenue_at_k(lists, {"ann": ["tea"], "bob": ["pot"]}, k=2, prices={"tea": 4.0, "pot": 20.0})
    12.0
    """
    background = Background(prices=worth_by_item(prices, "price"))
    return mean_over_users(recommendations, test, Metric("revenue", k), threshold, missing, background=background)


def margin_at_k(
    recommendations: Any,
    test: Any,
    k: int | None = None,
    *,
    margins: Any = None,
    threshold: float | None = None,
    missing: Missing = "skip",
) -> float:
    """Return the margin of a user that the first k places of the list foresaw: `revenue_at_k`, of margins.

    In `recokit.metrics.evaluate` it is called ``margin@k``.

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

    References
    ----------
    .. [1] D. Jannach, M. Jugovac (2019). Measuring the business value of recommender systems. ACM TMIS 10(4).

    Examples
    --------
    >>> margin_at_k({"ann": ["tea", "cup"]}, {"ann": ["tea", "cup"]}, k=2, margins={"tea": 1.5, "cup": -0.5})
    1.0
    """
    background = Background(margins=worth_by_item(margins, "margin"))
    return mean_over_users(recommendations, test, Metric("margin", k), threshold, missing, background=background)


def _people(given: Any, name: str) -> IdIndex:
    """Return who is named, each once; of interactions, those who have some."""
    if isinstance(given, str | bytes):
        raise DataError(f"{name}: expected user ids, got the one string {given!r}")
    if isinstance(given, Interactions):
        return IdIndex(given.users.take(np.flatnonzero(np.diff(given.indptr))), name=name)
    return IdIndex.factorize(column(given, "user_id") if is_frame(given) else plain(given, name), name)[0]
