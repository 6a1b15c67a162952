"""What both models promise beside the numbers: people never seen, explanations, neighbours, and edges of the data."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from recokit import Interactions
from recokit._runtime.threads import Runner
from recokit.neighbors import ItemKNN, UserKNN
from recokit.neighbors.similarities import SIMILARITIES
from recokit.testing import check_recommender, example_interactions

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
def test_item_knn_treats_a_stranger_with_the_history_of_a_user_as_that_user(name, feedback):
    data = example_interactions(feedback)
    model = ItemKNN(5, similarity=name).fit(data)
    expected = model.recommend(n=6)
    for user in range(0, data.n_users, 6):
        got = model.recommend_for([history(data, user)], n=6)
        assert_array_equal(got.items[0], expected.items[user])
        assert_allclose(got.scores[0], expected.scores[user], rtol=1e-6)


@pytest.mark.parametrize("options", [{"similarity": name} for name in SIMILARITIES] + [{"weighting": "bm25"}])
def test_user_knn_finds_a_stranger_with_the_history_of_a_user_nearest_to_that_user(options):
    data = example_interactions("explicit")
    model = UserKNN(1, **options).fit(data)
    similar = model._model.data.index
    for user in (0, 7):
        folded = model._fold_in(model._training_histories(np.array([user])))
        known = similar.indexed_queries(np.array([user]))
        assert_allclose(folded.queries.rows.values, known.rows.values, atol=1e-6)
        to_stranger, to_user = (
            similar.similarities(queries, runner=Runner())[0] for queries in (folded.queries, known)
        )
        others = np.arange(data.n_users) != user
        assert_allclose(to_stranger[others], to_user[others], atol=1e-6)
        assert to_stranger[user] > 0
        assert to_user[user] == 0


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("centering", [None, "mean", "zscore", "baseline"])
def test_an_explanation_names_the_nearest_who_rated_and_adds_up(model, centering):
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
def test_neighbours_are_stored_best_first_and_similar_things_may_be_more(model):
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
def test_more_neighbours_than_there_are_is_all_of_them(model, feedback):
    data = example_interactions(feedback)
    pairs, _ = data.to_pairs()
    everyone = model(data.n_users + data.n_items).fit(data)
    assert_array_equal(everyone.predict(pairs), model(10**9).fit(data).predict(pairs))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_values_that_are_all_equal_predict_themselves(model, similarity):
    data = Interactions.from_dense(np.where(np.eye(5) > 0, 0, 3.3))
    predicted = model(similarity=similarity).fit(data).predict([(0, 0), (2, 2), (0, 1)])
    assert_allclose(predicted, np.float32(3.3), rtol=1e-6)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("similarity", ["pearson", "adjusted_cosine", "pearson_baseline"])
def test_strengths_that_are_all_equal_have_no_correlation_and_recommend_nothing(model, similarity):
    fitted = model(similarity=similarity).fit(Interactions.from_dense(1 - np.eye(5), feedback="implicit"))
    assert_array_equal(fitted.neighbor_counts_, 0)
    assert_array_equal(fitted.recommend().counts, 0)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_negative_ratings_are_ratings_like_any_other(model, similarity):
    rng = np.random.default_rng(1)
    R = np.where(rng.random((20, 12)) < 0.6, rng.uniform(-10, 10, (20, 12)), np.nan)
    fitted = model(similarity=similarity).fit(Interactions.from_dense(R, missing=np.nan))
    predicted = fitted.predict([(user, item) for user in range(20) for item in range(12)])
    assert predicted.min() < 0 < predicted.max()
    assert np.float32(np.nanmin(R)) <= predicted.min()
    assert predicted.max() <= np.float32(np.nanmax(R))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("shape", [(1, 4), (4, 1), (1, 1)])
def test_one_user_or_one_item_gets_the_expected_rating_or_nothing(model, shape):
    data = Interactions.from_dense(np.arange(1.0, 1 + np.prod(shape)).reshape(shape))
    predicted = model(centering=None).fit(data).predict([(0, 0)])
    nobody_to_ask = shape[0 if model is UserKNN else 1] == 1
    if nobody_to_ask:
        assert_allclose(predicted, data.values.mean())
    assert data.values.min() <= predicted[0] <= data.values.max()
    assert_array_equal(model().fit(Interactions.from_matrix(data.matrix.sign())).recommend().counts, 0)


@pytest.mark.parametrize("model", MODELS)
def test_without_neighbours_a_rating_is_what_the_centering_expects(model):
    data = Interactions.from_dense([[5, 3, 0], [0, 0, 2], [4, 0, 0]])
    alone = {"min_common": 3}
    mean = data.values.mean()
    means = {(0, 2): (4.0, 2.0), (2, 1): (4.0, 3.0)}
    for pair, of in means.items():
        expected = of[model is ItemKNN]
        assert_allclose(model(centering="mean", **alone).fit(data).predict([pair]), expected)
        assert_allclose(model(centering="zscore", **alone).fit(data).predict([pair]), expected)
        assert_allclose(model(centering=None, **alone).fit(data).predict([pair]), mean)


@pytest.mark.parametrize("model", MODELS)
def test_an_unknown_similarity_is_refused_with_the_names_there_are(model):
    with pytest.raises(ValueError, match="log_likelihood"):
        model(similarity="cosign").fit(example_interactions("implicit"))


@pytest.mark.parametrize("model", MODELS)
def test_a_weighting_that_has_no_meaning_is_refused(model):
    with pytest.raises(ValueError, match="use cosine, asymmetric_cosine"):
        model(similarity="jaccard", weighting="bm25").fit(example_interactions("implicit"))
    with pytest.raises(ValueError, match="at least 0"):
        model(weighting="tfidf").fit(Interactions.from_dense([[-1.0, 2.0]]))
