"""FactorRecommender: the base class of models that score by inner products of factors."""

from typing import Any, ClassVar

import numpy as np

from recokit._typing import BoolArray, CodeArray, FloatArray
from recokit.base import EligibleItems, Recommender, Top
from recokit.base._lists import USERS_PER_BLOCK
from recokit.base._parameters import COUNT
from recokit.factorization._factors import Factors
from recokit.factorization._item_vectors import ItemVectors
from recokit.factorization._scoring import nearest_by_cosine, products, score_pairs, top_of_products

__all__ = ["FactorRecommender"]


class FactorRecommender(Recommender):
    """Base class of models with the scores μ + b_u + b_i + p_u·q_i.

    A subclass sets ``user_factors_`` and ``item_factors_`` in ``_fit``, and implements ``_fold_in``. If it has biases
    or a constant term, it overrides `_user_factors`, `_item_factors` or `_intercept`.

    Attributes
    ----------
    user_factors_, item_factors_ : (n_users, n_factors), (n_items, n_factors) float32 arrays
        p and q.
    """

    # Whether the biases alone are enough evidence for a score. If not, users whose factors are 0 have no list, and
    # items without interactions are never recommended.
    _scores_without_factors: ClassVar[bool] = False
    _parameter_constraints: ClassVar[dict[str, Any]] = {**Recommender._parameter_constraints, "n_factors": COUNT}

    n_factors: Any  # int; PureSVD allows None
    user_factors_: FloatArray
    item_factors_: FloatArray

    # ------------------------------------------------------------------ hooks

    def _user_factors(self) -> Factors:
        """Return the factors of the training users."""
        return Factors(self.user_factors_)

    def _item_factors(self) -> Factors:
        """Return the factors of the items."""
        return Factors(self.item_factors_)

    def _intercept(self) -> float:
        """Return μ, the constant term of all scores."""
        return 0.0

    def _fold_in(self, histories: Any) -> Factors:
        """Return the factors of users outside the training data."""
        raise NotImplementedError

    # ------------------------------------------------------------------ scoring

    def _user_profiles(self, user_codes: CodeArray) -> Factors:
        return self._user_factors().take(user_codes)

    def _score_block(self, profiles: Factors) -> FloatArray:
        return self._scores(profiles, self._item_factors(), self._items_without_evidence())

    def _score_items(self, profiles: Factors, item_codes: CodeArray) -> FloatArray:
        items = self._item_factors().take(item_codes)
        return self._scores(profiles, items, self._items_without_evidence()[item_codes])

    def _scores(self, profiles: Factors, items: Factors, without_evidence: BoolArray) -> FloatArray:
        """Return the scores of items for users with these profiles, −∞ without evidence: (n_users, n_items) float32."""
        scores = products(profiles.vectors, items.vectors, self._runner())
        user_terms = self._user_terms(profiles)
        if user_terms is not None:
            scores += user_terms
        if items.bias is not None:
            scores += items.bias
        if not self._scores_without_factors:
            scores[:, without_evidence] = -np.inf
            scores[~profiles.has_vector] = -np.inf
        return scores

    def _top_block(self, profiles: Factors, n: int, eligible: EligibleItems) -> Top:
        without_evidence = None if self._scores_without_factors else self._items_without_evidence()
        if without_evidence is not None and np.any(without_evidence):
            eligible = eligible.allow(~without_evidence)
        items = self._item_factors()
        vectors = self._derived("item vectors", items.vectors, ItemVectors)
        top = top_of_products(profiles.vectors, vectors, items.bias, n, eligible, self._runner())
        user_terms = self._user_terms(profiles)
        if user_terms is not None:
            top = top._replace(scores=top.scores + user_terms)
        if not self._scores_without_factors:
            empty = np.flatnonzero(~profiles.has_vector)
            top.put(empty, Top.padding(len(empty), n))
        return top

    def _user_terms(self, profiles: Factors) -> FloatArray | None:
        """Return μ + b_u as a column; None if it is 0 for all users."""
        intercept = np.float32(self._intercept())
        if profiles.bias is None and intercept == 0:
            return None
        terms: FloatArray = (profiles.bias_or_zeros() + intercept)[:, None]
        return terms

    def _items_without_evidence(self) -> BoolArray:
        """Return whether each item has no interactions: (n_items,) bool."""
        without: BoolArray = self.item_counts_ == 0
        return without

    def _block_size(self) -> int:
        return USERS_PER_BLOCK

    def _score_pairs(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        users = self._user_factors()
        scores = score_pairs(users, self._item_factors(), user_codes, item_codes, self._runner())
        scores += self._intercept()
        scores = self._to_reported(scores)
        if not self._scores_without_factors:
            requested, rows = np.unique(user_codes, return_inverse=True)
            lacking = ~users.take(requested).has_vector[rows] | self._items_without_evidence()[item_codes]
            scores[lacking] = self._fallback_scores(user_codes[lacking], item_codes[lacking])
        return scores

    def _bias_scores(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        """Return μ + b_u + b_i; the bias of an unknown side (code −1) is 0: (n_pairs,) float64."""
        user_bias, item_bias = (
            np.append(side.bias_or_zeros(), 0.0) for side in (self._user_factors(), self._item_factors())
        )
        scores: FloatArray = self._intercept() + user_bias[user_codes] + item_bias[item_codes]
        return scores

    # ------------------------------------------------------------------ neighbours

    def _similar_items(self, item_codes: CodeArray, n: int) -> Top:
        return nearest_by_cosine(self.item_factors_, item_codes, n, self._runner())

    def _similar_users(self, user_codes: CodeArray, n: int) -> Top:
        return nearest_by_cosine(self.user_factors_, user_codes, n, self._runner())
