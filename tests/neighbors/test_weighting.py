import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from recokit import Interactions
from recokit.neighbors import ItemKNN, UserKNN
from tests.naive import similarity as naive


def naive_weights(table, weighting, k1=1.2, b=0.75):
    """Return the weighted values of a table, cell by cell from the formulas; NaN is kept."""
    weighted = np.full(table.shape, np.nan)
    n_rows = (~np.isnan(table)).any(axis=1).sum()
    mean_length = np.nansum(table) / n_rows
    for row, column in np.argwhere(~np.isnan(table)):
        x = table[row, column]
        idf = math.log(1 + n_rows / (~np.isnan(table[:, column])).sum())
        if weighting == "tfidf":
            weighted[row, column] = math.sqrt(x) * idf
        else:
            length = 1 - b + b * np.nansum(table[row]) / mean_length
            weighted[row, column] = x * (k1 + 1) / (x + k1 * length) * idf
    return weighted


@pytest.mark.parametrize("weighting", ["tfidf", "bm25"])
@pytest.mark.parametrize("model", [UserKNN, ItemKNN])
@given(table=arrays(np.float64, (5, 4), elements=st.sampled_from([np.nan, 1.0, 2.0, 9.0])))
def test_neighbours_have_the_highest_cosines_of_weighted_values(model, weighting, table):
    table[0, 0] = 1.0
    data = Interactions.from_dense(table, missing=np.nan, feedback="implicit")
    fitted = model(10, weighting=weighting).fit(data)
    weighted = naive_weights(table if model is UserKNN else table.T, weighting)
    expected = naive.similarities("cosine", weighted, weighted)
    np.fill_diagonal(expected, 0)
    actual = np.zeros(expected.shape)
    rows, ranks = np.nonzero(np.arange(fitted.neighbor_codes_.shape[1]) < fitted.neighbor_counts_[:, None])
    actual[rows, fitted.neighbor_codes_[rows, ranks]] = fitted.neighbor_scores_[rows, ranks]
    assert_allclose(actual, expected, rtol=1e-5)


def test_weighting_gives_items_with_few_users_more_influence():
    seen = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 0, 1], [1, 0, 1, 0], [0, 0, 0, 1]])
    data = Interactions.from_dense(seen, feedback="implicit")

    def gap(model):
        similar = dict(model.fit(data).similar_users(0, n=4)[0])
        return similar[2] - similar[1]

    assert gap(UserKNN(weighting="tfidf")) > gap(UserKNN())
