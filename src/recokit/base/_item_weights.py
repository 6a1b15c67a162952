"""Base class of models whose scores are sums of sparse item-to-item weights."""

import numpy as np
from scipy import sparse

from recokit._typing import CodeArray, FloatArray
from recokit.base._eligibility import EligibleItems
from recokit.base._lists import USERS_PER_BLOCK, top_of_sums
from recokit.base.explanation import Term
from recokit.base.recommender import Recommender
from recokit.base.top import Top
from recokit.data.rows import Rows
from recokit.kernels.sparse_lists import sparse_scores

__all__ = ["ItemWeightsRecommender", "matrix_of"]


class ItemWeightsRecommender(Recommender):
    """Base class of models with the scores X B, where B is a sparse matrix.

    A subclass sets ``item_weights_`` in ``_fit``, and overrides ``_profiles`` if X is not the matrix of histories.

    Attributes
    ----------
    item_weights_ : (n_items, n_items) float32 scipy.sparse.csr_array
        B: weight of an item of the history (row) in the score of another item (column).
    """

    item_weights_: sparse.csr_array

    def _profiles(self, histories: Rows) -> Rows:
        """Return the rows of X in the formula X B."""
        return histories

    def _user_profiles(self, user_codes: CodeArray) -> Rows:
        return self._profiles(self._training_histories(user_codes))

    def _fold_in(self, histories: Rows) -> Rows:
        return self._profiles(histories)

    def _weight_rows(self) -> Rows:
        """Return B in the form that kernels take."""
        return self._derived("weight rows", self.item_weights_, _rows_of)

    def _block_size(self) -> int:
        return USERS_PER_BLOCK

    def _score_block(self, profiles: Rows) -> FloatArray:
        rows = self._weight_rows()
        scores = np.empty((profiles.n_rows, self.interactions_.n_items), dtype=np.float32)
        costs = profiles.sums_of_rows(rows) + scores.shape[1]
        self._runner().rows(sparse_scores, len(scores), (*profiles.arrays, *rows.arrays, scores), costs=costs)
        return scores

    def _top_block(self, profiles: Rows, n: int, eligible: EligibleItems) -> Top:
        return top_of_sums(profiles, self._weight_rows(), self.interactions_.n_items, n, eligible, self._runner())

    def _similar_items(self, item_codes: CodeArray, n: int) -> Top:
        """Return the items with the largest positive weights in the row of each item."""
        alone = Rows.from_arrays(np.arange(len(item_codes) + 1), item_codes, np.ones(len(item_codes)))
        found = ItemWeightsRecommender._top_block(self, alone, n, EligibleItems(None, alone))
        return found.drop(~(found.scores > 0))

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        profile = self._user_profiles(np.array([user_code], dtype=np.int32))
        weights = self.item_weights_[profile.codes][:, [item_code]].toarray()[:, 0]
        return self._past_item_terms(profile.codes, profile.values.astype(np.float64) * weights)


def matrix_of(weights: Rows) -> sparse.csr_array:
    """Return the weights between items as a matrix with sorted columns and, if they suffice, indices of 32 bits."""
    n_items, fits = weights.n_rows, weights.indptr[-1] <= np.iinfo(np.int32).max
    indptr = weights.indptr.astype(np.int32 if fits else np.int64)
    matrix = sparse.csr_array((weights.values.copy(), weights.codes.copy(), indptr), shape=(n_items, n_items))
    matrix.sort_indices()
    return matrix


def _rows_of(matrix: sparse.csr_array) -> Rows:
    return Rows.from_arrays(matrix.indptr, matrix.indices, matrix.data)
