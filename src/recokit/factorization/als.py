"""ImplicitALS: matrix factorization of implicit feedback by alternating least squares."""

import warnings
from typing import Any, ClassVar, Literal

import numpy as np

from recokit._runtime.warnings import levels_inside
from recokit._typing import FeedbackOption, FloatArray, IntArray
from recokit.base import Term
from recokit.base._memory import MemoryPlan
from recokit.base._parameters import OPTIONAL_POSITIVE, POSITIVE, interval, one_of
from recokit.data.attributes import Array, Attribute, Series
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.factorization._alternation import GRAM_PARTS_AT_A_TIME, FixedSide, RowPrior, half_epoch
from recokit.factorization._confidence import Confidence
from recokit.factorization._factors import Factorization, Factors
from recokit.factorization._feature_prior import means_of
from recokit.factorization._penalties import ALSPenalties, suitable_mean_share, suitable_ridge
from recokit.factorization._resume import EpochState
from recokit.factorization._side_features import FeaturedFactorRecommender, Side

__all__ = ["ImplicitALS"]

INIT_SCALE = 0.1
_N_CHECKED = 10_000  # training interactions whose scores are checked
_VANISHED = 0.01
_TEXTBOOK_L2 = 0.01  # with weights of unobserved pairs that are not relative to the data


class ImplicitALS(FeaturedFactorRecommender):
    r"""Matrix factorization of implicit feedback by alternating least squares.

    Observed pairs are weighted by their strength, and all pairs have a small weight. User factors p and item factors q
    minimize

    .. math:: \sum_{(u,i) \in S} v_{ui} (1 - p_u \cdot q_i)^2 + \alpha_0 \sum_u \sum_i (p_u \cdot q_i)^2
              + \sum_u \lambda_u \lVert p_u \rVert^2 + \sum_i \lambda_i \lVert q_i \rVert^2

    where S are the interactions and v their strengths. The penalty of a user grows with the number of interactions,
    :math:`\lambda_u = \lambda s (n_u + \alpha_0 n_{items})^\nu`, with s such that the sum over the users does not
    depend on ν; the same for items. Each epoch solves the users for fixed items, then the items for fixed users. After
    the last epoch the users are solved exactly.

    The parameters are relative to the data, so that one setting fits dense and sparse data, and strengths in any unit:
    strengths are divided by their mean, and :math:`\alpha_0 = \rho \, n / n_{items}`, where n is the mean number of
    interactions of a user. So ρ is the total weight of all pairs divided by that of the observed pairs, and the
    penalty of an average user is λ (1 + ρ) n. Only users and items with interactions are counted.

    *Features.* ``fit`` takes numbers that describe items and users (``item_features``, ``user_features``). The factors
    of an item with features x are then drawn around a linear function of them: its penalty is

    .. math:: \lambda_i \left( (1 - \tau) \lVert q_i \rVert^2 + \tau \lVert q_i - W^\top x_i \rVert^2 \right)
              \quad \text{plus} \quad \tau \mu \sum_f s_f^2 \lVert w_f \rVert^2 \text{ for all items,}

    and the same for users. W is solved by ridge regression before each half of an epoch. A feature is divided by
    :math:`s_f`, its largest absolute value, so that its unit does not matter. Items without interactions have the
    factors :math:`\kappa W^\top x_i`, so they can be recommended, and users without interactions have
    :math:`W^\top x_u`, and get a list too. Items and users without features are drawn around 0. A feature that is 1 for
    all users gives them a common mean, whose scores are a popularity; 1 for all items likewise.

    *Common mean of users.* Without features of users, the penalty of a user is :math:`\lambda_u \left( (1 - \sigma)
    \lVert p_u \rVert^2 + \sigma \lVert p_u - m \rVert^2 \right)`, where m is the mean of all users, weighted by
    :math:`\lambda_u` and updated before the users are solved. The scores of m are a popularity. Sparse data, which do
    not tell the taste of a user from chance, need a high σ (``user_mean_share``), dense data none.

    Parameters
    ----------
    n_factors : int
        Length of p and q.
    n_epochs : int
        Number of times that each side is solved.
    unobserved_ratio : float
        ρ, the total weight of all pairs divided by the total weight of the observed pairs.
    unobserved_weight : float, optional
        :math:`\alpha_0` itself, in place of ``unobserved_ratio``; strengths are then not divided by their mean. The
        confidence of an interaction as defined by Hu et al. is :math:`1 + v / \alpha_0`.
    l2 : float, optional
        λ. If None, it grows with the noise of the data: :math:`\lambda (1 + \rho) = 1.35 (n_u^{-1/2} + n_i^{-1/2})^2 \,
        w / (w + 0.4)`, limited to the range from 0.05 to 0.25, where :math:`n_u` and :math:`n_i` are the mean numbers
        of interactions of users and items, and w is the mean number of walks user → item → user → item from a user to
        an item. It is 0.01 for MovieLens 1M and for ``unobserved_weight``.
    l2_exponent : float
        ν. With 1 the penalty is proportional to the number of interactions, with 0 it is the same for all rows.
    user_mean_share : float, optional
        σ, the share of the penalty of users that pulls them to their common mean, from 0 to 1. If None, it is 5 / (w +
        5), at most 0.85, with w as in ``l2``. It is 0 for MovieLens 1M and for ``unobserved_weight``. Only without
        features of users.
    feature_share : float
        τ, the share of the penalty that pulls factors to the linear function of the features, from 0 (only items and
        users without interactions use their features) to 1. Only with features.
    feature_l2 : float
        Ridge penalty of the weights of the features, as a number of items or users: a feature of few items has small
        weights. μ is this number times the mean penalty :math:`\lambda_i`. Only with features.
    cold_share : float
        κ, which scales the scores of items without interactions, from 0 to 1. With 1 they rank as an average item with
        these features would. Less ranks them behind items of equal score that have interactions. Their own order does
        not depend on it. Only with features.
    solver : {"cg", "cholesky"}
        Three conjugate gradient steps from the last factors, or the exact solution of every row.
    warm_start : bool
        Start ``fit`` from the previous fit. On the same data it runs the remaining epochs up to ``n_epochs``, with
        the same bits as a single fit; on other data it runs ``n_epochs`` from the factors of known users and items.
    random_state : int, RandomState or None
        Seed of the initial factors.
    feedback : {"auto", "implicit"}
        Meaning of the values. Set "implicit" to use ratings as strengths.
    n_threads : int, optional
        Number of threads; Numba's default if None. The model does not depend on it.
    verbose : bool
        Show progress.

    Attributes
    ----------
    user_factors_, item_factors_ : (n_users, n_factors), (n_items, n_factors) float32 arrays
        p and q, in order of code; 0 for users and items without interactions and features.
    user_features_, item_features_ : csr_arrays of shape (n_users, n_features), (n_items, n_features), float32
        Features in order of code, with empty rows where there are none; only with features.
    user_feature_names_, item_feature_names_ : lists of str
        Names of the features; only with features.
    user_feature_weights_, item_feature_weights_ : (n_features, n_factors) float32 arrays
        W; only with features.
    user_mean_ : (n_factors,) float32 array
        σ m; only with a common mean of users.
    history_ : dict
        ``"training_loss"``: the objective divided by the number of interactions, after each epoch.

    See Also
    --------
    recokit.BPR : Matrix factorization of implicit feedback by Bayesian personalized ranking.
    recokit.PureSVD : Truncated singular value decomposition of the user × item matrix.
    recokit.SGDMatrixFactorization : Rating prediction by matrix factorization with biases.
    recokit.factorization.export_vectors :
        Return vectors whose similarities rank the items of each user as the model does.

    Notes
    -----
    Strengths above 10,000 times the mean count as 10,000 times the mean, the range that float32 resolves. If the
    factors vanish because the penalty is too high, ``fit`` warns.

    ``recommend_for`` solves the factors of each user exactly, so identical histories give identical lists.

    ``partial_fit`` starts from the fitted factors and runs epochs on all data. Their share of ``n_epochs`` is twice the
    share of new interactions, from one epoch to half of them. The result is close to a refit. With
    ``ImplicitALS(128, unobserved_weight=0.3, l2=0.0095, l2_exponent=1.1)`` on MovieLens 1M
    (`recokit.datasets.load_movielens_1m_implicit`), NDCG@20 is 0.2684 after a refit. With 0.9% new interactions it is
    0.2688 after ``partial_fit``, in a third of the time (all users are solved exactly, even if few are new). With 19%
    new interactions, including all interactions of a tenth of the users and of a twentieth of the items, it is 0.2275
    before and 0.2688 after ``partial_fit``, in half the time.

    References
    ----------
    Y. Hu, Y. Koren, C. Volinsky (2008). Collaborative filtering for implicit feedback datasets. ICDM.

    Z. Gantner, L. Drumond, C. Freudenthaler, S. Rendle, L. Schmidt-Thieme (2010). Learning attribute-to-feature
    mappings for cold-start recommendations. ICDM.

    S. Rendle, W. Krichene, L. Zhang, Y. Koren (2022). Revisiting the performance of iALS on item recommendation
    benchmarks. RecSys.

    G. Takács, I. Pilászy, D. Tikk (2011). Applications of the conjugate gradient method for implicit feedback
    collaborative filtering. RecSys.

    Examples
    --------
    >>> from recokit.factorization import ImplicitALS
    >>> bought = [
    ...     ("ann", "tea"),
    ...     ("ann", "cup"),
    ...     ("bob", "tea"),
    ...     ("bob", "cup"),
    ...     ("cy", "tea"),
    ...     ("dan", "pot"),
    ... ]
    >>> model = ImplicitALS(n_factors=4, random_state=0).fit(bought)
    >>> [item for item, _ in model.recommend("cy", n=1)["cy"]]
    ['cup']

    A mug without sales is recommended to users of similar items:

    >>> kinds = {
    ...     "item_id": ["tea", "cup", "pot", "mug"],
    ...     "drink": [1, 0, 0, 0],
    ...     "dish": [0, 1, 1, 1],
    ... }
    >>> model = ImplicitALS(n_factors=4, random_state=0).fit(bought, item_features=kinds)
    >>> [item for item, _ in model.recommend("ann", candidates=["mug"])["ann"]]
    ['mug']
    """

    _supported_feedback: ClassVar[tuple[str, ...]] = ("implicit",)
    _remedies: ClassVar[tuple[str, ...]] = ("l2", "unobserved_ratio", "n_factors")
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **FeaturedFactorRecommender._parameter_constraints,
        "unobserved_ratio": POSITIVE,
        "unobserved_weight": OPTIONAL_POSITIVE,
        "l2": OPTIONAL_POSITIVE,
        "l2_exponent": interval(0, 2, closed="both"),
        "user_mean_share": [*interval(0, 1, closed="both"), None],
        "feature_share": interval(0, 1, closed="both"),
        "feature_l2": POSITIVE,
        "cold_share": interval(0, 1, closed="both"),
        "solver": one_of("cg", "cholesky"),
    }

    def __init__(
        self,
        n_factors: int = 256,
        *,
        n_epochs: int = 16,
        unobserved_ratio: float = 4.0,
        unobserved_weight: float | None = None,
        l2: float | None = None,
        l2_exponent: float = 1.0,
        user_mean_share: float | None = None,
        feature_share: float = 0.6,
        feature_l2: float = 1.0,
        cold_share: float = 0.85,
        solver: Literal["cg", "cholesky"] = "cg",
        warm_start: bool = False,
        random_state: Any = None,
        feedback: FeedbackOption = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.n_factors = n_factors
        self.n_epochs = n_epochs
        self.unobserved_ratio = unobserved_ratio
        self.unobserved_weight = unobserved_weight
        self.l2 = l2
        self.l2_exponent = l2_exponent
        self.user_mean_share = user_mean_share
        self.feature_share = feature_share
        self.feature_l2 = feature_l2
        self.cold_share = cold_share
        self.solver = solver
        self.warm_start = warm_start
        self.random_state = random_state
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    # ------------------------------------------------------------------ fitting

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        return {
            "n_factors": [32, 64, 128, 256],
            "unobserved_ratio": [0.5, 1.0, 2.0, 4.0, 8.0, 16.0],
            "l2": [0.001, 0.003, 0.01, 0.03, 0.1],
            "l2_exponent": [0.7, 0.85, 1.0, 1.1],
        }

    def _random_factors(self, data: Interactions, rng: np.random.Generator) -> Factorization:
        return Factorization.random(data.n_users, data.n_items, self.n_factors, INIT_SCALE, rng)

    def _run(self, data: Interactions, state: EpochState, first_epoch: int) -> None:
        confidence = self._confidence_of(data)
        user_side, item_side = self._sides(data, confidence)
        users, items = state.factors.users.vectors, state.factors.items.vectors
        n_epochs, runner = self.n_epochs - first_epoch - state.n_epochs, self._runner()
        with self._progress(n_epochs, "epochs") as bar:
            for _ in range(n_epochs):
                fixed = FixedSide.from_factors(items, confidence.unobserved, runner)
                user_prior, user_weights = user_side.prior(users)
                users, _ = self._half_epoch(fixed, user_side, user_prior, users)
                fixed = FixedSide.from_factors(users, confidence.unobserved, runner)
                item_prior, item_weights = item_side.prior(items)
                items, loss = self._half_epoch(fixed, item_side, item_prior, items)
                loss += user_prior.penalty(users) + user_side.prior_penalty(user_prior, user_weights)
                loss += item_side.prior_penalty(item_prior, item_weights)
                state.losses.append(loss / data.n_interactions)
                self._check_range(state.losses[-1], data)
                bar.update(1)
        self._check_range(_largest(items), data)
        state.factors = Factorization.from_sides(Factors(users), Factors(items))
        self._set_checkpoint(data, state)
        self.item_factors_, self.history_ = items, {"training_loss": state.losses.copy()}
        # The checkpoint has the users before this exact solution, so that a resumed fit gives the bits of a single one.
        fixed = FixedSide.from_factors(items, confidence.unobserved, runner)
        user_prior, user_weights = user_side.prior(users)
        self.user_factors_, _ = fixed.solve(user_side.cells, user_prior, runner)
        self._set_user_mean(user_side, user_prior)
        self._set_feature_weights(user_weights, item_side.prior(items)[1])
        self._check_range(_largest(self.user_factors_), data)
        self._warn_if_vanished(user_side.cells)

    def _plan_memory(self, plan: MemoryPlan) -> None:
        data, n_factors = self.interactions_, self.n_factors
        n_users, n_items = self._plan_start(plan, n_factors)
        rows = 4.0 * n_factors
        plan.keep_transposed(data)
        if data.n_interactions and np.ptp(data.values) > 0 and self.unobserved_weight is None:
            plan.work("weights", 16.0 * data.n_interactions)
            plan.keep("weights", 8.0 * data.n_interactions)
        plan.keep("factors", rows * (n_users + n_items))
        plan.work("Gram matrices", rows * n_factors * (GRAM_PARTS_AT_A_TIME + 4))
        if self.solver == "cholesky":
            plan.work("new factors", rows * max(n_users, n_items))
        features = sum(self._features(kind) is not None for kind in self._KINDS)
        plan.keep("means of the features", rows * (n_users + n_items) * features / 2)
        plan.keep("factors of the exact solution", rows * n_users)
        plan.work("costs and losses", 40.0 * n_users)
        plan.work("factors of checked interactions", 3 * rows * min(_N_CHECKED, data.n_interactions))
        self._plan_expanded(plan, rows, n_users, n_items)
        plan.drop("factors" if not self.warm_start else "", "factors of the exact solution")
        plan.drop("means of the features", "weights", "data without empty rows")
        plan.keep("fitted factors", rows * (data.n_users + data.n_items))

    def _sides(self, data: Interactions, confidence: Confidence) -> tuple[Side, Side]:
        """Return the users and the items of the training data with interactions."""
        by_user, by_item = map(confidence.weighted, (data.rows, data.transposed(n_threads=self.n_threads)))
        l2 = self._l2_of(data)
        user_l2 = self._penalties(by_user.lengths, confidence.unobserved_of_users, l2).for_lengths(by_user.lengths)
        item_l2 = self._penalties(by_item.lengths, confidence.unobserved_of_items, l2).for_lengths(by_item.lengths)
        how = self.feature_l2, self.feature_share
        return (
            Side.from_cells(by_user, user_l2, self._features("user", data.users), *how, self._mean_share_of(data)),
            Side.from_cells(by_item, item_l2, self._features("item", data.items), *how),
        )

    def _set_user_mean(self, side: Side, prior: RowPrior) -> None:
        """Set the prior mean of users without features, if it is not 0."""
        self.__dict__.pop("user_mean_", None)
        if side.mean_share > 0:
            self.user_mean_ = prior.means[0].copy()

    def _check_range(self, number: float, data: Interactions) -> None:
        if not np.isfinite(number):
            positive = data.values[data.values > 0]
            lowest, highest = float(positive.min(initial=np.inf)), float(positive.max(initial=0))
            raise range_error(number, lowest, highest, self._l2_of(data))

    def _warn_if_vanished(self, by_user: Rows) -> None:
        """Warn if the scores of the training interactions, which should be near 1, are near 0."""
        cells = checked_cells(len(by_user.codes))
        users, items = by_user.row_codes[cells], by_user.codes[cells]
        mean = float(np.mean(np.sum(self.user_factors_[users] * self.item_factors_[items], axis=1)))
        warn_if_vanished(mean, self._l2_of(self.interactions_), self.unobserved_weight)

    def _half_epoch(
        self, fixed: FixedSide, side: Side, prior: RowPrior, factors: FloatArray
    ) -> tuple[FloatArray, float]:
        """Update the factors of one side; return them and the objective without the penalties of the fixed side."""
        factors, losses = half_epoch(self.solver, fixed, side.cells, prior, factors, self._runner())
        return factors, float(losses.sum())

    def _penalties(self, lengths: IntArray, unobserved: float, l2: float) -> ALSPenalties:
        return ALSPenalties.from_lengths(lengths, unobserved, l2, self.l2_exponent)

    def _l2_of(self, data: Interactions) -> float:
        return self._l2_for(data.rows.lengths, np.bincount(data.item_codes, minlength=data.n_items))

    def _l2_for(self, user_lengths: IntArray, item_lengths: IntArray) -> float:
        """Return λ, or its default for users and items with these numbers of interactions, rounded to three digits."""
        if self.l2 is not None:
            return float(self.l2)
        if self.unobserved_weight is not None:
            return _TEXTBOOK_L2
        n_users, n_items = (int(np.count_nonzero(lengths)) for lengths in (user_lengths, item_lengths))
        ridge = suitable_ridge(int(user_lengths.sum()), n_users, n_items)
        return float(f"{ridge / (1.0 + self.unobserved_ratio):.3g}")

    def _mean_share_of(self, data: Interactions) -> float:
        return self._mean_share_for(data.rows.lengths, np.bincount(data.item_codes, minlength=data.n_items))

    def _mean_share_for(self, user_lengths: IntArray, item_lengths: IntArray) -> float:
        """Return σ, or its default for users and items with these numbers of interactions."""
        if self.user_mean_share is not None:
            return float(self.user_mean_share)
        if self.unobserved_weight is not None:
            return 0.0
        n_users, n_items = (int(np.count_nonzero(lengths)) for lengths in (user_lengths, item_lengths))
        return suitable_mean_share(int(user_lengths.sum()), n_users, n_items)

    def _confidence_of(self, data: Interactions) -> Confidence:
        return Confidence.from_data(data, self.unobserved_ratio, self.unobserved_weight)

    def _described(self) -> dict[str, Attribute]:
        return super()._described() | {
            "item_factors_": Array("float32", ("n_items", "n_factors")),
            "user_factors_": Array("float32", ("n_users", "n_factors")),
            "user_mean_": Array("float32", ("n_factors",), or_absent=True),
            "history_": Series(),
        }

    def _restore(self) -> None:
        self._check_features()
        data = self.interactions_
        self._confidence = self._confidence_of(data)
        items = self.item_factors_
        if self._features("item") is not None:  # only items with interactions belong to the unobserved pairs
            items = np.where(self._is_cold("item")[:, None], np.float32(0), items)
        fixed = FixedSide.from_factors(items, self._confidence.unobserved, self._runner())
        self._fixed_items = fixed._replace(factors=self.item_factors_)
        self._user_penalties = self._penalties(
            data.rows.lengths, self._confidence.unobserved_of_users, self._l2_of(data)
        )

    # ------------------------------------------------------------------ scoring

    def _fold_in(self, histories: Rows) -> Factors:
        return self._fold_in_with(histories, None)

    def _fold_in_with(self, histories: Rows, side: Any) -> Factors:
        """Solve for the factors of users with these features, given the item factors."""
        prior = RowPrior.around_zero(self._user_penalties.for_lengths(histories.lengths), self.item_factors_.shape[1])
        if "user_mean_" in vars(self):
            prior = prior._replace(means=self.user_mean_[None])
        if side is not None:
            weights = np.float32(self.feature_share) * self.user_feature_weights_
            prior = prior._replace(means=means_of(side, weights))
        factors = self._fixed_items.solve(self._confidence.weighted(histories), prior, self._runner())[0]
        if side is None:
            factors[histories.lengths == 0] = 0  # the common mean alone is no evidence about a user
        if not np.all(np.isfinite(factors)):
            raise FloatingPointError(
                f"factors of new users are out of the range of float32; their strengths go up to "
                f"{histories.values.max(initial=0):.3g}, those of the training data to "
                f"{self.interactions_.values.max():.3g}; give strengths in the same unit"
            )
        return Factors(factors)

    # ------------------------------------------------------------------ explaining

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        r"""Split a score into contributions of the past items and of the features.

        With A the matrix of the user's linear equations, :math:`p_u = A^{-1} (\sum_j v_{uj} q_j + \lambda_u m_u)`, so
        item j contributes :math:`v_{uj} q_i^\top A^{-1} q_j` (Hu et al., section 5), and each feature its part of
        the prior mean :math:`m_u`, or the common mean of the users all of it, as popularity. If the item has features,
        :math:`q_i` is the sum of their parts of the prior mean, which contribute :math:`p_u \cdot w x`, and of a rest,
        which takes the place of :math:`q_i` above. The rounding error of float32 is a term of its own.
        """
        history = self._confidence.weighted(self._training_histories(np.array([user_code])))
        factors = self.item_factors_[history.codes].astype(np.float64)
        matrix = (factors * history.values[:, None]).T @ factors + self._fixed_items.gram
        l2 = float(self._user_penalties.for_lengths(history.lengths)[0])
        matrix += l2 * np.eye(len(matrix))
        user, item = (
            side.astype(np.float64) for side in (self.user_factors_[user_code], self.item_factors_[item_code])
        )
        item_parts = self._feature_parts("item", item_code, cold=bool(self._is_cold("item")[item_code]))
        terms = [Term("feature", name, float(user @ part)) for name, part in item_parts]
        rest = item - sum((part for _, part in item_parts), np.zeros(len(item)))
        user_parts = self._feature_parts("user", user_code, cold=history.lengths[0] == 0)
        if history.lengths[0]:  # the factors of a user without interactions are the prior mean
            rest = np.linalg.solve(matrix, rest)
            user_parts = [(name, l2 * part) for name, part in user_parts]
        terms += [Term("feature", name, float(rest @ part)) for name, part in user_parts]
        if "user_mean_" in vars(self):
            terms.append(Term("popularity", None, l2 * float(rest @ self.user_mean_.astype(np.float64))))
        terms += self._past_item_terms(history.codes, history.values * (factors @ rest))
        score = float(item @ user)
        return [*terms, Term("other", None, score - sum(term.contribution for term in terms))]


def checked_cells(n_interactions: int) -> IntArray:
    """Return the positions of the training interactions whose scores are checked."""
    return np.unique(np.linspace(0, n_interactions - 1, _N_CHECKED).astype(np.int64))


def warn_if_vanished(mean: float, l2: float, unobserved_weight: float | None) -> None:
    """Warn if the mean score of training interactions, which should be near 1, is near 0."""
    if abs(mean) < _VANISHED:
        warnings.warn(
            f"the factors have vanished: the mean score of training interactions is {mean:.2g}, and should be near "
            f"1; lower l2={l2}" + ("" if unobserved_weight is None else f" or unobserved_weight={unobserved_weight}"),
            stacklevel=levels_inside(),
        )


def range_error(number: float, lowest: float, highest: float, l2: float) -> FloatingPointError:
    """Return the error for a loss or factor that is not finite, on strengths in this range."""
    remedy = "scale them up" if highest < 1 else "scale them down, or take logarithms"
    return FloatingPointError(
        f"the loss or a factor is {number}, out of the range of float32. The data have strengths from "
        f"{lowest:.3g} to {highest:.3g}; {remedy}, or raise l2={l2}"
    )


def _largest(factors: FloatArray) -> float:
    """Return the largest absolute value, 0 without factors and NaN with a NaN, without a copy of the factors."""
    return float(np.maximum(factors.max(initial=0), -factors.min(initial=0)))
