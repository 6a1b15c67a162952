"""The tiled inverse: equality with NumPy, and reproducible bits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from threadpoolctl import threadpool_limits

from recokit._runtime import inverse as _inverse
from recokit._runtime.threads import Runner


def positive_definite(n, seed):
    root = np.random.default_rng(seed).normal(size=(n, n))
    return root @ root.T + np.eye(n)


def inverted(matrix, n_threads=1):
    result = np.ascontiguousarray(np.tril(matrix))
    _inverse.invert(result, Runner(n_threads))
    return np.tril(result)


@given(st.integers(1, 30), st.sampled_from([1, 2, 7, 8, 256]), st.integers(0, 99), st.integers(1, 3))
def test_the_lower_triangle_equals_the_inverse_for_all_tile_sizes(n, tile, seed, n_threads):
    matrix = positive_definite(n, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_inverse, "TILE", tile)
        assert_allclose(inverted(matrix, n_threads), np.tril(np.linalg.inv(matrix)), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("n", [255, 777, 1501])
def test_the_bits_depend_neither_on_threads_nor_on_blas_threads(n):
    matrix = positive_definite(n, 0)
    expected = inverted(matrix)
    for n_threads, blas in ((2, 1), (1, 2), (3, 2)):
        with threadpool_limits(blas, user_api="blas"):
            assert_array_equal(inverted(matrix, n_threads), expected)


@given(st.integers(1, 20), st.integers(1, 30), st.sampled_from([1, 3, 256]), st.integers(1, 3))
def test_the_product_reads_the_lower_triangle_for_all_tile_sizes(n, m, tile, n_threads):
    matrix, other = positive_definite(n, m), np.random.default_rng(n).normal(size=(n, m))
    out = np.empty((n, m), dtype=np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_inverse, "TILE", tile)
        _inverse.multiply_symmetric(np.ascontiguousarray(np.tril(matrix)), other, out, Runner(n_threads))
    assert_allclose(out, matrix @ other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("place", [0, 5, 19])
def test_a_matrix_that_is_not_positive_definite_raises(place, monkeypatch):
    monkeypatch.setattr(_inverse, "TILE", 8)
    matrix = np.eye(20)
    matrix[place, place] = -1.0
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        inverted(matrix, 2)
