import numpy as np
from numba import njit

from recokit.kernels.prefetch import prefetch


@njit
def _sum(values):
    total = 0.0
    for t in range(len(values)):
        prefetch(values, t + 1_000)
        total += values[t]
    return total


def test_prefetching_beyond_the_end_does_not_change_results():
    for dtype in (np.uint16, np.uint32, np.float32, np.float64):
        assert _sum(np.arange(50, dtype=dtype)) == 1225
