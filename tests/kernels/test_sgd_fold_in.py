"""Compare fold-in by ridge regression with plain Python."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit.kernels.sgd_fold_in import ridge, solve_users
from tests.naive import sgd as naive


@st.composite
def problems(draw):
    """Draw the ratings of a few users, the parameters of the items, and the penalties."""
    n_users, n_items, n_factors = draw(st.integers(1, 4)), draw(st.integers(1, 6)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = [np.flatnonzero(rng.random(n_items) < draw(st.sampled_from([0.0, 0.5, 1.0]))) for _ in range(n_users)]
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    codes = np.concatenate(rows).astype(np.int32)
    ratings = (3 + rng.normal(size=len(codes))).astype(np.float32)
    item_bias = rng.normal(size=n_items).astype(np.float32)
    item_factors, implicit = rng.normal(size=(2, n_items, n_factors)).astype(np.float32)
    implicit = implicit[: draw(st.sampled_from([0, n_items]))]
    settings = draw(st.floats(0.01, 10)), draw(st.floats(0.01, 10)), draw(st.sampled_from([0.0, 0.5, 1.0]))
    return (indptr, codes, ratings), (3.0, item_bias, item_factors, implicit, *settings)


def solved(histories, model, ranges):
    n_users = len(histories[0]) - 1
    bias = np.full(n_users, np.nan, np.float32)
    factors = np.full((n_users, model[2].shape[1]), np.nan, np.float32)
    for start, stop in ranges:
        solve_users(start, stop, *histories, *model, bias, factors)
    return bias, factors


@given(problems())
def test_folded_in_users_solve_the_normal_equations(problem):
    (indptr, codes, ratings), model = problem
    mean, item_bias, item_factors, implicit, *settings = model
    lists = mean, item_bias.tolist(), item_factors.tolist(), implicit.tolist() or None
    bias, factors = solved((indptr, codes, ratings), model, [(0, len(indptr) - 1)])
    for user, (first, last) in enumerate(itertools.pairwise(indptr)):
        if first == last:  # no ratings
            assert not bias[user]
            assert not np.any(factors[user])
            continue
        history = dict(zip(codes[first:last].tolist(), ratings[first:last].tolist(), strict=True))
        expected_bias, expected = naive.solve_user(history, *lists, *settings)
        # Stored as float32; residuals are differences of numbers of size 3.
        assert bias[user] == pytest.approx(expected_bias, rel=1e-5, abs=1e-6)
        np.testing.assert_allclose(factors[user], expected, rtol=1e-5, atol=1e-6)


@given(problems())
def test_fold_in_of_a_user_does_not_depend_on_other_users(problem):
    histories, model = problem
    n_users = len(histories[0]) - 1
    whole = solved(histories, model, [(0, n_users)])
    one_by_one = solved(histories, model, [(user, user + 1) for user in reversed(range(n_users))])
    for actual, expected in zip(one_by_one, whole, strict=True):
        np.testing.assert_array_equal(actual, expected)


@given(st.integers(1, 6), st.integers(1, 5), st.floats(0.01, 10), st.integers(0, 1000))
def test_ridge_solves_the_penalised_normal_equations(n_rows, n_columns, l2, seed):
    rng = np.random.default_rng(seed)
    design, right = rng.normal(size=(n_rows, n_columns)), rng.normal(size=n_columns)
    penalties = np.full(n_columns, l2)
    normal = design.T @ design + np.diag(penalties)
    expected = naive.solve(normal.tolist(), right.tolist())
    np.testing.assert_allclose(ridge(design, right, penalties), expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])  # at 1e9, the smallest absolute penalty is lost to rounding
def test_ridge_without_penalty_stays_finite(scale):
    design = scale * np.random.default_rng(0).normal(size=(2, 9))
    assert np.all(np.isfinite(ridge(design, design[0], np.zeros(9))))
