"""Splits of Interactions into training and test data."""

import pytest
from hypothesis import given
from sklearn.model_selection import KFold

from recokit import DataError
from recokit.model_selection import (
    GlobalTimeSplit,
    LeaveLastOut,
    RandomHoldOut,
    UserKFold,
    as_pairs,
    split_interactions,
    train_test_split,
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
    with pytest.raises(DataError, match=r"got a frame of 4 columns.*Interactions\.from_frame"):
        train_test_split(data.to_frame())
