"""Columns of numbers, checked."""

from typing import Any

import numpy as np

from recokit._frames import plain
from recokit._typing import AnyArray, BoolArray, FloatArray
from recokit.exceptions import DataError, first_few

__all__ = ["refuse", "to_numbers"]


def to_numbers(values: Any, name: str) -> FloatArray:
    """Return a column of finite numbers as float64; text that spells a number is none.

    Raises
    ------
    DataError
        It has another shape, or something in it is no finite number.
    """
    given = plain(values, name)
    try:
        numbers: FloatArray = _numeric(given if isinstance(given, np.ndarray) else np.asarray(list(given)))
    except (TypeError, ValueError) as error:
        raise DataError(f"{name}: expected numbers ({error})") from None
    if numbers.ndim != 1:
        raise DataError(f"{name}: expected one dimension, got shape {numbers.shape}")
    refuse(numbers, ~np.isfinite(numbers), name, "finite numbers")
    return numbers


def _numeric(given: AnyArray) -> FloatArray:
    text = [value for value in given.flat if isinstance(value, str | bytes)] if given.dtype.kind == "O" else []
    if text:
        raise TypeError(f"got text, such as {text[0]!r}")
    if given.dtype.kind not in "biufO":
        raise TypeError(f"got {given.dtype}")
    return given.astype(np.float64)


def refuse(numbers: FloatArray, bad: BoolArray, name: str, expected: str) -> None:
    """Raise a `DataError` that names the bad numbers, if there are any."""
    rows = np.flatnonzero(bad)
    if len(rows):
        shown = f"{first_few(numbers[rows])}, at rows {first_few(rows)}"
        raise DataError(f"{name}: {len(rows)} value(s) not in {expected}: {shown}")
