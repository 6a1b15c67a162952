"""Compressed sparse rows, compared with lists of cells."""

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
def test_transposed_columns_list_their_rows_ascending_with_any_number_of_threads(rows, n_threads):
    with threads_at_any_cost():
        actual = Rows(*compressed(rows)).transposed(N_COLUMNS, Runner(n_threads)).arrays
    for array, expected in zip(actual, compressed(naive.transpose(rows, N_COLUMNS)), strict=True):
        np.testing.assert_array_equal(array, expected)
        assert array.dtype == expected.dtype


@given(ROWS, THREADS, st.randoms(use_true_random=False), st.sampled_from([np.int32, np.uint16, np.uint32]))
def test_transposed_columns_list_their_rows_in_the_given_order(rows, n_threads, random, dtype):
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
def test_transposing_rows_without_values_gives_the_same_codes(rows, n_threads):
    indptr, codes, _ = compressed(rows)
    with threads_at_any_cost():
        actual = Rows(indptr, codes, np.empty(0, dtype=np.float32)).transposed(N_COLUMNS, Runner(n_threads)).arrays
    starts, row_codes, _ = compressed(naive.transpose(rows, N_COLUMNS))
    assert [array.tolist() for array in actual] == [starts.tolist(), row_codes.tolist(), []]


@given(ROWS, THREADS)
def test_transposed_spans_may_have_gaps_between_them(rows, n_threads):
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


# ---------------------------------------------------------------------- other methods of Rows


def rows_of(rows, times=None):
    return Rows.from_arrays(*compressed(rows), times)


def cells_of(rows):
    bounds = zip(rows.indptr[:-1], rows.indptr[1:], strict=True)
    values = rows.values if len(rows.values) else np.ones(len(rows.codes), np.float32)
    return [list(zip(rows.codes[a:b].tolist(), values[a:b].tolist(), strict=True)) for a, b in bounds]


@given(ROWS.filter(len), st.data())
def test_take_returns_rows_in_any_order_and_an_empty_row_for_minus_one(rows, data):
    codes = data.draw(st.lists(st.integers(-1, len(rows) - 1)))
    taken = rows_of(rows).take(np.array(codes, dtype=np.int64))
    assert cells_of(taken) == [rows[code] if code >= 0 else [] for code in codes]


@given(ROWS, st.data())
def test_select_keeps_cells_in_their_rows(rows, data):
    made = rows_of(rows)
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(made.codes), max_size=len(made.codes))), dtype=bool)
    kept = iter(mask.tolist())
    assert cells_of(made.select(mask)) == [[cell for cell in row if next(kept)] for row in rows]


@given(ROWS)
def test_recoded_rows_lose_the_cells_without_a_new_code(rows):
    new = [2, -1, 0, -1]
    recoded = rows_of(rows).recoded(np.array(new, dtype=np.int32))
    assert cells_of(recoded) == [[(new[code], value) for code, value in row if new[code] >= 0] for row in rows]


@given(ROWS, st.data())
def test_joined_rows_hold_the_cells_of_both(rows, data):
    others = data.draw(st.lists(CELLS, min_size=len(rows), max_size=len(rows)))
    joined = rows_of(rows).joined(rows_of(others))
    expected = [[code for code, _ in [*row, *other]] for row, other in zip(rows, others, strict=True)]
    assert [[code for code, _ in row] for row in cells_of(joined)] == expected


@given(ROWS)
def test_sums_and_means_are_computed_for_each_row(rows):
    made = rows_of(rows)
    np.testing.assert_allclose(made.sums(made.values), [sum(value for _, value in row) for row in rows], atol=1e-3)
    expected = [sum(value for _, value in row) / len(row) if row else 9.0 for row in rows]
    np.testing.assert_allclose(made.means(9.0), expected, atol=1e-3)


@given(ROWS)
def test_sums_of_lengths_add_the_lengths_of_the_rows_that_cells_refer_to(rows):
    lengths = np.array([3, 0, 5, 1])
    assert rows_of(rows).sums_of_lengths(lengths).tolist() == [sum(int(lengths[c]) for c, _ in row) for row in rows]


@given(ROWS)
def test_times_stay_with_their_cells(rows):
    made = rows_of(rows, np.arange(sum(map(len, rows))))
    order = np.arange(len(rows))[::-1]
    taken = made.take(order)
    assert [int(time) for time in taken.times] == [
        time for row in order for time in range(made.indptr[row], made.indptr[row + 1])
    ]
    assert made.select(made.codes == 0).times.tolist() == np.flatnonzero(made.codes == 0).tolist()


def test_arrays_of_rows_are_read_only_and_have_the_dtypes_of_kernels():
    made = Rows.from_arrays([0, 1], [2], [3])
    assert [array.dtype for array in made.arrays] == [np.int64, np.int32, np.float32]
    assert not any(array.flags.writeable for array in made.arrays)
    assert made.row_codes.tolist() == [0]
    assert Rows.empty(2).lengths.tolist() == [0, 0]
    assert Rows.from_row_codes(np.array([0, 2]), np.array([5, 6]), 3).indptr.tolist() == [0, 1, 1, 2]


@given(ROWS, st.data())
def test_spans_hold_the_cells_between_their_bounds(rows, data):
    indptr, codes, values = compressed(rows)
    bound = st.integers(0, len(codes))
    spans = data.draw(st.lists(st.tuples(bound, bound).map(sorted), max_size=5))
    starts, stops = (np.array(bounds, dtype=np.int64) for bounds in (zip(*spans, strict=True) if spans else ([], [])))
    actual = Rows(indptr, codes, values).spans(starts, stops)
    pieces = [list(zip(codes[start:stop], values[start:stop], strict=True)) for start, stop in spans]
    for array, expected in zip(actual.arrays, compressed(pieces), strict=True):
        np.testing.assert_array_equal(array, expected)
