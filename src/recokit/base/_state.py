"""Snapshots: public methods read one consistent state while other threads fit the estimator."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from recokit.exceptions import NotFittedError

__all__ = ["on_snapshot", "replace_state", "snapshot"]

_Estimator = TypeVar("_Estimator")
_Method = TypeVar("_Method", bound=Callable[..., Any])


def snapshot(estimator: _Estimator) -> _Estimator:
    """Return a copy of an estimator that shares its present attributes.

    Fitting never changes attributes one by one. It prepares a new set of attributes, and `replace_state` installs the
    set in one assignment. A snapshot keeps the old set and is therefore not affected.
    """
    copy: _Estimator = object.__new__(type(estimator))
    copy.__dict__ = estimator.__dict__
    return copy


def replace_state(estimator: Any, source: Any) -> None:
    """Give an estimator the attributes of another one, in one assignment."""
    estimator.__dict__ = source.__dict__


def on_snapshot(method: _Method) -> _Method:
    """Make a public method of an estimator run on a snapshot; raise NotFittedError before the first fit."""

    @wraps(method)
    def call(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        model = snapshot(self)
        if not model.__sklearn_is_fitted__():
            raise NotFittedError(f"This {type(self).__name__} is not fitted yet; call fit first.")
        return method(model, *args, **kwargs)

    return cast("_Method", call)
