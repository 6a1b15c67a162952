import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit.kernels import rows as row_kernels
from tests.naive import rows as naive

N_ROWS, N_COLUMNS = 5, 4
CODES = st.lists(st.integers(0, N_ROWS - 1), max_size=30)
VALUES = st.floats(-1e6, 1e6, width=32)
SORTED_ROWS = st.lists(
    st.lists(st.tuples(st.integers(0, N_COLUMNS - 1), VALUES), max_size=8).map(
        lambda cells: sorted(cells, key=lambda cell: cell[0])
    ),
    max_size=N_ROWS,
)
POLICIES = {"sum": row_kernels.SUM, "mean": row_kernels.MEAN, "last": row_kernels.LAST, "max": row_kernels.MAX}


def compressed(rows):
    indptr = np.cumsum([0, *map(len, rows)]).astype(np.int64)
    cells = [cell for row in rows for cell in row]
    return indptr, np.array([c for c, _ in cells], np.int32), np.array([v for _, v in cells], np.float32)


@given(CODES)
def test_row_starts_count_the_codes_of_earlier_rows(codes):
    starts = row_kernels.row_starts(np.array(codes, dtype=np.int32), N_ROWS)
    assert starts.dtype == np.int64
    assert starts.tolist() == naive.row_starts(codes, N_ROWS)


@given(CODES, st.randoms(use_true_random=False))
def test_order_by_is_a_stable_sort_by_code(codes, random):
    before = list(range(len(codes)))
    random.shuffle(before)
    array = np.array(codes, dtype=np.int32)
    order = row_kernels.order_by(array, row_kernels.row_starts(array, N_ROWS), np.array(before, dtype=np.int64))
    assert order.tolist() == naive.order_by(codes, before)


@pytest.mark.parametrize("policy", POLICIES)
@given(rows=SORTED_ROWS)
def test_duplicate_cells_are_merged_by_the_policy(policy, rows):
    indptr, columns, values = compressed(rows)
    merged_indptr, last, merged = row_kernels.merge_repeated(indptr, columns, values, POLICIES[policy])
    position, expected = 0, []
    for row in rows:
        distinct = sorted({column for column, _ in row})
        expected.append([(column, naive.merge([v for c, v in row if c == column], policy)) for column in distinct])
    expected_indptr, expected_columns, expected_values = compressed(expected)
    np.testing.assert_array_equal(merged_indptr, expected_indptr)
    np.testing.assert_array_equal(columns[last], expected_columns)
    np.testing.assert_array_equal(merged, expected_values)
    for start, stop in itertools.pairwise(indptr):
        for position in range(start, stop):
            ends_its_cell = position + 1 == stop or columns[position + 1] != columns[position]
            assert (position in last) == ends_its_cell


def test_sums_of_many_small_values_keep_their_precision():
    n = 3_000
    indptr, columns = np.array([0, n], dtype=np.int64), np.zeros(n, dtype=np.int32)
    values = np.full(n, 0.1, dtype=np.float32)
    values[0] = 2**24  # a float32 sum would lose the following additions of 0.1
    _, _, merged = row_kernels.merge_repeated(indptr, columns, values, row_kernels.SUM)
    assert merged.tolist() == [np.float32(2**24 + (n - 1) * float(np.float32(0.1)))]
