"""TransitionKNN on a Dask cluster."""

from typing import ClassVar

from recokit.dask._staged import DaskStagedRecommender
from recokit.sequence import TransitionKNN as LocalTransitionKNN

__all__ = ["TransitionKNN"]


class TransitionKNN(DaskStagedRecommender):
    """`recokit.TransitionKNN` on a Dask cluster.

    Each worker receives all events once, 4 bytes each and 8 more for times, and computes the weights of ranges of
    items. ``fit`` of a dataframe needs ``timestamp``, and keeps repeated pairs.

    Parameters
    ----------
    client : distributed.Client, optional
        The cluster; by default the current client, or a new `distributed.LocalCluster`.
    **parameters
        As in `recokit.TransitionKNN`.

    See Also
    --------
    recokit.TransitionKNN : The same estimator on one machine.

    Examples
    --------
    >>> from distributed import Client
    >>> from recokit.dask import TransitionKNN
    >>> bought = [
    ...     ("ann", "tea"),
    ...     ("ann", "cup"),
    ...     ("bob", "tea"),
    ...     ("bob", "cup"),
    ...     ("eve", "tea"),
    ...     ("eve", "pot"),
    ... ]
    >>> with Client(processes=False, dashboard_address=None) as client:
    ...     model = TransitionKNN(client).fit([*bought, ("dan", "tea")])
    ...     lists = model.recommend(["dan"]).compute()
    >>> lists["item_id"].tolist()
    ['cup', 'pot']
    """

    _local = LocalTransitionKNN
    _needs_all_data: ClassVar[bool] = True
