"""BoughtTogether on a Dask cluster."""

from typing import Any, ClassVar

from recokit.dask._cluster import Tasks
from recokit.dask._events import Columns
from recokit.dask._reading import is_partitioned, read_blocks
from recokit.dask._staged import DaskStagedRecommender
from recokit.sequence import BoughtTogether as LocalBoughtTogether

__all__ = ["BoughtTogether"]


class BoughtTogether(DaskStagedRecommender):
    """`recokit.BoughtTogether` on a Dask cluster.

    Each worker receives all baskets once, 4 bytes for each item in a basket, and the views, and computes the
    weights of ranges of items. ``fit`` of a dataframe takes ``basket``, the column of orders of each user; without
    it, each user is one basket, so that ``user`` may name the column of orders. ``views`` may be a Dask dataframe
    with the columns user_id and item_id.

    Parameters
    ----------
    client : distributed.Client, optional
        The cluster; by default the current client, or a new `distributed.LocalCluster`.
    **parameters
        As in `recokit.BoughtTogether`.

    See Also
    --------
    recokit.BoughtTogether : The same estimator on one machine.

    Examples
    --------
    >>> from distributed import Client
    >>> from recokit.dask import BoughtTogether
    >>> bought = [
    ...     ("ann", "tea"),
    ...     ("ann", "cup"),
    ...     ("bob", "tea"),
    ...     ("bob", "cup"),
    ...     ("eve", "tea"),
    ...     ("eve", "pot"),
    ... ]
    >>> with Client(processes=False, dashboard_address=None) as client:
    ...     model = BoughtTogether(client, measure="confidence").fit(
    ...         [*bought, ("dan", "tea")]
    ...     )
    ...     lists = model.recommend(["dan"]).compute()
    >>> lists["item_id"].tolist()
    ['cup']
    """

    _local = LocalBoughtTogether
    _needs_all_data: ClassVar[bool] = True

    def _read_side(self, tasks: Tasks, *, views: Any = None) -> dict[str, Any]:  # type: ignore[override]
        """Return the views as `Interactions`; a Dask dataframe of views has the columns user_id and item_id."""
        if is_partitioned(views):
            columns = Columns("user_id", "item_id", None, None, "implicit", "sum")
            views = read_blocks(views, columns, tasks).whole(with_ids=True)
        return {"views": views}
