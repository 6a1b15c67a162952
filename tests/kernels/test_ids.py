import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit.kernels.ids import hash_codes, mark_present, table_codes

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)

INT64 = np.iinfo(np.int64)
ANY_ID = st.integers(INT64.min, INT64.max)
CLASHING_ID = st.integers(-3, 3).map(lambda k: k << 60)  # few values, far apart, some with the sign bit set
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")  # intended in plain Python


def first_appearances(ids):
    seen = {}
    return [seen.setdefault(key, len(seen)) for key in ids], list(seen)


@given(st.lists(st.one_of(ANY_ID, CLASHING_ID, st.integers(-4, 4))))
def test_hashing_numbers_ids_in_order_of_first_appearance(ids):
    codes = np.full(len(ids), -7, dtype=np.int32)
    uniques = hash_codes(np.array(ids, dtype=np.int64), codes, MULTIPLIER)
    expected_codes, expected_uniques = first_appearances(ids)
    assert codes.tolist() == expected_codes
    assert uniques.tolist() == expected_uniques


@pytest.mark.parametrize("n_distinct", [2048, 2049, 4097])
def test_the_hash_table_grows_without_losing_an_id(n_distinct):
    ids = np.random.default_rng(n_distinct).permutation(n_distinct).astype(np.int64) * 2**33 - 2**45
    ids = np.concatenate([ids, ids[:100]])
    codes = np.empty(len(ids), dtype=np.int32)
    uniques = hash_codes(ids, codes, MULTIPLIER)
    assert len(uniques) == n_distinct
    np.testing.assert_array_equal(uniques[codes], ids)


@given(st.lists(st.integers(-5, 12)), st.integers(-3, 9))
def test_table_lookup_gives_codes_inside_and_minus_one_outside(ids, lowest):
    table = np.array([4, -1, 0, 9], dtype=np.int32)
    codes = np.empty(len(ids), dtype=np.int32)
    table_codes(np.array(ids, dtype=np.int64), lowest, table, codes)
    assert codes.tolist() == [table[key - lowest] if lowest <= key < lowest + 4 else -1 for key in ids]


@pytest.mark.parametrize("lowest", [int(INT64.min), int(INT64.max) - 2])
def test_a_table_at_the_ends_of_the_int64_range_does_not_overflow(lowest):
    ids = np.array([INT64.min, INT64.max, 0, lowest, lowest + 1, lowest + 2], dtype=np.int64)
    codes = np.empty(len(ids), dtype=np.int32)
    table_codes(ids, lowest, np.arange(3, dtype=np.int32), codes)
    assert codes.tolist() == [int(key) - lowest if 0 <= int(key) - lowest < 3 else -1 for key in ids]


@given(st.lists(st.integers(-6, 6), min_size=1))
def test_exactly_the_given_ids_are_marked(ids):
    present = np.zeros(13, dtype=np.bool_)
    mark_present(np.array(ids, dtype=np.int64), -6, present)
    assert set(np.flatnonzero(present) - 6) == set(ids)
