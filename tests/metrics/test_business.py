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
from recokit.experiments.ab_test import _resampled_means
from recokit.metrics import (
    conversion_rate,
    evaluate,
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


def test_an_uplift_says_of_how_many_and_how_sure_it_is():
    for found in (uplift((1, 4), (3, 5), confidence=0.9), uplift([1.5, 2, 3, 1], [1.5, 2, 0, 0, 0], confidence=0.9)):
        assert (found.n_control, found.n_treatment, found.confidence) == (4, 5, 0.9)
        assert found.difference == found.treatment - found.control


def test_revenue_of_less_than_1_a_visitor_has_a_relative_interval():
    found = uplift([0.2, 0.1, 0.4, 0.3], [0.3, 0.4, 0.2, 0.6])
    low, high = found.relative_interval
    assert found.relative == pytest.approx(0.5)
    assert low < found.relative < high
    assert found.interval[0] < found.difference < found.interval[1] < 0.5
    assert uplift([0.0, 1.5], [0.5, 2.5], n_resamples=1).n_control == 2
    some_earn_nothing = uplift([0.0, 0.0, 1.5], [1.0, 2.5, 2.0])
    assert np.all(np.isnan(some_earn_nothing.relative_interval))


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


@given(st.lists(st.sampled_from([0.0, 0.0, 0.0, 5.0, -2.0, 7.5]), min_size=2, max_size=40))
def test_resamples_have_the_mean_and_the_standard_error_of_the_outcomes(outcomes):
    """Exactly: a resample's mean has the expectation x̄ and the variance σ²/n."""
    means = _resampled_means(np.array(outcomes), 4000, np.random.default_rng(0))
    error = np.std(outcomes) / math.sqrt(len(outcomes))
    assert means.shape == (4000,)
    assert means.mean() == pytest.approx(np.mean(outcomes), abs=5 * error / math.sqrt(4000) + 1e-12)
    assert means.std() == pytest.approx(
        error, rel=0.12, abs=1e-12
    )  # ±5 standard deviations, and more with few visitors


def test_resamples_are_distributed_as_those_drawn_visitor_by_visitor():
    rng = np.random.default_rng(1)
    outcomes = rng.exponential(10, 30) * (rng.random(30) < 0.3)
    drawn = outcomes[rng.integers(30, size=(20_000, 30))].mean(axis=1)
    assert stats.ks_2samp(_resampled_means(outcomes, 20_000, rng), drawn).pvalue > 0.01


def test_resamples_of_the_two_groups_are_independent():
    a = np.random.default_rng(0).exponential(10, 200)
    low, high = uplift(a, a, confidence=0.68).interval
    assert (high - low) / 2 == pytest.approx(math.sqrt(2) * a.std() / math.sqrt(200), rel=0.05)


def test_prices_are_not_rounded():
    assert revenue_at_k([["a"]], [["a"]], 1, prices={"a": 19.99}) == 19.99
    assert uplift([16777217.0, 0], [1.0, 2.0]).control == 16777217 / 2


def test_a_control_that_earned_nothing_has_no_relative_uplift():
    found = uplift([0.0, 0.0, 0.0], [0.0, 2.0, 4.0])
    assert math.isnan(found.relative)
    assert np.all(np.isnan(found.relative_interval))
    loss = uplift([-5.0, -4.0, -5.0], [-2.0, -2.5, -2.0])
    assert loss.relative == pytest.approx((7.5 / 3) / (-14 / 3))
    assert loss.relative_interval[0] < loss.relative < loss.relative_interval[1] < 0
    assert np.all(np.isnan(uplift([-5.0, 5.5, 1.0], [2.0, 2.5, 2.0]).relative_interval))  # resamples of both signs


def test_a_pair_may_be_compared_with_outcomes():
    assert uplift((1, 4), [0, 1, 1]) == uplift((1, 4), (2, 3))
    mixed = uplift((1, 4), [0, 1.5, 1])
    assert (mixed.control, mixed.n_control, mixed.n_treatment) == (0.25, 4, 3)


def test_outcomes_without_variance_differ_or_do_not():
    assert uplift([2.0, 2.0], [2.0, 2.0]).p_value == 1
    found = uplift([2.0, 2.0], [3.0, 3.0])
    assert (found.difference, found.relative) == (1, 0.5)
    assert np.all(np.isnan([found.p_value, *found.interval, *found.relative_interval]))
    assert uplift([2.0, 2.0], [2.0, 3.0, 4.0]).p_value == pytest.approx(
        stats.ttest_ind([2, 3, 4], [2, 2], equal_var=False).pvalue
    )


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


@pytest.mark.parametrize(("difference", "deviation"), [(0.5, 10.0), (-3.0, 20.0)])
def test_a_test_of_means_of_that_size_has_that_power(difference, deviation):
    n = sample_size(8.0, 8.0 + difference, standard_deviation=deviation, alpha=0.1, power=0.9)

    def reached(size):
        error = deviation * math.sqrt(2 / size)
        return stats.norm.cdf(abs(difference) / error - stats.norm.ppf(0.95))

    assert reached(n) >= 0.9 > reached(n - 1)
    assert sample_size(8.0, 8.0 + difference, standard_deviation=deviation, alpha=0.05, two_sided=False, power=0.9) == n


def test_ids_of_two_types_raise_a_warning():
    with pytest.warns(UserWarning, match="none of the buyers is among the visitors"):
        assert conversion_rate([1, 2], ["1"]) == 0


def test_revenue_and_margin_are_metrics_of_evaluate_with_values_by_user():
    lists = {"ann": ["tea", "cup"], "bob": ["tea", "pot"], "cy": ["cup"]}
    test = {"ann": {"tea": 3.5}, "bob": {"pot": 20.0, "tea": 4.0}, "dan": {"tea": 1.0}}
    prices, margins = (
        {"tea": 4.0, "pot": 20.0, "cup": 1.0},
        pd.DataFrame({"item_id": ["tea", "pot"], "margin": [1, -2]}),
    )
    asked = ["revenue@1", "revenue_at_k@2", "margin@2"]
    result = evaluate(lists, test, asked, prices=prices, margins=margins)
    assert {name: values.tolist() for name, values in result.per_user.items()} == {
        "revenue@1": [4.0, 4.0, 0.0],
        "revenue_at_k@2": [4.0, 24.0, 0.0],
        "margin@2": [1.0, -1.0, 0.0],
    }
    assert result["revenue_at_k@2"] == revenue_at_k(lists, test, 2, prices=prices)
    assert result["margin@2"] == margin_at_k(lists, test, 2, margins=margins)
    assert result.intervals["revenue_at_k@2"] == pytest.approx((0, 24), abs=6)
    assert evaluate(lists, test, ["revenue@2"]).per_user["revenue@2"].tolist() == [3.5, 24.0, 0.0]
    assert evaluate(lists, test, ["revenue"], missing="zero")["revenue"] == (3.5 + 24.0) / 4


@pytest.mark.filterwarnings("ignore:none of the")
@given(LISTS, TEST.filter(lambda test: any(test.values())), st.integers(1, 6))
def test_revenue_of_longer_lists_is_no_less_and_of_the_best_list_all_that_was_spent(lists, test, k):
    assert revenue_at_k(lists, test, k + 1) >= revenue_at_k(lists, test, k) >= 0
    best = {user: sorted(items, key=items.get, reverse=True) for user, items in test.items()}
    spent = [sum(items.values()) for items in test.values() if items]
    assert revenue_at_k(best, test) == pytest.approx(sum(spent) / len(spent), abs=1e-9)


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
        (lambda: uplift([200, 4000], [260, 4000]), DataError, r"control: two whole numbers, .*\(200, 4000\)"),
        (lambda: uplift((2, 4), np.array([0, 4])), DataError, r"treatment: two whole numbers, .*\(0, 4\)"),
        (lambda: sample_size(3, 4, standard_deviation=0), ValueError, "standard_deviation=0: expected finite"),
        (lambda: sample_size(3, math.inf, standard_deviation=1), ValueError, "treatment=inf"),
        (lambda: sample_size(3, 3, standard_deviation=1), ValueError, "both 3"),
        (lambda: uplift((5, 4), (1, 4)), DataError, "control"),
        (lambda: uplift((1, 4), (1.5, 4)), DataError, "treatment"),
        (lambda: uplift([], [1]), DataError, "control: nobody"),
        (lambda: uplift([1, math.nan], [1]), DataError, "control"),
        (lambda: uplift((1, 4), (1, 4), confidence=1), ValueError, "confidence"),
        (lambda: uplift((1, 4), (1, 4), confidence=0), ValueError, "confidence"),
        (lambda: uplift([1.5, 2], [1, 3], n_resamples=0), ValueError, "n_resamples=0: expected a whole number from 1"),
        (lambda: uplift([1.5, 2], [1, 3], n_resamples=2.5), ValueError, "n_resamples=2.5"),
        (lambda: uplift((1, 0), (1, 4)), DataError, "control"),
        (lambda: uplift((0, 0), (1, 4)), DataError, "control"),
        (lambda: uplift((-1, 4), (1, 4)), DataError, "control"),
        (lambda: uplift([1.5], [2.5, 3]), DataError, "control: one visitor"),
        (lambda: uplift([2.5, 3], [1.5]), DataError, "treatment: one visitor"),
        (lambda: uplift(["1", "0"], [1, 0]), DataError, "control: expected numbers"),
        (lambda: uplift([[1], [0]], [1, 0]), DataError, r"control: expected one dimension, got shape \(2, 1\)"),
        (lambda: conversion_rate("ann", ["ann"]), DataError, "visitors: expected user ids, got the one string 'ann'"),
        (lambda: conversion_rate(["ann"], "ann"), DataError, "buyers: expected user ids"),
        (lambda: repeat_purchase_rate(["ann"], times=2.5), ValueError, "times=2.5: expected a whole number from 2"),
        (lambda: repeat_purchase_rate(["ann", None]), DataError, "buyers"),
        (lambda: repeat_purchase_rate(["ann"], [None]), DataError, "orders"),
        (
            lambda: revenue_at_k([["a"]], [["a"]], 1, prices=pd.DataFrame({"item_id": ["a", "a"], "price": [1, 2]})),
            DataError,
            "items of the prices: 1 id.s. are duplicated: 'a'",
        ),
        (lambda: revenue_at_k([["a"]], [["a"]], 1, prices={"a": "dear"}), DataError, "prices: expected numbers"),
        (lambda: sample_size(0.1, 0.2, power=1), ValueError, "power=1"),
        (lambda: sample_size(0.1, 0.2, alpha=0), ValueError, "alpha=0"),
        (lambda: sample_size(math.nan, 0.2), ValueError, "control=nan"),
        (lambda: sample_size(0.1, 0.1), ValueError, "both 0.1"),
        (lambda: sample_size(0.1, 1), ValueError, "treatment=1"),
    ],
)
def test_what_cannot_be_counted_is_an_error(call, error, message):
    with pytest.raises(error, match=message):
        call()
