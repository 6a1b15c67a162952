import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import DataError, IdIndex, Interactions, UnknownIdError
from recokit.base._histories import read_histories
from recokit.data.rows import Rows

ITEMS = IdIndex(["cup", "pot", "tea"])
ROWS = st.lists(st.dictionaries(st.integers(0, 6), st.integers(1, 5), max_size=4), min_size=1, max_size=5)


def read(given_histories, explicit=True, skip_unknown=False):
    return read_histories(given_histories, ITEMS, explicit=explicit, skip_unknown=skip_unknown)


def as_lists(histories):
    assert [part.dtype for part in histories.arrays] == [np.int64, np.int32, np.float32]
    return [
        dict(zip(histories.codes[a:b].tolist(), histories.values[a:b].tolist(), strict=True))
        for a, b in zip(histories.indptr[:-1], histories.indptr[1:], strict=True)
    ]


@given(ROWS, st.data())
def test_rows_come_in_any_order_and_minus_one_is_an_empty_one(rows, data):
    cells = [sorted(row.items()) for row in rows]
    indptr = np.cumsum([0, *map(len, cells)]).astype(np.int64)
    flat = [cell for row in cells for cell in row]
    histories = Rows(indptr, np.array([c for c, _ in flat], np.int32), np.array([v for _, v in flat], np.float32))
    codes = data.draw(st.lists(st.integers(-1, len(rows) - 1)))
    chosen = histories.take(np.array(codes, dtype=np.int32))
    assert as_lists(chosen) == [dict(cells[code]) if code >= 0 else {} for code in codes]
    assert chosen.lengths.tolist() == [len(cells[code]) if code >= 0 else 0 for code in codes]


@pytest.mark.parametrize(
    "history", [["tea", "cup"], ("cup", "tea"), {"tea", "cup"}, np.array(["tea", "cup"]), pd.Series(["tea", "cup"]),
                {"tea": 1, "cup": 1.0}]
)  # fmt: skip
def test_a_history_of_strengths_is_a_sequence_or_a_mapping(history):
    people, histories = read({"eve": history}, explicit=False)
    assert list(people) == ["eve"]
    assert as_lists(histories) == [{0: 1.0, 2: 1.0}]
    assert histories.codes.tolist() == [0, 2]


def test_several_people_are_named_or_numbered():
    expected = [{2: 5.0}, {}, {0: 2.0, 1: 3.0}]
    given_histories = [{"tea": 5}, {}, {"pot": 3, "cup": 2}]
    for form, people in (
        (given_histories, [0, 1, 2]),
        (dict(zip("abc", given_histories, strict=True)), ["a", "b", "c"]),
    ):
        named, histories = read(form)
        assert list(named) == people
        assert as_lists(histories) == expected


def test_interactions_over_other_items_are_histories_too():
    log = Interactions.from_arrays(["b", "a", "b"], ["tea", "pot", "new"], [5, 3, 1])
    people, histories = read(log, skip_unknown=True)
    assert list(people) == ["a", "b"]
    assert as_lists(histories) == [{1: 3.0}, {2: 5.0}]
    with pytest.raises(UnknownIdError, match=r"1 unknown item id\(s\): 'new'"):
        read(log)


def test_unknown_items_are_an_error_or_left_out():
    with pytest.raises(UnknownIdError, match="'new'"):
        read([{"new": 3, "tea": 4}])
    assert as_lists(read([{"new": 3, "tea": 4}], skip_unknown=True)[1]) == [{2: 4.0}]


@pytest.mark.parametrize(
    ("history", "explicit", "message"),
    [
        (["tea"], True, "history of 'eve': the model needs ratings"),
        ({"tea": "good"}, True, "history of 'eve': expected numbers"),
        ({"tea": None}, True, "history of 'eve': a value is NaN, infinite"),
        ({"tea": float("nan")}, True, "history of 'eve': a value is NaN, infinite"),
        ({"tea": float("inf")}, False, "history of 'eve': a value is NaN, infinite"),
        ({"tea": -1}, False, "history of 'eve': a value is NaN, infinite or a negative strength"),
        (["tea", "tea"], False, "history of 'eve': an item occurs more than once"),
    ],
)
def test_histories_that_cannot_be_used_name_the_person(history, explicit, message):
    with pytest.raises(DataError, match=message):
        read({"eve": history}, explicit=explicit)


def test_ratings_may_be_negative():
    assert as_lists(read([{"tea": -2}])[1]) == [{2: -2.0}]


def test_nobody_is_no_error():
    people, histories = read([])
    assert list(people) == []
    assert histories.indptr.tolist() == [0]
