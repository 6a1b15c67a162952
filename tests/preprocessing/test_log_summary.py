import numpy as np
import pytest
from hypothesis import given

from recokit import EventLog
from tests.naive import event_log as naive
from tests.preprocessing._logs import make, read_back, rows


@given(rows())
def test_the_figures_are_those_of_the_rows(given):
    log = make(given)
    summary = log.describe()
    assert summary.total.n_events == len(given)
    for each in (*summary.kinds, summary.total):
        of_kind = [row for row in given if each.kind in (row["event"], "all")]
        assert each.n_events == len(of_kind)
        assert each.n_users == len({row["user"] for row in of_kind} - {None})
        assert each.n_items == len({row["item"] for row in of_kind} - {None})
        assert each.revenue == pytest.approx(sum(map(naive.revenue, of_kind)))
        pairs = [(row["user"], row["item"]) for row in of_kind if row["user"] and row["item"]]
        if pairs:
            assert each.repeat_share == pytest.approx(1 - len(set(pairs)) / len(pairs))
    n_pairs = len({(row["user"], row["item"]) for row in given if row["user"] and row["item"]})
    assert summary.density == pytest.approx(n_pairs / max(log.n_users * log.n_items, 1))
    assert summary.n_missing.get("price", 0) == sum(
        row["price"] is None and row["event"] in ("purchase", "return") for row in given
    )
    late = slice(int(0.8 * len(given)), None)
    for name, share in (("user", summary.cold_users), ("item", summary.cold_items)):
        ids = [row[name] for row in read_back(log)]
        assert share == pytest.approx(np.mean([key is not None and key not in ids[: late.start] for key in ids[late]]))


def test_a_summary_is_a_table_and_a_frame():
    log = EventLog.from_frame(
        {"user_id": [1, 1, 2], "item_id": [5, 5, None], "event": ["view", "purchase", "view"], "timestamp": [3, 4, 9]},
        time_unit="step",
    )
    summary = log.describe()
    assert str(summary).splitlines() == [
        "event     events  users  items  repeats",
        "view           2      2      1     0.0%",
        "purchase       1      1      1     0.0%",
        "all            3      2      1    50.0%",
        "from 3 to 9",
        "50% of all (user, item) pairs have an event",
        "of the last fifth of the events, 100.0% are of new users and 0.0% of new items",
        "1 events without item",
    ]
    assert summary.to_frame()["n_events"].tolist() == [2, 1]
    assert "<td" in summary._repr_html_()
    assert repr(summary) == "LogSummary(3 events, 2 users, 1 items)"
    assert "3 events of 2 users" in log._repr_html_()


def test_a_log_without_times_has_no_period():
    summary = EventLog.from_frame({"user_id": [1], "item_id": [5]}).describe()
    assert (summary.start, summary.cold_users) == (None, None)
