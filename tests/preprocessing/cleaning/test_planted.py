"""Rules find the bots, duplicates and returns that a generated shop plants."""

import numpy as np
import pytest

from recokit import EventLog
from recokit.datasets import make_shop
from recokit.preprocessing import DropBots, DropDuplicates, NetReturns
from tests.preprocessing.cleaning._shops import in_sessions

SHOPS = (
    {"n_users": 300, "n_items": 200, "n_events": 30_000},
    {"n_users": 3_000, "n_items": 400, "n_events": 90_000},
    {"n_users": 150, "n_items": 40, "n_events": 100_000},
)


def scores(found, true):
    """Return precision and recall."""
    common = len(set(found) & set(true))
    return common / max(len(set(found)), 1), common / len(true)


def bots_in(events):
    """Return the users that the rule removes with its defaults."""
    _, report = EventLog.from_frame(events).clean(DropBots())
    return report.details("DropBots")["user_id"] if report["DropBots"].users else []


@pytest.mark.parametrize("sizes", SHOPS)
@pytest.mark.parametrize("seed", range(3))
def test_bots_are_found(sizes, seed):
    shop = make_shop(**sizes, bots=0.05, duplicates=0.02, returns=0.05, random_state=seed)
    precision, recall = scores(bots_in(shop.events), shop.truth.bots)
    assert precision >= 0.95
    assert recall >= 0.95


@pytest.mark.parametrize("sizes", SHOPS[:2])
@pytest.mark.parametrize(("length", "pause"), [(4, 60.0), (8, 25.0)])
def test_bots_are_found_among_customers_with_sessions(sizes, length, pause):
    shops = [make_shop(**sizes, bots=0.05, random_state=seed) for seed in range(10, 13)]
    found = [bots_in(in_sessions(shop, length, pause, seed)) for seed, shop in enumerate(shops)]
    precisions, recalls = zip(
        *(scores(one, shop.truth.bots) for one, shop in zip(found, shops, strict=True)), strict=True
    )
    assert np.mean(precisions) >= 0.95
    assert np.mean(recalls) >= 0.95


@pytest.mark.parametrize(("length", "pause"), [(None, None), (8, 25.0), (20, 15.0)])
def test_few_customers_of_a_shop_without_bots_are_removed(length, pause):
    shop = make_shop(1_000, 300, 100_000, random_state=5)
    found = bots_in(shop.events if length is None else in_sessions(shop, length, pause))
    assert len(found) <= 3  # of 1,000


def test_kinds_of_bots_have_different_reasons():
    shop = make_shop(300, 200, 30_000, bots=30, random_state=1)
    _, report = EventLog.from_frame(shop.events).clean(DropBots())
    details = report.details("DropBots").set_index("user_id")["reasons"]
    by_kind = {
        kind: details[shop.truth.bots[shop.truth.bot_kinds == kind]] for kind in ("crawler", "monitor", "scalper")
    }
    assert by_kind["crawler"].str.contains("breadth").all()
    assert by_kind["monitor"].str.contains("quiet_share").all()
    assert by_kind["scalper"].str.contains("burst").all()


@pytest.mark.parametrize("sizes", SHOPS)
@pytest.mark.parametrize("seed", range(2))
def test_duplicates_are_found_exactly(sizes, seed):
    shop = make_shop(**sizes, bots=0.02, returns=0.1, duplicates=0.05, random_state=seed)
    cleaned, report = EventLog.from_frame(shop.events).clean(DropDuplicates("2s"))
    assert report["DropDuplicates"].events == shop.truth.is_duplicate.sum()
    originals = {name: column[~shop.truth.is_duplicate] for name, column in shop.events.items()}
    assert cleaned.equals(EventLog.from_frame(originals))


@pytest.mark.parametrize("form", ["event", "order", "quantity"])
@pytest.mark.parametrize("seed", range(2))
def test_returns_are_netted_exactly_in_every_form(form, seed):
    shop = make_shop(400, 150, 60_000, returns=0.2, random_state=seed)
    events, rows = dict(shop.events), shop.truth.purchase_rows
    is_return = events["event"] == "return"
    returned = np.zeros(len(rows))
    np.add.at(returned, rows[rows >= 0], events["quantity"][rows >= 0])
    left = events["quantity"] - returned
    kept = ~is_return & ~(left == 0)
    expected = {name: column[kept] for name, column in events.items()} | {"quantity": left[kept]}
    if form != "event":
        events["event"] = np.where(is_return, "purchase", events["event"])
    if form == "quantity":
        events["quantity"] = np.where(is_return, -events["quantity"], events["quantity"])
        events["order_id"] = np.where(is_return, None, events["order_id"])
    rule = NetReturns(order_prefix="C" if form == "order" else None)
    cleaned, report = EventLog.from_frame(events).clean(rule)
    assert cleaned.equals(EventLog.from_frame(expected))
    status = report.details("NetReturns")["status"].value_counts().to_dict()
    assert status["netted"] == (rows >= 0).sum()
    assert status["before purchase"] + status["without purchase"] == (is_return & (rows < 0)).sum()
    assert set(status) == {"netted", "before purchase", "without purchase"}


def test_all_rules_together_leave_the_shop_without_planted_events():
    sizes = {"n_users": 300, "n_items": 200, "n_events": 30_000}
    shop = make_shop(**sizes, orders=True, bots=0.05, duplicates=0.03, random_state=2)
    plain = make_shop(**sizes, orders=True, random_state=2)
    rules = (DropDuplicates("2s"), DropBots(), NetReturns())
    cleaned, _ = EventLog.from_frame(shop.events).clean(*rules)
    assert cleaned.equals(EventLog.from_frame(plain.events))
    assert cleaned.clean(*rules)[0].equals(cleaned)
