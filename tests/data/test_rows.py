"""Rows to columns, against lists of cells."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recokit._runtime.threads import Runner, threads_at_any_cost
from recokit.data.rows import Rows, transpose_spans
from tests.naive import rows as naive

N_COLUMNS = 4
VALUES = st.floats(-1e6, 1e6, width=32)
CELLS = st.lists(st.tuples(st.integers(0, N_COLUMNS - 1), VALUES), max_size=8)
ROWS = st.lists(CELLS.map(lambda cells: sorted(cells, key=lambda cell: cell[0])), max_size=9)
THREADS = st.integers(1, 20)


def compressed(rows):
    indptr = np.cumsum([0, *map(len, rows)]).astype(np.int64)
    cells = [cell for row in rows for cell in row]
    return indptr, np.array([c for c, _ in cells], np.int32), np.array([v for _, v in cells], np.float32)


@given(ROWS, THREADS)
def test_columns_have_their_rows_ascending_on_any_number_of_threads(rows, n_threads):
    with threads_at_any_cost():
        actual = Rows(*compressed(rows)).transposed(N_COLUMNS, Runner(n_threads)).arrays
    for array, expected in zip(actual, compressed(naive.transpose(rows, N_COLUMNS)), strict=True):
        np.testing.assert_array_equal(array, expected)
        assert array.dtype == expected.dtype


@given(ROWS, THREADS, st.randoms(use_true_random=False), st.sampled_from([np.int32, np.uint16, np.uint32]))
def test_columns_have_their_rows_in_the_order_asked_for(rows, n_threads, random, dtype):
    order = list(range(len(rows)))
    random.shuffle(order)
    indptr, codes, values = compressed(rows)
    places = np.full(len(codes), 99, dtype=dtype)
    args = np.array(order, dtype=np.int64), indptr[:-1], indptr[1:], codes, values, N_COLUMNS, places
    with threads_at_any_cost():
        starts, transposed = transpose_spans(*args, Runner(n_threads))
    expected = compressed(naive.transpose([rows[row] for row in order], N_COLUMNS))
    for array, correct in zip((starts, places, transposed), expected, strict=True):
        np.testing.assert_array_equal(array, correct)


@given(ROWS, THREADS)
def test_without_values_the_codes_are_the_same(rows, n_threads):
    indptr, codes, _ = compressed(rows)
    with threads_at_any_cost():
        actual = Rows(indptr, codes, np.empty(0, dtype=np.float32)).transposed(N_COLUMNS, Runner(n_threads)).arrays
    starts, row_codes, _ = compressed(naive.transpose(rows, N_COLUMNS))
    assert [array.tolist() for array in actual] == [starts.tolist(), row_codes.tolist(), []]


@given(ROWS, THREADS)
def test_there_may_be_gaps_between_the_rows(rows, n_threads):
    width = max([len(cells) for cells in rows], default=0) + 1
    codes, values = np.full(width * len(rows), 99, dtype=np.int32), np.full(width * len(rows), np.nan)
    starts = width * np.arange(len(rows))
    stops = starts + np.array([len(cells) for cells in rows], dtype=np.int64)
    for start, cells in zip(starts, rows, strict=True):
        for k, (code, value) in enumerate(cells):
            codes[start + k], values[start + k] = code, value
    places = np.empty((stops - starts).sum(), dtype=np.int32)
    with threads_at_any_cost():
        spans = np.arange(len(rows)), starts, stops, codes, values
        indptr, transposed = transpose_spans(*spans, N_COLUMNS, places, Runner(n_threads))
    for array, correct in zip((indptr, places, transposed), compressed(naive.transpose(rows, N_COLUMNS)), strict=True):
        np.testing.assert_array_equal(array, correct)
