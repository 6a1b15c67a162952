import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from recokit import DataError, EventLog, Popularity
from recokit.datasets import make_shop
from recokit.metrics import evaluate
from recokit.model_selection import (
    GlobalTimeSplit,
    LeaveLastOut,
    RandomHoldOut,
    RollingTimeSplit,
    check_split,
    cross_validate,
    split_interactions,
    split_log,
    train_test_split,
    tune,
)
from tests.naive import event_log as naive
from tests.preprocessing._logs import columns, make, read_back, rows

WEIGHTS = {"view": 1.0, "cart": 2.0, "purchase": 5.0, "return": -5.0}
START = np.datetime64("2024-01-01", "h")


@pytest.fixture(scope="module")
def shop():
    return EventLog.from_frame(make_shop(n_users=60, n_items=40, n_events=3_000).events)


@given(rows(missing=False), st.integers(1, 79))
def test_the_parts_hold_all_events_before_and_from_the_cut(given, cut):
    log = make(given)
    assume(log.times[0] < START + cut <= log.times[-1])
    parts = log.split(at=START + cut)
    train, test = parts
    assert read_back(train) == [row for row in read_back(log) if row["time"] < cut]
    assert read_back(test) == [row for row in read_back(log) if row["time"] >= cut]
    before = {(row["user"], row["item"]) for row in read_back(train)}
    assert parts.n_repeats == sum((row["user"], row["item"]) in before for row in read_back(test))
    assert parts.n_new_users == len(set(test.users) - set(train.users))
    assert parts.n_new_items == len(set(test.items) - set(train.items))


@pytest.mark.filterwarnings("ignore:interactions")
@given(rows(missing=False), st.integers(1, 79), st.booleans(), st.booleans())
def test_training_and_test_follow_the_definition(given, cut, repeats, new_users):
    given = [{**row, "quantity": 1.0} for row in given]
    log = make(given)
    moment = START + cut
    train = {pair for pair, v in naive.values([r for r in given if r["time"] < cut], WEIGHTS).items() if v > 0}
    later = [r for r in given if r["time"] >= cut and r["event"] == "purchase"]
    known = {user for user, _ in train}
    counts = naive.values(later, {"purchase": 1})
    tested = {
        pair: n for pair, n in counts.items() if (repeats or pair not in train) and (new_users or pair[0] in known)
    }
    assume(train and tested)
    options = {"repeats": "allowed" if repeats else "new", "new_users": new_users, "at": moment}
    split = log.train_test(weights=WEIGHTS, **options)
    assert {tuple(pair) for pair in split.train.to_pairs()[0].tolist()} == train
    pairs, values = split.test.to_pairs()
    assert {tuple(pair): n for pair, n in zip(pairs.tolist(), values.tolist(), strict=True)} == tested
    assert split.test.n_merged == sum(tested.values()) - len(tested)
    assert split.train.timestamps.max() < moment <= split.test.timestamps.min()


@pytest.mark.filterwarnings("ignore:interactions")
@given(rows(missing=False), rows(missing=False), st.integers(1, 79))
def test_events_after_the_cut_do_not_change_the_training_data(past, future, cut):
    past = [{**row, "quantity": 1.0, "time": row["time"] % cut} for row in past]
    past.append({"user": "ann", "item": "cup", "time": 0, "event": "purchase", "quantity": 1.0, "price": 1.0})
    futures = [[{**row, "quantity": 1.0, "time": cut + row["time"], "event": "purchase"} for row in future]]
    futures.append([{"user": "eve", "item": "tea", "time": cut, "event": "purchase", "quantity": 1.0, "price": 9.0}])
    trains = []
    for later in futures:
        log = make([*past, *later])
        options = {"half_life": 1, "repeats": "allowed", "new_users": True}
        trains.append(log.train_test(at=START + cut, weights="learn", **options).train)
    assert trains[0].equals(trains[1])


def test_split_log_reads_a_log_as_its_frame():
    events = [("ann", "tea"), ("ann", "cup"), ("bob", "tea"), ("ann", "tea"), ("bob", "cup"), ("eve", "cup")]
    common = {"event": "view", "quantity": 1.0, "price": 1.0}
    given = [{"user": user, "item": item, "time": time, **common} for time, (user, item) in enumerate(events, start=1)]
    frame = {name: column for name, column in columns(given).items() if name != "event"}
    for options in ({"new_users": True}, {"at": START + 4}, {"at": START + 4, "repeats": True}, {"test_size": 0.5}):
        expected, found = split_log(frame, **options), split_log(make(given), **options)
        assert str(found) == str(expected)
        assert found.train.equals(expected.train)
        assert found.test.equals(expected.test)
    with pytest.raises(DataError, match=r"several kinds of events: cart, view; use log\.train_test"):
        split_log(make([*given, {**given[0], "event": "cart"}]))


def test_windows_are_consecutive_and_train_on_the_past(shop):
    purchases = shop.filter(events="purchase")
    windows = shop.rolling_windows(3, weights="learn", repeats="allowed", new_users=True)
    starts = [window.at for window in windows]
    assert starts == sorted(set(starts))
    for window, end in zip(windows, [*starts[1:], purchases.times[-1] + 1], strict=True):
        assert window.train.timestamps.max() < window.at <= window.test.timestamps.min()
        assert window.test.timestamps.max() < end
        assert window.test.values.sum() == np.count_nonzero((purchases.times >= window.at) & (purchases.times < end))
    weeks = shop.rolling_windows(2, window="7d", train_window="30d", weights={"view": 1, "cart": 1, "purchase": 1})
    assert weeks[1].at - weeks[0].at == np.timedelta64(7, "D")
    assert weeks[0].at - weeks[0].train.timestamps.min() <= np.timedelta64(30, "D")


def test_a_split_has_no_leak(shop):
    split = shop.train_test(weights={"view": 1, "cart": 3, "purchase": 10})
    assert not check_split(*split).n_duplicates
    model = Popularity().fit(split.train)
    users = list(split.test.users)
    assert evaluate(model.recommend(users, n=10), split.test, train=split.train).n_users == len(users)


@pytest.mark.parametrize("splitter", [GlobalTimeSplit(0.3), LeaveLastOut(1), RollingTimeSplit(2)])
def test_splitters_by_time_split_the_events_of_a_log(shop, splitter):
    log = shop.filter(events="purchase")
    for train, test in splitter.split(log):
        assert sorted([*train, *test]) == sorted(set(train) | set(test))
        if isinstance(splitter, GlobalTimeSplit):
            assert log.times[train].max() < log.times[test].min()
    for train, test in split_interactions(log, splitter):
        assert train.users == test.users == log.users
        assert not check_split(train, test).n_duplicates
        assert train.values.max() > 1


def test_splitters_that_ignore_time_are_refused(shop):
    with pytest.raises(DataError, match="an EventLog is split by time"):
        next(split_interactions(shop, RandomHoldOut(0.2)))


def test_models_are_compared_and_tuned_on_a_log(shop, recwarn):
    log = shop.filter(events="purchase")
    scores = cross_validate([Popularity()], log, GlobalTimeSplit(0.3), "recall@10")
    assert 0 < scores.means["Popularity"]["recall@10"] <= 1
    assert cross_validate(Popularity(), log).n_folds == 3
    found = tune(Popularity(), log, {"half_life": [None, 30.0]}, budget_seconds=5)
    assert found.best_estimator.interactions_.n_merged == log.interactions().n_merged
    train, test = train_test_split(log, test_size=0.3)
    assert train.timestamps.max() < test.timestamps.min()
    windows = shop.rolling_windows(2, weights={"view": 1, "cart": 3, "purchase": 10})
    weighted = shop.interactions({"view": 1, "cart": 3, "purchase": 10})
    assert cross_validate(Popularity(), weighted, windows).n_folds == 2
    assert not [warning for warning in recwarn if "merged" in str(warning.message)]


def test_splits_that_cannot_be_made_are_refused(shop):
    with pytest.raises(
        ValueError, match=r"test_size=2: expected a number between 0 and 1; to split at a moment, pass at=2"
    ):
        shop.split(test_size=2)
    with pytest.raises(DataError, match="no training events: all events are at or after 2000-01-01"):
        shop.split(at="2000-01-01")
    with pytest.raises(DataError, match="no test events: all events are before 2100-01-01"):
        shop.split(at="2100-01-01")
    with pytest.raises(ValueError, match="repeats='old': expected 'new' or 'allowed'"):
        shop.train_test(repeats="old", weights="learn")
    with pytest.raises(DataError, match="target: 'order' is not in the log"):
        shop.train_test("order")
    with pytest.raises(DataError, match="several kinds of events"):
        shop.train_test()
    with pytest.raises(DataError, match=r"until='2001-01-01'|no event has a time before"):
        shop.train_test(weights="learn", until="2001-01-01")
    with pytest.raises(DataError, match="split needs times"):
        EventLog.from_frame({"user_id": [1], "item_id": [2]}).split()
    one_day = EventLog.from_frame({"user_id": [1, 2], "item_id": [1, 2], "timestamp": ["2024-05-01", "2024-05-01"]})
    with pytest.raises(DataError, match="train_test: all interactions have the same timestamp"):
        one_day.train_test()
    with pytest.raises(DataError, match="too few distinct times for 3 windows"):
        one_day.rolling_windows()
    missing = EventLog.from_frame({"user_id": [1, 2], "item_id": [1, None], "timestamp": ["2024-05-01", "2024-05-02"]})
    with pytest.raises(DataError, match=r"1 event\(s\) of the log have no user, item or time; remove them first"):
        next(GlobalTimeSplit(0.5).split(missing))
