"""Wrong arguments get errors that name the argument and the accepted values."""

import numpy as np
import pytest
from scipy import sparse

from recokit import DataError, Interactions, ItemKNN
from recokit.metrics import Metric, compare, coverage, evaluate, mse, ndcg, precision

# Toy data often have no id in common, or lists shorter than the cut-off.
pytestmark = [
    pytest.mark.filterwarnings("ignore:none of the"),
    pytest.mark.filterwarnings("ignore:the lists contain at most"),
]

LISTS, TEST = {"ann": ["tea", "cup"], "bob": ["pot", "tea"]}, {"ann": ["tea"], "bob": ["cup"]}
EVALUATED = evaluate(LISTS, TEST, ["recall@2"])


def compared(**options):
    return compare({"a": EVALUATED, "b": EVALUATED}, **options)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: evaluate(None, TEST), r"recommendations: expected a frame, a mapping .* got None"),
        (lambda: evaluate(5, TEST), r"recommendations: expected .* got 5"),
        (lambda: evaluate("tea", TEST), r"recommendations: expected .* got 'tea'"),
        (lambda: evaluate({"tea"}, TEST), r"recommendations: expected .* got \{'tea'\}"),
        (lambda: evaluate(np.array(3), TEST), r"recommendations: expected .* got array\(3\)"),
        (lambda: evaluate(np.zeros((1, 2, 2), int), TEST), r"expected one list .* got an array of shape \(2, 2\)"),
        (lambda: evaluate(Interactions.from_arrays([1], [2]), TEST), r"recommendations: expected .* got Interactions"),
        (lambda: evaluate(sparse.eye_array(2), TEST), r"recommendations: expected .* got <"),
        (lambda: coverage(None, ["tea"]), r"recommendations: expected .* got None"),
        (lambda: evaluate(LISTS, None), r"test: expected Interactions, a frame, .* got None"),
        (lambda: precision([["tea"]], None), r"test: expected .* got None"),
        (lambda: precision([["tea"]], 3), r"test: expected .* got 3"),
        (lambda: evaluate(LISTS, 3), r"expected Interactions, .* got 3"),
        (lambda: evaluate(LISTS, TEST, train=3), r"expected Interactions, .* got 3"),
        (lambda: evaluate(LISTS, TEST, catalogue=3), r"catalogue: expected a sequence, got 3"),
        (lambda: evaluate(LISTS, TEST, catalogue="tea"), r"catalogue: expected item ids, got the one string 'tea'"),
        (lambda: evaluate(LISTS, TEST, prices=3), r"prices: expected a mapping .* got 3"),
        (lambda: mse({1: 2}, [2]), r"y_true: expected an array with a number for each row, got a dict"),
        (lambda: mse([1], {2}), r"y_pred: expected an array with a number for each row, got a set"),
    ],
)
def test_data_of_another_kind_are_refused(call, message):
    with pytest.raises(DataError, match=message):
        call()


@pytest.mark.parametrize("given", [ItemKNN, ItemKNN()])
def test_the_error_about_a_recommender_or_its_class_names_it(given):
    with pytest.raises(TypeError, match=r"got the recommender ItemKNN: call its recommend\(\) first"):
        evaluate(given, TEST)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"confidence": "x"}, "confidence='x': expected a number between 0 and 1"),
        ({"random_state": "x"}, "random_state='x': expected an integer of at least 0, or None"),
        ({"random_state": -1}, "random_state=-1: expected an integer of at least 0"),
        ({"random_state": 1.5}, "random_state=1.5: expected an integer of at least 0"),
        ({"random_state": True}, "random_state=True: expected an integer"),
        ({"threshold": "x"}, "threshold='x': expected a finite number"),
        ({"threshold": float("nan")}, "threshold=nan: expected a finite number"),
        ({"missing": "x"}, "missing='x': expected 'skip' or 'zero'"),
        ({"n_threads": "x"}, "n_threads='x': expected an integer, or None"),
        ({"metrics": None}, "metrics=None: expected names such as 'ndcg@10'"),
        ({"metrics": 3}, "metrics=3: expected names"),
        ({"metrics": [3]}, "invalid metric 3: expected 'ndcg'"),
        ({"metrics": ["NDGC@10"]}, "unknown metric 'ndgc'; the metrics are auc, average_precision, coverage"),
    ],
)
def test_arguments_of_evaluate_with_another_type_or_value_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        evaluate(LISTS, TEST, **options)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: coverage(LISTS, None), "coverage needs the catalogue: pass train= or catalogue="),
        (lambda: compared(alpha="x"), "alpha='x': expected a number between 0 and 1"),
        (lambda: compared(n_resamples="x"), "n_resamples='x': expected an integer of at least 1"),
        (lambda: compared(random_state="x"), "random_state='x': expected an integer of at least 0"),
        (lambda: compared(test="x"), "test='x': expected 'permutation' or 't'"),
        (lambda: compared(metrics=["MRR"]), r"cannot compare \['MRR'\]"),
        (lambda: ndcg(LISTS, TEST, k="x"), "ndcg: expected a cut-off k of at least 1, .* got 'x'"),
        (lambda: ndcg(LISTS, TEST, n_threads=1.5), "n_threads=1.5: expected an integer"),
        (lambda: Metric(3), "metric 3: expected a name"),
    ],
)
def test_arguments_of_other_functions_are_checked(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_generators_are_accepted_as_seeds():
    for seed in (None, np.int64(3), np.random.default_rng(0)):
        assert "recall@2" in evaluate(LISTS, TEST, ["recall@2"], random_state=seed).intervals


@pytest.mark.parametrize(
    "name", ["NDCG@2", "MAP@2", "Mrr@2", "Recall", " HIT_RATE@1 ", "NDCG@2(Gain=Binary, DENOMINATOR=K)"]
)
def test_the_names_of_metrics_can_be_in_upper_or_lower_case(name):
    result = evaluate(LISTS, TEST, [name])
    assert list(result.means) == [name]
    assert result[name] == result[name.lower()] == evaluate(LISTS, TEST, name.lower())[name.upper()]
    assert Metric.parse(name) == Metric.parse(name.lower())
    first, second = result, evaluate(LISTS, TEST, [name])
    assert compare(first, second, metrics=[name.lower()], n_resamples=9).differences[0].metric == name


def test_metric_classes_accept_upper_case():
    assert Metric("NDCG", 3) == Metric("ndcg", 3)
    assert str(Metric("MAP", 3)) == "average_precision@3"
