from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_array_equal

from recokit import Interactions, ItemKNN, UserKNN
from recokit.neighbors import _cooccurrence, _index

SETS = [
    "cosine",
    "asymmetric_cosine",
    "jaccard",
    "dice",
    "tversky",
    "conditional_probability",
    "lift",
    "log_likelihood",
]

CHEAP = {"_WORD_COST": 1e-6, "_COLUMN_COST": 0.0}  # bits, so that they are taken for a few rows


def lists(model):
    return model.neighbor_codes_, model.neighbor_scores_, model.neighbor_counts_


def fit_plain(model, data):
    with mock.patch.object(_index.SimilarityIndex, "counts_suffice", return_value=False):
        return lists(model.fit(data))


def make_log(n_users=150, n_items=90):
    rng = np.random.default_rng(0)
    return Interactions.from_dense(
        (rng.random((n_users, n_items)) < rng.random(n_items) ** 3).astype(np.float32), feedback="implicit"
    )


@pytest.mark.parametrize("model", [ItemKNN, UserKNN])
@pytest.mark.parametrize("similarity", SETS)
@pytest.mark.parametrize("n_long", [0, 40, 90])
def test_neighbours_are_those_of_the_plain_kernel(model, similarity, n_long):
    data, knn = make_log(), model(7, similarity=similarity, shrinkage=2.0, n_threads=1)
    free = mock.patch.multiple(_cooccurrence, _LONG_ROWS=(0, n_long) if n_long else (0,), **CHEAP)
    expected = fit_plain(knn, data)
    with free, mock.patch.object(_cooccurrence, "_common", wraps=_cooccurrence._common) as common:
        found = lists(knn.fit(data))
    assert common.call_count == (n_long > 0)
    for array, wanted in zip(found, expected, strict=True):
        assert_array_equal(array, wanted)


def test_any_number_of_threads_finds_the_same():
    data = make_log(400, 300)
    with mock.patch.multiple(_cooccurrence, _LONG_ROWS=(0, 40), **CHEAP):
        expected = lists(ItemKNN(5, n_threads=1).fit(data))
        for n_threads in (2, 3):
            for array, wanted in zip(lists(ItemKNN(5, n_threads=n_threads).fit(data)), expected, strict=True):
                assert_array_equal(array, wanted)


@given(arrays(bool, (6, 5)).filter(np.any), st.integers(1, 3))
def test_a_limit_on_the_memory_of_bits_changes_nothing(matrix, most_bytes):
    data = Interactions.from_dense(matrix.astype(np.float32), feedback="implicit")
    expected = fit_plain(ItemKNN(2), data)
    small = {"_LONG_ROWS": (0, 3), **CHEAP, "_MOST_BIT_BYTES": most_bytes}
    with mock.patch.multiple(_cooccurrence, **small):
        for array, wanted in zip(lists(ItemKNN(2).fit(data)), expected, strict=True):
            assert_array_equal(array, wanted)
