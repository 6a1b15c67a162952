import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import DataError, Interactions
from recokit.data.sequences import Sequences
from recokit.hybrid._given import Given
from recokit.hybrid._hold_out import hold_out

EVENTS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 7), st.integers(0, 40)), min_size=2, max_size=60)


def read(events, form):
    users, items, times = (np.array(column) for column in zip(*events, strict=True))
    if form == "log":
        return Given.read(Sequences.from_arrays(users, items, times), None, "auto", "test", in_order=False)
    times = times if form == "times" else None
    data = Interactions.from_arrays(users, items, timestamps=times, duplicates="sum")
    return Given(Interactions(*(getattr(data, name) for name in data.__dataclass_fields__ if name != "n_merged")))


@given(EVENTS, st.sampled_from(["times", "pairs", "log"]), st.floats(0.05, 0.6))
def test_held_out_items_are_not_in_the_rest_and_users_have_both(events, form, size):
    given_data = read(events, form)
    try:
        found = hold_out(given_data, size, 1000, 0, "test")
    except DataError:
        return
    rest = found.given.interactions
    assert (rest.users, rest.items) == (given_data.interactions.users, given_data.interactions.items)
    for user in found.users.tolist():
        kept = set(rest.item_codes[slice(*rest.indptr[user : user + 2])].tolist())
        held = set(found.truth.codes[slice(*found.truth.indptr[user : user + 2])].tolist())
        assert kept
        assert held
        assert not kept & held
        every = given_data.interactions
        assert held <= set(every.item_codes[slice(*every.indptr[user : user + 2])].tolist())


def test_the_latest_events_are_held_out():
    events = [(user, item, 10 * item + user % 10) for user in range(300) for item in range(5)]
    found = hold_out(read(events, "times"), 0.2, 1000, 0, "test")
    assert found.by_time
    assert set(found.truth.codes.tolist()) == {4}


def test_the_latest_items_of_each_user_are_held_out_if_no_moment_divides_the_users():
    events = [(user, item, 100 * user + item) for user in range(40) for item in range(5)]
    found = hold_out(read(events, "times"), 0.2, 1000, 0, "test")
    assert not found.by_time
    assert len(found.users) == 40
    assert set(found.truth.codes.tolist()) == {4}


def test_at_most_the_given_number_of_users_is_returned():
    events = [(user, item, 0) for user in range(50) for item in range(4)]
    found = hold_out(read(events, "pairs"), 0.25, 7, 0, "test")
    assert len(found.users) == 7
    assert np.all(np.diff(found.users) > 0)


def test_single_items_cannot_be_held_out():
    with pytest.raises(DataError, match="weights='learn' needs users with two or more items"):
        hold_out(read([(1, 1, 0), (2, 2, 5)], "times"), 0.1, 10, 0, "weights='learn'")
