"""EASE against its formula, its memory check and its quality."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from recokit import EASE, DataError
from recokit.datasets import load_movielens_1m_implicit
from recokit.interactions import Interactions
from recokit.metrics import evaluate
from recokit.testing import check_recommender, example_interactions
from tests.naive.linear import ease_weights


@given(
    st.integers(0, 2**31),
    st.floats(0.1, 100),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from([0.0, 0.3]),
    st.sampled_from([-0.5, 0.0, 0.2]),
)
def test_weights_equal_the_closed_form(seed, l2, user_exponent, dropout, item_exponent):
    dense = np.random.default_rng(seed).integers(0, 2, (8, 5)) * 1.0
    dense[0, 0] = 1.0
    data = Interactions.from_matrix(sparse.csr_array(dense))
    model = EASE(l2, user_exponent=user_exponent, dropout=dropout, item_exponent=item_exponent).fit(data)
    expected = ease_weights(dense, l2, user_exponent, dropout, item_exponent)
    assert model.item_weights_ == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_the_contract_holds():
    check_recommender(EASE(l2=5.0, dropout=0.2))


def test_a_fit_that_would_not_fit_into_memory_says_how_much_it_needs_and_what_to_do():
    with pytest.raises(MemoryError, match=r"needs 0\.0 GB for 18 items.*SLIM"):
        EASE(max_memory_gb=1e-6).fit(example_interactions("implicit"))


def test_ratings_are_refused_unless_they_are_to_be_strengths():
    ratings = example_interactions("explicit")
    with pytest.raises(DataError, match="implicit"):
        EASE().fit(ratings)
    assert EASE(feedback="implicit").fit(ratings).item_weights_.shape == (18, 18)


def test_an_item_does_not_predict_itself():
    model = EASE().fit(example_interactions("implicit"))
    assert not np.diag(model.item_weights_).any()


@pytest.mark.data
@pytest.mark.slow
def test_quality_on_movielens_1m_exceeds_the_published_graph_network(data_dir):
    split = load_movielens_1m_implicit(data_dir)
    lists = EASE(50.0, user_exponent=0.5, dropout=0.2).fit(split.train).recommend(n=20)
    measured = evaluate(lists, split.test, metrics=("recall@20", "ndcg@20")).means
    assert measured["recall@20"] >= 0.281
    assert measured["ndcg@20"] >= 0.270


@pytest.mark.data
@pytest.mark.slow
def test_quality_on_movielens_1m_with_the_parameters_of_a_search(data_dir):
    split = load_movielens_1m_implicit(data_dir)
    model = EASE(10.6, user_exponent=0.8, dropout=0.7, item_exponent=0.2)  # benchmarks/tune_implicit.py
    measured = evaluate(model.fit(split.train).recommend(n=20), split.test, metrics=("recall@20", "ndcg@20")).means
    assert measured["recall@20"] >= 0.284
    assert measured["ndcg@20"] >= 0.273
