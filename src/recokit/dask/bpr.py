"""BPR on a Dask cluster."""

import copy
from typing import Any, ClassVar, NamedTuple

import numpy as np

from recokit import factorization
from recokit._typing import FloatArray, IntArray
from recokit.dask import _strata_tasks as strata_task
from recokit.dask._base import DaskRecommender, Fitted
from recokit.dask._blocks import Block, Blocks
from recokit.dask._factor_data import FactorData, draw_vectors, rows_of
from recokit.dask._strata import Strata
from recokit.dask._strata_tasks import Group, Held, Users
from recokit.factorization._factors import Factors
from recokit.factorization._grid import N_BLOCKS, GridPlan
from recokit.factorization.bpr import INIT_SCALE, MIN_ITEMS_IN_BLOCKS, check_convergence
from recokit.kernels.bpr import descend_pairs

__all__ = ["BPR"]


class BPR(DaskRecommender):
    """`recokit.BPR` on a Dask cluster, without ``warm_start``.

    The interactions are divided into the grid of a local fit, 16 × 16 blocks, of which up to 16 are processed at the
    same time. Users and items belong to other blocks in each epoch, so interactions, user factors and item factors
    move between the workers in each epoch. With fewer than 512 items, negative items are drawn from all items, and one
    worker runs the whole fit, as one thread does locally.

    Parameters
    ----------
    client : distributed.Client, optional
        The cluster; by default the current client, or a new `distributed.LocalCluster`.
    **parameters
        As in `recokit.BPR`.

    See Also
    --------
    recokit.BPR : The same estimator on one machine.

    Examples
    --------
    >>> from distributed import Client
    >>> from recokit.dask import BPR
    >>> bought = [
    ...     ("ann", "tea"),
    ...     ("ann", "cup"),
    ...     ("bob", "tea"),
    ...     ("bob", "cup"),
    ...     ("eve", "tea"),
    ... ]
    >>> with Client(processes=False, dashboard_address=None) as client:
    ...     model = BPR(client, n_factors=2, n_epochs=2, random_state=0).fit(bought)
    ...     lists = model.recommend(["eve"]).compute()
    >>> lists["item_id"].tolist()
    ['cup']
    """

    _local: ClassVar[type[factorization.BPR]] = factorization.BPR
    _fixed: ClassVar[dict[str, Any]] = {"warm_start": False}
    _takes_side = False

    def _fit_blocks(self, data: Blocks, **side: Any) -> Fitted:
        return _Descent(self._worker_template(), FactorData.from_blocks(data)).run(self._template())


class Shared(NamedTuple):
    """Arrays of all items in one epoch, and its random seed."""

    item_starts: IntArray
    item_order: Any
    sums: FloatArray
    seed: int


class DescendPairs(NamedTuple):
    """The steps of `BPR` in one epoch."""

    n_candidates: int
    rates: tuple[float, float, float, float]

    def __call__(self, start: int, stop: int, group: Group, users: Factors, items: Factors, shared: Any) -> float:
        """Take one step for each interaction."""
        order = np.arange(users.n_rows, dtype=np.int32)
        arrays: tuple[Any, ...] = (
            *(group.cells.user_rows, group.cells.item_rows, shared.item_starts, order, shared.item_order),
            *(group.rows.indptr, group.rows.codes, shared.sums, self.n_candidates, shared.seed, group.offset),
            *(users.vectors, items.vectors, items.bias),
        )
        loss: float = descend_pairs(start, stop, *arrays, *map(np.float32, self.rates))
        return loss


class _Descent:
    """A fit of `BPR` on a cluster.

    Parameters
    ----------
    template : recokit.BPR
        The unfitted local estimator.
    data : FactorData
    """

    def __init__(self, template: Any, data: FactorData) -> None:
        self.template, self.data, self.tasks = template, data, data.tasks
        n_groups = min(N_BLOCKS, self.tasks.n_threads) if data.data.n_items >= MIN_ITEMS_IN_BLOCKS else 1
        self.strata = Strata(self.tasks, data.data, n_groups)
        submit = self.tasks.submit
        self.lengths = submit("lengths", np.asarray, data.lengths)
        self.item_lengths = submit("lengths", np.asarray, data.item_lengths)
        n_active = (int(np.count_nonzero(lengths)) for lengths in (data.lengths, data.item_lengths))
        self.l2 = template._l2_for(data.data.n_interactions, *n_active)
        self.no_weights = np.empty(0, dtype=np.float32)

    def run(self, shown: Any) -> Fitted:
        """Submit the tasks of all epochs, wait for them, and return the fitted model."""
        users, items, rng = self._start()
        layout, losses, n_epochs = self.strata.by_code, [], self.template.n_epochs
        waiting: list[Any] = []
        with shown._progress(n_epochs, "epochs") as bar:
            for epoch in range(n_epochs):
                users, items, rng, layout, statistics = self._epoch(users, items, rng, layout, epoch)
                waiting.append(statistics)
                if epoch:  # the next epoch is submitted before this one is done
                    losses.append(self._wait_for(waiting.pop(0), epoch - 1))
                    bar.update(1)
            losses.append(self._wait_for(waiting.pop(0), n_epochs - 1))
            bar.update(1)
        return self._fitted(users, items, layout, losses)

    def _start(self) -> tuple[list[Any], Any, Any]:
        """Draw the initial factors of the users, then of the items."""
        template, data, submit = self.template, self.data.data, self.tasks.submit
        rng: Any = template._generator()
        how = template.n_factors, INIT_SCALE
        vectors, rng = draw_vectors(self.tasks, np.diff(data.starts).tolist(), *how, rng)
        (items,), rng = draw_vectors(self.tasks, [data.n_items], *how, rng)
        users = [submit("users", users_of, *each) for each in zip(data.blocks, vectors, strict=True)]
        return users, submit("items", with_zero_bias, items), rng

    def _epoch(self, users: list[Any], items: Any, rng: Any, layout: Any, epoch: int) -> tuple[Any, ...]:
        """Submit the tasks of an epoch; return users, items, generator and layout after it, and the statistics."""
        submit, strata, template = self.tasks.submit, self.strata, self.template
        is_small, is_weighted = len(strata.blocks) == 1 and self._is_small(), template._is_weighted()
        plan, shared, order, rng = self.tasks.split(
            "plan", drawn_epoch, 4, rng, self.lengths, self.item_lengths, is_small, is_weighted
        )
        diagonals = order.result()
        new = strata.layout(plan)
        users = strata.move(users, layout, new, len(strata.blocks))
        groups = [
            submit("group", strata_task.group_of, part, plan, blocks, self.lengths, self.no_weights)
            for part, blocks in zip(users, strata.blocks, strict=True)
        ]
        held = [submit("start", strata_task.start_of, part) for part in users]
        rate = template.learning_rate * template.learning_rate_decay**epoch
        work = DescendPairs(template._n_candidates(self.data.data.n_items), (rate, self.l2, self.l2, template.l2_bias))
        incoming = strata.give(items, plan, diagonals[0])
        held = strata.epoch(work, shared, plan, groups, held, diagonals, incoming)
        users = [submit("users", users_after, *each) for each in zip(groups, held, strict=True)]
        items = submit("join-items", strata_task.items_in_order, plan, *held)
        return users, items, rng, new, strata.statistics(held)

    def _is_small(self) -> bool:
        return self.data.data.n_items < MIN_ITEMS_IN_BLOCKS

    def _wait_for(self, statistics: list[Any], epoch: int) -> float:
        """Return the mean loss of an epoch, when it is done."""
        loss, largest = self.strata.losses(self.tasks.gather(statistics))
        check_convergence(epoch + 1, float(largest.max()), self.template.learning_rate, self.l2)
        return loss / self.data.data.n_interactions

    def _fitted(self, users: list[Any], items: Any, layout: Any, losses: list[float]) -> Fitted:
        submit, split = self.tasks.submit, self.tasks.split
        parts = self.strata.move(users, layout, self.strata.by_code, len(self.data.data.blocks))
        vectors, bias = split("items", arrays_of, 2, items)
        by_user = {"user_factors_": [submit("users", vectors_of, part) for part in parts]}
        attributes = {"history_": {"training_loss": losses}, "l2_": self.l2}
        by_item = {"item_factors_": vectors, "item_bias_": bias}
        return self.data.fitted(self.template, attributes, by_item, by_user)


# ---------------------------------------------------------------------- tasks


def users_of(block: Block, vectors: FloatArray) -> Users:
    """Return users with their interactions and factors."""
    return Users(rows_of(block), Factors(vectors))


def with_zero_bias(vectors: FloatArray) -> Factors:
    """Return factors with biases of 0."""
    return Factors(vectors, np.zeros(len(vectors), dtype=np.float32))


def drawn_epoch(
    rng: np.random.Generator, lengths: IntArray, item_lengths: IntArray, is_small: bool, is_weighted: bool
) -> list[Any]:
    """Draw the random numbers of an epoch.

    Returns
    -------
    list
        The plan of the grid, the shared arrays, the order of the diagonals, and the generator after it.
    """
    rng = copy.deepcopy(rng)
    plan = GridPlan.draw(lengths, item_lengths, rng)
    seed = int(rng.integers(1, 2**62))
    sums = np.cumsum((item_lengths**0.75)[plan.item_order]) if is_weighted else np.empty(0)
    item_starts = np.array([0, len(item_lengths)]) if is_small else plan.item_starts
    shared = Shared(item_starts, plan.item_order, sums, seed)
    return [plan, shared, rng.permutation(N_BLOCKS).tolist(), rng]


def users_after(group: Group, held: Held) -> Users:
    """Return the users of a group after an epoch."""
    return Users(group.rows, held.users)


def arrays_of(factors: Factors) -> list[FloatArray]:
    """Return the vectors and the biases."""
    return [factors.vectors, factors.bias_or_zeros()]


def vectors_of(users: Users) -> FloatArray:
    """Return the vectors of users."""
    return users.factors.vectors
