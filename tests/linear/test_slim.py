"""SLIM: plain coordinate descent, scikit-learn, optimality conditions, edge cases and quality."""

import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNet

from recokit import DataError, load
from recokit._runtime.threads import threads_at_any_cost
from recokit.data.interactions import Interactions
from recokit.datasets import example_interactions, load_movielens_1m_implicit
from recokit.linear import EASE, SLIM
from recokit.metrics import evaluate
from recokit.testing import check_recommender
from tests.naive.linear import item_scales, penalty_unit, slim_candidates, slim_problem, slim_weights

EXACT = {"tol": 1e-9, "max_iter": 3000}


def random_strengths(seed, n_users=12, n_items=6, values=3):
    """Return a random matrix, possibly with users and items without interactions."""
    dense = np.random.default_rng(seed).integers(0, values, (n_users, n_items)) * 1.0
    dense[0, 0] = 1.0
    return dense


def fitted(dense, **parameters):
    model = SLIM(**{"n_neighbors": None, "fit_intercept": False, **EXACT, **parameters})
    return model.fit(Interactions.from_matrix(sparse.csr_array(dense), feedback="implicit"))


seeds = st.integers(0, 2**31)
penalties = st.tuples(st.sampled_from([0.0, 0.05, 0.5]), st.sampled_from([0.5, 3.0]))


@given(seeds, penalties, st.booleans(), st.sampled_from([0.0, 0.5]), st.sampled_from([0.0, 0.4]))
def test_weights_equal_plain_coordinate_descent(seed, penalty, positive, user_exponent, dropout):
    dense, (l1, l2) = random_strengths(seed), penalty
    model = fitted(dense, l1=l1, l2=l2, positive=positive, user_exponent=user_exponent, dropout=dropout)
    expected = slim_weights(dense, l1, l2, user_exponent, dropout, positive=positive)
    assert model.item_weights_.toarray() == pytest.approx(expected, rel=1e-4, abs=1e-5)


@given(seeds, penalties, st.booleans(), st.sampled_from([0.0, 0.5]), st.sampled_from([0.0, 0.4]))
def test_weights_with_intercepts_equal_plain_coordinate_descent(seed, penalty, positive, user_exponent, dropout):
    dense, (l1, l2) = random_strengths(seed), penalty
    shared = {"positive": positive, "user_exponent": user_exponent, "dropout": dropout}
    model = fitted(dense, l1=l1, l2=l2, fit_intercept=True, **shared)
    expected = slim_weights(dense, l1, l2, **shared, intercept=True)
    assert model.item_weights_.toarray() == pytest.approx(expected[:-1], rel=1e-4, abs=1e-5)
    assert model.intercept_ == pytest.approx(expected[-1], rel=1e-4, abs=1e-5)


@given(seeds, penalties, st.booleans(), st.sampled_from([0.0, 0.7]), st.sampled_from([0.0, 0.4]))
def test_weights_satisfy_the_optimality_conditions(seed, penalty, positive, user_exponent, dropout):
    dense, (l1, l2) = random_strengths(seed, 20, 9), penalty
    model = fitted(dense, l1=l1, l2=l2, positive=positive, user_exponent=user_exponent, dropout=dropout)
    G, ridge = slim_problem(dense, l2, user_exponent, dropout)
    l1 = l1 * penalty_unit(dense)
    B = model.item_weights_.toarray().astype(np.float64)
    pulls = G - G @ B - ridge[:, None] * B  # the negative gradient of the smooth part
    np.fill_diagonal(pulls, 0)
    slack = 1e-4 * max(1.0, G.max())
    if positive:
        assert B.min() >= 0
        assert np.all(pulls[B == 0] <= l1 + slack)
    else:
        assert np.all(np.abs(pulls[B == 0]) <= l1 + slack)
    assert pulls[B != 0] == pytest.approx(l1 * np.sign(B[B != 0]), abs=slack)


@pytest.mark.parametrize("positive", [True, False])
def test_weights_equal_the_elastic_net_of_scikit_learn(positive):
    dense, l1, l2 = random_strengths(3, 30, 8), 0.6, 2.0
    B = fitted(dense, l1=l1, l2=l2, positive=positive, user_exponent=0.0, dropout=0.0).item_weights_.toarray()
    l1, l2 = l1 * penalty_unit(dense), l2 * penalty_unit(dense)
    for target in range(8):
        others = np.delete(np.arange(8), target)
        net = ElasticNet(
            alpha=(l1 + l2) / 30, l1_ratio=l1 / (l1 + l2), positive=positive, fit_intercept=False, tol=1e-12,
            max_iter=100_000,
        ).fit(dense[:, others], dense[:, target])  # fmt: skip
        assert B[others, target] == pytest.approx(net.coef_, abs=1e-5)
        assert B[target, target] == 0


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_weights_equal_ease_without_l1_and_with_negative_weights(fit_intercept):
    data = example_interactions("implicit")
    shared = {
        "l2": 4.0, "user_exponent": 0.5, "dropout": 0.2, "item_exponent": 0.3, "fit_intercept": fit_intercept,
    }  # fmt: skip
    model, ease = SLIM(None, l1=0.0, positive=False, **EXACT, **shared).fit(data), EASE(**shared).fit(data)
    assert model.item_weights_.toarray() == pytest.approx(ease.item_weights_, abs=1e-5)
    if fit_intercept:
        assert model.intercept_ == pytest.approx(ease.intercept_, abs=1e-5)


@given(seeds, st.integers(1, 4), st.booleans())
def test_candidates_are_the_items_that_reduce_the_loss_most_on_their_own(seed, n_neighbors, positive):
    dense = random_strengths(seed, values=2)
    model = fitted(dense, n_neighbors=n_neighbors, l1=0.3, l2=1.0, positive=positive, user_exponent=0.0, dropout=0.0)
    candidates = slim_candidates(dense, 0.3 * positive, 1.0, 0.0, 0.0, n_neighbors)
    expected = slim_weights(dense, 0.3, 1.0, 0.0, 0.0, positive=positive, candidates=candidates)
    assert model.item_weights_.toarray() == pytest.approx(expected, rel=1e-4, abs=1e-5)


@given(seeds, st.sampled_from([1e-9, 4 * 3**2 * 1e-9, 4 * 7**2 * 1e-9]), st.booleans(), st.booleans())
def test_the_memory_for_the_gram_matrix_does_not_change_the_bits(seed, max_memory_gb, positive, weighted):
    dense = np.random.default_rng(seed).random((15, 9)) * random_strengths(seed, 15, 9, values=2)
    dense[0, 0] = 1.0
    parameters = {"n_neighbors": 4, "l1": 0.02, "l2": 0.5, "positive": positive, "user_exponent": 0.5 * weighted}
    stored, computed = (fitted(dense, max_memory_gb=gb, **parameters) for gb in (1.0, max_memory_gb))
    assert_array_equal(stored.item_weights_.toarray(), computed.item_weights_.toarray())


def test_the_number_of_threads_does_not_change_the_bits():
    data = example_interactions("implicit")
    with threads_at_any_cost():
        one, three = (SLIM(6, l2=0.5, n_threads=n, max_memory_gb=5e-7).fit(data) for n in (1, 3))
    assert_array_equal(one.item_weights_.toarray(), three.item_weights_.toarray())
    assert_array_equal(one.recommend(n=5).scores, three.recommend(n=5).scores)


@pytest.mark.parametrize("positive", [True, False])
def test_the_contract_holds(positive):
    check_recommender(SLIM(l2=0.5, positive=positive, item_exponent=0.2))


def test_item_exponent_scales_the_weights_for_each_target():
    dense = random_strengths(5)
    plain, scaled = (fitted(dense, l2=0.5, item_exponent=exponent).item_weights_.toarray() for exponent in (0.0, 0.4))
    assert scaled == pytest.approx(plain * item_scales(dense, 0.4), rel=1e-5)


def test_all_items_as_candidates_raise_if_they_exceed_the_memory_limit():
    with pytest.raises(MemoryError, match=r"needs 0\.0 GB for 17 candidates on 2 threads.*n_neighbors"):
        SLIM(None, fit_intercept=False, n_threads=2, max_memory_gb=2.3e-6).fit(example_interactions("implicit"))
    SLIM(None, fit_intercept=False, n_threads=2, max_memory_gb=3.9e-6).fit(example_interactions("implicit"))


def test_memory_does_not_grow_with_the_square_of_the_catalogue():
    rng = np.random.default_rng(0)
    users, items = rng.integers(0, 3000, 60_000), (36_000 * rng.random(60_000) ** 3).astype(int)
    items[:36_000] = np.arange(36_000)
    data = Interactions.from_arrays(users, items, duplicates="max")
    tracemalloc.start()
    try:
        model = SLIM(20, l2=1.0, max_memory_gb=0.02).fit(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert model.item_weights_.shape == (36_000, 36_000)
    assert model.item_weights_.nnz > 36_000
    assert peak < 200e6  # a dense float32 matrix of items × items takes 5.2 GB


def test_targets_without_convergence_give_a_warning_at_the_call_of_fit():
    with pytest.warns(ConvergenceWarning, match="18 of 18 items did not converge in max_iter=1 ") as caught:
        model = SLIM(l2=0.5, max_iter=1, tol=0.0).fit(example_interactions("implicit"))
    assert model.n_iter_ == 1
    assert caught[0].filename == __file__


def test_ratings_raise_unless_feedback_is_implicit():
    ratings = example_interactions("explicit")
    with pytest.raises(DataError, match="implicit"):
        SLIM().fit(ratings)
    assert SLIM(feedback="implicit").fit(ratings).item_weights_.shape == (18, 18)


def test_a_single_item_has_no_weights_and_gives_empty_lists():
    model = SLIM(fit_intercept=False).fit([("ann", "tea"), ("bob", "tea")])
    assert model.item_weights_.nnz == 0
    assert model.recommend(exclude_seen=False).counts.tolist() == [0, 0]
    assert model.predict([("ann", "tea")]).tolist() == [0.0]


def test_a_single_item_has_an_intercept():
    model = SLIM(l1=0.0, l2=2.0, dropout=0.5).fit([("ann", "tea"), ("bob", "tea")])
    assert model.item_weights_.nnz == 0
    assert model.intercept_.tolist() == pytest.approx([2 / (2 * 2 + 2)])
    assert model.predict([("ann", "tea")]).tolist() == pytest.approx([2 / 6])


def test_intercepts_fill_lists_in_the_order_of_popularity_and_are_explained():
    bought = [
        ("ann", "tea"),
        ("ann", "cup"),
        ("bob", "tea"),
        ("bob", "cup"),
        ("cy", "pot"),
        ("dan", "pot"),
        ("eve", "jug"),
    ]
    data = Interactions.from_arrays(*zip(*bought, strict=True))
    assert SLIM(l2=1.0, fit_intercept=False).fit(data).recommend(["eve"]).counts.tolist() == [0]
    model = SLIM(l2=1.0).fit(data)
    assert [item for item, _ in model.recommend(["eve"])["eve"]] == ["pot", "cup", "tea"]
    assert [item for item, _ in model.recommend(["ann"])["ann"]] == ["pot", "jug"]
    explanation = model.explain("eve", "pot")
    assert [term.kind for term in explanation.terms if term.contribution] == ["popularity"]
    assert sum(term.contribution for term in explanation.terms) == pytest.approx(explanation.score)


def test_users_without_strengths_above_0_get_no_intercepts():
    dense = np.array([[1, 1, 0], [0, 1, 1], [0, 0, 0]]) * 1.0
    model = fitted(dense, l1=0.0, l2=1.0, fit_intercept=True)
    assert model.intercept_.min() > 0
    assert model.recommend(n=3).counts.tolist() == [1, 1, 0]


def test_a_model_of_an_older_version_has_no_intercepts(tmp_path):
    data = example_interactions("implicit")
    model = SLIM(l2=0.5, fit_intercept=False).fit(data)
    assert "intercept_" not in vars(model)
    model.fit_intercept = True  # a file without the parameter gives its default
    model.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert_array_equal(loaded.recommend(n=5).scores, SLIM(l2=0.5, fit_intercept=False).fit(data).recommend(n=5).scores)


def test_a_single_user_gives_weights_between_their_items():
    half = 0.5  # the weight of ann is n^-0.5 for n = 2 items; dropout doubles the diagonal
    model = SLIM(l1=0.0, l2=0.1, dropout=0.5, fit_intercept=False).fit([("ann", "tea"), ("ann", "cup")])
    assert model.item_weights_.toarray()[[0, 1], [1, 0]] == pytest.approx(half**0.5 / (2 * half**0.5 + 0.1), rel=1e-6)
    assert model.recommend_for([["tea"]]).counts.tolist() == [1]


def test_more_neighbours_than_items_equal_all_items():
    data = example_interactions("implicit")
    many, unlimited = (SLIM(n, l2=0.5).fit(data).item_weights_.toarray() for n in (10_000, None))
    assert_array_equal(many, unlimited)


def test_if_all_users_have_all_items_the_weights_are_equal():
    model = fitted(np.ones((8, 5)), l1=0.0, l2=1.0, user_exponent=0.0, dropout=0.0)
    assert model.item_weights_.toarray()[~np.eye(5, dtype=bool)] == pytest.approx(8 / (4 * 8 + 1), rel=1e-5)
    assert model.recommend(n=3).counts.tolist() == [0] * 8


def test_users_and_items_without_interactions_get_no_weights_and_no_lists():
    dense = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [1, 0, 0, 1]]) * 1.0
    model = fitted(dense, l1=0.0, l2=0.0, user_exponent=0.0, dropout=0.0)
    assert not model.item_weights_.toarray()[2].any()
    assert not model.item_weights_.toarray()[:, 2].any()
    lists = model.recommend(n=4, exclude_seen=False)
    assert lists.counts[2] == 0
    assert not np.any(np.asarray(lists.items)[:, : lists.counts.min()] == 2)
    assert model.similar_items([2]).counts.tolist() == [0]


def test_negative_weights_count_in_scores_but_not_in_similar_items():
    dense = np.array([[1, 1, 0]] * 4 + [[0, 1, 1]] * 4) * 1.0  # column 0 is column 1 minus column 2
    model = fitted(dense, l1=0.0, l2=0.1, positive=False, user_exponent=0.0, dropout=0.0)
    B = model.item_weights_.toarray()
    assert B.min() < 0
    similar = model.similar_items([0, 1, 2])
    assert similar.counts.tolist() == (B > 0).sum(axis=1).tolist()
    scores = model.predict([(user, item) for user in range(8) for item in range(3)]).reshape(8, 3)
    assert scores == pytest.approx(dense @ B, abs=1e-5)


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "recall", "ndcg"),
    [(SLIM(l2=2.0), 0.281, 0.270), (SLIM(fit_intercept=False), 0.280, 0.270), (SLIM(), 0.279, 0.270)],
    ids=["dense data", "no intercepts", "defaults"],
)
def test_quality_on_movielens_1m(model, recall, ndcg, data_dir):
    split = load_movielens_1m_implicit(data_dir)
    measured = evaluate(model.fit(split.train).recommend(n=20), split.test, metrics=("recall@20", "ndcg@20")).means
    assert measured["recall@20"] >= recall
    assert measured["ndcg@20"] >= ndcg


def wide_catalogue(n_items):
    """Return 2,000 interactions with 200 items, whose codes are spread over a catalogue."""
    rng = np.random.default_rng(0)
    rows, columns = rng.integers(0, 300, 2000), rng.integers(0, 200, 2000) * (n_items // 200)
    matrix = sparse.csr_array((np.ones(2000), (rows, columns)), shape=(300, n_items))
    return Interactions.from_matrix(matrix, feedback="implicit")


@pytest.mark.parametrize("positive", [True, False])
def test_items_without_interactions_cost_neither_time_nor_memory(positive):
    narrow, wide = wide_catalogue(200), wide_catalogue(300_000)
    model = SLIM(l2=0.5, positive=positive, n_threads=1)
    expected = model.fit(narrow).item_weights_
    start = time.process_time()
    tracemalloc.start()
    weights = model.fit(wide).item_weights_
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.process_time() - start < 5  # a minute with a dense row of 300,000 numbers for each item
    assert peak < 20e6  # a few numbers per item
    assert weights.data.tobytes() == expected.data.tobytes()
    assert_array_equal(weights.indices, expected.indices * 1500)
    assert_array_equal(np.flatnonzero(np.diff(weights.indptr)), 1500 * np.flatnonzero(np.diff(expected.indptr)))


def test_sparse_data_store_no_more_entries_of_the_gram_matrix_than_needed():
    rng = np.random.default_rng(0)
    data = Interactions.from_arrays(np.repeat(np.arange(4000), 4), rng.integers(0, 8000, 16_000), duplicates="max")
    tracemalloc.start()
    SLIM(20, l1=0.0, l2=0.5, n_threads=1).fit(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6  # the Gram matrix of all items takes 256 MB


@given(seeds, st.booleans(), st.sampled_from([1, 3, None]))
def test_zero_strengths_are_as_if_they_were_not_there(seed, positive, n_neighbors):
    dense = random_strengths(seed)
    rows, columns = np.nonzero(np.ones_like(dense))
    stored = sparse.csr_array((dense.ravel(), (rows, columns)), shape=dense.shape)
    settings = {"n_neighbors": n_neighbors, "l1": 0.05, "l2": 0.5, "positive": positive, "user_exponent": 0.0}
    model = SLIM(**settings).fit(Interactions.from_matrix(stored, feedback="implicit"))
    expected = SLIM(**settings).fit(Interactions.from_matrix(sparse.csr_array(dense), feedback="implicit"))
    assert_array_equal(model.item_weights_.toarray(), expected.item_weights_.toarray())


@pytest.mark.parametrize("model", [EASE, SLIM])
@pytest.mark.parametrize("update", ["partial_fit", "forget"])
def test_intercepts_of_an_earlier_fit_do_not_stay(model, update):
    pairs = [(1, 10), (1, 20), (2, 10), (2, 30), (3, 20), (3, 30)]
    fitted = model(n_threads=1).fit(pairs if update == "partial_fit" else [*pairs, (4, 10), (4, 30)])
    fitted.set_params(fit_intercept=False)
    if update == "partial_fit":
        fitted.partial_fit([(4, 10), (4, 30)])
        pairs = [*pairs, (4, 10), (4, 30)]
    else:
        fitted.forget([4])
    again = model(n_threads=1, fit_intercept=False).fit(pairs)
    assert not hasattr(fitted, "intercept_")
    assert_allclose(fitted.predict(pairs), again.predict(pairs), rtol=1e-5)
    assert fitted.set_params(fit_intercept=True).partial_fit([(5, 10)]).intercept_.shape == (3,)
