import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import DataError, Popularity, evaluate
from recokit.datasets import make_shop
from recokit.preprocessing import EventLog, rfm, user_features
from recokit.preprocessing._rfm_grid import SEGMENTS, quantile_scores, segment_codes
from tests.naive import features as naive

ROWS = st.lists(
    st.tuples(st.integers(1, 8), st.integers(1, 50), st.sampled_from([1.0, 2.0, 2.0, 9.5])), min_size=2, max_size=30
).filter(lambda rows: len({user for user, _, _ in rows}) > 1)


def log_of(rows, with_prices=True):
    users, days, prices = zip(*rows, strict=True)
    times = np.datetime64("2024-05-01T12") + np.array(days) * np.timedelta64(1, "D")
    columns = {"user_id": users, "item_id": [7] * len(rows), "timestamp": times}
    return EventLog.from_frame(columns | ({"price": prices} if with_prices else {}))


@given(st.lists(st.sampled_from([0.0, 1.0, 1.0, 2.5, 9.0]), min_size=1, max_size=40), st.integers(2, 10))
def test_scores_are_shares_of_smaller_values(values, bins):
    scores = quantile_scores(np.array(values), bins).tolist()
    assert scores == naive.scores(values, bins)
    assert min(scores) == 1
    assert max(scores) <= bins


def test_the_grid_of_segments_equals_the_reference():
    for recency in range(1, 6):
        for value in range(1, 6):
            (code,) = segment_codes(np.array([recency]), np.array([value]), 5)
            assert SEGMENTS[code][0] == naive.rfm_segment(recency, value)


@pytest.mark.parametrize("bins", [2, 3, 4, 7, 10])
def test_with_any_number_of_bins_the_best_are_champions_and_the_worst_are_lost(bins):
    scores = np.array([1, bins])
    assert [SEGMENTS[code][0] for code in segment_codes(scores, scores, bins)] == (
        ["Hibernating", "Loyal"] if bins == 2 else ["Lost", "Champions"]
    )


@given(ROWS, st.booleans())
def test_scores_and_segments_equal_those_of_the_reference(rows, with_prices):
    scored = rfm(log_of(rows, with_prices), at="2024-07-15")
    users = sorted({user for user, _, _ in rows})
    last = [max(day for other, day, _ in rows if other == user) for user in users]
    orders = [len({day for other, day, _ in rows if other == user}) for user in users]
    spent = [sum(price for other, _, price in rows if other == user) for user in users]
    recency, frequency, monetary = naive.scores(last, 5), naive.scores(orders, 5), naive.scores(spent, 5)
    expected = [recency, frequency, monetary] if with_prices else [recency, frequency]
    assert scored.scores.T.tolist() == expected
    values = [(f + m) // 2 for f, m in zip(frequency, monetary, strict=True)] if with_prices else frequency
    segments = [naive.rfm_segment(r, v) for r, v in zip(recency, values, strict=True)]
    assert scored.segments == dict(zip(users, segments, strict=True))


def test_values_equal_those_of_the_features_and_the_table_adds_up():
    shop = make_shop(400, 150, 20_000, orders=True, returns=0.1, random_state=2)
    log = EventLog.from_frame(shop.events)
    scored, features = rfm(log, at="2024-10-01"), user_features(log, at="2024-10-01")
    bought = features.of(scored.users.ids)
    for name in ("recency", "frequency", "monetary"):
        np.testing.assert_array_equal(getattr(scored, name), bought[name])
    assert len(scored) + scored.n_without_purchase == len(features)
    rows = [line.split() for line in str(scored).splitlines()[1:-1]]
    assert sum(int(row[-6].replace(",", "")) for row in rows) == len(scored)
    assert f"({scored.n_without_purchase} user(s) without purchases have no segment)" in str(scored)


def test_the_table_is_in_english_or_chinese():
    rows = [(user, 2 * user, 1.0) for user in range(1, 9)]
    english, chinese = (rfm(log_of(rows), language=language) for language in ("en", "zh"))
    assert str(english).splitlines()[0].split()[:2] == ["segment", "users"]
    assert str(chinese).splitlines()[0].split()[:2] == ["分群", "用户数"]
    pairs = dict(SEGMENTS)
    assert {user: pairs[name] for user, name in english.segments.items()} == chinese.segments
    assert "<td" in chinese._repr_html_()
    assert repr(english).startswith("RFM(8 users, ")
    assert len(SEGMENTS) == len(set(english.names)) == len(set(chinese.names)) == 11


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_the_result_converts_to_frames(backend):
    frame = rfm(log_of([(1, 2, 1.0), (2, 3, 1.0)])).to_frame(backend)
    names = frame.column_names if backend == "pyarrow" else list(frame.columns)
    assert names == ["user_id", "recency", "frequency", "monetary", "r", "f", "m", "segment"]


def test_later_events_and_the_order_of_rows_change_nothing():
    rows = [(1, 5, 2.0), (2, 9, 1.0), (2, 12, 1.0), (3, 1, 9.5)]
    later = [(1, 40, 9.5), (4, 41, 2.0)]
    expected = rfm(log_of(rows), at="2024-06-01").to_frame("polars")
    assert rfm(log_of([*later, *reversed(rows)]), at="2024-06-01").to_frame("polars").equals(expected)


def test_the_segments_are_groups_of_evaluate_and_of_popularity():
    shop = make_shop(300, 80, 15_000, random_state=3)
    log = EventLog.from_frame(shop.events)
    split = shop.temporal_split("purchase")
    segments = rfm(log, at=split.test.timestamps.min()).segments
    lists = Popularity(by=segments).fit(split.train).recommend(n=10)
    result = evaluate(lists, split.test, ["recall@10"], groups=segments)
    assert set(result.groups) == set(segments.values())


BAD = {
    "one user": (lambda: rfm(log_of([(1, 1, 1.0), (1, 2, 1.0)])), "1 of 1 user.s. have a purchase; expected"),
    "no times": (lambda: rfm(EventLog.from_frame({"user_id": [1, 2], "item_id": [3, 4]})), "rfm needs times"),
    "one bin": (lambda: rfm(log_of([(1, 1, 1.0), (2, 1, 1.0)]), bins=1), "bins=1: expected an integer of at least 2"),
    "a language": (lambda: rfm(log_of([(1, 1, 1.0)]), language="de"), "language='de': expected 'en' or 'zh'"),
    "a moment before the first event": (lambda: rfm(log_of([(1, 1, 1.0)]), at="2020-01-01"), "no event before at="),
}  # fmt: skip


@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=BAD)
def test_logs_that_cannot_be_scored_are_refused(make, message):
    with pytest.raises((DataError, ValueError), match=message):
        make()
