"""RP3beta: products of dense matrices, edge cases and quality."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import sparse

from recokit import DataError, load
from recokit._runtime.threads import threads_at_any_cost
from recokit.data._weights import mean_walks
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.datasets import example_interactions, load_movielens_1m_implicit
from recokit.graph import RP3beta
from recokit.graph.rp3beta import _normalized
from recokit.metrics import evaluate
from recokit.testing import check_recommender
from tests.naive.graph import rp3beta_scores, rp3beta_weights


def random_strengths(seed, n_users=9, n_items=7):
    """Return random strengths, possibly with users and items without interactions."""
    rng = np.random.default_rng(seed)
    dense = rng.integers(0, 2, (n_users, n_items)) * rng.integers(1, 4, (n_users, n_items)) * 1.0
    dense[0, 0] = 1.0
    return dense


def fitted(dense, *args, **parameters):
    return RP3beta(*args, **{"normalize": False, **parameters}).fit(
        Interactions.from_matrix(sparse.csr_array(dense), feedback="implicit")
    )


parameters = st.fixed_dictionaries(
    {
        "alpha": st.sampled_from([0.0, 0.6, 1.0, 1.7]),
        "beta": st.sampled_from([0.0, 0.5, 1.2]),
        "shrinkage": st.sampled_from([0.0, 3.0]),
    }
)


@given(st.integers(0, 2**31), parameters, st.sampled_from([None, 100]), st.booleans())
def test_weights_and_scores_equal_products_of_dense_matrices(seed, given_parameters, n_neighbors, normalize):
    dense = random_strengths(seed)
    model = fitted(dense, n_neighbors, normalize=normalize, **given_parameters)
    expected = rp3beta_weights(dense, **given_parameters, normalize=normalize)
    assert model.item_weights_.toarray() == pytest.approx(expected, rel=1e-5)
    scores = model.predict([(user, item) for user in range(9) for item in range(7)]).reshape(9, 7)
    assert scores == pytest.approx(rp3beta_scores(dense, expected, given_parameters["alpha"]), rel=1e-5, abs=1e-7)


@given(st.integers(0, 2**31), parameters, st.integers(1, 6))
def test_the_largest_weights_of_each_item_are_kept(seed, given_parameters, n_neighbors):
    dense = random_strengths(seed)
    W = fitted(dense, n_neighbors, **given_parameters).item_weights_.toarray()
    everything = fitted(dense, None, **given_parameters).item_weights_.toarray()
    for kept, row in zip(W, everything, strict=True):  # not the naive reference, which rounds differently
        best = np.lexsort((np.arange(len(row)), -row))[:n_neighbors]
        assert_array_equal(np.flatnonzero(kept), np.sort(best[row[best] > 0]))
        assert_array_equal(kept[best], row[best])


def test_items_with_few_users_gain_less_with_shrinkage():
    dense = np.array([[1, 1, 0], [1, 0, 1], [1, 0, 1], [1, 0, 1], [0, 0, 1]]) * 1.0  # item 1 has one user, item 2 four
    textbook, shrunk = (fitted(dense, shrinkage=c, alpha=1.0, beta=1.5).item_weights_.toarray() for c in (0.0, 50.0))
    assert textbook[0, 1] > textbook[0, 2]
    assert shrunk[0, 1] < shrunk[0, 2]


def test_rows_of_the_plain_walk_are_probabilities():
    dense = random_strengths(1)
    steps = dense / np.maximum(dense.sum(axis=1, keepdims=True), 1)
    back = dense.T / np.maximum(dense.T.sum(axis=1, keepdims=True), 1)
    weights = fitted(dense, None, alpha=1.0, beta=0.0).item_weights_.toarray()
    staying = np.diag(back @ steps)
    assert weights.sum(axis=1) + staying == pytest.approx((dense.sum(axis=0) > 0) * 1.0, abs=1e-6)


def test_a_larger_beta_recommends_less_popular_items():
    data = example_interactions("implicit")
    popularity = np.bincount(data.item_codes)

    def mean_popularity(beta):
        lists = RP3beta(beta=beta).fit(data).recommend(n=3)
        return np.mean(popularity[data.items.codes(np.asarray(lists.items)[lists.counts == 3].ravel())])

    assert mean_popularity(2.0) < mean_popularity(0.0)


def test_the_number_of_threads_does_not_change_the_bits():
    data = example_interactions("implicit")
    with threads_at_any_cost():
        one, three = (RP3beta(5, n_threads=n).fit(data) for n in (1, 3))
    assert_array_equal(one.item_weights_.toarray(), three.item_weights_.toarray())
    assert_array_equal(one.recommend(n=5).scores, three.recommend(n=5).scores)


@pytest.mark.parametrize("n_neighbors", [3, None])
def test_the_contract_holds(n_neighbors):
    check_recommender(RP3beta(n_neighbors, normalize=n_neighbors is None))


def test_ratings_raise_unless_feedback_is_implicit():
    ratings = example_interactions("explicit")
    with pytest.raises(DataError, match="implicit"):
        RP3beta().fit(ratings)
    assert RP3beta(feedback="implicit").fit(ratings).item_weights_.shape == (18, 18)


def test_a_single_item_has_no_weights_and_gives_empty_lists():
    model = RP3beta().fit([("ann", "tea"), ("bob", "tea")])
    assert model.item_weights_.nnz == 0
    assert model.recommend(exclude_seen=False).counts.tolist() == [0, 0]


def test_walks_of_a_single_user_reach_all_of_their_items():
    model = RP3beta(alpha=1.0, beta=0.0, normalize=False).fit([("ann", "tea"), ("ann", "cup")])
    assert model.item_weights_.toarray().tolist() == [[0, 0.5], [0.5, 0]]
    assert model.recommend().counts.tolist() == [0]
    assert model.recommend_for([["tea"]])[0] == [("cup", 0.5)]


def test_more_neighbours_than_items_equal_all_items():
    data = example_interactions("implicit")
    many, unlimited = (RP3beta(n).fit(data).item_weights_.toarray() for n in (10_000, None))
    assert_array_equal(many, unlimited)


def test_if_all_users_have_all_items_the_weights_are_equal():
    W = fitted(np.ones((6, 4)), None).item_weights_.toarray()
    assert len(np.unique(W[~np.eye(4, dtype=bool)])) == 1


def test_users_items_and_strengths_without_evidence_get_no_weights_and_no_lists():
    matrix = sparse.csr_array(([1.0, 1.0, 0.0, 1.0], ([0, 0, 1, 3], [0, 1, 2, 1])), shape=(4, 4))
    model = RP3beta(alpha=0.0).fit(Interactions.from_matrix(matrix, feedback="implicit"))
    assert not model.item_weights_.toarray()[[2, 3]].any()
    assert not model.item_weights_.toarray()[:, [2, 3]].any()
    assert model.recommend(exclude_seen=False).counts.tolist() == [2, 0, 0, 2 - 1]
    assert model.similar_items([2, 3]).counts.tolist() == [0, 0]


def test_the_defaults_follow_the_density_of_the_data():
    data = example_interactions("implicit")
    density = mean_walks(data) / (mean_walks(data) + 2)
    assert 0.01 < density < 0.99
    found = RP3beta().fit(data)
    given = RP3beta(alpha=0.5 + 0.2 * density, beta=0.8 * density, normalize=False).fit(data)
    sums = given.item_weights_.sum(axis=1)
    expected = given.item_weights_.toarray() / np.where(sums > 0, sums, 1)[:, None] ** density
    assert found.item_weights_.toarray() == pytest.approx(expected, rel=1e-5)


def test_a_stored_model_of_the_defaults_gives_the_same_lists(tmp_path):
    data = example_interactions("implicit")
    model, history = RP3beta().fit(data), dict.fromkeys(list(data.items)[:3], 2.0)
    model.save(tmp_path / "m.model")
    loaded = load(tmp_path / "m.model")
    assert_array_equal(loaded.recommend(n=5).scores, model.recommend(n=5).scores)
    assert loaded.recommend_for([history])[0] == model.recommend_for([history])[0]


@pytest.mark.parametrize("normalize", [True, False])
def test_the_extremes_of_the_default_are_normalized_and_plain_weights(normalize):
    weights = Rows.from_arrays([0, 2, 2, 3], [1, 2, 0], [3.0, 1.0, 2.0])
    expected = [0.75, 0.25, 1.0] if normalize else [3.0, 1.0, 2.0]
    assert _normalized(weights, float(normalize)).tolist() == expected
    assert _normalized(weights, 0.5).tolist() == pytest.approx([1.5, 0.5, 2**0.5])


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "recall", "ndcg"),
    [(RP3beta(alpha=0.9, beta=0.7, shrinkage=0.0), 0.240, 0.230), (RP3beta(), 0.239, 0.233)],
    ids=["dense data", "defaults"],
)
def test_quality_on_movielens_1m(model, recall, ndcg, data_dir):
    split = load_movielens_1m_implicit(data_dir)
    measured = evaluate(model.fit(split.train).recommend(n=20), split.test, metrics=("recall@20", "ndcg@20")).means
    assert measured["recall@20"] >= recall
    assert measured["ndcg@20"] >= ndcg
