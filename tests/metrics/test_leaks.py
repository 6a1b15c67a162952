import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import Interactions
from recokit.metrics._leaks import Leaks, count_leaks

LOGS = st.dictionaries(st.tuples(st.integers(0, 4), st.integers(0, 5)), st.integers(0, 9), min_size=1, max_size=15)


def interactions(log, times=True, shift=0):
    users, items = zip(*log, strict=True)
    return Interactions.from_arrays(
        np.array(users) + shift, items, timestamps=np.array(list(log.values())) if times else None
    )


def leaks(train, test):
    return count_leaks(train, test.users, test.items, test.rows._replace(times=test.timestamps))


@given(LOGS, LOGS)
def test_leaks_are_counted_by_their_definition(train, test):
    last = {user: max(time for (other, _), time in train.items() if other == user) for user, _ in train}
    shared = train.keys() & test.keys()
    n_repeats = sum(train[pair] < test[pair] for pair in shared)
    expected = Leaks(
        n_duplicates=len(shared) - n_repeats,
        n_own_future=sum(time < last.get(user, -1) for (user, _), time in test.items()),
        n_anyones_future=sum(time < max(train.values()) for time in test.values()),
        n_repeats=n_repeats,
    )
    assert leaks(interactions(train), interactions(test)) == expected


@pytest.mark.parametrize(("train_times", "test_times"), [(True, False), (False, True), (False, False)])
def test_without_times_only_duplicates_are_counted(train_times, test_times):
    log = {(1, 2): 3, (1, 4): 5}
    assert leaks(interactions(log, train_times), interactions(log, test_times)) == Leaks(2)


def test_times_of_different_types_are_reported_and_not_compared():
    train = Interactions.from_arrays([1], [2], timestamps=np.array(["2024-01-01"], dtype="datetime64[s]"))
    assert leaks(train, interactions({(1, 2): 3})) == Leaks(1, time_types=("datetime64[s]", "int64"))


def test_users_and_items_outside_the_training_data_do_not_leak():
    log = {(0, 1): 3, (1, 2): 5}
    assert leaks(interactions(log), interactions(log, shift=7)) == Leaks(0, 0, 1)
