import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from recokit._runtime.progress import progress_bar
from recokit.content import Category, Embedding, Number, Text
from recokit.exceptions import DataError
from tests.naive import content as naive


def no_bar(total, unit):
    return progress_bar(total, "test", unit, show=False)


def cosines(block, values):
    """Return the cosines of all pairs of values."""
    matrix = block._fit(block._read(values), None, no_bar).vectors.matrix
    dense = matrix if isinstance(matrix, np.ndarray) else matrix.toarray()
    return dense.astype(np.float64) @ dense.T.astype(np.float64)


def expected(vectors):
    return np.array([[naive.dot(a, b) for b in vectors] for a in vectors])


labels = st.sampled_from(["a", "b", "a / b", "a / b / c", " a/c ", "/", "", None])


@given(st.lists(labels | st.lists(labels, max_size=3), min_size=1, max_size=8), st.sampled_from([None, "/"]))
def test_cosines_of_categories_equal_the_naive_reference(values, sep):
    plain = [[one for one in value if one is not None] if isinstance(value, list) else value for value in values]
    reference = expected([naive.category_vector(value, sep) for value in plain])
    assert_allclose(cosines(Category("path", sep=sep), values), reference, atol=1e-6)


numbers = st.none() | st.floats(-50, 1000, allow_nan=False, width=32)


@given(st.lists(numbers, min_size=1, max_size=8), st.sampled_from(["log", "linear"]), st.floats(1.1, 20))
@pytest.mark.filterwarnings("ignore:price")
def test_cosines_of_numbers_equal_the_naive_reference(values, scale, bandwidth):
    reference = expected([naive.number_vector(value, bandwidth, scale) for value in values])
    assert_allclose(cosines(Number("price", scale=scale, bandwidth=bandwidth), values), reference, atol=2e-5)


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=5), min_size=1, max_size=6).filter(any))
def test_cosines_by_bm25_equal_the_naive_reference(documents):
    texts = [" ".join(document) for document in documents]
    block = Text("title", weighting="bm25", tokenizer=str.split)
    assert_allclose(cosines(block, texts), expected(naive.bm25_vectors(documents)), atol=1e-6)


@pytest.mark.parametrize("distance", [0.0, 0.3, 1.0, 1.7, 2.5, 3.2, 10.0])
def test_the_cosine_of_numbers_follows_the_formula_of_the_distance(distance):
    starts = np.linspace(0, 3, 61)
    block = Number("price", scale="linear", bandwidth=1.0)
    pairs = cosines(block, np.concatenate([starts, starts + distance]))[np.arange(61), 61 + np.arange(61)]
    delta = min(distance / 3.125, 1.0)
    wave = 2 * np.pi * delta
    formula = (1 - delta) * (2 + np.cos(wave)) / 3 + np.sin(wave) / (2 * np.pi)
    assert_allclose(pairs, formula, atol=0.02)
    if distance == 1.0:
        assert np.mean(pairs) == pytest.approx(0.5, abs=0.01)


def test_bandwidths_are_ratios_differences_or_shares_of_the_items():
    prices = np.array([10.0, 15.0, 100.0, 150.0])
    by_ratio = cosines(Number("price", bandwidth=1.5), prices)
    assert by_ratio[0, 1] == pytest.approx(0.5, abs=0.02)
    assert by_ratio[2, 3] == pytest.approx(0.5, abs=0.02)
    by_difference = cosines(Number("price", scale="linear", bandwidth=5.0), prices)
    assert by_difference[0, 1] == pytest.approx(0.5, abs=0.02)
    assert by_difference[2, 3] == 0
    many = np.exp(np.arange(100.0))
    by_rank = cosines(Number("price", scale="quantile", bandwidth=0.1), many)
    assert by_rank[20, 30] == pytest.approx(0.5, abs=0.02)
    assert by_rank[20, 60] == 0


@pytest.mark.parametrize("scale", ["log", "linear", "quantile"])
@pytest.mark.parametrize("values", [[5.0], [5.0, 5.0], [None, 5.0], [None, None], [1e300, 1e-300, 1.0]])
def test_numbers_that_are_alone_equal_missing_or_extreme_have_vectors(scale, values):
    found = cosines(Number("price", scale=scale), values)
    present = [value is not None for value in values]
    assert_allclose(np.diag(found), np.array(present, float), atol=1e-6)


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, np.float64("nan")])
def test_missing_values_of_all_kinds_match_nothing(missing):
    for block, value in ((Text("c"), "tea"), (Category("c"), "tea"), (Number("c"), 2.0), (Embedding("c"), [1.0, 2.0])):
        found = cosines(block, [value, missing, missing, value])
        assert_allclose(found, np.outer([1, 0, 0, 1], [1, 0, 0, 1]), atol=1e-6)


def test_a_centred_embedding_has_mean_zero_before_it_is_scaled():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(50, 3)) + np.array([5, 0, 0])
    plain, centred = cosines(Embedding("v"), vectors), cosines(Embedding("v", center=True), vectors)
    assert plain.min() > 0.4
    assert centred.min() < -0.9
    units = vectors / np.linalg.norm(vectors, axis=1)[:, None]
    deviations = units - units.mean(axis=0)
    deviations /= np.linalg.norm(deviations, axis=1)[:, None]
    assert_allclose(centred, deviations @ deviations.T, atol=1e-5)


def test_identical_vectors_vanish_when_centred():
    assert_allclose(cosines(Embedding("v", center=True), np.ones((3, 4))), np.zeros((3, 3)))


def test_huge_and_tiny_vectors_keep_their_direction():
    found = cosines(Embedding("v"), np.array([[1e200, 0.0], [1e-200, 0.0], [0.0, 3.0]]))
    assert_allclose(found, [[1, 1, 0], [1, 1, 0], [0, 0, 1]], atol=1e-6)


def test_stop_words_and_stemming_are_passed_to_the_analyzer():
    block = Text("title", stop_words=["for"], stemming="english")
    fitted = block._fit(block._read(["cases for phones", "case for phone"]), None, no_bar)
    assert fitted.labels.tolist() == ["case", "phone"]


@pytest.mark.parametrize("block", [Text("c"), Category("c", sep="/"), Number("c"), Embedding("c"), Text("c", name="d")])
def test_blocks_are_storable_parameter_objects(block):
    from sklearn.base import clone

    assert type(block)._from_state(block._to_state()).get_params() == block.get_params()
    assert repr(clone(block)) == repr(block)


def test_stop_words_given_as_a_set_are_stored_as_a_list():
    assert Text("c", stop_words={"b", "a"})._to_state()["stop_words"] == ["a", "b"]


def test_ids_and_vectors_must_have_the_same_length():
    with pytest.raises(DataError, match="3 vectors, but 2 ids"):
        Embedding(np.eye(3), ids=[1, 2])._own_vectors()
