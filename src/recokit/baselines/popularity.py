"""Popularity: the most popular items for every user."""

from typing import Any, ClassVar, NamedTuple

import numpy as np

from recokit._typing import BoolArray, CodeArray, FloatArray
from recokit.base import Recommender, Term, Top
from recokit.base._eligibility import EligibleItems
from recokit.base._lists import USERS_PER_BLOCK, top_of_order
from recokit.base._parameters import OPTIONAL_NON_NEGATIVE, OPTIONAL_POSITIVE
from recokit.data._id_forms import describe_mismatch
from recokit.data._weights import decays
from recokit.data.attributes import Array, Attribute, Codes, Each, Number, Storable
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.exceptions import DataError
from recokit.metrics._groups import UserGroups

__all__ = ["Popularity"]

_N_POPULAR = 300  # items whose counts determine the default shrinkage


class _Profiles(NamedTuple):
    """Group of each user of a block, −1 for none."""

    groups: CodeArray

    @property
    def n_rows(self) -> int:
        """Number of users."""
        return len(self.groups)


class Popularity(Recommender):
    r"""Recommend the most popular items to every user, or the most popular items of the user's group.

    The score of an item is the sum of the strengths of its interactions (implicit feedback), or the number of its
    ratings (explicit feedback). With a half-life, each interaction is multiplied by
    :math:`2^{-\text{age} / \text{half-life}}`, where the age is the time to the latest timestamp in the data. Items
    without interactions score 0 and are recommended last. Scores are counts, not ratings; use `BiasBaseline` to predict
    ratings.

    With groups of users, such as the segments of `recokit.preprocessing.rfm`, the score of an item for the users of a
    group is :math:`(1 - \lambda) s_{gi} + \lambda n_g s_i / n`, where :math:`s_{gi}` is the sum over the group,
    :math:`s_i` that over all users, and n and :math:`n_g` are their totals over all items. The weight
    :math:`\lambda = \mu / (n_g + \mu)` of the popularity among all users depends on the shrinkage :math:`\mu`, such
    that a small group gets a list close to that of all users (Dirichlet smoothing). Users without a group, and users
    outside the training data, get the list of all users.

    Parameters
    ----------
    half_life : float, optional
        Age at which an interaction counts half: in days if the timestamps are datetime64, otherwise in their unit.
        By default all interactions count fully.
    by : mapping of users to groups, pandas Series, or frame, optional
        Group of each user, in the forms of ``groups=`` of `recokit.evaluate`. By default all users get one list.
    shrinkage : float, optional
        Strength of the popularity among all users in the scores of a group, in interactions; only with ``by``. By
        default it is estimated from the differences between the groups in the 300 most popular items, by the method
        of moments for the Dirichlet-multinomial distribution: groups that differ by no more than chance get the list
        of all users.
    feedback : {"auto", "explicit", "implicit"}
        Kind of feedback; "auto" infers it from the data.
    n_threads : int, optional
        Number of threads; Numba's default if None.
    verbose : bool
        Show a progress bar.

    Attributes
    ----------
    item_scores_ : (n_items,) float64 array
        Score of each item among all users, in order of item code.
    groups_ : list
        Labels of the groups; only with ``by``.
    group_scores_ : (n_groups, n_items) float64 array
        Score of each item in each group; only with ``by``.
    shrinkage_ : float
        Shrinkage, given or estimated, in the unit of the strengths; only with ``by``.
    user_groups_ : (n_users,) int32 array
        Group of each training user, −1 for none; only with ``by``.

    References
    ----------
    C. Zhai and J. Lafferty: A study of smoothing methods for language models applied to information retrieval. TOIS 22,
    2004. J. E. Mosimann: On the compound multinomial distribution. Biometrika 49, 1962.

    Examples
    --------
    >>> from recokit import Popularity
    >>> model = Popularity().fit([("ann", "tea"), ("bob", "tea"), ("bob", "cup"), ("cy", "pot")])
    >>> model.recommend("cy")["cy"]
    [('tea', 2.0), ('cup', 1.0)]
    >>> print(model.explain("cy", "tea"))
    tea scores 2 for cy because of its popularity (+2).

    >>> log = [("ann", "tea"), ("bob", "cup"), ("cy", "pot"), ("cy", "tea")]
    >>> segments = {"ann": "home", "bob": "office", "cy": "home"}
    >>> model = Popularity(by=segments, shrinkage=1).fit(log)
    >>> model.recommend("ann", n=1, exclude_seen=False)["ann"]
    [('tea', 1.875)]
    >>> model.recommend("bob", n=1, exclude_seen=False)["bob"]
    [('cup', 0.625)]
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "half_life": OPTIONAL_POSITIVE,
        "shrinkage": OPTIONAL_NON_NEGATIVE,
    }

    def __init__(
        self,
        *,
        half_life: float | None = None,
        by: Any = None,
        shrinkage: float | None = None,
        feedback: str = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.half_life = half_life
        self.by = by
        self.shrinkage = shrinkage
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        return {"half_life": [7.0, 14.0, 30.0, 60.0, 90.0, 180.0, 365.0]}

    def _described(self) -> dict[str, Attribute]:
        ungrouped = self.by is None
        return super()._described() | {
            "item_scores_": Array("float64", ("n_items",), at_least=0),
            "groups_": Each(Storable(), "n_groups", or_absent=ungrouped),
            "user_groups_": Codes(("n_users",), of="n_groups", missing=True, or_absent=ungrouped),
            "shrinkage_": Number(at_least=0, finite=False, or_absent=ungrouped),
            "group_scores_": Array("float64", ("n_groups", "n_items"), at_least=0, or_absent=ungrouped),
        }

    def _fit(self, interactions: Interactions) -> None:
        weights = np.ones(interactions.n_interactions)
        if interactions.feedback == "implicit":
            weights *= interactions.values
        if self.half_life is not None:
            weights *= decays(interactions, self.half_life)
        scores = np.bincount(interactions.item_codes, weights, minlength=interactions.n_items)
        self.item_scores_ = scores.astype(np.float64)
        if self.by is not None:
            self._fit_groups(interactions, weights)

    def _fit_groups(self, interactions: Interactions, weights: FloatArray) -> None:
        """Set the scores of each group."""
        groups = UserGroups.from_input(self.by)
        reason = describe_mismatch(groups.users, interactions.users, ("the groups", "the training data"))
        if reason is not None:
            raise DataError(f"by: none of the {interactions.n_users} training users has a group: {reason}")
        n_groups, n_items = len(groups.groups), interactions.n_items
        self.groups_ = list(groups.groups)
        self.user_groups_ = groups.codes_of(interactions.users)
        of_event = self.user_groups_[interactions.user_codes]
        cells = of_event[of_event >= 0].astype(np.int64) * n_items + interactions.item_codes[of_event >= 0]

        def sums(weights_of_cells: FloatArray | None) -> FloatArray:
            totals: FloatArray = np.bincount(cells, weights_of_cells, n_groups * n_items).astype(np.float64)
            return totals.reshape(n_groups, n_items)

        scores = sums(weights[of_event >= 0])
        if self.shrinkage is None:
            self.shrinkage_ = _concentration(sums(None)) * (float(weights.mean()) or 1.0)
        else:
            self.shrinkage_ = float(self.shrinkage)
        totals = scores.sum(axis=1, keepdims=True)
        weight_of_all = 1 / (1 + totals / self.shrinkage_) if self.shrinkage_ > 0 else np.zeros_like(totals)
        shares = self.item_scores_ / max(self.item_scores_.sum(), np.finfo(np.float64).tiny)
        self.group_scores_ = (1 - weight_of_all) * scores + weight_of_all * totals * shares

    def _forget_side(self, users: Any) -> BoolArray:
        """Remove users from the parameter ``by``, which is saved with the model."""
        if self.by is None:
            return super()._forget_side(users)
        groups = UserGroups.from_input(self.by)
        known: BoolArray = groups.users.codes(users) >= 0
        self.by = groups.without(users)
        return known

    def _user_profiles(self, user_codes: CodeArray) -> _Profiles:
        if self.by is None:
            return _Profiles(np.full(len(user_codes), -1, dtype=np.int32))
        return _Profiles(np.append(self.user_groups_, np.int32(-1))[user_codes])

    def _fold_in(self, histories: Rows) -> _Profiles:
        return _Profiles(np.full(histories.n_rows, -1, dtype=np.int32))

    def _scores_of(self, group: int) -> FloatArray:
        """Return the scores of the items in a group, −1 for all users: (n_items,) float64."""
        scores: FloatArray = self.item_scores_ if group < 0 else self.group_scores_[group]
        return scores

    def _score_block(self, profiles: _Profiles) -> FloatArray:
        scores = np.empty((profiles.n_rows, len(self.item_scores_)), dtype=np.float32)
        for group in np.unique(profiles.groups):
            scores[profiles.groups == group] = self._scores_of(group)
        return scores

    def _block_size(self) -> int:
        return USERS_PER_BLOCK

    def _top_block(self, profiles: _Profiles, n: int, eligible: EligibleItems) -> Top:
        """Return the first n eligible items of each user in the order of popularity, without a matrix of scores."""
        runner = self._runner()
        if self.by is None:
            return top_of_order(self.item_scores_.astype(np.float32), n, eligible, runner)
        top = Top.empty(profiles.n_rows, n)
        for group in np.unique(profiles.groups):
            members = np.flatnonzero(profiles.groups == group)
            scores = self._scores_of(group).astype(np.float32)
            top.put(members, top_of_order(scores, n, eligible.take(members), runner))
        return top

    def _score_pairs(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        scores: FloatArray = self.item_scores_[item_codes]
        if self.by is not None:
            groups = self.user_groups_[user_codes]
            scores[groups >= 0] = self.group_scores_[groups[groups >= 0], item_codes[groups >= 0]]
        return scores

    def _fallback_scores(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        scores: FloatArray = np.append(self.item_scores_, 0.0)[item_codes]
        return scores

    def _popular_scores(self) -> FloatArray:
        return self.item_scores_.astype(np.float32)

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        score = self._score_pairs(np.array([user_code], dtype=np.int32), np.array([item_code], dtype=np.int32))[0]
        return [Term("popularity", None, float(score))]

    def _to_state(self) -> dict[str, Any]:
        state = super()._to_state()
        if self.by is not None and not isinstance(self.by, dict):  # columns can be saved, unlike frames
            groups = UserGroups.from_input(self.by)
            state["params"]["by"] = {"user_id": groups.users.ids, "group": groups.groups.take(groups.codes)}
        return state


def _concentration(counts: FloatArray) -> float:
    """Return the concentration of the Dirichlet distribution of the items of groups; infinity if chance explains them.

    The counts of a group are multinomial with probabilities from a Dirichlet distribution around the probabilities of
    all groups together. The estimate equates Pearson's chi-squared statistic with its expectation. Only the most
    popular items count, since lists consist of these.

    Parameters
    ----------
    counts : (n_groups, n_items) array
        Number of interactions of each group and item.
    """
    counts = counts[counts.sum(axis=1) > 0]
    sizes, total = counts.sum(axis=1, keepdims=True), counts.sum()
    popular = np.argsort(-counts.sum(axis=0), kind="stable")[:_N_POPULAR]
    popular = popular[counts.sum(axis=0)[popular] > 0]
    shares = counts.sum(axis=0)[popular] / total
    expected = sizes * shares
    statistic = float(((counts[:, popular] - expected) ** 2 / expected).sum())
    n_free = float((1 - shares).sum())
    excess = statistic - n_free * (len(counts) - 1)
    return max(n_free * float(total) - statistic, 0.0) / excess if excess > 0 else float("inf")
