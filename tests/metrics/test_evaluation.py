import re
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest

from recokit import Interactions, metrics
from recokit._runtime.threads import Runner
from recokit.exceptions import LeakageWarning
from recokit.metrics import Metric, coverage, evaluate
from recokit.metrics._metric import REGISTRY, HitMeasure, RankMeasure
from recokit.metrics._resampling import bootstrap_means

# Toy data often have no id in common, or lists shorter than the cut-off.
pytestmark = [
    pytest.mark.filterwarnings("ignore:none of the"),
    pytest.mark.filterwarnings("ignore:the lists contain at most"),
]

LISTS = {"ann": ["tea", "cup", "pot"], "bob": ["pot", "tea", "cup"], "cy": ["jug", "cup", "tea"]}
TEST = {"ann": ["tea", "mug"], "bob": ["cup"], "dan": ["tea"]}


def test_metrics_in_one_pass_equal_the_single_functions():
    names = ["precision", "recall", "hit_rate", "ndcg", "average_precision", "reciprocal_rank"]
    given = [f"{name}{cut}" for name in names for cut in ("", "@1", "@2")]
    result = evaluate(LISTS, TEST, given)
    assert list(result.means) == given
    for metric in given:
        name, _, k = metric.partition("@")
        assert result[metric] == getattr(metrics, name)(LISTS, TEST, int(k) if k else None)


def test_metrics_keep_the_names_given():
    given = ["map@2", Metric("ndcg", 2, gain="linear"), "mrr"]
    assert list(evaluate(LISTS, TEST, given).means) == ["map@2", "ndcg@2(gain=linear)", "mrr"]
    assert list(evaluate(LISTS, TEST, "recall@2").means) == ["recall@2"]


def test_the_mean_is_the_mean_of_the_values_of_the_users():
    result = evaluate(LISTS, TEST, ["recall@2", "ndcg"])
    assert result.users.tolist() == ["ann", "bob", "dan"]
    assert result.per_user["recall@2"].tolist() == [0.5, 0.0, 0.0]
    for name, mean in result.means.items():
        assert mean == result.per_user[name].mean()


def test_users_without_a_list_and_without_test_items_are_counted():
    skipped = evaluate(LISTS, TEST)
    assert (skipped.n_users, skipped.n_without_test, skipped.n_without_list) == (3, 1, 1)
    zero = evaluate(LISTS, TEST, missing="zero")
    assert (zero.n_users, zero.n_without_test, zero.n_without_list) == (4, 1, 1)
    assert zero.users.tolist() == ["ann", "bob", "cy", "dan"]
    assert zero["recall@10"] == pytest.approx(skipped["recall@10"] * 3 / 4)


def test_a_user_without_a_list_scores_0_in_every_metric():
    names = [name for name, definition in REGISTRY.items() if isinstance(definition.measure, RankMeasure | HitMeasure)]
    train = Interactions.from_arrays(["eve"], ["cup"])
    values = {"prices": "test", "margins": "test"}
    result = evaluate({"ann": ["tea"]}, {"ann": ["tea"], "dan": ["tea"]}, names, train=train, **values)
    assert {name: values.tolist() for name, values in result.per_user.items()} == {name: [1.0, 0.0] for name in names}


def test_the_error_about_a_metric_that_was_not_evaluated_lists_the_metrics():
    with pytest.raises(KeyError, match="'ndcg@5' was not evaluated; the metrics are recall@2, mrr"):
        evaluate(LISTS, TEST, ["recall@2", "mrr"])["ndcg@5"]


def test_the_number_of_threads_does_not_change_the_metrics():
    rng = np.random.default_rng(0)
    lists = rng.integers(0, 500, (3000, 20))
    test = Interactions.from_arrays(rng.integers(0, 3000, 20000), rng.integers(0, 500, 20000), duplicates="max")
    one, two = (evaluate(lists, test, ["ndcg@10", "map"], n_threads=n) for n in (1, 2))
    for name in one.means:
        np.testing.assert_array_equal(one.per_user[name], two.per_user[name])


def test_frames_contain_the_metrics_and_the_values_of_the_users():
    result = evaluate(LISTS, TEST, ["recall@2", "coverage"], catalogue=["cup", "jug", "mug", "pot", "tea"])
    frame = result.to_frame("polars")
    assert frame.columns == ["metric", "value", "low", "high"]
    assert frame["metric"].to_list() == ["recall@2", "coverage"]
    assert frame["value"].to_list() == list(result.means.values())
    assert np.isnan(frame["low"][1])
    users = result.per_user_frame("pandas")
    assert users.columns.tolist() == ["user_id", "recall@2"]
    assert users["user_id"].tolist() == ["ann", "bob", "dan"]


def test_the_text_shows_every_metric_and_the_numbers_of_users():
    text = str(evaluate(LISTS, TEST, ["recall@2", "coverage@1"], catalogue=["tea", "pot", "cup", "jug"]))
    assert "3 users evaluated (1 had no list and score 0); 1 had no test items and were skipped" in text
    assert "recall@2    0.1667  [" in text
    assert "coverage@1  0.7500\n" in text
    assert "; 1 had no test items and score 0\n" in str(evaluate(LISTS, TEST, missing="zero"))
    assert repr(evaluate(LISTS, TEST, "mrr")) == "Evaluation(3 users: mrr=0.4444)"


def test_a_notebook_shows_every_metric_with_its_interval():
    html = evaluate(LISTS, TEST, ["recall@2", "coverage@1"], catalogue=["tea", "pot", "cup", "jug"])._repr_html_()
    assert "3 users evaluated (1 had no list and score 0)" in html
    cells = re.findall("<td[^>]*>([^<]*)</td>", html)
    assert cells[:2] == ["recall@2", "0.1667"]
    assert cells[4:] == ["coverage@1", "0.7500", "", ""]
    assert html.endswith("<div>95% bootstrap intervals over users</div></div>")
    without = evaluate(LISTS, TEST, ["coverage@1"], catalogue=["tea", "pot"])._repr_html_()
    assert "low" not in without
    assert "bootstrap" not in without


@pytest.mark.parametrize("metric", ["coverage@2", "auc"])
def test_a_metric_that_needs_the_catalogue_requests_it(metric):
    with pytest.raises(ValueError, match="needs the catalogue: pass train= or catalogue="):
        evaluate(LISTS, TEST, [metric])


def test_the_catalogue_defaults_to_the_items_of_the_training_data():
    train = Interactions.from_arrays(["eve", "eve", "ann", "bob"], ["tea", "cup", "jug", "hat"])
    assert evaluate(LISTS, TEST, ["coverage@1"], train=train)["coverage@1"] == 2 / 4
    assert coverage(LISTS, train, 1) == 2 / 4
    assert evaluate(LISTS, TEST, ["coverage@1"], train=train, catalogue=["tea"])["coverage@1"] == 1


def test_test_pairs_in_the_training_data_raise_a_warning():
    train = Interactions.from_arrays(["ann", "bob", "zoe", "bob"], ["tea", "cup", "tea", "tea"])
    with pytest.warns(UserWarning, match="2 of 4 test pairs are in the training data"):
        evaluate(LISTS, TEST, train=train)


def test_later_repeats_of_training_pairs_are_no_leak():
    train = Interactions.from_arrays(["ann", "bob"], ["tea", "tea"], timestamps=[1, 2])
    test = Interactions.from_arrays(["ann", "bob"], ["tea", "cup"], timestamps=[5, 6])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        evaluate({"ann": ["tea"], "bob": ["cup"]}, test, train=train)


LOG = {"user_id": ["ann", "ann", "bob"], "item_id": ["cup", "jug", "tea"], "timestamp": [5, 9, 7]}


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
def test_test_pairs_older_than_the_training_data_of_their_users_raise_a_warning(library):
    train = Interactions.from_arrays(LOG["user_id"], LOG["item_id"], timestamps=LOG["timestamp"])
    times = {"user_id": ["ann", "bob", "dan"], "item_id": ["tea", "pot", "tea"], "timestamp": [8, 7, 1]}
    test = Interactions.from_arrays(times["user_id"], times["item_id"], timestamps=times["timestamp"])
    for train_input, test_input in ((train, test), (library(LOG), library(times)), (train, library(times))):
        with pytest.warns(LeakageWarning, match="1 of 3 test pairs are older than the last .* of the same user"):
            evaluate(LISTS, test_input, train=train_input)


@pytest.mark.parametrize("times", [[9, 7, 1], None])
def test_later_or_unknown_times_raise_no_warning(times):
    train = Interactions.from_arrays(LOG["user_id"], LOG["item_id"], timestamps=LOG["timestamp"])
    test = Interactions.from_arrays(["ann", "bob", "dan"], ["tea", "pot", "tea"], timestamps=times)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        evaluate(LISTS, test, train=train)
        evaluate(LISTS, test, train=Interactions.from_arrays(LOG["user_id"], LOG["item_id"]))


def test_only_relevant_items_are_checked_for_leaks():
    train = Interactions.from_arrays(["ann"], ["cup"], timestamps=[5])
    test = Interactions.from_arrays(["ann", "ann"], ["tea", "pot"], [1, 5], timestamps=[4, 6])
    with pytest.warns(LeakageWarning, match="1 of 2 test pairs are older"):
        evaluate(LISTS, test, train=train)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        evaluate(LISTS, test, train=train, threshold=4)
    late = Interactions.from_arrays(["ann"], ["cup"], timestamps=[7])
    with pytest.warns(LeakageWarning, match="1 of 1 test pairs are older"):
        evaluate(LISTS, test, train=late, threshold=4)


def test_times_of_different_types_raise_a_warning():
    train = Interactions.from_arrays(["ann"], ["cup"], timestamps=np.array(["2024-01-01"], dtype="datetime64[D]"))
    test = Interactions.from_arrays(["ann"], ["tea"], timestamps=[4])
    with pytest.warns(UserWarning, match="were not compared for leaks"):
        evaluate(LISTS, test, train=train)


def test_a_clean_split_raises_no_warning():
    train = Interactions.from_arrays(["ann", "bob", "zoe", "dan"], ["cup", "tea", "tea", "cup"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        evaluate(LISTS, TEST, train=train)


@pytest.mark.parametrize("confidence", [0, 1, 95, float("nan"), "x", None, True])
def test_a_confidence_outside_0_to_1_is_refused(confidence):
    with pytest.raises(ValueError, match=f"confidence={confidence!r}: expected a number between 0 and 1"):
        evaluate(LISTS, TEST, confidence=confidence)


def test_intervals_contain_the_mean_and_grow_with_confidence():
    rng = np.random.default_rng(0)
    lists, test = rng.integers(0, 50, (200, 5)), rng.integers(0, 50, (200, 4))
    narrow, wide = (
        evaluate(lists, test, ["recall", "coverage"], catalogue=range(50), confidence=c) for c in (0.5, 0.99)
    )
    assert list(narrow.intervals) == ["recall"]
    (low, high), (lower, higher) = narrow.intervals["recall"], wide.intervals["recall"]
    assert lower < low < narrow["recall"] < high < higher


def test_metrics_of_all_lists_together_have_no_interval():
    result = evaluate(LISTS, TEST, ["coverage@1"], catalogue=["tea", "pot", "cup", "jug"])
    assert (result.intervals, result.per_user) == ({}, {})
    assert str(result).endswith("coverage@1  0.7500")


def test_intervals_depend_only_on_the_seed():
    rng = np.random.default_rng(0)
    lists, test = rng.integers(0, 50, (100, 5)), rng.integers(0, 50, (100, 4))
    same = [evaluate(lists, test, "recall", random_state=1).intervals for _ in range(2)]
    assert same[0] == same[1] != evaluate(lists, test, "recall", random_state=2).intervals


def test_bootstrap_intervals_have_the_nominal_coverage():
    rng = np.random.default_rng(0)
    n_covered = 0
    for _ in range(200):
        means = bootstrap_means(rng.binomial(1, 0.3, (80, 1)).astype(float), 400, int(rng.integers(2**31)), Runner())
        low, high = np.quantile(means, [0.05, 0.95])
        n_covered += low <= 0.3 <= high
    assert 165 <= n_covered <= 195  # 180 ± 3.5 standard deviations of Binomial(200, 0.9)


def test_bootstrap_means_have_the_standard_error_of_the_mean():
    values = np.random.default_rng(0).normal(size=(400, 1))
    means = bootstrap_means(values, 4000, 0, Runner(2))
    assert means.mean() == pytest.approx(values.mean(), abs=0.005)
    assert means.std() == pytest.approx(values.std() / 20, rel=0.05)


def test_bootstrap_resamples_without_a_value_have_the_mean_nan():
    means = bootstrap_means(np.array([[np.nan, 1.0], [3.0, 1.0]]), 200, 0, Runner())
    assert np.mean(np.isnan(means[:, 0])) == pytest.approx(1 / 4, abs=0.13)  # four standard deviations
    assert np.all(means[~np.isnan(means[:, 0]), 0] == 3)
    assert np.all(means[:, 1] == 1)


def test_the_number_of_threads_does_not_change_the_resamples():
    values = np.random.default_rng(0).normal(size=(3000, 2))
    np.testing.assert_array_equal(bootstrap_means(values, 50, 0, Runner(1)), bootstrap_means(values, 50, 0, Runner(2)))
