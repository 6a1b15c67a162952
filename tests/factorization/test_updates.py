"""Tests of partial_fit of models of implicit feedback, compared with a refit."""

import numpy as np
import pytest

from recokit import BPR, ImplicitALS, Interactions, datasets, evaluate
from recokit.factorization._resume import update_epochs


def planted(seed=0):
    """Return pairs of users with half of the items, and held-out pairs."""
    rng = np.random.default_rng(seed)
    likes = (np.arange(200)[:, None] + np.arange(60)) % 2 == 0
    taken = likes & (rng.random(likes.shape) < 0.5)
    held_out = taken & (rng.random(likes.shape) < 0.2)
    pairs = np.argwhere(taken & ~held_out)
    test = {int(user): np.flatnonzero(held_out[user]).tolist() for user in np.flatnonzero(held_out.any(axis=1))}
    return pairs, test


def ndcg(model, test):
    return evaluate(model.recommend(n=20, on_unknown="popular"), test, ["ndcg@20"])["ndcg@20"]


MODELS = [
    ImplicitALS(n_factors=6, random_state=0, l2=0.05),
    BPR(n_factors=6, n_epochs=60, random_state=0),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_ndcg_after_an_update_is_about_that_of_a_refit(model):
    pairs, test = planted()
    late = (pairs[:, 0] >= 190) | (pairs[:, 1] >= 57) | (np.arange(len(pairs)) % 20 == 0)
    refit = ndcg(model.fit(pairs), test)
    model.fit(pairs[~late]).partial_fit(pairs[late])
    assert abs(ndcg(model, test) - refit) < 0.1 * refit
    assert set(model.interactions_.items) == set(range(60))


def test_epochs_of_an_update_grow_with_the_share_of_new_interactions():
    whole = Interactions.from_arrays(np.arange(1000) // 10, np.arange(1000) % 10)
    taken = [update_epochs(whole, whole.select(np.arange(1000) >= n_new), 40) for n_new in (0, 1, 20, 100, 500, 999)]
    assert taken == [1, 1, 2, 8, 20, 20]
    assert [update_epochs(whole, whole, n_epochs, 3) for n_epochs in (1, 4, 40)] == [1, 2, 3]


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("model", [ImplicitALS(random_state=0), BPR(random_state=0)], ids=["ImplicitALS", "BPR"])
@pytest.mark.parametrize("shares", [(0.003, 0.003, 0.005), (0.1, 0.05, 0.05)])
def test_ndcg_on_movielens_after_an_update_is_close_to_that_of_a_refit(data_dir, model, shares):
    split = datasets.load_movielens_1m_implicit(data_dir)
    train, rng = split.train, np.random.default_rng(1)
    users, items, others = shares
    late = (rng.random(train.n_users) < users)[train.user_codes] | (rng.random(train.n_items) < items)[train.item_codes]
    late |= rng.random(train.n_interactions) < others
    pairs, _ = train.to_pairs()
    refit = ndcg(model.fit(pairs), split.test)
    model.fit(pairs[~late]).partial_fit(pairs[late])
    assert abs(ndcg(model, split.test) - refit) <= 0.004
