import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from recokit.content import Text
from recokit.content._catalogue import read_catalogue
from recokit.exceptions import DataError

COLUMNS = {"sku": [30, 10, 20], "name": ["red cup", "绿茶", None]}


def read_texts(catalogue, item, text):
    items, (texts,) = read_catalogue(catalogue, item, [Text(text)])
    return items, texts.tolist()


@pytest.mark.parametrize("make", [dict, pd.DataFrame, pl.DataFrame, pa.table])
def test_frames_and_mappings_of_columns_give_texts_in_order_of_code(make):
    items, texts = read_texts(make(COLUMNS), item="sku", text="name")
    assert list(items) == [10, 20, 30]
    assert texts == ["绿茶", "", "red cup"]


def test_a_mapping_of_ids_to_texts_needs_no_column_names():
    items, texts = read_texts({"b": "red cup", "a": None}, item="sku", text="name")
    assert list(items) == ["a", "b"]
    assert texts == ["", "red cup"]


@pytest.mark.parametrize("missing", [None, float("nan"), np.float64("nan"), pd.NA])
def test_missing_texts_of_all_kinds_become_empty(missing):
    assert read_texts({"sku": [1, 2], "name": ["cup", missing]}, item="sku", text="name")[1] == ["cup", ""]


def test_a_column_of_only_missing_texts_becomes_empty_texts():
    frame = pd.DataFrame({"sku": [1, 2], "name": [np.nan, np.nan]})
    assert read_texts(frame, item="sku", text="name")[1] == ["", ""]


@pytest.mark.parametrize(
    ("catalogue", "message"),
    [
        ({"sku": [1, 2]}, "no column 'name'; the columns are 'sku'"),
        ({"sku": [1, 2], "name": ["cup"]}, "differ in length: 2 values of 'sku', 1 of 'name'"),
        ({"sku": [1, 2, 1], "name": ["a", "b", "c"]}, "1 item.* more than one row: 1"),
        ({"sku": [1, 2], "name": ["a", 7]}, "name: 1 value.* not text: 7"),
        ({"sku": ["a", None], "name": ["a", "b"]}, "sku: 1 missing id"),
        ({"sku": [], "name": []}, "empty"),
        ({}, "empty"),
        (None, "expected a frame or a mapping, got NoneType"),
        ([("a", "red cup")], "expected a frame or a mapping, got list"),
    ],
)
def test_errors_say_why_a_catalogue_cannot_be_used(catalogue, message):
    with pytest.raises(DataError, match=message):
        read_texts(catalogue, item="sku", text="name")
