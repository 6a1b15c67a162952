"""Constraints of parameters, checked by scikit-learn's validator."""

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval, Options, RealNotInt, StrOptions

__all__ = [
    "BOOLEAN",
    "COUNT",
    "FRACTION",
    "NON_NEGATIVE",
    "OPTIONAL_COUNT",
    "OPTIONAL_NON_NEGATIVE",
    "OPTIONAL_POSITIVE",
    "POSITIVE",
    "RANDOM_STATE",
    "RATING_SCALE",
    "interval",
    "one_of",
    "share_or_count",
]

Constraint = list[Any]


class _Interval(Interval):
    """An interval of numbers; unlike in scikit-learn's, True is not the number 1."""

    def is_satisfied_by(self, val: Any) -> bool:
        return not isinstance(val, bool | np.bool_) and bool(super().is_satisfied_by(val))


class _Pair(Options):
    """Two finite numbers, the first below the second; scikit-learn takes no constraints of own base classes."""

    def __init__(self) -> None:
        super().__init__(tuple, set())

    def is_satisfied_by(self, val: Any) -> bool:
        if not isinstance(val, tuple | list) or len(val) != 2:
            return False
        are_numbers = all(isinstance(end, Real) and not isinstance(end, bool | np.bool_) for end in val)
        return are_numbers and bool(np.all(np.isfinite(val)) and val[0] < val[1])

    def __str__(self) -> str:
        return "a pair of finite numbers (lowest, highest) such as (1, 5)"


POSITIVE: Constraint = [_Interval(Real, 0, None, closed="neither")]
NON_NEGATIVE: Constraint = [_Interval(Real, 0, None, closed="left")]
FRACTION: Constraint = [_Interval(Real, 0, 1, closed="neither")]
COUNT: Constraint = [_Interval(Integral, 1, None, closed="left")]
OPTIONAL_POSITIVE: Constraint = [*POSITIVE, None]
OPTIONAL_NON_NEGATIVE: Constraint = [*NON_NEGATIVE, None]
OPTIONAL_COUNT: Constraint = [*COUNT, None]
BOOLEAN: Constraint = ["boolean"]
RANDOM_STATE: Constraint = ["random_state"]
RATING_SCALE: Constraint = [_Pair(), None]


def interval(left: float | None, right: float | None, closed: str) -> Constraint:
    """Return the constraint of a real number in an interval; ``closed`` is "left", "right", "both" or "neither"."""
    return [_Interval(Real, left, right, closed=closed)]


def one_of(*options: str | None) -> Constraint:
    """Return the constraint of one of several strings, or None if it is among the options."""
    names = {option for option in options if option is not None}
    return [_SortedStrOptions(names), None] if None in options else [_SortedStrOptions(names)]


class _SortedStrOptions(StrOptions):
    """One of several strings, which error messages list in order; scikit-learn lists them in the order of a set."""

    def __str__(self) -> str:
        return f"a str among {', '.join(map(repr, sorted(self.options)))}"


def share_or_count() -> Constraint:
    """Return the constraint of a whole number of at least 1, or a float from 0 to 1."""
    return [_Interval(Integral, 1, None, closed="left"), _Interval(RealNotInt, 0, 1, closed="both")]
