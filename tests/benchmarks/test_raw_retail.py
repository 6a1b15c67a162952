"""The seeded rule that adds raw lines to clean invoice lines."""

import pandas as pd
import pytest
from _common.raw_retail import COLUMNS, add_raw_lines

from recokit.datasets import make_shop


@pytest.fixture(scope="module")
def clean():
    shop = make_shop(400, 200, 60_000, orders=True)
    events = pd.DataFrame(shop.events)
    events = events[events["event"] == "purchase"]
    columns = events[["order_id", "item_id", "quantity", "timestamp", "price", "user_id"]]
    return columns.set_axis(COLUMNS, axis=1).reset_index(drop=True)


def test_the_clean_lines_are_part_of_the_raw_lines(clean):
    raw, added = add_raw_lines(clean)
    assert len(raw) == len(clean) + sum(added)
    counts = raw.value_counts(COLUMNS) - clean.value_counts(COLUMNS)
    assert counts.min() >= 0


def test_the_added_lines_are_counted_by_kind(clean):
    raw, added = add_raw_lines(clean)
    cancelled = raw[raw["InvoiceNo"].str.startswith("C")]
    assert len(cancelled) == added.cancellations + added.orphans
    assert (cancelled["Quantity"] < 0).all()
    assert raw["CustomerID"].isna().sum() == added.anonymous
    assert (raw["StockCode"] == "POST").sum() == added.services
    assert min(added) > 0
    assert added.anonymous == pytest.approx(0.249 * (len(clean) + added.anonymous), rel=0.01)


def test_the_seed_decides_the_lines(clean):
    first, again, other = (add_raw_lines(clean, seed)[0] for seed in (3, 3, 4))
    assert first.equals(again)
    assert not first.equals(other)
