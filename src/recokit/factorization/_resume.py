"""Fits in epochs that can be resumed: warm starts and incremental updates of factor models."""

import copy
import math
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np
from sklearn.utils import check_random_state

from recokit._typing import BoolArray
from recokit.base._memory import MemoryPlan
from recokit.base._parameters import BOOLEAN, COUNT, RANDOM_STATE
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.data.rows import bounds_from_lengths
from recokit.factorization._base import FactorRecommender
from recokit.factorization._factors import Factorization

__all__ = ["Checkpoint", "EpochState", "IterativeFactorRecommender", "Start", "drop_empty", "update_epochs"]


def update_epochs(merged: Interactions, previous: Interactions, n_epochs: int, minimum: int = 1) -> int:
    """Return the number of epochs of an incremental update.

    It is twice the share of new interactions, but at least ``minimum`` and at most half of ``n_epochs``. Updates start
    from fitted factors, so a small update needs few epochs.
    """
    share = 1 - previous.n_interactions / merged.n_interactions
    return min(max(math.ceil(2 * share * n_epochs), minimum), n_epochs - n_epochs // 2)


def drop_empty(data: Interactions) -> Interactions:
    """Return the interactions over only the users and items that have any.

    Examples
    --------
    >>> data = Interactions.from_arrays(["ann", "bob"], ["cup", "tea"])
    >>> drop_empty(data.select(data.item_codes == 1))
    Interactions(1 users × 1 items, 1 interactions, implicit)
    """
    lengths = data.rows.lengths
    users, items = np.flatnonzero(lengths), np.unique(data.item_codes)
    if len(users) == data.n_users and len(items) == data.n_items:
        return data
    new_codes = np.full(data.n_items, -1, dtype=np.int32)
    new_codes[items] = np.arange(len(items), dtype=np.int32)
    return replace(
        data,
        users=IdIndex(data.users.take(users), name="users"),
        items=IdIndex(data.items.take(items), name="items"),
        indptr=bounds_from_lengths(lengths[users]),
        item_codes=new_codes[data.item_codes],
    )


@dataclass
class EpochState:
    """State of a fit between two epochs.

    Attributes
    ----------
    factors : Factorization
    rng : numpy.random.Generator
    losses : list of float
        One per epoch done.
    """

    factors: Factorization
    rng: np.random.Generator
    losses: list[float] = field(default_factory=list)

    @property
    def n_epochs(self) -> int:
        """Number of epochs done."""
        return len(self.losses)

    def copy(self) -> "EpochState":
        """Return an independent copy."""
        return EpochState(self.factors.copy(), copy.deepcopy(self.rng), self.losses.copy())


class Start(NamedTuple):
    """Initial factors of a fit: random, or from an earlier fit where users and items are known.

    Attributes
    ----------
    factors : Factorization
    rng : numpy.random.Generator
    previous : Interactions, optional
        Training data of the earlier fit.
    is_new : tuple of (n_users,) and (n_items,) bool arrays, optional
        Users and items without factors in the earlier fit, set only for an incremental update.
    """

    factors: Factorization
    rng: np.random.Generator
    previous: Interactions | None = None
    is_new: tuple[BoolArray, BoolArray] | None = None


class Checkpoint(NamedTuple):
    """State after the last epoch of a fit with ``warm_start``; not saved in files.

    Attributes
    ----------
    interactions : Interactions
        Training data.
    parameters : dict
        Values of the parameters that a resumed fit may not change.
    state : EpochState or Descent
        Never modified: a resumed fit runs on a copy.
    """

    interactions: Interactions
    parameters: dict[str, Any]
    state: Any


class IterativeFactorRecommender(FactorRecommender):
    """Base class of factor models that are fitted in epochs, with warm starts and incremental updates.

    A subclass implements `_random_factors` and `_run`, which calls `_set_checkpoint` after the last epoch. Both see
    only users and items with interactions, so other users and items change nothing. Their factors are 0.
    """

    _memory_remedy: ClassVar[str] = "lower n_factors, or remove rare items and users"
    _exact_partial_fit = False
    _exact_forget = False
    _kept_by_refit: ClassVar[tuple[str, ...]] = ("_checkpoint",)
    _fixed_parameters: ClassVar[tuple[str, ...]] = ("n_factors",)  # a resumed fit may not change them
    _min_update_epochs: ClassVar[int] = 1
    # Fitted attributes with one row per user, and with one row per item (or none).
    _user_attributes: ClassVar[tuple[str, ...]] = ("user_factors_",)
    _item_attributes: ClassVar[tuple[str, ...]] = ("item_factors_",)
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **FactorRecommender._parameter_constraints,
        "n_epochs": COUNT,
        "warm_start": BOOLEAN,
        "random_state": RANDOM_STATE,
    }

    n_epochs: int
    warm_start: bool
    random_state: Any

    # ------------------------------------------------------------------ hooks

    def _random_factors(self, data: Interactions, rng: np.random.Generator) -> Factorization:
        """Return the initial factors of a fit from scratch."""
        raise NotImplementedError

    def _fitted_factors(self) -> Factorization:
        """Return the fitted factors, from which an update starts."""
        return Factorization.from_sides(self._user_factors(), self._item_factors())

    def _begin(self, data: Interactions, start: Start) -> Any:
        """Return the state before the first epoch; in an update, adapt it to new users and items."""
        return EpochState(start.factors, start.rng)

    def _run(self, data: Interactions, state: Any, first_epoch: int) -> None:
        """Run the epochs that are not done in ``state``, without the first ones, and set the fitted attributes."""
        raise NotImplementedError

    # ------------------------------------------------------------------ fitting

    def _plan_start(self, plan: MemoryPlan, n_factors: int) -> tuple[int, int]:
        """Add the data without empty users and items, and the random factors; return the numbers of users and items."""
        data = self.interactions_
        n_users, n_items = int(np.count_nonzero(data.rows.lengths)), len(np.unique(data.item_codes))
        if n_users < data.n_users or n_items < data.n_items:
            plan.keep("data without empty rows", 4.0 * data.n_interactions + 16.0 * (n_users + n_items))
        plan.work("random factors", 4.0 * n_factors * (n_users + n_items + max(n_users, n_items)))
        return n_users, n_items

    def _plan_expanded(self, plan: MemoryPlan, row_bytes: float, n_users: int, n_items: int) -> None:
        """Add the copies of the fitted factors with rows for empty users and items."""
        data = self.interactions_
        if n_users < data.n_users or n_items < data.n_items:
            plan.work("rows of all users and items", row_bytes * (data.n_users + data.n_items))

    def _fit(self, interactions: Interactions) -> None:
        data = drop_empty(interactions)
        checkpoint: Checkpoint | None = self.__dict__.pop("_checkpoint", None)
        if checkpoint is None or not self.warm_start:
            state = self._begin(data, self._random_start(data))
        elif checkpoint.interactions.equals(data):
            self._check_resumable(checkpoint)
            state = checkpoint.state.copy()
        else:
            start = self._start_from(checkpoint.state.factors, checkpoint.interactions, data)
            state = self._begin(data, start._replace(is_new=None))
        self._run(data, state, 0)
        self._expand(data, interactions)
        self._restore()

    def _partial_fit(self, merged: Interactions, previous: Interactions) -> None:
        """Start from the fitted factors and run the last epochs on all data."""
        self._update(merged, previous, update_epochs(merged, previous, self.n_epochs, self._min_update_epochs))

    def _forget(self, remaining: Interactions, previous: Interactions) -> None:
        """Start from the fitted factors of the remaining users and items, and run the last epochs on their data."""
        self._update(remaining, previous, update_epochs(previous, remaining, self.n_epochs, self._min_update_epochs))

    def _update(self, interactions: Interactions, previous: Interactions, n_epochs: int) -> None:
        """Run the last epochs on the interactions, from the factors that were fitted to the previous ones."""
        self.__dict__.pop("_checkpoint", None)
        data = drop_empty(interactions)
        state = self._begin(data, self._start_from(self._fitted_factors(), previous, data))
        self._run(data, state, self.n_epochs - n_epochs)
        self._expand(data, interactions)
        self._restore()

    def _expand(self, data: Interactions, interactions: Interactions) -> None:
        """Give the fitted attributes of users and items without interactions rows of 0."""
        if data is interactions:
            return
        for names, index, known in (
            (self._user_attributes, data.users, interactions.users),
            (self._item_attributes, data.items, interactions.items),
        ):
            codes = known.codes(index)
            for name in names:
                fitted = getattr(self, name)
                if len(fitted):
                    expanded = np.zeros((len(known), *fitted.shape[1:]), dtype=fitted.dtype)
                    expanded[codes] = fitted
                    setattr(self, name, expanded)

    def _random_start(self, data: Interactions) -> Start:
        rng = np.random.default_rng(check_random_state(self.random_state).randint(2**31 - 1))
        return Start(self._random_factors(data, rng), rng)

    def _start_from(self, old: Factorization, previous: Interactions, data: Interactions) -> Start:
        """Return a start with the earlier factors of known users and items, and random factors of the others."""
        self._check_unchanged(old.shape_parameters)
        start = self._random_start(data)
        users, items = start.factors.overwrite(old, data.users.codes(previous.users), data.items.codes(previous.items))
        return start._replace(previous=previous, is_new=(~users, ~items))

    def _set_checkpoint(self, data: Interactions, state: Any) -> None:
        """Keep a state for a resumed fit, if ``warm_start`` asks for it."""
        if self.warm_start:
            fixed = {name: getattr(self, name) for name in self._fixed_parameters}
            self._checkpoint = Checkpoint(data, fixed, state)

    def _check_resumable(self, checkpoint: Checkpoint) -> None:
        self._check_unchanged(checkpoint.parameters)
        if self.n_epochs < checkpoint.state.n_epochs:
            raise ValueError(
                f"n_epochs={self.n_epochs}: {checkpoint.state.n_epochs} epochs are done, and a fit with "
                "warm_start=True on the same data continues from them; raise n_epochs, or fit with warm_start=False"
            )

    def _check_unchanged(self, fitted: dict[str, Any]) -> None:
        """Raise ValueError if a parameter of this estimator differs from its value in the earlier fit."""
        given = self.get_params(deep=False)
        changed = [name for name, value in fitted.items() if name in given and given[name] != value]
        if changed:
            now, before = (", ".join(f"{name}={values[name]!r}" for name in changed) for values in (given, fitted))
            raise ValueError(
                f"{now}: the model was fitted with {before}; to change this, call fit with warm_start=False"
            )
