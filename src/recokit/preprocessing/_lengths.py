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


def read_length(length: Any, times: AnyArray, name: str) -> Any:
    """Return a positive length of time in the unit of the times.

    Parameters
    ----------
    length : str, timedelta, timedelta64 or number
        Text is a number and a unit: s, min, h, d or w. Numbers are days, or steps.
    times : (n,) datetime64 or int64 array
    name : str
        Name of the parameter.

    Raises
    ------
    ValueError
        The length cannot be read or is not positive.
    DataError
        The times are steps, and the length has a unit.
    """
    if isinstance(length, str):
        found = _TEXT.fullmatch(length.lower())
        if found is None:
            raise ValueError(f"{name}={length!r}: expected a number and a unit, s, min, h, d or w, such as '30min'")
        length = timedelta(seconds=float(found[1]) * _SECONDS[found[2]])
    is_number = isinstance(length, int | float | np.number) and not isinstance(length, bool | np.timedelta64)
    if not (is_number or isinstance(length, timedelta | np.timedelta64)) or not length > type(length)(0):
        raise ValueError(f"{name}={length!r}: expected a positive length of time, such as '30min'")
    if not is_number and times.dtype.kind != "M":
        raise DataError(f"{name}={length!r}: the times of the log are steps; give a number of steps")
    return to_length(length, times)
