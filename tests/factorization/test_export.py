import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from recokit import BPR, ImplicitALS, NotFittedError, Popularity, PureSVD, SGDMatrixFactorization
from recokit.datasets import example_interactions
from recokit.factorization import export_vectors

MODELS = [
    SGDMatrixFactorization(5, random_state=0).fit(example_interactions("explicit")),
    ImplicitALS(5, random_state=0).fit(example_interactions("implicit")),
    BPR(5, n_epochs=20, random_state=0).fit(example_interactions("implicit")),
    PureSVD(5).fit(example_interactions("implicit")),
    PureSVD(5, centering="mean").fit(example_interactions("explicit")),
]


def best_of(model, n=4):
    lists = model.recommend(n=n, exclude_seen=False)
    return model.interactions_.items.codes(lists.items.ravel()).reshape(lists.items.shape)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_the_largest_inner_products_give_the_recommendations(model):
    users, items = export_vectors(model)
    order = np.argsort(-(users @ items.T), axis=1, kind="stable")[:, :4]
    np.testing.assert_array_equal(order, best_of(model))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_nearest_neighbours_by_cosine_and_by_distance_give_the_recommendations(model, metric):
    users, items = export_vectors(model, "cosine")
    np.testing.assert_allclose(np.linalg.norm(items, axis=1), np.linalg.norm(items[0]), rtol=1e-5)
    if metric == "euclidean":  # the norm of a user vector only affects rounding
        users = users / np.linalg.norm(users, axis=1, keepdims=True) * np.linalg.norm(items[0])
    search = NearestNeighbors(n_neighbors=4, metric=metric, algorithm="brute").fit(items.astype(np.float64))
    found = search.kneighbors(users.astype(np.float64), return_distance=False)
    np.testing.assert_array_equal(found, best_of(model))


def test_models_without_factors_unknown_metrics_and_unfitted_models_raise_errors():
    with pytest.raises(TypeError, match="Popularity has no factors"):
        export_vectors(Popularity().fit(example_interactions("implicit")))
    with pytest.raises(ValueError, match="metric='l2'"):
        export_vectors(MODELS[0], "l2")
    with pytest.raises(NotFittedError):
        export_vectors(PureSVD())
