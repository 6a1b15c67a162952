import functools
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import Interactions, Recommendations, compare, evaluate
from recokit.metrics import Metric
from recokit.metrics._custom import label_metrics, parse_metric
from tests.naive import metrics as naive

# Toy data often have no id in common, or lists shorter than the cut-off.
pytestmark = [
    pytest.mark.filterwarnings("ignore:none of the"),
    pytest.mark.filterwarnings("ignore:the lists contain at most"),
]

LISTS = st.dictionaries(st.integers(0, 5), st.lists(st.integers(0, 9), max_size=6, unique=True), min_size=1)
TEST = st.dictionaries(st.integers(0, 7), st.dictionaries(st.integers(0, 9), st.sampled_from([1.0, 2.0, 5.0])))


def own_ndcg(lists, truth):
    """Return the NDCG of each user from its definition."""
    return [naive.ndcg(lists[user], truth[user], 10, gain="linear") for user in truth]


def n_missed(lists, truth):
    """Return the number of relevant items that are not in the list of each user."""
    return np.array([len(truth[user].keys() - set(items)) for user, items in lists.items()])


n_missed.lower_is_better = True


@pytest.mark.filterwarnings("ignore:none of the")
@pytest.mark.parametrize("missing", ["skip", "zero"])
@given(LISTS, TEST.filter(lambda test: any(test.values())))
def test_a_function_computes_what_the_built_in_metric_computes(missing, lists, test):
    result = evaluate(lists, test, ["ndcg@10(gain=linear)", own_ndcg], missing=missing)
    built_in, own = result.per_user.values()
    assert own == pytest.approx(built_in, abs=1e-12)
    assert result["own_ndcg"] == pytest.approx(result["ndcg@10(gain=linear)"], abs=1e-12)


def test_a_function_gets_whole_lists_and_relevant_items_by_user_id():
    calls = []

    def record(lists, truth):
        calls.append((lists, truth))
        return [0] * len(truth)

    lists = Recommendations(["ann", "bob", "cy"], [["tea", "cup"], ["pot", ""], ["jug", "tea"]], counts=[2, 1, 2])
    test = Interactions.from_arrays(["bob", "ann", "ann", "dan"], ["tea", "pot", "tea", "cup"], [4, 2, 5, 1])
    for missing in ("skip", "zero"):
        evaluate(lists, test, ["recall@1", record], threshold=2, missing=missing)
    evaluate([[7, 8], [9]], [[8], [7]], record)
    by_id = ({"ann": ["tea", "cup"], "bob": ["pot"]}, {"ann": {"pot": 2.0, "tea": 5.0}, "bob": {"tea": 4.0}})
    assert calls == [by_id, by_id, ({0: [7, 8], 1: [9]}, {0: {8: 1.0}, 1: {7: 1.0}})]
    assert [list(part) for part in calls[0]] == [["ann", "bob"]] * 2


def test_a_user_without_a_list_has_an_empty_list():
    result = evaluate({"ann": ["tea"]}, {"ann": ["tea"], "dan": ["tea", "cup"]}, n_missed)
    assert result.users.tolist() == ["ann", "dan"]
    assert result.per_user["n_missed"].tolist() == [0.0, 2.0]


def test_users_without_relevant_items_score_0_without_a_call():
    def always_1(lists, truth):
        assert "bob" not in truth
        return [1] * len(truth)

    result = evaluate({"ann": ["tea"], "bob": ["tea"]}, {"ann": ["tea"]}, always_1, missing="zero")
    assert result.per_user["always_1"].tolist() == [1.0, 0.0]


@pytest.mark.parametrize("convert", [list, tuple, np.array, pd.Series, lambda values: np.array(values) > 0])
def test_a_function_can_return_every_kind_of_sequence(convert):
    def hits(lists, truth):
        return convert([len(truth[user].keys() & set(items)) for user, items in lists.items()])

    assert evaluate([["a"], ["b"]], [["a"], ["c"]], hits).per_user["hits"].tolist() == [1.0, 0.0]


def test_custom_metrics_have_intervals_and_can_be_compared():
    test = {user: [user] for user in range(40)}
    first = evaluate({user: [user] for user in test}, test, ["recall", n_missed])
    second = evaluate({user: [-1] for user in test}, test, ["recall", n_missed])
    assert first.lower_is_better == {"n_missed"}
    assert second.intervals["n_missed"] == (1.0, 1.0)
    result = compare({"hit": first, "miss": second}, metrics=["n_missed", "recall"])
    assert [one.metric for one in result.significant] == ["n_missed", "recall"]
    assert str(result).splitlines()[1].endswith("hit is lower (better)")
    assert str(result).splitlines()[2].endswith("hit is higher")
    assert str(compare({"miss": second, "hit": first})).splitlines()[2].endswith("miss is higher (worse)")


def test_built_in_metrics_with_lower_is_better_are_named_by_their_label():
    train = Interactions.from_arrays([1, 2], ["a", "b"])
    result = evaluate({3: ["a"]}, {3: ["a"]}, ["recall", "popularity_bias@1", Metric("gini")], train=train)
    assert result.lower_is_better == {"popularity_bias@1", "gini"}


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (0.5, r"metric bad: expected one number for each user, an array of shape \(2,\), got float of shape \(\)"),
        ([1.0], r"got list of shape \(1,\)"),
        ([[1.0], [2.0]], r"got list of shape \(2, 1\)"),
        ([[1.0], [2.0, 3.0]], r"array of shape \(2,\) \(.*inhomogeneous"),
        ({"ann": 1.0, "bob": 2.0}, r"got dict of shape \(\)"),
        (None, r"got NoneType of shape \(\)"),
        (["0.5", "1"], "got values of type <U3"),
        ([1.0, None], "got values of type object"),
        ([1.0, np.nan], r"metric bad: 1 NaN or infinite value\(s\): nan, of the users 'bob'; return finite numbers"),
        ([np.inf, np.nan], r"2 NaN or infinite value\(s\): inf, nan, of the users 'ann', 'bob'"),
    ],
)
def test_invalid_values_of_a_function_are_refused(returned, message):
    def bad(lists, truth):
        return returned

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match=message):
            evaluate({"ann": ["a"], "bob": ["b"]}, {"ann": ["a"], "bob": ["b"]}, ["recall", bad])


def test_a_function_without_a_name_is_refused_until_it_has_one():
    partial = functools.partial(lambda scale, lists, truth: [scale] * len(truth), 3)
    with pytest.raises(TypeError, match="has no name: set its attribute __name__"):
        evaluate([["a"]], [["a"]], [partial])
    partial.__name__ = "three"
    assert evaluate([["a"]], [["a"]], [partial]).means == {"three": 3.0}


def test_two_metrics_with_one_name_are_refused():
    def recall(lists, truth):
        return [1] * len(truth)

    assert list(label_metrics([recall, recall, "recall@5"])) == ["recall", "recall@5"]
    with pytest.raises(ValueError, match="two metrics have the name 'recall'"):
        evaluate([["a"]], [["a"]], ["recall", recall])


def test_parsed_metrics_are_parsed_to_themselves():
    for metric in ("ndcg@5", n_missed):
        assert parse_metric(parse_metric(metric)) == parse_metric(metric)
    assert (parse_metric(n_missed).lower_is_better, parse_metric(own_ndcg).lower_is_better) == (True, False)
