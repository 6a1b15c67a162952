"""Splitter: the base class of all splitters."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.model_selection import BaseCrossValidator

from recokit._runtime.warnings import levels_inside
from recokit._typing import BoolArray, IntArray
from recokit.exceptions import DataError, LeakageWarning
from recokit.model_selection._log import Log

__all__ = ["Splitter", "check_fraction", "check_test_size", "check_whole", "warn_if_times_ignored"]


class Splitter(BaseCrossValidator):
    """Base class of splitters: scikit-learn cross-validators (``cv=``) for users, items and times.

    A subclass implements ``_masks`` and sets ``n_splits``.
    """

    # Times of bare pairs are passed as groups, with scikit-learn's metadata routing too.
    __metadata_request__split = {"groups": True}  # noqa: RUF012 (scikit-learn reads it)

    n_splits: int

    def _masks(self, log: Log) -> Iterator[tuple[BoolArray, BoolArray]]:
        """Yield masks of the training and the test interactions."""
        raise NotImplementedError

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[IntArray, IntArray]]:
        """Yield the rows of the training and the test data.

        Parameters
        ----------
        X : Interactions, `Pairs`, or (user, item) pairs
            Rows of Interactions are in the order of ``values``.
        y : ignored
        groups : (n,) array-like of numbers or datetime64, optional
            Times of the rows, for splitters that need them; ignored if X has timestamps.

        Yields
        ------
        train, test : (n_train,), (n_test,) int64 arrays
            Ascending, disjoint, and not empty.

        Raises
        ------
        DataError
            The data cannot be split in this way.
        """
        log = Log.from_input(X, groups)
        for number, (train, test) in enumerate(self._masks(log), start=1):
            for mask, part in ((train, "training"), (test, "test")):
                if not np.any(mask):
                    raise DataError(f"{self!r}: split {number} has no {part} interactions; {self._hint_if_empty}")
            yield np.sort(log.rows[train]), np.sort(log.rows[test])

    _hint_if_empty = "there are too few interactions"

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of splits; the parameters are ignored."""
        return self.n_splits


def warn_if_times_ignored(splitter: Splitter, log: Log) -> None:
    """Warn that a splitter ignores the timestamps of the data."""
    if log.recorded:
        warnings.warn(
            f"{splitter!r} ignores the timestamps of the data: the training data hold interactions later than the test "
            "interactions, which a deployed recommender never has; use GlobalTimeSplit or LeaveLastOut instead",
            LeakageWarning,
            stacklevel=levels_inside(),
        )


def check_whole(name: str, value: Any, least: int) -> int:
    """Return the value if it is a whole number of at least ``least``.

    Raises
    ------
    ValueError
        The value is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name}={value!r}: expected a whole number of at least {least}")
    return int(value)


def check_fraction(name: str, value: Any) -> float:
    """Return the value if it is a number between 0 and 1, exclusive.

    Raises
    ------
    ValueError
        The value is something else.
    """
    if not isinstance(value, float | np.floating) or not 0 < value < 1:
        raise ValueError(f"{name}={value!r}: expected a number between 0 and 1")
    return float(value)


def check_test_size(value: Any, moment: str) -> float:
    """Return the share of the test data; the error for another value names the parameter for a moment.

    Raises
    ------
    ValueError
        The value is not a number between 0 and 1.
    """
    try:
        return check_fraction("test_size", value)
    except ValueError as error:
        raise ValueError(f"{error}; to split at a moment, pass {moment}={value!r}") from None
