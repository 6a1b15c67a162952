"""Compressed rows, as the kernels of this package take them."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from recokit._arrays import read_only
from recokit._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.base import Histories

__all__ = ["Rows"]

_PART_CELLS = 1 << 18


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

    def parts(self, n_at_a_time: int = 1) -> Iterator[tuple[slice, slice]]:
        """Yield ranges of rows, some of which are worked on at a time, and those of their cells.

        What is computed of cells in float64 then takes no memory to speak of.
        """
        start, most = 0, _PART_CELLS // n_at_a_time
        while start < self.n_rows:
            stop = int(np.searchsorted(self.indptr, self.indptr[start] + most, side="right")) - 1
            stop = min(max(stop, start + 1), self.n_rows)
            yield slice(start, stop), slice(int(self.indptr[start]), int(self.indptr[stop]))
            start = stop

    def sums(self, values: AnyArray) -> FloatArray:
        """Return the sum over each row of values aligned with its cells: (n_rows,) float64."""
        sums, lengths = np.zeros(self.n_rows), self.lengths
        for rows, cells in self.parts():
            row_codes = np.repeat(np.arange(rows.stop - rows.start), lengths[rows])
            sums[rows] = np.bincount(row_codes, values[cells], minlength=rows.stop - rows.start)
        return sums

    def means(self, default: float) -> FloatArray:
        """Return the mean of each row, ``default`` where it is empty: (n_rows,) float64."""
        lengths = self.lengths
        means: FloatArray = np.where(lengths > 0, self.sums(self.values) / np.maximum(lengths, 1), default)
        return means

    def each(self, of_rows: AnyArray, of_codes: AnyArray) -> tuple[AnyArray, AnyArray]:
        """Return what belongs to the row and what to the code of each cell: two arrays aligned with the cells."""
        return np.repeat(of_rows, self.lengths), of_codes[self.codes]
