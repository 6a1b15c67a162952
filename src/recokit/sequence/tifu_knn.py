"""TIFUKNN: temporal item frequencies of a user and of similar users."""

from typing import Any, ClassVar

import numpy as np

from recokit._typing import AnyArray, CodeArray, FloatArray
from recokit.base import EligibleItems, Recommender, Term, Top
from recokit.base._lists import USERS_PER_BLOCK, top_of_sums
from recokit.base._parameters import COUNT, POSITIVE, interval, one_of
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows, bounds_from_lengths, read_only
from recokit.kernels.similarity import nearest_rows, query_costs, row_stats
from recokit.kernels.similarity_formulas import COSINE, Constants
from recokit.kernels.sparse_lists import sparse_scores
from recokit.sequence._basket_base import BasketRecommender
from recokit.sequence._basket_events import summed_by_item

__all__ = ["TIFUKNN"]


class TIFUKNN(BasketRecommender):
    r"""Recommend items by the temporal item frequencies of a user and of similar users.

    The baskets of a user, counted from the latest, are divided into groups of g baskets; the oldest group can be
    smaller. The vector of a group is the mean of :math:`r_b^a x_b` over its baskets, where :math:`x_b` has a 1 for
    each item of the basket and a is the number of later baskets in the group. The vector of the user is the sum of
    :math:`r_g^A` times the vectors of the groups, where A is the number of later groups, scaled to unit length:
    :math:`v_u`. The score is

    .. math:: s_u = \alpha v_u + (1 - \alpha) \frac{\sum_{w \in N} s_{uw}^\rho v_w}{\sum_{w \in N} s_{uw}^\rho}

    over the k users N with the greatest cosine similarity :math:`s_{uw}`. The search for neighbours is exact.

    Parameters
    ----------
    n_neighbors : int
        k, number of similar users.
    own_weight : float
        α, weight of the user's own vector, from 0 to 1.
    group_size : int
        g, number of baskets in a group.
    basket_decay : float
        r_b, factor of each basket back within a group, above 0 and at most 1.
    group_decay : float
        r_g, factor of each group back, above 0 and at most 1.
    amplification : float
        ρ. Values above 1 give more weight to the most similar users.
    weighting : {"tfidf", None}
        Weighting of the vectors that are compared. With "tfidf", each item counts :math:`\log(1 + m / m_i)`, where
        :math:`m_i` of the m users bought the item. The vectors in the score are not weighted.
    feedback : {"auto", "implicit"}
        Kind of feedback; "auto" infers it from the data. Set "implicit" to use ratings as strengths.
    n_threads : int, optional
        Number of threads; Numba's default if None. The result does not depend on it.
    verbose : bool
        Show a progress bar.

    Attributes
    ----------
    item_weights_ : (n_items,) float64 array
        Weight of each item in similarities.

    See Also
    --------
    RepeatFrequency : needs no neighbours.

    Notes
    -----
    Differences from the paper: vectors have unit length, so that a user with many baskets and a user with few count
    alike; neighbours are weighted; and they are nearest by cosine, not by Euclidean distance. Neighbours are searched
    when lists are requested, so a fit takes time linear in the number of events, and `partial_fit` is exact.

    Without baskets in the data, events of a user at the same time are one basket; without times, each event is one.

    References
    ----------
    H. Hu, X. He, J. Gao and Z.-L. Zhang (2020). Modeling personalized item frequency information for next-basket
    recommendation. SIGIR.

    Examples
    --------
    >>> from recokit.data import Sequences
    >>> from recokit.sequence import TIFUKNN
    >>> baskets = {"ann": [["tea", "milk"], ["tea"]], "bob": [["tea", "cup"]], "eve": [["pot"]]}
    >>> model = TIFUKNN().fit(Sequences.from_baskets(baskets))
    >>> [item for item, _ in model.recommend("ann")["ann"]]
    ['tea', 'cup', 'milk']
    >>> model.recommend_for({"visitor": [["tea", "cup"]]}, n=1, exclude_seen=True)["visitor"][0][0]
    'milk'
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "n_neighbors": COUNT,
        "own_weight": interval(0, 1, "both"),
        "group_size": COUNT,
        "basket_decay": interval(0, 1, "right"),
        "group_decay": interval(0, 1, "right"),
        "amplification": POSITIVE,
        "weighting": one_of("tfidf", None),
    }

    def __init__(
        self,
        n_neighbors: int = 300,
        *,
        own_weight: float = 0.3,
        group_size: int = 3,
        basket_decay: float = 1.0,
        group_decay: float = 0.7,
        amplification: float = 1.0,
        weighting: str | None = "tfidf",
        feedback: str = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.own_weight = own_weight
        self.group_size = group_size
        self.basket_decay = basket_decay
        self.group_decay = group_decay
        self.amplification = amplification
        self.weighting = weighting
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        return {
            "n_neighbors": [100, 200, 300, 600],
            "own_weight": [0.1, 0.2, 0.35, 0.5],
            "group_size": [3, 5, 10],
            "basket_decay": [0.9, 0.95, 1.0],
            "group_decay": [0.7, 0.8, 0.9, 1.0],
            "amplification": [1.0, 2.0],
        }

    # ------------------------------------------------------------------ fitting

    def _fit(self, interactions: Interactions) -> None:
        self._set_baskets()
        n_users, n_items = interactions.n_users, interactions.n_items
        self.item_weights_ = np.ones(n_items)
        if self.weighting == "tfidf":
            n_buyers = np.bincount(interactions.item_codes, minlength=n_items)
            self.item_weights_ = np.log1p(n_users / np.maximum(n_buyers, 1))
        self._set_index()

    def _set_index(self) -> None:
        """Set the vectors of the training users, and their index."""
        n_items = self.interactions_.n_items
        self._vectors = self._unit_vectors(self._baskets)
        compared = self._weighted(self._vectors)
        self._columns = compared.transposed(n_items, self._runner())
        self._stats = read_only(row_stats(compared.indptr, compared.values))
        # Rows to add up: the vectors of the users, then one row for each item, for the user's own vector.
        codes = np.concatenate([self._vectors.codes, np.arange(n_items, dtype=np.int32)])
        values = np.concatenate([self._vectors.values, np.ones(n_items, dtype=np.float32)])
        lengths = np.concatenate([self._vectors.lengths, np.ones(n_items, dtype=np.int64)])
        self._rows = Rows.from_arrays(bounds_from_lengths(lengths), codes, values)

    def _restore(self) -> None:
        super()._restore()
        if len(self.item_weights_) != self.interactions_.n_items:
            raise ValueError("the number of item weights differs from the number of items")
        self._set_index()

    def _unit_vectors(self, baskets: Rows) -> Rows:
        """Return the vectors of users with these baskets."""
        vectors = summed_by_item(baskets, self._weights(baskets), self.interactions_.n_items)
        norms = np.sqrt(vectors.sums(vectors.values.astype(np.float64) ** 2))
        return vectors.with_values(vectors.values / np.repeat(norms, vectors.lengths))

    def _weights(self, baskets: Rows) -> FloatArray:
        """Return the weight of each event in the vector of its user."""
        filled = baskets.lengths > 0
        n_baskets = np.repeat(baskets.values[baskets.indptr[:-1][filled]] + 1, baskets.lengths[filled])
        ages, size = baskets.values.astype(np.int64), int(self.group_size)
        groups = ages // size
        sizes = np.minimum(size, n_baskets.astype(np.int64) - groups * size)
        weights: FloatArray = (
            np.power(float(self.basket_decay), ages % size) * np.power(float(self.group_decay), groups) / sizes
        )
        return weights

    def _weighted(self, vectors: Rows) -> Rows:
        """Return the vectors that are compared."""
        return vectors.with_values(vectors.values * self.item_weights_[vectors.codes])

    # ------------------------------------------------------------------ neighbours and profiles

    def _nearest(self, vectors: Rows, own_codes: CodeArray, n: int) -> Top:
        """Return the n users most similar to each vector, except for the user ``own_codes``."""
        queries = self._weighted(vectors)
        costs = query_costs(queries.indptr, queries.codes, self._columns.indptr)
        top = Top.empty(vectors.n_rows, max(1, int(min(n, costs.max(initial=1), self.interactions_.n_users))))
        stats = read_only(row_stats(queries.indptr, queries.values))
        constants = Constants(0.5, 0.5, float(self.interactions_.n_items), 0.0, 1.0)
        formula = (COSINE, constants, False, False)
        args = (*queries.arrays, stats, read_only(own_codes), *self._columns.arrays, self._stats, *formula, *top)
        self._runner().rows(nearest_rows, vectors.n_rows, args, costs=costs)
        return top

    def _user_profiles(self, user_codes: CodeArray) -> Rows:
        return self._profiles(self._vectors.take(user_codes), user_codes)

    def _fold_in(self, histories: Rows) -> Rows:
        return self._profiles(self._unit_vectors(histories), np.full(histories.n_rows, -1, dtype=np.int32))

    def _profiles(self, vectors: Rows, own_codes: AnyArray) -> Rows:
        """Return, for each vector, the rows of ``_rows`` to add up and their weights: neighbours, then own items."""
        neighbors = self._nearest(vectors, own_codes.astype(np.int32), self.n_neighbors).as_rows()
        weights = neighbors.values.astype(np.float64) ** self.amplification
        totals = np.repeat(neighbors.sums(weights), neighbors.lengths)
        row_codes = np.concatenate([neighbors.row_codes, vectors.row_codes])
        order = np.argsort(row_codes, kind="stable")
        codes = np.concatenate([neighbors.codes, self.interactions_.n_users + vectors.codes])
        values = np.concatenate([(1.0 - self.own_weight) * weights / totals, self.own_weight * vectors.values])
        return Rows.from_arrays(neighbors.indptr + vectors.indptr, codes[order], values[order])

    # ------------------------------------------------------------------ scores and lists

    def _score_block(self, profiles: Rows) -> FloatArray:
        scores = np.empty((profiles.n_rows, self.interactions_.n_items), dtype=np.float32)
        costs = profiles.sums_of_lengths(self._rows.lengths) + scores.shape[1]
        self._runner().rows(sparse_scores, len(scores), (*profiles.arrays, *self._rows.arrays, scores), costs=costs)
        scores[scores == 0] = -np.inf
        return scores

    def _block_size(self) -> int:
        return max(1, USERS_PER_BLOCK // 4)  # for the lists of neighbours

    def _bought(self, profiles: Rows) -> Rows:
        own = profiles.select(profiles.codes >= self.interactions_.n_users)
        return Rows.from_arrays(own.indptr, own.codes - self.interactions_.n_users, ())

    def _top_eligible(self, profiles: Rows, n: int, eligible: EligibleItems, *, repeats: bool = False) -> Top:
        n_items = self.interactions_.n_items
        return top_of_sums(profiles, self._rows, n_items, n, eligible, self._runner(), positive=True)

    def _top_block(self, profiles: Rows, n: int, eligible: EligibleItems) -> Top:
        if self._repeat_share is None:
            return self._top_eligible(profiles, n, eligible)
        return super()._top_block(profiles, n, eligible)

    def _similar_users(self, user_codes: CodeArray, n: int) -> Top:
        return self._nearest(self._vectors.take(user_codes), user_codes.astype(np.int32), n)

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        profile = self._user_profiles(np.array([user_code], dtype=np.int32))
        rows = self._rows.take(profile.codes)
        parts = rows.sums(rows.values * (rows.codes == item_code)) * profile.values
        n_neighbors = np.count_nonzero(profile.codes < self.interactions_.n_users)
        users = self.interactions_.users.take(profile.codes[:n_neighbors]).tolist()
        neighbors = [Term("neighbor", user, float(part)) for user, part in zip(users, parts, strict=False)]
        own = self._past_item_terms(np.array([item_code]), parts[n_neighbors:].sum(keepdims=True))
        return [*own, *neighbors]
