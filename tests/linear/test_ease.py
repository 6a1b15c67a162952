"""EASE: its formula, memory check and quality."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import sparse
from threadpoolctl import threadpool_limits

from recokit import EASE, DataError
from recokit._runtime import memory
from recokit.data.interactions import Interactions
from recokit.datasets import example_interactions, load_movielens_1m_implicit
from recokit.metrics import evaluate
from recokit.testing import check_recommender
from tests.naive.linear import ease_weights


@given(
    st.integers(0, 2**31),
    st.floats(0.1, 100),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from([0.0, 0.3]),
    st.sampled_from([-0.5, 0.0, 0.2]),
    st.booleans(),
)
def test_weights_equal_the_regressions_of_each_item_on_the_others(
    seed, l2, user_exponent, dropout, item_exponent, fit_intercept
):
    dense = np.random.default_rng(seed).integers(0, 3, (8, 5)) * 1.0
    dense[0, 0] = 1.0
    data = Interactions.from_matrix(sparse.csr_array(dense), feedback="implicit")
    shared = {"user_exponent": user_exponent, "dropout": dropout, "item_exponent": item_exponent}
    model = EASE(l2, fit_intercept=fit_intercept, **shared).fit(data)
    expected = ease_weights(dense, l2, **shared, intercept=fit_intercept)
    assert model.item_weights_ == pytest.approx(expected[:5], rel=1e-4, abs=1e-5)
    if fit_intercept:
        assert model.intercept_ == pytest.approx(expected[5], rel=1e-4, abs=1e-5)


def test_the_contract_holds():
    check_recommender(EASE(l2=5.0, dropout=0.2))


def test_a_fit_that_exceeds_the_memory_limit_raises_with_the_need_and_a_remedy():
    with pytest.raises(MemoryError, match=r"EASE with .* 18 items needs .* max_memory_gb=1e-06 allows; use SLIM"):
        EASE(max_memory_gb=1e-6).fit(example_interactions("implicit"))


def test_the_default_memory_limit_is_the_available_memory(monkeypatch):
    rng = np.random.default_rng(0)
    data = Interactions.from_arrays(rng.integers(0, 50, 9000), np.arange(9000), feedback="implicit")
    monkeypatch.setattr(memory, "available_memory", lambda: 0.9e9)
    with pytest.raises(MemoryError, match=r"EASE with 50 users and 9,000 items needs 9.. MB .* the 900 MB that"):
        EASE().fit(data)


@pytest.mark.slow
def test_the_bits_of_a_fit_depend_neither_on_threads_nor_on_blas_threads():
    rng = np.random.default_rng(0)
    popularity = rng.exponential(size=1501)
    items = rng.choice(1501, 60_000, p=popularity / popularity.sum())
    data = Interactions.from_arrays(rng.integers(0, 3000, 60_000), items, duplicates="sum", feedback="implicit")
    expected = EASE(n_threads=1).fit(data).item_weights_
    for n_threads, blas in ((2, 1), (1, 2), (3, 2)):
        with threadpool_limits(blas, user_api="blas"):
            assert EASE(n_threads=n_threads).fit(data).item_weights_.tobytes() == expected.tobytes()


def example_with_negative_weights():
    """Return data with two items without common users, an item without users, and users without positive strengths."""
    table = np.array([[1, 0, 1, 0.0]] * 4 + [[0, 1, 1, 0]] * 4 + [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
    rows, columns = np.nonzero(table)
    cells = (np.append(np.ones(len(rows)), [0.0, 0.0]), (np.append(rows, [10, 10]), np.append(columns, [0, 2])))
    return Interactions.from_matrix(sparse.csr_array(cells, shape=table.shape), feedback="implicit")


def test_items_without_users_and_users_without_strengths_get_no_intercepts():
    model = EASE(l2=0.1).fit(example_with_negative_weights())
    lists = model.recommend(n=4)
    assert {item for item, _ in lists[8]} == {1, 2}
    assert lists.counts[[9, 10]].tolist() == [0, 0]
    assert model.recommend_for([{0: 0.0}, {0: 1.0}], n=4).counts.tolist() == [0, 2]
    assert model.predict([(8, 3), (9, 0), (10, 1)]).tolist() == [0, 0, 0]
    assert model.intercept_[3] == 0


def test_explanations_have_the_intercept_as_popularity():
    model = EASE(l2=5.0).fit(example_interactions("implicit"))
    user = next(iter(model.interactions_.users))
    item = model.recommend(user, n=1)[user][0][0]
    why = model.explain(user, item)
    assert sum(term.contribution for term in why.terms) == pytest.approx(why.score, abs=1e-6)
    code = model.interactions_.items.codes([item])[0]
    assert [term.contribution for term in why.terms if term.kind == "popularity"] == [float(model.intercept_[code])]


def test_items_without_evidence_are_not_recommended():
    model = EASE(l2=0.1, user_exponent=0.0, dropout=0.0, fit_intercept=False).fit(example_with_negative_weights())
    lists = model.recommend(n=4)
    assert [item for item, _ in lists[8]] == [2, 1]
    assert lists[8][1][1] < 0
    assert lists.counts[[9, 10]].tolist() == [0, 0]
    assert model.recommend_for([{0: 0.0}, {0: 1.0}], n=4).counts.tolist() == [0, 2]
    assert model.predict([(8, 3), (9, 0), (10, 1)]).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "table", [[[1.0]], [[1.0], [2.0]], [[1.0, 2.0, 3.0]], np.ones((3, 3)), np.eye(3), [[1.0, 0.0, 1.0]]]
)
def test_single_users_single_items_equal_values_and_items_without_users_can_be_fitted(table):
    dense = np.asarray(table)
    model = EASE(l2=1.0, user_exponent=0.0, dropout=0.0, item_exponent=0.0, fit_intercept=False)
    model.fit(Interactions.from_matrix(sparse.csr_array(dense), feedback="implicit"))
    assert_allclose(model.item_weights_, ease_weights(dense, 1.0, 0.0, 0.0), atol=1e-6)
    lists = model.recommend(n=3, exclude_seen=False)
    weights = ease_weights(dense, 1.0, 0.0, 0.0)
    n_weights = (dense != 0).astype(int) @ (np.abs(weights) > 1e-12)
    assert lists.counts.tolist() == (n_weights > 0).sum(axis=1).tolist()


def test_similar_items_do_not_depend_on_the_block_size(monkeypatch):
    data = example_interactions("implicit")
    model = EASE().fit(data)
    expected = model.similar_items(list(data.items), n=5)
    monkeypatch.setattr(model, "_dense_block_size", lambda: 4)
    blocks = model.similar_items(list(data.items), n=5)
    assert blocks.items.tolist() == expected.items.tolist()
    assert blocks.counts.tolist() == expected.counts.tolist()


def test_explanations_of_large_strengths_add_up():
    rng = np.random.default_rng(0)
    strengths = np.where(rng.random((30, 40)) < 0.6, rng.integers(1, 10_000_000, (30, 40)), 0)
    model = EASE(user_exponent=0.0).fit(Interactions.from_dense(strengths, feedback="implicit"))
    for user, item in ((0, 0), (3, 7), (12, 39)):
        why = model.explain(user, item)
        total = sum(term.contribution for term in why.terms)
        assert abs(total - why.score) <= 1e-5 * max(1.0, abs(why.score))


def test_predictions_of_pairs_equal_the_scores_in_lists():
    data = example_interactions("implicit")
    model = EASE().fit(data)
    lists = model.recommend(n=18, exclude_seen=False)
    for user in list(data.users)[:6]:
        items, scores = zip(*lists[user], strict=True)
        assert_allclose(model.predict([(user, item) for item in items]), scores, rtol=1e-5, atol=1e-6)


def test_ratings_raise_unless_feedback_is_implicit():
    ratings = example_interactions("explicit")
    with pytest.raises(DataError, match="implicit"):
        EASE().fit(ratings)
    assert EASE(feedback="implicit").fit(ratings).item_weights_.shape == (18, 18)


def test_an_item_does_not_predict_itself():
    model = EASE().fit(example_interactions("implicit"))
    assert not np.diag(model.item_weights_).any()


@pytest.mark.data
@pytest.mark.slow
def test_quality_on_movielens_1m_exceeds_a_published_graph_network(data_dir):
    split = load_movielens_1m_implicit(data_dir)
    lists = EASE().fit(split.train).recommend(n=20)
    measured = evaluate(lists, split.test, metrics=("recall@20", "ndcg@20")).means
    assert measured["recall@20"] >= 0.281
    assert measured["ndcg@20"] >= 0.270


@pytest.mark.data
@pytest.mark.slow
def test_quality_on_movielens_1m_with_tuned_parameters(data_dir):
    split = load_movielens_1m_implicit(data_dir)
    model = EASE(
        10.6, user_exponent=0.8, dropout=0.7, item_exponent=0.2, fit_intercept=False
    )  # benchmarks/tune_implicit.py
    measured = evaluate(model.fit(split.train).recommend(n=20), split.test, metrics=("recall@20", "ndcg@20")).means
    assert measured["recall@20"] >= 0.284
    assert measured["ndcg@20"] >= 0.273


def test_items_without_interactions_are_left_out_of_the_inverse():
    few = example_interactions("implicit")
    rows, columns = few.matrix.nonzero()
    matrix = sparse.csr_array((few.matrix.data, (rows, 100 * columns)), shape=(few.n_users, 2000))
    many = Interactions.from_matrix(matrix, feedback="implicit")
    assert EASE(max_memory_gb=0.0182).fit(many).item_weights_.shape == (2000, 2000)  # 48 MB with all items
    with pytest.raises(MemoryError, match=r"2,000 items needs 18"):
        EASE(max_memory_gb=0.0179).fit(many)
