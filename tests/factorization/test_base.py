"""A model of fixed factors: the base class derives scores, lists and vectors from factors, biases and the intercept."""

import numpy as np
import pytest

from recokit import Interactions
from recokit.factorization import export_vectors
from recokit.factorization._base import FactorRecommender
from recokit.factorization._factors import Factors

RNG = np.random.default_rng(0)
USERS, ITEMS = RNG.normal(size=(6, 3)).astype(np.float32), RNG.normal(size=(9, 3)).astype(np.float32)
USER_BIAS, ITEM_BIAS = RNG.normal(size=6).astype(np.float32), RNG.normal(size=9).astype(np.float32)
DATA = Interactions.from_arrays(np.repeat(np.arange(6), 2), np.arange(12) % 9, RNG.integers(1, 6, 12) + 0.0)


class FixedFactors(FactorRecommender):
    _falls_back_to_biases = False

    def __init__(self, user_bias=False, item_bias=False, intercept=0.0, n_threads=None, verbose=False, feedback="auto"):
        self.user_bias, self.item_bias, self.intercept = user_bias, item_bias, intercept
        self.n_threads, self.verbose, self.feedback = n_threads, verbose, feedback
        self._parameter_constraints = {}

    def _fit(self, interactions):
        self.user_factors_, self.item_factors_ = USERS.copy(), ITEMS.copy()

    def _user_factors(self):
        return Factors(self.user_factors_, USER_BIAS if self.user_bias else None)

    def _item_factors(self):
        return Factors(self.item_factors_, ITEM_BIAS if self.item_bias else None)

    def _intercept(self):
        return self.intercept

    def _fallback_scores(self, user_codes, item_codes):
        return self._bias_scores(user_codes, item_codes)


@pytest.mark.parametrize("user_bias", [False, True])
@pytest.mark.parametrize("item_bias", [False, True])
@pytest.mark.parametrize("intercept", [0.0, 2.5])
def test_scores_add_intercept_biases_and_products(user_bias, item_bias, intercept):
    model = FixedFactors(user_bias, item_bias, intercept).fit(DATA)
    biases = intercept + user_bias * USER_BIAS[:, None] + item_bias * ITEM_BIAS
    expected = biases + USERS @ ITEMS.T
    pairs = [(user, item) for user in range(6) for item in range(9)]
    np.testing.assert_allclose(model.predict(pairs), expected.ravel(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model._score_block(model._user_factors()), expected, rtol=1e-5, atol=1e-6)
    lists = model.recommend(n=9, exclude_seen=False)
    np.testing.assert_array_equal(lists.items, np.argsort(-expected, axis=1))
    np.testing.assert_allclose(lists.scores, -np.sort(-expected, axis=1), rtol=1e-5, atol=1e-6)
    unknown = [("nobody", 4), (3, "nothing"), ("nobody", "nothing")]
    expected_unknown = [intercept + item_bias * ITEM_BIAS[4], intercept + user_bias * USER_BIAS[3], intercept]
    np.testing.assert_allclose(model.predict(unknown), expected_unknown, rtol=1e-6)
    users, items = export_vectors(model)
    np.testing.assert_array_equal(np.argsort(-(users @ items.T), axis=1), lists.items)
    assert users.shape == (6, 3 + item_bias)


def test_users_and_items_without_factors_are_scored_only_if_the_biases_are_evidence():
    data = DATA.select(DATA.item_codes != 2)
    model = FixedFactors(True, True, 1.0).fit(data)
    model.user_factors_[4] = 0
    lists = model.recommend(n=9, exclude_seen=False)
    assert lists.counts.tolist() == [8, 8, 8, 8, 0, 8]
    assert 2 not in lists.items[lists.counts > 0, :8]
    biases = 1 + USER_BIAS[4] + ITEM_BIAS[5], 1 + USER_BIAS[1] + ITEM_BIAS[2]
    np.testing.assert_allclose(model.predict([(4, 5), (1, 2)]), biases, rtol=1e-6)
    model._scores_without_factors = True
    assert model.recommend(n=9, exclude_seen=False).counts.tolist() == [9] * 6
