"""BPR: matrix factorization of implicit feedback by Bayesian personalized ranking."""

import math
import warnings
from typing import Any, ClassVar, Literal

import numpy as np

from recokit._runtime.threads import Runner
from recokit._runtime.warnings import levels_inside
from recokit._typing import BoolArray, FeedbackOption, FloatArray, IntArray
from recokit.base import Term
from recokit.base._memory import MemoryPlan
from recokit.base._parameters import NON_NEGATIVE, OPTIONAL_COUNT, OPTIONAL_NON_NEGATIVE, POSITIVE, interval, one_of
from recokit.data._weights import active_counts
from recokit.data.attributes import Array, Attribute, Number, Series
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.exceptions import WeakModelWarning
from recokit.factorization._factors import Factorization, Factors
from recokit.factorization._grid import N_BLOCKS, RatingGrid
from recokit.factorization._penalties import suitable_ridge
from recokit.factorization._resume import EpochState, IterativeFactorRecommender, Start
from recokit.kernels.bpr import descend_pairs, fold_in_pairs
from recokit.kernels.sgd_fold_in import ridge

__all__ = ["BPR"]

INIT_SCALE = 0.1
MIN_ITEMS_IN_BLOCKS = 32 * N_BLOCKS  # with fewer items, a block has too few to sample from: all are one block
_DIVERGED, _VANISHED = 1e4, 0.01
_FOLD_IN_EPOCHS = 30
_SHARE_OF_RIDGE, _LEAST_L2, _MOST_L2 = 0.2, 0.018, 0.032  # chosen on validation data of five sets
_LONG_HISTORY = 10  # with fewer interactions of a user, factors vanish at a lower penalty
_MAX_CANDIDATES, _ITEMS_PER_CANDIDATE = 8, 62.5  # in a small catalogue, the hardest negative is often a good item


class BPR(IterativeFactorRecommender):
    r"""Matrix factorization of implicit feedback by Bayesian personalized ranking.

    The model learns to rank the items of a user's history above other items [1]_. With the score
    :math:`\hat x_{ui} = b_i + p_u \cdot q_i`, stochastic gradient descent minimizes

    .. math:: \sum_{(u,i,j)} \ln\left(1 + e^{-(\hat x_{ui} - \hat x_{uj})}\right)
              + \tfrac{\lambda}{2} (\lVert p_u \rVert^2 + \lVert q_i \rVert^2 + \lVert q_j \rVert^2)
              + \tfrac{\lambda_b}{2} (b_i^2 + b_j^2)

    where i is an item of the history of u and j a sampled item outside it. Each epoch takes one step for every
    interaction. Every epoch deals users and items anew to a grid of blocks, and samples j from the block of i. The
    blocks of a diagonal therefore have no users or items in common and are processed in parallel, and the model has the
    same bits for any number of threads. Fewer than 512 items form one block, which one thread processes. Strengths are
    ignored.

    Parameters
    ----------
    n_factors : int
        Length of p and q.
    n_epochs : int
        Number of passes over the interactions.
    learning_rate : float
        Step size in the first epoch.
    learning_rate_decay : float
        Factor by which the step size is multiplied after each epoch.
    l2 : float, optional
        λ. If None, it grows with the noise of the data: a fifth of the default penalty of an average row in
        `ImplicitALS`, limited to the range from 0.018 to 0.032. It is 0.018 for dense and for very sparse data.
        With n < 10 interactions of a mean user, n / 10 of the difference to 0.018 count.
    l2_bias : float
        :math:`\lambda_b`.
    negative_sampling : {"uniform", "popularity"}
        Distribution of j: uniform, or proportional to the number of interactions to the power of 0.75.
    n_candidates : int, optional
        Number of items sampled for a step; j is the one with the highest score [2]_. With more than one, steps
        concentrate on errors near the top of the lists. By default 1 for fewer than 250 items with interactions, and
        one more whenever the catalogue doubles, up to 8 for 16,000 items: in small catalogues the item with the highest
        score is often one that the user would like.
    warm_start : bool
        Start ``fit`` from the previous fit. On the same data it runs the remaining epochs up to ``n_epochs``, with
        the same bits as a single fit; on other data it runs ``n_epochs`` from the factors of known users and items.
    random_state : int, RandomState or None
        Seed of the initial factors, of the order of the steps and of the sampling.
    feedback : {"auto", "implicit"}
        Meaning of the values. Set "implicit" to treat each rating as a purchase.
    n_threads : int, optional
        Number of threads; Numba's default if None. The model does not depend on it.
    verbose : bool
        Show progress.

    Attributes
    ----------
    user_factors_, item_factors_ : (n_users, n_factors), (n_items, n_factors) float32 arrays
        p and q, in order of code; 0 for users and items without interactions.
    item_bias_ : (n_items,) float32 array
        b.
    history_ : dict
        ``"training_loss"``: the mean logarithm over the steps of each epoch, each taken before its step.
    l2_ : float
        λ of the fit.

    See Also
    --------
    recokit.ImplicitALS : Matrix factorization of implicit feedback by alternating least squares.
    recokit.EASE : Predict each item from all other items by ridge regression, in closed form.
    recokit.factorization.export_vectors :
        Return vectors whose similarities rank the items of each user as the model does.

    Notes
    -----
    ``recommend_for`` learns the factors of each user by the same steps on fixed item factors; the samples depend only
    on the history.

    ``partial_fit`` starts from the fitted factors. It runs all epochs on the interactions of new users and items, then
    the last epochs on all data. Their share of ``n_epochs`` is twice the share of new interactions, from three epochs
    to half of them. The result is close to a refit: on MovieLens 1M (`recokit.datasets.load_movielens_1m_implicit`)
    NDCG@20 is 0.2554 after a refit. With 0.9% new interactions it is 0.2554 after ``partial_fit``, in a tenth of the
    time. With 19% new interactions, including all interactions of a tenth of the users and of a twentieth of the items,
    it is 0.2134 before and 0.2548 after ``partial_fit``, in half the time.

    A fit that diverges raises FloatingPointError.

    References
    ----------
    .. [1] S. Rendle, C. Freudenthaler, Z. Gantner, L. Schmidt-Thieme (2009). BPR: Bayesian personalized ranking from
       implicit feedback. UAI.
    .. [2] W. Zhang, T. Chen, J. Wang, Y. Yu (2013). Optimizing top-n collaborative filtering via dynamic negative item
       sampling. SIGIR.

    Examples
    --------
    >>> from recokit.factorization import BPR
    >>> bought = [
    ...     ("ann", "tea"),
    ...     ("ann", "cup"),
    ...     ("bob", "tea"),
    ...     ("bob", "cup"),
    ...     ("cy", "tea"),
    ...     ("dan", "pot"),
    ... ]
    >>> model = BPR(n_factors=4, n_epochs=200, random_state=0).fit(bought)
    >>> [item for item, _ in model.recommend("cy", n=1)["cy"]]
    ['cup']
    """

    _supported_feedback: ClassVar[tuple[str, ...]] = ("implicit",)
    _item_attributes: ClassVar[tuple[str, ...]] = ("item_factors_", "item_bias_")
    _min_update_epochs = 3  # with fewer, new users and items make the lists of the others worse
    _remedies: ClassVar[tuple[str, ...]] = ("l2", "l2_bias", "learning_rate", "n_epochs")
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **IterativeFactorRecommender._parameter_constraints,
        "learning_rate": POSITIVE,
        "learning_rate_decay": interval(0, 1, closed="right"),
        "l2": OPTIONAL_NON_NEGATIVE,
        "l2_bias": NON_NEGATIVE,
        "negative_sampling": one_of("uniform", "popularity"),
        "n_candidates": OPTIONAL_COUNT,
    }

    def __init__(
        self,
        n_factors: int = 128,
        *,
        n_epochs: int = 50,
        learning_rate: float = 0.1,
        learning_rate_decay: float = 0.96,
        l2: float | None = None,
        l2_bias: float = 0.01,
        negative_sampling: Literal["uniform", "popularity"] = "uniform",
        n_candidates: int | None = None,
        warm_start: bool = False,
        random_state: Any = None,
        feedback: FeedbackOption = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.n_factors = n_factors
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.learning_rate_decay = learning_rate_decay
        self.l2 = l2
        self.l2_bias = l2_bias
        self.negative_sampling = negative_sampling
        self.n_candidates = n_candidates
        self.warm_start = warm_start
        self.random_state = random_state
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    # ------------------------------------------------------------------ fitting

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        return {
            "n_factors": [32, 64, 128],
            "learning_rate": [0.02, 0.05, 0.1, 0.2],
            "l2": [0.003, 0.01, 0.018, 0.03],
            "n_candidates": [1, 2, 4, 8],
        }

    def _plan_memory(self, plan: MemoryPlan) -> None:
        data, rows = self.interactions_, 4.0 * (self.n_factors + 1)
        n_users, n_items = self._plan_start(plan, self.n_factors)
        plan.keep("factors", rows * (n_users + n_items))
        plan.keep("grid", 12.0 * data.n_interactions)
        plan.work("factors in the order of the grid", rows * (n_users + n_items) + 24.0 * (n_users + n_items))
        plan.drop("grid")
        plan.work("check of the factors", rows * n_users)
        self._plan_expanded(plan, rows, n_users, n_items)
        plan.drop("data without empty rows", "" if self.warm_start else "factors")
        plan.keep("fitted factors", rows * (data.n_users + data.n_items))

    def _random_factors(self, data: Interactions, rng: np.random.Generator) -> Factorization:
        factors = Factorization.random(data.n_users, data.n_items, self.n_factors, INIT_SCALE, rng)
        return factors.with_zero_bias(users=False)

    def _begin(self, data: Interactions, start: Start) -> EpochState:
        state = EpochState(start.factors, start.rng)
        if start.is_new is not None:
            self._fit_new(data, start.is_new, state)
        return state

    def _fit_new(self, data: Interactions, is_new: tuple[BoolArray, BoolArray], state: EpochState) -> None:
        """Run all epochs on the interactions of new users and items."""
        mask = is_new[0][data.user_codes] | is_new[1][data.item_codes]
        if not np.any(mask):
            return
        steps, weights = data.rows.select(mask), self._weights(data)
        for epoch in range(self.n_epochs):
            self._epoch(data, steps, weights, state, self.learning_rate * self.learning_rate_decay**epoch)
        self._check_convergence(state, self._l2_of(data))

    def _run(self, data: Interactions, state: EpochState, first_epoch: int) -> None:
        weights = self._weights(data)
        epochs = range(first_epoch + state.n_epochs, self.n_epochs)
        with self._progress(len(epochs), "epochs") as bar:
            for epoch in epochs:
                rate = self.learning_rate * self.learning_rate_decay**epoch
                state.losses.append(self._epoch(data, data.rows, weights, state, rate) / data.n_interactions)
                self._check_convergence(state, self._l2_of(data))
                bar.update(1)
        self._set_checkpoint(data, state)
        users, items, _ = state.factors
        self.user_factors_, self.item_factors_, self.item_bias_ = users.vectors, items.vectors, items.bias_or_zeros()
        self.history_, self.l2_ = {"training_loss": state.losses.copy()}, self._l2_of(data)

    def _epoch(self, data: Interactions, steps: Rows, weights: FloatArray, state: EpochState, rate: float) -> float:
        """Take one step for each interaction in ``steps``; return the sum of the losses before the steps."""
        rng, l2 = state.rng, self._l2_of(data)
        grid = RatingGrid.build(steps, data.n_items, rng, self._runner())
        users, items = state.factors.users.take(grid.user_order), state.factors.items.take(grid.item_order)
        seed = int(rng.integers(1, 2**62))
        sums = np.cumsum(weights[grid.item_order]) if len(weights) else weights
        is_small = data.n_items < MIN_ITEMS_IN_BLOCKS
        item_starts = np.array([0, data.n_items]) if is_small else grid.item_starts
        arrays: tuple[Any, ...] = (
            *(grid.user_rows, grid.item_rows, item_starts, grid.user_order, grid.item_order),
            *(data.indptr, data.item_codes, sums, self._n_candidates(data.n_items), seed, 0),
            *(users.vectors, items.vectors, items.bias),
            *map(np.float32, (rate, l2, l2, self.l2_bias)),
        )
        order: IntArray = rng.permutation(N_BLOCKS)
        loss = grid.sweep(
            lambda start, stop: descend_pairs(start, stop, *arrays), order, Runner() if is_small else self._runner()
        )
        state.factors.users.put(grid.user_order, users)
        state.factors.items.put(grid.item_order, items)
        return loss

    def _l2_of(self, data: Interactions) -> float:
        return self._l2_for(data.n_interactions, *active_counts(data))

    def _l2_for(self, n_interactions: int, n_users: int, n_items: int) -> float:
        """Return λ, or its default for data of this size, rounded to three digits."""
        if self.l2 is not None:
            return float(self.l2)
        l2 = min(max(_SHARE_OF_RIDGE * suitable_ridge(n_interactions, n_users, n_items), _LEAST_L2), _MOST_L2)
        share = min(1.0, n_interactions / max(1, n_users) / _LONG_HISTORY)
        return float(f"{_LEAST_L2 + share * (l2 - _LEAST_L2):.3g}")

    def _fitted_l2(self) -> float:
        """Return λ of the fit; files of older versions have it as the parameter only."""
        return self.l2_ if "l2_" in vars(self) else self._l2_of(self.interactions_)

    def _weights(self, data: Interactions) -> FloatArray:
        """Return the sampling weights of the items; empty for uniform sampling."""
        if not self._is_weighted():
            return np.empty(0)
        weights: FloatArray = np.bincount(data.item_codes, minlength=data.n_items) ** 0.75
        return weights

    def _is_weighted(self) -> bool:
        return self.negative_sampling != "uniform"

    def _n_candidates(self, n_items: int) -> int:
        """Return the number of candidates for a negative item in a catalogue of this many sold items."""
        if self.n_candidates is not None:
            return self.n_candidates
        return min(max(1, int(math.log2(max(n_items, 1) / _ITEMS_PER_CANDIDATE))), _MAX_CANDIDATES)

    def _check_convergence(self, state: EpochState, l2: float) -> None:
        users, items, _ = state.factors
        arrays = users.vectors, items.vectors, items.bias_or_zeros()
        largest = float(np.max([np.abs(each).max() for each in arrays]))
        check_convergence(len(state.losses), largest, self.learning_rate, l2)

    def _check_fit(self) -> None:
        """Warn if the factors have vanished, or if the lists are weaker than popularity."""
        largest = [float(np.abs(each).max(initial=0)) for each in (self.user_factors_, self.item_factors_)]
        if largest[0] * largest[1] * self.n_factors >= _VANISHED:  # a bound on every product p · q
            super()._check_fit()
            return
        warnings.warn(
            f"the factors have vanished, so that all users get the same lists; lower l2={self._fitted_l2()}",
            WeakModelWarning,
            stacklevel=levels_inside(),
        )

    # ------------------------------------------------------------------ scoring

    def _described(self) -> dict[str, Attribute]:
        return super()._described() | {
            "item_factors_": Array("float32", ("n_items", "n_factors")),
            "user_factors_": Array("float32", ("n_users", "n_factors")),
            "item_bias_": Array("float32", ("n_items",)),
            "history_": Series(),
            "l2_": Number(at_least=0, or_absent=True),
        }

    def _restore(self) -> None:
        data = self.interactions_
        sold = np.unique(data.item_codes)
        self._sold_positions = np.full(data.n_items, -1, dtype=np.int32)
        self._sold_positions[sold] = np.arange(len(sold), dtype=np.int32)
        self._sold_items = self._item_factors() if len(sold) == data.n_items else self._item_factors().take(sold)
        self._weight_sums = np.cumsum(self._weights(data)[sold] if self._is_weighted() else ())

    def _item_factors(self) -> Factors:
        return Factors(self.item_factors_, self.item_bias_)

    def _fold_in(self, histories: Rows) -> Factors:
        """Learn the factors of users by the steps of the fit, with fixed item factors."""
        factors = np.empty((len(histories.lengths), self.item_factors_.shape[1]), dtype=np.float32)
        rates = (self.learning_rate * self.learning_rate_decay ** np.arange(_FOLD_IN_EPOCHS)).astype(np.float32)
        items, bias = self._sold_items.vectors, self._sold_items.bias_or_zeros()
        histories = histories.recoded(self._sold_positions)
        sampling = np.arange(len(items), dtype=np.int32), self._weight_sums, self._n_candidates(len(items))
        args = (
            histories.indptr,
            histories.codes,
            *sampling,
            items,
            bias,
            rates,
            np.float32(self._fitted_l2()),
            factors,
        )
        costs = histories.lengths * (_FOLD_IN_EPOCHS * factors.shape[1])
        self._runner().rows(fold_in_pairs, len(factors), args, costs=costs)
        return Factors(factors)

    # ------------------------------------------------------------------ explaining

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        r"""Split a score into contributions of the past items and a remainder.

        With :math:`A = \sum_j q_j q_j^\top + \lambda I` over the history, :math:`p = A^{-1} \sum_j q_j (q_j \cdot p)`
        up to λ, so item j contributes :math:`q_i^\top A^{-1} q_j (q_j \cdot p)` to the score of item i.
        """
        history = self._training_histories(np.array([user_code]))
        if len(history.codes) == 0 or self._items_without_evidence()[item_code]:
            return []  # the score is the fallback, 0
        design, own = self.item_factors_[history.codes].astype(np.float64), self.item_factors_[item_code]
        user = self.user_factors_[user_code].astype(np.float64)
        l2 = max(self._fitted_l2(), 1e-6) * max(len(design), 1)
        weights = ridge(design, own.astype(np.float64), np.full(len(user), l2))
        parts = (design @ weights) * (design @ user)
        return [
            Term("item", None, float(self.item_bias_[item_code])),
            *self._past_item_terms(history.codes, parts),
            Term("other", None, float(own @ user - parts.sum())),
        ]


def check_convergence(epoch: int, largest: float, learning_rate: float, l2: float) -> None:
    """Raise FloatingPointError if the largest absolute factor or bias after an epoch is out of bounds."""
    if not largest < _DIVERGED:  # NaN is not below the bound
        raise FloatingPointError(
            f"the descent diverged in epoch {epoch}: lower learning_rate={learning_rate} or raise l2={l2}"
        )
