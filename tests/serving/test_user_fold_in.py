import threading

import numpy as np
import pytest

import recokit
from recokit import DataError, Interactions
from recokit.data import Sequences
from recokit.serving import ModelStore, UserFoldIn

PAIRS = [(u, i) for u in range(20) for i in range(12) if (u * i + u) % 5 < 2]
LATER = [(3, 11), (3, 4), (99, 5), (99, 5), (99, 2)]


def lists_of(recommendations):
    return {user: [(item, round(score, 5)) for item, score in ranked] for user, ranked in recommendations}


@pytest.mark.parametrize("model", [recokit.ItemKNN(), recokit.EASE(), recokit.ImplicitALS(4, random_state=0)], ids=repr)
def test_lists_are_those_of_the_training_history_joined_with_the_events(model):
    model.fit(PAIRS)
    live = UserFoldIn(model)
    for user, item in LATER:
        live.add(user, item)
    history = {item: 1.0 for user, item in PAIRS if user == 3}
    for _, item in LATER[:2]:
        history[item] = history.get(item, 0.0) + 1.0
    expected = model.recommend_for({3: history, 99: {5: 2.0, 2: 1.0}, 98: {}})
    assert lists_of(live.recommend([3, 99, 98])) == lists_of(expected)


def test_the_model_is_not_touched_and_other_users_keep_their_lists():
    model = recokit.ItemKNN().fit(PAIRS)
    before, live = lists_of(model.recommend()), UserFoldIn(model)
    users = [user for user in model.interactions_.users if user != 3]
    lists = lists_of(live.recommend(users))
    live.add(3, 11)
    assert lists_of(live.recommend(users)) == lists
    assert lists_of(model.recommend()) == before


def test_the_last_rating_counts():
    rng = np.random.default_rng(0)
    users, items = np.nonzero(rng.random((30, 12)) < 0.4)
    data = Interactions.from_arrays(users, items, rng.integers(1, 6, len(users)), feedback="explicit")
    model = recokit.ItemKNN().fit(data)
    live = UserFoldIn(model)
    for value in (1.0, 5.0):
        live.add("new", 3, value)
    assert lists_of(live.recommend("new")) == lists_of(model.recommend_for({"new": {3: 5.0}}))


def test_sequence_models_get_the_events_in_order_after_the_training_sequence():
    events = {"user_id": [1, 1, 1, 2, 2, 2], "item_id": ["a", "b", "c", "b", "c", "a"], "timestamp": range(6)}
    model = recokit.TransitionKNN().fit(events)
    live = UserFoldIn(model)
    for item in ("a", "b", "a"):
        live.add(1, item)
        live.add("new", item)
    expected = model.recommend_for({1: ["a", "b", "c", "a", "b", "a"], "new": ["a", "b", "a"]})
    assert lists_of(live.recommend([1, "new"])) == lists_of(expected)


def test_basket_models_get_each_event_as_a_basket():
    baskets = Sequences.from_baskets({1: [["a", "b"], ["c"]], 2: [["b", "c"]]})
    model = recokit.RepeatFrequency().fit(baskets)
    live = UserFoldIn(model)
    live.add(1, "a")
    expected = model.recommend_for({1: [["a", "b"], ["c"], ["a"]]})
    assert lists_of(live.recommend(1)) == lists_of(expected)


def test_unknown_items_wait_until_a_model_knows_them(tmp_path):
    store = ModelStore(tmp_path)
    store.publish(recokit.ItemKNN().fit(PAIRS))
    with store.watch(interval=1000) as watched:
        live = UserFoldIn(watched)
        live.add("new", 777)
        assert live.recommend("new")["new"] == []
        store.publish(recokit.ItemKNN().fit([*PAIRS, *((user, 777) for user in range(6))]))
        assert watched.refresh()
        assert live.recommend("new")["new"] == live.model.recommend_for({"new": [777]})["new"] != []


def test_memory_is_bounded_by_events_and_users():
    live = UserFoldIn(recokit.Popularity().fit(PAIRS), max_events=3, max_users=2)
    for item in range(9):
        live.add("a", item)
    live.add("b", 1)
    assert live.n_events == 4
    live.add("a", 9)
    live.add("c", 1)
    assert live.n_events == 4
    assert lists_of(live.recommend(["b"], exclude_seen=True)) == lists_of(
        live.model.recommend_for({"b": []}, exclude_seen=True)
    )


def test_clear_and_forget_drop_events():
    live = UserFoldIn(recokit.Popularity().fit(PAIRS))
    for time, user in enumerate(["a", "b", "a", "c"]):
        live.add(user, 1, timestamp=time)
    live.clear(before=2)
    assert live.n_events == 2
    live.forget(["a", "unknown"])
    assert live.n_events == 1
    live.clear()
    assert live.n_events == 0


def test_threads_may_add_and_read_at_once():
    live, errors = UserFoldIn(recokit.ItemKNN().fit(PAIRS)), []

    def work(user):
        try:
            for item in range(12):
                live.add(user, item % 7)
                live.recommend([user, 3])
        except Exception as error:  # collected for the assertion below
            errors.append(error)

    threads = [threading.Thread(target=work, args=(user,)) for user in range(100, 108)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert live.n_events == 8 * 12


def test_bad_input_is_named():
    model = recokit.Popularity().fit(PAIRS)
    live = UserFoldIn(model)
    for value in (np.nan, np.inf, -1.0):
        with pytest.raises(DataError, match="expected a finite number that is not negative, for 'a', 1"):
            live.add("a", 1, value)
    with pytest.raises(TypeError, match="expected a fitted Recommender or a WatchedModel, got str"):
        UserFoldIn("model")
    with pytest.raises(ValueError, match="max_events=0: expected an integer, at least 1"):
        UserFoldIn(model, max_events=0)
    with pytest.raises(recokit.NotFittedError):
        UserFoldIn(recokit.Popularity())
