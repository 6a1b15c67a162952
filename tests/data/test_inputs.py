import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

from recokit import DataError, IdIndex, Interactions, UnknownIdError
from recokit.data import Sequences
from recokit.data._inputs import as_id_list, as_interactions, known_codes, pair_ids

PAIRS = [("ann", 1), ("bob", 2), ("ann", 2)]


@pytest.mark.parametrize(
    "pairs",
    [
        PAIRS,
        tuple(PAIRS),
        [list(pair) for pair in PAIRS],
        iter(PAIRS),
        np.array(PAIRS, dtype=object),
        np.array(PAIRS, dtype=object, order="F"),
        pd.DataFrame(PAIRS),
        pd.DataFrame(PAIRS, columns=["buyer", "product"], index=[3, 3, 1]),
        pl.DataFrame(PAIRS, schema=["buyer", "product"], orient="row"),
        pa.table({"buyer": ["ann", "bob", "ann"], "product": [1, 2, 2]}),
        Interactions.from_arrays(*zip(*sorted(PAIRS), strict=True)),
    ],
    ids=lambda pairs: f"{type(pairs).__module__}.{type(pairs).__name__}",
)
def test_pairs_of_every_form_are_read_as_two_columns(pairs):
    users, items = pair_ids(pairs)
    found = list(zip(list(users), list(items), strict=True))
    assert found == (sorted(PAIRS) if isinstance(pairs, Interactions) else PAIRS)
    assert all(type(key) in (int, str, np.int64) for pair in found for key in pair)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.ones((4, 3)), r"got an array of shape \(4, 3\) \(n_features=3\).*Interactions.from_dense"),
        (np.ones(4), r"shape \(4,\).*Reshape your data"),
        (np.float64(3), r"shape \(\)"),
        (np.ones((2, 2)) * 1j, "Complex data not supported"),
        (pd.DataFrame({"a": [1]}), "a frame of 1 columns"),
        (pl.DataFrame({"a": [1], "b": [1], "c": [1]}), "a frame of 3 columns"),
        (pd.Series([1, 2]), r"shape \(2,\)"),
        ([(1, 2), (1, 2, 3), (1,)], r"got 2 row\(s\) such as \(1, 2, 3\), \(1,\)"),
        (["ab", "cd"], r"got 2 row\(s\) such as 'ab', 'cd'"),
        ([pd.DataFrame({"user_id": [1], "item_id": [2]})], "got a list of frames.*Concatenate the frames first"),
        ([pl.DataFrame({"user_id": [1], "item_id": [2]})], "got a list of frames.*Concatenate the frames first"),
        ([{"user_id": 1, "item_id": 2}], "got a list of records such as {'user_id': 1.*Make a frame of the records"),
        ([{1, 2}], r"got 1 row\(s\) such as {1, 2}"),
        ([b"ab"], r"got 1 row\(s\) such as b'ab'"),
        ([1, 2], r"got \[1, 2\]"),
        (7, "got 7"),
        (None, "got None"),
        (sparse.eye_array(2), "expected .user, item. pairs, got a sparse matrix"),
    ],
)
def test_the_error_for_input_other_than_pairs_describes_the_input(given, message):
    with pytest.raises(DataError, match=message):
        pair_ids(given)


def test_empty_input_gives_no_pairs():
    assert pair_ids([]) == ([], [])
    assert [len(column) for column in pair_ids(np.empty((0, 2)))] == [0, 0]


@pytest.mark.parametrize(
    ("X", "y", "requested", "expected"),
    [
        (PAIRS, None, "auto", "implicit"),
        (PAIRS, [5, 3, 4], "auto", "explicit"),
        (PAIRS, [5, 3, 4], "implicit", "implicit"),
        (sparse.eye_array(3), None, "auto", "implicit"),
        (sparse.eye_array(3) * 2, None, "auto", "explicit"),
        (sparse.eye_array(3) * 2, None, "implicit", "implicit"),
        (Interactions.from_dense([[5]]), None, "auto", "explicit"),
        (Interactions.from_dense([[5]]), None, "implicit", "implicit"),
    ],
)
def test_feedback_is_inferred_from_the_data_unless_it_is_requested(X, y, requested, expected):
    assert as_interactions(X, y, requested).feedback == expected


@pytest.mark.parametrize("X", [Interactions.from_dense([[5]]), sparse.eye_array(1)])
def test_y_is_refused_with_data_that_hold_values(X):
    with pytest.raises(ValueError, match="y is allowed only with"):
        as_interactions(X, [5], "auto")


def test_interactions_are_returned_unchanged():
    data = Interactions.from_dense([[5]])
    assert as_interactions(data, None, "auto") is data


@pytest.mark.parametrize("single", ["ann", b"ann", 7, np.int64(7)])
def test_a_single_id_becomes_a_list_of_one_id(single):
    assert as_id_list(single) == [single]


@pytest.mark.parametrize(
    "ids", [[1, 2], (1, 2), {1, 2}, {1: 0, 2: 0}.keys(), np.array([1, 2]), pd.Series([1, 2], index=[9, 8]),
            pl.Series([1, 2]), pa.array([1, 2]), IdIndex([1, 2]), (k for k in (1, 2))]
)  # fmt: skip
def test_ids_of_every_form_can_be_sliced(ids):
    listed = as_id_list(ids)
    assert (list(listed), list(listed[1:])) == ([1, 2], [2])


def test_the_error_for_unknown_ids_holds_all_of_them():
    index = IdIndex(["a", "b"])
    assert known_codes(index, ["b", "a"], "item").tolist() == [1, 0]
    with pytest.raises(UnknownIdError) as caught:
        known_codes(index, ["a", "x", 3, "x"], "item")
    assert caught.value.ids == ["x", 3, "x"]
    assert caught.value.kind == "item"
    assert str(caught.value) == "3 unknown item id(s): 'x', 3, 'x'"
    assert isinstance(caught.value, KeyError)


def test_sequences_are_interactions_with_the_number_of_events():
    sequences = Sequences.from_lists({"ann": ["tea", "cup", "tea"]})
    data = as_interactions(sequences, None, "auto")
    assert (data.feedback, data.values.tolist()) == ("implicit", [1, 2])
    assert data.timestamps is None
    timed = Sequences.from_lists({"ann": ["tea", "cup", "tea"]}, times={"ann": [10, 20, 30]})
    assert as_interactions(timed, None, "auto").timestamps.tolist() == [20, 30]
    with pytest.raises(DataError, match="needs ratings, but Sequences hold events without ratings"):
        as_interactions(sequences, None, "explicit")
    with pytest.raises(ValueError, match="the strength of a pair is its number of events"):
        as_interactions(sequences, [1, 2, 3], "auto")
