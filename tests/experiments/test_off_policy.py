"""The value of a policy, estimated from the log of another policy."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from recokit import DataError
from recokit.experiments import doubly_robust, ips, snips
from tests.naive import policy as naive

numbers = st.floats(-10, 10, allow_nan=False)
exposure = st.tuples(numbers, st.floats(0.01, 1), st.one_of(st.just(0.0), st.floats(0.01, 1)), numbers, numbers)
logs = st.lists(exposure, min_size=1, max_size=20).map(
    lambda rows: [list(column) for column in zip(*rows, strict=True)]
)
clips = st.one_of(st.none(), st.floats(0.5, 20))
approx = {"rel": 1e-9, "abs": 1e-9, "nan_ok": True}


@given(log=logs, clip=clips)
def test_estimates_equal_the_naive_references(log, clip):
    for estimate, terms in (
        (ips(*log[:3], clip=clip), naive.ips_terms(*log[:3], clip)),
        (doubly_robust(*log, clip=clip), naive.doubly_robust_terms(*log, clip)),
    ):
        assert (estimate.value, estimate.standard_error) == pytest.approx(naive.mean_and_error(terms), **approx)
        assert float(estimate) == estimate.value
        assert estimate.effective_sample_size == pytest.approx(naive.effective_sample_size(*log[1:3], clip))
        assert estimate.n_exposures == len(terms)


@given(log=logs, clip=clips, shift=numbers)
def test_snips_stays_in_the_range_of_the_rewards_and_shifts_with_them(log, clip, shift):
    rewards, *shown = log[:3]
    assume(any(shown[1]))
    estimate = snips(rewards, *shown, clip=clip)
    value, error = naive.snips(rewards, *shown, clip)
    assert estimate.value == pytest.approx(value, **approx)
    assert estimate.standard_error == pytest.approx(error if np.count_nonzero(shown[1]) > 1 else math.nan, **approx)
    assert min(rewards) - 1e-9 <= estimate.value <= max(rewards) + 1e-9
    moved = snips([reward + shift for reward in rewards], *shown, clip=clip)
    assert moved.value == pytest.approx(value + shift, **approx)


@given(log=logs)
def test_the_value_of_the_logging_policy_is_the_mean_reward(log):
    rewards, propensities = log[:2]
    for estimate in (ips, snips):
        got = estimate(rewards, propensities, propensities)
        assert got.value == pytest.approx(np.mean(rewards), **approx)
        assert got.effective_sample_size == pytest.approx(len(rewards))


@given(
    tenths=st.lists(st.integers(1, 8), min_size=2, max_size=3),
    rewards=st.lists(numbers, min_size=4, max_size=4),
    target=st.lists(st.floats(0.01, 1), min_size=4, max_size=4),
    guesses=st.lists(numbers, min_size=4, max_size=4),
)
def test_estimates_are_unbiased_and_doubly_robust_with_any_model(tenths, rewards, target, guesses):
    assume(sum(tenths) < 10)
    tenths = [*tenths, 10 - sum(tenths)]  # ten exposures with each action as often as expected
    n = len(tenths)
    policy = np.array(target[:n]) / sum(target[:n])
    true_value = float(policy @ rewards[:n])
    actions = np.repeat(np.arange(n), tenths)
    log = np.array(rewards)[actions], np.array(tenths)[actions] / 10, policy[actions]
    assert ips(*log).value == pytest.approx(true_value, **approx)
    assert snips(*log).value == pytest.approx(true_value, **approx)
    expected = np.full(len(actions), policy @ guesses[:n])
    assert doubly_robust(*log, np.array(guesses)[actions], expected).value == pytest.approx(true_value, **approx)
    assert ips(*log).mean_weight == pytest.approx(1.0)


def test_a_correct_model_compensates_for_wrong_propensities():
    rewards = np.array([1.0, 3.0, 1.0, 3.0])
    policy = np.array([0.2, 0.8, 0.2, 0.8])
    wrong = np.array([0.9, 0.3, 0.2, 0.6])
    got = doubly_robust(rewards, wrong, policy, predicted=rewards, expected=np.full(4, 0.2 * 1 + 0.8 * 3))
    assert got.value == pytest.approx(2.6)
    assert got.standard_error == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("estimate", [ips, snips])
def test_intervals_have_the_nominal_coverage(estimate):
    rng = np.random.default_rng(0)
    logged, policy, means = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5]), np.array([0.1, 0.2, 0.4])
    n_covered = 0
    for _ in range(400):
        actions = rng.choice(3, size=500, p=logged)
        rewards = rng.random(500) < means[actions]
        low, high = estimate(rewards, logged[actions], policy[actions], confidence=0.9).interval
        n_covered += low <= policy @ means <= high
    assert 340 <= n_covered <= 378  # 360 expected, standard deviation 6


def test_columns_of_frames_are_accepted_and_the_text_is_one_line():
    log = pd.DataFrame({"click": [1, 0, 1, 0], "p": [0.5, 0.5, 0.25, 0.25], "q": [0.5, 0.5, 0.5, 0.0]})
    got = ips(log["click"], log["p"], log["q"])
    assert got == ips(*log.to_numpy().T)
    assert str(got) == "0.7500 [-0.1883, 1.6883] (95%) from 4 exposures worth 2.7; mean weight 1.000"
    assert ips([1], [0.5], [0.0]).effective_sample_size == 0.0


@pytest.mark.parametrize(
    ("log", "message"),
    [
        (([], [], []), "empty"),
        (([1, 2], [0.5], [0.5]), "lengths differ: rewards 2, propensities 1"),
        (([1, math.nan], [0.5, 1], [0.5, 1]), r"rewards: 1 value\(s\) not in finite numbers: nan, at rows 1"),
        (([1, 2], [0.5, 0], [0.5, 1]), r"propensities: 1 value\(s\) not in \(0, 1\]: 0.0, at rows 1"),
        (([1, 2], [0.5, 1.5], [0.5, 1]), r"propensities: 1 value\(s\) not in \(0, 1\]: 1.5"),
        (([1, 2], [0.5, 1], [-0.5, 2]), r"probabilities: 2 value\(s\) not in \[0, 1\]: -0.5, 2.0"),
        ((["a", "b"], [0.5, 1], [1, 1]), "rewards: expected numbers"),
        ((np.array(["1", "0"], dtype=object), [0.5, 1], [1, 1]), "rewards: expected numbers"),
        (([[1], [2]], [0.5, 1], [1, 1]), "rewards: expected one dimension"),
    ],
)
def test_invalid_logs_are_refused(log, message):
    with pytest.raises(DataError, match=message):
        ips(*log)


def test_a_single_weighted_exposure_has_no_standard_error():
    got = snips([1, 0, 1], [0.5, 0.5, 0.25], [0, 0, 0.5])
    assert got.value == 1
    assert got.effective_sample_size == 1
    assert all(math.isnan(bound) for bound in (got.standard_error, *got.interval))


def test_invalid_options_and_logs_without_weight_are_refused():
    with pytest.raises(DataError, match="all weights are 0"):
        snips([1, 2], [0.5, 0.5], [0, 0])
    with pytest.raises(ValueError, match="clip=0"):
        ips([1], [1], [1], clip=0)
    with pytest.raises(ValueError, match="confidence=1: expected a number between 0 and 1"):
        ips([1], [1], [1], confidence=1)
    with pytest.raises(ValueError, match="clip='x': expected a finite number above 0"):
        ips([1], [1], [1], clip="x")
    with pytest.raises(DataError, match="rewards: expected an array with a number for each row, got a dict"):
        ips({1: 0.5}, [1], [1])
    assert ips([1], [1], [1], clip=float("inf")).value == 1
    with pytest.raises(DataError, match="lengths differ"):
        doubly_robust([1, 2], [1, 1], [1, 1], [1], [1, 2])
