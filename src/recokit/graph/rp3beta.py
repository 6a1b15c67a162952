"""RP3beta: three steps of a random walk, with a penalty on popularity."""

from typing import Any, ClassVar

import numpy as np

from recokit._runtime.small_work import chosen
from recokit._runtime.threads import Runner
from recokit._typing import CodeArray, FeedbackOption, FloatArray
from recokit.base import Recommender
from recokit.base._item_weights import ItemWeightsRecommender, weights_matrix
from recokit.base._memory import MemoryPlan, cells_of_related
from recokit.base._parameters import BOOLEAN, NON_NEGATIVE, OPTIONAL_COUNT, OPTIONAL_NON_NEGATIVE
from recokit.base._stages import Stage, StagedRecommender, Stages, rows_stage
from recokit.data._weights import mean_walks
from recokit.data.attributes import Attribute, Matrix
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.kernels.gram import gram_costs
from recokit.kernels.walk import walk_rows

__all__ = ["RP3beta"]

_MAX_BETA = 0.8  # default of beta for dense data
_SPARSE_ALPHA, _ADDED_ALPHA = 0.5, 0.2  # default of alpha for sparse data, and its growth up to dense data
_HALF_WALKS = 2.0  # mean number of walks halfway between sparse and dense data


class RP3beta(StagedRecommender, ItemWeightsRecommender):
    r"""Recommend the end items of random walks user → item → user → item, with a penalty on popular items.

    A walk goes from a user to one of their items, and from an item to one of its users, in proportion to the strengths.
    With :math:`P_{ui} = r_{ui} / \sum_j r_{uj}` and :math:`P_{iu} = r_{ui} / \sum_v r_{vi}`, the score is

    .. math:: \hat r_{uj} = \sum_{i \in I(u)} P_{ui}^\alpha \, W_{ij}, \qquad
        W_{ij} = (d_j + c \bar r)^{-\beta} \sum_{v \in U(i) \cap U(j)} P_{iv}^\alpha P_{vj}^\alpha \quad (i \ne j)

    where :math:`d_j = \sum_v r_{vj}` is the popularity of item j and :math:`\bar r` the mean strength. β = 0 gives
    P3alpha. With c = 0, as in the paper, items with one user gain most from the penalty. c > 0 moderates the gain of
    items with few users, whose popularity is uncertain.

    Parameters
    ----------
    n_neighbors : int, optional
        Number of W_ij to keep for each item i, the largest; None keeps all.
    alpha : float, optional
        α, the exponent of the probabilities. Values below 1 give improbable steps more weight. By default
        0.5 + 0.2 w / (w + 2), where w is the mean number of walks from a user to an item, n³ / (n_users n_items)² for n
        interactions: 0.7 on dense data.
    beta : float, optional
        β, the strength of the penalty on popularity; 0 for no penalty. By default 0.8 w / (w + 2), on dense data near
        0.8. On sparse data, most walks tell little about an item but its popularity, and a large β favours items by
        chance.
    shrinkage : float
        c, a number of interactions of mean strength that are added to the popularity of each item; 0 in the paper.
    normalize : bool, optional
        Scale the kept W_ij of each item i to a sum of 1. By default they are divided by the power w / (w + 2) of their
        sum: on sparse data, items with few walks have less weight in a history.
    feedback : {"auto", "implicit"}
        Kind of feedback; "auto" infers it from the data. Set "implicit" to use ratings as strengths.
    n_threads : int, optional
        Number of threads; Numba's default if None. The result does not depend on it.
    verbose : bool
        Show a progress bar.

    Attributes
    ----------
    item_weights_ : (n_items, n_items) float32 scipy.sparse.csr_array
        W.

    See Also
    --------
    recokit.ItemKNN : Predict from the items that are most similar to the items of a user.
    recokit.EASE : Predict each item from all other items by ridge regression, in closed form.

    Notes
    -----
    A fit needs 8 bytes for each kept W_ij. There are at most ``n_neighbors`` for each item, or, if it is None, as many
    as pairs of items with a user in common.

    **Edge cases.** An item is not recommended, and its score is 0, if no walk from the history ends at it. The same
    holds for all items if a user has no interactions or only strengths of 0. With one item, or if no two items have a
    user in common, there are no W_ij and lists are empty.

    References
    ----------
    C. Cooper, S. H. Lee, T. Radzik and Y. Siantos (2014). Random walks in recommender systems: exact computation and
    simulations. WWW.

    B. Paudel, F. Christoffel, C. Newell and A. Bernstein (2017). Updatable, accurate, diverse, and scalable
    recommendations for interactive applications. ACM TiiS 7(1).

    Examples
    --------
    >>> from recokit.graph import RP3beta
    >>> bought = [
    ...     ("ann", "tea"),
    ...     ("ann", "cup"),
    ...     ("bob", "tea"),
    ...     ("bob", "cup"),
    ...     ("eve", "tea"),
    ...     ("eve", "pot"),
    ... ]
    >>> model = RP3beta().fit([*bought, ("dan", "tea")])
    >>> [item for item, _ in model.recommend("dan")["dan"]]
    ['cup', 'pot']
    """

    _supported_feedback: ClassVar[tuple[str, ...]] = ("implicit",)

    _density: float  # from 0 for sparse data to 1 for dense data

    _remedies: ClassVar[tuple[str, ...]] = ("beta", "n_neighbors", "alpha")
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "n_neighbors": OPTIONAL_COUNT,
        "alpha": OPTIONAL_NON_NEGATIVE,
        "beta": OPTIONAL_NON_NEGATIVE,
        "shrinkage": NON_NEGATIVE,
        "normalize": [*BOOLEAN, None],
    }

    def __init__(
        self,
        n_neighbors: int | None = 200,
        *,
        alpha: float | None = None,
        beta: float | None = None,
        shrinkage: float = 50.0,
        normalize: bool | None = None,
        feedback: FeedbackOption = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.alpha = alpha
        self.beta = beta
        self.shrinkage = shrinkage
        self.normalize = normalize
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        return {
            "n_neighbors": [30, 50, 100, 200, 400],
            "alpha": [0.5, 0.7, 0.8, 0.9, 1.0, 1.2],
            "beta": [0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0],
            "shrinkage": [0.0, 10.0, 50.0, 200.0],
            "normalize": [True, False],
        }

    def _described(self) -> dict[str, Attribute]:
        return super()._described() | {
            "item_weights_": Matrix("n_items", "n_items"),
        }

    def _stages(self, interactions: Interactions) -> Stages:
        self._density, by_item = _density(interactions), interactions.transposed(n_threads=self.n_threads)
        weights = yield self._walk(interactions.rows, by_item, self._discounts(by_item))
        exponent = self._density if self.normalize is None else float(self.normalize)
        self.item_weights_ = weights_matrix(weights.with_values(_normalized(weights, exponent)))

    def _plan_memory(self, plan: MemoryPlan) -> None:
        data, n_items = self.interactions_, self.interactions_.n_items
        plan.keep_transposed(data)
        plan.work("steps in float64", 32.0 * data.n_interactions)
        plan.keep("steps", 8.0 * data.n_interactions)
        width = max(1, min(self.n_neighbors or n_items, n_items - 1))
        n_cells = cells_of_related(data, width, quick=plan.quick)
        plan.keep_lists(n_items, width, n_cells)
        plan.drop("steps")
        plan.work("shares of the walks", 16.0 * n_cells if self.normalize is not False else 0.0)
        plan.work("weights in order of code", 12.0 * n_cells)

    def _restore(self) -> None:
        super()._restore()
        self._density = _density(self.interactions_)

    def _walk(self, by_user: Rows, by_item: Rows, discounts: FloatArray) -> Stage:
        """Return the stage that finds the largest W_ij of each item, best first."""
        n_items = by_item.n_rows
        width = max(1, min(self.n_neighbors or n_items, n_items - 1))
        steps = (*self._steps(by_item).arrays, *self._steps(by_user).arrays, discounts)
        costs = chosen(gram_costs, len(by_item.codes))(by_item.indptr, by_item.codes, by_user.indptr)

        def fill(first_item: int, codes: CodeArray, values: FloatArray, runner: Runner) -> None:
            block = slice(first_item, first_item + len(codes))
            runner.rows(walk_rows, len(codes), (first_item, *steps, codes, values), costs=costs[block])

        return rows_stage(n_items, width, fill, costs)

    def _steps(self, rows: Rows) -> Rows:
        """Return P^α, with 0 for steps of strength 0 even if α is 0."""
        shares = _shares(rows)
        alpha = _SPARSE_ALPHA + _ADDED_ALPHA * self._density if self.alpha is None else self.alpha
        return rows.with_values(np.where(shares > 0, shares**alpha, 0))

    def _discounts(self, by_item: Rows) -> FloatArray:
        """Return (d + c r̄)^−β: (n_items,) float64."""
        beta = _MAX_BETA * self._density if self.beta is None else float(self.beta)
        popularity, strengths = by_item.sums(by_item.values), by_item.values[by_item.values > 0]
        added = self.shrinkage * np.mean(strengths, dtype=np.float64) if len(strengths) else 0.0
        discounts: FloatArray = np.where(popularity > 0, popularity + added, 1) ** -beta
        return discounts

    def _profiles(self, histories: Rows) -> Rows:
        return self._steps(histories)


def _density(interactions: Interactions) -> float:
    """Return w / (w + 2) for w walks from a user to an item on average: from 0 for sparse data to 1 for dense data."""
    walks = mean_walks(interactions)
    return walks / (walks + _HALF_WALKS)


def _normalized(weights: Rows, exponent: float) -> FloatArray:
    """Return the weights divided by a power of the sum of their row: (n,) float32."""
    if exponent == 0:
        return weights.values.copy()
    if exponent == 1:
        return _shares(weights).astype(np.float32)
    sums = weights.sums(weights.values)
    divisors = np.where(sums > 0, sums, 1) ** exponent
    return (weights.values / np.repeat(divisors, weights.lengths)).astype(np.float32)


def _shares(rows: Rows) -> FloatArray:
    """Return each value divided by the sum of its row, 0 for rows with the sum 0: (n,) float64."""
    sums = rows.sums(rows.values)
    shares: FloatArray = rows.values / np.repeat(np.where(sums > 0, sums, 1), rows.lengths)
    return shares
