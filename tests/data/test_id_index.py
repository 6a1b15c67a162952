import copy
import pickle
from numbers import Real

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import DataError, IdIndex
from recokit.persistence import load, save

INT64 = np.iinfo(np.int64)
# Hashes overflow with a warning if kernels are not compiled.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")

INTEGERS = st.one_of(st.integers(INT64.min, INT64.max), st.integers(-20, 20))
STRINGS = st.text(st.characters(), max_size=4)  # surrogates too
KINDS = {
    "integers": INTEGERS,
    "huge integers": st.integers(-(2**70), 2**70),
    "strings": STRINGS,
    "floats": st.one_of(st.floats(-(2.0**53), 2.0**53), st.sampled_from([np.inf, -np.inf])),
    "tuples": st.tuples(st.integers(0, 3), st.sampled_from("ab")),
    "bytes": st.binary(max_size=2),
    "mixed": st.one_of(st.integers(-3, 3), st.sampled_from("abc"), st.tuples(st.integers(0, 1))),
    "flags": st.one_of(st.booleans(), st.sampled_from("abc")),
}
ANY_IDS = st.sampled_from(sorted(KINDS)).flatmap(lambda kind: st.lists(KINDS[kind], max_size=30))


def sorted_by_type(ids):
    distinct = list(dict.fromkeys(ids))
    try:
        return sorted(distinct)
    except TypeError:
        pass
    groups = {}
    for key in distinct:
        kind = type(key)
        groups.setdefault("" if isinstance(key, Real) else f"{kind.__module__}.{kind.__qualname__}", []).append(key)
    ordered = []
    for _, group in sorted(groups.items()):
        try:
            ordered += sorted(group)
        except TypeError:
            ordered += sorted(group, key=repr)
    return ordered


@given(ANY_IDS)
def test_factorize_returns_sorted_distinct_ids_and_the_code_of_each_id(ids):
    index, codes = IdIndex.factorize(ids)
    expected = sorted_by_type(ids)
    assert list(index) == expected
    assert codes.dtype == np.int32
    assert [expected[code] for code in codes] == ids
    assert list(IdIndex.factorize(ids[::-1])[0]) == expected  # in any order of the rows
    assert len(index) == len(expected)
    assert all(key in index for key in ids)


@given(ANY_IDS, ANY_IDS)
def test_codes_are_positions_or_minus_one_for_unknown_ids(ids, requested):
    index = IdIndex.from_ids(ids)
    positions = {(isinstance(key, bool), key): position for position, key in enumerate(index)}

    def expected(key):
        return positions.get((isinstance(key, bool), key), -1)

    codes = index.codes([*requested, *ids])
    assert codes.dtype == np.int32
    assert codes.tolist() == list(map(expected, [*requested, *ids]))
    for key in requested[:3]:  # few ids are found by bisection
        assert index.codes([key]).tolist() == [expected(key)]


@given(ANY_IDS)
def test_take_inverts_codes_of_any_shape(ids):
    index = IdIndex.from_ids(ids)
    codes = index.codes(ids)
    assert index.take(codes).tolist() == ids
    square = np.array([codes, codes[::-1]])
    assert index.take(square).tolist() == [ids, ids[::-1]]
    assert index.take(square).shape == square.shape


@given(ANY_IDS, st.randoms(use_true_random=False))
def test_the_constructor_keeps_the_order_of_the_ids(ids, random):
    distinct = list(dict.fromkeys(ids))
    random.shuffle(distinct)
    index = IdIndex(distinct)
    assert list(index) == distinct
    assert index.codes(distinct).tolist() == list(range(len(distinct)))
    for position, key in enumerate(distinct[:3]):
        assert index.codes([key]).tolist() == [position]


def of_one_type(ids):
    """True and 1 are different ids, and refused together."""
    kinds = {bool if isinstance(key, bool) else Real if isinstance(key, Real) else None for key in ids}
    return not {bool, Real} <= kinds


@given(st.tuples(ANY_IDS, ANY_IDS).filter(lambda ids: of_one_type([*ids[0], *ids[1]])))
def test_a_union_holds_the_ids_of_both_indices(ids):
    first, second = ids
    union = IdIndex.from_ids(first).union(IdIndex.from_ids(second))
    assert set(union) == set(first) | set(second)
    assert list(union) == sorted_by_type([*IdIndex.from_ids(first), *IdIndex.from_ids(second)])


@given(ANY_IDS)
def test_pickled_copied_and_saved_indices_are_equal(tmp_path_factory, ids):
    for index in (IdIndex.from_ids(ids), IdIndex(list(dict.fromkeys(ids))[::-1])):
        copies = [pickle.loads(pickle.dumps(index)), copy.deepcopy(index)]
        if not any(isinstance(key, bytes) for key in ids):
            path = tmp_path_factory.mktemp("ids") / "index"
            save(index, path)
            copies.append(load(path))
        for twin in copies:
            assert list(twin) == list(index)
            assert [type(key) for key in twin] == [type(key) for key in index]
            assert twin == index
            assert twin.codes(ids).tolist() == index.codes(ids).tolist()
            assert not twin.ids.flags.writeable or twin.ids.dtype == object


@pytest.mark.parametrize(
    "ids",
    [
        np.array([3, -1, 2], dtype=np.int8),
        np.array([3, 200, 2], dtype=np.uint8),
        np.array([3, -1, 2], dtype=">i8"),
        np.array([3, 2**40, -(2**50)])[::-1],
        np.array([3, 2**63 - 1], dtype=np.uint64),
        np.array([1.0, -7.0, 3.0]),
        np.array([1, 5, 2], dtype=np.float32),
        pd.Series([4, 2], index=[7, 9]),
        pl.Series([4, 2]),
        pa.chunked_array([[4], [2]]),
        pa.array([4, 2]),
        range(5),
        (9, 8),
        {4, 2},
    ],
    ids=lambda ids: f"{type(ids).__module__}.{type(ids).__name__} {getattr(ids, 'dtype', '')}",
)
def test_integers_of_any_form_are_stored_as_int64(ids):
    index = IdIndex.from_ids(ids)
    assert index.ids.dtype == np.int64
    values = ids.to_pylist() if hasattr(ids, "to_pylist") else list(ids)
    assert list(index) == sorted(values)
    assert all(type(key) is int for key in index)
    assert np.all(index.codes(ids) >= 0)


@pytest.mark.parametrize(
    "ids",
    [
        ["b", "a", "商品"],
        np.array(["b", "a", "商品"]),
        np.array(["b", "a", "商品"], dtype=object),
        np.array(["b", "a", "商品"], dtype=np.dtypes.StringDType()),
        pd.Series(["b", "a", "商品"]),
        pd.Series(["b", "a", "商品"], index=[0.5, 1.5, 2.5], dtype=object),
        pd.Series(["b", "a", "商品"], dtype="category"),
        pd.Series(["b", "a", "商品"], dtype="string"),
        pd.Index(["b", "a", "商品"]),
        pl.Series(["b", "a", "商品"]),
        pl.Series(["b", "a", "商品"], dtype=pl.Categorical),
        pl.Series(["b", "a", "商品"], dtype=pl.Enum(["a", "b", "商品"])),
        pa.chunked_array([["b", "a"], ["商品"]]),
        pa.array(["b", "a", "商品"]),
        pa.array(["b", "a", "商品"]).dictionary_encode(),
        (key for key in ["b", "a", "商品"]),
    ],
    ids=lambda ids: f"{type(ids).__module__}.{type(ids).__name__} {getattr(ids, 'dtype', '')}",
)
def test_strings_of_any_form_become_python_strings(ids):
    index, codes = IdIndex.factorize(ids)
    assert list(index) == ["a", "b", "商品"]
    assert codes.tolist() == [1, 0, 2]
    assert index.ids.dtype == object
    assert all(type(key) is str for key in [*index, *index.ids, *index.take([0, 1])])


def test_integers_beyond_int64_are_stored_exactly():
    index = IdIndex.from_ids(np.array([2**63 + 1, 5, 2**64 - 1], dtype=np.uint64))
    assert list(index) == [5, 2**63 + 1, 2**64 - 1]
    assert index.codes(np.array([2**63 + 1, 6], dtype=np.uint64)).tolist() == [1, -1]
    assert IdIndex.from_ids([1, 2]).codes([2**63, -(2**70), 2]).tolist() == [-1, -1, 1]
    assert IdIndex.from_ids([1, 2]).codes(np.array([2**63, 2], dtype=np.uint64)).tolist() == [-1, 1]


@pytest.mark.parametrize("unit", ["ns", "us", "D"])
def test_times_keep_their_unit_as_ids(unit, tmp_path):
    ids = np.array(["2020-01-02", "2020-01-01"], dtype=f"datetime64[{unit}]")
    index = IdIndex.from_ids(ids)
    assert list(index) == [ids[1], ids[0]]
    assert index.codes(ids).tolist() == [1, 0]
    save(index, tmp_path / "index")
    again = load(tmp_path / "index")
    assert again == index
    assert [key.dtype for key in again] == [ids.dtype] * 2


@pytest.mark.parametrize(
    "ids",
    [
        ["a", None, "b", None],
        [1, None, 2, None],
        [1.5, float("nan"), 2, float("nan")],
        [1, pd.NA, 2, pd.NA],
        [pd.Timestamp(0), pd.NaT, pd.Timestamp(1), pd.NaT],
        np.array([1.0, np.nan, 2.0, np.nan]),
        np.array([1.0, np.nan, 2.0, np.nan], dtype=np.float32),
        np.array(["2020", "NaT", "2021", "NaT"], dtype="datetime64[ns]"),
        np.array(["2020", "NaT", "2021", "NaT"], dtype="datetime64[s]"),
        np.ma.array([1, 5, 2, 6], mask=[False, True, False, True]),
        pd.Series([1, None, 2, None]),
        pd.Series([1, None, 2, None], dtype="Int64"),
        pd.Series(["a", None, "b", None]),
        pd.Series(["a", None, "b", None], dtype="category"),
        pl.Series([1, None, 2, None]),
        pl.Series(["a", None, "b", None]),
        pa.array([1, None, 2, None]),
        pa.chunked_array([["a", None, "b", None]]),
    ],
    ids=lambda ids: f"{type(ids).__module__}.{type(ids).__name__} {getattr(ids, 'dtype', ids)}",
)
def test_the_error_for_missing_ids_shows_name_count_and_rows(ids):
    with pytest.raises(DataError, match=r"^buyer: 2 missing id\(s\), at rows 1, 3; remove these rows"):
        IdIndex.factorize(ids, "buyer")


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, pd.NaT])
@pytest.mark.parametrize("ids", [[1, 2], ["a", "b"], [(1,), (2,)]])
def test_missing_values_are_unknown_ids(ids, missing):
    assert IdIndex.from_ids(ids).codes([missing, ids[0]]).tolist() == [-1, 0]
    assert missing not in IdIndex.from_ids(ids)


def test_fractions_infinity_and_unhashable_values_are_unknown_ids():
    assert IdIndex.from_ids([1, 2]).codes(np.array([np.nan, np.inf, 2.0, 1.5])).tolist() == [-1, -1, 1, -1]
    for ids in ([1, 2], ["a", "b"] * 20, [(1,), (2,)]):
        assert IdIndex.from_ids(ids).codes([[1], {}]).tolist() == [-1, -1]


@pytest.mark.parametrize("ids", [[3, 1, 3, 3, 1], ["c", "a", "c", "c", "a"], [(3,), (1,), (3,), (3,), (1,)]])
def test_the_constructor_refuses_duplicate_ids_and_shows_them(ids):
    with pytest.raises(DataError, match=r"^shops: 2 id\(s\) are duplicated: ") as caught:
        IdIndex(ids, name="shops")
    assert repr(ids[0]) in str(caught.value)
    assert repr(ids[1]) in str(caught.value)


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ("abc", "single id 'abc'"),
        (b"abc", "single id b'abc'"),
        (7, "expected a sequence, got 7"),
        (np.ones((2, 2), dtype=np.int64), r"expected one dimension, got shape \(2, 2\)"),
        (np.array([["a", "b"]]), r"expected one dimension, got shape \(1, 2\)"),
        (np.int64(3), r"expected one dimension, got shape \(\)"),
        ([[1], [2]], "must be hashable"),
    ],
)
def test_input_other_than_a_column_of_ids_is_refused(ids, message):
    with pytest.raises(DataError, match=message):
        IdIndex.from_ids(ids)


@pytest.mark.parametrize("spread", [1, 2**20, 2**54])
@pytest.mark.parametrize("offset", [0, -(2**62)])
def test_dense_and_scattered_integer_ids_get_the_same_codes(spread, offset):
    ids = (np.random.default_rng(0).permutation(300).astype(np.int64) % 100) * spread + offset
    index, codes = IdIndex.factorize(ids)
    np.testing.assert_array_equal(index.ids, np.unique(ids))
    np.testing.assert_array_equal(index.take(codes), ids)
    unknown = np.array([offset - 1, offset + 100 * spread, INT64.max, INT64.min, offset + spread * 5 + 1])
    assert index.codes(unknown).tolist() == [-1, -1, -1, -1, 6 if spread == 1 else -1]


def test_indices_with_equal_ids_in_equal_order_are_equal():
    assert IdIndex([1, 2]) == IdIndex.from_ids([2, 1, 1])
    assert IdIndex([2, 1]) != IdIndex([1, 2])
    assert IdIndex(["1", "2"]) != IdIndex([1, 2])
    assert IdIndex([1, 2]) != IdIndex([1, 2, 3])
    assert IdIndex([1]) != [1]
    with pytest.raises(TypeError, match="unhashable"):
        hash(IdIndex([1]))


def test_an_index_can_be_made_from_an_index():
    assert IdIndex(IdIndex(["b", "a"])) == IdIndex(["b", "a"])


def test_an_empty_index_knows_no_ids():
    empty = IdIndex([])
    assert len(empty) == 0
    assert list(empty) == []
    assert empty.codes([1, "a"]).tolist() == [-1, -1]
    assert empty.codes([]).tolist() == []
    assert IdIndex.from_ids(["a"]).codes([]).tolist() == []
    assert empty.union(IdIndex([1])) == IdIndex([1])


def test_writing_to_the_ids_or_to_the_input_does_not_change_an_index():
    for ids in (np.array([3, 1, 2]), np.array(["c", "a", "b"]), np.array([3, "b", (1,)], dtype=object)):
        index = IdIndex(ids)
        before = list(index)
        ids[0] = ids[1]
        if index.ids.flags.writeable:  # a copy, for strings
            index.ids[0] = "changed"
        assert list(index) == before


def test_many_ids_are_read_in_chunks(monkeypatch):
    monkeypatch.setattr("recokit.data.id_index._CHUNK", 3)
    ids = [f"user {k % 7}" for k in range(20)]
    for form in (ids, np.array(ids), pl.Series(ids), pd.Series(ids)):
        index, codes = IdIndex.factorize(form)
        assert index.take(codes).tolist() == ids
        assert list(index) == sorted(set(ids))


def test_repr_shows_the_size_and_the_first_ids():
    assert repr(IdIndex(range(7))) == "IdIndex(n=7, ids=[0, 1, 2, 3, 4, …])"
