import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_array_equal

from recokit.kernels import dot_products as kernel
from recokit.kernels import similarity as reference
from recokit.kernels.cooccurrence import merge_long
from recokit.kernels.similarity_formulas import COSINE, Constants
from tests.naive import similarity as naive

SHAPES = st.tuples(st.integers(2, 9), st.integers(1, 9))
# Ties, values that cancel, and values of very different size; 0 is an empty cell.
VALUES = st.sampled_from([0.0, 0.0, 1.0, 2.0, 3.0, -1.0, 1e-12, 1e9, 1 / 3])
MATRICES = SHAPES.flatmap(lambda shape: arrays(np.float32, shape, elements=VALUES.map(np.float32)))


def compressed(matrix):
    rows, columns = np.nonzero(matrix)
    indptr = np.searchsorted(rows, np.arange(len(matrix) + 1)).astype(np.int64)
    return indptr, columns.astype(np.int32), np.ascontiguousarray(matrix[rows, columns], dtype=np.float32)


def empty(n, k):
    return np.full((n, k), 9, dtype=np.int32), np.full((n, k), 9, dtype=np.float32), np.full(n, 9, dtype=np.int32)


def nearest(matrix, k, n_long, n_parts=1, dtype=np.uint16):
    """Return the nearest rows; the first ``n_long`` ranks are long rows, and the ranks are split into parts."""
    indptr, codes, values = compressed(matrix)
    row_of_rank = np.argsort(-np.diff(indptr), kind="stable")
    column_indptr, ranks, rank_values = compressed(matrix[row_of_rank].T)
    ranks = ranks.astype(dtype)
    squares = reference.row_stats(indptr, values)[row_of_rank, 1]
    costs = reference.query_costs(indptr, codes, column_indptr)[row_of_rank]
    found = empty(len(matrix), k)
    args = (row_of_rank, squares, kernel.inverse_norms(squares), indptr, codes, values)
    args = (*args, column_indptr, ranks, rank_values, costs, *found)
    parts = np.linspace(0, len(matrix), n_parts + 1).astype(int)
    heaps_by_part = [(np.empty((n_long, k), dtype=np.uint64), np.zeros(n_long, dtype=np.int32)) for _ in range(n_parts)]
    for start, stop, own in zip(parts, parts[1:], heaps_by_part, strict=False):
        kernel.nearest_by_products(start, stop, *args, *own)
    for own in heaps_by_part:
        merge_long(0, len(own[1]), row_of_rank, *own, *found)
    return found


def nearest_reference(matrix, k):
    indptr, codes, values = compressed(matrix)
    column_indptr, rows, column_values = compressed(matrix.T)
    stats, own = reference.row_stats(indptr, values), np.arange(len(matrix), dtype=np.int32)
    constants = Constants(0.5, 0.5, float(matrix.shape[1]), 0.0, 1.0)
    found = empty(len(matrix), k)
    args = (indptr, codes, values, stats, own, column_indptr, rows, column_values, stats, COSINE, constants)
    reference.nearest_rows(0, len(matrix), *args, False, False, *found)
    return found


@given(MATRICES, st.integers(1, 4), st.integers(0, 9), st.integers(1, 3))
def test_nearest_rows_equal_the_reference_kernel_bit_for_bit(matrix, k, n_long, n_parts):
    found = nearest(matrix, k, min(n_long, len(matrix)), n_parts)
    for array, expected in zip(found, nearest_reference(matrix, k), strict=True):
        assert_array_equal(array, expected)


@pytest.mark.parametrize("density", [0.004, 0.02, 0.4])
@pytest.mark.parametrize("n_long", [0, 30, 140])
@pytest.mark.parametrize("dtype", [np.uint16, np.uint32])
def test_sparse_and_dense_matrices_give_the_neighbours_of_the_reference_kernel(density, n_long, dtype):
    rng = np.random.default_rng(0)
    matrix = (rng.random((140, 300)) < 4 * density * rng.random((140, 1)) ** 2) * rng.integers(1, 6, (140, 300))
    found = nearest(matrix.astype(np.float32), 5, n_long, n_parts=2, dtype=dtype)
    for array, expected in zip(found, nearest_reference(matrix.astype(np.float32), 5), strict=True):
        assert_array_equal(array, expected)


def test_similarities_follow_the_definition():
    rng = np.random.default_rng(1)
    matrix = ((rng.random((12, 8)) < 0.4) * rng.random((12, 8))).astype(np.float32)
    codes, scores, counts = nearest(matrix, 11, 4)
    expected = np.array([[naive.similarity("cosine", x, y, shrinkage=0) for y in matrix] for x in matrix])
    for row in range(12):
        assert counts[row] == np.count_nonzero(np.delete(expected[row], row) > 0)
        near = codes[row, : counts[row]]
        np.testing.assert_allclose(scores[row, : counts[row]], expected[row, near], rtol=1e-6)


@pytest.mark.parametrize("n", [20, 60])  # few and many rows in a bucket
@pytest.mark.parametrize("step", [1e-4, 1e-9])  # distinct, and equal up to rounding
def test_similarities_within_one_bucket_of_the_histogram_are_ranked(n, step):
    """The similarities differ by less than a bucket, and the best rows are not the first."""
    matrix = np.zeros((2 * n, n + 1), dtype=np.float32)  # half of the rows are empty, so the other rows touch few
    matrix[:n, 0] = 1
    matrix[np.arange(n), np.arange(1, n + 1)] = 0.01 * (1 + step * np.arange(n)[::-1])
    for array, expected in zip(nearest(matrix, 3, 2), nearest_reference(matrix, 3), strict=True):
        assert_array_equal(array, expected)


@given(st.integers(0, 2**31), st.integers(1, 40))
def test_similarities_at_the_edge_of_a_bucket_are_ranked(seed, k):
    """The estimates are slightly too high, on both sides of the edge, and not in the order of the similarities."""
    rng = np.random.default_rng(seed)
    similarities = 0.5 * (1 - 1e-6 + 6e-8 * rng.integers(-3, 4, 40))  # a bucket begins at 0.5
    scales = rng.uniform(0.5, 2, 40)
    matrix = np.zeros((100, 42), dtype=np.float32)
    matrix[0, 0] = 1
    matrix[1:41, 0] = scales * similarities
    matrix[np.arange(1, 41), np.arange(1, 41)] = scales * np.sqrt(1 - similarities**2)
    for array, expected in zip(nearest(matrix, k, 0), nearest_reference(matrix, k), strict=True):
        assert_array_equal(array, expected)


def test_more_neighbours_than_rows_return_all_similar_rows():
    rng = np.random.default_rng(2)
    matrix = ((rng.random((40, 60)) < 0.05) * rng.random((40, 60))).astype(np.float32)
    for array, expected in zip(nearest(matrix, 70, 3), nearest_reference(matrix, 70), strict=True):
        assert_array_equal(array, expected)


def test_a_row_of_stored_zeros_has_no_neighbours():
    indptr, codes = np.array([0, 1, 2, 3]), np.zeros(3, dtype=np.int32)
    values, row_of_rank = np.array([0, 1, 1], dtype=np.float32), np.arange(3)
    squares = reference.row_stats(indptr, values)[:, 1]
    found = empty(3, 2)
    args = (row_of_rank, squares, kernel.inverse_norms(squares), indptr, codes, values, np.array([0, 3]))
    args = (*args, np.arange(3, dtype=np.uint16), values, np.full(3, 2.0), *found)
    kernel.nearest_by_products(0, 3, *args, np.empty((0, 2), dtype=np.uint64), np.zeros(0, dtype=np.int32))
    assert found[2].tolist() == [0, 1, 1]
    assert found[0].tolist() == [[-1, -1], [2, -1], [1, -1]]
