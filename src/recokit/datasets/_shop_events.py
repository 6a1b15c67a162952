"""Events of the generated shop: views, carts, purchases and ratings."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from recokit._typing import AnyArray, FloatArray, IntArray
from recokit.datasets._shop_catalogue import N_DAYS, N_FACTORS, Customers, Products, after
from recokit.datasets._shop_segments import segment_weekdays
from recokit.datasets._shop_words import CATEGORIES

__all__ = ["Events", "Ratings", "make_events", "make_ratings"]

_CART_SHARE, _PURCHASE_SHARE = 0.26, 0.18  # of all events; the others are views
_RATED_SHARE = 0.8  # of the purchased pairs
_N_SEEN = 16  # products that a visitor sees; one of them is viewed
_VIEW_WEIGHT = 5.0  # weight of taste against noise in the choice of the viewed product
_CART_WEIGHT = 2.0  # weight of taste against noise in the choice of the views that lead to a cart
_DAY = 86_400
_CHUNK = 1 << 16  # views drawn at a time, which bounds the memory


class Events(NamedTuple):
    """Views, carts and purchases in order of time.

    Attributes
    ----------
    users, items : (n_events,) int64 arrays
        Rows of the customers and of the products.
    kinds : (n_events,) int64 array
        0 is a view, 1 a cart, 2 a purchase.
    times : (n_events,) datetime64[ms] array
    """

    users: IntArray
    items: IntArray
    kinds: IntArray
    times: AnyArray


class Ratings(NamedTuple):
    """Ratings in order of time: rows of customers and products, values 1 to 5, times."""

    users: IntArray
    items: IntArray
    values: IntArray
    times: AnyArray


def make_events(n_events: int, customers: Customers, products: Products, rng: Generator) -> Events:
    """Return views, of which some lead to a cart, of which some lead to a purchase.

    A visitor sees a few products, drawn by their popularity in the week, and views the one with the largest preference
    plus noise. The views with the largest intent, the preference plus noise, lead to carts and purchases.
    """
    n_carts, n_purchases = round(_CART_SHARE * n_events), round(_PURCHASE_SHARE * n_events)
    seconds = _moments_of_visits(n_events - n_carts - n_purchases, rng)
    users, items = _views(seconds // _DAY, customers, products, rng)
    intent = _CART_WEIGHT * _preference(users, items, customers, products) + rng.logistic(0.0, 1.0, len(users))
    carted = _largest(intent, n_carts)
    cart_seconds = seconds[carted] + rng.integers(20, 900, n_carts)
    bought = _largest(intent[carted] + rng.logistic(0.0, 1.0, n_carts), n_purchases)
    buy_seconds = cart_seconds[bought] + np.floor(rng.exponential(7_200.0, n_purchases)).astype(np.int64) + 30
    rows = np.concatenate([np.arange(len(users)), carted, carted[bought]])
    kinds = np.repeat([0, 1, 2], [len(users), n_carts, n_purchases])
    moments = np.concatenate([seconds, cart_seconds, buy_seconds])
    order = np.argsort(moments, kind="stable")
    return Events(users[rows[order]], items[rows[order]], kinds[order], after(moments[order]))


def make_ratings(events: Events, customers: Customers, products: Products, rng: Generator) -> Ratings:
    """Return ratings of most of the purchased pairs, once each: preference, biases of both sides, and noise."""
    bought = np.flatnonzero(events.kinds == 2)
    pairs = events.users[bought] * len(products.days) + events.items[bought]
    rows = bought[np.unique(pairs, return_index=True)[1]]
    rows = rows[rng.random(len(rows)) < _RATED_SHARE]
    users, items = events.users[rows], events.items[rows]
    customer_biases, product_biases = (
        rng.normal(0.0, 0.35, len(customers.days)),
        rng.normal(0.0, 0.35, len(products.days)),
    )
    preference = _preference(users, items, customers, products).astype(np.float64)
    if len(preference):
        preference = (preference - preference.mean()) / (preference.std() + 1e-9)
    unrounded = 3.6 + 0.9 * preference + customer_biases[users] + product_biases[items]
    unrounded += rng.normal(0.0, 0.5, len(rows))
    values = np.clip(np.rint(unrounded), 1, 5).astype(np.int64)
    times = events.times[rows] + rng.integers(_DAY, 14 * _DAY, len(rows)) * np.timedelta64(1_000, "ms")
    order = np.argsort(times, kind="stable")
    return Ratings(users[order], items[order], values[order], times[order])


def _moments_of_visits(n_views: int, rng: Generator) -> IntArray:
    """Return ascending seconds since the first day, with growth, weekends, nights and a peak before the holidays."""
    days = np.arange(N_DAYS)
    weights = 1.0 + 0.6 * days / N_DAYS + 0.35 * (days % 7 >= 5) + 0.8 * np.exp(-(((days - 328) / 14.0) ** 2))
    drawn_days = np.searchsorted(_distribution(weights), rng.random(n_views), side="right")
    hours = np.arange(24)
    by_hour = 0.08 + np.exp(-(((hours - 13) / 4.0) ** 2)) + 1.3 * np.exp(-(((hours - 20.5) / 2.0) ** 2))
    drawn_hours = np.searchsorted(_distribution(by_hour), rng.random(n_views), side="right")
    return np.sort(drawn_days * _DAY + drawn_hours * 3_600 + rng.integers(0, 3_600, n_views))


def _views(days: IntArray, customers: Customers, products: Products, rng: Generator) -> tuple[IntArray, IntArray]:
    users, items = np.empty(len(days), dtype=np.int64), np.empty(len(days), dtype=np.int64)
    popularity: FloatArray = np.empty(0)
    popularity_week = -1
    for week, day_weights, first, last in _periods(days, customers):
        visitors = _distribution(customers.activity * (customers.days < 7 * week) * day_weights)
        if week != popularity_week:
            popularity, popularity_week = _distribution(_popularity(products, week)), week
        for start in range(first, last, _CHUNK):
            stop = min(start + _CHUNK, last)
            users[start:stop] = np.searchsorted(visitors, rng.random(stop - start), side="right")
            seen = np.searchsorted(popularity, rng.random((stop - start, _N_SEEN)), side="right")
            utility = _VIEW_WEIGHT * _preference(users[start:stop, None], seen, customers, products)
            utility += rng.gumbel(0.0, 1.0, seen.shape).astype(np.float32)
            items[start:stop] = seen[np.arange(stop - start), np.argmax(utility, axis=1)]
    return users, items


def _periods(days: IntArray, customers: Customers) -> Iterator[tuple[int, FloatArray, int, int]]:
    """Yield the week, the customers' relative activity and the range of views of each period.

    A period is a week; with planted segments, it is Monday to Friday or a weekend.
    """
    planted = np.any(customers.groups >= 0)
    for week in range(N_DAYS // 7):
        parts = [(0, 5, segment_weekdays(customers.groups, weekend=False))] if planted else []
        parts += [(5, 7, segment_weekdays(customers.groups, weekend=True))] if planted else []
        for first_day, last_day, weights in parts or [(0, 7, np.ones(len(customers.days)))]:
            first, last = np.searchsorted(days, [7 * week + first_day, 7 * week + last_day])
            yield week, weights, int(first), int(last)


def _popularity(products: Products, week: int) -> FloatArray:
    """Return the popularity of each product in a week: appeal, season and novelty; 0 before its arrival."""
    age = 7 * week - products.days
    peaks = np.array([category.peak_month for category in CATEGORIES])[products.categories]
    season = 1.0 + 0.6 * np.cos(2 * np.pi * (week / 52 - (peaks - 0.5) / 12))
    novelty = 1.0 + 2.0 * np.exp(-np.maximum(age, 0) / 28.0)
    popularity: FloatArray = products.appeal * season * novelty * (age > 0)
    return popularity


def _preference(users: IntArray, items: IntArray, customers: Customers, products: Products) -> FloatArray:
    """Return the inner products of the factors, summed in a fixed order: the bits are the same on every processor."""
    total: FloatArray = customers.factors[users, 0] * products.factors[items, 0]
    for factor in range(1, N_FACTORS):
        total += customers.factors[users, factor] * products.factors[items, factor]
    return total


def _distribution(weights: FloatArray) -> FloatArray:
    """Return the cumulative distribution; it ends at exactly 1, so that no draw exceeds the last positive weight."""
    total = np.cumsum(weights)
    total /= total[-1]
    total[np.flatnonzero(weights)[-1] :] = 1.0
    return total


def _largest(values: FloatArray, n: int) -> IntArray:
    """Return the positions of the n largest values, ascending."""
    return np.sort(np.argpartition(-values, max(n - 1, 0))[:n])
