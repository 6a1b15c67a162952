"""Documented edge cases: each has one finite result."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from recokit import Interactions, ItemKNN, UserKNN
from recokit._runtime import memory
from recokit._runtime.threads import Runner
from recokit.base import _learner
from recokit.neighbors.similarities import SIMILARITIES

MODELS = (UserKNN, ItemKNN)
OPTIONS = [{}, {"scoring": "normalized_sum", "amplification": 2.0, "prediction_shrinkage": 0.5}]
EMPTY = 2  # code of the user and of the item without interactions


def with_empty_rows(feedback):
    rng = np.random.default_rng(0)
    table = np.where(rng.random((9, 7)) < 0.7, rng.integers(1, 6, (9, 7)), 0).astype(float)
    table[EMPTY], table[:, EMPTY] = 0, 0
    return Interactions.from_matrix(sparse.csr_array(table), feedback=feedback)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("similarity", SIMILARITIES)
@pytest.mark.parametrize("options", OPTIONS)
def test_the_prediction_for_a_user_or_an_item_without_ratings_is_the_baseline(model, similarity, options):
    data = with_empty_rows("explicit")
    fitted = model(similarity=similarity, **options).fit(data)
    mean, users, items = fitted._mean, fitted._user_bias, fitted._item_bias
    assert users[EMPTY] == items[EMPTY] == 0
    pairs = [(EMPTY, 0), (0, EMPTY), (EMPTY, EMPTY)]
    assert_allclose(fitted.predict(pairs), [mean + items[0], mean + users[0], mean], rtol=1e-6)
    assert_array_equal(fitted.support(pairs), 0)
    lists = fitted.recommend(n=7)
    assert np.all(np.isfinite(lists.scores[~np.isnan(lists.scores)]))
    assert lists.counts[EMPTY] == 7
    for centering in ("mean", "zscore", None):
        fitted.set_params(centering=centering).fit(data)
        assert_allclose(fitted.predict([(EMPTY, EMPTY)]), mean, rtol=1e-6)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("similarity", SIMILARITIES)
@pytest.mark.parametrize("options", OPTIONS)
def test_a_user_without_interactions_has_an_empty_list_and_such_an_item_is_in_no_list(model, similarity, options):
    data = with_empty_rows("implicit")
    fitted = model(similarity=similarity, **options).fit(data)
    rows = fitted.neighbor_codes_
    assert fitted.neighbor_counts_[EMPTY] == 0
    assert not np.any(rows == EMPTY)
    lists = fitted.recommend(n=7, exclude_seen=False)
    assert lists.counts[EMPTY] == 0
    assert not np.any((lists.items == EMPTY) & (np.arange(7) < lists.counts[:, None]))
    assert_array_equal(fitted.predict([(EMPTY, 0), (0, EMPTY)]), 0)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
@pytest.mark.parametrize("options", OPTIONS)
def test_a_k_above_the_number_of_rows_uses_all_similar_rows(model, feedback, options):
    data = with_empty_rows(feedback)
    pairs, _ = data.to_pairs()
    all_rows, far_more = (model(k, **options).fit(data) for k in (9, 10**9))
    assert_array_equal(far_more.predict(pairs), all_rows.predict(pairs))
    assert_array_equal(far_more.support(pairs), all_rows.support(pairs))
    assert far_more.recommend(n=3).items.tolist() == all_rows.recommend(n=3).items.tolist()


def chain(n_rows):
    """Return as many users as items: user u has the items u and u + 1, so no row is similar to more than two others."""
    users = np.arange(n_rows)
    return Interactions.from_arrays(np.tile(users, 2), np.r_[users, (users + 1) % n_rows], feedback="implicit")


@pytest.mark.parametrize("model", MODELS)
def test_a_k_above_the_number_of_similar_rows_does_not_widen_the_stored_lists(model):
    fitted = model(10**9).fit(chain(70_000))  # more rows than 16-bit ranks
    assert fitted.neighbor_codes_.shape == (70_000, 2)
    assert_array_equal(fitted.neighbor_counts_, 2)
    assert_array_equal(fitted.neighbor_codes_[65_535:65_538], [[65_534, 65_536], [65_535, 65_537], [65_536, 65_538]])
    assert_allclose(fitted.neighbor_scores_, 0.5)
    lists = fitted.recommend([66_000], n=9)
    assert list(lists[66_000]) == [(65_999, 0.5), (66_002, 0.5)]
    more = fitted.partial_fit([(66_000, 66_002)])
    expected = model(10**9).fit(more.interactions_)
    assert_array_equal(more.neighbor_codes_, expected.neighbor_codes_)


@pytest.mark.parametrize("model", MODELS)
def test_neighbours_that_exceed_the_memory_raise_an_error_with_their_size(model, monkeypatch):
    monkeypatch.setattr(_learner, "ALWAYS_FREE", 0)
    monkeypatch.setattr(memory, "ALWAYS_FREE", 0)
    monkeypatch.setattr(memory, "available_memory", lambda: 20_000_000.0)
    table = np.ones((1, 2000)) if model is ItemKNN else np.ones((2000, 1))
    with pytest.raises(MemoryError, match=r"KNN with .*2,000 .* needs .* the 20 MB that are available; .*n_neighbors"):
        model(5000).fit(Interactions.from_matrix(sparse.csr_array(table), feedback="implicit"))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
def test_an_amplification_that_overflows_raises_an_error(model, feedback):
    table = np.kron(np.eye(60), np.ones((2, 2)))  # a lift of 60
    data = Interactions.from_matrix(sparse.csr_array(table), feedback=feedback)
    pairs = data.to_pairs()[0]
    with pytest.raises(ValueError, match=r"amplification=40: .* similarity of 60"):
        model(similarity="lift", amplification=40).fit(data).predict(pairs)
    with pytest.raises(ValueError, match="amplification=40"):
        model(similarity="lift", amplification=40).fit(data).recommend()
    assert np.all(np.isfinite(model(similarity="lift", amplification=10).fit(data).predict(pairs)))
    assert np.all(np.isfinite(model(amplification=1000).fit(data).predict(pairs)))


@pytest.mark.parametrize("model", MODELS)
def test_an_alpha_of_the_asymmetric_cosine_above_1_raises_an_error(model):
    with pytest.raises(ValueError, match=r"alpha=1\.5: expected at most 1"):
        model(similarity="asymmetric_cosine", alpha=1.5).fit(with_empty_rows("implicit"))
    model(similarity="tversky", alpha=1.5).fit(with_empty_rows("implicit"))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("similarity", ["pearson", "adjusted_cosine", "pearson_baseline"])
def test_rows_without_variance_have_a_correlation_of_0(model, similarity):
    flat = np.full((4, 4), 3.0)
    if similarity == "pearson":  # the other similarities need equal values in all rows
        flat[1:] = [[1, 2, 4, 5], [2, 1, 5, 4], [5, 3, 1, 2]]
        flat = flat if model is UserKNN else flat.T
    fitted = model(similarity=similarity).fit(Interactions.from_dense(flat))
    index = fitted._model.data.index
    similarities = index.similarities(index.indexed_queries(), runner=Runner())
    assert_array_equal(similarities[0], 0)
    assert_array_equal(similarities[:, 0], 0)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_ratings_from_minus_10_to_10_are_predicted_within_their_range_and_with_the_right_sign(model, similarity):
    rng = np.random.default_rng(1)
    tastes = rng.choice([-1, 1], 30)[:, None] * rng.choice([-1, 1], 14)
    R = np.where(rng.random((30, 14)) < 0.6, np.round(7 * tastes + rng.uniform(-3, 3, tastes.shape)), np.nan)
    fitted = model(similarity=similarity).fit(Interactions.from_dense(R, missing=np.nan))
    pairs = [(user, item) for user in range(30) for item in range(14)]
    predicted = fitted.predict(pairs).reshape(30, 14)
    assert np.all((predicted >= np.nanmin(R)) & (predicted <= np.nanmax(R)))
    if similarity in ("cosine", "pearson", "adjusted_cosine", "pearson_baseline"):  # similarities that use values
        assert np.mean(np.sign(predicted) == tastes) > 0.9
    assert_array_equal(fitted.recommend(n=1, exclude_seen=False).scores[:, 0], predicted.max(axis=1).astype(np.float32))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("shape", [(1, 4), (4, 1), (1, 1)])
@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_data_of_one_user_or_one_item_can_be_fitted(model, shape, feedback, similarity):
    data = Interactions.from_dense(np.arange(1.0, 1 + np.prod(shape)).reshape(shape), feedback=feedback)
    fitted = model(similarity=similarity).fit(data)
    pairs, _ = data.to_pairs()
    assert np.all(np.isfinite(fitted.predict(pairs)))
    if shape[0 if model is UserKNN else 1] == 1:
        assert_array_equal(fitted.support(pairs), 0)
        assert_array_equal(fitted.recommend(exclude_seen=False).counts, 0 if feedback == "implicit" else shape[1])
    assert fitted.recommend().counts.tolist() == [0] * shape[0]


def test_lists_of_ratings_are_ordered_by_the_unclipped_predictions():
    # All ratings but those of three items are 5, so many predictions exceed the scale.
    rng = np.random.default_rng(2)
    R = np.where(rng.random((40, 25)) < 0.5, 5, np.nan)
    R[:, :3] = np.where(rng.random((40, 3)) < 0.5, 1, np.nan)
    for model in (UserKNN(5), ItemKNN(5)):
        fitted = model.fit(Interactions.from_dense(R, missing=np.nan))
        lists = fitted.recommend(n=20)
        unclipped = fitted._score_block(fitted._user_profiles(np.arange(40, dtype=np.int32)))
        listed = np.take_along_axis(unclipped, lists.items.astype(int), axis=1)
        shown = np.arange(20) < lists.counts[:, None]
        assert np.all(np.diff(listed, axis=1)[shown[:, 1:]] <= 0)
        assert listed[shown].max() > 5
        assert lists.scores[shown].max() == 5
