import copy
import dataclasses
import datetime
import pickle
import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from recokit import DataError, IdIndex, Interactions
from recokit.persistence import load, save
from tests.naive import rows as naive

# Hashes overflow with a warning if kernels are not compiled.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")

POLICIES = ["sum", "mean", "last", "max"]
USERS, ITEMS = st.sampled_from(["ann", "bob", "cy", "安"]), st.integers(-2, 3)
VALUES = st.integers(-8, 8).map(lambda k: k / 4)  # quarters: sums and means are exact in float32
LOG = st.lists(st.tuples(USERS, ITEMS, VALUES, st.none()), min_size=1, max_size=25)
TIMED_LOG = st.lists(st.tuples(USERS, ITEMS, VALUES, st.integers(-3, 3)), min_size=1, max_size=25)
DISTINCT_LOG = TIMED_LOG.map(lambda rows: list({row[:2]: row for row in rows}.values()))


def build(rows, **options):
    users, items, values, times = zip(*rows, strict=True)
    return Interactions.from_arrays(users, items, values, None if times[0] is None else times, **options)


def cells(data):
    """Return {(user, item): (value, time)}, after checking the layout of the arrays that kernels rely on."""
    for array, dtype in ((data.indptr, np.int64), (data.item_codes, np.int32), (data.values, np.float32)):
        assert array.dtype == dtype
        assert array.flags.c_contiguous
        assert not array.flags.writeable
    assert data.indptr[0] == 0
    assert data.indptr[-1] == data.n_interactions == len(data.item_codes) == len(data.values)
    for start, stop in zip(data.indptr[:-1], data.indptr[1:], strict=True):
        assert np.all(np.diff(data.item_codes[start:stop]) > 0)
    times = [None] * data.n_interactions if data.timestamps is None else data.timestamps.tolist()
    users, items = data.users.take(data.user_codes).tolist(), data.items.take(data.item_codes).tolist()
    return dict(zip(zip(users, items, strict=True), zip(data.values.tolist(), times, strict=True), strict=True))


def assert_same(actual, expected):
    assert actual.users == expected.users
    assert actual.items == expected.items
    assert actual.feedback == expected.feedback
    assert cells(actual) == cells(expected)
    if expected.timestamps is not None:
        assert actual.timestamps.dtype == expected.timestamps.dtype


# ---------------------------------------------------------------------- duplicate pairs


@pytest.mark.parametrize("policy", POLICIES)
@given(rows=st.one_of(LOG, TIMED_LOG))
def test_duplicate_pairs_are_merged_by_the_policy(policy, rows):
    data = build(rows, duplicates=policy)
    expected = naive.merged_log(rows, policy)
    assert cells(data) == {pair: (np.float32(value), time) for pair, (value, time) in expected.items()}
    assert list(data.users) == sorted({row[0] for row in rows})
    assert list(data.items) == sorted({row[1] for row in rows})


@given(DISTINCT_LOG, st.randoms(use_true_random=False))
def test_interactions_do_not_depend_on_the_order_of_the_rows(rows, random):
    expected = build(rows)
    assert cells(expected) == {row[:2]: row[2:] for row in rows}
    random.shuffle(rows)
    assert_same(build(rows), expected)


def test_duplicate_pairs_are_an_error_by_default_that_counts_and_shows_them():
    users, items = ["ann", "bob", "ann", "bob", "ann", "cy"], [5, 3, 5, 3, 5, 1]
    with pytest.raises(DataError, match=r"3 interaction\(s\) repeat a \(user, item\) pair: \('ann', 5\)") as caught:
        Interactions.from_arrays(users, items)
    assert "('bob', 3)" in str(caught.value)
    assert "duplicates='sum'" in str(caught.value)


def test_an_unknown_policy_is_refused_even_without_duplicates():
    with pytest.raises(ValueError, match="duplicates='first': expected one of error, sum, mean, last, max"):
        Interactions.from_arrays([1], [1], duplicates="first")


def test_among_equal_times_the_last_row_counts_as_last():
    data = Interactions.from_arrays([1] * 3, [1] * 3, [1, 2, 3], [7, 7, 5], duplicates="last")
    assert cells(data) == {(1, 1): (2.0, 7)}


# ---------------------------------------------------------------------- forms of columns

COLUMNS = {
    "user_id": ["bob", "ann", "bob"],
    "item_id": [7, 3, 3],
    "stars": [4.0, 1.5, 5.0],
    "when": np.array(["2024-03-01", "2024-01-01", "2024-02-01"], dtype="datetime64[us]"),
}
FRAMES = {
    "pandas": lambda columns: pd.DataFrame(columns, index=[5, 5, 0]),
    "polars": lambda columns: pl.DataFrame(columns),
    "pyarrow": lambda columns: pa.table(columns),
    "dict": lambda columns: columns,
    "dict of series": lambda columns: {name: pd.Series(values) for name, values in columns.items()},
    "dict of arrow": lambda columns: {name: pa.chunked_array([pa.array(values)]) for name, values in columns.items()},
}


@pytest.mark.parametrize("library", FRAMES)
def test_frames_of_every_library_give_the_same_interactions(library):
    frame = FRAMES[library](COLUMNS)
    data = Interactions.from_frame(frame, rating="stars", timestamp="when")
    assert data.feedback == "explicit"
    assert {pair: value for pair, (value, _) in cells(data).items()} == {
        ("bob", 7): 4.0,
        ("ann", 3): 1.5,
        ("bob", 3): 5.0,
    }
    assert data.timestamps.dtype.kind == "M"
    assert data.timestamps.astype("datetime64[D]").astype(str).tolist() == ["2024-01-01", "2024-02-01", "2024-03-01"]
    assert Interactions.from_frame(frame).feedback == "implicit"
    assert Interactions.from_frame(frame).values.tolist() == [1, 1, 1]


def test_a_frame_can_be_read_with_any_column_names_feedback_and_policy():
    frame = pd.DataFrame({"buyer": [1, 1], "product": ["x", "x"], "n": [2, 3]})
    data = Interactions.from_frame(
        frame, user="buyer", item="product", rating="n", feedback="implicit", duplicates="sum"
    )
    assert cells(data) == {(1, "x"): (5.0, None)}
    assert data.feedback == "implicit"


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow", "dict"])
def test_the_error_for_a_missing_column_shows_the_columns(library):
    with pytest.raises(DataError, match=r"no column 'basket'; the columns are 'user_id', 'item_id', 'stars', 'when'"):
        Interactions.from_frame(FRAMES[library](COLUMNS), item="basket")


TIMES = {
    "integers": [30, 10],
    "floats": [30.5, 10.0],
    "datetime64": np.array(["2024-01-02", "2024-01-01"], dtype="datetime64[ns]"),
    "datetimes": [datetime.datetime(2024, 1, 2), datetime.datetime(2024, 1, 1)],
    "dates": [datetime.date(2024, 1, 2), datetime.date(2024, 1, 1)],
    "pandas stamps": [pd.Timestamp("2024-01-02"), pd.Timestamp("2024-01-01")],
    "pandas series": pd.Series(pd.to_datetime(["2024-01-02", "2024-01-01"])),
    "pandas with a zone": pd.Series(pd.to_datetime(["2024-01-02", "2024-01-01"])).dt.tz_localize("Asia/Shanghai"),
    "polars dates": pl.Series([datetime.date(2024, 1, 2), datetime.date(2024, 1, 1)]),
    "arrow": pa.array([datetime.datetime(2024, 1, 2), datetime.datetime(2024, 1, 1)]),
}


@pytest.mark.parametrize("kind", TIMES)
def test_timestamps_of_every_kind_stay_aligned_with_the_values(kind):
    data = Interactions.from_arrays([2, 1], [1, 1], timestamps=TIMES[kind])
    assert data.timestamps.dtype.kind == {"integers": "i", "floats": "f"}.get(kind, "M")
    assert data.timestamps[0] < data.timestamps[1]
    assert not data.timestamps.flags.writeable
    assert_same(Interactions.from_frame({"user_id": [2, 1], "item_id": [1, 1], "t": TIMES[kind]}, timestamp="t"), data)


def test_timestamps_with_a_time_zone_become_utc():
    data = Interactions.from_arrays([1, 2], [1, 1], timestamps=TIMES["pandas with a zone"])
    assert data.timestamps.astype("datetime64[h]").astype(str).tolist() == ["2024-01-01T16", "2023-12-31T16"]


@pytest.mark.parametrize(
    "form", [list, tuple, np.array, pd.Series, pl.Series, pa.array, iter], ids=lambda f: f.__name__
)
@pytest.mark.parametrize("ratings", [[4, 1], [4.5, 1.5], [True, False]], ids=str)
def test_ratings_of_every_form_become_float32(form, ratings):
    data = Interactions.from_arrays([2, 1], [1, 1], form(ratings))
    assert data.values.dtype == np.float32
    assert data.values.tolist() == ratings[::-1]


# ---------------------------------------------------------------------- invalid input

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"ratings": [1, NAN, 2, NAN]}, r"stars: 2 NaN or infinite value\(s\): nan, nan, at rows 1, 3"),
        ({"ratings": [1, None, 2, 3]}, r"stars: 1 NaN or infinite value\(s\): nan, at rows 1"),
        ({"ratings": [1, 2, -INF, INF]}, r"stars: 2 NaN or infinite value\(s\): -inf, inf, at rows 2, 3"),
        ({"ratings": [1, 2, 3, 1e39]}, r"stars: 1 NaN or infinite value\(s\): 1e\+39, at rows 3"),
        ({"ratings": np.float32([1, 2, NAN, 3])}, r"stars: 1 NaN or infinite value\(s\): nan, at rows 2"),
        ({"ratings": [1, 2, pd.NA, 3]}, r"stars: 1 NaN or infinite value\(s\): nan, at rows 2"),
        ({"ratings": ["1", "2", "3", "4"]}, "stars: expected numbers .*got text, such as '1'"),
        ({"ratings": [1, 2, 3, "x"]}, "stars: expected numbers"),
        ({"ratings": [1j, 2, 3, 4]}, "stars: expected numbers .*complex128"),
        ({"ratings": np.array(["2020"] * 4, "datetime64[Y]")}, "stars: expected numbers .*datetime64"),
        ({"ratings": np.ones((4, 1))}, r"stars: expected one dimension, got shape \(4, 1\)"),
        ({"ratings": 5}, "stars: expected a sequence, got 5"),
        ({"ratings": [1, 2, 3]}, "lengths differ: buyer 4, product 4, stars 3"),
        ({"users": [1, 2]}, "lengths differ: buyer 2, product 4"),
        ({"timestamps": [1, 2, 3]}, "lengths differ: buyer 4, product 4, stars 4, when 3"),
        ({"users": [], "items": []}, "no interactions: the columns are empty"),
        ({"users": ["a", None, "c", None]}, r"buyer: 2 missing id\(s\), at rows 1, 3"),
        ({"items": [1.0, NAN, 2.0, 3.0]}, r"product: 1 missing id\(s\), at rows 1"),
        ({"items": [[1], [2], [3], [4]]}, "product: ids must be hashable"),
        ({"ratings": [1, -2, 0, -3], "feedback": "implicit"}, r"stars: 2 negative strength.*-2.0, -3.0, at rows 1, 3"),
        ({"timestamps": [1.0, NAN, 3.0, INF]}, r"when: 2 missing time\(s\), at rows 1, 3"),
        ({"timestamps": [1, None, 3, 4]}, r"when: 1 missing time\(s\), at rows 1"),
        ({"timestamps": [datetime.date(2024, 1, 1)] * 3 + [None]}, r"when: 1 missing time\(s\), at rows 3"),
        ({"timestamps": np.array(["2020"] * 3 + ["NaT"], "datetime64[s]")}, r"when: 1 missing time\(s\), at rows 3"),
        ({"timestamps": pd.to_datetime(["2020"] * 3 + [None])}, r"when: 1 missing time\(s\), at rows 3"),
        ({"timestamps": ["2020"] * 4}, "when: expected numbers or datetime64, got text .*pandas.to_datetime"),
        ({"timestamps": np.ones((4, 1))}, r"when: expected one dimension, got shape \(4, 1\)"),
    ],
)  # fmt: skip
def test_the_error_for_an_invalid_column_shows_name_count_and_first_offenders(columns, message):
    given_columns = {"users": [1, 2, 3, 4], "items": [1, 1, 2, 2], **columns}
    with pytest.raises(DataError, match=message.replace("buyer", "users").replace("product", "items")
                       .replace("stars", "ratings").replace("when", "timestamps")):  # fmt: skip
        Interactions.from_arrays(**given_columns)
    feedback = given_columns.pop("feedback", None)
    names = {"users": "buyer", "items": "product", "ratings": "stars", "timestamps": "when"}
    frame = {names[name]: values for name, values in given_columns.items()}
    options = {
        "rating": "stars" if "ratings" in columns else None,
        "timestamp": "when" if "timestamps" in columns else None,
    }
    if "ratings" not in columns:  # the default values have the default name
        message = message.replace("stars", "ratings")
    with pytest.raises(DataError, match=message):
        Interactions.from_frame(frame, user="buyer", item="product", feedback=feedback, **options)


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("user_id", ["ann", None, None], r"user_id: 2 missing id\(s\), at rows 1, 2"),
        ("item_id", [1, None, 2], r"item_id: 1 missing id\(s\), at rows 1"),
        ("stars", [1.0, 2.0, None], r"stars: 1 NaN or infinite value\(s\): nan, at rows 2"),
        ("stars", ["good", "bad", "ugly"], "stars: expected numbers"),
        ("when", [None, *COLUMNS["when"].tolist()[:2]], r"when: 1 missing time\(s\), at rows 0"),
        ("when", ["today"] * 3, "when: expected numbers or datetime64"),
    ],
)
def test_invalid_columns_of_frames_are_refused(library, column, values, message):
    frame = FRAMES[library]({**COLUMNS, column: values})
    with pytest.raises(DataError, match=message):
        Interactions.from_frame(frame, rating="stars", timestamp="when")


def test_an_error_shows_at_most_five_offenders():
    with pytest.raises(DataError, match=r"ratings: 9 NaN.*: (nan, ){5}…, at rows 0, 1, 2, 3, 4, …$"):
        Interactions.from_arrays(range(9), range(9), [NAN] * 9)


@pytest.mark.parametrize("make", [
    lambda feedback: Interactions.from_arrays([1], [1], feedback=feedback),
    lambda feedback: Interactions.from_matrix(sparse.eye_array(2), feedback=feedback),
    lambda feedback: Interactions.from_dense([[1]], feedback=feedback),
    lambda feedback: Interactions.from_dense([[1]]).with_feedback(feedback),
])  # fmt: skip
def test_an_unknown_kind_of_feedback_is_refused(make):
    with pytest.raises(ValueError, match="feedback='likes': expected 'explicit' or 'implicit'"):
        make("likes")


# ---------------------------------------------------------------------- ids of every kind


@pytest.mark.parametrize(
    "ids",
    [
        ["b", "a", "c"],
        [2, -1, 2**62],
        [0.5, -1.5, 1e15],
        [2**63, 2**64, 5],
        [("x", 1), ("a", 2), ("x", 0)],
        [1, "a", (2,)],
        np.array([2**63, 2, 3], dtype=np.uint64),
        np.array(["2024-01-02", "2024-01-01", "2023-05-05"], dtype="datetime64[ns]"),
        [datetime.date(2024, 1, 2), datetime.date(2024, 1, 1), datetime.date(2023, 1, 1)],
    ],
    ids=str,
)
def test_ids_of_any_hashable_type_keep_their_values(ids):
    data = Interactions.from_arrays(ids, ids[::-1], [1, 2, 3])
    listed, reverse = list(ids), list(ids)[::-1]
    assert cells(data) == dict(zip(zip(listed, reverse, strict=True), [(1, None), (2, None), (3, None)], strict=True))
    assert set(data.users) == set(data.items) == set(listed)
    pairs, values = data.to_pairs()
    assert_same(Interactions.from_arrays(pairs[:, 0], pairs[:, 1], values), data)


# ---------------------------------------------------------------------- matrices


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil", "dok", "bsr", "dia"])
@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csr_matrix])
def test_sparse_matrices_of_every_format_give_the_same_interactions(form, kind):
    dense = np.array([[0, 2.5, 0], [1, 0, 3]])
    data = Interactions.from_matrix(kind(dense).asformat(form))
    assert data.feedback == "explicit"
    stored = {pair: value for pair, (value, _) in cells(data).items() if value}  # bsr and dia may store zeros too
    assert stored == {(0, 1): 2.5, (1, 0): 1.0, (1, 2): 3.0}
    assert data.shape == (2, 3)


def test_a_matrix_keeps_stored_zeros_and_empty_rows_and_sums_repeated_cells():
    repeated = sparse.coo_array(([1.0, 2.0, 0.0], ([0, 0, 2], [1, 1, 0])), shape=(4, 2))
    data = Interactions.from_matrix(repeated, users=list("abcd"))
    assert cells(data) == {("a", 1): (3.0, None), ("c", 0): (0.0, None)}
    assert data.shape == (4, 2)
    assert data.indptr.tolist() == [0, 1, 1, 2, 2]


def test_a_matrix_of_ones_is_implicit_and_any_other_matrix_is_explicit():
    assert Interactions.from_matrix(sparse.eye_array(2)).feedback == "implicit"
    assert Interactions.from_matrix(2 * sparse.eye_array(2)).feedback == "explicit"
    assert Interactions.from_matrix(sparse.eye_array(2) > 0).values.tolist() == [1, 1]
    assert Interactions.from_matrix(sparse.eye_array(2), feedback="explicit").feedback == "explicit"


def test_the_given_matrix_is_neither_modified_nor_shared():
    given_matrix = sparse.csr_array((np.float32([1, 2]), np.int32([1, 0]), np.int32([0, 2])), shape=(1, 2))
    data = Interactions.from_matrix(given_matrix)
    assert given_matrix.indices.tolist() == [1, 0]
    given_matrix.data[:] = 9
    assert cells(data) == {(0, 0): (2.0, None), (0, 1): (1.0, None)}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Interactions.from_matrix(np.eye(2)), "expected a scipy sparse matrix, got ndarray; .*from_dense"),
        (lambda: Interactions.from_matrix(sparse.coo_array([1, 2])), r"users × items, got shape \(2,\)"),
        (lambda: Interactions.from_matrix(sparse.csr_array((3, 2))), "the matrix stores no cells"),
        (lambda: Interactions.from_matrix(sparse.eye_array(2), users=["a"]), "expected 2 users and 2 .* got 1 and 2"),
        (lambda: Interactions.from_matrix(sparse.eye_array(2), items=list("abc")), "got 2 and 3"),
        (lambda: Interactions.from_matrix(sparse.eye_array(2), users=["a", "a"]), "users: 1 id.s. are duplicated: 'a'"),
        (lambda: Interactions.from_matrix(sparse.eye_array(2), items=["a", None]), "items: 1 missing"),
        (lambda: Interactions.from_matrix(sparse.csr_array([[1, NAN]])), r"values: 1 NaN or infinite value\(s\): nan"),
        (lambda: Interactions.from_matrix(-sparse.eye_array(2), feedback="implicit"), "values: 2 negative strength"),
        (lambda: Interactions.from_matrix(1j * sparse.eye_array(2)), "values: expected numbers"),
        (lambda: Interactions.from_dense([1, 2]), r"users × items, got shape \(2,\)"),
        (lambda: Interactions.from_dense(np.ones((2, 2, 2))), r"users × items, got shape \(2, 2, 2\)"),
        (lambda: Interactions.from_dense([[0, 0]]), "the matrix stores no cells"),
        (lambda: Interactions.from_dense([[1, NAN]]), r"1 NaN value\(s\), the first in row 0, column 1; .*np.nan"),
    ],
)  # fmt: skip
def test_invalid_matrices_are_refused(make, message):
    with pytest.raises(DataError, match=message):
        make()


def test_one_value_of_a_dense_matrix_marks_missing_cells():
    ratings = [[5, 0, -1], [NAN, 2, 0]]
    with pytest.raises(DataError, match="1 NaN"):
        Interactions.from_dense(ratings)
    assert cells(Interactions.from_dense(ratings, missing=NAN, users=["a", "b"])) == {
        ("a", 0): (5, None), ("a", 1): (0, None), ("a", 2): (-1, None), ("b", 1): (2, None), ("b", 2): (0, None),
    }  # fmt: skip
    assert cells(Interactions.from_dense([[5, -1], [0, 2]], missing=-1)) == {
        (0, 0): (5, None), (1, 0): (0, None), (1, 1): (2, None),
    }  # fmt: skip
    assert Interactions.from_dense([[1, 0]]).feedback == "explicit"
    assert Interactions.from_dense([[1, 0]], feedback=None).feedback == "implicit"


# ---------------------------------------------------------------------- methods and properties


@given(TIMED_LOG)
def test_the_matrix_and_the_transposed_rows_hold_the_same_cells(rows):
    data = build(rows, duplicates="last")
    expected = np.zeros(data.shape, dtype=np.float32)
    for (user, item), (value, _) in cells(data).items():
        expected[data.users.codes([user])[0], data.items.codes([item])[0]] = value
    matrix = data.matrix
    assert isinstance(matrix, sparse.csr_array)
    assert matrix.dtype == np.float32
    assert matrix.nnz == data.n_interactions
    assert matrix.indices.dtype == np.int32
    np.testing.assert_array_equal(matrix.toarray(), expected)
    indptr, user_codes, values = data.transposed().arrays
    assert (indptr.dtype, user_codes.dtype, values.dtype) == (np.int64, np.int32, np.float32)
    transposed = sparse.csr_array((values, user_codes, indptr), shape=expected.T.shape)
    transposed.check_format(full_check=True)
    assert transposed.nnz == data.n_interactions
    assert transposed.has_sorted_indices
    np.testing.assert_array_equal(transposed.toarray(), expected.T)


def test_the_matrix_supports_operations_of_scipy():
    data = Interactions.from_dense([[5, 0, 3], [0, 2, 0]])
    matrix, dense = data.matrix, np.array([[5, 0, 3], [0, 2, 0]], dtype=np.float32)
    for result, expected in [
        (matrix @ matrix.T, dense @ dense.T),
        (matrix.T, dense.T),
        (matrix.tocsc(), dense),
        (matrix.tocoo(), dense),
        (matrix[1:], dense[1:]),
        (matrix[:, [2, 0]], dense[:, [2, 0]]),
        (matrix + matrix, 2 * dense),
        (matrix.multiply(matrix), dense**2),
        (sparse.vstack([matrix, matrix]), np.vstack([dense, dense])),
        (matrix > 2, dense > 2),
        (matrix.copy(), dense),
    ]:
        np.testing.assert_array_equal(result.toarray(), expected)
    assert matrix.sum() == 10
    assert matrix.mean(axis=0).tolist() == dense.mean(axis=0).tolist()
    assert data.matrix is matrix


def test_interactions_cannot_be_modified():
    data = Interactions.from_arrays([1, 2], [1, 2], [1, 2], [1, 2])
    for twin in (data, pickle.loads(pickle.dumps(data)), copy.deepcopy(data)):
        arrays = [twin.indptr, twin.item_codes, twin.values, twin.timestamps, *twin.transposed().arrays]
        for array in [*arrays, twin.matrix.data, twin.matrix.indices, twin.matrix.indptr, twin.users.ids]:
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 9
        with pytest.raises(dataclasses.FrozenInstanceError):
            twin.values = None


def test_interactions_do_not_share_the_given_arrays():
    users, items = np.array([1, 2]), np.array([1, 2])
    ratings, times = np.array([1, 2], dtype=np.float32), np.array([5, 6])
    data = Interactions.from_arrays(users, items, ratings, times)
    before = cells(data)
    for array in (users, items, ratings, times):
        array[:] = 1
    assert cells(data) == before


def test_sizes_and_repr_count_users_items_and_interactions():
    data = Interactions.from_arrays(["b", "a", "b"], [1, 2, 3])
    assert (data.n_users, data.n_items, data.shape, data.n_interactions) == (2, 3, (2, 3), 3)
    assert data.user_codes.tolist() == [0, 1, 1]
    assert data.user_codes.dtype == np.int32
    assert repr(data) == "Interactions(2 users × 3 items, 3 interactions, implicit)"


def test_a_notebook_shows_the_first_interactions_and_their_ranges():
    days = np.array(["2024-01-05", "2024-01-03", "2024-01-04"], dtype="datetime64[D]")
    html = Interactions.from_arrays(["<b>", "a", "a"], [7, 8, 7], [4.5, 0.1, 5], days)._repr_html_()
    assert "Interactions(2 users × 2 items, 3 interactions, explicit)" in html
    assert "75% of all pairs; values from 0.1 to 5; timestamps from 2024-01-03 to 2024-01-05" in html
    texts = re.findall("<td[^>]*>([^<]*)</td>", html)
    assert texts == [
        "&lt;b&gt;", "7", "4.5", "2024-01-05", "a", "7", "5.0", "2024-01-04", "a", "8", "0.1", "2024-01-03",
    ]  # fmt: skip


def test_a_notebook_shows_at_most_five_interactions():
    html = Interactions.from_arrays(range(40), range(40))._repr_html_()
    assert html.count("<tr>") == 1 + 5
    assert "the first 5 interactions are shown" in html
    empty = Interactions.from_dense([[1, 2]])
    assert "<tbody></tbody>" in empty.select(empty.values > 2)._repr_html_()


@given(TIMED_LOG)
def test_pairs_and_frames_convert_back_to_the_same_interactions(rows):
    data = build(rows, duplicates="last")
    pairs, values = data.to_pairs()
    assert pairs.shape == (data.n_interactions, 2)
    assert values.flags.writeable
    assert_same(Interactions.from_arrays(pairs[:, 0], pairs[:, 1], values, data.timestamps), data)
    for backend in ("pandas", "polars", "pyarrow"):
        frame = data.to_frame(backend)
        assert_same(Interactions.from_frame(frame, rating="value", timestamp="timestamp"), data)


@given(TIMED_LOG, st.integers(0, 3))
def test_pairs_can_be_shuffled_with_a_seed(rows, seed):
    data = build(rows, duplicates="last")
    pairs, values = data.to_pairs(random_state=seed)
    again, _ = data.to_pairs(random_state=seed)
    assert pairs.tolist() == again.tolist()
    assert_same(Interactions.from_arrays(pairs[:, 0], pairs[:, 1], values), dataclasses.replace(data, timestamps=None))


def test_pairs_are_an_integer_array_if_all_ids_are_integers():
    assert Interactions.from_arrays([1], [2]).to_pairs()[0].dtype == np.int64
    assert Interactions.from_arrays(["1"], [2]).to_pairs()[0].tolist() == [["1", 2]]
    assert Interactions.from_arrays([(1, 2)], [(3, 4)]).to_pairs()[0].tolist() == [[(1, 2), (3, 4)]]


def test_a_frame_without_timestamps_has_no_timestamp_column():
    frame = Interactions.from_arrays(["a"], [1]).to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert frame.to_dict("list") == {"user_id": ["a"], "item_id": [1], "value": [1.0]}
    with pytest.raises(ValueError, match="backend='spark': expected one of pandas, polars, pyarrow"):
        Interactions.from_arrays(["a"], [1]).to_frame("spark")


@given(TIMED_LOG, st.randoms(use_true_random=False))
def test_select_keeps_exactly_the_interactions_of_the_mask(rows, random):
    data = build(rows, duplicates="last")
    mask = np.array([random.random() < 0.5 for _ in range(data.n_interactions)])
    selected = data.select(mask)
    assert cells(selected) == {pair: cell for (pair, cell), keep in zip(cells(data).items(), mask, strict=True) if keep}
    assert selected.users == data.users
    assert selected.items == data.items


@pytest.mark.parametrize("mask", [[0, 1], [True], [[True, False]], np.array([1.0, 0.0])])
def test_a_mask_must_have_one_boolean_per_interaction(mask):
    with pytest.raises(DataError, match="expected a mask of 2 booleans, got "):
        Interactions.from_dense([[5, 2]]).select(mask)


@pytest.mark.parametrize("policy", POLICIES)
@given(first=TIMED_LOG, second=TIMED_LOG)
def test_merging_equals_building_from_both_logs(policy, first, second):
    merged = build(first, duplicates=policy).merge(build(second, duplicates=policy), duplicates=policy)
    parts = [naive.merged_log(rows, policy) for rows in (first, second)]
    rows = [(*pair, *cell) for part in parts for pair, cell in part.items()]
    expected = naive.merged_log([(u, i, np.float32(value), time) for u, i, value, time in rows], policy)
    actual = cells(merged)
    assert actual.keys() == expected.keys()
    for pair, (value, time) in expected.items():
        assert actual[pair][0] == pytest.approx(value, rel=1e-6)  # a mean of means in float32
        assert actual[pair][1] == time


def test_interactions_with_ids_of_different_types_can_be_merged():
    merged = Interactions.from_arrays([1], ["x"]).merge(Interactions.from_arrays(["a"], ["y"]))
    assert cells(merged) == {(1, "x"): (1, None), ("a", "y"): (1, None)}


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (Interactions.from_arrays([1], [1], [5]), "repeat a"),
        (Interactions.from_arrays([2], [1]), "cannot merge implicit feedback into explicit"),
        (Interactions.from_arrays([2], [1], [5], [3]), "with timestamps and interactions without"),
    ],
)
def test_incompatible_interactions_are_not_merged(other, message):
    with pytest.raises(DataError, match=message):
        Interactions.from_arrays([1], [1], [5]).merge(other)


def test_timestamps_of_different_units_are_merged_but_numbers_and_dates_are_not():
    numbers = Interactions.from_arrays([1], [1], timestamps=[5])
    dates = Interactions.from_arrays([2], [1], timestamps=np.array(["2024"], "datetime64[s]"))
    with pytest.raises(DataError, match="cannot merge timestamps of datetime64"):
        numbers.merge(dates)
    finer = Interactions.from_arrays([3], [1], timestamps=np.array(["2023"], "datetime64[ns]"))
    assert dates.merge(finer).timestamps.astype("datetime64[Y]").astype(str).tolist() == ["2024", "2023"]


@given(TIMED_LOG)
def test_reindexing_moves_every_cell_to_the_new_codes_of_its_ids(rows):
    data = build(rows, duplicates="last")
    users, items = IdIndex(["zoe", *reversed(list(data.users))]), IdIndex([99, *reversed(list(data.items)), -99])
    moved = data.reindex(users, items)
    assert cells(moved) == cells(data)
    assert (moved.users, moved.items) == (users, items)
    assert_same(moved.reindex(data.users, data.items), data)


def test_reindexing_is_refused_if_an_id_with_interactions_is_lacking():
    data = Interactions.from_matrix(sparse.csr_array([[1, 0, 0], [0, 0, 1]]), items=["a", "unused", "c"])
    assert cells(data.reindex(items=IdIndex(["c", "a"]))) == cells(data)
    with pytest.raises(DataError, match=r"the new index lacks item id\(s\): 'c'$"):
        data.reindex(items=IdIndex(["a"]))
    with pytest.raises(DataError, match=r"the new index lacks user id\(s\): 1$"):
        data.reindex(users=IdIndex([0]))


def test_ratings_can_be_used_as_strengths_unless_one_is_negative():
    data = Interactions.from_dense([[5, -1]])
    with pytest.raises(DataError, match="1 negative strength"):
        data.with_feedback("implicit")
    assert data.with_feedback("explicit") is data
    positive = Interactions.from_dense([[5, 1]])
    assert positive.with_feedback("implicit").feedback == "implicit"
    assert positive.feedback == "explicit"
    assert cells(positive.with_feedback("implicit")) == cells(positive)


@given(st.one_of(LOG, TIMED_LOG))
def test_pickled_copied_and_saved_interactions_are_equal(tmp_path_factory, rows):
    data = build(rows, duplicates="mean")
    path = tmp_path_factory.mktemp("data") / "log"
    save(data, path)
    data.transposed()
    for twin in (pickle.loads(pickle.dumps(data)), copy.deepcopy(data), load(path)):
        assert_same(twin, data)
        for mine, theirs in zip(twin.transposed().arrays, data.transposed().arrays, strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_pickles_do_not_hold_cached_values():
    data = Interactions.from_arrays(np.arange(2000), np.arange(2000))
    before = len(pickle.dumps(data))
    data.transposed()
    assert data.matrix.nnz == 2000
    assert len(pickle.dumps(data)) == before


def test_rows_in_time_order_break_ties_by_item():
    times = np.array(["2024-01-03", "2024-01-01", "2024-01-01", "2024-01-02"], dtype="datetime64[D]")
    data = Interactions.from_arrays(["ann", "ann", "ann", "bob"], ["a", "c", "b", "a"], [1, 2, 3, 4], times)
    rows = data.in_time_order()
    assert data.items.take(rows.codes).tolist() == ["b", "c", "a", "a"]
    assert rows.values.tolist() == [3, 2, 1, 4]
    assert rows.times.tolist() == sorted(times[:3].tolist()) + times[3:].tolist()
    assert rows.indptr.tolist() == [0, 3, 4]


def test_rows_in_time_order_need_timestamps():
    with pytest.raises(DataError, match="in_time_order needs timestamps"):
        Interactions.from_arrays(["ann"], ["a"]).in_time_order()
