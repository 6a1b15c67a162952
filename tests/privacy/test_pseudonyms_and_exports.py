import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import EventLog
from recokit.exceptions import DataError
from recokit.privacy import Pseudonymizer, k_anonymous

KEY, OTHER = b"0123456789abcdef", b"fedcba9876543210"


def test_pseudonyms_are_stable_distinct_and_depend_on_the_key():
    ids = ["ann", "bob", 7, "7", "ann"]
    found = Pseudonymizer(KEY).pseudonyms(ids).tolist()
    assert found == Pseudonymizer(KEY).pseudonyms(ids).tolist()
    assert found[0] == found[4]
    assert len(set(found)) == 4
    assert set(found).isdisjoint(Pseudonymizer(OTHER).pseudonyms(ids))
    assert "ann" not in repr(found)


def test_whole_numbers_of_numpy_and_python_have_the_same_pseudonyms():
    expected = Pseudonymizer(KEY).pseudonyms([1, 2]).tolist()
    assert Pseudonymizer(KEY).pseudonyms(np.array([1, 2], dtype=np.int32)).tolist() == expected


def test_missing_ids_stay_missing():
    assert Pseudonymizer(KEY).pseudonyms(["ann", None])[1] is None


def test_a_rotation_maps_old_to_new_pseudonyms():
    old = Pseudonymizer(KEY, prefix="u-")
    new, mapping = old.rotate(OTHER, ["ann", "bob"])
    assert mapping[old.pseudonyms(["ann"])[0]] == new.pseudonyms(["ann"])[0]
    with pytest.raises(ValueError, match="another key"):
        old.rotate(KEY, ["ann"])


@pytest.mark.parametrize("key", [b"", b"short", b"x" * 65])
def test_keys_of_a_wrong_length_are_refused(key):
    with pytest.raises(ValueError, match="16 to 64 bytes"):
        Pseudonymizer(key)


def test_other_wrong_arguments_are_refused():
    with pytest.raises(TypeError, match="bytes"):
        Pseudonymizer("text of more than 16 characters")
    with pytest.raises(ValueError, match="size"):
        Pseudonymizer(KEY, size=4)
    with pytest.raises(TypeError, match="whole numbers or text"):
        Pseudonymizer(KEY).pseudonyms([1.5])


def test_the_key_is_neither_shown_nor_pickled():
    pseudonymizer = Pseudonymizer(KEY)
    assert KEY.decode() not in repr(pseudonymizer)
    with pytest.raises(TypeError, match="secret key"):
        pickle.dumps(pseudonymizer)


def test_new_keys_are_random():
    assert Pseudonymizer.new_key() != Pseudonymizer.new_key()
    Pseudonymizer(Pseudonymizer.new_key())


ROWS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(18, 60), st.sampled_from(["Ulm", "Bonn", "Berlin", None])),
    min_size=1,
    max_size=40,
)


@given(ROWS, st.integers(1, 4), st.sampled_from([0.0, 0.1, 1.0]))
def test_every_group_of_an_export_has_k_users(rows, k, max_dropped):
    users, ages, cities = zip(*rows, strict=True)
    table = {"user_id": users, "age": ages, "city": cities, "row": list(range(len(rows)))}
    if len(set(users)) < k:
        with pytest.raises(DataError, match="lower k"):
            k_anonymous(table, k, {"age": [10, 50], "city": [1]})
        return
    try:
        export = k_anonymous(table, k, {"age": [10, 50], "city": [1]}, keep="row", max_dropped=max_dropped)
    except DataError:
        assert max_dropped == 1.0  # nothing is generalized then
        return
    groups = {}
    for age, city, row in zip(*(export.columns[name] for name in ("age", "city", "row")), strict=True):
        groups.setdefault((age, city), set()).add(users[row])
    sizes = [len(members) for members in groups.values()]
    assert min(sizes) >= k
    assert export.smallest_group == min(sizes)
    assert export.n_rows - export.n_dropped == len(export.columns["row"])
    assert export.n_dropped <= max_dropped * len(rows)
    assert "user_id" not in export.columns


def test_rows_of_one_user_do_not_make_a_group():
    table = {"user_id": [1] * 9 + [2, 3], "city": ["Ulm"] * 9 + ["Bonn"] * 2}
    export = k_anonymous(table, 2, "city", max_dropped=1.0)
    assert set(export.columns["city"]) == {"Bonn"}
    assert (export.n_dropped, export.n_users_lost) == (9, 1)
    assert k_anonymous(table, 9, "city", user=None, max_dropped=1.0).smallest_group == 9


def test_times_of_an_event_log_are_generalized_to_units():
    log = EventLog.from_frame(
        {
            "user_id": [1, 2, 3],
            "item_id": ["tea", "cup", "tea"],
            "timestamp": ["2024-05-01 10:00", "2024-05-01 18:30", "2024-05-20 12:00"],
        }
    )
    export = k_anonymous(log, 3, {"timestamp": ["D", "M"]}, keep=["item_id"])
    assert export.columns["timestamp"].tolist() == ["2024-05"] * 3
    assert "timestamp: generalized to M, 3 -> 1 values" in str(export)
    assert export.to_frame("pandas").shape == (3, 2)


def test_a_column_without_levels_is_replaced_by_a_star():
    table = {"user_id": [1, 2], "city": ["Ulm", "Bonn"]}
    assert k_anonymous(table, 2, ["city"]).columns["city"].tolist() == ["*", "*"]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"k": 0}, ValueError, "k=0"),
        ({"columns": ["zip"]}, DataError, "no column 'zip'"),
        ({"columns": []}, ValueError, "at least one"),
        ({"keep": "zip"}, DataError, "no column 'zip'"),
        ({"user": "customer"}, DataError, "no column 'customer'"),
        ({"max_dropped": 2}, ValueError, "max_dropped"),
        ({"columns": {"age": [-1]}}, DataError, "age: level -1"),
        ({"columns": {"age": ["D"]}}, DataError, "age: level 'D'"),
        ({"log": [1, 2]}, DataError, "expected an EventLog"),
        ({"log": {"user_id": [1], "age": [1, 2]}}, DataError, "different lengths"),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, message):
    given_arguments = {"log": {"user_id": [1, 2], "age": [20, 30]}, "k": 2, "columns": ["age"]}
    with pytest.raises(error, match=message):
        k_anonymous(**(given_arguments | arguments))
