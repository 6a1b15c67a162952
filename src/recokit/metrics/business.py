"""What a shop counts: conversion, repeat purchases, and what lists earn."""

from collections.abc import Mapping
from numbers import Integral
from typing import Any

import numpy as np

from recokit._frames import column, is_frame, plain
from recokit._typing import FloatArray
from recokit.exceptions import DataError, first_few
from recokit.interactions import IdIndex, Interactions
from recokit.metrics._hits import hits_of, mean_by_user
from recokit.metrics._metric import Missing
from recokit.metrics._numbers import to_numbers

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
        ``times`` is no whole number from 2.

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
        An item that was hit has no price, a price is no finite number, or an item of the frame repeats; or as in
        `recokit.metrics.precision`.

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
    missing: Missing = "skip",
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


def _people(given: Any, name: str) -> IdIndex:
    """Return who is named, each once; of interactions, those who have some."""
    if isinstance(given, str | bytes):
        raise DataError(f"{name}: expected user ids, got the one string {given!r}")
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
    missing: Missing,
) -> float:
    """Return the mean over users of what their hits brought."""
    hits = hits_of(recommendations, test, k, threshold, missing)
    values = hits.values if worth is None else _worth_of(hits.items.take(hits.item_codes).tolist(), worth, name)
    return mean_by_user(hits, values)


def _worth_of(items: list[Any], worth: Any, name: str) -> FloatArray:
    """Return what each item is worth."""
    if is_frame(worth):
        ids, numbers = IdIndex(column(worth, "item_id"), name=f"items of the {name}s"), column(worth, name)
        worth = dict(zip(ids, numbers, strict=True))
    if not isinstance(worth, Mapping):
        raise DataError(f"{name}s: expected a mapping of item ids to numbers, or a frame with item_id and {name}")
    lacking = list(dict.fromkeys(item for item in items if item not in worth))
    if lacking:
        raise DataError(f"{len(lacking)} item(s) that were hit have no {name}: {first_few(lacking)}")
    return to_numbers([worth[item] for item in items], f"{name}s")
