"""ItemKNN: what is similar to the items that a user likes."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from recokit._typing import CodeArray, FloatArray
from recokit.base import Histories
from recokit.kernels.grouping import transpose
from recokit.neighbors._base import NeighborhoodRecommender
from recokit.neighbors._index import Neighbors
from recokit.neighbors._ratings import grid_means, means_from
from recokit.neighbors._rows import Rows

__all__ = ["ItemKNN"]

_MOST_CELLS = 32 << 20  # of similarities between all items and those of a block of users: 128 MB


class _Ratings(NamedTuple):
    """What people rated, as deviations, and what to expect of them."""

    lists: Rows
    levels: FloatArray


class ItemKNN(NeighborhoodRecommender):
    r"""Predict from the items that are most similar to those of a user.

    For ratings (explicit feedback), the mean over the k most similar of the items *that the user rated*, N, of what the
    rating deviates from what was to be expected of it:

    .. math::

        \hat r_{ui} = b_{ui} + \sigma_i \frac{\sum_{j \in N} s_{ji} (r_{uj} - b_{uj}) / \sigma_j}
        {\sum_{j \in N} s_{ji}}

    where b is the baseline μ + b_u + b_i (regularised least squares), the mean of the item ("mean", and "zscore", which
    sets σ to the standard deviation of the item's ratings, or of all where that is 0) or 0 (None); σ is 1 otherwise.
    Without a neighbour among the user's items the prediction is b, and for None the mean of all ratings. It is clipped
    to the range of the ratings learned from. For implicit feedback, the sum over those of the k items most similar to
    item i, N, that are in the user's history H:

    .. math:: \hat r_{ui} = \sum_{j \in N \cap H} s_{ji} r_{uj}

    Parameters
    ----------
    n_neighbors : int
        k, how many neighbours at most.
    similarity : str
        One of "cosine", "adjusted_cosine", "pearson", "pearson_baseline", "jaccard", "dice", "asymmetric_cosine",
        "tversky", "conditional_probability", "lift" and "log_likelihood"; see Notes.
    shrinkage : float
        A similarity that rests on n common users is multiplied by n / (n + shrinkage); a correlation by
        (n − 1) / (n − 1 + shrinkage), since one common user says nothing of it.
    min_common : int
        Two items with fewer common users are not similar.
    weighting : {None, "tfidf", "bm25"}
        Weighting of the values that "cosine" and "asymmetric_cosine" are taken over: an item is a document, its
        users are the words, their values are how often these occur.
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
    neighbor_codes_, neighbor_scores_ : (n_items, k) int32 and float32 arrays
        Implicit feedback only: the neighbours of each item, best first, equal ones by code; −1 and 0 beyond their
        number.
    neighbor_counts_ : (n_items,) int32 array
        The number of neighbours of each item.

    Notes
    -----
    With x and y the values of two items, A and B the sets of their users, n = \|A ∩ B\| and N users in all:

    ========================== ============================================================================
    "cosine"                   Σ x y / √(Σ x² Σ y²), over all users, a missing value being 0
    "asymmetric_cosine"        Σ x y / ((Σ x²)^α (Σ y²)^(1−α)), over all users
    "pearson"                  correlation of x and y over A ∩ B
    "adjusted_cosine"          Σ x y / √(Σ x² Σ y²) over A ∩ B, of values less the mean of their user
    "pearson_baseline"         the same, of values less their baseline μ + b_u + b_i
    "jaccard", "dice"          n / \|A ∪ B\|; 2 n / (\|A\| + \|B\|)
    "tversky"                  n / (n + α \|A − B\| + β \|B − A\|)
    "conditional_probability"  n / \|A\|
    "lift"                     n N / (\|A\| \|B\|)
    "log_likelihood"           Dunning's G² of the 2 × 2 table; 0 where n is no more than chance makes expect
    ========================== ============================================================================

    Where variance is 0, or there is nothing in common, the similarity is 0. Only similarities above 0 make neighbours,
    for ratings too: a negative correlation of two items is rarely more than noise. An item is no neighbour of its own.

    References
    ----------
    B. Sarwar, G. Karypis, J. Konstan and J. Riedl (2001). Item-based collaborative filtering recommendation algorithms.
    WWW.

    M. Deshpande and G. Karypis (2004). Item-based top-N recommendation algorithms. ACM TOIS 22(1).

    Y. Koren (2010). Factor in the neighbors: scalable and accurate collaborative filtering. ACM TKDD 4(1).

    T. Dunning (1993). Accurate methods for the statistics of surprise and coincidence. Computational Linguistics 19(1).

    Examples
    --------
    >>> from recokit.neighbors import ItemKNN
    >>> bought = [("ann", "tea"), ("ann", "cup"), ("bob", "tea"), ("bob", "pot"), ("eve", "cup"), ("eve", "tea")]
    >>> model = ItemKNN().fit(bought)
    >>> [(item, round(score, 3)) for item, score in model.recommend("ann")["ann"]]
    [('pot', 0.577)]
    >>> [(item, round(score, 3)) for item, score in model.similar_items("tea")["tea"]]
    [('cup', 0.816), ('pot', 0.577)]
    >>> print(model.explain("ann", "pot"))
    pot scores 0.577 for ann because of their interest in tea (+0.577).
    """

    _rows_are_users = False
    _swapped = True

    def _known_profiles(self, user_codes: CodeArray) -> _Ratings | Rows:
        if not self._is_explicit():
            return Rows.of(*self._training_histories(user_codes))
        return _Ratings(self._lists.take(user_codes), self._deviations.of_columns[user_codes])

    def _fold_in(self, people: Histories) -> _Ratings | Rows:
        histories = Rows.of(*people)
        if not self._is_explicit():
            return histories
        levels: FloatArray = np.zeros(histories.n_rows)
        if self.centering == "baseline":
            levels = self._derived.biases.of_people(histories)
        return _Ratings(self._deviations.of_lists(histories, levels), levels)

    def _score_block(self, profiles: _Ratings | Rows) -> FloatArray:
        if isinstance(profiles, Rows):
            return self._sums(profiles)
        n_items = self.interactions_.n_items
        own, scores = self._deviations, np.empty((profiles.lists.n_rows, n_items), dtype=np.float32)
        for start, stop, means in self._means(profiles.lists):
            expected, scales = own.of_rows[start:stop], own.scales[start:stop]
            scores[:, start:stop] = own.ratings(means.T, expected, profiles.levels[:, None], scales)
        return scores

    def _means(self, lists: Rows) -> Iterator[tuple[int, int, FloatArray]]:
        """Yield the mean deviations of items start … stop for all people, by whichever way computes less."""
        similar, k = self._derived.similar, self._k
        rated, places = np.unique(lists.codes, return_inverse=True)
        if len(rated) * similar.n_rows > _MOST_CELLS:
            yield from grid_means(similar, similar.known(), lists, k, swapped=True, n_threads=self._threads())
            return
        # The places are in order of code, so equal similarities are still told apart by code.
        similarities = similar.similarities(similar.known(rated), swapped=False, n_threads=self._threads())
        yield (
            0,
            similar.n_rows,
            means_from(
                np.ascontiguousarray(similarities.T), Rows.of(lists.indptr, places, lists.values), k, self._threads()
            ),
        )

    def _sum_lists(self) -> Rows:
        """Return, for each item, the items that have it among their neighbours."""
        neighbors = self._neighbors.as_rows()
        return Rows.of(*transpose(*neighbors, neighbors.n_rows))

    def _similar_items(self, item_codes: CodeArray, n: int) -> Neighbors:
        return self._nearest_rows(item_codes, n)

    def _contributions(self, user_code: int, item_code: int) -> tuple[CodeArray, FloatArray]:
        history = self._training_histories(np.array([user_code]))
        codes, similarities = self._neighbors.take(np.array([item_code])).as_rows()[1:]
        common, mine, theirs = np.intersect1d(codes, history.item_codes, assume_unique=True, return_indices=True)
        return common, similarities[mine].astype(np.float64) * history.values[theirs]
