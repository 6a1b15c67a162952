"""Logs as people have them: other spellings, other formats, exchanged bounds."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from recokit import DataError, EventLog
from recokit.preprocessing import DropDuplicates, user_features

FRAME = pd.DataFrame(
    {
        "user_id": [1, 1, 2],
        "item_id": ["a", "b", "a"],
        "timestamp": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"]),
        "event": ["view", "purchase", "view"],
        "price": [1.0, 2.0, 3.0],
    }
)


@pytest.mark.parametrize(
    ("events", "kind", "other"),
    [
        (["view", "View", "view"], "View", "view"),
        (["PURCHASE", "PURCHASE", "PURCHASE"], "PURCHASE", "purchase"),
        (["purchase ", "view", "view"], "purchase ", "purchase"),
        (["Wishlist", "wishlist", "view"], "wishlist", "Wishlist"),
    ],
)
def test_kinds_in_two_spellings_warn_with_the_remedy(events, kind, other):
    frame = FRAME.assign(event=events)
    with pytest.warns(UserWarning, match=f"pass event_names={{'{kind}': '{other}'}}"):
        EventLog.from_frame(frame)
    assert other in EventLog.from_frame(frame, event_names={kind: other}).kinds


@pytest.mark.parametrize(
    ("texts", "form"),
    [
        (["31/12/2024", "01/02/2024", "03/01/2024"], "%d/%m/%Y"),
        (["12/31/2024", "01/02/2024", "03/01/2024"], "%m/%d/%Y"),
        (["31-12-2024 10:30", "01-02-2024 10:30", "03-01-2024 10:30"], "%d-%m-%Y %H:%M"),
        (["31.12.2024", "01.02.2024", "03.01.2024"], "%d.%m.%Y"),
    ],
)
def test_the_error_for_dates_as_text_shows_a_format_that_reads_them(texts, form):
    with pytest.raises(DataError, match="not dates and times in ISO 8601") as caught:
        EventLog.from_frame(FRAME.assign(timestamp=texts))
    assert f"format={form!r}" in str(caught.value)
    log = EventLog.from_frame(FRAME.assign(timestamp=pd.to_datetime(texts, format=form)))
    assert log.times.max() == np.datetime64("2024-12-31" if ":" not in texts[0] else "2024-12-31T10:30")


@pytest.mark.parametrize("price", ["$1.00", "¥1,200", "1,5", "1 €"])
def test_prices_with_signs_are_refused_with_the_remedy(price):
    with pytest.raises(DataError, match="after removing units, currency signs and separators of thousands"):
        EventLog.from_frame(FRAME.assign(price=[price, "2", "3"]))


def test_rows_as_dictionaries_are_refused_with_the_remedy():
    for rows in (FRAME.to_dict("records"), iter(FRAME.to_dict("records")), FRAME.to_numpy().tolist()):
        with pytest.raises(DataError, match=r"such as with pandas\.DataFrame"):
            EventLog.from_frame(rows)


def test_exchanged_bounds_are_refused_instead_of_an_empty_log():
    log = EventLog.from_frame(FRAME)
    with pytest.raises(ValueError, match="start='2024-03-01' is after stop='2024-01-01'; exchange them"):
        log.between("2024-03-01", "2024-01-01")
    assert len(log.between("2024-01-02", "2024-01-02")) == 0


def test_weights_beyond_float32_are_refused_before_they_are_infinite():
    log = EventLog.from_frame(FRAME)
    with pytest.raises(DataError, match="strengths of the events: 2 NaN or infinite"):
        log.interactions({"view": 1e39, "purchase": 1})
    assert log.interactions({"view": 1e37, "purchase": 1}).n_interactions == 3


@pytest.mark.parametrize("number", [30, 0.5, np.int64(2), np.float32(2)])
def test_a_number_without_a_unit_is_neither_a_pause_nor_a_window(number):
    with pytest.raises(ValueError, match=rf"gap=.*a number has no unit.*such as '{number:g}min' or '{number:g}d'"):
        EventLog.from_frame(FRAME).sessions(number)
    with pytest.raises(ValueError, match=r"window=.*a number has no unit"):
        DropDuplicates(number)
    steps = EventLog.from_frame(FRAME.assign(timestamp=[0, 1, 4]), time_unit="step")
    assert len(steps.sessions(2).sessions_) == 2


@pytest.mark.parametrize("length", [np.timedelta64(30), np.timedelta64(1, "M"), np.timedelta64(1, "Y")])
def test_lengths_of_time_have_a_unit_of_constant_length(length):
    log = EventLog.from_frame(FRAME.assign(event="view"))
    with pytest.raises(ValueError, match=r"gap=.*expected a unit of a constant length"):
        log.sessions(length)
    with pytest.raises(ValueError, match=r"half_life=.*expected a unit of a constant length"):
        log.interactions(half_life=length)


@pytest.mark.parametrize("length", [float("inf"), 1e300, "99999999999d"])
def test_lengths_of_time_beyond_the_dates_are_refused(length):
    with pytest.raises(ValueError, match=r"half_life=.*expected a length of time of less than 292,000 years"):
        EventLog.from_frame(FRAME.assign(event="view")).interactions(half_life=length)


@pytest.mark.parametrize(
    "day", ["1d", "24h", "86400s", timedelta(days=1), pd.Timedelta(days=1), np.timedelta64(1, "D")]
)
def test_lengths_of_time_in_every_form_are_equal(day):
    log = EventLog.from_frame(FRAME.assign(user_id=1, event="view"))
    assert log.sessions(day).session_codes.tolist() == [0, 0, 0]
    assert log.interactions(half_life=day).equals(log.interactions(half_life=1))


def test_columns_without_an_order_are_refused_and_generators_are_read():
    with pytest.raises(DataError, match="item_id: expected a sequence, got a set, whose order is not defined"):
        EventLog.from_frame({"user_id": [1, 2], "item_id": {"a", "b"}})
    log = EventLog.from_frame({"user_id": (user for user in [1, 2]), "item_id": iter("ab")})
    assert log.items.take(log.item_codes).tolist() == ["a", "b"]


def test_steps_beyond_int64_are_refused_instead_of_negative():
    steps = np.array([1, 2, 2**63 + 1], dtype=np.uint64)
    with pytest.raises(DataError, match="time_unit='step' needs numbers below 2\\^63, got 9223372036854775809"):
        EventLog.from_frame(FRAME.assign(timestamp=steps), time_unit="step")


@pytest.mark.parametrize(("text", "form"), [("20240131", "%Y%m%d"), ("2024-01", "%Y-%m")])
def test_dates_without_separators_or_days_show_their_format(text, form):
    with pytest.raises(DataError, match=f"to_datetime.*format='{form}'"):
        EventLog.from_frame(FRAME.assign(timestamp=text))
    assert len(pd.to_datetime([text], format=form)) == 1


def test_windows_longer_than_the_log_are_refused_with_its_span():
    log = EventLog.from_frame(FRAME.assign(event="purchase"))
    with pytest.raises(DataError, match=r"window='9d': the log from 2024-01-01.* to 2024-01-03.*use shorter or fewer"):
        log.rolling_windows(2, window="9d")


def test_moments_are_named_as_given():
    log = EventLog.from_frame(FRAME)
    with pytest.raises(DataError, match=r"at='2024-02-30': expected a moment .* such as '2024-05-01'"):
        user_features(log, at="2024-02-30")
    with pytest.raises(DataError, match=r"catalogue: expected a frame or a mapping of columns .* got list"):
        user_features(log, ["a", "b"])


def test_no_ids_and_no_kinds_are_refused_as_such():
    log = EventLog.from_frame(FRAME)
    with pytest.raises(DataError, match="users: expected one id or more; the log has 1, 2"):
        log.filter(users=[])
    with pytest.raises(DataError, match="events: expected one kind of event or more; those of the log are"):
        log.filter(events=[])


def test_weights_in_a_series_are_read_by_kind():
    weights = {"view": 1, "purchase": 3}
    log = EventLog.from_frame(FRAME)
    assert log.interactions(weights=pd.Series(weights)).equals(log.interactions(weights=weights))
    with pytest.raises(DataError, match="the index of the Series contains a name twice"):
        log.interactions(weights=pd.Series([1, 2, 3], index=["view", "purchase", "view"]))
