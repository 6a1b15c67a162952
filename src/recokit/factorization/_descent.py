"""The descent: epochs over the grid, in units of the ratings' standard deviation."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import FloatArray
from recokit.factorization._factors import Factors, Ratings, inverse, penalty_scale, penalty_weights
from recokit.factorization._grid import N_BLOCKS, RatingGrid
from recokit.factorization._prior import ImplicitPrior
from recokit.kernels.sgd import descend

__all__ = ["Descent", "Settings"]

# Ratings have a standard deviation of 1 here, so that the mean alone has an error of 1; factors are of the size of 1.
_DIVERGED = 10.0


class Settings(NamedTuple):
    """How to descend; the names are those of the parameters of `SGDMatrixFactorization`."""

    n_epochs: int
    learning_rate: float
    learning_rate_bias: float
    learning_rate_decay: float
    l2: float
    l2_bias: float
    l2_exponent: float
    l2_implicit: float
    n_iter_no_change: int
    tol: float
    runner: Runner


class Descent:
    """Epochs of descent on ratings whose mean is 0 and whose standard deviation is 1.

    Parameters
    ----------
    ratings : Ratings
        To learn from.
    held_out : Ratings, optional
        To stop early by: the factors of the epoch that predicts these best are kept.
    factors : Factors
        Where to start.
    settings : Settings
    rng : numpy.random.Generator
        For the order of the ratings.

    Attributes
    ----------
    factors : Factors
        Of the best epoch, once it has run, in order of code.
    best_epoch : int
        Its number, from 1.
    n_epochs : int
        How many it has done.
    resumable : bool
        Whether it may run on: it has run, and was not interrupted.
    training_rmse, validation_rmse : list of float
        After each epoch; the first is over the errors as they were met in the epoch.
    """

    def __init__(
        self,
        ratings: Ratings,
        held_out: Ratings | None,
        factors: Factors,
        settings: Settings,
        rng: np.random.Generator,
    ) -> None:
        self.best_epoch, self.resumable = 0, False
        self.training_rmse: list[float] = []
        self.validation_rmse: list[float] = []
        self._settings, self._rng = settings, rng
        self._grid = RatingGrid.build(*ratings, rng, settings.runner)
        order = self._grid.user_order, self._grid.item_order
        self._held_out = None if held_out is None else held_out.reordered(*order)
        self._current = factors.reordered(*order)
        counts = [each[codes] for each, codes in zip(ratings.counts, order, strict=True)]
        exponent = settings.l2_exponent
        self._weights = [penalty_weights(each, exponent, penalty_scale(each, exponent)) for each in counts]
        # A row without ratings is never updated: without evidence it is to say nothing.
        self._current.user_factors[counts[0] == 0] = 0
        self._current.item_factors[counts[1] == 0] = 0
        self._best = self._current
        self._prior = None
        if len(factors.implicit_factors):
            strengths = settings.l2 * self._weights[0] * counts[0]
            self._prior = ImplicitPrior(ratings.reordered(*order), strengths, settings.l2_implicit, settings.runner)
            self._prior.start(self._current.implicit_factors)

    @property
    def n_epochs(self) -> int:
        """How many epochs it has done."""
        return len(self.training_rmse)

    def run(self, after_epoch: Callable[[], Any], settings: Settings | None = None) -> None:
        """Descend to the last of the epochs; call ``after_epoch`` after every one.

        What has run runs on: in two parts it gives the bits of one. Other settings may be given for the second, of
        which ``l2_exponent`` and ``l2_implicit`` are of no effect.

        Raises
        ------
        FloatingPointError
            The errors grow out of bounds; the message names the learning rate.
        """
        self._settings = settings or self._settings
        self.resumable = False
        while self.n_epochs < self._settings.n_epochs and not self._has_stalled():
            self.training_rmse.append(self._epoch(self.n_epochs))
            if self._prior is not None:
                self._prior.renew(self._current)
            self._refuse_divergence()
            after_epoch()
            if self._held_out is None:
                self.best_epoch = self.n_epochs
                continue
            self.validation_rmse.append(self._validate(self._held_out))
            if self.validation_rmse[-1] <= min(self.validation_rmse):
                self._best, self.best_epoch = self._current.copy(), self.n_epochs
        self.factors = self._best.reordered(inverse(self._grid.user_order), inverse(self._grid.item_order))
        self.resumable = True

    def _epoch(self, epoch: int) -> float:
        """Take one step for each rating; return the RMSE of the errors met."""
        settings, grid, factors = self._settings, self._grid, self._current
        decay = settings.learning_rate_decay**epoch
        rates = (settings.learning_rate_bias * decay, settings.learning_rate * decay, settings.l2_bias, settings.l2)
        arrays: tuple[Any, ...] = (
            *(grid.user_rows, grid.item_rows, grid.values),
            *(factors.user_bias, factors.item_bias, factors.user_factors, factors.item_factors),
            factors.implicit_factors[:0] if self._prior is None else self._prior.user_factors,
            *self._weights,
            *map(np.float32, rates),
        )
        order = self._rng.permutation(N_BLOCKS)
        loss = grid.sweep(lambda start, stop: descend(start, stop, *arrays), order, settings.runner)
        return float(np.sqrt(loss / len(grid.values)))

    def _refuse_divergence(self) -> None:
        # A step out of bounds changes the factors of both sides of a rating, so the smaller ones tell.
        factors = self._current
        largest = max(
            _largest(factors.user_bias),
            _largest(factors.item_bias),
            min(_largest(factors.user_factors), _largest(factors.item_factors)),
            _largest(factors.implicit_factors),
        )
        if self.training_rmse[-1] < _DIVERGED and largest < _DIVERGED**2:  # neither of which NaN is
            return
        settings = self._settings
        raise FloatingPointError(
            f"the descent diverged in epoch {len(self.training_rmse)}: the training error is "
            f"{self.training_rmse[-1]:.3g} standard deviations of the ratings; lower "
            f"learning_rate={settings.learning_rate} or learning_rate_bias={settings.learning_rate_bias}"
        )

    def _validate(self, held_out: Ratings) -> float:
        scores = self._current.scores(held_out.user_codes, held_out.item_codes, self._settings.runner)
        return float(np.sqrt(np.mean((held_out.values - scores) ** 2)))

    def _has_stalled(self) -> bool:
        """Tell whether the last epochs brought no improvement by more than the tolerance."""
        patience, errors = self._settings.n_iter_no_change, self.validation_rmse
        return len(errors) > patience and min(errors[-patience:]) > min(errors[:-patience]) - self._settings.tol


def _largest(array: FloatArray) -> float:
    """Return the largest number in absolute value, infinity where one is not finite."""
    largest = float(np.maximum(array.max(initial=0.0), -array.min(initial=0.0)))
    return largest if np.isfinite(largest) else np.inf
