"""ItemKNN on a Dask cluster."""

from typing import ClassVar

from recokit.dask._staged import DaskStagedRecommender
from recokit.neighbors import ItemKNN as LocalItemKNN

__all__ = ["ItemKNN"]


class ItemKNN(DaskStagedRecommender):
    """`recokit.ItemKNN` on a Dask cluster."""

    _local = LocalItemKNN
    _needs_all_data: ClassVar[bool] = True
