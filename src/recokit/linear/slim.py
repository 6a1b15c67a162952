"""SLIM: items predicted from few items each, by elastic nets."""

import warnings
from typing import Any, ClassVar, NamedTuple

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from recokit._runtime.warnings import levels_inside
from recokit._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.base import Recommender, Rows
from recokit.base._item_weights import ItemWeightsRecommender
from recokit.base._lists import collect_rows
from recokit.base._parameters import BOOLEAN, COUNT, NON_NEGATIVE, OPTIONAL_COUNT, POSITIVE, interval
from recokit.data._weights import item_scales, user_weights
from recokit.data.interactions import Interactions
from recokit.kernels.gram import gram_costs
from recokit.kernels.slim import head_gram, slim_weights

__all__ = ["SLIM"]


class _Problem(NamedTuple):
    """What all elastic nets share, as the kernel takes it.

    Attributes
    ----------
    by_item, by_user : Rows
        X.
    user_weights : (n_users,) float64 array
        The diagonal of W.
    heads : (n_items,) int32 array
        The row of each item in ``gram``, −1 for none.
    gram : (n_heads, n_heads) float32 array
    curvatures : (n_items,) float64 array
    """

    by_item: Rows
    by_user: Rows
    user_weights: FloatArray
    heads: CodeArray
    gram: FloatArray
    curvatures: FloatArray

    @property
    def data(self) -> tuple[AnyArray, ...]:
        """X and W, as kernels take them."""
        return (*self.by_item.arrays, *self.by_user.arrays, self.user_weights)

    @property
    def gram_costs(self) -> IntArray:
        """Number of multiplications for each row of G: (n_items,) int64."""
        return gram_costs(self.by_item.indptr, self.by_item.codes, self.by_user.indptr)


class SLIM(ItemWeightsRecommender):
    r"""Predict every item from a few others by an elastic net.

    The weights w of the items that speak for item j minimise

    .. math:: \tfrac12 \|x_j - X w\|^2_W + \tfrac12 w^\top \Lambda w + l_1 \|w\|_1, \qquad w_j = 0, \quad w \ge 0,
        \qquad \Lambda = l_2 I + \frac{p}{1 - p} \operatorname{diag} G, \quad G = X^\top W X, \quad W_{uu} = n_u^{-e}

    where :math:`n_u` is the number of items of user u. They are found by coordinate descent on entries of G, a target j
    at a time; a score is the sum of the weights of the items in a history, each times its strength. Where `EASE` takes
    the inverse of all of G, no array here needs the square of the number of items.

    Parameters
    ----------
    n_neighbors : int, optional
        The candidates of each target: as many items as alone would lower the loss most (without its l1 part, where
        weights may be negative). None takes all items, which needs all of G. Without negative weights, an item with
        :math:`G_{ij} \le l_1` has no weight, so it is no candidate.
    l1 : float
        The larger, the fewer items have a weight. Its scale is that of G, so it is smaller where users are weighted.
    l2 : float
        The ridge penalty, on the same scale.
    positive : bool
        No weight is negative.
    user_exponent : float
        e: a user with n items weighs n^−e. 0 weighs all users alike, 1 gives the heavy ones no more than the others.
    dropout : float
        p, the share of the entries that denoising drops: a penalty for items in proportion to their popularity.
    item_exponent : float
        The weights for an item that n users have are multiplied by n^−item_exponent afterwards: above 0, lists hold
        less of what is popular.
    tol : float
        Stop the descent of a target when no weight changes by more than this share of the largest.
    max_iter : int
        Passes over the candidates of a target at most.
    max_memory_gb : float
        Memory for the entries of G that are kept, see Notes. The result does not depend on it.
    feedback : {"auto", "implicit"}
        What the values are. To learn from ratings as strengths, say "implicit".
    n_threads : int, optional
        Threads; what Numba has by default. The result is the same for any number.
    verbose : bool
        Show progress.

    Attributes
    ----------
    item_weights_ : (n_items, n_items) float32 scipy.sparse.csr_array
        The weights: row i holds what item i says for others.
    n_iter_ : int
        The most passes that a target took.

    Notes
    -----
    Entries of G between the m most popular items are kept, 4 m² bytes, with m as large as ``max_memory_gb`` allows:
    15,811 items in 1 GB. Entries of other items, which have few users, are summed up when they are wanted. Each thread
    takes 4 ``n_neighbors``² bytes besides, and the weights 8 bytes × ``n_neighbors`` × the number of items at most.

    **Edges.** An item that no item of a history has a weight for is in no list; its score is 0. So is all for a user
    without interactions, or whose strengths are all 0. With one item, or where no two items have a user in common,
    there are no weights and lists are empty.

    References
    ----------
    X. Ning and G. Karypis (2011). SLIM: sparse linear methods for top-N recommender systems. ICDM.

    H. Steck (2020). Autoencoders that don't overfit towards the identity. NeurIPS.

    Examples
    --------
    >>> from recokit.linear import SLIM
    >>> bought = [("ann", "tea"), ("ann", "cup"), ("bob", "tea"), ("bob", "cup"), ("cy", "tea"), ("cy", "pot")]
    >>> model = SLIM(l1=0.01, l2=0.1).fit([*bought, ("dan", "tea")])
    >>> [item for item, _ in model.recommend("dan")["dan"]]
    ['cup', 'pot']
    """

    _supported_feedback: ClassVar[tuple[str, ...]] = ("implicit",)

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "n_neighbors": OPTIONAL_COUNT,
        "l1": NON_NEGATIVE,
        "l2": NON_NEGATIVE,
        "positive": BOOLEAN,
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
        l2: float = 2.0,
        positive: bool = True,
        user_exponent: float = 0.5,
        dropout: float = 0.5,
        item_exponent: float = 0.0,
        tol: float = 1e-3,
        max_iter: int = 100,
        max_memory_gb: float = 1.0,
        feedback: str = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.l1 = l1
        self.l2 = l2
        self.positive = positive
        self.user_exponent = user_exponent
        self.dropout = dropout
        self.item_exponent = item_exponent
        self.tol = tol
        self.max_iter = max_iter
        self.max_memory_gb = max_memory_gb
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    def _fit(self, interactions: Interactions) -> None:
        n_items = interactions.n_items
        problem = self._problem(interactions, self._n_heads(n_items))
        by_target, n_passes = self._solve(problem, item_scales(interactions, self.item_exponent))
        self._check_convergence(n_passes)
        indptr, codes, weights = by_target.transposed(n_items, self._runner()).arrays
        self.item_weights_ = sparse.csr_array((weights, codes, indptr), shape=(n_items, n_items))

    def _solve(self, problem: _Problem, scales: FloatArray) -> tuple[Rows, IntArray]:
        """Return the scaled weights for each target, and the number of passes of each."""
        n_items, runner = problem.by_item.n_rows, self._runner()
        width = max(1, min(self.n_neighbors or n_items, n_items - 1))
        n_passes = np.empty(n_items, dtype=np.int64)
        settings = float(self.l1), self.positive, float(self.tol), int(self.max_iter)
        fixed = (*problem.data, problem.heads, problem.gram, problem.curvatures, *settings)
        costs = problem.by_item.lengths + 32 * width
        if len(problem.gram) < n_items:
            costs += problem.gram_costs

        def fill(first_target: int, codes: CodeArray, weights: FloatArray) -> None:
            block = slice(first_target, first_target + len(codes))
            args = (first_target, *fixed, codes, weights, n_passes[block])
            runner.rows(slim_weights, len(codes), args, costs=costs[block])
            weights *= scales[block, None]

        with self._progress(n_items, "items") as bar:
            return collect_rows(n_items, width, fill, runner.reporting_to(bar.update)), n_passes

    def _n_heads(self, n_items: int) -> int:
        """Return how many items have their entries of G kept.

        Raises
        ------
        MemoryError
            All items are wanted as candidates, and that is too much.
        """
        limit = self.max_memory_gb * 1e9
        if self.n_neighbors is not None:
            return min(n_items, int((limit / 4) ** 0.5))
        n_threads = self._runner().n_threads
        needed = 4 * (1 + n_threads) * n_items**2
        if needed > limit:
            raise MemoryError(
                f"SLIM(n_neighbors=None) needs {needed / 1e9:.1f} GB for {n_items:,} items on {n_threads} "
                f"threads, more than max_memory_gb={self.max_memory_gb:g}: raise it, or set n_neighbors, such as 300"
            )
        return n_items

    def _problem(self, interactions: Interactions, n_heads: int) -> _Problem:
        by_user, by_item = interactions.rows, interactions.transposed(n_threads=self.n_threads)
        users, n_items = user_weights(interactions, self.user_exponent), by_item.n_rows
        squares = users[interactions.user_codes] * interactions.values.astype(np.float64) ** 2
        diagonal = np.bincount(interactions.item_codes, squares, minlength=n_items)
        curvatures = diagonal / (1.0 - self.dropout) + self.l2 * (diagonal > 0)
        head_items = np.sort(np.argsort(-by_item.lengths, kind="stable")[:n_heads]).astype(np.int32)
        heads = np.full(n_items, -1, dtype=np.int32)
        heads[head_items] = np.arange(n_heads)
        gram = np.empty((n_heads, n_heads), dtype=np.float32)
        problem = _Problem(by_item, by_user, users, heads, gram, curvatures)
        costs = problem.gram_costs[head_items]
        self._runner().rows(head_gram, n_heads, (head_items, *problem.data, heads, gram), costs=costs)
        return problem

    def _check_convergence(self, n_passes: IntArray) -> None:
        """Set ``n_iter_``; warn where the descent was stopped before it was done."""
        self.n_iter_ = int(min(n_passes.max(), self.max_iter))
        stopped = np.count_nonzero(n_passes > self.max_iter)
        if stopped:
            warnings.warn(
                f"the weights for {stopped:,} of {len(n_passes):,} items still changed after max_iter={self.max_iter} "
                f"passes: raise max_iter, tol={self.tol:g} or l2",
                ConvergenceWarning,
                stacklevel=levels_inside(),
            )
