"""Random splits: sizes, and shares of each user."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from recokit import DataError
from recokit.model_selection import InteractionKFold, LeaveKOut, RandomHoldOut
from tests.model_selection.logs import as_columns, logs

fractions = st.floats(0.05, 0.95)


def users_of(X, positions):
    return Counter(X[positions, 0].tolist())


@given(log=logs(min_size=2), share=fractions)
def test_a_hold_out_has_the_requested_size(log, share):
    X, _ = as_columns(log)
    (_, test), *_ = RandomHoldOut(share).split(X)
    assert len(test) == min(max(1, round(share * len(log))), len(log) - 1)


@given(log=logs(min_size=2), share=fractions)
def test_a_stratified_hold_out_takes_the_share_of_each_user_and_keeps_every_user_in_training(log, share):
    X, _ = as_columns(log)
    try:
        (train, test), *_ = RandomHoldOut(share, stratified=True).split(X)
    except DataError:
        assert all(share * n < 0.5 or n == 1 for n in users_of(X, slice(None)).values())
        return
    for user, n in users_of(X, slice(None)).items():
        assert users_of(X, test)[user] == min(int(share * n + 0.5), n - 1)
        assert users_of(X, train)[user] >= 1


@given(log=logs(min_size=3), k=st.integers(2, 4), stratified=st.booleans())
def test_folds_are_even_and_stratified_folds_are_even_for_each_user(log, k, stratified):
    assume(len(log) >= k)
    X, _ = as_columns(log)
    tests = [test for _, test in InteractionKFold(k, stratified=stratified).split(X)]
    sizes = [len(test) for test in tests]
    assert max(sizes) - min(sizes) <= 1
    if stratified:
        for user in set(X[:, 0].tolist()):
            shares = [users_of(X, test)[user] for test in tests]
            assert max(shares) - min(shares) <= 1


@given(log=logs(min_size=4), k=st.integers(1, 3), min_train=st.integers(0, 2))
def test_k_interactions_of_every_user_with_enough_are_held_out(log, k, min_train):
    X, _ = as_columns(log)
    counts = users_of(X, slice(None))
    enough = [user for user, n in counts.items() if n >= k + min_train]
    assume(enough and len(log) > k * len(enough))
    (_, test), *_ = LeaveKOut(k, min_train=min_train).split(X)
    assert users_of(X, test) == Counter(dict.fromkeys(enough, k))


@pytest.mark.parametrize("splitter", [RandomHoldOut(0.3), RandomHoldOut(0.3, stratified=True), LeaveKOut(3)])
def test_every_interaction_has_a_chance_to_be_held_out(splitter):
    pairs = np.array([(user, item) for user in range(3) for item in range(10)])
    splitter.n_splits = 50
    times_tested = np.zeros(len(pairs))
    for _, test in splitter.split(pairs):
        times_tested[test] += 1
    assert times_tested.sum() == 50 * 9
    assert np.all((times_tested > 3) & (times_tested < 30))  # 15 expected, standard deviation 3.2


def test_the_splits_of_a_splitter_differ():
    pairs = [(user, item) for user in range(5) for item in range(5)]
    tests = {tuple(test.tolist()) for _, test in RandomHoldOut(n_splits=4).split(pairs)}
    assert len(tests) == 4


def test_errors_for_too_few_interactions_name_the_split_and_the_reason():
    with pytest.raises(DataError, match=r"split 1 has no test interactions; no user has k \+ min_train interactions"):
        list(LeaveKOut(2).split([(1, 2), (1, 3), (2, 3)]))
    with pytest.raises(DataError, match="split 3 has no test interactions; there are fewer interactions than folds"):
        list(InteractionKFold(3).split([(1, 2), (1, 3)]))
