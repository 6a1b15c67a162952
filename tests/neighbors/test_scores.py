"""Sums, normalized sums, amplified similarities and shrunk means over neighbours, and the number of neighbours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from recokit import Interactions, ItemKNN, UserKNN
from recokit._runtime.threads import Runner
from recokit.datasets import example_interactions
from recokit.testing import check_recommender
from tests.naive import neighbors as naive
from tests.naive import similarity as naive_similarity

MODELS = (UserKNN, ItemKNN)
STRENGTHS = st.sampled_from([np.nan, np.nan, 1.0, 1.0, 3.0])
RATINGS = st.sampled_from([np.nan, np.nan, 1.0, 2.0, 4.0, 5.0, -3.0])


def all_pairs(table):
    users, items = np.indices(table.shape)
    return np.stack([users.ravel(), items.ravel()], axis=1)


def nearest_table(rows, k):
    """Return the (rows × rows) cosines of each row to its k neighbours, 0 elsewhere."""
    similarities = naive_similarity.similarities("cosine", rows, rows)
    kept = np.zeros(similarities.shape)
    for row, values in enumerate(similarities):
        codes, scores = naive_similarity.nearest(values, k, own=row)
        kept[row, codes] = scores
    return kept


def fill(table):
    table[0, 0] = 1.0
    return table


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("amplification", [1.0, 2.5, 0.5])
@pytest.mark.parametrize("scoring", ["sum", "normalized_sum"])
@given(table=arrays(np.float64, (6, 5), elements=STRENGTHS).map(fill), k=st.integers(1, 3))
def test_scores_are_sums_of_amplified_similarities_normalised_by_the_neighbours_of_each_neighbour(
    model, amplification, scoring, table, k
):
    data = Interactions.from_dense(table, missing=np.nan, feedback="implicit")
    fitted = model(k, scoring=scoring, amplification=amplification).fit(data)
    rows = table if model is UserKNN else table.T
    near = nearest_table(rows, k)
    weights = np.where(near > 0, near**amplification, 0.0)
    if scoring == "normalized_sum":
        weights /= np.maximum(weights.sum(axis=1), 1e-300)  # over the neighbours of the neighbour
    expected = weights @ np.nan_to_num(rows)
    expected = expected if model is UserKNN else expected.T
    assert_allclose(fitted.predict(all_pairs(table)), expected.ravel(), rtol=1e-5)


def test_in_a_normalised_sum_neighbours_that_are_similar_to_many_rows_count_less():
    # Item 0 is similar to 1 and 2, item 1 to 0 only, and item 2 to 0 and 3.
    taken = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 1, 1.0]])
    fitted = ItemKNN(scoring="normalized_sum").fit(Interactions.from_dense(taken, feedback="implicit"))
    half = np.sqrt(0.5)
    assert_allclose(fitted.predict([(0, 0)]), half / half)
    assert_allclose(fitted.predict([(1, 0)]), 0.5 / (0.5 + half), rtol=1e-6)


def test_the_normalised_sum_of_a_new_user_uses_the_neighbours_of_each_neighbour():
    taken = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 1, 1.0]])
    fitted = UserKNN(scoring="normalized_sum").fit(Interactions.from_dense(taken, feedback="implicit"))
    got = dict(fitted.recommend_for([{0: 1.0}])[0])
    half = np.sqrt(0.5)
    assert got == pytest.approx({1: half / 0.5, 2: half / (0.5 + 0.5)})


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("centering", [None, "mean", "zscore", "baseline"])
@pytest.mark.parametrize(("amplification", "shrinkage"), [(2.0, 0.0), (1.0, 0.7), (1.5, 0.2)])
@given(R=arrays(np.float64, (5, 4), elements=RATINGS).map(fill), k=st.integers(1, 3))
def test_means_are_shrunk_towards_the_expected_rating(model, centering, amplification, shrinkage, R, k):
    data = Interactions.from_dense(R, missing=np.nan)
    fitted = model(k, centering=centering, amplification=amplification, prediction_shrinkage=shrinkage).fit(data)
    rows = R if model is UserKNN else R.T
    spreads = np.ones(len(rows))
    if centering == "baseline":
        mean, users, items = naive.baseline(R)
        expected = mean + users[:, None] + items
        expected = expected if model is UserKNN else expected.T
    elif centering is None:
        expected = np.full(rows.shape, np.nanmean(R))
    else:
        expected, spreads = naive.expected_ratings(rows, centering)
    index = fitted._model.data.index
    similarities = index.similarities(index.indexed_queries(), swapped=fitted._model.swapped, runner=Runner())
    deviations = (rows - expected) / spreads[:, None]
    predicted = np.empty(rows.shape)
    for row, column in np.ndindex(rows.shape):
        mean = naive.nearest_mean(similarities[row], deviations[:, column], k, amplification, shrinkage)
        predicted[row, column] = expected[row, column] + (0 if np.isnan(mean) else spreads[row] * mean)
    predicted = np.clip(predicted if model is UserKNN else predicted.T, np.nanmin(R), np.nanmax(R))
    assert_allclose(fitted.predict(all_pairs(R)), predicted.ravel(), atol=1e-4)


@pytest.mark.parametrize("model", MODELS)
@given(R=arrays(np.float64, (6, 5), elements=RATINGS).map(fill), k=st.integers(1, 4))
def test_support_is_the_number_of_neighbours_in_the_mean(model, R, k):
    fitted = model(k).fit(Interactions.from_dense(R, missing=np.nan))
    index = fitted._model.data.index
    similarities = index.similarities(index.indexed_queries(), runner=Runner())
    rated = ~np.isnan(R if model is UserKNN else R.T)
    expected = np.minimum((similarities > 0).astype(int) @ rated, k)
    expected = expected if model is UserKNN else expected.T
    support = fitted.support(all_pairs(R))
    assert support.dtype == np.int32
    assert_array_equal(support, expected.ravel())


@pytest.mark.parametrize("model", MODELS)
@given(table=arrays(np.float64, (6, 5), elements=STRENGTHS).map(fill), k=st.integers(1, 4))
def test_support_is_the_number_of_neighbours_in_the_sum(model, table, k):
    fitted = model(k).fit(Interactions.from_dense(table, missing=np.nan, feedback="implicit"))
    rows = table if model is UserKNN else table.T
    expected = (nearest_table(rows, k) > 0).astype(int) @ ~np.isnan(rows)
    expected = expected if model is UserKNN else expected.T
    assert_array_equal(fitted.support(all_pairs(table)), expected.ravel())


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
def test_support_is_the_number_of_neighbours_in_the_explanation_and_0_for_unknown_ids(model, feedback):
    data = example_interactions(feedback)
    fitted = model(6).fit(data)
    pairs = [(user, item) for user in list(data.users)[:5] for item in list(data.items)[:5]]
    for pair, support in zip(pairs, fitted.support(pairs), strict=True):
        named = fitted._explain(int(data.users.codes([pair[0]])[0]), int(data.items.codes([pair[1]])[0]))
        assert sum(term.kind in ("neighbor", "past_item") for term in named) == support
    user, item = pairs[0]
    assert_array_equal(fitted.support([(user, -1), (-1, item), (-1, -1)]), 0)
    assert_array_equal(fitted.support(data), fitted.support(data.to_pairs()[0]))
    assert fitted.support(np.empty((0, 2), int)).shape == (0,)


@pytest.mark.parametrize(
    "model",
    [
        ItemKNN(5, scoring="normalized_sum", amplification=2.0, user_exponent=0.5, prediction_shrinkage=0.1),
        UserKNN(5, scoring="normalized_sum", amplification=0.5, prediction_shrinkage=1.0),
    ],
)
def test_variants_keep_the_contract(model):
    check_recommender(model)
