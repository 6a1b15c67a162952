"""Memory of a fit, before fitting."""

from typing import Any, NamedTuple

from sklearn.base import clone

from recokit._runtime.memory import available_memory, readable_size
from recokit.base import Recommender
from recokit.search import ItemSearch
from recokit.search._memory import plan_search

__all__ = ["MemoryEstimate", "estimate_memory"]


class MemoryEstimate(NamedTuple):
    """Memory of a fit, in bytes, beyond the data.

    Attributes
    ----------
    peak : int
        Largest memory during the fit.
    model : int
        Memory of the fitted model.
    data : int
        Memory of the interactions, which exist before the fit and which the model keeps; for `recokit.ItemSearch`, of
        the texts.
    parts : dict of str to int
        The arrays that make up the peak.
    available : float
        Bytes that this process can still allocate; infinity if unknown.

    See Also
    --------
    recokit.serving.estimate_memory : Estimate the memory that fitting an estimator to data takes, without fitting it.

    Examples
    --------
    >>> from recokit.serving import MemoryEstimate
    >>> print(
    ...     MemoryEstimate(
    ...         12_000_000,
    ...         4_000_000,
    ...         500_000,
    ...         {"weights": 4_000_000, "Gram matrix": 8_000_000},
    ...         8e9,
    ...     )
    ... )
    peak 12 MB (Gram matrix 8 MB, weights 4 MB), model 4 MB, data 500 kB; available 8 GB
    """

    peak: int
    model: int
    data: int
    parts: dict[str, int]
    available: float

    @property
    def fits(self) -> bool:
        """Whether the peak is at most the available memory."""
        return self.peak <= self.available

    def __str__(self) -> str:
        largest = sorted(self.parts.items(), key=lambda part: -part[1])
        parts = ", ".join(f"{name} {readable_size(size)}" for name, size in largest)
        peak, model, data = map(readable_size, self[:3])
        return f"peak {peak} ({parts}), model {model}, data {data}; available {readable_size(self.available)}"


def estimate_memory(estimator: Recommender | ItemSearch, data: Any, y: Any = None, **side: Any) -> MemoryEstimate:
    """Estimate the memory that fitting an estimator to data takes, without fitting it.

    Each estimator states the arrays of its fit. Lengths of lists that depend on the data are estimated from a sample of
    the items. ``benchmarks/memory.py`` compares the peaks with the measured growth of the process. Not counted are
    compiled code and the buffers of BLAS, some tens of megabytes, which the first fit loads and later fits share.

    Parameters
    ----------
    estimator : Recommender or ItemSearch
        With the parameters of the fit, fitted or not. It is not changed.
    data : Interactions, or another form that ``fit`` accepts
        The catalogue for `recokit.ItemSearch`, whose vocabulary is estimated from a sample of the items.
    y : (n_pairs,) array-like, optional
        As in ``fit``.
    **side
        Side information, as in ``fit``. Hybrid models only forward it.

    Returns
    -------
    MemoryEstimate

    Raises
    ------
    TypeError
        ``estimator`` is neither a Recommender nor an ItemSearch.
    DataError
        The data cannot be used.

    See Also
    --------
    recokit.Recommender.fit : raises MemoryError if the estimate exceeds the available memory.

    Examples
    --------
    >>> import numpy as np
    >>> from recokit import EASE, Interactions
    >>> from recokit.serving import estimate_memory
    >>> data = Interactions.from_arrays(np.arange(9000) % 300, np.arange(9000) % 3001)
    >>> estimate = estimate_memory(EASE(), data)
    >>> estimate.model < estimate.peak
    True
    >>> max(estimate.parts, key=estimate.parts.get)
    'Gram matrix'
    """
    if not isinstance(estimator, Recommender | ItemSearch):
        raise TypeError(f"estimate_memory: expected a Recommender or an ItemSearch, got {type(estimator).__name__}")
    estimator._validate_params()
    if isinstance(estimator, ItemSearch):
        behaviour = {"interactions": y} if y is not None else {}
        plan, size = plan_search(estimator, data, **behaviour, **side)
    else:
        plan, interactions = clone(estimator)._plan_for(data, y, side)
        arrays = (interactions.indptr, interactions.item_codes, interactions.values, interactions.timestamps)
        size = sum(array.nbytes for array in arrays if array is not None)
    return MemoryEstimate(
        peak=round(plan.peak),
        model=round(plan.total),
        data=size,
        parts={name: round(size) for name, size in plan.parts.items() if size >= 1},
        available=available_memory(),
    )
