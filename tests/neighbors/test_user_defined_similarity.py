"""User-defined similarities: compiled functions."""

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


FORMULAS = {"cosine": cosine, "jaccard": jaccard, "conditional_probability": conditional}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("options", [{}, {"shrinkage": 5.0, "min_common": 2}])
def test_a_user_defined_formula_gives_the_results_of_the_same_built_in_formula(model, feedback, name, options):
    data = example_interactions(feedback)
    pairs, _ = data.to_pairs()
    built_in, own = (model(5, similarity=similarity, **options).fit(data) for similarity in (name, FORMULAS[name]))
    assert_allclose(own.predict(pairs), built_in.predict(pairs), rtol=1e-5)
    assert_array_equal(own.recommend(n=4).items, built_in.recommend(n=4).items)
    if feedback == "implicit":
        assert_array_equal(own.neighbor_codes_, built_in.neighbor_codes_)
    similar = "similar_users" if model is UserKNN else "similar_items"
    key = next(iter(data.users if model is UserKNN else data.items))
    assert_array_equal(getattr(own, similar)([key]).items, getattr(built_in, similar)([key]).items)


def test_a_user_defined_formula_receives_weighted_values():
    data = example_interactions("implicit")
    built_in, own = (
        ItemKNN(5, similarity=s, weighting="bm25", user_exponent=0.5).fit(data) for s in ("cosine", cosine)
    )
    assert_allclose(own.neighbor_scores_, built_in.neighbor_scores_, rtol=1e-5)


@pytest.mark.parametrize(
    "check", [check for check in CHECKS if not {"saving", "concurrent"} & set(check.__name__.split("_"))]
)
@pytest.mark.parametrize("model", MODELS)
def test_models_with_a_user_defined_formula_pass_all_checks_except_saving(model, check):
    for feedback in ("explicit", "implicit"):
        check(Subject(model(5, similarity=jaccard), example_interactions(feedback), None))


@pytest.mark.parametrize("model", MODELS)
def test_models_with_a_user_defined_formula_can_be_pickled(model):
    data = example_interactions("implicit")
    fitted = model(5, similarity=jaccard).fit(data)
    for twin in (pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)):
        assert_array_equal(twin.recommend(n=4).items, fitted.recommend(n=4).items)


@pytest.mark.parametrize("model", MODELS)
def test_a_function_that_is_not_compiled_raises_an_error(model):
    with pytest.raises(TypeError, match=r"not compiled.*numba\.njit"):
        model(similarity=cosine.py_func).fit(example_interactions("implicit"))


@njit
def two_parameters(common, product):
    return product / common


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
def test_a_function_with_other_parameters_raises_an_error_with_the_expected_ones(model, feedback):
    with pytest.raises(
        TypeError, match=r"two_parameters\(common, product\).*six numbers.*common, product, n_own, n_other"
    ):
        model(similarity=two_parameters).fit(example_interactions(feedback))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
def test_saving_a_model_with_a_function_raises_an_error_that_names_the_parameter(model, feedback, tmp_path):
    fitted = model(similarity=cosine).fit(example_interactions(feedback))
    with pytest.raises(TypeError, match="similarity"):
        fitted.save(tmp_path / "model")


@pytest.mark.parametrize("model", MODELS)
def test_rows_with_nan_or_negative_similarity_are_not_neighbours_and_infinity_raises_an_error(model):
    data = example_interactions("implicit")
    assert_array_equal(model(similarity=nothing).fit(data).neighbor_counts_, 0)
    with pytest.raises(ValueError, match="infinity"):
        model(similarity=infinite).fit(data)
    ratings = example_interactions("explicit")
    assert_array_equal(model(similarity=nothing).fit(ratings).support(ratings), 0)


@pytest.mark.parametrize("model", MODELS)
def test_the_error_for_an_unknown_name_lists_all_names(model):
    with pytest.raises(ValueError, match="similarity") as error:
        model(similarity="cosign").fit(Interactions.from_dense([[1, 2]]))
    for name in SIMILARITIES:
        assert f"'{name}'" in str(error.value)
    assert "callable" in str(error.value)


def test_a_compiled_function_can_be_cloned():
    from sklearn.base import clone

    model = clone(ItemKNN(3, similarity=cosine))
    data = example_interactions("implicit")
    assert_allclose(model.fit(data).neighbor_scores_, ItemKNN(3).fit(data).neighbor_scores_, rtol=1e-6)
    assert np.all(model.neighbor_counts_ > 0)
