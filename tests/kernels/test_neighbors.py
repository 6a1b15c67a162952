import numpy as np
import pytest
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
    """Draw rows of similarities, a (codes × targets) matrix of ratings, and the time decay of each rating."""
    n_rows, n_codes, n_targets = draw(st.integers(1, 3)), draw(st.integers(1, 6)), draw(st.integers(1, 3))
    similarities = draw(arrays(np.float32, (n_rows, n_codes), elements=SIMILARITIES))
    ratings = draw(arrays(np.float32, (n_codes, n_targets), elements=CELLS))
    return similarities, ratings, draw(arrays(np.float32, ratings.shape, elements=st.sampled_from([1.0, 0.5, 0.125])))


NO_DECAY = np.empty(0, dtype=np.float32)
WEIGHTINGS = [(1.0, 0.0), (2.5, 0.0), (1.0, 0.5), (0.5, 2.0)]


def grid(similarities, ratings, decays, k, amplification=1.0, shrinkage=0.0):
    """Return the means that the kernel writes for (codes × targets) ratings."""
    means = np.empty((len(similarities), ratings.shape[1]))
    weights = NO_DECAY if decays is None else decays[~np.isnan(ratings)]
    kernel.nearest_mean_grid(
        0, len(means), similarities, *compressed(ratings), weights, k, amplification, shrinkage, means
    )
    return means


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@given(problem=problems(), k=st.integers(1, 8), decaying=st.booleans())
def test_grid_means_are_over_the_nearest_neighbours_with_a_rating(weighting, problem, k, decaying):
    similarities, ratings, decays = problem
    means = grid(similarities, ratings, decays if decaying else None, k, *weighting)
    weights = decays if decaying else np.ones(decays.shape)
    expected = [
        [naive.nearest_mean(row, rated, k, *weighting, w) for rated, w in zip(ratings.T, weights.T, strict=True)]
        for row in similarities.astype(np.float64)
    ]
    assert_allclose(means, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@given(problem=problems(), k=st.integers(1, 8), decaying=st.booleans())
def test_pair_means_equal_grid_means_and_supports_count_the_neighbours(weighting, problem, k, decaying):
    similarities, ratings, decays = problem
    expected = grid(similarities, ratings, decays if decaying else None, k, *weighting)
    rows, targets = (places.ravel()[::-1].astype(np.int64) for places in np.indices(expected.shape))
    means, supports = np.empty(expected.size), np.empty(expected.size, dtype=np.int32)
    weights = decays.T[~np.isnan(ratings.T)] if decaying else NO_DECAY
    lists = compressed(ratings.T)
    kernel.nearest_mean_pairs(
        0, expected.size, rows, targets, similarities, *lists, weights, k, *weighting, means, supports
    )
    assert_allclose(means, expected[rows, targets], rtol=1e-12, atol=1e-12)
    n_eligible = ((similarities > 0).astype(int) @ ~np.isnan(ratings))[rows, targets]
    assert_array_equal(supports, np.minimum(n_eligible, k))


def test_equally_similar_neighbours_are_taken_in_order_of_code():
    ratings = np.array([[8.0], [2.0], [4.0], [6.0]], dtype=np.float32)
    similarities = np.array([[0.25, 0.5, 0.5, 0.5]], dtype=np.float32)
    assert_array_equal(grid(similarities, ratings, None, 2), [[3.0]])


@given(
    profiles=arrays(np.float32, (3, 4), elements=st.sampled_from([np.nan, 0.0, 0.5, 2.0])),
    lists=arrays(np.float32, (4, 5), elements=st.sampled_from([np.nan, 0.0, 0.25, 1 / 3, 3.0])),
)
def test_neighbor_sums_are_matrix_products_and_minus_infinity_without_evidence(profiles, lists):
    scores = np.empty((3, 5), dtype=np.float32)
    kernel.neighbor_sums(0, 3, *compressed(profiles), *compressed(lists), scores)
    expected = naive.sums(profiles, np.nan_to_num(lists).astype(np.float64))
    assert_allclose(scores, expected, rtol=1e-6)


def test_only_rows_in_the_range_are_written():
    ones = np.ones((3, 3), dtype=np.float32)
    scores = np.full((3, 3), 9, dtype=np.float32)
    kernel.neighbor_sums(1, 2, *compressed(ones), *compressed(ones), scores)
    assert_array_equal(scores, [[9] * 3, [3] * 3, [9] * 3])
    means = np.full((3, 3), 9.0)
    kernel.nearest_mean_grid(1, 2, ones, *compressed(ones), NO_DECAY, 2, 1.0, 0.0, means)
    assert_array_equal(means, [[9] * 3, [1] * 3, [9] * 3])


@given(arrays(np.bool_, (4, 6)), st.integers(1, 4), st.data())
def test_neighbours_that_occur_in_a_list_are_counted(cells, k, data):
    codes = np.full((3, k), -1, dtype=np.int32)
    counts = np.array(data.draw(st.lists(st.integers(0, k), min_size=3, max_size=3)), dtype=np.int32)
    for row, n in enumerate(counts):
        codes[row, :n] = data.draw(st.permutations(range(6)))[:n]
    indptr = np.concatenate([[0], np.cumsum(cells.sum(axis=1))])
    rows, lists = (places.ravel().astype(np.int32) for places in np.indices((3, 4)))
    found = np.full(12, -1, dtype=np.int32)
    kernel.neighbors_listed(0, 12, rows, lists, codes, counts, indptr, np.nonzero(cells)[1].astype(np.int32), found)
    expected = [cells[one, codes[row, : counts[row]]].sum() for row, one in zip(rows, lists, strict=True)]
    assert_array_equal(found, expected)


@given(arrays(np.float32, 9, elements=st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 0.5, 2.0])), st.integers(1, 9))
def test_merged_lists_are_the_best_of_both_lists(scores, n):
    def best(start, stop):
        codes = [c for c in sorted(range(start, stop), key=lambda c: (-scores[c], c)) if scores[c] > -np.inf][:n]
        lists = np.full((1, n), -1, np.int32), np.full((1, n), np.nan, np.float32)
        lists[0][0, : len(codes)], lists[1][0, : len(codes)] = codes, scores[codes]
        return *lists, np.array([len(codes)], np.int32)

    before = best(0, 4)
    kernel.merge_lists(0, 1, *best(4, 9), *before)
    for merged, expected in zip(before, best(0, 9), strict=True):
        assert_array_equal(merged, expected)
