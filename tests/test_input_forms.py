"""Inputs of real shops and notebooks: forms that are read wrongly elsewhere give the right values here, or an error."""

import datetime as dt
import subprocess
import sys
import time as clock
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

from recokit import BiasBaseline, DataError, IdIndex, Interactions, ItemKNN, Popularity, UnknownIdError

BIG = 2**60  # ids of 64 bits, as snowflake ids are
PAIRS = [(10, 1), (10, 2), (20, 1), (20, 3), (30, 2), (30, 3)]


@pytest.fixture(scope="module")
def big_ratings():
    return BiasBaseline().fit([(BIG, 1), (BIG + 1, 2), (BIG + 2, 1)], [5, 1, 3])


@pytest.fixture(scope="module")
def small():
    return ItemKNN(n_threads=1).fit(PAIRS)


# ---------------------------------------------------------------------- ids beside missing values

BESIDE_NULL = {
    "pandas Int64": lambda ids: pd.Series([*ids, None], dtype="Int64"),
    "pandas UInt64": lambda ids: pd.Series([*ids, None], dtype="UInt64"),
    "polars": lambda ids: pl.Series([*ids, None]),
    "arrow": lambda ids: pa.chunked_array([[*ids, None]]),
    "pandas arrow": lambda ids: pd.Series(pd.array([*ids, None], dtype=pd.ArrowDtype(pa.int64()))),
    "list": lambda ids: [*ids, None],
}


@pytest.mark.parametrize("make", BESIDE_NULL.values(), ids=BESIDE_NULL)
def test_a_missing_id_does_not_change_the_ids_beside_it(make, big_ratings):
    alone = big_ratings.predict([(BIG + 1, 2)])[0]
    lists = ItemKNN(n_threads=1).fit([(BIG, "a"), (BIG, "b"), (BIG + 1, "a"), (BIG + 1, "c"), (BIG + 2, "b")])
    ids = make([BIG + 1])
    assert lists.interactions_.users.codes(ids).tolist() == [1, -1]
    found = lists.recommend(ids, on_unknown="empty")
    assert found.users[0] == BIG + 1
    assert found[BIG + 1] == lists.recommend([BIG + 1])[BIG + 1]
    if not isinstance(ids, list | pa.ChunkedArray):
        library = pl if isinstance(ids, pl.Series) else pd
        pairs = library.DataFrame({"user_id": ids, "item_id": [2, 2]})
        assert big_ratings.predict(pairs)[0] == alone


def test_a_null_in_the_ids_of_a_log_is_a_missing_id():
    for frame in (
        pd.DataFrame({"user_id": pd.array([BIG, None], dtype="Int64"), "item_id": [1, 2]}),
        pl.DataFrame({"user_id": [BIG, None], "item_id": [1, 2]}),
    ):
        with pytest.raises(DataError, match=r"user_id: 1 missing id\(s\), at rows 1"):
            Interactions.from_frame(frame)


def test_floats_that_cannot_hold_every_integer_are_refused_as_ids(big_ratings):
    for call in (
        lambda: big_ratings.recommend(pd.Series([BIG + 1, None])),  # pandas makes floats of them
        lambda: Interactions.from_arrays(np.array([float(BIG)]), [1]),
        lambda: IdIndex.from_ids(np.array([1e300, 2.0])),
    ):
        with pytest.raises(DataError, match=r"1 id\(s\) are floats above 2\^53"):
            call()


def test_whole_numbers_beside_nan_stay_integers(small):
    found = small.recommend(pd.Series([10.0, np.nan]), on_unknown="empty")
    assert type(found.users[0]) is int
    assert found[10] == small.recommend([10])[10]


def test_a_nullable_column_of_ratings_names_its_missing_values():
    frame = pd.DataFrame({"user_id": [1, 2], "item_id": [1, 2], "stars": pd.array([5, None], dtype="Int64")})
    with pytest.raises(DataError, match=r"stars: 1 NaN or infinite value\(s\): nan, at rows 1"):
        Interactions.from_frame(frame, rating="stars")


# ---------------------------------------------------------------------- one id as number and as text


def test_an_id_as_number_and_as_text_warns_with_the_pair():
    with pytest.warns(UserWarning, match=r"items: 1 id.* both as a number and as text, such as 22423 and '22423'"):
        Interactions.from_arrays(["ann", "bob", "eve"], [22423, "85123A", "22423"])


def test_codes_of_ids_of_several_types_do_not_depend_on_the_order_of_the_rows():
    users, codes = ["ann", "ann", "bob", "eve"], [22423, "85123A", 85123, "POST"]
    data, back = Interactions.from_arrays(users, codes), Interactions.from_arrays(users[::-1], codes[::-1])
    assert data.equals(back)
    assert list(data.items) == [22423, 85123, "85123A", "POST"]


def test_ids_of_one_type_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Interactions.from_arrays([1, 2], ["1", "x"])


# ---------------------------------------------------------------------- dense matrices


def test_a_pivot_table_keeps_its_labels():
    log = pd.DataFrame({"user": [10, 10, 20, 30], "item": ["x", "y", "x", "z"], "stars": [5.0, 3, 4, 2]})
    table = log.pivot(index="user", columns="item", values="stars")
    data = Interactions.from_dense(table, missing=np.nan)
    assert (list(data.users), list(data.items)) == ([10, 20, 30], ["x", "y", "z"])
    assert data.equals(Interactions.from_frame(log, "user", "item", "stars"))
    renamed = Interactions.from_dense(table, np.nan, users=["a", "b", "c"])
    assert list(renamed.users) == ["a", "b", "c"]


def test_a_frame_without_row_labels_is_refused_with_the_right_call():
    wide = pl.DataFrame({"user": [10, 20], "x": [5.0, 1.0]})
    with pytest.raises(DataError, match=r"polars frame has no row labels.*users=frame\['user'\]"):
        Interactions.from_dense(wide)


@pytest.mark.parametrize(
    ("dense", "message"),
    [
        (sparse.eye_array(2), "got a scipy sparse matrix; use from_matrix"),
        ([[1, 2], [3]], "rows of different lengths"),
        ([[1j, 2]], "matrix of real numbers, got list of complex128"),
        ([["a", "b"]], "matrix of real numbers"),
    ],
)
def test_a_matrix_that_is_not_dense_numbers_is_refused(dense, message):
    with pytest.raises(DataError, match=message):
        Interactions.from_dense(dense)


def test_masked_cells_are_missing():
    data = Interactions.from_dense(np.ma.array([[5.0, 3.0], [0.0, 4.0]], mask=[[False, True], [False, False]]))
    assert data.values.tolist() == [5.0, 4.0]
    masked = np.ma.array([[1, 2], [3, 4]], mask=[[True, False], [False, False]])
    with pytest.raises(DataError, match=r"the pairs have 1 masked id\(s\)"):
        Popularity().fit(masked)


def test_the_missing_value_is_compared_in_the_precision_of_the_matrix():
    assert Interactions.from_dense(np.array([[0.1, 3.0]], dtype=np.float32), missing=0.1).values.tolist() == [3.0]


# ---------------------------------------------------------------------- sparse matrices


def test_a_sparse_matrix_with_indices_out_of_range_is_refused():
    wrong = sparse.csr_array((np.ones(2), np.array([0, 1]), np.array([0, 1, 2])), shape=(2, 2))
    wrong.indices[1] = 9
    for call in (lambda: Interactions.from_matrix(wrong), lambda: ItemKNN().fit(wrong)):
        with pytest.raises(DataError, match=r"the sparse matrix of shape \(2, 2\) is inconsistent"):
            call()


def test_repeated_cells_of_small_integers_do_not_overflow():
    cells = sparse.coo_array((np.array([100, 100], dtype=np.int8), ([0, 0], [0, 0])), shape=(1, 1))
    assert Interactions.from_matrix(cells).values.tolist() == [200.0]


# ---------------------------------------------------------------------- histories and requests


def test_a_series_of_lists_is_read_by_its_index(small):
    log = pd.DataFrame({"user_id": [700, 700, 800], "item_id": [1, 2, 3]})
    histories = log.groupby("user_id")["item_id"].agg(list)
    found = small.recommend_for(histories)
    assert list(found) == list(small.recommend_for(histories.to_dict()))
    assert list(found.users) == [700, 800]
    candidates = pd.Series({10: [3], 20: [2]})
    assert list(small.recommend([10, 20], candidates=candidates)) == list(
        small.recommend([10, 20], candidates=candidates.to_dict())
    )
    assert list(small.recommend([10], exclude=pd.Series([[3]], index=[10]))) == [(10, [])]


def test_a_series_of_ids_is_a_list_of_ids(small):
    series = pd.Series([3, 2], index=[7, 8])
    assert list(small.recommend(candidates=series)) == list(small.recommend(candidates=[3, 2]))


def test_a_series_with_a_repeated_index_is_refused(small):
    with pytest.raises(DataError, match="the index of the Series has duplicates, such as 7"):
        small.recommend_for(pd.Series([[1], [2]], index=[7, 7]))


EVENTS = {"user_id": [1, 2, 2], "item_id": [3, 1, 2]}


@pytest.mark.parametrize(
    "make", [dict, pd.DataFrame, pl.DataFrame, pa.table], ids=["columns", "pandas", "polars", "arrow"]
)
def test_histories_in_a_table_of_events_are_those_of_its_users(make, small):
    assert list(small.recommend_for(make(EVENTS))) == list(small.recommend_for({1: [3], 2: [1, 2]}))


def test_a_rating_model_takes_histories_with_ratings_from_a_table():
    model = BiasBaseline().fit(PAIRS, [5, 1, 3, 4, 2, 5])
    events = pd.DataFrame({**EVENTS, "rating": [5, 1, 2]})
    assert list(model.recommend_for(events)) == list(model.recommend_for({1: {3: 5}, 2: {1: 1, 2: 2}}))
    with pytest.raises(DataError, match="histories: the model needs ratings, got implicit feedback"):
        model.recommend_for(pd.DataFrame(EVENTS))


def test_a_single_basket_is_refused_with_the_right_form(small):
    for basket in ([1, 2], np.array([1, 2]), ["tea", "cup"]):
        with pytest.raises(
            DataError, match=r"expected a list of histories.*a single history into a list, such as \[\["
        ):
            small.recommend_for(basket)
    assert len(small.recommend_for([[1, 2]])) == 1


def test_negative_strengths_in_histories_are_refused(small):
    log = Interactions.from_arrays([1], [1], [-2.0])
    with pytest.raises(DataError, match=r"histories: 1 value\(s\) are negative"):
        small.recommend_for(log)


def test_a_boolean_mask_is_not_a_list_of_ids(small):
    for call in (
        lambda: small.recommend(candidates=np.ones(3, dtype=bool)),
        lambda: small.recommend(users=np.array([True, False, True])),
    ):
        with pytest.raises(DataError, match=r"expected ids, got a boolean mask of shape \(3,\)"):
            call()


def test_columns_without_an_order_are_refused():
    with pytest.raises(DataError, match="items: expected a sequence, got a set"):
        Interactions.from_arrays([1, 2], {1, 2})


def test_text_is_not_a_strength():
    with pytest.raises(DataError, match=r"ratings: expected numbers \(got text, such as '2'; convert"):
        Interactions.from_arrays([1, 2], [1, 2], np.array([1, "2"], dtype=object))


@pytest.mark.parametrize("rating", [10**400, "5", None, b"3"])
def test_a_rating_that_is_no_finite_number_is_refused(rating):
    with pytest.raises(DataError, match="ratings: "):
        Interactions.from_arrays([1, 2], [1, 2], [1, rating])


def test_a_lazy_frame_is_refused_with_the_remedy():
    with pytest.raises(DataError, match=r"got a LazyFrame; call collect\(\) first"):
        Popularity().fit(pl.LazyFrame(EVENTS))
    with pytest.raises(DataError, match=r"got a LazyFrame; call collect\(\) first"):
        Interactions.from_frame(pl.LazyFrame(EVENTS))


def test_unknown_items_of_a_table_are_named(small):
    with pytest.raises(UnknownIdError, match="99"):
        small.recommend_for({"user_id": [1], "item_id": [99]})


# ---------------------------------------------------------------------- times


@pytest.mark.filterwarnings("error")
def test_times_with_a_zone_become_utc():
    utc = [dt.datetime(2024, 1, day, tzinfo=dt.UTC) for day in (1, 5, 9)]
    berlin = [time.astimezone(dt.timezone(dt.timedelta(hours=1))) for time in utc]
    expected = np.array(["2024-01-01", "2024-01-05", "2024-01-09"], dtype="datetime64[us]")
    for times in (utc, berlin, np.array(berlin, dtype=object), pd.to_datetime(utc), list(pd.to_datetime(berlin))):
        data = Interactions.from_arrays([1, 2, 3], [1, 2, 1], timestamps=times)
        assert data.timestamps.astype("datetime64[us]").tolist() == expected.tolist()


def test_times_with_and_without_a_zone_are_refused_together():
    mixed = [dt.datetime(2024, 1, 1, tzinfo=dt.UTC), dt.datetime(2024, 1, 2)]
    with pytest.raises(DataError, match="expected a time zone for all times or for none; 1 of 2 have one"):
        Interactions.from_arrays([1, 2], [1, 2], timestamps=mixed)


def test_nanoseconds_of_timestamps_are_kept():
    stamps = [pd.Timestamp("2024-01-01 00:00:00.000000001"), pd.Timestamp("2024-01-01 00:00:00.000000002")]
    data = Interactions.from_arrays([1, 2], [1, 2], timestamps=stamps)
    assert np.diff(data.timestamps).tolist() == [1]


def test_times_that_do_not_fit_into_the_other_unit_are_refused():
    old = Interactions.from_arrays([1], [1], timestamps=np.array(["2020-01-01"], "M8[ns]"))
    far = Interactions.from_arrays([1], [3], timestamps=[dt.datetime(9999, 12, 31)])
    with pytest.raises(DataError, match="cannot be joined with times of unit"):
        old.merge(far)


def test_lists_of_items_that_are_times_have_padding():
    days = np.array(["2024-01-01", "2024-01-02"], dtype="datetime64[ns]")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = Popularity().fit([("a", days[0]), ("b", days[1])]).recommend("a")
    assert len(found["a"]) == 1


# ---------------------------------------------------------------------- hashing


def test_ids_that_differ_in_high_bits_only_are_hashed_as_fast_as_others():
    def seconds(ids):
        start = clock.perf_counter()
        index, codes = IdIndex.factorize(ids)
        assert len(index) == len(ids) == len(codes)
        return clock.perf_counter() - start

    seconds(np.arange(3000) << 20)  # compiles
    usual = seconds(np.unique(np.random.default_rng(0).integers(0, 2**62, 60_000)))
    for shift in (30, 40, 46):
        assert seconds(np.arange(60_000) << shift) < 20 * usual + 0.05


# ---------------------------------------------------------------------- columns and requests


def test_unused_columns_of_ratings_and_times_are_named():
    log = pd.DataFrame({"user_id": [1, 2], "item_id": [1, 2], "rating": [5, 3], "timestamp": [1, 2]})
    with pytest.warns(UserWarning, match=r"the column\(s\) 'rating', 'timestamp' are not used; pass them as rating="):
        Interactions.from_frame(log)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Interactions.from_frame(log, rating="rating", timestamp="timestamp")


def test_quantities_taken_for_ratings_warn():
    quantities = [1, 80_995]
    with pytest.warns(UserWarning, match="values from 0 to 80995 do not look like ratings; pass feedback='implicit'"):
        Interactions.from_arrays([1, 2], [1, 2], quantities)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Interactions.from_arrays([1, 2], [1, 2], quantities, feedback="implicit")
        Interactions.from_arrays([1, 2], [1, 2], quantities, feedback="explicit")
        Interactions.from_arrays([1, 2], [1, 2], [1, 100])


def test_refunds_are_added_before_strengths_are_checked():
    users, items, quantities = [1, 1, 2], ["tea", "tea", "cup"], [5, -2, 1]
    data = Interactions.from_arrays(users, items, quantities, feedback="implicit", duplicates="sum")
    assert data.values.tolist() == [3.0, 1.0]
    with pytest.raises(DataError, match=r"ratings: 1 negative strength\(s\) of implicit feedback: -4.0"):
        Interactions.from_arrays(users, items, [-2, -2, 1], feedback="implicit", duplicates="sum")


def test_interactions_remember_how_many_events_were_merged():
    users, items, times = [1, 1, 1, 2], ["tea", "tea", "cup", "cup"], [1, 2, 3, 4]
    data = Interactions.from_arrays(users, items, timestamps=times, duplicates="sum")
    assert data.n_merged == 1
    assert data.select(data.values > 0).n_merged == 1
    assert data.merge(data, duplicates="sum").n_merged == 1 + 1 + 3
    assert Interactions.from_arrays([1, 2], ["tea", "tea"]).n_merged == 0


def test_one_pair_and_one_number_are_accepted(small):
    assert small.predict((10, 3)).tolist() == small.predict([(10, 3)]).tolist()
    assert list(small.recommend(10.0)) == list(small.recommend([10])) == list(small.recommend(np.int32(10)))


@pytest.mark.filterwarnings("error")
def test_a_hidden_progress_bar_imports_nothing():
    code = "import sys; import recokit; recokit.ItemKNN().fit([(1, 2), (1, 3), (2, 2)]); print('tqdm' in sys.modules)"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert process.stdout.strip() == "False"
