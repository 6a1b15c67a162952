import datetime
import uuid

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import DataError, EventLog, load
from recokit.persistence import save
from tests.naive import event_log as naive
from tests.preprocessing._logs import columns, make, read_back, rows

START = np.datetime64("2024-01-01", "us")

LINES = {
    "user_id": ["ann", "bob", "ann", "eve"],
    "item_id": [3, 1, 2, 3],
    "timestamp": ["2024-05-02", "2024-05-01T10:00:00", "2024-05-01 10:00:00", "2024-05-03"],
    "event": ["view", "view", "purchase", "return"],
    "quantity": [1.0, 1.0, 2.0, 1.0],
    "price": [2.5, 3.0, 4.0, 2.5],
    "order_id": [None, None, "A1", "C1"],
    "source": ["web", "app", "web", "web"],
}


@given(rows())
def test_rows_are_kept_and_sorted(given):
    assert read_back(make(given)) == naive.in_order(given)


@given(rows(), st.randoms())
def test_the_order_of_the_rows_changes_nothing(given, random):
    shuffled = random.sample(given, len(given))
    assert make(shuffled).equals(make(given))


@given(rows(), st.integers(1, 5))
def test_chunks_give_the_same_log_as_the_whole(given, size):
    table = columns(given)
    chunks = [{name: column[k : k + size] for name, column in table.items()} for k in range(0, len(given), size)]
    assert EventLog.from_frame(iter(chunks)).equals(make(given))
    assert EventLog.from_frame(chunks).equals(make(given))


@given(rows(), st.data())
def test_taking_a_mask_gives_the_log_of_these_rows(given, data):
    log = make(given)
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(given), max_size=len(given))))
    taken = log.take(mask)
    kept = [row for row, is_kept in zip(read_back(log), mask, strict=True) if is_kept]
    assert read_back(taken) == kept
    assert list(taken.users) == sorted({row["user"] for row in kept} - {None})
    assert taken.kinds == tuple(sorted({row["event"] for row in kept}))
    assert taken.equals(log.take(data.draw(st.permutations(np.flatnonzero(mask).tolist()))))
    with_ids = log.take(mask, keep_ids=True)
    assert (with_ids.users, with_ids.kinds) == (log.users, log.kinds)
    assert read_back(with_ids) == kept


@given(rows(), st.integers(0, 80), st.integers(0, 80))
def test_between_includes_its_start_and_excludes_its_stop(given, start, stop):
    start, stop = sorted((start, stop))
    moments = [np.datetime64("2024-01-01", "h") + hours for hours in (start, stop)]
    found = read_back(make(given).between(*moments))
    assert found == [row for row in naive.in_order(given) if start <= row["time"] < stop]


@given(rows())
def test_revenue_is_that_of_purchases_less_returns(given):
    log = make(given)
    assert log.revenue.tolist() == [naive.revenue(row) for row in naive.in_order(given)]


@given(rows())
def test_a_frame_gives_the_same_log_again(given):
    log = make(given)
    for backend in ("pandas", "polars", "pyarrow"):
        again = EventLog.from_frame(log.to_frame(backend))
        assert read_back(again) == read_back(log)


FORMS = {
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "lazy polars": lambda table: pl.DataFrame(table).lazy(),
    "arrow": pa.table,
    "arrow with dictionaries": lambda table: pa.table(
        {name: pa.array(column).dictionary_encode() if name == "user_id" else column for name, column in table.items()}
    ),
    "duckdb": lambda table: pytest.importorskip("duckdb").from_arrow(pa.table(table)),
    "categorical pandas": lambda table: pd.DataFrame(table).astype(dict.fromkeys(["user_id", "event"], "category")),
    "categorical polars": lambda table: pl.DataFrame(table).with_columns(pl.col("user_id").cast(pl.Categorical)),
    "record batches": lambda table: pa.RecordBatchReader.from_batches(
        pa.table(table).schema, pa.table(table).to_batches(max_chunksize=3)
    ),
    "chunks of pandas": lambda table: (pd.DataFrame(table).iloc[k : k + 1] for k in range(4)),
    "NumPy arrays": lambda table: {name: np.array(column) for name, column in table.items()},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_frame_gives_the_same_log(form):
    log = EventLog.from_frame(FORMS[form](LINES))
    assert log.equals(EventLog.from_frame(LINES))
    assert list(log.users) == ["ann", "bob", "eve"]
    assert log.users.take(log.user_codes).tolist() == ["ann", "bob", "ann", "eve"]
    assert log.order_codes.tolist() == [0, -1, -1, 1]


IDS = {
    "integers": ([7, 3, 7], [3, 7]),
    "text": (["b", "a", "b"], ["a", "b"]),
    "uuid": ([uuid.UUID(int=2), uuid.UUID(int=1), uuid.UUID(int=2)], [uuid.UUID(int=1), uuid.UUID(int=2)]),
    "mixed": (["b", 1, "b"], [1, "b"]),
}


@pytest.mark.parametrize("kind", IDS)
@pytest.mark.parametrize("frame", [dict, pd.DataFrame])
def test_ids_are_of_any_type(kind, frame):
    ids, expected = IDS[kind]
    log = EventLog.from_frame(
        frame({"user_id": ids, "item_id": ["x", "y", "z"], "timestamp": [3, 2, 1]}), time_unit="step"
    )
    assert list(log.users) == expected
    assert log.users.take(log.user_codes).tolist() == [ids[2], ids[1], ids[0]]


@pytest.mark.parametrize(
    "column",
    [
        [12345, None, 12345],
        np.array([12345, np.nan, 12345]),
        pd.Series([12345, None, 12345]),
        pd.Series([12345, None, 12345], dtype="Int64"),
        pl.Series([12345, None, 12345]),
        pa.chunked_array([[12345, None], [12345]]),
        pd.Series([12345, None, 12345], dtype="category"),
    ],
    ids=lambda column: type(column).__name__,
)
def test_missing_ids_have_the_code_minus_one_and_whole_floats_are_integers(column):
    log = EventLog.from_frame({"user_id": column, "item_id": [1, 2, 3]})
    assert list(log.users) == [12345]
    assert sorted(log.user_codes.tolist()) == [-1, 0, 0]
    assert log.filter(users=12345).item_codes.tolist() == [0, 1]


def test_columns_are_found_by_name_or_given():
    log = EventLog.from_frame({"who": [1], "sku": [2], "kind": ["pv"]}, "who", "sku", event="kind")
    assert (list(log.users), list(log.items), log.kinds, log.times) == ([1], [2], ("pv",), None)
    renamed = EventLog.from_frame(LINES, event_names={"view": "click", "return": "refund"})
    assert renamed.kinds == ("click", "purchase", "refund")
    assert EventLog.from_frame({"user_id": [1], "item_id": [2]}, default_event="view").kinds == ("view",)


def test_filters_are_combined():
    log = EventLog.from_frame(LINES)
    assert len(log.filter(events=["view", "return"], sources="web")) == 2
    assert len(log.filter(users=["ann", "unknown"], items=[3])) == 1
    assert len(log.filter(events="view", mask=log.prices > 2.5)) == 1
    with pytest.raises(DataError, match="events: 'veiw' is not in the log; its kinds are 'purchase', 'return', 'view'"):
        log.filter(events="veiw")
    with pytest.raises(DataError, match=r"users: none of the 1 id\(s\) is in the log, such as 'joe'"):
        log.filter(users="joe")
    with pytest.raises(DataError, match="the log has no sources; give their column as source= to from_frame"):
        EventLog.from_frame({"user_id": [1], "item_id": [2]}).filter(sources="web")
    with pytest.raises(DataError, match="expected a mask of 4 booleans"):
        log.filter(mask=np.ones(3, dtype=bool))


def test_an_empty_selection_is_an_empty_log():
    empty = EventLog.from_frame(LINES).take([])
    assert (len(empty), empty.n_users, empty.kinds) == (0, 0, ())
    assert repr(empty) == "EventLog(0 events of 0 users and 0 items, no kinds, no times)"


def test_positions_outside_the_log_or_repeated_are_refused():
    log = EventLog.from_frame(LINES)
    with pytest.raises(DataError, match=r"1 position\(s\) outside the log of 4 events: 9"):
        log.take([1, 9])
    with pytest.raises(DataError, match=r"1 position\(s\) are repeated: 1"):
        log.take([1, 1])


def test_other_columns_replace_those_of_the_log():
    log = EventLog.from_frame(LINES)
    assert log.with_columns(quantities=np.array([1.0, 2.0, 3.0, 4.0])).quantities.tolist() == [1, 2, 3, 4]
    later = log.with_columns(times=log.times[::-1].copy())
    assert later.items.take(later.item_codes).tolist() == [3, 3, 1, 2]
    with pytest.raises(DataError, match="quantities: expected 4 values"):
        log.with_columns(quantities=np.ones(3))
    with pytest.raises(TypeError, match="no column 'amounts'"):
        log.with_columns(amounts=np.ones(4))
    with pytest.raises(DataError, match="item_codes: expected codes from -1 to 2"):
        log.with_columns(item_codes=np.full(4, 3, dtype=np.int32))


def test_a_log_is_immutable():
    log = EventLog.from_frame(LINES)
    with pytest.raises(ValueError, match="read-only"):
        log.user_codes[0] = 1
    with pytest.raises(AttributeError):
        log.users = log.items


def test_a_saved_log_is_the_same(tmp_path):
    log = EventLog.from_frame(LINES)
    save(log, tmp_path / "log")
    assert load(tmp_path / "log").equals(log)


def test_frames_that_cannot_be_a_log_are_refused():
    twice = pd.DataFrame([[1, 2, 3]], columns=["user_id", "item_id", "item_id"])
    with pytest.raises(DataError, match="unique column names"):
        EventLog.from_frame(twice)
    with pytest.raises(DataError, match="no events: the frame is empty"):
        EventLog.from_frame(pd.DataFrame({"user_id": [], "item_id": []}))
    with pytest.raises(DataError, match="no events"):
        EventLog.from_frame(iter([]))
    with pytest.raises(DataError, match=r"no column 'user_id'; the columns are 'CustomerID'.*as user="):
        EventLog.from_frame({"CustomerID": [1], "item_id": [2]})
    with pytest.raises(DataError, match="lengths differ: user_id 1, item_id 2"):
        EventLog.from_frame({"user_id": [1], "item_id": [2, 3]})
    with pytest.raises(DataError, match="expected a frame, a mapping of columns, or an iterator of frames, got int"):
        EventLog.from_frame(3)
    with pytest.raises(DataError, match="column 'a' is given for more than one part"):
        EventLog.from_frame({"a": [1]}, "a", "a")
    with pytest.raises(DataError, match=r"event: 1 event\(s\) without a kind, at rows 1"):
        EventLog.from_frame({"user_id": [1, 2], "item_id": [2, 3], "event": ["view", None]})
    with pytest.raises(DataError, match=r"quantity: expected numbers \(got text, such as '1,5'"):
        EventLog.from_frame({"user_id": [1], "item_id": [2], "quantity": ["1,5"]})
    with pytest.raises(DataError, match="chunk 1 has the columns"):
        EventLog.from_frame([{"user_id": [1], "item_id": [2], "price": [1.0]}, {"user_id": [1], "item_id": [2]}])
    with pytest.raises(DataError, match="event_names: 'veiw' do not occur"):
        EventLog.from_frame(LINES, event_names={"veiw": "view"})
    with pytest.raises(DataError, match="130 kinds of events"):
        EventLog.from_frame({"user_id": range(130), "item_id": range(130), "event": range(130)})


def test_dates_of_python_are_times():
    days = [datetime.date(2024, 5, 2), datetime.date(2024, 5, 1), None]
    log = EventLog.from_frame({"user_id": [1, 2, 3], "item_id": [1, 1, 1], "timestamp": days})
    assert log.times.astype("datetime64[D]").astype(str).tolist() == ["2024-05-01", "2024-05-02", "NaT"]
    assert log.users.take(log.user_codes).tolist() == [2, 1, 3]


def test_whole_numbers_with_missing_ids_stay_whole_in_pandas():
    frame = EventLog.from_frame({"user_id": [7, None], "item_id": [1, 2]}).to_frame()
    assert str(frame["user_id"].dtype) == "Int64"
    assert frame["user_id"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "event_type",
            "the column 'event_type' is not used, and all events are of the kind default_event; pass it as event=",
        ),
        ("Date", "the column 'Date' is not used, and the log has no times; pass it as timestamp="),
    ],
)
def test_unused_columns_that_look_like_times_or_kinds_are_reported(name, message):
    with pytest.warns(UserWarning, match=message):
        EventLog.from_frame({"user_id": [1], "item_id": [2], name: ["2024-05-01"]})


def test_used_columns_are_not_reported(recwarn):
    table = {"user_id": [1], "item_id": [2], "event_type": ["view"], "date": ["2024-05-01"]}
    EventLog.from_frame(table, timestamp="date", event="event_type")
    assert not recwarn.list


@given(rows(), st.data())
def test_missing_times_come_last(given, data):
    lacking = data.draw(st.lists(st.booleans(), min_size=len(given), max_size=len(given)))
    given = [
        {**row, "time": None if is_lacking else row["time"]} for row, is_lacking in zip(given, lacking, strict=True)
    ]
    log = make(given)
    assert read_back(log) == naive.in_order(given)
    assert len(log.between("2000-01-01")) == len(given) - sum(lacking)


@given(rows(), st.randoms())
def test_without_times_rows_are_sorted_by_their_other_columns(given, random):
    def untimed(order):
        return EventLog.from_frame({name: column for name, column in columns(order).items() if name != "timestamp"})

    log = untimed(given)
    assert log.times is None
    assert log.equals(untimed(random.sample(given, len(given))))
    times = np.full(len(given), START)
    assert read_back(log.with_columns(times=times)) == naive.in_order([{**row, "time": 0} for row in given])
