"""The schedule of stochastic gradient descent on a cluster: the diagonals of the local grid, one after the other.

Groups of blocks of users stay on their worker, and blocks of items move between the groups. Cells of one diagonal have
neither users nor items in common, so the schedule of the groups changes no bit of the result.

References
----------
R. Gemulla, E. Nijkamp, P. J. Haas, Y. Sismanis (2011). Large-scale matrix factorization with distributed stochastic
gradient descent. KDD.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from recokit._typing import FloatArray
from recokit.dask import _strata_tasks as task
from recokit.dask._blocks import Blocks
from recokit.dask._cluster import AnyFuture, Tasks
from recokit.factorization._grid import N_BLOCKS

__all__ = ["Strata"]


class Strata:
    """Users in groups, and the schedule of an epoch.

    Parameters
    ----------
    tasks : Tasks
    data : Blocks
        The users in order of code.
    n_groups : int
        Number of groups that descend at the same time, at most `N_BLOCKS`.
    """

    def __init__(self, tasks: Tasks, data: Blocks, n_groups: int) -> None:
        cuts = np.linspace(0, N_BLOCKS, n_groups + 1).astype(int).tolist()
        self.tasks, self.cuts = tasks, cuts
        self.blocks = [range(start, stop) for start, stop in pairwise(cuts)]
        self.by_code = tasks.submit("layout", task.Layout, None, data.starts)

    def layout(self, plan: AnyFuture) -> AnyFuture:
        """Return the layout of the groups."""
        return self.tasks.submit("layout", task.layout_of, plan, self.cuts)

    def move(self, users: Sequence[AnyFuture], old: AnyFuture, new: AnyFuture, n_parts: int) -> list[AnyFuture]:
        """Move users to the parts of another layout."""
        pieces = [
            self.tasks.split("move-users", task.split_users, n_parts, part, number, old, new)
            for number, part in enumerate(users)
        ]
        return [self.tasks.submit("merge-users", task.merge_users, *column) for column in zip(*pieces, strict=True)]

    def give(self, items: AnyFuture, plan: AnyFuture, first_diagonal: int) -> list[list[AnyFuture]]:
        """Return the blocks of items that each group needs first, from the factors of all items."""
        submit = self.tasks.submit
        if len(self.blocks) == 1:
            return [[submit("give-items", task.block_items, items, plan, list(range(N_BLOCKS)))]]
        return [
            [submit("give-items", task.block_items, items, plan, task.needed(blocks, first_diagonal))]
            for blocks in self.blocks
        ]

    def epoch(
        self,
        work: Any,
        shared: AnyFuture,
        plan: AnyFuture,
        groups: Sequence[AnyFuture],
        held: Sequence[AnyFuture],
        order: Sequence[int],
        incoming: Sequence[Sequence[AnyFuture]] | int,
    ) -> list[AnyFuture]:
        """Submit the tasks of an epoch, and return the states of the groups after it.

        Parameters
        ----------
        work : Work
        shared, plan : futures
        groups, held : sequences of futures
        order : sequence of int
            The diagonals in order.
        incoming : sequence of sequences of futures, or int
            The first blocks of items of each group; or the diagonal whose blocks of items the groups hold.
        """
        fixed = work, shared, plan
        if len(self.blocks) == 1:
            received = incoming[0] if not isinstance(incoming, int) else ()
            return [self.tasks.submit("sweep", task.sweep, *fixed, groups[0], held[0], list(order), True, *received)]
        states = list(held)
        for number, diagonal in enumerate(order):
            if isinstance(incoming, int):
                incoming = self._exchange(states, incoming, diagonal)
            states = [
                self.tasks.submit("sweep", task.sweep, *fixed, group, state, [diagonal], number == 0, *received)
                for group, state, received in zip(groups, states, incoming, strict=True)
            ]
            incoming = diagonal
        return states

    def _exchange(self, held: Sequence[AnyFuture], before: int, after: int) -> list[list[AnyFuture]]:
        """Return the blocks of items that each group needs from others for the next diagonal."""
        owner = {block: g for g, rows in enumerate(self.blocks) for block in task.needed(rows, before)}
        incoming: list[list[AnyFuture]] = []
        for g, rows in enumerate(self.blocks):
            wanted: dict[int, list[int]] = {}
            for block in task.needed(rows, after):
                if owner[block] != g:
                    wanted.setdefault(owner[block], []).append(block)
            incoming.append([self.tasks.submit("pick", task.pick, held[h], list(b)) for h, b in wanted.items()])
        return incoming

    def statistics(self, held: Sequence[AnyFuture]) -> list[AnyFuture]:
        """Return the losses and the largest numbers of each group."""
        return [self.tasks.submit("loss", task.statistics, state) for state in held]

    def losses(self, found: Sequence[Any]) -> tuple[float, FloatArray]:
        """Return the loss of an epoch, and the largest bias and factor of users and of items."""
        return float(np.concatenate([losses for losses, _ in found]).sum()), np.max([each for _, each in found], axis=0)
