import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from recokit import DataError
from recokit.data._frames import column, columns, is_frame, is_missing, plain, to_frame

LIBRARIES = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}


@pytest.mark.parametrize("library", LIBRARIES)
def test_frames_of_every_library_are_recognized(library):
    assert is_frame(LIBRARIES[library]({"a": [1]}))


@pytest.mark.parametrize("data", [[[1, 2]], np.ones((2, 2)), {"a": [1]}, "text", None, pd.Series([1]), pl.Series([1])])
def test_other_objects_are_not_frames(data):
    assert not is_frame(data)


@pytest.mark.parametrize("library", LIBRARIES)
def test_numeric_columns_are_arrays_and_other_columns_are_sequences(library):
    frame = LIBRARIES[library]({"n": [3, 1], "text": ["b", "商品"], "flag": [True, False]})
    numbers = column(frame, "n")
    assert isinstance(numbers, np.ndarray)
    assert numbers.tolist() == [3, 1]
    texts = column(frame, "text")
    assert (len(texts), list(texts), texts[1:]) == (2, ["b", "商品"], ["商品"])
    assert [list(values) for values in columns(frame).values()] == [[3, 1], ["b", "商品"], [True, False]]


@pytest.mark.parametrize("backend", LIBRARIES)
def test_a_frame_of_every_library_can_be_written_and_read(backend):
    data = {
        "id": np.array(["商", "b"], dtype=object),
        "n": np.array([1.5, 2]),
        "t": np.array(["2024", "2025"], "M8[s]"),
    }
    frame = to_frame(data, backend)
    assert type(frame).__module__.startswith(backend)
    assert list(column(frame, "id")) == ["商", "b"]
    assert column(frame, "n").tolist() == [1.5, 2]
    assert column(frame, "t").astype("M8[Y]").astype(str).tolist() == ["2024", "2025"]


def test_pandas_column_names_may_be_integers():
    frame = pd.DataFrame([["ann", 1], ["bob", 2]], index=[1, 0])
    assert [list(values) for values in columns(frame).values()] == [["ann", "bob"], [1, 2]]


@pytest.mark.parametrize("frame", [[1, 2], pl.LazyFrame({"a": [1]})])
def test_reading_a_column_of_a_list_or_a_lazy_frame_is_refused(frame):
    with pytest.raises(DataError, match=r"expected a frame or a mapping of columns, got list|call collect\(\) first"):
        column(frame, "a")


def test_the_error_for_a_missing_column_shows_the_first_columns():
    with pytest.raises(DataError, match="no column 'z'; the columns are 'a', 'b', 'c', 'd', 'e', …"):
        column({name: [1] for name in "abcdef"}, "z")


def test_an_unknown_backend_is_refused():
    with pytest.raises(ValueError, match="backend='duckdb': expected one of pandas, polars, pyarrow"):
        to_frame({}, "duckdb")


@pytest.mark.parametrize(
    "values",
    [(3, 1), range(3, 0, -2), iter([3, 1]), pd.Series([3, 1]), pd.Index([3, 1]), pl.Series([3, 1]), pa.array([3, 1])],
)
def test_values_of_every_form_become_an_array_or_a_list(values):
    converted = plain(values, "n")
    assert isinstance(converted, np.ndarray | list)
    assert list(converted) == [3, 1]


def test_arrays_and_lists_are_not_copied():
    for values in (np.ones(3), [1, 2]):
        assert plain(values, "n") is values


def test_masked_values_become_none():
    assert plain(np.ma.array([1, 2], mask=[False, True]), "n").tolist() == [1, None]


@pytest.mark.parametrize("values", [5, None, 2.5])
def test_the_error_for_a_scalar_names_the_column(values):
    with pytest.raises(DataError, match="price: expected a sequence, got"):
        plain(values, "price")


@pytest.mark.parametrize(
    "value",
    [None, float("nan"), np.float32("nan"), pd.NA, pd.NaT, np.datetime64("NaT", "s"), np.timedelta64("NaT", "s")],
)
def test_every_kind_of_missing_value_is_recognized(value):
    assert is_missing(value)


@pytest.mark.parametrize("value", [0, "", "nan", False, (), np.inf, datetime.date(2024, 1, 1), pd.Timestamp(0)])
def test_other_values_are_not_missing(value):
    assert not is_missing(value)
