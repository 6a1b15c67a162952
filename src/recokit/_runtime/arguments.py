"""Checks of scalar arguments of functions."""

import math
from numbers import Integral, Real
from typing import Any

import numpy as np

__all__ = ["check_count", "check_number", "check_probability", "check_seed"]


def check_probability(value: Any, name: str) -> float:
    """Return a number between 0 and 1, both excluded.

    Raises
    ------
    ValueError
        The value is not such a number.

    Examples
    --------
    >>> check_probability(0.95, "confidence")
    0.95
    """
    if not _is_number(value) or not 0 < value < 1:
        raise ValueError(f"{name}={value!r}: expected a number between 0 and 1")
    return float(value)


def check_number(value: Any, name: str, *, above: float | None = None) -> float:
    """Return a finite number, optionally above a bound.

    Raises
    ------
    ValueError
        The value is not such a number.

    Examples
    --------
    >>> check_number(3, "threshold")
    3.0
    """
    if not _is_number(value) or not math.isfinite(value) or (above is not None and value <= above):
        raise ValueError(f"{name}={value!r}: expected a finite number{'' if above is None else f' above {above:g}'}")
    return float(value)


def check_count(value: Any, name: str, lowest: int = 1) -> int:
    """Return an integer of at least ``lowest``.

    Raises
    ------
    ValueError
        The value is not such an integer.

    Examples
    --------
    >>> check_count(1000, "n_resamples")
    1000
    """
    if isinstance(value, bool | np.bool_) or not isinstance(value, Integral) or int(value) < lowest:
        raise ValueError(f"{name}={value!r}: expected an integer of at least {lowest}")
    return int(value)


def check_seed(value: Any, name: str = "random_state") -> Any:
    """Return a seed of NumPy's generators: an integer of at least 0, None, or a generator.

    Raises
    ------
    ValueError
        The value is not a seed.

    Examples
    --------
    >>> check_seed(7)
    7
    """
    generators = np.random.Generator | np.random.BitGenerator | np.random.SeedSequence | np.random.RandomState
    if value is None or isinstance(value, generators):
        return value
    if isinstance(value, bool | np.bool_) or not isinstance(value, Integral) or int(value) < 0:
        raise ValueError(f"{name}={value!r}: expected an integer of at least 0, or None for a random seed")
    return int(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_)
