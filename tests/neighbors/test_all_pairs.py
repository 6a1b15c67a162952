"""All-pairs search finds the neighbours of the plain kernel, and is used only if it applies."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_array_equal

from recokit import Interactions, ItemKNN, UserKNN
from recokit.neighbors import _all_pairs, _index
from recokit.neighbors.similarities import SIMILARITIES

MODELS = [ItemKNN, UserKNN]
MONOTONE = [name for name, similarity in SIMILARITIES.items() if similarity.is_monotone]
CHEAP_BITS = {"_WORD_COST": 1e-6, "_COLUMN_COST": 0.0}  # bits then pay for few rows


def lists(model):
    return model.neighbor_codes_, model.neighbor_scores_, model.neighbor_counts_


def assert_same_lists(model, expected):
    for array, wanted in zip(lists(model), expected, strict=True):
        assert_array_equal(array, wanted)


def fit_with_plain_kernel(model, data):
    plain = {"can_count": lambda self, queries: False, "can_multiply": lambda self, queries: False}
    with mock.patch.multiple(_index.SimilarityIndex, **plain):
        return lists(model.fit(data))


def binary_log(n_users=150, n_items=90):
    rng = np.random.default_rng(0)
    return Interactions.from_dense(
        (rng.random((n_users, n_items)) < rng.random(n_items) ** 3).astype(np.float32), feedback="implicit"
    )


def log_with_strengths(n_users=200, n_items=120):
    rng = np.random.default_rng(0)
    matrix = (rng.random((n_users, n_items)) < rng.random(n_items) ** 3) * rng.integers(1, 6, n_items)
    return Interactions.from_dense(matrix.astype(np.float32), feedback="implicit")


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("similarity", MONOTONE)
@pytest.mark.parametrize("n_long", [0, 40, 90])
def test_search_by_counts_finds_the_neighbours_of_the_plain_kernel(model, similarity, n_long):
    data, knn = binary_log(), model(7, similarity=similarity, shrinkage=2.0, n_threads=1)
    options = mock.patch.multiple(_all_pairs, N_LONG_OPTIONS=(0, n_long) if n_long else (0,), **CHEAP_BITS)
    expected = fit_with_plain_kernel(knn, data)
    with options, mock.patch.object(_all_pairs, "_count_in_bits", wraps=_all_pairs._count_in_bits) as counted:
        knn.fit(data)
    assert counted.call_count == (n_long > 0)
    assert_same_lists(knn, expected)


def test_a_similarity_that_is_not_monotone_uses_the_plain_kernel():
    data, jaccard = binary_log(), SIMILARITIES["jaccard"]
    expected = lists(ItemKNN(7, similarity="jaccard").fit(data))
    with (
        mock.patch.dict(SIMILARITIES, jaccard=jaccard._replace(is_monotone=False)),
        mock.patch.object(_index, "nearest_by_counts") as used,
    ):
        assert_same_lists(ItemKNN(7, similarity="jaccard").fit(data), expected)
    used.assert_not_called()


@given(arrays(bool, (6, 5)).filter(np.any), st.integers(1, 3))
def test_a_limit_on_the_memory_of_bits_does_not_change_the_neighbours(matrix, max_bytes):
    data = Interactions.from_dense(matrix.astype(np.float32), feedback="implicit")
    expected = fit_with_plain_kernel(ItemKNN(2), data)
    with mock.patch.multiple(_all_pairs, N_LONG_OPTIONS=(0, 3), **CHEAP_BITS, MAX_BIT_BYTES=max_bytes):
        assert_same_lists(ItemKNN(2).fit(data), expected)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("weighting", [None, "tfidf", "bm25"])
@pytest.mark.parametrize("max_long", [1, 40, 4096])
def test_search_by_products_finds_the_neighbours_of_the_plain_kernel(model, weighting, max_long):
    data, knn = log_with_strengths(), model(7, weighting=weighting, n_threads=1)
    expected = fit_with_plain_kernel(knn, data)
    by_cosine = mock.patch.object(_index, "nearest_by_cosine", wraps=_all_pairs.nearest_by_cosine)
    with by_cosine as used, mock.patch.object(_all_pairs, "MAX_LONG_PRODUCTS", max_long):
        knn.fit(data)
    used.assert_called_once()
    assert_same_lists(knn, expected)


def test_the_number_of_threads_does_not_change_the_neighbours():
    cases = (binary_log(400, 300), {}), (log_with_strengths(500, 400), {"weighting": "bm25"})
    with mock.patch.multiple(_all_pairs, N_LONG_OPTIONS=(0, 40), **CHEAP_BITS):
        for data, options in cases:
            expected = lists(ItemKNN(5, n_threads=1, **options).fit(data))
            for n_threads in (2, 3):
                assert_same_lists(ItemKNN(5, n_threads=n_threads, **options).fit(data), expected)


@pytest.mark.parametrize(
    "parameters",
    [{"shrinkage": 1.0}, {"min_common": 2}, {"similarity": "jaccard"}, {"similarity": "asymmetric_cosine"}],
)
def test_similarities_that_need_more_than_products_use_other_kernels(parameters):
    with mock.patch.object(_index, "nearest_by_cosine") as used:
        ItemKNN(5, **parameters).fit(log_with_strengths())
    used.assert_not_called()


def test_values_whose_squares_exceed_float32_use_the_plain_kernel():
    matrix = np.array([[1e38, 2, 0], [3, 1e-38, 1], [1, 1, 1]], dtype=np.float32)
    data = Interactions.from_dense(matrix, feedback="implicit")
    with mock.patch.object(_index, "nearest_by_cosine") as used:
        ItemKNN(2).fit(data)
    used.assert_not_called()
