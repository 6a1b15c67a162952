"""Fold-in, explanations, stored neighbours and special values of both models."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from recokit import Interactions
from recokit._runtime.threads import Runner
from recokit.datasets import example_interactions
from recokit.neighbors import ItemKNN, UserKNN
from recokit.neighbors.similarities import SIMILARITIES
from recokit.testing import check_recommender

MODELS = (UserKNN, ItemKNN)


def history(data, user):
    row = slice(*data.indptr[user : user + 2])
    return dict(zip(data.items.take(data.item_codes[row]).tolist(), data.values[row].tolist(), strict=True))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "options",
    [
        {"similarity": "pearson_baseline", "shrinkage": 10, "min_common": 2},
        {"similarity": "conditional_probability", "n_neighbors": 3, "centering": None},
        {"similarity": "pearson", "centering": "zscore"},
        {"weighting": "bm25", "centering": "mean"},
    ],
)
def test_variants_keep_the_contract(model, options):
    check_recommender(model(**options))


@pytest.mark.parametrize("name", SIMILARITIES)
@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
def test_item_knn_gives_a_new_user_with_the_history_of_a_known_user_the_same_list(name, feedback):
    data = example_interactions(feedback)
    model = ItemKNN(5, similarity=name).fit(data)
    expected = model.recommend(n=6)
    for user in range(0, data.n_users, 6):
        got = model.recommend_for([history(data, user)], n=6)
        assert_array_equal(got.items[0], expected.items[user])
        assert_allclose(got.scores[0], expected.scores[user], rtol=1e-6)


@pytest.mark.parametrize("options", [{"similarity": name} for name in SIMILARITIES] + [{"weighting": "bm25"}])
def test_user_knn_gives_a_new_user_with_the_history_of_a_known_user_the_same_similarities(options):
    data = example_interactions("explicit")
    model = UserKNN(1, **options).fit(data)
    similar = model._model.data.index
    for user in (0, 7):
        folded = model._fold_in(model._training_histories(np.array([user])))
        known = similar.indexed_queries(np.array([user]))
        assert_allclose(folded.queries.rows.values, known.rows.values, atol=1e-6)
        to_new, to_known = (similar.similarities(queries, runner=Runner())[0] for queries in (folded.queries, known))
        others = np.arange(data.n_users) != user
        assert_allclose(to_new[others], to_known[others], atol=1e-6)
        assert to_new[user] > 0
        assert to_known[user] == 0


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("centering", [None, "mean", "zscore", "baseline"])
def test_an_explanation_names_at_most_k_neighbours_and_adds_up(model, centering):
    data = example_interactions("explicit")
    fitted = model(4, centering=centering).fit(data)
    for user in list(data.users)[::5]:
        for item in list(data.items)[::3]:
            why = fitted.explain(user, item)
            neighbors = [term for term in why.terms if term.kind in ("neighbor", "past_item")]
            assert len(neighbors) <= 4
            assert all(term.subject not in (user, item) for term in neighbors)
            assert_allclose(sum(term.contribution for term in why.terms), why.score, atol=1e-5)


@pytest.mark.parametrize("model", MODELS)
def test_neighbours_are_stored_best_first_and_similar_rows_may_exceed_k(model):
    data = example_interactions("implicit")
    fitted = model(4).fit(data)
    assert fitted.neighbor_codes_.shape[1] == 4
    assert np.all(np.diff(fitted.neighbor_scores_, axis=1) <= 0)
    if model is UserKNN:
        lists, index = fitted.similar_users(list(data.users), n=9), data.users
    else:
        lists, index = fitted.similar_items(list(data.items), n=9), data.items
    assert_array_equal(index.codes(lists.items[:, :4].ravel()), fitted.neighbor_codes_.ravel())
    assert lists.counts.max() == 9


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
def test_a_k_above_the_number_of_rows_predicts_from_all_rows(model, feedback):
    data = example_interactions(feedback)
    pairs, _ = data.to_pairs()
    all_rows = model(data.n_users + data.n_items).fit(data)
    assert_array_equal(all_rows.predict(pairs), model(10**9).fit(data).predict(pairs))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_equal_ratings_are_predicted_exactly(model, similarity):
    data = Interactions.from_dense(np.where(np.eye(5) > 0, 0, 3.3))
    predicted = model(similarity=similarity).fit(data).predict([(0, 0), (2, 2), (0, 1)])
    assert_allclose(predicted, np.float32(3.3), rtol=1e-6)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("similarity", ["pearson", "adjusted_cosine", "pearson_baseline"])
def test_equal_strengths_have_no_correlation_and_give_empty_lists(model, similarity):
    fitted = model(similarity=similarity).fit(Interactions.from_dense(1 - np.eye(5), feedback="implicit"))
    assert_array_equal(fitted.neighbor_counts_, 0)
    assert_array_equal(fitted.recommend().counts, 0)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_negative_ratings_are_predicted_within_their_range(model, similarity):
    rng = np.random.default_rng(1)
    R = np.where(rng.random((20, 12)) < 0.6, rng.uniform(-10, 10, (20, 12)), np.nan)
    fitted = model(similarity=similarity).fit(Interactions.from_dense(R, missing=np.nan))
    predicted = fitted.predict([(user, item) for user in range(20) for item in range(12)])
    assert predicted.min() < 0 < predicted.max()
    assert np.float32(np.nanmin(R)) <= predicted.min()
    assert predicted.max() <= np.float32(np.nanmax(R))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("shape", [(1, 4), (4, 1), (1, 1)])
def test_with_a_single_row_ratings_are_the_mean_and_lists_are_empty(model, shape):
    data = Interactions.from_dense(np.arange(1.0, 1 + np.prod(shape)).reshape(shape))
    predicted = model(centering=None).fit(data).predict([(0, 0)])
    has_one_row = shape[0 if model is UserKNN else 1] == 1
    if has_one_row:
        assert_allclose(predicted, data.values.mean())
    assert data.values.min() <= predicted[0] <= data.values.max()
    assert_array_equal(model().fit(Interactions.from_matrix(data.matrix.sign())).recommend().counts, 0)


@pytest.mark.parametrize("model", MODELS)
def test_without_neighbours_the_prediction_is_that_of_the_centering(model):
    data = Interactions.from_dense([[5, 3, 0], [0, 0, 2], [4, 0, 0]])
    no_neighbors = {"min_common": 3}
    mean = data.values.mean()
    means = {(0, 2): (4.0, 2.0), (2, 1): (4.0, 3.0)}
    for pair, row_means in means.items():
        expected = row_means[model is ItemKNN]
        assert_allclose(model(centering="mean", **no_neighbors).fit(data).predict([pair]), expected)
        assert_allclose(model(centering="zscore", **no_neighbors).fit(data).predict([pair]), expected)
        assert_allclose(model(centering=None, **no_neighbors).fit(data).predict([pair]), mean)


@pytest.mark.parametrize("model", MODELS)
def test_an_unknown_similarity_raises_an_error_with_the_known_names(model):
    with pytest.raises(ValueError, match="log_likelihood"):
        model(similarity="cosign").fit(example_interactions("implicit"))


@pytest.mark.parametrize("model", MODELS)
def test_a_weighting_without_effect_or_of_negative_values_raises_an_error(model):
    with pytest.raises(ValueError, match="use cosine, asymmetric_cosine"):
        model(similarity="jaccard", weighting="bm25").fit(example_interactions("implicit"))
    with pytest.raises(ValueError, match="at least 0"):
        model(weighting="tfidf").fit(Interactions.from_dense([[-1.0, 2.0]]))
