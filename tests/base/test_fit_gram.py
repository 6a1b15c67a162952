"""Models of items are fitted to products of items, without data of users."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from recokit import EASE, SLIM, BoughtTogether, Interactions, ItemKNN, load
from recokit.data import Gram
from recokit.exceptions import DataError, UnknownIdError

MODELS = [
    EASE(l2=5.0, user_exponent=0.0, fit_intercept=False),
    SLIM(l1=0.01, l2=1.0, user_exponent=0.0, item_exponent=0.1, fit_intercept=False, tol=1e-7),
    SLIM(5, l1=0.01, l2=1.0, user_exponent=0.0, positive=False, fit_intercept=False, tol=1e-7),
    ItemKNN(4, similarity="cosine", weighting=None, shrinkage=0.0, user_exponent=0.0),
    BoughtTogether("confidence", shrinkage=2.0, n_neighbors=3, min_support=2),
]


@pytest.fixture
def data():
    pairs = np.nonzero(np.random.default_rng(0).random((300, 12)) < np.linspace(0.5, 0.1, 12))
    return Interactions.from_arrays(pairs[0], pairs[1] * 10)


def gram_of(data):
    return Gram(data.items, (data.matrix.T @ data.matrix).toarray())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_a_fit_to_the_products_of_data_equals_a_fit_to_the_data(model, data):
    histories = {user: data.items.take(data.rows.take(np.array([user])).codes).tolist() for user in range(40)}
    expected = model.fit(data).recommend_for(histories, n=5)
    similar = model.similar_items(data.items.ids, n=3)
    model.fit_gram(gram_of(data))
    found = model.recommend_for(histories, n=5)
    assert_array_equal(found.counts, expected.counts)
    assert_allclose(found.scores, expected.scores, rtol=1e-4, atol=1e-6)
    if "SLIM(n_neighbors=5" not in repr(model):  # the scores of similar items are rounded differently
        assert_allclose(model.similar_items(data.items.ids, n=3).scores, similar.scores, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_a_model_of_a_gram_has_no_users_and_can_be_saved(model, data, tmp_path):
    model.fit_gram(gram_of(data)).save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.fitted_to_gram_
    assert len(again.interactions_.users) == 0
    assert len(again.recommend()) == 0
    history = {"visitor": [0, 10]}
    assert again.recommend_for(history)["visitor"] == model.recommend_for(history)["visitor"]
    assert again.recommend_for({"visitor": []}, on_unknown="popular")["visitor"][0][0] == 0
    with pytest.raises(UnknownIdError):
        again.recommend([0])
    with pytest.raises(UnknownIdError):
        again.forget([0])
    with pytest.raises(DataError, match="fit it anew"):
        again.partial_fit(data)


@pytest.mark.filterwarnings("ignore")
def test_a_fit_to_data_follows_a_fit_to_a_gram(data):
    model = EASE().fit_gram(gram_of(data)).fit(data)
    assert not model.fitted_to_gram_
    model.partial_fit([(1, 0)])


def test_items_without_products_are_never_recommended():
    gram = Gram(["a", "b", "c"], [[3, 2, 0], [2, 4, 0], [0, 0, 0]])
    for model in MODELS[:4]:
        assert [item for item, _ in model.fit_gram(gram).recommend_for([["a"]])[0]] == ["b"]


def test_what_a_gram_does_not_hold_is_refused(data):
    gram = gram_of(data)
    with pytest.raises(DataError, match="measure='confidence'"):
        BoughtTogether("lift", shrinkage=1.0).fit_gram(gram)
    with pytest.raises(DataError, match="similarity='cosine'"):
        ItemKNN(similarity="jaccard").fit_gram(gram)
    with pytest.raises(TypeError, match="use fit for user data"):
        EASE().fit_gram(data)
    with pytest.raises(ValueError, match="l2"):
        EASE(l2=-1).fit_gram(gram)


def test_weightings_of_users_have_no_effect(data):
    gram = gram_of(data)
    plain = ItemKNN(similarity="cosine", weighting=None, user_exponent=0.0).fit_gram(gram)
    weighted = ItemKNN(similarity="cosine", weighting="tfidf", user_exponent=0.5).fit_gram(gram)
    assert_array_equal(plain.recommend_for([[0, 10]]).scores, weighted.recommend_for([[0, 10]]).scores)
