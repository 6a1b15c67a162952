"""Fitting, incremental updates and saving: the half of the protocol that sets the fitted state."""

from collections.abc import Callable, Hashable
from typing import Any, ClassVar, Literal, Self, TypeVar, cast

import numpy as np
from sklearn.base import BaseEstimator

from recokit import persistence
from recokit._runtime.memory import ALWAYS_FREE, require_memory
from recokit._runtime.progress import progress_bar
from recokit._runtime.threads import Runner, thread_count
from recokit._typing import AnyArray, FloatArray
from recokit.base._biases import BaselineBiases
from recokit.base._changed_parameters import warn_of_changed_parameters
from recokit.base._memory import MemoryPlan
from recokit.base._parameters import BOOLEAN, OPTIONAL_COUNT, one_of
from recokit.base._rating_scale import rating_range
from recokit.base._state import on_snapshot, replace_state
from recokit.data._inputs import as_interactions
from recokit.data.attributes import Array, Attribute, Each, Instance, Number, Storable, check_attributes
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError

__all__ = ["Learner", "as_item_counts"]

_DERIVED = "_derived_values"  # attribute with the results of Learner._derived
_Source = TypeVar("_Source")
_Derived = TypeVar("_Derived")


class Learner(BaseEstimator):
    """An estimator that is fitted to interactions, updated and saved.

    The fitted state of an estimator consists of all attributes except its parameters. `fit` and `partial_fit` prepare a
    new state on a copy and then replace the old one in a single assignment. An error therefore leaves the estimator
    unchanged, and readers in other threads see the state before or after, never a mixture.

    Attributes
    ----------
    interactions_ : Interactions
        Training data, over all known users and items.
    item_counts_ : (n_items,) float32 array
        Sum of strengths (implicit) or number of ratings (explicit) of each item.
    """

    _supported_feedback: ClassVar[tuple[str, ...]] = ("explicit", "implicit")
    _exact_partial_fit: ClassVar[bool] = True  # partial_fit equals a refit on all data
    _reads_order: ClassVar[bool] = False  # fit needs the order of the events, from times or rows
    _falls_back_to_biases: ClassVar[bool] = True  # ratings of unknown pairs are predicted by fitted biases
    _may_lack_interactions: ClassVar[bool] = False  # a fitted model may hold no training data
    _kept_by_refit: ClassVar[tuple[str, ...]] = ()  # attributes that a new fit may continue from
    # What to do if a fit does not fit into memory, in the imperative.
    _memory_remedy: ClassVar[str] = "fit fewer interactions, or remove rare items and users"

    feedback: str
    n_threads: int | None
    verbose: bool
    interactions_: Interactions
    item_counts_: FloatArray
    rating_range_: tuple[float, float]
    _fit_parameters: dict[str, Any]  # parameters of the last fit
    _fitted_names: frozenset[str]  # attributes of the fitted state; other attributes survive a refit

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "feedback": one_of("auto", "explicit", "implicit"),
        "n_threads": OPTIONAL_COUNT,
        "verbose": BOOLEAN,
    }

    # ------------------------------------------------------------------ hooks

    def _read(self, X: Any, y: Any) -> Interactions:
        """Return the data passed to `fit` as Interactions. An override may set further fitted attributes."""
        return as_interactions(X, y, self.feedback)  # type: ignore[arg-type]

    def _read_more(self, X: Any, y: Any) -> Interactions:
        """Return the training data merged with the data passed to `partial_fit`; an override may set attributes."""
        known = self.interactions_
        asked = known.feedback if self.feedback == "auto" and not isinstance(X, Interactions) else self.feedback
        new = as_interactions(X, y, asked)  # type: ignore[arg-type]
        return known.merge(new, duplicates="last" if known.feedback == "explicit" else "sum")

    def _prepare(self, interactions: Interactions, **side: Any) -> Interactions:
        """Read the side information; return the interactions over all users and items of the model."""
        if side:
            raise TypeError(f"{type(self).__name__}.fit takes no {', '.join(sorted(side))}")
        return interactions

    @classmethod
    def _example_side(cls, interactions: Interactions) -> dict[str, Any]:
        """Return side information for generated interactions, for `recokit.warm_up` and the contract checks."""
        return {}

    def _fit(self, interactions: Interactions) -> None:
        """Fit the model: set its fitted attributes, whose names end in an underscore."""
        raise NotImplementedError

    def _partial_fit(self, merged: Interactions, previous: Interactions) -> None:
        """Update the model from ``previous`` to ``merged`` interactions; a refit by default.

        Called on a copy that shares the arrays of the old state: set new arrays, never write into old ones.
        """
        self._fit(merged)

    def _plan_reading(self, plan: MemoryPlan, given: Any) -> None:
        """Add the arrays of `_read` for data passed to `fit` to a plan; none by default, as for Interactions."""

    def _plan_memory(self, plan: MemoryPlan) -> None:
        """Add the arrays of `_fit` to a plan, in the order of the algorithm; none by default.

        Called before `_fit`, with the parameters and ``interactions_`` set.
        """

    def _memory_limit_gb(self) -> float | None:
        """Return a limit of the memory of a fit that the caller has set, in place of the available memory."""
        return None

    def _check_fit(self) -> None:
        """Warn if the fitted model is of no use; nothing by default."""

    def _described(self) -> dict[str, Attribute]:
        """Return descriptions of the attributes to save; loading refuses a file that does not fit them.

        Called with the parameters and ``interactions_`` set. An override adds its attributes to those of ``super()``. A
        class outside recokit without an override saves all attributes whose names end in an underscore, unchecked.
        """
        described: dict[str, Attribute] = {
            "n_features_in_": Number(at_least=2, at_most=2, whole=True),
            "interactions_": Instance(Interactions, (("n_users", "n_users"), ("n_items", "n_items"))),
            "item_counts_": Array("float32", ("n_items",), at_least=0),
        }
        if self._is_explicit():
            described |= {"rating_range_": Each(Number(), 2), "_mean": Number()}
            if self._falls_back_to_biases:
                described |= {
                    "_user_bias": Array("float64", ("n_users",)),
                    "_item_bias": Array("float64", ("n_items",)),
                }
        return described

    def _restore(self) -> None:
        """Recompute, after loading, the attributes that `_fit` sets and that are not saved.

        Raise ValueError if attributes contradict each other; each one fits its description.
        """

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        """Return candidate values of the parameters worth tuning on explicit or implicit feedback; none by default."""
        return {}

    # ------------------------------------------------------------------ fitting

    def fit(self, X: Any, y: Any = None, **side: Any) -> Self:
        """Fit the model to interactions.

        Parameters
        ----------
        X : Interactions, Sequences, EventLog, scipy sparse matrix, or (user, item) pairs
            The rows of a matrix are users. Pairs are an array, frame or list of two columns. The strength of a pair of
            `recokit.data.Sequences`, or of an EventLog with one kind of event, is its number of events; for several
            kinds, pass ``log.interactions(weights)``. Models of sequences also read the order.
        y : (n_pairs,) array-like, optional
            Ratings or strengths of the pairs; 1 each by default.
        **side
            Side information, for models that take it.

        Returns
        -------
        self

        Raises
        ------
        DataError
            The data cannot be used; the message names the column, the count and the first offenders.
        MemoryError
            The fit needs more memory than is available; raised before the fit begins, from the estimate of
            `recokit.serving.estimate_memory`, with an alternative. Estimates up to 256 MiB are not compared.
        sklearn.utils._param_validation.InvalidParameterError
            A parameter is out of its range; a subclass of ValueError.

        Warns
        -----
        WeakModelWarning
            The lists of a sample of users hold fewer of their own training items than the most popular items do.
        """
        self._validate_params()
        model = self._with_attributes(self._unfitted_attributes())
        before = frozenset(vars(model))
        given = model._read(X, y)
        if given.n_interactions == 0:
            raise DataError("no interactions to fit")
        interactions = model._prepare(given, **side)
        model._set_common_attributes(interactions)
        model._require_memory()
        model._fit(interactions)
        model._check_fit()
        model._fit_parameters = model.get_params(deep=False)
        model._fitted_names = frozenset(vars(model)) - before | set(self._kept_by_refit)
        replace_state(self, model)
        return self

    def partial_fit(self, X: Any, y: Any = None, **side: Any) -> Self:
        """Update the model with further interactions of known and new users and items.

        With explicit feedback, a repeated pair takes the rating with the latest timestamp, or the new rating if there
        are no timestamps. With implicit feedback, the strengths of a repeated pair are added. If the training data have
        timestamps, the new data must have timestamps too.

        Parameters
        ----------
        X, y, **side
            As in `fit`. The first call is the same as `fit`. ``X`` may be None if only side information is new.

        Returns
        -------
        self

        Raises
        ------
        DataError
            As in `fit`, or the kind of feedback differs from that of the training data.
        """
        if not self.__sklearn_is_fitted__():
            return self.fit(X, y, **side)
        self._validate_params()
        model = self._with_attributes({name: value for name, value in vars(self).items() if name != _DERIVED})
        previous = merged = model.interactions_
        if X is not None or not side:
            merged = model._read_more(X, y)
        merged = model._prepare(merged, **side)
        model._set_common_attributes(merged)
        if type(self)._partial_fit is Learner._partial_fit:  # a refit; other updates need little beyond the model
            model._require_memory()
        model._partial_fit(merged, previous)
        model._fit_parameters = model.get_params(deep=False)
        model._fitted_names |= frozenset(vars(model)) - frozenset(vars(self))
        replace_state(self, model)
        return self

    def _unfitted_attributes(self) -> dict[str, Any]:
        """Return the attributes without the fitted state, except for the names in ``_kept_by_refit``."""
        dropped = self.__dict__.get("_fitted_names", frozenset()) - set(self._kept_by_refit) | {_DERIVED}
        return {name: value for name, value in vars(self).items() if name not in dropped}

    def _with_attributes(self, attributes: dict[str, Any]) -> Self:
        """Return an estimator of the same class with these attributes."""
        model = object.__new__(type(self))
        model.__dict__ = attributes
        return model

    def _set_common_attributes(self, interactions: Interactions) -> None:
        """Set the attributes common to all models."""
        if interactions.feedback not in self._supported_feedback:
            (kind,) = self._supported_feedback
            remedy = (
                "give ratings as y" if kind == "explicit" else "to use ratings as strengths, set feedback='implicit'"
            )
            raise DataError(f"{type(self).__name__} is fitted to {kind} feedback only; {remedy}")
        self.__dict__[_DERIVED] = {}  # here, so that requests add no attribute
        self.n_features_in_ = 2
        self.interactions_ = interactions
        explicit = interactions.feedback == "explicit"
        weights = None if explicit else interactions.values
        self.item_counts_ = as_item_counts(
            np.bincount(interactions.item_codes, weights, minlength=interactions.n_items)
        )
        if explicit:
            values = interactions.values
            self.rating_range_ = rating_range(values, getattr(self, "rating_scale", None))
            self._mean = float(values.mean(dtype=np.float64))
        if explicit and self._falls_back_to_biases:
            _, self._user_bias, self._item_bias = BaselineBiases.fit(interactions)

    def _plan_for(self, X: Any, y: Any, side: dict[str, Any]) -> tuple[MemoryPlan, Interactions]:
        """Return the arrays of a fit to data, and the data; sets attributes of this estimator, which is a copy."""
        interactions = self._prepare(self._read(X, y), **side)
        self._set_common_attributes(interactions)
        return self._planned_memory(given=X), interactions

    def _planned_memory(self, *, given: Any = None, quick: bool = False) -> MemoryPlan:
        """Return the arrays of a fit to ``interactions_``.

        Parameters
        ----------
        given : data, optional
            Data that the fit has yet to read.
        quick : bool
            Use upper bounds in place of samples of the data.
        """
        data, plan = self.interactions_, MemoryPlan(self._runner().n_threads, quick=quick)
        implicit = data.feedback == "implicit"
        if given is not None:
            self._plan_reading(plan, given)
        plan.work("sums of items", (8.0 + 8.0 * implicit) * data.n_interactions)
        plan.keep("sums of items", 4.0 * data.n_items)
        if not implicit and self._falls_back_to_biases:
            plan.keep("biases", 8.0 * (data.n_users + data.n_items))
        self._plan_memory(plan)
        return plan

    def _require_memory(self) -> None:
        """Raise MemoryError if the fit needs more memory than is available."""
        data, limit_gb = self.interactions_, self._memory_limit_gb()
        allowed = ALWAYS_FREE if limit_gb is None else 1e9 * limit_gb
        needed = self._planned_memory(quick=True).peak
        if needed <= allowed:
            return
        needed = self._planned_memory().peak
        task = f"{type(self).__name__} with {data.n_users:,} users and {data.n_items:,} items"
        require_memory(needed, task, self._memory_remedy, max_memory_gb=limit_gb)

    @property
    def _biases(self) -> BaselineBiases:
        """Baseline of the training ratings (explicit feedback)."""
        return BaselineBiases(self._mean, self._user_bias, self._item_bias)

    def search_space(self, feedback: Literal["explicit", "implicit"] | None = None) -> dict[str, Any]:
        """Return sensible values of the parameters worth tuning, for `recokit.model_selection.tune`.

        Parameters
        ----------
        feedback : {"explicit", "implicit"}, optional
            Kind of the data to tune on; by default that of the training data or of the parameter ``feedback``, else
            implicit if the model supports it.

        Returns
        -------
        dict of str to list
            Names of parameters and values to try, which may be changed. It is empty if the model has no parameter worth
            tuning.

        Raises
        ------
        ValueError
            The feedback is neither.

        Examples
        --------
        >>> from recokit import Popularity
        >>> sorted(Popularity().search_space())
        ['half_life']
        """
        if feedback is None:
            if "interactions_" in vars(self):
                feedback = self.interactions_.feedback
            else:
                supported = self._supported_feedback
                feedback = "implicit" if self.feedback != "explicit" and "implicit" in supported else "explicit"
        if feedback not in ("explicit", "implicit"):
            raise ValueError(f"feedback={feedback!r}: expected 'explicit' or 'implicit'")
        return self._search_space(feedback)

    # ------------------------------------------------------------------ saving

    @on_snapshot
    def save(self, path: Any, *, key: bytes | None = None) -> None:
        """Write the fitted model to one file, for `recokit.load`.

        The file is in the safetensors format and holds no code. It holds the training interactions and all ids.

        Parameters
        ----------
        path : path-like
            The file to write.
        key : bytes, optional
            Secret of at least 16 bytes, such as ``secrets.token_bytes(32)``: the file is encrypted with AES-256-GCM,
            and `recokit.load` needs the same key. It needs the extra ``recokit[privacy]``.

        Raises
        ------
        TypeError
            A parameter cannot be saved, such as a function or a random generator.
        ValueError
            A fitted attribute has been changed so that no file with it could be loaded.
        OSError
            The file cannot be written; an existing file is unchanged.
        """
        warn_of_changed_parameters(self, self.__dict__.get("_fit_parameters", {}))
        persistence.save(self, path, key)

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes to pickle or copy; `_restore` computes the others again."""
        warn_of_changed_parameters(self, self.__dict__.get("_fit_parameters", {}))
        state: dict[str, Any] = dict(super().__getstate__())
        state.pop(_DERIVED, None)
        if "interactions_" in state and _describes_itself(type(self)):
            kept = {*self._described(), *self._kept_by_refit}
            state = {name: each for name, each in state.items() if name not in self._fitted_names - kept}
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "interactions_" in state:
            self.__dict__[_DERIVED] = {}
            if _describes_itself(type(self)):
                self._restore()
            self._fit_parameters = self.get_params(deep=False)

    def _to_state(self) -> dict[str, Any]:
        saved: dict[str, Any] = {}
        if self.__sklearn_is_fitted__():  # a part of another model need not be
            described = self._described()
            saved = {name: value for name, value in vars(self).items() if name.endswith("_") or name in described}
            self._check_saved(saved)
        return {"params": self.get_params(deep=False), "learned": saved}

    @classmethod
    def _from_state(cls, state: dict[str, Any]) -> Self:
        model = cls(**state["params"])
        model._validate_params()
        if not state["learned"]:
            return model
        # Older files spell private attributes with a trailing underscore.
        learned = {name.rstrip("_") if name.startswith("_") else name: each for name, each in state["learned"].items()}
        if not isinstance(learned.get("interactions_"), Interactions):
            raise ValueError(f"{cls.__name__}.interactions_: expected Interactions")
        model.interactions_ = learned["interactions_"]
        lacks_data = model.interactions_.n_interactions == 0 and not cls._may_lack_interactions
        if lacks_data or model.interactions_.feedback not in cls._supported_feedback:
            raise ValueError(f"{cls.__name__} cannot be fitted to {model.interactions_}")
        model._check_saved(learned)
        model.__dict__.update(learned)
        model.__dict__[_DERIVED] = {}
        model._restore()
        model._fit_parameters = model.get_params(deep=False)
        model._fitted_names = frozenset(vars(model)) - set(model._fit_parameters)
        return model

    def _check_saved(self, saved: dict[str, Any]) -> None:
        """Raise ValueError if saved attributes do not fit their descriptions."""
        described = self._described()
        if not _describes_itself(type(self)):
            free = [name for name in saved if name.isidentifier() and not hasattr(type(self), name)]
            described |= {name: Storable() for name in free if name not in described}
        data = self.interactions_
        check_attributes(saved, described, {"n_users": data.n_users, "n_items": data.n_items}, type(self).__name__)

    # ------------------------------------------------------------------ for subclasses

    def _derived(self, name: Hashable, source: _Source, make: Callable[[_Source], _Derived]) -> _Derived:
        """Return ``make(source)`` for a fitted attribute, kept for later requests until another source is given.

        For work in proportion to all items or data, which each request would otherwise repeat. The result may depend on
        nothing but the name and the source. It is neither saved nor pickled.
        """
        kept = self.__dict__.setdefault(_DERIVED, {})
        entry = kept.get(name)
        if entry is None or entry[0] is not source:  # threads that find none make equal ones
            entry = kept[name] = source, make(source)
        return cast("_Derived", entry[1])

    def __sklearn_is_fitted__(self) -> bool:
        return "interactions_" in vars(self)

    def _is_explicit(self) -> bool:
        return self.interactions_.feedback == "explicit"

    def _runner(self) -> Runner:
        """Return a runner with the threads of this estimator."""
        return Runner(thread_count(self.n_threads))

    def _progress(self, total: int, unit: str) -> Any:
        """Return a progress bar, shown if ``verbose`` is set."""
        return progress_bar(total, type(self).__name__, unit, show=bool(self.verbose))


def as_item_counts(counts: AnyArray) -> FloatArray:
    """Return sums of strengths, or numbers of ratings, as the attribute ``item_counts_``.

    Raises
    ------
    DataError
        A sum is out of the range of float32.
    """
    if counts.max(initial=0) > np.finfo(np.float32).max:
        raise DataError(
            f"the strengths of an item add up to {counts.max():.3g}, out of the range of float32; give strengths "
            "in a larger unit, or take logarithms"
        )
    return counts.astype(np.float32)


def _describes_itself(kind: type) -> bool:
    """Return whether a class describes its attributes: recokit's classes do, and others that override the hook."""
    first = next(cls for cls in kind.__mro__ if "_described" in vars(cls) or _is_own(cls))
    return _is_own(kind) or not _is_own(first)


def _is_own(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == "recokit"
