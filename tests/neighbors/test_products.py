from unittest import mock

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from recokit import Interactions, ItemKNN, UserKNN
from recokit.neighbors import _index, _products


def lists(model):
    return model.neighbor_codes_, model.neighbor_scores_, model.neighbor_counts_


def make_log(n_users=200, n_items=120, strengths=5):
    rng = np.random.default_rng(0)
    matrix = (rng.random((n_users, n_items)) < rng.random(n_items) ** 3) * rng.integers(1, 1 + strengths, n_items)
    return Interactions.from_dense(matrix.astype(np.float32), feedback="implicit")


def fit_plain(model, data):
    with mock.patch.object(_index.SimilarityIndex, "products_suffice", return_value=False):
        return lists(model.fit(data))


@pytest.mark.parametrize("model", [ItemKNN, UserKNN])
@pytest.mark.parametrize("weighting", [None, "tfidf", "bm25"])
@pytest.mark.parametrize("most_long", [1, 40, 4096])
def test_neighbours_are_those_of_the_plain_kernel(model, weighting, most_long):
    data, knn = make_log(), model(7, weighting=weighting, n_threads=1)
    expected = fit_plain(knn, data)
    products = mock.patch.object(_index, "nearest_by_cosine", wraps=_products.nearest_by_cosine)
    with products as asked, mock.patch.object(_products, "_MOST_LONG", most_long):
        found = lists(knn.fit(data))
    asked.assert_called_once()
    for array, wanted in zip(found, expected, strict=True):
        assert_array_equal(array, wanted)


def test_any_number_of_threads_finds_the_same():
    data = make_log(500, 400)
    expected = lists(ItemKNN(5, weighting="bm25", n_threads=1).fit(data))
    for n_threads in (2, 3):
        for array, wanted in zip(
            lists(ItemKNN(5, weighting="bm25", n_threads=n_threads).fit(data)), expected, strict=True
        ):
            assert_array_equal(array, wanted)


@pytest.mark.parametrize(
    "parameters",
    [{"shrinkage": 1.0}, {"min_common": 2}, {"similarity": "jaccard"}, {"similarity": "asymmetric_cosine"}],
)
def test_what_needs_more_than_products_is_left_to_other_kernels(parameters):
    with mock.patch.object(_index, "nearest_by_cosine") as asked:
        ItemKNN(5, **parameters).fit(make_log())
    asked.assert_not_called()


def test_values_whose_squares_are_beyond_float32_are_left_to_the_plain_kernel():
    matrix = np.array([[1e38, 2, 0], [3, 1e-38, 1], [1, 1, 1]], dtype=np.float32)
    data = Interactions.from_dense(matrix, feedback="implicit")
    with mock.patch.object(_index, "nearest_by_cosine") as asked:
        ItemKNN(2).fit(data)
    asked.assert_not_called()
