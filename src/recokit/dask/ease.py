"""EASE on a Dask cluster."""

from collections.abc import Sequence
from typing import Any, ClassVar

from recokit import linear
from recokit.dask._base import Fitted
from recokit.dask._blocks import Blocks
from recokit.dask._cluster import AnyFuture
from recokit.dask._draft import Draft
from recokit.dask._factor_data import check_supported
from recokit.dask._staged import DaskStagedRecommender, Step, next_step

__all__ = ["EASE"]


class EASE(DaskStagedRecommender):
    """`recokit.EASE` on a Dask cluster, without similarities of items.

    The rows of the Gram matrix are computed on all workers, each entry in the order of the users, as in a local fit.
    One worker inverts it on all its processors, so one worker needs 12 bytes times the square of the number of items,
    and 8 bytes more while it collects the rows.

    Parameters
    ----------
    client : distributed.Client, optional
        The cluster; by default the current client, or a new `distributed.LocalCluster`.
    **parameters
        As in `recokit.EASE`.

    See Also
    --------
    recokit.EASE : The same estimator on one machine.
    """

    _local: ClassVar[type[linear.EASE]] = linear.EASE

    def _fit_blocks(self, data: Blocks, **side: Any) -> Fitted:
        check_supported(self._template(), side, {})
        return super()._fit_blocks(data)

    def _next_step(self, data: Blocks, draft: AnyFuture, results: Sequence[AnyFuture]) -> AnyFuture:
        if not results:
            return super()._next_step(data, draft, results)
        return data.tasks.submit("invert", invert, self.n_threads, draft, *results)


def invert(n_threads: int | None, draft: Draft, *results: Any) -> Step:
    """Return the last step, with the inverse, on several threads: no other task runs at this time."""
    model = draft.model._with_attributes({**vars(draft.model), "n_threads": n_threads})
    # The Gram matrix is overwritten by its inverse, and the result of another task must stay as it is.
    return next_step(1, Draft(model), *(result.copy() for result in results))
