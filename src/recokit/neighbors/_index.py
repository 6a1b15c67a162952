"""A sparse matrix as an index that finds the rows most similar to a query."""

import copy
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from recokit._runtime.small_work import chosen, is_small
from recokit._runtime.threads import Runner
from recokit._typing import AnyArray, CodeArray, FloatArray
from recokit.base import Term, Top
from recokit.base._biases import BaselineBiases
from recokit.base._stages import Stage
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows, read_only
from recokit.kernels import similarity as kernel
from recokit.kernels.cooccurrence import nearest_of_short
from recokit.kernels.dot_products import LEAST_SQUARE, MOST_SQUARE, nearest_by_products
from recokit.kernels.similarity_formulas import COSINE, Constants
from recokit.kernels.similarity_function import nearest_rows_by, similarity_rows_by
from recokit.kernels.small.similarity import nearest_rows
from recokit.neighbors._all_pairs import (
    cosine_stages,
    count_stages,
    join_tops,
    nearest_by_cosine,
    nearest_by_counts,
)
from recokit.neighbors._values import CellWeights, Transform, Views
from recokit.neighbors.similarities import Similarity

__all__ = ["Queries", "SimilarityIndex", "TrainingData"]


class Queries(NamedTuple):
    """Rows to find neighbours for.

    Attributes
    ----------
    rows : Rows
        Transformed values.
    own_codes : (n_queries,) int32 array
        Code of the query in the index, which is excluded from its neighbours; −1 for rows outside the index.
    """

    rows: Rows
    own_codes: CodeArray

    def part(self, start: int, stop: int) -> "Queries":
        """Return the queries ``start`` to ``stop``."""
        return Queries(self.rows.take(np.arange(start, stop)), self.own_codes[start:stop])


class SimilarityIndex:
    """The rows of the training data, indexed for similarity search.

    Parameters
    ----------
    similarity : Similarity
    transform : Transform
        Applied to all values first.
    views : Views
        The training data.
    constants : mapping
        ``alpha``, ``beta``, ``shrinkage`` and ``min_common``.
    weights : CellWeights, optional
        Factors of the transformed values. With weights, similarities of sets are computed from values of 1 times the
        weights.
    runner : Runner
        Threads to compute values on.
    """

    def __init__(
        self,
        similarity: Similarity,
        transform: Transform,
        views: Views,
        constants: Mapping[str, float],
        weights: CellWeights | None = None,
        *,
        runner: Runner,
    ) -> None:
        self._similarity = similarity
        self._ignores_values = similarity.values == "sets"
        self._weights = weights
        self._transform = transform
        self._cells = views.columns
        row_levels, row_weights = transform.row_levels, None if weights is None else weights.by_row
        self._rows = self._transformed(views.rows, row_levels, row_weights, runner)
        self._columns: Rows | None = None
        is_binary = self._ignores_values or (transform.kind == "raw" and bool(np.all(views.columns.values == 1)))
        self._is_binary = is_binary and weights is None and similarity.function is None
        self._stats = self._stats_of(self._rows)
        n_columns = np.count_nonzero(views.columns.lengths) if weights is None else weights.n_columns
        self._constants = Constants(n_columns=float(n_columns), **constants)
        self._costs: FloatArray | None = None

    @property
    def n_rows(self) -> int:
        """Number of indexed rows."""
        return self._rows.n_rows

    @property
    def rows(self) -> Rows:
        """The transformed values by row."""
        return self._rows

    def columns(self, runner: Runner) -> Rows:
        """Return the transformed values by column, computed at the first call: some models never need them."""
        if self._columns is None:
            weights = None if self._weights is None else self._weights.by_column
            self._columns = self._transformed(self._cells, self._transform.row_levels, weights, runner, by_column=True)
        return self._columns

    def costs(self, queries: Queries) -> FloatArray:
        """Return the number of products for each query, which is the number of cells in its columns: float64."""
        if queries.rows is not self._rows:
            return self._costs_of(queries.rows)
        if self._costs is None:
            self._costs = read_only(self._costs_of(self._rows))
        return self._costs

    def _costs_of(self, rows: Rows) -> FloatArray:
        count = chosen(kernel.query_costs, len(rows.codes))
        costs: FloatArray = count(rows.indptr, rows.codes, self._cells.indptr)
        return costs

    def width(self, queries: Queries, k: int) -> int:
        """Return an upper bound of the number of neighbours of a query, at most k and at least 1."""
        indexed = queries.own_codes >= 0
        reached = self.costs(queries) - indexed * queries.rows.lengths
        others = self.n_rows - int(np.all(indexed))
        return max(1, int(min(k, others, reached.max(initial=1))))

    def same_formula(self, other: "SimilarityIndex") -> bool:
        """Return whether two rows with unchanged values have the same similarity in both indexes."""
        mine, theirs = self._constants, other._constants
        if not self._similarity.needs_n_columns:
            theirs = theirs._replace(n_columns=mine.n_columns)
        return self._similarity == other._similarity and mine == theirs

    def new_queries(self, rows: Rows, biases: FloatArray, runner: Runner) -> Queries:
        """Return rows outside the index, with these baseline biases, as queries."""
        values = self._transformed(rows, self._transform.levels_of_rows(rows, biases), None, runner)
        return Queries(values, np.full(rows.n_rows, -1, dtype=np.int32))

    def indexed_queries(self, codes: AnyArray | None = None) -> Queries:
        """Return indexed rows as queries; all rows by default."""
        if codes is None:
            return Queries(self._rows, np.arange(self.n_rows, dtype=np.int32))
        return Queries(self._rows.take(codes), codes.astype(np.int32))

    def narrowed(self, codes: AnyArray, runner: Runner) -> tuple["SimilarityIndex", Queries]:
        """Return an index of some of the rows, by ascending code, and all rows as queries."""
        index = copy.copy(self)
        index._rows = self._rows.take(codes)
        index._cells = index._columns = index._rows.transposed(self._cells.n_rows, runner)
        index._stats, index._costs = read_only(self._stats[codes]), None
        own_codes = np.full(self.n_rows, -1, dtype=np.int32)
        own_codes[codes] = np.arange(len(codes))
        return index, Queries(self._rows, own_codes)

    def nearest(self, queries: Queries, k: int, *, swapped: bool = False, runner: Runner) -> Top:
        """Return the k most similar rows of each query. Only rows with a similarity above 0 are neighbours.

        Parameters
        ----------
        queries : Queries
        k : int
            Width of the result; see `width`.
        swapped : bool
            Use the similarity of the rows to the query instead of the query to the rows.
        runner : Runner
        """
        top, costs = Top.empty(queries.rows.n_rows, k), self.costs(queries)
        if self._similarity.function is None and is_small(self._fastest(queries), float(costs.sum())):
            self._run(nearest_rows, queries, (swapped, *top), runner)
        elif self.can_count(queries):
            nearest_by_counts(*self._count_inputs(swapped), top=top, runner=runner)
        elif self.can_multiply(queries):
            nearest_by_cosine(*self._cosine_inputs(), top=top, runner=runner)
        else:
            self._run(self._nearest_kernel, queries, (swapped, *top), runner)
        self._check_finite(top.scores)
        return top

    def nearest_stages(self, k: int, *, swapped: bool, runner: Runner) -> Generator[Stage, Any, Top]:
        """Yield the stages that find the neighbours of all rows, for parts on several machines; see `nearest`."""
        queries = self.indexed_queries()
        if self.can_count(queries):
            top = Top.empty(self.n_rows, k)
            return (yield from count_stages(*self._count_inputs(swapped), top=top, runner=runner))
        if self.can_multiply(queries):
            top = Top.empty(self.n_rows, k)
            return (yield from cosine_stages(*self._cosine_inputs(), top=top, runner=runner))

        def run(start: int, stop: int, runner: Runner) -> Top:
            part = Top.empty(stop - start, k)
            self._run(self._nearest_kernel, queries.part(start, stop), (swapped, *part), runner)
            self._check_finite(part.scores)
            return part

        result: Top = yield Stage(self.costs(queries), run, join_tops)
        return result

    def _count_inputs(self, swapped: bool) -> tuple[Any, ...]:
        """Return the inputs of `count_stages`."""
        costs = self.costs(self.indexed_queries())
        return self._rows, self._cells.indptr, costs, self._similarity.kind, self._constants, swapped

    def _cosine_inputs(self) -> tuple[Any, ...]:
        """Return the inputs of `cosine_stages`."""
        return self._rows, self._cells.indptr, self._stats[:, 1], self.costs(self.indexed_queries())

    @property
    def _nearest_kernel(self) -> Callable[..., None]:
        """The kernel that finds the neighbours of any queries."""
        return kernel.nearest_rows if self._similarity.function is None else nearest_rows_by

    def _fastest(self, queries: Queries) -> Callable[..., None]:
        """Return the kernel of the fastest method that applies."""
        if self.can_count(queries):
            return nearest_of_short
        return nearest_by_products if self.can_multiply(queries) else kernel.nearest_rows

    def can_count(self, queries: Queries) -> bool:
        """Return whether `nearest_by_counts` applies: all rows are queries, binary, and the similarity is monotone."""
        return self._is_binary and self._similarity.is_monotone and queries.rows is self._rows

    def can_multiply(self, queries: Queries) -> bool:
        """Return whether `nearest_by_cosine` applies: all rows are queries, and the similarity is a plain cosine."""
        similarity = self._similarity
        if similarity.kind != COSINE or similarity.function is not None or queries.rows is not self._rows:
            return False
        squares = self._stats[:, 1]
        in_range = (squares == 0) | ((squares >= LEAST_SQUARE) & (squares <= MOST_SQUARE))
        return self._constants.shrinkage == 0 and self._constants.min_common <= 1 and bool(np.all(in_range))

    def similarities(self, queries: Queries, *, swapped: bool = False, runner: Runner) -> FloatArray:
        """Return the similarity of each query to every row: (n_queries, n_rows) float32.

        It is 0 without a common column, and for the query itself.

        Parameters
        ----------
        queries, swapped, runner
            See `nearest`.
        """
        similarities = np.empty((queries.rows.n_rows, self.n_rows), dtype=np.float32)
        work = kernel.similarity_rows if self._similarity.function is None else similarity_rows_by
        self._run(work, queries, (swapped, similarities), runner)
        self._check_finite(similarities)
        return similarities

    def _check_finite(self, similarities: FloatArray) -> None:
        """Raise if a user-defined function returned infinity; other similarities are finite."""
        if self._similarity.function is not None and np.any(np.isinf(similarities)):
            raise ValueError("similarity: the function returned infinity for two rows; expected a finite number or NaN")

    def _run(self, work: Callable[..., None], queries: Queries, rest: tuple[object, ...], runner: Runner) -> None:
        """Run one of the kernels that take queries, an index and a formula."""
        rows, function = queries.rows, self._similarity.function
        is_binary = self._is_binary and (self._ignores_values or bool(np.all(rows.values == 1)))
        formula = (self._similarity.kind if function is None else function, self._constants, is_binary)
        indexed = (*self.columns(runner).arrays, self._stats)
        args = (*rows.arrays, self._stats_of(rows), read_only(queries.own_codes), *indexed, *formula, *rest)
        runner.rows(work, rows.n_rows, args, costs=self.costs(queries), report=True)

    def _transformed(
        self,
        cells: Rows,
        row_levels: FloatArray,
        weights: AnyArray | None,
        runner: Runner,
        *,
        by_column: bool = False,
    ) -> Rows:
        """Return cells with their transformed and weighted values, by row or by column."""
        transform = self._transform
        if self._ignores_values:
            ones = np.ones(len(cells.values), dtype=np.float32) if weights is None else weights
            return cells if self._weights is None else Rows.from_arrays(cells.indptr, cells.codes, ones)
        if transform.kind == "raw":
            return cells if weights is None else Rows.from_arrays(cells.indptr, cells.codes, cells.values * weights)
        values, lengths = np.empty(len(cells.values), dtype=np.float32), cells.lengths
        own, other = (transform.column_levels, row_levels) if by_column else (row_levels, transform.column_levels)

        def fill(ranges: tuple[slice, slice]) -> None:
            rows, part = ranges
            own_levels, other_levels = np.repeat(own[rows], lengths[rows]), other[cells.codes[part]]
            levels = (other_levels, own_levels) if by_column else (own_levels, other_levels)
            values[part] = transform.apply(cells.values[part], *levels)

        runner.each(list(cells.parts(runner.n_threads)), fill)
        if weights is not None:
            values *= weights
        return Rows.from_arrays(cells.indptr, cells.codes, values)

    def _stats_of(self, rows: Rows) -> FloatArray:
        """Return the size and the sum of squares of each row: (n_rows, 2) float64, read-only.

        The size is the number of cells; for weighted sets, the sum of squares, which equals it if all weights are 1.
        """
        stats: FloatArray = chosen(kernel.row_stats, len(rows.values))(rows.indptr, rows.values)
        if self._weights is not None and self._ignores_values:
            stats[:, 0] = stats[:, 1]
        return read_only(stats)


@dataclass(frozen=True)
class TrainingData:
    """The training data, prepared for the models of both kinds of feedback.

    Attributes
    ----------
    interactions : Interactions
    biases : BaselineBiases
    views : Views
    index : SimilarityIndex
        The rows.
    decays : CellWeights, optional
        Time decays of the interactions.
    """

    interactions: Interactions
    biases: BaselineBiases
    views: Views
    index: SimilarityIndex
    decays: CellWeights | None

    def row_terms(self, row_codes: CodeArray, contributions: FloatArray) -> list[Term]:
        """Return the terms of an explanation that rows contribute: neighbours of a user, or items of a history."""
        users, items, rows_are_users = self.interactions.users, self.interactions.items, self.views.rows_are_users
        kind, index = ("neighbor", users) if rows_are_users else ("past_item", items)
        ids = index.take(row_codes).tolist()
        return [Term(kind, name, float(part)) for name, part in zip(ids, contributions, strict=True)]
