"""ItemKNN: what is similar to the items that a user likes."""

from collections.abc import Callable, Iterator
from numbers import Real
from typing import Any, ClassVar, NamedTuple

import numpy as np
from sklearn.utils._param_validation import Interval

from recokit._typing import CodeArray, FloatArray
from recokit.base import EligibleItems, Top
from recokit.base._lists import USERS_PER_BLOCK, top_of_tiles
from recokit.data.rows import Rows
from recokit.neighbors._base import NeighborhoodRecommender
from recokit.neighbors._cell_weights import CellWeights, decayed, user_weights
from recokit.neighbors._docs import shared_docs
from recokit.neighbors._ratings import Rated, grid_means, means_from, means_of_few, tiles

__all__ = ["ItemKNN"]

_FEW_PEOPLE = 16  # up to whom selecting the nearest items for each takes less than sorting them for all, measured
_MOST_CELLS = 32 << 20  # of similarities between all items and those of a block of users: 128 MB; beyond, tiles


class _Raters(NamedTuple):
    """People whose ratings are predicted: what they rated, as deviations, and what to expect of them."""

    rated: Rated
    levels: FloatArray


@shared_docs(row="item", column="user")
class ItemKNN(NeighborhoodRecommender):
    r"""Predict from the items that are most similar to those of a user.

    For ratings (explicit feedback), the mean over the k most similar of the items *that the user rated*, N, of what the
    rating deviates from what was to be expected of it:

    .. math::

        \hat r_{ui} = b_{ui} + \sigma_i \frac{\sum_{j \in N} s_{ji}^\rho (r_{uj} - b_{uj}) / \sigma_j}
        {\gamma + \sum_{j \in N} s_{ji}^\rho}

    where b is the baseline μ + b_u + b_i (regularised least squares), the mean of the item ("mean", and "zscore", which
    sets σ to the standard deviation of the item's ratings, or of all where that is 0) or the mean of all ratings
    (None); σ is 1 otherwise. ρ and γ are 1 and 0 by default, which makes this the weighted mean; with γ > 0 it is what
    minimises the weighted squared error plus γ times its own square. Without a neighbour among the user's items the
    prediction is b. Lists are in the order of these ratings; what is told is clipped to the range of the ratings
    learned from. For implicit feedback, the sum over those of the k items most similar to item i, N, that are in the
    user's history H:

    .. math:: \hat r_{ui} = \sum_{j \in N \cap H} s_{ji}^\rho r_{uj}

    Parameters
    ----------
    $similar
    user_exponent : float
        e: a user with n items weighs n^−e in similarities, which are then taken over values times √(n^−e). 0, the
        default, weighs all users alike, so that one with n items has a part in n² similarities.
    $scored

    Attributes
    ----------
    $learned

    Notes
    -----
    $notes

    References
    ----------
    B. Sarwar, G. Karypis, J. Konstan and J. Riedl (2001). Item-based collaborative filtering recommendation algorithms.
    WWW.

    M. Deshpande and G. Karypis (2004). Item-based top-N recommendation algorithms. ACM TOIS 22(1).

    Y. Koren (2010). Factor in the neighbors: scalable and accurate collaborative filtering. ACM TKDD 4(1).

    J. S. Breese, D. Heckerman and C. Kadie (1998). Empirical analysis of predictive algorithms for collaborative
    filtering. UAI. (Of ρ, "case amplification".)

    Y. Ding and X. Li (2005). Time weight collaborative filtering. CIKM.

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

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **NeighborhoodRecommender._parameter_constraints,
        "user_exponent": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        n_neighbors: int = 60,
        *,
        similarity: str | Callable[..., float] = "cosine",
        shrinkage: float = 0.0,
        min_common: int = 1,
        weighting: str | None = None,
        user_exponent: float = 0.0,
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
        self.user_exponent = user_exponent
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

    def _cell_weights(self, decays: CellWeights | None) -> CellWeights | None:
        if self.user_exponent == 0:
            return decays
        return user_weights(self.interactions_, self.user_exponent, runner=self._runner()).times(decays)

    def _restore_lists(self) -> None:
        super()._restore_lists()
        if not self._is_explicit():
            derived = self._derived
            self._profiles = decayed(derived.sides.columns, derived.decays and derived.decays.by_column)

    def _user_profiles(self, user_codes: CodeArray) -> _Raters | Rows:
        if not self._is_explicit():
            return self._profiles.take(user_codes)
        return _Raters(self._rated.take(user_codes), self._deviations.of_columns[user_codes])

    def _fold_in(self, histories: Rows) -> _Raters | Rows:
        histories = Rows.from_arrays(*histories.arrays)
        if not self._is_explicit():
            return histories
        levels: FloatArray = np.zeros(histories.n_rows)
        if self.centering == "baseline":
            levels = self._derived.biases.fold_in(histories)
        cells = self._deviations.of_lists(histories, levels)
        return _Raters(Rated(cells), levels)

    def _score_block(self, profiles: _Raters | Rows) -> FloatArray:
        if isinstance(profiles, Rows):
            return self._sums(profiles)
        scores = np.empty((profiles.rated.cells.n_rows, self.interactions_.n_items), dtype=np.float32)
        for start, stop, ratings in self._ratings(profiles):
            scores[:, start:stop] = ratings
        return scores

    def _block_size(self) -> int:
        return USERS_PER_BLOCK

    def _top_block(self, profiles: _Raters | Rows, n: int, eligible: EligibleItems) -> Top:
        """Return lists, for ratings too, without the scores of all items: the similarities serve more people then."""
        if isinstance(profiles, Rows):
            return super()._top_block(profiles, n, eligible)
        return top_of_tiles(self._ratings(profiles), self.interactions_.n_items, n, eligible, self._runner())

    def _ratings(self, profiles: _Raters) -> Iterator[tuple[int, int, FloatArray]]:
        """Yield the ratings of items start … stop by all people, not clipped: (n_people, stop − start) float32."""
        own = self._deviations
        for start, stop, means in self._means(profiles.rated):
            expected, scales = own.of_rows[start:stop], own.scales[start:stop]
            yield start, stop, own.ratings(means.T, expected, profiles.levels[:, None], scales).astype(np.float32, "C")

    def _means(self, rated: Rated) -> Iterator[tuple[int, int, FloatArray]]:
        """Yield the mean deviations of items start … stop for all people."""
        similar, n_people, averaging = self._derived.similar, rated.cells.n_rows, self._averaging
        codes, places = np.unique(rated.cells.codes, return_inverse=True)
        # The places are in order of code, so equal similarities are still told apart by code.
        fold_in = rated._replace(cells=Rows.from_arrays(rated.cells.indptr, places, rated.cells.values))
        by_place = fold_in.transposed(len(codes), runner=self._runner())
        if len(codes) * similar.n_rows > _MOST_CELLS:
            everything = *similar.narrowed(codes), by_place, n_people, averaging
            yield from grid_means(*everything, swapped=True, runner=self._runner())
            return
        similarities = similar.similarities(similar.known(codes), swapped=False, runner=self._runner())
        for start, stop in tiles(similar.n_rows, max(len(codes), n_people)):
            part = np.ascontiguousarray(similarities[:, start:stop].T)
            if n_people <= _FEW_PEOPLE:
                yield start, stop, means_of_few(part, fold_in, averaging, self._runner())
            else:
                yield start, stop, means_from(part, by_place, n_people, averaging, self._runner())

    def _sum_lists(self) -> Rows:
        """Return, for each item, the items that have it among their neighbours."""
        return self._weighted(self._neighbors).transposed(self._runner())

    def _similar_items(self, item_codes: CodeArray, n: int) -> Top:
        return self._nearest_rows(item_codes, n)

    def _contributions(self, user_code: int, item_code: int) -> tuple[CodeArray, FloatArray]:
        history = self._profiles.take(np.array([user_code]))
        codes, similarities = self._weighted(self._neighbors.take(np.array([item_code]))).as_rows()[1:3]
        common, mine, theirs = np.intersect1d(codes, history.codes, assume_unique=True, return_indices=True)
        return common, similarities[mine].astype(np.float64) * history.values[theirs]
