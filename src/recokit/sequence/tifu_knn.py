"""TIFUKNN: temporal item frequencies of a user and of similar users."""

from typing import Any, ClassVar, Literal

import numpy as np

from recokit._typing import CodeArray, FeedbackOption, FloatArray
from recokit.base import EligibleItems, Recommender, Term, Top
from recokit.base._lists import USERS_PER_BLOCK, top_of_sums
from recokit.base._memory import MemoryPlan
from recokit.base._parameters import COUNT, POSITIVE, interval, one_of
from recokit.data.attributes import Array, Attribute
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows, bounds_from_lengths, read_only
from recokit.kernels.similarity import nearest_rows, query_costs, row_stats
from recokit.kernels.similarity_formulas import COSINE, Constants
from recokit.kernels.sparse_lists import sparse_scores
from recokit.sequence._basket_base import BasketRecommender
from recokit.sequence._basket_events import basket_starts, summed_by_item

__all__ = ["TIFUKNN"]

_PARALLEL = 1.0 - 1e-6  # cosines above it are 1 but for rounding


class TIFUKNN(BasketRecommender):
    r"""Recommend items by the temporal item frequencies of a user and of similar users.

    The vector of a user is a decayed number of baskets with each item:

    .. math:: v_u = \sum_b w_b x_b, \quad w_b = r_b^{a_b \bmod g} r_g^{\lfloor a_b / g \rfloor}, \quad W_u = \sum_b w_b

    where :math:`x_b` has a 1 for each item of basket b, and the age :math:`a_b` is the number of later baskets of the
    user: baskets are decayed within groups of g baskets, counted from the latest, and groups are decayed too. The score
    estimates the probability that the next basket contains the item, from the user's baskets and from those of the k
    users N with the greatest cosine similarity :math:`s_{uw}`:

    .. math::

        s_u = \alpha_u \frac{v_u}{W_u} + (1 - \alpha_u) \left( (1 - \kappa) \frac{\sum_{w \in N} s_{uw}^\rho v_w}
        {\sum_{w \in N} s_{uw}^\rho W_w} + \kappa p \right), \quad \alpha_u = \frac{W_u}{W_u + \lambda}

    where :math:`p` is the share of all baskets that contain each item. Users without neighbours have κ = 1.

    Parameters
    ----------
    n_neighbors : int
        k, number of similar users.
    shrinkage : float
        λ, number of baskets that the neighbours count for: the more baskets a user has, the less the neighbours count.
    group_size : int
        g, number of baskets in a group.
    basket_decay : float
        r_b, factor of each basket back within a group, above 0 and at most 1.
    group_decay : float
        r_g, factor of each group back, above 0 and at most 1.
    amplification : float
        ρ. Values above 1 give more weight to the most similar users, and need fewer neighbours.
    popularity_share : float
        κ from 0 to 1, share of popularity in the part of the neighbours. With 0, lists hold only items that the user or
        a neighbour bought.
    own_weight : float, optional
        α from 0 to 1, the same for all users, in place of :math:`\alpha_u`; then λ is not used.
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
    Differences from the paper: α depends on the number of baskets; neighbours count by their similarity and number of
    baskets, and are nearest by cosine instead of Euclidean distance; vectors are sums instead of means of groups. The
    search for neighbours is exact. It takes place when lists are requested, so a fit takes time linear in the number of
    events, and `partial_fit` is exact. Users whose vector is parallel to that of the user are no neighbours, since they
    bought nothing else; in particular, a user is no neighbour of itself, and `recommend_for` with the baskets of a
    training user gives the list of that user.

    Without baskets in the data, events of a user at the same time are one basket; without times, each event is one.

    References
    ----------
    H. Hu, X. He, J. Gao and Z.-L. Zhang (2020). Modeling personalized item frequency information for next-basket
    recommendation. SIGIR.

    Examples
    --------
    >>> from recokit.data import Sequences
    >>> from recokit.sequence import TIFUKNN
    >>> baskets = {
    ...     "ann": [["tea", "milk"], ["tea"]],
    ...     "bob": [["tea", "cup"]],
    ...     "eve": [["pot"]],
    ... }
    >>> model = TIFUKNN().fit(Sequences.from_baskets(baskets))
    >>> [item for item, _ in model.recommend("ann")["ann"]]
    ['tea', 'cup', 'milk', 'pot']
    >>> lists = model.recommend_for({"visitor": [["tea", "cup"]]}, n=1, exclude_seen=True)
    >>> lists["visitor"][0][0]
    'milk'
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "n_neighbors": COUNT,
        "shrinkage": POSITIVE,
        "group_size": COUNT,
        "basket_decay": interval(0, 1, "right"),
        "group_decay": interval(0, 1, "right"),
        "amplification": POSITIVE,
        "popularity_share": interval(0, 1, "both"),
        "own_weight": [*interval(0, 1, "both"), None],
        "weighting": one_of("tfidf", None),
    }

    def __init__(
        self,
        n_neighbors: int = 300,
        *,
        shrinkage: float = 20.0,
        group_size: int = 7,
        basket_decay: float = 0.95,
        group_decay: float = 0.8,
        amplification: float = 1.0,
        popularity_share: float = 0.2,
        own_weight: float | None = None,
        weighting: Literal["tfidf"] | None = "tfidf",
        feedback: FeedbackOption = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.shrinkage = shrinkage
        self.group_size = group_size
        self.basket_decay = basket_decay
        self.group_decay = group_decay
        self.amplification = amplification
        self.popularity_share = popularity_share
        self.own_weight = own_weight
        self.weighting = weighting
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        return {
            "n_neighbors": [100, 200, 300, 600, 1000],
            "shrinkage": [3.0, 5.0, 10.0, 20.0, 40.0, 80.0],
            "group_size": [3, 5, 10],
            "basket_decay": [0.9, 0.95, 1.0],
            "group_decay": [0.7, 0.8, 0.9, 1.0],
            "amplification": [1.0, 2.0],
            "popularity_share": [0.0, 0.2, 0.4],
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

    def _plan_memory(self, plan: MemoryPlan) -> None:
        self._plan_baskets(plan)
        n, n_pairs = float(self.sequences_.n_events), float(self.interactions_.n_interactions)
        plan.work("vectors of the users in float64", 80.0 * n)
        plan.keep("vectors of the users", 8.0 * n_pairs + 16.0 * self.interactions_.n_users)
        plan.keep("weighted vectors", 4.0 * n_pairs)
        plan.keep("vectors by item", 8.0 * n_pairs)
        plan.work("rows to add up", 28.0 * n_pairs)
        plan.keep("rows to add up", 8.0 * n_pairs)
        plan.drop("weighted vectors")

    def _set_index(self) -> None:
        """Set the vectors of the training users, and their index."""
        n_items = self.interactions_.n_items
        self._vectors, self._totals = self._vectors_of(self._baskets)
        compared = self._weighted(self._vectors)
        self._columns = compared.transposed(n_items, self._runner())
        self._stats = read_only(row_stats(compared.indptr, compared.values))
        counts = np.bincount(self._baskets.codes, minlength=n_items)
        bought = np.flatnonzero(counts)
        shares = counts[bought] / len(basket_starts(self._baskets))
        # Rows to add up: the vectors of the users, one row for each item, for the user's own vector, and popularity.
        codes = np.concatenate([self._vectors.codes, np.arange(n_items), bought])
        values = np.concatenate([self._vectors.values, np.ones(n_items), shares])
        lengths = np.concatenate([self._vectors.lengths, np.ones(n_items, dtype=np.int64), [len(bought)]])
        self._rows = Rows.from_arrays(bounds_from_lengths(lengths), codes, values)

    def _described(self) -> dict[str, Attribute]:
        return super()._described() | {
            "item_weights_": Array("float64", ("n_items",), at_least=0),
        }

    def _restore(self) -> None:
        super()._restore()
        self._set_index()

    def _vectors_of(self, baskets: Rows) -> tuple[Rows, FloatArray]:
        """Return the vectors v of users with these baskets, and their totals W."""
        ages, size = baskets.values.astype(np.int64), int(self.group_size)
        weights = np.power(float(self.basket_decay), ages % size) * np.power(float(self.group_decay), ages // size)
        starts = basket_starts(baskets)
        totals: FloatArray = np.bincount(baskets.row_codes[starts], weights[starts], baskets.n_rows).astype(np.float64)
        return summed_by_item(baskets, weights, self.interactions_.n_items), totals

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

    def _neighbors(self, vectors: Rows) -> Rows:
        """Return the k most similar users of each vector that are not parallel to it, best first."""
        k, n_users = self.n_neighbors, self.interactions_.n_users
        width, open_rows = min(k + 1, n_users), np.arange(vectors.n_rows)
        parts = [(open_rows[:0], np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32))]
        while len(open_rows):
            top = self._nearest(vectors.take(open_rows), np.full(len(open_rows), -1, np.int32), width)
            n_parallel = np.count_nonzero(top.scores > _PARALLEL, axis=1)
            # A list is complete if it has k neighbours, or if there are no more similar users.
            complete = (top.counts - n_parallel >= k) | (top.counts < width) | (width == n_users)
            ranks = np.arange(top.codes.shape[1]) - n_parallel[:, None]
            used = (ranks >= 0) & (ranks < k) & (top.codes >= 0) & complete[:, None]
            parts.append((np.repeat(open_rows, used.sum(axis=1)), top.codes[used], top.scores[used]))
            open_rows, width = open_rows[~complete], min(2 * width, n_users)
        row_codes, codes, scores = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        order = np.argsort(row_codes, kind="stable")
        indptr = bounds_from_lengths(np.bincount(row_codes, minlength=vectors.n_rows))
        return Rows.from_arrays(indptr, codes[order], scores[order])

    def _user_profiles(self, user_codes: CodeArray) -> Rows:
        totals = np.where(user_codes >= 0, self._totals[user_codes], 0.0)
        return self._profiles(self._vectors.take(user_codes), totals)

    def _fold_in(self, histories: Rows) -> Rows:
        return self._profiles(*self._vectors_of(histories))

    def _profiles(self, vectors: Rows, totals: FloatArray) -> Rows:
        """Return the rows of ``_rows`` to add up and their weights: neighbours, own items and popularity."""
        neighbors = self._neighbors(vectors)
        alphas = (
            totals / (totals + self.shrinkage) if self.own_weight is None else np.full(len(totals), self.own_weight)
        )
        weights = neighbors.values.astype(np.float64) ** self.amplification
        sums = neighbors.sums(weights * self._totals[neighbors.codes])
        kappas = np.where(sums > 0, self.popularity_share, 1.0) if self.popularity_share > 0 else np.zeros(len(sums))
        parts = (1.0 - alphas) * (1.0 - kappas) / np.where(sums > 0, sums, 1.0)
        weights *= np.repeat(parts, neighbors.lengths)
        own = vectors.values * np.repeat(alphas / np.where(totals > 0, totals, 1.0), vectors.lengths)
        popular = Rows.from_row_codes(np.flatnonzero(kappas), np.full(np.count_nonzero(kappas), -1), len(kappas))
        order = np.argsort(np.concatenate([neighbors.row_codes, vectors.row_codes, popular.row_codes]), kind="stable")
        n_users, n_items = self.interactions_.n_users, self.interactions_.n_items
        codes = np.concatenate([neighbors.codes, n_users + vectors.codes, n_users + n_items + 1 + popular.codes])
        values = np.concatenate([weights, own, ((1.0 - alphas) * kappas)[kappas > 0]])
        return Rows.from_arrays(neighbors.indptr + vectors.indptr + popular.indptr, codes[order], values[order])

    # ------------------------------------------------------------------ scores and lists

    def _score_block(self, profiles: Rows) -> FloatArray:
        scores = np.empty((profiles.n_rows, self.interactions_.n_items), dtype=np.float32)
        costs = profiles.sums_of_rows(self._rows) + scores.shape[1]
        self._runner().rows(sparse_scores, len(scores), (*profiles.arrays, *self._rows.arrays, scores), costs=costs)
        scores[scores == 0] = -np.inf
        return scores

    def _block_size(self) -> int:
        return max(1, USERS_PER_BLOCK // 4)  # for the lists of neighbours

    def _bought(self, profiles: Rows) -> Rows:
        first = self.interactions_.n_users
        own = profiles.select((profiles.codes >= first) & (profiles.codes < first + self.interactions_.n_items))
        return Rows.from_arrays(own.indptr, own.codes - first, ())

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
        n_users, n_items = self.interactions_.n_users, self.interactions_.n_items
        is_neighbor, is_popularity = profile.codes < n_users, profile.codes == n_users + n_items
        users = self.interactions_.users.take(profile.codes[is_neighbor]).tolist()
        neighbors = [Term("neighbor", user, float(part)) for user, part in zip(users, parts[is_neighbor], strict=True)]
        own = parts[~is_neighbor & ~is_popularity].sum(keepdims=True)
        popularity = Term("popularity", None, float(parts[is_popularity].sum()))
        return [*self._past_item_terms(np.array([item_code]), own), *neighbors, popularity]
