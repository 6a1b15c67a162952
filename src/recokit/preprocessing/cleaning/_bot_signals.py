"""Signals of bots: rate, bursts, breadth and activity around the clock of each user."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from recokit._typing import BoolArray, CodeArray, FloatArray, IntArray
from recokit.data.rows import read_only
from recokit.kernels.cleaning import largest_burst
from recokit.kernels.rows import order_by, row_starts
from recokit.preprocessing.cleaning._shared import changes

if TYPE_CHECKING:
    from recokit.preprocessing.event_log import EventLog

__all__ = ["MIN_HOURS", "Signals", "signals_of", "upper_limit"]

_HOUR, _SECOND = 3_600_000_000, 1_000_000  # microseconds
_BURST_SECONDS = 60
_QUIET_HOURS = 6
MIN_HOURS = 24  # fewer active hours do not show the quietest part of the day
_MIN_REFERENCE = 5  # actions of a user that counts in the medians
_MIN_SPREAD = 0.3  # of the logarithms; nearly equal users would otherwise make everybody else an outlier
_TO_SIGMA = 1.4826  # standard deviation of a normal distribution in units of its median absolute deviation


class Signals(NamedTuple):
    """Signals of each user.

    Attributes
    ----------
    n_actions : (n_users,) int64 array
        Events; the lines of an order, and purchases at the same time, are one action.
    rate : (n_users,) float64 array
        Actions per active hour: an hour of the calendar with an action.
    burst : (n_users,) int64 array
        Most seconds with an action in 60 seconds, so that events with one time, such as those of an app that was
        offline, count once.
    breadth : (n_users,) float64 array
        Mean number of distinct items per active day, without purchases and returns.
    n_hours : (n_users,) int64 array
        Number of active hours.
    quiet_share : (n_users,) float64 array
        Share of the active hours in the six hours of the day with the fewest; NaN below `MIN_HOURS` active hours. It is
        near 0 for users with a night, in every time zone, and near 0.25 for activity around the clock.
    """

    n_actions: IntArray
    rate: FloatArray
    burst: IntArray
    breadth: FloatArray
    n_hours: IntArray
    quiet_share: FloatArray


class _Actions(NamedTuple):
    """Actions by user and time; ``is_order`` marks purchases and returns."""

    users: CodeArray
    items: CodeArray
    ticks: IntArray
    is_order: BoolArray


def signals_of(log: "EventLog", purchases: BoolArray) -> Signals:
    """Return the signals of each user; ``purchases`` marks purchases and returns."""
    n_users = log.n_users
    acts = _actions(log, purchases)
    hours = acts.ticks // _HOUR
    n_actions = np.bincount(acts.users, minlength=n_users)
    is_new_hour = changes(acts.users) | changes(hours)
    n_hours = np.bincount(acts.users[is_new_hour], minlength=n_users)
    rate = n_actions / np.maximum(n_hours, 1)
    burst = np.zeros(n_users, dtype=np.int64)
    seconds = acts.ticks // _SECOND
    is_new_second = changes(acts.users) | changes(seconds)
    starts = row_starts(read_only(acts.users[is_new_second]), n_users)
    largest_burst(starts, seconds[is_new_second], _BURST_SECONDS - 1, burst)
    quiet_share = _quiet_share(acts.users[is_new_hour], hours[is_new_hour], n_hours)
    return Signals(n_actions, rate, burst, _breadth(acts, n_users), n_hours, quiet_share)


def upper_limit(values: FloatArray, reference: BoolArray, n_actions: IntArray, threshold: float) -> float:
    """Return the value that is ``threshold`` robust standard deviations above the median, on the scale of logarithms.

    The median and the median absolute deviation are those of the reference users with at least 5 actions. Values of 0
    are left out. Infinite without such users.
    """
    chosen = values[reference & (n_actions >= _MIN_REFERENCE) & (values > 0)]
    if len(chosen) == 0:
        return float("inf")
    logs = np.log(chosen)
    median = np.median(logs)
    spread = max(_TO_SIGMA * float(np.median(np.abs(logs - median))), _MIN_SPREAD)
    return float(np.exp(median + threshold * spread))


def _actions(log: "EventLog", purchases: BoolArray) -> _Actions:
    """Return the actions, with the lines of an order and purchases at the same time as one."""
    times = log.times
    assert times is not None  # checked by the rule
    rows = np.flatnonzero((log.user_codes >= 0) & ~np.isnat(times))
    users = log.user_codes[rows]
    rows = rows[order_by(users, row_starts(read_only(users), log.n_users), np.arange(len(rows)))]
    ticks: IntArray = times[rows].astype(np.int64)
    is_order = purchases[rows]
    places = np.flatnonzero(is_order)
    differs = changes(ticks[places])
    if log.order_codes is not None:
        orders = log.order_codes[rows[places]]
        differs &= changes(orders) | (orders < 0)
    repeated = places[~(differs | changes(log.user_codes[rows[places]]))]
    keep = np.ones(len(rows), dtype=np.bool_)
    keep[repeated] = False
    rows = rows[keep]
    return _Actions(log.user_codes[rows], log.item_codes[rows], ticks[keep], is_order[keep])


def _breadth(acts: _Actions, n_users: int) -> FloatArray:
    """Return the mean number of distinct items per active day."""
    browsed = np.flatnonzero(~acts.is_order & (acts.items >= 0))
    users, items, days = acts.users[browsed], acts.items[browsed], acts.ticks[browsed] // (24 * _HOUR)
    new_day = changes(users) | changes(days)
    groups = (np.cumsum(new_day) - 1).astype(np.int32)
    n_days = np.bincount(users[new_day], minlength=n_users)
    n_items, n_groups = int(items.max(initial=-1)) + 1, int(groups.max(initial=-1)) + 1
    order = order_by(items, row_starts(read_only(items), n_items), np.arange(len(browsed)))
    by_item = groups[order]
    order = order[_stable(by_item, n_groups)]
    distinct = changes(groups[order]) | changes(items[order])
    found: FloatArray = np.bincount(users[order[distinct]], minlength=n_users) / np.maximum(n_days, 1)
    return found


def _stable(codes: CodeArray, n_codes: int) -> IntArray:
    return order_by(codes, row_starts(read_only(codes), n_codes), np.arange(len(codes)))


def _quiet_share(users: CodeArray, hours: IntArray, n_hours: IntArray) -> FloatArray:
    """Return the share of active hours in the quietest six consecutive hours of the day."""
    enough = np.flatnonzero(n_hours >= MIN_HOURS)
    places = np.full(len(n_hours), -1, dtype=np.int64)
    places[enough] = np.arange(len(enough))
    chosen = places[users] >= 0
    cells = places[users[chosen]] * 24 + hours[chosen] % 24
    by_hour = np.bincount(cells, minlength=24 * len(enough)).reshape(-1, 24)
    sums = sum(np.roll(by_hour, -shift, axis=1) for shift in range(_QUIET_HOURS))
    shares = np.full(len(n_hours), np.nan)
    if len(enough):
        shares[enough] = np.min(sums, axis=1) / n_hours[enough]
    return shares
