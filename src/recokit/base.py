"""Recommender: the one protocol of all estimators; what is common to them lives here once."""

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted

from recokit import persistence
from recokit._explanation import Explanation, Language, Term
from recokit._histories import Histories, read_histories
from recokit._learner import Learner
from recokit._rules import Choice, Rules, Top
from recokit._typing import CodeArray, FloatArray, IntArray
from recokit._validation import as_id_list, known_codes, pair_ids
from recokit.interactions import Interactions
from recokit.recommendations import Recommendations

__all__ = ["Choice", "Explanation", "Histories", "Recommender", "Term", "Top"]

OnUnknown = Literal["raise", "popular", "empty"]

_BLOCK_BYTES = 64 << 20  # of scores at a time: large enough for BLAS and threads, small beside any model


class Recommender(RegressorMixin, Learner):
    """Base class of all recommenders: a scikit-learn estimator on (user, item) pairs.

    A subclass implements ``_fit`` and ``_score_block``, and those of the other hooks that it does better than the
    defaults. It needs no ids: everything it sees is in codes.

    Attributes
    ----------
    interactions_ : Interactions
        What the model learned from, over all the users and items that it knows.
    item_counts_ : (n_items,) float32 array
        Sum of strengths (implicit) or number of ratings (explicit) of each item.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        persistence.storable(f"{cls.__module__.partition('.')[0]}.{cls.__qualname__}")(cls)

    # ------------------------------------------------------------------ hooks

    def _score_block(self, profiles: Any) -> FloatArray:
        """Return the scores of all items for the people of ``profiles``: a new (n_people, n_items) float32 array.

        −∞ stands for an item that nothing speaks for or against; it is never recommended. No NaN. The scores are not
        clipped: lists are in the order of what the model expects.
        """
        raise NotImplementedError

    def _top_block(self, profiles: Any, n: int, choice: Choice) -> Top:
        """Return the n best items that may be listed for the people of ``profiles``, with scores that are not clipped.

        By default by way of the scores of all items, so override it where lists can be made without them.
        """
        return choice.select(self._score_block(profiles), n, self._threads())

    def _block_size(self) -> int:
        """Return for how many people at a time lists are made; by default as many as dense scores are allowed for."""
        return self._dense_block_size()

    def _clipped(self, scores: FloatArray) -> FloatArray:
        """Return scores as they are told; by default as they are. May write to them."""
        return scores

    def _known_profiles(self, user_codes: CodeArray) -> Any:
        """Return what ``_score_block`` needs to know of users of the training data; by default their histories."""
        return self._training_histories(user_codes)

    def _fold_in(self, people: Histories) -> Any:
        """Return the same of people never seen, from their histories; by default the histories themselves."""
        return people

    def _score_pairs(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        """Return the scores of known pairs; by default by way of blocks, so override it where that is wasteful.

        A pair without evidence (−∞ in the block) gets the fallback of a pair that is not known.
        """
        scores: FloatArray = np.zeros(len(user_codes))
        users, rows = np.unique(user_codes, return_inverse=True)
        order = np.argsort(rows, kind="stable")
        bounds = np.searchsorted(rows[order], np.arange(len(users) + 1))
        for start, stop in _ranges(len(users), self._dense_block_size()):
            block = self._score_block(self._known_profiles(users[start:stop]))
            here = order[bounds[start] : bounds[stop]]
            scores[here] = block[rows[here] - start, item_codes[here]]
        lacking = ~np.isfinite(scores)
        scores = self._clipped(scores)
        scores[lacking] = self._fallback_scores(user_codes[lacking], item_codes[lacking])
        return scores

    def _fallback_scores(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        """Return the scores of pairs of which a side is unknown (code −1), or nothing speaks for or against.

        By default 0 for implicit feedback; for ratings the mean, plus the bias of the side that is known.
        """
        if not self._is_explicit():
            return np.zeros(len(user_codes))
        user_bias, item_bias = np.append(self._user_bias_, 0.0), np.append(self._item_bias_, 0.0)
        scores: FloatArray = self._mean_ + user_bias[user_codes] + item_bias[item_codes]
        return np.clip(scores, *self.rating_range_)

    def _popular_scores(self) -> FloatArray:
        """Return how popular each item is, for people of whom nothing is known: (n_items,) float32."""
        return self.item_counts_

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        """Return terms, subjects in ids, whose contributions add up to the score of a known pair."""
        raise NotImplementedError

    # ------------------------------------------------------------------ predicting

    def predict(self, X: Any) -> FloatArray:
        """Return the rating or the score of each (user, item) pair.

        A user or item that the model does not know gets the model's fallback: for ratings the mean plus the bias of the
        side that is known, for implicit feedback 0 unless the model says otherwise.

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
            `fit` comes first.
        DataError
            These are not pairs.
        """
        check_is_fitted(self)
        users, items = pair_ids(X)
        user_codes, item_codes = self.interactions_.users.codes(users), self.interactions_.items.codes(items)
        known = (user_codes >= 0) & (item_codes >= 0)
        scores = np.empty(len(user_codes), dtype=np.float64)
        scores[known] = self._score_pairs(user_codes[known], item_codes[known])
        scores[~known] = self._fallback_scores(user_codes[~known], item_codes[~known])
        return scores

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return R² of the predictions, the coefficient of determination.

        Parameters
        ----------
        X : (user, item) pairs, or Interactions
        y : (n_pairs,) array-like
            The true values; those of the Interactions where these are given.
        sample_weight : (n_pairs,) array-like, optional
            Weights of the pairs.
        """
        truth = X.values if isinstance(X, Interactions) and y is None else y
        if truth is None:
            raise ValueError("y is needed: the true ratings of the pairs")
        return float(r2_score(truth, self.predict(X), sample_weight=sample_weight))

    # ------------------------------------------------------------------ recommending

    def recommend(
        self,
        users: Any = None,
        n: int = 10,
        *,
        exclude_seen: bool = True,
        candidates: Any = None,
        exclude: Any = None,
        on_unknown: OnUnknown = "raise",
    ) -> Recommendations:
        """Return the best items for users of the training data.

        Equal scores are in order of item code, that is of sorted item ids. Lists of ratings are in the order of what
        the model expects before that is clipped to the scale, so several items at the end of the scale may be in any
        order of code. A list holds fewer than ``n`` items where no more may be recommended, or where nothing speaks for
        more.

        Parameters
        ----------
        users : array-like of ids, or one id, optional
            For whom; all users by default.
        n : int
            Items in a list, at most.
        exclude_seen : bool
            Leave out the items a user has interacted with.
        candidates : array-like of item ids, or mapping of user ids to such, optional
            Recommend only these: for all users, or for the users that are in the mapping.
        exclude : array-like of item ids, or mapping of user ids to such, optional
            Never recommend these. Ids that the model does not know are no error here.
        on_unknown : {"raise", "popular", "empty"}
            What an unknown user gets: an error, the most popular items, or an empty list. Under "popular", so do users
            who are known but have no interactions. The scores of popular items are ``item_counts_``, not the model's.

        Returns
        -------
        Recommendations

        Raises
        ------
        UnknownIdError
            A user is unknown under ``on_unknown="raise"``, or a candidate is.
        NotFittedError
            `fit` comes first.
        """
        check_is_fitted(self)
        _check_request(n, on_unknown)
        ids, codes = self._requested(users, on_unknown)
        rules = Rules(self.interactions_.items, candidates, exclude)
        rules.check_people(self.interactions_.users, ids)
        parts = []
        with self._progress(len(codes), "users") as bar:
            for start, stop in self._blocks(len(codes)):
                block = codes[start:stop]
                seen = self._training_histories(block)
                choice = rules.choice(ids[start:stop], seen if exclude_seen else None)
                known = np.flatnonzero((seen.lengths > 0) if on_unknown == "popular" else (block >= 0))
                profiles = self._known_profiles(block if len(known) == len(block) else block[known])
                parts.append(self._top_lists(profiles, known, choice, n, popular=on_unknown == "popular"))
                bar.update(stop - start)
        return self._gather(ids, n, parts)

    def iter_recommend(
        self, users: Any = None, n: int = 10, *, batch_size: int = 10_000, **rules: Any
    ) -> Iterator[Recommendations]:
        """Yield the recommendations of `recommend` for ``batch_size`` users at a time.

        Parameters
        ----------
        users, n, **rules
            As in `recommend`.
        batch_size : int
            Users at a time.
        """
        check_is_fitted(self)
        if batch_size < 1:
            raise ValueError(f"batch_size={batch_size}: expected at least 1")
        ids = self.interactions_.users.ids if users is None else as_id_list(users)
        for start in range(0, len(ids), batch_size):
            yield self.recommend(ids[start : start + batch_size], n, **rules)

    def recommend_for(
        self,
        histories: Any,
        n: int = 10,
        *,
        exclude_seen: bool = True,
        candidates: Any = None,
        exclude: Any = None,
        on_unknown: OnUnknown = "raise",
    ) -> Recommendations:
        """Return the best items for people the model has never seen, from what they did, without refitting.

        Parameters
        ----------
        histories : Interactions, mapping, or sequence
            A mapping goes from a person to a history; a sequence holds the histories of the people 0 … m − 1. A history
            is a sequence of item ids, or a mapping of item ids to ratings or strengths. A model that learned from
            ratings needs ratings.
        n, candidates, exclude
            As in `recommend`.
        exclude_seen : bool
            Leave out the items of the history.
        on_unknown : {"raise", "popular", "empty"}
            What an unknown item in a history is: an error, or left out. Under "popular", a person of whom nothing
            remains gets the most popular items.

        Returns
        -------
        Recommendations

        Raises
        ------
        UnknownIdError
            An item is unknown.
        DataError
            A history cannot be used.
        """
        check_is_fitted(self)
        _check_request(n, on_unknown)
        explicit, skip_unknown = self._is_explicit(), on_unknown != "raise"
        people, rows = read_histories(histories, self.interactions_.items, explicit=explicit, skip_unknown=skip_unknown)
        rules = Rules(self.interactions_.items, candidates, exclude)
        rules.check_people(self.interactions_.users, people)
        parts = []
        with self._progress(len(people), "people") as bar:
            for start, stop in self._blocks(len(people)):
                block = rows.rows(np.arange(start, stop))
                choice = rules.choice(people[start:stop], block if exclude_seen else None)
                popular = on_unknown == "popular"
                known = np.flatnonzero(block.lengths > 0) if popular else np.arange(stop - start)
                profiles = self._fold_in(block if len(known) == stop - start else block.rows(known))
                parts.append(self._top_lists(profiles, known, choice, n, popular=popular))
                bar.update(stop - start)
        return self._gather(people, n, parts)

    def _requested(self, users: Any, on_unknown: OnUnknown) -> tuple[Any, CodeArray]:
        """Return the ids and the codes of the users asked for."""
        index = self.interactions_.users
        if users is None:
            return index.ids, np.arange(len(index), dtype=np.int32)
        ids = as_id_list(users)
        return ids, known_codes(index, ids, "user") if on_unknown == "raise" else index.codes(ids)

    def _top_lists(self, profiles: Any, known: IntArray, choice: Choice, n: int, *, popular: bool) -> Top:
        """Return the lists of a block of people, of whom those at the positions ``known`` have profiles."""
        n = self._width(n)
        if len(known) == choice.n_people:
            return self._told(self._top_block(profiles, n, choice))
        lists = Top.nothing(choice.n_people, n)
        if len(known):
            lists.put(known, self._told(self._top_block(profiles, n, choice.rows(known))))
        if popular:
            others = np.setdiff1d(np.arange(choice.n_people), known)
            for start, stop in _ranges(len(others), self._dense_block_size()):
                block = others[start:stop]
                scores = np.tile(self._popular_scores().astype(np.float32), (len(block), 1))
                lists.put(block, choice.rows(block).select(scores, n, self._threads()))
        return lists

    def _told(self, top: Top) -> Top:
        return top._replace(scores=self._clipped(top.scores))

    def _gather(self, people: Any, n: int, parts: list[Top]) -> Recommendations:
        """Put the blocks together, in ids."""
        arrays = zip(Top.empty(0, self._width(n)), *parts, strict=True)
        codes, scores, counts = (np.concatenate(blocks) for blocks in arrays)
        # A cell of padding takes the first id; the counts, by which Recommendations masks, say that it is none.
        items = self.interactions_.items.take(np.maximum(codes, 0))
        return Recommendations(users=people, items=items, scores=scores, counts=counts)

    def _width(self, n: int) -> int:
        return min(n, self.interactions_.n_items)

    # ------------------------------------------------------------------ explaining

    def similar_items(self, items: Any, n: int = 10) -> Recommendations:
        """Return the items most similar to each of the given ones, which are the ``users`` of the result.

        Parameters
        ----------
        items : array-like of ids, or one id
        n : int
            How many, at most.

        Raises
        ------
        UnknownIdError
            An item is unknown.
        NotImplementedError
            This model has no similarity of items.
        """
        return self._similar("item", items, n)

    def similar_users(self, users: Any, n: int = 10) -> Recommendations:
        """Return the users most similar to each of the given ones; ``items`` of the result are user ids.

        Parameters
        ----------
        users : array-like of ids, or one id
        n : int
            How many, at most.

        Raises
        ------
        UnknownIdError
            A user is unknown.
        NotImplementedError
            This model has no similarity of users.
        """
        return self._similar("user", users, n)

    def _similar(self, kind: Literal["item", "user"], ids: Any, n: int) -> Recommendations:
        check_is_fitted(self)
        _check_request(n, "raise")
        hook = getattr(self, f"_similar_{kind}s", None)
        if hook is None:
            raise NotImplementedError(f"{type(self).__name__} has no similarity of {kind}s")
        index = self.interactions_.items if kind == "item" else self.interactions_.users
        ids = as_id_list(ids)
        codes, scores, counts = hook(known_codes(index, ids, kind), min(n, len(index)))
        return Recommendations(users=ids, items=index.take(np.maximum(codes, 0)), scores=scores, counts=counts)

    def explain(self, user: Any, item: Any, *, language: Language = "en") -> Explanation:
        """Return why an item has the score that it has for a user.

        Parameters
        ----------
        user, item : ids
            Known to the model.
        language : {"en", "zh"}
            Of the sentence that ``str()`` of the explanation gives.

        Returns
        -------
        Explanation
            Its terms add up to the score, to within 1e-5 of the larger of the score and 1.

        Raises
        ------
        UnknownIdError
            The user or the item is unknown.
        """
        check_is_fitted(self)
        if language not in ("en", "zh"):
            raise ValueError(f"language={language!r}: expected 'en' or 'zh'")
        user_code = int(known_codes(self.interactions_.users, [user], "user")[0])
        item_code = int(known_codes(self.interactions_.items, [item], "item")[0])
        score = float(self._score_pairs(np.array([user_code], np.int32), np.array([item_code], np.int32))[0])
        terms = [term for term in self._explain(user_code, item_code) if term.contribution != 0]
        terms.sort(key=lambda term: -abs(term.contribution))
        return Explanation(user, item, score, tuple(terms), language)

    # ------------------------------------------------------------------ for subclasses

    def _training_histories(self, user_codes: CodeArray) -> Histories:
        """Return the rows of the training data; an unknown user (code −1) has an empty one."""
        data = self.interactions_
        return Histories(data.indptr, data.item_codes, data.values).rows(user_codes)

    def _blocks(self, n_people: int) -> Iterator[tuple[int, int]]:
        """Yield ranges of people, of the size of a block."""
        return _ranges(n_people, self._block_size())

    def _dense_block_size(self) -> int:
        """Return for how many people at a time the scores of all items may be held."""
        return max(1, _BLOCK_BYTES // (4 * self.interactions_.n_items))


def _ranges(n: int, size: int) -> Iterator[tuple[int, int]]:
    for start in range(0, n, size):
        yield start, min(start + size, n)


def _check_request(n: Any, on_unknown: str) -> None:
    if not isinstance(n, int | np.integer) or n is True or n < 1:
        raise ValueError(f"n={n!r}: expected a whole number of at least 1")
    if on_unknown not in ("raise", "popular", "empty"):
        raise ValueError(f"on_unknown={on_unknown!r}: expected 'raise', 'popular' or 'empty'")
