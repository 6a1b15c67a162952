"""SGDMatrixFactorization: biases and factors by stochastic gradient descent."""

from numbers import Integral, Real
from typing import Any, ClassVar, NamedTuple

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval

from recokit._typing import BoolArray, CodeArray, FloatArray
from recokit.base import EligibleItems, Recommender, Term, Top
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.exceptions import DataError
from recokit.factorization._descent import Descent, Settings
from recokit.factorization._factors import Factors, Ratings, penalty_scale
from recokit.factorization._fold_in import ItemSide
from recokit.factorization._hold_out import Before, hold_out
from recokit.factorization._newcomers import epochs_of_update, solve_newcomers
from recokit.factorization._scoring import USERS_PER_BLOCK, Profiles, nearest_by_cosine, products, top_of_products

__all__ = ["SGDMatrixFactorization"]

# What may not change where a descent goes on.
_FIXED = ("early_stopping", "implicit_feedback", "l2_exponent", "l2_implicit", "n_factors", "validation_fraction")

_POSITIVE = Interval(Real, 0, None, closed="neither")
_NOT_NEGATIVE = Interval(Real, 0, None, closed="left")


class _Progress(NamedTuple):
    """What a model keeps so that it can go on."""

    interactions: Interactions
    descent: Descent
    penalty_scale: float
    held_out: BoolArray
    fixed: dict[str, Any]


class SGDMatrixFactorization(Recommender):
    r"""Predict a rating as mean, biases and the inner product of a user's and an item's factors.

    .. math:: \hat r_{ui} = \mu + b_u + b_i + p_u \cdot q_i

    Learned by stochastic gradient descent on

    .. math:: \sum_{u,i} (r_{ui} - \hat r_{ui})^2 + \lambda_b (w_u b_u^2 + w_i b_i^2)
              + \lambda (w_u \lVert p_u \rVert^2 + w_i \lVert q_i \rVert^2)

    where :math:`w = n^{e-1}` for a user or item with n ratings (``l2_exponent`` e), scaled so that its mean over the
    ratings is 1. The descent works on :math:`(r - \mu) / \sigma`, so that parameters mean the same on any rating scale.
    It takes the ratings in blocks of a fixed grid of users × items, those of a diagonal at the same time, so the model
    is the same, bit for bit, for any number of threads.

    Ratings are needed. Strengths of implicit feedback can be fitted as if they were ratings with
    ``feedback="explicit"``; where all of them are equal there is nothing to learn this way, and a neighbourhood model
    or `Popularity` is the right eligible.

    Parameters
    ----------
    n_factors : int
        Length of p and q.
    n_epochs : int
        Passes over the ratings, at most.
    learning_rate, learning_rate_bias : float
        Step sizes for factors and for biases in the first epoch.
    learning_rate_decay : float
        What the step sizes are multiplied by after each epoch.
    l2, l2_bias : float
        Penalties λ on factors and :math:`\lambda_b` on biases.
    l2_exponent : float
        How the penalty of a user or item grows with its n ratings: as :math:`n^e`. With 1, every rating brings the same
        penalty; with less, those with few ratings are held closer to 0.
    init_scale : float
        Initial factors are normal with standard deviation ``init_scale`` / √n_factors.
    implicit_feedback : bool
        Draw the factors of a user not to 0 but to :math:`|N(u)|^{-1/2} \sum_{j \in N(u)} y_j`, where N(u) are the items
        that the user has rated, whatever the ratings, and y is learned too. This is SVD++.
    l2_implicit : float
        Penalty on y.
    early_stopping : bool
        Hold out a share of the ratings, stop once the error on it no longer falls, and keep the best epoch. What is
        held out stays so in ``partial_fit``, and in a fit that goes on from this one; of new ratings the same share is.
    validation_fraction : float
        The share.
    n_iter_no_change : int
        Epochs without improvement after which to stop.
    tol : float
        Improvement of the error, in standard deviations of the ratings, that counts as one.
    clip : bool
        Clip predictions to the range of the ratings learned from. Lists are in the order of what the model expects
        before that.
    warm_start : bool
        Let ``fit`` go on from what was learned, instead of from random factors. On the same data it does what is
        missing to ``n_epochs``, with the bits of one fit of that many; on other data it does ``n_epochs`` from the
        factors of the users and items that were known. The learning rates, the penalties ``l2`` and ``l2_bias`` and the
        rules for stopping may be changed in between; the other parameters are those of the first fit. A model keeps
        what it needs for this (12 bytes a rating, and a copy of the factors), but does not save it.
    random_state : int, RandomState or None
        Seed of initial factors, of the order of the ratings and of the share held out.
    feedback : {"auto", "explicit", "implicit"}
        What the values are; "implicit" is refused.
    n_threads : int, optional
        Threads; what Numba has by default. It does not change the model.
    verbose : bool
        Show progress.

    Attributes
    ----------
    mean_ : float
        μ.
    user_bias_, item_bias_ : (n_users,), (n_items,) float32 arrays
        b, in order of code; 0 without ratings.
    user_factors_, item_factors_ : (n_users, n_factors), (n_items, n_factors) float32 arrays
        p (with the implicit term added where there is one) and q; 0 without ratings.
    implicit_factors_ : (n_items, n_factors) or (0, n_factors) float32 array
        y.
    history_ : dict
        ``"training_rmse"`` and ``"validation_rmse"``: lists with one error an epoch, in units of the ratings. The
        first is over the errors as they were met during the epoch; the second is empty without ``early_stopping``.
    best_epoch_ : int
        The epoch, counted from 1, that the model is from.

    Notes
    -----
    ``partial_fit`` starts from what was learned, solves for users and items that are new in closed form, and does the
    last of the epochs on all ratings, old and new: twice the share that is new, from one epoch to half of them. So a
    small update takes a fortieth of the epochs of a refit. It ends close to one, not at it. On MovieLens 100K, first of
    the publisher's folds, the test RMSE was 0.9170 after a refit. With 0.9% of the ratings new (those of some users and
    items, and a few of others) it was 0.9174 after ``partial_fit``; with 18%, those of a tenth of the users and a
    twentieth of the items among them, 0.9185, and 0.9412 before.

    ``recommend_for`` solves for the bias and the factors of a person in closed form, the items' given.

    A fit whose errors grow out of bounds raises FloatingPointError.

    References
    ----------
    Y. Koren, R. Bell, C. Volinsky (2009). Matrix factorization techniques for recommender systems. Computer 42(8).

    Y. Koren (2008). Factorization meets the neighborhood: a multifaceted collaborative filtering model. KDD.

    R. Gemulla et al. (2011). Large-scale matrix factorization with distributed stochastic gradient descent. KDD.

    Examples
    --------
    >>> from recokit import Interactions
    >>> from recokit.factorization import SGDMatrixFactorization
    >>> data = Interactions.from_dense([[5, 4, 1, 0], [4, 5, 0, 1], [1, 0, 5, 4], [0, 1, 4, 5]])
    >>> model = SGDMatrixFactorization(
    ...     n_factors=2, n_epochs=100, learning_rate=0.1, learning_rate_decay=1, l2=0.02, random_state=0
    ... )
    >>> errors = model.fit(data).history_["training_rmse"]
    >>> print(f"{errors[0]:.1f} -> {errors[-1]:.1f}")
    1.7 -> 0.0
    >>> model.predict([(0, 3), (1, 2)]).round(1).tolist()
    [1.7, 1.7]
    """

    _supported_feedback = ("explicit",)
    _exact_partial_fit = False
    _kept_by_refit: ClassVar[tuple[str, ...]] = ("_in_progress",)
    _falls_back_to_biases = False  # but to its own
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "n_factors": [Interval(Integral, 1, None, closed="left")],
        "n_epochs": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [_POSITIVE],
        "learning_rate_bias": [_NOT_NEGATIVE],
        "learning_rate_decay": [Interval(Real, 0, 1, closed="right")],
        "l2": [_NOT_NEGATIVE],
        "l2_bias": [_NOT_NEGATIVE],
        "l2_exponent": [Interval(Real, 0, 1, closed="both")],
        "init_scale": [_POSITIVE],
        "implicit_feedback": ["boolean"],
        "l2_implicit": [_POSITIVE],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "tol": [_NOT_NEGATIVE],
        "clip": ["boolean"],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
    }

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
        warm_start: bool = False,
        random_state: Any = None,
        feedback: str = "auto",
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
        self.warm_start = warm_start
        self.random_state = random_state
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    # ------------------------------------------------------------------ fitting

    def _prepare(self, interactions: Interactions, **side: Any) -> Interactions:
        if interactions.feedback == "implicit":
            raise DataError(
                "SGDMatrixFactorization learns from ratings, and this is implicit feedback: use ItemKNN, UserKNN or "
                "Popularity, or feedback='explicit' to fit strengths that differ as if they were ratings"
            )
        return super()._prepare(interactions, **side)

    def _fit(self, interactions: Interactions) -> None:
        before: _Progress | None = self.__dict__.pop("_in_progress", None)
        if before is None or not self.warm_start or not before.descent.resumable:
            rng = self._generator()
            self._learn(interactions, self._random_factors(interactions, rng), 0, rng)
            return
        if before.interactions.equals(interactions):
            self._go_on(before)
            return
        self._check_shape(before.descent.factors)
        rng = self._generator()
        start = self._random_factors(interactions, rng)
        start.take_over(before.descent.factors, *_codes_of(before.interactions, interactions))
        self._learn(interactions, start, 0, rng, Before(before.interactions, before.held_out))

    def _partial_fit(self, merged: Interactions, previous: Interactions) -> None:
        """Start from the old factors, solve for those that are new, and do the last of the epochs on all ratings."""
        self.__dict__.pop("_in_progress", None)
        rng = self._generator()
        start = self._random_factors(merged, rng)
        old = self._factors().scaled(1 / self._scale_)
        self._check_shape(old)
        known = start.take_over(old, *_codes_of(previous, merged))
        first_epoch = self.n_epochs - epochs_of_update(merged, previous, self.n_epochs)
        self._learn(merged, start, first_epoch, rng, Before(previous, self._held_out_), known)

    def _check_shape(self, old: Factors) -> None:
        if [old.user_factors.shape[1], len(old.implicit_factors) > 0] != [self.n_factors, self.implicit_feedback]:
            raise ValueError(
                "n_factors or implicit_feedback is not what the model was fitted with; call fit, with warm_start=False"
            )

    def _learn(
        self,
        interactions: Interactions,
        start: Factors,
        first_epoch: int,
        rng: np.random.Generator,
        before: Before | None = None,
        known: tuple[BoolArray, BoolArray] | None = None,
    ) -> None:
        """Descend from a start; where it is told who is known, the other users and items are solved first."""
        values = interactions.values
        self._standardise(values)
        standard = ((values - self.mean_) / self._scale_).astype(np.float32)
        ratings = Ratings(interactions.indptr, interactions.item_codes, standard, interactions.n_items)
        self._held_out_, held_out = np.zeros(0, dtype=np.bool_), None
        if self.early_stopping:
            self._held_out_ = hold_out(interactions, self.validation_fraction, rng, before)
            ratings, held_out = ratings.select(~self._held_out_), ratings.select(self._held_out_)
        if known is not None:
            solve_newcomers(start, known, ratings, (self.l2_bias, self.l2, self.l2_exponent), self._runner())
        descent = Descent(ratings, held_out, start, self._settings(first_epoch), rng)
        self._penalty_scale_ = penalty_scale(np.diff(ratings.indptr), self.l2_exponent)
        self._run(descent, interactions)

    def _standardise(self, values: FloatArray) -> None:
        self.mean_ = float(values.mean(dtype=np.float64))
        # Ratings that are all equal have no deviation; a tiny one leaves nothing of the initial factors.
        self._scale_ = max(float(values.std(dtype=np.float64)), 1e-6 * float(np.abs(values).max()), 1e-30)

    def _go_on(self, before: _Progress) -> None:
        """Do the epochs that are missing."""
        changed = [name for name in _FIXED if getattr(self, name) != before.fixed[name]]
        if changed:
            raise ValueError(
                f"{', '.join(f'{name}={getattr(self, name)!r}' for name in changed)}: with warm_start=True and the "
                f"same data {'it stays' if len(changed) == 1 else 'they stay'} "
                f"{', '.join(repr(before.fixed[name]) for name in changed)}; to change it, fit with warm_start=False"
            )
        if self.n_epochs < before.descent.n_epochs:
            raise ValueError(
                f"n_epochs={self.n_epochs}, and {before.descent.n_epochs} have been done: with warm_start=True it may "
                "only grow"
            )
        self._standardise(before.interactions.values)
        self._penalty_scale_, self._held_out_ = before.penalty_scale, before.held_out
        self._run(before.descent, before.interactions)

    def _run(self, descent: Descent, interactions: Interactions) -> None:
        settings = self._settings(0) if descent.resumable else None
        with self._progress(self.n_epochs - descent.n_epochs, "epochs") as bar:
            descent.run(lambda: bar.update(1), settings)
        self._keep(descent)
        if self.warm_start:
            fixed = {name: getattr(self, name) for name in _FIXED}
            self._in_progress = _Progress(interactions, descent, self._penalty_scale_, self._held_out_, fixed)

    def _keep(self, descent: Descent) -> None:
        factors = descent.factors.scaled(self._scale_)
        self.user_bias_, self.item_bias_ = factors.user_bias, factors.item_bias
        self.user_factors_, self.item_factors_ = factors.user_factors, factors.item_factors
        self.implicit_factors_ = factors.implicit_factors
        errors = {"training_rmse": descent.training_rmse, "validation_rmse": descent.validation_rmse}
        self.history_ = {name: [self._scale_ * error for error in each] for name, each in errors.items()}
        self.best_epoch_ = descent.best_epoch

    def _generator(self) -> np.random.Generator:
        return np.random.default_rng(check_random_state(self.random_state).randint(2**31 - 1))

    def _random_factors(self, data: Interactions, rng: np.random.Generator) -> Factors:
        size = data.n_users, data.n_items, self.n_factors
        return Factors.random(*size, self.init_scale, implicit=self.implicit_feedback, rng=rng)

    def _factors(self) -> Factors:
        biases = self.user_bias_, self.item_bias_
        return Factors(*biases, self.user_factors_, self.item_factors_, self.implicit_factors_)

    def _settings(self, first_epoch: int) -> Settings:
        """Return the settings for the epochs that remain from one on."""
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

    def _user_profiles(self, user_codes: CodeArray) -> Profiles:
        return Profiles(self.user_bias_[user_codes], self.user_factors_[user_codes])

    def _fold_in(self, histories: Rows) -> Profiles:
        """Solve for the bias and the factors that minimise the objective, the items' given."""
        return self._item_side().solve(histories, self._runner())

    def _item_side(self) -> ItemSide:
        # The descent is in units of the deviation, in which factors are smaller by its root and biases by itself.
        penalties = self.l2_bias / self._penalty_scale_, self.l2 * self._scale_ / self._penalty_scale_
        items = self.item_bias_, self.item_factors_, self.implicit_factors_
        return ItemSide(self.mean_, *items, *penalties, float(self.l2_exponent))

    def _to_reported(self, scores: FloatArray) -> FloatArray:
        return np.clip(scores, *self.rating_range_, out=scores) if self.clip else scores

    def _block_size(self) -> int:
        return USERS_PER_BLOCK

    def _score_block(self, profiles: Profiles) -> FloatArray:
        scores = products(profiles.factors, self.item_factors_, self._runner())
        scores += (profiles.bias + np.float32(self.mean_))[:, None]
        scores += self.item_bias_
        return scores

    def _top_block(self, profiles: Profiles, n: int, eligible: EligibleItems) -> Top:
        top = top_of_products(profiles.factors, self.item_factors_, self.item_bias_, n, eligible, self._runner())
        return top._replace(scores=top.scores + (profiles.bias + np.float32(self.mean_))[:, None])

    def _score_pairs(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        return self._to_reported(self.mean_ + self._factors().scores(user_codes, item_codes, self._runner()))

    def _fallback_scores(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        user_bias, item_bias = np.append(self.user_bias_, 0.0), np.append(self.item_bias_, 0.0)
        return self._to_reported(self.mean_ + user_bias[user_codes] + item_bias[item_codes])

    # ------------------------------------------------------------------ explaining

    def _similar_items(self, item_codes: CodeArray, n: int) -> Top:
        return nearest_by_cosine(self.item_factors_, item_codes, n, self._runner())

    def _similar_users(self, user_codes: CodeArray, n: int) -> Top:
        return nearest_by_cosine(self.user_factors_, user_codes, n, self._runner())

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        """Trace the factors back to the past items that they come from; how far the descent ended from it is a term."""
        history = self._training_histories(np.array([user_code]))
        bias = float(self.user_bias_[user_code])
        shares = self._item_side().shares(history.codes, history.values, bias, item_code)
        factors = self.user_factors_[user_code], self.item_factors_[item_code]
        product = float(np.dot(*(each.astype(np.float64) for each in factors)))
        terms = [
            Term("mean", None, self.mean_),
            Term("user", None, bias),
            Term("item", None, float(self.item_bias_[item_code])),
            *self._past_item_terms(history.codes, shares),
            Term("other", None, product - float(shares.sum())),
        ]
        total = sum(term.contribution for term in terms)
        return [*terms, Term("clipping", None, float(self._to_reported(np.array([total]))[0]) - total)]


def _codes_of(known: Interactions, here: Interactions) -> tuple[CodeArray, CodeArray]:
    """Return the codes that the users and items of one set have in another, −1 where they have none."""
    return here.users.codes(known.users), here.items.codes(known.items)
