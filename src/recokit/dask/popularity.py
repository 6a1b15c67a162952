"""Popularity on a Dask cluster."""

from typing import Any

import numpy as np

from recokit._typing import FloatArray
from recokit.base import Recommender
from recokit.base._learner import as_item_counts
from recokit.baselines import Popularity as LocalPopularity
from recokit.dask._base import DaskRecommender, Fitted
from recokit.dask._blocks import Blocks
from recokit.dask._draft import Draft
from recokit.dask._factor_data import add_item_sums

__all__ = ["Popularity"]


class Popularity(DaskRecommender):
    """`recokit.Popularity` on a Dask cluster.

    The scores are added up block by block, in the order of the users, so that no worker holds all interactions; one
    worker holds them for ratings, for ``half_life`` and for ``by``. Lists are made by blocks of users on the
    workers.

    Parameters
    ----------
    client : distributed.Client, optional
        The cluster; by default the current client, or a new `distributed.LocalCluster`.
    **parameters
        As in `recokit.Popularity`.

    See Also
    --------
    recokit.Popularity : The same estimator on one machine.

    Examples
    --------
    >>> from distributed import Client
    >>> from recokit.dask import Popularity
    >>> bought = [
    ...     ("ann", "tea"),
    ...     ("ann", "cup"),
    ...     ("bob", "tea"),
    ...     ("bob", "cup"),
    ...     ("eve", "tea"),
    ...     ("eve", "pot"),
    ... ]
    >>> with Client(processes=False, dashboard_address=None) as client:
    ...     model = Popularity(client).fit([*bought, ("dan", "tea")])
    ...     lists = model.recommend(["dan"]).compute()
    >>> lists["item_id"].tolist()
    ['cup', 'pot']
    """

    _local = LocalPopularity

    half_life: float | None
    by: Any

    def _fit_blocks(self, data: Blocks, **side: Any) -> Fitted:
        if data.feedback == "explicit" or self.half_life is not None or self.by is not None or side:
            return super()._fit_blocks(data, **side)
        submit = data.tasks.submit
        sums = submit("item-sums", np.zeros, data.n_items)
        for block in data.blocks:  # one after the other: sums depend on the order of their terms
            sums = submit("item-sums", add_item_sums, sums, block)
        model = submit("finish", popular, self._worker_template(), sums)
        return Fitted(model, tuple(submit("no-users", dict) for _ in data.blocks))


def popular(template: Recommender, sums: FloatArray) -> Draft:
    """Return the fitted draft with these sums of strengths."""
    attributes = {"n_features_in_": 2, "item_counts_": as_item_counts(sums), "item_scores_": sums}
    return Draft(template._with_attributes({**vars(template), **attributes}))
