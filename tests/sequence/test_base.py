"""The base of sequence models: input forms, histories, updates and files."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import sparse

from recokit import SLIST, DataError, Interactions, ItemKNN, ModelFormatError, TransitionKNN, UnknownIdError, load
from recokit.data import Rows, Sequences
from recokit.testing import Subject

EVENTS = pd.DataFrame(
    {
        "user_id": ["ann", "ann", "ann", "bob", "bob", "cy"],
        "item_id": ["tea", "cup", "tea", "tea", "pot", "cup"],
        "timestamp": [1, 2, 3, 5, 4, 1],
    }
)


class Log:
    """An event log as the base sees it."""

    def sequences(self):
        return Sequences.from_frame(EVENTS)


def same(first, second):
    assert_array_equal(first.item_weights_.toarray(), second.item_weights_.toarray())
    assert first.interactions_.equals(second.interactions_)
    assert_array_equal(first.sequences_.rows.codes, second.sequences_.rows.codes)


@pytest.mark.parametrize(
    "given",
    [
        EVENTS,
        EVENTS.sample(frac=1, random_state=3),
        EVENTS.to_dict("list"),
        Log(),
        Sequences.from_frame(EVENTS),
        Sequences.from_arrays(EVENTS.user_id, EVENTS.item_id, EVENTS.timestamp),
    ],
    ids=["frame", "shuffled frame", "columns", "event log", "sequences", "arrays"],
)
def test_every_form_gives_the_same_model(given):
    model = TransitionKNN().fit(given)
    same(model, TransitionKNN().fit(Log()))
    assert model.sequences_["ann"] == ["tea", "cup", "tea"]
    assert model.sequences_["bob"] == ["pot", "tea"]
    assert model.interactions_.values.tolist() == [1, 2, 1, 1, 1]
    assert model.interactions_.timestamps.tolist() == [2, 3, 4, 5, 1]
    assert model.interactions_.n_merged == 1


def test_pairs_are_in_the_order_of_their_rows():
    pairs = [("ann", "tea"), ("bob", "pot"), ("ann", "cup"), ("ann", "tea")]
    assert TransitionKNN().fit(pairs).sequences_["ann"] == ["tea", "cup", "tea"]
    frame = pd.DataFrame(pairs, columns=["user_id", "item_id"])
    assert TransitionKNN().fit(frame).sequences_["ann"] == ["tea", "cup", "tea"]


def test_events_at_equal_times_keep_the_order_of_rows_and_those_of_interactions_that_of_items():
    frame = pd.DataFrame({"user_id": [1, 1, 1], "item_id": ["pot", "cup", "tea"], "timestamp": [7, 7, 3]})
    assert TransitionKNN().fit(frame).sequences_[1] == ["tea", "pot", "cup"]
    data = Interactions.from_frame(frame, timestamp="timestamp")
    assert TransitionKNN().fit(data).sequences_[1] == ["tea", "cup", "pot"]


def test_data_without_an_order_are_refused_with_the_remedy():
    data = Interactions.from_arrays([1, 1], ["x", "y"])
    with pytest.raises(DataError, match=r"TransitionKNN needs the order .* no timestamps; give timestamps"):
        TransitionKNN().fit(data)
    with pytest.raises(DataError, match="sparse matrix does not hold"):
        SLIST().fit(sparse.eye_array(3))
    with pytest.raises(DataError, match="got no timestamp; rename the columns"):
        TransitionKNN().fit(EVENTS.rename(columns={"timestamp": "when"}))
    with pytest.raises(DataError, match="no events"):
        TransitionKNN().fit(Sequences(Log().sequences().users, Log().sequences().items, Rows.empty(3)))


def test_ratings_are_refused_unless_they_are_strengths():
    data = Interactions.from_arrays([1, 1], ["x", "y"], [5, 3], [1, 2])
    with pytest.raises(DataError, match="feedback='implicit'"):
        TransitionKNN().fit(data)
    assert TransitionKNN(feedback="implicit").fit(data).item_counts_.tolist() == [5, 3]
    with pytest.raises(ValueError, match="y is allowed only with"):
        TransitionKNN().fit(Log(), [1.0])


def test_strengths_of_pairs_count_in_the_popularity_only():
    pairs = [("a", "x"), ("a", "y"), ("a", "x")]
    model = TransitionKNN(feedback="implicit").fit(pairs, [2.0, 5.0, 1.0])
    assert model.item_counts_.tolist() == [3, 5]
    assert_array_equal(model.item_weights_.toarray(), TransitionKNN().fit(pairs).item_weights_.toarray())


def test_a_column_that_is_not_used_warns():
    with pytest.warns(UserWarning, match="'rating' are not used"):
        TransitionKNN().fit(EVENTS.assign(rating=1.0))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 5)), min_size=2, max_size=25), st.data())
@pytest.mark.parametrize("timed", [True, False])
def test_partial_fit_equals_a_refit_on_all_events(timed, events, data):
    cut = data.draw(st.integers(1, len(events) - 1))
    users, items, times = (np.array(column) for column in zip(*events, strict=True))

    def sequences(part):
        return Sequences.from_arrays(users[part], items[part], times[part] if timed else None)

    model = TransitionKNN().fit(sequences(slice(0, cut)))
    model.partial_fit(sequences(slice(cut, None)))
    same(model, TransitionKNN().fit(sequences(slice(None))))


def test_partial_fit_refuses_to_mix_events_with_and_without_times():
    model = TransitionKNN().fit(EVENTS)
    with pytest.raises(DataError, match="times and sequences without"):
        model.partial_fit([("ann", "pot")])
    assert model.sequences_["ann"] == ["tea", "cup", "tea"]


def test_partial_fit_leaves_the_old_state_to_its_readers():
    model = TransitionKNN().fit(EVENTS)
    before = model.sequences_
    model.partial_fit(EVENTS.assign(timestamp=EVENTS.timestamp + 10))
    assert before["ann"] == ["tea", "cup", "tea"]
    assert model.sequences_["ann"] == ["tea", "cup", "tea"] * 2


# ---------------------------------------------------------------------- histories


HISTORY = ["tea", "cup", "tea"]


@pytest.mark.parametrize(
    "given",
    [
        {"ann": HISTORY},
        {"ann": np.array(HISTORY)},
        pd.Series({"ann": HISTORY}),
        EVENTS[:3],
        EVENTS[:3].to_dict("list"),
        Sequences.from_lists({"ann": HISTORY}),
        Sequences.from_frame(EVENTS[:3]),
    ],
)
def test_a_history_in_any_form_keeps_its_order_and_repeats(given):
    model = TransitionKNN().fit(EVENTS)
    expected = model.recommend("ann", exclude_seen=False)["ann"]
    assert model.recommend_for(given, exclude_seen=False)["ann"] == expected
    assert model.recommend_for([HISTORY], exclude_seen=False)[0] == expected


def test_interactions_are_histories_in_time_order_if_they_have_times():
    model = TransitionKNN().fit(EVENTS)
    data = Interactions.from_arrays(["v", "v"], ["cup", "tea"], timestamps=[9, 4])
    expected = model.recommend_for([["tea", "cup"]])[0]
    assert model.recommend_for(data)["v"] == expected
    with pytest.raises(DataError, match="histories needs the order"):
        model.recommend_for(Interactions.from_arrays(["v", "v"], ["cup", "tea"]))


def test_unknown_items_of_a_session_are_errors_or_left_out():
    model = TransitionKNN().fit(EVENTS)
    with pytest.raises(UnknownIdError, match="'jug'"):
        model.recommend_for([["tea", "jug"]])
    log = Sequences.from_lists({0: ["tea", "jug", "cup"]})
    with pytest.raises(UnknownIdError, match="'jug'"):
        model.recommend_for(log)
    expected = model.recommend_for([["tea", "cup"]])[0]
    for histories in ([["tea", "jug", "cup"]], log):
        assert model.recommend_for(histories, on_unknown="empty")[0] == expected
    assert model.recommend_for([["jug"]], on_unknown="empty").counts.tolist() == [0]
    assert model.recommend_for([["jug"]], n=1, on_unknown="popular").counts.tolist() == [1]


def test_wrong_histories_are_refused():
    model = TransitionKNN().fit(EVENTS)
    with pytest.raises(DataError, match="a set has no order"):
        model.recommend_for([{"tea", "cup"}])
    with pytest.raises(DataError, match="negative strength"):
        model.recommend_for([{"tea": -1.0}])
    with pytest.raises(DataError, match="put a single history into a list"):
        model.recommend_for(["tea", "cup"])
    with pytest.raises(DataError, match="expected a sequence of item ids in time order"):
        model.explain_for(Sequences.from_lists([["tea"]]), "cup")


def test_fillers_get_the_history_in_the_form_that_they_read():
    model = TransitionKNN(window=1, decay=0.0, smoothing=0.0).fit(EVENTS)
    pairs = [("ann", "tea"), ("ann", "cup"), ("bob", "cup"), ("bob", "pot"), ("cy", "jug"), ("cy", "cup")]
    for filler in (ItemKNN().fit(pairs), TransitionKNN().fit([*pairs, ("cy", "jug"), ("cy", "pot")])):
        lists = model.recommend_for({"v": ["cup", "tea", "cup"]}, n=3, fill=filler)
        assert lists.is_filler is not None
        assert not {"cup", "tea"} & {item for item, _ in lists["v"]}


def test_empty_baskets_are_no_events():
    baskets = Sequences.from_baskets({"ann": [["tea", "cup"], [], ["pot"]], "bob": [[]]})
    model = TransitionKNN().fit(baskets)
    assert model.sequences_["ann"] == ["tea", "cup", "pot"]
    assert model.recommend("bob").counts.tolist() == [0]
    model.partial_fit(Sequences.from_baskets({"bob": [["tea"], []], "ann": [["jug"]]}))
    assert list(model.sequences_.baskets("ann")) == [["tea", "cup"], [], ["pot"], ["jug"]]
    assert list(model.sequences_.baskets("bob")) == [[], ["tea"], []]


def test_seen_items_are_excluded_by_default_only():
    model = TransitionKNN().fit(EVENTS)
    assert {item for item, _ in model.recommend("ann")["ann"]} == {"pot"}
    assert "tea" in {item for item, _ in model.recommend("ann", exclude_seen=False)["ann"]}


def test_a_file_whose_times_descend_is_refused(tmp_path):
    model = TransitionKNN().fit(EVENTS)
    rows = model.sequences_.rows
    model.sequences_ = Sequences(
        model.sequences_.users, model.sequences_.items, rows._replace(times=rows.times[::-1].copy())
    )
    model.save(tmp_path / "model")
    with pytest.raises(ModelFormatError):
        load(tmp_path / "model")


def test_the_checks_give_an_order_to_data_without_one():
    subject = Subject(TransitionKNN(), Interactions.from_arrays([1, 1], ["x", "y"]), None)
    assert subject.data.timestamps.tolist() == [0, 1]
