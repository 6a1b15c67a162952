import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recokit.kernels.bias import fit_biases
from tests.naive import bias as naive

N_USERS, N_ITEMS = 4, 5
RATINGS = st.dictionaries(
    st.tuples(st.integers(0, N_USERS - 1), st.integers(0, N_ITEMS - 1)),
    st.sampled_from([1.0, 2.5, 3.0, 5.0]),
    min_size=1,
).map(lambda cells: [(user, item, value) for (user, item), value in sorted(cells.items())])
PENALTY = st.floats(0.5, 50)


def compressed(ratings):
    indptr = np.searchsorted([user for user, _, _ in ratings], np.arange(N_USERS + 1)).astype(np.int64)
    items = np.array([item for _, item, _ in ratings], dtype=np.int32)
    return indptr, items, np.array([value for _, _, value in ratings], dtype=np.float32)


def fitted(ratings, mean, l2_user, l2_item, n_epochs):
    user_bias, item_bias = np.zeros(N_USERS), np.zeros(N_ITEMS)
    change = fit_biases(*compressed(ratings), mean, l2_user, l2_item, n_epochs, user_bias, item_bias)
    return user_bias, item_bias, change


@given(RATINGS, PENALTY, PENALTY, st.integers(1, 4))
def test_each_epoch_follows_the_formula(ratings, l2_user, l2_item, n_epochs):
    actual = fitted(ratings, 3.0, l2_user, l2_item, n_epochs)
    expected = naive.alternate(ratings, 3.0, l2_user, l2_item, n_epochs, [0.0] * N_USERS, [0.0] * N_ITEMS)
    for found, wanted in zip(actual, expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)  # float64 sums of a few terms


@settings(max_examples=20)
@given(RATINGS, PENALTY, PENALTY)
def test_many_epochs_converge_to_the_solution_of_the_normal_equations(ratings, l2_user, l2_item):
    user_bias, item_bias, change = fitted(ratings, 2.75, l2_user, l2_item, 300)
    expected = naive.solve(ratings, 2.75, l2_user, l2_item, N_USERS, N_ITEMS)
    assert change < 1e-9
    np.testing.assert_allclose(user_bias, expected[0], atol=1e-8)  # alternating least squares converges geometrically
    np.testing.assert_allclose(item_bias, expected[1], atol=1e-8)


def test_fitting_starts_from_the_given_biases():
    ratings = [(0, 0, 5.0), (0, 1, 3.0), (1, 0, 4.0), (3, 4, 1.0)]
    at_once = fitted(ratings, 3.0, 2.0, 1.0, 6)
    user_bias, item_bias = np.zeros(N_USERS), np.zeros(N_ITEMS)
    for _ in range(6):
        change = fit_biases(*compressed(ratings), 3.0, 2.0, 1.0, 1, user_bias, item_bias)
    np.testing.assert_array_equal(user_bias, at_once[0])
    np.testing.assert_array_equal(item_bias, at_once[1])
    assert change == at_once[2]


@pytest.mark.parametrize("side", [0, 1])
def test_an_infinite_penalty_sets_the_biases_of_a_side_to_zero(side):
    penalties = [1.0, 1.0]
    penalties[side] = np.inf
    biases = fitted([(0, 0, 5.0), (1, 0, 4.0), (1, 2, 1.0)], 3.0, *penalties, 5)
    assert np.all(biases[side] == 0)
    assert np.any(biases[1 - side] != 0)


def test_users_and_items_without_ratings_have_zero_bias_even_without_a_penalty():
    user_bias, item_bias, _ = fitted([(0, 0, 5.0), (0, 1, 4.0), (2, 1, 1.0)], 3.0, 0.0, 0.0, 50)
    assert user_bias[[1, 3]].tolist() == [0, 0]
    assert item_bias[2:].tolist() == [0, 0, 0]
    assert np.all(np.isfinite(user_bias))
