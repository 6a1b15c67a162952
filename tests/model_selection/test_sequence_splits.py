import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit.data import Sequences
from recokit.exceptions import DataError
from recokit.model_selection import every_position, leave_last_basket, leave_last_out, split_sessions
from tests.naive.sequences import last_basket_out, last_out, positions

ITEMS = st.sampled_from(["cup", "jug", "pot", "tea"])
LISTS = st.dictionaries(st.integers(0, 9), st.lists(ITEMS, max_size=6), min_size=1)
BASKETS = st.dictionaries(st.integers(0, 9), st.lists(st.lists(ITEMS, max_size=3), max_size=4), min_size=1)


def targets_of(targets):
    found = {}
    for user, item in targets.to_pairs()[0].tolist():
        found.setdefault(user, set()).add(item)
    return found


def baskets_of(sequences):
    return {user: list(sequences.baskets(user)) for user in sequences.users}


@given(LISTS.filter(lambda lists: any(len(items) > 1 for items in lists.values())))
def test_the_last_item_of_each_user_is_held_out(lists):
    train, histories, last = last_out(lists)
    split = leave_last_out(Sequences.from_lists(lists))
    assert dict(split.train) == train
    assert dict(split.histories) == histories
    assert targets_of(split.targets) == {user: {item} for user, item in last.items()}
    assert split.n_untested == len(lists) - len(last)


@given(LISTS.filter(lambda lists: any(len(items) > 3 for items in lists.values())))
def test_users_with_a_short_history_stay_in_the_training_data(lists):
    train, histories, _ = last_out(lists, least=3)
    split = leave_last_out(Sequences.from_lists(lists), min_history=3)
    assert dict(split.train) == train
    assert dict(split.histories) == histories


@given(BASKETS.filter(lambda baskets: any(len(one) > 1 and one[-1] for one in baskets.values())))
def test_the_last_basket_of_each_user_is_held_out(baskets):
    train, histories, last = last_basket_out(baskets)
    split = leave_last_basket(Sequences.from_baskets(baskets))
    assert baskets_of(split.train) == train
    assert baskets_of(split.histories) == histories
    assert targets_of(split.targets) == last
    assert split.n_untested == len(baskets) - len(last)


def test_a_split_of_the_training_part_holds_out_the_second_last_item():
    sequences = Sequences.from_lists({"ann": ["tea", "cup", "pot"], "bob": ["tea", "cup"]})
    train, histories, targets = leave_last_out(leave_last_out(sequences).train)
    assert dict(train) == {"ann": ["tea"], "bob": ["tea"]}
    assert dict(histories) == {"ann": ["tea"]}
    assert targets_of(targets) == {"ann": {"cup"}}


def test_a_split_of_the_training_part_holds_out_the_second_last_basket():
    sequences = Sequences.from_baskets({"ann": [["tea"], ["cup", "pot"], ["pot"]], "bob": [["tea"], ["cup"]]})
    train, _, targets = leave_last_basket(leave_last_basket(sequences).train)
    assert baskets_of(train) == {"ann": [["tea"]], "bob": [["tea"]]}
    assert targets_of(targets) == {"ann": {"cup", "pot"}}


def test_an_item_that_the_last_basket_repeats_is_one_target():
    targets = leave_last_basket(Sequences.from_baskets([[["tea"], ["cup", "cup"]]])).targets
    assert targets.to_pairs()[0].tolist() == [[0, "cup"]]
    assert targets.values.tolist() == [1.0]


def test_targets_have_the_times_of_the_held_out_events():
    lists, times = {"ann": ["tea", "cup"], "bob": ["pot", "tea"]}, {"ann": [10, 20], "bob": [5, 7]}
    split = leave_last_out(Sequences.from_lists(lists, times=times))
    assert split.targets.timestamps.tolist() == [20, 7]
    assert split.train.rows.times.tolist() == [10, 5]


def test_without_times_targets_have_their_positions():
    assert leave_last_out(Sequences.from_lists([["a", "b", "a"], ["b", "a"]])).targets.timestamps.tolist() == [2, 1]
    split = leave_last_basket(Sequences.from_baskets([[["a", "b"], ["a", "b"]]]))
    assert split.targets.timestamps.tolist() == [1, 1]


@given(LISTS.filter(lambda lists: any(len(items) > 1 for items in lists.values())))
def test_each_prefix_of_a_session_predicts_the_next_item(lists):
    expected = positions(lists)
    histories, targets = every_position(Sequences.from_lists(lists))
    assert dict(histories) == {position: prefix for position, (prefix, _) in expected.items()}
    codes = dict(zip(targets.users.take(targets.user_codes), targets.items.take(targets.item_codes), strict=True))
    assert codes == {position: item for position, (_, item) in expected.items()}


SESSIONS = {1: ["tea", "cup"], 2: ["tea"], 3: ["cup", "pot"], 4: ["pot"]}
TIMES = {1: [10, 90], 2: [40], 3: [50, 60], 4: [70]}


def test_sessions_are_split_by_the_time_of_their_start():
    train, test = split_sessions(Sequences.from_lists(SESSIONS, times=TIMES), at=50)
    assert dict(train) == {1: ["tea", "cup"], 2: ["tea"]}
    assert dict(test) == {3: ["cup", "pot"], 4: ["pot"]}
    assert train.rows.times.tolist() == [10, 90, 40]


def test_a_share_of_the_sessions_is_the_test():
    train, test = split_sessions(Sequences.from_lists(SESSIONS, times=TIMES), test_size=0.25)
    assert (list(train.users), list(test.users)) == ([1, 2, 3], [4])


def test_sessions_are_split_at_a_date():
    times = {
        key: [np.datetime64("2024-05-01") + np.timedelta64(hour, "h") for hour in row] for key, row in TIMES.items()
    }
    train, test = split_sessions(Sequences.from_lists(SESSIONS, times=times), at="2024-05-03")
    assert (list(train.users), list(test.users)) == ([1, 2], [3, 4])


def test_empty_sessions_are_in_neither_part():
    train, test = split_sessions(Sequences.from_lists([["tea"], [], ["cup"]], times=[[1], [], [2]]), at=2)
    assert (list(train.users), list(test.users)) == ([0], [2])


FLAT = Sequences.from_lists([["tea"], ["cup"]])
BASKET = Sequences.from_baskets([[["tea"], []], [["cup"]]])


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (lambda: leave_last_out(FLAT), r"none of the 2 users has a history of 1 event\(s\) and one more"),
        (lambda: leave_last_out(BASKET), "without baskets; leave_last_basket holds out whole baskets"),
        (lambda: leave_last_basket(FLAT), "have no baskets; leave_last_out"),
        (lambda: leave_last_basket(BASKET), r"a history of 1 basket\(s\) and a last basket with items"),
        (lambda: every_position(FLAT), "no session has two events"),
        (lambda: every_position(BASKET), "expected sequences without baskets"),
        (lambda: split_sessions(FLAT), "needs times; pass times= to Sequences.from_lists"),
        (lambda: split_sessions(Sequences.from_lists(SESSIONS, times=TIMES), at=99), "no test sessions.*from 10 to 70"),
        (lambda: split_sessions(Sequences.from_lists(SESSIONS, times=TIMES), at=1), "no training sessions"),
        (lambda: split_sessions(Sequences.from_lists(SESSIONS, times=TIMES), at="May"), "at='May': expected a moment"),
    ],
)
def test_the_error_says_why_there_is_no_split(split, message):
    with pytest.raises(DataError, match=message):
        split()


def test_a_minimum_history_below_one_is_refused():
    with pytest.raises(ValueError, match="min_history=0: expected a whole number of at least 1"):
        leave_last_out(FLAT, min_history=0)
    with pytest.raises(ValueError, match="min_history=0"):
        leave_last_basket(BASKET, min_history=0)


def test_a_test_size_that_is_a_moment_is_refused_with_the_remedy():
    with pytest.raises(ValueError, match="to split at a moment, pass at=50"):
        split_sessions(Sequences.from_lists(SESSIONS, times=TIMES), test_size=50)


def test_a_split_shows_its_sizes():
    split = leave_last_out(Sequences.from_lists([["a", "b"], ["a"]]))
    assert repr(split) == "SequenceSplit(2 training events, 1 tested users with 1 targets; 1 users not tested)"
