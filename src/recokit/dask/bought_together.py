"""BoughtTogether on a Dask cluster."""

from typing import Any, ClassVar

from recokit.dask._cluster import Tasks
from recokit.dask._events import Columns
from recokit.dask._reading import is_partitioned, read_blocks
from recokit.dask._staged import DaskStagedRecommender
from recokit.sequence import BoughtTogether as LocalBoughtTogether

__all__ = ["BoughtTogether"]


class BoughtTogether(DaskStagedRecommender):
    """`recokit.BoughtTogether` on a Dask cluster."""

    _local = LocalBoughtTogether
    _needs_all_data: ClassVar[bool] = True

    def _read_side(self, tasks: Tasks, *, views: Any = None) -> dict[str, Any]:  # type: ignore[override]
        """Return the views as `Interactions`; a Dask dataframe of views has the columns user_id and item_id."""
        if is_partitioned(views):
            columns = Columns("user_id", "item_id", None, None, "implicit", "sum")
            views = read_blocks(views, columns, tasks).whole(with_ids=True)
        return {"views": views}
