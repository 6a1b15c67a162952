"""Properties of all splitters."""

import copy
import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.model_selection import cross_validate

from recokit import BiasBaseline, DataError, Interactions, LeakageWarning
from recokit.model_selection import (
    ColdItemKFold,
    GlobalTimeSplit,
    InteractionKFold,
    LeaveKOut,
    LeaveLastOut,
    RandomHoldOut,
    RollingTimeSplit,
    UserKFold,
    as_pairs,
)
from tests.model_selection.logs import as_columns, as_interactions, logs, of_interactions, rows_of

SPLITTERS = [
    RandomHoldOut(0.3, n_splits=2),
    RandomHoldOut(0.3, stratified=True),
    InteractionKFold(3),
    InteractionKFold(3, stratified=True),
    LeaveKOut(2, n_splits=2),
    LeaveLastOut(2),
    GlobalTimeSplit(0.3),
    GlobalTimeSplit(cut=5),
    RollingTimeSplit(2),
    RollingTimeSplit(2, window=2, train_window=4),
    UserKFold(3),
    ColdItemKFold(3),
]
FOLDS = (InteractionKFold, UserKFold, ColdItemKFold)
BY_TIME = (LeaveLastOut, GlobalTimeSplit, RollingTimeSplit)

pytestmark = pytest.mark.filterwarnings("ignore::recokit.LeakageWarning")


def splits_of(splitter, X, groups=None):
    """Return the splits; discard the example if the data cannot be split in this way."""
    try:
        return [(train.tolist(), test.tolist()) for train, test in splitter.split(X, groups=groups)]
    except DataError:
        assume(False)


@pytest.mark.parametrize("splitter", SPLITTERS, ids=repr)
@given(log=logs(min_size=8))
def test_training_and_test_are_disjoint_and_not_empty(splitter, log):
    splits = splits_of(splitter, *as_columns(log))
    assert len(splits) == splitter.get_n_splits()
    for train, test in splits:
        assert train
        assert test
        assert not set(train) & set(test)
        assert set(train) | set(test) <= set(range(len(log)))
        assert train == sorted(set(train))
        assert test == sorted(set(test))


@pytest.mark.parametrize("splitter", [s for s in SPLITTERS if not isinstance(s, RollingTimeSplit)], ids=repr)
@given(log=logs(min_size=8))
def test_every_interaction_is_in_training_or_test(splitter, log):
    for train, test in splits_of(splitter, *as_columns(log)):
        assert sorted(train + test) == list(range(len(log)))


@pytest.mark.parametrize("splitter", [s for s in SPLITTERS if isinstance(s, FOLDS)], ids=repr)
@given(log=logs(min_size=8))
def test_every_interaction_is_tested_once_by_k_folds(splitter, log):
    tested = [position for _, test in splits_of(splitter, *as_columns(log)) for position in test]
    assert sorted(tested) == list(range(len(log)))


@pytest.mark.parametrize("splitter", SPLITTERS, ids=repr)
@given(log=logs(min_size=8), seed=st.randoms(use_true_random=False))
def test_the_split_does_not_depend_on_the_order_of_rows_or_the_form_of_the_data(splitter, log, seed):
    shuffled = seed.sample(log, len(log))
    data = as_interactions(log)
    expected = [(set(rows_of(log, a)), set(rows_of(log, b))) for a, b in splits_of(splitter, *as_columns(log))]
    canonical = of_interactions(data)
    X, _ = as_pairs(data)
    forms = [(shuffled, *as_columns(shuffled)), (canonical, data, None), (rows_of(canonical, X.positions), X, None)]
    for rows, X, groups in forms:
        got = [(set(rows_of(rows, a)), set(rows_of(rows, b))) for a, b in splits_of(splitter, X, groups)]
        assert got == expected


@pytest.mark.parametrize("splitter", SPLITTERS, ids=repr)
@given(log=logs(min_size=8))
def test_splitting_again_gives_the_same_split(splitter, log):
    columns = as_columns(log)
    assert splits_of(copy.deepcopy(splitter), *columns) == splits_of(splitter, *columns)


@pytest.mark.parametrize("splitter", [s for s in SPLITTERS if hasattr(s, "random_state")], ids=repr)
def test_another_seed_gives_another_split(splitter):
    pairs = [(user, item) for user in range(20) for item in range(20)]
    other = copy.copy(splitter)
    other.random_state = 1
    times = [0] * len(pairs)
    assert splits_of(splitter, pairs, times) != splits_of(other, pairs, times)


@pytest.mark.parametrize("splitter", [s for s in SPLITTERS if isinstance(s, BY_TIME)], ids=repr)
def test_splitters_by_time_refuse_data_without_valid_timestamps(splitter):
    with pytest.raises(DataError, match="needs timestamps"):
        next(splitter.split([(1, 2), (1, 3)]))
    with pytest.raises(DataError, match="groups: 3 timestamps for 2 interactions"):
        next(splitter.split([(1, 2), (1, 3)], groups=[1, 2, 3]))
    with pytest.raises(DataError, match="missing time"):
        next(splitter.split([(1, 2), (1, 3)], groups=[1.0, np.nan]))


@pytest.mark.parametrize("splitter", SPLITTERS, ids=repr)
def test_repeated_pairs_are_refused(splitter):
    with pytest.raises(DataError, match=r"1 row\(s\) repeat a \(user, item\) pair.*\(1, 3\)"):
        next(splitter.split([(1, 2), (1, 3), (2, 2), (1, 3)], groups=[1, 2, 3, 4]))


@pytest.mark.parametrize("splitter", SPLITTERS, ids=repr)
def test_data_that_cannot_be_split_are_refused(splitter):
    with pytest.raises(DataError):
        list(splitter.split([(1, 2)], groups=[1]))
    with pytest.raises(DataError, match="nothing to split"):
        next(splitter.split(np.empty((0, 2), dtype=np.int64), groups=[]))
    with pytest.raises(DataError, match="pairs"):
        next(splitter.split(np.zeros((4, 3))))


@pytest.mark.parametrize("splitter", SPLITTERS, ids=repr)
def test_splitters_that_ignore_the_timestamps_of_the_data_warn_of_leaks(splitter):
    pairs = [(user, item) for user in range(4) for item in range(4)]
    times = np.arange(len(pairs))
    data = Interactions.from_arrays(*np.array(pairs).T, timestamps=times)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        list(splitter.split(data))
    ignores_times = isinstance(splitter, RandomHoldOut | InteractionKFold | LeaveKOut | ColdItemKFold)
    assert [warning.category for warning in caught] == ([LeakageWarning] if ignores_times else [])
    assert all(warning.filename == __file__ for warning in caught)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(splitter.split(pairs, groups=times))


@pytest.mark.parametrize("splitter", SPLITTERS, ids=repr)
def test_scikit_learn_accepts_the_splitter_as_cv(splitter):
    pairs = np.array([(user, item) for user in range(6) for item in range(6)])
    ratings, times = pairs.sum(axis=1) % 5, np.arange(len(pairs)) % 10
    scores = cross_validate(BiasBaseline(), pairs, ratings, groups=times, cv=splitter, error_score="raise")
    assert len(scores["test_score"]) == splitter.n_splits


def test_times_are_passed_as_groups_with_metadata_routing_too():
    import sklearn

    pairs = np.array([(user, item) for user in range(6) for item in range(6)])
    with sklearn.config_context(enable_metadata_routing=True):
        options = {"cv": LeaveLastOut(), "params": {"groups": np.arange(36)}, "return_indices": True}
        scores = cross_validate(BiasBaseline(), pairs, np.arange(36) % 5, **options)
    assert scores["indices"]["test"][0].tolist() == [5, 11, 17, 23, 29, 35]


def test_a_splitter_shows_its_parameters():
    assert repr(LeaveLastOut(3)) == "LeaveLastOut(k=3, min_train=1, random_state=0)"


BAD_PARAMETERS = [
    (RandomHoldOut, {"test_size": 0.0}),
    (RandomHoldOut, {"test_size": 1.0}),
    (RandomHoldOut, {"test_size": "half"}),
    (RandomHoldOut, {"n_splits": 0}),
    (RandomHoldOut, {"random_state": -1}),
    (RandomHoldOut, {"random_state": None}),
    (InteractionKFold, {"n_splits": 1}),
    (InteractionKFold, {"n_splits": 2.0}),
    (InteractionKFold, {"random_state": True}),
    (LeaveKOut, {"k": 0}),
    (LeaveKOut, {"min_train": -1}),
    (LeaveKOut, {"n_splits": 0}),
    (LeaveLastOut, {"k": 0}),
    (LeaveLastOut, {"min_train": 0.5}),
    (LeaveLastOut, {"random_state": 1.5}),
    (GlobalTimeSplit, {"test_size": 2}),
    (RollingTimeSplit, {"n_splits": 0}),
    (RollingTimeSplit, {"window": 0}),
    (RollingTimeSplit, {"window": np.timedelta64(-1, "D")}),
    (RollingTimeSplit, {"train_window": "a week"}),
    (UserKFold, {"n_splits": 1}),
    (UserKFold, {"random_state": -2}),
    (ColdItemKFold, {"n_splits": 0}),
    (ColdItemKFold, {"random_state": "x"}),
]


@pytest.mark.parametrize(("splitter", "parameters"), BAD_PARAMETERS)
def test_errors_of_bad_parameters_name_them(splitter, parameters):
    (name,) = parameters
    with pytest.raises(ValueError, match=f"^{name}="):
        splitter(**parameters)
