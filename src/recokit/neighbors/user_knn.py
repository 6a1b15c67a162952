"""UserKNN: user-based nearest neighbours."""

from typing import Any, Literal

import numpy as np

from recokit._typing import CodeArray, FeedbackOption, SimilarityOption
from recokit.base import Top
from recokit.data.interactions import Interactions
from recokit.neighbors._base import NeighborhoodRecommender
from recokit.neighbors._explicit import UserRatingNeighbors
from recokit.neighbors._implicit import UserNeighborSums

__all__ = ["UserKNN"]

_NEIGHBORS_PER_ROOT = 1.5  # default number of neighbours over the square root of the number of users


class UserKNN(NeighborhoodRecommender):
    r"""Predict from the most similar users.

    For ratings (explicit feedback), the prediction is an expected rating b plus the weighted mean deviation of the
    neighbours' ratings from their own expected ratings. The neighbours N are the k most similar users *among the users
    with a rating of the item*:

    .. math::

        \hat r_{ui} = b_{ui} + \sigma_u \frac{\sum_{v \in N} s_{uv}^\rho (r_{vi} - b_{vi}) / \sigma_v}
        {\gamma + \sum_{v \in N} s_{uv}^\rho}

    where b is the baseline μ + b_u + b_i from regularized least squares ("baseline"), the mean of the user ("mean" and
    "zscore") or the mean of all ratings (None). With "zscore", σ is the standard deviation of the user's ratings, or
    of all ratings if it is 0; otherwise σ is 1. The defaults ρ = 1 and γ = 0 give the weighted mean. With γ > 0, the
    mean deviation minimizes the weighted squared error plus γ times its own square. Without neighbours, the prediction
    is b. Lists are ordered by these ratings; reported ratings are clipped to the range of the training ratings.

    For implicit feedback, the score is the sum over the k most similar users N:

    .. math:: \hat r_{ui} = \sum_{v \in N} s_{uv}^\rho r_{vi}

    Parameters
    ----------
    n_neighbors : int, optional
        k, the maximum number of neighbours. Default: 1.5 times the square root of the number of users with
        interactions, to the nearest 10, for implicit feedback with the cosine, otherwise 60.
    similarity : str or compiled function
        Name of a similarity in the table of `recokit.neighbors`, or a user-defined function.
    shrinkage : float
        Shrinks similarities that are based on few common items.
    min_common : int
        Users with fewer common items have a similarity of 0.
    weighting : {None, "tfidf", "bm25"}
        Weighting of the values for "cosine", "asymmetric_cosine" and user-defined similarities: a user is a document,
        and its items are the words.
    half_life : float, optional
        Age at which the weight of an interaction is 1/2, in days if the timestamps are datetime64, otherwise in their
        own unit. With None, the default, there is no time decay.
    scoring : {"sum", "normalized_sum"}
        For implicit feedback: the sum above, or the same sum with each s^ρ divided by the sum of the s^ρ of that
        neighbour's own k neighbours. Users that are similar to many others then count less (Deshpande and Karypis
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
    alpha, beta : float
        α of "asymmetric_cosine", at most 1; α and β of "tversky".
    feedback : {"auto", "explicit", "implicit"}
        Kind of feedback; "auto" detects it from the data.
    n_threads : int, optional
        Number of threads; Numba's default if None. The result is the same for any number.
    verbose : bool
        Show a progress bar.

    Attributes
    ----------
    neighbor_codes_, neighbor_scores_ : (n_users, k) int32 and float32 arrays
        For implicit feedback: the neighbours of each user, best first, ties by code, padded with −1 and 0. The width
        is at most the length of the longest list.
    neighbor_counts_ : (n_users,) int32 array
        For implicit feedback: the number of neighbours of each user.

    See Also
    --------
    recokit.ItemKNN : Predict from the items that are most similar to the items of a user.
    recokit.EASE : Predict each item from all other items by ridge regression, in closed form.

    Notes
    -----
    `recokit.neighbors` describes the similarities, user-defined similarities, time decay, memory, edge cases and
    incremental updates. Its rows are users and its columns are items. `support` returns the number of neighbours behind
    each prediction.

    References
    ----------
    J. L. Herlocker, J. A. Konstan, A. Borchers and J. Riedl (1999). An algorithmic framework for performing
    collaborative filtering. SIGIR.

    M. Deshpande and G. Karypis (2004). Item-based top-N recommendation algorithms. ACM TOIS 22(1).

    Y. Koren (2010). Factor in the neighbors: scalable and accurate collaborative filtering. ACM TKDD 4(1).

    J. S. Breese, D. Heckerman and C. Kadie (1998). Empirical analysis of predictive algorithms for collaborative
    filtering. UAI. (ρ, "case amplification".)

    Y. Ding and X. Li (2005). Time weight collaborative filtering. CIKM.

    T. Dunning (1993). Accurate methods for the statistics of surprise and coincidence. Computational Linguistics 19(1).

    Examples
    --------
    >>> from recokit.neighbors import UserKNN
    >>> bought = [
    ...     ("ann", "tea"),
    ...     ("ann", "cup"),
    ...     ("bob", "tea"),
    ...     ("bob", "pot"),
    ...     ("eve", "cup"),
    ...     ("eve", "tea"),
    ... ]
    >>> model = UserKNN().fit(bought)
    >>> model.recommend("ann")["ann"]
    [('pot', 0.5)]
    >>> model.similar_users("ann", n=1)["ann"]
    [('eve', 1.0)]
    >>> print(model.explain("ann", "pot"))
    pot scores 0.5 for ann because of the similar user bob (+0.5).
    """

    _rows_are_users = True
    _explicit_model = UserRatingNeighbors
    _implicit_model = UserNeighborSums

    def __init__(
        self,
        n_neighbors: int | None = None,
        *,
        similarity: SimilarityOption = "cosine",
        shrinkage: float = 0.0,
        min_common: int = 1,
        weighting: Literal["tfidf", "bm25"] | None = None,
        half_life: float | None = None,
        scoring: Literal["sum", "normalized_sum"] = "sum",
        amplification: float = 1.0,
        centering: Literal["baseline", "mean", "zscore"] | None = "baseline",
        prediction_shrinkage: float = 0.0,
        rating_scale: tuple[float, float] | None = None,
        alpha: float = 0.5,
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

    def _implicit_defaults(self, data: Interactions) -> dict[str, Any]:
        # Rounded, so that few updates change it: all neighbours would have to be computed anew.
        n_users = np.count_nonzero(np.diff(data.indptr))
        return {"n_neighbors": max(10, 10 * round(_NEIGHBORS_PER_ROOT * n_users**0.5 / 10))}

    def _similar_users(self, user_codes: CodeArray, n: int) -> Top:
        return self._nearest_rows(user_codes, n)
