"""Learner: what every model does to learn, to learn more, and to be saved."""

from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from recokit import persistence
from recokit._threads import thread_count
from recokit._typing import FloatArray
from recokit._validation import as_interactions
from recokit.exceptions import DataError
from recokit.interactions import Interactions
from recokit.kernels.bias import fit_biases

__all__ = ["L2_ITEM", "L2_USER", "Learner"]

L2_USER, L2_ITEM = 5.0, 3.0  # of the biases that a model falls back to


class Learner(BaseEstimator):
    """An estimator that learns from interactions: the half of `recokit.base.Recommender` that fits and saves.

    Attributes
    ----------
    interactions_ : Interactions
        What the model learned from, over all the users and items that it knows.
    item_counts_ : (n_items,) float32 array
        Sum of strengths (implicit) or number of ratings (explicit) of each item.
    """

    _supported_feedback: ClassVar[tuple[str, ...]] = ("explicit", "implicit")
    _exact_partial_fit: ClassVar[bool] = True  # partial_fit gives the model of a refit on all data
    _falls_back_to_biases: ClassVar[bool] = True  # on ratings, where a pair is not known, so that biases are fitted

    feedback: str
    n_threads: int | None
    verbose: bool
    interactions_: Interactions
    item_counts_: FloatArray

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "feedback": [StrOptions({"auto", "explicit", "implicit"})],
        "n_threads": [Interval(Integral, 1, None, closed="left"), None],
        "verbose": ["boolean"],
    }

    # ------------------------------------------------------------------ hooks

    def _prepare(self, interactions: Interactions, **side: Any) -> Interactions:
        """Check and take in the side information; return the interactions over all the users and items to know."""
        if side:
            raise TypeError(f"{type(self).__name__}.fit takes no {', '.join(sorted(side))}")
        return interactions

    @classmethod
    def _example_side(cls, interactions: Interactions) -> dict[str, Any]:
        """Return side information for made-up interactions, as `recokit.warm_up` and the contract's checks need it."""
        return {}

    def _fit(self, interactions: Interactions) -> None:
        """Learn; set attributes that end in an underscore."""
        raise NotImplementedError

    def _partial_fit(self, merged: Interactions, previous: Interactions) -> None:
        """Learn from the merged interactions, knowing what was learned from the previous; by default from scratch."""
        self._fit(merged)

    def _restore(self) -> None:
        """Derive again, in a model that has been loaded, what `_fit` sets beyond the attributes that are saved."""

    # ------------------------------------------------------------------ fitting

    def fit(self, X: Any, y: Any = None, **side: Any) -> Self:
        """Learn from interactions.

        Parameters
        ----------
        X : Interactions, scipy sparse matrix, or (user, item) pairs
            The rows of a matrix are users. Pairs are an array, frame or list of two columns.
        y : (n_pairs,) array-like, optional
            Ratings or strengths of the pairs; 1 each where there are none.
        **side
            What else the model takes.

        Returns
        -------
        self

        Raises
        ------
        DataError
            The data cannot be used; the message names the column, the count and the first offenders.
        sklearn.utils._param_validation.InvalidParameterError
            A parameter is not what it should be (a ValueError).
        """
        self._validate_params()
        given = as_interactions(X, y, self.feedback)  # type: ignore[arg-type]
        if given.n_interactions == 0:
            raise DataError("no interactions to learn from")
        with self._all_or_nothing():
            self.__dict__ = {name: value for name, value in vars(self).items() if not name.endswith("_")}
            interactions = self._prepare(given, **side)
            self._take(interactions)
            self._fit(interactions)
        return self

    def partial_fit(self, X: Any, y: Any = None, **side: Any) -> Self:
        """Learn from further interactions, of known and of new users and items.

        A pair that was there before takes the rating with the latest timestamp, or without timestamps the new one
        (explicit feedback), or adds the new strength (implicit). Where the model learned from timestamps, what is new
        must have them too.

        Parameters
        ----------
        X, y, **side
            As in `fit`. The first call is the same as `fit`. Where only side information is new, ``X`` may be None.

        Returns
        -------
        self

        Raises
        ------
        DataError
            As in `fit`, or the feedback is of another kind than before.
        """
        if not hasattr(self, "interactions_"):
            return self.fit(X, y, **side)
        self._validate_params()
        previous = self.interactions_
        if X is None and side:
            return self._learn_more(previous, previous, side)
        asked = previous.feedback if self.feedback == "auto" and not isinstance(X, Interactions) else self.feedback
        new = as_interactions(X, y, asked)  # type: ignore[arg-type]
        merged = previous.merge(new, duplicates="last" if previous.feedback == "explicit" else "sum")
        return self._learn_more(merged, previous, side)

    def _learn_more(self, merged: Interactions, previous: Interactions, side: dict[str, Any]) -> Self:
        with self._all_or_nothing():
            merged = self._prepare(merged, **side)
            self._take(merged)
            self._partial_fit(merged, previous)
        return self

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        """Give the model back what it knew, if learning fails."""
        before = vars(self).copy()
        try:
            yield
        except BaseException:
            self.__dict__ = before
            raise

    def _take(self, interactions: Interactions) -> None:
        """Keep what every model keeps."""
        if interactions.feedback not in self._supported_feedback:
            (kind,) = self._supported_feedback
            remedy = (
                "give ratings as y" if kind == "explicit" else "to take ratings as strengths, say feedback='implicit'"
            )
            raise DataError(f"{type(self).__name__} learns from {kind} feedback only; {remedy}")
        self.n_features_in_ = 2
        self.interactions_ = interactions
        explicit = interactions.feedback == "explicit"
        weights = None if explicit else interactions.values
        counts = np.bincount(interactions.item_codes, weights, minlength=interactions.n_items)
        self.item_counts_ = counts.astype(np.float32)
        if explicit:
            values = interactions.values
            self.rating_range_ = (float(values.min()), float(values.max()))
            self._mean_ = float(values.mean(dtype=np.float64))
        if explicit and self._falls_back_to_biases:
            self._user_bias_, self._item_bias_ = np.zeros(interactions.n_users), np.zeros(interactions.n_items)
            arrays = (interactions.indptr, interactions.item_codes, interactions.values)
            fit_biases(*arrays, self._mean_, L2_USER, L2_ITEM, 10, self._user_bias_, self._item_bias_)

    # ------------------------------------------------------------------ saving

    def save(self, path: Any) -> None:
        """Write the fitted model to one file; `recokit.load` reads it.

        The file is in the safetensors format and holds no code. It holds the training interactions and all ids.

        Parameters
        ----------
        path : path-like
            The file to write.

        Raises
        ------
        TypeError
            A parameter cannot be written, such as a function or a random generator.
        """
        check_is_fitted(self)
        persistence.save(self, path)

    def _to_state(self) -> dict[str, Any]:
        learned = {name: value for name, value in vars(self).items() if name.endswith("_")}
        return {"params": self.get_params(deep=False), "learned": learned}

    @classmethod
    def _from_state(cls, state: dict[str, Any]) -> Self:
        model = cls(**state["params"])
        model.__dict__.update(state["learned"])
        model._restore()
        return model

    # ------------------------------------------------------------------ for subclasses

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "interactions_")

    def _is_explicit(self) -> bool:
        return self.interactions_.feedback == "explicit"

    def _threads(self) -> int:
        return thread_count(self.n_threads)

    def _progress(self, total: int, unit: str) -> Any:
        """Return a progress bar, which is shown where ``verbose`` is set."""
        from tqdm.auto import tqdm

        return tqdm(total=total, desc=type(self).__name__, unit=f" {unit}", disable=not self.verbose)
