"""Sorting in place by a small kernel: Numba's own sort takes more than a second to compile."""

from typing import Any

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import AnyArray

__all__ = ["sort"]


@njit(nogil=True, cache=True)
def sort(values: AnyArray, size: np.int64 | int) -> None:
    """Sort the first ``size`` of some integers, ascending, by Shell's method with gaps that shrink by 5/11.

    As fast as quicksort up to a thousand numbers.
    """
    gap: Any = size
    while gap > 1:
        gap = max(1, (5 * gap - 1) // 11)
        for k in range(gap, size):
            value, place = values[k], k
            while place >= gap and values[place - gap] > value:
                values[place] = values[place - gap]
                place -= gap
            values[place] = value
