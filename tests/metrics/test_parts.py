"""Repeat and explore parts of metrics."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import Interactions, ItemKNN, LeakageWarning, compare, evaluate
from recokit.data import Sequences
from recokit.exceptions import DataError
from recokit.metrics import Metric
from recokit.model_selection import leave_last_basket, ranking_scorer
from tests.naive.sequences import ndcg_of_part, recall_of_part

USERS, ITEMS = st.integers(0, 5), st.integers(0, 7)
HISTORIES = st.dictionaries(USERS, st.lists(ITEMS, min_size=1, max_size=6), min_size=1)
TESTS = st.dictionaries(USERS, st.lists(ITEMS, unique=True, max_size=5), min_size=1).filter(
    lambda test: any(test.values())
)
LISTS = st.dictionaries(USERS, st.permutations(range(8)), min_size=1)
NAIVE = {"recall": recall_of_part, "ndcg": ndcg_of_part}


@pytest.mark.filterwarnings("ignore:none of the")
@pytest.mark.parametrize("part", ["repeat", "explore"])
@pytest.mark.parametrize("name", NAIVE)
@given(lists=LISTS, test=TESTS, histories=HISTORIES)
def test_a_part_is_the_metric_over_the_relevant_items_in_it(name, part, lists, test, histories):
    expected = NAIVE[name](lists, test, histories, part, 3)
    metric = f"{name}@3(part={part})"
    given = Sequences.from_lists(histories)
    if not expected:
        with pytest.raises(DataError, match=f"no evaluated user has relevant items in the part '{part}'"):
            evaluate(lists, test, metric, histories=given)
        return
    result = evaluate(lists, test, metric, histories=given)
    values = dict(zip(result.users.tolist(), result.per_user[metric].tolist(), strict=True))
    assert {user: value for user, value in values.items() if not np.isnan(value)} == pytest.approx(expected)
    assert result[metric] == pytest.approx(np.mean(list(expected.values())))


def test_hits_of_both_parts_add_up_to_all_hits():
    lists, test = {"ann": ["a", "b", "c"], "bob": ["c", "d", "e"]}, {"ann": ["a", "c"], "bob": ["c", "e", "x"]}
    metrics = ["precision@3", "precision@3(part=repeat)", "precision@3(part=explore)"]
    whole, *parts = evaluate(lists, test, metrics, train={"ann": ["a"], "bob": ["c", "d"]}).means.values()
    assert sum(parts) == pytest.approx(whole)


def test_revenue_of_a_part_counts_its_hits_only():
    result = evaluate(
        {"ann": ["a", "b"]},
        {"ann": ["a", "b"]},
        ["revenue@2", "revenue@2(part=explore)"],
        train={"ann": ["a"]},
        prices={"a": 3, "b": 5},
    )
    assert list(result.means.values()) == [8, 5]


def test_users_outside_the_histories_have_new_items_only():
    lists = {"ann": ["a"], "eve": ["a"]}
    result = evaluate(lists, lists, ["hit_rate@1(part=explore)", "hit_rate@1(part=repeat)"], train={"ann": ["a"]})
    assert result.per_user["hit_rate@1(part=explore)"].tolist() == pytest.approx([np.nan, 1], nan_ok=True)
    assert result.per_user["hit_rate@1(part=repeat)"].tolist() == pytest.approx([1, np.nan], nan_ok=True)


def test_users_without_a_list_score_0_in_a_part():
    result = evaluate(
        {"ann": ["a"]}, {"ann": ["a"], "bob": ["a"]}, "recall@1(part=repeat)", train=[("ann", "a"), ("bob", "a")]
    )
    assert result["recall@1(part=repeat)"] == 0.5


def test_with_missing_zero_users_without_items_in_a_part_score_0():
    result = evaluate(
        {"ann": ["a"], "bob": ["b"]},
        {"ann": ["a"], "bob": ["b"]},
        "recall@1(part=repeat)",
        train={"ann": ["a"]},
        missing="zero",
    )
    assert result["recall@1(part=repeat)"] == 0.5


def test_histories_take_precedence_over_the_training_data():
    lists = {"ann": ["a"]}
    options = {"train": {"ann": ["a"]}, "histories": {"ann": ["b"]}}
    assert evaluate(lists, lists, "recall@1(part=explore)", **options)["recall@1(part=explore)"] == 1


def test_without_histories_the_error_names_the_remedy():
    with pytest.raises(
        ValueError, match=r"recall@1\(part=repeat\) needs the items that each user had before: pass train="
    ):
        evaluate({"ann": ["a"]}, {"ann": ["a"]}, "recall@1(part=repeat)")


@pytest.mark.parametrize("name", ["coverage", "novelty", "auc", "serendipity"])
def test_metrics_without_parts_refuse_them(name):
    with pytest.raises(ValueError, match=f"{name} has no parts.*average_precision, hit_rate"):
        Metric(name, part="repeat")


def test_an_unknown_part_is_refused():
    with pytest.raises(ValueError, match="part='new': expected one of repeat, explore"):
        Metric.parse("recall@5(part=new)")


def test_the_text_form_keeps_the_part():
    metric = Metric.parse("NDCG@10(gain=linear, part=explore)")
    assert metric == Metric("ndcg", 10, gain="linear", part="explore")
    assert Metric.parse(str(metric)) == metric


def test_repeats_that_are_tested_on_purpose_are_no_leak(recwarn):
    data = Interactions.from_arrays(["ann"], ["a"])
    evaluate({"ann": ["a"]}, data, "recall@1(part=repeat)", train=data)
    assert not [one for one in recwarn if issubclass(one.category, LeakageWarning)]
    with pytest.warns(LeakageWarning, match="1 of 1 test pairs"):
        evaluate({"ann": ["a"]}, data, "recall@1", train=data)


def test_later_baskets_of_sequences_are_no_leak(recwarn):
    baskets = {"ann": [["a", "b"], ["c"], ["a", "d"]], "bob": [["b"], ["b", "d"]]}
    split = leave_last_basket(Sequences.from_baskets(baskets))
    lists = ItemKNN().fit(split.train).recommend_for(split.histories, 4, exclude_seen=False, on_unknown="empty")
    evaluate(lists, split.targets, ["recall@4", "recall@4(part=repeat)"], train=split.train)
    assert not [one for one in recwarn if issubclass(one.category, LeakageWarning)]


@pytest.mark.filterwarnings("ignore:none of the 1 test items is in a list")
def test_groups_and_comparisons_leave_out_users_without_items_in_the_part():
    test = {user: ["a"] for user in "abcd"}
    train = {"a": ["a"], "b": ["a"], "c": ["x"], "d": ["x"]}
    metric = "hit_rate@1(part=repeat)"
    good, bad = ({user: [item] for user in "abcd"} for item in ("a", "b"))
    groups = {"a": "old", "b": "old", "c": "new"}
    first, second = (evaluate(lists, test, metric, train=train, groups=groups) for lists in (good, bad))
    assert first.groups["old"][metric] == 1
    assert np.isnan(first.groups["new"][metric])
    assert compare({"good": first, "bad": second}).differences[0].difference == 1


def test_a_scorer_takes_the_training_data_of_the_model_as_history():
    train = Interactions.from_arrays(["ann", "ann", "bob", "bob"], ["a", "b", "b", "c"])
    test = Interactions.from_arrays(["ann", "bob"], ["a", "a"])
    scores = ranking_scorer(["hit_rate@3(part=repeat)", "hit_rate@3(part=explore)"], exclude_seen=False)(
        ItemKNN().fit(train), test
    )
    assert scores == {"hit_rate@3(part=repeat)": 1.0, "hit_rate@3(part=explore)": 1.0}
