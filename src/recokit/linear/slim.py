"""SLIM: a sparse linear item-item model, fitted by elastic nets."""

import warnings
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from recokit._runtime.threads import Runner
from recokit._runtime.warnings import levels_inside
from recokit._typing import AnyArray, CodeArray, FeedbackOption, FloatArray, IntArray
from recokit.base import Recommender, Term, Top
from recokit.base._eligibility import EligibleItems
from recokit.base._gram_learner import GramLearner
from recokit.base._item_weights import ItemWeightsRecommender, weights_matrix
from recokit.base._lists import ItemOrder, collect_rows, top_of_sums
from recokit.base._memory import MemoryPlan, cells_of_related, walks_of
from recokit.base._parameters import BOOLEAN, COUNT, NON_NEGATIVE, OPTIONAL_COUNT, POSITIVE, interval
from recokit.base._stages import Stage, StagedRecommender, Stages, join_arrays, join_rows
from recokit.data._weights import item_scales, user_weights
from recokit.data.attributes import Array, Attribute, Matrix, Number
from recokit.data.gram import Gram
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows, bounds_from_lengths
from recokit.kernels.slim import head_gram, slim_weights
from recokit.linear._intercept import active_rows, add_intercepts
from recokit.linear._problem import Problem, plan_problem, strength_unit

__all__ = ["SLIM"]

_BYTES_PER_ENTRY = 4  # G in float32
_NONZERO_SHARE = 0.8  # of the items above the penalty, measured with the default parameters


class SLIM(StagedRecommender, GramLearner, ItemWeightsRecommender):
    r"""Predict each item from a few other items by an elastic net.

    The weights w from other items to the target item j minimize

    .. math:: \tfrac12 \|x_j - X w\|^2_W + \tfrac12 w^\top \Lambda w + l_1 \|w\|_1, \qquad w_j = 0, \quad w \ge 0,
        \qquad \Lambda = l_2 I + \frac{p}{1 - p} \operatorname{diag} G, \quad G = X^\top W X, \quad W_{uu} = n_u^{-e}

    where :math:`n_u` is the number of items of user u. They are fitted by coordinate descent on entries of G, for one
    target j at a time. A score is the sum of the weights of the items in the history, each times its strength. `EASE`
    inverts the whole of G; here no array grows with the square of the number of items.

    *Intercepts.* With ``fit_intercept``, X has a further column: a constant, the mean strength, for all users. It is
    penalized as the items are. Its weight for item j, times the constant, is the intercept of item j, a popularity that
    the other items do not explain. It is added to the scores, so that users with short histories get full lists.

    Parameters
    ----------
    n_neighbors : int, optional
        Number of candidates for each target: the items that reduce the loss most on their own (the loss without its l1
        part if weights may be negative). None takes all items. If weights may not be negative, an item i with
        :math:`G_{ij} \le l_1` has no weight, so only items that share a user with the target are candidates.
    l1 : float
        Penalty for sparsity: the larger, the fewer items have a weight. It is a number of users with the mean strength,
        weighted by W, and is multiplied by the square of the mean strength, so that the unit of the strengths does not
        matter.
    l2 : float
        Ridge penalty, in the same unit.
    positive : bool
        Restrict weights to be non-negative.
    fit_intercept : bool
        Fit an intercept for each item, see above.
    user_exponent : float
        e: the weight of a user with n items is n^−e. 0 weights all users equally; 1 gives users with many items no
        larger part of the loss than others.
    dropout : float
        p, the share of the entries that denoising drops: a penalty on items in proportion to their popularity.
    item_exponent : float
        The weights for an item with n users are multiplied by n^−item_exponent after fitting. Values above 0 make
        popular items rarer in lists.
    tol : float
        Stop the descent for a target when no weight changes by more than this share of the largest weight.
    max_iter : int
        Maximum number of passes over the candidates of a target.
    max_memory_gb : float
        Maximum memory for stored entries of G, see Notes. The result does not depend on it. With ``n_neighbors=None``,
        ``fit`` raises MemoryError if the candidates need more.
    feedback : {"auto", "implicit"}
        Kind of feedback; "auto" infers it from the data. Set "implicit" to use ratings as strengths.
    n_threads : int, optional
        Number of threads; Numba's default if None. The result does not depend on it.
    verbose : bool
        Show a progress bar.

    Attributes
    ----------
    item_weights_ : (n_items, n_items) float32 scipy.sparse.csr_array
        Weights: row i holds the weights of item i in the scores of other items.
    intercept_ : (n_items,) float32 array
        Intercepts; only with ``fit_intercept``.
    n_iter_ : int
        Largest number of passes of any target.

    See Also
    --------
    recokit.EASE : Predict each item from all other items by ridge regression, in closed form.
    recokit.ItemKNN : Predict from the items that are most similar to the items of a user.

    Notes
    -----
    ``SLIM(None, fit_intercept=False, user_exponent=0, dropout=0)`` is the model of 2011.

    Entries of G between the m items with the most costly rows are stored in 4 m² bytes: at most ``max_memory_gb``, and
    at most one byte for each multiplication to compute them. Entries of other items, which have few users, are computed
    on demand. In addition, each thread needs 4 ``n_neighbors``² bytes, and the weights need at most 8 bytes ×
    ``n_neighbors`` × the number of items. Items without interactions cost nothing but one number each.

    A model that is fitted by `fit_gram` has no intercepts, since the matrix has no constant.

    **Edge cases.** An item is not recommended, and its score is 0, if it has no intercept and no item of the history
    has a weight for it. The same holds for all items if a user has no interactions or only strengths of 0. With one
    item, or if no two items have a user in common, there are no weights, and lists are in the order of the intercepts.

    References
    ----------
    X. Ning and G. Karypis (2011). SLIM: sparse linear methods for top-N recommender systems. ICDM.

    H. Steck (2020). Autoencoders that don't overfit towards the identity. NeurIPS.

    Examples
    --------
    >>> from recokit.linear import SLIM
    >>> bought = [
    ...     ("ann", "tea"),
    ...     ("ann", "cup"),
    ...     ("bob", "tea"),
    ...     ("bob", "cup"),
    ...     ("cy", "tea"),
    ...     ("cy", "pot"),
    ... ]
    >>> model = SLIM(l1=0.01, l2=0.1).fit([*bought, ("dan", "tea")])
    >>> [item for item, _ in model.recommend("dan")["dan"]]
    ['cup', 'pot']
    """

    _supported_feedback: ClassVar[tuple[str, ...]] = ("implicit",)

    _remedies: ClassVar[tuple[str, ...]] = ("l1", "l2", "item_exponent", "n_neighbors")
    _memory_remedy: ClassVar[str] = "lower n_neighbors or max_memory_gb, raise l1, or remove rare items"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "n_neighbors": OPTIONAL_COUNT,
        "l1": NON_NEGATIVE,
        "l2": NON_NEGATIVE,
        "positive": BOOLEAN,
        "fit_intercept": BOOLEAN,
        "user_exponent": NON_NEGATIVE,
        "dropout": interval(0, 1, "left"),
        "item_exponent": interval(None, None, "neither"),
        "tol": NON_NEGATIVE,
        "max_iter": COUNT,
        "max_memory_gb": POSITIVE,
    }

    def __init__(
        self,
        n_neighbors: int | None = 300,
        *,
        l1: float = 0.1,
        l2: float = 20.0,
        positive: bool = True,
        fit_intercept: bool = True,
        user_exponent: float = 0.5,
        dropout: float = 0.5,
        item_exponent: float = 0.0,
        tol: float = 1e-3,
        max_iter: int = 100,
        max_memory_gb: float = 1.0,
        feedback: FeedbackOption = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.l1 = l1
        self.l2 = l2
        self.positive = positive
        self.fit_intercept = fit_intercept
        self.user_exponent = user_exponent
        self.dropout = dropout
        self.item_exponent = item_exponent
        self.tol = tol
        self.max_iter = max_iter
        self.max_memory_gb = max_memory_gb
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        return {
            "n_neighbors": [100, 200, 300, 500],
            "l1": [0.02, 0.05, 0.1, 0.2, 0.5, 1.0],
            "l2": [1.0, 2.0, 5.0, 10.0, 20.0, 50.0],
            "user_exponent": [0.0, 0.25, 0.5, 0.75, 1.0],
            "dropout": [0.0, 0.25, 0.5, 0.7],
            "item_exponent": [0.0, 0.1, 0.2],
        }

    def _described(self) -> dict[str, Attribute]:
        return super()._described() | {
            "n_iter_": Number(at_least=0, whole=True),
            "item_weights_": Matrix("n_items", "n_items"),
            "intercept_": Array("float32", ("n_items",), or_absent=True),
        }

    def _stages(self, interactions: Interactions) -> Stages:
        problem = Problem.from_interactions(
            interactions, self.user_exponent, self._runner(), constant=self.fit_intercept
        )
        yield from self._stages_of(problem, item_scales(interactions, self.item_exponent))

    def _fit_gram(self, gram: Gram) -> None:
        problem = Problem.from_gram(gram.matrix, self._runner())
        self._run_stages(self._stages_of(problem, np.maximum(gram.popularity, 1.0) ** -self.item_exponent))

    def _stages_of(self, problem: Problem, scales: FloatArray) -> Stages:
        """Solve the problem, and set the weights and intercepts, multiplied by the scale of each item."""
        head_items = _choose_heads(problem, self.max_memory_gb * 1e9).astype(np.int32)
        heads = np.full(problem.n_columns, -1, dtype=np.int32)  # row of each item in G of the heads, −1 for other items
        heads[head_items] = np.arange(len(head_items))
        gram = yield _head_stage(problem, head_items, heads)
        by_target, n_passes = yield self._target_stage(problem, scales[problem.items], heads, gram)
        self._check_convergence(n_passes)
        self.__dict__.pop("intercept_", None)  # that of an earlier fit with other parameters
        if problem.n_columns > problem.n_items:
            by_target = self._take_intercepts(by_target, problem, len(scales))
        weights = by_target.transposed(problem.n_items, self._runner())
        self.item_weights_ = _expanded(weights, problem.items, len(scales))

    def _take_intercepts(self, by_target: Rows, problem: Problem, n_items: int) -> Rows:
        """Set the intercepts, the weights of the constant times its value; return the weights of the items."""
        is_constant = by_target.codes == problem.n_items
        self.intercept_ = np.zeros(n_items, dtype=np.float32)
        targets = problem.items[by_target.row_codes[is_constant]]
        self.intercept_[targets] = by_target.values[is_constant] * np.float32(problem.unit**0.5)
        return by_target.select(~is_constant)

    def _plan_memory(self, plan: MemoryPlan) -> None:
        data = self.interactions_
        plan_problem(plan, data, constant=self.fit_intercept)
        walks = walks_of(data)[1]
        n_used = int(np.count_nonzero(walks))
        plan.keep(
            "Gram matrix of the heads", _BYTES_PER_ENTRY * _n_heads(np.sort(walks)[::-1], self.max_memory_gb) ** 2
        )
        width = max(1, min(n_used - 1, int(walks.max()), self.n_neighbors or n_used))
        of_constant = n_used if self.fit_intercept else 0
        n_candidates = of_constant + cells_of_related(data, width, quick=plan.quick)
        size = n_candidates / max(1, n_used)
        plan.keep("work of the threads", plan.n_threads * (_BYTES_PER_ENTRY * size * width + 16.0 * n_used))
        if self.positive and not plan.quick:  # items with G_ij ≤ l1 have no weight
            unit, weights = strength_unit(data), user_weights(data, self.user_exponent)
            n_candidates = of_constant + cells_of_related(data, width, weights=weights, above=unit * self.l1)
        n_cells = n_candidates if plan.quick else _NONZERO_SHARE * n_candidates
        plan.keep_lists(n_used, width, n_cells)
        plan.drop("Gram matrix of the heads", "work of the threads")
        plan.work("weights by item", 24.0 * n_cells)  # by item, over all items, and sorted
        plan.drop("problem")

    def _has_intercepts(self) -> bool:
        return "intercept_" in vars(self)

    def _score_block(self, profiles: Rows) -> FloatArray:
        scores = super()._score_block(profiles)
        if self._has_intercepts():
            add_intercepts(scores, profiles, self.intercept_)
        return scores

    def _top_block(self, profiles: Rows, n: int, eligible: EligibleItems) -> Top:
        if not self._has_intercepts():
            return super()._top_block(profiles, n, eligible)
        rows, offsets = self._weight_rows(), self._derived("intercepts", self.intercept_, _nonzero_order)
        return top_of_sums(profiles, rows, len(self.intercept_), n, eligible, self._runner(), offsets=offsets)

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        terms = super()._explain(user_code, item_code)
        history = self._training_histories(np.array([user_code], dtype=np.int32))
        if self._has_intercepts() and active_rows(history)[0]:
            terms.append(Term("popularity", None, float(self.intercept_[item_code])))
        return terms

    def _target_stage(self, problem: Problem, scales: FloatArray, heads: CodeArray, gram: FloatArray) -> Stage:
        """Return the stage that computes the weights for each target, times ``scales``, and the number of passes."""
        width = self._n_candidates(problem)
        curvatures = problem.diagonal / (1.0 - self.dropout) + problem.unit * self.l2
        settings = problem.unit * self.l1, self.positive, float(self.tol), int(self.max_iter)
        inputs = (*problem.data, heads, gram, curvatures, *settings)
        costs = problem.by_item.lengths[: problem.n_items] + 32 * width
        if len(gram) < problem.n_columns:
            costs += problem.gram_costs[: problem.n_items]

        def run(start: int, stop: int, runner: Runner) -> tuple[Rows, IntArray]:
            n_passes = np.empty(stop - start, dtype=np.int64)

            def fill(first_row: int, codes: CodeArray, weights: FloatArray) -> None:
                block = slice(start + first_row, start + first_row + len(codes))
                own = n_passes[first_row : first_row + len(codes)]
                args = (block.start, *inputs, codes, weights, own)
                runner.rows(slim_weights, len(codes), args, costs=costs[block])
                weights *= scales[block, None]

            return collect_rows(stop - start, width, fill, runner), n_passes

        return Stage(costs, run, _join_targets)

    def _n_candidates(self, problem: Problem) -> int:
        """Return the maximum number of candidates for a target.

        Raises
        ------
        MemoryError
            ``n_neighbors`` is None, and the Gram matrices of the candidates exceed ``max_memory_gb``.
        """
        width = max(1, problem.max_related if self.positive else problem.n_columns - 1)
        if self.n_neighbors is not None:
            return min(width, self.n_neighbors)
        n_threads = self._runner().n_threads
        needed = _BYTES_PER_ENTRY * n_threads * width**2
        if needed > self.max_memory_gb * 1e9:
            raise MemoryError(
                f"SLIM(n_neighbors=None) needs {needed / 1e9:.1f} GB for {width:,} candidates on {n_threads} "
                f"threads, more than max_memory_gb={self.max_memory_gb:g}; increase it, or set n_neighbors, such as 300"
            )
        return width

    def _check_convergence(self, n_passes: IntArray) -> None:
        """Set ``n_iter_``; warn about targets without convergence."""
        self.n_iter_ = min(int(np.max(n_passes, initial=1)), self.max_iter)
        n_stopped = np.count_nonzero(n_passes > self.max_iter)
        if n_stopped:
            warnings.warn(
                f"the weights for {n_stopped:,} of {len(n_passes):,} items did not converge in "
                f"max_iter={self.max_iter} passes; increase max_iter, tol={self.tol:g} or l2",
                ConvergenceWarning,
                stacklevel=levels_inside(),
            )


def _head_stage(problem: Problem, head_items: CodeArray, heads: CodeArray) -> Stage:
    """Return the stage that computes G of the heads."""
    costs = problem.gram_costs[head_items]

    def run(start: int, stop: int, runner: Runner) -> FloatArray:
        gram = np.empty((stop - start, len(head_items)), dtype=np.float32)
        args = (head_items[start:stop], *problem.data, heads, gram)
        runner.rows(head_gram, stop - start, args, costs=costs[start:stop])
        return gram

    return Stage(costs, run, lambda parts, runner: join_arrays(parts, np.empty((0, len(head_items)), dtype=np.float32)))


def _join_targets(parts: Sequence[tuple[Rows, IntArray]], runner: Runner) -> tuple[Rows, IntArray]:
    if not parts:
        return Rows.empty(0), np.empty(0, dtype=np.int64)
    return join_rows([rows for rows, _ in parts], runner), np.concatenate([n_passes for _, n_passes in parts])


def _expanded(weights: Rows, items: IntArray, n_items: int) -> sparse.csr_array:
    """Return weights between some of the items as a matrix over all items."""
    lengths = np.zeros(n_items, dtype=np.int64)
    lengths[items] = weights.lengths
    return weights_matrix(Rows.from_arrays(bounds_from_lengths(lengths), items[weights.codes], weights.values))


def _choose_heads(problem: Problem, max_bytes: float) -> IntArray:
    """Return the items between which the entries of G are stored, in 4 bytes each, ascending.

    These are the items with the most costly rows, as many as fit. The entries take at most one byte for each
    multiplication to compute them, so that the memory for sparse data is in proportion to the work. More entries would
    not make the fit faster.
    """
    order = np.argsort(-problem.gram_costs, kind="stable")
    return np.sort(order[: _n_heads(problem.gram_costs[order], max_bytes / 1e9)])


def _n_heads(costs: AnyArray, max_memory_gb: float) -> int:
    """Return the number of heads for the costs of the rows of G in descending order."""
    n = np.arange(1.0, len(costs) + 1)
    fits = _BYTES_PER_ENTRY * n**2 <= np.minimum(np.cumsum(costs), max_memory_gb * 1e9)
    return int(np.max(np.flatnonzero(fits) + 1, initial=0))


def _nonzero_order(intercepts: FloatArray) -> ItemOrder:
    return ItemOrder.of(intercepts).among(intercepts != 0)
