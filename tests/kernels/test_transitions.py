import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from recokit.data.rows import Rows, bounds_from_lengths, read_only
from recokit.kernels.rows import order_by
from recokit.kernels.transitions import smoothed_rows, transition_rows
from tests.naive import sequence as naive

N_ITEMS = 6
SEQUENCES = st.lists(st.lists(st.integers(0, N_ITEMS - 1), max_size=8), min_size=1, max_size=6)


def dense(codes, values):
    result = np.zeros((len(codes), N_ITEMS))
    for row, (of_row, weights) in enumerate(zip(codes, values, strict=True)):
        result[row, of_row[of_row >= 0]] = weights[of_row >= 0]
    return result


def counted(sequences, gap_weights, scales, times=None, n_neighbors=N_ITEMS):
    rows = Rows.from_arrays(
        bounds_from_lengths([len(one) for one in sequences]), [code for one in sequences for code in one], ()
    )
    item_indptr = read_only(bounds_from_lengths(np.bincount(rows.codes, minlength=N_ITEMS)))
    positions = read_only(order_by(rows.codes, item_indptr, np.arange(len(rows.codes))))
    window = max(gap_weights, default=1)
    gaps = np.array([gap_weights.get(gap, 0.0) for gap in range(-window, window + 1)])
    flat = np.array([] if times is None else [time for one in times for time in one], dtype=np.float64)
    places = np.arange(len(rows.codes))
    before = np.minimum(places - np.repeat(rows.indptr[:-1], rows.lengths), window)[positions]
    after = np.minimum(np.repeat(rows.indptr[1:], rows.lengths) - 1 - places, window)[positions]
    arrays = (read_only(before.astype(np.int32)), read_only(after.astype(np.int32)), rows.codes)
    scales = np.asarray(scales)
    event_scales = read_only(scales.astype(np.float32)[rows.codes])
    codes = np.empty((N_ITEMS, n_neighbors), np.int32)
    values = np.empty((N_ITEMS, n_neighbors), np.float32)
    args = (0, item_indptr, positions, *arrays, read_only(gaps), read_only(flat), read_only(scales), event_scales)
    for start, stop in ((0, 2), (2, N_ITEMS)):  # ranges of rows do not depend on each other
        transition_rows(start, stop, *args, codes, values)
    return codes, values


@given(SEQUENCES, st.integers(1, 4), st.sampled_from([0.0, 0.5, 1.0]), st.booleans())
def test_weights_equal_a_count_of_all_pairs(sequences, window, backward, timed):
    gaps = {gap: gap**-0.5 for gap in range(1, window + 1)} | {
        -gap: backward * gap**-0.5 for gap in range(1, window + 1)
    }
    scales = np.linspace(0.5, 2, N_ITEMS)
    times = [[0.7 * place for place in range(len(one))] for one in sequences] if timed else None
    expected = naive.transitions(sequences, N_ITEMS, gaps, scales, times)
    assert_allclose(dense(*counted(sequences, gaps, scales, times)), expected, rtol=1e-6)


def test_the_largest_weights_are_kept_best_first_and_ties_go_to_the_lower_code():
    codes, values = counted([[0, 5], [0, 3], [0, 3], [0, 4]], {1: 1.0}, np.ones(N_ITEMS), n_neighbors=2)
    assert codes[0].tolist() == [3, 4]
    assert values[0].tolist() == [2.0, 1.0]
    assert codes[1].tolist() == [-1, -1]
    assert values[1].tolist() == [0.0, 0.0]


@given(SEQUENCES, st.integers(1, 3))
def test_short_lists_are_the_first_entries_of_long_lists(sequences, n_neighbors):
    scales = np.linspace(0.5, 2, N_ITEMS)
    (codes, values), long = (
        counted(sequences, {1: 1.0, -1: 0.5}, scales, n_neighbors=n) for n in (n_neighbors, N_ITEMS)
    )
    assert np.array_equal(codes, long[0][:, :n_neighbors])
    assert np.array_equal(values, long[1][:, :n_neighbors])


def smooth(weights, shares, max_steps):
    indptr, codes, values = [0], [], []
    for row in weights:
        order = [code for code in np.argsort(-row, kind="stable") if row[code] > 0]
        codes, values = [*codes, *order], [*values, *row[order]]
        indptr.append(len(codes))
    rows = Rows.from_arrays(indptr, codes, values)
    totals = np.repeat([row.sum() for row in weights], rows.lengths)
    steps = read_only((rows.values / totals).astype(np.float32))
    found = np.empty((N_ITEMS, N_ITEMS), np.int32), np.empty((N_ITEMS, N_ITEMS), np.float32)
    smoothed_rows(0, N_ITEMS, 0, *rows.arrays, steps, max_steps, read_only(np.asarray(shares, float)), *found)
    return dense(*found)


@given(st.integers(0, 2**31))
def test_two_step_transitions_equal_the_product_of_matrices(seed):
    rng = np.random.default_rng(seed)
    weights = rng.random((N_ITEMS, N_ITEMS)) * rng.integers(0, 2, (N_ITEMS, N_ITEMS))
    shares = rng.random(N_ITEMS)
    assert_allclose(smooth(weights, shares, N_ITEMS), naive.smoothed(weights, shares), rtol=1e-5, atol=1e-7)


def test_two_step_transitions_use_the_first_steps_of_each_row():
    weights = np.zeros((N_ITEMS, N_ITEMS))
    weights[0, [1, 2]] = 3.0, 1.0
    weights[1, 3], weights[2, 4] = 1.0, 1.0
    assert smooth(weights, np.ones(N_ITEMS), 1)[0].tolist() == [0.0, 3.0, 1.0, 3.0, 0.0, 0.0]
    assert smooth(weights, np.ones(N_ITEMS), 2)[0].tolist() == [0.0, 3.0, 1.0, 3.0, 1.0, 0.0]


def test_no_smoothing_changes_nothing():
    weights = np.eye(N_ITEMS) + np.eye(N_ITEMS, k=1)
    assert smooth(weights, np.zeros(N_ITEMS), N_ITEMS) == pytest.approx(weights)
