"""UserKNN on a Dask cluster."""

from typing import ClassVar

from recokit.dask._staged import DaskStagedRecommender
from recokit.neighbors import UserKNN as LocalUserKNN

__all__ = ["UserKNN"]


class UserKNN(DaskStagedRecommender):
    """`recokit.UserKNN` on a Dask cluster."""

    _local = LocalUserKNN
    _needs_all_data: ClassVar[bool] = True
