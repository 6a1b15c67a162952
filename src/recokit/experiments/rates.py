"""Rates of visitors and buyers: conversion and repeat purchases."""

import warnings
from collections.abc import Mapping, Set
from typing import Any

import numpy as np

from recokit._runtime.arguments import check_count
from recokit._runtime.warnings import levels_inside
from recokit.data._events import read_user_ids
from recokit.data._frames import column, column_names, is_frame, is_pandas, plain
from recokit.data._id_forms import describe_mismatch
from recokit.data._keyed import id_column
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError

__all__ = ["conversion_rate", "repeat_purchase_rate"]


def conversion_rate(visitors: Any, buyers: Any) -> float:
    r"""Return the conversion rate: the share of the visitors that bought.

    .. math:: \frac{|V \cap B|}{|V|}

    Each visitor and each buyer counts once. Buyers that are not among the visitors do not count.

    Parameters
    ----------
    visitors, buyers : array-like of user ids, frame with the column user_id, or Interactions
        Users that visited, and users that bought; repetitions are allowed. A pandas Series contains the ids as its
        values, or as its index if the name of the index is user_id.

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
        No buyer is among the visitors.

    See Also
    --------
    recokit.experiments.repeat_purchase_rate :
        Return the repeat purchase rate: the share of the buyers with several orders.
    recokit.experiments.uplift : Estimate the uplift of a treatment over a control in an A/B test.

    References
    ----------
    .. [1] W. W. Moe, P. S. Fader (2004). Dynamic conversion behavior at e-commerce sites. Management Science 50(3).

    Examples
    --------
    >>> conversion_rate(["ann", "bob", "cy", "cy"], ["cy", "eve"])
    0.3333333333333333
    """
    visitor_ids, buyer_ids = read_user_ids(visitors, "visitors"), read_user_ids(buyers, "buyers")
    if len(visitor_ids) == 0:
        raise DataError("no visitors: the conversion rate is not defined")
    mismatch = describe_mismatch(visitor_ids, buyer_ids, ("the visitors", "the buyers"))
    if mismatch is not None:
        warnings.warn(f"none of the buyers is among the visitors: {mismatch}", stacklevel=levels_inside())
    return float(np.count_nonzero(buyer_ids.codes(visitor_ids) >= 0) / len(visitor_ids)) if len(buyer_ids) else 0.0


def repeat_purchase_rate(buyers: Any, orders: Any = None, *, times: int = 2) -> float:
    r"""Return the repeat purchase rate: the share of the buyers with several orders.

    .. math:: \frac{|\{u : n_u \ge \mathrm{times}\}|}{|\{u : n_u \ge 1\}|}

    with :math:`n_u` the number of orders of user u.

    Parameters
    ----------
    buyers : array-like of user ids, or frame with the column user_id and optionally order_id
        One row for each order, or for each line of an order. A frame can be a mapping of its columns. A pandas Series
        whose index is named user_id contains the order of each row.
    orders : array-like of order ids, optional
        Order of each row; the lines of an order count as one purchase. By default the column order_id of a frame, or
        else a separate order for each row.
    times : int
        Lowest number of orders of a repeat buyer.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    DataError
        There are no buyers, an id is missing, or the numbers of rows differ.
    ValueError
        ``times`` is not an integer of at least 2.

    See Also
    --------
    recokit.experiments.conversion_rate : Return the conversion rate: the share of the visitors that bought.

    References
    ----------
    .. [1] A. S. C. Ehrenberg (1988). Repeat-buying: facts, theory and applications. Oxford University Press.

    Examples
    --------
    >>> repeat_purchase_rate(["ann", "ann", "bob", "cy", "cy"], orders=[1, 1, 2, 3, 4])
    0.3333333333333333
    """
    check_count(times, "times", 2)
    buyers, orders = _order_rows(buyers, orders)
    users, codes = IdIndex.factorize(buyers, "buyers")
    if len(users) == 0:
        raise DataError("no buyers: the repeat purchase rate is not defined")
    if orders is not None:
        _, order_codes = IdIndex.factorize(plain(orders, "orders"), "orders")
        if len(order_codes) != len(codes):
            raise DataError(f"{len(order_codes)} orders for {len(codes)} rows of buyers")
        codes = np.unique(np.column_stack([codes, order_codes]), axis=0)[:, 0]
    return float(np.mean(np.bincount(codes, minlength=len(users)) >= times))


def _order_rows(buyers: Any, orders: Any) -> tuple[Any, Any]:
    """Return the user and the order of each row; the orders are None if each row is an order of its own."""
    if isinstance(buyers, Set) or buyers is None or (isinstance(buyers, Mapping) and "user_id" not in buyers):
        raise DataError(
            f"buyers: expected one row for each order, in a frame or an array of user ids, got {buyers!r:.80}"
        )
    is_by_user = is_pandas(buyers) and getattr(getattr(buyers, "index", None), "name", None) == "user_id"
    if is_by_user and not is_frame(buyers) and buyers.name != "user_id":
        if orders is not None or buyers.name != "order_id":
            raise DataError(
                f"buyers: the Series {buyers.name!r} has the index user_id; expected a Series of order ids with the "
                "name order_id, or one row for each order, such as orders[['user_id', 'order_id']]"
            )
        return plain(buyers.index, "buyers"), buyers
    if orders is None and "order_id" in column_names(buyers):
        orders = column(buyers, "order_id")
    return id_column(buyers, "user_id", "buyers"), orders
