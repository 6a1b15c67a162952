"""The same estimators on a Dask cluster, for data that outgrow one machine.

The estimators follow the conventions of ``xgboost.dask`` and ``lightgbm.dask``. They take the parameters of the local
estimators and a client, and fit to data in partitions. ``to_local()`` returns the ordinary estimator, equal to a local
fit to the same data. The package needs ``pip install "recokit[dask]"``.
"""

try:
    import dask.dataframe  # noqa: F401
    import distributed  # noqa: F401
except ImportError as error:  # pragma: no cover
    raise ImportError('recokit.dask needs dask and distributed: pip install "recokit[dask]"') from error

from recokit.dask.als import ImplicitALS
from recokit.dask.bought_together import BoughtTogether
from recokit.dask.bpr import BPR
from recokit.dask.ease import EASE
from recokit.dask.item_knn import ItemKNN
from recokit.dask.popularity import Popularity
from recokit.dask.rp3beta import RP3beta
from recokit.dask.sgd import SGDMatrixFactorization
from recokit.dask.slim import SLIM
from recokit.dask.tfidf import TfidfRecommender
from recokit.dask.transition_knn import TransitionKNN
from recokit.dask.user_knn import UserKNN

__all__ = [
    "BPR",
    "EASE",
    "SLIM",
    "BoughtTogether",
    "ImplicitALS",
    "ItemKNN",
    "Popularity",
    "RP3beta",
    "SGDMatrixFactorization",
    "TfidfRecommender",
    "TransitionKNN",
    "UserKNN",
]
