"""Recommender algorithms as scikit-learn estimators, with Numba kernels."""

from recokit._warm_up import warm_up
from recokit.base import Explanation, Recommender
from recokit.baselines import BiasBaseline, Popularity
from recokit.content import TfidfRecommender
from recokit.exceptions import DataError, ModelFormatError, NotFittedError, UnknownIdError
from recokit.interactions import IdIndex, Interactions
from recokit.persistence import load
from recokit.recommendations import Recommendations

__all__ = [
    "BiasBaseline",
    "DataError",
    "Explanation",
    "IdIndex",
    "Interactions",
    "ModelFormatError",
    "NotFittedError",
    "Popularity",
    "Recommendations",
    "Recommender",
    "TfidfRecommender",
    "UnknownIdError",
    "load",
    "warm_up",
]
