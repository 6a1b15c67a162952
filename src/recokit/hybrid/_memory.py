"""The memory of fitting the parts of a hybrid, and of learning from held-out data."""

from typing import NamedTuple

import numpy as np

from recokit.base._memory import BY_ITEM, MemoryPlan
from recokit.data.interactions import Interactions
from recokit.hybrid._normalization import BLOCK_CELLS, CHUNK_CELLS

__all__ = ["PartPlan", "held_out_users", "plan_block", "plan_learning", "plan_parts"]

_SPLIT_BYTES = 62.0  # of the keys and orders that hold out an event
_CELL_BYTES = 40.0  # of the float64 arrays in which a thread normalises a score
_CODE_BYTES, _VALUE_BYTES = 16.0, 16.0  # of the codes of a candidate; of its rank and value in one part


class PartPlan(NamedTuple):
    """The plan of a part and the data that it is fitted to."""

    name: str
    plan: MemoryPlan
    data: Interactions


def plan_parts(plan: MemoryPlan, parts: list[PartPlan]) -> list[str]:
    """Add the fits of the parts, one after another; return the names of the models that stay.

    Parts that are fitted to the same data share the interactions by item.
    """
    sorted_by_item: list[Interactions] = []
    for name, own, data in parts:
        is_shared = any(data is one for one in sorted_by_item)
        plan.include(name, own, shared=(BY_ITEM,) if is_shared else ())
        if BY_ITEM in own.kept:
            sorted_by_item.append(data)
    return [part.name for part in parts]


def plan_learning(plan: MemoryPlan, data: Interactions, parts: list[PartPlan], size: float) -> list[str]:
    """Add the split of the data, and the fits to the remaining data; return the names of the arrays that stay.

    Parameters
    ----------
    plan : MemoryPlan
    data : Interactions
    parts : list of PartPlan
        For all data.
    size : float
        Share of the events that are held out.
    """
    plan.work("split of the data", _SPLIT_BYTES * data.n_interactions)
    n_bytes = 8.0 if data.timestamps is None else 16.0
    plan.keep("remaining data", (1 - size) * n_bytes * data.n_interactions + 8.0 * data.n_users)
    return ["remaining data", *plan_parts(plan, parts)]


def held_out_users(data: Interactions, n_users: int) -> int:
    """Return the number of users with held-out items, at most ``n_users``."""
    return min(n_users, int(np.count_nonzero(data.rows.lengths > 1)))


def plan_block(
    plan: MemoryPlan, n_users: int, n_items: int, n_parts: int, n_candidates: int, *, by_rank: bool = False
) -> None:
    """Add the candidates of a block of users, with the normalised scores of all parts.

    Parameters
    ----------
    plan : MemoryPlan
    n_users : int
        Number of users with held-out items.
    n_items, n_parts : int
    n_candidates : int
        Number of candidates of each part.
    by_rank : bool
        The common scale is a function of ranks, which needs a copy of the scores, and no float64 arrays.
    """
    n_rows = min(n_users, max(1, BLOCK_CELLS // n_items))
    cells = float(n_rows * n_items)
    plan.work(
        "scores of held-out users",
        cells * (4.0 * n_parts + 2.0)
        + (4.0 * cells if by_rank else _CELL_BYTES * min(cells, plan.n_threads * max(CHUNK_CELLS, n_items)))
        + n_rows * min(n_items, n_candidates * n_parts) * (_CODE_BYTES + n_parts * _VALUE_BYTES),
    )
