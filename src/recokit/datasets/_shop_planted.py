"""Planted properties of the generated shop: bots, order lines, returns and duplicates, with their truth."""

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from recokit._typing import AnyArray, BoolArray, FloatArray, IntArray
from recokit.datasets._data import Columns
from recokit.datasets._shop_bots import BotEvents, make_bots
from recokit.datasets._shop_catalogue import Customers, Products, after
from recokit.datasets._shop_events import Events

__all__ = ["PURCHASE", "RETURN", "Lines", "Plan", "in_time_order", "n_bots", "plant", "with_bots"]

PURCHASE, RETURN = 2, 3
_DAY = np.timedelta64(86_400_000, "ms")
_SECOND = np.timedelta64(1_000, "ms")
_WITHOUT_PURCHASE = 0.06  # of the returns: before the purchase or without any
_WINDOW = 2  # seconds between an event and its duplicates


class Lines(NamedTuple):
    """Events with the columns of order lines and the planted truth.

    Attributes
    ----------
    users, items, kinds, times
        As in `Events`; users from the number of customers on are bots, and kind 3 is a return.
    orders : (n,) int64 array
        Number of the order of purchases and returns; −1 for other events.
    quantities : (n,) float64 array
        NaN for events without an order.
    ids : (n,) int64 array
        Distinct numbers of the events; a duplicate has −1.
    purchases : (n,) int64 array
        For returns, the id of the purchase, or −1.
    """

    users: IntArray
    items: IntArray
    kinds: IntArray
    times: AnyArray
    orders: IntArray
    quantities: FloatArray
    ids: IntArray
    purchases: IntArray

    def take(self, rows: IntArray) -> "Lines":
        """Return the lines of these rows."""
        return Lines._make(column[rows] for column in self)

    def append(self, other: "Lines") -> "Lines":
        """Return the lines of both."""
        return Lines._make(np.concatenate(pair) for pair in zip(self, other, strict=True))


class Plan(NamedTuple):
    """Planted properties.

    Attributes
    ----------
    orders : bool
        With orders.
    returns, duplicates : float
        Share of the purchases and of the events.
    n_bots : int
    """

    orders: bool
    returns: float
    duplicates: float
    n_bots: int


def n_bots(bots: float, n_users: int) -> int:
    """Return the number of bots of a number or of a share of the users below 1."""
    if not 0 <= bots < np.inf or (bots >= 1 and bots != int(bots)):
        raise ValueError(f"bots={bots!r}: expected a whole number, or a share of the users below 1")
    return int(bots) if bots >= 1 else round(bots * n_users)


def plant(
    events: Events, plan: Plan, customers: Customers, products: Products, rng: Generator
) -> tuple[Lines, list[str]]:
    """Return the lines with all planted properties, and the kind of each bot."""
    if not 0 <= plan.returns <= 0.5:
        raise ValueError(f"returns={plan.returns!r}: expected a share of the purchases from 0 to 0.5")
    if not 0 <= plan.duplicates <= 1:
        raise ValueError(f"duplicates={plan.duplicates!r}: expected a share of the events from 0 to 1")
    lines = _lines_of(events)
    bot_kinds: list[str] = []
    if plan.orders:
        lines = _add_orders(lines, products, rng)
    if plan.returns:
        lines = _add_returns(lines, plan.returns, rng)
    if plan.n_bots:
        bot_kinds, bots = make_bots(plan.n_bots, products, rng)
        lines = _add_bots(lines, bots, len(customers.days))
    if plan.duplicates:
        lines = _add_duplicates(lines, plan.duplicates, rng)
    return lines, bot_kinds


def with_bots(users: Columns, n_bots: int) -> Columns:
    """Return the columns of users with bots, which joined before the first day."""
    ids = len(users["user_id"]) + 1 + np.arange(n_bots)
    joined = np.full(n_bots, after(np.array(-86_400)))
    segments = np.full(n_bots, "middle", dtype=object)
    added = {"user_id": ids, "joined_at": joined, "segment": segments}
    return {name: np.concatenate([values, added[name]]) for name, values in users.items()}


def _lines_of(events: Events) -> Lines:
    """Return the lines of events without orders."""
    n = len(events.users)
    none = np.full(n, -1)
    return Lines(*events, none, np.full(n, np.nan), np.arange(n), none)


def _add_bots(lines: Lines, bots: BotEvents, n_customers: int) -> Lines:
    """Return the lines with those of bots, whose users follow the customers."""
    added = _lines_of(Events(n_customers + bots.bots, bots.items, bots.kinds, after(bots.seconds)))
    return lines.append(added._replace(ids=len(lines.ids) + added.ids))


def _add_orders(lines: Lines, products: Products, rng: Generator) -> Lines:
    """Return the lines with orders, which are the purchases of a user on a day, and quantities, which fall with price.

    The quantity is 1 + Poisson(20 / price), with a mean of at most 3.
    """
    rows = np.flatnonzero(lines.kinds == PURCHASE)
    days = lines.times[rows].astype("datetime64[D]").astype(np.int64)
    _, first, codes = np.unique(lines.users[rows] * 100_000 + days, return_index=True, return_inverse=True)
    ranks = np.empty(len(first), dtype=np.int64)
    ranks[np.argsort(lines.times[rows][first], kind="stable")] = np.arange(len(first))
    orders, quantities = lines.orders.copy(), lines.quantities.copy()
    orders[rows] = ranks[codes]
    quantities[rows] = 1 + rng.poisson(np.minimum(20.0 / products.columns["price"][lines.items[rows]], 2.0))
    return lines._replace(orders=orders, quantities=quantities)


def _add_returns(lines: Lines, share: float, rng: Generator) -> Lines:
    """Return the lines with returns of a share of the purchases, complete or in part, and returns without purchase.

    A return is 1 to 30 days after its purchase and before the next purchase of the same user and item, so that the
    latest purchase before a return is its purchase.
    """
    rows, gaps = _single_purchases(lines)
    n_purchases = int((lines.kinds == PURCHASE).sum())
    chosen = rng.permutation(len(rows))[: round(share * n_purchases)]
    rows, gaps = rows[chosen], gaps[chosen]
    delays = _DAY + (rng.random(len(rows)) * (np.minimum(gaps, 30 * _DAY) - _DAY).astype(np.int64)).astype("m8[ms]")
    delays = delays // _SECOND * _SECOND
    bought = lines.quantities[rows]
    in_part = (bought > 1) & (rng.random(len(rows)) < 0.5)
    amounts = np.where(in_part, 1 + np.floor(rng.random(len(rows)) * (bought - 1)), bought)
    matched = lines.take(rows)._replace(quantities=amounts, purchases=lines.ids[rows])
    returns = matched._replace(times=matched.times + delays)
    returns = returns.append(_without_purchase(lines, round(_WITHOUT_PURCHASE * len(rows)), rng))
    n = len(returns.users)
    order = np.argsort(returns.times, kind="stable")
    numbers = np.empty(n, dtype=np.int64)
    numbers[order] = np.arange(n)
    last_id = int(lines.ids.max(initial=-1))
    return lines.append(returns._replace(kinds=np.full(n, RETURN), orders=numbers, ids=last_id + 1 + np.arange(n)))


def _single_purchases(lines: Lines) -> tuple[IntArray, AnyArray]:
    """Return purchases at least 2 days from others of the same user and item, and the time to the next of these."""
    rows, starts, times = _by_pair(lines, PURCHASE)
    ends = np.append(starts[1:], True)[: len(rows)]
    steps = np.append(np.diff(times), 0 * _DAY)[: len(rows)]
    after_gap = np.where(ends, 1_000 * _DAY, steps)
    before_gap = np.where(starts, 1_000 * _DAY, np.roll(steps, 1))
    single = (after_gap > 2 * _DAY) & (before_gap > 2 * _DAY)
    return rows[single], after_gap[single]


def _by_pair(lines: Lines, kind: int) -> tuple[IntArray, BoolArray, AnyArray]:
    """Return the rows of a kind by user, item and time, marks of the first row of each pair, and the times."""
    rows = np.flatnonzero(lines.kinds == kind)
    rows = rows[np.lexsort([lines.times[rows], lines.items[rows], lines.users[rows]])]
    users, items = lines.users[rows], lines.items[rows]
    starts = np.ones(len(rows), dtype=np.bool_)
    starts[1:] = (np.diff(users) != 0) | (np.diff(items) != 0)
    return rows, starts, lines.times[rows]


def _without_purchase(lines: Lines, n: int, rng: Generator) -> Lines:
    """Return returns one to ten days before the first purchase of the pair, and returns of pairs without purchase."""
    bought, starts, _ = _by_pair(lines, PURCHASE)
    first = bought[starts]
    first = rng.permutation(first[lines.times[first] >= after(np.array(864_000))])[: n // 2]
    before = lines.take(first)
    early = rng.integers(86_400, 864_000, len(first)) * _SECOND
    pairs = lines.users * (lines.items.max(initial=0) + 1) + lines.items
    unsold = np.unique(pairs[~np.isin(pairs, pairs[bought])], return_index=True)[1]
    others = lines.take(np.flatnonzero(~np.isin(pairs, pairs[bought]))[rng.permutation(unsold)[: n - n // 2]])
    parts = before._replace(times=before.times - early).append(others)
    return parts._replace(quantities=np.ones(len(parts.users)), purchases=np.full(len(parts.users), -1))


def _add_duplicates(lines: Lines, share: float, rng: Generator) -> Lines:
    """Return the lines with copies of a share of them: half at the same time, half one or two seconds later."""
    rows = rng.permutation(len(lines.users))[: round(share * len(lines.users))]
    delays = rng.choice([0, 0, 1, _WINDOW], size=len(rows)) * _SECOND
    copies = lines.take(rows)
    none = np.full(len(rows), -1)
    return lines.append(copies._replace(times=copies.times + delays, ids=none, purchases=none))


def in_time_order(lines: Lines) -> tuple[Lines, BoolArray, IntArray]:
    """Return the lines in order of time, marks of the duplicates, and the row of the purchase of each return or −1."""
    lines = lines.take(np.argsort(lines.times, kind="stable"))
    rows_by_id = np.full(len(lines.ids) + 1, -1)
    known = np.flatnonzero(lines.ids >= 0)
    rows_by_id[lines.ids[known]] = known
    return lines, _duplicates(lines), rows_by_id[lines.purchases]  # −1 reads the last cell, which no id has


def _duplicates(lines: Lines) -> BoolArray:
    """Mark repeats of an earlier line with the same values and at most 2 seconds before that is no repeat itself."""
    columns = [np.nan_to_num(lines.quantities), lines.orders, lines.kinds, lines.items, lines.users]
    order = np.lexsort([np.arange(len(lines.users)), lines.times, *columns])
    same = np.ones(len(order), dtype=np.bool_)
    for column in columns:
        same[1:] &= np.diff(column[order]) == 0
    seconds = lines.times[order].astype(np.int64) // 1_000
    close = same & (np.diff(seconds, prepend=-(2**60)) <= _WINDOW)
    is_duplicate = np.zeros(len(order), dtype=np.bool_)
    kept = 0
    for place in np.flatnonzero(close).tolist():
        kept = kept if close[place - 1] else place - 1
        if seconds[place] - seconds[kept] <= _WINDOW:
            is_duplicate[order[place]] = True
        else:
            kept = place
    return is_duplicate
