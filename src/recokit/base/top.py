"""The n best codes of each row."""

from typing import NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, CodeArray, FloatArray
from recokit.data.rows import Rows, bounds_from_lengths, transpose_spans

__all__ = ["Top"]


class Top(NamedTuple):
    """The n best codes of each row: lists of items for users, or the nearest neighbours of each row.

    Attributes
    ----------
    codes : (n_rows, n) int32 array
        Best first, ties by code; −1 is padding.
    scores : (n_rows, n) float32 array
        Padding is NaN in lists and 0 in neighbours.
    counts : (n_rows,) int32 array
        Number of codes of each row; the cells beyond it are padding.

    See Also
    --------
    recokit.base.EligibleItems : The items that may be recommended to each user of a block.
    recokit.Recommendations : A ranked list of items for each user.

    Examples
    --------
    >>> top = Top.padding(2, 3)
    >>> top.counts.tolist(), top.codes.shape
    ([0, 0], (2, 3))
    >>> codes, scores = np.array([[2, 0, 0]], np.int32), np.array([[9, 0, 0]], np.float32)
    >>> best = Top(codes, scores, np.array([1], np.int32))
    >>> top.put(np.array([1]), best)
    >>> top.take(np.array([1, 0])).counts.tolist(), top.as_rows().codes.tolist()
    ([1, 0], [2])
    """

    codes: CodeArray
    scores: FloatArray
    counts: CodeArray

    @classmethod
    def empty(cls, n_rows: int, n: int) -> "Top":
        """Return uninitialized arrays, for a kernel to write."""
        shape = n_rows, n
        return cls(np.empty(shape, np.int32), np.empty(shape, np.float32), np.empty(n_rows, np.int32))

    @classmethod
    def padding(cls, n_rows: int, n: int) -> "Top":
        """Return rows without codes."""
        shape = n_rows, n
        return cls(np.full(shape, -1, np.int32), np.full(shape, np.nan, np.float32), np.zeros(n_rows, np.int32))

    def take(self, rows: AnyArray) -> "Top":
        """Return some of the rows."""
        return Top(self.codes[rows], self.scores[rows], self.counts[rows])

    def put(self, rows: AnyArray, other: "Top") -> None:
        """Overwrite the given rows with the rows of ``other``."""
        for mine, theirs in zip(self, other, strict=True):
            mine[rows] = theirs

    def drop(self, cells: AnyArray) -> "Top":
        """Overwrite cells at the ends of rows with padding.

        Parameters
        ----------
        cells : (n_rows, n) bool array
        """
        self.codes[cells], self.scores[cells] = -1, np.nan
        self.counts[:] = np.count_nonzero(~cells, axis=1)
        return self

    def extended_by(self, others: "Top") -> "Top":
        """Return the rows followed by those of ``others``, cut to the present length."""
        n_rows, n = self.codes.shape
        extended = Top.padding(n_rows, n)
        ranks = np.arange(n)
        for part, starts in ((self, np.zeros(n_rows, np.int64)), (others, self.counts.astype(np.int64))):
            filled = (ranks < part.counts[:, None]) & (ranks + starts[:, None] < n)
            rows, columns = np.nonzero(filled)
            extended.codes[rows, columns + starts[rows]] = part.codes[rows, columns]
            extended.scores[rows, columns + starts[rows]] = part.scores[rows, columns]
            extended.counts[:] = np.minimum(starts + part.counts, n)
        return extended

    def as_rows(self) -> Rows:
        """Return the codes and scores without padding, best first."""
        filled = np.arange(self.codes.shape[1]) < self.counts[:, None]
        return Rows.from_arrays(bounds_from_lengths(self.counts), self.codes[filled], self.scores[filled])

    def transposed(self, runner: Runner) -> Rows:
        """Return, for each code, the rows that list it, ascending; codes and rows denote the same things."""
        n_rows, n = self.codes.shape
        starts, row_codes = n * np.arange(n_rows), np.empty(self.counts.sum(), dtype=np.int32)
        spans = np.arange(n_rows), starts, starts + self.counts, self.codes.ravel(), self.scores.ravel()
        indptr, scores = transpose_spans(*spans, n_rows, row_codes, runner)
        return Rows.from_arrays(indptr, row_codes, scores)
