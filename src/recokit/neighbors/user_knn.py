"""UserKNN: what similar users like."""

from typing import NamedTuple

import numpy as np

from recokit._typing import CodeArray, FloatArray
from recokit.base import Histories
from recokit.neighbors._base import NeighborhoodRecommender
from recokit.neighbors._index import Neighbors, Queries
from recokit.neighbors._ratings import grid_means
from recokit.neighbors._rows import Rows
from recokit.neighbors._similarities import SIMILARITIES

__all__ = ["UserKNN"]


class _Raters(NamedTuple):
    """People whose ratings are predicted: their ratings as queries, and what to expect of them."""

    queries: Queries
    levels: FloatArray
    scales: FloatArray


class UserKNN(NeighborhoodRecommender):
    r"""Predict from the users that are most similar.

    For ratings (explicit feedback), the mean over the k most similar of those *who rated the item*, N, of what their
    rating deviates from what was to be expected of them:

    .. math::

        \hat r_{ui} = b_{ui} + \sigma_u \frac{\sum_{v \in N} s_{uv} (r_{vi} - b_{vi}) / \sigma_v}
        {\sum_{v \in N} s_{uv}}

    where b is the baseline μ + b_u + b_i (regularised least squares), the mean of the user ("mean", and "zscore", which
    sets σ to the standard deviation of the user's ratings, or of all where that is 0) or 0 (None); σ is 1 otherwise.
    Without a neighbour among the raters the prediction is b, and for None the mean of all ratings. It is clipped to the
    range of the ratings learned from. For implicit feedback, the sum over the k most similar users, N:

    .. math:: \hat r_{ui} = \sum_{v \in N} s_{uv} r_{vi}

    Parameters
    ----------
    n_neighbors : int
        k, how many neighbours at most.
    similarity : str
        One of "cosine", "adjusted_cosine", "pearson", "pearson_baseline", "jaccard", "dice", "asymmetric_cosine",
        "tversky", "conditional_probability", "lift" and "log_likelihood"; see Notes.
    shrinkage : float
        A similarity that rests on n common items is multiplied by n / (n + shrinkage); a correlation by
        (n − 1) / (n − 1 + shrinkage), since one common item says nothing of it.
    min_common : int
        Two users with fewer common items are not similar.
    weighting : {None, "tfidf", "bm25"}
        Weighting of the values that "cosine" and "asymmetric_cosine" are taken over: a user is a document, its
        items are the words, their values are how often these occur.
    centering : {"baseline", "mean", "zscore", None}
        What the ratings of the neighbours are deviations from; of no effect on implicit feedback.
    alpha, beta : float
        Of "asymmetric_cosine" (α) and "tversky" (α, β).
    feedback : {"auto", "explicit", "implicit"}
        What the values are; "auto" leaves it to the data.
    n_threads : int, optional
        Threads; what Numba has by default. The result is the same for any number.
    verbose : bool
        Show progress.

    Attributes
    ----------
    neighbor_codes_, neighbor_scores_ : (n_users, k) int32 and float32 arrays
        Implicit feedback only: the neighbours of each user, best first, equal ones by code; −1 and 0 beyond their
        number.
    neighbor_counts_ : (n_users,) int32 array
        The number of neighbours of each user.

    Notes
    -----
    With x and y the values of two users, A and B the sets of their items, n = \|A ∩ B\| and N items in all:

    ========================== ============================================================================
    "cosine"                   Σ x y / √(Σ x² Σ y²), over all items, a missing value being 0
    "asymmetric_cosine"        Σ x y / ((Σ x²)^α (Σ y²)^(1−α)), over all items
    "pearson"                  correlation of x and y over A ∩ B
    "adjusted_cosine"          Σ x y / √(Σ x² Σ y²) over A ∩ B, of values less the mean of their item
    "pearson_baseline"         the same, of values less their baseline μ + b_u + b_i
    "jaccard", "dice"          n / \|A ∪ B\|; 2 n / (\|A\| + \|B\|)
    "tversky"                  n / (n + α \|A − B\| + β \|B − A\|)
    "conditional_probability"  n / \|A\|
    "lift"                     n N / (\|A\| \|B\|)
    "log_likelihood"           Dunning's G² of the 2 × 2 table; 0 where n is no more than chance makes expect
    ========================== ============================================================================

    Where variance is 0, or there is nothing in common, the similarity is 0. Only similarities above 0 make neighbours,
    for ratings too: a negative correlation of two users is rarely more than noise. A user is no neighbour of its own.

    References
    ----------
    J. L. Herlocker, J. A. Konstan, A. Borchers and J. Riedl (1999). An algorithmic framework for performing
    collaborative filtering. SIGIR.

    Y. Koren (2010). Factor in the neighbors: scalable and accurate collaborative filtering. ACM TKDD 4(1).

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

    def _known_profiles(self, user_codes: CodeArray) -> _Raters | Rows:
        if not self._is_explicit():
            return self._neighbors.take(user_codes).as_rows()
        own = self._deviations
        return _Raters(self._derived.similar.known(user_codes), own.of_rows[user_codes], own.scales[user_codes])

    def _fold_in(self, people: Histories) -> _Raters | Rows:
        sides, biases, similar = self._derived
        rows = Rows.of(*people)
        own_biases = biases.of_people(rows)
        if self.weighting == "bm25":
            levels = similar.levels.lengths_of(rows)
        else:
            levels = sides.levels_of(SIMILARITIES[self.similarity].values, rows, own_biases)
        queries = similar.new(rows, levels)
        if not self._is_explicit():
            return similar.nearest(queries, self._k, n_threads=self._threads()).as_rows()
        return _Raters(queries, *self._deviations.of_new(rows, own_biases))

    def _score_block(self, profiles: _Raters | Rows) -> FloatArray:
        if isinstance(profiles, Rows):
            return self._sums(profiles)
        own, similar = self._deviations, self._derived.similar
        scores = np.empty((profiles.queries.rows.n_rows, self.interactions_.n_items), dtype=np.float32)
        tiles = grid_means(
            similar, profiles.queries, self._lists, self._k, swapped=self._swapped, n_threads=self._threads()
        )
        for start, stop, means in tiles:
            expected, scales = profiles.levels[start:stop, None], profiles.scales[start:stop, None]
            scores[start:stop] = own.ratings(means, expected, own.of_columns, scales)
        return scores

    def _sum_lists(self) -> Rows:
        return self._derived.sides.rows

    def _similar_users(self, user_codes: CodeArray, n: int) -> Neighbors:
        return self._nearest_rows(user_codes, n)

    def _contributions(self, user_code: int, item_code: int) -> tuple[CodeArray, FloatArray]:
        raters = self._derived.sides.columns.take(np.array([item_code]))
        codes, similarities = self._known_profiles(np.array([user_code]))[1:]
        common, mine, theirs = np.intersect1d(codes, raters.codes, assume_unique=True, return_indices=True)
        return common, similarities[mine].astype(np.float64) * raters.values[theirs]
