import math

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from recokit import DataError, Interactions, Recommendations
from recokit.metrics import (
    conversion_rate,
    margin_at_k,
    repeat_purchase_rate,
    revenue_at_k,
    sample_size,
    uplift,
)

FRAMES = [pd.DataFrame, pl.DataFrame, pa.table]
IDS = st.lists(st.integers(0, 9), max_size=20)


@given(IDS.filter(bool), IDS)
def test_the_conversion_rate_is_that_of_the_visitors(visitors, buyers):
    assert conversion_rate(visitors, buyers) == len(set(visitors) & set(buyers)) / len(set(visitors))


@pytest.mark.parametrize("frame", FRAMES)
def test_visitors_and_buyers_come_in_any_form(frame):
    visits, purchases = frame({"user_id": ["ann", "bob", "bob", "cy"]}), frame({"user_id": ["bob", "eve"]})
    assert conversion_rate(visits, purchases) == pytest.approx(1 / 3)
    assert conversion_rate(np.array(["ann", "bob"]), ("bob",)) == 0.5
    data = Interactions.from_arrays(["ann", "bob"], ["tea", "cup"])
    assert conversion_rate(data, data.select(data.user_codes == 0)) == 0.5


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), min_size=1, max_size=25), st.integers(2, 4))
def test_repeat_purchases_are_of_those_with_several_orders(rows, times):
    users, orders = zip(*rows, strict=True)
    by_user = {user: {order for who, order in rows if who == user} for user in users}
    expected = sum(len(each) >= times for each in by_user.values()) / len(by_user)
    assert repeat_purchase_rate(users, orders, times=times) == expected
    assert repeat_purchase_rate(pd.DataFrame({"user_id": users, "order_id": orders}), times=times) == expected
    alone = sum(users.count(user) >= times for user in set(users)) / len(set(users))
    assert repeat_purchase_rate(users, times=times) == alone


LISTS = st.lists(st.lists(st.integers(0, 6), max_size=5), min_size=1, max_size=5).map(enumerate).map(dict)
TEST = st.dictionaries(st.integers(0, 6), st.dictionaries(st.integers(0, 8), st.integers(1, 9)), min_size=1)
PRICES = dict(enumerate([1.0, 2.5, 0.0, 10.0, 3.0, 7.0, 0.5, 20.0, 4.0]))


@pytest.mark.filterwarnings("ignore:none of the")
@given(LISTS, TEST.filter(lambda test: any(test.values())), st.integers(1, 6))
def test_revenue_is_the_prices_of_the_hits_by_user(lists, test, k):
    wanting = [user for user, items in test.items() if items]
    hits = {user: set(lists.get(user, [])[:k]) & set(test[user]) for user in wanting}
    revenue = sum(PRICES[item] for items in hits.values() for item in items) / len(wanting)
    assert revenue_at_k(lists, test, k, prices=PRICES) == pytest.approx(revenue, abs=1e-9)
    own = sum(test[user][item] for user, items in hits.items() for item in items) / len(wanting)
    assert revenue_at_k(lists, test, k) == pytest.approx(own, abs=1e-9)
    assert margin_at_k(lists, test, k, margins={item: -price for item, price in PRICES.items()}) == pytest.approx(
        -revenue, abs=1e-9
    )


@pytest.mark.parametrize("frame", FRAMES)
def test_prices_may_be_a_frame_and_lists_what_recommend_returns(frame):
    lists = Recommendations(users=["ann", "bob"], items=[["tea", "cup"], ["cup", ""]], counts=[2, 1])
    test = Interactions.from_arrays(["ann", "bob", "eve"], ["cup", "cup", "tea"])
    prices = frame({"item_id": ["tea", "cup"], "price": [4.0, 6.0]})
    assert revenue_at_k(lists, test, 1, prices=prices) == pytest.approx(2)  # bob's cup, for three users
    assert revenue_at_k(lists, test, 2, prices=prices) == pytest.approx(4)


def test_users_without_relevant_items_count_where_that_is_asked_for():
    lists, test = {"ann": ["tea"], "bob": ["tea"]}, {"ann": ["tea"]}
    assert revenue_at_k(lists, test, 1, prices={"tea": 6}) == 6
    assert revenue_at_k(lists, test, 1, prices={"tea": 6}, missing="zero") == 3


def wilson(x, n, z):
    """The roots of (p − x/n)² = z² p (1 − p) / n."""
    a, b, c = 1 + z * z / n, -(2 * x / n + z * z / n), (x / n) ** 2
    root = math.sqrt(max(b * b - 4 * a * c, 0))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


@given(st.integers(1, 300), st.integers(1, 300), st.data(), st.sampled_from([0.8, 0.95]))
def test_two_proportions_have_newcombes_interval_and_the_pooled_test(n1, n2, data, confidence):
    x1, x2 = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n2))
    found = uplift((x1, n1), (x2, n2), confidence=confidence)
    z = stats.norm.ppf((1 + confidence) / 2)
    (l1, u1), (l2, u2), p1, p2 = wilson(x1, n1, z), wilson(x2, n2, z), x1 / n1, x2 / n2
    expected = (
        p2 - p1 - math.sqrt((p2 - l2) ** 2 + (u1 - p1) ** 2),
        p2 - p1 + math.sqrt((u2 - p2) ** 2 + (p1 - l1) ** 2),
    )
    assert found.interval == pytest.approx(expected, abs=1e-9)
    table = [[x1, n1 - x1], [x2, n2 - x2]]
    if 0 < x1 + x2 < n1 + n2:  # the square of the pooled z is Pearson's χ²
        assert found.p_value == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue, abs=1e-9)
    else:
        assert found.p_value == 1
    assert found.interval[0] - 1e-12 <= found.difference <= found.interval[1] + 1e-12


def test_newcombes_published_example():
    """56 of 70 against 48 of 80, method 10 of the paper: 0.0524 to 0.3339."""
    assert uplift((48, 80), (56, 70)).interval == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_outcomes_that_are_all_0_or_1_are_conversions():
    assert uplift([0, 1, 0, 0], [1, 1, 0, 1]) == uplift((1, 4), (3, 4))


def test_the_ratio_is_that_of_katz_and_undefined_without_conversions():
    found = uplift((20, 100), (30, 100))
    spread = stats.norm.ppf(0.975) * math.sqrt(1 / 20 - 1 / 100 + 1 / 30 - 1 / 100)
    assert found.relative == pytest.approx(0.5)
    assert found.relative_interval == pytest.approx((1.5 * math.exp(-spread) - 1, 1.5 * math.exp(spread) - 1))
    none = uplift((0, 10), (3, 10))
    assert math.isnan(none.relative)
    assert np.all(np.isnan(none.relative_interval))


def test_revenue_is_compared_by_a_bootstrap_that_covers_the_truth_and_repeats():
    rng = np.random.default_rng(0)
    covered = 0
    for seed in range(60):
        a = rng.exponential(10, 300) * (rng.random(300) < 0.3)
        b = rng.exponential(12, 300) * (rng.random(300) < 0.3)
        found = uplift(a, b, confidence=0.9, n_resamples=500, random_state=seed)
        covered += found.interval[0] <= 0.6 <= found.interval[1]
    assert 45 <= covered <= 60  # 54 expected
    assert uplift(a, b, n_resamples=200) == uplift(a, b, n_resamples=200)
    assert found.p_value == pytest.approx(stats.ttest_ind(b, a, equal_var=False).pvalue)
    assert found.difference == pytest.approx(b.mean() - a.mean())
    low, high = found.relative_interval
    assert low < found.relative < high


def test_outcomes_without_variance_differ_or_do_not():
    assert uplift([2.0, 2.0], [2.0, 2.0]).p_value == 1
    assert uplift([2.0, 2.0], [3.0, 3.0]).p_value == 0


def test_an_uplift_reads_as_a_sentence():
    text = str(uplift((200, 4000), (260, 4000)))
    assert text.startswith("0.065 against 0.05: +0.015 [")
    assert "+30.0%" in text
    assert "95%" in text


@pytest.mark.parametrize(("p1", "p2"), [(0.05, 0.06), (0.2, 0.1), (0.5, 0.55)])
@pytest.mark.parametrize("power", [0.8, 0.9])
def test_a_test_of_that_size_has_that_power(p1, p2, power):
    n = sample_size(p1, p2, power=power)
    middle, z = (p1 + p2) / 2, stats.norm.ppf(0.975)

    def reached(size):
        chance = z * math.sqrt(2 * middle * (1 - middle) / size)
        spread = math.sqrt((p1 * (1 - p1) + p2 * (1 - p2)) / size)
        return stats.norm.cdf((abs(p1 - p2) - chance) / spread)

    assert reached(n) >= power > reached(n - 1)
    assert sample_size(p1, p2, power=power, two_sided=False) < n
    assert sample_size(p2, p1, power=power) == n


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: conversion_rate([], ["ann"]), DataError, "no visitors"),
        (lambda: conversion_rate([None], ["ann"]), DataError, "visitors"),
        (lambda: repeat_purchase_rate([]), DataError, "no buyers"),
        (lambda: repeat_purchase_rate(["ann"], [1, 2]), DataError, "2 orders for 1 rows"),
        (lambda: repeat_purchase_rate(["ann"], times=1), ValueError, "times=1"),
        (lambda: revenue_at_k([["a"]], [["a"]], 1, prices={}), DataError, "hit have no price: 'a'"),
        (lambda: revenue_at_k([["a"]], [["a"]], 1, prices={"a": math.nan}), DataError, "prices"),
        (lambda: revenue_at_k([["a"]], [["a"]], 1, prices=[3]), DataError, "mapping of item ids"),
        (lambda: margin_at_k([["a"]], [["a"]], 1, margins={"b": 1}), DataError, "no margin"),
        (lambda: revenue_at_k([["a"]], [["a"]], 0, prices={}), ValueError, "0"),
        (lambda: uplift((5, 4), (1, 4)), DataError, "control"),
        (lambda: uplift((1, 4), (1.5, 4)), DataError, "treatment"),
        (lambda: uplift([], [1]), DataError, "control: nobody"),
        (lambda: uplift([1, math.nan], [1]), DataError, "control"),
        (lambda: uplift((1, 4), (1, 4), confidence=1), ValueError, "confidence"),
        (lambda: sample_size(0.1, 0.1), ValueError, "both 0.1"),
        (lambda: sample_size(0.1, 1), ValueError, "treatment=1"),
    ],
)
def test_what_cannot_be_counted_is_an_error(call, error, message):
    with pytest.raises(error, match=message):
        call()
