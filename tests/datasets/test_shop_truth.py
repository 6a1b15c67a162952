"""Planted properties of the generated shop: bots, returns, duplicates and segments."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from recokit.datasets import make_shop

SIZES = {"n_users": 300, "n_items": 200, "n_events": 30_000}


pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def shop():
    return make_shop(**SIZES, bots=0.05, returns=0.2, duplicates=0.1, random_state=3)


@pytest.fixture(scope="module")
def events(shop):
    return pd.DataFrame(shop.events)


def rows_of(shop, mask):
    return pd.DataFrame(shop.events)[mask][["user_id", "item_id", "event", "timestamp"]]


def test_a_shop_without_options_has_an_empty_truth():
    shop = make_shop(30, 20, 500)
    truth = shop.truth
    assert list(shop.events) == ["user_id", "item_id", "event", "timestamp"]
    assert len(truth.bots) == len(truth.bot_kinds) == 0
    assert not truth.is_bot.any()
    assert set(truth.purchase_rows) == {-1}
    assert truth.segments.tolist() == [None] * 30


def test_planted_events_do_not_change_the_others(shop):
    plain = make_shop(**SIZES, random_state=3)
    truth = shop.truth
    kept = ~(truth.is_bot | truth.is_duplicate | (shop.events["event"] == "return"))
    assert rows_of(shop, kept).equals(rows_of(plain, slice(None)).set_axis(np.flatnonzero(kept)))
    for name, values in plain.catalogue.items():
        assert values.tolist() == shop.catalogue[name].tolist()
    for name, values in plain.rated.items():
        assert values.tolist() == shop.rated[name].tolist()


def test_equal_seeds_give_equal_planted_events(shop):
    again = make_shop(**SIZES, bots=0.05, returns=0.2, duplicates=0.1, random_state=3)
    assert pd.DataFrame(again.events).equals(pd.DataFrame(shop.events))
    assert again.truth.purchase_rows.tolist() == shop.truth.purchase_rows.tolist()


def test_events_stay_in_order_of_time(events):
    assert events["timestamp"].is_monotonic_increasing


def test_bots_are_users_after_the_customers(shop):
    assert shop.truth.bots.tolist() == list(range(301, 316))
    assert len(shop.users["user_id"]) == len(shop.user_factors) == 315
    assert set(shop.events["user_id"][shop.truth.is_bot]) == set(shop.truth.bots)
    assert set(shop.truth.bot_kinds) == {"crawler", "monitor", "scalper"}
    assert set(shop.events["event"][shop.truth.is_bot]) == {"view", "cart"}


def test_bots_are_a_number_or_a_share_of_the_users():
    assert len(make_shop(40, 20, 500, bots=3).truth.bots) == 3
    assert len(make_shop(40, 20, 500, bots=0.1).truth.bots) == 4


def test_a_return_follows_its_purchase_of_the_same_user_and_item(shop, events):
    rows = np.flatnonzero(shop.truth.purchase_rows >= 0)
    returned, bought = events.iloc[rows], events.iloc[shop.truth.purchase_rows[rows]]
    assert set(returned["event"]) == {"return"}
    assert set(bought["event"]) == {"purchase"}
    for column in ("user_id", "item_id", "price"):
        assert returned[column].tolist() == bought[column].tolist()
    waited = returned["timestamp"].to_numpy() - bought["timestamp"].to_numpy()
    assert waited.min() >= np.timedelta64(1, "D")
    assert waited.max() <= np.timedelta64(30, "D")
    partial = returned["quantity"].to_numpy() < bought["quantity"].to_numpy()
    assert np.all(returned["quantity"].to_numpy() <= bought["quantity"].to_numpy())
    assert 0 < partial.mean() < 0.5
    assert len(rows) == pytest.approx(0.2 * (events["event"] == "purchase").sum(), rel=0.15)


def test_no_other_purchase_is_between_a_purchase_and_its_return(shop, events):
    purchases = events[events["event"] == "purchase"]
    for row in np.flatnonzero(shop.truth.purchase_rows >= 0)[:200]:
        one = events.iloc[row]
        same = (purchases["user_id"] == one["user_id"]) & (purchases["item_id"] == one["item_id"])
        before = purchases[
            same & (purchases["timestamp"] <= one["timestamp"]) & ~shop.truth.is_duplicate[purchases.index]
        ]
        assert before.index[-1] == shop.truth.purchase_rows[row]


def test_some_returns_have_no_earlier_purchase(shop, events):
    orphans = events[(events["event"] == "return") & (shop.truth.purchase_rows < 0) & ~shop.truth.is_duplicate]
    bought = events[events["event"] == "purchase"].groupby(["user_id", "item_id"])["timestamp"].min()
    first = [bought.get(pair) for pair in zip(orphans["user_id"], orphans["item_id"], strict=True)]
    assert sum(time is None for time in first) == pytest.approx(len(orphans) / 2, abs=1)
    assert all(time is None or time > at for time, at in zip(first, orphans["timestamp"], strict=True))


def test_orders_hold_the_purchases_of_a_user_on_a_day(events):
    purchases = events[events["event"] == "purchase"]
    by_order = purchases.groupby("order_id").agg({"user_id": "nunique", "timestamp": lambda t: t.dt.date.nunique()})
    assert (by_order == 1).all(axis=None)
    assert purchases["order_id"].str.startswith("O").all()
    assert events[events["event"] == "return"]["order_id"].str.startswith("C").all()
    assert events[events["event"].isin(["view", "cart"])]["order_id"].isna().all()
    assert purchases["quantity"].min() == 1
    assert purchases["quantity"].max() > 1


def test_a_duplicate_repeats_an_event_within_two_seconds(shop, events):
    last, repeated = {}, []
    for user, item, kind, time, order, quantity in events.drop(columns="price").itertuples(index=False):
        key = (user, item, kind) if kind in ("view", "cart") else (user, item, kind, order, quantity)
        repeated.append(key in last and time - last[key] <= pd.Timedelta("2s"))
        if not repeated[-1]:
            last[key] = time
    assert shop.truth.is_duplicate.tolist() == repeated
    assert sum(repeated) == pytest.approx(len(events) / 11, rel=0.02)


def test_planted_segments_are_found_by_clustering_purchases_by_category():
    shop = make_shop(600, 300, 120_000, segments=5, random_state=1)
    category = pd.Series(shop.catalogue["category"], index=shop.catalogue["item_id"])
    events = pd.DataFrame(shop.events)
    views = events[events["event"] == "view"]
    shares = pd.crosstab(views["user_id"], views["item_id"].map(category), normalize="index")
    shares = shares[views.groupby("user_id").size() >= 20]
    found = KMeans(5, n_init=10, random_state=0).fit_predict(shares)
    assert adjusted_rand_score(shop.truth.segments[shares.index - 1], found) > 0.9


def test_planted_segments_differ_in_weekends_and_prices():
    shop = make_shop(600, 300, 60_000, segments=3, orders=True, random_state=2)
    events = pd.DataFrame(shop.events)
    events["segment"] = shop.truth.segments[events["user_id"] - 1]
    events["weekend"] = events["timestamp"].dt.day_of_week >= 5
    weekend, price = (events.groupby("segment")[name].mean() for name in ("weekend", "price"))
    assert weekend["weekend families"] > weekend["premium electronics"] > weekend["home and garden"]
    assert price["weekend families"] < price["premium electronics"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bots": -1}, "bots=-1"),
        ({"bots": 1.5}, "bots=1.5"),
        ({"returns": 0.6}, "returns=0.6"),
        ({"duplicates": -0.1}, "duplicates=-0.1"),
        ({"segments": 6}, "segments=6: expected a whole number from 0 to 5"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        make_shop(20, 10, 100, **options)


@pytest.mark.parametrize("seed", range(6))
def test_minimal_shops_accept_all_options(seed):
    shop = make_shop(1 + seed % 3, 1 + seed % 2, 1 + 5 * seed, bots=1, returns=0.5, duplicates=1, segments=seed)
    assert len(shop.truth.is_bot) == len(shop.events["price"])
