"""FactorRecommender: what models share that score by an inner product of factors."""

from typing import Any

import numpy as np

from recokit._typing import BoolArray, CodeArray, FloatArray
from recokit.base import EligibleItems, Recommender, Top
from recokit.factorization._scoring import USERS_PER_BLOCK, nearest_by_cosine, products, top_of_products
from recokit.kernels.sgd_predict import score_pairs

__all__ = ["FactorRecommender"]


class FactorRecommender(Recommender):
    """Base class of models whose profiles are factors, 0 for who has no history, and whose scores are for lists.

    Attributes
    ----------
    user_factors_, item_factors_ : (n_users, n_factors), (n_items, n_factors) float32 arrays
    """

    user_factors_: FloatArray
    item_factors_: FloatArray

    def _offsets(self) -> FloatArray | None:
        """Return what each item has in all lists, None for nothing: (n_items,) float32."""
        return None

    def _unknown_items(self) -> BoolArray:
        """Tell which items have no interactions, so that nothing speaks for them."""
        unknown: BoolArray = self.item_counts_ == 0
        return unknown

    def _user_profiles(self, user_codes: CodeArray) -> FloatArray:
        return self.user_factors_[user_codes]

    def _score_block(self, profiles: Any) -> FloatArray:
        scores, offsets = products(profiles, self.item_factors_, self._runner()), self._offsets()
        if offsets is not None:
            scores += offsets
        scores[:, self._unknown_items()] = -np.inf
        scores[~np.any(profiles, axis=1)] = -np.inf
        return scores

    def _top_block(self, profiles: Any, n: int, eligible: EligibleItems) -> Top:
        unknown = self._unknown_items()
        if np.any(unknown):
            eligible = eligible.allow(~unknown)
        top = top_of_products(profiles, self.item_factors_, self._offsets(), n, eligible, self._runner())
        nobody = np.flatnonzero(~np.any(profiles, axis=1))
        top.put(nobody, Top.padding(len(nobody), n))
        return top

    def _block_size(self) -> int:
        return USERS_PER_BLOCK

    def _score_pairs(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        offsets, scores = self._offsets(), np.empty(len(user_codes))
        no_bias = np.zeros(len(self.user_factors_), dtype=np.float32)
        item_bias = np.zeros(len(self.item_factors_), dtype=np.float32) if offsets is None else offsets
        arrays = (no_bias, item_bias, self.user_factors_, self.item_factors_, scores)
        self._runner().rows(score_pairs, len(scores), (user_codes, item_codes, *arrays))
        users, rows = np.unique(user_codes, return_inverse=True)
        lacking = ~np.any(self.user_factors_[users], axis=1)[rows] | self._unknown_items()[item_codes]
        scores[lacking] = self._fallback_scores(user_codes[lacking], item_codes[lacking])
        return scores

    def _similar_items(self, item_codes: CodeArray, n: int) -> Top:
        return nearest_by_cosine(self.item_factors_, item_codes, n, self._runner())

    def _similar_users(self, user_codes: CodeArray, n: int) -> Top:
        return nearest_by_cosine(self.user_factors_, user_codes, n, self._runner())

    def _take_over(self, start: tuple[FloatArray, ...], old: tuple[FloatArray, ...], known: Any, here: Any) -> None:
        """Overwrite first factors, of users and of items, by those of the users and items that were known.

        Raises
        ------
        ValueError
            They are not of the same length.
        """
        if old[0].shape[1] != start[0].shape[1]:
            raise ValueError(
                f"n_factors={start[0].shape[1]} is not what the model was fitted with, {old[0].shape[1]}; call fit, "
                "with warm_start=False"
            )
        codes = here.users.codes(known.users), here.items.codes(known.items)
        for mine, theirs, places in zip(start, old, codes, strict=True):
            learned = np.any(theirs, axis=1) & (places >= 0)
            mine[places[learned]] = theirs[learned]
