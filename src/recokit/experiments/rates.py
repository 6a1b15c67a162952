"""Rates of visitors and buyers: conversion and repeat purchases."""

import warnings
from numbers import Integral
from typing import Any

import numpy as np

from recokit._runtime.warnings import levels_inside
from recokit.data._events import have_different_types, read_user_ids
from recokit.data._frames import column, column_names, is_frame, plain
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
        Users that visited, and users that bought; repetitions are allowed.

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
        No buyer is among the visitors, and the ids of only one side are strings.

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
    if have_different_types(visitor_ids, buyer_ids):
        warnings.warn(
            "none of the buyers is among the visitors, and the ids of only one side are strings; convert them to the "
            "same type",
            stacklevel=levels_inside(),
        )
    return float(np.count_nonzero(buyer_ids.codes(visitor_ids) >= 0) / len(visitor_ids)) if len(buyer_ids) else 0.0


def repeat_purchase_rate(buyers: Any, orders: Any = None, *, times: int = 2) -> float:
    r"""Return the repeat purchase rate: the share of the buyers with several orders.

    .. math:: \frac{|\{u : n_u \ge \mathrm{times}\}|}{|\{u : n_u \ge 1\}|}

    with :math:`n_u` the number of orders of user u.

    Parameters
    ----------
    buyers : array-like of user ids, or frame with the column user_id and optionally order_id
        One row for each order, or for each line of an order.
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

    References
    ----------
    .. [1] A. S. C. Ehrenberg (1988). Repeat-buying: facts, theory and applications. Oxford University Press.

    Examples
    --------
    >>> repeat_purchase_rate(["ann", "ann", "bob", "cy", "cy"], orders=[1, 1, 2, 3, 4])
    0.3333333333333333
    """
    given: Any = times
    if not isinstance(given, Integral) or given < 2:
        raise ValueError(f"times={times!r}: expected an integer of at least 2")
    if is_frame(buyers):
        if orders is None and "order_id" in column_names(buyers):
            orders = column(buyers, "order_id")
        buyers = column(buyers, "user_id")
    users, codes = IdIndex.factorize(plain(buyers, "buyers"), "buyers")
    if len(users) == 0:
        raise DataError("no buyers: the repeat purchase rate is not defined")
    if orders is not None:
        _, order_codes = IdIndex.factorize(plain(orders, "orders"), "orders")
        if len(order_codes) != len(codes):
            raise DataError(f"{len(order_codes)} orders for {len(codes)} rows of buyers")
        codes = np.unique(np.column_stack([codes, order_codes]), axis=0)[:, 0]
    return float(np.mean(np.bincount(codes, minlength=len(users)) >= times))
