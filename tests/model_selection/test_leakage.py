"""check_split: the counts and the warnings."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import DataError, Interactions, LeakageWarning
from recokit.model_selection import (
    GlobalTimeSplit,
    LeaveLastOut,
    RandomHoldOut,
    UserKFold,
    as_pairs,
    check_split,
    split_log,
    train_test_split,
)
from tests.model_selection.logs import as_interactions, logs
from tests.naive import model_selection as naive

LOG = [(user, item, (3 * user + 7 * item) % 11) for user in range(6) for item in range(8) if (user + item) % 3]


def quietly(train, test, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LeakageWarning)
        return check_split(train, test, **options)


@given(train=logs(), test=logs(), k=st.integers(1, 8))
def test_the_counts_of_the_report_follow_the_definitions(train, test, k):
    report = quietly(as_interactions(train), as_interactions(test), k=k)
    assert (report.n_train, report.n_test) == (len(train), len(test))
    assert (report.n_train_users, report.n_train_items) == (len({r[0] for r in train}), len({r[1] for r in train}))
    assert (report.n_test_users, report.n_test_items) == (len({r[0] for r in test}), len({r[1] for r in test}))
    n_repeats = naive.repeats(train, test)
    assert (report.n_duplicates, report.n_repeats) == (naive.duplicates(train, test) - n_repeats, n_repeats)
    assert report.n_own_future == naive.own_future(train, test)
    assert report.n_anyones_future == naive.future_of_any_user(train, test)
    assert (report.n_cold_users, report.n_of_cold_users) == naive.cold(train, test, 0)
    assert (report.n_cold_items, report.n_of_cold_items) == naive.cold(train, test, 1)
    lists = naive.popularity_lists(train, test, {item for _, item, _ in train}, k, exclude_seen=n_repeats == 0)
    assert list(report.popularity) == [f"recall@{k}", f"ndcg@{k}"]
    assert list(report.popularity.values()) == pytest.approx(naive.recall_and_ndcg(lists, test, k), abs=1e-12)


@given(train=logs(), test=logs())
def test_ids_without_interactions_change_nothing(train, test):
    whole = [(user + 100, item + 10, 0) for user in range(5) for item in range(7)]
    users, items = as_interactions(whole).users, as_interactions(whole).items
    alone = quietly(as_interactions(train), as_interactions(test), k=2)
    wide = quietly(as_interactions(train), as_interactions(test).reindex(users, items), k=2)
    assert alone == wide
    wide = quietly(as_interactions(train).reindex(users, items), as_interactions(test), k=2)
    wide.popularity.update(alone.popularity)  # items without interactions may fill the popular lists
    assert alone == wide


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_lists_of_popular_items_continue_after_the_seen_items(k):
    items = range(12)  # item 0 is the most popular; user 9 has seen the first nine, and takes the tenth
    train = [(user, item, 0) for user in range(9) for item in items if user + item < 13]
    train += [(9, item, 0) for item in range(9)]
    report = check_split(as_interactions(train), as_interactions([(9, 9, 1)]), k=k)
    assert report.popularity[f"recall@{k}"] == 1.0


@given(train=logs(), test=logs())
def test_only_duplicates_and_users_own_future_cause_a_warning(train, test):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        report = check_split(as_interactions(train), as_interactions(test))
    leaks = naive.duplicates(train, test) - naive.repeats(train, test) + naive.own_future(train, test)
    assert [warning.category for warning in caught] == ([LeakageWarning] if leaks else [])
    assert all(warning.filename == __file__ for warning in caught)
    assert bool(report.leaks) == bool(leaks)


@pytest.mark.parametrize("cv", [LeaveLastOut(), GlobalTimeSplit(0.3), UserKFold(3)], ids=repr)
def test_splitters_by_time_and_by_user_do_not_leak(cv):
    data = as_interactions(LOG)
    report = check_split(*train_test_split(data, cv))
    assert report.leaks == []
    if isinstance(cv, GlobalTimeSplit):
        assert report.n_anyones_future == 0
        assert report.verdict == "no leaks"
    else:
        assert report.n_anyones_future > 0
        assert report.verdict.endswith("later interactions of other users are in training")


def test_a_random_split_of_data_with_timestamps_leaks():
    data = as_interactions(LOG)
    with pytest.warns(LeakageWarning, match=r"RandomHoldOut.*ignores the timestamps") as caught:
        parts = train_test_split(data, RandomHoldOut(0.3))
    assert caught[0].filename == __file__
    with pytest.warns(LeakageWarning, match="older than the last training interaction of the same user"):
        check_split(*parts)


def test_without_timestamps_leaks_of_the_future_are_unknown():
    train, test = as_interactions(LOG[:20], times=False), as_interactions(LOG[20:])
    report = check_split(train, test)
    assert report.n_own_future is report.n_anyones_future is None
    assert "own future in training  unknown without timestamps" in str(report)
    assert report.verdict == "no duplicates; leaks of the future cannot be checked without timestamps"


def test_the_report_reads_as_a_table():
    train = Interactions.from_arrays(["ann", "ann", "bob"], ["tea", "cup", "tea"], timestamps=[1, 5, 3])
    test = Interactions.from_arrays(["ann", "ann", "eve"], ["tea", "pot", "tea"], timestamps=[9, 2, 4])
    with pytest.warns(LeakageWarning) as caught:
        report = check_split(train, test, k=1, repeats=False)
    leaks = (
        "1 (33.3%) test interactions are also training interactions; "
        "1 (33.3%) test interactions are older than the last training interaction of the same user"
    )
    messages = [str(warning.message) for warning in caught if warning.category is LeakageWarning]
    assert messages == [f"the split leaks: {leaks}"]
    assert str(report).splitlines() == [
        "training                3 interactions of 2 users with 2 items",
        "test                    3 interactions of 2 users with 2 items",
        "protocol                new items only",
        "duplicates              1 (33.3%)",
        "repeats                 0 (0.0%)",
        "own future in training  1 (33.3%)",
        "any future in training  2 (66.7%)",
        "cold users              1 (50.0%), with 1 (33.3%) of the test interactions",
        "cold items              1 (50.0%), with 1 (33.3%) of the test interactions",
        "popularity baseline     recall@1 0.5000, ndcg@1 0.5000",
        f"verdict                 LEAKS: {leaks}",
    ]


def test_repeats_are_leaks_only_in_the_protocol_for_new_items():
    train = Interactions.from_arrays([1, 1, 2], [7, 8, 7], timestamps=[1, 2, 3])
    test = Interactions.from_arrays([1, 2], [7, 9], timestamps=[5, 6])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for repeats in (None, True):
            report = check_split(train, test, k=1, repeats=repeats)
            assert (report.n_duplicates, report.n_repeats, report.protocol) == (0, 1, "repeats allowed")
            assert report.verdict == "no leaks; recommend with exclude_seen=False, to test on the repeats"
            assert report.popularity["recall@1"] == 0.5  # item 7 is recommended to user 1 again
    report = quietly(train, test, k=1, repeats=False)
    assert (report.n_duplicates, report.n_repeats, report.protocol) == (1, 0, "new items only")
    assert report.leaks == ["1 (50.0%) test interactions are also training interactions"]


def test_repeats_without_timestamps_must_be_allowed_explicitly():
    train, test = Interactions.from_arrays([1, 2], [7, 8]), Interactions.from_arrays([1, 2], [7, 9])
    assert check_split(train, test, repeats=True).n_repeats == 1
    assert quietly(train, test).n_duplicates == 1


def test_the_same_interaction_in_both_parts_is_never_a_repeat():
    data = as_interactions(LOG)
    report = quietly(data, data, repeats=True)
    assert (report.n_duplicates, report.n_repeats) == (data.n_interactions, 0)


def test_a_split_by_time_of_merged_events_is_a_leak():
    log = {"user_id": [1, 1, 1, 2, 2], "item_id": [7, 7, 8, 7, 8], "timestamp": [1, 9, 2, 3, 8]}
    merged = Interactions.from_frame(log, timestamp="timestamp", duplicates="sum")
    with pytest.warns(LeakageWarning, match=r"1 repeated event\(s\) were merged"):
        train, test = train_test_split(merged, GlobalTimeSplit(cut=8))
    with pytest.warns(LeakageWarning, match="1 repeated events were merged before the split by time"):
        report = check_split(train, test)
    assert report.n_merged == 1
    assert report.verdict.startswith("LEAKS")
    right = check_split(*split_log(log, at=8, repeats=True))
    assert (right.n_merged, right.n_repeats, right.leaks) == (0, 1, [])


def test_parts_may_be_pairs_of_any_form():
    data = as_interactions(LOG)
    ((train, test),) = LeaveLastOut().split(data)
    X, _ = as_pairs(data, random_state=None)
    assert check_split(X[train], X[test]) == check_split(*train_test_split(data, LeaveLastOut()))
    pairs, _ = data.to_pairs()
    assert check_split(pairs[train], pairs[test]).n_test == len(test)


@pytest.mark.data
def test_the_published_folds_of_movielens_leak_the_future_and_a_global_cut_does_not(data_dir):
    def read(name):
        users, items, ratings, times = np.loadtxt(data_dir / "ml-100k" / name, dtype=np.int64).T
        return Interactions.from_arrays(users, items, ratings, times)

    report = quietly(read("u1.base"), read("u1.test"))
    assert report.n_duplicates == 0
    assert report.n_own_future > 0.9 * report.n_test
    report = check_split(*train_test_split(read("u.data"), GlobalTimeSplit()))
    assert (report.leaks, report.n_anyones_future) == ([], 0)
    assert report.n_of_cold_users > 0.8 * report.n_test  # users rate for a short time only


def test_parts_that_cannot_be_compared_are_refused():
    data = as_interactions(LOG)
    with pytest.raises(DataError, match="test has no interactions"):
        check_split(data, data.select(np.zeros(data.n_interactions, dtype=np.bool_)))
    dated = Interactions.from_arrays([1], [1], timestamps=np.array(["2024-01-01"], dtype="datetime64[D]"))
    with pytest.raises(DataError, match=r"timestamps: expected one type .* int64 in train and datetime64\[D\] in test"):
        check_split(data, dated)
    with pytest.raises(ValueError, match=r"^k=0"):
        check_split(data, data, k=0)


def test_ids_in_two_forms_cause_a_warning_with_ids_of_both_sides():
    train = Interactions.from_arrays(["ann", "bob"], ["12", "7"])
    with pytest.warns(UserWarning, match=r"none of the 1 test items is in the training data: .*'12' and '12.0'"):
        check_split(train, Interactions.from_arrays(["ann"], ["12.0"]))
