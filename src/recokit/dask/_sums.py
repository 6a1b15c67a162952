"""Sums over arrays in parts, with the bits that NumPy gives for the whole array.

NumPy sums a contiguous float64 array pairwise: it divides the array in halves, rounded to multiples of 8, down to at
most 128 numbers. A sum of float32 numbers in float64 adds buffers of 8,192 numbers, each summed pairwise. Both orders
depend only on positions, so the parts of an array can be summed where they are, except for the few numbers in
stretches that cross the border of two parts.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from recokit._typing import FloatArray

__all__ = ["Stretches", "buffered_stretches", "pairwise_stretches", "sum_of_buffered", "sum_of_pairwise"]

_LEAF, _STEP, _BUFFER = 128, 8, 8192

# The sum of a stretch that a part holds completely, or the numbers that a part holds of a stretch, by first position.
Stretches = dict[tuple[int, int], FloatArray]


def pairwise_stretches(values: FloatArray, first: int, n: int) -> Stretches:
    """Return the sums of the largest stretches within a part of a float64 array.

    Parameters
    ----------
    values : (m,) float64 array
        The part.
    first : int
        Position of the part in the array.
    n : int
        Length of the array.
    """
    stretches: Stretches = {}
    _visit(values, first, (0, n), stretches)
    return stretches


def _visit(values: FloatArray, first: int, bounds: tuple[int, int], stretches: Stretches) -> None:
    start, stop = bounds
    low, high = max(start, first), min(stop, first + len(values))
    if low >= high:
        return
    own = values[low - first : high - first]
    if (low, high) == bounds:
        stretches[bounds] = np.array([np.add.reduce(own)])
    elif stop - start <= _LEAF:
        stretches[bounds] = own
    else:
        for half in _halves(start, stop):
            _visit(values, first, half, stretches)


def _halves(start: int, stop: int) -> tuple[tuple[int, int], tuple[int, int]]:
    middle = (stop - start) // 2
    middle += start - middle % _STEP
    return (start, middle), (middle, stop)


def sum_of_pairwise(parts: Sequence[Stretches], n: int) -> float:
    """Return the sum of an array of length ``n`` from the stretches of its parts in order.

    Examples
    --------
    >>> values = np.random.default_rng(0).gamma(1.0, 1.0, 100_000)
    >>> parts = [pairwise_stretches(each, first, 100_000) for each, first in
    ...          ((values[:777], 0), (values[777:], 777))]
    >>> bool(sum_of_pairwise(parts, 100_000) == values.sum())
    True
    """
    found = _joined(parts)

    def total(start: int, stop: int) -> float:
        if (start, stop) in found:
            return float(np.add.reduce(found[start, stop]))
        left, right = _halves(start, stop)
        return total(*left) + total(*right)

    return total(0, n) if n else 0.0


def buffered_stretches(values: FloatArray, first: int, n: int) -> Stretches:
    """Return the sums of the buffers within a part of a float32 array, as `pairwise_stretches` does."""
    last = first + len(values)
    cuts = [first, *range(first - first % _BUFFER + _BUFFER, last, _BUFFER), last]
    stretches: Stretches = {}
    for low, high in pairwise(cuts):
        start = low - low % _BUFFER
        bounds = start, min(start + _BUFFER, n)
        own = values[low - first : high - first].astype(np.float64)
        stretches[bounds] = np.array([np.add.reduce(own)]) if (low, high) == bounds else own
    return stretches


def sum_of_buffered(parts: Sequence[Stretches]) -> float:
    """Return the sum of a float32 array in float64 from the stretches of its parts in order.

    Examples
    --------
    >>> values = np.random.default_rng(0).gamma(1.0, 1.0, 100_000).astype(np.float32)
    >>> parts = [buffered_stretches(each, first, 100_000) for each, first in
    ...          ((values[:777], 0), (values[777:], 777))]
    >>> bool(sum_of_buffered(parts) == values.sum(dtype=np.float64))
    True
    """
    total = 0.0
    for numbers in _joined(parts).values():
        total += float(np.add.reduce(numbers))
    return total


def _joined(parts: Sequence[Stretches]) -> Stretches:
    """Return the stretches of all parts in order of position; shared stretches are put together."""
    pieces: dict[tuple[int, int], list[FloatArray]] = {}
    for part in parts:
        for bounds, numbers in part.items():
            pieces.setdefault(bounds, []).append(numbers)
    return {bounds: each[0] if len(each) == 1 else np.concatenate(each) for bounds, each in pieces.items()}
