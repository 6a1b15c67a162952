import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import ImplicitALS, Interactions
from recokit._runtime.small_work import preferring_kernels, preferring_numpy
from recokit.factorization._item_vectors import ItemVectors


@given(st.integers(1, 300), st.floats(-30, 30), st.integers(0, 2**32 - 1))
def test_products_differ_from_exact_ones_by_no_more_than_the_slacks(n_factors, log_scale, seed):
    rng = np.random.default_rng(seed)
    users, items = (rng.standard_t(2, (n, n_factors)).astype(np.float32) for n in (5, 40))
    items = (items * np.exp(rng.normal(log_scale, 3, (40, 1)))).astype(np.float32)
    items[0] = 0
    exact, norms = users.astype(np.float64) @ items.T.astype(np.float64), np.linalg.norm(users, axis=1)[:, None]
    vectors = ItemVectors(items)
    assert np.all(np.abs(users @ items.T - exact) <= norms * vectors.slacks)
    levels, scales, slacks = vectors.rough
    rough = (users @ levels[:, :n_factors].T.astype(np.float32)) * scales
    assert np.all(np.abs(rough - exact) <= norms * slacks)
    assert np.all(levels[:, n_factors:] == 0)
    assert np.all(slacks <= 0.006 * np.sqrt(n_factors) * np.abs(items).max(axis=1) + 1e-30)


@pytest.mark.parametrize("preferred", [preferring_kernels, preferring_numpy])
def test_the_list_of_one_user_has_the_bits_of_the_list_among_many(preferred):
    rng = np.random.default_rng(0)
    data = Interactions.from_arrays(rng.integers(0, 300, 4000), rng.integers(0, 500, 4000), duplicates="sum")
    model = ImplicitALS(n_factors=20, n_epochs=2, random_state=0).fit(data)
    together = model.recommend(n=30)
    with preferred():
        for place in range(0, 300, 13):
            alone = model.recommend([together.users[place]], 30)
            assert alone.items.tobytes() == together.items[place : place + 1].tobytes()
            assert alone.scores.tobytes() == together.scores[place : place + 1].tobytes()


def test_replaced_factors_are_scored_in_the_next_request():
    model = ImplicitALS(n_factors=4, n_epochs=1, random_state=0).fit([("ann", "tea"), ("ann", "cup"), ("bob", "pot")])
    before = model.recommend(["ann"])["ann"]
    model.item_factors_ = 2 * model.item_factors_
    assert model.recommend(["ann"])["ann"] == [(item, pytest.approx(2 * score)) for item, score in before]
