"""Data labelled by user or item are read by their labels, never by position."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given as sampled
from hypothesis import strategies as st

from recokit import DataError, Interactions
from recokit.experiments import conversion_rate, repeat_purchase_rate, uplift
from recokit.metrics import (
    average_precision,
    compare,
    coverage,
    diversity,
    evaluate,
    gini,
    hit_rate,
    margin_at_k,
    ndcg,
    novelty,
    personalization,
    popularity_bias,
    precision,
    recall,
    reciprocal_rank,
    revenue_at_k,
    serendipity,
)

pytestmark = [
    pytest.mark.filterwarnings("ignore:none of the"),
    pytest.mark.filterwarnings("ignore:the lists contain at most"),
]

RECS = pd.DataFrame({"user_id": [1, 1, 2, 2, 3, 3], "item_id": list("abcdef")}).groupby("user_id")["item_id"].agg(list)
TEST = pd.DataFrame({"user_id": [2, 3, 4], "item_id": list("cez")}).groupby("user_id")["item_id"].agg(list)
TRAIN = {1: ["b"], 2: ["a", "z"], 9: ["e"]}
PRICES = pd.Series([1.0, 2.0, 4.0], index=["c", "e", "z"])

WITH_TEST = {
    "evaluate": lambda lists, test: evaluate(lists, test, ["recall@2"])["recall@2"],
    **{metric.__name__: metric for metric in (precision, recall, hit_rate, ndcg, average_precision, reciprocal_rank)},
    "serendipity": lambda lists, test: serendipity(lists, test, TRAIN),
    "revenue": lambda lists, test: revenue_at_k(lists, test, prices=PRICES),
    "margin": lambda lists, test: margin_at_k(lists, test, margins=PRICES),
}
WITHOUT_TEST = {
    "coverage": lambda lists: coverage(lists, list("abxyz")),
    "gini": lambda lists: gini(lists, list("abxyz")),
    "novelty": lambda lists: novelty(lists, TRAIN),
    "popularity_bias": lambda lists: popularity_bias(lists, TRAIN),
    "personalization": personalization,
    "diversity": lambda lists: diversity(lists, np.eye(6), list("abcdef")),
}


@pytest.mark.parametrize("metric", list(WITH_TEST.values()), ids=list(WITH_TEST))
def test_a_series_of_lists_by_user_is_read_by_its_index(metric):
    expected = metric(RECS.to_dict(), TEST.to_dict())
    for lists in (RECS, RECS.sample(frac=1, random_state=0), RECS.to_dict()):
        for test in (TEST, TEST[::-1], TEST.map(set), TEST.map(tuple), TEST.map(np.array), TEST.to_dict()):
            assert metric(lists, test) == pytest.approx(expected)
    assert metric(RECS.drop(2), TEST) == metric(RECS.drop(2).to_dict(), TEST.to_dict())


@pytest.mark.parametrize("metric", list(WITHOUT_TEST.values()), ids=list(WITHOUT_TEST))
def test_metrics_without_a_test_set_accept_a_series_of_lists(metric):
    assert metric(RECS) == pytest.approx(metric(RECS.to_dict()))


def test_evaluate_reports_the_users_in_the_index_of_a_series():
    result = evaluate(RECS, TEST, ["recall@2"])
    assert result["recall@2"] == pytest.approx(2 / 3)
    assert result.users.tolist() == [2, 3, 4]
    assert evaluate(RECS, {0: ["a"], 1: ["z"], 2: ["c"]}, ["recall@2"]).per_user["recall@2"].tolist() == [0, 1, 0]


LISTS_BY_USER = st.dictionaries(st.integers(0, 6), st.lists(st.integers(0, 5), min_size=1, max_size=4), min_size=1)


@sampled(LISTS_BY_USER, LISTS_BY_USER)
def test_a_series_has_the_same_result_as_its_mapping(lists, test):
    metrics = ["ndcg@2", "recall", "precision"]
    expected = evaluate(lists, test, metrics)
    found = evaluate(pd.Series(lists, dtype=object), pd.Series(test, dtype=object), metrics)
    assert found.means == expected.means
    assert found.users.tolist() == expected.users.tolist()


def test_values_in_a_series_of_mappings_are_the_test_values():
    test = {"ann": {"tea": 2.0}, "bob": {"cup": 4.0}}
    lists = {"ann": ["pot", "tea"], "bob": ["cup"]}
    assert ndcg(lists, pd.Series(test), gain="linear") == ndcg(lists, test, gain="linear")
    assert recall(lists, pd.Series(test), threshold=3) == recall(lists, test, threshold=3) == 1


def test_a_series_with_the_default_index_contains_the_lists_of_the_users_0_to_n():
    lists = pd.Series([["a"], ["b"]])
    assert recall(lists, [["a"], ["c"]]) == recall(lists, {0: ["a"], 1: ["c"]}) == 0.5
    assert recall([["a"], ["b"]], pd.Series({1: ["b"], 5: ["a"]})) == 0.5
    with pytest.raises(DataError, match="collections without user ids"):
        recall(RECS, [["a"], ["b"], ["c"]])


@pytest.mark.parametrize(
    "to_native", [lambda frame: frame, lambda frame: frame.to_pandas(), lambda frame: frame.to_arrow()]
)
def test_a_frame_with_the_list_of_a_user_in_each_row_is_read(to_native):
    rows = pl.DataFrame({"user_id": [3, 1, 3, 1, 2], "item_id": list("abcde")})
    nested = to_native(rows.group_by("user_id", maintain_order=True).agg("item_id"))
    test = {1: ["d"], 3: ["a"], 2: ["x"]}
    assert (
        recall(nested, test, k=1) == recall({3: ["a", "c"], 1: ["b", "d"], 2: ["e"]}, test, k=1) == pytest.approx(1 / 3)
    )
    assert recall(test, nested) == recall(test, {3: ["a", "c"], 1: ["b", "d"], 2: ["e"]})


def test_the_named_index_of_a_frame_contains_the_users():
    expected = recall(RECS, TEST)
    assert recall(RECS.to_frame(), TEST.to_frame()) == expected
    events = TEST.explode().reset_index()
    assert recall(RECS.explode().to_frame(), events.set_index("user_id")) == expected
    assert recall(RECS, events.assign(rating=1.0).set_index(["user_id", "item_id"])) == expected


def test_training_data_can_be_the_items_of_each_user():
    data = Interactions.from_arrays([1, 2, 2, 9], ["b", "a", "z", "e"])
    for train in (TRAIN, pd.Series(TRAIN)):
        assert novelty(RECS, train) == novelty(RECS, data)
        assert (
            evaluate(RECS, TEST, ["coverage"], train=train).means
            == evaluate(RECS, TEST, ["coverage"], train=data).means
        )
    with pytest.raises(DataError, match="train: expected the items of each user, got 'b' for the user 1"):
        novelty(RECS, {1: "b"})


@pytest.mark.parametrize("argument", [{"prices": PRICES}, {"margins": PRICES}])
def test_prices_and_margins_in_a_series_are_read_by_item(argument):
    (name,) = argument
    metric = "revenue@1" if name == "prices" else "margin@1"
    shuffled = {name: PRICES.sample(frac=1, random_state=3)}
    expected = evaluate(RECS, TEST, [metric], **{name: PRICES.to_dict()}).means
    assert (
        evaluate(RECS, TEST, [metric], **argument).means == evaluate(RECS, TEST, [metric], **shuffled).means == expected
    )


def test_item_vectors_are_read_by_item():
    vectors = pd.DataFrame(np.eye(6)[[0, 0, 1, 2, 3, 3]], index=list("abcdef"))
    expected = evaluate(RECS, TEST, ["diversity"], item_vectors=(vectors.to_numpy(), list("abcdef"))).means
    by_item = dict(zip(vectors.index, vectors.to_numpy(), strict=True))
    for given in (vectors, vectors[::-1], by_item, pd.Series(by_item), (vectors, list("abcdef"))):
        assert evaluate(RECS, TEST, ["diversity"], item_vectors=given).means == expected
    with pytest.raises(DataError, match=r"the items in another order; pass vectors.loc\[items\]"):
        diversity(RECS, vectors, list("fedcba"))
    assert diversity(RECS, vectors.reset_index(drop=True), list("abcdef")) == diversity(RECS, vectors, vectors.index)


def test_a_catalogue_with_named_labels_is_read_by_item():
    prices = pd.Series([1.0, 2.0], index=pd.Index(["a", "c"], name="item_id"), name="price")
    assert coverage(RECS, prices) == coverage(RECS, ["a", "c"]) == 1
    assert coverage(RECS, pd.Series(["a", "z"], name="item_id")) == 0.5


def test_evaluations_in_a_series_are_compared_by_name():
    one, other = evaluate(RECS, TEST, ["NDCG@2"]), evaluate(RECS.map(lambda row: row[::-1]), TEST, ["NDCG@2"])
    result = compare(pd.Series({"one": one, "other": other}), metrics=["ndcg@2"], n_resamples=99)
    assert [(row.metric, row.first, row.second) for row in result.differences] == [("NDCG@2", "one", "other")]


def test_visitors_and_buyers_with_named_labels_are_read_by_user():
    visits = pd.DataFrame({"user_id": [7, 8, 8, 9], "order_id": [1, 2, 3, 4]})
    n_visits = visits.groupby("user_id").size()
    assert conversion_rate(n_visits, [8, 9]) == conversion_rate(visits, n_visits.drop(7)) == pytest.approx(2 / 3)
    assert conversion_rate(visits["user_id"], {"user_id": [8]}) == pytest.approx(1 / 3)
    assert conversion_rate(n_visits.to_dict(), {8: 5}) == pytest.approx(1 / 3)
    for orders in (visits.set_index("user_id")["order_id"], visits.to_dict("list"), visits["user_id"]):
        assert repeat_purchase_rate(orders) == pytest.approx(1 / 3)
    for orders in (n_visits, n_visits.to_dict(), {7, 8}, None):
        with pytest.raises(DataError, match=r"buyers: .*one row for each order"):
            repeat_purchase_rate(orders)


def test_the_outcomes_of_visitors_can_be_labelled():
    control, treatment = {101: 0.0, 102: 2.5, 103: 3.5}, {104: 1.0, 105: 2.5}
    expected = uplift(list(control.values()), list(treatment.values()), n_resamples=50)
    assert uplift(control, treatment, n_resamples=50) == expected
    assert uplift(pd.Series(control), pd.Series(treatment), n_resamples=50) == expected
    with pytest.raises(DataError, match=r"ambiguous: pass conversions and visitors as a tuple, \(3, 5\)"):
        uplift(pd.Series([3, 5], index=["ann", "bob"]), treatment)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: recall(pd.Series([["a"], ["b"]], index=[1, 1]), TEST),
            r"recommendations: the index of the Series contains a user twice: 1; .*groupby\(level=0\).agg\(list\)",
        ),
        (
            lambda: recall(RECS, pd.Series(["a", "b"], index=[1, 1])),
            "test: the index of the Series contains a user twice",
        ),
        (
            lambda: recall(RECS, pd.Series(["c", "e"], index=[2, 3])),
            "test: expected one list .* got 'c' for one of them",
        ),
        (
            lambda: recall(RECS, pd.Series([1.0], index=pd.MultiIndex.from_tuples([(2, "c")]))),
            r"test: .*index of 2 levels; pass series.reset_index\(\), with the columns user_id and item_id",
        ),
        (lambda: recall(RECS.reindex([1, 7]), TEST), "recommendations: expected one list .* got nan"),
        (lambda: evaluate(RECS, TEST, ["diversity"], item_vectors=3), "item_vectors: expected a pair"),
    ],
)
def test_labels_that_do_not_identify_users_or_items_are_refused(call, message):
    with pytest.raises(DataError, match=message):
        call()
