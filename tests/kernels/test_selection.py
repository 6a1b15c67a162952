import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit.kernels.selection import hide_cells, keep_cells, select_listed, select_shown, select_top
from tests.naive import selection as naive

N_COLUMNS = 7
SCORE = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, -math.inf, math.inf]), st.floats(width=32, allow_nan=False)
)  # many ties, extreme values
ROWS = st.lists(st.lists(SCORE, min_size=N_COLUMNS, max_size=N_COLUMNS), min_size=1, max_size=5)
COLUMN_SETS = st.lists(st.sets(st.integers(0, N_COLUMNS - 1)), min_size=5, max_size=5)


def top(scores, n, start=0, stop=None):
    n_rows = len(scores)
    codes, kept = np.full((n_rows, n), -9, np.int32), np.full((n_rows, n), -9, np.float32)
    counts = np.full(n_rows, -9, np.int32)
    select_top(start, n_rows if stop is None else stop, scores, codes, kept, counts)
    return codes, kept, counts


def compressed(sets):
    indptr = np.cumsum([0, *map(len, sets)]).astype(np.int64)
    return indptr, np.array([column for one in sets for column in sorted(one)], dtype=np.int32)


@given(ROWS, st.integers(1, N_COLUMNS))
def test_the_best_are_those_of_a_full_sort(rows, n):
    codes, scores, counts = top(np.array(rows, dtype=np.float32), n)
    for row, given_scores in enumerate(rows):
        expected = naive.best(given_scores, n)
        assert counts[row] == len(expected)
        found = list(zip(codes[row, : counts[row]].tolist(), scores[row, : counts[row]].tolist(), strict=True))
        assert found == expected
        assert np.all(codes[row, counts[row] :] == -1)
        assert np.all(np.isnan(scores[row, counts[row] :]))


@pytest.mark.parametrize("n", [1, 2, 3, 10, 60, 199, 200])
def test_long_rows_with_many_ties_are_sorted_by_score_then_column(n):
    scores = np.random.default_rng(n).integers(0, 12, (3, 200)).astype(np.float32)
    codes, _, counts = top(scores, n)
    assert counts.tolist() == [n] * 3
    np.testing.assert_array_equal(codes, np.argsort(-scores, axis=1, kind="stable")[:, :n])


def test_only_the_rows_asked_for_are_written():
    scores = np.arange(12, dtype=np.float32).reshape(4, 3)
    codes, kept, counts = top(scores, 2, start=1, stop=3)
    for array in (codes, kept, counts):
        assert np.all(array[[0, 3]] == -9)
    assert codes[1:3].tolist() == [[2, 1], [2, 1]]


@given(ROWS, COLUMN_SETS)
def test_hidden_cells_become_minus_infinity_and_no_others(rows, sets):
    scores = np.array(rows, dtype=np.float32)
    hide_cells(0, len(rows), *compressed(sets), scores)
    expected = [naive.hidden(row, columns) for row, columns in zip(rows, sets, strict=False)]
    np.testing.assert_array_equal(scores, np.array(expected, dtype=np.float32))


@given(ROWS, COLUMN_SETS, st.lists(st.booleans(), min_size=5, max_size=5))
def test_only_listed_cells_stay_in_restricted_rows(rows, sets, restricted):
    scores = np.array(rows, dtype=np.float32)
    keep_cells(0, len(rows), *compressed(sets), np.array(restricted), scores)
    expected = [
        naive.kept(row, columns) if strict else row
        for row, columns, strict in zip(rows, sets, restricted, strict=False)
    ]
    np.testing.assert_array_equal(scores, np.array(expected, dtype=np.float32))


@given(ROWS, COLUMN_SETS, st.integers(1, N_COLUMNS), st.integers(0, 4), st.booleans())
def test_the_best_of_a_block_are_those_of_a_full_sort_without_what_is_hidden(rows, sets, n, first, has_bias):
    first = min(first, len(rows) - 1)
    bias = np.linspace(0, 3, N_COLUMNS, dtype=np.float32) if has_bias else np.empty(0, dtype=np.float32)
    scores = np.array(rows[first:], dtype=np.float32)
    with np.errstate(over="ignore"):
        biased = (scores + (bias if has_bias else 0)).tolist()
    codes, kept = np.full((len(rows), n), -9, np.int32), np.full((len(rows), n), -9, np.float32)
    counts = np.full(len(rows), -9, np.int32)
    select_shown(scores, bias, first, *compressed(sets), codes, kept, counts)
    assert np.all(counts[:first] == -9)
    for row, (line, columns) in enumerate(zip(biased, sets[first:], strict=False), start=first):
        expected = naive.best(naive.hidden(line, columns), n)
        assert counts[row] == len(expected)
        found = list(zip(codes[row, : counts[row]].tolist(), kept[row, : counts[row]].tolist(), strict=True))
        assert found == expected
        assert np.all(codes[row, counts[row] :] == -1)
        assert np.all(np.isnan(kept[row, counts[row] :]))


@given(ROWS, COLUMN_SETS, st.integers(1, N_COLUMNS))
def test_the_best_of_compressed_rows_are_those_of_rows_of_which_only_these_cells_are_kept(rows, sets, n):
    indptr, columns = compressed(sets[: len(rows)])
    cells = np.array(rows, dtype=np.float32)[np.repeat(np.arange(len(rows)), np.diff(indptr)), columns]
    codes, kept = np.full((len(rows), n), -9, np.int32), np.full((len(rows), n), -9, np.float32)
    counts = np.full(len(rows), -9, np.int32)
    select_listed(0, len(rows), indptr, columns, cells, codes, kept, counts)
    for row, (line, listed) in enumerate(zip(rows, sets, strict=False)):
        expected = naive.best(naive.kept(line, listed), n)
        assert counts[row] == len(expected)
        found = list(zip(codes[row, : counts[row]].tolist(), kept[row, : counts[row]].tolist(), strict=True))
        assert found == expected
        assert np.all(codes[row, counts[row] :] == -1)


def test_hiding_and_keeping_leave_other_rows_alone():
    indptr, columns = compressed([{0}, {1}, {2}])
    for change in (
        lambda scores: hide_cells(1, 2, indptr, columns, scores),
        lambda scores: keep_cells(1, 2, indptr, columns, np.ones(3, dtype=np.bool_), scores),
    ):
        scores = np.ones((3, 3), dtype=np.float32)
        change(scores)
        assert np.all(scores[[0, 2]] == 1)
        assert np.any(scores[1] == -np.inf)
