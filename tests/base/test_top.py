import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recokit._runtime.threads import Runner
from recokit.base import Top

LISTS = st.lists(st.lists(st.integers(0, 4), unique=True, max_size=3), min_size=5, max_size=5)


def top_of(lists, n=3):
    top = Top.padding(len(lists), n)
    for row, codes in enumerate(lists):
        top.codes[row, : len(codes)] = codes
        top.scores[row, : len(codes)] = [row + 0.5 * code for code in codes]
        top.counts[row] = len(codes)
    return top


@given(LISTS)
def test_rows_of_lists_omit_the_padding(lists):
    rows = top_of(lists).as_rows()
    assert [rows.codes[a:b].tolist() for a, b in zip(rows.indptr[:-1], rows.indptr[1:], strict=True)] == lists
    assert rows.values.tolist() == [row + 0.5 * code for row, codes in enumerate(lists) for code in codes]


@given(LISTS)
def test_transposed_lists_hold_the_rows_that_list_each_code(lists):
    rows = top_of(lists).transposed(Runner())
    listed = [rows.codes[a:b].tolist() for a, b in zip(rows.indptr[:-1], rows.indptr[1:], strict=True)]
    assert listed == [[row for row, codes in enumerate(lists) if code in codes] for code in range(5)]


def test_rows_can_be_taken_and_put_elsewhere():
    top = top_of([[1], [2, 3], [], [4], []])
    other = Top.padding(5, 3)
    other.put(np.array([3, 1]), top.take(np.array([1, 3])))
    assert other.codes[3, :2].tolist() == [2, 3]
    assert other.counts.tolist() == [0, 1, 0, 2, 0]


def test_dropped_cells_become_padding():
    top = top_of([[3, 2, 1], [4]])
    top.drop(~(top.scores > 1.2))
    assert top.counts.tolist() == [1, 1]
    assert top.codes.tolist() == [[3, -1, -1], [4, -1, -1]]


def test_lists_of_no_users_keep_their_width():
    assert [part.shape for part in Top.empty(0, 4)] == [(0, 4), (0, 4), (0,)]
