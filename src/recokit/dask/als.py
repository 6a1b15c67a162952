"""ImplicitALS on a Dask cluster."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple

import numpy as np

from recokit._typing import FloatArray, IntArray
from recokit.dask import _als_tasks as task
from recokit.dask._base import DaskRecommender, Fitted
from recokit.dask._blocks import Blocks
from recokit.dask._cluster import AnyFuture, Tasks
from recokit.dask._factor_data import FactorData, draw_vectors, same
from recokit.data.rows import bounds_from_lengths
from recokit.factorization import ImplicitALS as LocalALS
from recokit.factorization._confidence import Confidence
from recokit.factorization.als import INIT_SCALE, checked_cells, range_error, warn_if_vanished

__all__ = ["ImplicitALS"]


class _Side(NamedTuple):
    """The users, or the items, as blocks of consecutive rows.

    Attributes
    ----------
    stage : str
    cells : sequence of futures of Block or Rows
    l2 : list of futures of arrays
        The penalty of each row.
    """

    stage: str
    cells: Sequence[AnyFuture]
    l2: list[AnyFuture]


class ImplicitALS(DaskRecommender):
    """`recokit.ImplicitALS` on a Dask cluster, without features and ``warm_start``.

    A half-epoch solves blocks of rows of one side on all workers. Each worker receives the factors of the other side
    once, n × n_factors × 4 bytes, and keeps its own blocks. The Gram matrix is summed in the parts and in the order of
    a local fit.

    Parameters
    ----------
    client : distributed.Client, optional
        The cluster; by default the current client, or a new `distributed.LocalCluster`.
    **parameters
        As in `recokit.ImplicitALS`.

    Raises
    ------
    FloatingPointError
        In ``fit``: a loss or a factor is out of the range of float32.

    See Also
    --------
    recokit.ImplicitALS : The same estimator on one machine.

    References
    ----------
    Y. Zhou, D. Wilkinson, R. Schreiber, R. Pan (2008). Large-scale parallel collaborative filtering for the Netflix
    prize. AAIM.

    Examples
    --------
    >>> from distributed import Client
    >>> from recokit.dask import ImplicitALS
    >>> bought = [
    ...     ("ann", "tea"),
    ...     ("ann", "cup"),
    ...     ("bob", "tea"),
    ...     ("bob", "cup"),
    ...     ("eve", "tea"),
    ... ]
    >>> with Client(processes=False, dashboard_address=None) as client:
    ...     model = ImplicitALS(client, n_factors=2, random_state=0).fit(bought)
    ...     lists = model.recommend(["eve"]).compute()
    >>> lists["item_id"].tolist()
    ['cup']
    """

    _local: ClassVar[type[LocalALS]] = LocalALS
    _fixed: ClassVar[dict[str, Any]] = {"warm_start": False}
    _takes_side = False

    def _fit_blocks(self, data: Blocks, **side: Any) -> Fitted:
        return _Alternation(self._worker_template(), FactorData.from_blocks(data), bool(self.verbose)).run()


class _Alternation:
    """A fit of `ImplicitALS` on a cluster.

    Parameters
    ----------
    template : recokit.ImplicitALS
        The unfitted local estimator.
    data : FactorData
    verbose : bool
        Show progress.
    """

    def __init__(self, template: Any, data: FactorData, verbose: bool) -> None:
        self.template, self.data, self.verbose = template, data, verbose
        self.tasks: Tasks = data.tasks
        n = data.data.n_interactions
        mean = 1.0 if template.unobserved_weight is not None else data.mean()
        counts = len(data.lengths), len(data.item_lengths), n, mean
        self.confidence = Confidence.from_counts(*counts, template.unobserved_ratio, template.unobserved_weight)
        self.l2 = template._l2_for(data.lengths, data.item_lengths)
        self.mean_share = template._mean_share_for(data.lengths, data.item_lengths)
        ranges = data.data.item_ranges(data.item_lengths)
        by_item = data.data.by_item(ranges)
        item_starts = np.array([0, *(stop for _, stop in ranges)])
        self.starts = {"users": data.data.starts, "items": item_starts}
        self.users = self._side("users", data.data.blocks, data.lengths, self.confidence.unobserved_of_users)
        self.items = self._side("items", by_item, data.item_lengths, self.confidence.unobserved_of_items)

    def _side(self, stage: str, cells: Sequence[AnyFuture], lengths: IntArray, unobserved: float) -> _Side:
        l2 = self.template._penalties(lengths, unobserved, self.l2).for_lengths(lengths)
        return _Side(stage, cells, [self.tasks.submit("penalties", same, part) for part in self._cut(stage, l2)])

    def _cut(self, stage: str, array: FloatArray) -> list[FloatArray]:
        starts = self.starts[stage]
        return [array[start:stop].copy() for start, stop in pairwise(starts.tolist())]

    def run(self) -> Fitted:
        """Submit the tasks of all epochs, wait for them, and return the fitted model."""
        users, items = self._start()
        submitted = []
        joined = self.tasks.submit("join-items", task.join_blocks, *items)
        mean = self._mean_of(self.tasks.submit("join-users", task.join_blocks, *users)) if self.mean_share else None
        for _ in range(self.template.n_epochs):
            users = self._half_epoch(self.users, users, joined, mean)
            factors, of_users = self._joined("users", users)
            items = self._half_epoch(self.items, items, factors)
            joined, of_items = self._joined("items", items)
            submitted.append([of_users, of_items])
            if self.mean_share:
                args = self.mean_share, mean, *self.users.l2
                submitted[-1].append(self.tasks.submit("penalty-of-mean", task.penalty_of_mean, *args))
                mean = self._mean_of(factors)
        exact = self._half_epoch(self.users, users, joined, mean, "cholesky")
        # No later task needs these: workers release them when the submitted tasks have run.
        self.items = self.items._replace(cells=())
        del users, items, factors
        losses = self._wait_for(submitted)
        exact = [self.tasks.submit("factors", task.factors_of, block) for block in exact]
        self._check(exact, joined)
        attributes: dict[str, Any] = {"history_": {"training_loss": losses}}
        if mean is not None:
            attributes["user_mean_"] = self.tasks.gather([mean])[0][0].copy()
        return self.data.fitted(self.template, attributes, {"item_factors_": joined}, {"user_factors_": exact})

    def _start(self) -> tuple[list[AnyFuture], list[AnyFuture]]:
        """Draw the initial factors of the users, then of the items."""
        size = self.template.n_factors
        rng: Any = self.template._generator()
        users, rng = draw_vectors(self.tasks, np.diff(self.starts["users"]).tolist(), size, INIT_SCALE, rng)
        items, _ = draw_vectors(self.tasks, np.diff(self.starts["items"]).tolist(), size, INIT_SCALE, rng)
        return users, items

    def _joined(self, stage: str, blocks: Sequence[AnyFuture]) -> tuple[AnyFuture, AnyFuture]:
        """Return the factors of one side after a half-epoch, and its statistics."""
        side = self.tasks.submit(f"join-{stage}", task.join_side, *blocks)
        return self.tasks.submit("factors", task.factors_of, side), self.tasks.submit("loss", task.statistics, side)

    def _mean_of(self, users: AnyFuture) -> AnyFuture:
        """Return the prior mean of the users."""
        return self.tasks.submit("mean-of-users", task.mean_prior, self.mean_share, users, *self.users.l2)

    def _half_epoch(
        self,
        side: _Side,
        start: Sequence[AnyFuture],
        others: AnyFuture,
        mean: "AnyFuture | None" = None,
        solver: str | None = None,
    ) -> list[AnyFuture]:
        """Solve one side for the factors of the other side."""
        submit, n_groups = self.tasks.submit, min(task.N_GROUPS, self.tasks.n_threads)
        groups = [submit("gram", task.gram_group, others, group, n_groups) for group in range(n_groups)]
        unobserved, size = self.confidence.unobserved, self.template.n_factors
        gram = submit("gram-sum", task.sum_groups, unobserved, size, *groups)
        how = solver or self.template.solver, self.confidence
        return [
            submit(f"solve-{side.stage}", task.solve, *how, cells, others, gram, l2, mean, block)
            for cells, l2, block in zip(side.cells, side.l2, start, strict=True)
        ]

    def _wait_for(self, submitted: list[list[AnyFuture]]) -> list[float]:
        """Return the loss of each epoch, when it is done."""
        losses = []
        with self.template._with_attributes({**vars(self.template), "verbose": self.verbose})._progress(
            len(submitted), "epochs"
        ) as bar:
            while submitted:
                users, items, *of_mean = self.tasks.gather(submitted.pop(0))
                losses.append((items.loss + (users.penalty + sum(of_mean))) / self.data.data.n_interactions)
                self._check_range(losses[-1])
                self._check_range(items.largest)
                bar.update(1)
        return losses

    def _check(self, users: list[AnyFuture], items: AnyFuture) -> None:
        """Refuse user factors out of range, and warn if the factors have vanished."""
        data, submit = self.data.data, self.tasks.submit
        firsts, cells = bounds_from_lengths(data.lengths), checked_cells(data.n_interactions)
        cuts = np.searchsorted(cells, firsts)
        parts = [
            submit("scores", task.scores_of, block, factors, items, cells[low:high] - first)
            for block, factors, low, high, first in zip(data.blocks, users, cuts[:-1], cuts[1:], firsts, strict=False)
        ]
        largest = [submit("largest", task.largest_of, factors) for factors in users]
        scores, found = self.tasks.gather([parts, largest])
        self._check_range(float(np.max(found)))
        warn_if_vanished(float(np.mean(np.concatenate(scores))), self.l2, self.template.unobserved_weight)

    def _check_range(self, number: float) -> None:
        if not np.isfinite(number):
            _, highest, lowest = self.data.range()
            raise range_error(number, lowest, highest, self.l2)
