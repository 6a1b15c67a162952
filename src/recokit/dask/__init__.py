"""The same estimators on a Dask cluster, for data that outgrow one machine.

The estimators follow the conventions of ``xgboost.dask`` and ``lightgbm.dask``. They take the parameters of the local
estimators and a client, and ``fit`` takes data in partitions. ``to_local()`` returns the ordinary estimator, equal bit
for bit to a local fit to the same data, whatever the number of workers and partitions. ``recommend`` returns a lazy
Dask dataframe, which is written to Parquet by partitions. A worker that dies changes no result: its tasks run again.

The package needs ``pip install "recokit[dask]"``, with the same versions on all workers.

Examples
--------
>>> import dask.dataframe
>>> import pandas as pd
>>> from distributed import Client
>>> from recokit.dask import RP3beta
>>> log = pd.DataFrame({
...     "user_id": ["ann", "ann", "bob", "bob", "eve", "eve", "dan"],
...     "item_id": ["tea", "cup", "tea", "cup", "tea", "pot", "tea"],
...     "event": ["view", "purchase", "view", "view", "view", "purchase", "view"],
... })
>>> frame = dask.dataframe.from_pandas(log, npartitions=2)
>>> weights = {"view": 1.0, "purchase": 10.0}
>>> frame = frame.assign(weight=frame["event"].map(weights, meta=("event", "float64")))
>>> with Client(processes=False, dashboard_address=None) as client:
...     model = RP3beta(client, feedback="implicit").fit(
...         frame, rating="weight", duplicates="sum"
...     )
...     lists = model.recommend(["dan"], n=2).compute()
...     local = model.to_local()
>>> lists["item_id"].tolist()
['cup', 'pot']
>>> local
RP3beta(feedback='implicit')
"""

try:
    import dask.dataframe  # noqa: F401
    import distributed  # noqa: F401
except ImportError as error:  # pragma: no cover
    raise ImportError('recokit.dask needs dask and distributed: pip install "recokit[dask]"') from error

from recokit.dask import _sizes  # noqa: F401 - registers sizes
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
