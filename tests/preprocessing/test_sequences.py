import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import DataError, EventLog
from tests.naive import event_log as naive
from tests.preprocessing._logs import make, read_back, rows

LOG = EventLog.from_frame(
    {
        "user_id": [1, 1, 1, 2, 2],
        "item_id": ["tea", "cup", "tea", "tea", "tea"],
        "order_id": ["A", "A", "B", "A", "A"],
        "timestamp": ["2024-05-01 10:00", "2024-05-01 10:00", "2024-05-02", "2024-05-01 09:00", "2024-05-01 09:00"],
    }
)


@pytest.mark.filterwarnings("ignore:sessions")
@given(rows(), st.integers(1, 20))
def test_sessions_end_with_a_pause_longer_than_the_gap(given, gap):
    log = make(given).sessions(f"{gap}h")
    expected = naive.sessions(read_back(log), gap)
    assert log.session_codes.tolist() == [-1 if session is None else session for session in expected]
    assert list(log.sessions_) == sorted(set(expected) - {None})


@pytest.mark.filterwarnings("ignore:.*events are left out")
@given(rows(missing=False).filter(lambda rows: any(row["event"] != "purchase" or row["quantity"] >= 0 for row in rows)))
def test_sequences_hold_the_items_of_users_and_sessions_in_time_order(given):
    log = make(given).sessions("3h")
    kept = [row for row in read_back(log) if row["event"] != "purchase" or row["quantity"] >= 0]
    sequences = log.sequences()
    assert dict(sequences) == naive.sequences(kept, "user")
    assert np.all(np.diff(sequences.rows.times)[np.diff(sequences.rows.row_codes) == 0] >= np.timedelta64(0))
    numbered = [{**row, "session": session} for row, session in zip(read_back(log), log.session_codes, strict=True)]
    kept = [row for row in numbered if row["event"] != "purchase" or row["quantity"] >= 0]
    assert dict(log.sequences("session")) == naive.sequences(kept, "session")


@pytest.mark.filterwarnings("ignore:.*events are left out")
@given(rows().filter(lambda rows: any(None not in (row["user"], row["item"]) for row in rows)))
def test_baskets_are_the_distinct_items_of_a_day(given):
    given = [{**row, "event": "view"} for row in given]
    log = make(given)
    days = [{**row, "day": row["time"] // 24} for row in read_back(log)]
    baskets = log.baskets("day", events=None)
    assert {user: list(baskets.baskets(user)) for user in baskets.users} == naive.baskets(days, "day")


def test_orders_of_two_users_with_the_same_number_are_two_baskets():
    baskets = LOG.baskets("order")
    assert [list(baskets.baskets(user)) for user in (1, 2)] == [[["cup", "tea"], ["tea"]], [["tea"]]]
    assert baskets.rows.times.astype("datetime64[h]").astype(str).tolist() == [
        "2024-05-01T10",
        "2024-05-01T10",
        "2024-05-02T00",
        "2024-05-01T09",
    ]


def test_returns_are_in_no_basket_and_no_sequence():
    log = EventLog.from_frame(
        {"user_id": [1, 1], "item_id": ["tea", "cup"], "quantity": [1, -1], "timestamp": ["2024-05-01", "2024-05-02"]}
    )
    assert list(log.baskets("day").baskets(1)) == [["tea"]]
    assert log.sequences()[1] == ["tea"]


def test_events_without_ids_or_times_are_left_out_with_a_warning():
    log = EventLog.from_frame(
        {"user_id": [1, None, 1], "item_id": [3, 3, 3], "timestamp": ["2024-05-01", "2024-05-01", None]}
    )
    with pytest.warns(UserWarning, match=r"sequences: 2 of 3 events are left out: no user, item or time"):
        assert dict(log.sequences()) == {1: [3]}
    with pytest.warns(UserWarning, match="sessions: 2 of 3 events are left out"):
        assert log.sessions().session_codes.tolist().count(-1) == 2


@pytest.mark.parametrize("gap", ["30", "soon", 0, -1, "0min", True, None])
def test_a_gap_that_cannot_be_read_is_refused(gap):
    with pytest.raises(ValueError, match="gap="):
        LOG.sessions(gap)


def test_missing_columns_are_named():
    bare = EventLog.from_frame({"user_id": [1], "item_id": [2]})
    with pytest.raises(DataError, match="sessions needs times; give their column as timestamp="):
        bare.sessions()
    steps = EventLog.from_frame({"user_id": [1], "item_id": [2], "timestamp": [3]}, time_unit="step")
    with pytest.raises(DataError, match=r"gap=.*the times of the log are steps"):
        steps.sessions("30min")
    assert len(steps.sessions(2).sessions_) == 1
    with pytest.raises(DataError, match="call sessions"):
        steps.sequences("session")
    with pytest.raises(DataError, match="the log has no orders; give their column as order="):
        steps.baskets()
    with pytest.raises(DataError, match="by='day' needs dates"):
        steps.baskets("day")
    with pytest.raises(ValueError, match="by='week': expected 'order', 'session' or 'day'"):
        LOG.baskets("week")
    with pytest.raises(ValueError, match="by='order': expected 'user' or 'session'"):
        LOG.sequences("order")


def test_clocks_that_jump_back_are_reported_and_do_not_break_sessions():
    times = ["2024-05-01 12:00", "1970-01-01 00:00", "2024-05-01 12:10"]
    with pytest.warns(UserWarning, match=r"1 time\(s\) are before 1990 or after 2099, such as 1970-01-01"):
        log = EventLog.from_frame({"user_id": [1, 1, 1], "item_id": [1, 2, 3], "timestamp": times})
    assert log.sessions().session_codes.tolist() == [0, 1, 1]
