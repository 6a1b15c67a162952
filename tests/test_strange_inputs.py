"""Inputs of unusual forms: read as their users mean them, or refused, and never answered with other data."""

import datetime as dt
import uuid
import warnings
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from recokit import (
    SLIM,
    BiasBaseline,
    CascadeHybrid,
    DataError,
    EventLog,
    IdIndex,
    Interactions,
    ItemKNN,
    Popularity,
    SessionKNN,
)
from recokit.model_selection import GlobalTimeSplit, train_test_split

PAIRS = [(user, item) for user in range(1, 30) for item in range(20) if user * item % 7 in (1, 2, 4)]


@pytest.fixture(scope="module")
def model():
    return ItemKNN(n_threads=1).fit(PAIRS)


@pytest.fixture(scope="module")
def ratings():
    return ItemKNN(feedback="explicit", n_threads=1).fit(PAIRS, [(user + item) % 5 + 1 for user, item in PAIRS])


# ---------------------------------------------------------------------- ids


@pytest.mark.parametrize(
    ("ids", "bits"),
    [
        (np.array([123456789, 123456790], dtype=np.float32), 24),
        (np.array([4097, 4099], dtype=np.float16), 11),
        ([float(2**60), 1.0], 53),
        ([float(2**60), "a"], 53),
        (pd.Series([2.0**60, None]), 53),
        (pl.Series([2.0**60, 1.0]), 53),
    ],
    ids=lambda ids: getattr(ids, "dtype", type(ids)),
)
def test_floats_that_stand_for_several_integers_are_refused(ids, bits):
    with pytest.raises(DataError, match=rf"floats above 2\^{bits}"):
        IdIndex.from_ids(ids[:1] if isinstance(ids, pd.Series) else ids)


@pytest.mark.parametrize("key", [[float(2**60)], [float(2**60), "a"], np.array([2.0**60])])
def test_a_rounded_id_does_not_find_another_user(key):
    with pytest.raises(DataError, match=r"floats above 2\^53"):
        IdIndex([2**60, 2**60 + 1]).codes(key)


def test_whole_floats_in_a_list_are_the_integers_that_an_array_of_them_holds(model):
    assert list(IdIndex.from_ids([2.0, 1.0])) == list(IdIndex.from_ids(np.array([2.0, 1.0]))) == [1, 2]
    assert type(next(iter(IdIndex.from_ids([1.0])))) is int
    assert model.recommend([3.0], n=1).users.tolist() == [3]


@pytest.mark.parametrize(
    ("ids", "shown"),
    [
        (["A", "A ", "B"], "'A' and 'A '"),
        (["caf\u00e9", "cafe\u0301"], r"'caf\\xe9' and 'cafe\\u0301'"),
        ([" x", "x "], "' x' and 'x '"),
        ([b"a", "a"], "b'a' and 'a'"),
        ([12, "12.0"], "12 and '12.0'"),
        ([Decimal("1.0"), "1.0"], r"Decimal\('1.0'\) and '1.0'"),
        ([uuid.UUID(int=1), str(uuid.UUID(int=1))], "UUID"),
    ],
)
def test_one_id_in_two_forms_warns_with_the_pair(ids, shown):
    with pytest.warns(UserWarning, match=shown):
        assert len(IdIndex.from_ids(ids)) == len(ids)


def test_ids_that_differ_in_letters_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        IdIndex.from_ids(["a", "A", "é", "e", "茶", "茶 杯", "7", "007", 7.5, b"b"])


def test_durations_are_not_ids():
    with pytest.raises(DataError, match="durations of timedelta64"):
        IdIndex.from_ids(np.array([1, 2], "m8[s]"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([True, False], "boolean mask"),
        (True, "the boolean True"),
        ({1: [2]}, "a mapping of 1 keys, whose values would be ignored"),
        (pd.DataFrame({"user_id": [1]}), r"pass one of them, such as frame\['user_id'\]"),
        (pl.DataFrame({"item_id": [1]}), r"pass one of them, such as frame\['item_id'\]"),
        (sparse.eye_array(3), "a sparse matrix"),
        (Interactions.from_arrays([1], [1]), "Interactions, which has users and items"),
    ],
    ids=lambda given: type(given).__name__,
)
def test_what_only_resembles_a_list_of_ids_is_refused(model, given, message):
    calls = [model.recommend, model.similar_items, model.recommend_users]
    for call in calls:
        with pytest.raises(DataError, match=message):
            call(given)
    if not isinstance(given, dict):
        for argument in ("candidates", "exclude"):
            with pytest.raises(DataError, match=message):
                model.recommend([1], **{argument: given})


def test_recommendations_are_not_excluded_silently(model):
    lists = model.recommend([1, 2], n=2)
    with pytest.raises(DataError, match="Recommendations, which has users and items"):
        model.recommend([1, 2], exclude=lists)
    shown = {user: [item for item, _ in row] for user, row in lists}
    again = model.recommend([1, 2], n=2, exclude=shown)
    assert all(not {item for item, _ in row} & set(shown[user]) for user, row in again)


def test_excluded_ids_of_another_type_warn(model):
    with pytest.warns(UserWarning, match="'1' of type str; the items of the model have ids of type int"):
        model.recommend([1], exclude=["1", "2"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.recommend([1], exclude=[999])  # an item of the shop that the model has not seen


@pytest.mark.parametrize("wrong", ["no", "False", 2, 0.5])
def test_exclude_seen_is_a_boolean(model, wrong):
    for call in (model.recommend, model.recommend_users):
        with pytest.raises(ValueError, match="exclude_seen="):
            call([1], exclude_seen=wrong)
    with pytest.raises(ValueError, match="exclude_seen="):
        model.recommend_for([[1]], exclude_seen=wrong)


def test_an_array_without_dimensions_is_one_id(model):
    assert list(model.recommend(np.array(3), n=2)) == list(model.recommend(3, n=2))


# ---------------------------------------------------------------------- histories


def test_strengths_as_text_are_refused(model, ratings):
    for one in (model, ratings, SessionKNN(n_threads=1).fit(PAIRS)):
        with pytest.raises(DataError, match="got text, such as '5'"):
            one.recommend_for([{1: "5"}])


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_lists_in_the_rows_of_a_frame_are_histories(model, ratings, make):
    frame = make({"user_id": ["x", "y"], "item_id": [[1, 2], [3]]})
    expected = list(model.recommend_for({"x": [1, 2], "y": [3]}, n=3))
    assert list(model.recommend_for(frame, n=3)) == expected
    session = SessionKNN(n_threads=1).fit(PAIRS)
    assert list(session.recommend_for(frame, n=3)) == list(session.recommend_for({"x": [1, 2], "y": [3]}, n=3))
    with pytest.raises(DataError, match="the model needs ratings"):
        ratings.recommend_for(frame)


def test_the_rows_of_a_sparse_matrix_are_not_lists_of_ids(model):
    for one in (model, SessionKNN(n_threads=1).fit(PAIRS)):
        with pytest.raises(DataError, match=r"a sparse matrix of shape \(2, 2\), whose columns have no ids"):
            one.recommend_for(sparse.csr_array(np.eye(2)))
        with pytest.raises(DataError, match="a sparse matrix"):
            one.explain_for(sparse.csr_array(np.eye(2)), 3)


def test_a_log_holds_histories(model):
    frame = pd.DataFrame({"user_id": ["x", "x"], "item_id": [1, 2], "timestamp": pd.to_datetime(["2020", "2021"])})
    assert list(model.recommend_for(EventLog.from_frame(frame), n=3)) == list(model.recommend_for({"x": [1, 2]}, n=3))


def test_lists_of_recommendations_are_not_histories(model):
    with pytest.raises(DataError, match="got Recommendations; pass lists of item ids"):
        model.recommend_for(model.recommend([1], n=2))


def test_histories_by_user_are_not_the_history_of_an_explanation(model, ratings):
    for one in (model, ratings):
        with pytest.raises(DataError, match="history: expected a sequence of item ids"):
            one.explain_for({"x": [1, 2]}, 3)


# ---------------------------------------------------------------------- times and values


@pytest.mark.parametrize(
    "times",
    [
        [pd.Timestamp("2020-01-01 00:00:00.000000001"), dt.datetime(9999, 12, 31)],
        [np.datetime64("2020-01-01", "ns"), np.datetime64("9999-12-31", "D")],
        np.array([np.datetime64("2020-01-01", "ns"), np.datetime64("1600-12-31", "D")], dtype=object),
    ],
    ids=["pandas", "numpy", "objects"],
)
def test_times_that_do_not_fit_into_one_unit_are_refused(times):
    with pytest.raises(DataError, match=r"not fit into datetime64\[ns\]"):
        Interactions.from_arrays([1, 2], [1, 2], timestamps=times)


def test_times_of_several_units_that_fit_are_joined():
    times = [np.datetime64("1901-01-01"), np.datetime64("2020-01-01T05", "h"), np.datetime64("2020-01-01T05:30", "m")]
    stored = Interactions.from_arrays([1, 2, 3], [1, 2, 3], timestamps=times).timestamps
    assert stored.astype("datetime64[m]").astype(str).tolist() == [
        "1901-01-01T00:00",
        "2020-01-01T05:00",
        "2020-01-01T05:30",
    ]


def test_times_beyond_int64_are_refused_instead_of_rounded():
    for times in (np.array([2**63 + 1, 2**63 + 3], dtype=np.uint64), [2**70, 1]):
        with pytest.raises(DataError, match=r"above 2\^63 - 1"):
            Interactions.from_arrays([1, 2], [1, 2], timestamps=times)


def test_times_in_short_floats_warn():
    with pytest.warns(UserWarning, match=r"float32 holds whole numbers only up to 2\^24"):
        Interactions.from_arrays([1], [1], timestamps=np.array([1_600_000_001], dtype=np.float32))


@pytest.mark.parametrize(
    ("times", "message"),
    [([Decimal("1.5")], "of type Decimal"), ([dt.timedelta(1)], "of type timedelta"), ([b"1"], "got text")],
)
def test_columns_without_times_are_described_by_their_type(times, message):
    with pytest.raises(DataError, match=message):
        Interactions.from_arrays([1], [1], timestamps=times)


def test_sums_beyond_float32_are_refused():
    values = np.array([3e38, 3e38], dtype=np.float32)
    with pytest.raises(DataError, match=r"add up to more than 3\.4e38"):
        Interactions.from_arrays([1, 1], [1, 1], values, feedback="implicit", duplicates="sum")
    first = Interactions.from_arrays([1, 2, *range(3, 30)], [1] * 29, [3e38] * 29, feedback="implicit")
    second = Interactions.from_arrays([1], [1], [3e38], feedback="implicit")
    for other in (second, first):
        with pytest.raises(DataError, match=r"add up to more than 3\.4e38"):
            first.merge(other, duplicates="sum")
    assert first.merge(second, duplicates="max").values.max() == np.float32(3e38)


def test_repeated_cells_of_single_floats_are_added_exactly():
    cells = sparse.coo_array((np.array([2**24, 1, 1], np.float32), ([0, 0, 0], [1, 1, 1])), shape=(1, 2))
    assert Interactions.from_matrix(cells, feedback="implicit").values.tolist() == [2**24 + 2]


# ---------------------------------------------------------------------- dense matrices


def test_a_matrix_of_numpy_is_read_as_an_array():
    dense = np.array([[5, 0], [3, 1]])
    assert Interactions.from_dense(np.matrix(dense)).equals(Interactions.from_dense(dense))


def test_a_column_of_user_ids_is_not_a_column_of_ratings():
    table = pd.DataFrame({"user_id": [10, 20], "item_id": ["a", "b"], "stars": [5, 3]})
    wide = table.pivot(index="user_id", columns="item_id", values="stars").reset_index()
    with pytest.raises(DataError, match=r"frame.set_index\('user_id'\)"):
        Interactions.from_dense(wide, missing=np.nan)
    assert list(Interactions.from_dense(wide.set_index("user_id"), missing=np.nan).users) == [10, 20]
    with pytest.raises(DataError, match=r"frame.set_index\('name'\)"):
        Interactions.from_dense(pd.DataFrame({"name": ["ann", "bob"], "tea": [5, 3]}))


@pytest.mark.parametrize("missing", [None, "0", [0], True])
def test_the_missing_value_is_a_number(missing):
    with pytest.raises(ValueError, match="missing="):
        Interactions.from_dense(np.array([[5.0, 0.0]], dtype=np.float32), missing=missing)


def test_ratings_models_predict_from_read_only_and_strided_pairs():
    model = BiasBaseline().fit(PAIRS, [(user + item) % 5 + 1 for user, item in PAIRS])
    expected = model.predict(PAIRS[:5])
    pairs = np.array(PAIRS[:5])
    spaced = np.zeros((10, 4), dtype=np.int16)[::2, ::2]
    spaced[:] = pairs
    pairs.flags.writeable = False
    for given in (
        pairs,
        np.asfortranarray(pairs),
        spaced,
        pairs[::-1][::-1],
        pairs.astype(">i4"),
        pairs.astype(object),
    ):
        np.testing.assert_array_equal(model.predict(given), expected)


@pytest.mark.parametrize("unit", ["Y", "M", "W", "25s"])
def test_times_in_units_without_a_constant_length_are_days_or_seconds(unit):
    users, items = zip(*PAIRS, strict=True)
    times = (np.datetime64("2001-01-01") + 31 * np.arange(len(PAIRS))).astype(f"datetime64[{unit}]")
    data = Interactions.from_arrays(users, items, timestamps=times)
    assert data.timestamps.dtype == np.dtype("datetime64[s]" if unit == "25s" else "datetime64[D]")
    expected = replace(data, timestamps=data.timestamps.astype("datetime64[us]"))
    model, other = (Popularity(half_life=30).fit(each) for each in (data, expected))
    np.testing.assert_array_equal(model.item_scores_, other.item_scores_)
    parts, others = (train_test_split(each, GlobalTimeSplit(0.2)) for each in (data, expected))
    assert [part.n_interactions for part in parts] == [part.n_interactions for part in others]


def test_times_in_another_byte_order_are_stored_in_that_of_the_machine():
    data = Interactions.from_arrays([1, 2], [1, 2], timestamps=np.array([5, 6], dtype=">M8[s]"))
    assert data.timestamps.dtype == np.dtype("datetime64[s]")
    assert data.timestamps.astype(np.int64).tolist() == [5, 6]


def test_a_cascade_learns_from_data_of_two_moments():
    users, items = zip(*PAIRS, strict=True)
    late = np.random.default_rng(0).random(len(PAIRS)) < 0.3
    data = Interactions.from_arrays(users, items, timestamps=late.astype(np.int64))
    model = CascadeHybrid(random_state=0, n_threads=1).fit(data)
    assert model.recommend([1], n=2).counts.tolist() == [2]


def test_slim_of_strengths_of_zero_has_no_weights():
    users, items = zip(*PAIRS, strict=True)
    data = Interactions.from_arrays(users, items, np.zeros(len(PAIRS)), feedback="implicit")
    assert np.all(SLIM(n_threads=1).fit(data).recommend(n=2).counts == 0)
