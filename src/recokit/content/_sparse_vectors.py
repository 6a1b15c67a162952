"""SparseVectors: unit vectors of items with few features each, such as words, categories and price levels."""

from typing import Any

import numpy as np
from scipy import sparse

from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, BoolArray, CodeArray, FloatArray
from recokit.content._profiles import Profiles, profiles_from_strengths
from recokit.data.rows import Rows
from recokit.kernels.content import CANCELLED, score_profiles

__all__ = ["SparseVectors", "as_rows", "unit_rows"]


class SparseVectors:
    """Unit vectors of items, as compressed sparse rows.

    Parameters
    ----------
    matrix : csr_array of shape (n_items, n_features), float32
        Rows of norm 1, or empty; column indices are sorted.
    """

    def __init__(self, matrix: sparse.csr_array) -> None:
        self.matrix = matrix
        self.by_item = as_rows(matrix)
        self.by_feature = as_rows(sparse.csr_array(matrix.T))

    @classmethod
    def joined(cls, parts: "list[tuple[SparseVectors, FloatArray]]") -> "SparseVectors":
        """Return the vectors of several blocks side by side, each scaled by a factor for each item."""
        (first, scales), *others = parts
        if not others and np.all(scales == 1.0):
            return first
        scaled = [sparse.diags_array(scales) @ one.matrix for one, scales in parts]
        return cls(sparse.csr_array(sparse.hstack(scaled, format="csr"), dtype=np.float32))

    def __reduce__(self) -> tuple[Any, ...]:
        """Return the matrix alone: the other arrays are computed again, read-only as before."""
        return SparseVectors, (self.matrix,)

    @property
    def has_vector(self) -> BoolArray:
        """Whether each item has a vector: (n_items,) bool."""
        return self.by_item.lengths > 0

    def scores(self, profiles: Profiles, runner: Runner) -> FloatArray:
        """Return the scores of all items for profiles: (n_users, n_items) float32; −∞ without a common feature."""
        items, *maps = profiles
        by_item, by_feature = self.by_item, self.by_feature
        scores = np.empty((items.n_rows, by_item.n_rows), dtype=np.float32)
        cost_per_item = np.sum(by_feature.lengths**2) / by_item.n_rows  # number of items, summed over the features
        costs = by_item.n_rows + cost_per_item * items.lengths
        args = (*items.arrays, *by_item.arrays, *by_feature.arrays, *maps, scores)
        runner.rows(score_profiles, items.n_rows, args, costs=costs)
        return scores

    def cosines(self, items: Rows, runner: Runner) -> FloatArray:
        """Return the cosines of all items with weighted sums of items: (n_users, n_items) float32, −∞ without evidence.

        Parameters
        ----------
        items : Rows
            Item codes and weights of each user.
        """
        return self.scores(profiles_from_strengths(items), runner)

    def _profiles(self, items: Rows) -> tuple[sparse.csr_array, FloatArray]:
        """Return weighted sums of items, and their norms, 0 where a sum vanishes."""
        shape = items.n_rows, self.by_item.n_rows
        weights = sparse.csr_array((items.values.astype(np.float64), items.codes, items.indptr), shape)
        sums = sparse.csr_array(weights @ self.matrix.astype(np.float64))
        norms = np.sqrt(np.asarray(sums.power(2).sum(axis=1)).ravel())
        norms[norms <= CANCELLED * items.sums(np.abs(items.values))] = 0.0
        return sums, norms

    def has_profile(self, items: Rows) -> BoolArray:
        """Return whether each weighted sum of items has a direction: (n_users,) bool."""
        found: BoolArray = self._profiles(items)[1] > 0
        return found

    def pair_cosines(self, items: Rows, rows: AnyArray, item_codes: CodeArray) -> FloatArray:
        """Return the cosines of pairs of a row of ``items`` and an item: (n_pairs,) float64, 0 without evidence."""
        sums, norms = self._profiles(items)
        products = np.asarray((sums[rows] * self.matrix[item_codes].astype(np.float64)).sum(axis=1)).ravel()
        scales = np.where(norms > 0, 1 / np.where(norms > 0, norms, 1.0), 0.0)
        cosines: FloatArray = products * scales[rows]
        return cosines

    def parts(self, item_codes: AnyArray, weights: AnyArray, item_code: int) -> tuple[AnyArray, FloatArray]:
        """Return the features of an item and their parts of its cosine with a weighted sum of items.

        Both are empty if the weighted sum vanishes.
        """
        profile = self.matrix[item_codes].T.astype(np.float64) @ weights
        norm = float(np.linalg.norm(profile))
        if norm <= CANCELLED * np.abs(weights).sum(dtype=np.float64):
            return np.empty(0, dtype=np.int64), np.empty(0)
        vector = self.matrix[[item_code]]
        return vector.indices, profile[vector.indices] * vector.data / norm


def as_rows(matrix: sparse.csr_array) -> Rows:
    """Return the rows of a matrix, as kernels take them."""
    return Rows.from_arrays(matrix.indptr, matrix.indices, matrix.data)


def unit_rows(matrix: sparse.csr_array) -> sparse.csr_array:
    """Return a matrix with rows scaled to norm 1, as float32 with sorted column indices; empty rows stay empty."""
    norms = np.sqrt(np.asarray(matrix.power(2).sum(axis=1), dtype=np.float64).ravel())
    scaled = sparse.csr_array(sparse.diags_array(1 / np.where(norms > 0, norms, 1.0)) @ matrix, dtype=np.float32)
    scaled.eliminate_zeros()
    scaled.sort_indices()
    return scaled
