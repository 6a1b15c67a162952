"""Splitter: what all splitters have in common."""

import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.model_selection import BaseCrossValidator

from recokit._typing import BoolArray, IntArray
from recokit.exceptions import DataError, LeakageWarning
from recokit.model_selection._log import Log

__all__ = ["Splitter", "check_fraction", "check_whole", "warn_of_time"]


class Splitter(BaseCrossValidator):
    """Base class of splitters: a ``cv=`` of scikit-learn that knows of users, items and times.

    A subclass implements ``_masks`` and sets ``n_splits``.
    """

    # Times of bare pairs come as groups, also where scikit-learn's metadata routing is on.
    __metadata_request__split = {"groups": True}  # noqa: RUF012 (scikit-learn reads it)

    n_splits: int

    def _masks(self, log: Log) -> Iterator[tuple[BoolArray, BoolArray]]:
        """Yield masks of the interactions to learn from and of those to test on."""
        raise NotImplementedError

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[IntArray, IntArray]]:
        """Yield the rows to learn from and the rows to test on.

        Parameters
        ----------
        X : Interactions, `Pairs`, or (user, item) pairs
            Rows of Interactions are in the order of ``values``.
        y : ignored
        groups : (n,) array-like of numbers or datetime64, optional
            Times of the rows, for splitters that need them; those that X has itself come first.

        Yields
        ------
        train, test : (n_train,), (n_test,) int64 arrays
            Ascending, neither empty, none in both.

        Raises
        ------
        DataError
            The data cannot be split so.
        """
        log = Log.of(X, groups)
        for number, (train, test) in enumerate(self._masks(log), start=1):
            for mask, side in ((train, "learn from"), (test, "test on")):
                if not np.any(mask):
                    raise DataError(f"{self!r}: split {number} has nothing to {side}; {self._remedy}")
            yield np.sort(log.rows[train]), np.sort(log.rows[test])

    _remedy = "there are too few interactions"

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of splits; the parameters are ignored."""
        return self.n_splits


def warn_of_time(splitter: Splitter, log: Log) -> None:
    """Warn that a splitter does not look at the timestamps that come with the data."""
    if log.recorded:
        warnings.warn(
            f"{splitter!r} does not look at the timestamps that the data have: the model will learn from the future of "
            "what it is tested on, which no recommender can in use; GlobalTimeSplit and LeaveLastOut do not do that",
            LeakageWarning,
            stacklevel=_levels_inside(),
        )


def _levels_inside() -> int:
    """Return how many frames of recokit lie between the caller and the user's code."""
    frame, levels = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("recokit."):
        frame, levels = frame.f_back, levels + 1
    return levels


def check_whole(name: str, value: Any, least: int) -> int:
    """Return a whole number of at least so much.

    Raises
    ------
    ValueError
        It is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name}={value!r}: expected a whole number of at least {least}")
    return int(value)


def check_fraction(name: str, value: Any) -> float:
    """Return a number between 0 and 1, exclusive.

    Raises
    ------
    ValueError
        It is something else.
    """
    if not isinstance(value, float | np.floating) or not 0 < value < 1:
        raise ValueError(f"{name}={value!r}: expected a number between 0 and 1")
    return float(value)
