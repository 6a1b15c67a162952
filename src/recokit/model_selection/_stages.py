"""Stages: the growing resource of a search, from the first rung to the last."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from recokit._typing import FloatArray, IntArray
from recokit.base import Recommender
from recokit.data.interactions import Interactions
from recokit.model_selection._splitter import check_whole
from recokit.model_selection.pairs import Pairs

__all__ = ["Stages"]

_MOST = 4
_LEAST_USERS, _LEAST_OF_PARAMETER = 300, 3

Folds = Sequence[tuple[Interactions, Interactions]]


class Stages(NamedTuple):
    """What a candidate is tried with on each rung.

    Attributes
    ----------
    resource : str
        ``"users"``, or the name of a parameter.
    levels : list of int
        How much of it, ascending; all on the last rung.
    folds : sequence of (train, test) Interactions
    order : (n_users,) int64 array
        Users in the order in which they come in; each rung has those of the rungs below.
    """

    resource: str
    levels: list[int]
    folds: Folds
    order: IntArray

    @classmethod
    def of(
        cls,
        estimator: Recommender,
        searched: Sequence[str],
        folds: Folds,
        resource: str,
        least: int | None,
        factor: int,
        random_state: int,
    ) -> "Stages":
        """Return the stages of `tune`, whose parameters these are.

        Raises
        ------
        ValueError
            The resource is no parameter with a whole number, or is one that is searched.
        """
        params = estimator.get_params()
        if resource == "auto":
            resource = "n_epochs" if "n_epochs" in params and "n_epochs" not in searched else "users"
        if resource in searched:
            raise ValueError(f"resource={resource!r} is in param_space; search it, or let it grow")
        active = np.flatnonzero(sum(np.diff(train.indptr) + np.diff(test.indptr) for train, test in folds))
        full = len(active) if resource == "users" else params.get(resource)
        if isinstance(full, bool) or not isinstance(full, int | np.integer):
            raise ValueError(f"resource={resource!r}: expected 'users', or a parameter that is a whole number")
        if least is None:
            least = _LEAST_USERS if resource == "users" else _LEAST_OF_PARAMETER
        levels = _levels(int(full), check_whole("min_resource", least, 1), factor)
        return cls(resource, levels, folds, np.random.default_rng(random_state).permutation(active))

    def parts(self, rung: int) -> Iterator[tuple[Interactions, Pairs, FloatArray]]:
        """Yield for each fold what to learn from, and the rows and values to test on."""
        for train, test in self.folds:
            if self.resource == "users" and rung + 1 < len(self.levels):
                chosen = np.zeros(train.n_users, dtype=np.bool_)
                chosen[self.order[: self.levels[rung]]] = True
                train, test = train.select(chosen[train.user_codes]), test.select(chosen[test.user_codes])
            yield train, Pairs(test), test.values

    def extra_params(self, rung: int) -> dict[str, int]:
        """Return the parameter that grows, where it is one."""
        return {} if self.resource == "users" else {self.resource: self.levels[rung]}


def _levels(full: int, least: int, factor: int) -> list[int]:
    """Return ever smaller shares of the whole, the smallest of at least so much, in ascending order."""
    levels = [full]
    while len(levels) < _MOST and levels[-1] // factor >= least:
        levels.append(levels[-1] // factor)
    return levels[::-1]
