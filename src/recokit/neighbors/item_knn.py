"""ItemKNN: item-based nearest neighbours."""

from typing import Any, ClassVar, Literal

from recokit._typing import CodeArray, FeedbackOption, SimilarityOption
from recokit.base import Top
from recokit.base._gram_learner import GramLearner
from recokit.base._parameters import OPTIONAL_NON_NEGATIVE, one_of
from recokit.data._weights import active_counts, mean_walks
from recokit.data.gram import Gram
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError
from recokit.neighbors._base import NeighborhoodRecommender
from recokit.neighbors._explicit import ItemRatingNeighbors
from recokit.neighbors._gram import cosine_neighbors
from recokit.neighbors._implicit import ItemNeighborSums
from recokit.neighbors._values import CellWeights, user_weights
from recokit.neighbors.similarities import SIMILARITIES

__all__ = ["ItemKNN"]

_NEIGHBORS_OF_GRAM = 100  # default for a Gram matrix
_NEIGHBORS_PER_ROOT, _MAX_NEIGHBORS = 3.0, 300  # default number of neighbours over the square root of the items
_HALF_WALKS = 2.0  # mean number of walks from a user to an item halfway between sparse and dense data


class ItemKNN(GramLearner, NeighborhoodRecommender):
    r"""Predict from the items that are most similar to the items of a user.

    For ratings (explicit feedback), the prediction is an expected rating b plus the weighted mean deviation of the
    user's ratings of the neighbours from their own expected ratings. The neighbours N are the k most similar items
    *among the items that the user rated*:

    .. math::

        \hat r_{ui} = b_{ui} + \sigma_i \frac{\sum_{j \in N} s_{ji}^\rho (r_{uj} - b_{uj}) / \sigma_j}
        {\gamma + \sum_{j \in N} s_{ji}^\rho}

    where b is the baseline μ + b_u + b_i from regularized least squares ("baseline"), the mean of the item ("mean" and
    "zscore") or the mean of all ratings (None). With "zscore", σ is the standard deviation of the item's ratings, or
    of all ratings if it is 0; otherwise σ is 1. The defaults ρ = 1 and γ = 0 give the weighted mean. With γ > 0, the
    mean deviation minimizes the weighted squared error plus γ times its own square. Without neighbours, the prediction
    is b. Lists are ordered by these ratings; reported ratings are clipped to the range of the training ratings.

    For implicit feedback, the score is the sum over the k items most similar to i, N, that are in the user's history H:

    .. math:: \hat r_{ui} = \sum_{j \in N \cap H} s_{ji}^\rho r_{uj}

    Parameters
    ----------
    n_neighbors : int, optional
        k, the maximum number of neighbours. Default: for implicit feedback with the cosine, three times the square root
        of the number of items with interactions, to the nearest 10 and at most 300; otherwise 60.
    similarity : str or compiled function
        Name of a similarity in the table of `recokit.neighbors`, or a user-defined function. "auto" is "cosine", or
        "asymmetric_cosine" for implicit feedback if ``weighting`` is "auto" too.
    shrinkage : float, optional
        Shrinks similarities that are based on few common users. Default: 10 for implicit feedback with the cosine,
        otherwise 0.
    min_common : int
        Items with fewer common users have a similarity of 0.
    weighting : {"auto", None, "tfidf", "bm25"}
        Weighting of the values for "cosine", "asymmetric_cosine" and user-defined similarities: an item is a document,
        and its users are the words. "auto" is "tfidf" for implicit feedback with the cosine, otherwise None.
    user_exponent : float, optional
        e: in similarities, a user with n items has the weight n^−e; values are multiplied by √(n^−e). With 0 all users
        have the same weight, so a user with n items affects n² similarities. Default: 0.6 w / (w + 2) for implicit
        feedback with the cosine, rounded to a multiple of 0.05, otherwise 0. w is the mean number of walks from a user
        to an item, n³ / (n_users n_items)² for n interactions; it is below 1 on sparse data.
    half_life : float, optional
        Age at which the weight of an interaction is 1/2, in days if the timestamps are datetime64, otherwise in their
        own unit. With None, the default, there is no time decay.
    scoring : {"sum", "normalized_sum"}
        For implicit feedback: the sum above, or the same sum with each s^ρ divided by the sum of the s^ρ of that
        neighbour's own k neighbours. Items that are similar to many others then count less (Deshpande and Karypis
        2004).
    amplification : float
        ρ. Values above 1 give more weight to the most similar neighbours.
    centering : {"baseline", "mean", "zscore", None}
        For ratings: the expected rating b that the neighbours' ratings deviate from.
    prediction_shrinkage : float
        γ. For ratings: if the sum of the similarities is small, the prediction stays close to b.
    rating_scale : (float, float), optional
        For ratings: the lowest and the highest possible rating, such as (1, 5), which predictions are clipped to. By
        default it is the range of the training ratings.
    alpha : float, optional
        α of "asymmetric_cosine", at most 1, and of "tversky". Default: 0.7 − 0.1 w / (w + 2), rounded to a multiple of
        0.05, with ``similarity="auto"``, so that lists have more popular items than those of the cosine, most on sparse
        data; otherwise 0.5.
    beta : float
        β of "tversky".
    feedback : {"auto", "explicit", "implicit"}
        Kind of feedback; "auto" detects it from the data.
    n_threads : int, optional
        Number of threads; Numba's default if None. The result is the same for any number.
    verbose : bool
        Show a progress bar.

    Attributes
    ----------
    neighbor_codes_, neighbor_scores_ : (n_items, k) int32 and float32 arrays
        For implicit feedback: the neighbours of each item, best first, ties by code, padded with −1 and 0. The width
        is at most the length of the longest list. Neighbours have the highest similarities s_ji to the item;
        `similar_items` uses the similarities of the item to the others.
    neighbor_counts_ : (n_items,) int32 array
        For implicit feedback: the number of neighbours of each item.

    See Also
    --------
    recokit.UserKNN : Predict from the most similar users.
    recokit.EASE : Predict each item from all other items by ridge regression, in closed form.
    recokit.RP3beta :
        Recommend the end items of random walks user → item → user → item, with a penalty on popular items.
    recokit.TransitionKNN :
        Recommend the items that follow the latest items of a history, by counts of transitions within a window.

    Notes
    -----
    The defaults for implicit feedback were chosen on several dense and sparse data sets at once. The textbook's cosine
    is ``ItemKNN(60, shrinkage=0, weighting=None, user_exponent=0)``.

    `recokit.neighbors` describes the similarities, user-defined similarities, time decay, memory, edge cases and
    incremental updates. Its rows are items and its columns are users. `support` returns the number of neighbours behind
    each prediction.

    References
    ----------
    B. Sarwar, G. Karypis, J. Konstan and J. Riedl (2001). Item-based collaborative filtering recommendation algorithms.
    WWW.

    M. Deshpande and G. Karypis (2004). Item-based top-N recommendation algorithms. ACM TOIS 22(1).

    Y. Koren (2010). Factor in the neighbors: scalable and accurate collaborative filtering. ACM TKDD 4(1).

    J. S. Breese, D. Heckerman and C. Kadie (1998). Empirical analysis of predictive algorithms for collaborative
    filtering. UAI. (ρ, "case amplification".)

    Y. Ding and X. Li (2005). Time weight collaborative filtering. CIKM.

    T. Dunning (1993). Accurate methods for the statistics of surprise and coincidence. Computational Linguistics 19(1).

    Examples
    --------
    >>> from recokit.neighbors import ItemKNN
    >>> bought = [
    ...     ("ann", "tea"),
    ...     ("ann", "cup"),
    ...     ("bob", "tea"),
    ...     ("bob", "pot"),
    ...     ("eve", "cup"),
    ...     ("eve", "tea"),
    ... ]
    >>> model = ItemKNN().fit(bought)
    >>> [(item, round(score, 3)) for item, score in model.recommend("ann")["ann"]]
    [('pot', 0.045)]
    >>> [(item, round(score, 3)) for item, score in model.similar_items("tea")["tea"]]
    [('cup', 0.128), ('pot', 0.045)]
    >>> print(model.explain("ann", "pot"))
    pot scores 0.0445 for ann because of their interest in tea (+0.0445).
    """

    _rows_are_users = False
    _explicit_model = ItemRatingNeighbors
    _implicit_model = ItemNeighborSums
    _textbook_defaults: ClassVar[dict[str, Any]] = {
        **NeighborhoodRecommender._textbook_defaults,
        "similarity": "cosine",
        "weighting": None,
        "shrinkage": 0.0,
        "user_exponent": 0.0,
        "alpha": 0.5,
    }

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **NeighborhoodRecommender._parameter_constraints,
        "similarity": [*one_of("auto", *SIMILARITIES), callable],
        "shrinkage": OPTIONAL_NON_NEGATIVE,
        "weighting": one_of("auto", "tfidf", "bm25", None),
        "user_exponent": OPTIONAL_NON_NEGATIVE,
        "alpha": OPTIONAL_NON_NEGATIVE,
    }

    def __init__(
        self,
        n_neighbors: int | None = None,
        *,
        similarity: Literal["auto"] | SimilarityOption = "auto",
        shrinkage: float | None = None,
        min_common: int = 1,
        weighting: Literal["auto", "tfidf", "bm25"] | None = "auto",
        user_exponent: float | None = None,
        half_life: float | None = None,
        scoring: Literal["sum", "normalized_sum"] = "sum",
        amplification: float = 1.0,
        centering: Literal["baseline", "mean", "zscore"] | None = "baseline",
        prediction_shrinkage: float = 0.0,
        rating_scale: tuple[float, float] | None = None,
        alpha: float | None = None,
        beta: float = 0.5,
        feedback: FeedbackOption = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.similarity = similarity
        self.shrinkage = shrinkage
        self.min_common = min_common
        self.weighting = weighting
        self.user_exponent = user_exponent
        self.half_life = half_life
        self.scoring = scoring
        self.amplification = amplification
        self.centering = centering
        self.prediction_shrinkage = prediction_shrinkage
        self.rating_scale = rating_scale
        self.alpha = alpha
        self.beta = beta
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        space = super()._search_space(feedback)
        if feedback == "explicit":
            return {**space, "amplification": [1.0, 1.5, 2.0, 2.5]}
        exponents = {"user_exponent": [0.0, 0.3, 0.6, 0.8, 1.0], "amplification": [0.5, 1.0, 1.5, 2.0]}
        return {**space, **exponents, "scoring": ["sum", "normalized_sum"]}

    def _implicit_defaults(self, data: Interactions) -> dict[str, Any]:
        if data.n_users == 0:  # fitted to a Gram matrix
            return {"n_neighbors": _NEIGHBORS_OF_GRAM, "similarity": "cosine", "weighting": None}
        # Values are rounded, so that few updates change them: all neighbours would have to be computed anew.
        n_items, walks = active_counts(data)[1], mean_walks(data)
        density = walks / (walks + _HALF_WALKS)
        defaults: dict[str, Any] = {
            "n_neighbors": min(_MAX_NEIGHBORS, max(10, 10 * round(_NEIGHBORS_PER_ROOT * n_items**0.5 / 10))),
            "shrinkage": 10.0,
            "weighting": "tfidf",
            "user_exponent": round(12 * density) / 20,
        }
        if self.similarity == "auto" and self.weighting == "auto":
            defaults |= {"similarity": "asymmetric_cosine", "alpha": round(20 * (0.7 - 0.1 * density)) / 20}
        return defaults

    def _cell_weights(self, decays: CellWeights | None) -> CellWeights | None:
        exponent = self._setting("user_exponent")
        if exponent == 0:
            return decays
        return user_weights(self.interactions_, exponent, runner=self._runner()).times(decays)

    def _has_cell_weights(self) -> bool:
        return super()._has_cell_weights() or self._setting("user_exponent") != 0

    def _fit_gram(self, gram: Gram) -> None:
        """Set the neighbours by the cosines between items; only the cosine follows from a Gram matrix."""
        if self.similarity not in ("auto", "cosine"):
            raise DataError(
                f"similarity={self.similarity!r} does not follow from a Gram matrix; set similarity='cosine' or 'auto'"
            )
        k = min(self.n_neighbors or _NEIGHBORS_OF_GRAM, gram.n_items)
        for name, array in cosine_neighbors(gram.matrix, k)._asdict().items():
            setattr(self, f"neighbor_{name}_", array)
        self._restore()

    def _similar_items(self, item_codes: CodeArray, n: int) -> Top:
        if not self.fitted_to_gram_:
            return self._nearest_rows(item_codes, n)
        neighbors = Top(self.neighbor_codes_, self.neighbor_scores_, self.neighbor_counts_).take(item_codes)
        return Top.padding(len(item_codes), n).extended_by(neighbors)
