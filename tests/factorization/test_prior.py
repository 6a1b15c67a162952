"""Tests of the implicit term, whose factors solve a least squares problem."""

import numpy as np

from recokit._runtime.threads import Runner
from recokit.factorization._factors import Factorization
from recokit.factorization._prior import ImplicitPrior
from tests.factorization.test_grid import random_ratings


def test_updates_converge_to_the_solution_of_the_normal_equations():
    ratings = random_ratings(30, 8, 0.4, 1)
    rng = np.random.default_rng(0)
    strengths = rng.uniform(0.5, 2, 30).astype(np.float32)
    factors = Factorization.random(30, 8, 3, 1.0, rng).with_zero_implicit()
    prior = ImplicitPrior(ratings, 8, strengths, 0.7, Runner())
    prior.start(factors.implicit)
    np.testing.assert_array_equal(prior.user_factors, np.zeros((30, 3)))
    for _ in range(300):
        prior.update(factors)
    rated = np.zeros((30, 8))
    rated[ratings.row_codes, ratings.codes] = 1
    design = rated / np.sqrt(np.maximum(rated.sum(axis=1, keepdims=True), 1))
    normal = design.T @ (strengths[:, None] * design) + 0.7 * np.eye(8)
    expected = np.linalg.solve(normal, design.T @ (strengths[:, None] * factors.users.vectors))
    np.testing.assert_allclose(factors.implicit, expected, atol=1e-4)
    np.testing.assert_allclose(prior.user_factors, design @ expected, atol=1e-4)


def test_user_factors_of_0_give_implicit_factors_of_0():
    ratings = random_ratings(5, 4, 0.5, 2)
    factors = Factorization.random(5, 4, 2, 1.0, np.random.default_rng(0)).with_zero_implicit()
    factors.users.vectors[:] = 0
    prior = ImplicitPrior(ratings, 4, np.ones(5, np.float32), 1.0, Runner())
    prior.start(factors.implicit)
    prior.update(factors)
    np.testing.assert_array_equal(factors.implicit, np.zeros((4, 2)))
