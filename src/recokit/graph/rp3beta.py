"""RP3beta: three steps of a random walk, with a penalty for popularity."""

from typing import Any, ClassVar

import numpy as np
from scipy import sparse

from recokit._typing import CodeArray, FloatArray
from recokit.base import Recommender, Rows
from recokit.base._item_weights import ItemWeightsRecommender
from recokit.base._lists import collect_rows
from recokit.base._parameters import BOOLEAN, NON_NEGATIVE, OPTIONAL_COUNT
from recokit.data.interactions import Interactions
from recokit.kernels.gram import gram_costs
from recokit.kernels.walk import walk_rows

__all__ = ["RP3beta"]


class RP3beta(ItemWeightsRecommender):
    r"""Recommend where a random walk user → item → user → item ends, less the more popular the end is.

    From a user the walk goes to one of their items, from an item to one of its users, in proportion to the strengths.
    With :math:`P_{ui} = r_{ui} / \sum_j r_{uj}` and :math:`P_{iu} = r_{ui} / \sum_v r_{vi}`, the score is

    .. math:: \hat r_{uj} = \sum_{i \in I(u)} P_{ui}^\alpha \, W_{ij}, \qquad
        W_{ij} = d_j^{-\beta} \sum_{v \in U(i) \cap U(j)} P_{iv}^\alpha P_{vj}^\alpha \quad (i \ne j)

    where :math:`d_j = \sum_v r_{vj}` is the popularity of item j. β = 0 is P3alpha.

    Parameters
    ----------
    n_neighbors : int, optional
        How many W_ij, the largest, are kept of each item i; None keeps all.
    alpha : float
        α: below 1, the steps that are less probable count for more than their share.
    beta : float
        β: how much popularity is held against an item; 0 for nothing.
    normalize : bool
        Scale the W_ij that are kept of each item i to a sum of 1.
    feedback : {"auto", "implicit"}
        What the values are. To learn from ratings as strengths, say "implicit".
    n_threads : int, optional
        Threads; what Numba has by default. The result is the same for any number.
    verbose : bool
        Show progress.

    Attributes
    ----------
    item_weights_ : (n_items, n_items) float32 scipy.sparse.csr_array
        W.

    Notes
    -----
    A fit takes memory for 8 bytes × the kept W_ij, which are ``n_neighbors`` for each item at most; under None, as many
    as pairs of items have a user in common.

    **Edges.** An item that no walk from a history ends at is in no list; a score of it is 0. So is all for a user
    without interactions, or whose strengths are all 0. With one item, or where no two items have a user in common,
    there are no W_ij and lists are empty.

    References
    ----------
    C. Cooper, S. H. Lee, T. Radzik and Y. Siantos (2014). Random walks in recommender systems: exact computation and
    simulations. WWW.

    B. Paudel, F. Christoffel, C. Newell and A. Bernstein (2017). Updatable, accurate, diverse, and scalable
    recommendations for interactive applications. ACM TiiS 7(1).

    Examples
    --------
    >>> from recokit.graph import RP3beta
    >>> bought = [("ann", "tea"), ("ann", "cup"), ("bob", "tea"), ("bob", "cup"), ("eve", "tea"), ("eve", "pot")]
    >>> model = RP3beta().fit([*bought, ("dan", "tea")])
    >>> [item for item, _ in model.recommend("dan")["dan"]]
    ['cup', 'pot']
    """

    _supported_feedback: ClassVar[tuple[str, ...]] = ("implicit",)

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "n_neighbors": OPTIONAL_COUNT,
        "alpha": NON_NEGATIVE,
        "beta": NON_NEGATIVE,
        "normalize": BOOLEAN,
    }

    def __init__(
        self,
        n_neighbors: int | None = 200,
        *,
        alpha: float = 0.9,
        beta: float = 0.7,
        normalize: bool = True,
        feedback: str = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.alpha = alpha
        self.beta = beta
        self.normalize = normalize
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    def _fit(self, interactions: Interactions) -> None:
        n_items = interactions.n_items
        weights = self._walk(interactions.rows, interactions.transposed(n_threads=self.n_threads))
        values = _shares(weights).astype(np.float32) if self.normalize else weights.values.copy()
        cells = (values, weights.codes.copy(), weights.indptr)
        self.item_weights_ = sparse.csr_array(cells, shape=(n_items, n_items))
        self.item_weights_.sort_indices()

    def _walk(self, by_user: Rows, by_item: Rows) -> Rows:
        """Return the largest W_ij of each item, best first."""
        n_items, runner = by_item.n_rows, self._runner()
        width = max(1, min(self.n_neighbors or n_items, n_items - 1))
        steps = (*self._steps(by_item).arrays, *self._steps(by_user).arrays, self._discounts(by_item))
        costs = gram_costs(by_item.indptr, by_item.codes, by_user.indptr)

        def fill(first_item: int, codes: CodeArray, values: FloatArray) -> None:
            block = slice(first_item, first_item + len(codes))
            runner.rows(walk_rows, len(codes), (first_item, *steps, codes, values), costs=costs[block])

        with self._progress(n_items, "items") as bar:
            return collect_rows(n_items, width, fill, runner.reporting_to(bar.update))

    def _steps(self, rows: Rows) -> Rows:
        """Return P^α; a step of strength 0 is never taken, not even with α = 0."""
        shares = _shares(rows)
        return rows.with_values(np.where(shares > 0, shares**self.alpha, 0))

    def _discounts(self, rows: Rows) -> FloatArray:
        popularity = rows.sums(rows.values)
        discounts: FloatArray = np.where(popularity > 0, popularity, 1) ** -float(self.beta)
        return discounts

    def _profiles(self, histories: Rows) -> Rows:
        return self._steps(histories)


def _shares(rows: Rows) -> FloatArray:
    """Return each value as a share of the sum of its row, 0 where that is 0: (n,) float64."""
    sums = rows.sums(rows.values)
    shares: FloatArray = rows.values / np.repeat(np.where(sums > 0, sums, 1), rows.lengths)
    return shares
