"""SGDMatrixFactorization: rating prediction by biases and factors, fitted by stochastic gradient descent."""

from typing import Any, ClassVar

import numpy as np

from recokit._typing import BoolArray, CodeArray, FeedbackOption, FloatArray
from recokit.base import Term
from recokit.base._memory import MemoryPlan
from recokit.base._parameters import BOOLEAN, COUNT, FRACTION, NON_NEGATIVE, POSITIVE, RATING_SCALE, interval
from recokit.data.attributes import Array, Attribute, Number, Series
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.exceptions import DataError
from recokit.factorization._descent import Descent, Settings
from recokit.factorization._factors import Factorization, Factors
from recokit.factorization._fold_in import FoldIn, fold_in_new
from recokit.factorization._hold_out import ResumedFrom, hold_out
from recokit.factorization._penalties import penalty_scale
from recokit.factorization._resume import IterativeFactorRecommender, Start

__all__ = ["SGDMatrixFactorization"]


class SGDMatrixFactorization(IterativeFactorRecommender):
    r"""Rating prediction by matrix factorization with biases.

    A rating is predicted as the mean, the biases and the inner product of the user's and the item's factors,

    .. math:: \hat r_{ui} = \mu + b_u + b_i + p_u \cdot q_i

    which are fitted by stochastic gradient descent on

    .. math:: \sum_{u,i} (r_{ui} - \hat r_{ui})^2 + \lambda_b (w_u b_u^2 + w_i b_i^2)
              + \lambda (w_u \lVert p_u \rVert^2 + w_i \lVert q_i \rVert^2)

    where :math:`w = n^{e-1}` for a user or item with n ratings (``l2_exponent`` e), scaled so that its mean over the
    ratings is 1. The descent uses :math:`(r - \mu) / \sigma`, so parameters have the same effect on any rating scale.
    It processes the ratings in blocks of a fixed grid of users × items, the blocks of a diagonal in parallel, so the
    model has the same bits for any number of threads.

    The model needs ratings. Strengths of implicit feedback can be fitted as ratings with ``feedback="explicit"``. If
    all strengths are equal, there is no signal in them; use a model of implicit feedback instead.

    Parameters
    ----------
    n_factors : int
        Length of p and q.
    n_epochs : int
        Maximum number of passes over the ratings.
    learning_rate, learning_rate_bias : float
        Step sizes for factors and for biases in the first epoch.
    learning_rate_decay : float
        Factor by which the step sizes are multiplied after each epoch.
    l2, l2_bias : float
        Penalties λ on factors and :math:`\lambda_b` on biases.
    l2_exponent : float
        e: the penalty of a user or item with n ratings grows as :math:`n^e`. With 1, every rating adds the same
        penalty; lower values shrink users and items with few ratings more.
    init_scale : float
        Initial factors are normal with standard deviation ``init_scale`` / √n_factors.
    implicit_feedback : bool
        Shrink the factors of a user not to 0 but to :math:`|N(u)|^{-1/2} \sum_{j \in N(u)} y_j`, where N(u) is the set
        of items that the user has rated, and y is fitted too. This is SVD++.
    l2_implicit : float
        Penalty on y.
    early_stopping : bool
        Hold out some of the ratings, stop when the error on them no longer decreases, and keep the best epoch. In
        ``partial_fit`` and in a resumed fit the held-out ratings stay held out, with the same share of the new ones.
    validation_fraction : float
        Share of the ratings to hold out.
    n_iter_no_change : int
        Number of epochs without improvement after which to stop.
    tol : float
        Minimum decrease of the error that counts as an improvement, in standard deviations of the ratings.
    clip : bool
        Clip predictions to the rating scale. Lists are ordered by the unclipped predictions.
    rating_scale : (float, float), optional
        The lowest and the highest possible rating, such as (1, 5), which predictions are clipped to. By default it is
        the range of the training ratings.
    warm_start : bool
        Start ``fit`` from the previous fit. On the same data it runs the remaining epochs up to ``n_epochs``, with
        the same bits as a single fit; on other data it runs ``n_epochs`` from the factors of known users and items.
        Between the fits, the learning rates, the penalties ``l2`` and ``l2_bias``, and the stopping rules may change;
        the other parameters must stay the same. For this, the model keeps 12 bytes per rating and a copy of the
        factors, which are not saved.
    random_state : int, RandomState or None
        Seed of the initial factors, of the order of the ratings and of the held-out ratings.
    feedback : {"auto", "explicit", "implicit"}
        Meaning of the values; "implicit" raises an error.
    n_threads : int, optional
        Number of threads; Numba's default if None. The model does not depend on it.
    verbose : bool
        Show progress.

    Attributes
    ----------
    mean_ : float
        μ.
    user_bias_, item_bias_ : (n_users,), (n_items,) float32 arrays
        b, in order of code; 0 for users and items without ratings.
    user_factors_, item_factors_ : (n_users, n_factors), (n_items, n_factors) float32 arrays
        p, including the implicit term if there is one, and q; 0 for users and items without ratings.
    implicit_factors_ : (n_items, n_factors) or (0, n_factors) float32 array
        y.
    history_ : dict
        ``"training_rmse"`` and ``"validation_rmse"``: lists with one error per epoch, in units of the ratings. The
        training errors are taken during the epoch, each before its step; ``"validation_rmse"`` is empty without
        ``early_stopping``.
    best_epoch_ : int
        Number, from 1, of the epoch of these factors.

    See Also
    --------
    recokit.BiasBaseline : Predict a rating as the overall mean plus a user bias and an item bias.
    recokit.ItemKNN : Predict from the items that are most similar to the items of a user.
    recokit.ImplicitALS : Matrix factorization of implicit feedback by alternating least squares.

    Notes
    -----
    ``partial_fit`` starts from the fitted factors, solves new users and items in closed form, and runs the last epochs
    on all ratings. Their share of ``n_epochs`` is twice the share of new ratings, from one epoch to half of them, so a
    small update takes a fortieth of the epochs of a refit. The result is close to a refit, but not equal. On
    MovieLens 100K, first of the publisher's folds, the test RMSE is 0.9170 after a refit. With 0.9% new ratings (all
    ratings of some users and items, and a few others) it is 0.9174 after ``partial_fit``. With 18% new ratings,
    including all ratings of a tenth of the users and of a twentieth of the items, it is 0.9412 before and 0.9185 after
    ``partial_fit``.

    ``recommend_for`` solves the bias and the factors of each user in closed form, given the item factors.

    A fit that diverges raises FloatingPointError.

    References
    ----------
    Y. Koren, R. Bell, C. Volinsky (2009). Matrix factorization techniques for recommender systems. Computer 42(8).

    Y. Koren (2008). Factorization meets the neighborhood: a multifaceted collaborative filtering model. KDD.

    R. Gemulla et al. (2011). Large-scale matrix factorization with distributed stochastic gradient descent. KDD.

    Examples
    --------
    >>> from recokit import Interactions
    >>> from recokit.factorization import SGDMatrixFactorization
    >>> data = Interactions.from_dense(
    ...     [[5, 4, 1, 0], [4, 5, 0, 1], [1, 0, 5, 4], [0, 1, 4, 5]]
    ... )
    >>> model = SGDMatrixFactorization(
    ...     n_factors=2,
    ...     n_epochs=100,
    ...     learning_rate=0.1,
    ...     learning_rate_decay=1,
    ...     l2=0.02,
    ...     random_state=0,
    ... )
    >>> errors = model.fit(data).history_["training_rmse"]
    >>> print(f"{errors[0]:.1f} -> {errors[-1]:.1f}")
    1.7 -> 0.0
    >>> model.predict([(0, 3), (1, 2)]).round(1).tolist()
    [1.7, 1.7]
    """

    _supported_feedback = ("explicit",)
    _user_attributes: ClassVar[tuple[str, ...]] = ("user_factors_", "user_bias_")
    _item_attributes: ClassVar[tuple[str, ...]] = ("item_factors_", "item_bias_", "implicit_factors_")
    _falls_back_to_biases = False  # it has biases of its own
    _scores_without_factors = True
    _kept_by_refit = (
        *IterativeFactorRecommender._kept_by_refit,
        "mean_",
        "_scale",
        "_penalty_scale",
        "_held_out",
    )
    _fixed_parameters = (
        "early_stopping",
        "implicit_feedback",
        "l2_exponent",
        "l2_implicit",
        "n_factors",
        "validation_fraction",
    )
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **IterativeFactorRecommender._parameter_constraints,
        "learning_rate": POSITIVE,
        "learning_rate_bias": NON_NEGATIVE,
        "learning_rate_decay": interval(0, 1, closed="right"),
        "l2": NON_NEGATIVE,
        "l2_bias": NON_NEGATIVE,
        "l2_exponent": interval(0, 1, closed="both"),
        "init_scale": POSITIVE,
        "implicit_feedback": BOOLEAN,
        "l2_implicit": POSITIVE,
        "early_stopping": BOOLEAN,
        "validation_fraction": FRACTION,
        "n_iter_no_change": COUNT,
        "tol": NON_NEGATIVE,
        "clip": BOOLEAN,
        "rating_scale": RATING_SCALE,
    }

    _held_out: BoolArray

    def __init__(
        self,
        n_factors: int = 128,
        *,
        n_epochs: int = 40,
        learning_rate: float = 0.025,
        learning_rate_bias: float = 0.007,
        learning_rate_decay: float = 0.96,
        l2: float = 0.11,
        l2_bias: float = 0.01,
        l2_exponent: float = 0.5,
        init_scale: float = 0.3,
        implicit_feedback: bool = False,
        l2_implicit: float = 60.0,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 3,
        tol: float = 1e-4,
        clip: bool = True,
        rating_scale: tuple[float, float] | None = None,
        warm_start: bool = False,
        random_state: Any = None,
        feedback: FeedbackOption = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.n_factors = n_factors
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.learning_rate_bias = learning_rate_bias
        self.learning_rate_decay = learning_rate_decay
        self.l2 = l2
        self.l2_bias = l2_bias
        self.l2_exponent = l2_exponent
        self.init_scale = init_scale
        self.implicit_feedback = implicit_feedback
        self.l2_implicit = l2_implicit
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.clip = clip
        self.rating_scale = rating_scale
        self.warm_start = warm_start
        self.random_state = random_state
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    # ------------------------------------------------------------------ fitting

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        return {
            "n_factors": [16, 32, 64, 128],
            "learning_rate": [0.01, 0.015, 0.025, 0.04],
            "l2": [0.05, 0.08, 0.11, 0.15, 0.2],
            "l2_exponent": [0.3, 0.5, 1.0],
            "implicit_feedback": [False, True],
        }

    def _described(self) -> dict[str, Attribute]:
        return super()._described() | {
            "mean_": Number(),
            "_scale": Number(at_least=1e-30),
            "_penalty_scale": Number(at_least=0),
            "_held_out": Array("bool", ("n_held_out",)),
            "user_factors_": Array("float32", ("n_users", "n_factors")),
            "user_bias_": Array("float32", ("n_users",)),
            "item_factors_": Array("float32", ("n_items", "n_factors")),
            "item_bias_": Array("float32", ("n_items",)),
            "implicit_factors_": Array("float32", ("n_implicit", "n_factors")),
            "history_": Series(),
            "best_epoch_": Number(at_least=0, whole=True),
        }

    def _restore(self) -> None:
        super()._restore()
        if len(self.implicit_factors_) not in (0, self.interactions_.n_items):
            raise ValueError("implicit_factors_: expected no factors, or those of all items")
        if len(self._held_out) not in (0, self.interactions_.n_interactions):
            raise ValueError("_held_out: expected no marks, or those of all ratings")

    def _prepare(self, interactions: Interactions, **side: Any) -> Interactions:
        if interactions.feedback == "implicit":
            raise DataError(
                "SGDMatrixFactorization needs ratings, but got implicit feedback: use ImplicitALS, BPR, ItemKNN or "
                "UserKNN, or set feedback='explicit' to fit strengths as ratings"
            )
        return super()._prepare(interactions, **side)

    def _plan_memory(self, plan: MemoryPlan) -> None:
        data, rows, n = self.interactions_, 4.0 * (self.n_factors + 1), float(self.interactions_.n_interactions)
        n_users, n_items = self._plan_start(plan, self.n_factors)
        factors = rows * (n_users + n_items) + 4.0 * self.n_factors * n_items * self.implicit_feedback
        plan.keep("standardized ratings", 4.0 * n)
        plan.keep("initial factors", factors)
        if self.early_stopping:
            plan.work("choice of held-out ratings", 24.0 * n)
            plan.keep("training and held-out ratings", 8.0 * n)
        plan.keep("grid", 12.0 * n)
        plan.keep("factors in the order of the grid", factors)
        if self.implicit_feedback:
            plan.work("ratings in the order of the grid", 24.0 * n)
            plan.keep("implicit feedback", 8.0 * n + 4.0 * self.n_factors * n_users)
        plan.drop("initial factors", "standardized ratings")
        if self.implicit_feedback:
            plan.work("step of the implicit factors", 12.0 * self.n_factors * n_users)
        if self.early_stopping:
            plan.work("validation", 40.0 * self.validation_fraction * n)
            plan.work("copy of the best factors", 2 * factors)
            plan.keep("best factors", factors)
        plan.keep("factors in order of code", factors)
        plan.work("factors in the unit of the ratings", factors)
        if not self.warm_start:
            plan.drop("grid", "factors in the order of the grid", "best factors", "implicit feedback")
            plan.drop("factors in order of code", "training and held-out ratings", "data without empty rows")
        plan.keep("fitted factors", rows * (data.n_users + data.n_items) + factors - rows * (n_users + n_items))

    def _random_factors(self, data: Interactions, rng: np.random.Generator) -> Factorization:
        factors = Factorization.random(data.n_users, data.n_items, self.n_factors, self.init_scale, rng)
        factors = factors.with_zero_bias()
        return factors.with_zero_implicit() if self.implicit_feedback else factors

    def _fitted_factors(self) -> Factorization:
        """Return the fitted factors in units of the standard deviation of the ratings."""
        fitted = Factorization(self._user_factors(), self._item_factors(), self.implicit_factors_)
        return fitted.scaled(1 / self._scale)

    def _begin(self, data: Interactions, start: Start) -> Descent:
        """Standardize the ratings, hold out some of them, fold in new users and items, and prepare the descent."""
        self._standardize(data.values)
        ratings, held_out = data.rows.with_values((data.values - self.mean_) / self._scale), None
        resumed_from = None if start.previous is None else ResumedFrom(start.previous, self._held_out)
        self._held_out = np.zeros(0, dtype=np.bool_)
        if self.early_stopping:
            self._held_out = hold_out(data, self.validation_fraction, start.rng, resumed_from)
            ratings, held_out = ratings.select(~self._held_out), ratings.select(self._held_out)
        if start.is_new is not None:
            penalties = self.l2_bias, self.l2, self.l2_exponent
            fold_in_new(start.factors, start.is_new, ratings, penalties, self._runner())
        self._penalty_scale = penalty_scale(ratings.lengths, self.l2_exponent)
        return Descent(ratings, held_out, start.factors, self._settings(0), start.rng)

    def _run(self, data: Interactions, state: Descent, first_epoch: int) -> None:
        with self._progress(self.n_epochs - first_epoch - state.n_epochs, "epochs") as bar:
            state.run(lambda: bar.update(1), self._settings(first_epoch))
        self._set_checkpoint(data, state)
        users, items, self.implicit_factors_ = state.factors.scaled(self._scale)
        self.user_factors_, self.user_bias_ = users.vectors, users.bias_or_zeros()
        self.item_factors_, self.item_bias_ = items.vectors, items.bias_or_zeros()
        errors = {"training_rmse": state.training_rmse, "validation_rmse": state.validation_rmse}
        self.history_ = {name: [self._scale * error for error in each] for name, each in errors.items()}
        self.best_epoch_ = state.best_epoch

    def _standardize(self, values: FloatArray) -> None:
        """Set the mean and the scale of the ratings."""
        self.mean_ = float(values.mean(dtype=np.float64))
        # Equal ratings have no deviation; a tiny scale makes the initial factors negligible.
        self._scale = max(float(values.std(dtype=np.float64)), 1e-6 * float(np.abs(values).max()), 1e-30)

    def _settings(self, first_epoch: int) -> Settings:
        """Return the settings of a descent that skips the first epochs."""
        names = set(Settings._fields) & set(self.get_params())
        given = {name: getattr(self, name) for name in names}
        decay = self.learning_rate_decay**first_epoch
        return Settings(
            **given
            | {
                "n_epochs": self.n_epochs - first_epoch,
                "learning_rate": self.learning_rate * decay,
                "learning_rate_bias": self.learning_rate_bias * decay,
                "runner": self._runner(),
            }
        )

    # ------------------------------------------------------------------ scoring

    def _user_factors(self) -> Factors:
        return Factors(self.user_factors_, self.user_bias_)

    def _item_factors(self) -> Factors:
        return Factors(self.item_factors_, self.item_bias_)

    def _intercept(self) -> float:
        return self.mean_

    def _to_reported(self, scores: FloatArray) -> FloatArray:
        return np.clip(scores, *self.rating_range_, out=scores) if self.clip else scores

    def _fallback_scores(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        return self._to_reported(self._bias_scores(user_codes, item_codes))

    def _fold_in(self, histories: Rows) -> Factors:
        return self._fold_in_model().solve(histories, self._runner())

    def _fold_in_model(self) -> FoldIn:
        # The penalties apply in units of the standard deviation, by which biases scale; factors scale by its root.
        penalties = self.l2_bias / self._penalty_scale, self.l2 * self._scale / self._penalty_scale
        items = self.item_bias_, self.item_factors_, self.implicit_factors_
        return FoldIn(self.mean_, *items, *penalties, float(self.l2_exponent))

    # ------------------------------------------------------------------ explaining

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        """Split a score into the biases, contributions of the past items and a remainder."""
        history = self._training_histories(np.array([user_code]))
        bias = float(self.user_bias_[user_code])
        parts = self._fold_in_model().contributions(history.codes, history.values, bias, item_code)
        factors = self.user_factors_[user_code], self.item_factors_[item_code]
        product = float(np.dot(*(each.astype(np.float64) for each in factors)))
        terms = [
            Term("mean", None, self.mean_),
            Term("user", None, bias),
            Term("item", None, float(self.item_bias_[item_code])),
            *self._past_item_terms(history.codes, parts),
            Term("other", None, product - float(parts.sum())),
        ]
        total = sum(term.contribution for term in terms)
        return [*terms, Term("clipping", None, float(self._to_reported(np.array([total]))[0]) - total)]
