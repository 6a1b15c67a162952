"""SLIST: a linear model from the past of a sequence to its future, in closed form."""

from typing import Any, ClassVar

import numpy as np

from recokit._runtime.inverse import invert, multiply_symmetric
from recokit._typing import CodeArray, FeedbackOption, FloatArray
from recokit.base import Recommender, Top
from recokit.base._eligibility import EligibleItems
from recokit.base._memory import MemoryPlan
from recokit.base._parameters import COUNT, NON_NEGATIVE, OPTIONAL_POSITIVE, POSITIVE, interval
from recokit.data._weights import item_scales, user_weights
from recokit.data.attributes import Array, Attribute
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows, read_only
from recokit.kernels.gram import gram_costs, gram_rows, linear_scores
from recokit.sequence._additive import AdditiveSequenceRecommender, steps_back
from recokit.sequence._windows import future_rows, past_rows

__all__ = ["SLIST"]


class SLIST(AdditiveSequenceRecommender):
    r"""Predict the future of a sequence from its past by ridge regression, in closed form.

    For each event that others follow, s holds the items up to the event and t those after it. An item k steps before
    the event has the value :math:`p^k` in s, and the k-th item after it :math:`f^{\,k-1}` in t. The weights B minimise

    .. math:: \sum_{(s, t)} \omega_s \|t - B^\top s\|^2 + a \sum_u \omega_u \|x_u - B^\top x_u\|^2 + l \|B\|^2,
        \qquad B = (G + l I)^{-1} C

    where :math:`x_u` holds 1 for each item of user u, :math:`\omega` is the sum of the values of s or x to the power
    −e, :math:`G = \sum \omega s s^\top + a \sum \omega x x^\top`, and C is :math:`\sum \omega s t^\top` plus the second
    part of G with a zero diagonal, so that the order-free part does not predict an item from itself. The score of item
    j for a history :math:`i_1, \dots, i_n` is :math:`\sum_t d^{\,n-t} B_{i_t j} \, n_j^{-\delta}`, where :math:`n_j` is
    the number of users of item j.

    Parameters
    ----------
    l2 : float
        The ridge penalty l, as a multiple of the mean of the positive entries on the diagonal of G.
    window : int
        Largest number of items in s and in t.
    past_decay, future_decay : float
        p and f, from 0 to 1.
    order_free : float
        a, the weight of the order-free part; 0 for none.
    user_exponent : float
        e; 0 weights all events and users equally.
    item_exponent : float
        δ. Values above 0 make popular items rarer in lists.
    decay : float
        d, the factor of an event for each later event of the history.
    max_memory_gb : float, optional
        Raise MemoryError if the fit needs more. The default is the memory of the machine or the limit of the container,
        if known.
    feedback : {"auto", "implicit"}
        Kind of feedback; "auto" infers it from the data. Set "implicit" to use ratings as strengths.
    n_threads : int, optional
        Number of threads; Numba's default if None. The result depends neither on it nor on the threads of BLAS.
    verbose : bool
        Show a progress bar.

    Attributes
    ----------
    item_weights_ : (n_items, n_items) float32 array
        B, with its columns multiplied by n_j^−δ.
    sequences_ : Sequences
        Training data.

    See Also
    --------
    recokit.TransitionKNN :
        Recommend the items that follow the latest items of a history, by counts of transitions within a window.
    recokit.SessionKNN :
        Recommend the items of the most similar sessions, near the items that they share with the current
        session.
    recokit.EASE : Predict each item from all other items by ridge regression, in closed form.

    Notes
    -----
    The paper has the same two parts, with a constraint on the diagonal of B in the order-free part.

    Memory is 24 bytes times the square of the number of items, and up to 48 bytes times ``window`` for each event:
    2.4 GB for 10,000 items and 480 MB for a million events. `TransitionKNN` can fit larger catalogues.

    **Edge cases.** If no sequence has two events and ``order_free`` is 0, all weights are 0 and lists are empty. An
    item without events, or a history without weights to an item, gives the score 0 and no recommendation.

    References
    ----------
    M. Choi, J. Kim, J. Lee, H. Shim and J. Lee (2021). Session-aware linear item-item models for session-based
    recommendation. WWW.

    Examples
    --------
    >>> from recokit import SLIST
    >>> from recokit.data import Sequences
    >>> clicks = Sequences.from_lists(
    ...     {
    ...         "ann": ["kettle", "tea", "cup"],
    ...         "bob": ["kettle", "tea"],
    ...         "cy": ["tea", "cup"],
    ...     }
    ... )
    >>> [item for item, _ in SLIST().fit(clicks).recommend("bob")["bob"]]
    ['cup']
    """

    item_weights_: Any

    _memory_remedy: ClassVar[str] = (
        "use TransitionKNN, whose memory does not grow with the square of the number of items, or remove rare items"
    )
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "l2": POSITIVE,
        "window": COUNT,
        "past_decay": interval(0, 1, "both"),
        "future_decay": interval(0, 1, "both"),
        "order_free": NON_NEGATIVE,
        "user_exponent": NON_NEGATIVE,
        "item_exponent": interval(None, None, "neither"),
        "decay": interval(0, 1, "both"),
        "max_memory_gb": OPTIONAL_POSITIVE,
    }

    def __init__(
        self,
        l2: float = 10.0,
        *,
        window: int = 10,
        past_decay: float = 0.7,
        future_decay: float = 0.7,
        order_free: float = 1.0,
        user_exponent: float = 0.5,
        item_exponent: float = 0.0,
        decay: float = 0.7,
        max_memory_gb: float | None = None,
        feedback: FeedbackOption = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.l2 = l2
        self.window = window
        self.past_decay = past_decay
        self.future_decay = future_decay
        self.order_free = order_free
        self.user_exponent = user_exponent
        self.item_exponent = item_exponent
        self.decay = decay
        self.max_memory_gb = max_memory_gb
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        return {
            "l2": [1.0, 3.0, 10.0, 30.0],
            "past_decay": [0.3, 0.5, 0.7, 0.8],
            "future_decay": [0.3, 0.5, 0.7, 0.8],
            "order_free": [0.0, 0.3, 1.0, 3.0],
            "user_exponent": [0.0, 0.5, 1.0],
            "item_exponent": [0.0, 0.1, 0.2],
            "decay": [0.5, 0.6, 0.7, 0.8],
        }

    def _fit(self, interactions: Interactions) -> None:
        gram, cross = self._products(interactions)
        diagonal = np.einsum("ii->i", gram)
        known = diagonal > 0
        ridge = self.l2 * (diagonal[known].mean() if np.any(known) else 1.0)
        diagonal += ridge
        invert(gram, self._runner())
        weights = np.empty(gram.shape, dtype=np.float32)
        multiply_symmetric(gram, cross, weights, self._runner())
        weights *= item_scales(interactions, self.item_exponent).astype(np.float32)
        self.item_weights_ = weights

    def _products(self, interactions: Interactions) -> tuple[FloatArray, FloatArray]:
        """Return G and C: (n_items, n_items) float64."""
        rows, n_items = self.sequences_.rows, interactions.n_items
        past, future = past_rows(rows, self.window, self.past_decay), future_rows(rows, self.window, self.future_decay)
        weights = read_only(np.maximum(past.sums(past.values), 1e-9) ** -float(self.user_exponent))
        gram, cross = self._product(past, past, weights, n_items), self._product(past, future, weights, n_items)
        if self.order_free > 0:
            pairs = interactions.rows.with_values(np.ones(interactions.n_interactions))
            sizes = user_weights(interactions, self.user_exponent)
            both = self._product(pairs, pairs, read_only(self.order_free * sizes), n_items)
            gram += both
            np.fill_diagonal(both, 0.0)
            cross += both
        return gram, cross

    def _product(self, left: Rows, right: Rows, weights: FloatArray, n_items: int) -> FloatArray:
        """Return Lᵀ W R: (n_items, n_items) float64."""
        by_item, product = left.transposed(n_items, self._runner()), np.empty((n_items, n_items))
        costs = gram_costs(by_item.indptr, by_item.codes, right.indptr) + n_items
        args = (*by_item.arrays, *right.arrays, weights, product)
        self._runner().rows(gram_rows, n_items, args, costs=costs)
        return product

    def _plan_memory(self, plan: MemoryPlan) -> None:
        n_items, lengths = self.interactions_.n_items, self.sequences_.rows.lengths
        inner = np.maximum(lengths - 1, 0)  # every event but the last is predicted from; one cell for each step back
        steps = np.minimum(inner, self.window)
        n_cells = float(np.sum(steps * (steps + 1) / 2 + (inner - steps) * self.window))
        square = 8.0 * n_items**2
        plan.work("steps of the window", 40.0 * n_cells)
        plan.keep("steps back", 8.0 * n_cells)
        plan.work("steps of the window", 40.0 * n_cells)
        plan.keep("steps back and forward", 8.0 * n_cells)
        plan.keep("Gram matrix", square)
        plan.work("steps back by item", 8.0 * n_cells)
        plan.keep("products of steps", square)
        if self.order_free > 0:
            plan.work("products without order", square + 12.0 * self.interactions_.n_interactions)
        plan.drop("steps back", "steps back and forward")
        plan.keep("item weights", square / 2)
        plan.drop("Gram matrix", "products of steps")

    def _memory_limit_gb(self) -> float | None:
        return self.max_memory_gb

    def _fold_in(self, histories: Rows) -> Rows:
        """Return the weight of each event in the profile."""
        return histories.with_values(np.power(float(self.decay), steps_back(histories)))

    def _score_block(self, profiles: Rows) -> FloatArray:
        scores = np.empty((profiles.n_rows, len(self.item_weights_)), dtype=np.float32)
        args = (*profiles.arrays, self.item_weights_, scores)
        self._runner().rows(linear_scores, len(scores), args, costs=profiles.lengths * scores.shape[1])
        return scores

    def _weights_to(self, item_codes: CodeArray, item_code: int) -> FloatArray:
        weights: FloatArray = self.item_weights_[item_codes, item_code].astype(np.float64)
        return weights

    def _similar_items(self, item_codes: CodeArray, n: int) -> Top:
        """Return the other items with the largest weights from each item."""
        top = Top.empty(len(item_codes), n)
        for start, stop in self._blocks(len(item_codes)):
            codes = item_codes[start:stop]
            weights = self.item_weights_[codes]
            weights[weights <= 0] = -np.inf
            own = Rows.from_arrays(np.arange(len(codes) + 1), codes, ())
            top.put(np.arange(start, stop), EligibleItems(None, own).select(weights, n, self._runner()))
        return top

    def _described(self) -> dict[str, Attribute]:
        return super()._described() | {
            "item_weights_": Array("float32", ("n_items", "n_items")),
        }
