"""Base class of hybrids: fitting the parts, and their scores over the items of the hybrid."""

from collections.abc import Iterable
from functools import partial
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from recokit._runtime.language import Language
from recokit._typing import BoolArray, CodeArray, FloatArray
from recokit.base import Recommender, Term, Top
from recokit.base._memory import MemoryPlan
from recokit.base._parameters import RANDOM_STATE
from recokit.base._state import on_snapshot, replace_state, snapshot
from recokit.data._forgetting import OnUnknownUser
from recokit.data._inputs import as_interactions
from recokit.data.attributes import Attribute, Each, Instance, Named, Text
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.exceptions import DataError
from recokit.hybrid._given import Given, distinct_items, recoded
from recokit.hybrid._hold_out import HeldOut, given_split, hold_out
from recokit.hybrid._memory import PartPlan, plan_learning, plan_parts
from recokit.hybrid._parts import (
    Composition,
    FollowsParts,
    Parts,
    checked_parts,
    named_parts,
    new_part,
    on_part,
    seeds_of,
)
from recokit.hybrid._side import accepted_names, routed
from recokit.hybrid._similar import fused_neighbors
from recokit.hybrid._why_not import WhyNot, explain_absence

__all__ = ["Hybrid", "PartProfile", "Profiles"]

_SHARE_OF_BLOCK = 4  # arrays of scores that a block holds at a time


class PartProfile(NamedTuple):
    """Profiles of some users for one part.

    Attributes
    ----------
    profiles : object
        Profiles of the known users, as the part makes them.
    known : (n_known,) int64 array, or None
        Rows of the users with a profile; None for all.
    """

    profiles: Any
    known: Any = None


class Profiles(NamedTuple):
    """Profiles of some users for each part, and the distinct items of each history.

    Attributes
    ----------
    parts : tuple of PartProfile
    histories : Rows
        Distinct items of each user, in codes of the hybrid.
    """

    parts: tuple[PartProfile, ...]
    histories: Rows

    @property
    def n_users(self) -> int:
        """Number of users."""
        return self.histories.n_rows


class _Codes(NamedTuple):
    """Codes of a part, None where they equal the codes of the hybrid.

    Attributes
    ----------
    users : (n_users,) int32 array, or None
        Code in the part of each user of the hybrid, −1 if the part does not know the user.
    to_part : (n_items,) int32 array, or None
        Code in the part of each item of the hybrid, −1 if the part does not know the item.
    to_hybrid : (n_part_items,) int32 array, or None
        Code in the hybrid of each item of the part.
    """

    users: CodeArray | None
    to_part: CodeArray | None
    to_hybrid: CodeArray | None


class Hybrid(Composition, Recommender):
    """Base class of recommenders made of recommenders.

    `fit` fits copies of the parts, ``models``. A subclass implements ``_score_block``, and may learn from held-out data
    in ``_learn``, before the parts are fitted to all data.

    Attributes
    ----------
    parts_ : dict of str to Recommender
        The fitted parts by name.
    side_names_ : list of str
        Names of the side information that the parts were fitted to.
    """

    _own_side: ClassVar[tuple[str, ...]] = ("validation",)  # side information that the hybrid itself uses
    _excludes_seen = FollowsParts(True, all)
    _reads_order = FollowsParts(False, any)
    _exact_partial_fit = FollowsParts(True, all, unless_learned=True)
    _exact_forget = FollowsParts(True, all, unless_learned=True)

    parts_: dict[str, Recommender]
    side_names_: list[str]
    _codes: tuple[_Codes, ...]
    _transient: dict[str, Any]  # data of a running fit

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "random_state": RANDOM_STATE,
    }

    models: Any
    random_state: Any
    validation_size: float
    validation_users: int

    # ------------------------------------------------------------------ hooks of hybrids

    def _default_models(self, feedback: str) -> list[Recommender]:
        """Return new parts for ``models=None``."""
        raise NotImplementedError

    def _learns(self) -> bool:
        """Return whether `fit` learns from held-out data, which `partial_fit` does not repeat."""
        return False

    def _learn(self, given: Given, side: dict[str, Any]) -> None:
        """Set attributes learned from held-out parts of the training data; nothing by default."""

    def _part_terms(self, profiles: Profiles, item_code: int) -> list[Term]:
        """Return terms that add up to the score of an item for the single user of the profiles."""
        raise NotImplementedError

    def _part_weights(self) -> FloatArray:
        """Return the weight of each part in similar items and users: (n_parts,) float64; equal by default."""
        return np.full(len(self.parts_), 1.0 / len(self.parts_))

    # ------------------------------------------------------------------ parts

    def _recommenders(self) -> Iterable[Recommender]:
        """Return the fitted parts, or else the parts to fit."""
        if "parts_" in vars(self):
            return self.parts_.values()
        return [model for _, model in self._named_models("implicit")]

    def _named_models(self, feedback: str) -> Parts:
        """Return the parts to fit by name, without checks."""
        return named_parts(self._default_models(feedback) if self.models is None else self.models)

    def _checked_models(self, feedback: str) -> Parts:
        return checked_parts(self, self._default_models(feedback) if self.models is None else self.models)

    def _accepted_side(self) -> frozenset[str] | None:
        """Return the names of side information that `fit` accepts, None for any."""
        names: set[str] = set(self._own_side)
        for name, model in self._named_models("implicit"):
            accepted = accepted_names(model)
            if accepted is None:
                return None
            names |= accepted | {f"{name}__{one}" for one in accepted}
        return frozenset(names)

    def _fitted_parts(self, given: Given, side: dict[str, Any]) -> dict[str, Recommender]:
        """Return the parts fitted to data."""
        models = self._checked_models(given.interactions.feedback)
        own = {name: side[name] for name in self._own_side if name in side}
        sides = routed(models, {name: value for name, value in side.items() if name not in own}, type(self).__name__)
        seeds, fitted = self._transient["seeds"], {}
        with self._progress(len(models), "parts") as bar:
            for (name, model), seed in zip(models, seeds, strict=True):
                part = new_part(model, self.n_threads, seed)
                arguments = sides[name]
                fitted[name] = on_part(name, part, partial(part.fit, given.of(part), **arguments))
                bar.update(1)
        return fitted

    def _updated_parts(self, given: Given | None, side: dict[str, Any]) -> dict[str, Recommender]:
        """Return copies of the fitted parts, updated with new data; with only side information if ``given`` is None."""
        passed = {name: value for name, value in side.items() if name not in self._own_side}
        sides = routed(list(self.parts_.items()), passed, type(self).__name__)
        updated = {}
        for name, part in self.parts_.items():
            part = updated[name] = snapshot(part)
            if given is not None or sides[name]:
                data = None if given is None else given.of(part)
                on_part(name, part, partial(part.partial_fit, data, **sides[name]))
        return updated

    # ------------------------------------------------------------------ fitting

    def fit(self, X: Any, y: Any = None, **side: Any) -> Self:
        """Fit the parts to interactions, and learn their combination if asked to.

        Parameters
        ----------
        X : Interactions, Sequences, EventLog, scipy sparse matrix, or (user, item) pairs
            As in `Recommender.fit`. Parts that read the order need timestamps, sequences or a log.
        y : (n_pairs,) array-like, optional
            Ratings or strengths of the pairs; 1 each by default.
        **side
            Side information, such as ``catalogue=``, goes to all parts that accept it; ``part__catalogue=`` goes to one
            part. ``validation=(train, test)`` replaces the split of the training data that weights, thresholds and
            classifiers are learned on; both are data as ``X``, such as the result of
            `recokit.model_selection.split_log` for the training period.

        Returns
        -------
        self

        Raises
        ------
        DataError
            The data cannot be used, a part cannot be fitted (the message names it), or no items can be held out.
        TypeError
            No part accepts a side information, or ``models`` holds other things than recommenders.

        Warns
        -----
        LeakageWarning
            Pairs are held out by time, but hold several events each.
        """
        return super().fit(X, y, **side)

    def _hold_out(self, given: Given, side: dict[str, Any], owner: str) -> HeldOut:
        """Return the split to learn from: that of the argument ``validation``, or a split of the training data."""
        if side.get("validation") is None:
            options = self.validation_size, self.validation_users, self.random_state, owner
            return hold_out(given, *options, new_items_only=self._excludes_seen)
        try:
            train, test = side["validation"]
        except (TypeError, ValueError):
            raise DataError("validation: expected a pair (train, test)") from None
        name, in_order = "validation", self._reads_order
        read = Given.read(train, None, given.interactions.feedback, name, in_order=in_order)
        test = as_interactions(test, None, given.interactions.feedback)
        return given_split(read, test, self.validation_users, new_items_only=self._excludes_seen)

    def _read(self, X: Any, y: Any) -> Interactions:
        parts = self._checked_models("implicit" if self.feedback == "auto" else self.feedback)
        given = Given.read(X, y, self.feedback, type(self).__name__, in_order=self._reads_order)
        self._transient = {"given": given, "seeds": seeds_of(self.random_state, len(parts))}
        return given.interactions

    def _read_more(self, X: Any, y: Any) -> Interactions:
        known = self.interactions_
        asked = known.feedback if self.feedback == "auto" and not isinstance(X, Interactions) else self.feedback
        given = Given.read(X, y, asked, type(self).__name__, in_order=self._reads_order)
        self._transient = {"given": given}
        return known.merge(given.interactions, duplicates="last" if known.feedback == "explicit" else "sum")

    def _prepare(self, interactions: Interactions, **side: Any) -> Interactions:
        if "interactions_" in vars(self):
            self.parts_ = self._updated_parts(vars(self).get("_transient", {}).get("given"), side)
        else:
            given = self._transient["given"]
            models = self._checked_models(interactions.feedback)
            if len(models) != len(self._transient["seeds"]):  # the default parts depend on the feedback
                self._transient["seeds"] = seeds_of(self.random_state, len(models))
            self._learn(given, side)
            self.parts_ = self._fitted_parts(given, side)
        self.__dict__.pop("_transient", None)
        known = vars(self).get("side_names_", [])
        self.side_names_ = sorted({*known, *(name for name in side if name not in self._own_side)})
        return _over_all(interactions, self.parts_.values())

    def _plan_for(self, X: Any, y: Any, side: dict[str, Any]) -> tuple[MemoryPlan, Interactions]:
        """Return the arrays of the fits of the parts, one after another; the parts are not fitted."""
        interactions = self._read(X, y)
        transient = self.__dict__.pop("_transient")
        self._set_common_attributes(interactions)
        plan, models = self._planned_memory(), self._checked_models(interactions.feedback)
        passed = {name: value for name, value in side.items() if name not in self._own_side}
        sides, parts = routed(models, passed, type(self).__name__), []
        for name, model in models:
            part = new_part(model, self.n_threads, None)
            parts.append(PartPlan(name, *part._plan_for(transient["given"].of(part), None, sides[name])))
        if self._learns():
            size = 0.0 if side.get("validation") is not None else self.validation_size
            arrays = plan_learning(plan, interactions, parts, size)
            self._plan_learning(plan, parts)
            plan.drop(*arrays)
        plan_parts(plan, parts)
        plan.work("sums of items", 16.0 * interactions.n_interactions)  # by the hybrid, beside its fitted parts
        return plan, interactions

    def _plan_learning(self, plan: MemoryPlan, parts: list[PartPlan]) -> None:
        """Add the arrays of `_learn` beyond the remaining data and the parts; none by default."""

    def _fit(self, interactions: Interactions) -> None:
        if vars(self).get("_refits_parts"):
            self._learn_again(interactions)
        self._codes = self._aligned(self.parts_, interactions)

    def _described(self) -> dict[str, Attribute]:
        return super()._described() | {"parts_": Named(Instance(Recommender)), "side_names_": Each(Text())}

    def _restore(self) -> None:
        for name, part in self.parts_.items():
            if not part.__sklearn_is_fitted__():
                raise ValueError(f"the part {name!r} is not fitted")
        self._codes = self._aligned(self.parts_, self.interactions_)

    def _aligned(self, parts: dict[str, Recommender], interactions: Interactions) -> tuple[_Codes, ...]:
        """Return the codes of each part."""
        return tuple(_codes_of(part.interactions_, interactions) for part in parts.values())

    # ------------------------------------------------------------------ forgetting

    def forget(self, users: Any, *, refit: bool = False, on_unknown: OnUnknownUser = "raise") -> Self:
        """Remove users from the model and all its parts, as if they had never been in the data.

        Learned weights, thresholds and classifiers are kept, since they depend on many users. With ``refit=True`` they
        are learned again, unless the parts were fitted to side information, which is not stored.

        Parameters
        ----------
        users : array-like of ids, or one id
        refit : bool
            Fit all parts anew on the remaining data.
        on_unknown : {"raise", "ignore"}
            Treatment of users outside the data.

        Returns
        -------
        self

        Raises
        ------
        NotFittedError
            The model is not fitted.
        UnknownIdError
            A user is unknown and ``on_unknown="raise"``; the model stays as it was.
        DataError
            No interactions would be left.
        """
        model = self._with_attributes({**vars(self), "_refits_parts": refit})
        super(Hybrid, model).forget(users, refit=refit, on_unknown=on_unknown)
        model.__dict__.pop("_refits_parts", None)
        replace_state(self, model)
        return self

    def _forget_side(self, users: Any) -> BoolArray:
        known: BoolArray = np.zeros(len(users), dtype=np.bool_)
        parts = {}
        for name, part in self.parts_.items():
            known |= part.interactions_.users.codes(users) >= 0
            parts[name] = snapshot(part).forget(users, refit=self.__dict__["_refits_parts"], on_unknown="ignore")
        self.parts_ = parts
        return known

    def _side_items(self) -> BoolArray:
        """Return the mask of the items that the side information of a part holds."""
        items = self.interactions_.items
        mask: BoolArray = np.zeros(len(items), dtype=np.bool_)
        for part in self.parts_.values():
            held = part._side_items()
            if held is not None:
                codes = items.codes(part.interactions_.items.take(np.flatnonzero(held)))
                mask[codes[codes >= 0]] = True
        return mask

    def _learn_again(self, interactions: Interactions) -> None:
        """Learn again from the remaining data, unless the parts were fitted to side information."""
        if not self._learns() or self.side_names_:
            return
        sequences = [part.sequences_ for part in self.parts_.values() if hasattr(part, "sequences_")]
        self._transient = {"seeds": seeds_of(self.random_state, len(self.parts_))}
        self._learn(Given(interactions, sequences[0] if sequences else None), {})
        del self._transient

    # ------------------------------------------------------------------ profiles and scores

    def _user_profiles(self, user_codes: CodeArray) -> Profiles:
        profiles = []
        for part, codes in zip(self.parts_.values(), self._codes, strict=True):
            mine = user_codes if codes.users is None else codes.users[user_codes]
            known = None if np.all(mine >= 0) else np.flatnonzero(mine >= 0)
            profiles.append(PartProfile(part._user_profiles(mine if known is None else mine[known]), known))
        return Profiles(tuple(profiles), self._training_histories(user_codes))

    def _fold_in(self, histories: Rows) -> Profiles:
        return self._folded(histories, self.parts_, self._codes, self._reads_order)

    @staticmethod
    def _folded(
        histories: Rows, parts: dict[str, Recommender], all_codes: tuple[_Codes, ...], in_order: bool
    ) -> Profiles:
        """Return profiles from histories, which are in time order and with repeats if ``in_order``."""
        distinct = distinct_items(histories) if in_order else histories
        ordered = histories._replace(values=np.empty(0, np.float32)) if in_order else histories
        profiles = []
        for part, codes in zip(parts.values(), all_codes, strict=True):
            rows = recoded(ordered if part._reads_order else distinct, codes.to_part, in_order=part._reads_order)
            profiles.append(PartProfile(part._fold_in(Rows.from_arrays(*rows))))
        return Profiles(tuple(profiles), distinct)

    def _read_histories(self, given: Any, *, skip_unknown: bool) -> tuple[Any, Rows]:
        if not self._reads_order:
            return super()._read_histories(given, skip_unknown=skip_unknown)
        from recokit.sequence._histories import read_ordered_histories  # loads late, like all sequence models

        return read_ordered_histories(given, self.interactions_.items, skip_unknown=skip_unknown)

    def _read_history(self, given: Any) -> Rows:
        if not self._reads_order:
            return super()._read_history(given)
        from recokit.sequence._histories import read_ordered_history

        return read_ordered_history(given, self.interactions_.items)

    def _histories_in_ids(self, users: list[Any], rows: Rows, *, in_order: bool) -> dict[Any, Any]:
        if not self._reads_order:
            return super()._histories_in_ids(users, rows, in_order=in_order)
        if not in_order:
            return super()._histories_in_ids(users, distinct_items(rows), in_order=False)
        ids, bounds = self.interactions_.items.take(rows.codes).tolist(), rows.indptr.tolist()
        return {user: ids[bounds[row] : bounds[row + 1]] for row, user in enumerate(users)}

    def _part_scores(self, place: int, profiles: Profiles) -> FloatArray:
        """Return the scores of one part over the items of the hybrid, −∞ without evidence: (n_users, n_items)."""
        part, codes = list(self.parts_.values())[place], self._codes[place]
        return aligned_scores(
            part, codes.to_hybrid, profiles.parts[place], profiles.n_users, self.interactions_.n_items
        )

    def _dense_block_size(self) -> int:
        return max(1, super()._dense_block_size() // _SHARE_OF_BLOCK)

    # ------------------------------------------------------------------ explaining

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        return self._part_terms(self._user_profiles(np.array([user_code], np.int32)), item_code)

    def _explain_history(self, history: Rows, item_code: int) -> list[Term]:
        if self._reads_order:
            return self._part_terms(self._fold_in(history), item_code)
        return super()._explain_history(history, item_code)

    @on_snapshot
    def why_not(
        self,
        user: Any,
        item: Any,
        n: int = 10,
        *,
        exclude_seen: bool | None = None,
        candidates: Any = None,
        exclude: Any = None,
        language: Language = "en",
    ) -> WhyNot:
        """Return the stage where an item was lost that `recommend` does not list for a user.

        Parameters
        ----------
        user, item : ids
            A user of the training data, and any item.
        n, exclude_seen, candidates, exclude
            The arguments of `recommend`.
        language : {"en", "zh"}
            Language of ``str(result)``.

        Returns
        -------
        WhyNot
            The stage, the rank of the item in each part, and the rank in the hybrid.

        Raises
        ------
        UnknownIdError
            The user is unknown.
        """
        return explain_absence(self, user, item, n, exclude_seen, candidates, exclude, language)

    def _candidate_limit(self) -> int | None:
        """Return the number of candidates that each part gives; None if all items are candidates."""
        return None

    def _similar_items(self, item_codes: CodeArray, n: int) -> Top:
        codes = [(one.to_part, one.to_hybrid) for one in self._codes]
        return self._neighbors("_similar_items", item_codes, n, codes, self.interactions_.n_items)

    def _similar_users(self, user_codes: CodeArray, n: int) -> Top:
        users = self.interactions_.users
        codes = [
            (one.users, None if one.users is None else users.codes(part.interactions_.users))
            for one, part in zip(self._codes, self.parts_.values(), strict=True)
        ]
        return self._neighbors("_similar_users", user_codes, n, codes, len(users))

    def _neighbors(self, method: str, queries: CodeArray, n: int, codes: list[Any], n_all: int) -> Top:
        top = fused_neighbors(
            list(self.parts_.values()), self._part_weights(), method, queries, n, codes, n_all, self._runner()
        )
        if top is None:
            raise NotImplementedError(f"no part of this {type(self).__name__} defines {method[1:].replace('_', ' ')}")
        return top


def aligned_scores(
    part: Recommender, to_hybrid: CodeArray | None, profile: PartProfile, n_users: int, n_items: int
) -> FloatArray:
    """Return the scores of a part over the items of the hybrid: (n_users, n_items) float32, a new array."""
    if profile.known is not None and len(profile.known) == 0:
        return np.full((n_users, n_items), -np.inf, dtype=np.float32)
    scores = np.asarray(part._score_block(profile.profiles), dtype=np.float32)
    if to_hybrid is None and profile.known is None:
        return scores
    aligned: FloatArray = np.full((n_users, n_items), -np.inf, dtype=np.float32)
    rows = np.arange(n_users) if profile.known is None else profile.known
    columns = np.arange(n_items) if to_hybrid is None else to_hybrid
    if np.any(columns < 0):  # items that the hybrid has forgotten
        scores, columns = scores[:, columns >= 0], columns[columns >= 0]
    aligned[np.ix_(rows, columns)] = scores
    return aligned


def _over_all(interactions: Interactions, parts: Iterable[Recommender]) -> Interactions:
    """Return interactions over all users and items of the parts."""
    users, items = interactions.users, interactions.items
    for part in parts:
        users, items = _joined(users, part.interactions_.users), _joined(items, part.interactions_.items)
    if users is interactions.users and items is interactions.items:
        return interactions
    return interactions.reindex(users, items)


def _joined(index: IdIndex, other: IdIndex) -> IdIndex:
    return index if index == other or np.all(index.codes(other) >= 0) else index.union(other)


def _codes_of(part: Interactions, hybrid: Interactions) -> _Codes:
    users = None if part.users == hybrid.users else part.users.codes(hybrid.users)
    if part.items == hybrid.items:
        return _Codes(users, None, None)
    return _Codes(users, part.items.codes(hybrid.items), hybrid.items.codes(part.items))
