"""The registry of similarities: what each is called, which formula it takes, and over which values."""

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
        The kernel's code of its formula.
    values : {"weighted", "sets", "row_mean", "column_mean", "baseline"}
        What the formula takes: the values (weighted, if that is asked for), only which cells there are, or the values
        less the mean of their row, the mean of their column or the baseline of their cell.
    function : compiled function, optional
        The formula, where it is the caller's own.
    """

    kind: int
    values: Values
    function: Callable[..., float] | None = None


SIMILARITIES = {
    "cosine": Similarity(kernel.COSINE, "weighted"),
    "adjusted_cosine": Similarity(kernel.CORRELATION, "column_mean"),
    "pearson": Similarity(kernel.PEARSON, "row_mean"),
    "pearson_baseline": Similarity(kernel.CORRELATION, "baseline"),
    "jaccard": Similarity(kernel.JACCARD, "sets"),
    "dice": Similarity(kernel.DICE, "sets"),
    "asymmetric_cosine": Similarity(kernel.ASYMMETRIC_COSINE, "weighted"),
    "tversky": Similarity(kernel.TVERSKY, "sets"),
    "conditional_probability": Similarity(kernel.CONDITIONAL_PROBABILITY, "sets"),
    "lift": Similarity(kernel.LIFT, "sets"),
    "log_likelihood": Similarity(kernel.LOG_LIKELIHOOD, "sets"),
}


def find_similarity(name: Any, weighting: str | None) -> Similarity:
    """Return the similarity of a name, or the one that a compiled function stands for.

    Raises
    ------
    TypeError
        The function is not compiled, or does not take what it is given.
    ValueError
        A weighting is asked for of values that the similarity does not look at.

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
        return Similarity(kernel.ASYMMETRIC_COSINE, "weighted", name)
    similarity = SIMILARITIES[name]
    if weighting is not None and similarity.values != "weighted":
        able = ", ".join(key for key, value in SIMILARITIES.items() if value.values == "weighted")
        raise ValueError(
            f"weighting={weighting!r} does not go with similarity={name!r}, only with {able} and functions of your own"
        )
    return similarity


def _check_arguments(function: Callable[..., float]) -> None:
    """Refuse a function that cannot be called as similarities are."""
    signature = inspect.signature(getattr(function, "py_func", function))
    try:
        signature.bind(*range(6))
    except TypeError as error:
        raise TypeError(
            f"similarity={function.__name__}{signature}: expected a function of six numbers, as {_SIGNATURE}"
        ) from error
