"""UserKNN: what similar users like."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from recokit._typing import CodeArray, FloatArray
from recokit.base import Top
from recokit.data.rows import Rows
from recokit.neighbors._base import NeighborhoodRecommender
from recokit.neighbors._cell_weights import decayed
from recokit.neighbors._docs import shared_docs
from recokit.neighbors._index import Queries
from recokit.neighbors._ratings import grid_means
from recokit.neighbors.similarities import find_similarity

__all__ = ["UserKNN"]


class _Raters(NamedTuple):
    """People whose ratings are predicted: their ratings as queries, and what to expect of them."""

    queries: Queries
    levels: FloatArray
    scales: FloatArray


@shared_docs(row="user", column="item")
class UserKNN(NeighborhoodRecommender):
    r"""Predict from the users that are most similar.

    For ratings (explicit feedback), the mean over the k most similar of those *who rated the item*, N, of what their
    rating deviates from what was to be expected of them:

    .. math::

        \hat r_{ui} = b_{ui} + \sigma_u \frac{\sum_{v \in N} s_{uv}^\rho (r_{vi} - b_{vi}) / \sigma_v}
        {\gamma + \sum_{v \in N} s_{uv}^\rho}

    where b is the baseline μ + b_u + b_i (regularised least squares), the mean of the user ("mean", and "zscore", which
    sets σ to the standard deviation of the user's ratings, or of all where that is 0) or the mean of all ratings
    (None); σ is 1 otherwise. ρ and γ are 1 and 0 by default, which makes this the weighted mean; with γ > 0 it is what
    minimises the weighted squared error plus γ times its own square. Without a neighbour among the raters the
    prediction is b. Lists are in the order of these ratings; what is told is clipped to the range of the ratings
    learned from. For implicit feedback, the sum over the k most similar users, N:

    .. math:: \hat r_{ui} = \sum_{v \in N} s_{uv}^\rho r_{vi}

    Parameters
    ----------
    $similar
    $scored

    Attributes
    ----------
    $learned

    Notes
    -----
    $notes

    References
    ----------
    J. L. Herlocker, J. A. Konstan, A. Borchers and J. Riedl (1999). An algorithmic framework for performing
    collaborative filtering. SIGIR.

    M. Deshpande and G. Karypis (2004). Item-based top-N recommendation algorithms. ACM TOIS 22(1).

    Y. Koren (2010). Factor in the neighbors: scalable and accurate collaborative filtering. ACM TKDD 4(1).

    J. S. Breese, D. Heckerman and C. Kadie (1998). Empirical analysis of predictive algorithms for collaborative
    filtering. UAI. (Of ρ, "case amplification".)

    Y. Ding and X. Li (2005). Time weight collaborative filtering. CIKM.

    T. Dunning (1993). Accurate methods for the statistics of surprise and coincidence. Computational Linguistics 19(1).

    Examples
    --------
    >>> from recokit.neighbors import UserKNN
    >>> bought = [("ann", "tea"), ("ann", "cup"), ("bob", "tea"), ("bob", "pot"), ("eve", "cup"), ("eve", "tea")]
    >>> model = UserKNN().fit(bought)
    >>> model.recommend("ann")["ann"]
    [('pot', 0.5)]
    >>> model.similar_users("ann", n=1)["ann"]
    [('eve', 1.0)]
    >>> print(model.explain("ann", "pot"))
    pot scores 0.5 for ann because of the similar user bob (+0.5).
    """

    _rows_are_users = True
    _swapped = False

    def __init__(
        self,
        n_neighbors: int = 60,
        *,
        similarity: str | Callable[..., float] = "cosine",
        shrinkage: float = 0.0,
        min_common: int = 1,
        weighting: str | None = None,
        half_life: float | None = None,
        scoring: str = "sum",
        amplification: float = 1.0,
        centering: str | None = "baseline",
        prediction_shrinkage: float = 0.0,
        alpha: float = 0.5,
        beta: float = 0.5,
        feedback: str = "auto",
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
        self.alpha = alpha
        self.beta = beta
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    def _restore_lists(self) -> None:
        super()._restore_lists()
        if self._is_explicit():
            self._rated_by_user = self._rated.transposed(self.interactions_.n_users, runner=self._runner())

    def _user_profiles(self, user_codes: CodeArray) -> _Raters | Rows:
        if not self._is_explicit():
            return self._weighted(self._neighbors.take(user_codes)).as_rows()
        own = self._deviations
        return _Raters(self._derived.similar.known(user_codes), own.of_rows[user_codes], own.scales[user_codes])

    def _fold_in(self, histories: Rows) -> _Raters | Rows:
        sides, biases, similar, _ = self._derived
        rows = Rows.from_arrays(*histories.arrays)
        own_biases = biases.fold_in(rows)
        if self.weighting == "bm25":
            levels = similar.levels.lengths_of(rows)
        else:
            levels = sides.levels_of(find_similarity(self.similarity, self.weighting).values, rows, own_biases)
        queries = similar.new(rows, levels)
        if not self._is_explicit():
            k = similar.width(queries, self._k)
            return self._weighted(similar.nearest(queries, k, runner=self._runner())).as_rows()
        return _Raters(queries, *self._deviations.of_new(rows, own_biases))

    def _score_block(self, profiles: _Raters | Rows) -> FloatArray:
        if isinstance(profiles, Rows):
            return self._sums(profiles)
        own, similar = self._deviations, self._derived.similar
        scores = np.empty((profiles.queries.rows.n_rows, self.interactions_.n_items), dtype=np.float32)
        tiles = grid_means(
            similar,
            profiles.queries,
            self._rated_by_user,
            scores.shape[1],
            self._averaging,
            swapped=self._swapped,
            runner=self._runner(),
        )
        for start, stop, means in tiles:
            expected, scales = profiles.levels[start:stop, None], profiles.scales[start:stop, None]
            scores[start:stop] = own.ratings(means, expected, own.of_columns, scales)
        return scores

    def _sum_lists(self) -> Rows:
        return decayed(self._derived.sides.rows, self._derived.decays and self._derived.decays.by_row)

    def _similar_users(self, user_codes: CodeArray, n: int) -> Top:
        return self._nearest_rows(user_codes, n)

    def _contributions(self, user_code: int, item_code: int) -> tuple[CodeArray, FloatArray]:
        decays = self._derived.decays
        raters = decayed(self._derived.sides.columns, decays and decays.by_column).take(np.array([item_code]))
        codes, similarities = self._user_profiles(np.array([user_code]))[1:3]
        common, mine, theirs = np.intersect1d(codes, raters.codes, assume_unique=True, return_indices=True)
        return common, similarities[mine].astype(np.float64) * raters.values[theirs]
