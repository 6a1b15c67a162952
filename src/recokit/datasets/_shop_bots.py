"""Bots of the generated shop: crawlers, price monitors and scalpers."""

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from recokit._typing import IntArray
from recokit.datasets._shop_catalogue import N_DAYS, Products

__all__ = ["BOT_KINDS", "BotEvents", "make_bots"]

_DAY, _HOUR = 86_400, 3_600
_YEAR = N_DAYS * _DAY


class BotEvents(NamedTuple):
    """Events of bots: number of the bot, row of the product, kind (0 view, 1 cart), seconds since the first day."""

    bots: IntArray
    items: IntArray
    kinds: IntArray
    seconds: IntArray


def make_bots(n_bots: int, products: Products, rng: Generator) -> tuple[list[str], BotEvents]:
    """Return the kind of each bot and the events of all bots.

    A *crawler* reads the catalogue in order, for hours, every few seconds, on a few days. A *monitor* reads the same
    products every few hours, around the clock, for weeks. A *scalper* views and carts a few products within seconds,
    at moments around the clock.
    """
    names = [list(BOT_KINDS)[number] for number in rng.permutation(np.arange(n_bots) % len(BOT_KINDS))]
    parts = [BOT_KINDS[name](products, rng) for name in names]
    bots = np.repeat(np.arange(n_bots), [len(part[0]) for part in parts])
    items, kinds, seconds = (np.concatenate([part[field] for part in parts]) for field in range(3))
    return names, BotEvents(bots, items, kinds, np.minimum(seconds, _YEAR - 1))


def _crawler(products: Products, rng: Generator) -> tuple[IntArray, IntArray, IntArray]:
    days = 30 + rng.choice(N_DAYS - 30, size=1 + rng.poisson(3.0), replace=False)
    pause = rng.uniform(2.0, 8.0)
    items, seconds = [], []
    for day in days:
        n_views = int(rng.integers(300, 1_200))
        n_sold = np.searchsorted(products.days, day)
        items.append((rng.integers(n_sold) + np.arange(n_views)) % n_sold)
        seconds.append(day * _DAY + rng.integers(_DAY // 2) + _steps(n_views, pause, rng))
    views = np.concatenate(items)
    return views, np.zeros(len(views), dtype=np.int64), np.concatenate(seconds)


def _monitor(products: Products, rng: Generator) -> tuple[IntArray, IntArray, IntArray]:
    first_day = int(rng.integers(30, N_DAYS - 31))
    watched = rng.integers(np.searchsorted(products.days, first_day), size=int(rng.integers(35, 80)))
    interval = rng.uniform(2.0, 5.0) * _HOUR
    n_rounds = int(rng.integers(7, 15) * _DAY / interval)
    starts = first_day * _DAY + (np.arange(n_rounds) * interval).astype(np.int64) + rng.integers(0, 300, n_rounds)
    seconds = np.concatenate([start + _steps(len(watched), 6.0, rng) for start in starts])
    return np.tile(watched, n_rounds), np.zeros(len(seconds), dtype=np.int64), seconds


def _scalper(products: Products, rng: Generator) -> tuple[IntArray, IntArray, IntArray]:
    first_day, last_day = np.sort(30 + rng.choice(N_DAYS - 60, size=2, replace=False)) + np.array([0, 30])
    starts = np.sort(rng.integers(first_day * _DAY, last_day * _DAY, int(rng.integers(30, 80))))
    hot = rng.integers(np.searchsorted(products.days, first_day), size=int(rng.integers(8, 20)))
    items, kinds, seconds = [], [], []
    for start in starts:
        views = np.repeat(np.tile(rng.permutation(hot), int(rng.integers(1, 4))), 2)
        items.append(views)
        kinds.append(np.arange(len(views)) % 2)
        seconds.append(start + np.arange(len(views)))
    return np.concatenate(items), np.concatenate(kinds), np.concatenate(seconds)


def _steps(n: int, pause: float, rng: Generator) -> IntArray:
    """Return the seconds of n views with a mean pause between them, of at least 1 second."""
    return np.cumsum(1 + rng.poisson(pause - 1.0, n))


BOT_KINDS = {"crawler": _crawler, "monitor": _monitor, "scalper": _scalper}
