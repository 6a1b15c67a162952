"""Read a column of times: dates and times, text in ISO 8601, or numbers with a unit."""

import re
import warnings
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Literal, NamedTuple, get_args

import narwhals as nw
import numpy as np

from recokit._runtime.warnings import levels_inside
from recokit._typing import AnyArray, FloatArray
from recokit.data._columns import to_optional_numbers
from recokit.data._frames import plain
from recokit.exceptions import DataError, first_few
from recokit.preprocessing._distinct import distinct_values

__all__ = ["ReadTimes", "TimeUnit", "join_times", "missing_times", "read_times"]

TimeUnit = Literal["s", "ms", "us", "ns", "step"]

_UNITS = get_args(TimeUnit)
_MICROSECONDS = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}
_EARLIEST, _LATEST = np.datetime64("1990-01-01"), np.datetime64("2100-01-01")  # limits of plausible event times
_NUMBERS = int | float | np.integer | np.floating
_DAY_OR_MONTH = re.compile(r"\s*(\d{1,2})([./-])(\d{1,2})\2\d{4}\b")
_MONTH = re.compile(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])")
_COMPACT_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_NAT = np.datetime64("NaT", "us")


class ReadTimes(NamedTuple):
    """Times of a column.

    Attributes
    ----------
    times : (n,) datetime64[us] array, in UTC if the times have a time zone, or (n,) int64 array of steps
    aware : bool, optional
        Whether the times have a time zone; None if the column does not say so: numbers, or no time at all.
    """

    times: AnyArray
    aware: bool | None


def missing_times(times: AnyArray) -> Any:
    """Return a mask of missing times; steps are never missing."""
    return np.isnat(times) if times.dtype.kind == "M" else np.zeros(len(times), dtype=np.bool_)


def join_times(parts: Sequence[ReadTimes], name: str) -> AnyArray:
    """Return the times of all parts.

    Raises
    ------
    DataError
        Some parts have a time zone and others do not.

    Warns
    -----
    UserWarning
        A time is implausible.
    """
    if {True, False} <= {part.aware for part in parts}:
        raise _mixed_zones(name)
    times = np.concatenate([part.times for part in parts])
    if times.dtype.kind == "M":
        _warn_of_strange(times[(times < _EARLIEST) | (times >= _LATEST)], name)
    return times


def _warn_of_strange(times: AnyArray, name: str) -> None:
    if len(times):
        warnings.warn(
            f"{name}: {len(times):,} time(s) are before 1990 or after 2099, such as "
            f"{times[0].astype('datetime64[s]')}; if they mark missing times or wrong clocks, remove these rows, "
            "such as with log.between('1990', '2100')",
            stacklevel=levels_inside(),
        )


def read_times(values: Any, name: str, unit: TimeUnit | None) -> ReadTimes:
    """Return a column of times as datetime64[us] in UTC, or as steps; missing times are NaT.

    Raises
    ------
    DataError
        Numbers without a unit, text that is not in ISO 8601, or times with and without a time zone.
    ValueError
        The unit is unknown.
    """
    if unit is not None and unit not in _UNITS:
        raise ValueError(f"time_unit={unit!r}: expected one of {', '.join(map(repr, _UNITS))}, or None")
    series = nw.from_native(values, series_only=True, pass_through=True)
    if isinstance(series, nw.Series):
        read = _of_series(series, name, unit)
        if read is not None:
            return read
    given = series if isinstance(series, nw.Series) else plain(values, name)
    if isinstance(given, np.ndarray) and given.dtype.kind in "iuf":
        return ReadTimes(_of_numbers(given, name, unit), None)
    if isinstance(given, np.ndarray) and given.dtype.kind == "M":
        return ReadTimes(_checked(given.astype("datetime64[us]"), name, unit), False)
    return _of_objects(given.to_native() if isinstance(given, nw.Series) else given, name, unit)


def _of_series(series: nw.Series[Any], name: str, unit: TimeUnit | None) -> ReadTimes | None:
    """Return the times of a typed series, None for other types of series."""
    if series.dtype.is_numeric():
        missing = series.null_count() > 0 and not series.dtype.is_float()
        numbers = series.cast(nw.Float64) if missing else series
        return ReadTimes(_of_numbers(numbers.to_numpy(), name, unit), None)
    if isinstance(series.dtype, nw.Datetime):
        aware = series.dtype.time_zone is not None
        if aware:
            series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        return ReadTimes(_checked(series.to_numpy().astype("datetime64[us]"), name, unit), aware)
    return None


def _checked(times: AnyArray, name: str, unit: TimeUnit | None) -> AnyArray:
    if unit is not None:
        raise DataError(
            f"{name}: time_unit={unit!r} is for numbers, and the column holds dates and times; leave it out"
        )
    return times


def _of_numbers(numbers: AnyArray, name: str, unit: TimeUnit | None) -> AnyArray:
    if unit is None:
        raise _no_unit(numbers, name)
    if unit == "step":
        return _steps(numbers, name)
    wide = to_optional_numbers(numbers, name) if numbers.dtype.kind == "f" else numbers
    present = ~np.isnan(wide) if wide.dtype.kind == "f" else np.ones(len(wide), dtype=np.bool_)
    if len(wide) and np.any(present):
        low, high = wide[present].min(), wide[present].max()
        read = [_as_time(float(value), unit) for value in (low, high)]
        if any(time is None or not _EARLIEST <= time < _LATEST for time in read):
            raise DataError(
                f"{name}: with time_unit={unit!r} the times would run from {_shown(low, unit)} to "
                f"{_shown(high, unit)}; {_advice(wide[present], name)}"
            )
    if wide.dtype.kind != "f":
        return _whole_microseconds(wide.astype(np.int64), unit)
    times = np.full(len(wide), _NAT)
    times[present] = np.floor(wide[present] * _MICROSECONDS[unit] + 0.5).astype(np.int64).view("datetime64[us]")
    return times


def _whole_microseconds(numbers: AnyArray, unit: str) -> AnyArray:
    scaled = numbers // 1000 if unit == "ns" else numbers * int(_MICROSECONDS[unit])
    return scaled.view("datetime64[us]")


def _steps(numbers: AnyArray, name: str) -> AnyArray:
    if numbers.dtype.kind == "f":
        wrong = ~(np.isfinite(numbers) & (numbers == np.floor(numbers)))
        if np.any(wrong):
            raise DataError(
                f"{name}: time_unit='step' needs whole numbers without missing values, got "
                f"{first_few(numbers[wrong])}, at rows {first_few(np.flatnonzero(wrong))}"
            )
    if len(numbers) and (numbers.max() >= 2**63 or numbers.min() < -(2**63)):
        raise DataError(f"{name}: time_unit='step' needs numbers below 2^63, got {first_few([numbers.max()])}")
    return numbers.astype(np.int64)


def _as_time(value: float, unit: str) -> np.datetime64 | None:
    """Return a number as a time; None if it is outside the years of NumPy's dates."""
    microseconds = value * _MICROSECONDS[unit]
    return np.datetime64(int(microseconds), "us") if abs(microseconds) < 2**62 else None


def _shown(value: Any, unit: str) -> str:
    time = _as_time(float(value), unit)
    return "a time out of range" if time is None else str(time.astype("datetime64[s]")).replace("T", " ")


def _plausible_unit(numbers: FloatArray) -> str | None:
    low, high = float(numbers.min()), float(numbers.max())
    for unit in _MICROSECONDS:
        first, last = _as_time(low, unit), _as_time(high, unit)
        if first is not None and last is not None and first >= _EARLIEST and last < _LATEST:
            return unit
    return None


def _advice(numbers: FloatArray, name: str) -> str:
    unit = _plausible_unit(numbers)
    if unit is not None:
        return f"time_unit={unit!r} gives plausible dates"
    return (
        "no unit gives dates between 1990 and 2100: use time_unit='step' if the numbers only give the order, or "
        f"convert {name!r} to dates first"
    )


def _no_unit(numbers: AnyArray, name: str) -> DataError:
    present = numbers[np.isfinite(numbers)]
    if len(present) == 0:
        return DataError(f"{name}: numbers need time_unit=, one of {', '.join(map(repr, _UNITS))}")
    read = "; ".join(f"{unit!r} {', '.join(_shown(value, unit) for value in present[:2])}" for unit in _MICROSECONDS)
    return DataError(
        f"{name}: got numbers, such as {first_few(present[:2])}; give their unit as time_unit=. They would read as: "
        f"{read}. {_advice(present, name)}"
    )


def _of_objects(values: Any, name: str, unit: TimeUnit | None) -> ReadTimes:
    """Return the times of text or of Python's dates and times."""
    distinct, codes = distinct_values(values, name)
    distinct = list(distinct)
    if codes is None:  # a list of whole numbers
        return ReadTimes(_of_numbers(np.asarray(distinct), name, unit), None)
    if not distinct:
        return ReadTimes(np.full(len(codes), _NAT), None)
    if all(isinstance(value, _NUMBERS) and not isinstance(value, bool | np.timedelta64) for value in distinct):
        numbers = np.append(np.array(distinct, dtype=np.float64), np.nan)[codes]
        return ReadTimes(_of_numbers(numbers, name, unit), None)
    texts = [value for value in distinct if isinstance(value, str)]
    parsed = _parse(texts, name) if len(texts) == len(distinct) else distinct
    wrong = [value for value in parsed if not isinstance(value, date | np.datetime64)]
    if wrong:
        raise DataError(
            f"{name}: expected dates and times, got {len(wrong)} other value(s), such as {first_few(wrong)}"
        )
    aware = [getattr(time, "tzinfo", None) is not None for time in parsed]
    if any(aware) and not all(aware):
        raise _mixed_zones(name)
    _checked(codes, name, unit)
    times = np.array([*map(_naive, parsed), _NAT], dtype="datetime64[us]")
    return ReadTimes(times[codes], aware[0])


def _naive(time: Any) -> Any:
    if getattr(time, "tzinfo", None) is not None:
        time = time.astimezone(UTC).replace(tzinfo=None)
    return np.datetime64(time, "us")


def _parse(texts: list[str], name: str) -> list[datetime]:
    """Return times written in ISO 8601.

    Raises
    ------
    DataError
        A text has another format.
    """
    parsed, wrong = [], []
    for text in texts:
        try:
            # fromisoformat also reads forms without dashes, in which numbers such as 1325376000 could pass for dates
            parsed.append(datetime.fromisoformat(text if text[4:5] == "-" else ""))
        except ValueError:
            wrong.append(text)
    if wrong:
        remedy = (
            "convert the numbers, such as with astype(int), and give time_unit="
            if not _is_compact_date(wrong[0]) and wrong[0].strip().lstrip("-").replace(".", "", 1).isdigit()
            else "convert the column first, such as with "
            f"pandas.to_datetime(frame[{name!r}], format={_format(wrong)!r})"
        )
        raise DataError(
            f"{name}: {len(wrong)} text(s) are not dates and times in ISO 8601 (2024-05-01 18:30:00), such as "
            f"{first_few(wrong)}; {remedy}"
        )
    return parsed


def _is_compact_date(text: str) -> bool:
    return _COMPACT_DATE.fullmatch(text.strip()) is not None


def _format(texts: list[str]) -> str:
    """Return a likely format of texts such as 31/12/2024; days come first unless a second number is above 12."""
    if all(map(_is_compact_date, texts)):
        return "%Y%m%d"
    if all(_MONTH.fullmatch(text.strip()) for text in texts):
        return "%Y-%m"
    dates = [date for date in map(_DAY_OR_MONTH.match, texts) if date is not None]
    if not dates:
        return "%d.%m.%Y %H:%M"
    sign, time = dates[0][2], " %H:%M" if ":" in dates[0].string else ""
    first, second = ("%m", "%d") if any(int(date[3]) > 12 for date in dates) else ("%d", "%m")
    return f"{first}{sign}{second}{sign}%Y{time}"


def _mixed_zones(name: str) -> DataError:
    return DataError(
        f"{name}: expected a time zone for all times or for none; some have one and others do not. Convert the column "
        "to UTC first"
    )
