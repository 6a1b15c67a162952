"""Splits of Interactions into training and test data."""

import warnings
from dataclasses import replace

import pytest
from hypothesis import given
from sklearn.model_selection import KFold, cross_val_score

from recokit import DataError, Interactions, LeakageWarning, Popularity
from recokit.model_selection import (
    GlobalTimeSplit,
    LeaveLastOut,
    RandomHoldOut,
    RollingTimeSplit,
    UserKFold,
    as_pairs,
    ranking_scorer,
    split_interactions,
    train_test_split,
    tune,
)
from tests.model_selection.logs import as_interactions, logs, of_interactions, rows_of

LOG = [(user, item, (3 * user + 7 * item) % 11) for user in range(4) for item in range(5)]


@pytest.mark.parametrize(
    "splitter", [LeaveLastOut(), GlobalTimeSplit(0.3), UserKFold(2), KFold(3, shuffle=True)], ids=repr
)
def test_the_parts_have_the_rows_of_the_split_and_all_ids(splitter):
    data = as_interactions(LOG)
    X = data if hasattr(splitter, "_masks") else data.to_pairs()[0]
    if isinstance(splitter, KFold):
        splitter.random_state = 0
    rows = of_interactions(data)
    expected = [(rows_of(rows, train), rows_of(rows, test)) for train, test in splitter.split(X)]
    parts = list(split_interactions(data, splitter))
    assert [(of_interactions(train), of_interactions(test)) for train, test in parts] == expected
    for pair in parts:
        for part in pair:
            assert (part.users, part.items, part.feedback) == (data.users, data.items, data.feedback)


@given(log=logs(min_size=12))
def test_a_validation_part_can_be_split_off_the_training_part(log):
    data = as_interactions(log)
    if max(sum(user == other for other, _, _ in log) for user, _, _ in log) < 3:
        return
    rest, test = train_test_split(data, LeaveLastOut())
    train, validation = train_test_split(rest, LeaveLastOut())
    rows = [row for part in (train, validation, test) for row in of_interactions(part)]
    assert sorted(rows) == of_interactions(data)


def test_the_default_splits_by_time_if_there_are_timestamps_and_else_at_random():
    timed, untimed = as_interactions(LOG), as_interactions(LOG, times=False)
    for data, splitter in ((timed, GlobalTimeSplit()), (untimed, RandomHoldOut(stratified=True))):
        got, expected = train_test_split(data), train_test_split(data, splitter)
        assert [of_interactions(part) for part in got] == [of_interactions(part) for part in expected]


def test_the_size_of_the_test_can_be_given_without_a_splitter():
    timed, untimed = as_interactions(LOG), as_interactions(LOG, times=False)
    for data, options, splitter in (
        (timed, {"test_size": 0.4}, GlobalTimeSplit(0.4)),
        (timed, {"test_size": 0.4, "random_state": 3}, GlobalTimeSplit(0.4)),
        (untimed, {"test_size": 0.4}, RandomHoldOut(0.4, stratified=True)),
        (untimed, {"random_state": 3}, RandomHoldOut(0.2, stratified=True, random_state=3)),
    ):
        got, expected = train_test_split(data, **options), train_test_split(data, splitter)
        assert [of_interactions(part) for part in got] == [of_interactions(part) for part in expected]


def test_a_splitter_and_the_size_of_the_test_cannot_both_be_given():
    with pytest.raises(ValueError, match=r"splitter and test_size=0\.3 cannot both be given; set test_size of the sp"):
        train_test_split(as_interactions(LOG), LeaveLastOut(), test_size=0.3)
    with pytest.raises(ValueError, match=r"test_size=5: expected a number between 0 and 1"):
        train_test_split(as_interactions(LOG, times=False), test_size=5)


MERGED = Interactions.from_arrays([1, 1, 1, 2, 2, 3, 3], [7, 7, 8, 7, 9, 8, 9], None, range(7), duplicates="sum")


@pytest.mark.parametrize(
    "split",
    [
        lambda data: train_test_split(data),
        lambda data: train_test_split(data, test_size=0.4),
        lambda data: list(split_interactions(data, GlobalTimeSplit(cut=4))),
        lambda data: list(LeaveLastOut().split(data)),
        lambda data: list(LeaveLastOut().split(as_pairs(data)[0])),
        lambda data: list(RollingTimeSplit(2).split(data)),
        lambda data: list(UserKFold(2).split_with_histories(data)),
        lambda data: tune(Popularity(), data, {"half_life": [1.0]}, metric="recall@1", splitter=LeaveLastOut()),
        lambda data: cross_val_score(
            Popularity(), *as_pairs(data), cv=LeaveLastOut(), scoring=ranking_scorer("recall@1")
        ),
    ],
    ids=["default", "test_size", "cut", "last", "pairs", "rolling", "histories", "tune", "scikit-learn"],
)
def test_splits_of_merged_events_by_time_warn_of_the_leak_and_name_the_remedy(split):
    message = r"1 repeated event\(s\) were merged .* recokit\.model_selection\.split_log"
    with pytest.warns(LeakageWarning, match=message):
        split(MERGED)
    with warnings.catch_warnings():
        warnings.simplefilter("error", LeakageWarning)
        split(replace(MERGED, n_merged=0))


def test_random_splits_of_merged_events_without_times_do_not_warn():
    data = Interactions.from_arrays([1, 1, 1, 2, 2], [7, 7, 8, 7, 9], duplicates="sum")
    assert data.n_merged == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train_test_split(data, test_size=0.5)
        list(UserKFold(2).split_with_histories(data, 1))


def test_every_form_of_the_data_gives_the_same_parts():
    data = as_interactions(LOG, times=False)
    rows, _ = as_pairs(data)
    expected = [of_interactions(part) for part in train_test_split(data)]
    for form in (rows, data.to_pairs()[0], data.to_frame().drop(columns="value")):
        assert [of_interactions(part) for part in train_test_split(form)] == expected
    folds = [[of_interactions(part) for part in fold] for fold in UserKFold(2).split_with_histories(data)]
    assert [[of_interactions(part) for part in fold] for fold in UserKFold(2).split_with_histories(rows)] == folds


def test_errors_name_the_bad_splitter_or_data():
    data = as_interactions(LOG)
    with pytest.raises(TypeError, match=r"splitter=0\.2: expected a splitter, such as RandomHoldOut\(0\.2\)"):
        train_test_split(data, splitter=0.2)
    with pytest.raises(TypeError, match="splitter='2024-05-01': expected a splitter"):
        train_test_split(data, "2024-05-01")
    with pytest.raises(DataError, match=r"got a frame of 4 columns.*Interactions\.from_frame"):
        train_test_split(data.to_frame())
