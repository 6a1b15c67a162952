"""UserKNN on a Dask cluster."""

from typing import ClassVar

from recokit.dask._staged import DaskStagedRecommender
from recokit.neighbors import UserKNN as LocalUserKNN

__all__ = ["UserKNN"]


class UserKNN(DaskStagedRecommender):
    """`recokit.UserKNN` on a Dask cluster.

    Each worker receives all interactions once, 12 bytes each and 8 more for timestamps, and finds the neighbours of
    ranges of users. For ratings there is nothing to find; predictions are made by the workers. Lists are made by
    blocks of users on the workers, which receive the fitted model once.

    Parameters
    ----------
    client : distributed.Client, optional
        The cluster; by default the current client, or a new `distributed.LocalCluster`.
    **parameters
        As in `recokit.UserKNN`.

    See Also
    --------
    recokit.UserKNN : The same estimator on one machine.

    Examples
    --------
    >>> from distributed import Client
    >>> from recokit.dask import UserKNN
    >>> bought = [
    ...     ("ann", "tea"),
    ...     ("ann", "cup"),
    ...     ("bob", "tea"),
    ...     ("bob", "cup"),
    ...     ("eve", "tea"),
    ...     ("eve", "pot"),
    ... ]
    >>> with Client(processes=False, dashboard_address=None) as client:
    ...     model = UserKNN(client).fit([*bought, ("dan", "tea")])
    ...     lists = model.recommend(["dan"]).compute()
    >>> lists["item_id"].tolist()
    ['cup', 'pot']
    """

    _local = LocalUserKNN
    _needs_all_data: ClassVar[bool] = True
