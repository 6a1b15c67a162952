"""split_log: the parts of a log of events, and the protocols."""

import warnings
from datetime import datetime, timedelta, timezone

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from recokit import DataError, Interactions, ItemKNN, LeakageWarning
from recokit.datasets import make_shop
from recokit.model_selection import check_split, split_log, train_test_split
from tests.naive import model_selection as naive

EVENTS = st.lists(
    st.tuples(st.integers(1, 4), st.integers(10, 14), st.integers(1, 5), st.integers(0, 9)), min_size=2, max_size=30
)
LOG = {
    "user_id": ["ann", "ann", "bob", "ann", "bob", "eve", "bob"],
    "item_id": ["tea", "cup", "tea", "tea", "cup", "cup", "tea"],
    "timestamp": [1, 2, 3, 4, 5, 6, 7],
}


def as_log(events):
    return dict(zip(["user_id", "item_id", "amount", "timestamp"], zip(*events, strict=True), strict=True))


def pairs_of(data):
    pairs = map(tuple, data.to_pairs()[0].tolist())
    return dict(zip(pairs, zip(data.values.tolist(), data.timestamps.tolist(), strict=True), strict=True))


@given(
    events=EVENTS,
    cut=st.integers(1, 9),
    length=st.one_of(st.none(), st.integers(1, 5)),
    repeats=st.booleans(),
    new_users=st.booleans(),
)
def test_the_parts_are_split_by_time_before_events_are_merged(events, cut, length, repeats, new_users):
    until = None if length is None else cut + length
    train, test, n_repeated, n_new_users = naive.split_log(events, cut, until, repeats, new_users)
    options = {"at": cut, "until": until, "repeats": repeats, "new_users": new_users}
    options |= {"rating": "amount", "feedback": "implicit"}
    if not train or not test:
        with pytest.raises(DataError, match=r"no (training|test) events"):
            split_log(as_log(events), **options)
        return
    split = split_log(as_log(events), **options)
    assert pairs_of(split.train) == train
    assert pairs_of(split.test) == test
    assert (split.n_repeated, split.n_new_users, split.at) == (n_repeated, n_new_users, cut)
    for part, pairs in ((split.train, train), (split.test, test)):
        assert part.users.ids.tolist() == sorted({user for user, _ in pairs})
        assert part.items.ids.tolist() == sorted({item for _, item in pairs})
        chosen = [e for e in events if (e[3] < cut if part is split.train else cut <= e[3] < (until or 99))]
        assert part.n_merged == sum(event[:2] in pairs for event in chosen) - len(pairs)


@given(events=EVENTS, share=st.floats(0.05, 0.95))
def test_the_share_of_the_events_after_the_cut_is_the_nearest_to_the_requested_one(events, share):
    moments = sorted({event[3] for event in events})[1:]
    assume(moments)
    split = split_log_or_assume(as_log(events), share, new_users=True, repeats=True)
    distances = [abs(sum(event[3] >= moment for event in events) / len(events) - share) for moment in moments]
    assert distances[moments.index(split.at)] == pytest.approx(min(distances), abs=1e-12)


def split_log_or_assume(*args, **options):
    try:
        return split_log(*args, **options)
    except DataError:
        assume(False)


@given(events=EVENTS, cut=st.integers(1, 9), seed=st.randoms(use_true_random=False), repeats=st.booleans())
def test_the_order_of_the_events_changes_nothing(events, cut, seed, repeats):
    first = split_log_or_assume(as_log(events), at=cut, repeats=repeats)
    again = split_log(as_log(seed.sample(events, len(events))), at=cut, repeats=repeats)
    assert first.train.equals(again.train)
    assert first.test.equals(again.test)


@given(events=EVENTS, cut=st.integers(1, 9), repeats=st.booleans(), new_users=st.booleans())
def test_neither_protocol_is_a_leak(events, cut, repeats, new_users):
    train, test = split_log_or_assume(as_log(events), at=cut, repeats=repeats, new_users=new_users)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = check_split(train, test)
    assert report.verdict.startswith("no leaks")
    assert report.n_duplicates == report.n_anyones_future == report.n_merged == 0
    assert report.n_repeats == naive.duplicates(*([(*pair, 0) for pair in pairs_of(part)] for part in (train, test)))


@pytest.mark.parametrize(
    "make", [dict, pd.DataFrame, pl.DataFrame, pa.table], ids=["dict", "pandas", "polars", "arrow"]
)
def test_a_log_can_be_a_frame_of_any_library(make):
    split = split_log(make(LOG), at=5, new_users=True)
    assert pairs_of(split.train) == {("ann", "cup"): (1, 2), ("ann", "tea"): (2, 4), ("bob", "tea"): (1, 3)}
    assert pairs_of(split.test) == {("bob", "cup"): (1, 5), ("eve", "cup"): (1, 6)}
    assert (split.n_repeated, split.n_new_users) == (1, 1)


def test_columns_can_have_any_name_and_merging_any_rule():
    log = dict(zip(["who", "what", "when"], LOG.values(), strict=True)) | {"stars": [5, 1, 2, 3, 4, 1, 5]}
    names = {"user": "who", "item": "what", "timestamp": "when", "rating": "stars"}
    train, test = split_log(log, at=5, repeats=True, **names)
    assert train.feedback == test.feedback == "explicit"
    assert pairs_of(train) == {("ann", "cup"): (1, 2), ("ann", "tea"): (3, 4), ("bob", "tea"): (2, 3)}  # the last
    assert split_log(log, at=5, duplicates="mean", **names).train.values.tolist() == [1, 4, 2]
    strengths = split_log(log, at=5, feedback="implicit", **names).train
    assert (strengths.feedback, strengths.values.tolist()) == ("implicit", [1, 8, 2])


def test_refunds_are_subtracted_before_strengths_are_checked():
    log = LOG | {"quantity": [3, 1, 2, -1, 1, 1, 1]}
    train, _ = split_log(log, at=5, rating="quantity", feedback="implicit")
    assert train.values.tolist() == [1, 2, 2]
    log["quantity"][3] = -9
    with pytest.raises(DataError, match="quantity: 1 negative strength"):
        split_log(log, at=5, rating="quantity", feedback="implicit")


@pytest.mark.parametrize(
    "at",
    ["2024-01-05", datetime(2024, 1, 5), np.datetime64("2024-01-05"), pd.Timestamp("2024-01-05"),
     datetime(2024, 1, 5, 2, tzinfo=timezone(timedelta(hours=2)))],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("utc", [False, True])
def test_the_cut_can_be_a_date_in_any_form(at, utc):
    times = pd.to_datetime([f"2024-01-0{day}" for day in LOG["timestamp"]], utc=utc)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        split = split_log(pd.DataFrame(LOG | {"timestamp": times}), at=at)
    assert pairs_of(split.test).keys() == {("bob", "cup")}
    assert split.at == np.datetime64("2024-01-05")


def test_validation_data_can_be_split_off_before_the_test_data():
    shop = make_shop(n_users=100, n_items=50, n_events=5_000, random_state=0)
    outer = split_log(shop.events, test_size=0.2)
    inner = split_log(shop.events, test_size=0.2, until=outer.at)
    assert inner.train.timestamps.max() < inner.at <= inner.test.timestamps.min()
    assert inner.test.timestamps.max() < outer.at
    shares = [np.mean(shop.events["timestamp"] >= outer.at)]
    shares.append(np.mean(shop.events["timestamp"][shop.events["timestamp"] < outer.at] >= inner.at))
    assert shares == pytest.approx([0.2, 0.2], abs=0.01)


def test_the_split_of_a_shop_is_the_split_of_its_log():
    shop = make_shop(n_users=100, n_items=50, n_events=5_000, random_state=0)
    expected = shop.temporal_split(["view", "cart", "purchase"])
    train, test = split_log(shop.events, at=expected.test.timestamps.min(), duplicates="max")
    assert train.equals(expected.train)
    assert test.equals(expected.test)


@pytest.mark.data
def test_repeated_purchases_do_not_inflate_the_scores_on_online_retail(data_dir):
    from recokit import evaluate
    from recokit.datasets import load_online_retail

    expected = load_online_retail(data_dir)
    lines = pd.read_parquet(data_dir / "online-retail" / "online_retail.parquet")
    product = lines["StockCode"].astype(str).str[:5].str.isdigit()
    lines = lines[lines["CustomerID"].notna() & (lines["Quantity"] > 0) & (lines["UnitPrice"] > 0) & product]
    lines = lines.astype({"CustomerID": np.int64})
    columns = {"user": "CustomerID", "item": "StockCode", "timestamp": "InvoiceDate", "duplicates": "max"}
    train, test = split_log(lines, **columns)
    assert train.equals(expected.train)
    assert test.equals(expected.test)

    def ndcg(train, test):
        lists = ItemKNN(weighting="bm25").fit(train).recommend(test.users, n=10, on_unknown="popular")
        return evaluate(lists, test, ["ndcg@10"])["ndcg@10"]

    assert 0.08 < ndcg(train, test) < 0.1
    renamed = lines.rename(columns={"CustomerID": "user_id", "StockCode": "item_id"})
    merged = Interactions.from_frame(renamed, timestamp="InvoiceDate", duplicates="sum")
    with pytest.warns(LeakageWarning, match="split the log of events first"):
        leaking = train_test_split(merged)
    assert ndcg(*leaking) > 0.15


def test_the_result_is_readable():
    split = split_log(LOG, at=5)
    assert str(split).splitlines() == [
        "split at 5",
        "training  3 pairs of 2 users with 2 items",
        "test      1 pairs of 1 users with 1 items",
        "1 later pair(s) also occur in training: not tested",
        "1 later user(s) are outside the training data: not tested",
    ]
    assert repr(split).startswith("LogSplit(at 5: Interactions(2 users × 2 items")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"test_size": 2}, "^test_size=2: expected a number between 0 and 1; to split at a moment, pass at=2"),
        ({"test_size": "2024-01-05"}, "pass at='2024-01-05'"),
        ({"at": "2024-01-05"}, "at='2024-01-05': expected a moment in the type of the timestamps, int64"),
        ({"at": 1}, "no training events: all are at 1 or later"),
        ({"at": 99}, "no test events: none is at 99 or later"),
        ({"at": 4, "until": 4}, "until=4: expected a moment after the cut, 4"),
        ({"until": 1}, "no event is before until=1"),
        ({"until": 2}, "all interactions have the same timestamp"),
        ({"at": 7}, r"no test events are left: 1 later pair\(s\) repeat training pairs, and 0 are of new users"),
        ({"timestamp": "time"}, "no column 'time'; the columns are 'user_id', 'item_id', 'timestamp'"),
        ({"rating": "stars"}, "no column 'stars'"),
        ({"at": 5, "duplicates": "error"}, r"repeat a \(user, item\) pair"),
        ({"at": 5, "duplicates": "first"}, "duplicates='first': expected one of"),
        ({"at": 5, "feedback": "both"}, "feedback='both'"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        split_log(LOG, **options)


def test_bad_logs_are_refused():
    with pytest.raises(DataError, match="got Interactions, in which repeated events are already merged"):
        split_log(split_log(LOG, at=5).train)
    with pytest.raises(DataError, match="lengths differ"):
        split_log(LOG | {"timestamp": [1, 2]})
    with pytest.raises(DataError, match="item_id: 1 missing id"):
        split_log(LOG | {"item_id": [None, "cup", "tea", "tea", "cup", "cup", "tea"]}, at=5)
    with pytest.raises(DataError, match="no interactions"):
        split_log({name: [] for name in LOG}, at=5)
    with pytest.warns(UserWarning, match="'rating' are not used"):
        split_log(LOG | {"rating": [1] * 7}, at=5)
