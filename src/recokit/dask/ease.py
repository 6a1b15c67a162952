"""EASE on a Dask cluster."""

from typing import Any, ClassVar

import numpy as np

from recokit import linear
from recokit._typing import FloatArray
from recokit.dask._base import Fitted
from recokit.dask._blocks import Blocks
from recokit.dask._draft import Draft
from recokit.dask._staged import DaskStagedRecommender, model_of, next_step, ranges_of, run_part

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

    Examples
    --------
    >>> from distributed import Client
    >>> from recokit.dask import EASE
    >>> bought = [
    ...     ("ann", "tea"),
    ...     ("ann", "cup"),
    ...     ("bob", "tea"),
    ...     ("bob", "cup"),
    ...     ("eve", "tea"),
    ... ]
    >>> with Client(processes=False, dashboard_address=None) as client:
    ...     model = EASE(client).fit(bought)
    ...     lists = model.recommend(["eve"]).compute()
    >>> lists["item_id"].tolist()
    ['cup']
    """

    _local: ClassVar[type[linear.EASE]] = linear.EASE
    _takes_side = False

    def _fit_blocks(self, data: Blocks, **side: Any) -> Fitted:
        submit, draft = data.tasks.submit, self._start(data)
        ranges = submit("ranges", ranges_of, self._first_steps(data, draft)[0]).result()
        parts = [submit("gram", run_part, start, stop, draft) for start, stop in ranges or ()]
        model = submit("invert", inverted, self.n_threads, draft, *parts)
        return Fitted(model, tuple(submit("no-users", dict) for _ in data.blocks))


def inverted(n_threads: int | None, draft: Draft, *parts: FloatArray) -> Draft:
    """Return the fitted draft without the training data, on several threads: no other task runs at this time."""
    model = draft.model._with_attributes({**vars(draft.model), "n_threads": n_threads})
    # The Gram matrix is overwritten by its inverse, and the result of another task must stay as it is.
    gram = parts[0].copy() if len(parts) == 1 else np.concatenate(parts)
    fitted: Draft = model_of(next_step(1, Draft(model), gram), False)
    return fitted
