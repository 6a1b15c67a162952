"""RP3beta on a Dask cluster."""

from recokit.dask._staged import DaskStagedRecommender
from recokit.graph import RP3beta as LocalRP3beta

__all__ = ["RP3beta"]


class RP3beta(DaskStagedRecommender):
    """`recokit.RP3beta` on a Dask cluster."""

    _local = LocalRP3beta
