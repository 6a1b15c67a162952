import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from recokit.kernels import neighbors as kernel
from tests.kernels.test_similarity import CELLS, compressed
from tests.naive import neighbors as naive

SIMILARITIES = st.sampled_from([-0.5, 0.0, 0.25, 0.25, 0.5, 1.0, 1 / 3])


@st.composite
def problems(draw):
    """Rows of similarities, and ratings of the same codes by column."""
    n_rows, n_codes, n_lists = draw(st.integers(1, 3)), draw(st.integers(1, 6)), draw(st.integers(1, 3))
    similarities = draw(arrays(np.float32, (n_rows, n_codes), elements=SIMILARITIES))
    return similarities, draw(arrays(np.float32, (n_codes, n_lists), elements=CELLS))


@given(problem=problems(), k=st.integers(1, 8))
def test_means_are_over_the_nearest_of_those_who_rated(problem, k):
    similarities, ratings = problem
    means = np.empty((len(similarities), ratings.shape[1]))
    kernel.nearest_mean_grid(0, len(means), similarities, *compressed(ratings.T), k, means)
    expected = [[naive.nearest_mean(row, rated, k) for rated in ratings.T] for row in similarities.astype(np.float64)]
    assert_allclose(means, expected, rtol=1e-6, atol=1e-6)


@given(problem=problems(), k=st.integers(1, 8))
def test_pairs_get_what_the_grid_has(problem, k):
    similarities, ratings = problem
    grid = np.empty((len(similarities), ratings.shape[1]))
    kernel.nearest_mean_grid(0, len(grid), similarities, *compressed(ratings.T), k, grid)
    rows, targets = (places.ravel()[::-1].astype(np.int64) for places in np.indices(grid.shape))
    means = np.empty(grid.size)
    kernel.nearest_mean_pairs(0, grid.size, rows, targets, similarities, *compressed(ratings.T), k, means)
    assert_array_equal(means, grid[rows, targets])


def test_equally_similar_raters_count_in_order_of_code():
    ratings = np.array([[8.0], [2.0], [4.0], [6.0]], dtype=np.float32)
    similarities = np.array([[0.25, 0.5, 0.5, 0.5]], dtype=np.float32)
    means = np.empty((1, 1))
    kernel.nearest_mean_grid(0, 1, similarities, *compressed(ratings.T), 2, means)
    assert_array_equal(means, [[3.0]])


@given(
    profiles=arrays(np.float32, (3, 4), elements=st.sampled_from([np.nan, 0.0, 0.5, 2.0])),
    lists=arrays(np.float32, (4, 5), elements=st.sampled_from([np.nan, 0.0, 0.25, 1 / 3, 3.0])),
)
def test_sums_are_matrix_products_and_minus_infinity_without_evidence(profiles, lists):
    scores = np.empty((3, 5), dtype=np.float32)
    kernel.neighbor_sums(0, 3, *compressed(profiles), *compressed(lists), scores)
    expected = naive.sums(profiles, np.nan_to_num(lists).astype(np.float64))
    assert_allclose(scores, expected, rtol=1e-6)


def test_a_range_of_rows_writes_to_no_other():
    ones = np.ones((3, 3), dtype=np.float32)
    scores = np.full((3, 3), 9, dtype=np.float32)
    kernel.neighbor_sums(1, 2, *compressed(ones), *compressed(ones), scores)
    assert_array_equal(scores, [[9] * 3, [3] * 3, [9] * 3])
    means = np.full((3, 3), 9.0)
    kernel.nearest_mean_grid(1, 2, ones, *compressed(ones), 2, means)
    assert_array_equal(means, [[9] * 3, [1] * 3, [9] * 3])
