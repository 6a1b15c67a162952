"""TfidfRecommender on a Dask cluster."""

from recokit.content import TfidfRecommender as LocalTfidfRecommender
from recokit.dask._base import DaskRecommender

__all__ = ["TfidfRecommender"]


class TfidfRecommender(DaskRecommender):
    """`recokit.TfidfRecommender` on a Dask cluster."""

    _local = LocalTfidfRecommender
