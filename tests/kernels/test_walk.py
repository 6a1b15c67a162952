"""Compare walks between items with the dense product."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import sparse

from recokit.kernels.walk import walk_rows


def compressed(dense):
    rows = sparse.csr_array(dense)
    return rows.indptr.astype(np.int64), rows.indices.astype(np.int32), rows.data.astype(np.float32)


@given(st.integers(0, 2**31), st.integers(1, 6), st.integers(0, 4), st.integers(0, 3))
def test_the_best_ends_equal_the_dense_product(seed, n_neighbors, cut, first_item):
    rng = np.random.default_rng(seed)
    to_users = rng.integers(0, 3, (7, 5)) / 2  # sums of quarters are exact, and many are equal
    to_items = rng.integers(0, 3, (5, 7)) / 2
    discounts = rng.integers(1, 3, 7) / 2
    n_rows = 7 - first_item
    codes, values = np.empty((n_rows, n_neighbors), np.int32), np.empty((n_rows, n_neighbors), np.float32)
    cut = min(cut, n_rows)
    for start, stop in ((0, cut), (cut, n_rows)):
        walk_rows(start, stop, first_item, *compressed(to_users), *compressed(to_items), discounts, codes, values)
    W = to_users @ to_items * discounts
    np.fill_diagonal(W, 0)
    for row in range(n_rows):
        ends = W[first_item + row]
        best = [end for end in np.lexsort((np.arange(7), -ends)) if ends[end] > 0][:n_neighbors]
        padding = n_neighbors - len(best)
        assert codes[row].tolist() == best + [-1] * padding
        assert_array_equal(values[row], [*ends[best], *[0] * padding])


def test_steps_of_probability_zero_reach_no_item():
    one = np.array([0, 1, 2], np.int64), np.zeros(2, np.int32), np.array([1.0, 0.0], np.float32)
    back = np.array([0, 2], np.int64), np.array([0, 1], np.int32), np.array([0.5, 0.0], np.float32)
    codes, values = np.empty((2, 1), np.int32), np.empty((2, 1), np.float32)
    walk_rows(0, 2, 0, *one, *back, np.ones(2), codes, values)
    assert codes.tolist() == [[-1], [-1]]
