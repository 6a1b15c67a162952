import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error, mean_squared_error, root_mean_squared_error

from recokit.exceptions import DataError
from recokit.metrics import mae, mse, rmse
from tests.naive import metrics as naive

RATINGS = st.floats(-10, 10)
ROWS = st.lists(st.tuples(RATINGS, RATINGS, st.floats(0.1, 5)), min_size=1, max_size=12)


@given(ROWS)
def test_rating_metrics_equal_the_naive_references(rows):
    true, predicted, weights = zip(*rows, strict=True)
    assert mse(true, predicted) == pytest.approx(naive.mse(true, predicted), rel=1e-12)
    assert mae(true, predicted) == pytest.approx(naive.mae(true, predicted), rel=1e-12)
    assert mse(true, predicted, sample_weight=weights) == pytest.approx(naive.mse(true, predicted, weights), rel=1e-12)
    assert mae(true, predicted, sample_weight=weights) == pytest.approx(naive.mae(true, predicted, weights), rel=1e-12)
    assert rmse(true, predicted) == pytest.approx(math.sqrt(naive.mse(true, predicted)), rel=1e-12)


@given(ROWS)
def test_rating_metrics_equal_scikit_learn(rows):
    true, predicted, weights = zip(*rows, strict=True)
    pairs = [(mse, mean_squared_error), (mae, mean_absolute_error), (rmse, root_mean_squared_error)]
    for ours, theirs in pairs:
        expected = theirs(true, predicted, sample_weight=weights)
        assert ours(true, predicted, sample_weight=weights) == pytest.approx(expected, rel=1e-12)


def test_perfect_predictions_have_an_error_of_0():
    assert (mse([1, 2], [1, 2]), mae([1, 2], [1, 2]), rmse([1, 2], [1, 2])) == (0, 0, 0)


def test_integers_and_float32_are_computed_in_float64():
    assert mae(np.array([0, 255], dtype=np.uint8), np.array([255, 0], dtype=np.uint8)) == 255
    assert mse(np.full(3, 16777217.0), np.full(3, 16777216.0, dtype=np.float32)) == 1


@pytest.mark.parametrize("metric", [mse, mae, rmse])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2], [1]), "y_true 2, y_pred 1"),
        (([], []), "y_true 0, y_pred 0"),
        (([1, np.nan], [1, 2]), "y_true: 1 value.* not in finite numbers: nan, at rows 1"),
        (([1, 2], [np.inf, 2]), "y_pred: 1 value.* at rows 0"),
        (([[1, 2]], [1, 2]), r"y_true: .* shape \(1, 2\)"),
        (([1, 2], [1, 2], [1]), "sample_weight 1"),
        (([1, 2], [1, 2], [1, -1]), "sample_weight"),
        (([1, 2], [1, 2], [0, 0]), "sample_weight"),
        ((["1", "2"], [1, 2]), "y_true: expected numbers"),
        (([1, 2], np.array(["1", 2], dtype=object)), "y_pred: expected numbers .*got text, such as '1'"),
        (([1, 2], [1, None]), "y_pred: 1 value.* not in finite numbers"),
        ((3, [1, 2]), "y_true: expected a sequence"),
    ],
)
def test_invalid_ratings_and_weights_are_refused(metric, arguments, message):
    weights = arguments[2] if len(arguments) == 3 else None
    with pytest.raises(DataError, match=message):
        metric(*arguments[:2], sample_weight=weights)
