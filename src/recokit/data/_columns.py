"""Check the columns of an event log and convert them to the types of `Interactions`."""

from datetime import date
from typing import Any

import numpy as np

from recokit._typing import AnyArray, BoolArray, FloatArray
from recokit.data._frames import is_missing, plain
from recokit.exceptions import DataError, first_few

__all__ = ["check_lengths", "check_values", "refuse", "to_numbers", "to_times", "to_values"]


def to_values(ratings: Any, name: str, places: str = "rows") -> FloatArray:
    """Return ratings as float32; refuse values that are not finite in float32. ``places`` names their positions."""
    given = plain(ratings, name)
    try:
        wide = given if isinstance(given, np.ndarray) else np.asarray(list(given))
        if wide.dtype.kind not in "biufO":
            raise TypeError(f"got {wide.dtype}")
        wide = wide if wide.dtype == np.float32 else wide.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name}: expected numbers ({error})") from None
    if wide.ndim != 1:
        raise DataError(f"{name}: expected one dimension, got shape {wide.shape}")
    with np.errstate(over="ignore"):
        values: FloatArray = wide.astype(np.float32)
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise DataError(
            f"{name}: {len(bad)} NaN or infinite value(s): {first_few(wide[bad])}, at {places} {first_few(bad)}"
        )
    return values


def to_times(timestamps: Any, name: str) -> AnyArray:
    """Return timestamps as int64, float64 or datetime64; refuse missing ones."""
    given = plain(timestamps, name)
    times = given if isinstance(given, np.ndarray) else np.asarray(list(given))
    if times.ndim != 1:
        raise DataError(f"{name}: expected one dimension, got shape {times.shape}")
    if times.dtype.kind == "O":
        _refuse_missing(np.array([is_missing(time) for time in times], dtype=np.bool_), name)
        if all(isinstance(time, date) for time in times):
            times = times.astype("datetime64[us]")
    if times.dtype.kind not in "iufM":
        raise DataError(f"{name}: expected numbers or datetime64, got {times.dtype}")
    if times.dtype.kind == "M":
        _refuse_missing(np.isnat(times), name)
        return times
    _refuse_missing(~np.isfinite(times), name)
    whole = times.dtype.kind == "i" or (times.dtype.kind == "u" and times.max(initial=0) < 2**63)
    return times.astype(np.int64 if whole else np.float64)


def _refuse_missing(missing: BoolArray, name: str) -> None:
    rows = np.flatnonzero(missing)
    if len(rows):
        raise DataError(f"{name}: {len(rows)} missing time(s), at rows {first_few(rows)}")


def check_lengths(columns: dict[str, AnyArray | None]) -> None:
    """Refuse columns that are empty or differ in length."""
    lengths = {name: len(values) for name, values in columns.items() if values is not None}
    if len(set(lengths.values())) > 1:
        raise DataError("lengths differ: " + ", ".join(f"{name} {length}" for name, length in lengths.items()))
    if not any(lengths.values()):
        raise DataError("no interactions: the columns are empty")


def check_values(values: FloatArray, feedback: str, name: str) -> None:
    """Refuse negative strengths of implicit feedback."""
    if feedback not in ("explicit", "implicit"):
        raise ValueError(f"feedback={feedback!r}: expected 'explicit' or 'implicit'")
    negative = np.flatnonzero(values < 0) if feedback == "implicit" else ()
    if len(negative):
        shown = f"{first_few(values[negative])}, at rows {first_few(negative)}"
        raise DataError(f"{name}: {len(negative)} negative strength(s) of implicit feedback: {shown}")


def to_numbers(values: Any, name: str) -> FloatArray:
    """Return a column of finite numbers as float64; text is refused, even if it spells a number.

    Raises
    ------
    DataError
        The column is not one-dimensional, or a value is not a finite number.
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
    """Raise a `DataError` that shows the bad numbers, if any."""
    rows = np.flatnonzero(bad)
    if len(rows):
        shown = f"{first_few(numbers[rows])}, at rows {first_few(rows)}"
        raise DataError(f"{name}: {len(rows)} value(s) not in {expected}: {shown}")
