"""Stochastic gradient descent over the grid, in units of the standard deviation of the ratings."""

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import CodeArray, FloatArray, IntArray
from recokit.data.rows import Rows
from recokit.factorization._factors import Factorization
from recokit.factorization._grid import N_BLOCKS, RatingGrid, inverse_permutation
from recokit.factorization._penalties import penalty_scale, penalty_weights
from recokit.factorization._prior import ImplicitPrior
from recokit.factorization._scoring import score_pairs
from recokit.kernels.sgd import descend

__all__ = ["Descent", "Settings", "check_convergence"]

# Ratings have standard deviation 1 here: the mean alone has an error of 1, and factors are of the order of 1.
_DIVERGED = 10.0


class Settings(NamedTuple):
    """Settings of the descent, named like the parameters of `SGDMatrixFactorization`."""

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
    """Epochs of descent on ratings with mean 0 and standard deviation 1.

    Parameters
    ----------
    ratings : Rows
        Training ratings by user.
    held_out : Rows, optional
        Validation ratings for early stopping: the factors of the epoch with the lowest error on them are kept.
    factors : Factorization
        Initial factors, with biases of users and items.
    settings : Settings
    rng : numpy.random.Generator
        Determines the order of the ratings.

    Attributes
    ----------
    factors : Factorization
        Factors of the best epoch, in order of code; set by `run`.
    best_epoch : int
        Number of this epoch, from 1.
    n_epochs : int
        Number of epochs done.
    training_rmse, validation_rmse : list of float
        Errors after each epoch. The first are taken during the epoch, each before its step.
    """

    factors: Factorization

    def __init__(
        self,
        ratings: Rows,
        held_out: Rows | None,
        factors: Factorization,
        settings: Settings,
        rng: np.random.Generator,
    ) -> None:
        self.best_epoch = 0
        self.training_rmse: list[float] = []
        self.validation_rmse: list[float] = []
        self._settings, self._rng = settings, rng
        n_items = factors.items.n_rows
        self._grid = RatingGrid.build(ratings, n_items, rng, settings.runner)
        order = self._grid.user_order, self._grid.item_order
        self._held_out = None if held_out is None else _reordered(held_out, *order)
        self._current = factors.reordered(*order)
        counts = [each[codes] for each, codes in zip(_counts(ratings, n_items), order, strict=True)]
        exponent = settings.l2_exponent
        self._weights = [penalty_weights(each, exponent, penalty_scale(each, exponent)) for each in counts]
        # Rows without ratings are never updated: without evidence their factors are 0.
        self._current.users.vectors[counts[0] == 0] = 0
        self._current.items.vectors[counts[1] == 0] = 0
        self._best = self._current
        self._prior = None
        if len(factors.implicit):
            strengths = settings.l2 * self._weights[0] * counts[0]
            by_user = _reordered(ratings, *order)
            self._prior = ImplicitPrior(by_user, n_items, strengths, settings.l2_implicit, settings.runner)
            self._prior.start(self._current.implicit)

    @property
    def n_epochs(self) -> int:
        """Number of epochs done."""
        return len(self.training_rmse)

    def copy(self) -> "Descent":
        """Return a copy that can run on without changing this descent; both share the ratings."""
        other = copy.copy(self)
        other._rng, other._current = copy.deepcopy(self._rng), self._current.copy()
        other._best = other._current if self._best is self._current else self._best
        other._prior = None if self._prior is None else self._prior.copy()
        other.training_rmse, other.validation_rmse = self.training_rmse.copy(), self.validation_rmse.copy()
        return other

    def run(self, after_epoch: Callable[[], Any], settings: Settings | None = None) -> None:
        """Descend until the number of epochs is reached or the validation error stalls.

        A descent that is run in two parts gives the same bits as in one.

        Parameters
        ----------
        after_epoch : callable
            Called after every epoch.
        settings : Settings, optional
            Settings to replace the earlier ones, except ``l2_exponent`` and ``l2_implicit``, which keep their effect.

        Raises
        ------
        FloatingPointError
            The errors diverge; the message names the learning rate.
        """
        self._settings = settings or self._settings
        while self.n_epochs < self._settings.n_epochs and not self._has_stalled():
            self.training_rmse.append(self._epoch(self.n_epochs))
            if self._prior is not None:
                self._prior.update(self._current)
            self._check_convergence()
            after_epoch()
            if self._held_out is None:
                self.best_epoch = self.n_epochs
                continue
            self.validation_rmse.append(self._validate(self._held_out))
            if self.validation_rmse[-1] <= min(self.validation_rmse):
                self._best, self.best_epoch = self._current.copy(), self.n_epochs
        rows = inverse_permutation(self._grid.user_order), inverse_permutation(self._grid.item_order)
        self.factors = self._best.reordered(*rows)

    def _epoch(self, epoch: int) -> float:
        """Take one step for each rating; return the RMSE of the errors before the steps."""
        settings, grid, factors = self._settings, self._grid, self._current
        decay = settings.learning_rate_decay**epoch
        rates = (settings.learning_rate_bias * decay, settings.learning_rate * decay, settings.l2_bias, settings.l2)
        arrays: tuple[Any, ...] = (
            *(grid.user_rows, grid.item_rows, grid.values),
            *(factors.users.bias, factors.items.bias, factors.users.vectors, factors.items.vectors),
            factors.implicit[:0] if self._prior is None else self._prior.user_factors,
            *self._weights,
            *map(np.float32, rates),
        )
        order = self._rng.permutation(N_BLOCKS)
        loss = grid.sweep(lambda start, stop: descend(start, stop, *arrays), order, settings.runner)
        return float(np.sqrt(loss / len(grid.values)))

    def _check_convergence(self) -> None:
        """Raise FloatingPointError if the errors or the factors are out of bounds."""
        users, items, implicit = self._current
        # A diverging step changes the factors of both sides of a rating, so the smaller maximum shows it.
        largest = max(
            _largest(users.bias_or_zeros()),
            _largest(items.bias_or_zeros()),
            min(_largest(users.vectors), _largest(items.vectors)),
            _largest(implicit),
        )
        settings = self._settings
        check_convergence(
            len(self.training_rmse),
            self.training_rmse[-1],
            largest,
            settings.learning_rate,
            settings.learning_rate_bias,
        )

    def _validate(self, held_out: Rows) -> float:
        """Return the RMSE on held-out ratings."""
        user_rows = held_out.row_codes.astype(np.int32)
        users, items, _ = self._current
        scores = score_pairs(users, items, user_rows, held_out.codes, self._settings.runner)
        return float(np.sqrt(np.mean((held_out.values - scores) ** 2)))

    def _has_stalled(self) -> bool:
        """Return whether the last epochs improved the validation error by no more than the tolerance."""
        patience, errors = self._settings.n_iter_no_change, self.validation_rmse
        return len(errors) > patience and min(errors[-patience:]) > min(errors[:-patience]) - self._settings.tol


def check_convergence(
    epoch: int, error: float, largest: float, learning_rate: float, learning_rate_bias: float
) -> None:
    """Raise FloatingPointError if the error or the largest number of an epoch, from 1, is out of bounds."""
    if error < _DIVERGED and largest < _DIVERGED**2:  # both comparisons are False for NaN
        return
    raise FloatingPointError(
        f"the descent diverged in epoch {epoch}: the training error is {error:.3g} standard deviations of the "
        f"ratings; lower learning_rate={learning_rate} or learning_rate_bias={learning_rate_bias}"
    )


def _counts(ratings: Rows, n_items: int) -> tuple[IntArray, IntArray]:
    """Return the numbers of ratings of each user and of each item."""
    return ratings.lengths, np.bincount(ratings.codes, minlength=n_items)


def _reordered(ratings: Rows, user_order: CodeArray, item_order: CodeArray) -> Rows:
    """Return ratings with the users and items in another order."""
    by_user = ratings.take(user_order)
    return Rows.from_arrays(by_user.indptr, inverse_permutation(item_order)[by_user.codes], by_user.values)


def _largest(array: FloatArray) -> float:
    """Return the largest absolute value; infinity if a number is not finite."""
    largest = float(np.maximum(array.max(initial=0.0), -array.min(initial=0.0)))
    return largest if np.isfinite(largest) else np.inf
