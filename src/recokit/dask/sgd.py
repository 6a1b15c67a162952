"""SGDMatrixFactorization on a Dask cluster."""

import copy
from typing import Any, ClassVar, NamedTuple

import numpy as np

from recokit._typing import FloatArray, IntArray
from recokit.base._rating_scale import rating_range
from recokit.dask import _strata_tasks as strata_task
from recokit.dask._base import DaskRecommender, Fitted
from recokit.dask._blocks import Block, Blocks
from recokit.dask._factor_data import FactorData, draw_vectors, rows_of
from recokit.dask._strata import Strata
from recokit.dask._strata_tasks import Group, Held, Users
from recokit.factorization import SGDMatrixFactorization as LocalSGD
from recokit.factorization._descent import check_convergence
from recokit.factorization._factors import Factors
from recokit.factorization._grid import N_BLOCKS, GridPlan
from recokit.factorization._penalties import penalty_scale, penalty_weights
from recokit.kernels.sgd import descend

__all__ = ["SGDMatrixFactorization"]


class SGDMatrixFactorization(DaskRecommender):
    """`recokit.SGDMatrixFactorization` on a Dask cluster.

    The parameters ``implicit_feedback``, ``early_stopping`` and ``warm_start`` must be False. The ratings are divided
    into the grid of a local fit, 16 × 16 blocks, of which up to 16 are processed at the same time. Ratings and user
    factors move once, to the worker of their block; the item factors move between the workers in each epoch.

    Parameters
    ----------
    client : distributed.Client, optional
        The cluster; by default the current client, or a new `distributed.LocalCluster`.
    **parameters
        As in `recokit.SGDMatrixFactorization`.

    See Also
    --------
    recokit.SGDMatrixFactorization : The same estimator on one machine.

    References
    ----------
    R. Gemulla, E. Nijkamp, P. J. Haas, Y. Sismanis (2011). Large-scale matrix factorization with distributed
    stochastic gradient descent. KDD.

    Examples
    --------
    >>> from distributed import Client
    >>> from recokit import Interactions
    >>> from recokit.dask import SGDMatrixFactorization
    >>> ratings = Interactions.from_arrays(
    ...     [1, 1, 2, 2, 3], [7, 8, 7, 9, 8], [5, 3, 4, 2, 3]
    ... )
    >>> with Client(processes=False, dashboard_address=None) as client:
    ...     model = SGDMatrixFactorization(client, n_factors=2, n_epochs=2, random_state=0)
    ...     lists = model.fit(ratings).recommend([3], n=1).compute()
    >>> len(lists)
    1
    """

    _local: ClassVar[type[LocalSGD]] = LocalSGD
    _fixed: ClassVar[dict[str, Any]] = {"implicit_feedback": False, "early_stopping": False, "warm_start": False}
    _takes_side = False

    def _fit_blocks(self, data: Blocks, **side: Any) -> Fitted:
        return _Descent(self._worker_template(), FactorData.from_blocks(data)).run(self._template())


class Descend(NamedTuple):
    """The steps of `SGDMatrixFactorization` in one epoch."""

    rates: tuple[float, float, float, float]

    def __call__(self, start: int, stop: int, group: Group, users: Factors, items: Factors, shared: Any) -> float:
        """Take one step for each rating; ``shared`` holds the weights of the penalties of the items."""
        arrays: tuple[Any, ...] = (
            *group.cells[:3],
            *(users.bias, items.bias, users.vectors, items.vectors, np.empty((0, users.n_factors), np.float32)),
            *(group.weights, shared),
        )
        loss: float = descend(start, stop, *arrays, *map(np.float32, self.rates))
        return loss


class _Descent:
    """A fit of `SGDMatrixFactorization` on a cluster.

    Parameters
    ----------
    template : recokit.SGDMatrixFactorization
        The unfitted local estimator.
    data : FactorData
    """

    def __init__(self, template: Any, data: FactorData) -> None:
        self.template, self.data, self.tasks = template, data, data.tasks
        self.mean = data.mean()
        self.range = data.range()[:2]
        largest = max(abs(bound) for bound in self.range)
        self.scale = max(data.deviation(self.mean), 1e-6 * largest, 1e-30)
        self.strata = Strata(self.tasks, data.data, min(N_BLOCKS, self.tasks.n_threads))

    def run(self, shown: Any) -> Fitted:
        """Submit the tasks of all epochs, wait for them, and return the fitted model."""
        submit, strata, template = self.tasks.submit, self.strata, self.template
        users, items, rng = self._start()
        lengths, item_lengths = submit("lengths", np.asarray, self.data.lengths), self.data.item_lengths
        plan, rng = self.tasks.split("plan", drawn_plan, 2, rng, lengths, item_lengths)
        orders = submit("orders", diagonal_orders, rng, template.n_epochs).result()
        exponent = template.l2_exponent
        user_weights, shared = self.tasks.split("weights", weights_of, 2, plan, lengths, item_lengths, exponent)
        n_groups = len(strata.blocks)
        layout = strata.layout(plan)
        users = strata.move(users, strata.by_code, layout, n_groups)
        groups = [
            submit("group", strata_task.group_of, part, plan, blocks, lengths, user_weights)
            for part, blocks in zip(users, strata.blocks, strict=True)
        ]
        held = [submit("start", strata_task.start_of, part) for part in users]
        del users
        incoming: Any = strata.give(items, plan, orders[0][0]) if orders else []
        errors: list[float] = []
        with shown._progress(template.n_epochs, "epochs") as bar:
            for epoch, order in enumerate(orders):
                held = strata.epoch(self._work(epoch), shared, plan, groups, held, order, incoming)
                incoming = order[-1]
                errors.append(self._wait_for(held, epoch))
                bar.update(1)
        return self._fitted(held, groups, plan, layout, errors)

    def _start(self) -> tuple[list[Any], Any, Any]:
        """Draw the initial factors of the users, then of the items; standardize the ratings."""
        template, data, submit = self.template, self.data.data, self.tasks.submit
        how = template.n_factors, template.init_scale
        rng: Any = template._generator()
        vectors, rng = draw_vectors(self.tasks, np.diff(data.starts).tolist(), *how, rng)
        (items,), rng = draw_vectors(self.tasks, [data.n_items], *how, rng)
        users = [
            submit("standardize", standardized, block, part, self.mean, self.scale)
            for block, part in zip(data.blocks, vectors, strict=True)
        ]
        return users, submit("items", with_zero_bias, items), rng

    def _work(self, epoch: int) -> Descend:
        template = self.template
        decay = template.learning_rate_decay**epoch
        rates = template.learning_rate_bias * decay, template.learning_rate * decay
        return Descend((*rates, template.l2_bias, template.l2))

    def _wait_for(self, held: list[Any], epoch: int) -> float:
        """Return the RMSE of an epoch, when it is done."""
        loss, largest = self.strata.losses(self.tasks.gather(self.strata.statistics(held)))
        error = float(np.sqrt(loss / self.data.data.n_interactions))
        user_bias, user_factors, item_bias, item_factors = largest.tolist()
        bound = max(user_bias, item_bias, min(user_factors, item_factors))
        check_convergence(epoch + 1, error, bound, self.template.learning_rate, self.template.learning_rate_bias)
        return error

    def _fitted(self, held: list[Any], groups: list[Any], plan: Any, layout: Any, errors: list[float]) -> Fitted:
        submit, split = self.tasks.submit, self.tasks.split
        parts = [submit("users", users_of, *each) for each in zip(groups, held, strict=True)]
        parts = self.strata.move(parts, layout, self.strata.by_code, len(self.data.data.blocks))
        users = [split("scale", scaled_users, 2, part, self.scale) for part in parts]
        items = submit("join-items", strata_task.items_in_order, plan, *held)
        vectors, bias = split("scale", scaled, 2, items, self.scale)
        template, n_epochs = self.template, len(errors)
        attributes = {
            "mean_": self.mean,
            "_mean": self.mean,
            "rating_range_": rating_range(np.array(self.range), template.rating_scale),
            "_scale": self.scale,
            "_penalty_scale": penalty_scale(self.data.lengths, template.l2_exponent),
            "_held_out": np.zeros(0, dtype=np.bool_),
            "implicit_factors_": np.empty((0, template.n_factors), dtype=np.float32),
            "history_": {"training_rmse": [self.scale * error for error in errors], "validation_rmse": []},
            "best_epoch_": n_epochs,
        }
        by_user = {"user_factors_": [each[0] for each in users], "user_bias_": [each[1] for each in users]}
        return self.data.fitted(template, attributes, {"item_factors_": vectors, "item_bias_": bias}, by_user)


# ---------------------------------------------------------------------- tasks


def standardized(block: Block, vectors: FloatArray, mean: float, scale: float) -> Users:
    """Return users with ratings of mean 0 and standard deviation 1, and biases of 0."""
    rows = rows_of(block)
    return Users(rows.with_values((rows.values - mean) / scale), with_zero_bias(vectors))


def with_zero_bias(vectors: FloatArray) -> Factors:
    """Return factors with biases of 0."""
    return Factors(vectors, np.zeros(len(vectors), dtype=np.float32))


def drawn_plan(rng: np.random.Generator, lengths: IntArray, item_lengths: IntArray) -> list[Any]:
    """Return the plan of the grid, and the generator after it was drawn."""
    rng = copy.deepcopy(rng)
    return [GridPlan.draw(lengths, item_lengths, rng), rng]


def diagonal_orders(rng: np.random.Generator, n_epochs: int) -> list[list[int]]:
    """Return the order of the diagonals in each epoch."""
    rng = copy.deepcopy(rng)
    return [rng.permutation(N_BLOCKS).tolist() for _ in range(n_epochs)]


def weights_of(plan: GridPlan, lengths: IntArray, item_lengths: IntArray, exponent: float) -> list[FloatArray]:
    """Return the weights of the penalties of users and of items, in the order of the grid."""
    counts = lengths[plan.user_order], item_lengths[plan.item_order]
    return [penalty_weights(each, exponent, penalty_scale(each, exponent)) for each in counts]


def users_of(group: Group, held: Held) -> Users:
    """Return the users of a group without their ratings."""
    n = held.users.n_rows
    return Users(group.rows.take(np.full(n, -1)), held.users)


def scaled(factors: Factors, scale: float) -> list[FloatArray]:
    """Return the vectors and the biases for ratings ``scale`` times as large."""
    result = factors.scaled(scale)
    return [result.vectors, result.bias_or_zeros()]


def scaled_users(users: Users, scale: float) -> list[FloatArray]:
    """Return the vectors and the biases of users for ratings ``scale`` times as large."""
    return scaled(users.factors, scale)
