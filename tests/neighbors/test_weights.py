"""Weights of interactions: time decay, and weights of users by their number of items."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from recokit import Interactions, ItemKNN, UserKNN, load
from recokit._runtime.threads import Runner
from recokit.exceptions import DataError
from recokit.neighbors.similarities import SIMILARITIES
from tests.naive import neighbors as naive
from tests.naive import similarity as naive_similarity

MODELS = (UserKNN, ItemKNN)
WEIGHTED = [name for name, similarity in SIMILARITIES.items() if similarity.values == "weighted"]
SETS = [name for name, similarity in SIMILARITIES.items() if similarity.values == "sets"]
HALF_LIFE = 4.0


@st.composite
def dated(draw, values):
    """Return a table of values with NaN for missing cells, and the times of all cells."""
    shape = draw(st.tuples(st.integers(1, 6), st.integers(1, 5)))
    table = draw(arrays(np.float64, shape, elements=st.sampled_from([np.nan, np.nan, *values])))
    table[0, 0] = values[0]
    return table, draw(arrays(np.int64, shape, elements=st.integers(0, 12)))


def interactions(table, times, feedback):
    users, items = np.nonzero(~np.isnan(table))
    ids = [f"u{u}" for u in users], [f"i{i}" for i in items]
    return Interactions.from_arrays(*ids, table[users, items], times[users, items], feedback=feedback)


def compact(table, *others):
    """Return the tables without the rows and columns that have no cells, as interactions have none."""
    known = ~np.isnan(table)
    keep = np.ix_(known.any(axis=1), known.any(axis=0))
    return [other[keep] for other in (table, *others)]


def decays_of(table, times):
    return np.where(np.isnan(table), 0.0, 2.0 ** ((times - times[~np.isnan(table)].max()) / HALF_LIFE))


def neighbours(model):
    """Return the (rows × rows) similarities of the stored neighbours."""
    found = np.zeros((len(model.neighbor_codes_),) * 2)
    for row, n in enumerate(model.neighbor_counts_):
        found[row, model.neighbor_codes_[row, :n]] = model.neighbor_scores_[row, :n]
    return found


def naive_neighbours(name, rows, n_columns, *, swapped):
    if name in SETS:
        found = np.array(
            [[naive_similarity.weighted_set_similarity(name, x, y, n_columns) for y in rows] for x in rows]
        )
    else:
        found = naive_similarity.similarities(name, rows, rows)
    np.fill_diagonal(found, 0)
    return found.T if swapped else found


@pytest.mark.parametrize("name", [*WEIGHTED, *SETS])
@pytest.mark.parametrize("model", MODELS)
@given(log=dated([1.0, 1.0, 3.0]))
def test_similarities_and_scores_use_decayed_values(model, name, log):
    table, times = compact(*log)
    data = interactions(table, times, "implicit")
    fitted = model(50, similarity=name, half_life=HALF_LIFE).fit(data)
    decays = decays_of(table, times)
    values = np.where(np.isnan(table), np.nan, decays * (1.0 if name in SETS else table))
    users_are_rows = model is UserKNN
    rows = values if users_are_rows else values.T
    expected = naive_neighbours(name, rows, rows.shape[1], swapped=not users_are_rows)
    assert_allclose(neighbours(fitted), expected, rtol=2e-5, atol=1e-6)
    decayed = decays * np.nan_to_num(table)
    scores = expected @ decayed if users_are_rows else decayed @ expected.T
    pairs = [(u, i) for u in data.users for i in data.items]
    assert_allclose(fitted.predict(pairs), scores.ravel(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", [*WEIGHTED, *SETS])
@pytest.mark.parametrize("exponent", [0.5, 1.0])
@given(table=arrays(np.float64, (5, 4), elements=st.sampled_from([np.nan, 1.0, 1.0])))
def test_a_user_with_n_items_has_a_weight_of_n_to_the_minus_exponent_in_item_similarities(name, exponent, table):
    table[0, 0] = 1.0
    (table,) = compact(table)
    data = interactions(table, np.zeros(table.shape, int), "implicit")
    fitted = ItemKNN(50, similarity=name, user_exponent=exponent).fit(data)
    weights = (~np.isnan(table)).sum(axis=1) ** -exponent
    rows = (np.sqrt(weights)[:, None] * table).T
    expected = naive_neighbours(name, rows, weights.sum(), swapped=True)
    assert_allclose(neighbours(fitted), expected, rtol=2e-5, atol=1e-6)
    scores = np.nan_to_num(table) @ expected.T  # the user weight does not apply to the history
    assert_allclose(
        fitted.predict([(u, i) for u in data.users for i in data.items]), scores.ravel(), rtol=1e-4, atol=1e-6
    )


def test_cosine_is_computed_from_the_gram_matrix_of_weighted_users():
    table = np.array([[1, 1, 0], [1, 1, 1], [0, 1, 1], [1, 0, 0.0]])
    weights = table.sum(axis=1) ** -0.7
    gram = (table.T * weights) @ table
    expected = gram[0, 1] / np.sqrt(gram[0, 0] * gram[1, 1])
    fitted = ItemKNN(user_exponent=0.7).fit(Interactions.from_dense(table, feedback="implicit"))
    assert_allclose(neighbours(fitted)[0, 1], expected, rtol=1e-6)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("centering", [None, "mean", "zscore", "baseline"])
@given(log=dated([1.0, 2.0, 4.0, 5.0]), k=st.integers(1, 3))
def test_old_ratings_have_smaller_weights_in_the_mean(model, centering, log, k):
    table, times = compact(*log)
    data = interactions(table, times, "explicit")
    fitted = model(k, half_life=HALF_LIFE, centering=centering).fit(data)
    users_are_rows = model is UserKNN
    decays = decays_of(table, times)
    weighted = decays * table
    R, decays, weighted = (t if users_are_rows else t.T for t in (table, decays, weighted))
    similarities = naive_similarity.similarities("cosine", weighted, weighted).astype(np.float32).astype(np.float64)
    np.fill_diagonal(similarities, 0)
    spreads = np.ones(len(R))
    if centering in ("mean", "zscore"):
        expected, spreads = naive.expected_ratings(R, centering)
    elif centering is None:
        expected = np.full(R.shape, np.nanmean(R))
    else:
        mean, users, items = naive.baseline(table)
        expected = mean + users[:, None] + items
        expected = expected if users_are_rows else expected.T
    predicted = np.empty(R.shape)
    # Similarities that are equal in float64 may differ in float32, so ties are broken by the similarities of the model.
    index = fitted._model.data.index
    own = index.similarities(index.indexed_queries(), swapped=fitted._model.swapped, runner=Runner())
    assert_allclose(own, similarities, atol=1e-6)
    for row, column in np.ndindex(R.shape):
        mean = naive.nearest_mean(own[row], ((R - expected) / spreads[:, None])[:, column], k, decays=decays[:, column])
        predicted[row, column] = expected[row, column] + (0 if np.isnan(mean) else spreads[row] * mean)
    predicted = np.clip(predicted, np.nanmin(R), np.nanmax(R))
    predicted = predicted if users_are_rows else predicted.T
    pairs = [(u, i) for u in data.users for i in data.items]
    assert_allclose(fitted.predict(pairs), predicted.ravel(), atol=1e-4)
    lists = fitted.recommend(n=data.n_items, exclude_seen=False)
    assert_allclose(lists.scores, np.sort(fitted.predict(pairs).reshape(table.shape))[:, ::-1], atol=1e-6)


@given(log=dated([1.0, 2.0, 4.0, 5.0]), exponent=st.sampled_from([0.0, 1.0]))
def test_adjusted_cosine_of_ratings_uses_weighted_values(log, exponent):
    table, times = compact(*log)
    fitted = ItemKNN(half_life=HALF_LIFE, user_exponent=exponent, similarity="adjusted_cosine", centering="mean")
    index = fitted.fit(interactions(table, times, "explicit"))._model.data.index
    found = index.similarities(index.indexed_queries(), runner=Runner())
    n_items = (~np.isnan(table)).sum(axis=1, keepdims=True)
    weighted = decays_of(table, times) * n_items ** (-exponent / 2) * (table - np.nanmean(table, axis=1, keepdims=True))
    weighted[np.abs(weighted) < 1e-6] = 0
    expected = naive_similarity.similarities("adjusted_cosine", weighted.T, weighted.T)
    np.fill_diagonal(expected, 0)
    assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", ["pearson", "pearson_baseline"])
@pytest.mark.parametrize("seed", range(3))
def test_correlations_use_decayed_deviations(model, name, seed):
    rng = np.random.default_rng(seed)
    table = np.where(rng.random((9, 8)) < 0.8, rng.uniform(1, 5, (9, 8)), np.nan).astype(np.float32).astype(float)
    times = rng.integers(0, 12, table.shape)
    fitted = model(half_life=HALF_LIFE, similarity=name).fit(interactions(table, times, "explicit"))
    index = fitted._model.data.index
    if name == "pearson":
        side = 1 if model is UserKNN else 0
        deviations = table - np.nanmean(table, axis=side, keepdims=True)
    else:
        mean, users, items = naive.baseline(table)
        deviations = table - mean - users[:, None] - items
    weighted = decays_of(table, times) * deviations
    rows = weighted if model is UserKNN else weighted.T
    expected = naive_similarity.similarities(name, rows, rows)
    np.fill_diagonal(expected, 0)
    assert_allclose(index.similarities(index.indexed_queries(), runner=Runner()), expected, atol=1e-5)


@pytest.mark.parametrize("model", MODELS)
def test_a_half_life_that_is_much_shorter_than_the_timestamps_warns_about_the_unit(model):
    times = np.arange(20) * 86_400  # seconds
    data = Interactions.from_arrays(np.arange(20) % 4, np.arange(20) % 5, timestamps=times, feedback="implicit")
    with pytest.warns(
        UserWarning, match=r"half_life=30 gives 19 of 20 interactions a weight of 0.* unit of the timestamps"
    ):
        model(half_life=30).fit(data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model(half_life=30 * 86_400).fit(data)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
def test_explanations_add_up_with_time_decay(model, feedback):
    rng = np.random.default_rng(0)
    table = np.where(rng.random((30, 20)) < 0.4, rng.integers(1, 6, (30, 20)), np.nan).astype(float)
    data = interactions(table, rng.integers(0, 20, table.shape), feedback)
    options = {"user_exponent": 0.5} if model is ItemKNN else {}
    fitted = model(5, half_life=5.0, amplification=1.5, scoring="normalized_sum", prediction_shrinkage=0.3, **options)
    fitted.fit(data)
    for user in list(data.users)[:4]:
        for item in list(data.items)[:6]:
            why = fitted.explain(user, item)
            assert_allclose(sum(term.contribution for term in why.terms), why.score, atol=1e-5)


@pytest.mark.parametrize("model", MODELS)
def test_histories_given_for_new_users_do_not_decay(model):
    table = np.array([[1, 1, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1.0]])
    table[table == 0] = np.nan
    old = np.arange(12).reshape(4, 3)
    data = interactions(table, old, "implicit")
    fitted = model(half_life=3.0).fit(data)
    got = dict(fitted.recommend_for([{"i0": 1.0}], n=3)[0])
    if model is ItemKNN:
        similar = neighbours(fitted)
        assert got == pytest.approx({"i1": similar[1, 0], "i2": similar[2, 0]})
    same = model(half_life=3.0).fit(data).recommend_for([{"i0": 5.0}], n=3)[0]
    factor = 5.0 if model is ItemKNN else 1.0  # a cosine does not depend on the length of the history
    assert dict(same) == pytest.approx({item: factor * score for item, score in got.items()})


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
def test_decay_is_in_days_for_dates_and_needs_timestamps(model, feedback, tmp_path):
    rng = np.random.default_rng(1)
    table = np.where(rng.random((12, 9)) < 0.6, rng.integers(1, 4, (12, 9)), np.nan).astype(float)
    days = rng.integers(0, 30, table.shape)
    numbers = interactions(table, days, feedback)
    dates = interactions(table, np.datetime64("2024-01-01", "h") + 24 * days, feedback)
    pairs, _ = numbers.to_pairs()
    by_number = model(half_life=7.0).fit(numbers)
    assert_array_equal(model(half_life=7.0).fit(dates).predict(pairs), by_number.predict(pairs))
    by_number.save(tmp_path / "model")
    assert_array_equal(load(tmp_path / "model").predict(pairs), by_number.predict(pairs))
    with pytest.raises(DataError, match=r"half_life=7\.0 needs interactions with timestamps"):
        model(half_life=7.0).fit(Interactions.from_matrix(numbers.matrix, feedback=feedback))


@pytest.mark.parametrize("model", MODELS)
def test_a_very_long_half_life_has_no_effect(model):
    rng = np.random.default_rng(2)
    table = np.where(rng.random((15, 9)) < 0.5, 1.0, np.nan)
    data = interactions(table, rng.integers(0, 9, table.shape), "implicit")
    pairs, _ = data.to_pairs()
    assert_allclose(model(half_life=1e12).fit(data).predict(pairs), model().fit(data).predict(pairs), rtol=1e-6)
