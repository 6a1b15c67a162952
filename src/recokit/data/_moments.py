"""Moments and lengths of time in the type of the timestamps."""

from datetime import UTC, date, datetime, timedelta
from numbers import Real
from typing import Any

import numpy as np

from recokit._typing import AnyArray
from recokit.data._columns import to_times
from recokit.exceptions import DataError

__all__ = ["nearest_cut", "to_length", "to_moment"]

_DAY = 86_400_000_000  # microseconds


def to_moment(value: Any, times: AnyArray, name: str) -> Any:
    """Return a moment in the type of the timestamps; moments with a time zone are converted to UTC.

    Raises
    ------
    DataError
        The moment is a number and the timestamps are dates, or the reverse; or it cannot be read.
    """
    dated = times.dtype.kind == "M"
    try:
        moment = _parsed(value) if dated and isinstance(value, str) else value
        array = to_times([moment], name) if isinstance(moment, date) else np.asarray(moment)
    except (TypeError, ValueError):
        array = np.asarray(None)
    array = array.reshape(()) if array.size == 1 else array
    fits = array.dtype.kind == "M" if dated else array.dtype.kind in "iuf"
    if array.ndim == 0 and fits and array == array:  # NaT and NaN are not equal to themselves
        return array[()]
    form = ", such as '2024-05-01' or '2024-05-01 18:30'" if dated else ", a number"
    raise DataError(f"{name}={value!r}: expected a moment in the type of the timestamps, {times.dtype}{form}")


def _parsed(text: str) -> Any:
    """Return a date or time written in ISO 8601; NumPy cannot read a time zone without a warning."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:  # NumPy also reads "2024-05"
        return np.datetime64(text)
    if moment.tzinfo is None:
        return np.datetime64(text)
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us")


def nearest_cut(times: AnyArray, test_size: float, owner: str) -> Any:
    """Return the moment, other than the first, whose share of later events is nearest to ``test_size``.

    Raises
    ------
    DataError
        All times are equal; the message begins with ``owner``.
    """
    moments, counts = np.unique(times, return_counts=True)
    if len(moments) < 2:
        raise DataError(f"{owner}: all interactions have the same timestamp")
    before = np.cumsum(counts)[:-1] / len(times)
    return moments[1 + np.argmin(np.abs(before - (1 - test_size)))]


def to_length(length: Any, times: AnyArray) -> Any:
    """Return a length of time in the unit of the timestamps; numbers are days if these are dates.

    Raises
    ------
    DataError
        The length is a timedelta and the timestamps are numbers.
    """
    if times.dtype.kind == "M":
        is_number = isinstance(length, Real) and not isinstance(length, np.timedelta64)
        return np.timedelta64(round(length * _DAY), "us") if is_number else np.timedelta64(length)
    if isinstance(length, timedelta | np.timedelta64):
        raise DataError(f"{length!r}: expected a number in the unit of the timestamps, which are {times.dtype}")
    return length
