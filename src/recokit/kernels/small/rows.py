"""The results of `kernels.rows` by NumPy."""

import numpy as np

from recokit.kernels._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.kernels.rows import MAX, MEAN, SUM
from recokit.kernels.small.spans import joined

__all__ = ["count_columns", "fill_columns", "merge_repeated", "order_by", "row_starts"]


def row_starts(codes: CodeArray, n_rows: int) -> IntArray:
    """Do as `kernels.rows.row_starts`."""
    indptr = np.zeros(n_rows + 1, dtype=np.int64)
    np.cumsum(np.bincount(codes, minlength=n_rows), out=indptr[1:])
    return indptr


def order_by(codes: CodeArray, starts: IntArray, before: IntArray) -> IntArray:
    """Do as `kernels.rows.order_by`."""
    order: IntArray = before[np.argsort(codes[before], kind="stable")]
    return order


def count_columns(
    start: int,
    stop: int,
    bounds: IntArray,
    row_order: IntArray,
    first_cells: IntArray,
    end_cells: IntArray,
    column_codes: CodeArray,
    counts: IntArray,
) -> None:
    """Do as `kernels.rows.count_columns`."""
    for part in range(start, stop):
        rows = row_order[bounds[part] : bounds[part + 1]]
        _, cells = joined(first_cells[rows], end_cells[rows])
        counts[part] = np.bincount(column_codes[cells], minlength=counts.shape[1])


def fill_columns(
    start: int,
    stop: int,
    bounds: IntArray,
    row_order: IntArray,
    first_cells: IntArray,
    end_cells: IntArray,
    column_codes: CodeArray,
    values: AnyArray,
    free: IntArray,
    places: AnyArray,
    transposed: AnyArray,
) -> None:
    """Do as `kernels.rows.fill_columns`."""
    for part in range(start, stop):
        rows = row_order[bounds[part] : bounds[part + 1]]
        order, cells = joined(first_cells[rows], end_cells[rows])
        by_column = np.argsort(column_codes[cells], kind="stable")
        columns = column_codes[cells][by_column]
        numbers = np.bincount(columns, minlength=free.shape[1])
        starts = np.cumsum(numbers) - numbers
        targets = free[part][columns] + np.arange(len(columns)) - starts[columns]
        free[part] += numbers
        places[targets] = bounds[part] + order[by_column]
        if len(values):
            transposed[targets] = values[cells][by_column]


def merge_repeated(
    indptr: IntArray, column_codes: CodeArray, values: FloatArray, policy: int
) -> tuple[IntArray, IntArray, FloatArray]:
    """Do as `kernels.rows.merge_repeated`."""
    is_first = np.ones(len(values), dtype=np.bool_)
    is_first[1:] = column_codes[1:] != column_codes[:-1]
    is_first[indptr[:-1][indptr[:-1] < len(values)]] = True
    firsts = np.flatnonzero(is_first)
    last = np.append(firsts, len(values))[1:] - 1
    cells = np.cumsum(is_first) - 1
    if policy == MAX:
        merged = np.maximum.reduceat(values, firsts) if len(firsts) else values[:0]
    elif policy in (SUM, MEAN):
        merged = np.bincount(cells, values, minlength=len(firsts))
        if policy == MEAN:
            merged = merged / (last - firsts + 1)
    else:
        merged = values[last]
    merged_indptr = np.append(0, np.cumsum(is_first))[indptr]
    return merged_indptr, last, merged.astype(np.float32)
