"""Hooks: the methods that a recommender implements or may override, and helpers for them."""

import warnings
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import numpy as np

from recokit._runtime.warnings import levels_inside
from recokit._typing import BoolArray, CodeArray, FloatArray
from recokit.base._eligibility import EligibleItems
from recokit.base._forgetting import Forgetter
from recokit.base._histories import read_histories, read_history
from recokit.base._leave_one_out import contributions
from recokit.base._lists import ranges
from recokit.base._usefulness import MIN_USERS, list_length, loses_to_popularity, sample_users
from recokit.base.explanation import Term
from recokit.base.top import Top
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.exceptions import WeakModelWarning

__all__ = ["Hooks"]

_BLOCK_BYTES = 64 << 20  # dense scores held at a time: enough for BLAS and threads, little compared with any model


class Hooks(Forgetter):
    """Hooks of a recommender, which see codes, never ids. Only `_fit` and `_score_block` have no default."""

    _excludes_seen: ClassVar[bool] = True  # default of exclude_seen in recommend and recommend_for
    _remedies: ClassVar[tuple[str, ...]] = ()  # parameters to change if a fitted model is weaker than popularity

    def _score_block(self, profiles: Any) -> FloatArray:
        """Return the scores of all items for the users with these profiles: a new (n_users, n_items) float32 array.

        −∞ marks an item without evidence; it is never recommended. Scores are not NaN. They are not clipped to the
        rating scale, since they determine the order of lists.
        """
        raise NotImplementedError

    def _score_items(self, profiles: Any, item_codes: CodeArray) -> FloatArray:
        """Return the scores of some items for the users with these profiles: a new (n_users, n_codes) float32 array.

        The default scores all items. Override it if the model can score single items faster.
        """
        scores: FloatArray = self._score_block(profiles)[:, item_codes]
        return scores

    def _user_profiles(self, user_codes: CodeArray) -> Any:
        """Return the profiles that ``_score_block`` needs for training users; by default their histories."""
        return self._training_histories(user_codes)

    def _fold_in(self, histories: Rows) -> Any:
        """Return the profiles of users outside the training data; by default their histories."""
        return histories

    def _fold_in_with(self, histories: Rows, side: Any) -> Any:
        """Return the profiles of users with side information, as `_read_user_side` returns it."""
        return self._fold_in(histories)

    def _read_user_side(self, users: Any, **side: Any) -> Any:
        """Return the further arguments of `recommend_for` as an array with one row for each user; None if none."""
        if side:
            raise TypeError(f"{type(self).__name__}.recommend_for takes no {', '.join(sorted(side))}")
        return None

    def _has_evidence(self, histories: Rows, side: Any) -> BoolArray:
        """Return whether each user outside the training data has a history, or side information in its place."""
        has: BoolArray = histories.lengths > 0
        return has

    def _known_users(self, user_codes: CodeArray, seen: Rows) -> BoolArray:
        """Return whether each user has training interactions, or side information in their place."""
        known: BoolArray = seen.lengths > 0
        return known

    def _read_histories(self, given: Any, *, skip_unknown: bool) -> tuple[Any, Rows]:
        """Return the user ids and histories passed to `recommend_for`; by default in order of item code."""
        explicit = self._is_explicit()
        return read_histories(given, self.interactions_.items, explicit=explicit, skip_unknown=skip_unknown)

    def _read_history(self, given: Any) -> Rows:
        """Return the history passed to `explain_for`, as a single row."""
        return read_history(given, self.interactions_.items, explicit=self._is_explicit())

    def _top_block(self, profiles: Any, n: int, eligible: EligibleItems) -> Top:
        """Return the n best eligible items for the users with these profiles, with scores that are not clipped.

        The default scores all items. Override it if the model can make lists without scoring all items.
        """
        return eligible.select(self._score_block(profiles), n, self._runner())

    def _block_size(self) -> int:
        """Return the number of users per block of lists; by default limited by the memory of dense scores."""
        return self._dense_block_size()

    def _to_reported(self, scores: FloatArray) -> FloatArray:
        """Return the scores to report; unchanged by default. May modify them in place."""
        return scores

    def _score_pairs(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        """Return the scores to report for known pairs: (n_pairs,) float64.

        The default scores all items of each user. Pairs without evidence (−∞) get their fallback score.
        """
        scores: FloatArray = np.zeros(len(user_codes))
        users, rows = np.unique(user_codes, return_inverse=True)
        order = np.argsort(rows, kind="stable")
        bounds = np.searchsorted(rows[order], np.arange(len(users) + 1))
        for start, stop in ranges(len(users), self._dense_block_size()):
            block = self._score_block(self._user_profiles(users[start:stop]))
            here = order[bounds[start] : bounds[stop]]
            scores[here] = block[rows[here] - start, item_codes[here]]
        without_evidence = ~np.isfinite(scores)
        scores = self._to_reported(scores)
        fallback = self._fallback_scores(user_codes[without_evidence], item_codes[without_evidence])
        scores[without_evidence] = fallback
        return scores

    def _fallback_scores(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        """Return the scores of pairs without evidence or with an unknown side (code −1): (n_pairs,) float64.

        The default is 0 for implicit feedback, and for ratings the mean plus the biases of the known sides.
        """
        if not self._is_explicit():
            return np.zeros(len(user_codes))
        return np.clip(self._biases.predict(user_codes, item_codes), *self.rating_range_)

    def _popular_scores(self) -> FloatArray:
        """Return the popularity of each item, for users without a profile: (n_items,) float32."""
        return self.item_counts_

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        """Return terms, with ids as subjects, that add up to the score of a known pair; one term by default."""
        score = self._score_pairs(np.array([user_code], np.int32), np.array([item_code], np.int32))[0]
        return [Term("other", None, float(score))]

    def _explain_history(self, history: Rows, item_code: int) -> list[Term]:
        """Return terms that add up to the score of an item for a user with this history.

        The default contribution of an item of the history is the change of the score if the item is left out.
        """

        def score(histories: Rows) -> FloatArray:
            return self._scores_for(histories, item_code)

        parts, rest = contributions(score, history, self._dense_block_size())
        return [*self._past_item_terms(history.codes, parts), Term("other", None, rest)]

    def _similar_items(self, item_codes: CodeArray, n: int) -> Top:
        """Return the n items most similar to each item."""
        raise NotImplementedError(f"{type(self).__name__} does not define similar items")

    def _similar_users(self, user_codes: CodeArray, n: int) -> Top:
        """Return the n users most similar to each user."""
        raise NotImplementedError(f"{type(self).__name__} does not define similar users")

    def _warm_up_data(self) -> Iterable[Interactions]:
        """Return data to fit in warm-up, for kernels that small data do not compile; none by default."""
        return ()

    def _check_fit(self) -> None:
        """Warn if lists for training users hold fewer of their own items than the most popular items do.

        Only models that name ``_remedies`` are checked, on implicit feedback and with enough users.
        """
        if not self._remedies or self._is_explicit():
            return
        data = self.interactions_
        users, n = sample_users(data), list_length(data.n_items)
        if len(users) < MIN_USERS:
            return
        lists = self._top_block(self._user_profiles(users), n, EligibleItems(None, Rows.empty(len(users))))
        if loses_to_popularity(lists, self._training_histories(users), self.item_counts_):
            values = self.get_params(deep=False)
            warnings.warn(
                f"{type(self).__name__} ranks its own training data worse than Popularity: lists of {n} items for "
                f"{len(users)} users hold fewer items of their histories than the {n} most popular items do; change "
                + ", ".join(f"{name}={values[name]!r}" for name in self._remedies),
                WeakModelWarning,
                stacklevel=levels_inside(),
            )

    # ------------------------------------------------------------------ for subclasses

    def _training_histories(self, user_codes: CodeArray) -> Rows:
        """Return rows of the training data; an unknown user (code −1) has an empty row."""
        return self.interactions_.rows.take(user_codes)

    def _past_item_terms(self, item_codes: CodeArray, contributions: FloatArray) -> list[Term]:
        """Return one term per item of a history."""
        ids = self.interactions_.items.take(item_codes).tolist()
        return [Term("past_item", item, float(part)) for item, part in zip(ids, contributions, strict=True)]

    def _blocks(self, n_users: int) -> Iterator[tuple[int, int]]:
        """Yield the range of users of each block of lists."""
        return ranges(n_users, self._block_size())

    def _dense_block_size(self) -> int:
        """Return the number of users whose scores of all items are held at a time."""
        return max(1, _BLOCK_BYTES // (4 * self.interactions_.n_items))

    def _scores_for(self, histories: Rows, item_code: int) -> FloatArray:
        """Return the reported score of an item for each history: (n_histories,) float64."""
        scores: FloatArray = self._score_block(self._fold_in(histories))[:, item_code].astype(np.float64)
        without_evidence = ~np.isfinite(scores)
        scores = self._to_reported(scores)
        n = np.count_nonzero(without_evidence)
        scores[without_evidence] = self._fallback_scores(np.full(n, -1, np.int32), np.full(n, item_code, np.int32))
        return scores
