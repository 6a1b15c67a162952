import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_array_equal

from recokit.kernels import neighbor_updates as kernel
from tests.naive import similarity as naive

SIMILARITIES = st.sampled_from([0.0, 0.0, 0.25, 0.5, 0.5, 1.0, 1 / 3])


def lists_of(similarities, k):
    """Return the codes, scores and counts of the k nearest rows of each row."""
    n = len(similarities)
    codes, scores, counts = np.full((n, k), -1, np.int32), np.zeros((n, k), np.float32), np.zeros(n, np.int32)
    for row, values in enumerate(similarities):
        best, best_scores = naive.nearest(values, k, own=row)
        counts[row] = len(best)
        codes[row, : len(best)], scores[row, : len(best)] = best, best_scores
    return codes, scores, counts


def update(before, after, changed, k, start=0, stop=None):
    """Return the updated lists and the unsure flags; ``before`` and ``after`` hold all similarities."""
    n = len(before)
    lists = lists_of(before, k)
    keys, sizes = np.empty((n, k), np.uint64), np.zeros(n, np.int32)
    found = np.full((n, k), 9, np.int32), np.full((n, k), 9, np.float32), np.full(n, 9, np.int32)
    unsure = np.ones(n, np.bool_)
    rows = start, n if stop is None else stop
    kernel.keep_unchanged(*rows, *lists, changed, keys, sizes)
    codes = np.flatnonzero(changed).astype(np.int32)
    offered = after.T[codes].copy()
    offered[np.arange(len(codes)), codes] = 0  # no row is its own neighbour
    for part in np.array_split(np.arange(len(codes)), 2):
        kernel.offer_changed(*rows, codes[part], offered[part], keys, sizes)
    complete = lists[2] < k
    kernel.finish_lists(*rows, *lists, complete, keys, sizes, *found, unsure)
    return found, unsure


@given(data=st.data(), n=st.integers(1, 7), k=st.integers(1, 4))
def test_sure_lists_equal_lists_recomputed_from_all_similarities(data, n, k):
    before, after = (data.draw(arrays(np.float32, (n, n), elements=SIMILARITIES)) for _ in range(2))
    changed = data.draw(arrays(np.bool_, n))
    unchanged = ~changed[:, None] & ~changed
    after[unchanged] = before[unchanged]
    found, unsure = update(before, after, changed, k)
    sure = ~unsure & ~changed
    for updated, wanted in zip(found, lists_of(after, k), strict=True):
        assert_array_equal(updated[sure], wanted[sure])


def test_a_list_is_unsure_if_a_neighbour_falls_below_the_previous_last_neighbour():
    before = np.array([[0, 0.5, 0.4, 0.3], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], dtype=np.float32)
    changed = np.array([False, True, False, False])
    for now, expected in ((0.45, False), (0.4, False), (0.35, True), (0.0, True)):
        after = before.copy()
        after[0, 1] = now
        assert update(before, after, changed, 2)[1][0] == expected
    assert not update(before, np.zeros((4, 4), np.float32), np.ones(4, np.bool_), 4)[1][0]


def test_only_rows_in_the_range_are_written():
    similarities = np.full((4, 4), 0.5, dtype=np.float32)
    (codes, scores, counts), unsure = update(similarities, similarities, np.array([True, False, False, False]), 2, 1, 3)
    assert_array_equal(codes, [[9, 9], [0, 2], [0, 1], [9, 9]])
    assert_array_equal(scores[[0, 3]], 9)
    assert_array_equal(counts, [9, 2, 2, 9])
    assert_array_equal(unsure, [True, False, False, True])
