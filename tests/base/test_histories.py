import numpy as np
import pandas as pd
import pytest

from recokit import DataError, IdIndex, Interactions, UnknownIdError
from recokit.base._histories import read_histories
from recokit.data import Sequences

ITEMS = IdIndex(["cup", "pot", "tea"])


def read(given_histories, explicit=True, skip_unknown=False):
    return read_histories(given_histories, ITEMS, explicit=explicit, skip_unknown=skip_unknown)


def as_mappings(histories):
    assert [part.dtype for part in histories.arrays] == [np.int64, np.int32, np.float32]
    return [
        dict(zip(histories.codes[a:b].tolist(), histories.values[a:b].tolist(), strict=True))
        for a, b in zip(histories.indptr[:-1], histories.indptr[1:], strict=True)
    ]


@pytest.mark.parametrize(
    "history", [["tea", "cup"], ("cup", "tea"), {"tea", "cup"}, np.array(["tea", "cup"]), pd.Series(["tea", "cup"]),
                {"tea": 1, "cup": 1.0}]
)  # fmt: skip
def test_a_history_of_strengths_may_be_a_sequence_or_a_mapping(history):
    users, histories = read({"eve": history}, explicit=False)
    assert list(users) == ["eve"]
    assert as_mappings(histories) == [{0: 1.0, 2: 1.0}]
    assert histories.codes.tolist() == [0, 2]


def test_histories_in_a_list_belong_to_users_numbered_from_0():
    expected = [{2: 5.0}, {}, {0: 2.0, 1: 3.0}]
    given_histories = [{"tea": 5}, {}, {"pot": 3, "cup": 2}]
    for form, users in (
        (given_histories, [0, 1, 2]),
        (dict(zip("abc", given_histories, strict=True)), ["a", "b", "c"]),
    ):
        ids, histories = read(form)
        assert list(ids) == users
        assert as_mappings(histories) == expected


def test_interactions_over_other_items_are_accepted_as_histories():
    log = Interactions.from_arrays(["b", "a", "b"], ["tea", "pot", "new"], [5, 3, 1])
    users, histories = read(log, skip_unknown=True)
    assert list(users) == ["a", "b"]
    assert as_mappings(histories) == [{1: 3.0}, {2: 5.0}]
    with pytest.raises(UnknownIdError, match=r"1 unknown item id\(s\): 'new'"):
        read(log)


def test_unknown_items_raise_an_error_or_are_skipped():
    with pytest.raises(UnknownIdError, match="'new'"):
        read([{"new": 3, "tea": 4}])
    assert as_mappings(read([{"new": 3, "tea": 4}], skip_unknown=True)[1]) == [{2: 4.0}]


@pytest.mark.parametrize(
    ("history", "explicit", "message"),
    [
        (["tea"], True, "history of 'eve': the model needs ratings"),
        ({"tea": "good"}, True, "history of 'eve': expected numbers"),
        ({"tea": None}, True, "history of 'eve': 1 NaN or infinite value"),
        ({"tea": float("nan")}, True, "history of 'eve': 1 NaN or infinite value"),
        ({"tea": float("inf")}, False, "history of 'eve': 1 NaN or infinite value"),
        ({"tea": -1}, False, "history of 'eve': 1 value.s. are negative strengths"),
        (["tea", "tea"], False, "history of 'eve': an item occurs more than once"),
    ],
)
def test_the_error_for_an_invalid_history_names_the_user(history, explicit, message):
    with pytest.raises(DataError, match=message):
        read({"eve": history}, explicit=explicit)


def test_ratings_may_be_negative():
    assert as_mappings(read([{"tea": -2}])[1]) == [{2: -2.0}]


def test_an_empty_list_of_histories_has_no_users():
    users, histories = read([])
    assert list(users) == []
    assert histories.indptr.tolist() == [0]


def test_sequences_count_the_events_of_each_item():
    sequences = Sequences.from_lists({"ann": ["tea", "cup", "tea"], "bob": [], "cy": ["pot"]})
    users, histories = read(sequences, explicit=False)
    assert list(users) == ["ann", "bob", "cy"]
    assert as_mappings(histories) == [{2: 2.0, 0: 1.0}, {}, {1: 1.0}]
    with pytest.raises(DataError, match="needs ratings"):
        read(sequences, explicit=True)


def test_unknown_items_of_sequences_raise_an_error_or_are_ignored():
    sequences = Sequences.from_lists({"ann": ["tea", "new"], "bob": ["new"]})
    with pytest.raises(UnknownIdError, match="'new'"):
        read(sequences, explicit=False)
    assert as_mappings(read(sequences, explicit=False, skip_unknown=True)[1]) == [{2: 1.0}, {}]
