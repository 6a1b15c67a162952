"""The number of factors of PureSVD follows the structure of the data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from recokit import Interactions, PureSVD, load
from recokit.factorization._noise import n_above, shuffled, suitable_size


def groups(n_groups, n_users=600, n_items=240, seed=0):
    """Return purchases of users who take 12 items of their own group and 2 of any group."""
    rng = np.random.default_rng(seed)
    own = n_items // n_groups
    pairs = [
        (user, item)
        for user in range(n_users)
        for item in {
            *(own * (user % n_groups) + rng.choice(own, 12, replace=False)).tolist(),
            *rng.choice(n_items, 2).tolist(),
        }
    ]
    return Interactions.from_arrays(*zip(*pairs, strict=True), feedback="implicit")


@pytest.mark.parametrize("centering", [None, "mean"])
@pytest.mark.parametrize("n_groups", [2, 5, 12])
def test_groups_of_items_are_counted(n_groups, centering):
    model = PureSVD(centering=centering).fit(groups(n_groups))
    expected = n_groups if centering is None else n_groups - 1
    assert abs(model.item_factors_.shape[1] - expected) <= 2
    assert len(model.singular_values_) == model.item_factors_.shape[1] == model.user_factors_.shape[1]


def test_data_without_structure_need_few_factors():
    rng = np.random.default_rng(1)
    cells = rng.choice(400 * 200, 8000, replace=False)
    data = Interactions.from_arrays(cells // 200, cells % 200, feedback="implicit")
    assert PureSVD().fit(data).item_factors_.shape[1] <= 4


def test_sparse_data_have_many_factors():
    rng = np.random.default_rng(2)
    cells = rng.choice(3000 * 2000, 9000, replace=False)
    data = Interactions.from_arrays(cells // 2000, cells % 2000, feedback="implicit")
    assert PureSVD().fit(data).item_factors_.shape[1] > 200


def test_more_values_are_computed_if_all_of_the_first_ones_are_above_noise():
    assert PureSVD().fit(groups(100, n_users=2400, n_items=1600)).item_factors_.shape[1] > 90


def test_the_default_equals_the_same_number_of_factors():
    data = groups(5)
    found = PureSVD().fit(data)
    given = PureSVD(found.item_factors_.shape[1]).fit(data)
    np.testing.assert_allclose(found.singular_values_, given.singular_values_, rtol=1e-9)
    np.testing.assert_allclose(found.recommend(n=5).scores, given.recommend(n=5).scores, rtol=1e-4)


@pytest.mark.parametrize("unit", [1e-3, 60.0])
def test_the_unit_of_the_strengths_does_not_change_the_number_of_factors(unit):
    matrix = groups(5).matrix.astype(np.float64)
    matrix.data = np.random.default_rng(0).lognormal(0, 0.5, len(matrix.data))
    models = [PureSVD().fit(Interactions.from_matrix(matrix * k, feedback="implicit")) for k in (1.0, unit)]
    assert models[0].item_factors_.shape == models[1].item_factors_.shape


@pytest.mark.parametrize("dense", [[[1.0]], [[1, 1]], [[1], [1]], [[1, 0], [0, 1]], [[2, 2], [2, 2]]])
@pytest.mark.parametrize("centering", [None, "mean"])
def test_tiny_data_have_a_factor(dense, centering):
    model = PureSVD(centering=centering).fit(Interactions.from_dense(np.array(dense, float), feedback="implicit"))
    assert model.item_factors_.shape[1] >= 1
    assert np.all(np.isfinite(model.item_factors_))


def test_a_stored_model_of_the_default_predicts_the_same(tmp_path):
    model = PureSVD().fit(groups(5))
    model.save(tmp_path / "m.model")
    loaded = load(tmp_path / "m.model")
    assert loaded.n_factors is None
    np.testing.assert_array_equal(loaded.recommend(n=5).scores, model.recommend(n=5).scores)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10**6), st.integers(1, 9), st.integers(1, 9))
def test_shuffled_entries_are_those_of_the_matrix(seed, n_rows, n_columns):
    rng = np.random.default_rng(seed)
    dense = rng.integers(0, 2, (n_rows, n_columns)) * rng.uniform(1, 2, (n_rows, n_columns))
    matrix = sparse.csr_array(dense)
    found = shuffled(matrix).toarray()
    assert np.all((found > 0).sum(axis=1) <= (dense > 0).sum(axis=1))
    assert np.all((found > 0).sum(axis=0) <= (dense > 0).sum(axis=0))
    for row, expected in zip(found, dense, strict=True):
        assert set(row[row > 0]) <= set(expected[expected > 0])


def test_values_equal_to_noise_but_for_rounding_are_not_counted():
    assert n_above(np.array([3.0, 2.0 + 1e-12, 1.0]), 2.0) == 1


def test_the_size_goes_from_the_distinct_values_of_dense_data_to_256_for_sparse_data():
    assert [suitable_size(20, walks) for walks in (1000.0, 1.0, 0.0)] == [20, 41, 256]
    assert suitable_size(0, 1000.0) == 1
