"""Lists of two shops under one rule at a time: NDCG on test data, and the aim of the rule."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from recokit import ItemKNN, Recommendations, evaluate
from recokit.data.interactions import Interactions
from recokit.datasets import Split, load_online_retail, make_shop
from recokit.reranking import (
    Boost,
    Calibrate,
    Diversity,
    Exclude,
    Fair,
    Freshness,
    InStock,
    Margin,
    MaxPer,
    MinShare,
    Pin,
    PriceNear,
    Rule,
    Where,
    rerank,
)

__all__ = ["Aim", "Shop", "aims", "generated_shop", "online_retail", "trade_offs"]

N = 10
SIMILAR = ("category", "price_band")  # columns of the similarity of two items
_DAY = np.timedelta64(1, "D")


@dataclass
class Shop:
    """Lists of 100 candidates for the test users, with the columns that the rules read.

    Attributes
    ----------
    name : str
    lists : Recommendations
    catalogue : mapping of columns
        item_id, title, price, category, price_band, added_at, is_new, stock and is_rare.
    train, test : Interactions
    """

    name: str
    lists: Recommendations
    catalogue: dict[str, Any]
    train: Interactions
    test: Interactions

    def shown(self, rules: list[Rule]) -> Any:
        """Return the lists of N items under rules."""
        return rerank(self.lists, rules, self.catalogue, N, context={"history": self.train})

    def ndcg(self, lists: Recommendations) -> Any:
        """Return NDCG@10 of each user on the test data."""
        return evaluate(lists, self.test, ["ndcg@10"]).per_user["ndcg@10"]

    def cells(self, lists: Recommendations, values: Any) -> Any:
        """Return the value of each listed item, given one for each of the catalogue: (n_lists, N), NaN for padding."""
        places = {item: place for place, item in enumerate(self.catalogue["item_id"].tolist())}
        filled = np.arange(lists.items.shape[1]) < lists.counts[:, None]
        found = np.full(lists.items.shape, np.nan)
        found[filled] = np.asarray(values, dtype=np.float64)[[places[item] for item in lists.items[filled].tolist()]]
        return found

    def codes(self, column: str) -> Any:
        """Return a column as numbers of categories."""
        return np.unique(self.catalogue[column].astype(str), return_inverse=True)[1]


@dataclass
class Aim:
    """A rule, and the measure that it is to change.

    Attributes
    ----------
    rule : Rule
    name : str
        Name of the measure.
    measure : callable
        Returns the measure of lists.
    """

    rule: Rule
    name: str
    measure: Callable[[Recommendations], float]


def generated_shop(small: bool = False) -> Shop:
    """Return the lists of the generated shop."""
    shop = make_shop(300, 200, 30_000) if small else make_shop()
    split = shop.temporal_split()
    return _shop("generated shop", split, dict(shop.catalogue))


def online_retail(data_dir: Any = None) -> Shop:
    """Return the lists of Online Retail; the category of an item is the last word of its title."""
    split = load_online_retail(data_dir)
    catalogue = dict(split.items)
    catalogue["category"] = np.array([str(title).split()[-1] for title in catalogue["title"]], dtype=object)
    first = np.full(len(catalogue["item_id"]), np.datetime64("NaT", "ms"))
    places = {item: place for place, item in enumerate(catalogue["item_id"].tolist())}
    items, times = split.train.items.take(split.train.item_codes).tolist(), split.train.timestamps
    for item, time in zip(items, times.astype("datetime64[ms]"), strict=True):
        place = places[item]
        first[place] = time if np.isnat(first[place]) else min(first[place], time)
    return _shop("Online Retail", split, catalogue | {"added_at": first})


def _shop(name: str, split: Split, catalogue: dict[str, Any]) -> Shop:
    """Return the lists of a shop, with the derived columns.

    An item is new in the 60 days before the test, and rare if it sold less than half of the items. The stock is made
    up: 15% of the items, drawn at random, have none.
    """
    train, end = split.train, split.train.timestamps.max().astype("datetime64[ms]")
    numbers = dict(zip(train.items, np.bincount(train.item_codes, minlength=train.n_items).tolist(), strict=True))
    ids, prices = catalogue["item_id"].tolist(), catalogue["price"].astype(np.float64)
    edges = np.nanquantile(prices, [0.2, 0.4, 0.6, 0.8])
    counts = np.array([numbers.get(item, 0) for item in ids])
    columns = {
        "price_band": np.searchsorted(edges, prices),
        "is_new": catalogue["added_at"] > end - 60 * _DAY,
        "stock": (np.random.default_rng(0).random(len(ids)) >= 0.15).astype(np.int64),
        "is_rare": counts < np.median(counts),
    }
    lists = ItemKNN().fit(train).recommend(split.test.users.ids, n=100, on_unknown="empty")
    return Shop(name, lists, catalogue | columns, train, split.test)


def aims(shop: Shop) -> list[Aim]:
    """Return one rule of each kind, with the measure of its aim."""
    catalogue = shop.catalogue
    prices, exposure = catalogue["price"].astype(np.float64), 1 / np.log2(np.arange(2, N + 2))
    end = shop.train.timestamps.max().astype("datetime64[ms]")
    ages = np.where(np.isnat(catalogue["added_at"]), np.nan, (end - catalogue["added_at"]) / _DAY)
    dear, cheap = np.quantile(prices, 0.8), np.quantile(prices, 0.3)
    campaign = catalogue["item_id"][np.flatnonzero(catalogue["is_new"] & (catalogue["stock"] > 0))[0]]

    def share(mask: Any) -> Callable[[Recommendations], float]:
        def measure(lists: Recommendations) -> float:
            found = shop.cells(lists, mask)
            return float(np.nansum(found * exposure) / np.sum(~np.isnan(found) * exposure))

        return measure

    def mean(values: Any) -> Callable[[Recommendations], float]:
        return lambda lists: float(np.nanmean(shop.cells(lists, values)))

    return [
        Aim(Exclude(Where("price", ">", dear)), "exposure of dear items", share(prices > dear)),
        Aim(InStock(), "exposure of unavailable items", share(catalogue["stock"] == 0)),
        Aim(MaxPer("category", 2), "most items of one category", _most_of_one(shop)),
        Aim(Pin(campaign, 3), "exposure of the item", share(catalogue["item_id"] == campaign)),
        Aim(MinShare(Where("is_new", "==", True), 0.2), "exposure of new items", share(catalogue["is_new"])),
        Aim(Fair("is_rare", {True: 0.2}), "exposure of rare items", share(catalogue["is_rare"])),
        Aim(Boost(Where("price", "<", cheap), 1.2), "exposure of cheap items", share(prices < cheap)),
        Aim(Margin("price", 0.1), "mean price", mean(prices)),
        Aim(Freshness(half_life=60.0), "mean age in days", mean(ages)),
        Aim(PriceNear(), "distance from the usual price", _price_distance(shop)),
        Aim(Calibrate("category", 0.3), "divergence from the history", _divergence(shop)),
        Aim(Diversity(0.3, "mmr", SIMILAR), "similarity of two items", similarity(shop)),
        Aim(Diversity(0.3, "dpp", SIMILAR), "similarity of two items", similarity(shop)),
    ]


def trade_offs(shop: Shop) -> list[tuple[str, float, float, float, float]]:
    """Return (method, λ, NDCG@10, similarity of two items, categories per list) of MMR and DPP."""
    category, similar, rows = shop.codes("category"), similarity(shop), []
    for by in ("mmr", "dpp"):
        for trade_off in (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9):
            lists = shop.shown([Diversity(trade_off, by, SIMILAR)])
            distinct = [len(set(row[~np.isnan(row)])) for row in shop.cells(lists, category)]
            rows.append((by, trade_off, float(shop.ndcg(lists).mean()), similar(lists), float(np.mean(distinct))))
    return rows


def similarity(shop: Shop) -> Callable[[Recommendations], float]:
    """Return a measure: the mean share of equal columns of two items of a list."""

    def measure(lists: Recommendations) -> float:
        equal = []
        for column in SIMILAR:
            found = shop.cells(lists, shop.codes(column))
            pairs = [(a, b) for a in range(N) for b in range(a + 1, N)]
            known = [~np.isnan(found[:, a] + found[:, b]) for a, b in pairs]
            equal.append(
                np.concatenate([(found[:, a] == found[:, b])[here] for (a, b), here in zip(pairs, known, strict=True)])
            )
        return float(np.mean(equal))

    return measure


def _most_of_one(shop: Shop) -> Callable[[Recommendations], float]:
    """Return a measure: the number of items of the most frequent category of a list."""
    category = shop.codes("category")

    def measure(lists: Recommendations) -> float:
        rows = [row[~np.isnan(row)].astype(np.int64) for row in shop.cells(lists, category)]
        return float(np.mean([np.bincount(row).max() for row in rows if len(row)]))

    return measure


def _histories(shop: Shop, lists: Recommendations, values: Any) -> list[Any]:
    """Return the values of the items in the history of each user."""
    places = {item: place for place, item in enumerate(shop.catalogue["item_id"].tolist())}
    rows = shop.train.rows.take(shop.train.users.codes(lists.users.tolist()))
    found = np.asarray(values)[[places[item] for item in shop.train.items.take(rows.codes).tolist()]]
    return np.split(found, rows.indptr[1:-1])


def _price_distance(shop: Shop) -> Callable[[Recommendations], float]:
    """Return a measure: the mean distance of the logarithm of a price from that of the usual price of the user."""
    logs = np.log(shop.catalogue["price"].astype(np.float64))

    def measure(lists: Recommendations) -> float:
        usual = np.array([np.mean(row) if len(row) else np.nan for row in _histories(shop, lists, logs)])
        return float(np.nanmean(np.abs(shop.cells(lists, logs) - usual[:, None])))

    return measure


def _divergence(shop: Shop) -> Callable[[Recommendations], float]:
    """Return a measure: the Kullback-Leibler divergence of a list's categories from the history's, in nats."""
    category = shop.codes("category")
    n_categories = int(category.max()) + 1

    def measure(lists: Recommendations) -> float:
        found = []
        for history, row in zip(_histories(shop, lists, category), shop.cells(lists, category), strict=True):
            listed = row[~np.isnan(row)].astype(np.int64)
            if len(history) and len(listed):
                p = np.bincount(history, minlength=n_categories) / len(history)
                q = 0.99 * np.bincount(listed, minlength=n_categories) / len(listed) + 0.01 * p
                found.append(np.sum(p[p > 0] * np.log(p[p > 0] / q[p > 0])))
        return float(np.mean(found))

    return measure
