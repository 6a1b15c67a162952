"""Forgetting users of models with features, similarities and categories."""

import numpy as np
import pytest

from recokit import EASE, ImplicitALS, Popularity
from recokit.datasets import example_interactions

DATA = example_interactions("implicit")
GONE = DATA.users.take([1, 3]).tolist()
REST = DATA.forget(GONE)
ITEMS = [*DATA.items, "new"] if isinstance(next(iter(DATA.items)), str) else [*DATA.items, 999]


def item_features():
    return {"item_id": ITEMS, "odd": np.arange(len(ITEMS)) % 2, "one": np.ones(len(ITEMS))}


def test_the_features_of_forgotten_users_are_removed():
    cold = 10_000
    users = [*DATA.users, cold]
    features = {"user_id": users, "number": np.arange(len(users)) + 1.0}
    rest = {
        "user_id": [*REST.users, cold],
        "number": [features["number"][users.index(user)] for user in [*REST.users, cold]],
    }
    settings = {"n_factors": 4, "n_epochs": 4, "random_state": 0}
    model = ImplicitALS(**settings).fit(DATA, user_features=features, item_features=item_features())
    expected = ImplicitALS(**settings).fit(REST, user_features=rest, item_features=item_features())
    model.forget(GONE, refit=True)
    assert model.interactions_.users == expected.interactions_.users
    assert (model.user_features_ != expected.user_features_).nnz == 0
    np.testing.assert_array_equal(model.item_factors_, expected.item_factors_)
    np.testing.assert_array_equal(model.user_factors_, expected.user_factors_)
    updated = ImplicitALS(**settings).fit(DATA, user_features=features, item_features=item_features()).forget(GONE)
    assert updated.user_features_.shape[0] == len(REST.users) + 1
    assert np.any(updated.item_factors_[updated.interactions_.items.codes(ITEMS[-1:])])
    updated.forget(cold)
    assert updated.user_features_.shape[0] == len(REST.users) == updated.interactions_.n_users


def test_a_model_with_similarities_equals_a_fit_without_the_users():
    similar = (ITEMS, np.random.default_rng(0).random((len(ITEMS), len(ITEMS))))
    model = EASE(l2=2.0).fit(DATA, item_similarity=similar).forget(GONE)
    expected = EASE(l2=2.0).fit(REST, item_similarity=similar)
    assert model.interactions_.items == expected.interactions_.items
    np.testing.assert_allclose(model.item_weights_, expected.item_weights_, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("shrinkage", [None, 2.0])
def test_popularity_by_category_equals_a_fit_without_the_users(shrinkage):
    kinds = {item: place % 3 for place, item in enumerate(ITEMS)}
    model = Popularity(by="kind", shrinkage=shrinkage).fit(DATA, catalogue=kinds).forget(GONE)
    expected = Popularity(by="kind", shrinkage=shrinkage).fit(REST, catalogue=kinds)
    for user, entries in expected.recommend():
        assert model.recommend(user)[user] == entries
