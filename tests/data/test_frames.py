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
def test_frames_are_known_and_other_things_are_not(library):
    assert is_frame(LIBRARIES[library]({"a": [1]}))


@pytest.mark.parametrize("thing", [[[1, 2]], np.ones((2, 2)), {"a": [1]}, "text", None, pd.Series([1]), pl.Series([1])])
def test_what_is_no_frame_is_not_taken_for_one(thing):
    assert not is_frame(thing)


@pytest.mark.parametrize("library", LIBRARIES)
def test_columns_of_numbers_are_arrays_and_others_are_sequences(library):
    frame = LIBRARIES[library]({"n": [3, 1], "text": ["b", "商品"], "flag": [True, False]})
    numbers = column(frame, "n")
    assert isinstance(numbers, np.ndarray)
    assert numbers.tolist() == [3, 1]
    texts = column(frame, "text")
    assert (len(texts), list(texts), texts[1:]) == (2, ["b", "商品"], ["商品"])
    assert [list(one) for one in columns(frame).values()] == [[3, 1], ["b", "商品"], [True, False]]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("backend", LIBRARIES)
def test_frames_can_be_written_and_read_by_every_library(library, backend):
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


def test_the_columns_of_a_pandas_frame_need_not_have_names():
    frame = pd.DataFrame([["ann", 1], ["bob", 2]], index=[1, 0])
    assert [list(one) for one in columns(frame).values()] == [["ann", "bob"], [1, 2]]


@pytest.mark.parametrize("frame", [[1, 2], pl.LazyFrame({"a": [1]})])
def test_data_that_cannot_be_read_as_a_frame_are_refused(frame):
    with pytest.raises(DataError, match=r"expected a frame or a mapping of columns, got list|call collect\(\) first"):
        column(frame, "a")


def test_a_missing_column_is_named_with_the_first_few_there_are():
    with pytest.raises(DataError, match="no column 'z'; the columns are 'a', 'b', 'c', 'd', 'e', …"):
        column({name: [1] for name in "abcdef"}, "z")


def test_an_unknown_library_is_refused():
    with pytest.raises(ValueError, match="backend='duckdb': expected one of pandas, polars, pyarrow"):
        to_frame({}, "duckdb")


@pytest.mark.parametrize(
    "values",
    [(3, 1), range(3, 0, -2), iter([3, 1]), pd.Series([3, 1]), pd.Index([3, 1]), pl.Series([3, 1]), pa.array([3, 1])],
)
def test_values_in_any_form_become_python_or_numpy_sequences(values):
    made = plain(values, "n")
    assert isinstance(made, np.ndarray | list)
    assert list(made) == [3, 1]


def test_arrays_and_lists_are_not_copied():
    for values in (np.ones(3), [1, 2]):
        assert plain(values, "n") is values


def test_masked_values_become_missing_ones():
    assert plain(np.ma.array([1, 2], mask=[False, True]), "n").tolist() == [1, None]


@pytest.mark.parametrize("values", [5, None, 2.5])
def test_what_is_no_sequence_is_refused_by_name(values):
    with pytest.raises(DataError, match="price: expected a sequence, got"):
        plain(values, "price")


@pytest.mark.parametrize(
    "value", [None, float("nan"), np.float32("nan"), pd.NA, pd.NaT, np.datetime64("NaT"), np.timedelta64("NaT", "s")]
)
def test_every_kind_of_missing_value_is_known(value):
    assert is_missing(value)


@pytest.mark.parametrize("value", [0, "", "nan", False, (), np.inf, datetime.date(2024, 1, 1), pd.Timestamp(0)])
def test_nothing_else_is_missing(value):
    assert not is_missing(value)
