"""TfidfRecommender on a Dask cluster."""

from recokit.content import TfidfRecommender as LocalTfidfRecommender
from recokit.dask._base import DaskRecommender

__all__ = ["TfidfRecommender"]


class TfidfRecommender(DaskRecommender):
    """`recokit.TfidfRecommender` on a Dask cluster.

    One worker encodes the texts, so the catalogue has to fit into its memory, with all interactions. ``catalogue``
    may be a Dask dataframe. Lists are made by blocks of users on the workers, which receive the fitted model once.

    Parameters
    ----------
    client : distributed.Client, optional
        The cluster; by default the current client, or a new `distributed.LocalCluster`.
    **parameters
        As in `recokit.TfidfRecommender`.

    See Also
    --------
    recokit.TfidfRecommender : The same estimator on one machine.

    Examples
    --------
    >>> from distributed import Client
    >>> from recokit.dask import TfidfRecommender
    >>> catalogue = {
    ...     "item_id": ["tea", "cup", "pot"],
    ...     "title": ["green tea", "blue cup", "tea pot"],
    ... }
    >>> bought = [("ann", "tea"), ("dan", "tea")]
    >>> with Client(processes=False, dashboard_address=None) as client:
    ...     model = TfidfRecommender(client, text="title").fit(bought, catalogue=catalogue)
    ...     lists = model.recommend(["dan"]).compute()
    >>> lists["item_id"].tolist()
    ['pot']
    """

    _local = LocalTfidfRecommender
