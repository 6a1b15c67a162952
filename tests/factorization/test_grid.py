"""Tests of the rating grid and of one epoch on it."""

import copy

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recokit._runtime.threads import Runner
from recokit.data.rows import Rows
from recokit.factorization._descent import Descent, Settings
from recokit.factorization._factors import Factorization
from recokit.factorization._grid import N_BLOCKS, RatingGrid
from recokit.factorization._penalties import penalty_scale, penalty_weights
from tests.naive import sgd as naive

SETTINGS = Settings(
    n_epochs=1,
    learning_rate=0.05,
    learning_rate_bias=0.02,
    learning_rate_decay=0.9,
    l2=0.1,
    l2_bias=0.03,
    l2_exponent=0.5,
    l2_implicit=1.0,
    n_iter_no_change=3,
    tol=0.0,
    runner=Runner(),
)


def random_ratings(n_users, n_items, share, seed):
    rng = np.random.default_rng(seed)
    users, items = np.nonzero(rng.random((n_users, n_items)) < share)
    rows = Rows.from_row_codes(users, items, n_users)
    return rows.with_values(rng.normal(size=len(users)))


def rating_counts(ratings, n_items):
    return ratings.lengths, np.bincount(ratings.codes, minlength=n_items)


@given(st.integers(1, 60), st.integers(1, 60), st.floats(0.05, 1), st.integers(0, 1000))
def test_blocks_of_a_diagonal_share_no_users_and_no_items(n_users, n_items, share, seed):
    ratings = random_ratings(n_users, n_items, share, seed)
    if len(ratings.values) == 0:
        return
    grid = RatingGrid.build(ratings, n_items, np.random.default_rng(seed), Runner())
    triples = set(zip(ratings.row_codes.tolist(), ratings.codes.tolist(), ratings.values.tolist(), strict=True))
    codes = grid.user_order[grid.user_rows].tolist(), grid.item_order[grid.item_rows].tolist()
    assert set(zip(*codes, grid.values.tolist(), strict=True)) == triples
    for diagonal in range(N_BLOCKS):
        users, items = [], []
        for row in range(N_BLOCKS):
            block = slice(*(ends[row, (row + diagonal) % N_BLOCKS] for ends in (grid.starts, grid.stops)))
            users.extend(np.unique(grid.user_rows[block]).tolist())
            items.extend(np.unique(grid.item_rows[block]).tolist())
        assert len(users) == len(set(users))
        assert len(items) == len(set(items))


def test_blocks_have_about_equal_sizes():
    ratings = random_ratings(2000, 1000, 0.1, 0)
    grid = RatingGrid.build(ratings, 1000, np.random.default_rng(0), Runner(2))
    sizes = grid.stops - grid.starts
    assert sizes.sum() == len(ratings.values)
    assert sizes.max() < 1.2 * sizes.mean()


def flat(factors):
    return factors.users.bias, factors.items.bias, factors.users.vectors, factors.items.vectors


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 1000))
def test_an_epoch_is_serial_descent_in_grid_order(n_users, n_items, seed):
    rng = np.random.default_rng(seed)
    ratings = random_ratings(n_users, n_items, 0.6, seed)
    if len(ratings.values) == 0:
        return
    factors, counts = (
        Factorization.random(n_users, n_items, 3, 1.0, rng).with_zero_bias(),
        rating_counts(ratings, n_items),
    )
    for side, n_ratings in zip((factors.users, factors.items), counts, strict=True):
        side.vectors[n_ratings == 0] = 0
    descent = Descent(ratings, None, factors, SETTINGS, rng)
    lists = [array.tolist() for array in flat(factors)]
    order, grid = copy.deepcopy(rng).permutation(N_BLOCKS), descent._grid
    users, items = grid.user_order[grid.user_rows].tolist(), grid.item_order[grid.item_rows].tolist()
    triples = [
        (users[k], items[k], float(grid.values[k]))
        for diagonal in order
        for row in range(N_BLOCKS)
        for k in range(grid.starts[row, (row + diagonal) % N_BLOCKS], grid.stops[row, (row + diagonal) % N_BLOCKS])
    ]
    weights = [penalty_weights(each, 0.5, penalty_scale(each, 0.5)).tolist() for each in counts]
    rates = SETTINGS.learning_rate_bias, SETTINGS.learning_rate, SETTINGS.l2_bias, SETTINGS.l2
    loss = naive.descend(triples, *lists, None, *weights, rates)
    descent.run(lambda: None)
    np.testing.assert_allclose(descent.training_rmse, np.sqrt(loss / len(triples)), rtol=1e-4)
    for actual, expected in zip(flat(descent.factors), lists, strict=True):
        np.testing.assert_allclose(actual, np.array(expected).reshape(actual.shape), rtol=1e-3, atol=1e-5)


def test_penalty_weights_have_mean_one_over_the_ratings():
    counts = np.array([0, 1, 4, 100])
    for exponent in (0.0, 0.5, 1.0):
        weights = penalty_weights(counts, exponent, penalty_scale(counts, exponent))
        np.testing.assert_allclose(np.sum(weights * counts), counts.sum(), rtol=1e-6)
        np.testing.assert_allclose(weights[3] / weights[2], 25.0 ** (exponent - 1), rtol=1e-6)
