"""Compare the SLIM kernels with plain coordinate descent over dense columns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from recokit.data.rows import Rows
from recokit.kernels.slim import head_gram, slim_weights
from tests.naive import linear

seeds = st.integers(0, 2**31)


def problem(dense, heads_of, exponent=0.5):
    """Return X by item and by user with the weights of the users, the row of each head, and the Gram matrix."""
    rows = sparse.csr_array(dense)
    by_user = rows.indptr.astype(np.int64), rows.indices.astype(np.int32), rows.data.astype(np.float32)
    weights = np.maximum((dense != 0).sum(axis=1), 1.0) ** -exponent
    data = (*Rows(*by_user).transposed(dense.shape[1]).arrays, *by_user, weights)
    head_items = np.asarray(heads_of, dtype=np.int32)
    heads = np.full(dense.shape[1], -1, dtype=np.int32)
    heads[head_items] = np.arange(len(head_items))
    gram = np.full((len(head_items), len(head_items)), np.nan, dtype=np.float32)
    half = len(head_items) // 2
    for start, stop in ((0, half), (half, len(head_items))):
        head_gram(start, stop, head_items, *data, heads, gram)
    return data, heads, gram


def random_matrix(seed):
    dense = np.random.default_rng(seed).integers(0, 3, (7, 5)) * 1.0
    dense[0, 0] = 1.0
    return dense


@given(seeds, st.sets(st.integers(0, 4)))
def test_the_gram_matrix_of_the_heads_equals_the_dense_product(seed, heads_of):
    dense, heads_of = random_matrix(seed), sorted(heads_of)
    _, _, gram = problem(dense, heads_of)
    G, _ = linear.slim_problem(dense, 0.0, 0.5, 0.0)
    assert gram == pytest.approx(G[np.ix_(heads_of, heads_of)], rel=1e-6)


@given(seeds, st.sets(st.integers(0, 4)), st.booleans(), st.integers(1, 5), st.integers(0, 3), st.integers(0, 2))
def test_weights_equal_plain_coordinate_descent_for_any_heads_and_split(
    seed, heads_of, positive, n_neighbors, cut, first
):
    dense = random_matrix(seed)
    l1, l2 = 0.1 * linear.penalty_unit(dense), 1.0
    data, heads, gram = problem(dense, sorted(heads_of))
    G, ridge = linear.slim_problem(dense, l2, 0.5, 0.0)
    curvatures = np.where(np.diag(G) > 0, np.diag(G) + ridge, 0)
    n_targets = 5 - first
    codes = np.empty((n_targets, n_neighbors), np.int32)
    weights, n_passes = np.empty((n_targets, n_neighbors), np.float32), np.empty(n_targets, np.int64)
    for start, stop in ((0, min(cut, n_targets)), (min(cut, n_targets), n_targets)):
        slim_weights(
            start, stop, first, *data, heads, gram, curvatures, l1, positive, 1e-9, 500, codes, weights, n_passes
        )
    candidates = linear.slim_candidates(dense, 0.1 * positive, l2, 0.5, 0.0, n_neighbors)
    expected = linear.slim_weights(
        dense, 0.1, l2, 0.5, 0.0, positive=positive, candidates=candidates, n_passes=300
    )  # fmt: skip
    learned = np.zeros((5, n_targets))
    for row in range(n_targets):
        found = codes[row] >= 0
        assert not weights[row][~found].any()
        learned[codes[row][found], row] = weights[row][found]
    assert learned == pytest.approx(expected[:, first:], rel=1e-4, abs=1e-5)
    assert n_passes.max() <= 500


def test_a_descent_without_convergence_reports_max_iter_plus_one_passes():
    data, heads, gram = problem(np.ones((4, 3)), [0, 1, 2])
    codes, weights, n_passes = np.empty((3, 2), np.int32), np.empty((3, 2), np.float32), np.empty(3, np.int64)
    slim_weights(0, 3, 0, *data, heads, gram, np.full(3, 5.0), 0.0, True, 0.0, 2, codes, weights, n_passes)
    assert n_passes.tolist() == [3, 3, 3]
