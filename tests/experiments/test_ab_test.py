import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from recokit import DataError
from recokit.experiments import sample_size, uplift
from recokit.experiments.ab_test import _resampled_means


def wilson(x, n, z):
    """Return the roots of (p − x/n)² = z² p (1 − p) / n."""
    a, b, c = 1 + z * z / n, -(2 * x / n + z * z / n), (x / n) ** 2
    root = math.sqrt(max(b * b - 4 * a * c, 0))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


@given(st.integers(1, 300), st.integers(1, 300), st.data(), st.sampled_from([0.8, 0.95]))
def test_conversions_have_the_newcombe_interval_and_the_p_value_of_the_pooled_z_test(n1, n2, data, confidence):
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


def test_an_uplift_contains_the_group_sizes_and_the_confidence():
    for found in (uplift((1, 4), (3, 5), confidence=0.9), uplift([1.5, 2, 3, 1], [1.5, 2, 0, 0, 0], confidence=0.9)):
        assert (found.n_control, found.n_treatment, found.confidence) == (4, 5, 0.9)
        assert found.difference == found.treatment - found.control


def test_revenue_below_1_per_visitor_has_a_relative_interval():
    found = uplift([0.2, 0.1, 0.4, 0.3], [0.3, 0.4, 0.2, 0.6])
    low, high = found.relative_interval
    assert found.relative == pytest.approx(0.5)
    assert low < found.relative < high
    assert found.interval[0] < found.difference < found.interval[1] < 0.5
    assert uplift([0.0, 1.5], [0.5, 2.5], n_resamples=1).n_control == 2
    some_earn_nothing = uplift([0.0, 0.0, 1.5], [1.0, 2.5, 2.0])
    assert np.all(np.isnan(some_earn_nothing.relative_interval))


def test_newcombes_published_example_is_reproduced():
    """56 of 70 against 48 of 80, method 10 of the paper: 0.0524 to 0.3339."""
    assert uplift((48, 80), (56, 70)).interval == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_outcomes_that_are_all_0_or_1_are_conversions():
    assert uplift([0, 1, 0, 0], [1, 1, 0, 1]) == uplift((1, 4), (3, 4))


def test_the_relative_interval_is_that_of_katz_and_nan_without_conversions():
    found = uplift((20, 100), (30, 100))
    spread = stats.norm.ppf(0.975) * math.sqrt(1 / 20 - 1 / 100 + 1 / 30 - 1 / 100)
    assert found.relative == pytest.approx(0.5)
    assert found.relative_interval == pytest.approx((1.5 * math.exp(-spread) - 1, 1.5 * math.exp(spread) - 1))
    none = uplift((0, 10), (3, 10))
    assert math.isnan(none.relative)
    assert np.all(np.isnan(none.relative_interval))


def test_bootstrap_intervals_of_revenue_cover_the_true_uplift_and_are_reproducible():
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
def test_resampled_means_have_the_mean_and_the_standard_error_of_the_outcomes(outcomes):
    """A resampled mean has the expectation x̄ and the variance σ²/n."""
    means = _resampled_means(np.array(outcomes), 4000, np.random.default_rng(0))
    error = np.std(outcomes) / math.sqrt(len(outcomes))
    assert means.shape == (4000,)
    assert means.mean() == pytest.approx(np.mean(outcomes), abs=5 * error / math.sqrt(4000) + 1e-12)
    # 0.12 is 5 standard deviations, and more with few visitors.
    assert means.std() == pytest.approx(error, rel=0.12, abs=1e-12)


def test_resampled_means_have_the_distribution_of_draws_visitor_by_visitor():
    rng = np.random.default_rng(1)
    outcomes = rng.exponential(10, 30) * (rng.random(30) < 0.3)
    drawn = outcomes[rng.integers(30, size=(20_000, 30))].mean(axis=1)
    assert stats.ks_2samp(_resampled_means(outcomes, 20_000, rng), drawn).pvalue > 0.01


def test_resamples_of_the_two_groups_are_independent():
    a = np.random.default_rng(0).exponential(10, 200)
    low, high = uplift(a, a, confidence=0.68).interval
    assert (high - low) / 2 == pytest.approx(math.sqrt(2) * a.std() / math.sqrt(200), rel=0.05)


def test_the_relative_uplift_over_a_control_of_0_is_nan():
    found = uplift([0.0, 0.0, 0.0], [0.0, 2.0, 4.0])
    assert math.isnan(found.relative)
    assert np.all(np.isnan(found.relative_interval))
    loss = uplift([-5.0, -4.0, -5.0], [-2.0, -2.5, -2.0])
    assert loss.relative == pytest.approx((7.5 / 3) / (-14 / 3))
    assert loss.relative_interval[0] < loss.relative < loss.relative_interval[1] < 0
    assert np.all(np.isnan(uplift([-5.0, 5.5, 1.0], [2.0, 2.5, 2.0]).relative_interval))  # resamples of both signs


def test_a_tuple_of_conversions_can_be_compared_with_outcomes():
    assert uplift((1, 4), [0, 1, 1]) == uplift((1, 4), (2, 3))
    mixed = uplift((1, 4), [0, 1.5, 1])
    assert (mixed.control, mixed.n_control, mixed.n_treatment) == (0.25, 4, 3)


def test_outcomes_without_variance_have_a_p_value_only_if_they_are_equal():
    assert uplift([2.0, 2.0], [2.0, 2.0]).p_value == 1
    found = uplift([2.0, 2.0], [3.0, 3.0])
    assert (found.difference, found.relative) == (1, 0.5)
    assert np.all(np.isnan([found.p_value, *found.interval, *found.relative_interval]))
    assert uplift([2.0, 2.0], [2.0, 3.0, 4.0]).p_value == pytest.approx(
        stats.ttest_ind([2, 3, 4], [2, 2], equal_var=False).pvalue
    )


def test_the_text_of_an_uplift_shows_both_intervals_and_the_confidence():
    text = str(uplift((200, 4000), (260, 4000)))
    assert text.startswith("0.065 against 0.05: +0.015 [")
    assert "+30.0%" in text
    assert "95%" in text


@pytest.mark.parametrize(("p1", "p2"), [(0.05, 0.06), (0.2, 0.1), (0.5, 0.55)])
@pytest.mark.parametrize("power", [0.8, 0.9])
def test_the_sample_size_for_rates_is_the_smallest_with_the_power(p1, p2, power):
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
def test_the_sample_size_for_means_is_the_smallest_with_the_power(difference, deviation):
    n = sample_size(8.0, 8.0 + difference, standard_deviation=deviation, alpha=0.1, power=0.9)

    def reached(size):
        error = deviation * math.sqrt(2 / size)
        return stats.norm.cdf(abs(difference) / error - stats.norm.ppf(0.95))

    assert reached(n) >= 0.9 > reached(n - 1)
    assert sample_size(8.0, 8.0 + difference, standard_deviation=deviation, alpha=0.05, two_sided=False, power=0.9) == n


def test_outcomes_keep_double_precision():
    assert uplift([16777217.0, 0], [1.0, 2.0]).control == 16777217 / 2


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: uplift([200, 4000], [260, 4000]), DataError, r"control: the two integers .*\(200, 4000\)"),
        (lambda: uplift((2, 4), np.array([0, 4])), DataError, r"treatment: the two integers .*\(0, 4\)"),
        (
            lambda: sample_size(3, 4, standard_deviation=0),
            ValueError,
            "standard_deviation=0: expected a finite number above 0",
        ),
        (lambda: sample_size(3, math.inf, standard_deviation=1), ValueError, "treatment=inf"),
        (lambda: sample_size(3, 3, standard_deviation=1), ValueError, "both 3"),
        (lambda: uplift((5, 4), (1, 4)), DataError, "control"),
        (lambda: uplift((1, 4), (1.5, 4)), DataError, "treatment"),
        (lambda: uplift([], [1]), DataError, "control: the group has no visitors"),
        (lambda: uplift([1, math.nan], [1]), DataError, "control"),
        (lambda: uplift((1, 4), (1, 4), confidence=1), ValueError, "confidence"),
        (lambda: uplift((1, 4), (1, 4), confidence=0), ValueError, "confidence"),
        (lambda: uplift((1, 4), (1, 4), confidence="x"), ValueError, "confidence='x': expected a number between"),
        (lambda: uplift([1.5, 2], [1, 3], random_state="x"), ValueError, "random_state='x': expected an integer"),
        (lambda: uplift([1.5, 2], [1, 3], n_resamples="x"), ValueError, "n_resamples='x': expected an integer"),
        (lambda: uplift(None, [1, 3]), DataError, "control: expected a sequence, got None"),
        (lambda: uplift({1.5, 2.5}, [1, 3]), DataError, "control: expected an array .* got a set"),
        (lambda: sample_size("x", 0.2), ValueError, "control='x': expected a number between 0 and 1"),
        (lambda: sample_size(1, "x", standard_deviation=1), ValueError, "treatment='x': expected a finite number"),
        (
            lambda: uplift([1.5, 2], [1, 3], n_resamples=0),
            ValueError,
            "n_resamples=0: expected an integer of at least 1",
        ),
        (lambda: uplift([1.5, 2], [1, 3], n_resamples=2.5), ValueError, "n_resamples=2.5"),
        (lambda: uplift((1, 0), (1, 4)), DataError, "control"),
        (lambda: uplift((0, 0), (1, 4)), DataError, "control"),
        (lambda: uplift((-1, 4), (1, 4)), DataError, "control"),
        (lambda: uplift([1.5], [2.5, 3]), DataError, "control: expected two or more visitors"),
        (lambda: uplift([2.5, 3], [1.5]), DataError, "treatment: expected two or more visitors"),
        (lambda: uplift(["1", "0"], [1, 0]), DataError, "control: expected numbers"),
        (lambda: uplift([[1], [0]], [1, 0]), DataError, r"control: expected one dimension, got shape \(2, 1\)"),
        (lambda: sample_size(0.1, 0.2, power=1), ValueError, "power=1"),
        (lambda: sample_size(0.1, 0.2, alpha=0), ValueError, "alpha=0"),
        (lambda: sample_size(math.nan, 0.2), ValueError, "control=nan"),
        (lambda: sample_size(0.1, 0.1), ValueError, "both 0.1"),
        (lambda: sample_size(0.1, 1), ValueError, "treatment=1"),
    ],
)
def test_invalid_groups_and_options_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
