"""Lengths of time: text such as "30min", timedeltas, and numbers of days or steps."""

import re
from datetime import timedelta
from typing import Any

import numpy as np

from recokit._typing import AnyArray
from recokit.data._moments import to_length
from recokit.exceptions import DataError

__all__ = ["read_length"]

_SECONDS = {"s": 1.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
_TEXT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|min|h|d|w)\s*")


def read_length(length: Any, times: AnyArray, name: str, *, number_is_days: bool = True) -> Any:
    """Return a positive length of time in the unit of the times.

    Parameters
    ----------
    length : str, timedelta, timedelta64 or number
        Text is a number and a unit: s, min, h, d or w. Numbers are days, or steps.
    times : (n,) datetime64 or int64 array
    name : str
        Name of the parameter.
    number_is_days : bool
        Whether numbers are read as days; otherwise dates need a length with a unit.

    Raises
    ------
    ValueError
        The length cannot be read, is not positive or has no unit.
    DataError
        The times are steps, and the length has a unit.
    """
    amount = _microseconds(length, name) if isinstance(length, str) else length
    is_number = isinstance(length, int | float | np.number) and not isinstance(length, bool | np.timedelta64)
    if isinstance(length, np.timedelta64) and np.datetime_data(length)[0] in ("generic", "M", "Y"):
        raise ValueError(
            f"{name}={length!r}: expected a unit of a constant length; pass numpy.timedelta64 with W, D, h, m or s, or "
            "text such as '30min'"
        )
    is_length = isinstance(amount, float | int | np.number | timedelta) and not isinstance(amount, bool)
    if not is_length or not amount > type(amount)(0):
        raise ValueError(f"{name}={length!r}: expected a positive length of time, such as '30min'")
    if is_number and times.dtype.kind == "M" and not number_is_days:
        raise ValueError(
            f"{name}={length!r}: a number has no unit, and the times are dates; pass a length with a unit, such as "
            f"'{length:g}min' or '{length:g}d'"
        )
    if not is_number and times.dtype.kind != "M":
        raise DataError(f"{name}={length!r}: the times of the log are steps; give a number of steps")
    try:
        return np.timedelta64(round(amount), "us") if isinstance(length, str) else to_length(length, times)
    except OverflowError:
        raise ValueError(f"{name}={length!r}: expected a length of time of less than 292,000 years") from None


def _microseconds(text: str, name: str) -> float:
    found = _TEXT.fullmatch(text.lower())
    if found is None:
        raise ValueError(f"{name}={text!r}: expected a number and a unit, s, min, h, d or w, such as '30min'")
    return float(found[1]) * _SECONDS[found[2]] * 1e6
