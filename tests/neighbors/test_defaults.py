import numpy as np
import pytest

from recokit import IdIndex, Interactions, ItemKNN, UserKNN, load
from recokit.datasets import example_interactions, make_shop

IMPLICIT, EXPLICIT = example_interactions("implicit"), example_interactions("explicit")
# 25 users, 18 items and 179 interactions: 3 √18 = 13 neighbours, and w = 179³ / (25 · 18)² = 28.3 walks
TUNED = {
    "n_neighbors": 10,
    "similarity": "asymmetric_cosine",
    "shrinkage": 10.0,
    "weighting": "tfidf",
    "user_exponent": 0.55,
    "alpha": 0.6,
}
TEXTBOOK = {"n_neighbors": 60, "shrinkage": 0.0, "weighting": None, "user_exponent": 0.0}


def assert_same(one, other, data):
    np.testing.assert_array_equal(one.predict(data), other.predict(data))
    assert list(one.recommend(n=5)) == list(other.recommend(n=5))


def test_implicit_feedback_has_the_tuned_defaults():
    assert_same(ItemKNN().fit(IMPLICIT), ItemKNN(**TUNED).fit(IMPLICIT), IMPLICIT)


def test_ratings_have_the_defaults_of_the_textbook():
    assert_same(ItemKNN().fit(EXPLICIT), ItemKNN(**TEXTBOOK).fit(EXPLICIT), EXPLICIT)


def test_other_similarities_have_the_defaults_of_the_textbook():
    one, other = (ItemKNN(similarity="jaccard", **options).fit(IMPLICIT) for options in ({}, TEXTBOOK))
    assert_same(one, other, IMPLICIT)


def test_the_textbook_algorithm_has_plain_values():
    model, dense = ItemKNN(**TEXTBOOK).fit(IMPLICIT), IMPLICIT.matrix.toarray()
    cosine = dense.T @ dense / np.outer(*2 * [np.linalg.norm(dense, axis=0)])
    np.fill_diagonal(cosine, 0)
    assert model.predict(IMPLICIT) == pytest.approx(
        (dense @ cosine)[IMPLICIT.user_codes, IMPLICIT.item_codes], rel=1e-5
    )


def test_parameters_that_are_set_are_kept():
    one = ItemKNN(5, shrinkage=0, weighting=None, user_exponent=0).fit(IMPLICIT)
    assert one.neighbor_codes_.shape[1] == 5
    assert_same(one, ItemKNN(**{**TEXTBOOK, "n_neighbors": 5}).fit(IMPLICIT), IMPLICIT)


@pytest.mark.parametrize("kind", [ItemKNN, UserKNN])
@pytest.mark.parametrize(
    "options", [{}, {"weighting": "bm25"}, {"similarity": "lift"}, {"similarity": "log_likelihood"}]
)
def test_users_and_items_without_interactions_change_nothing(kind, options):
    users, items = IdIndex([*IMPLICIT.users, *range(1000, 1040)]), IdIndex([*IMPLICIT.items, *range(5000, 5300)])
    plain, wide = (kind(**options).fit(data) for data in (IMPLICIT, IMPLICIT.reindex(users=users, items=items)))
    assert list(wide.recommend(list(IMPLICIT.users), n=5)) == list(plain.recommend(n=5))


def test_a_file_with_explicit_parameters_keeps_them(tmp_path):
    model = ItemKNN(**TEXTBOOK).fit(IMPLICIT)
    model.save(tmp_path / "model")
    assert_same(load(tmp_path / "model"), model, IMPLICIT)


def test_the_number_of_neighbours_of_user_knn_grows_with_the_root_of_the_number_of_users():
    assert_same(UserKNN().fit(IMPLICIT), UserKNN(10).fit(IMPLICIT), IMPLICIT)  # 1.5 √25 = 7.5
    assert_same(UserKNN().fit(EXPLICIT), UserKNN(60).fit(EXPLICIT), EXPLICIT)
    data = Interactions.from_arrays(np.arange(10_000), np.arange(10_000))
    assert UserKNN()._implicit_defaults(data) == {"n_neighbors": 150}


def test_the_cosine_is_symmetric_if_the_similarity_or_the_weighting_is_set():
    cosine = {**TUNED, "similarity": "cosine", "alpha": None}
    assert_same(ItemKNN(similarity="cosine").fit(IMPLICIT), ItemKNN(**cosine).fit(IMPLICIT), IMPLICIT)
    assert_same(ItemKNN(weighting="tfidf").fit(IMPLICIT), ItemKNN(**cosine).fit(IMPLICIT), IMPLICIT)


def test_defaults_for_sparse_data_weight_users_equally_and_favour_popular_items():
    sparse = make_shop(n_users=200, n_items=1_000, n_events=5_000).interactions("view")  # w = 0.9 walks
    tuned = {**TUNED, "n_neighbors": 80, "user_exponent": 0.2, "alpha": 0.65}
    assert_same(ItemKNN().fit(sparse), ItemKNN(**tuned).fit(sparse), sparse)


def test_a_large_catalogue_has_300_neighbours_at_most():
    data = Interactions.from_arrays(np.arange(20_000), np.arange(20_000))
    assert ItemKNN()._implicit_defaults(data)["n_neighbors"] == 300


@pytest.mark.parametrize("kind", [ItemKNN, UserKNN])
def test_a_few_further_interactions_do_not_change_the_defaults(kind):
    data = make_shop(n_users=300, n_items=100, n_events=20_000).interactions()
    few = data.select(np.arange(data.n_interactions) % 50 > 0)
    assert kind()._implicit_defaults(few) == kind()._implicit_defaults(data)


@pytest.mark.parametrize("setting", [{"shrinkage": None}, {"weighting": "auto"}, {"similarity": "auto"}], ids=str)
def test_other_parameters_of_user_knn_have_no_automatic_values(setting):
    with pytest.raises(ValueError, match=rf"The '{next(iter(setting))}' parameter of UserKNN must be"):
        UserKNN(**setting).fit(example_interactions("implicit"))
