import tracemalloc
from threading import Thread

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from threadpoolctl import threadpool_info

from recokit import Interactions, PureSVD
from recokit.datasets import example_interactions
from recokit.factorization import pure_svd
from recokit.testing import check_recommender


def naive_scores(R, size, centred):
    """Return the scores of all users from the dense decomposition."""
    means = R.mean(axis=0) if centred else np.zeros(R.shape[1])
    _, values, rows = np.linalg.svd(R - means, full_matrices=False)
    rows = rows[:size][values[:size] > 1e-6 * max(values[0], 1e-300)]
    return means + (R - means) @ rows.T @ rows


@pytest.mark.parametrize("centering", [None, "mean"])
def test_the_contract_checks_pass(centering):
    check_recommender(PureSVD(5, centering=centering))


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 12), st.sampled_from([None, "mean"]), st.integers(2, 9), st.integers(2, 9))
def test_scores_are_projections_onto_the_singular_vectors(seed, size, centering, n_users, n_items):
    rng = np.random.default_rng(seed)
    R = np.where(rng.random((n_users, n_items)) < 0.5, rng.uniform(1, 5, (n_users, n_items)), 0).astype(np.float32)
    R[0, 0] = 2.5
    data = Interactions.from_matrix(sparse.csr_array(R), feedback="explicit")
    model = PureSVD(size, centering=centering).fit(data)
    expected = naive_scores(R.astype(np.float64), size, centering == "mean")
    for user in np.flatnonzero(np.any(model.user_factors_, axis=1)):
        items = np.flatnonzero(np.any(R, axis=0))  # the others have no evidence
        scores = model.predict([(user, item) for item in items])
        np.testing.assert_allclose(scores, expected[user, items], atol=2e-4)


@pytest.mark.parametrize("centering", [None, "mean"])
def test_the_sparse_decomposition_equals_the_dense_one(monkeypatch, centering):
    rng = np.random.default_rng(0)
    cells = rng.choice(90 * 70, 1200, replace=False)
    data = Interactions.from_arrays(cells // 70, cells % 70, rng.uniform(1, 5, 1200), feedback="implicit")
    dense = PureSVD(6, centering=centering).fit(data)
    monkeypatch.setattr(pure_svd, "_MAX_DENSE", 10)
    thin = PureSVD(6, centering=centering).fit(data)
    np.testing.assert_allclose(thin.singular_values_, dense.singular_values_, rtol=1e-8)
    np.testing.assert_allclose(thin.item_factors_, dense.item_factors_, atol=1e-5)  # including the signs


def test_the_largest_entry_of_every_vector_is_positive():
    model = PureSVD(5).fit(example_interactions("implicit"))
    largest = np.take_along_axis(model.item_factors_, np.abs(model.item_factors_).argmax(axis=0)[None], axis=0)
    assert np.all(largest > 0)


def test_vectors_beyond_the_rank_are_zero():
    data = Interactions.from_dense([[1, 1, 0], [2, 2, 0], [0, 0, 3]], feedback="implicit")
    model = PureSVD(50).fit(data)
    assert model.item_factors_.shape == (3, 50)
    assert np.all(model.item_factors_[:, 2:] == 0)
    np.testing.assert_allclose(model.singular_values_[:3], [np.sqrt(10), 3, 0], atol=1e-6)


def test_centred_equal_values_are_predicted_by_their_mean():
    data = Interactions.from_dense(np.full((4, 3), 2.0))
    model = PureSVD(2, centering="mean").fit(data)
    np.testing.assert_allclose(model.predict([(0, 0), (3, 2)]), 2.0, atol=1e-6)


def test_identical_histories_give_identical_lists():
    data = example_interactions("explicit")
    model = PureSVD(4, centering="mean").fit(data)
    pairs, values = data.to_pairs()
    user = int(data.users.ids[3])
    history = {int(item): float(value) for (owner, item), value in zip(pairs, values, strict=True) if owner == user}
    assert model.recommend_for([history], n=5)[0] == model.recommend(user, n=5)[user]


def test_the_bits_of_the_decomposition_do_not_depend_on_the_number_of_threads():
    data = example_interactions("implicit", seed=3)
    one, two = PureSVD(6, n_threads=1).fit(data), PureSVD(6, n_threads=2).fit(data)
    np.testing.assert_array_equal(one.item_factors_, two.item_factors_)
    np.testing.assert_array_equal(one.user_factors_, two.user_factors_)


@pytest.mark.parametrize("centering", [None, "mean"])
@pytest.mark.parametrize("shape", [(20_000, 40), (40, 20_000)])
def test_a_narrow_matrix_is_not_converted_to_a_dense_one(shape, centering):
    rng = np.random.default_rng(0)
    n_users, n_items = shape
    cells = rng.choice(n_users * n_items, 40_000, replace=False)
    data = Interactions.from_arrays(cells // n_items, cells % n_items, rng.uniform(1, 5, 40_000), feedback="implicit")
    R = data.matrix.toarray().astype(np.float64)
    _, values, rows = np.linalg.svd(R - (R.mean(axis=0) if centering else 0), full_matrices=False)
    PureSVD(5).fit(example_interactions("implicit"))
    tracemalloc.start()
    model = PureSVD(5, centering=centering).fit(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.7 * R.nbytes
    np.testing.assert_allclose(model.singular_values_, values[:5], rtol=1e-9)
    signs = np.sign(np.sum(model.item_factors_.T * rows[:5], axis=1))
    np.testing.assert_allclose(model.item_factors_.T, rows[:5] * signs[:, None], atol=1e-6)


def test_vectors_of_small_singular_values_are_orthonormal():
    rng = np.random.default_rng(0)
    left, right = (np.linalg.qr(rng.normal(size=(n, 4)))[0] for n in (12, 30))
    R = left * [1.0, 1e-1, 1e-2, 1e-3] @ right.T
    for matrix in (R, R.T):
        data = Interactions.from_matrix(sparse.csr_array(matrix.astype(np.float32)), feedback="explicit")
        vectors = PureSVD(4).fit(data).item_factors_.astype(np.float64)
        np.testing.assert_allclose(vectors.T @ vectors, np.eye(4), atol=1e-6)


def test_concurrent_fits_restore_the_number_of_blas_threads():
    before = [pool["num_threads"] for pool in threadpool_info()]
    threads = [Thread(target=PureSVD(5).fit, args=(example_interactions("implicit", seed=k),)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [pool["num_threads"] for pool in threadpool_info()] == before


@pytest.mark.parametrize("centering", [None, "mean"])
def test_scores_of_unknown_users_have_the_scale_of_known_ones(centering):
    """An unknown user has the scores of an empty history, which are no ratings."""
    model = PureSVD(4, centering=centering).fit(example_interactions("explicit"))
    items = list(model.interactions_.items)
    expected = model.item_means_ if centering else np.zeros(len(items))
    np.testing.assert_allclose(model.predict([("nobody", item) for item in items]), expected, rtol=1e-6)
    assert model.predict([(next(iter(model.interactions_.users)), "nothing")]) == [0]
