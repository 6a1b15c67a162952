"""Recommender algorithms as scikit-learn estimators, with Numba kernels."""

from recokit.base import Explanation, Recommender
from recokit.baselines import BiasBaseline, Popularity
from recokit.content import TfidfRecommender
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.data.recommendations import Recommendations
from recokit.exceptions import DataError, LeakageWarning, ModelFormatError, NotFittedError, UnknownIdError
from recokit.factorization import BPR, ImplicitALS, PureSVD, SGDMatrixFactorization
from recokit.graph import RP3beta
from recokit.linear import EASE, SLIM
from recokit.metrics import compare, evaluate
from recokit.neighbors import ItemKNN, UserKNN
from recokit.persistence import load
from recokit.serving.warm_up import warm_up

__all__ = [
    "BPR",
    "EASE",
    "SLIM",
    "BiasBaseline",
    "DataError",
    "Explanation",
    "IdIndex",
    "ImplicitALS",
    "Interactions",
    "ItemKNN",
    "LeakageWarning",
    "ModelFormatError",
    "NotFittedError",
    "Popularity",
    "PureSVD",
    "RP3beta",
    "Recommendations",
    "Recommender",
    "SGDMatrixFactorization",
    "TfidfRecommender",
    "UnknownIdError",
    "UserKNN",
    "compare",
    "evaluate",
    "load",
    "warm_up",
]

__version__ = "0.1.0"
