"""Cells of several spans, joined, and sums of cells with equal keys."""

from typing import NamedTuple

import numpy as np

from recokit.kernels._typing import AnyArray, FloatArray, IntArray

__all__ = ["Sums", "joined", "products_of_rows"]


def joined(starts: AnyArray, stops: AnyArray) -> tuple[IntArray, IntArray]:
    """Return the number of the span and the position of each cell of the spans, one span after the other.

    Examples
    --------
    >>> [array.tolist() for array in joined(np.array([5, 0]), np.array([7, 1]))]
    [[0, 0, 1], [5, 6, 0]]
    """
    lengths = np.asarray(stops, dtype=np.int64) - starts
    spans = np.repeat(np.arange(len(lengths)), lengths)
    before = np.cumsum(lengths) - lengths
    positions: IntArray = np.arange(len(spans)) + (starts - before)[spans]
    return spans, positions


def products_of_rows(
    start: int, stop: int, indptr: IntArray, codes: AnyArray, other_indptr: IntArray
) -> tuple[IntArray, IntArray, IntArray]:
    """Return the terms of a product of two sparse matrices, row by row, in the order in which kernels add them.

    Parameters
    ----------
    start, stop : int
        Range of the rows of the first matrix.
    indptr, codes : arrays
        The first matrix, compressed by row.
    other_indptr : array
        Bounds of the rows of the second matrix.

    Returns
    -------
    rows, cells, other_cells : (n_terms,) int64 arrays
        Row less ``start``, cell of the first matrix, and cell of the second matrix.
    """
    rows, cells = joined(indptr[start:stop], indptr[start + 1 : stop + 1])
    terms, other_cells = joined(other_indptr[codes[cells]], other_indptr[codes[cells] + 1])
    return rows[terms], cells[terms], other_cells


class Sums(NamedTuple):
    """The distinct cells among terms, by row and code, and the terms of each.

    Attributes
    ----------
    rows, codes : (n_cells,) int64 arrays
        Ascending.
    cell_of_term : (n_terms,) int64 array
    """

    rows: IntArray
    codes: IntArray
    cell_of_term: IntArray

    @classmethod
    def of_terms(cls, rows: IntArray, codes: AnyArray, n_codes: int) -> "Sums":
        """Return the cells of terms, which are given by row and code."""
        keys, cell_of_term = np.unique(rows * n_codes + codes, return_inverse=True)
        return cls(*np.divmod(keys, max(1, n_codes)), cell_of_term)

    def of(self, values: FloatArray) -> FloatArray:
        """Return the sum of the values of the terms of each cell, added one after the other: (n_cells,) float64."""
        return np.bincount(self.cell_of_term, values, minlength=len(self.rows))

    def counts(self) -> IntArray:
        """Return the number of terms of each cell."""
        return np.bincount(self.cell_of_term, minlength=len(self.rows))
