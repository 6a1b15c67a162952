"""Data sets with texts of the items or features of the users, and items or users held out entirely."""

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from recokit import Interactions, datasets
from recokit.exceptions import LeakageWarning
from recokit.model_selection import ColdItemKFold, UserKFold

from .published_data import data_folder, read_online_retail_sales

__all__ = ["COLD_DATA", "ColdItems", "ColdUsers", "Described", "hold_out_items", "hold_out_users", "read_described"]

_WARM_SHARE = 0.1  # interactions of the other items that are held out too


class Described(NamedTuple):
    """Interactions, the text of each item, and the segment of each user (empty if unknown)."""

    data: Interactions
    texts: Mapping[Any, str]
    segments: Mapping[Any, str]


class ColdItems(NamedTuple):
    """Training data, test interactions of items outside the training data, and of the other items."""

    train: Interactions
    cold_test: Interactions
    warm_test: Interactions

    @property
    def cold_items(self) -> np.ndarray:
        """Ids of the items that are held out."""
        return self.cold_test.items.take(np.unique(self.cold_test.item_codes))


class ColdUsers(NamedTuple):
    """Training data, and all interactions of users outside the training data in random order."""

    train: Interactions
    users: np.ndarray
    histories: Mapping[Any, list[Any]]


def read_described(name: str, n_users: int | None, folder: Path | None = None, seed: int = 0) -> Described:
    """Return a data set of ``COLD_DATA``, of a random sample of its users if ``n_users`` is given."""
    described = COLD_DATA[name](data_folder() if folder is None else folder)
    if n_users is None or n_users >= described.data.n_users:
        return described
    data = described.data
    users = np.random.default_rng(seed).permutation(data.n_users)[:n_users]
    pairs, values = data.select(np.isin(data.user_codes, users)).to_pairs()
    return described._replace(data=Interactions.from_arrays(pairs[:, 0], pairs[:, 1], values, feedback="implicit"))


def hold_out_items(data: Interactions, fold: int = 0, seed: int = 0) -> ColdItems:
    """Hold out a fifth of the items, and a tenth of the interactions of the others."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LeakageWarning)
        rows = list(ColdItemKFold(5, random_state=seed).split(data))[fold]
    is_train = np.zeros(data.n_interactions, dtype=np.bool_)
    is_train[rows[0]] = True
    is_warm_test = is_train & (np.random.default_rng(seed).random(data.n_interactions) < _WARM_SHARE)
    return ColdItems(data.select(is_train & ~is_warm_test), data.select(~is_train), data.select(is_warm_test))


def hold_out_users(data: Interactions, min_length: int, seed: int = 0) -> ColdUsers:
    """Hold out a fifth of the users; those with at least ``min_length`` items are the test users."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LeakageWarning)
        train_rows, _ = next(iter(UserKFold(5, random_state=seed).split(data)))
    is_train = np.zeros(data.n_interactions, dtype=np.bool_)
    is_train[train_rows] = True
    train = data.select(is_train)
    known = train.items.take(np.unique(train.item_codes))
    test = data.select(~is_train & np.isin(data.items.take(data.item_codes), known))
    rng, histories = np.random.default_rng(seed), {}
    for code in np.flatnonzero(np.diff(test.indptr) >= min_length):
        codes = test.item_codes[slice(*test.indptr[code : code + 2])]
        histories[test.users.take([code])[0]] = test.items.take(rng.permutation(codes)).tolist()
    return ColdUsers(train, np.array(list(histories), dtype=object), histories)


def _amazon_toys(folder: Path | None) -> Described:
    split = datasets.load_amazon_toys(folder)
    assert split.items is not None
    return Described(
        split.train, dict(zip(*(split.items[name] for name in ("item_id", "attributes")), strict=True)), {}
    )


def _online_retail(folder: Path | None) -> Described:
    sales = read_online_retail_sales(folder)
    assert folder is not None
    from pyarrow import parquet

    file = folder / "online-retail" / "online_retail.parquet"
    lines = parquet.read_table(file, columns=["CustomerID", "StockCode", "Description", "Country"]).to_pandas()
    texts = lines.dropna(subset="Description").groupby("StockCode")["Description"].agg(lambda one: one.mode().iloc[0])
    segments = lines.dropna(subset="CustomerID").groupby("CustomerID")["Country"].first()
    data = Interactions.from_arrays(sales["user_id"], sales["item_id"], duplicates="max", feedback="implicit")
    return Described(
        data, {item: texts.get(item) for item in data.items}, {int(user): country for user, country in segments.items()}
    )


COLD_DATA: Mapping[str, Callable[[Path | None], Described]] = {
    "amazon-toys": _amazon_toys,
    "online-retail": _online_retail,
}
