"""Compressed rows, as the kernels of this package take them."""

from typing import NamedTuple

import numpy as np

from recokit._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.base import Histories

__all__ = ["Rows", "read_only"]


def read_only(array: AnyArray) -> AnyArray:
    """Return a view that cannot be written to.

    Numba compiles a kernel anew for read-only arrays, and training data are read-only: so that there is one version of
    each kernel, all its inputs are.
    """
    view = array.view()
    view.flags.writeable = False
    return view


class Rows(NamedTuple):
    """A sparse matrix, compressed by row.

    Attributes
    ----------
    indptr : (n_rows + 1,) int64 array
    codes : (n,) int32 array
    values : (n,) float32 array
    """

    indptr: IntArray
    codes: CodeArray
    values: FloatArray

    @classmethod
    def of(cls, indptr: AnyArray, codes: AnyArray, values: AnyArray) -> "Rows":
        """Return rows over contiguous, read-only views of the arrays."""
        return cls(
            read_only(np.ascontiguousarray(indptr, dtype=np.int64)),
            read_only(np.ascontiguousarray(codes, dtype=np.int32)),
            read_only(np.ascontiguousarray(values, dtype=np.float32)),
        )

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.indptr) - 1

    @property
    def lengths(self) -> IntArray:
        """Number of cells of each row: (n_rows,) int64."""
        return np.diff(self.indptr)

    def take(self, row_codes: AnyArray) -> "Rows":
        """Return some of the rows, in the order asked for."""
        return Rows.of(*Histories(*self).rows(row_codes))

    def sums(self, values: AnyArray) -> FloatArray:
        """Return the sum over each row of values aligned with its cells: (n_rows,) float64."""
        row_codes = np.repeat(np.arange(self.n_rows), self.lengths)
        sums: FloatArray = np.bincount(row_codes, values, minlength=self.n_rows).astype(np.float64)
        return sums

    def means(self, default: float) -> FloatArray:
        """Return the mean of each row, ``default`` where it is empty: (n_rows,) float64."""
        lengths = self.lengths
        means: FloatArray = np.where(lengths > 0, self.sums(self.values) / np.maximum(lengths, 1), default)
        return means

    def each(self, of_rows: AnyArray, of_codes: AnyArray) -> tuple[AnyArray, AnyArray]:
        """Return what belongs to the row and what to the code of each cell: two arrays aligned with the cells."""
        return np.repeat(of_rows, self.lengths), of_codes[self.codes]
