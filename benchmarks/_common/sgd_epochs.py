"""Stochastic gradient descent with timed epochs, in grid order and in random order."""

import time
from typing import Any
from unittest.mock import patch

import numpy as np

from recokit import Interactions, SGDMatrixFactorization
from recokit.factorization import sgd

__all__ = ["RandomOrder", "TimedDescent", "fit"]


class TimedDescent(sgd.Descent):
    """Descent that records the seconds of its preparation (mostly the grid) and of each epoch."""

    def __init__(self, *arguments: Any) -> None:
        start = time.perf_counter()
        super().__init__(*arguments)
        self.seconds: list[float] = []
        self.preparation_seconds = time.perf_counter() - start

    def _epoch(self, epoch: int) -> float:
        start = time.perf_counter()
        error = super()._epoch(epoch)
        self.seconds.append(time.perf_counter() - start)
        return error

    @property
    def epoch_seconds(self) -> float:
        """The median seconds of an epoch."""
        return float(np.median(self.seconds))

    def figures(self) -> dict[str, float]:
        """Return nanoseconds per rating and epoch, and the preparation time in epochs."""
        nanoseconds = 1e9 * self.epoch_seconds / len(self._grid.values)
        return {"ns_per_rating": nanoseconds, "preparation_epochs": self.preparation_seconds / self.epoch_seconds}


class RandomOrder(TimedDescent):
    """Timed descent on one block of all ratings, reshuffled before each epoch; initial factors are the same."""

    def _epoch(self, epoch: int) -> float:
        grid, order = self._grid, self._rng.permutation(len(self._grid.values))
        shuffled = grid.user_rows[order], grid.item_rows[order], grid.values[order]
        starts, stops = np.zeros_like(grid.starts), np.zeros_like(grid.stops)
        stops[0, 0] = len(order)
        names = ("user_rows", "item_rows", "values", "starts", "stops")
        self._grid = grid._replace(**dict(zip(names, (*shuffled, starts, stops), strict=True)))
        return super()._epoch(epoch)


def fit(
    data: Interactions, kind: type[TimedDescent] = TimedDescent, **parameters: Any
) -> tuple[SGDMatrixFactorization, TimedDescent]:
    """Return a fitted `SGDMatrixFactorization` with the given parameters, and its timed descent."""
    made: list[TimedDescent] = []

    def make(*arguments: Any) -> TimedDescent:
        made.append(kind(*arguments))
        return made[-1]

    with patch.object(sgd, "Descent", make):
        model = SGDMatrixFactorization(random_state=0, **parameters).fit(data)
    return model, made[-1]
