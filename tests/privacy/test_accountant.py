import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit.exceptions import PrivacyBudgetError
from recokit.privacy import PrivacyAccountant
from recokit.privacy._zcdp import epsilon_of, rho_of

EPSILONS = st.floats(0.01, 20)
DELTAS = st.floats(1e-12, 1e-2)


@given(EPSILONS, DELTAS)
def test_the_loss_of_a_guarantee_gives_the_guarantee_and_more_than_the_textbook_bound_allows(epsilon, delta):
    rho = rho_of(epsilon, delta)
    assert rho > 0
    assert epsilon_of(rho, delta) <= epsilon * (1 + 1e-9)
    textbook = (math.sqrt(math.log(1 / delta) + epsilon) - math.sqrt(math.log(1 / delta))) ** 2
    assert rho >= textbook * (1 - 1e-6)


def test_the_conversion_is_never_below_the_exact_privacy_of_gaussian_noise():
    from scipy.stats import norm

    for rho in (0.001, 0.01, 0.1, 1.0):
        mu = math.sqrt(2 * rho)
        for delta in (1e-8, 1e-5, 1e-3):
            epsilon = epsilon_of(rho, delta)
            exact = norm.cdf(-epsilon / mu + mu / 2) - math.exp(epsilon) * norm.cdf(-epsilon / mu - mu / 2)
            assert 0 <= exact <= delta * (1 + 1e-6)


def test_one_release_costs_its_own_guarantee():
    accountant = PrivacyAccountant(1.5, 1e-6)
    accountant.spend("all", epsilon=1.5, delta=1e-6)
    assert accountant.epsilon == pytest.approx(1.5, rel=1e-6)
    assert accountant.basic() == (1.5, 1e-6)


def test_many_releases_cost_less_than_the_sum():
    accountant = PrivacyAccountant(5, 1e-5)
    for number in range(25):
        accountant.spend(str(number), epsilon=0.2, delta=1e-7)
    assert accountant.epsilon < 0.5 * accountant.basic()[0]


def test_a_release_above_the_budget_is_refused_and_not_recorded():
    accountant = PrivacyAccountant(1, 1e-6)
    accountant.spend("first", epsilon=0.9, delta=1e-6)
    with pytest.raises(PrivacyBudgetError, match="second: the total would be epsilon=1"):
        accountant.spend("second", epsilon=0.9, delta=1e-6)
    assert len(accountant.releases) == 1


def test_the_delta_of_thresholds_is_spent_too():
    accountant = PrivacyAccountant(10, 1e-6)
    with pytest.raises(PrivacyBudgetError, match="inf"):
        accountant.spend("ids", epsilon=0.1, delta=4e-6, extra_delta=2e-6)


@pytest.mark.parametrize("epsilon", [0, -1, math.inf, math.nan, True, "1"])
def test_epsilon_is_a_number_above_0(epsilon):
    with pytest.raises(ValueError, match="epsilon"):
        PrivacyAccountant(epsilon, 1e-6)


@pytest.mark.parametrize("delta", [0, 1, -0.1, 2, math.nan, False])
def test_delta_is_between_0_and_1(delta):
    with pytest.raises(ValueError, match="delta"):
        PrivacyAccountant(1, delta)
