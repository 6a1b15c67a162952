"""The results of `kernels.similarity` by NumPy; the formulas are plain Python for few pairs, and else compiled."""

import numpy as np

from recokit.kernels import similarity
from recokit.kernels._typing import CodeArray, FloatArray, IntArray
from recokit.kernels.similarity_formulas import CORRELATION, PEARSON, Constants
from recokit.kernels.small.interpreted import interpreted
from recokit.kernels.small.selection import select_cells
from recokit.kernels.small.spans import Sums, joined, products_of_rows

__all__ = ["nearest_rows", "query_costs", "row_stats", "similarity_rows"]

_MAX_PAIRS = 20_000  # in plain Python they take a tenth of the time of a compilation
_interpreted_similarities = interpreted(similarity.similarities)


def row_stats(indptr: IntArray, values: FloatArray) -> FloatArray:
    """Do as `kernels.similarity.row_stats`."""
    lengths = np.diff(indptr)
    rows, cells = joined(indptr[:-1], indptr[1:])
    squares = np.bincount(rows, values[cells].astype(np.float64) ** 2, minlength=len(lengths))
    return np.stack([lengths.astype(np.float64), squares], axis=1)


def query_costs(indptr: IntArray, column_codes: CodeArray, column_indptr: IntArray) -> FloatArray:
    """Do as `kernels.similarity.query_costs`."""
    totals = np.append(0, np.cumsum(np.diff(column_indptr)[column_codes]))
    costs: FloatArray = np.diff(totals[indptr]).astype(np.float64)
    return costs


def _common_cells(
    start: int,
    stop: int,
    indptr: IntArray,
    column_codes: CodeArray,
    values: FloatArray,
    query_stats: FloatArray,
    own_codes: CodeArray,
    column_indptr: IntArray,
    row_codes: CodeArray,
    column_values: FloatArray,
    indexed_stats: FloatArray,
    kind: int,
    constants: Constants,
    unit: bool,
    swapped: bool,
) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    """Return query less ``start``, row, Σxy and similarity of each pair with a common column, ascending."""
    queries, cells, column_cells = products_of_rows(start, stop, indptr, column_codes, column_indptr)
    sums = Sums.of_terms(queries, row_codes[column_cells], len(indexed_stats))
    common = sums.counts().astype(np.float64)
    x, y = values[cells].astype(np.float64), column_values[column_cells].astype(np.float64)
    products: FloatArray = common
    moments: FloatArray = np.empty((0, 4))
    if not unit:
        products = sums.of(x * y)
    if kind in (CORRELATION, PEARSON):
        moments = np.stack([sums.of(part) for part in (x * x, y * y, x, y)], axis=1)
    found = np.empty(len(common))
    stats = query_stats[start + sums.rows], indexed_stats[sums.codes]
    _write_similarities(common, products, moments, *stats, kind, constants, swapped, found)
    found[own_codes[start + sums.rows] == sums.codes] = 0.0
    return sums.rows, sums.codes, products, found


def _write_similarities(
    common: FloatArray,
    products: FloatArray,
    moments: FloatArray,
    query_stats: FloatArray,
    indexed_stats: FloatArray,
    kind: int,
    constants: Constants,
    swapped: bool,
    found: FloatArray,
) -> None:
    """Do as `kernels.similarity.similarities`."""
    if len(common) > _MAX_PAIRS or getattr(similarity.similarities, "overloads", None):
        similarity.similarities(
            common, products, moments, query_stats, indexed_stats, kind, constants, swapped, found
        )  # fmt: skip
        return
    columns = (column.tolist() for column in (common, products, moments, query_stats, indexed_stats))  # Python's floats
    _interpreted_similarities(*columns, kind, constants, swapped, found)


def nearest_rows(
    start: int,
    stop: int,
    indptr: IntArray,
    column_codes: CodeArray,
    values: FloatArray,
    query_stats: FloatArray,
    own_codes: CodeArray,
    column_indptr: IntArray,
    row_codes: CodeArray,
    column_values: FloatArray,
    indexed_stats: FloatArray,
    kind: int,
    constants: Constants,
    unit: bool,
    swapped: bool,
    nearest_codes: CodeArray,
    nearest_scores: FloatArray,
    nearest_counts: CodeArray,
) -> None:
    """Do as `kernels.similarity.nearest_rows`."""
    rows = indptr, column_codes, values, query_stats, own_codes
    columns = column_indptr, row_codes, column_values, indexed_stats
    queries, codes, products, found = _common_cells(start, stop, *rows, *columns, kind, constants, unit, swapped)
    scores = found.astype(np.float32)
    is_near = (scores > 0) & ((products != 0) | (kind == PEARSON))
    block = slice(start, stop)
    top = nearest_codes[block], nearest_scores[block], nearest_counts[block]
    select_cells(queries[is_near], codes[is_near], scores[is_near], 0.0, *top)


def similarity_rows(
    start: int,
    stop: int,
    indptr: IntArray,
    column_codes: CodeArray,
    values: FloatArray,
    query_stats: FloatArray,
    own_codes: CodeArray,
    column_indptr: IntArray,
    row_codes: CodeArray,
    column_values: FloatArray,
    indexed_stats: FloatArray,
    kind: int,
    constants: Constants,
    unit: bool,
    swapped: bool,
    found: FloatArray,
) -> None:
    """Do as `kernels.similarity.similarity_rows`."""
    rows = indptr, column_codes, values, query_stats, own_codes
    columns = column_indptr, row_codes, column_values, indexed_stats
    queries, codes, _, values_found = _common_cells(start, stop, *rows, *columns, kind, constants, unit, swapped)
    found[start:stop] = 0
    found[start + queries, codes] = values_found
