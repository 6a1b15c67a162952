"""Compare sparse scores and top-n lists with dense products and full sorts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import sparse

from recokit.kernels.sparse_lists import sparse_scores, sparse_top

seeds = st.integers(0, 2**31)


def compressed(dense):
    rows = sparse.csr_array(dense)
    return rows.indptr.astype(np.int64), rows.indices.astype(np.int32), rows.data.astype(np.float32)


def random_problem(seed, n_users=5, n_items=7):
    """Return histories and weights, multiples of 0.5 so that scores are exact, often tied, and of any sign."""
    rng = np.random.default_rng(seed)
    histories = rng.integers(0, 3, (n_users, n_items)) * rng.integers(0, 2, (n_users, n_items))
    weights = rng.integers(-2, 3, (n_items, n_items)) * rng.integers(0, 2, (n_items, n_items)) / 2
    return histories * 1.0, weights


def expected_scores(histories, weights):
    has_evidence = (histories != 0) * 1.0 @ (weights != 0) > 0
    return np.where(has_evidence, histories @ weights, -np.inf)


def order_of(offsets):
    """Return offsets, and the codes of those that are not 0, the largest first."""
    order = np.argsort(-offsets, kind="stable").astype(np.int32)
    return offsets, order[offsets[order] != 0]


NO_OFFSETS = order_of(np.empty(0, np.float32))


def lists_of(rows):
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    return indptr, np.concatenate([np.empty(0), *rows]).astype(np.int32)


@given(seeds, st.integers(0, 5))
def test_scores_equal_the_dense_product_for_any_split(seed, cut):
    histories, weights = random_problem(seed)
    scores = np.full(histories.shape, np.nan, dtype=np.float32)
    for start, stop in ((0, cut), (cut, 5)):
        sparse_scores(start, stop, *compressed(histories), *compressed(weights), scores)
    assert_array_equal(scores, expected_scores(histories, weights))


def test_an_interaction_of_strength_zero_is_no_evidence():
    history = np.array([0, 2], np.int64), np.array([0, 1], np.int32), np.array([0.0, 2.0], np.float32)
    scores = np.full((1, 3), np.nan, dtype=np.float32)
    sparse_scores(0, 1, *history, *compressed([[0, 0, 5], [3, 0, 0], [0, 0, 0]]), scores)
    assert scores.tolist() == [[6.0, -np.inf, -np.inf]]


@given(
    seeds,
    st.integers(1, 7),
    st.integers(0, 5),
    st.booleans(),
    st.booleans(),
    st.sampled_from([7, 100]),
    st.sampled_from([0, 0.3, 1]),
)
def test_lists_hold_the_best_eligible_items(seed, n, cut, some_restricted, some_ineligible, n_items, share_of_offsets):
    histories, weights = random_problem(seed, n_items=n_items)
    rng = np.random.default_rng(seed + 1)
    eligible = rng.random(n_items) < (0.7 if some_ineligible else 2)
    restricted = rng.random(5) < (0.5 if some_restricted else 0)
    excluded = [rng.integers(0, n_items, rng.integers(0, n_items)) for _ in range(5)]  # unsorted, with repetitions
    candidates = [rng.integers(0, n_items, rng.integers(0, n_items)) for _ in range(5)]
    offsets = (rng.integers(-2, 3, n_items) * (rng.random(n_items) < share_of_offsets)).astype(np.float32)
    top = np.empty((5, n), np.int32), np.empty((5, n), np.float32), np.empty(5, np.int32)
    args = (
        *compressed(histories),
        *compressed(weights),
        *order_of(offsets),
        eligible,
        *lists_of(excluded),
        restricted,
        *lists_of(candidates),
        *top,
    )
    for start, stop in ((0, cut), (cut, 5)):
        sparse_top(start, stop, *args)
    scores = expected_scores(histories, weights)
    has_history = (histories > 0).any(axis=1)[:, None]
    scores = np.where(np.isneginf(scores) & has_history & (offsets != 0), 0, scores) + has_history * offsets
    for user in range(5):
        listable = eligible & np.isfinite(scores[user]) & ~np.isin(np.arange(n_items), excluded[user])
        if restricted[user]:
            listable &= np.isin(np.arange(n_items), candidates[user])
        best = sorted(np.flatnonzero(listable), key=lambda item: (-scores[user, item], item))[:n]
        padding = n - len(best)
        assert top[2][user] == len(best)
        assert top[0][user].tolist() == best + [-1] * padding
        assert_array_equal(top[1][user], [*scores[user, best], *[np.nan] * padding])


@pytest.mark.parametrize("value", [-1e-60, -0.0])
def test_negative_zero_ties_with_zero(value):
    history = np.array([0, 1], np.int64), np.array([0], np.int32), np.ones(1, np.float32)
    weights = np.array([0, 2, 2, 2], np.int64), np.array([1, 2], np.int32), np.array([value, 0.0], np.float32)
    top = np.empty((1, 2), np.int32), np.empty((1, 2), np.float32), np.empty(1, np.int32)
    no_items = np.zeros(2, np.int64), np.empty(0, np.int32)
    sparse_top(
        0, 1, *history, *weights, *NO_OFFSETS, np.ones(3, np.bool_), *no_items, np.zeros(1, np.bool_), *no_items, *top
    )
    assert top[0].tolist() == [[1, 2]]


@pytest.mark.parametrize("n_items", [7, 200])
@pytest.mark.parametrize("n", [1, 3])
def test_scores_that_tie_after_rounding_are_sorted_by_code(n_items, n):
    """The float64 sums grow with the code, by less than the resolution of float32."""
    history = np.array([0, 2], np.int64), np.array([0, 1], np.int32), np.array([1.0, 1.0], np.float32)
    small = np.linspace(1e-12, 1e-9, n_items, dtype=np.float32)
    weights = np.concatenate([np.ones(n_items, np.float32), small])
    indptr = np.concatenate([[0, n_items], np.full(n_items - 1, 2 * n_items)])
    rows = indptr, np.tile(np.arange(n_items, dtype=np.int32), 2), weights
    top = np.empty((1, n), np.int32), np.empty((1, n), np.float32), np.empty(1, np.int32)
    no_items = np.zeros(2, np.int64), np.empty(0, np.int32)
    sparse_top(
        0,
        1,
        *history,
        *rows,
        *NO_OFFSETS,
        np.ones(n_items, np.bool_),
        *no_items,
        np.zeros(1, np.bool_),
        *no_items,
        *top,
    )
    assert top[0].tolist() == [list(range(n))]
    assert top[1].tolist() == [[1.0] * n]
