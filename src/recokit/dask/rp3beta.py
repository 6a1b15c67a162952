"""RP3beta on a Dask cluster."""

from recokit.dask._staged import DaskStagedRecommender
from recokit.graph import RP3beta as LocalRP3beta

__all__ = ["RP3beta"]


class RP3beta(DaskStagedRecommender):
    """`recokit.RP3beta` on a Dask cluster.

    Each worker receives all interactions once, 12 bytes each, and computes the weights of ranges of items. Lists
    are made by blocks of users on the workers, which receive the weights, 8 bytes each, and all interactions once.

    Parameters
    ----------
    client : distributed.Client, optional
        The cluster; by default the current client, or a new `distributed.LocalCluster`.
    **parameters
        As in `recokit.RP3beta`.

    See Also
    --------
    recokit.RP3beta : The same estimator on one machine.

    Examples
    --------
    >>> from distributed import Client
    >>> from recokit.dask import RP3beta
    >>> bought = [
    ...     ("ann", "tea"),
    ...     ("ann", "cup"),
    ...     ("bob", "tea"),
    ...     ("bob", "cup"),
    ...     ("eve", "tea"),
    ...     ("eve", "pot"),
    ... ]
    >>> with Client(processes=False, dashboard_address=None) as client:
    ...     model = RP3beta(client).fit([*bought, ("dan", "tea")])
    ...     lists = model.recommend(["dan"]).compute()
    >>> lists["item_id"].tolist()
    ['cup', 'pot']
    """

    _local = LocalRP3beta
    _needs_all_data = True  # the default of alpha depends on the density of all data
