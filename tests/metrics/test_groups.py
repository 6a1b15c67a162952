"""The evaluation of segments of users."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given as sampled
from hypothesis import strategies as st

from recokit import DataError, Interactions, compare, evaluate

# Toy data often have no id in common, or lists shorter than the cut-off.
pytestmark = [
    pytest.mark.filterwarnings("ignore:none of the"),
    pytest.mark.filterwarnings("ignore:the lists contain at most"),
]

LISTS = {"ann": ["tea", "cup"], "bob": ["pot", "tea"], "cy": ["jug", "cup"], "dan": ["tea", "jug"]}
TEST = {"ann": ["tea", "mug"], "bob": ["tea"], "cy": ["mug"], "eve": ["tea"]}
SEGMENTS = {"ann": "new", "bob": "old", "cy": "old", "dan": "old", "eve": "new", "zoe": "gone"}
METRICS = ["recall@2", "mrr@1"]


def test_each_group_has_the_evaluation_of_its_users():
    result = evaluate(LISTS, TEST, METRICS, groups=SEGMENTS)
    assert list(result.groups) == ["gone", "new", "old"]
    assert result.means == evaluate(LISTS, TEST, METRICS).means
    for label in ("new", "old"):
        users = [user for user, segment in SEGMENTS.items() if segment == label]
        alone = evaluate(*({user: rows[user] for user in users if user in rows} for rows in (LISTS, TEST)), METRICS)
        group = result.groups[label]
        assert group.means == alone.means
        assert group.users.tolist() == alone.users.tolist()
        assert group.intervals == alone.intervals
        assert (group.n_without_test, group.n_without_list) == (alone.n_without_test, alone.n_without_list)
    assert result.groups["gone"].n_users == 0
    assert np.isnan(result.groups["gone"]["recall@2"])
    assert result.groups["gone"].intervals == {}


@sampled(
    st.dictionaries(st.integers(0, 9), st.lists(st.integers(0, 5), min_size=1, max_size=3), min_size=1),
    st.dictionaries(st.integers(0, 9), st.integers(0, 2), min_size=10, max_size=10),
)
def test_the_overall_mean_is_the_mean_of_the_groups_weighted_by_their_users(test, groups):
    lists = {user: [user % 6, 1] for user in range(8)}
    for missing in ("skip", "zero"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = evaluate(lists, test, ["ndcg@2"], missing=missing, groups=groups)
        parts = [result.groups[label] for label in result.groups if result.groups[label].n_users]
        assert sum(part.n_users for part in parts) == result.n_users
        assert sum(part.n_users * part["ndcg@2"] for part in parts) / result.n_users == pytest.approx(result["ndcg@2"])
        assert sum(result.groups[label].n_without_test for label in result.groups) == result.n_without_test
        assert sum(part.n_without_list for part in parts) == result.n_without_list


BY_USER = pd.Series(SEGMENTS, name="segment").rename_axis("user_id")


@pytest.mark.parametrize(
    "groups",
    [
        BY_USER,
        BY_USER.sample(frac=1, random_state=0),
        BY_USER.astype("category"),
        BY_USER.reset_index(),
        pl.from_pandas(BY_USER.reset_index()),
        {"segment": BY_USER.tolist(), "user_id": BY_USER.index.tolist()},
    ],
)
def test_groups_are_read_by_user_from_every_form(groups):
    expected = evaluate(LISTS, TEST, METRICS, groups=SEGMENTS).groups.to_frame()
    pd.testing.assert_frame_equal(evaluate(LISTS, TEST, METRICS, groups=groups).groups.to_frame(), expected)


def test_an_ordered_categorical_gives_the_order_of_the_groups():
    ordered = BY_USER.astype(pd.CategoricalDtype(["old", "unused", "new", "gone"], ordered=True))
    result = evaluate(LISTS, TEST, METRICS, groups=ordered).groups
    assert list(result) == ["old", "new", "gone"]
    assert result["new"].means == evaluate(LISTS, TEST, METRICS, groups=SEGMENTS).groups["new"].means


def test_users_without_a_group_count_only_in_the_overall_result():
    result = evaluate(LISTS, TEST, METRICS, groups={"ann": 1, "bob": 2, "cy": None})
    assert list(result.groups) == [1, 2]
    assert (result.n_users, result.groups.n_without_group) == (4, 2)
    assert str(result.groups).endswith("(2 evaluated users without a group)")


def test_metrics_of_all_lists_are_those_of_the_lists_of_the_group():
    train = Interactions.from_arrays(["x"] * 4, ["tea", "cup", "pot", "jug"])
    metrics = ["coverage@1", "personalization", "novelty"]
    result = evaluate(LISTS, TEST, metrics, train=train, groups=SEGMENTS)
    assert result.groups["old"]["coverage@1"] == 3 / 4  # pot, jug and tea, also of dan, who has no test items
    assert result.groups["new"]["coverage@1"] == 1 / 4
    assert np.isnan(result.groups["new"]["personalization"])  # one list


def test_the_frame_of_the_groups_has_a_row_for_each_group_and_metric():
    groups = evaluate(LISTS, TEST, [*METRICS, "coverage"], catalogue=["tea", "cup"], groups=SEGMENTS).groups
    frame = groups.to_frame("polars")
    assert frame.columns == ["group", "n_users", "metric", "value", "low", "high"]
    assert frame["group"].to_list() == ["gone"] * 3 + ["new"] * 3 + ["old"] * 3
    assert frame["n_users"].to_list() == [0] * 3 + [2] * 6
    assert frame["value"].to_list()[3:5] == [groups["new"]["recall@2"], groups["new"]["mrr@1"]]
    assert tuple(frame.row(3)[4:]) == groups["new"].intervals["recall@2"]
    assert np.isnan(frame["low"][5])


def test_the_text_shows_the_metrics_of_each_group():
    result = evaluate(LISTS, TEST, METRICS, groups=SEGMENTS)
    table = [
        "group  users  recall@2   mrr@1",
        "gone       0       nan     nan",
        "new        2    0.2500  0.5000",
        "old        2    0.5000  0.0000",
    ]
    assert str(result.groups) == "\n".join(table)
    assert str(result).endswith("\n\n" + "\n".join(table))
    assert repr(result.groups) == "GroupEvaluation(3 groups: 'gone', 'new', 'old')"
    assert len(result.groups) == 3


def test_the_evaluations_of_a_group_can_be_compared():
    first, second = (
        evaluate(lists, TEST, METRICS, groups=SEGMENTS).groups["new"] for lists in (LISTS, {"ann": ["mug"]})
    )
    assert compare(first, second, n_resamples=9).n_users == 2


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({"Ann": 1, "Bob": 2}, "none of the 4 evaluated users has a group: .*'Ann' and 'ann' look like the same id"),
        (pd.Series(["a", "b"]), "none of the 4 evaluated users has a group: the groups contain 0, 1, and"),
        (["new", "old"], "groups: expected a mapping of users to groups, a pandas Series"),
        ("new", "groups: expected a mapping"),
        ({}, "groups: no user has a group"),
        ({"ann": None}, "groups: no user has a group"),
        ({"ann": ["new"]}, "groups: ids must be hashable"),
        (pd.Series(["a", "b"], index=["ann", "ann"]), "groups: the index of the Series contains a user twice: 'ann'"),
        (pd.DataFrame({"user_id": ["ann"], "a": [1], "b": [2]}), "the column user_id and one other column"),
        (pd.DataFrame({"user_id": ["ann", "ann"], "a": [1, 2]}), "users of the groups: 1 id.s. are duplicated: 'ann'"),
        ({"user_id": ["ann"], "a": [1, 2]}, "groups: 1 users and 2 groups"),
    ],
)
def test_invalid_groups_are_refused(groups, message):
    with pytest.raises(DataError, match=message):
        evaluate(LISTS, TEST, METRICS, groups=groups)
    with pytest.raises(KeyError, match="no group 'other'; the groups are 'gone', 'new', 'old'"):
        evaluate(LISTS, TEST, METRICS, groups=SEGMENTS).groups["other"]
