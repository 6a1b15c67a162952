"""Constraints of parameters, checked by scikit-learn's validator."""

from numbers import Integral, Real
from typing import Any

from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions

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
    "interval",
    "one_of",
    "share_or_count",
]

Constraint = list[Any]

POSITIVE: Constraint = [Interval(Real, 0, None, closed="neither")]
NON_NEGATIVE: Constraint = [Interval(Real, 0, None, closed="left")]
FRACTION: Constraint = [Interval(Real, 0, 1, closed="neither")]
COUNT: Constraint = [Interval(Integral, 1, None, closed="left")]
OPTIONAL_POSITIVE: Constraint = [*POSITIVE, None]
OPTIONAL_NON_NEGATIVE: Constraint = [*NON_NEGATIVE, None]
OPTIONAL_COUNT: Constraint = [*COUNT, None]
BOOLEAN: Constraint = ["boolean"]
RANDOM_STATE: Constraint = ["random_state"]


def interval(left: float | None, right: float | None, closed: str) -> Constraint:
    """Return the constraint of a real number in an interval; ``closed`` is "left", "right", "both" or "neither"."""
    return [Interval(Real, left, right, closed=closed)]


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
    return [Interval(Integral, 1, None, closed="left"), Interval(RealNotInt, 0, 1, closed="both")]
