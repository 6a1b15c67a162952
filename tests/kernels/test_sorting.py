import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recokit.kernels.sorting import sort


@given(arrays(np.uint64, st.integers(0, 60)), st.data())
def test_the_first_numbers_are_sorted_and_the_others_are_left(values, data):
    size = data.draw(st.integers(0, len(values)))
    expected = sorted(values[:size].tolist()) + values[size:].tolist()
    sort(values, size)
    assert values.tolist() == expected


@pytest.mark.parametrize("size", [1_000, 20_000])
def test_long_arrays_with_many_equal_numbers_are_sorted(size):
    values = np.random.default_rng(0).integers(0, 300, size).astype(np.int32)
    expected = np.sort(values)
    sort(values, size)
    np.testing.assert_array_equal(values, expected)
