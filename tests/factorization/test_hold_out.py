"""Tests of the validation split for early stopping."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import DataError, Interactions, SGDMatrixFactorization, load
from recokit.factorization._hold_out import ResumedFrom, hold_out
from tests.factorization.test_sgd import planted

PAIRS = st.sets(st.tuples(st.sampled_from("abcde"), st.integers(0, 5)), min_size=2, max_size=25)


def data_of(pairs):
    users, items = zip(*sorted(pairs), strict=True)
    return Interactions.from_arrays(users, items, np.arange(len(users)) % 5 + 1.0)


def pairs_of(data, mask):
    users, items = data.users.take(data.user_codes[mask]), data.items.take(data.item_codes[mask])
    return set(zip(users.tolist(), items.tolist(), strict=True))


@given(PAIRS, PAIRS, st.floats(0.05, 0.6), st.integers(0, 99))
def test_training_ratings_are_never_held_out_and_held_out_ratings_stay_held_out(old, here, fraction, seed):
    before, after, rng = data_of(old), data_of(here), np.random.default_rng(seed)
    mask = rng.random(before.n_interactions) < 0.4
    kept, new = pairs_of(before, mask) & here, here - old
    if not kept | new:
        with pytest.raises(DataError, match="trained on every rating"):
            hold_out(after, fraction, rng, ResumedFrom(before, mask))
        return
    if kept | new == here and len(kept) + max(not kept, round(fraction * len(new))) == len(here):
        with pytest.raises(DataError, match=r"rating\(s\) for training"):
            hold_out(after, fraction, rng, ResumedFrom(before, mask))
        return
    found = pairs_of(after, hold_out(after, fraction, rng, ResumedFrom(before, mask)))
    assert kept <= found <= kept | new
    assert len(found - kept) == max(not kept, round(fraction * len(new)))


def overfitted_ratings():
    """Return ratings with so many factors that a model overfits them, and a mask of late ratings."""
    pairs, ratings, *_ = planted(n_users=80, n_items=60, share=0.3, noise=0.1, n_factors=6)
    return pairs, ratings, np.arange(len(ratings)) % 20 == 0


def overfitting_model(**parameters):
    options = {"n_factors": 32, "n_epochs": 100, "l2": 0.02, "learning_rate": 0.05, "learning_rate_decay": 1.0}
    options |= {"n_iter_no_change": 100, "random_state": 0, "early_stopping": True, "clip": False}
    return SGDMatrixFactorization(**options | parameters)


def update_by_partial_fit(model, pairs, ratings, late):
    return model.fit(pairs[~late], ratings[~late]).partial_fit(pairs[late], ratings[late])


def update_by_warm_start(model, pairs, ratings, late):
    return model.set_params(warm_start=True).fit(pairs[~late], ratings[~late]).fit(pairs, ratings)


@pytest.mark.parametrize("update", [update_by_partial_fit, update_by_warm_start])
def test_the_validation_error_after_an_update_is_not_lower_than_after_a_refit(update):
    pairs, ratings, late = overfitted_ratings()
    refit = overfitting_model().fit(pairs, ratings).history_
    assert refit["training_rmse"][-1] < 0.2 * min(refit["validation_rmse"])
    assert min(update(overfitting_model(), pairs, ratings, late).history_["validation_rmse"]) > 0.9 * min(
        refit["validation_rmse"]
    )


def test_the_held_out_ratings_are_saved_with_the_model(tmp_path):
    pairs, ratings, late = overfitted_ratings()
    model = overfitting_model(n_epochs=4).fit(pairs[~late], ratings[~late])
    model.save(tmp_path / "model")
    loaded = load(tmp_path / "model").partial_fit(pairs[late], ratings[late])
    assert loaded.history_ == model.partial_fit(pairs[late], ratings[late]).history_


def test_early_stopping_after_training_on_all_ratings_needs_new_pairs():
    pairs, ratings, _ = overfitted_ratings()
    model = SGDMatrixFactorization(4, n_epochs=2, random_state=0).fit(pairs, ratings).set_params(early_stopping=True)
    with pytest.raises(DataError, match="trained on every rating"):
        model.partial_fit(pairs[:3], ratings[:3] + 1)
    model.partial_fit([(0, 1000), (1, 1000)], [3.0, 4.0])
    assert len(model.history_["validation_rmse"]) == 1
