import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import DataError, EventLog
from recokit.preprocessing import match_by, match_titles
from tests.naive import event_log as naive
from tests.preprocessing._logs import columns, make, read_back, rows

APP = EventLog.from_frame({"user_id": [1, 2, 3], "item_id": ["tea", "cup", "pot"], "timestamp": ["2024-05-01"] * 3})
WEB = EventLog.from_frame(
    {
        "user_id": ["w1", "w2"],
        "item_id": ["T", "cup"],
        "event": ["view", "view"],
        "price": [2.0, 3.0],
        "timestamp": ["2024-04-30"] * 2,
    }
)


@given(rows(), rows())
def test_joined_logs_hold_the_events_of_both(first, second):
    both = EventLog.concat([make(first), make(second)])
    assert both.equals(make([*first, *second]))
    assert both.equals(make(first).append(make(second)))
    assert both.equals(make(first).append(columns(second)))
    named = EventLog.concat({"app": make(first), "web": make(second)})
    assert read_back(named) == naive.in_order([*first, *second])
    assert np.bincount(named.source_codes).tolist() == [len(first), len(second)]
    assert read_back(named.filter(sources="web")) == read_back(make(second))


def test_a_map_of_users_joins_their_events():
    expected = [1, 2, 3, "w2"]
    maps = ({"app": [1], "web": ["w1"]}, {"web": {"w1": 1}}, pd.DataFrame({"web": ["w1"], "app": [1]}))
    for users in maps:
        both = EventLog.concat({"app": APP, "web": WEB}, users=users, unmapped="same")
        assert list(both.users) == expected
        assert set(both.filter(users=1).sources) == {"app", "web"}
        assert both.kinds == ("purchase", "view")
        assert np.isnan(both.prices).tolist() == [False, False, True, True, True]
    swapped = EventLog.concat({"web": WEB, "app": APP}, users=maps[0])
    assert list(swapped.users) == [2, 3, "w1", "w2"]


def test_items_outside_the_map_that_clash_are_refused_or_kept_apart():
    items = {"app": ["tea"], "web": ["T"]}
    with pytest.raises(
        DataError, match=r"items: 1 id\(s\) of app are not in the map.*'cup'; add them to the map, pass unmapped='same'"
    ):
        EventLog.concat({"app": APP, "web": WEB}, items=items)
    same = EventLog.concat({"app": APP, "web": WEB}, items=items, unmapped="same")
    assert list(same.items) == ["cup", "pot", "tea"]
    apart = EventLog.concat({"app": APP, "web": WEB}, items=items, unmapped="prefix")
    assert list(apart.items) == ["app:cup", "app:pot", "tea", "web:cup"]


def test_maps_that_do_not_fit_are_refused():
    logs = {"app": APP, "web": WEB}
    with pytest.raises(DataError, match="users: the id 'w1' of web has two partners, 1 and 2"):
        EventLog.concat(logs, users={"app": [1, 2], "web": ["w1", "w1"]})
    with pytest.raises(DataError, match="users: expected a frame with a column of ids for each of 'app', 'web'"):
        EventLog.concat(logs, users={"left": [1], "right": ["w1"]})
    with pytest.raises(DataError, match="users: 'shop' is no source; the sources are 'app', 'web'"):
        EventLog.concat(logs, users={"shop": {"w1": 1}})
    with pytest.raises(DataError, match="a map of ids needs names of the logs"):
        EventLog.concat([APP, WEB], users={"app": [1], "web": ["w1"]})
    with pytest.raises(ValueError, match="unmapped='drop': expected"):
        EventLog.concat(logs, unmapped="drop")
    with pytest.raises(DataError, match="expected a mapping of names to EventLogs"):
        EventLog.concat([])
    with pytest.raises(DataError, match="the logs cannot be joined: some have dates, no times"):
        EventLog.concat([APP, EventLog.from_frame({"user_id": [1], "item_id": [2]})])
    with pytest.raises(TypeError, match="append: user are arguments for frames"):
        APP.append(WEB, user="user_id")


def test_sources_of_joined_logs_are_kept():
    shops = EventLog.concat({"app": APP, "web": WEB})
    both = EventLog.concat({"old": shops, "new": APP})
    assert list(both.sources) == ["new", "old:app", "old:web"]
    assert list(EventLog.concat([shops, APP]).sources) == ["app", "web"]


def test_many_accounts_may_belong_to_one_user():
    both = EventLog.concat({"app": APP, "web": WEB}, users={"app": {1: 1, 2: 1}, "web": {"w1": 1, "w2": 1}})
    assert list(both.users) == [1, 3]


def test_keys_match_as_text_and_ambiguous_keys_are_left_out():
    left = {"item_id": [1, 2, 3, 4, 5], "ean": ["001", "7", "8", "8", None]}
    right = pd.DataFrame({"item_id": ["a", "b", "c", "d"], "ean": [7.0, 8.0, 9.0, np.nan]})
    matches = match_by(left, right, "ean")
    assert (matches.left.tolist(), matches.right.tolist(), matches.confidence.tolist()) == ([2], ["a"], [1.0])
    assert (matches.n_left, matches.n_right, matches.n_ambiguous) == (5, 4, 1)
    assert repr(matches) == "Matches(1 pairs of 5 and 4 items, 1 ambiguous keys left out)"
    with pytest.raises(DataError, match="gtin: no key is in both catalogues; the left has 'x', and the right 'y'"):
        match_by({"item_id": [1], "gtin": ["x"]}, {"item_id": [1], "gtin": ["y"]}, "gtin")


TITLES = st.lists(
    st.sampled_from(["red cup", "blue cup", "tea pot", "green tea", "茶杯 蓝色", "蓝色茶杯"]), min_size=1, max_size=6
)


@given(TITLES, TITLES)
def test_titles_match_one_to_one_and_equal_titles_first(left, right):
    matches = match_titles(dict(enumerate(left)), dict(enumerate(right)), threshold=0.2)
    assert len(set(matches.left)) == len(set(matches.right)) == len(matches)
    assert np.all(np.diff(matches.confidence) <= 0)
    assert np.all((matches.confidence >= 0.2) & (matches.confidence <= 1))
    equal = sum(min(left.count(title), right.count(title)) for title in set(left))
    assert np.count_nonzero(matches.confidence > 0.9999) >= equal


def test_the_most_certain_titles_can_be_chosen_and_shown():
    left = {"item_id": [1, 2], "title": ["Halden backpack, white", "Tea cup blue"]}
    right = {"item_id": ["a", "b"], "title": ["white Halden Backpack", "blue cup for coffee"]}
    matches = match_titles(left, right, threshold=0.1)
    assert len(matches) == 2
    assert matches.above(0.9).right.tolist() == ["a"]
    assert "white Halden Backpack" in str(matches)
    assert matches.to_frame()["right_title"].tolist() == ["white Halden Backpack", "blue cup for coffee"]
    with pytest.raises(DataError, match="a catalogue has no titles"):
        match_titles(left, {"item_id": [1], "title": [None]})


def test_matches_join_logs():
    matches = match_titles({"tea": "green tea", "cup": "red cup"}, {"T": "Green tea", "C": "cup, red"}, threshold=0.9)
    both = EventLog.concat({"app": APP, "web": WEB}, items=matches.ids("app", "web"), unmapped="same")
    assert list(both.items) == ["cup", "pot", "tea"]
