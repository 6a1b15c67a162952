"""DenseVectors: unit vectors of items in a space of few dimensions, such as embeddings of texts and images."""

import numpy as np
from scipy import sparse

from recokit._runtime.blas import single_threaded_blas
from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, BoolArray, CodeArray, FloatArray
from recokit.data.rows import Rows
from recokit.kernels.content import CANCELLED

__all__ = ["DenseVectors", "products", "unit_vectors"]

_TILE = 64  # rows of each product: BLAS rounds alike if all products have the same shape
_PAIRS = 1 << 14  # pairs multiplied at a time


class DenseVectors:
    """Unit vectors of items.

    Parameters
    ----------
    matrix : (n_items, n_dimensions) float32 array, in C order
        Rows of norm 1; a row of zeros has no vector.
    """

    def __init__(self, matrix: FloatArray) -> None:
        self.matrix = matrix

    @property
    def has_vector(self) -> BoolArray:
        """Whether each item has a vector: (n_items,) bool."""
        found: BoolArray = np.any(self.matrix != 0, axis=1)
        return found

    def profiles(self, items: Rows) -> FloatArray:
        """Return the unit vectors of weighted sums of items, 0 where a sum vanishes: (n_users, n_dims) float32."""
        codes, places = np.unique(items.codes, return_inverse=True)
        weights = sparse.csr_array((items.values.astype(np.float64), places, items.indptr), (items.n_rows, len(codes)))
        sums = weights @ self.matrix[codes].astype(np.float64)
        norms = np.linalg.norm(sums, axis=1)
        exists = norms > CANCELLED * items.sums(np.abs(items.values))
        units: FloatArray = (sums * (exists / np.where(exists, norms, 1.0))[:, None]).astype(np.float32)
        return units

    def cosines(self, items: Rows, runner: Runner) -> FloatArray:
        """Return the cosines of all items with weighted sums of items: (n_users, n_items) float32, −∞ without a vector.

        Parameters
        ----------
        items : Rows
            Item codes and weights of each user.
        """
        profiles = self.profiles(items)
        scores = products(profiles, self.matrix, runner)
        np.clip(scores, -1.0, 1.0, out=scores)
        scores[:, ~self.has_vector] = -np.inf
        scores[~np.any(profiles != 0, axis=1)] = -np.inf
        return scores

    def has_profile(self, items: Rows) -> BoolArray:
        """Return whether each weighted sum of items has a direction: (n_users,) bool."""
        found: BoolArray = np.any(self.profiles(items) != 0, axis=1)
        return found

    def pair_cosines(self, items: Rows, rows: AnyArray, item_codes: CodeArray) -> FloatArray:
        """Return the cosines of pairs of a row of ``items`` and an item: (n_pairs,) float64, 0 without a vector."""
        profiles, cosines = self.profiles(items), np.empty(len(rows))
        for start in range(0, len(rows), _PAIRS):
            part = slice(start, start + _PAIRS)
            pairs = profiles[rows[part]], self.matrix[item_codes[part]]
            cosines[part] = np.einsum("ij,ij->i", *pairs, dtype=np.float64)
        return cosines

    def parts(self, item_codes: AnyArray, weights: AnyArray, item_code: int) -> tuple[AnyArray, FloatArray]:
        """Return one part, the cosine of an item with a weighted sum of items; none if one of them has no vector."""
        alone = Rows.from_arrays([0, len(item_codes)], item_codes, weights)
        profile, vector = self.profiles(alone)[0], self.matrix[item_code]
        if not np.any(profile) or not np.any(vector):
            return np.empty(0, dtype=np.int64), np.empty(0)
        return np.zeros(1, dtype=np.int64), np.array([profile.astype(np.float64) @ vector.astype(np.float64)])


def products(queries: FloatArray, vectors: FloatArray, runner: Runner) -> FloatArray:
    """Return all inner products: (n_queries, n_vectors) float32.

    All products of matrices have the same shape and run on one thread each, so that the bits of a row depend neither on
    the other rows nor on the number of threads.
    """
    result = np.empty((len(queries), len(vectors)), dtype=np.float32)

    def multiply(start: int) -> None:
        tile = queries[start : start + _TILE]
        if len(tile) == _TILE:
            np.dot(tile, vectors.T, out=result[start : start + _TILE])
            return
        padded = np.zeros((_TILE, queries.shape[1]), dtype=np.float32)
        padded[: len(tile)] = tile
        result[start:] = np.dot(padded, vectors.T)[: len(tile)]

    with single_threaded_blas():
        runner.each(range(0, len(queries), _TILE), multiply)
    return result


def unit_vectors(matrix: AnyArray) -> FloatArray:
    """Return rows scaled to norm 1 as float32; rows with NaN or of norm 0 become zeros."""
    wide = np.nan_to_num(matrix.astype(np.float64), nan=0.0)
    wide /= np.maximum(np.abs(wide).max(axis=1, initial=0.0), 1e-300)[:, None]  # keeps squares from overflowing
    norms = np.linalg.norm(wide, axis=1)
    units: FloatArray = (wide / np.where(norms > 0, norms, 1.0)[:, None]).astype(np.float32)
    return units
