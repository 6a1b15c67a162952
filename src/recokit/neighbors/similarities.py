"""The registry of similarities: the formula of each name, its input, and the properties that fast methods rely on.

To add a similarity, add its formula to `recokit.kernels.similarity_formulas`, its entry here, its row to the table in
the docstring of `recokit.neighbors`, and its definition to ``tests/naive/similarity.py``. The tests run over the whole
registry and check the declared properties.
"""

import inspect
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from numba import config
from numba.extending import is_jitted

from recokit.kernels import similarity_formulas as kernel

__all__ = ["SIMILARITIES", "Similarity", "Values", "find_similarity"]

_SIGNATURE = "f(common, product, n_own, n_other, square_own, square_other)"

Values = Literal["weighted", "sets", "row_mean", "column_mean", "baseline"]


class Similarity(NamedTuple):
    """A similarity of two rows of a sparse matrix.

    Attributes
    ----------
    kind : int
        Code of the formula in `recokit.kernels.similarity_formulas`.
    values : {"weighted", "sets", "row_mean", "column_mean", "baseline"}
        Input of the formula: the values, weighted if ``weighting`` is set; the sets of columns, without values; or the
        values less the mean of their row, the mean of their column or their baseline.
    is_monotone : bool
        For rows of ones, the similarity never falls with the number of common columns and never grows with the length
        of either row, for all allowed ``alpha`` and ``beta``. The all-pairs search by counts relies on it; without it,
        the plain kernel is used.
    needs_n_columns : bool
        The similarity of two rows depends on the number of columns of the matrix, so new columns change it.
    function : compiled function, optional
        User-defined formula; replaces ``kind``.
    """

    kind: int
    values: Values
    is_monotone: bool = False
    needs_n_columns: bool = False
    function: Callable[..., float] | None = None


SIMILARITIES = {
    "cosine": Similarity(kernel.COSINE, "weighted", is_monotone=True),
    "adjusted_cosine": Similarity(kernel.CORRELATION, "column_mean"),
    "pearson": Similarity(kernel.PEARSON, "row_mean"),
    "pearson_baseline": Similarity(kernel.CORRELATION, "baseline"),
    "jaccard": Similarity(kernel.JACCARD, "sets", is_monotone=True),
    "dice": Similarity(kernel.DICE, "sets", is_monotone=True),
    "asymmetric_cosine": Similarity(kernel.ASYMMETRIC_COSINE, "weighted", is_monotone=True),
    "tversky": Similarity(kernel.TVERSKY, "sets", is_monotone=True),
    "conditional_probability": Similarity(kernel.CONDITIONAL_PROBABILITY, "sets", is_monotone=True),
    "lift": Similarity(kernel.LIFT, "sets", is_monotone=True, needs_n_columns=True),
    "log_likelihood": Similarity(kernel.LOG_LIKELIHOOD, "sets", is_monotone=True, needs_n_columns=True),
}


def find_similarity(name: Any, weighting: str | None) -> Similarity:
    """Return the similarity with a name, or the similarity of a compiled function.

    Raises
    ------
    TypeError
        The function is not compiled or has other parameters.
    ValueError
        A weighting is given for a similarity that does not use weighted values.

    Examples
    --------
    >>> find_similarity("dice", None).values
    'sets'
    """
    if callable(name):
        if not (is_jitted(name) or config.DISABLE_JIT):  # type: ignore[attr-defined]
            raise TypeError(
                f"similarity={name!r} is not compiled: expected a function decorated with numba.njit, or one of the "
                f"names {', '.join(SIMILARITIES)}"
            )
        _check_arguments(name)
        return Similarity(kernel.ASYMMETRIC_COSINE, "weighted", function=name)
    similarity = SIMILARITIES[name]
    if weighting is not None and similarity.values != "weighted":
        usable = ", ".join(key for key, value in SIMILARITIES.items() if value.values == "weighted")
        raise ValueError(
            f"weighting={weighting!r}: similarity={name!r} does not use weighted values; set weighting=None, or use "
            f"{usable} or a user-defined function"
        )
    return similarity


def _check_arguments(function: Callable[..., float]) -> None:
    """Raise if a function cannot be called with six positional arguments."""
    signature = inspect.signature(getattr(function, "py_func", function))
    try:
        signature.bind(*range(6))
    except TypeError as error:
        raise TypeError(
            f"similarity={function.__name__}{signature}: expected a function of six numbers, {_SIGNATURE}"
        ) from error
