import numpy as np
import pytest

from recokit import IdIndex, ItemKNN, UserKNN, load
from recokit.datasets import example_interactions

IMPLICIT, EXPLICIT = example_interactions("implicit"), example_interactions("explicit")
TUNED = {"n_neighbors": 150, "shrinkage": 10.0, "weighting": "tfidf", "user_exponent": 0.6}
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


@pytest.mark.parametrize("setting", [{"n_neighbors": None}, {"shrinkage": None}, {"weighting": "auto"}], ids=str)
def test_parameters_of_user_knn_have_no_automatic_values(setting):
    with pytest.raises(ValueError, match=rf"The '{next(iter(setting))}' parameter of UserKNN must be"):
        UserKNN(**setting).fit(example_interactions("implicit"))
