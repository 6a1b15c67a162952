import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from recokit import DataError, EventLog

UTC = datetime.UTC
BERLIN = datetime.timezone(datetime.timedelta(hours=2))


def times(column, **options):
    log = EventLog.from_frame(
        {"user_id": range(len(column)), "item_id": range(len(column)), "timestamp": column}, **options
    )
    return log.times.astype("datetime64[s]").astype(str).tolist() if log.times.dtype.kind == "M" else log.times.tolist()


TEN = datetime.datetime(2024, 5, 1, 10, tzinfo=UTC)

FORMS = {
    "text": ["2024-05-01 10:00:00", "2024-05-01T11:00"],
    "text with a zone": ["2024-05-01T12:00:00+02:00", "2024-05-01T11:00:00Z"],
    "datetime64[s]": np.array(["2024-05-01T10", "2024-05-01T11"], dtype="datetime64[s]"),
    "datetime64[ns]": np.array(["2024-05-01T10", "2024-05-01T11"], dtype="datetime64[ns]"),
    "aware datetimes": [TEN.astimezone(BERLIN), TEN.replace(hour=11)],
    "naive datetimes": [TEN.replace(tzinfo=None), TEN.replace(tzinfo=None, hour=11)],
    "pandas times": pd.Series(pd.to_datetime(["2024-05-01 10:00", "2024-05-01 11:00"])),
    "pandas times with a zone": pd.Series(pd.to_datetime(["2024-05-01 12:00", "2024-05-01 13:00"])).dt.tz_localize(
        "Europe/Berlin"
    ),
    "polars times": pl.Series(["2024-05-01 10:00", "2024-05-01 11:00"]).str.to_datetime(),
    "polars times with a zone": pl.Series([TEN, TEN.replace(hour=11)]).dt.convert_time_zone("Asia/Tokyo"),
    "arrow times with a zone": pa.chunked_array(
        [pa.array([TEN, TEN.replace(hour=11)], pa.timestamp("s", "Asia/Tokyo"))]
    ),
    "pandas text": pd.Series(["2024-05-01 10:00:00", "2024-05-01T11:00"]),
    "polars text": pl.Series(["2024-05-01 10:00:00", "2024-05-01T11:00"]),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_times_is_read_in_utc(form):
    assert times(FORMS[form]) == ["2024-05-01T10:00:00", "2024-05-01T11:00:00"]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("make", [np.array, pd.Series, pl.Series, list, lambda values: np.array(values, dtype=float)])
def test_numbers_are_read_in_their_unit(unit, make):
    seconds = int(TEN.timestamp())
    scale = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    assert times(make([seconds * scale, (seconds + 3600) * scale]), time_unit=unit) == [
        "2024-05-01T10:00:00",
        "2024-05-01T11:00:00",
    ]


def test_steps_only_give_the_order():
    assert times([30, 10, 20], time_unit="step") == [10, 20, 30]
    with pytest.raises(DataError, match=r"time_unit='step' needs whole numbers.*got nan, at rows 1"):
        times(np.array([1, np.nan]), time_unit="step")


@pytest.mark.parametrize(
    "column",
    [
        ["2024-05-01", None],
        np.array(["2024-05-01", "NaT"], dtype="datetime64[s]"),
        pd.Series(pd.to_datetime(["2024-05-01", None])),
        pl.Series(["2024-05-01", None]).str.to_date(),
        pa.chunked_array([[datetime.date(2024, 5, 1), None]]),
    ],
    ids=range(5),
)
def test_missing_times_come_last(column):
    assert times(column) == ["2024-05-01T00:00:00", "NaT"]


def test_missing_numbers_are_missing_times():
    seconds = int(TEN.timestamp())
    for column in (
        [seconds, None],
        np.array([seconds, np.nan]),
        pl.Series([seconds, None]),
        pd.Series([seconds, None]),
    ):
        assert times(column, time_unit="s") == ["2024-05-01T10:00:00", "NaT"]
    assert times([None, None]) == ["NaT", "NaT"]


def test_numbers_without_a_unit_are_refused_with_the_plausible_unit():
    with pytest.raises(DataError, match=r"got numbers, such as 1714557600.*'s' 2024-05-01 10:00:00") as error:
        times([1714557600, 1714557601])
    assert "'ms' 1970-01-20 20:15:57" in str(error.value)
    assert "time_unit='s' gives plausible dates" in str(error.value)
    with pytest.raises(DataError, match="time_unit='ms' gives plausible dates"):
        times(pl.Series([1714557600000]))
    with pytest.raises(DataError, match="no unit gives dates between 1990 and 2100: use time_unit='step'"):
        times(np.array([1.0, 2.0]))


def test_a_wrong_unit_is_refused_with_the_plausible_one():
    with pytest.raises(DataError, match=r"time_unit='s' the times would run from 56.*time_unit='ms' gives plausible"):
        times([1714557600000], time_unit="s")
    with pytest.raises(DataError, match=r"out of range.*time_unit='ns' gives plausible"):
        times([1714557600000000000], time_unit="s")
    with pytest.raises(ValueError, match="time_unit='seconds': expected one of 's'"):
        times([1714557600], time_unit="seconds")
    with pytest.raises(DataError, match="time_unit='s' is for numbers, and the column holds dates"):
        times(["2024-05-01"], time_unit="s")


def test_other_text_is_refused_with_the_remedy():
    with pytest.raises(DataError, match=r"1 text\(s\) are not.*such as '01/12/2010 08:26'; convert.*to_datetime"):
        times(["01/12/2010 08:26", "2024-05-01"])
    with pytest.raises(DataError, match="'1714557600'; convert the numbers"):
        times(["1714557600"])
    with pytest.raises(DataError, match=r"expected dates and times, got 1 other value\(s\), such as '2024-05-01'"):
        times(["2024-05-01", datetime.date(2024, 5, 1)])


@pytest.mark.parametrize(
    "column",
    [["2024-05-01T10:00:00Z", "2024-05-01T10:00:00"], [TEN, TEN.replace(tzinfo=None)]],
    ids=["text", "objects"],
)
def test_a_mix_of_times_with_and_without_zone_is_refused(column):
    with pytest.raises(DataError, match="expected a time zone for all times or for none"):
        times(column)
    chunks = [{"user_id": [1], "item_id": [1], "timestamp": [time]} for time in column]
    with pytest.raises(DataError, match="expected a time zone for all times or for none"):
        EventLog.from_frame(iter(chunks))


def test_microseconds_are_kept_and_nanoseconds_are_cut():
    log = EventLog.from_frame({"user_id": [1], "item_id": [1], "timestamp": ["2024-05-01 10:00:00.123456789"]})
    assert log.times.astype(str).tolist() == ["2024-05-01T10:00:00.123456"]


def test_implausible_times_are_kept_with_a_warning():
    with pytest.warns(UserWarning, match=r"timestamp: 1 time\(s\) are before 1990 or after 2099, such as 0001-01-01"):
        assert times(["0001-01-01", "2024-05-01"])[0] == "0001-01-01T00:00:00"


def test_durations_are_no_times():
    with pytest.raises(DataError, match="expected dates and times, got"):
        times(np.array([1, 2], dtype="timedelta64[s]"))
