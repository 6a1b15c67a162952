"""Stages: the resource of a search on each rung."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from recokit._typing import FloatArray, IntArray
from recokit.base import Recommender
from recokit.data.interactions import Interactions
from recokit.model_selection._splitter import check_whole
from recokit.model_selection.pairs import Pairs

__all__ = ["Stages"]

_MAX_RUNGS = 4
_MIN_USERS, _MIN_PARAMETER = 300, 3

Folds = Sequence[tuple[Interactions, Interactions]]


class Stages(NamedTuple):
    """The resource and the data of each rung.

    Attributes
    ----------
    resource : str
        ``"users"``, or the name of a parameter.
    levels : list of int
        Amount of the resource on each rung, ascending; the last is the full amount.
    folds : sequence of (train, test) Interactions
    order : (n_users,) int64 array
        Users in the order in which they are added; a rung includes the users of the rungs below.
    """

    resource: str
    levels: list[int]
    folds: Folds
    order: IntArray

    @classmethod
    def from_options(
        cls,
        estimator: Recommender,
        searched: Sequence[str],
        folds: Folds,
        resource: str,
        min_resource: int | None,
        factor: int,
        random_state: int,
    ) -> "Stages":
        """Return the stages for the parameters of `tune`.

        Raises
        ------
        ValueError
            The resource is not a parameter with a whole number, or it is searched.
        """
        params = estimator.get_params()
        if resource == "auto":
            resource = "n_epochs" if "n_epochs" in params and "n_epochs" not in searched else "users"
        if resource in searched:
            raise ValueError(
                f"resource={resource!r} is in param_space too; remove it there, or choose another resource"
            )
        active = np.flatnonzero(sum(np.diff(train.indptr) + np.diff(test.indptr) for train, test in folds))
        full = len(active) if resource == "users" else params.get(resource)
        if isinstance(full, bool) or not isinstance(full, int | np.integer):
            raise ValueError(f"resource={resource!r}: expected 'users', or a parameter whose value is a whole number")
        if min_resource is None:
            min_resource = _MIN_USERS if resource == "users" else _MIN_PARAMETER
        levels = _levels(int(full), check_whole("min_resource", min_resource, 1), factor)
        return cls(resource, levels, folds, np.random.default_rng(random_state).permutation(active))

    def folds_on(self, rung: int) -> Iterator[tuple[Interactions, Pairs, FloatArray]]:
        """Yield for each fold the training data, and the rows and values of the test data."""
        for train, test in self.folds:
            if self.resource == "users" and rung + 1 < len(self.levels):
                chosen = np.zeros(train.n_users, dtype=np.bool_)
                chosen[self.order[: self.levels[rung]]] = True
                train, test = train.select(chosen[train.user_codes]), test.select(chosen[test.user_codes])
            yield train, Pairs(test), test.values

    def extra_params(self, rung: int) -> dict[str, int]:
        """Return the value of the resource if it is a parameter."""
        return {} if self.resource == "users" else {self.resource: self.levels[rung]}


def _levels(full: int, least: int, factor: int) -> list[int]:
    """Return the full amount and its quotients by powers of ``factor`` that are at least ``least``, ascending."""
    levels = [full]
    while len(levels) < _MAX_RUNGS and levels[-1] // factor >= least:
        levels.append(levels[-1] // factor)
    return levels[::-1]
