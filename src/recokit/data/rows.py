"""Compressed sparse rows."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from recokit._runtime.threads import Runner, split_by_cost
from recokit._typing import AnyArray, BoolArray, CodeArray, FloatArray, IntArray
from recokit.kernels.rows import count_columns, fill_columns

__all__ = ["Rows", "bounds_from_lengths", "expand_spans", "read_only", "transpose_spans"]

_PART_CELLS = 1 << 18
_MAX_PARTS = 8  # parts of a transposition; each holds one count per column
_SERIAL = Runner()


def read_only(array: AnyArray) -> AnyArray:
    """Return a read-only view of an array.

    Numba compiles a separate version of a kernel for read-only arrays. Training data are read-only, so all kernel
    inputs are read-only too, and each kernel has one version.
    """
    view = array.view()
    view.flags.writeable = False
    return view


def bounds_from_lengths(lengths: AnyArray) -> IntArray:
    """Return the bounds of consecutive rows of these lengths.

    Parameters
    ----------
    lengths : (n_rows,) integer array

    Returns
    -------
    (n_rows + 1,) int64 array

    Examples
    --------
    >>> bounds_from_lengths(np.array([2, 0, 1])).tolist()
    [0, 2, 2, 3]
    """
    bounds = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=bounds[1:])
    return bounds


def expand_spans(starts: AnyArray, stops: AnyArray) -> IntArray:
    """Return the positions of consecutive spans, concatenated.

    Parameters
    ----------
    starts, stops : (n_spans,) integer arrays

    Examples
    --------
    >>> expand_spans(np.array([5, 0]), np.array([7, 1])).tolist()
    [5, 6, 0]
    """
    indptr = bounds_from_lengths(stops - starts)
    positions: IntArray = np.arange(indptr[-1]) + np.repeat(starts - indptr[:-1], stops - starts)
    return positions


class Rows(NamedTuple):
    """A sparse matrix compressed by row: histories, neighbour lists, item weights, training cells.

    Attributes
    ----------
    indptr : (n_rows + 1,) int64 array
        Bounds of the rows in the other arrays.
    codes : (n,) int32 array
        Column code of each cell.
    values : (n,) float32 array
        Value of each cell, or an empty array where the cells have no values.
    times : (n,) array, optional
        Time of each cell. Rows from `Interactions.in_time_order` are in time order; most others are in order of code.

    See Also
    --------
    recokit.Interactions : Users × items with values and timestamps.
    recokit.base.Top : The n best codes of each row: lists of items for users, or the nearest neighbours of each row.

    Examples
    --------
    >>> rows = Rows.from_arrays([0, 1, 3], [4, 2, 5], [1, 1, 2])
    >>> rows.n_rows, rows.lengths.tolist()
    (2, [1, 2])
    >>> rows.take(np.array([1, -1])).codes.tolist()
    [2, 5]
    >>> rows.select(rows.codes < 5).codes.tolist(), rows.means(0.0).tolist()
    ([4, 2], [1.0, 1.5])
    >>> rows.sums(rows.values * 2).tolist()
    [2.0, 6.0]
    >>> rows.with_values(np.array([3, 3, 3])).values.tolist()
    [3.0, 3.0, 3.0]
    >>> rows.recoded(np.array([-1, -1, 0, -1, 1, 2], dtype=np.int32)).codes.tolist()
    [1, 0, 2]
    >>> other = Rows.from_row_codes(np.array([0, 1]), np.array([7, 8]), n_rows=2)
    >>> rows.joined(other).codes.tolist(), Rows.empty(2).lengths.tolist()
    ([4, 7, 2, 5, 8], [0, 0])
    """

    indptr: IntArray
    codes: CodeArray
    values: FloatArray
    times: AnyArray | None = None

    @classmethod
    def from_arrays(cls, indptr: Any, codes: Any, values: Any, times: AnyArray | None = None) -> "Rows":
        """Return rows over contiguous, read-only views of the arrays, with the dtypes that kernels take."""
        return cls(
            read_only(np.ascontiguousarray(indptr, dtype=np.int64)),
            read_only(np.ascontiguousarray(codes, dtype=np.int32)),
            read_only(np.ascontiguousarray(values, dtype=np.float32)),
            None if times is None else read_only(np.ascontiguousarray(times)),
        )

    @classmethod
    def from_row_codes(cls, row_codes: AnyArray, codes: AnyArray, n_rows: int) -> "Rows":
        """Return rows without values from the row codes and column codes of cells that are sorted by row."""
        lengths = np.bincount(row_codes, minlength=n_rows)
        return cls.from_arrays(bounds_from_lengths(lengths), codes, ())

    @classmethod
    def empty(cls, n_rows: int) -> "Rows":
        """Return rows without cells."""
        return cls.from_arrays(np.zeros(n_rows + 1), (), ())

    @property
    def arrays(self) -> tuple[IntArray, CodeArray, FloatArray]:
        """``(indptr, codes, values)``, as kernels take them."""
        return self[:3]

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.indptr) - 1

    @property
    def lengths(self) -> IntArray:
        """Number of cells of each row: (n_rows,) int64."""
        return np.diff(self.indptr)

    @property
    def row_codes(self) -> IntArray:
        """Row of each cell: (n,) int64."""
        return np.repeat(np.arange(self.n_rows), self.lengths)

    def take(self, row_codes: AnyArray) -> "Rows":
        """Return some of the rows, in the order given; code −1 gives an empty row."""
        if len(row_codes) == 1:  # the request of one user: views of the cells, without a copy
            return self._one(int(row_codes[0]))
        starts = np.where(row_codes >= 0, self.indptr[row_codes], 0)
        return self.spans(starts, np.where(row_codes >= 0, self.indptr[row_codes + 1], 0))

    def _one(self, row: int) -> "Rows":
        """Return one of the rows; code −1 gives an empty row."""
        start, stop = (int(self.indptr[row]), int(self.indptr[row + 1])) if row >= 0 else (0, 0)
        cells = slice(start, stop)
        values = self.values[cells] if len(self.values) else self.values
        times = None if self.times is None else self.times[cells]
        return Rows(read_only(np.array([0, stop - start])), self.codes[cells], values, times)

    def spans(self, starts: AnyArray, stops: AnyArray) -> "Rows":
        """Return rows that hold spans of the cells, in the order given; spans may overlap.

        Parameters
        ----------
        starts, stops : (n_spans,) integer arrays
            Bounds of the spans in ``codes``.

        Examples
        --------
        >>> rows = Rows.from_arrays([0, 3], [4, 2, 5], ())
        >>> rows.spans(np.array([0, 1]), np.array([1, 3])).codes.tolist()
        [4, 2, 5]
        """
        return self._with_cells(bounds_from_lengths(stops - starts), expand_spans(starts, stops))

    def select(self, mask: BoolArray) -> "Rows":
        """Return the same rows with only the cells for which the mask is True."""
        return self._with_cells(bounds_from_lengths(mask)[self.indptr], mask)

    def _with_cells(self, indptr: IntArray, cells: AnyArray) -> "Rows":
        values = self.values[cells] if len(self.values) else self.values
        return Rows.from_arrays(indptr, self.codes[cells], values, None if self.times is None else self.times[cells])

    def with_values(self, values: AnyArray) -> "Rows":
        """Return the same cells with other values."""
        return Rows.from_arrays(self.indptr, self.codes, values, self.times)

    def recoded(self, new_codes: CodeArray) -> "Rows":
        """Return the rows with other column codes; cells whose new code is −1 are dropped.

        Parameters
        ----------
        new_codes : (n_columns,) int32 array
            New code of each column.
        """
        codes = new_codes[self.codes]
        return self._replace(codes=codes).select(codes >= 0)

    def joined(self, other: "Rows") -> "Rows":
        """Return rows with the cells of both, these first, and without values."""
        row_codes = np.concatenate([self.row_codes, other.row_codes])
        order = np.argsort(row_codes, kind="stable")
        codes = np.concatenate([self.codes, other.codes])[order]
        return Rows.from_arrays(self.indptr + other.indptr, codes, ())

    def transposed(self, n_columns: int, runner: Runner = _SERIAL) -> "Rows":
        """Return the same cells by column, each column in order of row code.

        Parameters
        ----------
        n_columns : int
        runner : Runner
            Threads to use.

        Examples
        --------
        >>> rows = Rows.from_arrays([0, 2, 3], [0, 1, 0], [5, 6, 7])
        >>> [array.tolist() for array in rows.transposed(2).arrays]
        [[0, 2, 3], [0, 1, 0], [5.0, 7.0, 6.0]]
        """
        row_codes = np.empty(len(self.codes), dtype=np.int32)
        spans = np.arange(self.n_rows), self.indptr[:-1], self.indptr[1:]
        starts, values = transpose_spans(*spans, self.codes, self.values, n_columns, row_codes, runner)
        return Rows.from_arrays(starts, row_codes, values)

    def parts(self, n_at_a_time: int = 1) -> Iterator[tuple[slice, slice]]:
        """Yield ranges of rows with the ranges of their cells, for work in bounded memory.

        Parameters
        ----------
        n_at_a_time : int
            Number of ranges that are worked on at the same time.
        """
        start, most = 0, _PART_CELLS // n_at_a_time
        while start < self.n_rows:
            stop = int(np.searchsorted(self.indptr, self.indptr[start] + most, side="right")) - 1
            stop = min(max(stop, start + 1), self.n_rows)
            yield slice(start, stop), slice(int(self.indptr[start]), int(self.indptr[stop]))
            start = stop

    def sums(self, values: AnyArray) -> FloatArray:
        """Return the row sums of values that are aligned with the cells: (n_rows,) float64."""
        sums, lengths = np.zeros(self.n_rows), self.lengths
        for rows, cells in self.parts():
            row_codes = np.repeat(np.arange(rows.stop - rows.start), lengths[rows])
            sums[rows] = np.bincount(row_codes, values[cells], minlength=rows.stop - rows.start)
        return sums

    def means(self, default: float) -> FloatArray:
        """Return the mean value of each row, ``default`` for empty rows: (n_rows,) float64."""
        lengths = self.lengths
        means: FloatArray = np.where(lengths > 0, self.sums(self.values) / np.maximum(lengths, 1), default)
        return means

    def sums_of_lengths(self, lengths: IntArray) -> FloatArray:
        """Return, for each row, the total length of the rows that its cells refer to: (n_rows,) float64.

        Parameters
        ----------
        lengths : (n_columns,) int64 array
            Length of the row with each code.
        """
        return self._sums_of(lengths[self.codes])

    def sums_of_rows(self, rows: "Rows") -> FloatArray:
        """Return the `sums_of_lengths` for the lengths of the given rows; rows without a cell here are not read.

        Examples
        --------
        >>> rows = Rows.from_arrays([0, 3, 4], [4, 2, 5, 0], ())
        >>> Rows.from_arrays([0, 1, 3], [1, 0, 1], ()).sums_of_rows(rows).tolist()
        [1.0, 4.0]
        """
        return self._sums_of(rows.indptr[1:][self.codes] - rows.indptr[self.codes])

    def _sums_of(self, lengths: IntArray) -> FloatArray:
        """Return the row sums of numbers that are aligned with the cells: (n_rows,) float64."""
        totals: FloatArray = np.diff(bounds_from_lengths(lengths)[self.indptr]).astype(np.float64)
        return totals


def transpose_spans(
    row_order: IntArray,
    row_starts: IntArray,
    row_stops: IntArray,
    column_codes: CodeArray,
    values: AnyArray,
    n_columns: int,
    places: AnyArray,
    runner: Runner = _SERIAL,
) -> tuple[IntArray, AnyArray]:
    """Transpose rows that are given as spans, in any order and possibly with gaps between them.

    Parameters
    ----------
    row_order : (n_rows,) int64 array
        Order of the rows within a column.
    row_starts, row_stops : (n_rows,) int64 arrays
        Span of the cells of each row.
    column_codes, values : (m,) int32 and (m,) or (0,) arrays
    n_columns : int
    places : (n,) integer array
        Output: position in ``row_order`` of the row of each transposed cell.
    runner : Runner
        Threads to use.

    Returns
    -------
    indptr, values : (n_columns + 1,) int64 and (n,) or (0,) arrays
    """
    # The counts of all parts together take no more memory than the result.
    n_parts = max(1, min(runner.n_threads, _MAX_PARTS, len(places) // max(1, n_columns)))
    parts = split_by_cost((row_stops - row_starts)[row_order], n_parts)
    bounds = np.array([0, *(stop for _, stop in parts)], dtype=np.int64)
    rows = tuple(read_only(array) for array in (bounds, row_order, row_starts, row_stops, column_codes))
    counts = np.zeros((len(parts), n_columns), dtype=np.int64)
    costs = np.full(len(parts), len(places) / max(1, len(parts)))
    runner.rows(count_columns, len(parts), (*rows, counts), costs=costs)
    starts = bounds_from_lengths(counts.sum(axis=0))
    free = np.cumsum(counts, axis=0)
    free -= counts
    free += starts[:-1]
    transposed = np.empty(len(places) if len(values) else 0, dtype=values.dtype)
    args = (*rows, read_only(values), free, places, transposed)
    runner.rows(fill_columns, len(parts), args, costs=costs)
    return starts, transposed
