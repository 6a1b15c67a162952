"""Types that several modules share."""

from collections.abc import Callable
from typing import Literal, TypeAlias

from recokit.kernels._typing import AnyArray, BoolArray, CodeArray, FloatArray, IntArray

__all__ = [
    "AnyArray",
    "BoolArray",
    "CodeArray",
    "FeedbackOption",
    "FloatArray",
    "IntArray",
    "SimilarityOption",
]

#: Values of the parameter ``feedback``.
FeedbackOption: TypeAlias = Literal["auto", "explicit", "implicit"]
#: Names in the table of `recokit.neighbors`, or a compiled function.
SimilarityOption: TypeAlias = (
    Literal[
        "cosine",
        "adjusted_cosine",
        "pearson",
        "pearson_baseline",
        "jaccard",
        "dice",
        "asymmetric_cosine",
        "tversky",
        "conditional_probability",
        "lift",
        "log_likelihood",
    ]
    | Callable[..., float]
)
