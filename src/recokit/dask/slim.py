"""SLIM on a Dask cluster."""

from collections.abc import Sequence
from typing import ClassVar

from recokit import linear
from recokit._typing import IntArray
from recokit.dask._blocks import Blocks
from recokit.dask._cluster import AnyFuture
from recokit.dask._staged import DaskStagedRecommender
from recokit.data.rows import Rows

__all__ = ["SLIM"]


class SLIM(DaskStagedRecommender):
    """`recokit.SLIM` on a Dask cluster.

    The workers compute the weights of ranges of target items. Each worker receives the interactions once, and the
    stored entries of the Gram matrix, at most ``max_memory_gb``.

    Parameters
    ----------
    client : distributed.Client, optional
        The cluster; by default the current client, or a new `distributed.LocalCluster`.
    **parameters
        As in `recokit.SLIM`.

    See Also
    --------
    recokit.SLIM : The same estimator on one machine.

    Examples
    --------
    >>> from distributed import Client
    >>> from recokit.dask import SLIM
    >>> bought = [
    ...     ("ann", "tea"),
    ...     ("ann", "cup"),
    ...     ("bob", "tea"),
    ...     ("bob", "cup"),
    ...     ("eve", "tea"),
    ... ]
    >>> with Client(processes=False, dashboard_address=None) as client:
    ...     model = SLIM(client).fit(bought)
    ...     lists = model.recommend(["eve"]).compute()
    >>> lists["item_id"].tolist()
    ['cup']
    """

    _local: ClassVar[type[linear.SLIM]] = linear.SLIM
    _takes_side = False

    def _check_results(self, data: Blocks, results: Sequence[AnyFuture]) -> None:
        """Warn about targets without convergence; the workers warn only in their logs."""
        self._template()._check_convergence(data.tasks.submit("passes", passes_of, results[-1]).result())


def passes_of(weights: tuple[Rows, IntArray]) -> IntArray:
    """Return the number of passes for each target."""
    return weights[1]
