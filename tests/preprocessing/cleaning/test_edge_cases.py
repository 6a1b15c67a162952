"""Edge cases of the rules, and messages for bad input."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest

from recokit import DataError, EventLog
from recokit.preprocessing import ClipQuantities, DropBots, DropDuplicates, DropItems, DropMissing, KCore, NetReturns


def log_of(**columns):
    """Return a log of one user and item; scalars are repeated."""
    n = max(len(values) for values in columns.values() if isinstance(values, list))
    table = {"user_id": 1, "item_id": "tea", **columns}
    return EventLog.from_frame({k: v if isinstance(v, list) else [v] * n for k, v in table.items()})


def status_of(log, **parameters):
    return NetReturns(**parameters).apply(log).details["status"].tolist()


# NetReturns


def test_a_return_without_a_purchase_is_removed_and_reported():
    log = log_of(event=["return", "view"], timestamp=["2024-05-02", "2024-05-01"])
    cleaned, report = log.clean(NetReturns())
    assert cleaned.kinds == ("view",)
    assert report.details("NetReturns")["status"].tolist() == ["without purchase"]
    assert "1 return without purchase, such as user 1 return item tea 2024-05-02" in str(report)


def test_a_refund_before_its_purchase_is_reported_separately():
    log = log_of(event=["return", "purchase"], timestamp=["2024-05-01", "2024-05-02"])
    assert status_of(log) == ["before purchase"]
    assert NetReturns().apply(log).log.kinds == ("purchase",)


def test_the_latest_purchase_is_returned_first():
    times = ["2024-05-01", "2024-05-02", "2024-05-03"]
    log = log_of(event=["purchase", "purchase", "return"], timestamp=times, quantity=[2, 2, 3])
    cleaned = NetReturns().apply(log).log
    assert cleaned.quantities.tolist() == [1]
    assert cleaned.times.astype("datetime64[D]").astype(str).tolist() == ["2024-05-01"]


def test_more_returned_than_bought_is_reported():
    times = ["2024-05-01", "2024-05-02", "2024-05-03"]
    log = log_of(event=["purchase", "return", "return"], timestamp=times, quantity=[1, 2, 1], price=3.0)
    made = NetReturns().apply(log)
    assert made.details["status"].tolist() == ["netted in part", "exceeds purchases"]
    assert made.details["netted"].tolist() == [1, 0]
    assert made.details["unmatched_value"].tolist() == [3, 3]


def test_a_purchase_and_its_return_at_the_same_time_cancel_out():
    log = log_of(event="purchase", timestamp=["2024-05-01"] * 3, quantity=[-1, 1, 5], order_id=["C1", "1", "2"])
    assert sum(NetReturns().apply(log).log.quantities) == 5


def test_quantity_zero_neither_returns_nor_is_returned():
    log = log_of(
        event=["purchase", "purchase", "return", "return"], timestamp=["2024-05-01"] * 4, quantity=[0, 1, 1, 0]
    )
    made = NetReturns().apply(log)
    assert made.log.quantities.tolist() == [0]
    assert sorted(made.details["status"]) == ["netted", "quantity 0"]


def test_returns_need_no_price_quantity_or_time():
    log = log_of(event=["purchase", "return", "view"])
    cleaned, report = log.clean(NetReturns())
    assert cleaned.kinds == ("view",)
    assert list(report.details("NetReturns")) == ["user_id", "item_id", "quantity", "netted", "status"]
    priced = log_of(event=["purchase", "return", "view"], price=[None, 2.0, None])
    assert priced.clean(NetReturns())[1].details("NetReturns")["unmatched_value"].tolist() == [0]


def test_returns_of_unknown_users_are_removed_and_reported():
    log = EventLog.from_frame({"user_id": [None, 1], "item_id": ["tea"] * 2, "event": ["return", "purchase"]})
    cleaned, report = log.clean(NetReturns())
    assert len(cleaned) == 1
    assert report.details("NetReturns")["user_id"].isna().tolist() == [True]
    assert report.details("NetReturns")["status"].tolist() == ["without user or item"]


def test_fractions_of_a_unit_are_returned_completely():
    log = log_of(event=["purchase"] + ["return"] * 3, timestamp=["2024-05-01"] * 4, quantity=[0.3, 0.1, 0.1, 0.1])
    assert len(NetReturns().apply(log).log) == 0


def test_other_kinds_can_be_sales_and_returns():
    log = log_of(event=["sale", "refund", "view"], timestamp=["2024-05-01", "2024-05-02", "2024-05-03"])
    assert status_of(log, events="refund", purchases="sale") == ["netted"]


def test_a_prefix_of_all_orders_is_refused():
    log = log_of(event="purchase", order_id=["C1", "C2"])
    with pytest.raises(DataError, match="all orders begin with order_prefix='C', such as 'C1', 'C2'; give the prefix"):
        log.clean(NetReturns())
    assert len(log.clean(NetReturns(order_prefix=None))[0]) == 2


def test_ids_of_orders_can_be_numbers_and_text():
    log = log_of(order_id=[1, "C2"], timestamp=["2024-05-01", "2024-05-02"])
    assert status_of(log) == ["netted"]
    assert len(log_of(order_id=[1, 2]).clean(NetReturns())[0]) == 2


def test_a_log_without_returns_is_unchanged():
    log = log_of(event=["purchase", "view"])
    cleaned, report = log.clean(NetReturns())
    assert cleaned is log
    assert report["NetReturns"].examples == ("no returns found",)


# DropDuplicates


def test_a_log_without_times_needs_orders_or_sessions():
    with pytest.raises(DataError, match="needs times, orders or sessions"):
        log_of(event=["view", "view"]).clean(DropDuplicates())
    assert len(log_of(order_id=["1", "1", "2"]).clean(DropDuplicates())[0]) == 2
    assert len(log_of(session_id=["1", "1", "2"]).clean(DropDuplicates())[0]) == 2


def test_missing_values_are_equal_to_each_other():
    log = log_of(timestamp=["2024-05-01", "2024-05-01"], quantity=[None, None], price=3.0)
    assert len(log.clean(DropDuplicates("1h"))[0]) == 1


def test_events_without_a_user_or_a_time_repeat_only_within_an_order_or_session():
    for missing in ({"user_id": None, "timestamp": "2024-05-01"}, {"timestamp": None}):
        unknown = log_of(event=["view", "view"], session_id=[None, None], **missing)
        assert len(unknown.clean(DropDuplicates("1h"))[0]) == 2
        same = log_of(event=["view", "view"], session_id=["s", "s"], **missing)
        assert len(same.clean(DropDuplicates("1h"))[0]) == 1


def test_a_different_value_in_any_column_is_no_repeat():
    base = {"event": ["view", "view"], "timestamp": ["2024-05-01", "2024-05-01"]}
    assert len(log_of(**base).clean(DropDuplicates())[0]) == 1
    names = {"quantity": [1, 2], "price": [1, None], "order_id": ["1", None], "session_id": [1, 2]}
    for name, values in (names | {"query": ["a", "b"], "source": ["web", "app"]}).items():
        assert len(log_of(**base, **{name: values}).clean(DropDuplicates())[0]) == 2


def test_repeats_in_a_chain_are_measured_from_the_event_that_stays():
    times = [f"2024-05-01 10:00:0{second}" for second in range(6)]
    kept = log_of(timestamp=times).clean(DropDuplicates("2s"))[0]
    assert (kept.times.astype("datetime64[s]").astype(np.int64) % 10).tolist() == [0, 3]


def test_the_window_is_text_or_a_timedelta():
    times = ["2024-05-01 10:00:00", "2024-05-01 10:00:30"]
    for window in ("1min", datetime.timedelta(seconds=30), np.timedelta64(30, "s"), "0.5min"):
        assert len(log_of(timestamp=times).clean(DropDuplicates(window))[0]) == 1
    assert len(log_of(timestamp=times).clean(DropDuplicates("29s"))[0]) == 2


def test_steps_have_no_window():
    log = EventLog.from_frame({"user_id": [1, 1], "item_id": [2, 2], "timestamp": [5, 5]}, time_unit="step")
    assert len(log.clean(DropDuplicates())[0]) == 1
    with pytest.raises(DataError, match="window='2s' needs dates, but the times are steps"):
        log.clean(DropDuplicates("2s"))


# DropBots


def crawl(user, start, n, pause=1):
    """Return the views of a crawler as a frame."""
    times = np.datetime64(start, "us") + np.arange(n) * np.timedelta64(pause, "s")
    ids = [f"P{k:04d}" for k in range(n)]
    return pd.DataFrame({"user_id": user, "item_id": ids, "timestamp": times, "event": "view"})


def test_a_bot_is_found_in_the_log_of_one_day():
    with_others = [crawl(user, f"2024-05-01 {user % 24:02d}:00", 5, 60) for user in range(2, 40)]
    log = EventLog.from_frame(pd.concat([crawl(1, "2024-05-01", 400), *with_others]))
    report = log.clean(DropBots())[1]
    assert report.details("DropBots")["user_id"].tolist() == [1]
    assert "user 1: 400 actions an hour, 60 actions a minute, 400 items a day" in report["DropBots"].examples[2]


def test_a_log_of_one_user_has_no_outlier():
    log = EventLog.from_frame(crawl(1, "2024-05-01", 400))
    cleaned, report = log.clean(DropBots())
    assert cleaned.equals(log)
    assert report["DropBots"].examples[1] == "no bots"


def test_users_to_keep_are_never_bots():
    others = [crawl(user, "2024-05-01", 5, 60) for user in range(2, 40)]
    log = EventLog.from_frame(pd.concat([crawl(1, "2024-05-01", 400), *others]))
    for keep in (1, [1], np.array([1]), [1, 99]):
        assert log.clean(DropBots(keep=keep))[0].equals(log)


def test_clocks_that_jump_make_no_bots():
    frame = crawl("ann", "2024-05-01 10:00", 60, 3_000)
    frame.loc[10:12, "timestamp"] = np.datetime64("1970-01-01", "us")  # an unset clock
    frame.loc[13:14, "timestamp"] = np.datetime64("2099-01-01", "us")
    frame.loc[15, "timestamp"] = pd.NaT
    frame.loc[20:50, "timestamp"] = np.datetime64("2024-05-01 10:00", "us")  # an app that was offline
    others = [crawl(f"u{user}", "2024-05-01", 5, 60) for user in range(40)]
    log = EventLog.from_frame(pd.concat([frame, *others]))
    assert log.clean(DropBots(), DropDuplicates("1h"))[1]["DropBots"].events == 0


def test_large_orders_make_no_bots():
    frame = crawl("wholesale", "2024-05-01", 500, 0).assign(event="purchase")
    others = [crawl(f"u{user}", "2024-05-01", 5, 60).assign(event="purchase") for user in range(40)]
    log = EventLog.from_frame(pd.concat([frame, *others]))
    assert log.clean(DropBots())[1]["DropBots"].events == 0


def test_bots_need_dates():
    with pytest.raises(DataError, match="DropBots needs dates and times, but the log has no times"):
        log_of(event=["view"]).clean(DropBots())
    steps = EventLog.from_frame({"user_id": [1], "item_id": [2], "timestamp": [5]}, time_unit="step")
    with pytest.raises(DataError, match="has steps in place of dates"):
        steps.clean(DropBots())


# DropItems


CATALOGUE = {
    "item_id": ["tea", "POST", "gone"],
    "title": ["Green tea", "Postage", None],
    "kind": ["food", "fee", "fee"],
}


@pytest.mark.parametrize("frame", [dict, pd.DataFrame, pl.DataFrame])
def test_items_are_chosen_by_a_column_of_a_catalogue(frame):
    log = EventLog.from_frame({"user_id": [1, 1, 1], "item_id": ["tea", "POST", "cup"]})
    catalogue = frame(CATALOGUE)
    for chosen in ({"column": "kind", "values": ["fee"]}, {"column": "title", "patterns": "^post"}):
        cleaned, report = log.clean(DropItems(catalogue=catalogue, **chosen))
        assert cleaned.items.ids.tolist() == ["cup", "tea"]
        assert report.details("DropItems").to_dict("list") == {"item_id": ["POST"], "events": [1]}


def test_items_are_chosen_by_id_and_pattern_together():
    log = EventLog.from_frame({"user_id": [1, 1, 1, 2], "item_id": [10, 11, 20, None]})
    cleaned, report = log.clean(DropItems(ids=20, patterns=["1$"]))
    assert cleaned.items.ids.tolist() == [10]
    assert len(cleaned) == 2  # the event without an item stays
    assert report["DropItems"].items == 2


def test_ids_outside_the_log_are_counted():
    log = EventLog.from_frame({"user_id": [1, 1], "item_id": ["tea", "cup"]})
    assert log.clean(DropItems(ids=["tea", "pot"]))[1]["DropItems"].examples[-1] == "1 of 2 ids are not in the log"


def test_an_unknown_column_of_the_catalogue_is_named():
    log = EventLog.from_frame({"user_id": [1], "item_id": ["tea"]})
    with pytest.raises(DataError, match="catalogue: no column 'color'; the columns are 'item_id', 'title', 'kind'"):
        log.clean(DropItems(catalogue=CATALOGUE, column="color", values="red"))
    with pytest.raises(DataError, match="catalogue: no column 'sku'"):
        log.clean(DropItems(catalogue=CATALOGUE, column="kind", values="fee", item="sku"))
    with pytest.raises(DataError, match="3 item ids, but 1 values of 'kind'"):
        log.clean(DropItems(catalogue=CATALOGUE | {"kind": ["fee"]}, column="kind", values="fee"))


# ClipQuantities, KCore and DropMissing


def test_missing_quantities_and_zero_are_not_clipped():
    log = log_of(quantity=[None, 0, 9, -9])
    cleaned = log.clean(ClipQuantities(max=2))[0]
    assert sorted(cleaned.quantities, key=str) == pytest.approx(sorted([np.nan, 0, 2, -2], key=str), nan_ok=True)
    only_missing = log_of(quantity=[None, 0])
    assert only_missing.clean(ClipQuantities(quantile=0.9))[0] is only_missing


def test_a_log_without_quantities_cannot_be_clipped():
    with pytest.raises(DataError, match=r"the log has no quantities; give quantity= to EventLog\.from_frame"):
        log_of(event=["view"]).clean(ClipQuantities(max=2))


def test_the_core_can_count_one_kind_of_event():
    kinds = ["view", "view", "purchase", "view"]
    log = EventLog.from_frame({"user_id": [1, 2, 2, 2], "item_id": ["a", "a", "a", "b"], "event": kinds})
    cleaned = log.clean(KCore(user=1, item=1, events="purchase"))[0]
    assert cleaned.to_frame("polars").select("user_id", "item_id", "event").rows() == [
        (2, "a", "purchase"),
        (2, "a", "view"),
    ]
    with pytest.raises(DataError, match=r"KCore: events: 'buy' is not in the log; its kinds are 'purchase', 'view'"):
        log.clean(KCore(events=("buy",)))


def test_repeated_events_count_once_in_the_core_unless_asked():
    log = EventLog.from_frame({"user_id": [1, 1, 2], "item_id": ["a", "a", "a"]})
    with pytest.raises(DataError, match=r"KCore\(user=2, item=2\) removed all 3 remaining events"):
        log.clean(KCore(2, 2))
    assert log.clean(KCore(2, 2, distinct=False))[0].users.ids.tolist() == [1]


def test_a_long_chain_is_removed_to_its_end():
    n = 2_000
    chain = {"user_id": np.repeat(np.arange(n), 2)[1:], "item_id": np.repeat(np.arange(n), 2)[:-1]}
    core = {"user_id": [n, n, n + 1, n + 1], "item_id": [n, n + 1, n, n + 1]}
    log = EventLog.from_frame({name: np.concatenate([chain[name], core[name]]) for name in chain})
    assert log.clean(KCore(2, 2))[0].users.ids.tolist() == [n, n + 1]


def test_a_required_column_that_the_log_does_not_have_is_named():
    with pytest.raises(DataError, match=r"the log has no column order; give it as order= to EventLog\.from_frame"):
        log_of(event=["view"]).clean(DropMissing("order"))


# Parameters


@pytest.mark.parametrize(
    ("rule", "parameters", "message"),
    [
        (DropMissing, {"columns": "customer"}, "'customer' is unknown; the columns are user, item, timestamp"),
        (DropMissing, {"columns": []}, "expected one or more names"),
        (DropDuplicates, {"window": "2 parsecs"}, "window='2 parsecs'"),
        (DropDuplicates, {"window": "-2s"}, "window='-2s'"),
        (NetReturns, {"order_prefix": ""}, "order_prefix=''"),
        (NetReturns, {"order_prefix": 3}, "order_prefix=3"),
        (NetReturns, {"events": ()}, r"events=\(\)"),
        (NetReturns, {"events": "purchase"}, "'purchase' is both in events and in purchases"),
        (DropBots, {"min_signals": 5}, "min_signals=5: expected at most 4"),
        (DropBots, {"min_signals": 0}, "min_signals=0"),
        (DropBots, {"threshold": 0}, "threshold=0"),
        (DropBots, {"min_rate": float("nan")}, "min_rate=nan"),
        (DropBots, {"min_quiet_share": 1.5}, "min_quiet_share=1.5"),
        (ClipQuantities, {}, "quantile=None, max=None: expected one of them"),
        (ClipQuantities, {"quantile": 0.9, "max": 3}, "expected one of them"),
        (ClipQuantities, {"quantile": 99}, "quantile=99: expected a number between 0 and 1"),
        (ClipQuantities, {"max": -1}, "max=-1"),
        (DropItems, {}, "choose items with ids=, patterns= or values="),
        (DropItems, {"patterns": "("}, r"'\(' is no regular expression"),
        (DropItems, {"values": "fee"}, "values= needs catalogue= and column="),
        (DropItems, {"ids": [1], "catalogue": CATALOGUE}, "both catalogue= and column=, or neither"),
        (DropItems, {"ids": [1], "catalogue": CATALOGUE, "column": "kind"}, "column='kind' needs values= or patterns="),
        (KCore, {"user": 0}, "user=0: expected an integer of at least 1"),
        (KCore, {"item": 2.5}, "item=2.5"),
    ],
)
def test_bad_parameters_are_refused_when_the_rule_is_made(rule, parameters, message):
    with pytest.raises(ValueError, match=message):
        rule(**parameters)


def test_rules_show_the_parameters_that_differ_from_the_defaults():
    assert repr(DropBots()) == "DropBots()"
    assert repr(DropBots(threshold=5.0, keep=[7])) == "DropBots(threshold=5.0, keep=(7,))"
    assert repr(NetReturns(order_prefix=None)) == "NetReturns(order_prefix=None)"
    assert repr(KCore(user=2)) == "KCore(user=2)"
    assert repr(DropItems(ids=["tea"], catalogue=CATALOGUE, column="kind", values=["fee", "tax"])) == (
        "DropItems(ids='tea', column='kind', values=('fee', 'tax'))"
    )
