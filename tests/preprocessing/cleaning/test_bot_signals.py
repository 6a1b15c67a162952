"""Signals of bots against a row-by-row reference, and their kernel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import EventLog
from recokit.kernels.cleaning import largest_burst
from recokit.preprocessing.cleaning._bot_signals import signals_of, upper_limit
from tests.naive import cleaning as naive
from tests.preprocessing.cleaning._rows import SECOND, START, make, read_back, rows

HOUR = 3_600
OFFSET = int((START - np.datetime64("1970-01-01", "us")).astype(int)) // SECOND


def spread(given, step):
    """Return rows with the times multiplied and in seconds since 1970."""
    return [row if row["time"] is None else dict(row, time=row["time"] * step) for row in given]


@given(rows(max_size=30, last_second=40), st.sampled_from([1, 20, 1_500, 7_000]))
def test_signals_equal_the_reference(given, step):
    log = make(spread(given, step))
    signals = signals_of(log, log.is_kind("purchase", "return"))
    lines = read_back(log)
    lines = [row if row["time"] is None else dict(row, time=row["time"] + OFFSET) for row in lines]
    for code, user in enumerate(log.users):
        expected = naive.bot_signals([row for row in lines if row["user"] == user], HOUR, 1)
        found = [signals.n_actions[code], signals.rate[code], signals.burst[code], signals.breadth[code]]
        assert found == pytest.approx(list(expected[:4]))
        if expected[4] is None:
            assert np.isnan(signals.quiet_share[code])
        else:
            assert signals.quiet_share[code] == pytest.approx(expected[4])


@given(st.lists(st.integers(0, 60), max_size=30), st.integers(0, 20))
def test_the_largest_burst_is_the_fullest_window(times, window):
    ticks = np.sort(np.array(times, dtype=np.int64))
    largest = np.full(2, -1)
    largest_burst(np.array([0, len(ticks), len(ticks)]), ticks, window, largest)
    expected = max((sum(start <= time <= start + window for time in times) for start in times), default=0)
    assert largest.tolist() == [expected, 0]


def views(times, user="ann", items=3):
    """Return a log of views by one user at times in seconds."""
    stamps = START + np.asarray(times) * SECOND
    ids = [f"i{k % items}" for k in range(len(stamps))]
    return {"user_id": [user] * len(stamps), "item_id": ids, "timestamp": stamps, "event": ["view"] * len(stamps)}


def signals(table):
    log = EventLog.from_frame(table)
    return signals_of(log, log.is_kind("purchase", "return"))


def test_around_the_clock_a_quarter_of_the_hours_is_quiet_and_with_a_night_none():
    hours = np.arange(240)
    assert signals(views(hours * HOUR)).quiet_share[0] == pytest.approx(0.25)
    at_day = hours[(hours % 24 >= 9) & (hours % 24 < 18)]
    for zone in (0, 5, 11):  # in every time zone
        assert signals(views((at_day + zone) * HOUR)).quiet_share[0] == 0


def test_events_with_one_time_are_no_burst():
    assert signals(views([5] * 100)).burst[0] == 1
    assert signals(views(range(100))).burst[0] == 60


def test_the_lines_of_a_large_order_are_one_action():
    table = views([0] * 50 + [10], items=50)
    table["event"] = ["purchase"] * 51
    found = signals(table)
    assert found.n_actions[0] == 2
    assert found.breadth[0] == 0
    table["timestamp"] = START + np.arange(51) * SECOND
    table["order_id"] = ["O1"] * 51
    assert signals(table).n_actions[0] == 1


@given(st.lists(st.floats(0.1, 1_000), min_size=1, max_size=20), st.floats(1, 1e6))
def test_the_limit_grows_with_the_unit_and_ignores_an_outlier(values, factor):
    values = np.array(values)
    everybody, many = np.ones(len(values), dtype=bool), np.full(len(values), 10)
    limit = upper_limit(values, everybody, many, 4.0)
    assert upper_limit(values * factor, everybody, many, 4.0) == pytest.approx(limit * factor, rel=1e-6)
    assert limit > np.median(values)
    outlier = np.append(values, values.max() * 1e9)
    assert upper_limit(outlier, np.append(everybody, False), np.append(many, 10), 4.0) == pytest.approx(limit)


def test_without_enough_users_there_is_no_limit():
    assert upper_limit(np.array([3.0]), np.array([True]), np.array([4]), 4.0) == np.inf
