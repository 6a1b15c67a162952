"""BiasBaseline: ratings as the mean plus a user bias and an item bias."""

from typing import Any, ClassVar

import numpy as np

from recokit._runtime.small_work import chosen
from recokit._typing import CodeArray, FeedbackOption, FloatArray
from recokit.base import Recommender, Term
from recokit.base._biases import BaselineBiases
from recokit.base._memory import MemoryPlan
from recokit.base._parameters import COUNT, NON_NEGATIVE, RATING_SCALE
from recokit.base._rating_scale import rating_range
from recokit.data.attributes import Array, Attribute, Each, Number
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.kernels.bias import fit_biases

__all__ = ["BiasBaseline"]

_TOLERANCE = 1e-6


class BiasBaseline(Recommender):
    r"""Predict a rating as the overall mean plus a user bias and an item bias.

    .. math:: \hat r_{ui} = \mu + b_u + b_i

    The biases minimize :math:`\sum (r_{ui} - \hat r_{ui})^2 + \lambda_u \sum b_u^2 + \lambda_i \sum b_i^2`. They are
    fitted by alternating least squares. Predictions are clipped to the rating scale.

    Parameters
    ----------
    l2_user, l2_item : float
        Ridge penalties λ, in numbers of ratings: the bias of a user with ``l2_user`` ratings is half the bias of a
        user with very many ratings and the same mean deviation.
    max_iter : int
        Maximum number of alternations; they stop once all biases change by less than 1e-6.
    rating_scale : (float, float), optional
        The lowest and the highest possible rating, such as (1, 5), which predictions are clipped to. By default it is
        the range of the training ratings.
    feedback : {"auto", "explicit", "implicit"}
        Kind of feedback; "auto" infers it from the data. Implicit strengths are treated as ratings.
    n_threads : int, optional
        Number of threads; Numba's default if None.
    verbose : bool
        Show a progress bar.

    Attributes
    ----------
    mean_ : float
        μ.
    user_bias_, item_bias_ : (n_users,), (n_items,) float64 arrays
        b_u and b_i, in order of code; 0 for users and items without ratings.
    n_iter_ : int
        Number of alternations.

    See Also
    --------
    recokit.Popularity : Recommend the most popular items to every user, or the most popular items of the user's group.
    recokit.SGDMatrixFactorization : Rating prediction by matrix factorization with biases.
    recokit.ItemKNN : Predict from the items that are most similar to the items of a user.

    References
    ----------
    Y. Koren: Factor in the neighbors: scalable and accurate collaborative filtering. ACM TKDD 4(1), 2010, section 2.1.

    Examples
    --------
    >>> from recokit import BiasBaseline
    >>> pairs, ratings = [("ann", "tea"), ("ann", "cup"), ("bob", "tea")], [5, 3, 4]
    >>> model = BiasBaseline().fit(pairs, ratings)
    >>> model.predict([("bob", "cup"), ("new", "tea"), ("new", "new")]).round(2)
    array([3.71, 4.21, 4.  ])
    >>> model.recommend("bob")["bob"][0][0]
    'cup'
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "l2_user": NON_NEGATIVE,
        "l2_item": NON_NEGATIVE,
        "max_iter": COUNT,
        "rating_scale": RATING_SCALE,
    }
    _falls_back_to_biases = False  # it uses its own biases

    def __init__(
        self,
        *,
        l2_user: float = 5.0,
        l2_item: float = 3.0,
        max_iter: int = 50,
        rating_scale: tuple[float, float] | None = None,
        feedback: FeedbackOption = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.l2_user = l2_user
        self.l2_item = l2_item
        self.max_iter = max_iter
        self.rating_scale = rating_scale
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        return {"l2_user": [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0], "l2_item": [0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 25.0]}

    def _described(self) -> dict[str, Attribute]:
        return super()._described() | {
            "rating_range_": Each(Number(), 2),
            "mean_": Number(),
            "user_bias_": Array("float64", ("n_users",)),
            "item_bias_": Array("float64", ("n_items",)),
            "n_iter_": Number(at_least=0, whole=True),
        }

    def _fit(self, interactions: Interactions) -> None:
        rows, values = interactions.rows, interactions.values
        self.rating_range_ = rating_range(values, self.rating_scale)
        self.mean_, self.user_bias_, self.item_bias_ = BaselineBiases.zero(interactions)
        penalties = self.l2_user, self.l2_item
        fit = chosen(fit_biases, self.max_iter * len(values))
        with self._progress(self.max_iter, "epochs") as bar:
            for epoch in range(self.max_iter):
                change = fit(*rows.arrays, self.mean_, *penalties, 1, self.user_bias_, self.item_bias_)
                self.n_iter_ = epoch + 1
                bar.update(1)
                if change < _TOLERANCE:
                    break

    def _plan_memory(self, plan: MemoryPlan) -> None:
        plan.keep("biases", 8.0 * (self.interactions_.n_users + self.interactions_.n_items))

    @property
    def _biases(self) -> BaselineBiases:
        return BaselineBiases(self.mean_, self.user_bias_, self.item_bias_)

    def _user_profiles(self, user_codes: CodeArray) -> FloatArray:
        return self.user_bias_[user_codes]

    def _fold_in(self, histories: Rows) -> FloatArray:
        """Return the biases of users outside the training data, given the item biases."""
        residuals = histories.values - self.mean_ - self.item_bias_[histories.codes]
        biases: FloatArray = histories.sums(residuals) / np.maximum(histories.lengths + self.l2_user, 1e-12)
        return biases

    def _score_block(self, profiles: FloatArray) -> FloatArray:
        scores: FloatArray = self.mean_ + profiles[:, None] + self.item_bias_
        return scores.astype(np.float32)

    def _to_reported(self, scores: FloatArray) -> FloatArray:
        return np.clip(scores, *self.rating_range_)

    def _score_pairs(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        return self._fallback_scores(user_codes, item_codes)

    def _fallback_scores(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        return self._to_reported(self._biases.predict(user_codes, item_codes))

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        terms = [
            Term("mean", None, self.mean_),
            Term("user", None, float(self.user_bias_[user_code])),
            Term("item", None, float(self.item_bias_[item_code])),
        ]
        total = sum(term.contribution for term in terms)
        return [*terms, Term("clipping", None, float(self._to_reported(np.array(total))) - total)]
