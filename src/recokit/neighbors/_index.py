"""The rows of a sparse matrix, held so that the rows most similar to a query can be found."""

import copy
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, CodeArray, FloatArray
from recokit.base import Top
from recokit.data.rows import Rows, read_only
from recokit.kernels import similarity as kernel
from recokit.kernels.dot_products import LEAST_SQUARE, MOST_SQUARE
from recokit.kernels.similarity_formulas import COSINE, LIFT, LOG_LIKELIHOOD
from recokit.kernels.similarity_function import nearest_rows_by, similarity_rows_by
from recokit.neighbors._cell_weights import CellWeights
from recokit.neighbors._cooccurrence import nearest_by_counts
from recokit.neighbors._levels import Levels
from recokit.neighbors._products import nearest_by_cosine
from recokit.neighbors.similarities import Similarity

__all__ = ["Queries", "SimilarityIndex", "Top"]


class Queries(NamedTuple):
    """Rows whose neighbours are sought.

    Attributes
    ----------
    rows : Rows
        What their similarities are taken over.
    own_codes : (n_queries,) int32 array
        The indexed row that each is itself, −1 for none.
    """

    rows: Rows
    own_codes: CodeArray

    def part(self, start: int, stop: int) -> "Queries":
        """Return the queries start … stop."""
        chosen = np.arange(start, stop)
        return Queries(self.rows.take(chosen), self.own_codes[start:stop])


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
    weights : CellWeights, optional
        What each value is multiplied by, once it is levelled. Sets are then taken for values of 1 before.
    runner : Runner
        Threads to compute values on.
    """

    def __init__(
        self,
        similarity: Similarity,
        levels: Levels,
        rows: Rows,
        columns: Rows,
        constants: dict[str, float],
        weights: CellWeights | None = None,
        *,
        runner: Runner,
    ) -> None:
        self._kind = similarity.kind
        self._function = similarity.function
        self._sets = similarity.values == "sets"
        self._weighted = weights is not None
        self.levels = levels
        self._runner = runner
        self._rows = self._values_of(rows, levels.of_rows, None if weights is None else weights.by_row)
        self._cells = columns
        self._column_weights = None if weights is None else weights.by_column
        self._columns: Rows | None = None
        ones = self._sets or (levels.how == "raw" and bool(np.all(columns.values == 1)))
        self._unit = ones and weights is None and self._function is None
        self._stats = self._stats_of(self._rows)
        ordered = [
            constants["alpha"],
            constants["beta"],
            columns.n_rows if weights is None else weights.n_columns,
            constants["shrinkage"],
            constants["min_common"],
        ]
        self._constants = read_only(np.array(ordered, dtype=np.float64))
        self._costs: FloatArray | None = None

    @property
    def n_rows(self) -> int:
        """Number of indexed rows."""
        return self._rows.n_rows

    @property
    def rows(self) -> Rows:
        """What similarities are taken over, by row."""
        return self._rows

    def columns(self) -> Rows:
        """Return the same by column, computed when it is first wanted: by some models it never is."""
        if self._columns is None:
            of_rows = self.levels.of_rows
            self._columns = self._values_of(self._cells, of_rows, self._column_weights, by_column=True)
        return self._columns

    def costs(self, queries: Queries) -> FloatArray:
        """Return the number of products that the columns of each query ask for: (n_queries,) float64."""
        if queries.rows is not self._rows:
            return kernel.query_costs(queries.rows.indptr, queries.rows.codes, self._cells.indptr)
        if self._costs is None:
            self._costs = read_only(kernel.query_costs(self._rows.indptr, self._rows.codes, self._cells.indptr))
        return self._costs

    def width(self, queries: Queries, k: int) -> int:
        """Return how many neighbours a query has at most where k are asked for: no more than its columns lead to."""
        indexed = queries.own_codes >= 0
        reached = self.costs(queries) - indexed * queries.rows.lengths
        others = self.n_rows - int(np.all(indexed))
        return max(1, int(min(k, others, reached.max(initial=1))))

    def same_formula(self, other: "SimilarityIndex") -> bool:
        """Return whether two rows that have not changed are as similar in both."""
        uses = np.array([True, True, self._kind in (LIFT, LOG_LIKELIHOOD), True, True])
        same = (self._constants == other._constants) | ~uses
        return self._kind == other._kind and self._function is other._function and bool(np.all(same))

    def new(self, rows: Rows, levels: FloatArray) -> Queries:
        """Return rows that are not indexed as queries."""
        return Queries(self._values_of(rows, levels, None), np.full(rows.n_rows, -1, dtype=np.int32))

    def known(self, codes: AnyArray | None = None) -> Queries:
        """Return indexed rows, all of them by default, as queries."""
        if codes is None:
            return Queries(self._rows, np.arange(self.n_rows, dtype=np.int32))
        return Queries(self._rows.take(codes), codes.astype(np.int32))

    def narrowed(self, codes: AnyArray) -> tuple["SimilarityIndex", Queries]:
        """Return an index of some of the rows, in order of code, and all rows as queries."""
        index = copy.copy(self)
        index._rows = self._rows.take(codes)
        columns = index._rows.transposed(self._cells.n_rows, self._runner)
        index._cells = index._columns = columns  # with the values that similarities are taken over
        index._stats, index._costs = read_only(self._stats[codes]), None
        own_codes = np.full(self.n_rows, -1, dtype=np.int32)
        own_codes[codes] = np.arange(len(codes))
        return index, Queries(self._rows, own_codes)

    def nearest(
        self,
        queries: Queries,
        k: int,
        *,
        swapped: bool = False,
        runner: Runner,
    ) -> Top:
        """Return the k most similar rows of each query, those with a similarity above 0.

        Parameters
        ----------
        queries : Queries
        k : int
            How many there is room for; see `width`.
        swapped : bool
            Go by the similarity of the rows to the query, not of the query to the rows.
        runner : Runner
        """
        found, costs = Top.empty(queries.rows.n_rows, k), self.costs(queries)
        if self.counts_suffice(queries):
            formula = (self._kind, self._constants, swapped)
            nearest_by_counts(self._rows, self._cells.indptr, costs, *formula, found, runner=runner)
        elif self.products_suffice(queries):
            squares = self._stats[:, 1]
            nearest_by_cosine(self._rows, self._cells.indptr, squares, costs, found, runner=runner)
        else:
            work = kernel.nearest_rows if self._function is None else nearest_rows_by
            self._run(work, queries, (swapped, *found), runner)
        self._check(found.scores)
        return found

    def counts_suffice(self, queries: Queries) -> bool:
        """Return whether all rows are asked for, and what they share says all."""
        return self._unit and queries.rows is self._rows

    def products_suffice(self, queries: Queries) -> bool:
        """Return whether all rows are asked for, and a similarity is the product of two rows over their norms."""
        if self._kind != COSINE or self._function is not None or queries.rows is not self._rows:
            return False
        squares = self._stats[:, 1]
        is_usual = (squares == 0) | ((squares >= LEAST_SQUARE) & (squares <= MOST_SQUARE))
        return self._constants[3] == 0 and self._constants[4] <= 1 and bool(np.all(is_usual))

    def similarities(self, queries: Queries, *, swapped: bool = False, runner: Runner) -> FloatArray:
        """Return the similarity of each query to every row: (n_queries, n_rows) float32.

        Where there is no common column, and of a row to itself, it is 0.

        Parameters
        ----------
        swapped : bool
            Return the similarity of the rows to the queries instead.
        """
        similarities = np.empty((queries.rows.n_rows, self.n_rows), dtype=np.float32)
        work = kernel.similarity_rows if self._function is None else similarity_rows_by
        self._run(work, queries, (swapped, similarities), runner)
        self._check(similarities)
        return similarities

    def _check(self, similarities: FloatArray) -> None:
        """Refuse infinite similarities, which only a function of the caller's own may give."""
        if self._function is not None and np.any(np.isinf(similarities)):
            raise ValueError("similarity: the function returned infinity for two rows; expected a finite number or NaN")

    def _run(
        self,
        work: Callable[..., None],
        queries: Queries,
        rest: tuple[object, ...],
        runner: Runner,
    ) -> None:
        rows = queries.rows
        own = read_only(queries.own_codes)
        unit = self._unit and (self._sets or bool(np.all(rows.values == 1)))
        formula = self._kind if self._function is None else self._function
        known = (*self.columns().arrays, self._stats, formula, self._constants, unit)
        args = (*rows.arrays, self._stats_of(rows), own, *known, *rest)

        runner.rows(work, rows.n_rows, args, costs=self.costs(queries), report=True)

    def _values_of(
        self, cells: Rows, of_rows: FloatArray, weights: AnyArray | None, *, by_column: bool = False
    ) -> Rows:
        """Return what similarities are taken over, of cells by row (with the levels of these rows) or by column."""
        if self._sets:
            ones = np.ones(len(cells.values), dtype=np.float32) if weights is None else weights
            return Rows.from_arrays(cells.indptr, cells.codes, ones) if self._weighted else cells
        if self.levels.how == "raw":
            return cells if weights is None else Rows.from_arrays(cells.indptr, cells.codes, cells.values * weights)
        values, lengths = np.empty(len(cells.values), dtype=np.float32), cells.lengths
        own, other = (self.levels.of_columns, of_rows) if by_column else (of_rows, self.levels.of_columns)

        def fill(ranges: tuple[slice, slice]) -> None:
            rows, part = ranges
            of_own, of_other = np.repeat(own[rows], lengths[rows]), other[cells.codes[part]]
            of_row, of_column = (of_other, of_own) if by_column else (of_own, of_other)
            values[part] = self.levels.apply(cells.values[part], of_row, of_column)

        self._runner.each(list(cells.parts(self._runner.n_threads)), fill)
        if weights is not None:
            values *= weights
        return Rows.from_arrays(cells.indptr, cells.codes, values)

    def _stats_of(self, rows: Rows) -> FloatArray:
        """Return the size and the sum of squares of each row: (n_rows, 2) float64, read-only.

        The size is the number of cells; of weighted sets, the sum of squares, which is that number where weights are 1.
        """
        stats: FloatArray = kernel.row_stats(rows.indptr, rows.values)
        if self._weighted and self._sets:
            stats[:, 0] = stats[:, 1]
        return read_only(stats)
