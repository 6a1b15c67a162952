import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recokit._runtime.threads import Runner
from recokit.kernels.resampling import flipped_means, mean_rows

VALUES = st.integers(-4, 4).map(float)


@pytest.mark.parametrize("n_threads", [1, 2])
@given(arrays(np.float64, (5, 2), elements=VALUES), arrays(np.int32, (3, 4), elements=st.integers(0, 4)))
def test_mean_rows_average_the_drawn_rows(n_threads, values, drawn):
    means = np.full((3, 2), np.nan)
    Runner(n_threads).rows(mean_rows, 3, (drawn, values, means), min_cost=0)
    np.testing.assert_array_equal(means, values[drawn].mean(axis=1))  # small integers: sums are exact


@pytest.mark.parametrize("n_threads", [1, 2])
@given(arrays(np.float64, (10, 2), elements=VALUES), arrays(np.bool_, (3, 10)))
def test_flipped_means_average_the_rows_with_flipped_signs(n_threads, values, flipped):
    means = np.full((3, 2), np.nan)
    args = np.packbits(flipped, axis=1, bitorder="little"), values, means
    Runner(n_threads).rows(flipped_means, 3, args, min_cost=0)
    np.testing.assert_array_equal(means, np.where(flipped[:, :, None], -values, values).sum(axis=1) / 10)


@pytest.mark.parametrize("kernel", [mean_rows, flipped_means])
def test_only_samples_in_the_range_are_written(kernel):
    samples = np.zeros((3, 1), dtype=np.int32 if kernel is mean_rows else np.uint8)
    means = np.full((3, 1), np.nan)
    kernel(1, 2, samples, np.ones((1, 1)), means)
    np.testing.assert_array_equal(means, [[np.nan], [1], [np.nan]])
