"""Odd input of sequences: lists by label, without an order, or with merged repeats."""

import warnings

import pandas as pd
import pytest

from recokit import DataError, Interactions, ItemKNN, RepeatFrequency, SessionKNN, TransitionKNN
from recokit.data import Sequences

LISTS = {70: ["a", "b", "a"], 80: ["c"]}
FRAME = {"user_id": [1, 1, 1, 2], "item_id": ["a", "b", "a", "b"], "timestamp": [1, 2, 3, 4]}


def test_a_series_of_lists_is_read_by_its_index():
    assert dict(Sequences.from_lists(pd.Series(LISTS))) == LISTS
    frame = pd.DataFrame({"user_id": [70, 70, 70, 80], "item_id": ["a", "b", "a", "c"]})
    assert dict(Sequences.from_lists(frame.groupby("user_id")["item_id"].agg(list))) == LISTS
    baskets = pd.Series({70: [["a"], ["b", "a"]], 80: [["c"]]})
    assert list(Sequences.from_baskets(baskets).baskets(70)) == [["a"], ["b", "a"]]


@pytest.mark.parametrize("wrong", [[{"a", "b"}], {7: {"a", "b"}}, pd.Series({7: {"a", "b"}})])
def test_sets_have_no_order(wrong):
    with pytest.raises(DataError, match="lists: expected a sequence, got a set, whose order is not defined"):
        Sequences.from_lists(wrong)


@pytest.mark.parametrize("model", [TransitionKNN(), SessionKNN(), RepeatFrequency()])
def test_merged_repeats_warn_where_the_order_of_events_is_read(model):
    merged = Interactions.from_frame(FRAME, timestamp="timestamp", duplicates="sum")
    with pytest.warns(UserWarning, match=r"reads the order of repeated events, and 1 of them were merged"):
        model.fit(merged)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(FRAME)
        model.fit(Interactions.from_frame({name: column[1:] for name, column in FRAME.items()}, timestamp="timestamp"))


@pytest.mark.parametrize("model", [TransitionKNN(), ItemKNN()])
def test_lists_of_items_by_user_are_refused_with_the_remedy(model):
    with pytest.raises(DataError, match=r"For lists of items by user, use recokit.data.Sequences.from_lists"):
        model.fit(LISTS)
