"""Splits by time: the last interactions, the cut, and the windows."""

import warnings
from collections import Counter
from datetime import date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from recokit import DataError, Interactions
from recokit.model_selection import GlobalTimeSplit, LeaveLastOut, RollingTimeSplit
from tests.model_selection.logs import as_columns, logs, rows_of
from tests.naive import model_selection as naive

DAYS = np.arange("2024-01-01", "2024-01-11", dtype="datetime64[D]")
PAIRS = [(number % 3, number) for number in range(10)]


def parts(splitter, log):
    try:
        X, times = as_columns(log)
        return [(rows_of(log, train), rows_of(log, test)) for train, test in splitter.split(X, groups=times)]
    except DataError:
        assume(False)


@given(log=logs(min_size=2), k=st.integers(1, 3), min_train=st.integers(0, 2))
def test_the_latest_interactions_of_each_user_are_held_out(log, k, min_train):
    ((_, test),) = parts(LeaveLastOut(k, min_train=min_train), log)
    for user, n in Counter(user for user, _, _ in log).items():
        expected = naive.latest(log, user, k) if n >= k + min_train else []
        assert sorted(time for other, _, time in test if other == user) == expected


@given(log=logs(min_size=2), k=st.integers(1, 3))
def test_leave_last_out_never_trains_on_a_users_own_future(log, k):
    ((train, test),) = parts(LeaveLastOut(k), log)
    assert naive.own_future(train, test) == 0


def test_the_last_of_several_interactions_at_one_time_is_random():
    pairs = [(user, item) for user in range(200) for item in range(4)]
    ((_, test),) = LeaveLastOut().split(pairs, groups=[0] * 800)
    counts = np.bincount(test % 4)
    assert np.all((counts > 25) & (counts < 80))  # 50 expected, standard deviation 6


@given(log=logs(min_size=2), share=st.floats(0.05, 0.95))
def test_a_global_cut_never_trains_on_the_future_and_has_the_nearest_share(log, share):
    ((train, test),) = parts(GlobalTimeSplit(share), log)
    cut = min(time for _, _, time in test)
    assert all(time < cut for _, _, time in train)
    moments = sorted({time for _, _, time in log})[1:]
    distances = [abs(naive.share_before(log, moment) - (1 - share)) for moment in moments]
    assert abs(naive.share_before(log, cut) - (1 - share)) == pytest.approx(min(distances), abs=1e-12)


@given(log=logs(min_size=2), cut=st.integers(1, 9))
def test_a_given_cut_is_the_first_moment_of_the_test(log, cut):
    ((train, test),) = parts(GlobalTimeSplit(cut=cut), log)
    assert set(train) == {row for row in log if row[2] < cut}
    assert set(test) == {row for row in log if row[2] >= cut}


@given(log=logs(min_size=4), n=st.integers(1, 3))
def test_rolling_windows_are_disjoint_and_train_on_everything_before_them(log, n):
    splits = parts(RollingTimeSplit(n), log)
    for train, test in splits:
        start = min(time for _, _, time in test)
        assert set(train) == {row for row in log if row[2] < start}
    tested = [row for _, test in splits for row in test]
    assert len(tested) == len(set(tested))
    first = min(time for _, _, time in splits[0][1])
    assert set(tested) == {row for row in log if row[2] >= first}


@given(log=logs(min_size=4, last_time=30), n=st.integers(1, 3), window=st.integers(1, 6), past=st.integers(1, 12))
def test_regular_windows_end_with_the_data_and_train_on_their_past_only(log, n, window, past):
    end = max(time for _, _, time in log) + 1
    splits = parts(RollingTimeSplit(n, window=window, train_window=past), log)
    for number, (train, test) in enumerate(splits):
        start = end - (n - number) * window
        assert set(test) == {row for row in log if start <= row[2] < start + window}
        assert set(train) == {row for row in log if start - past <= row[2] < start}


@pytest.mark.parametrize(
    "cut",
    [
        np.datetime64("2024-01-08"),
        np.datetime64("2024-01-08T00", "h"),
        "2024-01-08",
        "2024-01-08T02:00+02:00",
        "2024-01-08T00:00Z",
        date(2024, 1, 8),
        datetime(2024, 1, 8),
        datetime(2024, 1, 8, 2, tzinfo=timezone(timedelta(hours=2))),
        pd.Timestamp("2024-01-08"),
        pd.Timestamp("2024-01-07T19:00", tz="America/New_York"),
        np.array(["2024-01-08"], dtype="datetime64[D]"),
    ],
    ids=str,
)
def test_a_cut_can_be_a_date_in_any_form(cut):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ((_, test),) = GlobalTimeSplit(cut=cut).split(PAIRS, groups=DAYS)
    assert test.tolist() == [7, 8, 9]


def test_a_cut_in_nanoseconds_is_exact():
    times = pd.to_datetime(["2024-01-01T00:00:00.000000000", "2024-01-01T00:00:00.000000001"])
    ((train, test),) = GlobalTimeSplit(cut=times[1]).split([(1, 1), (1, 2)], groups=times)
    assert (train.tolist(), test.tolist()) == ([0], [1])


@pytest.mark.parametrize("moment", ["2011-11-01", datetime(2011, 11, 1), np.datetime64("2011-11-01"), 1.3e9])
def test_a_moment_given_as_the_size_of_the_test_is_refused_and_the_error_names_cut(moment):
    with pytest.raises(ValueError, match=r"^test_size=.*between 0 and 1; to split at a moment, pass cut="):
        GlobalTimeSplit(moment)


@pytest.mark.parametrize("window", [2, 2.0, np.timedelta64(2, "D"), np.timedelta64(48, "h"), timedelta(days=2)])
def test_windows_of_dates_are_in_days_or_timedeltas(window):
    splits = list(RollingTimeSplit(2, window=window, train_window=window).split(PAIRS, groups=DAYS))
    assert [(train.tolist(), test.tolist()) for train, test in splits] == [([4, 5], [6, 7]), ([6, 7], [8, 9])]


def test_windows_of_fractional_times_include_the_last_interaction():
    times = np.arange(10) / 4
    splits = [test.tolist() for _, test in RollingTimeSplit(2, window=0.5).split(PAIRS, groups=times)]
    assert splits == [[6, 7], [8, 9]]


def test_timestamps_of_the_data_take_precedence_over_groups():
    data = Interactions.from_arrays([1, 1, 1], [1, 2, 3], timestamps=[3, 2, 1])
    ((_, test),) = LeaveLastOut().split(data, groups=[1, 2, 3])
    assert test.tolist() == [0]


@pytest.mark.parametrize(
    ("splitter", "times", "message"),
    [
        (GlobalTimeSplit(), [4] * 10, "the same timestamp"),
        (GlobalTimeSplit(cut=0), range(10), "no training interactions; the cut is outside"),
        (GlobalTimeSplit(cut=99), range(10), "no test interactions; the cut is outside"),
        (GlobalTimeSplit(cut=5), DAYS, "cut=5: expected a moment in the type of the timestamps"),
        (GlobalTimeSplit(cut="2024-01-08"), range(10), "expected a moment in the type of the timestamps"),
        (GlobalTimeSplit(cut=np.datetime64("NaT", "s")), DAYS, "expected a moment in the type of the timestamps"),
        (GlobalTimeSplit(cut=pd.NaT), DAYS, "expected a moment in the type of the timestamps"),
        (GlobalTimeSplit(cut=np.nan), range(10), "expected a moment in the type of the timestamps"),
        (GlobalTimeSplit(cut=DAYS), DAYS, "expected a moment in the type of the timestamps"),
        (GlobalTimeSplit(cut="soon"), DAYS, "cut='soon': expected a moment in the type of the timestamps"),
        (RollingTimeSplit(3), [1] * 9 + [2], "too unevenly spread for 3 windows"),
        (RollingTimeSplit(2, window=20), range(10), "split 1 has no training interactions; choose fewer or longer"),
        (RollingTimeSplit(2, window=timedelta(days=1)), range(10), "expected a number in the unit of the timestamps"),
        (LeaveLastOut(9), range(10), "no user has k"),
    ],
)
def test_times_that_do_not_fit_are_refused(splitter, times, message):
    with pytest.raises(DataError, match=message):
        list(splitter.split(PAIRS, groups=np.asarray(times)))
