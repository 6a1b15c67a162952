"""Warnings about models that rank their own training data worse than the most popular items do."""

import warnings

import numpy as np
import pytest

from recokit import BPR, EASE, SLIM, ImplicitALS, ItemKNN, PureSVD, RP3beta, UserKNN, WeakModelWarning
from recokit.base._usefulness import list_length, loses_to_popularity, sample_users
from recokit.base.top import Top
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.datasets import example_interactions, make_shop

MODELS = [EASE(), SLIM(), RP3beta(), ItemKNN(), UserKNN(), BPR(random_state=0), ImplicitALS(random_state=0), PureSVD()]


@pytest.fixture(scope="module")
def purchases():
    return make_shop(n_users=300, n_items=100, n_events=20_000).interactions()


@pytest.mark.parametrize(
    ("model", "named"),
    [
        (EASE(l2=1e6, item_exponent=2.0), "item_exponent=2.0"),
        (SLIM(l1=1e6), r"l1=1000000\.0"),
        (RP3beta(beta=10.0), r"beta=10\.0"),
        (ItemKNN(min_common=1_000), "min_common=1000"),
        (UserKNN(min_common=1_000), "min_common=1000"),
        (BPR(n_epochs=1, learning_rate=1e-5, random_state=0), "learning_rate=1e-05"),
        (BPR(l2=1.0, random_state=0), r"lower l2=1\.0"),
        (ImplicitALS(l2=1e6, user_mean_share=0, random_state=0), r"l2=1000000\.0"),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "fit") else "",
)
def test_a_model_weaker_than_popularity_names_parameters_to_change(model, named, purchases):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(purchases)
    (message,) = (str(each.message) for each in caught if each.category is WeakModelWarning)
    assert named.replace("\\", "") in message


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
@pytest.mark.parametrize(
    "data",
    [
        example_interactions("implicit"),
        make_shop(n_users=100, n_items=40, n_events=2_000).interactions(),
        make_shop(n_users=200, n_items=1_000, n_events=5_000).interactions("view"),
    ],
    ids=["example", "small shop", "sparse shop"],
)
def test_defaults_do_not_warn(model, data):
    with warnings.catch_warnings():
        warnings.simplefilter("error", WeakModelWarning)
        model.fit(data)


def test_the_check_does_not_change_the_lists(purchases, monkeypatch):
    lists = [EASE().fit(purchases).recommend(n=5)]
    monkeypatch.setattr(EASE, "_remedies", ())
    lists.append(EASE().fit(purchases).recommend(n=5))
    assert np.array_equal(lists[0].scores, lists[1].scores)


def rows(*histories):
    bounds = np.cumsum([0, *map(len, histories)])
    codes = [code for history in histories for code in history]
    return Rows.from_arrays(bounds, codes, np.ones(len(codes)))


def lists(*codes):
    shape = np.array(codes, dtype=np.int32)
    return Top(shape, np.ones(shape.shape, np.float32), np.full(len(shape), shape.shape[1], np.int32))


@pytest.mark.parametrize(("listed", "loses"), [([2, 3], True), ([0, 3], True), ([0, 1], False), ([1, 0], False)])
def test_lists_with_fewer_items_of_the_history_than_the_most_popular_items_lose(listed, loses):
    popularity = np.array([9.0, 8.0, 1.0, 1.0])
    assert loses_to_popularity(lists(*[listed] * 50), rows(*[[0, 1]] * 50), popularity) == loses


def test_a_difference_by_chance_is_no_loss():
    popularity = np.array([3.0, 1.0])
    assert not loses_to_popularity(lists([1], [1], [1], [1]), rows([0], [0], [0], [1]), popularity)


def test_users_with_a_single_item_are_not_sampled_and_large_catalogues_get_small_samples():
    data = Interactions.from_arrays([0, 1, 1, 2, 2, 2], [0, 0, 1, 0, 1, 2])
    assert sample_users(data).tolist() == [1, 2]
    matrix = np.ones((200, 3))
    assert len(sample_users(Interactions.from_dense(matrix, feedback="implicit"))) == 100
    assert [list_length(n) for n in (5, 100, 10_000)] == [1, 10, 20]
