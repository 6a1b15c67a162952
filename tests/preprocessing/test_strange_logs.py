"""Logs as people have them: other spellings, other formats, exchanged bounds."""

import numpy as np
import pandas as pd
import pytest

from recokit import DataError, EventLog

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
