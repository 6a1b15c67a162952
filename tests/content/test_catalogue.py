import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from recokit.content.catalogue import read_texts
from recokit.exceptions import DataError

COLUMNS = {"sku": [30, 10, 20], "name": ["red cup", "绿茶", None]}


@pytest.mark.parametrize("make", [dict, pd.DataFrame, pl.DataFrame, pa.table])
def test_frames_and_columns_give_texts_in_order_of_code(make):
    items, texts = read_texts(make(COLUMNS), item="sku", text="name")
    assert list(items) == [10, 20, 30]
    assert texts == ["绿茶", "", "red cup"]


def test_a_mapping_of_ids_to_texts_needs_no_columns():
    items, texts = read_texts({"b": "red cup", "a": None}, item="sku", text="name")
    assert list(items) == ["a", "b"]
    assert texts == ["", "red cup"]


@pytest.mark.parametrize("missing", [None, float("nan"), np.float64("nan"), pd.NA])
def test_whatever_stands_for_a_missing_text_is_an_empty_one(missing):
    assert read_texts({"sku": [1, 2], "name": ["cup", missing]}, item="sku", text="name")[1] == ["cup", ""]


def test_a_column_without_any_text_is_read_as_missing():
    frame = pd.DataFrame({"sku": [1, 2], "name": [np.nan, np.nan]})
    assert read_texts(frame, item="sku", text="name")[1] == ["", ""]


@pytest.mark.parametrize(
    ("catalogue", "message"),
    [
        ({"sku": [1, 2]}, "no column 'name'; the columns are 'sku'"),
        ({"sku": [1, 2], "name": ["cup"]}, "2 values of 'sku', 1 of 'name'"),
        ({"sku": [1, 2, 1], "name": ["a", "b", "c"]}, "1 item.* more than one row: 1"),
        ({"sku": [1, 2], "name": ["a", 7]}, "name: 1 value.* not text: 7"),
        ({"sku": ["a", None], "name": ["a", "b"]}, "sku: 1 missing id"),
        ({"sku": [], "name": []}, "empty"),
        ({}, "empty"),
        (None, "expected a frame or a mapping, got NoneType"),
        ([("a", "red cup")], "expected a frame or a mapping, got list"),
    ],
)
def test_a_catalogue_that_cannot_be_used_is_refused_with_the_reason(catalogue, message):
    with pytest.raises(DataError, match=message):
        read_texts(catalogue, item="sku", text="name")
