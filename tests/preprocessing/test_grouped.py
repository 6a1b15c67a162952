import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recokit.preprocessing._grouped import dense_ranks, distinct_pairs, mean_of, quantiles_within, stable_order
from tests.naive import features as naive

CODES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=30)


@given(CODES)
def test_the_first_row_of_each_pair_is_marked_and_pairs_are_numbered_in_order(pairs):
    first, second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    is_first, codes = distinct_pairs(first, second, 5, 4)
    assert is_first.tolist() == [pair not in pairs[:row] for row, pair in enumerate(pairs)]
    numbers = {pair: number for number, pair in enumerate(sorted(set(pairs)))}
    assert codes.tolist() == [numbers[pair] for pair in pairs]


@given(CODES, st.randoms())
def test_positions_are_sorted_by_code_and_keep_their_order(pairs, random):
    codes = np.array([first for first, _ in pairs], dtype=np.int64)
    assert stable_order(codes, 5).tolist() == sorted(range(len(codes)), key=lambda row: codes[row])
    some = random.sample(range(len(codes)), len(codes) // 2)
    assert stable_order(codes, 5, np.array(some, dtype=np.int64)).tolist() == sorted(some, key=lambda row: codes[row])


@given(st.lists(st.tuples(st.integers(0, 3), st.one_of(st.just(float("nan")), st.integers(0, 4))), max_size=25))
def test_quantiles_within_groups_equal_those_of_the_reference(rows):
    groups = np.array([group for group, _ in rows], dtype=np.int64)
    values = np.array([value for _, value in rows], dtype=np.float64)
    expected = [
        naive.quantile(value, [other for other in values[groups == group] if other == other])
        if value == value
        else value
        for group, value in zip(groups, values, strict=True)
    ]
    np.testing.assert_allclose(quantiles_within(values, groups, 4), expected, rtol=1e-12)


def test_means_leave_out_undefined_values():
    means = mean_of(np.array([0, 0, 2]), np.array([1.0, np.nan, np.nan]), 3)
    np.testing.assert_array_equal(means, [1.0, np.nan, np.nan])


def test_ranks_of_no_values_are_empty():
    assert dense_ranks(np.empty(0))[1] == 0
