"""Neighbours by cosine and inner products."""

import numpy as np
import pytest

from recokit.factorization._latent import nearest_by_cosine, products


def test_neighbors_are_the_rows_of_the_largest_cosine():
    factors = np.array([[1, 0], [2, 0.1], [0, 3], [-1, 0], [0, 0]], dtype=np.float32)
    neighbors, cosines, counts = nearest_by_cosine(factors, np.array([0, 4, 2], np.int32), 4, 1)
    assert neighbors[0].tolist() == [1, 2, 3, -1]
    np.testing.assert_allclose(cosines[0, :3], [2 / np.hypot(2, 0.1), 0, -1], atol=1e-6)
    assert counts.tolist() == [3, 0, 3]
    assert neighbors[2].tolist()[:3] == [1, 0, 3]


@pytest.mark.parametrize("n_items", [3, 70, 3000])  # below and above where BLAS takes over
@pytest.mark.parametrize("n_factors", [5, 64])
def test_a_row_of_products_is_the_same_bits_alone(n_items, n_factors):
    rng = np.random.default_rng(0)
    people = rng.normal(size=(40, n_factors)).astype(np.float32)
    items = rng.normal(size=(n_items, n_factors)).astype(np.float32)
    together = products(people, items, 2)
    np.testing.assert_allclose(together, people.astype(np.float64) @ items.T, rtol=1e-3, atol=1e-4)
    for size in (1, 2, 7):
        np.testing.assert_array_equal(products(people[:size], items, 1), together[:size])
