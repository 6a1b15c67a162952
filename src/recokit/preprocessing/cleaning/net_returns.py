"""NetReturns: subtract returns from the purchases before them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np

from recokit._typing import AnyArray, BoolArray, FloatArray, IntArray
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError, first_few
from recokit.kernels.cleaning import match_returns
from recokit.preprocessing._rows import coded_parts, in_order
from recokit.preprocessing.cleaning._shared import (
    RuleText,
    by_pair,
    changes,
    count,
    example,
    names,
    pairs_of,
    removing,
    ticks_of,
)
from recokit.preprocessing.cleaning.rule import RuleResult

if TYPE_CHECKING:
    from recokit.preprocessing.event_log import EventLog

__all__ = ["NetReturns"]

_NETTED, _IN_PART, _TOO_MUCH, _BEFORE, _NO_PURCHASE, _NO_IDS, _NOTHING = range(7)
_STATUS = (
    "netted",
    "netted in part",  # of the returned quantity: the rest exceeds the purchases
    "exceeds purchases",
    "before purchase",
    "without purchase",
    "without user or item",
    "quantity 0",
)


@dataclass(frozen=True, repr=False)
class NetReturns(RuleText):
    """Subtract returns from earlier purchases of the same user and item, latest first, and remove the returns.

    A return is an event of a kind in ``events``, a purchase in an order whose id begins with ``order_prefix``, or a
    purchase with a negative quantity. A purchase that is returned completely is removed; the quantity of a purchase
    that is returned in part is reduced. Missing quantities count as 1. Without times, every purchase of the pair counts
    as earlier; a missing time counts as the latest.

    All returns are removed. The report counts returns that match no purchase by reason, and
    ``report.details("NetReturns")`` lists every return: refunds before the first purchase of the pair (its purchase may
    precede the log), returns without any purchase, and quantities that exceed the purchases.

    Parameters
    ----------
    order_prefix : str, optional
        Beginning of the ids of return orders; None if order ids do not show returns.
    negative_quantity : bool
        Purchases with a negative quantity are returns.
    events : str or sequence of str
        Kinds of events that are returns.
    purchases : str or sequence of str
        Kinds of events that are purchases.

    Raises
    ------
    ValueError
        A parameter has the wrong type, or a kind is in both ``events`` and ``purchases``.
    DataError
        The ids of all orders begin with the prefix (`apply`).

    See Also
    --------
    recokit.preprocessing.DropDuplicates :
        Remove exact repeats: events with the same values in all columns, within a window of time.
    recokit.preprocessing.ClipQuantities : Limit quantities above a number or a quantile to it.
    recokit.preprocessing.CleaningReport : Report of `EventLog.clean`; ``print`` and notebooks show it as a table.

    Examples
    --------
    >>> from recokit import EventLog
    >>> log = EventLog.from_frame(
    ...     {
    ...         "user_id": ["ann", "ann", "bob"],
    ...         "item_id": ["tea", "tea", "cup"],
    ...         "order_id": ["17", "C18", "C19"],
    ...         "quantity": [3, -1, -2],
    ...         "timestamp": ["2024-05-01", "2024-05-08", "2024-05-09"],
    ...     }
    ... )
    >>> cleaned, report = log.clean(NetReturns())
    >>> cleaned.quantities
    array([2.])
    >>> report.details("NetReturns")["status"].tolist()
    ['netted', 'without purchase']
    >>> NetReturns().apply(log).removed.tolist()
    [False, True, True]
    """

    order_prefix: str | None = "C"
    negative_quantity: bool = True
    events: tuple[str, ...] | str = ("return",)
    purchases: tuple[str, ...] | str = ("purchase",)
    remedy: ClassVar[str] = (
        "check order_prefix= and events=, which say what a return is, and that the log covers the purchases"
    )

    def __post_init__(self) -> None:
        if self.order_prefix is not None and (not isinstance(self.order_prefix, str) or not self.order_prefix):
            raise ValueError(f"order_prefix={self.order_prefix!r}: expected text such as 'C', or None")
        object.__setattr__(self, "events", names(self.events, "events"))
        object.__setattr__(self, "purchases", names(self.purchases, "purchases"))
        both = set(self.events) & set(self.purchases)
        if both:
            raise ValueError(f"{first_few(sorted(both))} is both in events and in purchases")

    def apply(self, log: "EventLog") -> RuleResult:
        """Return the purchases that were kept, and all other events."""
        is_return = self._returns(log)
        if not np.any(is_return):
            return RuleResult(log, is_return, notes=("no returns found",))
        amounts = np.ones(len(log)) if log.quantities is None else np.abs(np.nan_to_num(log.quantities, nan=1.0))
        is_purchase = log.is_kind(*self.purchases) & ~is_return & (amounts > 0)
        netted = _net(log, is_purchase, is_return, amounts)
        gone = is_purchase & (netted.left == 0)
        reduced = is_purchase & ~gone & (netted.left < amounts)
        removed = is_return | gone
        cleaned = removing(log, removed)
        if np.any(reduced) and log.quantities is not None:
            quantities = np.where(reduced, netted.left, log.quantities)
            cleaned = in_order(cleaned.with_columns(quantities=quantities[~removed]))
        returns = np.flatnonzero(is_return)
        status, left = netted.status[returns], netted.left[returns]
        notes = [f"{count(int(gone.sum()), 'purchase')} removed, {int(reduced.sum()):,} reduced"]
        notes += _notes(log, returns, status)
        details = _details(log, returns, amounts[returns], left, status)
        return RuleResult(cleaned, removed, int(reduced.sum()), tuple(notes), details)

    def _returns(self, log: "EventLog") -> BoolArray:
        """Return a mask of the returns."""
        found = log.is_kind(*self.events)
        bought = log.is_kind(*self.purchases)
        if self.negative_quantity and log.quantities is not None:
            found |= bought & (log.quantities < 0)
        if self.order_prefix is not None and log.orders is not None and log.order_codes is not None and len(log.orders):
            prefixed = _begin_with(log.orders, self.order_prefix)
            if np.all(prefixed[log.order_codes[bought & (log.order_codes >= 0)]]) and np.any(bought & ~found):
                raise DataError(
                    f"NetReturns: the ids of all orders begin with order_prefix={self.order_prefix!r}, such as "
                    f"{first_few(log.orders)}; give the prefix of returns, or None"
                )
            found |= bought & np.append(prefixed, False)[log.order_codes]
        return found


def _begin_with(orders: IdIndex, prefix: str) -> BoolArray:
    """Return whether each order id, as text, begins with a prefix."""
    texts = orders.ids.astype(np.dtypes.StringDType())
    found: BoolArray = np.strings.startswith(texts, prefix)
    return found


class _Netted(NamedTuple):
    """Remaining quantity and status of each event of a log."""

    left: FloatArray
    status: IntArray


def _net(log: "EventLog", is_purchase: BoolArray, is_return: BoolArray, amounts: FloatArray) -> _Netted:
    left, status = amounts.copy(), np.full(len(log), _NO_PURCHASE)
    status[(log.user_codes < 0) | (log.item_codes < 0)] = _NO_IDS
    status[amounts == 0] = _NOTHING
    usable = (is_purchase | is_return) & (status == _NO_PURCHASE)
    rows = _rows_to_match(log, np.flatnonzero(usable), is_return)
    if len(rows) == 0:
        return _Netted(left, status)
    pairs, returned = pairs_of(log, rows), is_return[rows]
    rest, previous = np.empty(len(rows)), np.empty(len(rows), dtype=np.int64)
    match_returns(pairs, returned, amounts[rows], rest, previous)
    left[rows] = rest
    n_purchases = np.cumsum(~returned)
    first = np.flatnonzero(changes(pairs))
    n_earlier: IntArray = n_purchases - (n_purchases[first] - ~returned[first])[pairs]
    n_of_pair = np.bincount(pairs, weights=~returned)[pairs]
    found = np.where(rest == 0, _NETTED, np.where(rest < amounts[rows], _IN_PART, _TOO_MUCH))
    found[(found == _TOO_MUCH) & (n_earlier == 0)] = _BEFORE
    found[(found == _BEFORE) & (n_of_pair == 0)] = _NO_PURCHASE
    status[rows] = found
    return _Netted(left, status)


def _rows_to_match(log: "EventLog", rows: IntArray, is_return: BoolArray) -> IntArray:
    """Return the rows of pairs with a return, by pair and time; at the same time, purchases come first."""
    rows = by_pair(log, rows)
    pairs = pairs_of(log, rows)
    rows = rows[(np.bincount(pairs, weights=is_return[rows]) > 0)[pairs]] if len(rows) else rows
    pairs = pairs_of(log, rows)
    ticks = np.zeros(len(log), dtype=np.int64) if log.times is None else ticks_of(log, "NetReturns", missing=1)
    return rows[np.lexsort([np.arange(len(rows)), is_return[rows], ticks[rows], pairs])]


def _notes(log: "EventLog", returns: IntArray, status: IntArray) -> Iterator[str]:
    for code, name in enumerate(_STATUS):
        rows = returns[status == code]
        if len(rows):
            yield f"{count(len(rows), 'return')} {name}, such as {example(log, rows[0])}"


def _details(
    log: "EventLog", returns: IntArray, amounts: FloatArray, left: FloatArray, status: IntArray
) -> dict[str, AnyArray]:
    """Return a table of the returns in the order of the log."""
    parts = coded_parts(log.take(returns, keep_ids=True))
    columns = {f"{name}_id": parts[name].column() for name in ("user", "item")}
    if log.times is not None:
        columns["timestamp"] = log.times[returns]
    columns |= {"quantity": amounts, "netted": amounts - left}
    if log.prices is not None:
        columns["unmatched_value"] = left * np.nan_to_num(log.prices[returns])
    return columns | {"status": np.array(_STATUS, dtype=object)[status]}
