"""Compare gradient descent, weighted sums and predictions with plain Python."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit.kernels.sgd import descend
from recokit.kernels.sgd_predict import inner_products, score_pairs
from recokit.kernels.sgd_prior import sum_rows
from tests.naive import sgd as naive

# float32 arithmetic on a few dozen numbers of size 1 or less.
CLOSE = {"rtol": 1e-4, "atol": 1e-5}


@st.composite
def problems(draw):
    """Draw ratings of a few users and items in random order, and initial parameters."""
    n_users, n_items, n_factors = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(1, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_ratings = draw(st.integers(0, 12))
    users = rng.integers(0, n_users, n_ratings).astype(np.int32)
    items = rng.integers(0, n_items, n_ratings).astype(np.int32)
    scale = draw(st.sampled_from([0.0, 0.1, 1.0]))
    ratings = (scale * rng.normal(size=n_ratings)).astype(np.float32)
    shapes = [(n_users,), (n_items,), (n_users, n_factors), (n_items, n_factors)]
    parameters = [(0.3 * rng.normal(size=shape)).astype(np.float32) for shape in shapes]
    prior = (0.3 * rng.normal(size=(n_users, n_factors))).astype(np.float32) if draw(st.booleans()) else None
    weights = [rng.uniform(0.1, 2, size).astype(np.float32) for size in (n_users, n_items)]
    rates = tuple(np.float32(x) for x in rng.uniform(0, 0.1, 4))
    return (users, items, ratings), parameters, prior, weights, rates


def run_kernel(ratings, parameters, prior, weights, rates, start=0, stop=None):
    arrays = [array.copy() for array in parameters]
    rows = arrays[2][:0] if prior is None else prior
    stop = len(ratings[0]) if stop is None else stop
    loss = descend(start, stop, *ratings, *arrays, rows, *weights, *rates)
    return loss, arrays


@given(problems())
def test_descent_follows_the_update_rule(problem):
    ratings, parameters, prior, weights, rates = problem
    lists = [array.tolist() for array in parameters]
    triples = list(zip(*(array.tolist() for array in ratings), strict=True))
    expected = naive.descend(
        triples, *lists, None if prior is None else prior.tolist(), *(w.tolist() for w in weights), map(float, rates)
    )
    loss, arrays = run_kernel(*problem)
    np.testing.assert_allclose(loss, expected, rtol=1e-4, atol=1e-6)
    for actual, wanted in zip(arrays, lists, strict=True):
        np.testing.assert_allclose(actual, wanted, **CLOSE)


@given(problems(), st.data())
def test_descending_in_two_ranges_equals_descending_in_one(problem, data):
    ratings, parameters, prior, weights, rates = problem
    cut = data.draw(st.integers(0, len(ratings[0])))
    whole_loss, whole = run_kernel(*problem)
    first_loss, halfway = run_kernel(ratings, parameters, prior, weights, rates, 0, cut)
    second_loss, both = run_kernel(ratings, halfway, prior, weights, rates, cut)
    assert first_loss + second_loss == pytest.approx(whole_loss)
    for actual, wanted in zip(both, whole, strict=True):
        np.testing.assert_array_equal(actual, wanted)


def test_a_small_step_without_penalty_lowers_the_error():
    ratings = np.array([0], np.int32), np.array([0], np.int32), np.array([1.0], np.float32)
    parameters = [np.zeros(1, np.float32), np.zeros(1, np.float32), np.full((1, 2), 0.5, np.float32)]
    parameters.append(parameters[2].copy())
    rates = tuple(map(np.float32, (0.1, 0.1, 0.0, 0.0)))
    ones = [np.ones(1, np.float32)] * 2
    losses = []
    for _ in range(3):
        loss, parameters = run_kernel(ratings, parameters, None, ones, rates)
        losses.append(loss)
    assert losses[0] == pytest.approx(0.25)
    assert losses[2] < losses[1] < losses[0]


@given(st.integers(0, 5), st.integers(1, 5), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_sum_rows_equals_the_weighted_sums_of_the_listed_factors(n_rows, n_columns, n_factors, seed):
    rng = np.random.default_rng(seed)
    rows = [np.flatnonzero(rng.random(n_columns) < 0.5) for _ in range(n_rows)]
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    codes = np.concatenate([*rows, np.empty(0)]).astype(np.int32)
    weights = rng.normal(size=n_columns).astype(np.float32)
    factors = rng.normal(size=(n_columns, n_factors)).astype(np.float32)
    sums = np.full((n_rows, n_factors), np.nan, np.float32)
    middle = n_rows // 2
    sum_rows(0, middle, indptr, codes, weights, factors, sums)
    sum_rows(middle, n_rows, indptr, codes, weights, factors, sums)
    expected = naive.sum_rows(rows, weights.tolist(), factors.tolist())
    np.testing.assert_allclose(sums, np.array(expected).reshape(sums.shape), **CLOSE)


@given(st.integers(0, 6), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_predictions_for_pairs_and_for_all_items_follow_the_formula(n_pairs, n_factors, seed):
    rng = np.random.default_rng(seed)
    users, items = rng.integers(0, 3, n_pairs).astype(np.int32), rng.integers(0, 4, n_pairs).astype(np.int32)
    biases = rng.normal(size=3).astype(np.float32), rng.normal(size=4).astype(np.float32)
    p, q = rng.normal(size=(3, n_factors)).astype(np.float32), rng.normal(size=(4, n_factors)).astype(np.float32)
    scores = np.full(n_pairs, np.nan)
    score_pairs(0, n_pairs, users, items, *biases, p, q, scores)
    products = np.full((3, 4), np.nan, np.float32)
    inner_products(0, 3, p, q, products)
    for k, (u, i) in enumerate(zip(users, items, strict=True)):
        expected = naive.score(0.0, float(biases[0][u]), float(biases[1][i]), p[u].tolist(), q[i].tolist())
        assert scores[k] == pytest.approx(expected, rel=1e-12, abs=1e-12)  # float64 throughout
        assert products[u, i] == pytest.approx(naive.score(0, 0, 0, p[u].tolist(), q[i].tolist()), rel=1e-4, abs=1e-5)
