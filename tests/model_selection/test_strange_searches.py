"""Searches and validations with mistakes in their arguments."""

from functools import partial

import numpy as np
import pytest

from recokit import EventLog, ItemKNN, SessionKNN
from recokit.datasets import example_interactions
from recokit.model_selection import (
    GlobalTimeSplit,
    InteractionKFold,
    RandomHoldOut,
    RollingTimeSplit,
    cross_validate,
    evaluate_positions,
    every_position,
    leave_last_basket,
    leave_last_out,
    split_sessions,
    train_test_split,
    tune,
)

DATA = example_interactions("implicit")
SPLITTER = InteractionKFold(2)


@pytest.mark.parametrize("metric", ["rmse", "RMSE", "mae", "r2", "neg_mean_squared_error"])
def test_losses_of_ratings_are_not_measured_on_implicit_feedback(metric):
    with pytest.raises(ValueError, match=f"metric='{metric}' needs ratings|unknown metric"):
        tune(ItemKNN(), DATA, {"n_neighbors": [5]}, metric=metric, splitter=SPLITTER)


def test_trials_that_fail_warn_with_their_parameters():
    with pytest.warns(UserWarning, match=r"1 of 3 trials failed and were left out, such as {'n_neighbors': -5}"):
        found = tune(ItemKNN(), DATA, {"n_neighbors": [-5, 10]}, splitter=SPLITTER)
    assert found.best_params != {"n_neighbors": -5}


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"n_neighbors": 10}, r"n_neighbors=10: expected a list of values, such as \[10\]"),
        ({"similarity": "cosine"}, "similarity='cosine': expected a list of values"),
        ({"n_neighbors": {5, 10}}, "expected a list of values"),
        ({"n_neighbors": []}, "n_neighbors has no values"),
        ("n_neighbors", "expected a dict of parameter names to lists of values"),
        (["n_neighbors"], "expected a dict of parameter names to lists of values"),
        (5, "expected a dict of parameter names to lists of values"),
    ],
)
def test_the_error_for_a_space_shows_the_right_form(space, message):
    with pytest.raises(ValueError, match=message):
        tune(ItemKNN(), DATA, space, splitter=SPLITTER)


@pytest.mark.parametrize("budget", ["5", True, None, float("nan"), 0])
def test_the_budget_is_a_positive_number(budget):
    with pytest.raises(ValueError, match=r"budget_seconds=.*expected a positive number of seconds"):
        tune(ItemKNN(), DATA, {"n_neighbors": [5]}, budget_seconds=budget, splitter=SPLITTER)


@pytest.mark.parametrize("splitter", [GlobalTimeSplit, RandomHoldOut])
def test_a_class_is_not_a_splitter(splitter):
    for call in (
        lambda: train_test_split(DATA, splitter),
        lambda: tune(ItemKNN(), DATA, {"n_neighbors": [5]}, splitter=splitter),
        lambda: cross_validate(ItemKNN(), DATA, splitter),
    ):
        with pytest.raises(TypeError, match=f"{splitter.__name__}.*: expected a splitter, such as RandomHoldOut"):
            call()


@pytest.mark.parametrize(
    "split",
    [leave_last_out, leave_last_basket, split_sessions, every_position, partial(evaluate_positions, SessionKNN())],
)
@pytest.mark.parametrize("given", [{1: ["a", "b"]}, EventLog.from_frame({"user_id": [1, 1], "item_id": ["a", "b"]})])
def test_only_sequences_are_split_by_their_order(split, given):
    with pytest.raises(
        TypeError, match=r"expected Sequences, got (dict|EventLog); make them first, with log.sequences"
    ):
        split(given)


@pytest.mark.parametrize(
    ("length", "message"),
    [
        (np.timedelta64(3), "expected a unit of a constant length"),
        (np.timedelta64(1, "M"), "expected a unit of a constant length"),
        (float("inf"), "expected a finite number; None is for a length without a limit"),
    ],
)
@pytest.mark.parametrize("name", ["window", "train_window"])
def test_windows_have_a_finite_length_with_a_unit(name, length, message):
    with pytest.raises(ValueError, match=f"{name}=.*{message}"):
        RollingTimeSplit(2, **{name: length})
