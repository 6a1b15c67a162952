"""Popularity: the most popular items for every user."""

from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from recokit._typing import BoolArray, CodeArray, FeedbackOption, FloatArray
from recokit.base import Recommender, Term, Top
from recokit.base._eligibility import EligibleItems
from recokit.base._lists import USERS_PER_BLOCK, ItemOrder, top_of_order
from recokit.base._memory import MemoryPlan
from recokit.base._parameters import OPTIONAL_NON_NEGATIVE, OPTIONAL_POSITIVE
from recokit.baselines._categories import CategoryShares, ItemCategories
from recokit.baselines._segments import segment_codes
from recokit.baselines._smoothing import concentration_of_groups, concentration_of_users
from recokit.data._id_forms import describe_mismatch
from recokit.data._weights import decays
from recokit.data.attributes import Array, Attribute, Codes, Each, Number, Storable
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.exceptions import DataError
from recokit.metrics._groups import UserGroups

__all__ = ["Popularity"]


class _Profiles(NamedTuple):
    """Group of each user of a block, −1 for none, and the lifts of the categories with ``by`` a column."""

    groups: CodeArray
    lifts: FloatArray | None = None

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

    With a category of items, the score of an item of category c for user u is :math:`s_i \theta_{uc} / \theta_c`, where
    :math:`\theta_c` is the share of the category in all interactions and
    :math:`\theta_{uc} = (n_{uc} + \mu \theta_c) / (n_u + \mu)` that in the history of the user, smoothed in the same
    way: the best sellers of the user's categories come first. A user without a history gets the list of all users.

    `recommend_for` takes the ``segments`` of new users: the group or the category of each user, or one for all users.
    With a category, it stands in for :math:`\theta_c`, and a user with nothing else gets the best sellers of the
    category only; ``fill="popular"`` adds those of others.

    Parameters
    ----------
    half_life : float, optional
        Age at which an interaction counts half: in days if the timestamps are datetime64, otherwise in their unit.
        By default all interactions count fully.
    by : mapping of users to groups, pandas Series, frame, or str, optional
        Group of each user, in the forms of ``groups=`` of `recokit.evaluate`, or the name of the catalogue column with
        the category of each item. By default all users get one list.
    shrinkage : float, optional
        μ, the strength of the popularity among all users in the scores of a group or user, in interactions; only with
        ``by``. By default it is estimated from the differences between the groups in the 300 most popular items, or
        between the users in the categories, by the method of moments for the Dirichlet-multinomial distribution:
        groups that differ by no more than chance get the list of all users.
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
        Labels of the groups; only with ``by`` users.
    group_scores_ : (n_groups, n_items) float64 array
        Score of each item in each group; only with ``by`` users.
    shrinkage_ : float
        Shrinkage, given or estimated, in the unit of the strengths; only with ``by``.
    user_groups_ : (n_users,) int32 array
        Group of each training user, −1 for none; only with ``by`` users.
    categories_ : list
        Labels of the categories; only with ``by`` a column.
    item_categories_ : (n_items,) int32 array
        Category of each item, −1 for none; only with ``by`` a column.

    See Also
    --------
    recokit.BiasBaseline : Predict a rating as the overall mean plus a user bias and an item bias.
    recokit.RepeatFrequency :
        Recommend the items that a user buys most often, and popular items for the rest of the list.
    recokit.FallbackRecommender : Fill the lists of one recommender with the items of further ones, in order.

    References
    ----------
    C. Zhai and J. Lafferty: A study of smoothing methods for language models applied to information retrieval. TOIS 22,
    2004. J. E. Mosimann: On the compound multinomial distribution. Biometrika 49, 1962.

    Examples
    --------
    >>> from recokit import Popularity
    >>> model = Popularity().fit(
    ...     [("ann", "tea"), ("bob", "tea"), ("bob", "cup"), ("cy", "pot")]
    ... )
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

    >>> kinds = {"tea": "drinks", "cup": "dishes", "pot": "dishes"}
    >>> model = Popularity(by="category").fit(log, catalogue=kinds)
    >>> model.recommend_for({"eve": []}, segments="dishes")["eve"]
    [('cup', 2.0), ('pot', 2.0)]
    >>> model.partial_fit([("eve", "cup")]).interactions_.n_users
    4
    """

    item_scores_: FloatArray
    groups_: list[Any]
    group_scores_: FloatArray
    user_groups_: CodeArray
    categories_: list[Any]
    item_categories_: CodeArray
    shrinkage_: float

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
        feedback: FeedbackOption = "auto",
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
        no_groups, no_categories = self.by is None or isinstance(self.by, str), not isinstance(self.by, str)
        return super()._described() | {
            "item_scores_": Array("float64", ("n_items",), at_least=0),
            "shrinkage_": Number(at_least=0, finite=False, or_absent=self.by is None),
            "groups_": Each(Storable(), "n_groups", or_absent=no_groups),
            "user_groups_": Codes(("n_users",), of="n_groups", missing=True, or_absent=no_groups),
            "group_scores_": Array("float64", ("n_groups", "n_items"), at_least=0, or_absent=no_groups),
            "categories_": Each(Storable(), "n_categories", or_absent=no_categories),
            "item_categories_": Codes(("n_items",), of="n_categories", missing=True, or_absent=no_categories),
        }

    # ------------------------------------------------------------------ fitting

    def fit(self, X: Any, y: Any = None, *, catalogue: Any = None, item: str = "item_id", **side: Any) -> Self:
        """Fit the model to interactions, and to a catalogue if ``by`` is a column.

        Parameters
        ----------
        X : Interactions, scipy sparse matrix, or (user, item) pairs
            As in `Recommender.fit`.
        y : (n_pairs,) array-like, optional
            Ratings or strengths of the pairs.
        catalogue : frame, mapping of columns, pandas Series, or mapping of item ids to categories, optional
            Category of each item, for ``by`` a column. Items that occur only here have no interactions.
        item : str
            Name of the catalogue column with the item ids.
        **side
            Side information, for subclasses that take it.

        Returns
        -------
        self

        Raises
        ------
        DataError
            The catalogue is missing or not used, lacks a column, lists an item twice, or has none of the items; none of
            the users has a group; or as in `Recommender.fit`.
        """
        given = {} if catalogue is None else {"catalogue": catalogue, "item": item}
        return super().fit(X, y, **given, **side)

    def partial_fit(
        self, X: Any = None, y: Any = None, *, catalogue: Any = None, item: str = "item_id", **side: Any
    ) -> Self:
        """Update the model with further interactions, further items, or both; equal to `fit` on all data.

        Parameters
        ----------
        X, y
            As in `Recommender.partial_fit`; None if only the catalogue is new.
        catalogue, item, **side : as in `fit`
            New items, and known items with new categories.

        Returns
        -------
        self

        Raises
        ------
        DataError
            As in `fit`.
        """
        given = {} if catalogue is None else {"catalogue": catalogue, "item": item}
        return super().partial_fit(X, y, **given, **side)

    def _accepted_side(self) -> frozenset[str]:
        """Return the names of the side information that `fit` uses."""
        return frozenset({"catalogue", "item"}) if isinstance(self.by, str) else frozenset()

    def _prepare(
        self, interactions: Interactions, *, catalogue: Any = None, item: str = "item_id", **side: Any
    ) -> Interactions:
        """Set the categories of the items, if ``by`` is a column; return the interactions over all items with one."""
        super()._prepare(interactions, **side)
        if not isinstance(self.by, str):
            if catalogue is not None:
                raise DataError("catalogue: it is used only if by is the name of its column with the categories")
            return interactions
        return self._with_categories(interactions, catalogue, item, self.by)

    def _set_groups(self, users: IdIndex) -> None:
        """Set the group of each training user."""
        groups = UserGroups.from_input(self.by)
        reason = describe_mismatch(groups.users, users, ("the groups", "the training data"))
        if reason is not None:
            raise DataError(f"by: none of the {len(users)} training users has a group: {reason}")
        self.groups_, self.user_groups_ = list(groups.groups), groups.codes_of(users)

    def _with_categories(self, interactions: Interactions, catalogue: Any, item: str, by: str) -> Interactions:
        """Set the category of each item; return the interactions over all items with interactions or a category."""
        known = None
        if "item_categories_" in vars(self):
            known = ItemCategories(self.interactions_.items, IdIndex(self.categories_), self.item_categories_)
        if catalogue is not None:
            new = ItemCategories.from_catalogue(catalogue, item, by)
            new.check_overlap(interactions.items)
            known = new if known is None else known.updated(new)
        if known is None:
            raise DataError(f"by={by!r}: give the catalogue with this column to fit, as catalogue=")
        items = interactions.items.union(known.items)
        self.categories_, self.item_categories_ = list(known.labels), known.codes_of(items)
        return interactions.reindex(items=items)

    def _fit(self, interactions: Interactions) -> None:
        weights = self._weights(interactions.values, len(interactions.item_codes))
        if self.half_life is not None:
            weights *= decays(interactions, self.half_life)
        scores = np.bincount(interactions.item_codes, weights, minlength=interactions.n_items)
        self.item_scores_ = scores.astype(np.float64)
        if isinstance(self.by, str):
            self._fit_categories(interactions, weights)
        elif self.by is not None:
            self._set_groups(interactions.users)
            self._fit_groups(interactions, weights)

    def _plan_memory(self, plan: MemoryPlan) -> None:
        n = float(self.interactions_.n_interactions)
        plan.work("weights of interactions", (16.0 + 8.0 * (self.half_life is not None)) * n)
        if isinstance(self.by, str):
            plan.work("categories in histories", 48.0 * n)
        elif self.by is not None:
            n_groups = len(vars(self).get("groups_", ())) or 1
            plan.work("sums of groups", 32.0 * n + 16.0 * n_groups * self.interactions_.n_items)
        plan.keep("item scores", 8.0 * self.interactions_.n_items)

    def _weights(self, values: FloatArray, n: int) -> FloatArray:
        """Return the weights of n interactions: their strengths, or 1 for ratings."""
        weights = np.ones(n)
        if not self._is_explicit():
            weights *= values
        return weights

    def _fit_categories(self, interactions: Interactions, weights: FloatArray) -> None:
        """Set the shrinkage of the shares of the categories in a history."""
        shares = self._shares(np.inf)
        if self.shrinkage is not None:
            self.shrinkage_ = float(self.shrinkage)
            return
        keys = interactions.user_codes.astype(np.int64) * len(shares.shares)
        keys += shares.item_categories[interactions.item_codes]
        cells, counts = np.unique(keys, return_counts=True)
        users, categories = np.divmod(cells, len(shares.shares))
        rows = Rows.from_row_codes(users, categories.astype(np.int32), interactions.n_users)
        of_interactions = np.bincount(categories, counts, minlength=len(shares.shares)) / len(keys)
        self.shrinkage_ = concentration_of_users(rows.with_values(counts.astype(np.float32)), of_interactions)
        self.shrinkage_ *= float(weights.mean()) or 1.0

    def _shares(self, shrinkage: float | None = None) -> CategoryShares:
        mu = self.shrinkage_ if shrinkage is None else shrinkage
        return CategoryShares.from_scores(self.item_scores_, self.item_categories_, len(self.categories_), mu)

    def _fit_groups(self, interactions: Interactions, weights: FloatArray) -> None:
        """Set the scores of each group."""
        n_groups, n_items = len(self.groups_), interactions.n_items
        of_event = self.user_groups_[interactions.user_codes]
        cells = of_event[of_event >= 0].astype(np.int64) * n_items + interactions.item_codes[of_event >= 0]

        def sums(weights_of_cells: FloatArray | None) -> FloatArray:
            totals: FloatArray = np.bincount(cells, weights_of_cells, n_groups * n_items).astype(np.float64)
            return totals.reshape(n_groups, n_items)

        scores = sums(weights[of_event >= 0])
        if self.shrinkage is None:
            self.shrinkage_ = concentration_of_groups(sums(None)) * (float(weights.mean()) or 1.0)
        else:
            self.shrinkage_ = float(self.shrinkage)
        totals = scores.sum(axis=1, keepdims=True)
        weight_of_all = 1 / (1 + totals / self.shrinkage_) if self.shrinkage_ > 0 else np.zeros_like(totals)
        shares = self.item_scores_ / max(self.item_scores_.sum(), np.finfo(np.float64).tiny)
        self.group_scores_ = (1 - weight_of_all) * scores + weight_of_all * totals * shares

    def _forget_side(self, users: Any) -> BoolArray:
        """Remove users from the parameter ``by``, which is saved with the model."""
        if self.by is None or isinstance(self.by, str):
            return super()._forget_side(users)
        groups = UserGroups.from_input(self.by)
        known: BoolArray = groups.users.codes(users) >= 0
        self.by = groups.without(users)
        return known

    def _forget(self, remaining: Interactions, previous: Interactions) -> None:
        if self.by is not None and not isinstance(self.by, str):
            self._set_groups(remaining.users)
        self._fit(remaining)

    def _side_items(self) -> BoolArray | None:
        """Return the mask of the items with a category."""
        return self.item_categories_ >= 0 if isinstance(self.by, str) else None

    def _take_items(self, item_codes: CodeArray) -> None:
        if isinstance(self.by, str):
            self.item_categories_ = self.item_categories_[item_codes]

    # ------------------------------------------------------------------ profiles

    def _user_profiles(self, user_codes: CodeArray) -> _Profiles:
        if isinstance(self.by, str):
            return self._fold_in(self._training_histories(user_codes))
        if self.by is None:
            return _Profiles(np.full(len(user_codes), -1, dtype=np.int32))
        return _Profiles(np.append(self.user_groups_, np.int32(-1))[user_codes])

    def _fold_in(self, histories: Rows) -> _Profiles:
        return self._fold_in_with(histories, np.full(histories.n_rows, -1, dtype=np.int32))

    def _fold_in_with(self, histories: Rows, side: CodeArray) -> _Profiles:
        """Return the profiles of users with these segments, −1 for none."""
        if not isinstance(self.by, str):
            return _Profiles(side)
        shares = self._shares()
        counts = shares.counts(histories, self._weights(histories.values, len(histories.codes)))
        return _Profiles(np.full(histories.n_rows, -1, dtype=np.int32), shares.lifts(counts, side))

    def _read_user_side(self, users: Any, **side: Any) -> Any:
        segments = side.pop("segments", None)
        super()._read_user_side(users, **side)
        if segments is None:
            return None
        if self.by is None:
            raise DataError("segments: this Popularity was fitted without by=, so that it has no segments")
        return segment_codes(segments, users, self.categories_ if isinstance(self.by, str) else self.groups_)

    def _has_evidence(self, histories: Rows, side: Any) -> BoolArray:
        known = super()._has_evidence(histories, side)
        return known if side is None else known | (side >= 0)

    # ------------------------------------------------------------------ scoring

    def _scores_of(self, group: int) -> FloatArray:
        """Return the scores of the items in a group, −1 for all users: (n_items,) float64."""
        scores: FloatArray = self.item_scores_ if group < 0 else self.group_scores_[group]
        return scores

    def _score_block(self, profiles: _Profiles) -> FloatArray:
        if profiles.lifts is not None:
            return self._shares().scores(profiles.lifts)
        scores = np.empty((profiles.n_rows, len(self.item_scores_)), dtype=np.float32)
        for group in np.unique(profiles.groups):
            scores[profiles.groups == group] = self._scores_of(group)
        return scores

    def _block_size(self) -> int:
        return self._dense_block_size() if isinstance(self.by, str) else USERS_PER_BLOCK

    def _top_block(self, profiles: _Profiles, n: int, eligible: EligibleItems) -> Top:
        """Return the first n eligible items of each user in the order of popularity, without a matrix of scores."""
        runner = self._runner()
        if profiles.lifts is not None:
            return eligible.select(self._score_block(profiles), n, runner)
        if self.by is None:
            return top_of_order(self._derived("order", self.item_scores_, ItemOrder.of), n, eligible, runner)
        top = Top.empty(profiles.n_rows, n)
        for group in np.unique(profiles.groups):
            members = np.flatnonzero(profiles.groups == group)
            top.put(members, top_of_order(ItemOrder.of(self._scores_of(group)), n, eligible.take(members), runner))
        return top

    def _score_pairs(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        scores: FloatArray = self.item_scores_[item_codes]
        if isinstance(self.by, str):
            users, rows = np.unique(user_codes, return_inverse=True)
            lifts, shares = self._user_profiles(users).lifts, self._shares()
            assert lifts is not None
            of_items: FloatArray = scores * lifts[rows, shares.item_categories[item_codes]]
            return of_items
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
        score = float(self._score_pairs(np.array([user_code], np.int32), np.array([item_code], np.int32))[0])
        if self.by is None:
            return [Term("popularity", None, score)]
        label, total, of_all = self._segment_of(user_code, item_code)
        if label is None:
            return [Term("popularity", None, score)]
        weight = 1.0 if np.isinf(self.shrinkage_) else self.shrinkage_ / max(total + self.shrinkage_, 1e-300)
        own = score - weight * of_all if weight < 1 else 0.0
        return [Term("segment", label, own), Term("popularity", None, score - own)]

    def _segment_of(self, user_code: int, item_code: int) -> tuple[Any, float, float]:
        """Return the segment in an explanation, the interactions it rests on, and the score by popularity alone."""
        if isinstance(self.by, str):
            code = int(self.item_categories_[item_code])
            history = self._training_histories(np.array([user_code]))
            total = float(self._weights(history.values, len(history.codes)).sum())
            return None if code < 0 else self.categories_[code], total, float(self.item_scores_[item_code])
        code = int(self.user_groups_[user_code])
        total = float(self.group_scores_[code].sum())
        share = float(self.item_scores_[item_code]) / max(float(self.item_scores_.sum()), np.finfo(np.float64).tiny)
        return None if code < 0 else self.groups_[code], total, total * share

    def _to_state(self) -> dict[str, Any]:
        state = super()._to_state()
        if self.by is not None and not isinstance(self.by, dict | str):  # columns can be saved, unlike frames
            groups = UserGroups.from_input(self.by)
            state["params"]["by"] = {"user_id": groups.users.ids, "group": groups.groups.take(groups.codes)}
        return state
