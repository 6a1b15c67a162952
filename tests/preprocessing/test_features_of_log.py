import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import DataError
from recokit.datasets import make_shop
from recokit.preprocessing import EventLog, item_features, user_features
from tests.naive import features as naive

DAY = 86_400
START = 19_844 * DAY  # 2024-05-01, in seconds since 1970
CATALOGUE = {"item_id": ["a", "b", "c", "x"], "category": ["toys", "toys", "books", "garden"], "price": [1, 2, 3, 4]}
CATEGORIES = {"a": "toys", "b": "toys", "c": "books"}

EVENT = st.fixed_dictionaries(
    {
        "user": st.integers(1, 4),
        "item": st.sampled_from("abcd"),
        "event": st.sampled_from(["view", "purchase", "purchase", "return"]),
        "second": st.integers(0, 60 * DAY).map(lambda second: START + second),
        "quantity": st.sampled_from([-2, -1, 1, 1, 1, 3]),
        "price": st.sampled_from([0.5, 1.0, 2.0, 2.0, 7.25]),
        "order": st.sampled_from([None, "o1", "o2", "o3"]),
        "source": st.sampled_from(["web", "app"]),
    }
)
EVENTS = st.lists(EVENT, min_size=1, max_size=25).map(lambda events: [{**PURCHASE, "user": 1}, *events])
PURCHASE = {
    "user": 1, "item": "a", "event": "purchase", "second": START, "quantity": 1, "price": 1.0, "order": None,
    "source": "web",
}  # fmt: skip
MOMENT = st.integers(1, 61 * DAY).map(lambda second: START + second)


def log_of(events):
    """Return the log of events as dictionaries."""
    columns = {
        "user_id": "user", "item_id": "item", "event": "event", "timestamp": "second", "quantity": "quantity",
        "price": "price", "order_id": "order", "source": "source",
    }  # fmt: skip
    table = {name: [event[key] for event in events] for name, key in columns.items()}
    return EventLog.from_frame(table, time_unit="s")


def as_moment(second):
    return np.datetime64(second, "s")


def assert_equal_to_naive(features, expected):
    assert list(features.ids) == list(expected)
    for column in features.names:
        given = features[column].tolist()
        np.testing.assert_allclose(given, [one.get(column, 0.0) for one in expected.values()], rtol=1e-9, atol=1e-9)


@given(EVENTS, MOMENT)
def test_user_features_equal_those_of_the_reference(events, now):
    earlier = [event for event in events if event["second"] < now]
    features = user_features(log_of(events), CATALOGUE, at=as_moment(now))
    expected = naive.user_features(earlier, CATEGORIES, now)
    assert_equal_to_naive(features[[name for name in features.names if name != "category=garden"]], expected)
    assert set(np.unique(features["category=garden"][~np.isnan(features["category=garden"])])) <= {0.0}
    for name in set(next(iter(expected.values()))) - set(features.names):  # left out, because nothing is known
        assert all(math.isnan(one[name]) or one[name] == 0 for one in expected.values()), name


@given(EVENTS, MOMENT, st.sampled_from([0.5, 7.0, 28.0]))
def test_item_features_equal_those_of_the_reference(events, now, window):
    earlier = [event for event in events if event["second"] < now]
    features = item_features(log_of(events), CATALOGUE, at=as_moment(now), trend_window=window)
    assert_equal_to_naive(features, naive.item_features(earlier, CATEGORIES, now, window))


@given(EVENTS, st.lists(EVENT, max_size=10), MOMENT)
def test_events_at_or_after_the_moment_change_nothing(events, later, now):
    later = [{**event, "second": max(event["second"], now), "user": event["user"] + 2} for event in later]
    at = as_moment(now)
    for compute in (user_features, item_features):
        assert compute(log_of([*events, *later]), CATALOGUE, at) == compute(log_of(events), CATALOGUE, at)


@given(EVENTS, st.randoms())
def test_the_order_of_the_rows_changes_nothing(events, random):
    shuffled = random.sample(events, len(events))
    for compute in (user_features, item_features):
        assert compute(log_of(shuffled), CATALOGUE) == compute(log_of(events), CATALOGUE)


@given(EVENTS)
def test_shares_are_between_zero_and_one_and_those_of_a_family_add_up_to_one(events):
    features = user_features(log_of(events), CATALOGUE)
    for family in ("daypart", "category", "source"):
        shares = features[[column.name for column in features.columns if column.family == family]].values
        assert np.nanmin(shares) >= 0
        np.testing.assert_allclose(shares[~np.isnan(shares[:, 0])].sum(axis=1), 1)


def test_without_a_moment_all_events_are_used_and_ages_end_at_the_last():
    events = [{**PURCHASE, "second": START + day * DAY} for day in (0, 3, 10)]
    features = user_features(log_of(events))
    assert features[["frequency", "recency", "tenure"]].values.tolist() == [[3, 0, 10]]
    assert features[["interval_mean", "interval_std"]].values.tolist() == [[5, math.sqrt(8)]]


def test_a_user_without_purchases_has_undefined_values():
    view = {**PURCHASE, "user": 2, "event": "view", "second": START + 5}
    row = user_features(log_of([PURCHASE, view]), CATALOGUE).of([2])
    defined = {name for name, value in zip(row.names, row.values[0], strict=True) if not math.isnan(value)}
    assert defined == {
        "tenure", "frequency", "n_items", "n_events", "active_days", "monetary", "conversion", "source=web"
    }  # fmt: skip


def test_columns_about_which_the_events_say_nothing_are_left_out():
    features = user_features(EventLog.from_frame({"user_id": [1, 2], "item_id": [7, 8]}))
    assert features.names == ("frequency", "n_items", "n_events")
    steps = EventLog.from_frame({"user_id": [1, 2], "item_id": [7, 8], "timestamp": [0, 9]}, time_unit="step")
    features = user_features(steps)
    assert features.units["recency"] == "steps"
    assert features["recency"].tolist() == [9, 0]
    assert "weekend_share" not in features.names
    assert item_features(steps)["age"].tolist() == [9, 0]


def test_prices_of_the_catalogue_replace_those_that_the_log_lacks():
    log = EventLog.from_frame({"user_id": [1, 1, 2], "item_id": ["a", "c", "b"]})
    assert user_features(log, CATALOGUE)["monetary"].tolist() == [4, 2]
    assert item_features(log, CATALOGUE)["price"].tolist() == [1, 2, 3]
    assert "monetary" not in user_features(log).names


def test_the_price_level_compares_prices_within_the_category():
    log = EventLog.from_frame(
        {"user_id": [1, 2, 3, 4], "item_id": ["a", "b", "c", "c"], "price": [1.0, 2.0, 50.0, 60.0]}
    )
    assert user_features(log, CATALOGUE)["price_level"].tolist() == [0.25, 0.75, 0.25, 0.75]
    assert user_features(log)["price_level"].tolist() == [0.125, 0.375, 0.625, 0.875]


def test_the_smallest_categories_of_the_catalogue_are_pooled():
    items = [f"i{number}" for number in range(6)]
    catalogue = {"item_id": items, "kind": ["a", "a", "b", "b", "c", None]}
    log = EventLog.from_frame({"user_id": [1] * 6, "item_id": items})
    features = user_features(log, catalogue, category="kind", max_categories=2)
    shares = {name: features[name][0] for name in features.names if name.startswith("category=")}
    assert shares == {"category=a": 0.4, "category=other": 0.6}
    assert "category=a" not in user_features(log, catalogue, category=None).names


def test_other_kinds_of_events_can_be_the_target():
    events = [{**PURCHASE, "event": "view"}, {**PURCHASE, "event": "view", "item": "b"}, PURCHASE]
    features = user_features(log_of(events), target=("view", "purchase"))
    assert features["n_items"].tolist() == [2]


def test_features_can_be_trained_on_without_a_leak_of_later_purchases():
    shop = make_shop(300, 100, 20_000, random_state=1)
    log = EventLog.from_frame(shop.events)
    at = np.datetime64("2024-09-01")
    features = user_features(log, shop.catalogue, at=at)
    assert features == user_features(log.between(None, at), shop.catalogue, at=at)
    assert np.nanmin(features["recency"]) > 0


BAD_LOGS = {
    "an empty log": (lambda log: log.take([]), {}, DataError, "user_features: the log is empty"),
    "a frame": (lambda log: {"user_id": [1]}, {}, TypeError, "expected an EventLog, got dict"),
    "a moment before the first event": (
        lambda log: log, {"at": "2020-01-01"}, DataError, "no event before at='2020-01-01'; the first event is at 2024"
    ),
    "an unknown target": (lambda log: log, {"target": "buy"}, DataError, "target: 'buy' is not in the log; its kinds"),
    "an unknown column": (
        lambda log: log, {"catalogue": CATALOGUE, "category": "kind"}, DataError, "no column 'kind'.*category=None"
    ),
    "a catalogue of other items": (
        lambda log: log, {"catalogue": {"item_id": ["z"], "category": ["q"]}}, DataError, "none of the 1 items"
    ),
    "a number of categories": (lambda log: log, {"max_categories": 1}, ValueError, "max_categories=1: expected"),
    "a moment of the wrong type": (lambda log: log, {"at": 17}, DataError, "at=17|stop=17"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "options", "error", "message"), BAD_LOGS.values(), ids=BAD_LOGS)
def test_logs_that_cannot_be_used_are_refused(change, options, error, message):
    with pytest.raises(error, match=message):
        user_features(change(log_of([PURCHASE])), **options)


def test_missing_users_and_times_are_refused_with_the_remedy():
    log = EventLog.from_frame({"user_id": [1, None], "item_id": [7, 8], "timestamp": ["2024-05-01", None]})
    with pytest.raises(DataError, match=r"1 without a user and 1 without a time; remove them with log.clean"):
        user_features(log)
    with pytest.raises(DataError, match="item_features: the log has events 1 without a user"):
        item_features(log)


def test_a_trend_window_that_is_not_positive_is_refused():
    with pytest.raises(ValueError, match="trend_window=0: expected a finite number above 0"):
        item_features(log_of([PURCHASE]), trend_window=0)
