"""TransitionKNN on a Dask cluster."""

from typing import ClassVar

from recokit.dask._staged import DaskStagedRecommender
from recokit.sequence import TransitionKNN as LocalTransitionKNN

__all__ = ["TransitionKNN"]


class TransitionKNN(DaskStagedRecommender):
    """`recokit.TransitionKNN` on a Dask cluster."""

    _local = LocalTransitionKNN
    _needs_all_data: ClassVar[bool] = True
