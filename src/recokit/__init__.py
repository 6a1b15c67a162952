"""Recommender algorithms as scikit-learn estimators, with Numba kernels.

The most used names are here. Everything else is in the subpackages, such as ``recokit.datasets``. Those in ``_LAZY``,
and the names of ``_LAZY_NAMES``, load at their first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from recokit._runtime import compilation as _compilation  # noqa: F401 (registers the notice)
from recokit.base.explanation import Explanation
from recokit.base.recommender import Recommender
from recokit.baselines import BiasBaseline, Popularity
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.data.recommendations import Recommendations
from recokit.exceptions import (
    DataError,
    LeakageWarning,
    ModelFormatError,
    NotFittedError,
    UnknownIdError,
    WeakModelWarning,
)
from recokit.factorization import BPR, ImplicitALS, PureSVD, SGDMatrixFactorization
from recokit.graph import RP3beta
from recokit.linear import EASE, SLIM
from recokit.metrics import compare, evaluate
from recokit.neighbors import ItemKNN, UserKNN
from recokit.persistence import load
from recokit.serving.warm_up import warm_up

_LAZY = (
    "content",
    "dask",
    "datasets",
    "experiments",
    "hybrid",
    "model_selection",
    "plotting",
    "preprocessing",
    "privacy",
    "reranking",
    "search",
    "serving",
    "testing",
)

_SEQUENCE_MODELS = ("SLIST", "TIFUKNN", "BoughtTogether", "RepeatFrequency", "SessionKNN", "TransitionKNN")
_HYBRIDS = ("CascadeHybrid", "FallbackRecommender", "SwitchingHybrid", "WeightedHybrid")
_CONTENT_MODELS = ("ContentRecommender", "TfidfRecommender")
_LAZY_NAMES = {
    "EventLog": "recokit.preprocessing",
    "ItemSearch": "recokit.search",
    "show_versions": "recokit._runtime.versions",
    **dict.fromkeys(_SEQUENCE_MODELS, "recokit.sequence"),
    **dict.fromkeys(_HYBRIDS, "recokit.hybrid"),
    **dict.fromkeys(_CONTENT_MODELS, "recokit.content"),
}

if TYPE_CHECKING:
    from recokit._runtime.versions import show_versions
    from recokit.content import ContentRecommender, TfidfRecommender
    from recokit.hybrid import CascadeHybrid, FallbackRecommender, SwitchingHybrid, WeightedHybrid
    from recokit.preprocessing.event_log import EventLog
    from recokit.search import ItemSearch
    from recokit.sequence import SLIST, TIFUKNN, BoughtTogether, RepeatFrequency, SessionKNN, TransitionKNN
else:  # type checkers find the subpackages by themselves

    def __getattr__(name: str) -> Any:
        if name in _LAZY:
            return import_module(f"recokit.{name}")
        if name in _LAZY_NAMES:
            return getattr(import_module(_LAZY_NAMES[name]), name)
        raise AttributeError(f"module 'recokit' has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *_LAZY, *_LAZY_NAMES})


__all__ = [
    "BPR",
    "EASE",
    "SLIM",
    "SLIST",
    "TIFUKNN",
    "BiasBaseline",
    "BoughtTogether",
    "CascadeHybrid",
    "ContentRecommender",
    "DataError",
    "EventLog",
    "Explanation",
    "FallbackRecommender",
    "IdIndex",
    "ImplicitALS",
    "Interactions",
    "ItemKNN",
    "ItemSearch",
    "LeakageWarning",
    "ModelFormatError",
    "NotFittedError",
    "Popularity",
    "PureSVD",
    "RP3beta",
    "Recommendations",
    "Recommender",
    "RepeatFrequency",
    "SGDMatrixFactorization",
    "SessionKNN",
    "SwitchingHybrid",
    "TfidfRecommender",
    "TransitionKNN",
    "UnknownIdError",
    "UserKNN",
    "WeakModelWarning",
    "WeightedHybrid",
    "compare",
    "evaluate",
    "load",
    "show_versions",
    "warm_up",
]

__version__ = "0.2.0"
