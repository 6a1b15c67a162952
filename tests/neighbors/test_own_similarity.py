"""Similarities of the caller's own: compiled functions."""

import copy
import math
import pickle

import numpy as np
import pytest
from numba import njit
from numpy.testing import assert_allclose, assert_array_equal

from recokit import Interactions, ItemKNN, UserKNN
from recokit.datasets import example_interactions
from recokit.neighbors.similarities import SIMILARITIES
from recokit.testing import CHECKS, Subject

MODELS = (UserKNN, ItemKNN)


@njit
def cosine(common, product, n_own, n_other, square_own, square_other):
    return product / math.sqrt(square_own * square_other)


@njit
def jaccard(common, product, n_own, n_other, square_own, square_other):
    return common / (n_own + n_other - common)


@njit
def conditional(common, product, n_own, n_other, square_own, square_other):
    return common / n_own


@njit
def infinite(common, product, n_own, n_other, square_own, square_other):
    return math.inf


@njit
def nothing(common, product, n_own, n_other, square_own, square_other):
    return math.nan if common > 1 else -1.0


OWN = {"cosine": cosine, "jaccard": jaccard, "conditional_probability": conditional}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("options", [{}, {"shrinkage": 5.0, "min_common": 2}])
def test_a_formula_of_ones_own_gives_what_the_same_formula_of_the_library_gives(model, feedback, name, options):
    data = example_interactions(feedback)
    pairs, _ = data.to_pairs()
    theirs, own = (model(5, similarity=similarity, **options).fit(data) for similarity in (name, OWN[name]))
    assert_allclose(own.predict(pairs), theirs.predict(pairs), rtol=1e-5)
    assert_array_equal(own.recommend(n=4).items, theirs.recommend(n=4).items)
    if feedback == "implicit":
        assert_array_equal(own.neighbor_codes_, theirs.neighbor_codes_)
    similar = "similar_users" if model is UserKNN else "similar_items"
    key = next(iter(data.users if model is UserKNN else data.items))
    assert_array_equal(getattr(own, similar)([key]).items, getattr(theirs, similar)([key]).items)


def test_values_are_weighted_before_a_formula_of_ones_own():
    data = example_interactions("implicit")
    theirs, own = (ItemKNN(5, similarity=s, weighting="bm25", user_exponent=0.5).fit(data) for s in ("cosine", cosine))
    assert_allclose(own.neighbor_scores_, theirs.neighbor_scores_, rtol=1e-5)


@pytest.mark.parametrize(
    "check", [check for check in CHECKS if not {"saving", "concurrent"} & set(check.__name__.split("_"))]
)
@pytest.mark.parametrize("model", MODELS)
def test_a_formula_of_ones_own_keeps_the_contract_but_for_files(model, check):
    for feedback in ("explicit", "implicit"):
        check(Subject(model(5, similarity=jaccard), example_interactions(feedback), None))


@pytest.mark.parametrize("model", MODELS)
def test_a_formula_of_ones_own_goes_through_pickle(model):
    data = example_interactions("implicit")
    fitted = model(5, similarity=jaccard).fit(data)
    for twin in (pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)):
        assert_array_equal(twin.recommend(n=4).items, fitted.recommend(n=4).items)


@pytest.mark.parametrize("model", MODELS)
def test_a_function_that_is_not_compiled_is_refused(model):
    with pytest.raises(TypeError, match=r"not compiled.*numba\.njit"):
        model(similarity=cosine.py_func).fit(example_interactions("implicit"))


@njit
def of_two(common, product):
    return product / common


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
def test_a_function_of_other_arguments_is_refused_with_those_that_are_given(model, feedback):
    with pytest.raises(TypeError, match=r"of_two\(common, product\).*six numbers.*common, product, n_own, n_other"):
        model(similarity=of_two).fit(example_interactions(feedback))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
def test_a_function_cannot_be_saved_and_the_error_says_where_it_is(model, feedback, tmp_path):
    fitted = model(similarity=cosine).fit(example_interactions(feedback))
    with pytest.raises(TypeError, match="similarity"):
        fitted.save(tmp_path / "model")


@pytest.mark.parametrize("model", MODELS)
def test_nan_and_negative_numbers_make_no_neighbours_and_infinity_is_refused(model):
    data = example_interactions("implicit")
    assert_array_equal(model(similarity=nothing).fit(data).neighbor_counts_, 0)
    with pytest.raises(ValueError, match="infinity"):
        model(similarity=infinite).fit(data)
    ratings = example_interactions("explicit")
    assert_array_equal(model(similarity=nothing).fit(ratings).support(ratings), 0)


@pytest.mark.parametrize("model", MODELS)
def test_the_error_of_an_unknown_name_lists_all_names(model):
    with pytest.raises(ValueError, match="similarity") as error:
        model(similarity="cosign").fit(Interactions.from_dense([[1, 2]]))
    for name in SIMILARITIES:
        assert f"'{name}'" in str(error.value)
    assert "callable" in str(error.value)


def test_a_compiled_function_survives_clone_and_a_grid():
    from sklearn.base import clone

    model = clone(ItemKNN(3, similarity=cosine))
    data = example_interactions("implicit")
    assert_allclose(model.fit(data).neighbor_scores_, ItemKNN(3).fit(data).neighbor_scores_, rtol=1e-6)
    assert np.all(model.neighbor_counts_ > 0)
