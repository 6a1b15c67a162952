import math

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import DataError, Interactions, Recommendations
from recokit.metrics import evaluate, margin_at_k, revenue_at_k

# Toy data often have no id in common, or lists shorter than the cut-off.
pytestmark = [
    pytest.mark.filterwarnings("ignore:none of the"),
    pytest.mark.filterwarnings("ignore:the lists contain at most"),
]

FRAMES = [pd.DataFrame, pl.DataFrame, pa.table]
LISTS = st.lists(st.lists(st.integers(0, 6), max_size=5), min_size=1, max_size=5).map(enumerate).map(dict)
TEST = st.dictionaries(st.integers(0, 6), st.dictionaries(st.integers(0, 8), st.integers(1, 9)), min_size=1)
PRICES = dict(enumerate([1.0, 2.5, 0.0, 10.0, 3.0, 7.0, 0.5, 20.0, 4.0]))


@pytest.mark.filterwarnings("ignore:none of the")
@given(LISTS, TEST.filter(lambda test: any(test.values())), st.integers(1, 6))
def test_revenue_is_the_mean_over_users_of_the_prices_of_their_hits(lists, test, k):
    tested = [user for user, items in test.items() if items]
    hits = {user: set(lists.get(user, [])[:k]) & set(test[user]) for user in tested}
    revenue = sum(PRICES[item] for items in hits.values() for item in items) / len(tested)
    assert revenue_at_k(lists, test, k, prices=PRICES) == pytest.approx(revenue, abs=1e-9)
    own = sum(test[user][item] for user, items in hits.items() for item in items) / len(tested)
    assert revenue_at_k(lists, test, k, prices="test") == pytest.approx(own, abs=1e-9)
    assert margin_at_k(lists, test, k, margins={item: -price for item, price in PRICES.items()}) == pytest.approx(
        -revenue, abs=1e-9
    )


def test_prices_can_be_a_series_or_a_mapping_of_columns():
    lists, test = {"ann": ["tea", "cup"]}, {"ann": ["cup", "tea"]}
    shop = pd.DataFrame({"item_id": ["tea", "cup"], "price": [4.0, 6.0], "margin": [1.0, 2.0]})
    by_item = shop.set_index("item_id")
    for prices in (by_item["price"], by_item["price"].to_dict(), shop.to_dict("list"), shop):
        assert revenue_at_k(lists, test, 1, prices=prices) == 4
    assert margin_at_k(lists, test, 2, margins=by_item["margin"]) == 3


@pytest.mark.parametrize("frame", FRAMES)
def test_prices_can_be_a_frame_and_lists_can_be_recommendations(frame):
    lists = Recommendations(users=["ann", "bob"], items=[["tea", "cup"], ["cup", ""]], counts=[2, 1])
    test = Interactions.from_arrays(["ann", "bob", "eve"], ["cup", "cup", "tea"])
    prices = frame({"item_id": ["tea", "cup"], "price": [4.0, 6.0]})
    assert revenue_at_k(lists, test, 1, prices=prices) == pytest.approx(2)  # bob's cup, for three users
    assert revenue_at_k(lists, test, 2, prices=prices) == pytest.approx(4)


def test_users_without_relevant_items_count_only_with_missing_zero():
    lists, test = {"ann": ["tea"], "bob": ["tea"]}, {"ann": ["tea"]}
    assert revenue_at_k(lists, test, 1, prices={"tea": 6}) == 6
    assert revenue_at_k(lists, test, 1, prices={"tea": 6}, missing="zero") == 3


def test_prices_are_not_rounded():
    assert revenue_at_k([["a"]], [["a"]], 1, prices={"a": 19.99}) == 19.99


def test_evaluate_computes_revenue_and_margin_of_each_user():
    lists = {"ann": ["tea", "cup"], "bob": ["tea", "pot"], "cy": ["cup"]}
    test = {"ann": {"tea": 3.5}, "bob": {"pot": 20.0, "tea": 4.0}, "dan": {"tea": 1.0}}
    prices, margins = (
        {"tea": 4.0, "pot": 20.0, "cup": 1.0},
        pd.DataFrame({"item_id": ["tea", "pot"], "margin": [1, -2]}),
    )
    names = ["revenue@1", "revenue_at_k@2", "margin@2"]
    result = evaluate(lists, test, names, prices=prices, margins=margins)
    assert {name: values.tolist() for name, values in result.per_user.items()} == {
        "revenue@1": [4.0, 4.0, 0.0],
        "revenue_at_k@2": [4.0, 24.0, 0.0],
        "margin@2": [1.0, -1.0, 0.0],
    }
    assert result["revenue_at_k@2"] == revenue_at_k(lists, test, 2, prices=prices)
    assert result["margin@2"] == margin_at_k(lists, test, 2, margins=margins)
    assert result.intervals["revenue_at_k@2"] == pytest.approx((0, 24), abs=6)
    own = evaluate(lists, test, ["revenue@2", "margin@2"], prices="test", margins="test")
    assert own.per_user["revenue@2"].tolist() == own.per_user["margin@2"].tolist() == [3.5, 24.0, 0.0]
    assert evaluate(lists, test, ["revenue"], prices="test", missing="zero")["revenue"] == (3.5 + 24.0) / 4


@pytest.mark.filterwarnings("ignore:none of the")
@given(LISTS, TEST.filter(lambda test: any(test.values())), st.integers(1, 6))
def test_revenue_grows_with_the_list_and_reaches_all_spending(lists, test, k):
    assert revenue_at_k(lists, test, k + 1, prices="test") >= revenue_at_k(lists, test, k, prices="test") >= 0
    best = {user: sorted(items, key=items.get, reverse=True) for user, items in test.items()}
    spent = [sum(items.values()) for items in test.values() if items]
    assert revenue_at_k(best, test, prices="test") == pytest.approx(sum(spent) / len(spent), abs=1e-9)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: revenue_at_k([["a"]], [["a"]], 1, prices={}), DataError, "the hits have no price: 'a'"),
        (lambda: revenue_at_k([["a"]], [["a"]], 1, prices={"a": math.nan}), DataError, "prices"),
        (lambda: revenue_at_k([["a"]], [["a"]], 1, prices=[3]), DataError, "mapping of item ids"),
        (lambda: revenue_at_k([["a"]], [["a"]], 1, prices="own"), DataError, "or 'test', got 'own'"),
        (lambda: revenue_at_k([["a"]], [["a"]], 1), ValueError, "revenue needs the prices of the items: pass prices="),
        (lambda: margin_at_k([["a"]], [["a"]], 1), ValueError, "margin needs the margins .*; or margins='test'"),
        (lambda: evaluate([["a"]], [["a"]], "revenue@1", margins={"a": 1}), ValueError, "pass prices="),
        (
            lambda: revenue_at_k([["a"]], [["a"]], 1, prices=pd.Series([1, 2], index=["a", "a"])),
            DataError,
            "prices: the index of the Series contains an item twice: 'a'",
        ),
        (lambda: margin_at_k([["a"]], [["a"]], 1, margins={"b": 1}), DataError, "no margin"),
        (lambda: revenue_at_k([["a"]], [["a"]], 0, prices={}), ValueError, "0"),
        (
            lambda: revenue_at_k([["a"]], [["a"]], 1, prices=pd.DataFrame({"item_id": ["a", "a"], "price": [1, 2]})),
            DataError,
            "items of the prices: 1 id.s. are duplicated: 'a'",
        ),
        (lambda: revenue_at_k([["a"]], [["a"]], 1, prices={"a": "expensive"}), DataError, "prices: expected numbers"),
    ],
)
def test_invalid_prices_and_margins_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
