"""Compare the Gram matrix and linear scores with dense products."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recokit.data.rows import Rows
from recokit.kernels.gram import gram_costs, gram_rows, linear_pairs, linear_scores


def _by_user(dense):
    rows, columns = np.nonzero(dense)
    indptr = np.concatenate([[0], np.cumsum((dense != 0).sum(axis=1))]).astype(np.int64)
    return indptr, columns.astype(np.int32), dense[rows, columns].astype(np.float32)


matrices = st.tuples(st.integers(1, 6), st.integers(1, 5), st.integers(0, 2**31)).map(
    lambda size: np.random.default_rng(size[2]).integers(0, 3, size[:2]).astype(np.float64)
)


@given(matrices, st.integers(0, 5))
def test_gram_rows_equal_the_dense_product_for_any_split(dense, cut):
    by_user = _by_user(dense)
    by_item = Rows(*by_user).transposed(dense.shape[1]).arrays
    weights = np.linspace(0.5, 2.0, len(dense))
    gram = np.full((dense.shape[1], dense.shape[1]), np.nan)
    cut = min(cut, len(gram))
    for start, stop in ((0, cut), (cut, len(gram))):
        gram_rows(start, stop, *by_item, *by_user, weights, gram)
    np.testing.assert_allclose(gram, dense.T @ np.diag(weights) @ dense, rtol=1e-6)


@given(matrices)
def test_gram_costs_count_the_multiplications_of_each_row(dense):
    by_user = _by_user(dense)
    by_item = Rows(*by_user).transposed(dense.shape[1]).arrays
    lengths = (dense != 0).sum(axis=1)
    assert gram_costs(by_item[0], by_item[1], by_user[0]).tolist() == ((dense != 0).T @ lengths).tolist()


@given(matrices, st.integers(0, 99))
def test_linear_scores_equal_the_dense_product_or_minus_infinity_without_evidence(dense, seed):
    rng = np.random.default_rng(seed)
    B = rng.choice([0.0, 0.0, 1.0, -1.0, 0.3], (dense.shape[1], dense.shape[1])).astype(np.float32)
    scores = np.full(dense.shape, np.nan, dtype=np.float32)
    linear_scores(0, len(dense), *_by_user(dense), B, scores)
    has_evidence = (dense != 0).astype(int) @ (B != 0) > 0
    expected = np.where(has_evidence, dense @ B.astype(np.float64), -np.inf)
    np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-5)


def test_linear_scores_of_more_items_than_a_strip():
    rng = np.random.default_rng(0)
    B = rng.normal(size=(5000, 5000)).astype(np.float32)
    history = np.array([0, 2]), np.array([3, 4999], np.int32), np.array([1.0, 2.0], np.float32)
    scores = np.empty((1, 5000), np.float32)
    linear_scores(0, 1, *history, B, scores)
    np.testing.assert_allclose(scores[0], B[3] + 2 * B[4999], rtol=1e-5, atol=1e-5)


@given(matrices)
def test_linear_pairs_equal_the_dense_product(dense):
    B = np.random.default_rng(0).normal(size=(dense.shape[1], dense.shape[1])).astype(np.float32)
    rows, items = (places.ravel() for places in np.indices(dense.shape))
    scores = np.full(len(rows), np.nan)
    linear_pairs(0, len(rows), rows, items.astype(np.int32), *_by_user(dense), B, scores)
    np.testing.assert_allclose(scores, (dense @ B.astype(np.float64)).ravel(), rtol=1e-12, atol=1e-12)
