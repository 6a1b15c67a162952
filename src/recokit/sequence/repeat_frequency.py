"""RepeatFrequency: the items that a user buys most often, then the most popular ones."""

from typing import Any, ClassVar

import numpy as np

from recokit._typing import FeedbackOption, FloatArray
from recokit.base import EligibleItems, Recommender, Term, Top
from recokit.base._lists import USERS_PER_BLOCK, ItemOrder, top_of_order, top_of_sums
from recokit.base._memory import MemoryPlan
from recokit.base._parameters import NON_NEGATIVE, OPTIONAL_COUNT, OPTIONAL_POSITIVE, interval
from recokit.data._weights import ages_before
from recokit.data.attributes import Array, Attribute
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.exceptions import DataError
from recokit.sequence._basket_base import BasketRecommender
from recokit.sequence._basket_events import basket_sizes, basket_starts, summed_by_item

__all__ = ["RepeatFrequency"]


class RepeatFrequency(BasketRecommender):
    r"""Recommend the items that a user buys most often, and popular items for the rest of the list.

    The score of item i for user u is

    .. math:: s_{ui} = \sum_{b \ni i} d^{a_b} |b|^{-\gamma} 2^{-t_b / h} + \lambda p_i

    over the latest W baskets b of the user that contain i. The age :math:`a_b` is the number of later baskets of the
    user, :math:`t_b` the time before the latest event of the training data, and :math:`p_i` the share of all baskets
    that contain i. With d = 1, γ = 0 and without h and W, the first term is the number of baskets of the user
    with the item. Without baskets in the data, events of a user at the same time are one basket; without times, each
    event is one.

    Parameters
    ----------
    popularity_weight : float
        λ, number of baskets that the shares of all users count for. With the default, very popular items can precede
        items that the user bought once. With values up to 1 and ``decay=1``, popularity only breaks ties between
        numbers of baskets, and orders the items not bought before. With 0, lists hold only items bought before.
    decay : float
        d, factor of each basket back in the history, above 0 and at most 1.
    window : int, optional
        W, number of latest baskets to count; all by default.
    half_life : float, optional
        h, age at which a basket counts half: in days if the times are datetime64, otherwise in their unit. It needs
        sequences and histories with times. By default, time does not matter.
    size_exponent : float
        γ. With values above 0, an item of a small basket counts more than one of a large basket.
    feedback : {"auto", "implicit"}
        Kind of feedback; "auto" infers it from the data. Set "implicit" to use ratings as strengths.
    n_threads : int, optional
        Number of threads; Numba's default if None. The result does not depend on it.
    verbose : bool
        Show a progress bar.

    Attributes
    ----------
    item_shares_ : (n_items,) float64 array
        Share of all baskets that contain each item.

    See Also
    --------
    TIFUKNN : adds the baskets of similar users.

    References
    ----------
    M. Li, S. Jullien, M. Ariannezhad and M. de Rijke (2023). A next basket recommendation reality check. ACM TOIS
    41(4). (The baselines "G-TopFreq", "P-TopFreq" and "GP-TopFreq".)

    Examples
    --------
    >>> from recokit.data import Sequences
    >>> from recokit.sequence import RepeatFrequency
    >>> baskets = {"ann": [["tea", "milk"], ["tea"]], "bob": [["milk", "cup"]]}
    >>> model = RepeatFrequency(1, decay=1).fit(Sequences.from_baskets(baskets))
    >>> [item for item, _ in model.recommend("ann")["ann"]]
    ['tea', 'milk', 'cup']
    >>> [item for item, _ in model.recommend("ann", n=2, repeat_share=0.5)["ann"]]
    ['tea', 'cup']
    >>> print(model.explain("ann", "tea"))
    tea scores 2.67 for ann because of their interest in tea (+2), its popularity (+0.667).
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "popularity_weight": NON_NEGATIVE,
        "decay": interval(0, 1, "right"),
        "window": OPTIONAL_COUNT,
        "half_life": OPTIONAL_POSITIVE,
        "size_exponent": NON_NEGATIVE,
    }

    def __init__(
        self,
        popularity_weight: float = 10.0,
        *,
        decay: float = 0.97,
        window: int | None = None,
        half_life: float | None = None,
        size_exponent: float = 0.0,
        feedback: FeedbackOption = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.popularity_weight = popularity_weight
        self.decay = decay
        self.window = window
        self.half_life = half_life
        self.size_exponent = size_exponent
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        return {
            "popularity_weight": [0.3, 1.0, 3.0, 10.0, 30.0],
            "decay": [0.8, 0.9, 0.95, 0.97, 1.0],
            "size_exponent": [0.0, 0.25, 0.5],
        }

    def _described(self) -> dict[str, Attribute]:
        return super()._described() | {
            "item_shares_": Array("float64", ("n_items",), at_least=0),
        }

    def _fit(self, interactions: Interactions) -> None:
        self._set_baskets()
        if self.half_life is not None and self._baskets.times is None:
            raise DataError(f"half_life={self.half_life} needs sequences with times; give times, or half_life=None")
        counts = np.bincount(self._baskets.codes, minlength=interactions.n_items)
        self.item_shares_ = counts / len(basket_starts(self._baskets))

    def _plan_memory(self, plan: MemoryPlan) -> None:
        self._plan_baskets(plan)
        plan.work("starts of the baskets", 24.0 * self.sequences_.n_events)

    def _fold_in(self, histories: Rows) -> Rows:
        """Return the score of each item of the histories."""
        n_items = self.interactions_.n_items
        sums = summed_by_item(histories, self._weights(histories), n_items)
        return sums.with_values(sums.values + self._popularity()[sums.codes])

    def _weights(self, histories: Rows) -> FloatArray:
        """Return the weight of each event."""
        weights = np.power(float(self.decay), histories.values.astype(np.float64))
        if self.size_exponent > 0:
            weights *= basket_sizes(histories) ** -float(self.size_exponent)
        if self.window is not None:
            weights *= histories.values < self.window
        if self.half_life is not None:
            weights *= np.exp2(-self._time_ages(histories) / self.half_life)
        return weights

    def _time_ages(self, histories: Rows) -> FloatArray:
        """Return the time from each event to the latest training event; 0 for later events."""
        latest, times = self._baskets.times.max(), histories.times  # type: ignore[union-attr]
        if times is None or times.dtype.kind != latest.dtype.kind:
            raise DataError(f"half_life={self.half_life} needs histories with times of the kind {latest.dtype}")
        return np.maximum(ages_before(times, latest), 0.0)

    def _popularity(self) -> FloatArray:
        """Return the term of popularity of each item: (n_items,) float32."""
        return (self.popularity_weight * self.item_shares_).astype(np.float32)

    def _order(self) -> ItemOrder:
        """Return the order of the items by popularity."""
        name = "order", self.popularity_weight  # a parameter may change between two requests
        return self._derived(name, self.item_shares_, lambda _: ItemOrder.of(self._popularity()))

    # ------------------------------------------------------------------ scores and lists

    def _score_block(self, profiles: Rows) -> FloatArray:
        scores = np.tile(self._popularity(), (profiles.n_rows, 1))
        scores[profiles.row_codes, profiles.codes] = profiles.values
        scores[scores == 0] = -np.inf
        return scores

    def _block_size(self) -> int:
        return USERS_PER_BLOCK

    def _bought(self, profiles: Rows) -> Rows:
        return profiles

    def _top_eligible(self, profiles: Rows, n: int, eligible: EligibleItems, *, repeats: bool) -> Top:
        if not repeats:
            top = top_of_order(self._order(), n, eligible, self._runner())
            return top.drop(~(top.scores > 0))
        n_users, n_items = profiles.n_rows, self.interactions_.n_items
        each = Rows.from_arrays(np.arange(n_users + 1), np.arange(n_users), np.ones(n_users))
        return top_of_sums(each, profiles, n_items, n, eligible, self._runner(), positive=True)

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        return self._terms(self._training_sequences(np.array([user_code], dtype=np.int32)), item_code)

    def _explain_history(self, history: Rows, item_code: int) -> list[Term]:
        return self._terms(history, item_code)

    def _terms(self, history: Rows, item_code: int) -> list[Term]:
        own = self._weights(history)[history.codes == item_code].sum()
        popularity = Term("popularity", None, float(self._popularity()[item_code]))
        return [*self._past_item_terms(np.array([item_code]), np.array([own])), popularity]
