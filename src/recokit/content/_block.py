"""Block: the part of a content model that turns one column of a catalogue into unit vectors."""

from collections.abc import Callable
from typing import Any, ClassVar, Self

from sklearn.base import BaseEstimator

from recokit import persistence
from recokit._typing import AnyArray, BoolArray
from recokit.base._memory import MemoryPlan
from recokit.base._parameters import NON_NEGATIVE
from recokit.content._fitted_block import FittedBlock

__all__ = ["Block", "Progress", "plan_sparse_vectors"]

Progress = Callable[[int, str], Any]
"""Makes a progress bar from a total and a unit."""

_FEW_FEATURES = 4.0  # of a category with levels, or of a number


def plan_sparse_vectors(plan: MemoryPlan, n_items: int, n_features: float) -> None:
    """Add sparse vectors with some features for each item to a plan, by item and by feature."""
    plan.work("counts of features", 40.0 * n_features * n_items + 100.0 * n_items)
    plan.keep("vectors", 16.0 * n_features * n_items + 24.0 * n_items)


class Block(BaseEstimator):
    """Base class of blocks: parameters only, as a scikit-learn estimator that can be stored.

    A block reads a column of a catalogue into an array with one row for each item, and turns this array into unit
    vectors; a missing value has an empty vector. What is fitted belongs to the model, as `FittedBlock`.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {"weight": NON_NEGATIVE, "name": [str, None]}

    column: Any
    weight: float
    name: str | None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        persistence.storable(f"recokit.{cls.__name__}")(cls)

    def __sklearn_clone__(self) -> Self:
        return type(self)(**self.get_params(deep=False))  # functions and arrays are shared: copies may be huge

    @property
    def _label(self) -> str:
        """The name of the block, by default that of its column."""
        return self.name or str(self.column)

    # ------------------------------------------------------------------ hooks

    def _read(self, values: Any) -> AnyArray:
        """Return a column as an array with one row for each value.

        Raises
        ------
        DataError
            A value cannot be used.
        """
        raise NotImplementedError

    def _is_missing(self, column: AnyArray) -> BoolArray:
        """Return, for each row of the array, whether the value is missing."""
        raise NotImplementedError

    def _blank(self, n_rows: int, like: AnyArray) -> AnyArray:
        """Return an array of missing values, of the same kind as ``like``."""
        raise NotImplementedError

    def _fit(self, column: AnyArray, previous: FittedBlock | None, progress: Progress) -> FittedBlock:
        """Return the vectors of a column.

        Parameters
        ----------
        column : array
            As returned by `_read`.
        previous : FittedBlock, optional
            The block before an update.
        progress : callable
        """
        raise NotImplementedError

    def _plan_memory(self, plan: MemoryPlan, column: AnyArray) -> None:
        """Add the arrays of `_fit` to a plan; by default those of vectors with few features."""
        plan_sparse_vectors(plan, len(column), _FEW_FEATURES)

    # ------------------------------------------------------------------ storing

    def _to_state(self) -> dict[str, Any]:
        params: dict[str, Any] = self.get_params(deep=False)
        return params

    @classmethod
    def _from_state(cls, state: dict[str, Any]) -> Self:
        return cls(**state)
