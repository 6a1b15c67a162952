"""The registry of similarities: what each is called, which formula it takes, and over which values."""

from typing import Literal, NamedTuple

from recokit.kernels import similarity_formulas as kernel

__all__ = ["SIMILARITIES", "Similarity", "Values", "check_weighting"]

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
    """

    kind: int
    values: Values


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


def check_weighting(name: str, weighting: str | None) -> None:
    """Refuse a weighting that the similarity does not look at.

    Raises
    ------
    ValueError
        The similarity is not one of weighted values.

    Examples
    --------
    >>> check_weighting("cosine", "bm25")
    """
    if weighting is not None and SIMILARITIES[name].values != "weighted":
        able = ", ".join(key for key, value in SIMILARITIES.items() if value.values == "weighted")
        raise ValueError(f"weighting={weighting!r} does not go with similarity={name!r}, only with {able}")
