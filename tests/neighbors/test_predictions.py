"""Ratings and scores of both models equal their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from recokit import Interactions
from recokit.base import _hooks
from recokit.neighbors import ItemKNN, UserKNN, _explicit, _means
from recokit.neighbors._index import SimilarityIndex
from tests.naive import neighbors as naive
from tests.naive import similarity as naive_similarity

CENTERINGS = (None, "mean", "zscore", "baseline")
SIMILARITIES = (
    "cosine",
    "adjusted_cosine",
    "pearson",
    "pearson_baseline",
    "jaccard",
    "conditional_probability",
    "asymmetric_cosine",
)
RATINGS = st.sampled_from([np.nan, np.nan, 1.0, 2.0, 4.0, 5.0, -3.0])
STRENGTHS = st.sampled_from([np.nan, np.nan, 1.0, 1.0, 3.0])


def tables(cells):
    shapes = st.tuples(st.integers(1, 6), st.integers(1, 5))
    return shapes.flatmap(lambda shape: arrays(np.float64, shape, elements=cells)).filter(
        lambda table: not np.all(np.isnan(table))
    )


def transformed(R, similarity, users_are_rows):
    """Return the table of values that the similarity uses, by row."""
    mean = np.nanmean(R)
    columns = np.array([np.nanmean(c) if not np.all(np.isnan(c)) else mean for c in R.T])
    if similarity == "adjusted_cosine":
        return R - columns
    if similarity == "pearson_baseline":
        table = R if users_are_rows else R.T
        mean, users, items = naive.baseline(table)
        residuals = table - mean - users[:, None] - items
        residuals[np.abs(residuals) < 1e-9] = 0
        return residuals if users_are_rows else residuals.T
    return R


def naive_ratings(R, similarity, centering, k, users_are_rows):
    """Return the predictions of all cells; rows are the side that is compared."""
    values = transformed(R, similarity, users_are_rows)
    similarities = naive_similarity.similarities(similarity, values, values, alpha=0.25)
    similarities = similarities if users_are_rows else similarities.T  # s_ji, from the neighbour to the item
    np.fill_diagonal(similarities, 0)
    # Models compare float32 similarities, so ties are ties of these.
    similarities = np.where(np.abs(similarities) < 1e-9, 0, similarities).astype(np.float32).astype(np.float64)
    if centering == "baseline":
        mean, users, items = naive.baseline(R if users_are_rows else R.T)
        expected = mean + users[:, None] + items
        expected, spreads = expected if users_are_rows else expected.T, np.ones(len(R))
    else:
        expected, spreads = naive.expected_ratings(R, centering)
    alone = np.nanmean(R) if centering is None else 0.0
    return naive.predict(R, similarities, expected, spreads, k, alone=alone)


def all_pairs(R):
    users, items = np.indices(R.shape)
    return np.stack([users.ravel(), items.ravel()], axis=1)


@pytest.mark.parametrize("centering", CENTERINGS)
@pytest.mark.parametrize("similarity", SIMILARITIES)
@given(R=tables(RATINGS), k=st.integers(1, 3))
def test_user_knn_predictions_follow_the_definition(similarity, centering, R, k):
    model = UserKNN(k, similarity=similarity, centering=centering, alpha=0.25)
    model.fit(Interactions.from_dense(R, missing=np.nan))
    expected = naive_ratings(R, similarity, centering, k, users_are_rows=True)
    assert_allclose(model.predict(all_pairs(R)), expected.ravel(), atol=1e-4)


@pytest.mark.parametrize("centering", CENTERINGS)
@pytest.mark.parametrize("similarity", SIMILARITIES)
@given(R=tables(RATINGS), k=st.integers(1, 3))
def test_item_knn_predictions_follow_the_definition(similarity, centering, R, k):
    model = ItemKNN(k, similarity=similarity, centering=centering, alpha=0.25)
    model.fit(Interactions.from_dense(R, missing=np.nan))
    expected = naive_ratings(R.T, similarity, centering, k, users_are_rows=False).T
    assert_allclose(model.predict(all_pairs(R)), expected.ravel(), atol=1e-4)


def naive_neighbors(R, similarity, k, *, swapped):
    """Return the (rows × rows) similarities of each row to its k neighbours, 0 elsewhere."""
    similarities = naive_similarity.similarities(similarity, R, R, alpha=0.25)
    kept = np.zeros(similarities.shape)
    for row, values in enumerate(similarities.T if swapped else similarities):
        codes, scores = naive_similarity.nearest(values, k, own=row)
        kept[row, codes] = scores
    return kept


@pytest.mark.parametrize("similarity", ["cosine", "asymmetric_cosine", "conditional_probability", "lift"])
@given(R=tables(STRENGTHS), k=st.integers(1, 3))
def test_scores_of_implicit_feedback_are_sums_over_the_neighbours(similarity, R, k):
    data = Interactions.from_dense(R, missing=np.nan, feedback="implicit")
    options = {"similarity": similarity, "alpha": 0.25}
    users, items = ~np.isnan(R).all(axis=1), ~np.isnan(R).all(axis=0)  # only these count in N of "lift"
    by_user = naive_neighbors(R[:, items], similarity, k, swapped=False) @ np.nan_to_num(R)
    by_item = np.nan_to_num(R) @ naive_neighbors(R[users].T, similarity, k, swapped=True).T
    for model, expected in ((UserKNN(k, **options), by_user), (ItemKNN(k, **options), by_item)):
        model.fit(data)
        assert_allclose(model.predict(all_pairs(R)), expected.ravel(), rtol=1e-5)
        lists = model.recommend(n=R.shape[1], exclude_seen=False)
        assert_array_equal(lists.counts, (expected > 0).sum(axis=1))


@given(R=tables(STRENGTHS), new_user=arrays(np.float64, 5, elements=STRENGTHS), k=st.integers(1, 8))
def test_scores_of_a_new_user_are_sums_over_the_nearest_of_all_users(R, new_user, k):
    history = np.where(np.isnan(R).all(axis=0), np.nan, new_user[: R.shape[1]])
    similarities = naive_similarity.similarities("cosine", history[None], R)[0]
    codes, scores = naive_similarity.nearest(similarities, k)
    expected = np.array(scores) @ np.nan_to_num(R[codes]) if len(codes) else np.zeros(R.shape[1])
    model = UserKNN(k).fit(Interactions.from_dense(R, missing=np.nan, feedback="implicit"))
    known = {int(item): history[item] for item in np.flatnonzero(~np.isnan(history))}
    lists = model.recommend_for([known], n=R.shape[1], exclude_seen=False)
    assert dict(lists[0]) == pytest.approx({i: s for i, s in enumerate(expected) if s > 0}, rel=1e-5)


@pytest.fixture
def ratings():
    rng = np.random.default_rng(0)
    R = np.where(rng.random((40, 30)) < 0.4, rng.integers(1, 6, (40, 30)), np.nan)
    R[3], R[:, 4] = np.nan, np.nan
    return R


@pytest.mark.parametrize("model", [UserKNN(5), ItemKNN(5), ItemKNN(5, similarity="conditional_probability")])
def test_lists_pairs_and_tiles_of_any_size_have_the_same_ratings(model, ratings, monkeypatch):
    data = Interactions.from_dense(ratings, missing=np.nan)
    pairs = all_pairs(ratings)
    predicted = model.fit(data).predict(pairs)
    lists = model.recommend(n=30, exclude_seen=False)
    assert_allclose(lists.scores, np.sort(predicted.reshape(ratings.shape))[:, ::-1], rtol=1e-6)
    monkeypatch.setattr(_means, "_TILE_CELLS", 60)
    monkeypatch.setattr(_explicit, "_MAX_CELLS", 0)
    assert_array_equal(model.predict(pairs), predicted)
    tiled = model.recommend(n=30, exclude_seen=False)
    assert_array_equal(tiled.items, lists.items)
    assert_array_equal(tiled.scores, lists.scores)


def test_similarities_are_computed_once_for_all_users_of_a_block(ratings, monkeypatch):
    monkeypatch.setattr(_means, "_TILE_CELLS", 60)
    monkeypatch.setattr(_explicit, "_MAX_CELLS", 0)
    monkeypatch.setattr(_hooks, "_BLOCK_BYTES", 4 * 30 * 7)  # dense scores of 7 users
    model = ItemKNN(5).fit(Interactions.from_dense(ratings, missing=np.nan))
    queried, similarities = [], SimilarityIndex.similarities

    def record(self, queries, **options):
        queried.append(queries.rows.n_rows)
        return similarities(self, queries, **options)

    monkeypatch.setattr(SimilarityIndex, "similarities", record)
    model.recommend(n=3)
    assert len(queried) > 1
    assert sum(queried) == 30


@pytest.mark.parametrize("n", [1, 4, 30])
def test_candidates_and_exclusions_apply_in_all_tiles(n, ratings, monkeypatch):
    model = ItemKNN(5).fit(Interactions.from_dense(ratings, missing=np.nan))
    options = {"candidates": {0: [1, 7, 29], 2: [0]}, "exclude": [3, 5, 29], "n": n}
    profiles, lists = model._user_profiles(np.arange(40, dtype=np.int32)), []
    for tile_cells in (60, 10**6):
        monkeypatch.setattr(_means, "_TILE_CELLS", tile_cells)
        lists.append(model.recommend(**options))
    scores = np.where(np.isnan(ratings), model._score_block(profiles), -np.inf)
    scores[:, [3, 5, 29]] = -np.inf
    for user, candidates in options["candidates"].items():
        scores[user, np.setdiff1d(np.arange(30), candidates)] = -np.inf
    for user in range(40):
        best = [i for i in np.argsort(-scores[user], kind="stable")[:n] if np.isfinite(scores[user, i])]
        assert [[item for item, _ in found[user]] for found in lists] == [best, best]


@pytest.mark.parametrize("options", [{}, {"similarity": "conditional_probability", "amplification": 2.0}])
@pytest.mark.parametrize("n_neighbors", [3, 50])
def test_lists_for_few_users_equal_lists_for_many_users(options, n_neighbors, ratings, monkeypatch):
    model = ItemKNN(n_neighbors, **options).fit(Interactions.from_dense(ratings, missing=np.nan))
    monkeypatch.setattr(_explicit, "_FEW_USERS", 0)
    lists = model.recommend(n=30, exclude_seen=False)
    monkeypatch.setattr(_explicit, "_FEW_USERS", 1000)
    few = model.recommend(n=30, exclude_seen=False)
    assert_array_equal(few.items, lists.items)
    assert_allclose(few.scores, lists.scores, rtol=1e-6)
