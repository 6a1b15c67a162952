"""partial_fit gives the neighbours of a refit, and recomputes only lists that may change."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit
from numpy.testing import assert_allclose, assert_array_equal

from recokit import Interactions, ItemKNN, UserKNN, load
from recokit.neighbors import _updates
from recokit.neighbors._index import SimilarityIndex
from recokit.neighbors.similarities import SIMILARITIES

MODELS = (UserKNN, ItemKNN)
# Update even if the new interactions change most rows.
ALWAYS = mock.patch.multiple(_updates, _MAX_WORK=1e9, _MAX_WORK_BY_COUNTS=1e9)


@st.composite
def two_parts(draw):
    """Return interactions, and further interactions of known and new users and items."""
    cells = st.tuples(st.integers(0, 11), st.integers(0, 9), st.sampled_from([1.0, 1.0, 2.0]))
    key = lambda cell: cell[:2]  # noqa: E731
    first = draw(st.lists(cells, min_size=1, max_size=50, unique_by=key))
    return first, draw(st.lists(cells, min_size=1, max_size=6, unique_by=key))


def implicit(cells, **options):
    users, items, values = zip(*cells, strict=True)
    return Interactions.from_arrays(users, items, values, feedback="implicit", **options)


def assert_same(model, expected):
    assert_array_equal(model.neighbor_counts_, expected.neighbor_counts_)
    assert_array_equal(model.neighbor_codes_, expected.neighbor_codes_)
    assert_allclose(model.neighbor_scores_, expected.neighbor_scores_, rtol=1e-6)
    lists, wanted = model.recommend(n=5), expected.recommend(n=5)
    assert_array_equal(lists.items, wanted.items)
    assert_allclose(lists.scores, wanted.scores, rtol=1e-6)


@njit
def overlap(common, product, n_own, n_other, square_own, square_other):
    return common / min(n_own, n_other)


@pytest.mark.parametrize(
    "options",
    [
        *({"similarity": name} for name in SIMILARITIES),
        {"similarity": overlap},
        {"weighting": "tfidf"},
        {"weighting": "bm25"},
        {"min_common": 2, "shrinkage": 3.0},
        {"scoring": "normalized_sum", "amplification": 1.5},
    ],
)
@pytest.mark.parametrize("model", MODELS)
@given(parts=two_parts(), k=st.sampled_from([1, 2, 3, 50]))
def test_an_update_with_interactions_gives_the_neighbours_of_a_refit(model, options, parts, k):
    first, more = map(implicit, parts)
    with ALWAYS:
        fitted = model(k, alpha=0.25, **options).fit(first).partial_fit(more)
    assert_same(fitted, model(k, alpha=0.25, **options).fit(first.merge(more, duplicates="sum")))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"similarity": "pearson_baseline", "shrinkage": 3.0, "min_common": 2},
        {"similarity": "pearson", "centering": "zscore"},
        {"similarity": overlap, "centering": "mean"},
        {"weighting": "bm25", "centering": None, "prediction_shrinkage": 0.5},
    ],
)
@pytest.mark.parametrize("model", MODELS)
@given(parts=two_parts())
def test_an_update_with_ratings_gives_the_predictions_of_a_refit(model, options, parts):
    first, more = (Interactions.from_arrays(*zip(*part, strict=True), feedback="explicit") for part in parts)
    fitted = model(3, **options).fit(first).partial_fit(more)
    refitted = model(3, **options).fit(first.merge(more, duplicates="last"))
    pairs = [(user, item) for user in refitted.interactions_.users for item in refitted.interactions_.items]
    assert_allclose(fitted.predict(pairs), refitted.predict(pairs), rtol=1e-6)
    assert_array_equal(fitted.support(pairs), refitted.support(pairs))


@pytest.mark.parametrize("exponent", [0.5, 1.0])
@given(parts=two_parts())
def test_an_update_recomputes_user_weights(exponent, parts):
    first, more = map(implicit, parts)
    with ALWAYS:
        fitted = ItemKNN(3, user_exponent=exponent).fit(first).partial_fit(more)
    assert_same(fitted, ItemKNN(3, user_exponent=exponent).fit(first.merge(more, duplicates="sum")))


@pytest.mark.parametrize("model", MODELS)
@given(parts=two_parts(), data=st.data())
def test_an_update_recomputes_time_decays(model, parts, data):
    first, more = (
        implicit(part, timestamps=data.draw(st.lists(st.integers(0, 9), min_size=len(part), max_size=len(part))))
        for part in parts
    )
    fitted = model(3, half_life=3.0).fit(first).partial_fit(more)
    assert_same(fitted, model(3, half_life=3.0).fit(first.merge(more, duplicates="sum")))


def blocks(n_blocks=6, seed=0):
    """Return blocks of users and items without interactions between blocks."""
    rng = np.random.default_rng(seed)
    return [
        (100 * block + user, 100 * block + item, float(rng.integers(1, 4)))
        for block in range(n_blocks)
        for user in range(12)
        for item in range(8)
        if rng.random() < 0.5
    ]


def searched_rows(model, more):
    """Update a model, and return the rows whose neighbours are searched."""
    searched, nearest = [], SimilarityIndex.nearest

    def record(self, queries, *args, **kwargs):
        searched.extend(queries.own_codes.tolist())
        return nearest(self, queries, *args, **kwargs)

    with mock.patch.object(SimilarityIndex, "nearest", record):
        model.partial_fit(more)
    return searched


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("k", [3, 50])
def test_rows_without_a_column_in_common_with_new_interactions_are_not_searched(model, k):
    first, more = implicit(blocks()), implicit([(203, 299, 1.0), (203, 205, 1.0), (204, 299, 1.0)])
    fitted = model(k).fit(first)
    searched = searched_rows(fitted, more)
    rows = fitted.interactions_.users if model is UserKNN else fitted.interactions_.items
    assert searched
    assert {row // 100 for row in rows.take(np.array(searched)).tolist()} == {2}
    assert_same(fitted, model(k).fit(first.merge(more, duplicates="sum")))


@pytest.mark.parametrize("model", MODELS)
def test_complete_lists_are_updated_without_a_search(model):
    fitted = model(50).fit(implicit(blocks()))
    assert len(searched_rows(fitted, implicit([(203, 205, 3.0)]))) == 1


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("options", [{"similarity": "lift"}, {"similarity": "pearson_baseline"}])
def test_similarities_that_depend_on_all_data_are_refitted(model, options):
    fitted = model(3, **options).fit(implicit(blocks()))
    more = implicit([(999, 205, 1.0), (203, 999, 1.0)])
    assert len(searched_rows(fitted, more)) == len(fitted.neighbor_counts_)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "change", [{"n_neighbors": 2}, {"n_neighbors": 9}, {"similarity": "jaccard"}, {"shrinkage": 5}]
)
def test_parameters_changed_after_fit_apply_to_an_update(model, change):
    first, more = implicit(blocks()), implicit([(203, 205, 1.0)])
    fitted = model(3).fit(first).set_params(**change).partial_fit(more)
    assert_same(fitted, model(3).set_params(**change).fit(first.merge(more, duplicates="sum")))


@pytest.mark.parametrize("model", MODELS)
def test_a_loaded_model_can_be_updated(model, tmp_path):
    first, more = implicit(blocks()), implicit([(203, 205, 1.0)])
    model(3).fit(first).save(tmp_path / "model")
    fitted = load(tmp_path / "model")
    assert len(searched_rows(fitted, more)) < len(fitted.neighbor_counts_)
    assert_same(fitted, model(3).fit(first.merge(more, duplicates="sum")))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "change", [{"similarity": "jaccard"}, {"shrinkage": 50.0}, {"min_common": 3}, {"weighting": "tfidf"}]
)
def test_a_loaded_model_refits_if_its_parameters_were_changed_after_fit(model, change, tmp_path):
    first, more = implicit(blocks()), implicit([(203, 205, 1.0)])
    model(3).fit(first).set_params(**change).save(tmp_path / "model")
    fitted = load(tmp_path / "model").partial_fit(more)
    assert_same(fitted, model(3, **change).fit(first.merge(more, duplicates="sum")))


@pytest.mark.parametrize("model", MODELS)
def test_ids_of_another_type_change_the_order_of_codes_and_give_the_neighbours_of_a_refit(model):
    first, more = implicit(blocks()), Interactions.from_arrays(["ann", "bob"], ["tea", "tea"])
    fitted = model(3).fit(first).partial_fit(more)
    assert_same(fitted, model(3).fit(first.merge(more, duplicates="sum")))
