"""The ratings that are held out to stop early by."""

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
def test_what_was_learned_from_is_never_held_out_and_what_was_held_out_stays_so(old, here, fraction, seed):
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


def rich_tastes():
    """Ratings of so many tastes that those learned from are fitted far better than others are predicted."""
    pairs, ratings, *_ = planted(n_users=80, n_items=60, share=0.3, noise=0.1, n_factors=6)
    return pairs, ratings, np.arange(len(ratings)) % 20 == 0


def by_heart(**parameters):
    options = {"n_factors": 32, "n_epochs": 100, "l2": 0.02, "learning_rate": 0.05, "learning_rate_decay": 1.0}
    options |= {"n_iter_no_change": 100, "random_state": 0, "early_stopping": True, "clip": False}
    return SGDMatrixFactorization(**options | parameters)


def go_on_partially(model, pairs, ratings, late):
    return model.fit(pairs[~late], ratings[~late]).partial_fit(pairs[late], ratings[late])


def go_on_warm(model, pairs, ratings, late):
    return model.set_params(warm_start=True).fit(pairs[~late], ratings[~late]).fit(pairs, ratings)


@pytest.mark.parametrize("go_on", [go_on_partially, go_on_warm])
def test_the_validation_error_after_more_data_is_as_honest_as_that_of_a_refit(go_on):
    pairs, ratings, late = rich_tastes()
    refit = by_heart().fit(pairs, ratings).history_
    assert refit["training_rmse"][-1] < 0.2 * min(refit["validation_rmse"])
    assert min(go_on(by_heart(), pairs, ratings, late).history_["validation_rmse"]) > 0.9 * min(
        refit["validation_rmse"]
    )


def test_what_is_held_out_is_saved_with_the_model(tmp_path):
    pairs, ratings, late = rich_tastes()
    model = by_heart(n_epochs=4).fit(pairs[~late], ratings[~late])
    model.save(tmp_path / "model")
    loaded = load(tmp_path / "model").partial_fit(pairs[late], ratings[late])
    assert loaded.history_ == model.partial_fit(pairs[late], ratings[late]).history_


def test_a_model_that_has_learned_from_everything_has_nothing_to_validate_on():
    pairs, ratings, _ = rich_tastes()
    model = SGDMatrixFactorization(4, n_epochs=2, random_state=0).fit(pairs, ratings).set_params(early_stopping=True)
    with pytest.raises(DataError, match="trained on every rating"):
        model.partial_fit(pairs[:3], ratings[:3] + 1)
    model.partial_fit([(0, 1000), (1, 1000)], [3.0, 4.0])
    assert len(model.history_["validation_rmse"]) == 1
