"""Item factors with the arrays that every request for lists needs."""

from functools import cached_property
from typing import NamedTuple

import numpy as np

from recokit._typing import AnyArray, CodeArray, FloatArray
from recokit.data.rows import read_only

__all__ = ["ItemVectors"]

_LEVELS = 127  # of a factor rounded to 8 bits, on each side of 0
_LANES = 32  # rounded vectors are padded to a multiple of this length, for vector instructions
_ROWS_AT_A_TIME = 1 << 9
_UNIT = 2.0**-23  # two roundings to float32
_SAFETY = 1.01
_ROUNDED_UP = 1 + 2.0**-20


class RoughVectors(NamedTuple):
    """Vectors rounded to 8 bits.

    Attributes
    ----------
    levels : (n_rows, width) int8 array
        Padded with zeros.
    scales : (n_rows,) float32 array
        A vector is its scale times its levels.
    slacks : (n_rows,) float32 array
        Largest difference of an inner product with a vector of norm 1.
    """

    levels: AnyArray
    scales: FloatArray
    slacks: FloatArray


class VectorsByNorm(NamedTuple):
    """Rounded vectors by descending norm.

    Attributes
    ----------
    levels, scales, slacks
        See `RoughVectors`.
    norms : (n_rows,) float32 array
        Norms, rounded up.
    order, ranks : (n_rows,) int32 arrays
        The row of each rank, and the rank of each row.
    """

    levels: AnyArray
    scales: FloatArray
    slacks: FloatArray
    norms: FloatArray
    order: CodeArray
    ranks: CodeArray


class ItemVectors:
    """The vectors of all items, with rounding errors of inner products.

    Parameters
    ----------
    vectors : (n_items, n_factors) float32 array

    Examples
    --------
    >>> rough = ItemVectors(np.array([[1.0, -0.5]], dtype=np.float32)).rough
    >>> rough.levels[0, :3].tolist()
    [127, -64, 0]
    """

    def __init__(self, vectors: FloatArray) -> None:
        self.vectors = np.ascontiguousarray(vectors)

    @cached_property
    def slacks(self) -> FloatArray:
        """Largest rounding error of a product in float32, in any order, with a vector of norm 1: (n_items,) float32."""
        norms = np.sqrt(np.einsum("ij,ij->i", self.vectors, self.vectors))
        slacks: FloatArray = (_SAFETY * self._unit * norms).astype(np.float32)
        return slacks

    @cached_property
    def rough(self) -> RoughVectors:
        """The vectors rounded to 8 bits."""
        n_items, n_factors = self.vectors.shape
        levels = np.zeros((n_items, -(-n_factors // _LANES) * _LANES), dtype=np.int8)
        scales, slacks = np.empty(n_items, dtype=np.float32), np.empty(n_items, dtype=np.float32)
        for start in range(0, n_items, _ROWS_AT_A_TIME):
            rows = slice(start, start + _ROWS_AT_A_TIME)
            vectors = self.vectors[rows]
            scale = np.abs(vectors).max(axis=1, initial=0) / np.float32(_LEVELS)
            rounded = np.rint(vectors / np.where(scale > 0, scale, 1)[:, None])
            errors = vectors - rounded * scale[:, None]
            norms = [np.sqrt(np.einsum("ij,ij->i", each, each)) for each in (errors, vectors)]
            levels[rows, :n_factors], scales[rows] = rounded, scale
            slacks[rows] = _SAFETY * (norms[0] + self._unit * (norms[1] + norms[0]))
        return RoughVectors(levels, scales, slacks)

    @cached_property
    def by_norm(self) -> VectorsByNorm:
        """The vectors rounded to 8 bits, by descending norm."""
        norms = np.sqrt(np.einsum("ij,ij->i", self.vectors, self.vectors, dtype=np.float64)) * _ROUNDED_UP
        order = np.argsort(-norms, kind="stable").astype(np.int32)
        ranks = np.empty_like(order)
        ranks[order] = np.arange(len(order), dtype=np.int32)
        rough = (array[order] for array in ItemVectors(self.vectors).rough)  # kept in one order only
        return VectorsByNorm(*map(read_only, (*rough, norms[order].astype(np.float32), order, ranks)))

    @property
    def _unit(self) -> float:
        """Largest rounding error of a product in float32 relative to the norms of its factors."""
        return float(_UNIT * (self.vectors.shape[1] + 8))
