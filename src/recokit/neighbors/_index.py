"""The rows of a sparse matrix, held so that the rows most similar to a query can be found."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from recokit._threads import for_rows
from recokit._typing import AnyArray, CodeArray, FloatArray
from recokit.kernels import similarity as kernel
from recokit.kernels.similarity_formulas import ASYMMETRIC_COSINE
from recokit.neighbors._cooccurrence import nearest_by_counts
from recokit.neighbors._levels import Levels
from recokit.neighbors._rows import Rows, read_only
from recokit.neighbors._similarities import Similarity

__all__ = ["Neighbors", "Queries", "SimilarityIndex"]


class Neighbors(NamedTuple):
    """The most similar rows of each query, best first, equal ones by code.

    Attributes
    ----------
    codes, scores : (n_queries, k) int32 and float32 arrays
        −1 and 0 beyond the number found.
    counts : (n_queries,) int32 array
    """

    codes: CodeArray
    scores: FloatArray
    counts: CodeArray

    def take(self, row_codes: AnyArray) -> "Neighbors":
        """Return those of some queries."""
        return Neighbors(self.codes[row_codes], self.scores[row_codes], self.counts[row_codes])

    def as_rows(self) -> Rows:
        """Return the neighbours of each query as compressed rows, still best first."""
        found = np.arange(self.codes.shape[1]) < self.counts[:, None]
        indptr = np.concatenate([[0], np.cumsum(self.counts, dtype=np.int64)])
        return Rows.of(indptr, self.codes[found], self.scores[found])


class Queries(NamedTuple):
    """Rows whose neighbours are sought.

    Attributes
    ----------
    rows : Rows
        Their cells, as they were given.
    levels : (n_queries,) float64 array
        The level of each (`Levels`).
    own_codes : (n_queries,) int32 array
        The indexed row that each is itself, −1 for none.
    """

    rows: Rows
    levels: FloatArray
    own_codes: CodeArray

    def part(self, start: int, stop: int) -> "Queries":
        """Return the queries start … stop."""
        chosen = np.arange(start, stop)
        return Queries(self.rows.take(chosen), self.levels[start:stop], self.own_codes[start:stop])


class SimilarityIndex:
    """Answers which rows are most similar to a query, and how similar each is.

    Parameters
    ----------
    similarity : Similarity
        The formula.
    levels : Levels
        What the values are taken relative to.
    rows, columns : Rows
        The matrix by row, and by column.
    constants : dict
        ``alpha``, ``beta``, ``shrinkage``, ``min_common``.
    """

    def __init__(
        self, similarity: Similarity, levels: Levels, rows: Rows, columns: Rows, constants: dict[str, float]
    ) -> None:
        self._kind = similarity.kind
        self._sets = similarity.values == "sets"
        self.levels = levels
        self._rows = rows
        self._columns = columns
        if levels.how != "raw":
            by_column, by_row = columns.each(levels.of_columns, levels.of_rows)
            self._columns = Rows.of(columns.indptr, columns.codes, levels.apply(columns.values, by_row, by_column))
        self._unit = self._sets or (levels.how == "raw" and bool(np.all(columns.values == 1)))
        self._stats = _stats(self._values_of(rows, levels.of_rows))
        ordered = [
            constants["alpha"],
            constants["beta"],
            columns.n_rows,
            constants["shrinkage"],
            constants["min_common"],
        ]
        self._constants = read_only(np.array(ordered, dtype=np.float64))

    @property
    def n_rows(self) -> int:
        """Number of indexed rows."""
        return self._rows.n_rows

    def new(self, rows: Rows, levels: FloatArray) -> Queries:
        """Return rows that are not indexed as queries."""
        return Queries(rows, levels, np.full(rows.n_rows, -1, dtype=np.int32))

    def known(self, codes: AnyArray | None = None) -> Queries:
        """Return indexed rows, all of them by default, as queries."""
        if codes is None:
            return Queries(self._rows, self.levels.of_rows, np.arange(self.n_rows, dtype=np.int32))
        return Queries(self._rows.take(codes), self.levels.of_rows[codes], codes.astype(np.int32))

    def nearest(
        self,
        queries: Queries,
        k: int,
        *,
        swapped: bool = False,
        n_threads: int,
        done: Callable[[int], object] = lambda n_queries: None,
    ) -> Neighbors:
        """Return the k most similar rows of each query, those with a similarity above 0.

        Parameters
        ----------
        queries : Queries
        k : int
        swapped : bool
            Go by the similarity of the rows to the query, not of the query to the rows.
        n_threads : int
        done : callable
            Told each time how many more queries have been answered.
        """
        n_queries, k = queries.rows.n_rows, max(1, min(k, self.n_rows - 1))
        found = Neighbors(
            np.empty((n_queries, k), dtype=np.int32),
            np.empty((n_queries, k), dtype=np.float32),
            np.empty(n_queries, dtype=np.int32),
        )
        if self._counts_suffice(queries):
            formula = (self._kind, self._constants, swapped)
            nearest_by_counts(self._rows, self._columns, *formula, found, n_threads=n_threads, done=done)
        else:
            self._run(kernel.nearest_rows, queries, (swapped, *found), n_threads, done)
        return found

    def _counts_suffice(self, queries: Queries) -> bool:
        """Return whether all rows are asked for, what they share says all, and less of it never makes more similar."""
        grows = self._kind != ASYMMETRIC_COSINE or self._constants[0] <= 1
        return self._unit and grows and queries.rows is self._rows

    def similarities(self, queries: Queries, *, swapped: bool = False, n_threads: int) -> FloatArray:
        """Return the similarity of each query to every row: (n_queries, n_rows) float32.

        Where there is no common column, and of a row to itself, it is 0.

        Parameters
        ----------
        swapped : bool
            Return the similarity of the rows to the queries instead.
        """
        similarities = np.empty((queries.rows.n_rows, self.n_rows), dtype=np.float32)
        self._run(kernel.similarity_rows, queries, (swapped, similarities), n_threads)
        return similarities

    def _run(
        self,
        work: Callable[..., None],
        queries: Queries,
        rest: tuple[object, ...],
        n_threads: int,
        done: Callable[[int], object] = lambda n_queries: None,
    ) -> None:
        rows = self._values_of(queries.rows, queries.levels)
        own = read_only(queries.own_codes)
        unit = self._unit and (self._sets or bool(np.all(rows.values == 1)))
        known = (*self._columns, self._stats, self._kind, self._constants, unit)
        args = (*rows, _stats(rows), own, *known, *rest)
        costs = kernel.query_costs(rows.indptr, rows.codes, self._columns.indptr)

        def run(start: int, stop: int, *arguments: object) -> None:
            work(start, stop, *arguments)
            done(stop - start)

        for_rows(run, rows.n_rows, args, n_threads=n_threads, costs=costs)

    def _values_of(self, rows: Rows, levels: FloatArray) -> Rows:
        if self.levels.how == "raw":
            return rows
        of_row, of_column = rows.each(levels, self.levels.of_columns)
        return Rows.of(rows.indptr, rows.codes, self.levels.apply(rows.values, of_row, of_column))


def _stats(rows: Rows) -> FloatArray:
    """Return the number of cells and the sum of squares of each row: (n_rows, 2) float64, read-only."""
    stats: FloatArray = read_only(kernel.row_stats(rows.indptr, rows.values))
    return stats
