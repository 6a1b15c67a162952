"""What happens in the generated shop: visits, carts, purchases and ratings."""

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from recokit._typing import AnyArray, FloatArray, IntArray
from recokit.datasets._shop_catalogue import N_DAYS, N_FACTORS, People, Products, after
from recokit.datasets._shop_words import CATEGORIES

__all__ = ["Events", "Ratings", "make_events", "make_ratings"]

_CART_SHARE, _PURCHASE_SHARE = 0.26, 0.18  # of all events; the others are views
_RATED = 0.8  # share of the purchased pairs that are rated
_SEEN = 16  # products that come to the notice of a visitor, of whom one is viewed
_DECISION = 5.0  # how much taste weighs against chance, when one of them is chosen
_INTENT = 2.0  # how much it weighs in putting into the cart
_DAY = 86_400
_CHUNK = 1 << 16  # views drawn at a time, which bounds the memory


class Events(NamedTuple):
    """Views, carts and purchases in order of time.

    Attributes
    ----------
    users, items : (n_events,) int64 arrays
        Rows of the people and of the products.
    kinds : (n_events,) int64 array
        0 a view, 1 a cart, 2 a purchase.
    times : (n_events,) datetime64[ms] array
    """

    users: IntArray
    items: IntArray
    kinds: IntArray
    times: AnyArray


class Ratings(NamedTuple):
    """Ratings in order of time: rows of people and products, values 1 to 5, times."""

    users: IntArray
    items: IntArray
    values: IntArray
    times: AnyArray


def make_events(n_events: int, people: People, products: Products, rng: Generator) -> Events:
    """Return the views, some of which lead to a cart, some of which lead to a purchase.

    A visitor notices a few products, by their popularity of the week, and views the one that they like best, but for
    chance. Carts and purchases follow where intent, made of taste and chance, is greatest.
    """
    n_carts, n_purchases = round(_CART_SHARE * n_events), round(_PURCHASE_SHARE * n_events)
    seconds = _moments_of_visits(n_events - n_carts - n_purchases, rng)
    users, items = _views(seconds // (7 * _DAY), people, products, rng)
    intent = _INTENT * _liking(users, items, people, products) + rng.logistic(0.0, 1.0, len(users))
    carted = _greatest(intent, n_carts)
    cart_seconds = seconds[carted] + rng.integers(20, 900, n_carts)
    bought = _greatest(intent[carted] + rng.logistic(0.0, 1.0, n_carts), n_purchases)
    buy_seconds = cart_seconds[bought] + np.floor(rng.exponential(7_200.0, n_purchases)).astype(np.int64) + 30
    rows = np.concatenate([np.arange(len(users)), carted, carted[bought]])
    kinds = np.repeat([0, 1, 2], [len(users), n_carts, n_purchases])
    moments = np.concatenate([seconds, cart_seconds, buy_seconds])
    order = np.argsort(moments, kind="stable")
    return Events(users[rows[order]], items[rows[order]], kinds[order], after(moments[order]))


def make_ratings(events: Events, people: People, products: Products, rng: Generator) -> Ratings:
    """Return ratings of most of the products that people bought, once each: taste, biases of both sides, and noise."""
    bought = np.flatnonzero(events.kinds == 2)
    pairs = events.users[bought] * len(products.days) + events.items[bought]
    rows = bought[np.unique(pairs, return_index=True)[1]]
    rows = rows[rng.random(len(rows)) < _RATED]
    users, items = events.users[rows], events.items[rows]
    severity, quality = rng.normal(0.0, 0.35, len(people.days)), rng.normal(0.0, 0.35, len(products.days))
    liking = _liking(users, items, people, products).astype(np.float64)
    if len(liking):
        liking = (liking - liking.mean()) / (liking.std() + 1e-9)
    opinion = 3.6 + 0.9 * liking + severity[users] + quality[items] + rng.normal(0.0, 0.5, len(rows))
    values = np.clip(np.rint(opinion), 1, 5).astype(np.int64)
    times = events.times[rows] + rng.integers(_DAY, 14 * _DAY, len(rows)) * np.timedelta64(1_000, "ms")
    order = np.argsort(times, kind="stable")
    return Ratings(users[order], items[order], values[order], times[order])


def _moments_of_visits(n_views: int, rng: Generator) -> IntArray:
    """Return seconds since the first day, ascending: a growing shop, weekends, nights, a peak before the holidays."""
    days = np.arange(N_DAYS)
    weights = 1.0 + 0.6 * days / N_DAYS + 0.35 * (days % 7 >= 5) + 0.8 * np.exp(-(((days - 328) / 14.0) ** 2))
    drawn_days = np.searchsorted(_cumulated(weights), rng.random(n_views), side="right")
    hours = np.arange(24)
    by_hour = 0.08 + np.exp(-(((hours - 13) / 4.0) ** 2)) + 1.3 * np.exp(-(((hours - 20.5) / 2.0) ** 2))
    drawn_hours = np.searchsorted(_cumulated(by_hour), rng.random(n_views), side="right")
    return np.sort(drawn_days * _DAY + drawn_hours * 3_600 + rng.integers(0, 3_600, n_views))


def _views(weeks: IntArray, people: People, products: Products, rng: Generator) -> tuple[IntArray, IntArray]:
    users, items = np.empty(len(weeks), dtype=np.int64), np.empty(len(weeks), dtype=np.int64)
    bounds = np.searchsorted(weeks, np.arange(N_DAYS // 7 + 1))
    for week in range(N_DAYS // 7):
        visitors = _cumulated(people.activity * (people.days < 7 * week))
        noticed = _cumulated(_popularity(products, week))
        for start in range(bounds[week], bounds[week + 1], _CHUNK):
            stop = min(start + _CHUNK, bounds[week + 1])
            users[start:stop] = np.searchsorted(visitors, rng.random(stop - start), side="right")
            seen = np.searchsorted(noticed, rng.random((stop - start, _SEEN)), side="right")
            wish = _DECISION * _liking(users[start:stop, None], seen, people, products)
            wish += rng.gumbel(0.0, 1.0, seen.shape).astype(np.float32)
            items[start:stop] = seen[np.arange(stop - start), np.argmax(wish, axis=1)]
    return users, items


def _popularity(products: Products, week: int) -> FloatArray:
    """Return how much each product is noticed in a week: its appeal, its season, its novelty; 0 before it is there."""
    age = 7 * week - products.days
    peaks = np.array([category.peak_month for category in CATEGORIES])[products.categories]
    season = 1.0 + 0.6 * np.cos(2 * np.pi * (week / 52 - (peaks - 0.5) / 12))
    novelty = 1.0 + 2.0 * np.exp(-np.maximum(age, 0) / 28.0)
    noticed: FloatArray = products.appeal * season * novelty * (age > 0)
    return noticed


def _liking(users: IntArray, items: IntArray, people: People, products: Products) -> FloatArray:
    """Return the inner products of the factors, summed in a fixed order so that no vector unit changes a bit."""
    total: FloatArray = people.factors[users, 0] * products.factors[items, 0]
    for factor in range(1, N_FACTORS):
        total += people.factors[users, factor] * products.factors[items, factor]
    return total


def _cumulated(weights: FloatArray) -> FloatArray:
    """Return the distribution function, its last step made 1 so that no draw falls beyond what has weight."""
    total = np.cumsum(weights)
    total /= total[-1]
    total[np.flatnonzero(weights)[-1] :] = 1.0
    return total


def _greatest(values: FloatArray, n: int) -> IntArray:
    """Return the positions of the n greatest values, ascending."""
    return np.sort(np.argpartition(-values, max(n - 1, 0))[:n])
