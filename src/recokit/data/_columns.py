"""Check the columns of an event log and convert them to the types of `Interactions`."""

import warnings
from collections.abc import Iterable, Set
from datetime import UTC, date
from typing import Any

import numpy as np

from recokit._runtime.warnings import levels_inside
from recokit._typing import AnyArray, BoolArray, FloatArray
from recokit.data._frames import is_missing, plain, refuse_unordered
from recokit.exceptions import DataError, first_few

__all__ = [
    "check_lengths",
    "check_values",
    "join_times",
    "refuse",
    "to_numbers",
    "to_optional_numbers",
    "to_times",
    "to_values",
    "warn_of_no_scale",
    "warn_of_unused",
]

_USUAL_NAMES = ("rating", "value", "timestamp", "time")
_NUMBER_SIGNS = frozenset("0123456789.+-eE")
_EXACT_BITS = 53  # floats of 64 bits hold every integer up to 2^53
_WIDEST_SCALE = 100.0


def to_values(ratings: Any, name: str, places: str = "rows") -> FloatArray:
    """Return ratings as float32; refuse values that are not finite in float32. ``places`` names their positions."""
    wide = _as_numbers(ratings, name)
    with np.errstate(over="ignore"):
        values: FloatArray = wide.astype(np.float32)
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise DataError(
            f"{name}: {len(bad)} NaN or infinite value(s): {first_few(wide[bad])}, at {places} {first_few(bad)}"
        )
    return values


def _as_numbers(values: Any, name: str) -> AnyArray:
    """Return a column of numbers as float32 if it is float32, otherwise as float64, with NaN for missing values."""
    refuse_unordered(values, name)
    given = plain(values, name)
    try:
        array = given if isinstance(given, np.ndarray) else np.asarray(_with_nan(given))
        if array.dtype.kind == "O":
            array = np.asarray(_with_nan(array.ravel().tolist()), dtype=object).reshape(array.shape)
            text = [value for value in array.flat if isinstance(value, str | bytes)]
            if text:
                raise TypeError(_text_remedy(text[0]))
        elif array.dtype.kind not in "biuf":
            is_text = array.dtype.kind in "UST" and array.size > 0
            raise TypeError(_text_remedy(array.flat[0]) if is_text else f"got {array.dtype}")
        numbers = array if array.dtype == np.float32 else array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{name}: expected numbers ({error})") from None
    if numbers.ndim != 1:
        raise DataError(f"{name}: expected one dimension, got shape {numbers.shape}")
    return numbers


def _text_remedy(text: Any) -> str:
    """Return a description of text in place of a number, and how to convert the column."""
    text = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    remedy = "convert the column first, such as with pandas.to_numeric"
    if any(sign.isdigit() for sign in text) and not set(text.strip()) <= _NUMBER_SIGNS:
        remedy += ", after removing units, currency signs and separators of thousands"
    return f"got text, such as {text!r}; {remedy}"


def _with_nan(values: Any) -> list[Any]:
    """Return values as a list, with NaN in place of missing values."""
    return [float("nan") if is_missing(value) else value for value in values]


def to_times(timestamps: Any, name: str) -> AnyArray:
    """Return timestamps as int64, float64 or datetime64 in UTC; refuse missing times."""
    refuse_unordered(timestamps, name)
    given = plain(timestamps, name)
    times = given if isinstance(given, np.ndarray) else _times_of_list(list(given), name)
    if times.ndim != 1:
        raise DataError(f"{name}: expected one dimension, got shape {times.shape}")
    if times.dtype.kind == "O":
        times = _times_of_list(times.tolist(), name)
    if times.dtype.kind not in "iufM":
        raise DataError(f"{name}: expected numbers or datetime64, got {_described(times)}")
    if times.dtype.kind == "M":
        _refuse_missing(np.isnat(times), name)
        return _in_plain_unit(times)
    _refuse_missing(~np.isfinite(times), name)
    if times.dtype.kind == "f":
        _warn_of_rounded_times(times, name)
        return times.astype(np.float64)
    if times.dtype.kind == "u":
        rows = np.flatnonzero(times >= np.uint64(2**63))
        if len(rows):
            raise DataError(
                f"{name}: {len(rows)} time(s) above 2^63 - 1: {first_few(times[rows])}, at rows {first_few(rows)}; "
                "give the times in a larger unit, such as seconds"
            )
    return times.astype(np.int64)


def _in_plain_unit(times: AnyArray) -> AnyArray:
    """Return datetime64 in native byte order and a unit of constant length: years, months and weeks become days."""
    unit = np.datetime_data(times.dtype)[0]
    return times.astype(f"datetime64[{'D' if unit in 'YMW' else unit}]", copy=False)


def _described(times: AnyArray) -> str:
    """Return a column that has no times, for an error message."""
    wrong = times.tolist() if times.dtype.kind in "OSTU" else []
    first = next((time for time in wrong if not isinstance(time, int | float | date) or isinstance(time, bool)), None)
    if first is None and all(isinstance(time, int) for time in wrong):
        return (
            f"integers above 2^63 - 1, such as {max(wrong, key=abs)}; give the times in a larger unit, such as seconds"
        )
    if first is None:
        return f"values of several types, such as {first_few(wrong)}" if wrong else str(times.dtype)
    if isinstance(first, str | bytes):
        return f"text ({first!r}); convert it, such as with pandas.to_datetime"
    return f"{first!r} of type {type(first).__name__}; convert the column to integers, floats or datetime64"


def _warn_of_rounded_times(times: AnyArray, name: str) -> None:
    """Warn about floats too short for times, such as 32 bits for seconds since 1970."""
    bits = np.finfo(times.dtype).nmant + 1
    if bits < _EXACT_BITS and np.any(np.abs(times.astype(np.float64)) > 2.0**bits):
        warnings.warn(
            f"{name}: {times.dtype} holds whole numbers only up to 2^{bits}, so the times are rounded; read the column "
            "as int64 or float64",
            stacklevel=levels_inside(),
        )


def _times_of_list(times: list[Any], name: str) -> AnyArray:
    """Return Python objects as an array; dates and times become datetime64, aware ones in UTC."""
    array = np.asarray(times)
    if array.dtype.kind == "M":
        return _joined(times, name)
    if array.dtype.kind != "O":
        return array
    _refuse_missing(np.array([is_missing(time) for time in times], dtype=np.bool_), name)
    if not all(isinstance(time, date) for time in times):
        return array
    aware = [getattr(time, "tzinfo", None) is not None for time in times]
    if any(aware) and not all(aware):
        raise DataError(
            f"{name}: expected a time zone for all times or for none; {sum(aware)} of {len(aware)} have one"
        )
    return _joined([_naive(time) for time in times], name)


def _joined(times: list[Any], name: str) -> AnyArray:
    """Return datetime64 scalars as an array; refuse times that do not fit into the unit of the array."""
    array = np.array(times)
    wrong = [time for time, joined in zip(times, array, strict=True) if joined.astype(time.dtype) != time]
    wrong = [time for time in wrong if not np.isnat(time)]
    if wrong:
        raise DataError(
            f"{name}: {first_few(wrong)} do(es) not fit into {array.dtype}, the unit of the other times; convert all "
            "times to one unit, such as datetime64[us]"
        )
    return array


def _naive(time: Any) -> np.datetime64:
    """Return a date or time as datetime64, in UTC if it has a time zone, without loss of precision."""
    if getattr(time, "tzinfo", None) is not None:
        time = time.astimezone(UTC).replace(tzinfo=None)
    to_datetime64 = getattr(time, "to_datetime64", None)  # pandas times keep nanoseconds
    return np.datetime64(time, "us") if to_datetime64 is None else to_datetime64()


def join_times(first: AnyArray, second: AnyArray) -> AnyArray:
    """Join two arrays of timestamps.

    Raises
    ------
    DataError
        A timestamp cannot be represented in the unit of the joined array.
    """
    joined = to_times(np.concatenate([first, second]), "timestamps")
    for start, part in ((0, first), (len(first), second)):
        same = joined[start : start + len(part)].astype(part.dtype) == part
        if not np.all(same):
            raise DataError(
                f"timestamps: {first_few(part[~same])} of {part.dtype} cannot be joined with times of unit "
                f"{joined.dtype}; convert both to one unit, such as datetime64[us]"
            )
    return joined


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
    numbers: FloatArray = _as_numbers(values, name).astype(np.float64)
    refuse(numbers, ~np.isfinite(numbers), name, "finite numbers")
    return numbers


def to_optional_numbers(values: Any, name: str) -> FloatArray:
    """Return a column of numbers as float64, with NaN for missing values; text and infinite numbers are refused.

    Raises
    ------
    DataError
        The column is not one-dimensional, or a value is text or infinite.
    """
    numbers: FloatArray = _as_numbers(values, name).astype(np.float64)
    refuse(numbers, np.isinf(numbers), name, "finite numbers")
    return numbers


def refuse(numbers: FloatArray, bad: BoolArray, name: str, expected: str) -> None:
    """Raise a `DataError` that shows the bad numbers; do nothing if there are none."""
    rows = np.flatnonzero(bad)
    if len(rows):
        shown = f"{first_few(numbers[rows])}, at rows {first_few(rows)}"
        raise DataError(f"{name}: {len(rows)} value(s) not in {expected}: {shown}")


def warn_of_unused(names: Iterable[str], used: Set[str | None]) -> None:
    """Warn about columns of ratings or times that are in a frame but not named."""
    unused = [name for name in names if str(name).lower() in _USUAL_NAMES and name not in used]
    if unused:
        warnings.warn(
            f"the column(s) {first_few(unused)} are not used; pass them as rating= or timestamp=, or drop them",
            stacklevel=levels_inside(),
        )


def warn_of_no_scale(values: FloatArray, name: str) -> None:
    """Warn about ratings that look like quantities."""
    lowest, highest = float(values.min(initial=0)), float(values.max(initial=0))
    if highest - lowest > _WIDEST_SCALE:
        warnings.warn(
            f"{name}: values from {lowest:g} to {highest:g} do not look like ratings; pass feedback='implicit' for "
            "quantities, durations or counts, or feedback='explicit' if they are ratings",
            stacklevel=levels_inside(),
        )
