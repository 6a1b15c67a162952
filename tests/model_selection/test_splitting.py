"""Interactions in two parts."""

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


@pytest.mark.parametrize("cv", [LeaveLastOut(), GlobalTimeSplit(0.3), UserKFold(2), KFold(3, shuffle=True)], ids=repr)
def test_the_parts_are_the_rows_of_the_split_over_the_same_ids(cv):
    data = as_interactions(LOG)
    X = data if hasattr(cv, "_masks") else data.to_pairs()[0]
    if isinstance(cv, KFold):
        cv.random_state = 0
    rows = of_interactions(data)
    expected = [(rows_of(rows, train), rows_of(rows, test)) for train, test in cv.split(X)]
    parts = list(split_interactions(data, cv))
    assert [(of_interactions(train), of_interactions(test)) for train, test in parts] == expected
    for pair in parts:
        for part in pair:
            assert (part.users, part.items, part.feedback) == (data.users, data.items, data.feedback)


@given(log=logs(min_size=12))
def test_a_validation_part_can_be_split_off_the_training_part(log):
    data = as_interactions(log)
    if max(sum(user == who for who, _, _ in log) for user, _, _ in log) < 3:
        return
    rest, test = train_test_split(data, LeaveLastOut())
    train, validation = train_test_split(rest, LeaveLastOut())
    rows = [row for part in (train, validation, test) for row in of_interactions(part)]
    assert sorted(rows) == of_interactions(data)


def test_the_default_is_the_split_that_leaks_least():
    timed, untimed = as_interactions(LOG), as_interactions(LOG, times=False)
    for data, splitter in ((timed, GlobalTimeSplit()), (untimed, RandomHoldOut(stratified=True))):
        got, expected = train_test_split(data), train_test_split(data, splitter)
        assert [of_interactions(part) for part in got] == [of_interactions(part) for part in expected]


def test_the_parts_of_data_in_any_form_are_those_of_the_interactions():
    data = as_interactions(LOG, times=False)
    rows, _ = as_pairs(data)
    expected = [of_interactions(part) for part in train_test_split(data)]
    for form in (rows, data.to_pairs()[0], data.to_frame().drop(columns="value")):
        assert [of_interactions(part) for part in train_test_split(form)] == expected
    folds = [[of_interactions(part) for part in fold] for fold in UserKFold(2).split_with_histories(data)]
    assert [[of_interactions(part) for part in fold] for fold in UserKFold(2).split_with_histories(rows)] == folds


def test_what_is_no_splitter_or_no_interactions_is_named():
    data = as_interactions(LOG)
    with pytest.raises(TypeError, match=r"cv=0\.2: expected a splitter, such as RandomHoldOut\(0\.2\)"):
        train_test_split(data, 0.2)
    with pytest.raises(DataError, match=r"got a frame of 4 columns.*Interactions\.from_frame"):
        train_test_split(data.to_frame())
