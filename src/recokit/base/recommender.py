"""Recommender: the protocol common to all estimators."""

import warnings
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from recokit import persistence
from recokit._runtime.arguments import check_count
from recokit._runtime.language import Language, check_language
from recokit._runtime.warnings import levels_inside
from recokit._typing import CodeArray, FloatArray, IntArray
from recokit.base._eligibility import Eligibility, EligibleItems, excludes_seen
from recokit.base._filling import filled
from recokit.base._lists import ItemOrder, check_length, require_list_memory, top_of_order, with_ids
from recokit.base._pair_codes import codes_of_pairs
from recokit.base._state import on_snapshot
from recokit.base._user_lists import UserLists
from recokit.base.explanation import Explanation, explanation_of
from recokit.base.top import Top
from recokit.data._inputs import as_id_list, codes_if_known, known_codes, pair_ids
from recokit.data.interactions import Interactions
from recokit.data.recommendations import Recommendations
from recokit.data.rows import Rows
from recokit.exceptions import NotFittedError

__all__ = ["Recommender"]

OnUnknown = Literal["raise", "popular", "empty"]
Fill = Any  # None, "popular" or a Recommender


_warned_of_r2: set[type] = set()


class Recommender(RegressorMixin, UserLists):
    """Base class of all recommenders: a scikit-learn estimator on (user, item) pairs.

    A subclass implements `_fit` and `_score_block`. All other hooks (``Hooks``) have defaults, which a subclass may
    override. Hooks see codes, never ids. A saved model names its class by a storage key: the module and the class name,
    or the class argument ``storage_key``.

    Attributes
    ----------
    interactions_ : Interactions
        Training data, over all known users and items.
    item_counts_ : (n_items,) float32 array
        Sum of strengths (implicit) or number of ratings (explicit) of each item.

    See Also
    --------
    recokit.Recommendations : A ranked list of items for each user.
    recokit.Explanation : The score of an item for a user, as a sum of terms.
    recokit.testing.check_recommender : Run every check of the contract on an estimator.

    Examples
    --------
    >>> from recokit import ItemKNN, Recommender
    >>> model = ItemKNN().fit(
    ...     [("ann", "tea"), ("ann", "cup"), ("bob", "tea"), ("bob", "pot")]
    ... )
    >>> isinstance(model, Recommender)
    True
    >>> model.recommend("ann", n=1)["ann"][0][0]
    'pot'
    >>> model.recommend_for({"visitor": ["cup"]}, n=1)["visitor"][0][0]
    'tea'
    >>> [len(lists) for lists in model.iter_recommend(batch_size=1)]
    [1, 1]
    >>> model.similar_items("tea", n=1)["tea"][0][0]
    'cup'
    >>> model.explain("ann", "pot").terms[0].subject
    'tea'
    >>> model.predict([("ann", "pot")]).shape
    (1,)
    """

    def __init_subclass__(cls, *, storage_key: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = cls.__module__.partition(".")[0] == "recokit"
        default = f"{'recokit' if own else cls.__module__}.{cls.__qualname__}"
        persistence.storable(storage_key or default)(cls)

    # ------------------------------------------------------------------ predicting

    @on_snapshot
    def predict(self, X: Any) -> FloatArray:
        """Predict the rating or the score of each (user, item) pair.

        A pair with an unknown user or item gets the fallback of the model: for ratings the mean plus the bias of the
        known side, for implicit feedback 0 unless the model defines another value.

        Parameters
        ----------
        X : (user, item) pairs, or Interactions
            As in `fit`.

        Returns
        -------
        (n_pairs,) float64 array
            Never NaN.

        Raises
        ------
        NotFittedError
            The model is not fitted.
        DataError
            ``X`` does not hold pairs.
        """
        users, items = pair_ids(X)
        user_codes, item_codes = codes_of_pairs(self.interactions_, users, items)
        known = (user_codes >= 0) & (item_codes >= 0)
        scores = np.empty(len(user_codes), dtype=np.float64)
        scores[known] = self._score_pairs(user_codes[known], item_codes[known])
        scores[~known] = self._fallback_scores(user_codes[~known], item_codes[~known])
        return scores

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return the coefficient of determination R² of the predictions.

        R² says nothing about a model of implicit feedback: its scores order the items, and need not be near the
        strengths. Use `recokit.model_selection.ranking_scorer` as ``scoring=`` of scikit-learn's tools instead.

        Parameters
        ----------
        X : (user, item) pairs, or Interactions
        y : (n_pairs,) array-like
            True values; by default the values of the Interactions.
        sample_weight : (n_pairs,) array-like, optional
            Weights of the pairs.

        Returns
        -------
        float
            At most 1; greater is better.

        Raises
        ------
        ValueError
            ``y`` is missing.

        Warns
        -----
        UserWarning
            The model is fitted to implicit feedback, or to ratings that are all equal; once for each class.
        """
        truth = X.values if isinstance(X, Interactions) and y is None else y
        if truth is None:
            raise ValueError(
                "y is missing; give the true ratings of the pairs, or rank implicit feedback with scoring="
                "recokit.model_selection.ranking_scorer('ndcg@10')"
            )
        predictions = self.predict(X)
        ratings = self.interactions_.values
        if type(self) not in _warned_of_r2 and (not self._is_explicit() or ratings.min() == ratings.max()):
            _warned_of_r2.add(type(self))
            warnings.warn(
                f"{type(self).__name__}.score is R², which is meaningless for scores of implicit feedback and for "
                "equal ratings; rank models by their lists, with "
                "scoring=recokit.model_selection.ranking_scorer('ndcg@10')",
                stacklevel=levels_inside(),
            )
        return float(r2_score(truth, predictions, sample_weight=sample_weight))

    # ------------------------------------------------------------------ recommending

    @on_snapshot
    def recommend(
        self,
        users: Any = None,
        n: int = 10,
        *,
        exclude_seen: bool | None = None,
        candidates: Any = None,
        exclude: Any = None,
        on_unknown: OnUnknown = "raise",
        fill: Fill = None,
    ) -> Recommendations:
        """Return the top-n items for users of the training data.

        Ties are broken by item code, which is the order of the sorted item ids. Lists of rating models are ordered by
        the unclipped prediction, so items with equal reported ratings at the end of the scale need not be in order of
        code. A list has fewer than ``n`` items if fewer items are eligible and have evidence.

        Parameters
        ----------
        users : array-like of ids, or one id, optional
            Users to recommend to; all users by default.
        n : int
            Maximum number of items in a list.
        exclude_seen : bool, optional
            Exclude the items that a user has interacted with. The default is True, except for models of repeated
            purchases, whose documentation says so.
        candidates : array-like of item ids, or mapping of user ids to item ids, optional
            The only items to recommend: to all users, or to the users in the mapping.
        exclude : array-like of item ids, or mapping of user ids to item ids, optional
            Items to exclude. Ids that the model does not know are ignored.
        on_unknown : {"raise", "popular", "empty"}
            Result for an unknown user: an error, the most popular items, or an empty list. With "popular", known users
            without interactions get the most popular items too. Scores of popular items are ``item_counts_``.
        fill : {None, "popular"} or Recommender
            How to fill lists of fewer than ``n`` items: not at all, with the most popular eligible items, or with the
            eligible items of another fitted model. ``is_filler`` of the result marks these items.

        Returns
        -------
        Recommendations

        Raises
        ------
        UnknownIdError
            A candidate is unknown, or a user is unknown and ``on_unknown="raise"``.
        MemoryError
            The lists need more memory than is available; raised before they are made.
        NotFittedError
            The model is not fitted.
        """
        _check_request(n, on_unknown, fill)
        exclude_seen = excludes_seen(exclude_seen, self._excludes_seen)
        ids, codes = self._requested_users(users, on_unknown)
        self._require_list_memory(len(codes), n)
        eligibility = Eligibility(self.interactions_.items, candidates, exclude)
        eligibility.check_users(self.interactions_.users, ids)
        parts, popular = [], on_unknown == "popular"
        with self._progress(len(codes), "users") as bar:
            for start, stop in self._blocks(len(codes)):
                block = codes[start:stop]
                seen = self._training_histories(block)
                eligible = eligibility.of_users(ids[start:stop], seen if exclude_seen else None)
                known = np.flatnonzero(self._known_users(block, seen) if popular else (block >= 0))
                profiles = self._user_profiles(block if len(known) == len(block) else block[known])
                parts.append(self._top_lists(profiles, known, eligible, n, popular=popular, fill=fill == "popular"))
                bar.update(stop - start)
        lists = self._as_recommendations(ids, n, parts)
        if not isinstance(fill, Recommender):
            return lists
        options = {"exclude_seen": exclude_seen, "candidates": candidates, "exclude": exclude}
        return filled(lists, n, lambda short: fill.recommend(short, n=2 * n, on_unknown="popular", **options))

    @on_snapshot
    def iter_recommend(
        self, users: Any = None, n: int = 10, *, batch_size: int = 10_000, **options: Any
    ) -> Iterator[Recommendations]:
        """Yield the lists of `recommend` in batches, in memory that does not grow with the number of users.

        Parameters
        ----------
        users, n, **options
            As in `recommend`.
        batch_size : int
            Number of users in a batch.

        See Also
        --------
        recokit.serving.write_parquet : write the lists to a file.
        """
        batch_size = check_count(batch_size, "batch_size")
        index, ids = self.interactions_.users, None if users is None else as_id_list(users)
        n_users = len(index) if ids is None else len(ids)
        for start in range(0, n_users, batch_size):
            stop = min(start + batch_size, n_users)
            batch = index.take(np.arange(start, stop)) if ids is None else ids[start:stop]
            yield self.recommend(batch, n, **options)

    @on_snapshot
    def recommend_for(
        self,
        histories: Any,
        n: int = 10,
        *,
        exclude_seen: bool | None = None,
        candidates: Any = None,
        exclude: Any = None,
        on_unknown: OnUnknown = "raise",
        fill: Fill = None,
        **side: Any,
    ) -> Recommendations:
        """Return the top-n items for users outside the training data, from their histories, without refitting.

        Parameters
        ----------
        histories : Interactions, Sequences, frame, mapping, or sequence
            A frame or a mapping of columns with user_id and item_id, and rating or value; a mapping of user ids to
            histories; or a sequence of the histories of users 0 … m − 1. A history is a sequence of item ids, or a
            mapping of item ids to ratings or strengths. Rating models need ratings.
        n, candidates, exclude
            As in `recommend`.
        exclude_seen : bool, optional
            Exclude the items of the history; the default is that of `recommend`.
        on_unknown : {"raise", "popular", "empty"}
            Treatment of unknown items in a history: an error, or ignored. With "popular", a user whose history has no
            known item gets the most popular items.
        fill : {None, "popular"} or Recommender
            How to fill short lists, as in `recommend`.
        **side
            Side information about the users, for models that take it: ``user_features`` of `ImplicitALS` and
            ``segments`` of `Popularity`. A user with side information may have an empty history.

        Returns
        -------
        Recommendations

        Raises
        ------
        UnknownIdError
            An item is unknown.
        DataError
            A history cannot be used.
        MemoryError
            The lists need more memory than is available; raised before they are made.
        """
        _check_request(n, on_unknown, fill)
        exclude_seen = excludes_seen(exclude_seen, self._excludes_seen)
        ids, rows = self._read_histories(histories, skip_unknown=on_unknown != "raise")
        self._require_list_memory(len(ids), n)
        about = self._read_user_side(ids, **side)
        eligibility = Eligibility(self.interactions_.items, candidates, exclude)
        eligibility.check_users(self.interactions_.users, ids)
        parts, popular = [], on_unknown == "popular"
        with self._progress(len(ids), "users") as bar:
            for start, stop in self._blocks(len(ids)):
                block = rows if stop - start == rows.n_rows else rows.take(np.arange(start, stop))
                known = np.arange(stop - start)
                own = None if about is None else about[start:stop]
                eligible = eligibility.of_users(ids[start:stop], block if exclude_seen else None)
                if popular:
                    known = np.flatnonzero(self._has_evidence(block, own))
                some = block if len(known) == stop - start else block.take(known)
                profiles = self._fold_in(some) if own is None else self._fold_in_with(some, own[known])
                parts.append(self._top_lists(profiles, known, eligible, n, popular=popular, fill=fill == "popular"))
                bar.update(stop - start)
        lists = self._as_recommendations(ids, n, parts)
        if not isinstance(fill, Recommender):
            return lists
        places = {user: place for place, user in enumerate(ids)}
        options = {"exclude_seen": exclude_seen, "candidates": candidates, "exclude": exclude}

        def recommend(users: list[Any]) -> Recommendations:
            some = rows.take(np.array([places[user] for user in users]))
            short = self._histories_in_ids(users, some, in_order=fill._reads_order)
            return fill.recommend_for(short, 2 * n, on_unknown="popular", **options)

        return filled(lists, n, recommend)

    def _require_list_memory(self, n_users: int, n: int) -> None:
        """Raise MemoryError if lists of n items for so many users do not fit into memory."""
        remedy = "lower n, or take the lists in batches with iter_recommend, and recokit.serving.write_parquet"
        require_list_memory(n_users, self._max_length(n), self.interactions_.items, "users", remedy)

    def _requested_users(self, users: Any, on_unknown: OnUnknown) -> tuple[Any, CodeArray]:
        """Return the ids and the codes of the requested users."""
        index = self.interactions_.users
        if users is None:
            return index.ids, np.arange(len(index), dtype=np.int32)
        ids = as_id_list(users)
        return ids, known_codes(index, ids, "user") if on_unknown == "raise" else codes_if_known(index, ids, "user")

    def _top_lists(
        self, profiles: Any, known: IntArray, eligible: EligibleItems, n: int, *, popular: bool, fill: bool
    ) -> tuple[Top, CodeArray]:
        """Return the lists of a block of users, and the number of items of each that the model recommends itself.

        The users at the positions ``known`` have profiles.
        """
        n = self._max_length(n)
        if len(known) == eligible.n_users:
            lists = self._reported_top(profiles, n, eligible)
        else:
            lists = Top.padding(eligible.n_users, n)
            if len(known):
                lists.put(known, self._reported_top(profiles, n, eligible.take(known)))
            if popular:
                others = np.setdiff1d(np.arange(eligible.n_users), known)
                lists.put(others, self._popular_lists(eligible.take(others), n))
        n_scored = lists.counts.copy()
        short = np.flatnonzero(n_scored < n)
        if fill and len(short):
            mine = lists.take(short)
            others_eligible = eligible.take(short)
            excluded = others_eligible.excluded.joined(mine.as_rows())
            fillers = self._popular_lists(others_eligible._replace(excluded=excluded), n)
            lists.put(short, mine.extended_by(fillers))
        return lists, n_scored

    def _popular_lists(self, eligible: EligibleItems, n: int) -> Top:
        """Return the n most popular eligible items of each user."""
        order = self._derived("popular order", self._popular_scores(), ItemOrder.of)
        return top_of_order(order, n, eligible, self._runner())

    def _reported_top(self, profiles: Any, n: int, eligible: EligibleItems) -> Top:
        top = self._top_block(profiles, n, eligible)
        return top._replace(scores=self._to_reported(top.scores))

    def _as_recommendations(self, users: Any, n: int, parts: list[tuple[Top, CodeArray]]) -> Recommendations:
        """Join the lists of blocks, and replace codes by ids."""
        if len(parts) == 1:
            top, n_scored = parts[0]
        else:
            arrays = zip(Top.empty(0, self._max_length(n)), *(top for top, _ in parts), strict=True)
            n_scored = np.concatenate([np.empty(0, np.int32), *(numbers for _, numbers in parts)])
            top = Top(*(np.concatenate(blocks) for blocks in arrays))
        return with_ids(users, top, self.interactions_.items, n_scored=n_scored)

    def _histories_in_ids(self, users: list[Any], rows: Rows, *, in_order: bool) -> dict[Any, Any]:
        """Return the histories of users as mappings of item ids to values, in order of their codes."""
        cells = list(zip(self.interactions_.items.take(rows.codes).tolist(), rows.values.tolist(), strict=True))
        bounds = rows.indptr.tolist()
        return {user: dict(cells[bounds[row] : bounds[row + 1]]) for row, user in enumerate(users)}

    def _max_length(self, n: int) -> int:
        return min(n, self.interactions_.n_items)

    # ------------------------------------------------------------------ explaining

    @on_snapshot
    def similar_items(self, items: Any, n: int = 10) -> Recommendations:
        """Return the n items most similar to each given item; the given items are the rows (``users``) of the result.

        Parameters
        ----------
        items : array-like of ids, or one id
        n : int
            Maximum number of similar items.

        Raises
        ------
        UnknownIdError
            An item is unknown.
        NotImplementedError
            The model does not define similar items.
        MemoryError
            The lists need more memory than is available; raised before they are made.
        """
        _check_request(n)
        index, ids = self.interactions_.items, as_id_list(items)
        require_list_memory(len(ids), min(n, len(index)), index, "items", "lower n, or pass fewer items at a time")
        top = self._similar_items(known_codes(index, ids, "item"), min(n, len(index)))
        return with_ids(ids, top, index, columns=("item_id", "similar_item_id"))

    @on_snapshot
    def similar_users(self, users: Any, n: int = 10) -> Recommendations:
        """Return the n users most similar to each given user; ``items`` of the result are user ids.

        Parameters
        ----------
        users : array-like of ids, or one id
        n : int
            Maximum number of similar users.

        Raises
        ------
        UnknownIdError
            A user is unknown.
        NotImplementedError
            The model does not define similar users.
        MemoryError
            The lists need more memory than is available; raised before they are made.

        Examples
        --------
        >>> from recokit import UserKNN
        >>> UserKNN().fit([(1, "tea"), (2, "tea")]).similar_users(1)[1][0][0]
        2
        """
        _check_request(n)
        index, ids = self.interactions_.users, as_id_list(users)
        require_list_memory(len(ids), min(n, len(index)), index, "users", "lower n, or pass fewer users at a time")
        top = self._similar_users(known_codes(index, ids, "user"), min(n, len(index)))
        return with_ids(ids, top, index, columns=("user_id", "similar_user_id"))

    @on_snapshot
    def explain(self, user: Any, item: Any, *, language: Language = "en", labels: Any = None) -> Explanation:
        """Explain the score of an item for a user as a sum of terms.

        Parameters
        ----------
        user, item : ids
            A user and an item of the training data.
        language : {"en", "zh"}
            Language of ``str(explanation)``.
        labels : mapping of item ids to titles, or callable, optional
            Titles of items, shown in place of their ids.

        Returns
        -------
        Explanation
            Its terms add up to the score, to within 1e-5 × max(1, score).

        Raises
        ------
        UnknownIdError
            The user or the item is unknown.
        """
        check_language(language)
        user_code = int(known_codes(self.interactions_.users, [user], "user")[0])
        item_code = int(known_codes(self.interactions_.items, [item], "item")[0])
        score = float(self._score_pairs(np.array([user_code], np.int32), np.array([item_code], np.int32))[0])
        return explanation_of(user, item, score, self._explain(user_code, item_code), language, labels)

    @on_snapshot
    def explain_for(self, history: Any, item: Any, *, language: Language = "en", labels: Any = None) -> Explanation:
        """Explain the score of an item for a user outside the training data, from the history of the user.

        The contribution of an item of the history is the change of the score if the item is left out. The rest of the
        score is one term. The cost is that of scoring as many users as the history has items. Models that read the
        order have the terms of `explain` instead, since leaving an item out moves the others in time.

        Parameters
        ----------
        history : sequence of item ids, or mapping of item ids to ratings or strengths
            As in `recommend_for`. Rating models need ratings.
        item : id
            An item of the training data.
        language, labels
            As in `explain`.

        Returns
        -------
        Explanation
            Its terms add up to the score that `recommend_for` gives the item, to within 1e-5 × max(1, score). Its
            ``user`` is None.

        Raises
        ------
        UnknownIdError
            The item, or an item of the history, is unknown.
        DataError
            The history cannot be used.

        Examples
        --------
        >>> from recokit import ItemKNN
        >>> model = ItemKNN().fit(
        ...     [("ann", "tea"), ("ann", "cup"), ("bob", "tea"), ("bob", "cup"), ("cy", "tea")]
        ... )
        >>> print(model.explain_for(["tea"], "cup"))
        cup scores 0.0883 for this user because of their interest in tea (+0.0883).
        """
        check_language(language)
        items = self.interactions_.items
        item_code = int(known_codes(items, [item], "item")[0])
        rows = self._read_history(history)
        score = float(self._scores_for(rows, item_code)[0])
        return explanation_of(None, item, score, self._explain_history(rows, item_code), language, labels)


def _check_request(n: Any, on_unknown: str = "raise", fill: Any = None) -> None:
    check_length(n)
    if on_unknown not in ("raise", "popular", "empty"):
        raise ValueError(f"on_unknown={on_unknown!r}: expected 'raise', 'popular' or 'empty'")
    if not (fill is None or fill == "popular" or isinstance(fill, Recommender)):
        raise ValueError(f"fill={fill!r}: expected None, 'popular' or a fitted Recommender")
    if isinstance(fill, Recommender) and not fill.__sklearn_is_fitted__():  # also if no list is short
        raise NotFittedError(f"fill: this {type(fill).__name__} is not fitted yet; call fit first.")
