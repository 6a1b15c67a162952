"""Popularity on a Dask cluster."""

from recokit.baselines import Popularity as LocalPopularity
from recokit.dask._base import DaskRecommender

__all__ = ["Popularity"]


class Popularity(DaskRecommender):
    """`recokit.Popularity` on a Dask cluster."""

    _local = LocalPopularity
