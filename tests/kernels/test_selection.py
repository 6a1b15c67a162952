import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit.kernels.selection import hide_cells, keep_cells, select_listed, select_top
from tests.naive import selection as naive

N_COLUMNS = 7
SCORE = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, -math.inf, math.inf]), st.floats(width=32, allow_nan=False)
)  # many ties, extreme values
ROWS = st.lists(st.lists(SCORE, min_size=N_COLUMNS, max_size=N_COLUMNS), min_size=1, max_size=5)
COLUMN_SETS = st.lists(st.sets(st.integers(0, N_COLUMNS - 1)), min_size=5, max_size=5)


def top(scores, n, start=0, stop=None):
    n_rows = len(scores)
    codes, top_scores = np.full((n_rows, n), -9, np.int32), np.full((n_rows, n), -9, np.float32)
    counts = np.full(n_rows, -9, np.int32)
    select_top(start, n_rows if stop is None else stop, scores, codes, top_scores, counts)
    return codes, top_scores, counts


def compressed(sets):
    indptr = np.cumsum([0, *map(len, sets)]).astype(np.int64)
    return indptr, np.array([column for one in sets for column in sorted(one)], dtype=np.int32)


@given(ROWS, st.integers(1, N_COLUMNS))
def test_select_top_equals_a_full_sort(rows, n):
    codes, scores, counts = top(np.array(rows, dtype=np.float32), n)
    for row, given_scores in enumerate(rows):
        expected = naive.best(given_scores, n)
        assert counts[row] == len(expected)
        found = list(zip(codes[row, : counts[row]].tolist(), scores[row, : counts[row]].tolist(), strict=True))
        assert found == expected
        assert np.all(codes[row, counts[row] :] == -1)
        assert np.all(np.isnan(scores[row, counts[row] :]))


@pytest.mark.parametrize("n", [1, 2, 3, 10, 60, 199, 200])
def test_select_top_sorts_long_rows_with_many_ties_by_score_then_column(n):
    scores = np.random.default_rng(n).integers(0, 12, (3, 200)).astype(np.float32)
    codes, _, counts = top(scores, n)
    assert counts.tolist() == [n] * 3
    np.testing.assert_array_equal(codes, np.argsort(-scores, axis=1, kind="stable")[:, :n])


def test_only_rows_in_the_range_are_written():
    scores = np.arange(12, dtype=np.float32).reshape(4, 3)
    codes, top_scores, counts = top(scores, 2, start=1, stop=3)
    for array in (codes, top_scores, counts):
        assert np.all(array[[0, 3]] == -9)
    assert codes[1:3].tolist() == [[2, 1], [2, 1]]


@given(ROWS, COLUMN_SETS)
def test_only_excluded_cells_become_minus_infinity(rows, sets):
    scores = np.array(rows, dtype=np.float32)
    hide_cells(0, len(rows), *compressed(sets), scores)
    expected = [naive.without(row, columns) for row, columns in zip(rows, sets, strict=False)]
    np.testing.assert_array_equal(scores, np.array(expected, dtype=np.float32))


@given(ROWS, COLUMN_SETS, st.lists(st.booleans(), min_size=5, max_size=5))
def test_only_candidates_keep_their_scores_in_restricted_rows(rows, sets, restricted):
    scores = np.array(rows, dtype=np.float32)
    keep_cells(0, len(rows), *compressed(sets), np.array(restricted), scores)
    expected = [
        naive.only(row, columns) if strict else row
        for row, columns, strict in zip(rows, sets, restricted, strict=False)
    ]
    np.testing.assert_array_equal(scores, np.array(expected, dtype=np.float32))


@given(ROWS, COLUMN_SETS, st.integers(1, N_COLUMNS))
def test_select_listed_equals_a_full_sort_of_the_candidates(rows, sets, n):
    indptr, columns = compressed(sets[: len(rows)])
    cells = np.array(rows, dtype=np.float32)[np.repeat(np.arange(len(rows)), np.diff(indptr)), columns]
    codes, top_scores = np.full((len(rows), n), -9, np.int32), np.full((len(rows), n), -9, np.float32)
    counts = np.full(len(rows), -9, np.int32)
    select_listed(0, len(rows), indptr, columns, cells, codes, top_scores, counts)
    for row, (line, listed) in enumerate(zip(rows, sets, strict=False)):
        expected = naive.best(naive.only(line, listed), n)
        assert counts[row] == len(expected)
        found = list(zip(codes[row, : counts[row]].tolist(), top_scores[row, : counts[row]].tolist(), strict=True))
        assert found == expected
        assert np.all(codes[row, counts[row] :] == -1)


def test_masking_leaves_rows_outside_the_range_unchanged():
    indptr, columns = compressed([{0}, {1}, {2}])
    for change in (
        lambda scores: hide_cells(1, 2, indptr, columns, scores),
        lambda scores: keep_cells(1, 2, indptr, columns, np.ones(3, dtype=np.bool_), scores),
    ):
        scores = np.ones((3, 3), dtype=np.float32)
        change(scores)
        assert np.all(scores[[0, 2]] == 1)
        assert np.any(scores[1] == -np.inf)
