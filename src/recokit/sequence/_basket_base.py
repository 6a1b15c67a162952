"""Base class of models that recommend the next basket, in which bought items are often bought again."""

from typing import Any, ClassVar, Self

import numpy as np

from recokit._typing import CodeArray, IntArray
from recokit.base import EligibleItems, Recommender, Top
from recokit.base._memory import MemoryPlan
from recokit.base.recommender import Fill, OnUnknown
from recokit.data.interactions import Interactions
from recokit.data.recommendations import Recommendations
from recokit.data.rows import Rows
from recokit.sequence._base import SequenceRecommender
from recokit.sequence._basket_events import as_baskets, basket_rows, read_basket_histories, read_basket_history

__all__ = ["BasketRecommender"]


class BasketRecommender(SequenceRecommender):
    """Base class of models of the next basket.

    The histories that ``_fold_in`` gets have the form of `basket_rows`: the distinct items of each basket in time
    order, with the ages of the baskets as values. A subclass calls ``_set_baskets`` in ``_fit``, and implements
    ``_bought`` and ``_top_eligible``. Items of the history are eligible by default.
    """

    _excludes_seen: ClassVar[bool] = False
    _repeat_share: float | None = None  # of the present request

    _baskets: Rows  # the training baskets

    def _read(self, X: Any, y: Any) -> Interactions:
        return super()._read(as_baskets(X), y)

    def _read_more(self, X: Any, y: Any) -> Interactions:
        return super()._read_more(as_baskets(X), y)

    def _plan_baskets(self, plan: MemoryPlan) -> None:
        """Add the arrays of `_set_baskets` to a plan."""
        n = float(self.sequences_.n_events)
        plan.work("order of the baskets", 48.0 * n)
        plan.keep("baskets", 4.0 * n)

    def _set_baskets(self) -> None:
        """Set ``_baskets``."""
        self._baskets = basket_rows(self.sequences_)

    def _restore(self) -> None:
        super()._restore()
        self._set_baskets()

    def _training_sequences(self, user_codes: CodeArray) -> Rows:
        return self._baskets.take(user_codes)

    def _read_histories(self, given: Any, *, skip_unknown: bool) -> tuple[Any, Rows]:
        return read_basket_histories(given, self.interactions_.items, skip_unknown=skip_unknown)

    def _read_history(self, given: Any) -> Rows:
        return read_basket_history(given, self.interactions_.items)

    # ------------------------------------------------------------------ recommending

    def recommend(
        self,
        users: Any = None,
        n: int = 10,
        *,
        repeat_share: float | None = None,
        exclude_seen: bool | None = None,
        candidates: Any = None,
        exclude: Any = None,
        on_unknown: OnUnknown = "raise",
        fill: Fill = None,
    ) -> Recommendations:
        """Return the top-n items for users of the training data; items bought before are eligible by default.

        Parameters
        ----------
        users, n, candidates, exclude, on_unknown, fill
            As in `Recommender.recommend`.
        repeat_share : float, optional
            Share of the list for items that the user bought before, from 0 to 1: ``round(n × repeat_share)`` items, the
            best ones. The other slots take the best items that the user has not bought. If one kind has too few
            items, the other kind takes its slots. The list is ordered by score. By default the scores decide alone.
        exclude_seen : bool, optional
            Exclude the items that a user has bought; False by default.

        Returns
        -------
        Recommendations

        Raises
        ------
        ValueError
            ``repeat_share`` is not between 0 and 1, or is given together with ``exclude_seen=True``.
        UnknownIdError
            A candidate is unknown, or a user is unknown and ``on_unknown="raise"``.
        NotFittedError
            The model is not fitted.
        """
        options = {"exclude_seen": exclude_seen, "candidates": candidates, "exclude": exclude}
        model = self._with_slots(repeat_share, exclude_seen)
        return Recommender.recommend(model, users, n, on_unknown=on_unknown, fill=fill, **options)

    def recommend_for(
        self,
        histories: Any,
        n: int = 10,
        *,
        repeat_share: float | None = None,
        exclude_seen: bool | None = None,
        candidates: Any = None,
        exclude: Any = None,
        on_unknown: OnUnknown = "raise",
        fill: Fill = None,
        **side: Any,
    ) -> Recommendations:
        """Return the top-n items for users outside the training data, from their baskets, without refitting.

        Parameters
        ----------
        histories : Sequences, Interactions with timestamps, event log, frame, mapping, or sequence
            A mapping of user ids to lists of baskets in time order; a sequence of such lists for users 0 … m − 1; or a
            form that `fit` accepts. A basket is a list or set of item ids; an item id in place of a basket is a basket
            of one item.
        n, candidates, exclude, on_unknown, fill, **side
            As in `Recommender.recommend_for`.
        repeat_share : float, optional
            Share of the list for items of the history, as in `recommend`.
        exclude_seen : bool, optional
            Exclude the items of the history; False by default.

        Returns
        -------
        Recommendations

        Raises
        ------
        ValueError
            ``repeat_share`` is not between 0 and 1, or is given together with ``exclude_seen=True``.
        UnknownIdError
            An item is unknown.
        DataError
            A history cannot be used.
        """
        options = {"exclude_seen": exclude_seen, "candidates": candidates, "exclude": exclude}
        model = self._with_slots(repeat_share, exclude_seen)
        return Recommender.recommend_for(model, histories, n, on_unknown=on_unknown, fill=fill, **options, **side)

    def _with_slots(self, repeat_share: float | None, exclude_seen: bool | None) -> Self:
        """Return a model of the same state for one request."""
        if repeat_share is None:
            return self
        if not 0 <= repeat_share <= 1:
            raise ValueError(f"repeat_share={repeat_share!r}: expected a number from 0 to 1, or None")
        if exclude_seen:
            raise ValueError("repeat_share needs the items bought before; leave out exclude_seen=True")
        return self._with_attributes(vars(self) | {"_repeat_share": float(repeat_share)})

    # ------------------------------------------------------------------ lists

    def _bought(self, profiles: Any) -> Rows:
        """Return the items that the users with these profiles bought, without values."""
        raise NotImplementedError

    def _top_eligible(self, profiles: Any, n: int, eligible: EligibleItems, *, repeats: bool) -> Top:
        """Return the n best eligible items, all of which are bought (``repeats``) or none is."""
        raise NotImplementedError

    def _top_block(self, profiles: Any, n: int, eligible: EligibleItems) -> Top:
        bought = self._bought(profiles)
        repeats = self._top_eligible(profiles, n, eligible.within(bought), repeats=True)
        excluded = eligible.excluded.joined(bought)
        others = self._top_eligible(profiles, n, eligible._replace(excluded=excluded), repeats=False)
        if self._repeat_share is not None:
            n_repeats = int(np.floor(n * self._repeat_share + 0.5))
            kept = np.minimum(repeats.counts, np.maximum(n_repeats, n - others.counts))
            repeats, others = _cut(repeats, kept), _cut(others, n - kept)
        return _merged(repeats, others, n)


def _cut(top: Top, lengths: IntArray) -> Top:
    """Return the lists cut to at most these lengths."""
    ranks = np.arange(top.codes.shape[1])
    return Top(top.codes.copy(), top.scores.copy(), top.counts.copy()).drop(
        ranks >= np.minimum(lengths, top.counts)[:, None]
    )


def _merged(first: Top, second: Top, n: int) -> Top:
    """Return the n best of two lists without common codes, ties by code."""
    codes, scores = np.hstack([first.codes, second.codes]), np.hstack([first.scores, second.scores])
    ranked = np.where(codes >= 0, scores, -np.inf)
    order = np.lexsort((np.where(codes >= 0, codes, np.iinfo(np.int32).max), -ranked), axis=1)[:, :n]
    counts = np.minimum(first.counts + second.counts, n).astype(np.int32)
    return Top(np.take_along_axis(codes, order, 1), np.take_along_axis(scores, order, 1), counts)
