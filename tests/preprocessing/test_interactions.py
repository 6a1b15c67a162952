import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from recokit import DataError, EventLog, ItemKNN
from recokit.preprocessing import learn_weights
from tests.naive import event_log as naive
from tests.preprocessing._logs import KINDS, make, read_back, rows

WEIGHTS = {"view": 1.0, "cart": 3.0, "purchase": 10.0, "return": -5.0}


def cells(data):
    pairs, values = data.to_pairs()
    return {tuple(pair): value for pair, value in zip(pairs.tolist(), values.tolist(), strict=True)}


def positive(sums):
    return {pair: pytest.approx(value, rel=1e-5) for pair, value in sums.items() if value > 1e-6}


@pytest.mark.filterwarnings("ignore:interactions")
@given(rows(), st.sampled_from([None, "linear"]), st.sampled_from([None, 24]))
def test_the_value_of_a_pair_is_the_sum_of_its_events(given, quantity, half_life):
    log = make(given)
    kept = [row for row in read_back(log) if row["user"] is not None and row["item"] is not None]
    now = max((row["time"] for row in kept), default=0)
    expected = naive.values(kept, WEIGHTS, half_life, now, quantity == "linear")
    assume(any(value > 1e-6 for value in expected.values()))
    days = None if half_life is None else half_life / 24
    data = log.interactions(WEIGHTS, quantity=quantity, half_life=days)
    assert cells(data) == positive(expected)
    assert list(data.users) == sorted({user for user, _ in cells(data)})


@given(rows(missing=False))
def test_the_sum_of_positive_weights_is_preserved(given):
    log = make([{**row, "quantity": abs(row["quantity"])} for row in given])
    weights = {kind: number + 1 for number, kind in enumerate(KINDS)}
    data = log.interactions(weights)
    assert math.isclose(data.values.sum(), sum(weights[row["event"]] for row in given), rel_tol=1e-6)
    assert data.n_merged == len(given) - data.n_interactions


def test_the_timestamp_of_a_pair_is_that_of_its_latest_event():
    log = EventLog.from_frame({"user_id": [1, 1], "item_id": [2, 2], "timestamp": [5, 9]}, time_unit="step")
    data = log.interactions()
    assert (data.values.tolist(), data.timestamps.tolist(), data.n_merged) == ([2.0], [9], 1)


def test_quantities_count_linearly_or_by_their_logarithm():
    log = EventLog.from_frame({"user_id": [1, 2, 3, 4], "item_id": [1, 1, 1, 1], "quantity": [1, 3, None, 0]})
    assert log.interactions().values.tolist() == [1, 1, 1, 1]
    with pytest.raises(ValueError, match="quantity='square': expected 'linear', 'log' or None"):
        log.interactions(quantity="square")
    assert cells(log.interactions(quantity="linear")) == {(1, 1): 1.0, (2, 1): 3.0, (3, 1): 1.0}
    assert cells(log.interactions(quantity="log")) == {(1, 1): 1.0, (2, 1): 2.0, (3, 1): 1.0}
    with pytest.raises(DataError, match="the log has no quantities"):
        EventLog.from_frame({"user_id": [1], "item_id": [2]}).interactions(quantity="log")


def test_pairs_with_a_sum_of_zero_or_less_are_left_out_with_a_warning():
    log = EventLog.from_frame({"user_id": [1, 1, 2], "item_id": [5, 5, 5], "event": ["purchase", "return", "purchase"]})
    with pytest.warns(UserWarning, match=r"interactions: 1 of 2 \(user, item\) pairs are left out"):
        data = log.interactions({"purchase": 1, "return": -1})
    assert cells(data) == {(2, 5): 1.0}
    with pytest.raises(DataError, match="no event has a positive value"):
        log.interactions({"purchase": 0, "return": -1})


def test_purchases_of_a_negative_quantity_need_the_weight_of_returns():
    log = EventLog.from_frame({"user_id": [1, 1, 2], "item_id": [5, 6, 5], "quantity": [2, -1, 1]})
    with pytest.raises(DataError, match=r"1 purchase\(s\) have a negative quantity, and so are returns; net them"):
        log.interactions()
    with pytest.warns(UserWarning, match="1 of 3"):
        assert cells(log.interactions({"purchase": 1, "return": -1})) == {(1, 5): 1.0, (2, 5): 1.0}


def test_all_kinds_need_a_weight():
    log = EventLog.from_frame({"user_id": [1, 1], "item_id": [5, 6], "event": ["view", "wish"]})
    with pytest.raises(DataError, match=r"several kinds of events: 'view', 'wish'; give a weight for each.*'view': 1"):
        log.interactions()
    with pytest.raises(DataError, match="weights: no weight for 'wish'"):
        log.interactions({"view": 1})
    assert cells(log.interactions({"view": 1, "wish": 0, "gift": 3})) == {(1, 5): 1.0}
    assert log.filter(events="wish").interactions().n_interactions == 1
    with pytest.raises(ValueError, match="weights='most': expected a mapping, 'learn' or None"):
        log.interactions("most")


def test_sources_have_weights():
    part = EventLog.from_frame({"user_id": [1], "item_id": [5]})
    both = EventLog.concat({"app": part, "web": part})
    assert both.interactions(sources={"app": 0.5, "web": 1.0}).values.tolist() == [1.5]
    assert both.interactions(sources={"app": 0, "web": 2}).n_merged == 0
    with pytest.raises(DataError, match="sources: no weight for 'web'"):
        both.interactions(sources={"app": 1})
    with pytest.raises(DataError, match="the log has no sources"):
        part.interactions(sources={"app": 1})


def test_events_from_the_moment_on_are_left_out():
    log = EventLog.from_frame({"user_id": [1, 2], "item_id": [5, 5], "timestamp": ["2024-05-01", "2024-05-11"]})
    data = log.interactions(half_life="10d", at="2024-05-11")
    assert cells(data) == {(1, 5): 0.5}
    assert cells(log.interactions(half_life=10)) == {(1, 5): 0.5, (2, 5): 1.0}


def test_events_without_ids_or_times_are_left_out_with_a_warning():
    times = ["2024-05-01", "2024-05-01", None]
    log = EventLog.from_frame({"user_id": [1, None, 1], "item_id": [5, 5, 6], "timestamp": times})
    with pytest.warns(UserWarning, match="interactions: 2 of 3 events are left out: no user, item or time"):
        assert cells(log.interactions()) == {(1, 5): 1.0}


def is_bought(row):
    return row["event"] == "purchase" and row["user"] and row["item"] and (row["quantity"] or 0) >= 0


@given(rows().filter(lambda rows: any(map(is_bought, rows))))
def test_learned_weights_count_the_events_before_a_purchase(given):
    log = make(given)
    learned = learn_weights(log, smoothing=1)
    for each in learned.kinds:
        assert (each.n_events, each.n_followed) == naive.followed(read_back(log), each.kind, "purchase")
        assert each.weight == 1 if each.kind == "purchase" else each.weight <= 1
    pairs = {(row["user"], row["item"]) for row in given if is_bought(row)}
    assert learned.base_probability == len(pairs) / (log.n_users * log.n_items)
    assert learned.weights.get("return", -1) == -1


def test_learned_weights_show_their_table():
    log = EventLog.from_frame(
        {
            "user_id": [1, 1, 2, 3],
            "item_id": ["tea", "tea", "tea", "cup"],
            "event": ["view", "purchase", "view", "purchase"],
            "timestamp": [1, 2, 3, 4],
        },
        time_unit="step",
    )
    learned = learn_weights(log, smoothing=2)
    assert learned.weights == {"purchase": 1.0, "view": pytest.approx((1 + 2 / 3) / 4 / (1 - 1 / 3) - 1 / 2)}
    assert str(learned).splitlines()[0].split() == [
        "event",
        "events",
        "followed",
        "by",
        "purchase",
        "odds",
        "ratio",
        "weight",
    ]
    assert learned.to_frame()["n_followed"].tolist() == [0, 1]
    assert "Learned weights" in learned._repr_html_()
    assert cells(log.interactions(learned)) == cells(log.interactions(learned.weights))
    with pytest.raises(DataError, match="target='order': no such event in the log; its kinds are 'purchase', 'view'"):
        learn_weights(log, "order")


def test_learned_weights_ignore_the_future():
    log = EventLog.from_frame(
        {"user_id": [1, 1, 2], "item_id": [5, 5, 5], "event": ["view", "purchase", "purchase"], "timestamp": [1, 9, 3]},
        time_unit="step",
    )
    until = log.interactions("learn", at=5)
    assert cells(until) == cells(log.between(None, 5).interactions("learn"))
    assert (1, 5) not in cells(until) or cells(until)[1, 5] < cells(log.interactions("learn"))[1, 5]


def test_models_fit_a_log_with_one_kind_of_event():
    log = EventLog.from_frame({"user_id": [1, 1, 2, 2], "item_id": [5, 5, 5, 6]})
    model = ItemKNN().fit(log)
    assert model.interactions_.equals(log.interactions())
    kinds = EventLog.from_frame({"user_id": [1, 1], "item_id": [5, 6], "event": ["view", "cart"]})
    with pytest.raises(DataError, match=r"several kinds of events.*log\.interactions\(weights="):
        ItemKNN().fit(kinds)
    with pytest.raises(ValueError, match="an EventLog holds its own values"):
        ItemKNN().fit(log, np.ones(4))
