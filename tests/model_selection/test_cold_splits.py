"""Splits by user and by item."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from recokit import DataError
from recokit.model_selection import ColdItemKFold, UserKFold
from tests.model_selection.logs import as_columns, as_interactions, logs, of_interactions
from tests.naive import model_selection as naive


@pytest.mark.parametrize(("splitter", "column"), [(UserKFold, 0), (ColdItemKFold, 1)])
@given(log=logs(min_size=6), k=st.integers(2, 4))
def test_test_users_or_items_are_new_and_the_folds_are_even(splitter, column, log, k):
    X, _ = as_columns(log)
    kinds = set(X[:, column].tolist())
    assume(len(kinds) >= k)
    sizes = []
    for train, test in splitter(k).split(X):
        tested = set(X[test, column].tolist())
        assert not tested & set(X[train, column].tolist())
        sizes.append(len(tested))
    assert sum(sizes) == len(kinds)
    assert max(sizes) - min(sizes) <= 1


@given(log=logs(min_size=6), share=st.one_of(st.floats(0.1, 0.9), st.integers(1, 4)), timed=st.booleans())
def test_given_histories_are_the_earliest_interactions_of_the_test_users(log, share, timed):
    assume(len({user for user, _, _ in log}) >= 2)
    data = as_interactions(log, times=timed)
    covered = []
    folds = UserKFold(2).split_with_histories(data, given=share)
    lengths = np.diff(data.indptr)
    if any(np.all(lengths[data.user_codes[test]] == 1) for _, test in UserKFold(2).split(data)):
        with pytest.raises(DataError, match="has no test interactions; each of its users has a single interaction"):
            list(folds)
        return
    for fold in folds:
        assert fold.test.n_interactions > 0
        train, given_rows, test = (of_interactions(part) for part in fold)
        assert sorted(train + given_rows + test) == of_interactions(data)
        assert not {user for user, _, _ in train} & {user for user, _, _ in given_rows}
        for user in {user for user, _, _ in given_rows}:
            n_given = sum(row[0] == user for row in given_rows)
            n_test = sum(row[0] == user for row in test)
            assert n_given == naive.n_given(share, n_given + n_test)
        assert naive.own_future(given_rows, test) == 0
        assert {user for user, _, _ in test} <= {user for user, _, _ in given_rows}
        assert fold.train.users == fold.given.users == fold.test.users == data.users
        covered += given_rows + test
    assert sorted(covered) == of_interactions(data)


def test_ids_without_interactions_belong_to_no_fold():
    data = as_interactions([(user, item, 0) for user in range(8) for item in range(8)], times=False)
    few = data.select(data.user_codes < 2)
    assert [len(test) for _, test in UserKFold(2).split(few)] == [8, 8]
    with pytest.raises(DataError, match="n_splits=3: expected at most 2, the number of users with interactions"):
        list(UserKFold(3).split(few))
    with pytest.raises(DataError, match="at most 1, the number of items with interactions"):
        list(ColdItemKFold(2).split(data.select(data.item_codes == 3)))


@pytest.mark.parametrize("given", [0, 0.0, 1.0, -1, "all", None, True])
def test_the_given_part_must_be_a_share_or_a_number(given):
    with pytest.raises(ValueError, match=r"^given="):
        list(UserKFold(2).split_with_histories(as_interactions([(1, 1, 0), (2, 2, 0)]), given=given))


def test_random_histories_follow_the_seed():
    data = as_interactions([(user, item, 0) for user in range(6) for item in range(9)], times=False)

    def given_items(seed):
        folds = UserKFold(2, random_state=seed).split_with_histories(data, 0.5)
        return np.concatenate([fold.given.item_codes for fold in folds]).tolist()

    assert given_items(0) == given_items(0) != given_items(1)
