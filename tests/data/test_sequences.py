import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import DataError, IdIndex, Interactions, UnknownIdError, load
from recokit.data import Sequences
from recokit.persistence import save

TEXTS = st.sampled_from(["tea", "cup", "pot"])
LISTS = st.dictionaries(st.sampled_from(["ann", "bob", "eve", "dan"]), st.lists(TEXTS, max_size=5), min_size=1)
BASKETS = st.dictionaries(st.sampled_from(["ann", "bob", "eve"]), st.lists(st.lists(TEXTS, max_size=3)), min_size=1)


@given(LISTS.filter(lambda lists: any(lists.values())))
def test_lists_keep_their_order_and_repeats(lists):
    sequences = Sequences.from_lists(lists)
    assert dict(sequences) == lists
    assert all(sequences[user] == items for user, items in lists.items())
    assert (len(sequences), sequences.n_events) == (len(lists), sum(map(len, lists.values())))
    assert list(sequences.items) == sorted({item for items in lists.values() for item in items})


@given(BASKETS.filter(lambda baskets: any(map(any, baskets.values()))))
def test_baskets_keep_their_bounds(baskets):
    sequences = Sequences.from_baskets(baskets)
    assert {user: list(sequences.baskets(user)) for user in baskets} == baskets
    assert dict(sequences) == {user: [item for basket in given for item in basket] for user, given in baskets.items()}


def test_lists_without_ids_belong_to_users_numbered_from_0():
    sequences = Sequences.from_lists([["tea", "cup"], [], ["tea"]])
    assert dict(sequences) == {0: ["tea", "cup"], 1: [], 2: ["tea"]}


def test_items_of_a_catalogue_keep_their_codes():
    items = IdIndex(["tea", "spoon", "cup"])
    assert Sequences.from_lists([["cup", "tea"]], items=items).rows.codes.tolist() == [2, 0]
    with pytest.raises(UnknownIdError, match="'pot'"):
        Sequences.from_lists([["cup", "pot"]], items=items)


def test_times_are_kept_and_checked():
    lists, times = {"ann": ["tea", "cup"], "bob": ["pot"]}, {"ann": [10, 20], "bob": [5]}
    assert Sequences.from_lists(lists, times=times).rows.times.tolist() == [10, 20, 5]
    with pytest.raises(
        DataError, match="times: expected ascending times within a list; the times of user 'ann' descend"
    ):
        Sequences.from_lists(lists, times={"ann": [20, 10], "bob": [5]})
    with pytest.raises(DataError, match="times: expected one time per item, for the same users"):
        Sequences.from_lists(lists, times={"ann": [10], "bob": [5]})


def test_times_are_checked_correctly_between_empty_lists():
    lists, times = [["tea", "cup"], [], [], ["pot"], []], [[10, 20], [], [], [5], []]
    assert Sequences.from_lists(lists, times=times).rows.times.tolist() == [10, 20, 5]
    assert Sequences.from_lists(lists[1:], times=times[1:]).rows.times.tolist() == [5]


def test_interactions_come_in_time_order():
    data = Interactions.from_arrays(["ann", "ann", "bob"], ["cup", "tea", "cup"], timestamps=[20, 10, 5])
    assert dict(Sequences.from_interactions(data)) == {"ann": ["tea", "cup"], "bob": ["cup"]}
    with pytest.raises(DataError, match="needs timestamps"):
        Sequences.from_interactions(Interactions.from_arrays(["ann"], ["tea"]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Sequences.from_lists({"ann": "tea"}),
            "expected a list per user.*1 value.s. are not lists: 'tea'",
        ),
        (lambda: Sequences.from_lists([1, 2]), "lists: expected a list per user"),
        (lambda: Sequences.from_baskets({"ann": ["tea"]}), "baskets: expected a list of baskets per user.*'tea'"),
        (lambda: Sequences.from_lists([[], []]), "no events: all lists are empty"),
        (lambda: Sequences.from_lists([["tea", None]]), "items: 1 missing id"),
        (lambda: Sequences.from_lists([["tea"]]).baskets(0), "these sequences have no baskets"),
    ],
)
def test_the_error_for_invalid_input_shows_the_expected_form(make, message):
    with pytest.raises(DataError, match=message):
        make()


def test_an_unknown_user_raises_an_error():
    with pytest.raises(UnknownIdError, match="'eve'"):
        Sequences.from_lists({"ann": ["tea"]})["eve"]


def test_saved_and_loaded_sequences_are_equal(tmp_path):
    for made in (
        Sequences.from_baskets({"ann": [["tea", "cup"], ["tea"]], "bob": []}),
        Sequences.from_lists({"ann": ["tea"]}, times={"ann": [np.datetime64("2024-01-01")]}),
        Sequences.from_arrays(["ann", "ann", "bob"], ["tea", "cup", "tea"], [3, 1, 2], baskets=["x", "y", "x"]).last(1),
    ):
        save(made, tmp_path / "log")
        again = load(tmp_path / "log")
        assert repr(again) == repr(made)
        assert dict(again) == dict(made)
        if made.basket_indptr is not None:
            assert list(again.baskets("ann")) == list(made.baskets("ann"))
        else:
            assert again.rows.times.tolist() == made.rows.times.tolist()


def test_a_file_with_inconsistent_arrays_is_refused():
    state = Sequences.from_baskets({"ann": [["tea", "cup"], ["tea"]]})._to_state()
    for name, value in (
        ("codes", np.array([0, 1, 9], np.int32)),
        ("indptr", np.array([0, 2])),
        ("basket_bounds", np.array([0, 3, 2])),
        ("basket_bounds", None),
        ("times", np.array([1])),
    ):
        with pytest.raises(ValueError, match=r"^Sequences"):
            Sequences._from_state({**state, name: value})


def test_repr_counts_users_items_events_and_baskets():
    assert repr(Sequences.from_lists([["a", "b"], ["a"]])) == "Sequences(2 users × 2 items, 3 events)"
    assert repr(Sequences.from_baskets([[["a", "b"], ["a"]]])) == "Sequences(1 users × 2 items, 3 events in 2 baskets)"


@given(LISTS.filter(lambda lists: any(lists.values())))
def test_the_interactions_count_the_events_of_each_pair(lists):
    data = Sequences.from_lists(lists).to_interactions()
    counts = {(user, item): items.count(item) for user, items in lists.items() for item in items}
    pairs, values = data.to_pairs()
    assert dict(zip(map(tuple, pairs.tolist()), values.tolist(), strict=True)) == counts
    last = {pair: max(place for place, item in enumerate(lists[pair[0]]) if item == pair[1]) for pair in counts}
    assert dict(zip(map(tuple, pairs.tolist()), data.timestamps.tolist(), strict=True)) == last
    assert data.feedback == "implicit"
    assert data.n_merged == sum(map(len, lists.values())) - len(counts)


def test_the_interactions_have_the_last_time_or_the_last_basket_of_each_pair():
    timed = Sequences.from_lists({"ann": ["tea", "cup", "tea"]}, times={"ann": [5, 7, 9]})
    assert timed.to_interactions().timestamps.tolist() == [7, 9]
    baskets = Sequences.from_baskets({"ann": [["tea", "cup"], [], ["tea"]], "bob": [["cup"]]})
    assert baskets.to_interactions().timestamps.tolist() == [0, 2, 0]


def test_interactions_and_back_give_the_same_sequences():
    sequences = Sequences.from_lists({"ann": ["tea", "cup"], "bob": [], "cy": ["cup"]})
    assert dict(Sequences.from_interactions(sequences.to_interactions())) == dict(sequences)


@given(BASKETS.filter(lambda baskets: any(map(any, baskets.values()))), st.randoms(use_true_random=False))
def test_selected_users_keep_their_baskets_in_the_order_of_the_selection(baskets, random):
    users = random.sample(sorted(baskets), random.randint(0, len(baskets)))
    sequences = Sequences.from_baskets(baskets)
    selected = sequences.select(users)
    assert list(selected.users) == users
    assert {user: list(selected.baskets(user)) for user in users} == {user: baskets[user] for user in users}
    assert selected.items is sequences.items


def test_selected_users_keep_their_times_and_unknown_ones_raise_an_error():
    sequences = Sequences.from_lists({"ann": ["tea"], "bob": ["cup", "pot"]}, times={"ann": [9], "bob": [3, 4]})
    assert sequences.select(["bob"]).rows.times.tolist() == [3, 4]
    with pytest.raises(UnknownIdError, match="'eve'"):
        sequences.select(["bob", "eve"])


# ---------------------------------------------------------------------- columns of events, merging


def test_columns_become_sequences_in_time_order_with_repeats():
    frame = {"user_id": [2, 1, 1, 1], "item_id": ["a", "c", "b", "c"], "timestamp": [1.5, 3.0, 1.0, 3.0]}
    sequences = Sequences.from_frame(frame)
    assert dict(sequences) == {1: ["b", "c", "c"], 2: ["a"]}
    assert sequences.rows.times.tolist() == [1.0, 3.0, 3.0, 1.5]
    assert dict(Sequences.from_frame(frame, timestamp=None)) == {1: ["c", "b", "c"], 2: ["a"]}


def test_wrong_columns_are_refused():
    with pytest.raises(DataError, match="lengths differ"):
        Sequences.from_arrays([1, 1], ["a"])
    with pytest.raises(DataError, match="expected a sequence, got a set"):
        Sequences.from_arrays({1}, ["a"])
    with pytest.raises(DataError, match="no column 'when'"):
        Sequences.from_frame({"user_id": [1], "item_id": [2]}, timestamp="when")
    with pytest.raises(DataError, match="missing time"):
        Sequences.from_arrays([1], ["a"], [float("nan")])


def test_distinct_pairs_have_the_number_and_the_last_time_of_their_events():
    data = Sequences.from_arrays([1, 1, 2, 1], ["a", "b", "a", "a"], [10, 20, 5, 30])._pairs()
    assert data.values.tolist() == [2, 1, 1]
    assert data.timestamps.tolist() == [30, 20, 5]
    assert data.feedback == "implicit"
    assert Sequences.from_lists([["a", "a"]])._pairs().timestamps is None


def test_merged_baskets_stay_together_and_follow_their_times():
    def baskets(lists, times):
        made = Sequences.from_baskets(lists)
        rows = made.rows._replace(times=np.array(times))
        return Sequences(made.users, made.items, rows, made.basket_indptr, made.basket_bounds)

    first = baskets({"ann": [["a", "b"], ["c"]]}, [10, 10, 30])
    merged = first.merge(baskets({"ann": [["b", "d"]], "bob": [["a"]]}, [20, 20, 1]))
    assert list(merged.baskets("ann")) == [["a", "b"], ["b", "d"], ["c"]]
    assert list(merged.baskets("bob")) == [["a"]]
    assert merged.rows.times.tolist() == [10, 10, 20, 20, 30, 1]


def test_sequences_of_different_kinds_are_not_merged():
    plain, baskets = Sequences.from_lists([["a"]]), Sequences.from_baskets([[["a"]]])
    numbers = Sequences.from_arrays([0], ["a"], [1])
    dates = Sequences.from_arrays([0], ["a"], np.array(["2024-01-01"], "datetime64[s]"))
    for first, second, message in (
        (plain, baskets, "with baskets"),
        (plain, numbers, "with times"),
        (numbers, dates, "cannot merge times of datetime64"),
    ):
        with pytest.raises(DataError, match=message):
            first.merge(second)
